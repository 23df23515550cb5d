"""Style: the numbers and tables that every player and the mixer obey; mixing cards by weight, morphing over time.

Tables are mixed as classifier-free guidance mixes predictions::

    logits = prior + guidance * sum_i( w_i * (card_i - prior) )        w_i = weight_i / sum |weight|

The sum runs over the cards that speak about the table: a harmonica card says nothing about drums, so it takes nothing
from the drums of the metal card beside it. A card is written as evidence on top of the prior,
``card = prior - prior / 4 + evidence``, so that at guidance 4 the candidates come as often as the cards say, below it
the prior shows through, and above it what the prior would have played is avoided.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final, TypeVar

from everjam.engines.band import roles
from everjam.engines.band.cards import Card, Deck
from everjam.engines.band.sampling import Address, Dice, Rng, choose, identity
from everjam.engines.band.score import EFFECTS, PARTS, ROOMS, SPECTRA, Part, Production
from everjam.engines.band.wordcards import word_card

NEUTRAL_GUIDANCE: Final = 4.0
ABSENT_FROM_CARD: Final = -2.5
"""Evidence against what a card does not list."""
ABSENT_FROM_PRIOR: Final = -6.0
LONGEST_STEP: Final = 12.0
"""Nats below its best candidate at which a style on the way out, or in, has nothing more to say; without a floor the
sharper style would win the whole morph."""
EXCLUDED: Final = 40.0
"""Nats against an instrument that is pushed away."""
REMOVED: Final = -30.0
"""Presence of a layer that is pushed away."""
FOLDING: Final = math.log(1.2)
"""Tempos whose ratio is this close to 2 are felt as one tempo."""
LEAST_SHARE: Final = 0.03
"""Of the likeliest, below which a room or a spectrum is not worth mixing in."""
LEAST_EFFECT: Final = 0.05
"""Depth below which an effect is not heard and would cost as much as any."""
MAX_SHARES: Final = 4
"""Styles that a morph can hold at once."""

_GEOMETRIC: Final = frozenset({"tempo.low", "tempo.high", "tempo.scale", "mix.reverb_seconds"})
_RANGES: Final[dict[str, tuple[float, float]]] = {
    "tempo.low": (40.0, 220.0),
    "tempo.high": (40.0, 220.0),
    "tempo.scale": (0.5, 2.0),
    "feel.loose_ms": (0.0, 20.0),
    "feel.drum_time": (-1.0, 1.0),
    "feel.drums_late_ms": (-15.0, 30.0),
    "feel.bass_late_ms": (-15.0, 30.0),
    "feel.chords_late_ms": (-15.0, 40.0),
    "feel.melody_late_ms": (-15.0, 40.0),
    "bass.center": (28.0, 48.0),
    "second.center": (44.0, 80.0),
    "second.pan": (-1.0, 1.0),
    "riff.center": (36.0, 88.0),
    "riff.pan": (-1.0, 1.0),
    "chords.center": (44.0, 72.0),
    "chords.arp_center": (55.0, 90.0),
    "chords.strum_ms": (0.0, 120.0),
    "melody.center": (48.0, 90.0),
    "melody.span": (4.0, 16.0),
    "mix.reverb_seconds": (0.3, 6.0),
    "mix.delay_beats": (0.25, 1.5),
    "mix.delay_feedback": (0.0, 0.8),
    "mix.width": (0.0, 1.5),
    "mix.tilt_db": (-6.0, 6.0),
}
_UNIT: Final = (0.0, 1.0)
_Kind = TypeVar("_Kind", bound=str)
_SINGABLE: Final = ("melody.steps", "melody.after_")
_SOLO_VOICES: Final = frozenset({"voice_solo", "voice_female", "voice_male"})
_CHOIRS: Final = frozenset({"choir_ah", "choir_oo", "choir_mm", "choir_low"})
_SHARPNESS: Final = {"quality": 1.15, "diversity": 0.35, "vocalization": 1.0}


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


class MixedStyle(Style):
    """Cards mixed by weight and guidance."""

    __slots__ = ("_beside_genre", "_cards", "_key", "_prior", "_removed")

    def __init__(self, deck: Deck, key: StyleKey) -> None:
        super().__init__()
        self._prior = deck.prior
        self._key = key
        named = [] if key.guidance <= 0 else [(card_for(deck, name), weight) for name, weight in key.ingredients]
        self._cards = roles.cast(named)
        self._beside_genre = any(card.kind == "genre" and weight > 0 for card, weight in named)
        self._removed = frozenset(layer for card, weight in named if weight < 0 for layer in card.removes)

    def _mix_table(self, name: str) -> Mixed:
        prior = self._prior.tables.get(name, {})
        speaking = self._speaking(name, [card for card in self._cards if name in card[0].tables])
        candidates = dict.fromkeys(prior)
        for card, _ in speaking:
            candidates.update(dict.fromkeys(card.tables[name]))
        if not candidates:
            return EMPTY
        top = max(prior.values(), default=1.0)
        guidance = self._key.guidance
        share = 1.0 - guidance / NEUTRAL_GUIDANCE if any(weight > 0 for _, weight in speaking) else 1.0
        logits = {
            name: share * (math.log(prior[name] / top) if name in prior else ABSENT_FROM_PRIOR) for name in candidates
        }
        total = sum(abs(weight) for _, weight in speaking)
        absent = 0.0
        for card, weight in speaking:
            factor = guidance * weight / total
            absent += factor * ABSENT_FROM_CARD
            for candidate, said in _evidence(card, name):
                logits[candidate] += factor * (said - ABSENT_FROM_CARD)
        for candidate in logits:
            logits[candidate] += absent
        self._prefer(name, logits)
        self._exclude(name, logits)
        sharpness = _SHARPNESS[self._key.mode]
        if name.startswith(_SINGABLE):
            # A line of leaps is no line, however adventurous.
            sharpness = max(sharpness, 0.8)
        names = tuple(candidates)
        return Mixed(names, tuple(logits[one] * sharpness for one in names), tuple(map(identity, names)))

    def _prefer(self, name: str, logits: dict[str, float]) -> None:
        if self._key.mode == "vocalization" and name == "instruments.voice":
            for candidate in logits:
                if candidate in _SOLO_VOICES:
                    logits[candidate] += 12.0
                elif candidate in _CHOIRS:
                    logits[candidate] += 8.0

    def _exclude(self, name: str, logits: dict[str, float]) -> None:
        """Who pushes an instrument away does not want to hear it in any role."""
        if not name.startswith("instruments."):
            return
        for card, weight in self._cards:
            if weight < 0 and card.kind == "instrument":
                for claim in card.claims:
                    for patch in card.tables.get(f"instruments.{claim}", ()):
                        if patch in logits:
                            logits[patch] -= EXCLUDED * min(1.0, -4.0 * weight)

    def _speaking(self, name: str, cards: Sequence[tuple[Card, float]]) -> list[tuple[Card, float]]:
        """Cards that have an opinion, with how much it counts."""
        return [(card, weight * card.strength(name, beside_genre=self._beside_genre)) for card, weight in cards]

    def _mix_number(self, name: str) -> float:
        if self._removed and name.startswith("layers.") and name.removeprefix("layers.") in self._removed:
            return REMOVED
        if name == "layers.voice" and self._key.mode == "vocalization":
            return 20.0
        geometric = name in _GEOMETRIC
        base = self._prior.numbers.get(name)
        speaking = self._speaking_in_numbers(name, base)
        if base is None:
            if not any(weight > 0 for _, weight in speaking):
                raise KeyError(name)
            base = sum(card.numbers[name] * weight for card, weight in speaking if weight > 0) / sum(
                weight for _, weight in speaking if weight > 0
            )
        pull = _pull(self._key.guidance)
        everyone = sum(abs(weight) for _, weight in speaking)
        pulling = sum(weight for _, weight in speaking if weight > 0)
        start = math.log(base) if geometric else base
        value = start
        folds = self._folds(speaking) if name in {"tempo.low", "tempo.high"} else {}
        for card, weight in speaking:
            said = card.numbers.get(name, 1.0) * folds.get(card.id, 1.0)
            share = weight / (pulling if weight > 0 else everyone)
            value += pull * share * ((math.log(said) if geometric else said) - start)
        value = math.exp(value) if geometric else value
        if name.startswith(("layers.", "mix.gains_db.")):
            return value
        low, high = _RANGES.get(name, _UNIT)
        return min(high, max(low, value))

    def _speaking_in_numbers(self, name: str, base: float | None) -> list[tuple[Card, float]]:
        """Who has an opinion on a number, and who counts although silent."""
        if name == "tempo.scale":
            # Genres and instruments that name no factor mean 1; words mean nothing.
            return [
                (card, weight * (card.strength(name) if card.kind == "word" else 1.0))
                for card, weight in self._cards
                if card.kind != "word" or name in card.numbers
            ]
        speaking = self._speaking(name, [card for card in self._cards if name in card[0].numbers])
        if base is None or not speaking:
            return speaking
        genres = [(card, weight) for card, weight in self._cards if card.kind == "genre" and weight > 0]
        if name.startswith("layers."):
            # A genre that does not mention a layer leaves it as it is; a mood beside it cannot hire on its own.
            silent = [] if any(card.kind != "mood" for card, _ in speaking) else genres
        else:
            # Effects that a genre does not mention, it does without.
            silent = [one for one in genres if name.startswith("mix.effects.") and name not in one[0].numbers]
        return speaking + [(replace(card, numbers={name: base}), weight) for card, weight in silent]

    @staticmethod
    def _folds(speaking: Sequence[tuple[Card, float]]) -> dict[str, float]:
        """Cards that are felt at half or double speed beside the weightiest one: 174 beside 85 is played as 87."""
        pulling = [(card, weight) for card, weight in speaking if weight > 0 and "tempo.high" in card.numbers]
        if len(pulling) < 2:
            return {}
        lead = max(pulling, key=lambda item: (item[1], item[0].id))[0]
        folds = {}
        for card, _ in pulling:
            ratio = _middle(lead) / _middle(card)
            for fold in (2.0, 0.5):
                if abs(math.log(ratio / fold)) < FOLDING:
                    folds[card.id] = fold
        return folds


def _middle(card: Card) -> float:
    return math.sqrt(card.numbers["tempo.low"] * card.numbers["tempo.high"])


@lru_cache(maxsize=8192)
def _evidence(card: Card, table: str) -> tuple[tuple[str, float], ...]:
    """What a card says for the candidates that it lists, so that at guidance 4 its weights are the odds."""
    listed = card.tables[table]
    best = max(listed.values())
    return tuple((name, math.log(weight / best) / NEUTRAL_GUIDANCE) for name, weight in listed.items())


def _pull(guidance: float) -> float:
    """How far numbers go from the prior (0) to the cards (1): there at guidance 4, and a quarter beyond at 6."""
    if guidance >= NEUTRAL_GUIDANCE:
        return 1.0 + 0.125 * (guidance - NEUTRAL_GUIDANCE)
    return 1.0 - (1.0 - guidance / NEUTRAL_GUIDANCE) ** 3


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


def card_for(deck: Deck, name: str) -> Card:
    """A card of the deck, the prior, or the one that a word such as ``bpm:140`` makes."""
    return word_card(name) or (deck.prior if name == deck.prior.id else deck.cards[name])


@lru_cache(maxsize=64)
def _cached_style(deck: Deck, key: StyleKey) -> Style:
    return MixedStyle(deck, key)


@lru_cache(maxsize=64)
def style_for(deck: Deck, shares: tuple[tuple[StyleKey, float], ...]) -> Style:
    """The style of a mixture of mixtures; worked out once a process and kept for a while.

    Args:
        deck: Where the cards are.
        shares: Styles and their shares, which add up to 1; one style with share 1 outside a morph.
    """
    if len(shares) == 1:
        return _cached_style(deck, shares[0][0])
    return Blend([(_cached_style(deck, key), share) for key, share in shares])


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
