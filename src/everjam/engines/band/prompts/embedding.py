"""What a word is near to: a small table of word vectors, distilled from a sentence encoder by tools/distil_words.py.

A text is the weighted sum of its words' vectors (frequent words weigh little; the lengths of the rows carry the
weights). Unknown words are cut into pieces as the encoder's WordPiece does. Read on first use, mapped, not copied.
"""

import re
import unicodedata
from collections.abc import Container, Iterator, Mapping, Sequence
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float32]

PIECE: Final = "##"
"""Begins a piece that continues a word."""
MIN_STEM_CHARACTERS: Final = 3
MIN_PIECE_CHARACTERS: Final = 3
"""A word whose pieces are shorter than this on average is no word."""
PIECE_WEIGHT: Final = 0.5
"""Pieces of a word say less than words do."""
_AT_ONCE: Final = 512
"""Texts that are embedded together: more would need more memory than the table."""
_WORD: Final = re.compile("[a-z0-9]+")
_ENDINGS: Final = (("ies", "y"), ("es", ""), ("s", ""), ("ing", ""), ("ing", "e"), ("ed", ""), ("ed", "e"), ("ly", ""))
_ANY_ENDING: Final = tuple({ending for ending, _ in _ENDINGS})


def split_words(text: str) -> list[str]:
    """Words of a text, lower case, accents off, cut at everything but letters and digits."""
    if text.isascii():
        return _WORD.findall(text.lower())
    plain = unicodedata.normalize("NFD", text.casefold())
    letters = (c for c in plain if unicodedata.category(c) != "Mn")
    return "".join(c if c.isalnum() else " " for c in letters).split()


def stems(word: str) -> Iterator[str]:
    """What an inflected English word may be a form of, likeliest first."""
    if word.endswith(_ANY_ENDING):
        for ending, instead in _ENDINGS:
            if word.endswith(ending) and len(word) - len(ending) >= MIN_STEM_CHARACTERS:
                yield word.removesuffix(ending) + instead


def word_pieces(word: str, vocabulary: Container[str]) -> list[str]:
    """The longest pieces from the left that a vocabulary has; none if some part has no piece."""
    pieces = []
    at = 0
    while at < len(word):
        mark = PIECE if at else ""
        end = next((end for end in range(len(word), at, -1) if mark + word[at:end] in vocabulary), at)
        if end == at:
            return []
        pieces.append(mark + word[at:end])
        at = end
    return pieces


class WordTable:
    """The table.

    Args:
        words: Word or piece to row.
        directions: int8, shape (rows, dimensions).
        lengths: float16, shape (rows,): what one unit of a direction is worth.
    """

    __slots__ = ("_directions", "_lengths", "_words")

    def __init__(
        self, words: Mapping[str, int], directions: npt.NDArray[np.int8], lengths: npt.NDArray[np.float16]
    ) -> None:
        self._words = words
        self._directions = directions
        self._lengths = lengths

    @property
    def dimensions(self) -> int:
        """Length of a vector."""
        return int(self._directions.shape[1])

    def _row(self, word: str) -> tuple[int, ...]:
        row = self._words.get(word)
        if row is not None:
            return (row,)
        return next(((row,) for stem in stems(word) if (row := self._words.get(stem)) is not None), ())

    def rows(self, word: str) -> list[tuple[int, float]]:
        """Rows that stand for a word, each with its factor; none for one of which nothing is known."""
        row = self._row(word)
        if row:
            return [(row[0], 1.0)]
        pieces = word_pieces(word, self._words)
        if len(pieces) * MIN_PIECE_CHARACTERS > len(word):
            return []
        return [(self._words[piece], PIECE_WEIGHT) for piece in pieces]

    def knows(self, word: str) -> bool:
        """Whether a word (lower case, without accents) is in the table as it stands or with another ending."""
        return bool(self._row(word))

    def weight(self, word: str) -> float:
        """How much a word says beside others, from the length of its vector: about 1 for most, less for common ones."""
        row = self._row(word)
        if not row:
            return PIECE_WEIGHT if self.rows(word) else 0.0
        direction = self._directions[row[0]].astype(np.float32)
        return float(np.sqrt(direction @ direction)) * float(self._lengths[row[0]])

    def exact_rows(self, words: Sequence[str]) -> list[int]:
        """Rows of words (lower case, without accents); none if some word is not in the table as a whole."""
        rows = []
        for word in words:
            row = self._words.get(word)
            if row is None:
                found = self._row(word)
                if not found:
                    return []
                row = found[0]
            rows.append(row)
        return rows

    def embed(self, text: str) -> Vector:
        """Unit vector of a text, zeros for one of which no word is known."""
        total = np.zeros(self.dimensions, np.float32)
        for word in split_words(text):
            for row, factor in self.rows(word):
                total += self._directions[row] * np.float32(factor * float(self._lengths[row]))
        norm = float(np.sqrt(total @ total))
        return total / np.float32(norm) if norm > 0 else total

    def embed_all(self, texts: Sequence[Sequence[int]]) -> npt.NDArray[np.float32]:
        """Unit vectors of many texts.

        Args:
            texts: Rows of each, at least one a text.

        Returns:
            Shape (texts, dimensions).
        """
        unit = np.zeros((len(texts), self.dimensions), np.float32)
        by_length: dict[int, list[int]] = {}
        for index, text in enumerate(texts):
            by_length.setdefault(len(text), []).append(index)
        alike = [ones[at : at + _AT_ONCE] for ones in by_length.values() for at in range(0, len(ones), _AT_ONCE)]
        for members in alike:
            rows = np.array([texts[index] for index in members])
            lengths = self._lengths[rows].astype(np.float32)
            sums = np.einsum("tw,twd->td", lengths, self._directions[rows].astype(np.float32))
            norms = np.sqrt(np.einsum("td,td->t", sums, sums))
            unit[members] = sums / np.maximum(norms, np.float32(1e-9))[:, None]
        return unit


@lru_cache(maxsize=1)
def word_table() -> WordTable:
    """The band's own table, read once a process."""
    folder = Path(str(resources.files(__package__) / "data"))
    words = (folder / "words.txt").read_text("utf-8").split("\n")
    return WordTable(
        {word: row for row, word in enumerate(words) if word},
        np.load(folder / "words.npy", mmap_mode="r"),
        np.load(folder / "lengths.npy"),
    )
