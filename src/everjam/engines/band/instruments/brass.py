"""Trumpet and brass section: the louder, the brighter."""

from functools import partial
from typing import Final

from everjam.engines.band.instruments.contract import Patch
from everjam.engines.band.instruments.sustained import Sustained, sustain
from everjam.engines.band.instruments.voicing import make_patch

_TRUMPET: Final = Sustained(
    cutoff_hz=(600.0, 14_000.0),
    cutoff_harmonics=(1.0, 6.0),
    slope=2.6,
    attack_seconds=0.045,
    release_seconds=0.22,
    vibrato_hz=5.2,
    vibrato_cents=7.0,
    vibrato_after_seconds=0.35,
    scoop_cents=30.0,
    breath=0.018,
    chiff=0.06,
    tremor=0.05,
    measured="trumpet",
)
_SECTION: Final = Sustained(
    cutoff_hz=(450.0, 14_000.0),
    cutoff_harmonics=(1.0, 6.5),
    slope=2.4,
    attack_seconds=0.09,
    release_seconds=0.32,
    vibrato_hz=5.0,
    vibrato_cents=3.0,
    vibrato_after_seconds=0.5,
    scoop_cents=25.0,
    jitter_cents=3.0,
    breath=0.03,
    chiff=0.05,
    voices=4,
    detune_cents=5.0,
    width=0.6,
    measured="brass_section",
)

PATCHES: Final[tuple[Patch, ...]] = (
    make_patch("trumpet", "Trumpet", "brass", partial(sustain, _TRUMPET), gm=56, low=52, high=86),
    make_patch("brass_section", "Brass section", "brass", partial(sustain, _SECTION), gm=61, low=36, high=84),
)
