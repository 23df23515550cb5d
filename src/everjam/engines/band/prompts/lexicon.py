"""What names mean: the cards' own names and aliases, and the files of ``lexicon/``, which mix cards and words.

A file has a ``salience`` (what one of its names weighs beside others in a prompt) and a table ``words`` of
``"name, another name" = "card weight card weight"``; a weight left out is 1, below 0 it pushes away. Instead of a card
stands a word of ``style.card_for``, such as ``meter:3/4``. A part that the deck lacks is skipped.
"""

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Final

from everjam.engines.band.cards import Deck
from everjam.engines.band.prompts.normalise import Segmenter, fold, normalise

FOLDER: Final = "lexicon"
MOOD_SALIENCE: Final = 0.7
"""What a mood's name weighs beside the name of a style or an instrument."""
ALIAS_SHARE: Final = 0.45
"""What a card gets of an alias of its own that a file explains otherwise."""
PLURALS: Final = (("s", ""), ("es", ""), ("ies", "y"), ("", "s"))
MIN_JOINED_CHARACTERS: Final = 6
"""Names shorter than this do not match across spaces: ``in die`` is not ``indie``."""
MIN_PLURAL_CHARACTERS: Final = 4
ARABIC_PREFIXES: Final = ("لل", "بال", "وال", "ال", "ل", "ب", "و")
"""For, with, and, the: written without a space."""
COMPOUND_ENDINGS: Final = ("musik", "muziek", "music", "klange")
"""Some languages join words: ``Klaviermusik``."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What one name means.

    Attributes:
        parts: Cards (or words of ``style.card_for``) and weights whose absolute values add up to 1, strongest first.
        salience: What it weighs beside other names in a prompt.
        names_card: Whether it is a name or an alias of one card.
    """

    parts: tuple[tuple[str, float], ...]
    salience: float
    names_card: bool


def parse_mixture(text: str) -> list[tuple[str, float]]:
    """The parts of ``"card weight card weight"`` with their weights as written.

    Raises:
        ValueError: It begins with a weight, or two weights follow each other.
    """
    parts: list[tuple[str, float]] = []
    open_part = False
    for word in text.split():
        if word.lstrip("-").replace(".", "", 1).isdigit():
            if not open_part:
                raise ValueError(f"{text!r}: {word} is the weight of nothing")
            parts[-1] = (parts[-1][0], float(word))
            open_part = False
        else:
            parts.append((word, 1.0))
            open_part = True
    return parts


@lru_cache(maxsize=1)
def read_files() -> tuple[tuple[float, str, str], ...]:
    """Salience, names and mixture of every line of the lexicon files, in the order of the files' names."""
    folder = resources.files("everjam.engines.band") / FOLDER
    lines: list[tuple[float, str, str]] = []
    for file in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if file.name.endswith(".toml"):
            data = tomllib.loads(file.read_text(encoding="utf-8"))
            lines += [(float(data["salience"]), names, mixture) for names, mixture in data["words"].items()]
    return tuple(lines)


@lru_cache(maxsize=1)
def known_cards() -> frozenset[str]:
    """Cards that the files name."""
    return frozenset(part for _, _, mixture in read_files() for part, _ in parse_mixture(mixture))


class Names:
    """Every name that a deck and the lexicon files know.

    Args:
        deck: The cards. Their names win over the files; an alias of theirs that a file has too is shared, unless the
            files know nothing of the card.
    """

    __slots__ = (
        "_aliases",
        "_blends",
        "_deck",
        "_entries",
        "_joined",
        "_lines",
        "_mixtures",
        "_segmenter",
        "_spellings",
        "longest",
    )

    def __init__(self, deck: Deck) -> None:
        self._deck = deck
        self._entries: dict[str, Entry] = {}
        self._mixtures: dict[int, Entry | None] = {}
        self._lines: dict[str, int] = {}
        accented: dict[str, int] = {}
        for index, (_, names, _) in enumerate(read_files()):
            for name in names.split(","):
                plain = normalise(name.strip())
                self._lines.setdefault(plain, index)
                if not plain.isascii():
                    accented[plain] = index
        for name, index in accented.items():
            self._lines.setdefault(fold(name), index)
        own = {
            card.id: Entry(((card.id, 1.0),), MOOD_SALIENCE if card.kind == "mood" else 1.0, names_card=True)
            for card in deck.cards.values()
        }
        for alias, card in self._card_names():
            entry = self._entries[alias] = own[card]
            if not alias.isascii():
                self._entries.setdefault(fold(alias), entry)
        own_names = {form for card in deck.cards.values() for form in (normalise(card.name), card.id.replace("_", " "))}
        self._aliases = {name for name in self._entries if name in self._lines} - own_names
        self._blends: dict[str, Entry] = {}
        self.longest = max(name.count(" ") for name in (*self._lines, *self._entries)) + 1
        self._joined: dict[str, str] | None = None
        self._segmenter: Segmenter | None = None
        self._spellings: dict[int, list[str]] | None = None

    def _card_names(self) -> Iterator[tuple[str, str]]:
        """Aliases, then names and ids, so that an alias never hides another card's name."""
        for card in self._deck.cards.values():
            for alias in card.aliases:
                yield normalise(alias), card.id
        for card in self._deck.cards.values():
            yield normalise(card.name), card.id
            yield card.id.replace("_", " "), card.id

    def __iter__(self) -> Iterator[str]:
        yield from self._entries
        yield from (name for name in self._lines if name not in self._entries)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def get(self, name: str) -> Entry | None:
        """What exactly this name means, in normalised spelling."""
        entry = self._entries.get(name)
        if entry is None:
            line = self._lines.get(name)
            return None if line is None else self._entry(line)
        if name in self._aliases:
            if name not in self._blends:
                self._blends[name] = self._blend(entry, self._lines[name])
            return self._blends[name]
        return entry

    def _blend(self, alias: Entry, line: int) -> Entry:
        """What a card claims by an alias and a file says of the same name, together."""
        card = alias.parts[0][0]
        said = self._entry(line)
        if said is None or card not in known_cards():
            return alias
        parts = {card: ALIAS_SHARE}
        for part, weight in said.parts:
            parts[part] = parts.get(part, 0.0) + (1.0 - ALIAS_SHARE) * weight
        if len(parts) == 1:
            return alias
        whole = sum(abs(weight) for weight in parts.values())
        ranked = sorted(parts.items(), key=lambda part: -abs(part[1]))
        return Entry(tuple((part, weight / whole) for part, weight in ranked), said.salience, names_card=False)

    def _entry(self, line: int) -> Entry | None:
        if line not in self._mixtures:
            salience, _, mixture = read_files()[line]
            self._mixtures[line] = self._resolve(mixture, salience)
        return self._mixtures[line]

    def _resolve(self, mixture: str, salience: float) -> Entry | None:
        known = [(part, weight) for part, weight in parse_mixture(mixture) if ":" in part or part in self._deck.cards]
        whole = sum(abs(weight) for _, weight in known)
        if whole == 0:
            return None
        ranked = sorted(known, key=lambda part: -abs(part[1]))
        return Entry(tuple((part, weight / whole) for part, weight in ranked), salience, names_card=False)

    def find(self, phrase: str, *, exact: bool = False) -> tuple[str, Entry] | None:
        """The name that a phrase is, without accents, in plural or singular, joined or split, and what it means.

        Args:
            phrase: Normalised.
            exact: Just as it stands.
        """
        if exact:
            entry = self.get(phrase)
            return (phrase, entry) if entry else None
        for form in self._forms(phrase):
            entry = self.get(form)
            if entry:
                return form, entry
        if len(phrase) >= MIN_JOINED_CHARACTERS:
            joined = self._joined_names().get(phrase.replace(" ", ""))
            entry = self.get(joined) if joined else None
            if joined and entry:
                return joined, entry
        return None

    def _forms(self, phrase: str) -> Iterator[str]:
        yield phrase
        bare = fold(phrase)
        if bare != phrase:
            yield bare
        if len(bare) >= MIN_PLURAL_CHARACTERS:
            for ending, instead in PLURALS:
                if bare.endswith(ending):
                    yield bare.removesuffix(ending) + instead
        for prefix in ARABIC_PREFIXES:
            if bare.startswith(prefix) and len(bare) - len(prefix) >= 2:
                yield bare.removeprefix(prefix)
        for ending in COMPOUND_ENDINGS:
            if bare.endswith(ending) and len(bare) - len(ending) >= MIN_PLURAL_CHARACTERS:
                yield bare.removesuffix(ending)

    def _joined_names(self) -> dict[str, str]:
        if self._joined is None:
            self._joined = {}
            for name in self:
                squeezed = name.replace(" ", "")
                if len(squeezed) >= MIN_JOINED_CHARACTERS:
                    self._joined.setdefault(squeezed, name)
        return self._joined

    def segmenter(self, more: Iterable[str]) -> Segmenter:
        """Cuts runs of scripts without spaces; knows these words besides the names."""
        if self._segmenter is None:
            self._segmenter = Segmenter({*self, *more})
        return self._segmenter

    def spellings(self, first: str, length: int) -> list[str]:
        """Names that a misspelt word may be: of one script, with nearly the same length.

        Args:
            first: First letter of the word; tells ASCII from other scripts.
            length: Its length.
        """
        if self._spellings is None:
            self._spellings = {}
            for name in self:
                if len(name) >= MIN_PLURAL_CHARACTERS:
                    self._spellings.setdefault(len(name) * (1 if name[0].isascii() else -1), []).append(name)
        sign = 1 if first.isascii() else -1
        near = range(max(4, length - 2), length + 3)
        return [name for size in near for name in self._spellings.get(sign * size, ())]
