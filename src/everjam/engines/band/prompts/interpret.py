"""Any text in, weights over cards out: names first, then misspelt names, then what the words are near to."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from everjam.engines.band.cards import Deck, default_deck
from everjam.engines.band.prompts.lexicon import Entry, Names
from everjam.engines.band.prompts.reading import Reader, Reading
from everjam.engines.band.wordcards import word_card
from everjam.engines.base import Ingredient, Meaning
from everjam.steering import WeightedPrompt

MAX_INGREDIENTS: Final = 16
SETTING_SHARE: Final = 0.12
"""What a tempo, key or metre takes of a prompt; it insists on its one thing whatever it has."""


@dataclass(frozen=True, slots=True)
class Interpretation:
    """What a text means.

    Attributes:
        text: As it came.
        cards: Card id, weight and the reason, strongest first; absolute weights add up to 1. Words that set a number
            stand among them by their names for ``style.card_for``, e.g. ``bpm:140``.
    """

    text: str
    cards: tuple[tuple[str, float, str], ...]


class Lexicon:
    """All that is known about texts, for one deck.

    Args:
        deck: The cards.
    """

    __slots__ = ("_deck", "_reader", "names")

    def __init__(self, deck: Deck) -> None:
        self._deck = deck
        self.names = Names(deck)
        self._reader = Reader(deck, self.names)

    def interpret(self, text: str) -> Interpretation:
        """What a text means; never fails."""
        reading = self._reader.read(text)
        found = self._gather(reading)
        ranked = sorted(found.items(), key=lambda item: (-abs(item[1][0]), item[0]))[:MAX_INGREDIENTS]
        whole = sum(abs(weight) for _, (weight, _) in ranked)
        return Interpretation(text, tuple((name, weight / whole, reason) for name, (weight, reason) in ranked))

    def _gather(self, reading: Reading) -> dict[str, tuple[float, str]]:
        """Parts with weights and reasons; parts that cancel out are left out unless nothing else is left."""
        found: dict[str, tuple[float, str]] = {}
        for hit in reading.hits:
            for part, weight in hit.entry.parts:
                before, reason = found.get(part, (0.0, ""))
                found[part] = (before + hit.weight * weight, reason or self._reason(hit.phrase, hit.entry, hit.weight))
        whole = sum(abs(weight) for weight, _ in found.values()) or 1.0
        for near in reading.near:
            before, reason = found.get(near.part, (0.0, ""))
            found[near.part] = (before + near.weight, reason or near.reason)
        for setting in reading.settings:
            found[setting.part] = (SETTING_SHARE * whole, setting.reason)
        return {part: said for part, said in found.items() if abs(said[0]) > 1e-6} or {
            "prior": (1.0, "its words cancel each other: the band plays to its own taste")
        }

    def _reason(self, phrase: str, entry: Entry, weight: float) -> str:
        if entry.names_card:
            return f"{phrase} names it" if weight > 0 else f"{phrase} keeps it out"
        wanted = [shown(part, self._deck) for part, share in entry.parts if share * weight > 0]
        unwanted = [shown(part, self._deck) for part, share in entry.parts if share * weight < 0]
        said = [f"stands for {_listed(wanted)}"] if wanted else []
        said += [f"keeps out {_listed(unwanted)}"] if unwanted else []
        return f"{phrase} {' and '.join(said)}"


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def shown(part: str, deck: Deck) -> str:
    """A card or a word's card for people."""
    if part in deck.cards:
        return deck.cards[part].name
    word = word_card(part)
    return word.name if word else "the band's own taste"


@lru_cache(maxsize=8)
def lexicon(deck: Deck) -> Lexicon:
    """The lexicon of a deck, built once a process."""
    return Lexicon(deck)


@lru_cache(maxsize=1024)
def _interpret(text: str, deck: Deck) -> Interpretation:
    return lexicon(deck).interpret(text)


def interpret(text: str, deck: Deck | None = None) -> Interpretation:
    """What a text means to the band; cached.

    Args:
        text: Anything.
        deck: The cards; the band's own by default.
    """
    return _interpret(text, deck or default_deck())


def ingredients(prompts: Sequence[WeightedPrompt], deck: Deck) -> tuple[tuple[str, float], ...]:
    """Weights over cards for weighted prompts: absolute values add up to 1, sorted by card."""
    total: dict[str, float] = {}
    for prompt in prompts:
        for name, weight, _ in interpret(prompt.text, deck).cards:
            total[name] = total.get(name, 0.0) + prompt.weight * weight
    ranked = sorted(total.items(), key=lambda item: (-abs(item[1]), item[0]))[: 2 * MAX_INGREDIENTS]
    whole = sum(abs(weight) for _, weight in ranked)
    if whole <= 0:
        return ()
    shares = ((name, round(weight / whole, 4)) for name, weight in ranked)
    return tuple(sorted((name, share) for name, share in shares if share))


def explain(prompts: Sequence[WeightedPrompt], deck: Deck | None = None) -> tuple[Meaning, ...]:
    """What the band takes each prompt for, and why.

    Args:
        prompts: Any texts.
        deck: The cards; the band's own by default.
    """
    cards = deck or default_deck()
    return tuple(
        Meaning(
            prompt.text,
            prompt.weight,
            tuple(
                Ingredient(name, shown(name, cards), weight, why)
                for name, weight, why in interpret(prompt.text, cards).cards
            ),
        )
        for prompt in prompts
    )
