"""Synthesised basses: analogue, FM, sub, and the early consoles' chip."""

from typing import Final

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.instruments.analogue import falling_cutoff, oscillate, pulse_width_sweep, unison
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
from everjam.engines.band.instruments.dsp.filters import bandpass, burst, lowpass, shape
from everjam.engines.band.instruments.dsp.shaping import saturate
from everjam.engines.band.instruments.dsp.wavetable import (
    harmonic_count,
    lowpass_sweep,
    phase,
    pulse,
    read,
    saw,
    square,
    stack,
    triangle,
)
from everjam.engines.band.instruments.voicing import Stroke, Voice, make_patch


def _sine(stroke: Stroke, frames: int, ratio: float = 1.0) -> Float32Array:
    return read(phase(stroke.hz * ratio, frames), stack(np.ones((1, 1)))[0])


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
    out = unit(unison(sweep, stroke.hz, (-6.0, 6.0), frames, stroke.rng, width=0.12))
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


def _moog(stroke: Stroke) -> Float32Array:
    """A saw and a pulse through a ladder whose envelope closes slowly: round, with a vowel in it."""
    frames = frames_of(stroke.held_seconds + 0.08)
    floor = stroke.hz * 1.4 + stroke.bright(60.0, 350.0)
    peak = floor + stroke.bright(350.0, 2600.0) * stroke.hard(0.3, 1.0)
    cutoff = falling_cutoff(frames, floor, peak, 0.26)
    count = harmonic_count(stroke.hz)
    saws = lowpass_sweep(stroke.hz, saw(count), cutoff, resonance=0.6, order=4, per_octave=8)
    hollow = lowpass_sweep(stroke.hz, pulse(count, 0.36), cutoff, resonance=0.6, order=4, per_octave=8)
    start = float(stroke.rng.uniform(0.0, 1.0))
    out = oscillate(saws, stroke.hz * 1.002, frames) + oscillate(hollow, stroke.hz / 1.002, frames, start)
    return saturate(unit(out), 2.2) * adsr(
        frames, stroke.held_seconds, attack_seconds=0.002, decay_seconds=0.4, sustain=0.7, release_seconds=0.07
    )


def _808(stroke: Stroke) -> Float32Array:
    """The long boom of a tuned 808 kick: a fast fall in pitch, then a sub, driven until its harmonics can be heard."""
    frames = frames_of(stroke.held_seconds + 0.2)
    at = times(frames)
    drop = stroke.hz * 2.4 * 0.011 * (1.0 - decay(frames, 0.011))
    cycles = np.float64(stroke.hz) * at + drop
    out = np.sin(np.float32(TAU) * (cycles % 1.0).astype(np.float32)) * decay(frames, 0.85)
    out = saturate(out, 2.6 * stroke.hard(0.6, 1.2) * stroke.bright(0.55, 1.9), 0.05)
    click = burst(stroke.rng, 0.02, 0.0025, bandpass(700.0, stroke.bright(2500.0, 7000.0)))
    add_at_start(out, click * np.float32(stroke.hard(0.06, 0.25)))
    return out * release(frames, stroke.held_seconds, 0.2)


def _log(stroke: Stroke) -> Float32Array:
    """The log drum of amapiano: a hollow, pitched knock that falls into its note and is gone quickly."""
    frames = frames_of(min(stroke.held_seconds + 0.12, 1.2))
    at = times(frames)
    bend_tau = 0.02
    cycles = np.float64(stroke.hz) * at + stroke.hz * 0.42 * bend_tau * (1.0 - decay(frames, bend_tau))
    turn = np.float32(TAU) * (cycles % 1.0).astype(np.float32)
    hollow = np.float32(stroke.bright(0.25, 0.7) * stroke.hard(0.5, 1.1))
    out = np.sin(turn) * (0.75 * decay(frames, 0.2) + 0.25 * decay(frames, 0.5))
    for number, level, tau in ((3.0, 0.8, 0.085), (5.0, 0.5, 0.05), (7.0, 0.3, 0.035), (2.0, 0.25, 0.12)):
        out += np.sin(np.float32(number) * turn) * (decay(frames, tau) * (hollow * np.float32(level)))
    knock = burst(stroke.rng, 0.03, 0.004, bandpass(400.0, stroke.bright(1500.0, 4200.0)))
    add_at_start(out, knock * np.float32(stroke.hard(0.15, 0.5)))
    return saturate(unit(f32(out)), 1.5) * release(frames, stroke.held_seconds, 0.12)


def _hoover(stroke: Stroke) -> Float32Array:
    """Detuned pulses of moving width that are pulled up into their note, over an octave below."""
    frames = frames_of(stroke.held_seconds + 0.12)
    at = control_times(frames)
    width = f32(0.28 + 0.2 * np.sin(TAU * 3.1 * at + float(stroke.rng.uniform(0.0, TAU))))
    edge = stroke.bright(1300.0, 7500.0) * stroke.hard(0.6, 1.0)
    pulses = pulse_width_sweep(harmonic_count(stroke.hz, 400), width, edge, stroke.hz)
    bent = f32((stroke.hz * 2.0 ** (-8.0 / 12.0 * np.exp(-at / 0.035))).astype(np.float32))
    out = unit(unison(pulses, bent, (-22.0, -8.0, 8.0, 22.0), frames, stroke.rng, width=0.5))
    out = saturate(out, 1.8) + _sine(stroke, frames, 0.5) * np.float32(0.3)
    return out * adsr(
        frames, stroke.held_seconds, attack_seconds=0.004, decay_seconds=0.5, sustain=0.8, release_seconds=0.1
    )


def _bass(name: str, title: str, voice: Voice, gm: int, variants: int = 2) -> Patch:
    return make_patch(name, title, "bass", voice, gm=gm, low=24, high=60, variants=variants, pivot_hz=350.0)


PATCHES: Final[tuple[Patch, ...]] = (
    _bass("bass_saw", "Saw bass", _saw, 38),
    _bass("bass_reese", "Reese bass", _reese, 39),
    _bass("bass_wobble", "Wobble bass: 2, 3 or 4 turns a note by variant", _wobble, 39, 3),
    _bass("bass_sub", "Sub bass", _sub, 39, 1),
    _bass("bass_acid", "Acid bass", _acid, 38, 1),
    _bass("bass_fm", "FM bass", _fm, 38, 1),
    _bass("bass_moog", "Moog-like bass", _moog, 38),
    _bass("bass_808", "808 bass", _808, 39, 1),
    _bass("bass_log", "Log drum bass", _log, 39, 2),
    _bass("bass_hoover", "Hoover bass", _hoover, 39, 2),
    _bass("bass_chip", "Chip bass", _chip, 80, 1),
)
