"""Flutes of the world: blown over an edge, with more or less breath."""

from functools import partial
from typing import Final

from everjam.engines.band.instruments.contract import Patch
from everjam.engines.band.instruments.sustained import Sustained, sustain
from everjam.engines.band.instruments.voicing import make_patch
from everjam.engines.band.score import Articulation

_PICCOLO: Final = Sustained(
    measured="piccolo", vibrato_hz=5.8, vibrato_cents=8.0, vibrato_after_seconds=0.2, vibrato_level=0.08,
    scoop_cents=8.0,
)  # fmt: skip
_RECORDER: Final = Sustained(
    measured="recorder", vibrato_hz=4.6, vibrato_cents=3.0, vibrato_after_seconds=0.5, scoop_cents=20.0,
    scoop_seconds=0.018, tremor=0.02,
)  # fmt: skip
_TIN_WHISTLE: Final = Sustained(
    cutoff_hz=(2600.0, 14_000.0), cutoff_harmonics=(2.5, 4.5), slope=1.9, measured="recorder",
    formants=((2200.0, 1400.0, 1.6), (4600.0, 1800.0, 1.8)), floor=0.7,
    attack_seconds=0.02, release_seconds=0.07, sustain=0.95, vibrato_hz=5.6, vibrato_cents=9.0,
    vibrato_after_seconds=0.35, vibrato_level=0.06, scoop_cents=-120.0, scoop_seconds=0.012, breath=0.02, chiff=0.35,
    breath_hz=(3000.0, 11_000.0),
)  # fmt: skip
_PAN_FLUTE: Final = Sustained(
    measured="pan_flute", vibrato_hz=4.9, vibrato_cents=8.0, vibrato_after_seconds=0.3, vibrato_level=0.12,
    scoop_cents=35.0, scoop_seconds=0.025, tremor=0.06,
)  # fmt: skip
_SHAKUHACHI: Final = Sustained(
    measured="shakuhachi", vibrato_hz=4.4, vibrato_cents=16.0, vibrato_after_seconds=0.5, vibrato_level=0.2,
    scoop_cents=90.0, scoop_seconds=0.05, jitter_cents=4.0, tremor=0.07,
)  # fmt: skip
_BANSURI: Final = Sustained(
    cutoff_hz=(900.0, 9000.0), cutoff_harmonics=(1.3, 2.6), slope=2.4, measured="flute",
    formants=((650.0, 400.0, 1.4), (1700.0, 700.0, 0.8)), floor=0.7,
    attack_seconds=0.12, release_seconds=0.3, vibrato_hz=4.3, vibrato_cents=15.0, vibrato_after_seconds=0.55,
    vibrato_level=0.14, scoop_cents=90.0, scoop_seconds=0.09, jitter_cents=4.0, breath=0.05, chiff=0.4,
    breath_hz=(400.0, 3200.0), tremor=0.08,
)  # fmt: skip
_NEY: Final = Sustained(
    cutoff_hz=(1200.0, 10_000.0), cutoff_harmonics=(2.4, 4.5), slope=2.0, measured="shakuhachi",
    formants=((900.0, 450.0, 1.2), (2100.0, 700.0, 1.4)), floor=0.35,
    attack_seconds=0.14, release_seconds=0.4, vibrato_hz=5.0, vibrato_cents=12.0, vibrato_after_seconds=0.4,
    vibrato_level=0.2, scoop_cents=22.0, scoop_seconds=0.045, jitter_cents=2.8, breath=0.32, chiff=0.35,
    breath_hz=(1500.0, 4500.0), tremor=0.12,
)  # fmt: skip


_BENT: Final = frozenset({"bansuri", "shakuhachi", "ney", "pan_flute", "tin_whistle"})
"""Half-covered holes and turned lips: they slide."""


def _flute(name: str, title: str, model: Sustained, gm: int, low: int, high: int) -> Patch:
    strokes: set[Articulation] = {"legato", "staccato"}
    if name in _BENT:
        strokes |= {"scoop", "fall"}
    return make_patch(
        name, title, "winds", partial(sustain, model), gm=gm, low=low, high=high, articulations=strokes,
        glides=name in _BENT,
    )  # fmt: skip


PATCHES: Final[tuple[Patch, ...]] = (
    _flute("piccolo", "Piccolo", _PICCOLO, 72, 74, 103),
    _flute("recorder", "Recorder", _RECORDER, 74, 60, 91),
    _flute("tin_whistle", "Tin whistle", _TIN_WHISTLE, 74, 62, 93),
    _flute("pan_flute", "Pan flute", _PAN_FLUTE, 75, 55, 91),
    _flute("shakuhachi", "Shakuhachi", _SHAKUHACHI, 77, 55, 86),
    _flute("bansuri", "Bansuri", _BANSURI, 73, 52, 86),
    _flute("ney", "Ney", _NEY, 77, 52, 84),
)
