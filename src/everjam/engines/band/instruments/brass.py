"""Brass, alone and as a section: the louder, the brighter."""

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

_MUTED: Final = Sustained(
    cutoff_hz=(1600.0, 14_000.0), cutoff_harmonics=(3.0, 8.0), slope=1.8, measured="trumpet_muted",
    attack_seconds=0.035, release_seconds=0.16, vibrato_hz=5.6, vibrato_cents=10.0, vibrato_after_seconds=0.25,
    scoop_cents=35.0, breath=0.02, chiff=0.08, breath_hz=(1800.0, 7000.0), tremor=0.05,
)  # fmt: skip
_TROMBONE: Final = Sustained(
    cutoff_hz=(450.0, 13_000.0), cutoff_harmonics=(1.2, 6.0), slope=2.4, measured="trombone",
    attack_seconds=0.065, release_seconds=0.22, vibrato_hz=4.9, vibrato_cents=9.0, vibrato_after_seconds=0.4,
    scoop_cents=70.0, scoop_seconds=0.045, breath=0.02, chiff=0.08, tremor=0.05,
)  # fmt: skip
_TUBA: Final = Sustained(
    cutoff_hz=(300.0, 8000.0), cutoff_harmonics=(1.6, 4.5), slope=2.2, measured="tuba",
    formants=((240.0, 200.0, 0.3), (750.0, 500.0, 1.6)), floor=0.9,
    attack_seconds=0.075, release_seconds=0.2, sustain=0.8, vibrato_hz=4.6, vibrato_cents=3.0,
    vibrato_after_seconds=0.5, scoop_cents=30.0, breath=0.03, chiff=0.15, breath_hz=(150.0, 1200.0), tremor=0.05,
)  # fmt: skip
_HORN: Final = Sustained(
    cutoff_hz=(350.0, 11_000.0), cutoff_harmonics=(1.1, 4.5), slope=2.6, measured="french_horn",
    attack_seconds=0.11, release_seconds=0.4, sustain=0.92, vibrato_hz=4.8, vibrato_cents=3.0,
    vibrato_after_seconds=0.5, scoop_cents=35.0, scoop_seconds=0.05, breath=0.025, chiff=0.06,
    breath_hz=(300.0, 2500.0), voices=2, detune_cents=2.0, width=0.3, tremor=0.05,
)  # fmt: skip

PATCHES: Final[tuple[Patch, ...]] = (
    make_patch("trumpet", "Trumpet", "brass", partial(sustain, _TRUMPET), gm=56, low=52, high=86),
    make_patch("brass_section", "Brass section", "brass", partial(sustain, _SECTION), gm=61, low=36, high=84),
    make_patch("trumpet_muted", "Trumpet with a mute", "brass", partial(sustain, _MUTED), gm=59, low=52, high=86),
    make_patch("trombone", "Trombone", "brass", partial(sustain, _TROMBONE), gm=57, low=40, high=74),
    make_patch("tuba", "Tuba", "brass", partial(sustain, _TUBA), gm=58, low=26, high=55),
    make_patch("french_horn", "French horns", "brass", partial(sustain, _HORN), gm=60, low=38, high=77),
)
