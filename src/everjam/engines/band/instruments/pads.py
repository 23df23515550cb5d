"""Moving synthesisers: swirling and drifting pads, the hoover's stab, a vocoder."""

from typing import Final

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.instruments.analogue import pulse_width_sweep, unison
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
    mix_in,
    noise,
    unit,
    upsample,
)
from everjam.engines.band.instruments.dsp.filters import bandpass, highpass, shape
from everjam.engines.band.instruments.dsp.shaping import saturate
from everjam.engines.band.instruments.dsp.wavetable import (
    harmonic_count,
    lowpass_sweep,
    phase,
    saw,
    scan,
    stack,
    walk,
)
from everjam.engines.band.instruments.voicing import Stroke, Voice, make_patch
from everjam.engines.band.instruments.vowels import AH, EE, EH, OH, OO, vowel_tables


def _phased(stroke: Stroke, count: int, places: int) -> Float32Array:
    """Wavetables of a saw with four notches, from their lowest to their highest place."""
    hz = stroke.hz * np.arange(1, count + 1)
    edge = stroke.hz * 3.0 + stroke.bright(1200.0, 9000.0) * stroke.hard(0.6, 1.0)
    source = saw(count) / (1.0 + (hz / edge) ** 2)
    rows = []
    for share in np.linspace(0.0, 1.0, places):
        centres = 220.0 * 2.0 ** (2.6 * share) * np.array([1.0, 2.4, 5.6, 13.0])
        octaves = np.log2(hz / centres[:, None])
        rows.append(source * (1.0 - 0.97 * np.exp(-((octaves / 0.32) ** 2))).prod(axis=0))
    return stack(np.array(rows), stroke.rng.uniform(-np.pi, np.pi, count))


def _pad_sweep(stroke: Stroke) -> Float32Array:
    """Saws in a phaser that turns slowly, differently on either side."""
    release_seconds = 1.5
    frames = frames_of(stroke.held_seconds + release_seconds)
    places = 14
    tables = _phased(stroke, harmonic_count(stroke.hz, 300), places)
    at = control_times(frames)
    start = float(stroke.rng.uniform())
    out = np.zeros((2, frames), np.float32)
    for side in range(2):
        turn = 0.5 - 0.5 * np.cos(TAU * (0.42 * at + start + 0.3 * side))
        along = walk(tables, upsample(f32(turn * np.float32(places - 1.001)), frames))
        for cents in (-9.0, 3.0) if side else (-3.0, 9.0):
            at_phase = phase(stroke.hz * 2.0 ** (cents / 1200.0), frames, float(stroke.rng.uniform()))
            out[side] += scan(at_phase, tables, along)
    return crossfeed(out, 0.25) * adsr(
        frames,
        stroke.held_seconds,
        attack_seconds=min(0.25, 0.08 + 0.45 * stroke.held_seconds),
        decay_seconds=2.0,
        sustain=0.9,
        release_seconds=release_seconds,
    )


def _pad_vapor(stroke: Stroke) -> Float32Array:
    """A slowed tape: dull, chorused, its pitch sways."""
    release_seconds = 1.3
    frames = frames_of(stroke.held_seconds + release_seconds)
    at = control_times(frames)
    count = harmonic_count(stroke.hz, 120)
    cutoff = stroke.hz * 1.5 + stroke.bright(250.0, 2200.0) * stroke.hard(0.6, 1.1) * 2.0 ** (
        0.3 * np.sin(TAU * 0.7 * at)
    )
    number = np.arange(1, count + 1)
    electric = saw(count) * np.where(number % 2, 1.0, 0.35) + 0.3 * (number == 4)
    sweep = lowpass_sweep(stroke.hz, f32(electric), f32(cutoff), order=3)
    along = walk(sweep.tables, upsample(sweep.position, frames))
    start = float(stroke.rng.uniform(0.0, TAU))
    # Opposite sways cancel in the mean, so that the chord stays in tune while every voice drifts.
    sway = 16.0 * np.sin(TAU * 0.83 * at + start) + 5.0 * np.sin(TAU * 4.7 * at)
    out = np.zeros((2, frames), np.float32)
    for sign, cents, pan in ((1.0, -4.0, -0.8), (-1.0, 4.0, 0.8), (-1.0, -7.0, 0.5), (1.0, 7.0, -0.5)):
        curve = f32((stroke.hz * 2.0 ** ((sign * sway + cents) / 1200.0)).astype(np.float32))
        mix_in(out, scan(phase(curve, frames, float(stroke.rng.uniform())), sweep.tables, along), pan)
    return out * adsr(
        frames,
        stroke.held_seconds,
        attack_seconds=min(0.2, 0.06 + 0.4 * stroke.held_seconds),
        decay_seconds=1.8,
        sustain=0.85,
        release_seconds=release_seconds,
    )


def _stab_hoover(stroke: Stroke) -> Float32Array:
    """The vacuum cleaner of the early nineties: pulses in three octaves, pulled up into the note, then sagging."""
    held = min(stroke.held_seconds, 1.2)
    frames = frames_of(held + 0.2)
    at = control_times(frames)
    width = f32(0.27 + 0.2 * np.sin(TAU * 4.3 * at + float(stroke.rng.uniform(0.0, TAU))))
    edge = stroke.hz * 3.0 + stroke.bright(1800.0, 10_000.0) * stroke.hard(0.6, 1.0)
    pull = -1100.0 * np.exp(-at / 0.032) - 500.0 * np.clip((at - held) / 0.2, 0.0, 1.0)
    curve = f32((stroke.hz * 2.0 ** (pull / 1200.0)).astype(np.float32))
    out = np.zeros((2, frames), np.float32)
    for ratio, level, cents in (
        (0.5, 0.5, (-14.0, 14.0)),
        (1.0, 1.0, (-24.0, -9.0, 9.0, 24.0)),
        (2.0, 0.45, (-12.0, 12.0)),
    ):
        hz = stroke.hz * ratio
        pulses = pulse_width_sweep(harmonic_count(hz, 400), width, edge, hz)
        out += unison(pulses, curve * np.float32(ratio), cents, frames, stroke.rng, width=0.8) * np.float32(level)
    out = saturate(unit(shape(out, highpass(90.0))), 1.7)
    return out * adsr(frames, held, attack_seconds=0.003, decay_seconds=0.45, sustain=0.65, release_seconds=0.18)


_WORDS: Final = ((OO, AH, EE), (EE, OH, AH), (AH, EH, OO))
"""Vowels that a note passes through, by take."""


def _vocoder(stroke: Stroke) -> Float32Array:
    """Saws that speak: vowels pass over a chord tone that does not bend, with a consonant's hiss before each."""
    frames = frames_of(stroke.held_seconds + 0.12)
    count = harmonic_count(stroke.hz, 220)
    bright = stroke.bright(0.5, 1.9) * stroke.hard(0.7, 1.1)
    number = np.arange(1, count + 1)
    source = saw(count) * number**0.35 / (1.0 + (number * stroke.hz / (6500.0 * bright)) ** 2)
    word = _WORDS[stroke.variant % len(_WORDS)]
    tables = vowel_tables(source, stroke.hz, word, floor=0.03, sharpness=1.6)
    at = control_times(frames)
    share = np.clip(at / max(0.24, min(stroke.held_seconds, 1.6)), 0.0, 1.0) * (len(word) - 1.001)
    stepped = np.floor(share) + np.clip((share - np.floor(share) - 0.35) / 0.3, 0.0, 1.0)
    along = walk(tables, upsample(f32(stepped.astype(np.float32)), frames))
    out = np.zeros((2, frames), np.float32)
    for cents, pan in ((-8.0, -0.6), (0.0, 0.0), (8.0, 0.6)):
        one = scan(phase(stroke.hz * 2.0 ** (cents / 1200.0), frames, float(stroke.rng.uniform())), tables, along)
        mix_in(out, one, pan)
    hiss = shape(noise(stroke.rng, frames), bandpass(3500.0, stroke.bright(5500.0, 11_000.0)))
    out = unit(out) + hiss * (decay(frames, 0.03) * attack(frames, 0.004) * np.float32(0.12 * stroke.hard(0.6, 1.1)))
    return out * adsr(
        frames, stroke.held_seconds, attack_seconds=0.01, decay_seconds=0.6, sustain=0.85, release_seconds=0.1
    )


def _synth(name: str, title: str, voice: Voice, gm: int, *, low: int = 36, high: int = 96, variants: int = 2) -> Patch:
    return make_patch(name, title, "synths", voice, gm=gm, low=low, high=high, variants=variants)


PATCHES: Final[tuple[Patch, ...]] = (
    _synth("pad_sweep", "Sweeping pad", _pad_sweep, 95),
    _synth("pad_vapor", "Drifting tape pad", _pad_vapor, 89, high=88),
    _synth("stab_hoover", "Hoover stab", _stab_hoover, 87, high=84),
    _synth("vocoder", "Vocoder: vowels by take", _vocoder, 54, low=40, high=84, variants=3),
)
