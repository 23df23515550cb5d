"""What a text means to this band: any text in, weights over cards out, always with a reason."""

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from rapidfuzz import fuzz, process

from everjam.engines.band.cards import Deck, default_deck
from everjam.steering import WeightedPrompt

MAX_TEXT_CHARACTERS: Final = 400
"""More of a prompt than this is not read."""
MAX_INGREDIENTS: Final = 16
FUZZY_MINIMUM: Final = 84.0
UNKNOWN_SHARE: Final = 0.35
"""What a card that a text does not name gets of it; the band's own taste has the rest."""

_NEGATIONS: Final = frozenset({"no", "without", "not", "non", "sans", "sin", "senza", "ohne", "sem"})
_FILLER_WORDS: Final = (
    "a an and the of with in on for to some very more music song style feel vibe vibes sound sounds like track beat "
    "beats de la el le un una et y e und mit con avec"
)
_FILLERS: Final = frozenset(_FILLER_WORDS.split())
_BPM: Final = re.compile(r"\b(\d{2,3})\s*bpm\b|\bbpm\s*(\d{2,3})\b|\b(?:tempo|at)\s+(\d{2,3})\b")
_SEPARATORS: Final = re.compile(r"[^\w#]+", re.UNICODE)


@dataclass(frozen=True, slots=True)
class Interpretation:
    """What a text means.

    Attributes:
        text: As it came.
        cards: Card id, weight and the reason, strongest first; absolute weights add up to 1.
    """

    text: str
    cards: tuple[tuple[str, float, str], ...]


def normalise(text: str) -> str:
    """Lower case, one space between words, ``&`` and ``n'`` spelled out, no other punctuation."""
    plain = text[:MAX_TEXT_CHARACTERS].casefold().replace("&", " and ").replace("\u2019", "'")
    return " ".join(_SEPARATORS.sub(" ", plain.replace("'n'", " and ").replace("'", "")).split())


class Lexicon:
    """All names and aliases of a deck.

    Attributes:
        cards: Normalised alias to card id.
    """

    __slots__ = ("_ids", "_longest", "_names", "cards")

    def __init__(self, deck: Deck) -> None:
        self.cards: dict[str, str] = {}
        for card in deck.cards.values():
            for alias in (*card.aliases, card.id.replace("_", " "), card.name):
                self.cards[normalise(alias)] = card.id
        self._names = sorted(self.cards)
        self._longest = max(len(name.split()) for name in self._names)
        self._ids = sorted(deck.cards)

    def find(self, words: Sequence[str]) -> str | None:
        """The card that these words name, plurals and joined or split spellings included."""
        phrase = " ".join(words)
        for form in (
            phrase,
            phrase.removesuffix("s"),
            f"{phrase}s",
            phrase.removesuffix("es"),
            phrase.replace(" ", ""),
        ):
            found = self.cards.get(form)
            if found:
                return found
        return None

    def interpret(self, text: str) -> Interpretation:
        """What a text means; never fails."""
        plain = normalise(text)
        words = plain.split()
        exact = self.find(words) if words else None
        if exact:
            return Interpretation(text, ((exact, 1.0, f"{text.strip()!r} is a name of this card"),))
        found: dict[str, tuple[float, str]] = {}
        for bpm in _BPM.finditer(plain):
            value = min(200, max(40, int(next(group for group in bpm.groups() if group))))
            found[f"bpm:{value}"] = (0.5, f"{bpm[0]!r} is a tempo")
        rest = self._contained(_BPM.sub(" ", plain).split(), found)
        self._fuzzy(rest, found)
        if not any(weight > 0 and not name.startswith("bpm:") for name, (weight, _) in found.items()):
            self._guess(plain, found)
        ranked = sorted(found.items(), key=lambda item: (-abs(item[1][0]), item[0]))[:MAX_INGREDIENTS]
        whole = sum(abs(weight) for _, (weight, _) in ranked)
        return Interpretation(text, tuple((name, weight / whole, reason) for name, (weight, reason) in ranked))

    def _contained(self, words: list[str], found: dict[str, tuple[float, str]]) -> list[str]:
        """Takes the longest aliases out of the words, from the left; gives the words that are left."""
        rest = []
        at = 0
        while at < len(words):
            for size in range(min(self._longest + 1, len(words) - at), 0, -1):
                phrase = words[at : at + size]
                name = self.find(phrase) if phrase[0] not in _FILLERS or size > 1 else None
                if name:
                    sign = -1.0 if at and words[at - 1] in _NEGATIONS else 1.0
                    weight, _ = found.get(name, (0.0, ""))
                    verb = "names it" if sign > 0 else "keeps it out"
                    found[name] = (weight + sign * (1.0 + 0.25 * (size - 1)), f"{' '.join(phrase)!r} {verb}")
                    at += size
                    break
            else:
                if words[at] not in _FILLERS and words[at] not in _NEGATIONS:
                    rest.append(words[at])
                at += 1
        return rest

    def _fuzzy(self, words: list[str], found: dict[str, tuple[float, str]]) -> None:
        for word in words[:12]:
            if len(word) < 4:
                continue
            best = process.extractOne(word, self._names, scorer=fuzz.ratio, score_cutoff=FUZZY_MINIMUM)
            if best:
                name, score, _ = best
                card = self.cards[name]
                if card not in found:
                    found[card] = (0.7 * score / 100, f"{word!r} looks like {name!r}")

    def _guess(self, plain: str, found: dict[str, tuple[float, str]]) -> None:
        name = self._ids[zlib.crc32(plain.encode()) % len(self._ids)]
        while name in found:
            name = self._ids[(self._ids.index(name) + 1) % len(self._ids)]
        found["prior"] = (1 - UNKNOWN_SHARE, "no card is named: the band plays to its own taste")
        found[name] = (UNKNOWN_SHARE, "a tint, drawn from the letters of the text")


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


def explain(prompts: Sequence[WeightedPrompt], deck: Deck | None = None) -> list[str]:
    """Why the band plays what it plays: one line a prompt and card, for people."""
    cards = deck or default_deck()
    lines = []
    for prompt in prompts:
        for name, weight, reason in interpret(prompt.text, cards).cards:
            shown = (
                cards.cards[name].name if name in cards.cards else "the band's own taste" if name == "prior" else name
            )
            lines.append(f"{prompt.text!r} x {prompt.weight:g}: {shown} {weight:+.0%}, because {reason}")
    return lines
