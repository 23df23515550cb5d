"""Cards that single words make: a tempo, a key, a metre, a number of the feel. They know one thing and insist on it.

========================  =====================================================================================
``bpm:140``               tempo in quarter notes a minute
``half:``, ``double:``    drums at half or twice the speed under the same beat
``key:D minor``           tonic and mode; ``key:D`` the tonic alone
``mode:dorian``           mode alone
``meter:3/4``             time signature
``density:.2``            how busy, 0 to 1
``loudness:.4``           how loudly played, 0 to 1
``dynamics:.9``           how much accents differ, 0 to 1
``swing:.8``              0 straight, 1 triplets
``brightness:.7``         tilt of the mix, 0 dark to 1 bright
``scales:pentatonic``     what melodies move on
``part:melody``           a layer in front, or none of it where the weight is below 0
========================  =====================================================================================
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from everjam.engines.band.cards import Card

INSISTENCE: Final = 300.0
"""How much louder than a genre of the same weight a word speaks about its one thing."""
PRESENT: Final = 20.0
"""Presence of a layer that is asked for by name."""
TILT_DB: Final = 6.0
"""What ``brightness:1`` tilts the mix by; ``brightness:0`` the other way."""

_FEEL: Final = frozenset({"density", "loudness", "dynamics", "swing"})
_TIMES: Final = {"half": -1.0, "double": 1.0}


@dataclass(frozen=True, slots=True, eq=False)
class WordCard(Card):
    """A card that one word makes. Its kind is ``word``: it takes no role and counts as neither genre nor mood."""

    def strength(  # type: ignore[override]  # a plain method here, a cached one there
        self,
        decision: str,  # noqa: ARG002
        *,
        beside_genre: bool = False,  # noqa: ARG002
    ) -> float:
        """The same about everything, since it speaks about one thing only."""
        return INSISTENCE


def _word(
    name: str,
    shown: str,
    *,
    numbers: dict[str, float] | None = None,
    tables: dict[str, dict[str, float]] | None = None,
    removes: tuple[str, ...] = (),
) -> WordCard:
    return WordCard(
        id=name,
        name=shown,
        kind="word",
        about="A word that sets one thing.",
        aliases=(),
        tables=tables or {},
        numbers=numbers or {},
        grids={},
        claims=(),
        removes=removes,
    )


@lru_cache(maxsize=4096)
def word_card(name: str) -> WordCard | None:
    """The card of a word, None for a name that is none of these words.

    Args:
        name: As listed above.

    Raises:
        ValueError: The value is not a number where one is needed.
    """
    kind, colon, value = name.partition(":")
    if not colon:
        return None
    if kind == "bpm":
        bpm = float(value)
        return _word(name, f"{bpm:g} bpm", numbers={"tempo.low": bpm, "tempo.high": bpm, "tempo.scale": 1.0})
    if kind in _TIMES:
        return _word(name, f"{kind} time", numbers={"feel.drum_time": _TIMES[kind]})
    if kind == "key":
        tonic, _, mode = value.partition(" ")
        tables = {"harmony.tonics": {tonic: 1.0}} | ({"harmony.modes": {mode: 1.0}} if mode else {})
        return _word(name, f"key of {value.replace('_', ' ')}", tables=tables)
    if kind == "mode":
        return _word(name, f"{value.replace('_', ' ')} mode", tables={"harmony.modes": {value: 1.0}})
    if kind == "meter":
        return _word(name, f"{value} time", tables={"tempo.meters": {value: 1.0}})
    if kind == "scales":
        return _word(name, f"{value} scale", tables={"melody.scales": {value: 1.0}})
    if kind == "part":
        return _word(name, f"{value} in front", numbers={f"layers.{value}": PRESENT}, removes=(value,))
    if kind == "brightness":
        tilt_db = TILT_DB * (2.0 * float(value) - 1.0)
        return _word(name, f"brightness {float(value):g}", numbers={"mix.tilt_db": tilt_db})
    if kind in _FEEL:
        return _word(name, f"{kind} {float(value):g}", numbers={f"feel.{kind}": float(value)})
    return None
