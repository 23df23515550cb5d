"""Harps, zithers and dulcimers: open strings, a pitch each."""

from collections.abc import Collection
from functools import partial
from typing import Final

from everjam.engines.band.instruments.contract import Patch
from everjam.engines.band.instruments.playing import ROLLED, Bend, Buzz, Plucked, Tremolo, play
from everjam.engines.band.instruments.struck import Struck
from everjam.engines.band.instruments.voicing import make_patch
from everjam.engines.band.score import Articulation

_OPEN: Final = 30.0
"""Strings that nobody damps count as held for longer than they ring."""

_LYRE: Final = Plucked(
    Struck(
        "guitar_nylon", release_seconds=0.5, longest_seconds=1.8, edge_hz=1600.0, ring=0.4, damping_hz=3000.0,
        body=((380.0, 150.0, 1.0), (1100.0, 400.0, 1.4), (2300.0, 700.0, 1.0)), floor=0.35,
        noise=0.16, noise_hz=(600.0, 4500.0), noise_tau_seconds=0.008,
    ),
    buzz=Buzz(0.22, 4.0, (900.0, 5000.0), 0.03, 0.3),
)  # fmt: skip
_ZITHER: Final = Plucked(
    Struck(
        "taisho_koto", release_seconds=0.9, longest_seconds=4.5, edge_hz=2200.0, ring=1.8,
        body=((300.0, 160.0, 0.7), (2600.0, 1500.0, 0.6)), floor=0.8, beat_cents=1.5,
        noise=0.08, noise_hz=(1500.0, 7000.0), noise_tau_seconds=0.004,
    ),
    Bend(0.0, 0.05, 5.0, 5.0, 0.4),
)  # fmt: skip
_DULCIMER: Final = Plucked(
    Struck("dulcimer", _OPEN, longest_seconds=3.0, edge_hz=2000.0, hiss_fall_db=8.0), repeats=ROLLED
)
_SANTUR: Final = Plucked(
    Struck(
        "dulcimer", 1.0, longest_seconds=2.2, edge_hz=4500.0, ring=1.5,
        body=((165.0, 120.0, 6.0), (520.0, 260.0, 0.3), (3200.0, 1500.0, 1.6), (6500.0, 2500.0, 2.2)), floor=0.5,
        courses=((-4.3, 0.8), (-1.2, 1.0), (1.2, 1.0), (4.3, 0.8)), residue=0.3,
        noise=0.2, noise_hz=(2000.0, 9000.0), noise_tau_seconds=0.003,
    ),
    tremolo=Tremolo(12.0, 0.6, 0.6),
    repeats=ROLLED,
)  # fmt: skip
_CIMBALOM: Final = Plucked(
    Struck(
        "piano", 1.2, longest_seconds=3.0, edge_hz=2600.0, ring=0.75, spread=0.2,
        body=((230.0, 110.0, 0.9), (900.0, 400.0, 0.9), (2400.0, 1000.0, 1.8)), floor=0.6,
        courses=((-2.4, 1.0), (2.4, 0.9)), noise=0.2, noise_hz=(500.0, 5000.0), noise_tau_seconds=0.005,
    ),
    tremolo=Tremolo(12.5, 0.8, 0.6),
    repeats=ROLLED,
)  # fmt: skip
_GUZHENG: Final = Plucked(
    Struck(
        "koto", release_seconds=0.9, longest_seconds=4.0, edge_hz=2600.0, ring=1.8,
        body=((260.0, 120.0, 0.7), (1900.0, 900.0, 1.3), (4500.0, 1800.0, 1.6)), floor=0.6,
        noise=0.1, noise_hz=(1800.0, 8000.0), noise_tau_seconds=0.003,
    ),
    Bend(-60.0, 0.035, 22.0, 5.6, 0.2),
)  # fmt: skip
_KORA: Final = Plucked(
    Struck(
        "harp", release_seconds=0.5, longest_seconds=2.4, edge_hz=2600.0, ring=0.42,
        body=((210.0, 90.0, 1.4), (620.0, 220.0, 0.9), (2700.0, 1100.0, 2.6), (5200.0, 2000.0, 2.4)), floor=0.5,
        noise=0.3, noise_hz=(350.0, 4500.0), noise_tau_seconds=0.008,
    ),
    buzz=Buzz(0.55, 9.0, (2000.0, 9000.0), 0.0, 0.25),
)  # fmt: skip


_HAMMERED: Final[Collection[Articulation]] = ("staccato", "muted", "roll", "tremolo")
_PLUCKED: Final[Collection[Articulation]] = ("staccato", "muted", "tremolo", "harmonic")


def _zither(
    name: str,
    title: str,
    model: Plucked,
    gm: int,
    low: int,
    high: int,
    articulations: Collection[Articulation],
    *,
    variants: int = 3,
    glides: bool = False,
) -> Patch:
    return make_patch(
        name,
        title,
        "plucked",
        partial(play, model),
        gm=gm,
        low=low,
        high=high,
        variants=variants,
        articulations=articulations,
        glides=glides,
    )


PATCHES: Final[tuple[Patch, ...]] = (
    _zither("lyre", "Lyre", _LYRE, 46, 48, 84, _PLUCKED),
    _zither("zither", "Zither", _ZITHER, 15, 43, 86, (*_PLUCKED, "legato", "scoop"), glides=True),
    _zither("dulcimer", "Hammered dulcimer", _DULCIMER, 15, 50, 89, _HAMMERED),
    _zither("santur", "Santur, four strings a note", _SANTUR, 15, 52, 91, _HAMMERED, variants=2),
    _zither("cimbalom", "Cimbalom", _CIMBALOM, 15, 36, 88, _HAMMERED, variants=2),
    _zither("guzheng", "Guzheng", _GUZHENG, 107, 38, 86, (*_PLUCKED, "legato", "scoop", "fall"), glides=True),
    _zither("kora", "Kora", _KORA, 46, 41, 84, _PLUCKED),
)  # fmt: skip
