"""What a text that no name covers is near to: the names of the lexicon and the cards' own lines, by word vectors."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from everjam.engines.band.cards import Deck
from everjam.engines.band.prompts.embedding import WordTable, split_words
from everjam.engines.band.prompts.lexicon import Entry, Names

NEIGHBOURS: Final = 12
"""Names that are asked."""
TEMPERATURE: Final = 0.13
"""How fast a name's say falls with its similarity."""
FLOOR: Final = 0.3
"""Similarity below which a name has nothing to say."""
SURE: Final = 0.6
"""Similarity from which the band's own taste takes no share."""
MAX_WORDS: Final = 10
"""More words than this between names are not heard."""
MAX_CARDS: Final = 4
MIN_SHARE: Final = 0.1
"""Cards with less of the whole are left out."""


@dataclass(frozen=True, slots=True)
class Near:
    """A card that a text is near to.

    Attributes:
        card: Its id.
        share: Its part of what the neighbours say; the shares of all add up to 1.
        phrase: Which words of the text.
        name: The nearest name that speaks for it.
        similarity: Cosine between the words and that name, -1 to 1.
    """

    card: str
    share: float
    phrase: str
    name: str
    similarity: float


class Neighbours:
    """All names as vectors.

    Args:
        names: Names and what they mean.
        deck: Cards whose lines for people are asked as well.
        table: Word vectors.
    """

    __slots__ = ("_anchors", "_entries", "_matrix", "_names", "table")

    def __init__(self, names: Names, deck: Deck, table: WordTable) -> None:
        self.table = table
        texts = [name for name in names if name.isascii()]
        entries: list[Entry | str] = list(texts)
        rows = [table.exact_rows(name.split()) for name in texts]
        for card in deck.cards.values():
            texts.append(card.about)
            entries.append(Entry(((card.id, 1.0),), 1.0, names_card=True))
            rows.append([row for word in split_words(card.about) for row in table.exact_rows((word,))])
        kept = [index for index, found in enumerate(rows) if found]
        self._matrix = table.embed_all([rows[index] for index in kept])
        self._anchors = [texts[index] for index in kept]
        self._names = names
        self._entries = [entries[index] for index in kept]

    def nearest(self, vectors: npt.NDArray[np.float32], count: int = NEIGHBOURS) -> list[list[tuple[int, float]]]:
        """Anchors by falling similarity, as indices, for each of some vectors.

        Args:
            vectors: Shape (vectors, dimensions), of unit length.
            count: How many anchors each.
        """
        found = []
        for similarities in (self._matrix @ vectors.T).T:
            best = np.argpartition(-similarities, min(count, len(similarities) - 1))[:count]
            ranked = sorted((-float(similarities[index]), int(index)) for index in best)
            found.append([(index, -negative) for negative, index in ranked])
        return found

    def cards(self, words: Sequence[str]) -> list[Near]:
        """The cards that words are near to, together and one by one, strongest first; none where nothing is near.

        Args:
            words: Lower case, without accents.
        """
        single = list(dict.fromkeys(words))[:MAX_WORDS]
        phrases = [" ".join(single), *(single if len(single) > 1 else ())]
        nearest = self.nearest(np.stack([self.table.embed(phrase) for phrase in phrases]))
        votes = [near for phrase, names in zip(phrases, nearest, strict=True) for near in self.vote(phrase, names)]
        best: dict[str, Near] = {}
        total: dict[str, float] = {}
        for near in votes:
            said = near.share * (near.similarity - FLOOR)
            total[near.card] = total.get(near.card, 0.0) + said
            known = best.get(near.card)
            if known is None or near.similarity > known.similarity:
                best[near.card] = near
        ranked = sorted(total.items(), key=lambda item: (-item[1], item[0]))[:MAX_CARDS]
        whole = sum(said for _, said in ranked)
        return [replace(best[card], share=said / whole) for card, said in ranked if said > MIN_SHARE * whole]

    def vote(self, phrase: str, nearest: Sequence[tuple[int, float]]) -> list[Near]:
        """What the neighbours of a phrase say together; shares add up to 1.

        Args:
            phrase: Whose neighbours they are.
            nearest: As ``nearest`` gives them.
        """
        top = nearest[0][1] if nearest else 0.0
        if top <= FLOOR:
            return []
        said: dict[str, float] = {}
        speaker: dict[str, tuple[str, float]] = {}
        for index, similarity in nearest:
            entry = _entry(self._names, self._entries[index])
            if entry is None or similarity <= FLOOR:
                continue
            voice = math.exp((similarity - top) / TEMPERATURE)
            for part, weight in entry.parts:
                if weight > 0 and ":" not in part:
                    said[part] = said.get(part, 0.0) + voice * weight
                    speaker.setdefault(part, (self._anchors[index], similarity))
        whole = sum(said.values())
        ranked = sorted(said.items(), key=lambda item: (-item[1], item[0]))
        return [Near(card, weight / whole, phrase, *speaker[card]) for card, weight in ranked]


def _entry(names: Names, entry: Entry | str) -> Entry | None:
    return names.get(entry) if isinstance(entry, str) else entry
