"""Lutes of the world: plucked strings over a neck, their courses, bridges, skins and hands."""

from collections.abc import Collection
from functools import partial
from typing import Final

from everjam.engines.band.instruments.contract import Patch
from everjam.engines.band.instruments.playing import FRETTED, Bend, Buzz, Plucked, Tremolo, play
from everjam.engines.band.instruments.struck import Struck
from everjam.engines.band.instruments.voicing import make_patch
from everjam.engines.band.score import Articulation

_BANJO: Final = Plucked(
    Struck(
        "banjo", release_seconds=0.45, longest_seconds=2.5, edge_hz=2200.0, let_go=0.012, let_go_hz=(1200.0, 5000.0)
    ),
    FRETTED,
)
_MANDOLIN: Final = Plucked(
    Struck(
        "mandolin",
        release_seconds=0.35,
        longest_seconds=3.0,
        edge_hz=3200.0,
        courses=((-2.0, 1.0), (2.2, 0.6)),
        let_go=0.005,
        let_go_hz=(1500.0, 6000.0),
    ),
    FRETTED,
    tremolo=Tremolo(13.0, 0.34, 0.8, from_seconds=1.05),
)
_UKULELE: Final = Plucked(
    Struck(
        "ukulele",
        release_seconds=0.3,
        longest_seconds=2.0,
        edge_hz=1100.0,
        ring=0.8,
        body=((620.0, 300.0, 0.6),),
        floor=0.75,
        let_go=0.01,
        let_go_hz=(500.0, 3000.0),
    ),
    FRETTED,
)
_BALALAIKA: Final = Plucked(
    Struck(
        "guitar_nylon", release_seconds=0.12, longest_seconds=1.6, edge_hz=2400.0, ring=0.45, damping_hz=5000.0,
        body=((420.0, 140.0, 0.8), (1350.0, 500.0, 1.6), (2900.0, 1300.0, 3.0)), floor=0.5,
        courses=((-1.5, 1.0), (1.5, 0.8)), noise=0.2, noise_hz=(900.0, 5000.0), noise_tau_seconds=0.006,
    ),
    FRETTED,
    tremolo=Tremolo(11.0, 0.26, 0.85),
)  # fmt: skip
_BOUZOUKI: Final = Plucked(
    Struck(
        "mandolin", release_seconds=0.2, longest_seconds=3.5, edge_hz=2600.0, ring=1.3,
        body=((240.0, 120.0, 1.2), (1700.0, 800.0, 0.6), (4200.0, 2000.0, 0.9)), floor=0.8,
        courses=((-2.0, 1.0), (2.0, 0.85), (1200.0, 0.55)), noise=0.16, noise_hz=(1500.0, 8000.0),
        noise_tau_seconds=0.004,
    ),
    Bend(-18.0, 0.02, 7.0, 6.0, 0.3),
)  # fmt: skip
_CHARANGO: Final = Plucked(
    Struck(
        "ukulele", release_seconds=0.16, longest_seconds=2.2, edge_hz=2600.0, ring=0.75,
        body=((700.0, 250.0, 0.4), (2600.0, 1000.0, 1.6), (4500.0, 1500.0, 1.8)), floor=0.6,
        courses=((-3.0, 1.0), (3.0, 1.0), (1200.0, 0.6)), noise=0.14, noise_hz=(1200.0, 6500.0),
        noise_tau_seconds=0.004,
    ),
    FRETTED,
    tremolo=Tremolo(14.0, 0.5, 0.7),
)  # fmt: skip
_LUTE: Final = Plucked(
    Struck(
        "guitar_nylon", release_seconds=0.3, longest_seconds=2.6, edge_hz=1500.0, ring=0.6,
        body=((310.0, 120.0, 0.6), (820.0, 300.0, 0.9), (2100.0, 800.0, 0.8)), floor=0.55,
        courses=((-1.6, 1.0), (1.6, 0.7), (1200.0, 0.4)), noise=0.08, noise_hz=(400.0, 3500.0),
    )
)  # fmt: skip
_SHAMISEN: Final = Plucked(
    Struck(
        "shamisen", release_seconds=0.35, longest_seconds=2.0, edge_hz=2200.0,
    ),
    Bend(-18.0, 0.02),
)  # fmt: skip
_PIPA: Final = Plucked(
    Struck(
        "guitar_steel", release_seconds=0.12, longest_seconds=1.8, edge_hz=3000.0, ring=0.3, damping_hz=6000.0,
        body=((480.0, 160.0, 1.2), (1250.0, 350.0, 1.6), (3300.0, 900.0, 1.8)), floor=0.4,
        noise=0.22, noise_hz=(2000.0, 8000.0), noise_tau_seconds=0.003,
    ),
    Bend(-30.0, 0.02, 10.0, 6.2, 0.25),
    Buzz(0.12, 6.0, (2000.0, 8000.0), 0.0, 0.12),
    Tremolo(15.0, 0.42, 0.85),
)  # fmt: skip
_OUD: Final = Plucked(
    Struck(
        "guitar_nylon", release_seconds=0.25, longest_seconds=2.2, edge_hz=1000.0, ring=0.5, damping_hz=3200.0,
        body=((170.0, 80.0, 1.5), (390.0, 150.0, 1.3), (900.0, 350.0, 0.5)), floor=0.45,
        courses=((-1.8, 1.0), (1.8, 0.9)), noise=0.22, noise_hz=(250.0, 2200.0), noise_tau_seconds=0.012,
    ),
    Bend(-24.0, 0.025, 8.0, 5.2, 0.3),
)  # fmt: skip
_TAR: Final = Plucked(
    Struck(
        "banjo", release_seconds=0.2, longest_seconds=2.6, edge_hz=2400.0, ring=2.2,
        body=((330.0, 130.0, 0.9), (760.0, 250.0, 1.4), (2400.0, 700.0, 1.0)), floor=0.5,
        courses=((-2.4, 1.0), (2.4, 0.9), (1200.0, 0.22)), noise=0.12, noise_hz=(700.0, 5000.0),
        noise_tau_seconds=0.005,
    ),
    Bend(-12.0, 0.03, 11.0, 5.8, 0.22),
    tremolo=Tremolo(10.5, 0.55, 0.7),
)  # fmt: skip


_HANDS: Final[Collection[Articulation]] = ("legato", "staccato", "muted", "tremolo", "scoop", "fall")


def _lute(name: str, title: str, model: Plucked, gm: int, low: int, high: int) -> Patch:
    return make_patch(
        name, title, "plucked", partial(play, model), gm=gm, low=low, high=high, variants=3, articulations=_HANDS,
        glides=True,
    )  # fmt: skip


PATCHES: Final[tuple[Patch, ...]] = (
    _lute("banjo", "Five-string banjo", _BANJO, 105, 48, 86),
    _lute("mandolin", "Mandolin, tremolo on long notes", _MANDOLIN, 25, 55, 93),
    _lute("ukulele", "Ukulele", _UKULELE, 24, 60, 88),
    _lute("balalaika", "Balalaika, tremolo on long notes", _BALALAIKA, 25, 57, 88),
    _lute("bouzouki", "Bouzouki", _BOUZOUKI, 25, 48, 86),
    _lute("charango", "Charango", _CHARANGO, 24, 60, 93),
    _lute("lute", "Renaissance lute", _LUTE, 24, 40, 79),
    _lute("shamisen", "Shamisen", _SHAMISEN, 106, 48, 84),
    _lute("pipa", "Pipa, rolled on long notes", _PIPA, 106, 45, 88),
    _lute("oud", "Oud", _OUD, 24, 36, 76),
    _lute("tar", "Tar", _TAR, 106, 45, 81),
)
