"""Subtractive synthesis: pitch that slides and drifts, detuned oscillators, filters that move."""

from typing import Final

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.instruments.dsp.base import (
    TAU,
    attack,
    control_times,
    decay,
    f32,
    frames_of,
    mix_in,
    stage,
    times,
    upsample,
    wander,
)
from everjam.engines.band.instruments.dsp.operators import overloaded
from everjam.engines.band.instruments.dsp.shaping import saturate
from everjam.engines.band.instruments.dsp.waves import (
    Harmonics,
    Ladder,
    filtered,
    harmonics_for,
    ladder,
    pulse_wave,
    tables_of,
)
from everjam.engines.band.instruments.dsp.wavetable import Sweep, phase, scan, walk
from everjam.engines.band.instruments.voicing import Stroke

SUPERSAW: Final = (-0.11002313, -0.06288439, -0.01952356, 0.0, 0.01991221, 0.06216538, 0.10745242)
"""Detuning of the seven saws at full depth as shares of the frequency (measured by A. Szabo, 2010)."""

_FOLDING_HZ: Final = 600.0


def supersaw_cents(depth: float) -> tuple[float, ...]:
    """Detuning of seven saws; ``depth`` 0.1 is a stack, 0.3 a swarm."""
    return tuple(float(1200.0 * np.log2(1.0 + depth * share)) for share in SUPERSAW)


def slide_cents(stroke: Stroke, frames: int, tau_seconds: float) -> Float32Array:
    """Control curve of the way from where the pitch comes from, as a charging capacitor goes it."""
    at = control_times(frames)
    if not stroke.glide:
        return np.zeros(at.size, np.float32)
    return f32(100.0 * stroke.glide * np.exp(-at / tau_seconds))


def drift_cents(stroke: Stroke, frames: int, cents: float) -> Float32Array:
    """Control curve of an oscillator that is not quite at rest."""
    return f32(cents * wander(stroke.rng, frames, 0.9))


def curve_of(stroke: Stroke, frames: int, cents: Float32Array) -> Float32Array:
    """Control curve of the note's frequency, ``cents`` away from it; ``cents`` as long as ``control_times``."""
    return f32((stroke.hz * 2.0 ** (cents[: control_times(frames).size] / 1200.0)).astype(np.float32))


def late_vibrato(frames: int, rate_hz: float, cents: float, after_seconds: float, rise_seconds: float) -> Float32Array:
    """Cents of a vibrato that sets in: control curve."""
    at = control_times(frames)
    onset = np.clip((at - after_seconds) / rise_seconds, 0.0, 1.0)
    return f32((cents * onset * np.sin(TAU * rate_hz * (at - after_seconds))).astype(np.float32))


def partials_of(stroke: Stroke, most: int = 700, ratio: float = 1.0) -> int:
    """Harmonics of an oscillator at ``ratio`` of the note's pitch that stay inaudible where they fold."""
    highest = stroke.hz * ratio * 2.0 ** (max(0, stroke.glide) / 12.0)
    return harmonics_for(stroke.hz * ratio, highest, most)


def falling_cutoff(frames: int, floor_hz: float, peak_hz: float, tau_seconds: float) -> Float32Array:
    """Control curve of a cutoff that falls exponentially, in octaves, from ``peak_hz`` to ``floor_hz``."""
    octaves = np.log2(peak_hz / floor_hz)
    return f32((floor_hz * 2.0 ** (octaves * np.exp(-control_times(frames) / tau_seconds))).astype(np.float32))


def rising_cutoff(frames: int, start_hz: float, end_hz: float, tau_seconds: float) -> Float32Array:
    """Control curve of a cutoff that opens exponentially, in octaves, from ``start_hz`` towards ``end_hz``."""
    octaves = np.log2(end_hz / start_hz)
    return f32((start_hz * 2.0 ** (octaves * (1.0 - np.exp(-control_times(frames) / tau_seconds)))).astype(np.float32))


def let_go(frames: int, held_seconds: float, release_seconds: float) -> Float32Array:
    """1 while held, then a fall of 60 dB that begins without a corner: nothing clicks."""
    out = np.ones(frames, np.float32)
    held = min(frames, frames_of(held_seconds))
    turn = times(frames - held) * np.float32(6.9 / release_seconds)
    out[held:] = np.exp(np.float32(0.7) * (1.0 - np.exp(turn * np.float32(-1.0 / 0.7))) - turn)
    return out


def struck(
    frames: int, held_seconds: float, rise_seconds: float, fall_seconds: float, sustain: float, release_seconds: float
) -> Float32Array:
    """Envelope of a held note: rise, time constant of the fall to ``sustain``, ``let_go``."""
    out = decay(frames, fall_seconds)
    out *= np.float32(1.0 - sustain)
    out += np.float32(sustain)
    return f32(out * attack(frames, rise_seconds) * let_go(frames, held_seconds, release_seconds))


def overload(stroke: Stroke, signal: Float32Array, drive: float, bias: float = 0.0) -> Float32Array:
    """Soft clipping of a note behind a low-pass: low ones have too little treble for any of it to fold."""
    return saturate(signal, drive, bias) if stroke.hz < _FOLDING_HZ else overloaded(signal, drive, bias)


def through(
    stroke: Stroke,
    wave: Harmonics,
    cutoff_hz: Float32Array,
    curve: Float32Array,
    *,
    kind: Ladder = ladder,
    resonance: float = 0.0,
    per_octave: int = 8,
    ratio: float = 1.0,
) -> Sweep:
    """A wave at ``ratio`` of the note's pitch through a filter that stays where it is while the pitch slides.

    Args:
        stroke: The note.
        wave: Harmonics.
        cutoff_hz: Control curve.
        curve: Control curve of the note's frequency.
        kind: The filter.
        resonance: 0 to 1.
        per_octave: Tables for each octave of cutoff.
        ratio: Of the oscillator to the note.
    """
    still = f32(cutoff_hz * (np.float32(stroke.hz) / curve)) if stroke.glide else cutoff_hz
    return filtered(stroke.hz * ratio, wave, still, kind=kind, resonance=resonance, per_octave=per_octave)


def pulse_width_sweep(harmonics: int, width: Float32Array, edge_hz: float, hz: float) -> Sweep:
    """A pulse wave whose width moves, through a fixed 12 dB low-pass.

    Args:
        harmonics: How many.
        width: Control curve, 0.06 to 0.5 of a period.
        edge_hz: Cutoff.
        hz: Fundamental.
    """
    widths = np.linspace(0.06, 0.5, 12)
    number = np.arange(1, harmonics + 1)
    rows = np.array([pulse_wave(harmonics, float(one)) for one in widths]) / (1.0 + (number * hz / edge_hz) ** 2)
    position = (np.clip(width, 0.06, 0.5) - 0.06) * ((widths.size - 1) / 0.44)
    return Sweep(tables_of(rows), f32(position.astype(np.float32)))


def oscillate(sweep: Sweep, hz: float | Float32Array, frames: int, start_cycles: float = 0.0) -> Float32Array:
    """One oscillator through the sweep: float32 ``(frames,)``."""
    along = walk(sweep.tables, upsample(sweep.position, frames))
    return scan(phase(hz, frames, start_cycles), sweep.tables, along)


def unison(
    sweep: Sweep,
    hz: float | Float32Array,
    cents: tuple[float, ...],
    frames: int,
    rng: np.random.Generator,
    *,
    width: float = 0.9,
    levels: tuple[float, ...] = (),
) -> Float32Array:
    """Detuned oscillators spread over the stereo field.

    Args:
        sweep: Source and filter, shared.
        hz: Frequency, or its control curve.
        cents: Detuning of each; place pairs symmetrically so that the pitch stays.
        frames: Length.
        rng: For the oscillators' phases.
        width: 0 = all in the middle.
        levels: Of each oscillator; none = all alike.

    Returns:
        float32 ``(2, frames)``.
    """
    along = walk(sweep.tables, upsample(sweep.position, frames))
    out = np.zeros((2, frames), np.float32)
    for number, (offset, pan) in enumerate(zip(cents, stage(len(cents)), strict=True)):
        at = phase(hz * 2.0 ** (offset / 1200.0), frames, float(rng.uniform()))
        one = scan(at, sweep.tables, along)
        mix_in(out, one, width * pan, levels[number] if levels else 1.0)
    return out
