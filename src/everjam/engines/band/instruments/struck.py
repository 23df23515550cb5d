"""Plucked and struck strings made of measured partials: each falls fast at first, then rings on."""

from dataclasses import dataclass

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.instruments.dsp.base import add_at_start, attack, frames_of, release
from everjam.engines.band.instruments.dsp.filters import Formants, bandpass, burst, peaks
from everjam.engines.band.instruments.dsp.modal import modal
from everjam.engines.band.instruments.partials import measured
from everjam.engines.band.instruments.voicing import Stroke

_NEUTRAL_FORCE = 0.8
_UNHEARD = 10.0 ** (-66.0 / 20.0)


@dataclass(frozen=True, slots=True)
class Struck:
    """A plucked or struck string instrument.

    Attributes:
        measured: Name in ``partials``.
        release_seconds: Damping when the note is let go, fall by 60 dB.
        longest_seconds: Length at most.
        edge_hz: Where force and brightness begin to matter.
        beat_cents: Between the strings of one note, 0 for one string.
        spread: How much the partials differ between left and right, 0 = mono.
        attack_seconds: Rise at full force; soft strokes rise more slowly.
        noise: Level of the hammer, finger or plectrum.
        noise_hz: Its band.
        noise_tau_seconds: Its decay.
        body: Resonances of the body, for strings that were measured on another one.
        floor: Gain beside them.
        ring: Decay times against those measured.
        damping_hz: Above it partials die faster than measured; 0 = as measured.
        courses: Strings of one note: cents from the pitch, and level.
    """

    measured: str
    release_seconds: float
    longest_seconds: float = 5.0
    edge_hz: float = 1200.0
    beat_cents: float = 0.0
    spread: float = 0.0
    attack_seconds: float = 0.001
    noise: float = 0.1
    noise_hz: tuple[float, float] = (300.0, 2500.0)
    noise_tau_seconds: float = 0.008
    body: Formants = ()
    floor: float = 1.0
    ring: float = 1.0
    damping_hz: float = 0.0
    courses: tuple[tuple[float, float], ...] = ((0.0, 1.0),)


def strike(model: Struck, stroke: Stroke) -> Float32Array:
    """A note: ``(frames,)``, or ``(2, frames)`` with ``spread``."""
    rng = stroke.rng
    partials = measured(model.measured, stroke.hz)
    edge = max(model.edge_hz, 1.5 * stroke.hz)
    moved = edge * stroke.hard(0.3, 1.0) / 0.3 ** (1.0 - _NEUTRAL_FORCE) * stroke.bright(0.5, 2.0)
    tone = (1.0 + (partials.hz / edge) ** 2) / (1.0 + (partials.hz / moved) ** 2)
    tone *= 1.0 + 0.1 * rng.standard_normal(partials.hz.size)
    if model.body:
        tone *= peaks(model.body, model.floor)(partials.hz.astype(np.float32))
    beat = 2.0 ** (model.beat_cents / 2400.0)
    late = partials.late_amplitudes * tone
    hz = np.concatenate([partials.hz, partials.hz * beat, partials.hz / beat])
    levels = np.concatenate([partials.amplitudes * tone, late * 0.55, late * 0.45])
    taus = np.concatenate([partials.tau_seconds, partials.late_tau_seconds, partials.late_tau_seconds])
    phases = rng.uniform(-1.0, 1.0, hz.size)
    if not model.beat_cents:
        single = 2 * partials.hz.size
        hz, taus, phases = hz[:single], taus[:single], phases[:single]
        levels = np.concatenate([partials.amplitudes * tone, late])
    if model.ring != 1.0 or model.damping_hz:
        above = hz / model.damping_hz if model.damping_hz else 0.0
        taus = taus * model.ring / (1.0 + above**1.5)
    if len(model.courses) > 1:
        # As measured, whatever the stroke: its random numbers must not depend on force or brightness.
        loud = levels / np.tile(tone, levels.size // tone.size) > _UNHEARD
        hz, levels, taus, phases = hz[loud], levels[loud], taus[loud], phases[loud]
        ratios = 2.0 ** (np.array([cents for cents, _ in model.courses]) / 1200.0)
        hz = np.outer(ratios, hz).reshape(-1)
        levels = np.outer([level for _, level in model.courses], levels).reshape(-1)
        taus = np.tile(taus, ratios.size)
        # One stroke sets all strings going: were their phases independent, a note's pitch would be left to chance.
        phases = np.tile(phases, ratios.size) + 0.3 * rng.standard_normal(hz.size)
    if model.spread:
        levels = levels * (1.0 + model.spread * rng.uniform(-1.0, 1.0, (2, levels.size)))
    heard = np.abs(np.atleast_2d(levels)).max(axis=0) > 1e-3
    ring = float(taus[heard].max()) * 7.0
    frames = frames_of(min(stroke.held_seconds + model.release_seconds, model.longest_seconds, max(0.3, ring)))
    out = modal(hz, levels, taus, frames, phases) * attack(frames, model.attack_seconds * stroke.hard(3.0, 1.0))
    low, high = model.noise_hz
    thud = burst(
        rng, 0.15, model.noise_tau_seconds, bandpass(low, high * stroke.bright(0.65, 1.5) * stroke.hard(0.6, 1.1))
    )
    loudest = float(np.abs(out[..., : frames_of(0.2)]).max())
    add_at_start(out, thud * np.float32(model.noise * stroke.hard(0.35, 1.2) * loudest))
    return np.asarray(out * release(frames, stroke.held_seconds, model.release_seconds), np.float32)
