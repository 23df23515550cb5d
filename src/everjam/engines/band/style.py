"""Style: the numbers and tables that every player and the mixer obey, and how one style becomes another."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, TypeVar

from everjam.engines.band.sampling import Address, Dice, Rng, choose, identity
from everjam.engines.band.score import EFFECTS, PARTS, ROOMS, SPECTRA, Part, Production

LONGEST_STEP: Final = 12.0
"""Nats below its best candidate at which a style on the way out, or in, has nothing more to say; without a floor the
sharper style would win the whole morph."""
LEAST_SHARE: Final = 0.03
"""Of the likeliest, below which a room or a spectrum is not worth mixing in."""
LEAST_EFFECT: Final = 0.05
"""Depth below which an effect is not heard and would cost as much as any."""
MAX_SHARES: Final = 4
"""Styles that a morph can hold at once."""

_Kind = TypeVar("_Kind", bound=str)


@dataclass(frozen=True, slots=True)
class StyleKey:
    """All that a style depends on.

    Attributes:
        ingredients: Card ids with weights whose absolute values add up to 1, sorted by id.
        guidance: 0 to 6.
        mode: quality, diversity or vocalization.
    """

    ingredients: tuple[tuple[str, float], ...]
    guidance: float
    mode: str


@dataclass(frozen=True, slots=True, eq=False)
class Mixed:
    """A table ready to draw from; a style keeps one object a table.

    Attributes:
        candidates: In a fixed order.
        logits: As mixed.
        identities: Noise index of each candidate.
    """

    candidates: tuple[str, ...]
    logits: tuple[float, ...]
    identities: tuple[int, ...]

    def draw(self, dice: Dice, *address: Address) -> str:
        """One candidate, by ``sampling.choose``."""
        return _drawn(self, dice.rng.key, dice.temperature, dice.top_k, address)


@lru_cache(maxsize=1024)
def _drawn(table: Mixed, key: int, temperature: float, top_k: int, address: tuple[Address, ...]) -> str:
    """A draw, remembered: nine out of ten are those of the bar before, for they belong to its section or movement."""
    index = choose(table.logits, temperature, top_k, Rng(key).at(*address), table.identities)
    return table.candidates[index]


EMPTY: Final = Mixed((), (), ())


class Style:
    """One mixture of cards, or several on the way from one to another. Immutable but for what it has worked out."""

    __slots__ = ("_numbers", "_production", "_tables")

    def __init__(self) -> None:
        self._production: Production | None = None
        self._tables: dict[str, Mixed] = {}
        self._numbers: dict[str, float] = {}

    def table(self, name: str) -> Mixed:
        """The mixed table of that dotted name; empty where nobody has one."""
        found = self._tables.get(name)
        if found is None:
            found = self._tables[name] = self._mix_table(name)
        return found

    def number(self, name: str) -> float:
        """The mixed number of that dotted name.

        Raises:
            KeyError: Neither a card nor the prior says it.
        """
        found = self._numbers.get(name)
        if found is None:
            found = self._numbers[name] = self._mix_number(name)
        return found

    def number_or(self, name: str, default: float) -> float:
        """Like ``number``, with a default where nobody says it."""
        try:
            return self.number(name)
        except KeyError:
            return default

    def production(self) -> Production:
        """How a bar of this style is mixed."""
        if self._production is None:
            self._production = self._mixed_production()
        return self._production

    def _mixed_production(self) -> Production:
        levels = {
            field: {part: self.number_or(f"mix.{field}.{part}", 0.0) for part in PARTS}
            for field in ("gains_db", "reverb", "delay", "drive")
        }
        unit: dict[str, dict[Part, float]] = {
            field: {part: min(1.0, max(0.0, level)) for part, level in levels[field].items()}
            for field in ("reverb", "delay", "drive")
        }
        return Production(
            gains_db={part: min(12.0, max(-24.0, level)) for part, level in levels["gains_db"].items()},
            reverb=unit["reverb"],
            delay=unit["delay"],
            reverb_seconds=self.number("mix.reverb_seconds"),
            delay_beats=self.number("mix.delay_beats"),
            delay_feedback=self.number("mix.delay_feedback"),
            drive=unit["drive"],
            sidechain=self.number("mix.sidechain"),
            width=self.number("mix.width"),
            tilt_db=self.number("mix.tilt_db"),
            lofi=self.number("mix.lofi"),
            effects={effect: depths for effect in EFFECTS if (depths := self._positive(f"mix.effects.{effect}"))},
            rooms=self._odds("mix.room", ROOMS),
            spectra=self._odds("mix.spectrum", SPECTRA),
            glue=self.number("mix.glue"),
        )

    def _positive(self, name: str) -> dict[Part, float]:
        """Levels that can be heard, at most 1, of the parts that somebody speaks about."""
        levels = {part: min(1.0, self.number_or(f"{name}.{part}", 0.0)) for part in PARTS}
        return {part: level for part, level in levels.items() if level >= LEAST_EFFECT}

    def _odds(self, name: str, known: tuple[_Kind, ...]) -> dict[_Kind, float]:
        """A table's odds as shares that add up to 1, without what hardly counts."""
        table = self.table(name)
        odds = {
            one: math.exp(logit - max(table.logits)) for one, logit in zip(table.candidates, table.logits, strict=True)
        }
        heard = {one: odds[one] for one in known if odds.get(one, 0.0) > LEAST_SHARE}
        whole = sum(heard.values())
        return {one: share / whole for one, share in heard.items()}

    def _mix_table(self, name: str) -> Mixed:
        raise NotImplementedError

    def _mix_number(self, name: str) -> float:
        raise NotImplementedError


class Blend(Style):
    """Several styles by shares that add up to 1: a moment of a morph."""

    __slots__ = ("_shares",)

    def __init__(self, shares: Sequence[tuple[Style, float]]) -> None:
        super().__init__()
        self._shares = tuple(shares)

    def _mix_table(self, name: str) -> Mixed:
        tables = [(style.table(name), share) for style, share in self._shares]
        tables = [(table, share) for table, share in tables if table.candidates]
        if not tables:
            return EMPTY
        whole = sum(share for _, share in tables)
        logits: dict[str, float] = {}
        for table, share in tables:
            floor = max(table.logits) - LONGEST_STEP
            part = share / whole
            for candidate, logit in zip(table.candidates, table.logits, strict=True):
                if logit > floor:
                    logits[candidate] = logits.get(candidate, -LONGEST_STEP) + part * (logit - floor)
                else:
                    logits.setdefault(candidate, -LONGEST_STEP)
        return Mixed(tuple(logits), tuple(logits.values()), tuple(map(identity, logits)))

    def _mix_number(self, name: str) -> float:
        total, whole = 0.0, 0.0
        for style, share in self._shares:
            try:
                total += share * style.number(name)
            except KeyError:
                continue
            whole += share
        if whole == 0:
            raise KeyError(name)
        return total / whole


def move_towards(
    shares: tuple[tuple[StyleKey, float], ...], target: StyleKey, amount: float
) -> tuple[tuple[StyleKey, float], ...]:
    """One step of a morph.

    Args:
        shares: Where it stands.
        target: Where it goes.
        amount: Part of the way that is left, 0 to 1.

    Returns:
        New shares; the smallest are dropped beyond ``MAX_SHARES``.
    """
    if amount >= 1 or not shares:
        return ((target, 1.0),)
    left = {key: share * (1 - amount) for key, share in shares}
    left[target] = left.get(target, 0.0) + amount
    kept = sorted(left.items(), key=lambda item: (-item[1], repr(item[0])))[:MAX_SHARES]
    if target not in dict(kept):
        kept[-1] = (target, left[target])
    heard = [(key, share) for key, share in kept if share > 0.005]
    whole = sum(share for _, share in heard)
    return tuple((key, round(share / whole, 4)) for key, share in heard)
