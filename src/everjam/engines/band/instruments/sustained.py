"""Blown, bowed and sung tones: a periodic source whose spectrum follows the dynamics, through fixed formants."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from everjam.audio import Float32Array
from everjam.engines.band.instruments.dsp.base import (
    TAU,
    adsr,
    control_times,
    f32,
    frames_of,
    mix_in,
    noise,
    stage,
    times,
    upsample,
    wander,
)
from everjam.engines.band.instruments.dsp.filters import Formants, bandpass, peaks, shape
from everjam.engines.band.instruments.dsp.wavetable import harmonic_count, phase, saw, scan, stack, walk
from everjam.engines.band.instruments.spectra import measured
from everjam.engines.band.instruments.voicing import Stroke

Source = Callable[[int], Float32Array]
"""Number of harmonics to their amplitudes."""

_DYNAMICS = 5


@dataclass(frozen=True, slots=True)
class Sustained:
    """A sustaining instrument.

    Attributes:
        cutoff_hz: Where its spectrum begins to fall, at the softest and the loudest.
        cutoff_harmonics: The same against the fundamental; the larger of the two counts.
        slope: Of the fall, 6 dB an octave each.
        source: Harmonics before everything else.
        measured: Name in ``spectra`` of an instrument whose harmonics replace ``source``, or "".
        formants: Fixed resonances.
        floor: Gain beside the formants.
        attack_seconds: Rise.
        release_seconds: Fall by 60 dB.
        sustain: Level after the attack's accent.
        vibrato_hz: Rate.
        vibrato_cents: Depth.
        vibrato_after_seconds: When it sets in.
        vibrato_level: Share of the level that swings, a quarter of a period from the pitch.
        scoop_cents: How far below the pitch a note begins.
        scoop_seconds: Time constant of the way up.
        jitter_cents: Random drift of pitch.
        jitter_hz: Its rate.
        breath: Level of noise while sounding, 1 = about as loud as the tone.
        chiff: Level of noise at the start.
        breath_hz: Band of the noise.
        voices: Players.
        detune_cents: Between players.
        width: Stereo width of the players, 0 to 1.
        tremor: Depth of the level's own movement.
    """

    cutoff_hz: tuple[float, float]
    cutoff_harmonics: tuple[float, float] = (1.0, 3.0)
    slope: float = 2.0
    source: Source = saw
    measured: str = ""
    formants: Formants = ()
    floor: float = 1.0
    attack_seconds: float = 0.05
    release_seconds: float = 0.15
    sustain: float = 0.85
    vibrato_hz: float = 5.3
    vibrato_cents: float = 10.0
    vibrato_after_seconds: float = 0.3
    vibrato_level: float = 0.0
    scoop_cents: float = 0.0
    scoop_seconds: float = 0.035
    jitter_cents: float = 2.0
    jitter_hz: float = 7.0
    breath: float = 0.0
    chiff: float = 0.0
    breath_hz: tuple[float, float] = (600.0, 4500.0)
    voices: int = 1
    detune_cents: float = 0.0
    width: float = 0.8
    tremor: float = 0.04


def spectra(model: Sustained, stroke: Stroke) -> npt.NDArray[np.float64]:
    """Harmonic amplitudes from the softest to the loudest: shape ``(dynamics, harmonics)``."""
    count = harmonic_count(stroke.hz, 160)
    hz = stroke.hz * np.arange(1, count + 1)
    source = measured(model.measured, stroke.hz, count) if model.measured else model.source(count)
    body = peaks(model.formants, model.floor)(hz.astype(np.float32)).astype(np.float64) if model.formants else 1.0
    rows = []
    for step in np.linspace(0.0, 1.0, _DYNAMICS):
        absolute = model.cutoff_hz[0] * (model.cutoff_hz[1] / model.cutoff_hz[0]) ** step
        relative = model.cutoff_harmonics[0] * (model.cutoff_harmonics[1] / model.cutoff_harmonics[0]) ** step
        cutoff = max(absolute, relative * stroke.hz) * stroke.bright(0.55, 1.8)
        rows.append(source * body / (1.0 + (hz / cutoff) ** 2) ** (model.slope / 2.0))
    return np.array(rows)


def pitch_curve(model: Sustained, stroke: Stroke, frames: int, offset_cents: float) -> Float32Array:
    """Control curve of a player's frequency: vibrato that sets in, drift, scoop."""
    at = control_times(frames)
    onset = np.clip((at - model.vibrato_after_seconds) / 0.35, 0.0, 1.0)
    rate = model.vibrato_hz * float(stroke.rng.uniform(0.94, 1.06))
    start = float(stroke.rng.uniform(0.0, TAU)) if model.voices > 1 else 0.0
    cents = model.vibrato_cents * onset * np.sin(TAU * rate * (at - model.vibrato_after_seconds) + start)
    cents += model.jitter_cents * wander(stroke.rng, frames, model.jitter_hz)
    if model.scoop_cents:
        cents -= model.scoop_cents * np.exp(-at / model.scoop_seconds)
    return f32((stroke.hz * 2.0 ** ((cents + offset_cents) / 1200.0)).astype(np.float32))


def sustain(model: Sustained, stroke: Stroke) -> Float32Array:
    """A note of a sustaining instrument.

    Returns:
        ``(frames,)`` for one player, ``(2, frames)`` for several.
    """
    frames = frames_of(stroke.held_seconds + model.release_seconds)
    envelope = adsr(
        frames,
        stroke.held_seconds,
        attack_seconds=min(model.attack_seconds * stroke.hard(1.5, 0.85), 0.03 + 0.45 * stroke.held_seconds),
        decay_seconds=0.25,
        sustain=model.sustain,
        release_seconds=model.release_seconds,
    )
    movement = 1.0 + model.tremor * wander(stroke.rng, frames, 4.0)
    if model.vibrato_level:
        at = control_times(frames) - np.float32(model.vibrato_after_seconds)
        movement += model.vibrato_level * np.clip(at / 0.35, 0.0, 1.0) * np.cos(TAU * model.vibrato_hz * at)
        envelope = envelope * upsample(f32(np.clip(movement, 0.1, 2.0)), frames)
    dynamics = np.clip(stroke.force * movement, 0.0, 1.0).astype(np.float32)
    position = upsample(dynamics, frames) * np.sqrt(envelope) * np.float32(_DYNAMICS - 1)
    harmonics = spectra(model, stroke)
    tables = stack(harmonics, stroke.rng.uniform(-np.pi, np.pi, harmonics.shape[1]))
    along = walk(tables, position)
    if model.voices == 1:
        tone = scan(phase(pitch_curve(model, stroke, frames, 0.0), frames), tables, along)
    else:
        tone = np.zeros((2, frames), np.float32)
        for player, pan in enumerate(stage(model.voices)):
            share = 2.0 * player / (model.voices - 1) - 1.0
            curve = pitch_curve(model, stroke, frames, model.detune_cents * share)
            one = scan(phase(curve, frames, float(stroke.rng.uniform())), tables, along)
            mix_in(tone, one, model.width * pan)
    if model.breath or model.chiff:
        tone = tone + _breath(model, stroke, frames, float(np.sqrt(np.mean(tone[..., : frames // 2 + 1] ** 2))))
    return tone * envelope


def _breath(model: Sustained, stroke: Stroke, frames: int, level: float) -> Float32Array:
    low, high = model.breath_hz
    hiss = shape(noise(stroke.rng, frames), bandpass(low, high * stroke.bright(0.75, 1.3), 3))
    hiss *= np.float32(0.6 * level / max(1e-9, float(np.std(hiss))))
    amount = np.full(frames, model.breath, np.float32)
    amount += np.float32(model.chiff) * np.exp(times(frames) * np.float32(-1.0 / 0.035))
    return hiss * amount
