"""Cards mixed into a style, by weight and guidance.

Tables are mixed as classifier-free guidance mixes predictions::

    logits = prior + guidance * sum_i( w_i * (card_i - prior) )        w_i = weight_i / sum |weight|

The sum runs over the cards that speak about the table: a harmonica card says nothing about drums, so it takes nothing
from the drums of the metal card beside it. A card is written as evidence on top of the prior,
``card = prior - prior / 4 + evidence``, so that at guidance 4 the candidates come as often as the cards say, below it
the prior shows through, and above it what the prior would have played is avoided.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Final

from everjam.engines.band import roles
from everjam.engines.band.cards import Card, Deck
from everjam.engines.band.sampling import identity
from everjam.engines.band.style import EMPTY, Blend, Mixed, Style, StyleKey
from everjam.engines.band.wordcards import word_card

NEUTRAL_GUIDANCE: Final = 4.0
ABSENT_FROM_CARD: Final = -2.5
"""Evidence against what a card does not list."""
ABSENT_FROM_PRIOR: Final = -6.0
EXCLUDED: Final = 40.0
"""Nats against an instrument that is pushed away."""
REMOVED: Final = -30.0
"""Presence of a layer that is pushed away."""
FOLDING: Final = math.log(1.2)
"""Tempos whose ratio is this close to 2 are felt as one tempo."""

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
_SINGABLE: Final = ("melody.steps", "melody.after_")
_SOLO_VOICES: Final = frozenset({"voice_solo", "voice_female", "voice_male"})
_CHOIRS: Final = frozenset({"choir_ah", "choir_oo", "choir_mm", "choir_low"})
_SHARPNESS: Final = {"quality": 1.15, "diversity": 0.35, "vocalization": 1.0}


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
