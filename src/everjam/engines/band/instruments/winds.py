"""Flute, clarinet, saxophone, harmonica, ocarina."""

from functools import partial
from typing import Final

from everjam.engines.band.instruments.contract import Patch
from everjam.engines.band.instruments.sustained import Sustained, sustain
from everjam.engines.band.instruments.voicing import make_patch

_FLUTE: Final = Sustained(
    measured="flute", vibrato_hz=5.0, vibrato_cents=7.0, vibrato_after_seconds=0.22, vibrato_level=0.1,
    scoop_cents=10.0, tremor=0.06,
)  # fmt: skip
_CLARINET: Final = Sustained(measured="clarinet", vibrato_cents=2.0, scoop_cents=8.0, tremor=0.04)
_SAX: Final = Sustained(
    measured="alto_sax", vibrato_hz=5.1, vibrato_cents=12.0, vibrato_after_seconds=0.3, vibrato_level=0.05,
    scoop_cents=35.0, jitter_cents=3.0, tremor=0.06,
)  # fmt: skip
_HARMONICA: Final = Sustained(
    measured="harmonica", vibrato_hz=5.5, vibrato_cents=6.0, vibrato_after_seconds=0.25, vibrato_level=0.12,
    scoop_cents=30.0, tremor=0.08,
)  # fmt: skip
_OCARINA: Final = Sustained(
    measured="ocarina", vibrato_hz=5.4, vibrato_cents=11.0, vibrato_after_seconds=0.25, vibrato_level=0.06,
    scoop_cents=18.0,
)  # fmt: skip

PATCHES: Final[tuple[Patch, ...]] = (
    make_patch(
        "flute", "Flute", "winds", partial(sustain, _FLUTE), gm=73, low=60, high=96,
        articulations={"legato", "staccato"},
    ),
    make_patch(
        "clarinet", "Clarinet", "winds", partial(sustain, _CLARINET), gm=71, low=50, high=91,
        articulations={"legato", "staccato", "scoop", "fall"}, glides=True,
    ),
    make_patch(
        "alto_sax", "Alto saxophone", "winds", partial(sustain, _SAX), gm=65, low=49, high=81,
        articulations={"legato", "staccato", "scoop", "fall"}, glides=True,
    ),
    make_patch(
        "harmonica", "Harmonica", "winds", partial(sustain, _HARMONICA), gm=22, low=60, high=96,
        articulations={"legato", "staccato", "scoop", "fall"}, glides=True,
    ),
    make_patch(
        "ocarina", "Ocarina", "winds", partial(sustain, _OCARINA), gm=79, low=60, high=91,
        articulations={"legato", "staccato"},
    ),
)  # fmt: skip
