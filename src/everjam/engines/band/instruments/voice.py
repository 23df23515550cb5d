"""Wordless voices: a glottal source through the formants of vowels."""

from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.instruments.contract import Patch
from everjam.engines.band.instruments.dsp.base import (
    TAU,
    add_at_start,
    adsr,
    control_times,
    f32,
    frames_of,
    unit,
    upsample,
)
from everjam.engines.band.instruments.dsp.filters import Formants, bandpass, burst, peaks
from everjam.engines.band.instruments.dsp.wavetable import harmonic_count, phase, scan, stack, walk
from everjam.engines.band.instruments.sustained import Sustained, pitch_curve, sustain
from everjam.engines.band.instruments.voicing import Stroke, make_patch
from everjam.engines.band.instruments.vowels import AH, EE, EH, OH, OO, vowel_tables


def _glottis(count: int) -> Float32Array:
    """12 dB an octave of the glottal flow, made 6 by the lips."""
    number = np.arange(1, count + 1)
    return f32(1.0 / number**1.15)


_CHOIR: Final = Sustained(
    cutoff_hz=(1200.0, 14_000.0),
    cutoff_harmonics=(1.5, 3.0),
    slope=1.6,
    attack_seconds=0.26,
    release_seconds=1.1,
    sustain=0.95,
    vibrato_hz=5.3,
    vibrato_cents=14.0,
    vibrato_after_seconds=0.1,
    scoop_cents=25.0,
    jitter_cents=5.0,
    breath=0.05,
    chiff=0.1,
    breath_hz=(900.0, 5500.0),
    voices=6,
    detune_cents=9.0,
    measured="choir_ah",
)
_CHOIR_OO: Final = replace(_CHOIR, measured="choir_oo", cutoff_hz=(800.0, 12_000.0), breath=0.025, attack_seconds=0.2)
_SOLO: Final = replace(
    _CHOIR,
    voices=1,
    measured="",
    source=_glottis,
    floor=0.12,
    cutoff_hz=(1400.0, 3600.0),
    formants=OH,
    attack_seconds=0.07,
    release_seconds=0.2,
    vibrato_cents=18.0,
    vibrato_after_seconds=0.35,
    scoop_cents=50.0,
    jitter_cents=4.0,
    tremor=0.08,
)


_LOW_OH: Final[Formants] = (
    (400.0, 100.0, 3.6), (720.0, 120.0, 2.2), (2350.0, 260.0, 0.8), (2750.0, 280.0, 0.7), (3300.0, 400.0, 0.3),
)  # fmt: skip
_CHOIR_LOW: Final = replace(
    _CHOIR,
    measured="",
    source=_glottis,
    formants=_LOW_OH,
    floor=0.06,
    cutoff_hz=(500.0, 5000.0),
    cutoff_harmonics=(2.0, 6.0),
    slope=1.2,
    breath=0.03,
    vibrato_hz=4.8,
    vibrato_cents=12.0,
    voices=4,
    detune_cents=8.0,
    attack_seconds=0.3,
)


def _throat(stroke: Stroke) -> Float32Array:
    """Overtone singing: a pressed drone, and a melody that a narrow resonance picks from its harmonics."""
    frames = frames_of(stroke.held_seconds + 0.5)
    count = harmonic_count(stroke.hz, 90)
    number = np.arange(1, count + 1)
    edge = stroke.bright(1800.0, 5200.0) * stroke.hard(0.6, 1.1)
    source = number**-0.7 / (1.0 + (number * stroke.hz / edge) ** 2)
    first = int(np.clip(round(560.0 / stroke.hz), 3, 8))
    picked = np.arange(first, first + 7)
    drone = peaks(((320.0, 140.0, 1.6), (2800.0, 400.0, 0.5)), 0.12)(f32(number * stroke.hz)) * source
    rows = []
    for overtone in picked:
        whistle = 1.0 / (1.0 + ((number - overtone) / 0.32) ** 2)
        rows.append(drone / np.sqrt(np.sum(drone**2)) + 0.75 * whistle)
    tables = stack(np.array(rows), stroke.rng.uniform(-np.pi, np.pi, count))
    at = control_times(frames)
    steps = stroke.rng.permutation(picked.size)
    place = np.minimum((at / 0.32).astype(np.int64), 200) % picked.size
    glide = np.clip((at / 0.32 - np.floor(at / 0.32)) / 0.3, 0.0, 1.0)
    path = steps[place - 1] * (1.0 - glide) + steps[place] * glide
    along = walk(tables, upsample(f32((path * 0.999).astype(np.float32)), frames))
    growl = 1.0 + 0.12 * np.sin(TAU * 31.0 * at) * stroke.hard(0.6, 1.2)
    curve = pitch_curve(replace(_SOLO, vibrato_cents=3.0, jitter_cents=1.5), stroke, frames, 0.0)
    out = scan(phase(curve, frames), tables, along) * upsample(f32(growl.astype(np.float32)), frames)
    return out * adsr(
        frames,
        stroke.held_seconds,
        attack_seconds=min(0.12, 0.03 + 0.4 * stroke.held_seconds),
        decay_seconds=1.0,
        sustain=0.9,
        release_seconds=0.45,
    )


_SYLLABLES: Final = ((OO, AH, 0.25), (EH, OO, 0.5), (AH, EE, 0.35), (OH, AH, 0.15))
"""Vowels at the start and the end of a syllable, and its consonant's level, by take: doo-ah, beh-oo, dah-ee, bo-ah."""


def _scat(stroke: Stroke) -> Float32Array:
    """A syllable of a jazz singer: a consonant, one vowel turning into another, then silence."""
    first, last, hiss = _SYLLABLES[stroke.variant % len(_SYLLABLES)]
    held = min(stroke.held_seconds, 0.45)
    frames = frames_of(held + 0.1)
    count = harmonic_count(stroke.hz, 120)
    number = np.arange(1, count + 1)
    edge = stroke.bright(1500.0, 5500.0) * stroke.hard(0.5, 1.1)
    source = _glottis(count) / (1.0 + (number * stroke.hz / edge) ** 2) ** 0.8
    tables = vowel_tables(source, stroke.hz, (first, first, last), floor=0.08)
    at = control_times(frames)
    turn = np.clip(at / held * 1.4, 0.0, 1.0) * 1.999
    along = walk(tables, upsample(f32(turn.astype(np.float32)), frames))
    curve = pitch_curve(replace(_SOLO, vibrato_cents=8.0, scoop_cents=140.0, jitter_cents=3.0), stroke, frames, 0.0)
    out = unit(scan(phase(curve, frames), tables, along)) * adsr(
        frames, held, attack_seconds=0.018, decay_seconds=0.12, sustain=0.6, release_seconds=0.09
    )
    consonant = burst(stroke.rng, 0.04, 0.009, bandpass(700.0, stroke.bright(2800.0, 6000.0)))
    add_at_start(out, consonant * np.float32(hiss * 0.5 * stroke.hard(0.5, 1.2)))
    return out


def _chop(stroke: Stroke) -> Float32Array:
    """A syllable cut from a song: short, bright, the vowel changes with the take."""
    vowel = (AH, EH, OH)[stroke.variant % 3]
    model = replace(
        _SOLO, formants=vowel, attack_seconds=0.012, release_seconds=0.12, vibrato_cents=0.0, scoop_cents=120.0
    )
    return sustain(model, replace(stroke, held_seconds=min(stroke.held_seconds, 0.6)))


PATCHES: Final[tuple[Patch, ...]] = (
    make_patch("choir_ah", "Choir, ah", "voice", partial(sustain, _CHOIR), gm=52, low=40, high=84),
    make_patch("choir_oo", "Choir, oo", "voice", partial(sustain, _CHOIR_OO), gm=53, low=40, high=84),
    make_patch("voice_solo", "Solo voice", "voice", partial(sustain, _SOLO), gm=54, low=45, high=84),
    make_patch("voice_chop", "Vocal chop", "voice", _chop, gm=54, low=45, high=84, variants=3),
    make_patch("choir_low", "Low choir", "voice", partial(sustain, _CHOIR_LOW), gm=52, low=28, high=62),
    make_patch("throat_drone", "Throat singing", "voice", _throat, gm=54, low=31, high=62),
    make_patch("voice_scat", "Scat syllable: its vowels by take", "voice", _scat, gm=54, low=43, high=84, variants=4),
)
