"""Trumpet and brass section: the louder, the brighter."""

from functools import partial
from typing import Final

from everjam.engines.band.instruments.contract import Patch
from everjam.engines.band.instruments.sustained import Sustained, sustain
from everjam.engines.band.instruments.voicing import make_patch

_TRUMPET: Final = Sustained(
    cutoff_hz=(500.0, 4200.0),
    cutoff_harmonics=(1.0, 6.0),
    slope=2.6,
    formants=((1200.0, 700.0, 1.3), (2400.0, 1100.0, 1.0)),
    attack_seconds=0.035,
    release_seconds=0.1,
    vibrato_hz=5.2,
    vibrato_cents=7.0,
    vibrato_after_seconds=0.35,
    scoop_cents=30.0,
    breath=0.01,
    chiff=0.06,
    tremor=0.05,
)
_SECTION: Final = Sustained(
    cutoff_hz=(400.0, 3800.0),
    cutoff_harmonics=(1.0, 6.5),
    slope=2.4,
    formants=((650.0, 400.0, 0.8), (1300.0, 700.0, 0.9), (2500.0, 1200.0, 0.6)),
    attack_seconds=0.045,
    release_seconds=0.14,
    vibrato_hz=5.0,
    vibrato_cents=3.0,
    vibrato_after_seconds=0.5,
    scoop_cents=25.0,
    jitter_cents=3.0,
    breath=0.012,
    chiff=0.05,
    voices=4,
    detune_cents=5.0,
    width=0.6,
)

PATCHES: Final[tuple[Patch, ...]] = (
    make_patch("trumpet", "Trumpet", "brass", partial(sustain, _TRUMPET), gm=56, low=52, high=86),
    make_patch("brass_section", "Brass section", "brass", partial(sustain, _SECTION), gm=61, low=36, high=84),
)
