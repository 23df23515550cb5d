"""Wordless voices: a glottal source through the formants of vowels."""

from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.instruments.contract import Patch
from everjam.engines.band.instruments.dsp.base import f32
from everjam.engines.band.instruments.sustained import Formants, Sustained, sustain
from everjam.engines.band.instruments.voicing import Stroke, make_patch

_AH: Final[Formants] = (
    (760.0, 130.0, 3.6), (1180.0, 160.0, 2.2), (2800.0, 300.0, 1.1), (3400.0, 380.0, 0.8), (4600.0, 500.0, 0.3),
)  # fmt: skip
_OO: Final[Formants] = ((340.0, 110.0, 3.6), (760.0, 150.0, 1.6), (2500.0, 320.0, 0.35), (3300.0, 400.0, 0.2))
_OH: Final[Formants] = ((480.0, 120.0, 3.4), (880.0, 140.0, 2.0), (2600.0, 300.0, 0.6), (3200.0, 380.0, 0.5))
_EH: Final[Formants] = ((560.0, 120.0, 3.2), (1750.0, 200.0, 1.6), (2600.0, 300.0, 1.0), (3500.0, 400.0, 0.6))


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
    formants=_OH,
    attack_seconds=0.07,
    release_seconds=0.2,
    vibrato_cents=18.0,
    vibrato_after_seconds=0.35,
    scoop_cents=50.0,
    jitter_cents=4.0,
    tremor=0.08,
)


def _chop(stroke: Stroke) -> Float32Array:
    """A syllable cut from a song: short, bright, the vowel changes with the take."""
    vowel = (_AH, _EH, _OH)[stroke.variant % 3]
    model = replace(
        _SOLO, formants=vowel, attack_seconds=0.012, release_seconds=0.12, vibrato_cents=0.0, scoop_cents=120.0
    )
    return sustain(model, replace(stroke, held_seconds=min(stroke.held_seconds, 0.6)))


PATCHES: Final[tuple[Patch, ...]] = (
    make_patch("choir_ah", "Choir, ah", "voice", partial(sustain, _CHOIR), gm=52, low=40, high=84),
    make_patch("choir_oo", "Choir, oo", "voice", partial(sustain, _CHOIR_OO), gm=53, low=40, high=84),
    make_patch("voice_solo", "Solo voice", "voice", partial(sustain, _SOLO), gm=54, low=45, high=84),
    make_patch("voice_chop", "Vocal chop", "voice", _chop, gm=54, low=45, high=84, variants=3),
)
