"""Flute, clarinet, saxophone, harmonica, ocarina."""

from functools import partial
from typing import Final

from everjam.engines.band.instruments.contract import Patch
from everjam.engines.band.instruments.sustained import Sustained, sustain
from everjam.engines.band.instruments.voicing import make_patch

_FLUTE: Final = Sustained(
    cutoff_hz=(900.0, 14_000.0),
    cutoff_harmonics=(0.9, 2.2),
    slope=2.6,
    attack_seconds=0.1,
    release_seconds=0.3,
    vibrato_hz=5.0,
    vibrato_cents=9.0,
    vibrato_after_seconds=0.22,
    scoop_cents=12.0,
    breath=0.035,
    chiff=0.2,
    breath_hz=(700.0, 5000.0),
    tremor=0.08,
    measured="flute",
)
_CLARINET: Final = Sustained(
    cutoff_hz=(1000.0, 14_000.0),
    cutoff_harmonics=(2.0, 5.0),
    slope=2.2,
    attack_seconds=0.085,
    release_seconds=0.16,
    vibrato_cents=3.0,
    breath=0.02,
    chiff=0.08,
    measured="clarinet",
)
_SAX: Final = Sustained(
    cutoff_hz=(900.0, 14_000.0),
    cutoff_harmonics=(2.0, 5.0),
    slope=1.9,
    attack_seconds=0.05,
    release_seconds=0.2,
    vibrato_hz=5.1,
    vibrato_cents=13.0,
    vibrato_after_seconds=0.3,
    scoop_cents=45.0,
    jitter_cents=3.0,
    breath=0.035,
    chiff=0.2,
    breath_hz=(800.0, 5000.0),
    tremor=0.07,
    measured="alto_sax",
)
_HARMONICA: Final = Sustained(
    cutoff_hz=(1800.0, 14_000.0),
    cutoff_harmonics=(3.0, 6.0),
    slope=1.9,
    attack_seconds=0.05,
    release_seconds=0.12,
    vibrato_hz=5.5,
    vibrato_cents=7.0,
    vibrato_after_seconds=0.2,
    scoop_cents=35.0,
    breath=0.02,
    chiff=0.1,
    breath_hz=(900.0, 6000.0),
    voices=2,
    detune_cents=1.2,
    width=0.25,
    tremor=0.1,
    measured="harmonica",
)
_OCARINA: Final = Sustained(
    cutoff_hz=(1500.0, 14_000.0),
    cutoff_harmonics=(1.5, 2.5),
    slope=2.0,
    attack_seconds=0.05,
    release_seconds=0.2,
    vibrato_hz=5.4,
    vibrato_cents=13.0,
    vibrato_after_seconds=0.2,
    scoop_cents=20.0,
    breath=0.03,
    chiff=0.25,
    breath_hz=(800.0, 4500.0),
    measured="ocarina",
)

PATCHES: Final[tuple[Patch, ...]] = (
    make_patch("flute", "Flute", "winds", partial(sustain, _FLUTE), gm=73, low=60, high=96),
    make_patch("clarinet", "Clarinet", "winds", partial(sustain, _CLARINET), gm=71, low=50, high=91),
    make_patch("alto_sax", "Alto saxophone", "winds", partial(sustain, _SAX), gm=65, low=49, high=81),
    make_patch("harmonica", "Harmonica", "winds", partial(sustain, _HARMONICA), gm=22, low=60, high=96),
    make_patch("ocarina", "Ocarina", "winds", partial(sustain, _OCARINA), gm=79, low=60, high=91),
)
