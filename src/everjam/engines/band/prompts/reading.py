"""Reads a text: which names it holds, how much each weighs, and what the words between them are near to."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from rapidfuzz import fuzz, process

from everjam.engines.band.cards import Deck
from everjam.engines.band.prompts import words as w
from everjam.engines.band.prompts.embedding import WordTable, word_table
from everjam.engines.band.prompts.lexicon import Entry, Names
from everjam.engines.band.prompts.neighbours import FLOOR, SURE, Near, Neighbours
from everjam.engines.band.prompts.normalise import (
    MAX_TEXT_CHARACTERS,
    MINUS,
    clauses,
    fold,
    is_unspaced,
    normalise,
    spell_symbols,
    split_unspaced,
)

LONGER_NAME: Final = 0.25
"""What each further word of a name adds to its weight: ``deep house`` says more than ``deep``."""
MIN_FUZZY_CHARACTERS: Final = 4
FUZZY_MINIMUM: Final = 84.0
FUZZY_MINIMUM_SHORT: Final = 88.0
"""For words of up to five letters."""
FUZZY_MINIMUM_PHRASE: Final = 91.0
"""For several words together."""
FUZZY_WINDOW: Final = 3
MAX_FUZZY: Final = 12
FUZZY_WEIGHT: Final = 0.85
NEAR_WEIGHT: Final = 0.45
"""What one word between names weighs, by what it is near to, beside a name's 1; rare words weigh more than others."""
MAX_NEAR_WEIGHT: Final = 0.9
FLOOR_BESIDE_NAMES: Final = 0.45
"""Similarity that it takes to say anything beside names."""
DOUBTFUL: Final = 0.7
"""How much of that is lost where the nearest name is hardly near."""
UNKNOWN_SHARE: Final = 0.35
"""What a card that a text does not name gets of it where nothing is near; the band's own taste has the rest."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A name that a text holds.

    Attributes:
        phrase: As the text has it, quoted, and what it was taken for.
        entry: What it means.
        weight: How much it says; below 0 it pushes away.
    """

    phrase: str
    entry: Entry
    weight: float


@dataclass(frozen=True, slots=True)
class Vote:
    """A card that words between the names lead to.

    Attributes:
        part: The card.
        weight: How much they say.
        reason: For people.
    """

    part: str
    weight: float
    reason: str


@dataclass(frozen=True, slots=True)
class Loose:
    """A word that no name covers, with the weight that the words before it give it."""

    word: str
    weight: float


@dataclass(slots=True)
class Reading:
    """What a text holds.

    Attributes:
        hits: Names, in order.
        settings: Words that set a number.
        near: What the rest is near to.
    """

    hits: list[Hit] = field(default_factory=list)
    settings: list[w.Setting] = field(default_factory=list)
    near: list[Vote] = field(default_factory=list)


class Reader:
    """Reads texts for one deck.

    Args:
        deck: The cards.
        names: What its names mean.
    """

    __slots__ = ("_deck", "_ids", "_names", "_neighbours")

    def __init__(self, deck: Deck, names: Names) -> None:
        self._deck = deck
        self._names = names
        self._ids = sorted(deck.cards)
        self._neighbours: Neighbours | None = None

    def read(self, text: str) -> Reading:
        """All that a text holds; at least one hit, vote or setting."""
        reading = Reading()
        text = spell_symbols(text[:MAX_TEXT_CHARACTERS])
        plain = normalise(text)
        whole = self._names.find(plain) if plain and not MINUS.search(text) else None
        if whole:
            reading.hits.append(Hit(repr(plain), whole[1], 1.0))
            return reading
        reading.settings, rest = w.take_settings(text)
        loose: list[list[Loose]] = []
        for clause in clauses(rest):
            loose.extend(self._scan(self._words(clause), reading))
        words = self._misspelt(loose, reading)
        self._near(words, reading)
        if not (reading.hits or reading.near or reading.settings):
            self._guess(plain, reading)
        return reading

    def _words(self, clause: str) -> list[str]:
        """Words of a clause; runs of scripts without spaces are cut at names."""
        words: list[str] = []
        for word in split_unspaced(clause).split():
            if is_unspaced(word) and self._names.get(word) is None and word not in w.FILLERS:
                words += self._names.segmenter((*w.NEGATIONS, *w.NEGATIONS_AFTER, *w.INTENSITY)).cut(word)
            else:
                words.append(word)
        return words

    def _scan(self, words: list[str], reading: Reading) -> list[list[Loose]]:
        """Takes the longest names out of a clause, from the left; gives the runs of words between them."""
        runs: list[list[Loose]] = [[]]
        denied, force = 1.0, 1.0
        at = 0
        while at < len(words):
            found = self._longest(words, at)
            if found:
                size, entry = found
                after = words[at + size] if at + size < len(words) else ""
                sign = -1.0 if after in w.NEGATIONS_AFTER else denied
                weight = sign * force * entry.salience * (1.0 + LONGER_NAME * (size - 1))
                reading.hits.append(Hit(repr(" ".join(words[at : at + size])), entry, weight))
                at += size
                force = 1.0
                denied = denied if after in w.NEGATIONS_GO_ON else 1.0
                runs.append([])
                continue
            word = words[at]
            if word in w.NEGATIONS:
                denied = -1.0
            elif word in w.DIMINISHING:
                denied = -0.5
            elif word in w.INTENSITY:
                force *= w.INTENSITY[word]
            elif word not in w.FILLERS and word not in w.NEGATIONS_AFTER:
                runs[-1].append(Loose(word, denied * force))
                force = 1.0
            at += 1
        return [run for run in runs if run]

    def _longest(self, words: Sequence[str], at: int) -> tuple[int, Entry] | None:
        for size in range(min(self._names.longest + 1, len(words) - at), 0, -1):
            if size == 1 and (words[at] in w.FILLERS or words[at] in w.NEGATIONS or words[at] in w.INTENSITY):
                return None
            found = self._names.find(" ".join(words[at : at + size]), exact=size > 1 and words[at] in w.FILLERS)
            if found:
                return size, found[1]
        return None

    def _misspelt(self, runs: Sequence[Sequence[Loose]], reading: Reading) -> list[Loose]:
        """Takes misspelt names out of the runs; gives the words that are left."""
        left: list[Loose] = []
        budget = MAX_FUZZY
        for run in runs:
            at = 0
            while at < len(run):
                for size in range(min(FUZZY_WINDOW, len(run) - at), 0, -1):
                    if budget <= 0:
                        break
                    phrase = " ".join(loose.word for loose in run[at : at + size])
                    budget -= 1
                    name = self._spelling(phrase, size)
                    entry = self._names.get(name[0]) if name else None
                    if name and entry:
                        weight = run[at].weight * entry.salience * FUZZY_WEIGHT * name[1] / 100
                        reading.hits.append(Hit(f"{phrase!r} (read as {name[0]!r})", entry, weight))
                        at += size
                        break
                else:
                    size = 0
                if budget <= 0 or size == 0:
                    left.append(run[at])
                    at += 1
        return left

    def _spelling(self, phrase: str, size: int) -> tuple[str, float] | None:
        bare = fold(phrase)
        if len(bare) < MIN_FUZZY_CHARACTERS:
            return None
        least = FUZZY_MINIMUM if len(bare) > 5 else FUZZY_MINIMUM_SHORT
        if size > 1:
            least = FUZZY_MINIMUM_PHRASE
        elif bare.isascii() and word_table().knows(bare):
            return None  # "crumbling" is no misspelt "rumbling"
        names = self._names.spellings(bare[0], len(bare))
        best = process.extractOne(bare, names, scorer=fuzz.ratio, score_cutoff=least)
        return (best[0], best[1]) if best else None

    def _near(self, words: Sequence[Loose], reading: Reading) -> None:
        """Votes by what the words between names are near to."""
        table = word_table()
        heard = [loose for loose in words if loose.weight > 0 and table.rows(fold(loose.word))]
        if not heard:
            return
        near = self._near_cards([fold(loose.word) for loose in heard], table)
        top = max((one.similarity for one in near), default=0.0)
        if not near or (reading.hits and top < FLOOR_BESIDE_NAMES):
            return
        doubt = min(1.0, max(0.0, (SURE - top) / (SURE - FLOOR)))
        if reading.hits:
            rarity = sum(loose.weight * min(1.0, table.weight(fold(loose.word))) for loose in heard)
            weight = min(MAX_NEAR_WEIGHT, NEAR_WEIGHT * rarity) * (1.0 - DOUBTFUL * doubt)
        else:
            weight = 1.0 - UNKNOWN_SHARE * doubt
        reading.near = [
            Vote(one.card, weight * one.share, f"{one.phrase!r} is near {one.name!r} ({one.similarity:.2f})")
            for one in near
        ]
        if not reading.hits and doubt > 0:
            reason = "nothing that the band knows is very near: its own taste joins in"
            reading.near.append(Vote("prior", UNKNOWN_SHARE * doubt, reason))

    def _near_cards(self, words: Sequence[str], table: WordTable) -> list[Near]:
        if self._neighbours is None:
            self._neighbours = Neighbours(self._names, self._deck, table)
        return self._neighbours.cards(words)

    def _guess(self, plain: str, reading: Reading) -> None:
        if not plain:
            reading.near = [Vote("prior", 1.0, "there is no word in it: the band plays to its own taste")]
            return
        name = self._ids[zlib.crc32(plain.encode()) % len(self._ids)]
        reading.near += [
            Vote("prior", 1 - UNKNOWN_SHARE, "no word of it is known: the band plays to its own taste"),
            Vote(name, UNKNOWN_SHARE, "a tint, drawn from the letters of the text"),
        ]
