"""Brass, alone and as a section: the louder, the brighter."""

from functools import partial
from typing import Final

from everjam.engines.band.instruments.contract import Patch, Renewal
from everjam.engines.band.instruments.sustained import Sustained, sustain
from everjam.engines.band.instruments.voicing import make_patch
from everjam.engines.band.score import Articulation

_TRUMPET: Final = Sustained(
    measured="trumpet", muted="trumpet_muted", dynamics=0.8, vibrato_hz=5.2, vibrato_cents=6.0,
    vibrato_after_seconds=0.35, scoop_cents=20.0, scoop_seconds=0.025, tremor=0.04,
)  # fmt: skip
_SECTION: Final = Sustained(
    measured="brass_section", dynamics=0.8, vibrato_hz=5.0, vibrato_cents=3.0, vibrato_after_seconds=0.5,
    scoop_cents=20.0, jitter_cents=3.0, voices=3, detune_cents=4.5, width=0.6,
)  # fmt: skip
_MUTED: Final = Sustained(
    measured="trumpet_muted", vibrato_hz=5.6, vibrato_cents=9.0, vibrato_after_seconds=0.25, scoop_cents=25.0,
    scoop_seconds=0.03, tremor=0.04,
)  # fmt: skip
_TROMBONE: Final = Sustained(
    measured="trombone", dynamics=0.8, vibrato_hz=4.9, vibrato_cents=8.0, vibrato_after_seconds=0.4, scoop_cents=40.0,
    tremor=0.04,
)  # fmt: skip
_TUBA: Final = Sustained(measured="tuba", dynamics=1.2, vibrato_cents=2.0, vibrato_after_seconds=0.5, scoop_cents=20.0)
_HORN: Final = Sustained(
    measured="french_horn", dynamics=1.0, vibrato_hz=4.8, vibrato_cents=2.5, vibrato_after_seconds=0.5,
    scoop_cents=25.0, scoop_seconds=0.04,
)  # fmt: skip


def _brass(
    name: str,
    title: str,
    model: Sustained,
    gm: int,
    low: int,
    high: int,
    *more: Articulation,
    glides: bool = False,
    renews: Renewal = "all",
) -> Patch:
    return make_patch(
        name, title, "brass", partial(sustain, model), gm=gm, low=low, high=high,
        articulations={"legato", "staccato", *more}, glides=glides, renews=renews,
    )  # fmt: skip


PATCHES: Final[tuple[Patch, ...]] = (
    _brass("trumpet", "Trumpet", _TRUMPET, 56, 52, 86, "fall", "scoop", "muted", glides=True),
    _brass("brass_section", "Brass section", _SECTION, 61, 36, 84, "fall", "scoop", renews=""),
    _brass("trumpet_muted", "Trumpet with a mute", _MUTED, 59, 52, 86, "fall", "scoop", glides=True),
    _brass("trombone", "Trombone", _TROMBONE, 57, 40, 74, "fall", "scoop", "muted", glides=True),
    _brass("tuba", "Tuba", _TUBA, 58, 26, 55),
    _brass("french_horn", "French horn", _HORN, 60, 38, 77, "muted"),
)
