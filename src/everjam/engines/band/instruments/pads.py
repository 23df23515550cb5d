"""Pads and moving synthesisers: clouds of oscillators, phasers, tape, the hoover's stab, a vocoder."""

from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.instruments.analogue import (
    overload,
    pulse_width_sweep,
    rising_cutoff,
    unison,
)
from everjam.engines.band.instruments.contract import Patch
from everjam.engines.band.instruments.dsp.base import (
    TAU,
    adsr,
    attack,
    control_times,
    decay,
    f32,
    frames_of,
    mix_in,
    noise,
    unit,
    upsample,
    wander,
)
from everjam.engines.band.instruments.dsp.cloud import Spread, cloud, hiss
from everjam.engines.band.instruments.dsp.filters import bandpass, shape
from everjam.engines.band.instruments.dsp.stereo import widened
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


@dataclass(frozen=True, slots=True)
class Pad:
    """A slow chord sound.

    Attributes:
        start_hz: Cutoff at the start, above the fundamental.
        open_hz: Cutoff that it opens to, darkest and brightest.
        open_seconds: How slowly.
        attack_seconds: Rise.
        release_seconds: Fall by 60 dB.
        spread: The oscillators.
        pulse_width: 0 = saws.
        air: Level of breathy noise.
        resonance: Of the filter.
        slope: Of the filter, 6 dB an octave each.
        sway: How far the cutoff wanders, in octaves.
    """

    start_hz: float
    open_hz: tuple[float, float]
    open_seconds: float
    attack_seconds: float
    release_seconds: float
    spread: Spread
    pulse_width: float = 0.0
    air: float = 0.0
    resonance: float = 0.0
    slope: int = 2
    sway: float = 0.16


_PADS: Final = {
    "pad_warm": Pad(250.0, (350.0, 3200.0), 1.0, 0.28, 1.4, Spread((-9.0, -3.0, 3.0, 9.0), 1.6, 0.3, 0.9)),
    "pad_dark": Pad(
        120.0, (180.0, 1500.0), 1.6, 0.45, 1.8, Spread((-11.0, 0.0, 11.0), 2.5, 0.4, 0.9), 0.3, 0.03, 0.25, 3, 0.3
    ),
    "pad_pwm": Pad(
        500.0, (900.0, 5500.0), 0.5, 0.18, 1.1, Spread((-14.0, -5.0, 5.0, 14.0), 1.2, 0.5, 1.0), 0.5, 0.0, 0.1, 2, 0.1
    ),
    "synth_strings": Pad(
        700.0, (1400.0, 7500.0), 0.25, 0.1, 0.8, Spread((-10.0, -4.0, 0.0, 4.0, 10.0), 3.5, 0.6, 0.6), 0.0, 0.02
    ),
}
_CUTOFFS: Final = 3


def _pad(pad: Pad, stroke: Stroke) -> Float32Array:
    frames = stroke.frames(pad.release_seconds)
    low, high = pad.open_hz
    end = stroke.hz * 1.5 + stroke.bright(low, high) * stroke.hard(0.5, 1.1)
    start = min(end * 0.9, stroke.hz * 1.2 + pad.start_hz * stroke.bright(0.6, 1.6))
    octaves = np.log2(rising_cutoff(frames, start, end, pad.open_seconds))
    octaves += pad.sway * np.tanh(wander(stroke.rng, frames, 0.7))
    bottom, top = float(octaves.min()), float(octaves.max())
    count = harmonic_count(stroke.hz, 300)
    number = np.arange(1, count + 1)
    source = saw(count)
    if pad.pulse_width:
        # Pulses that are modulated: the notches of their spectra have moved over everything.
        width = pad.pulse_width + 0.06 * np.sin(np.linspace(0.0, TAU, 16))
        source = f32(np.abs(np.sin(np.pi * number * width[:, None])).mean(axis=0) / number)
    ratio = number * stroke.hz / 2.0 ** np.linspace(bottom, top, _CUTOFFS)[:, None]
    rows = source / np.sqrt(1.0 + ratio ** (2 * pad.slope))
    rows = rows * (1.0 + 2.0 * pad.resonance / (1.0 + (np.log2(ratio) / 0.35) ** 2))
    position = f32((octaves - bottom) * ((_CUTOFFS - 1) / max(1e-6, top - bottom)))
    out = cloud(stroke.hz, rows, pad.spread, frames, position, stroke.rng)
    if pad.air:
        out += hiss(stroke.rng, frames, bandpass(1500.0, stroke.bright(3500.0, 9000.0), 1)) * np.float32(2.0 * pad.air)
    return out * _swell(stroke, frames, pad.attack_seconds, 2.0, 0.9, pad.release_seconds)


def _swell(stroke: Stroke, frames: int, rise: float, fall: float, sustain: float, let_go: float) -> Float32Array:
    """Envelope of a pad: short notes rise faster."""
    at = control_times(frames)
    since = at - np.float32(stroke.held_seconds)
    out = sustain + (1.0 - sustain) * np.exp(at / np.float32(-fall))
    out *= np.sin(0.5 * np.pi * np.minimum(at / np.float32(min(rise, 0.06 + 0.45 * stroke.held_seconds)), 1.0)) ** 2
    return upsample(f32(out * np.exp(np.maximum(since, 0.0) * np.float32(-6.9 / let_go))), frames)


def _pad_glass(stroke: Stroke) -> Float32Array:
    """Bell-like overtones that breathe against each other."""
    frames = stroke.frames(1.4)
    ratios = np.array([1.0, 2.0, 3.0, 4.0, 6.0, 9.0])
    levels = (
        np.array([1.0, 0.5, 0.32, 0.24, 0.16, 0.1])
        * stroke.bright(0.6, 1.55) ** np.arange(6)
        * stroke.hard(0.8, 1.05) ** np.arange(6)
    )
    tilted = np.array(
        [levels * np.array([1.0, 0.6, 1.3, 0.7, 1.2, 0.8]), levels * np.array([1.0, 1.3, 0.7, 1.2, 0.7, 1.3])]
    )
    breath = f32(0.5 + 0.5 * np.tanh(wander(stroke.rng, frames, 0.9)))
    spread = Spread((-3.0, 3.0), 1.2, 0.45, 0.9)
    out = cloud(stroke.hz, tilted, spread, frames, breath, stroke.rng, ratios)
    return out * _swell(stroke, frames, 0.12, 1.6, 0.8, 1.4)


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
    frames = stroke.frames(release_seconds)
    places = 14
    tables = _phased(stroke, harmonic_count(stroke.hz, 300), places)
    at = control_times(frames)
    start = float(stroke.rng.uniform())
    sides = []
    for side in range(2):
        turn = 0.5 - 0.5 * np.cos(TAU * (0.42 * at + start + 0.3 * side))
        along = walk(tables, upsample(f32(turn * np.float32(places - 1.001)), frames))
        sides.append(
            sum(
                scan(phase(stroke.hz * 2.0 ** (cents / 1200.0), frames, float(stroke.rng.uniform())), tables, along)
                for cents in ((-9.0, 3.0) if side else (-3.0, 9.0))
            )
        )
    middle, aside = f32(sides[0] + sides[1]), f32(sides[0] - sides[1])
    return widened(middle, np.float32(0.5) * aside) * _swell(stroke, frames, 0.25, 2.0, 0.9, release_seconds)


def _pad_vapor(stroke: Stroke) -> Float32Array:
    """A slowed tape: dull, chorused, its pitch sways."""
    release_seconds = 1.3
    frames = stroke.frames(release_seconds)
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
    for sign, cents, pan in ((1.0, -5.0, -0.45), (-1.0, 5.0, 0.45)):
        curve = f32((stroke.hz * 2.0 ** ((sign * sway + cents) / 1200.0)).astype(np.float32))
        mix_in(out, scan(phase(curve, frames, float(stroke.rng.uniform())), sweep.tables, along), pan)
    return out * _swell(stroke, frames, 0.2, 1.8, 0.85, release_seconds)


def _stab_hoover(stroke: Stroke) -> Float32Array:
    """The vacuum cleaner of the early nineties: pulses in three octaves, pulled up into the note, then sagging."""
    held = min(stroke.held_seconds, 1.2)
    frames = frames_of(held + 0.2)
    at = control_times(frames)
    width = f32(0.27 + 0.2 * np.sin(TAU * 4.3 * at + float(stroke.rng.uniform(0.0, TAU))))
    edge = stroke.hz * 3.0 + stroke.bright(1800.0, 10_000.0) * stroke.hard(0.6, 1.0)
    start = 100.0 * stroke.glide if stroke.glide else -1100.0
    pull = start * np.exp(-at / 0.032) - 500.0 * np.clip((at - held) / 0.2, 0.0, 1.0)
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
    middle = overload(stroke, unit(out[0] + out[1]), 1.9)
    out = widened(middle, np.float32(0.6) * unit(out[0] - out[1]))
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
    breath = shape(noise(stroke.rng, frames), bandpass(3500.0, stroke.bright(5500.0, 11_000.0)))
    out = unit(out) + breath * (decay(frames, 0.03) * attack(frames, 0.004) * np.float32(0.12 * stroke.hard(0.6, 1.1)))
    return out * adsr(
        frames, stroke.held_seconds, attack_seconds=0.01, decay_seconds=0.6, sustain=0.85, release_seconds=0.1
    )


def _synth(name: str, title: str, voice: Voice, gm: int, *, low: int = 36, high: int = 96, variants: int = 2) -> Patch:
    return make_patch(name, title, "synths", voice, gm=gm, low=low, high=high, variants=variants)


PATCHES: Final[tuple[Patch, ...]] = (
    _synth("pad_warm", "Warm pad", partial(_pad, _PADS["pad_warm"]), 89),
    _synth("pad_glass", "Glass pad", _pad_glass, 88),
    _synth("pad_dark", "Dark pad", partial(_pad, _PADS["pad_dark"]), 95, low=24, high=84),
    _synth("pad_pwm", "Pulse-width pad", partial(_pad, _PADS["pad_pwm"]), 90),
    _synth("synth_strings", "Synth strings", partial(_pad, _PADS["synth_strings"]), 50),
    _synth("pad_sweep", "Sweeping pad", _pad_sweep, 95),
    _synth("pad_vapor", "Drifting tape pad", _pad_vapor, 89, high=88),
    make_patch("stab_hoover", "Hoover stab", "synths", _stab_hoover, gm=87, low=36, high=84, glides=True),
    _synth("vocoder", "Vocoder: vowels by take", _vocoder, 54, low=40, high=84, variants=3),
)
