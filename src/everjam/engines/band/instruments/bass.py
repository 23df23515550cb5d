"""Basses: plucked strings, analogue and FM synthesisers, a chip."""

from functools import partial
from typing import Final

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.instruments.analogue import falling_cutoff, oscillate, unison
from everjam.engines.band.instruments.contract import Patch
from everjam.engines.band.instruments.dsp.base import (
    TAU,
    add_at_start,
    adsr,
    control_times,
    decay,
    f32,
    frames_of,
    release,
    times,
    unit,
)
from everjam.engines.band.instruments.dsp.filters import bandpass, burst, lowpass, peaks, shape
from everjam.engines.band.instruments.dsp.shaping import saturate
from everjam.engines.band.instruments.dsp.strings import StringModel, pluck
from everjam.engines.band.instruments.dsp.wavetable import (
    harmonic_count,
    lowpass_sweep,
    phase,
    read,
    saw,
    square,
    stack,
    triangle,
)
from everjam.engines.band.instruments.voicing import Stroke, Voice, make_patch


def _sine(stroke: Stroke, frames: int, ratio: float = 1.0) -> Float32Array:
    return read(phase(stroke.hz * ratio, frames), stack(np.ones((1, 1)))[0])


def _string_bass(model: StringModel, thump: float, release_seconds: float, stroke: Stroke) -> Float32Array:
    """A plucked bass with some of the fundamental that pickups and bodies add."""
    frames = frames_of(min(stroke.held_seconds, 5.0) + release_seconds)
    bent = StringModel(
        t60_seconds=model.t60_seconds,
        damping_hz=model.damping_hz * stroke.bright(0.65, 1.5),
        pick=model.pick,
        pickup=model.pickup,
        stiffness=model.stiffness,
        pluck_hz=model.pluck_hz * stroke.hard(0.45, 1.15) * stroke.bright(0.6, 1.6),
        noise=model.noise,
    )
    string = unit(pluck(bent, stroke.hz, frames, stroke.rng))
    body = _sine(stroke, frames) * decay(frames, model.t60_seconds / 5.0)
    out = string + body * np.float32(thump)
    out = saturate(out, 0.9 * stroke.hard(0.5, 1.1))
    return out * release(frames, stroke.held_seconds, release_seconds)


_FINGER: Final = StringModel(4.5, 900.0, pick=0.21, pickup=0.13, stiffness=4e-5, pluck_hz=1500.0, noise=0.25)
_PICK: Final = StringModel(5.0, 1700.0, pick=0.11, pickup=0.12, stiffness=5e-5, pluck_hz=4200.0, noise=0.35)
_UPRIGHT: Final = StringModel(1.9, 600.0, pick=0.27, stiffness=6e-5, pluck_hz=900.0, noise=0.3)


def _slap(stroke: Stroke) -> Float32Array:
    frames = frames_of(min(stroke.held_seconds, 4.0) + 0.09)
    model = StringModel(
        4.0,
        2600.0 * stroke.bright(0.6, 1.5),
        pick=0.06,
        pickup=0.1,
        stiffness=6e-5,
        pluck_hz=6500.0 * stroke.hard(0.4, 1.1) * stroke.bright(0.6, 1.5),
        noise=0.3,
    )
    out = unit(pluck(model, stroke.hz, frames, stroke.rng))
    fret = burst(stroke.rng, 0.02, 0.003, bandpass(1500.0, 6500.0))
    add_at_start(out, fret * np.float32(stroke.hard(0.1, 0.7)))
    out += _sine(stroke, frames) * (decay(frames, 0.5) * np.float32(0.5))
    out = saturate(shape(out, peaks(((90.0, 80.0, 0.7), (3200.0, 2200.0, 0.6)))), 1.2)
    return out * release(frames, stroke.held_seconds, 0.08)


def _upright(stroke: Stroke) -> Float32Array:
    out = _string_bass(_UPRIGHT, 0.55, 0.16, stroke)
    body = peaks(((98.0, 40.0, 0.6), (190.0, 70.0, 0.5), (430.0, 200.0, 0.4), (1100.0, 700.0, 0.2)), 0.9)
    out = shape(out, body)
    finger = burst(stroke.rng, 0.05, 0.008, bandpass(250.0, stroke.bright(1100.0, 2600.0)))
    add_at_start(out, finger * np.float32(stroke.hard(0.06, 0.3)))
    return out


def _saw(stroke: Stroke) -> Float32Array:
    frames = frames_of(stroke.held_seconds + 0.09)
    cutoff = falling_cutoff(
        frames,
        stroke.hz * 2.0 + stroke.bright(150.0, 700.0),
        stroke.hz * 2.0 + stroke.bright(900.0, 6000.0) * stroke.hard(0.3, 1.0),
        0.16,
    )
    sweep = lowpass_sweep(stroke.hz, saw(harmonic_count(stroke.hz)), cutoff, resonance=0.25)
    start = float(stroke.rng.uniform(0.0, 0.2))
    out = oscillate(sweep, stroke.hz * 1.0015, frames, start) + oscillate(sweep, stroke.hz / 1.0015, frames, start)
    out = saturate(unit(out + 0.6 * _sine(stroke, frames)), 1.4)
    return out * adsr(
        frames,
        stroke.held_seconds,
        attack_seconds=0.003,
        decay_seconds=0.3,
        sustain=0.75,
        release_seconds=0.08,
    )


def _reese(stroke: Stroke) -> Float32Array:
    """Detuned saws that grind against each other, over a steady sub."""
    frames = frames_of(stroke.held_seconds + 0.14)
    at = control_times(frames)
    slow = 1.0 + 0.35 * np.sin(TAU * 0.45 * at + float(stroke.rng.uniform(0.0, TAU)))
    cutoff = (stroke.hz * 3.0 + stroke.bright(260.0, 2600.0) * stroke.hard(0.5, 1.0) * slow).astype(np.float32)
    sweep = lowpass_sweep(stroke.hz, saw(harmonic_count(stroke.hz)), cutoff, resonance=0.15, order=3)
    out = unit(unison(sweep, stroke.hz, (-19.0, -7.0, 7.0, 19.0), frames, stroke.rng, width=0.45))
    out = saturate(out, 1.7) + _sine(stroke, frames) * np.float32(0.55)
    return out * adsr(
        frames, stroke.held_seconds, attack_seconds=0.01, decay_seconds=1.0, sustain=0.9, release_seconds=0.13
    )


def _wobble(stroke: Stroke) -> Float32Array:
    """A resonant filter that opens and shuts two, three or four times a note: the rate follows the length."""
    frames = frames_of(stroke.held_seconds + 0.06)
    cycles = (2.0, 3.0, 4.0)[stroke.variant % 3]
    at = control_times(frames)
    turn = np.clip(at / stroke.held_seconds, 0.0, 1.0) * cycles
    lfo = (0.5 - 0.5 * np.cos(TAU * turn)) ** 1.3
    low = stroke.hz * 1.6
    high = max(low * 2.0, stroke.bright(900.0, 5200.0) * stroke.hard(0.45, 1.0))
    cutoff = (low * (high / low) ** lfo).astype(np.float32)
    count = harmonic_count(stroke.hz)
    sweep = lowpass_sweep(stroke.hz, saw(count) + 0.5 * square(count), cutoff, resonance=0.65, per_octave=8)
    out = unit(unison(sweep, stroke.hz, (-6.0, 6.0), frames, stroke.rng, width=0.3))
    out = saturate(out, 2.6) + _sine(stroke, frames) * np.float32(0.6)
    return out * adsr(
        frames, stroke.held_seconds, attack_seconds=0.006, decay_seconds=1.0, sustain=0.95, release_seconds=0.05
    )


def _sub(stroke: Stroke) -> Float32Array:
    """An 808-like sine with a little saturation, so that small loudspeakers hear it too."""
    frames = frames_of(stroke.held_seconds + 0.12)
    at = times(frames)
    cycles = np.float64(stroke.hz) * at + stroke.hz * 0.5 * 0.014 * (1.0 - decay(frames, 0.014))
    out = np.sin(np.float32(TAU) * (cycles % 1.0).astype(np.float32))
    out = saturate(out, 0.9 * stroke.hard(0.7, 1.5) * stroke.bright(0.6, 2.0), 0.12)
    return out * adsr(
        frames, stroke.held_seconds, attack_seconds=0.004, decay_seconds=1.1, sustain=0.45, release_seconds=0.11
    )


def _acid(stroke: Stroke) -> Float32Array:
    """A saw through a screaming low-pass whose envelope the velocity opens."""
    frames = frames_of(stroke.held_seconds + 0.05)
    floor = stroke.hz * 2.4
    peak = floor + stroke.bright(900.0, 6500.0) * stroke.hard(0.2, 1.0)
    cutoff = falling_cutoff(frames, floor, peak, stroke.hard(0.16, 0.10))
    sweep = lowpass_sweep(stroke.hz, saw(harmonic_count(stroke.hz)), cutoff, resonance=0.95, order=3, per_octave=10)
    out = saturate(unit(oscillate(sweep, stroke.hz, frames)), 2.0 * stroke.hard(0.6, 1.2))
    return out * adsr(
        frames, stroke.held_seconds, attack_seconds=0.002, decay_seconds=0.35, sustain=0.6, release_seconds=0.04
    )


def _fm(stroke: Stroke) -> Float32Array:
    """Two operators at one pitch and a woody third above: the solid bass of the eighties."""
    frames = frames_of(stroke.held_seconds + 0.08)
    turn = np.float32(TAU) * ((np.float64(stroke.hz) * times(frames)) % 1.0).astype(np.float32)
    depth = stroke.bright(0.7, 2.4) * stroke.hard(0.45, 1.2)
    index = np.float32(depth * 1.5) * decay(frames, 0.13) + np.float32(depth * 0.4)
    knock = np.float32(depth * 0.5) * decay(frames, 0.03)
    out: Float32Array = np.sin(turn + index * np.sin(turn) + knock * np.sin(np.float32(3.0) * turn))
    return out * adsr(
        frames, stroke.held_seconds, attack_seconds=0.002, decay_seconds=0.5, sustain=0.6, release_seconds=0.07
    )


def _chip(stroke: Stroke) -> Float32Array:
    """The 4-bit triangle of an early console."""
    frames = frames_of(stroke.held_seconds + 0.02)
    at = phase(stroke.hz, frames)
    whole = read(at, stack(triangle(harmonic_count(stroke.hz, 40))[None, :])[0])
    stepped = np.round(whole * 7.5) / np.float32(7.5)
    blend = np.float32(stroke.bright(0.25, 1.0))
    out = f32(whole * (1.0 - blend) + stepped * blend)
    out = shape(out, lowpass(stroke.bright(2200.0, 9000.0) * stroke.hard(0.5, 1.0)))
    return f32(out * release(frames, stroke.held_seconds, 0.02))


def _bass(name: str, title: str, voice: Voice, gm: int, variants: int = 2) -> Patch:
    return make_patch(name, title, "bass", voice, gm=gm, low=24, high=60, variants=variants, pivot_hz=350.0)


PATCHES: Final[tuple[Patch, ...]] = (
    _bass("bass_finger", "Finger bass", partial(_string_bass, _FINGER, 0.35, 0.09), 33, 3),
    _bass("bass_pick", "Picked bass", partial(_string_bass, _PICK, 0.2, 0.08), 34, 3),
    _bass("bass_slap", "Slap bass", _slap, 36, 3),
    _bass("bass_upright", "Upright bass", _upright, 32, 3),
    _bass("bass_saw", "Saw bass", _saw, 38),
    _bass("bass_reese", "Reese bass", _reese, 39),
    _bass("bass_wobble", "Wobble bass: 2, 3 or 4 turns a note by variant", _wobble, 39, 3),
    _bass("bass_sub", "Sub bass", _sub, 39, 1),
    _bass("bass_acid", "Acid bass", _acid, 38, 1),
    _bass("bass_fm", "FM bass", _fm, 38, 1),
    _bass("bass_chip", "Chip bass", _chip, 80, 1),
)
