"""Struck things played from measured tables: one recording each, made soft and hard, tuned, damped, rolled, varied.

The tables (``measured``) hold a stroke of middling force. What force changes is ours: soft strokes lose treble, and
most of it in the attack; what takes differ in is where the stick meets the skin: the levels of the partials.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.instruments.dsp.additive import SILENT_DB, additive
from everjam.engines.band.instruments.dsp.bands import band_noise, centres_hz
from everjam.engines.band.instruments.dsp.base import TAU, f32, frames_of, midi_to_hz
from everjam.engines.band.instruments.dsp.shaping import eased, saturate
from everjam.engines.band.instruments.measured import Spectrum, measured, table_of
from everjam.engines.band.instruments.voicing import Stroke, Voice

_NEUTRAL_FORCE: Final = 0.75
"""At which a stroke sounds as measured."""
_BRIGHT_DB: Final = 2.5
"""Treble that most brightness has over a neutral one, an octave."""
_LOW_HZ: Final = 280.0
"""Partials below begin at a zero, so that deep drums do not click."""
_BLURRED_HZ: Final = 1500.0
_BLUR_HZ: Final = 30.0
_BLUR_SHARE: Final = 0.05
_ATTACK_SECONDS: Final = 0.018
_FADE_SHARE: Final = 0.25
_FADE_SECONDS: Final = 0.2
_ROLL_STEP_SECONDS: Final = 0.058
_ROLL_SECONDS: Final = 0.28
"""Shortest roll: a press of the sticks."""
_ROLLED_RING_SECONDS: Final = 1.2
_ROLLED_STEPS: Final = 6
"""How long strokes of a roll ring: cymbals so many seconds, skins so many strokes."""
_STOPPED: Final = 0.35
_STOPPED_FRAMES: Final = 192
_POINTS: Final = centres_hz()
_OCTAVES: Final = np.log2(_POINTS)


@dataclass(frozen=True, slots=True)
class Hit:
    """How a measured table is played.

    Attributes:
        table: Its name.
        seconds: Most that is rendered.
        width: How far the sides of noise and partials differ, 0 (mono) to 1; nothing of it is heard in mono.
        force_db: Treble that full force has over none, an octave.
        attack_db: What the attack gains from none to full force, over the whole spectrum's own change.
        pivot_hz: What force leaves as it is.
        spread_db: How far levels of partials lie apart from take to take (standard deviation).
        spread_cents: The same for their pitch.
        damped: Decay in dB a second that a hand or a blanket adds; "muted" strokes have ``mute_db`` a second instead.
        mute_db: See ``damped``.
        noise_db: Of the noise against what was measured.
        roll_step_seconds: Between the strokes of a roll.
        swell: How far a roll grows out of nothing, 0 (even) to 1: cymbals under mallets.
        drive: Soft clipping of the highest peaks, as hides and microphones do: noise has higher ones than a stroke.
    """

    table: str
    seconds: float
    width: float = 0.0
    force_db: float = 2.6
    attack_db: float = 5.0
    pivot_hz: float = 400.0
    spread_db: float = 1.1
    spread_cents: float = 4.0
    damped: float = 0.0
    mute_db: float = 160.0
    noise_db: float = 0.0
    roll_step_seconds: float = _ROLL_STEP_SECONDS
    swell: float = 0.0
    drive: float = 0.0


@lru_cache(maxsize=128)
def _measured(table: str, semitones: float) -> Spectrum:
    """A measured stroke, tuned; neighbours that are one mode blurred by its decay become one partial: none beat."""
    key = table_of(table).head["keys"][0]
    spectrum = measured(table, midi_to_hz(key + semitones), _NEUTRAL_FORCE)
    power = 10.0 ** (spectrum.levels_db.astype(np.float64) / 10.0)
    groups: dict[int, list[int]] = {}
    for place in np.argsort(-power.sum(axis=0)):
        hz = spectrum.hz[place]
        blurred = [
            mode
            for mode in groups
            if hz < _BLURRED_HZ and abs(hz - spectrum.hz[mode]) < max(_BLUR_HZ, _BLUR_SHARE * spectrum.hz[mode])
        ]
        groups.setdefault(blurred[0] if blurred else int(place), []).append(int(place))
    modes = sorted(groups)
    levels = np.stack([10.0 * np.log10(power[:, groups[mode]].sum(axis=1)) for mode in modes], axis=1)
    return replace(spectrum, hz=spectrum.hz[modes], levels_db=f32(np.maximum(levels, SILENT_DB)))


def play_hit(hit: Hit, stroke: Stroke) -> Float32Array:
    """A stroke, or with "roll" as many as the note is long: ``(frames,)``, or ``(2, frames)`` where it has width."""
    if stroke.articulation == "roll":
        ring = min(hit.seconds, _ROLLED_RING_SECONDS if hit.swell else _ROLLED_STEPS * hit.roll_step_seconds)
        soft = replace(hit, attack_db=3.0 * hit.attack_db) if hit.swell else hit
        return rolled(lambda single: _one(soft, single, ring), stroke, hit.roll_step_seconds, hit.swell)
    return _one(hit, stroke, hit.seconds)


def _one(hit: Hit, stroke: Stroke, seconds: float) -> Float32Array:
    spectrum = _shaped(hit, stroke)
    frames = frames_of(min(seconds, _sounding_seconds(spectrum)))
    rng = stroke.rng
    phases = rng.uniform(0.0, TAU, spectrum.hz.size)
    phases[spectrum.hz < _LOW_HZ] *= 0.03
    noise = band_noise(rng, spectrum.seconds, spectrum.noise_db, frames)
    middle = additive(spectrum.hz, spectrum.seconds, spectrum.levels_db, frames, phases) + noise
    fade = max(1, min(int(_FADE_SHARE * frames), frames_of(_FADE_SECONDS)))
    middle[-fade:] *= 0.5 + 0.5 * np.cos(np.linspace(0.0, np.pi, fade, dtype=np.float32))
    if not hit.width:
        return _clipped(f32(middle), hit.drive)
    high = np.flatnonzero(spectrum.hz > _LOW_HZ)[::2]
    side = band_noise(rng, spectrum.seconds, spectrum.noise_db + _low_cut_db(), frames)
    side += additive(
        spectrum.hz[high], spectrum.seconds, spectrum.levels_db[:, high], frames, phases[high] + 0.5 * np.pi
    )
    side *= np.float32(hit.width)
    side[-fade:] *= 0.5 + 0.5 * np.cos(np.linspace(0.0, np.pi, fade, dtype=np.float32))
    return _clipped(np.stack([middle + side, middle - side]), hit.drive)


def _clipped(signal: Float32Array, drive: float) -> Float32Array:
    """At the signal's own rate: the peaks are few and broad-band already."""
    return saturate(signal, drive / float(np.abs(signal).max() + 1e-9)) if drive else signal


@lru_cache(maxsize=1)
def _low_cut_db() -> Float32Array:
    """The sides hold no bass."""
    return f32(-12.0 * np.clip(np.log2(_LOW_HZ / _POINTS), 0.0, None))


def _shaped(hit: Hit, stroke: Stroke) -> Spectrum:
    """The measured stroke as this take has it: tuned, as hard as it is struck, damped."""
    spectrum = _measured(hit.table, stroke.semitones)
    rng = stroke.rng
    hz, levels, noise = spectrum.hz, spectrum.levels_db.copy(), spectrum.noise_db + np.float32(hit.noise_db)
    silent, quiet = levels <= SILENT_DB, noise <= SILENT_DB
    if stroke.semitones:
        noise = np.stack([np.interp(_OCTAVES - stroke.semitones / 12.0, _OCTAVES, row) for row in noise])
    levels += f32(hit.spread_db * rng.standard_normal(hz.size).clip(-2.0, 2.0))
    noise += f32(0.6 * hit.spread_db * np.convolve(rng.standard_normal(_POINTS.size + 2), (0.5, 0.6, 0.5), "valid"))
    hz = hz * 2.0 ** (hit.spread_cents * rng.standard_normal(hz.size).clip(-2.0, 2.0) / 1200.0)
    harder = stroke.force - _NEUTRAL_FORCE
    slope_db = hit.force_db * harder + _BRIGHT_DB * (2.0 * stroke.brightness - 1.0)
    levels += f32(slope_db * np.log2(np.maximum(hz, 30.0) / hit.pivot_hz))
    noise += f32(slope_db * (_OCTAVES - np.log2(hit.pivot_hz)))
    early = np.exp(-spectrum.seconds / _ATTACK_SECONDS)[:, None]
    noise += f32(hit.attack_db * harder * early)
    fall = hit.damped + (hit.mute_db if stroke.articulation == "muted" else 0.0)
    # A new skin or a looser wing nut: takes ring a little longer or shorter.
    fall += 4.0 * float(rng.uniform(0.0, 1.0))
    levels -= f32(fall * spectrum.seconds)[:, None]
    noise -= f32(fall * spectrum.seconds)[:, None]
    levels[silent] = SILENT_DB
    noise[quiet] = SILENT_DB
    return replace(spectrum, hz=hz, levels_db=levels, noise_db=f32(noise))


def _sounding_seconds(spectrum: Spectrum) -> float:
    """Until all of it is 72 dB below its loudest moment."""
    loudest = np.maximum(spectrum.levels_db.max(axis=1, initial=SILENT_DB), spectrum.noise_db.max(axis=1) + 20.0)
    loud = np.flatnonzero(loudest > loudest.max() - 72.0)
    return float(spectrum.seconds[min(int(loud[-1]) + 1, spectrum.seconds.size - 1)]) + 0.01


def rolled(strike: Voice, stroke: Stroke, step_seconds: float, swell: float = 0.0) -> Float32Array:
    """Close strokes of two hands, unevenly soft, for as long as the note is held.

    Args:
        strike: A single stroke; ``(frames,)`` or ``(2, frames)``.
        stroke: The note.
        step_seconds: Between the strokes.
        swell: As ``Hit.swell``.
    """
    held = max(_ROLL_SECONDS, stroke.held_seconds)
    single = replace(stroke, articulation="plain", force=0.85 * stroke.force)
    takes = [eased(strike(single)) for _ in range(3)]
    frames = frames_of(held) + max(take.shape[-1] for take in takes)
    out = np.zeros((*takes[0].shape[:-1], frames), np.float32)
    at, number = 0.0, 0
    while at < held - 0.5 * step_seconds:
        take = takes[number % len(takes)]
        level = (1.0, 0.82)[number % 2] * float(stroke.rng.uniform(0.85, 1.1))
        level *= 1.0 - swell * (1.0 - (at / held) ** 1.5)
        start = frames_of(at) - 1 if at else 0
        if not swell:
            # The stick stops most of what the skin still does.
            ramp = out[..., start : start + _STOPPED_FRAMES]
            ramp *= np.linspace(1.0, _STOPPED, ramp.shape[-1], dtype=np.float32)
            out[..., start + _STOPPED_FRAMES :] *= np.float32(_STOPPED)
        out[..., start : start + take.shape[-1]] += take * np.float32(level)
        at += step_seconds * float(stroke.rng.uniform(0.9, 1.1))
        number += 1
    return out
