"""Bowed strings, solo and in section, and the section's pizzicato."""

from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np

from everjam.audio import SAMPLE_RATE_HZ, Float32Array
from everjam.engines.band.instruments.contract import Patch
from everjam.engines.band.instruments.dsp.base import frames_of, place
from everjam.engines.band.instruments.struck import Struck, strike
from everjam.engines.band.instruments.sustained import Sustained, sustain
from everjam.engines.band.instruments.voicing import Stroke, make_patch

_SECTION: Final = Sustained(
    cutoff_hz=(800.0, 14_000.0),
    cutoff_harmonics=(1.5, 4.0),
    slope=1.6,
    attack_seconds=0.19,
    release_seconds=0.9,
    sustain=0.9,
    vibrato_hz=5.5,
    vibrato_cents=11.0,
    vibrato_after_seconds=0.12,
    jitter_cents=3.5,
    breath=0.05,
    chiff=0.06,
    voices=5,
    detune_cents=7.5,
    measured="strings",
    tremor=0.06,
)
_STACCATO: Final = replace(_SECTION, attack_seconds=0.04, release_seconds=0.45, sustain=0.5, chiff=0.25, width=0.5)
_VIOLIN: Final = Sustained(
    cutoff_hz=(1400.0, 14_000.0),
    cutoff_harmonics=(2.0, 5.0),
    slope=1.7,
    attack_seconds=0.14,
    release_seconds=0.5,
    sustain=0.9,
    vibrato_hz=5.8,
    vibrato_cents=16.0,
    vibrato_after_seconds=0.22,
    jitter_cents=2.5,
    breath=0.05,
    chiff=0.14,
    breath_hz=(700.0, 5000.0),
    tremor=0.07,
    measured="violin",
)
_CELLO: Final = replace(
    _VIOLIN, cutoff_hz=(700.0, 14_000.0), measured="cello", attack_seconds=0.22, vibrato_hz=5.1, release_seconds=0.6
)


def _short(stroke: Stroke) -> Float32Array:
    return sustain(_STACCATO, replace(stroke, held_seconds=min(stroke.held_seconds, 0.16)))


_PIZZICATO: Final = Struck(
    "pizzicato", release_seconds=0.3, longest_seconds=1.2, edge_hz=900.0, noise=0.1, noise_hz=(200.0, 2500.0)
)


def _pizzicato(stroke: Stroke) -> Float32Array:
    """Three players, not quite together."""
    frames = frames_of(1.2)
    out = np.zeros((2, frames), np.float32)
    for pan, cents in ((-0.6, -3.0), (0.0, 0.0), (0.6, 3.0)):
        late = int(stroke.rng.uniform(0.0, 0.012) * SAMPLE_RATE_HZ) if cents else 0
        player = replace(stroke, hz=stroke.hz * 2.0 ** (cents / 1200.0), held_seconds=0.8)
        one = place(strike(_PIZZICATO, player), pan)[:, : frames - late]
        out[:, late : late + one.shape[1]] += one
    return out


PATCHES: Final[tuple[Patch, ...]] = (
    make_patch("strings", "String section", "bowed", partial(sustain, _SECTION), gm=48, low=36, high=96),
    make_patch(
        "strings_staccato", "Short strings", "bowed", _short, gm=48, low=36, high=96, sustained=False, variants=3
    ),
    make_patch("violin", "Violin", "bowed", partial(sustain, _VIOLIN), gm=40, low=55, high=100),
    make_patch("cello", "Cello", "bowed", partial(sustain, _CELLO), gm=42, low=36, high=76),
    make_patch(
        "pizzicato", "Pizzicato strings", "bowed", _pizzicato, gm=45, low=43, high=96, sustained=False, variants=3
    ),
)
