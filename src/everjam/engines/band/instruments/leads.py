"""Lead synthesisers: ladder, trance stack, brass, acid line, theremin, and pings of a low-pass gate."""

from typing import Final

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.instruments.analogue import falling_cutoff, oscillate, supersaw_cents, unison
from everjam.engines.band.instruments.contract import Patch
from everjam.engines.band.instruments.dsp.base import (
    TAU,
    adsr,
    attack,
    control_times,
    crossfeed,
    decay,
    f32,
    frames_of,
    times,
    unit,
)
from everjam.engines.band.instruments.dsp.filters import highpass, shape
from everjam.engines.band.instruments.dsp.shaping import saturate
from everjam.engines.band.instruments.dsp.wavetable import (
    harmonic_count,
    lowpass_sweep,
    phase,
    pulse,
    read,
    saw,
    stack,
)
from everjam.engines.band.instruments.voicing import Stroke, Voice, make_patch


def curve_of(stroke: Stroke, frames: int, cents: Float32Array) -> Float32Array:
    """Control curve of the note's frequency, ``cents`` away from it; ``cents`` as long as ``control_times``."""
    return f32((stroke.hz * 2.0 ** (cents[: control_times(frames).size] / 1200.0)).astype(np.float32))


def late_vibrato(frames: int, rate_hz: float, cents: float, after_seconds: float, rise_seconds: float) -> Float32Array:
    """Cents of a vibrato that sets in: control curve."""
    at = control_times(frames)
    onset = np.clip((at - after_seconds) / rise_seconds, 0.0, 1.0)
    return f32((cents * onset * np.sin(TAU * rate_hz * (at - after_seconds))).astype(np.float32))


def _moog(stroke: Stroke) -> Float32Array:
    """Three saws, one an octave below, through a resonant ladder with its own envelope."""
    frames = frames_of(stroke.held_seconds + 0.16)
    at = control_times(frames)
    contour = (1.0 - np.exp(-at / 0.018)) * (0.35 + 0.65 * np.exp(-at / 0.32))
    low = stroke.hz * 1.5 + stroke.bright(120.0, 700.0)
    high = low + stroke.bright(1500.0, 8500.0) * stroke.hard(0.3, 1.0)
    cutoff = f32((low * (high / low) ** contour).astype(np.float32))
    count = harmonic_count(stroke.hz)
    sweep = lowpass_sweep(stroke.hz, saw(count), cutoff, resonance=0.7, order=4, per_octave=8)
    curve = curve_of(stroke, frames, late_vibrato(frames, 5.2, 11.0, 0.3, 0.4) - f32(45.0 * np.exp(-at / 0.02)))
    out = unison(sweep, curve, (-5.0, 5.0), frames, stroke.rng, width=0.25)
    below = lowpass_sweep(stroke.hz / 2.0, saw(harmonic_count(stroke.hz / 2.0)), cutoff, resonance=0.7, order=4)
    out += oscillate(below, curve * np.float32(0.5), frames, float(stroke.rng.uniform())) * np.float32(0.55)
    return saturate(unit(out), 2.0) * adsr(
        frames, stroke.held_seconds, attack_seconds=0.004, decay_seconds=0.5, sustain=0.8, release_seconds=0.14
    )


def _trance(stroke: Stroke) -> Float32Array:
    """Two octaves of detuned saws, bright and thin below, so that it rides over everything."""
    frames = frames_of(stroke.held_seconds + 0.3)
    floor = stroke.hz * 4.0 + stroke.bright(2500.0, 11_000.0)
    cutoff = falling_cutoff(frames, floor, floor * stroke.hard(1.2, 1.8), 0.4)
    count = harmonic_count(stroke.hz)
    number = np.arange(1, count + 1)
    # The octave above lies in the same tables: its harmonics are the even ones.
    both = saw(count) * np.where(number % 2, 0.55, 1.6)
    sweep = lowpass_sweep(stroke.hz, f32(both), cutoff, resonance=0.45, order=2, per_octave=4)
    cents = supersaw_cents(0.18)
    out = unison(sweep, stroke.hz, cents, frames, stroke.rng)
    out = shape(out, highpass(max(260.0, 0.9 * stroke.hz)))
    return out * adsr(
        frames, stroke.held_seconds, attack_seconds=0.003, decay_seconds=0.25, sustain=0.75, release_seconds=0.28
    )


def _brass(stroke: Stroke) -> Float32Array:
    """Saws behind a filter that swells open with the note, as polysynths played horns in the eighties."""
    frames = frames_of(stroke.held_seconds + 0.22)
    at = control_times(frames)
    swell = (1.0 - np.exp(-((at / stroke.hard(0.075, 0.04)) ** 1.5))) * (0.62 + 0.38 * np.exp(-at / 0.3))
    low = stroke.hz * 1.2
    high = stroke.hz * 2.0 + stroke.bright(900.0, 6500.0) * stroke.hard(0.45, 1.0)
    cutoff = f32((low * (high / low) ** swell).astype(np.float32))
    count = harmonic_count(stroke.hz)
    sweep = lowpass_sweep(stroke.hz, saw(count) + 0.3 * pulse(count, 0.4), cutoff, resonance=0.2, order=2)
    curve = curve_of(stroke, frames, f32(-22.0 * np.exp(-at / 0.03)))
    out = unison(sweep, curve, (-8.0, -3.0, 3.0, 8.0), frames, stroke.rng, width=0.7)
    return out * adsr(
        frames, stroke.held_seconds, attack_seconds=0.022, decay_seconds=0.5, sustain=0.85, release_seconds=0.2
    )


def _acid(stroke: Stroke) -> Float32Array:
    """The little silver box an octave up: a square that squelches through a filter on the edge of whistling."""
    frames = frames_of(stroke.held_seconds + 0.05)
    floor = stroke.hz * 1.5
    peak = floor + stroke.bright(1500.0, 8500.0) * stroke.hard(0.25, 1.0)
    cutoff = falling_cutoff(frames, floor, peak, stroke.hard(0.11, 0.075))
    count = harmonic_count(stroke.hz)
    # A coupling capacitor behind the oscillator thins the fundamental.
    source = (0.5 * saw(count) + pulse(count, 0.46)) * np.arange(1, count + 1) ** 0.45
    sweep = lowpass_sweep(stroke.hz, f32(source), cutoff, resonance=1.0, order=4, per_octave=12)
    out = saturate(unit(oscillate(sweep, stroke.hz, frames)), 3.2 * stroke.hard(0.6, 1.2))
    return out * adsr(
        frames, stroke.held_seconds, attack_seconds=0.002, decay_seconds=0.2, sustain=0.45, release_seconds=0.04
    )


_THEREMIN: Final = np.array([1.0, 0.16, 0.07, 0.035, 0.02, 0.012, 0.008, 0.005])


def _theremin(stroke: Stroke) -> Float32Array:
    """Nearly a sine; the hand finds the note from below and then never stands still."""
    frames = frames_of(stroke.held_seconds + 0.3)
    at = control_times(frames)
    scoop = f32(-160.0 * np.exp(-at / 0.045))
    curve = curve_of(stroke, frames, late_vibrato(frames, 5.8, 32.0, 0.12, 0.25) + scoop)
    number = np.arange(_THEREMIN.size)
    levels = _THEREMIN * stroke.bright(0.6, 1.6) ** number * stroke.hard(0.7, 1.15) ** number
    out = read(phase(curve, frames), stack(levels[: harmonic_count(stroke.hz)][None, :])[0])
    return out * adsr(
        frames,
        stroke.held_seconds,
        attack_seconds=min(0.09, 0.03 + 0.3 * stroke.held_seconds),
        decay_seconds=0.6,
        sustain=0.9,
        release_seconds=0.28,
    )


def _buchla(stroke: Stroke) -> Float32Array:
    """A folded sine with a modulator, struck through a low-pass gate: level and brightness fall together."""
    frames = frames_of(1.7)
    ratio = (2.0, 3.0, 1.0)[stroke.variant % 3]
    tau = 0.22 * 2.0 ** (-np.log2(stroke.hz / 261.6) / 4.0)
    depth = stroke.bright(0.5, 1.9) * stroke.hard(0.4, 1.2)
    gate = decay(frames, tau)
    sides = []
    for cents in (-1.5, 1.5):
        cycles = stroke.hz * 2.0 ** (cents / 1200.0) * times(frames).astype(np.float64)
        carrier = (cycles % 1.0).astype(np.float32) * np.float32(TAU)
        modulator = ((cycles * ratio) % 1.0).astype(np.float32) * np.float32(TAU)
        bent = np.sin(carrier + np.float32(0.9 * depth) * gate * np.sin(modulator))
        sides.append(np.sin(bent * (np.float32(0.9) + np.float32(2.3 * depth) * gate * gate)))
    body = gate * (0.25 + 0.75 * decay(frames, 0.6 * tau)) * attack(frames, 0.002)
    return crossfeed(f32(np.stack(sides)) * body, 0.4)


def _lead(name: str, title: str, voice: Voice, gm: int, *, low: int = 48, high: int = 96, variants: int = 2) -> Patch:
    return make_patch(name, title, "synths", voice, gm=gm, low=low, high=high, variants=variants)


PATCHES: Final[tuple[Patch, ...]] = (
    _lead("lead_moog", "Moog-like lead", _moog, 81, low=43),
    _lead("lead_trance", "Trance lead", _trance, 81),
    _lead("brass_synth", "Synth brass", _brass, 62, low=40),
    _lead("seq_acid", "Acid sequence", _acid, 87, low=36, high=88, variants=1),
    _lead("theremin", "Theremin", _theremin, 79, variants=1),
    make_patch(
        "buchla", "West-coast pings: the modulator changes by take", "synths", _buchla, gm=98, low=36, sustained=False,
        variants=3,
    ),
)  # fmt: skip
