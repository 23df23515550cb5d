"""Text to words: one spelling for what people write in many ways, and word limits for scripts that write none."""

import re
import unicodedata
from collections.abc import Collection
from typing import Final

MAX_TEXT_CHARACTERS: Final = 400
"""More of a prompt than this is not read."""

# Vowel signs of Arabic, Indic and South-East Asian scripts are parts of words, though not to \w.
_SIGNS: Final = (
    "\u0300-\u036f\u0610-\u061a\u064b-\u065f\u06d6-\u06ed\u0900-\u0963\u0966-\u0dff\u0e00-\u109f\u1780-\u17ff"
)
_SEPARATORS: Final = re.compile(rf"[^\w#♯♭{_SIGNS}]+", re.UNICODE)
_WORDS: Final = re.compile(rf"[\w#♯♭{_SIGNS}]+(?: [\w#♯♭{_SIGNS}]+)*", re.UNICODE)
_CLAUSE_ENDS: Final = re.compile(r"[,.;:!?()\[\]{}|\n\r\t、。・「」【】،؛]+|\s[-\u2013\u2014+/]\s")
MINUS: Final = re.compile(r"(?:^|(?<=\s))[-\u2212\u2013](?=\w)")
"""Before a word it stands for ``no``."""
_ACCENTED: Final = re.compile("[\u00c0-\u024f\u0300-\u036f\u0400-\u045f\u064b-\u0652\u1e00-\u1eff]")
_MARKS: Final = re.compile("[\u0300-\u036f\u064b-\u0652]")
# Scripts without spaces, and Hangul, whose particles stick to words: Thai to Myanmar, Khmer, kana, Han, Hangul.
_UNSPACED: Final = re.compile(
    "([\u0e00-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]+)"
)


def normalise(text: str) -> str:
    """Lower case, one space between words, ``&`` and ``n'`` spelled out, no other punctuation."""
    if text.isascii() and text.islower() and text.replace(" ", "").isalnum() and "  " not in text:
        return text[:MAX_TEXT_CHARACTERS].strip()
    if _WORDS.fullmatch(text) and text == text.casefold() and unicodedata.is_normalized("NFKC", text):
        return text[:MAX_TEXT_CHARACTERS]
    wide = unicodedata.normalize("NFKC", text[:MAX_TEXT_CHARACTERS])
    plain = wide.casefold().replace("&", " and ").replace("\u2019", "'")
    return " ".join(_SEPARATORS.sub(" ", plain.replace("'n'", " and ").replace("'", "")).split())


def fold(text: str) -> str:
    """Without accents and vowel marks: what people type who cannot or will not type them."""
    if text.isascii() or not _ACCENTED.search(text):
        return text
    bare = _MARKS.sub("", unicodedata.normalize("NFD", text)).replace("\u0131", "i").replace("\u0142", "l")
    return unicodedata.normalize("NFC", bare.replace("\u00f8", "o"))


def spell_symbols(text: str) -> str:
    """The text with pictures and signs replaced by their names in Unicode: an umbrella is ``umbrella``.

    Variation selectors and skin tones go.
    """
    if text.isascii():
        return text
    spelled = []
    for letter in text[:MAX_TEXT_CHARACTERS]:
        kind = unicodedata.category(letter)
        if kind == "So":
            spelled.append(f" {unicodedata.name(letter, '').lower()} ")
        elif kind not in {"Sk", "Cf"} and not "\ufe00" <= letter <= "\ufe0f":
            spelled.append(letter)
    return "".join(spelled)


def clauses(text: str) -> list[str]:
    """The stretches between commas and the like, normalised; a minus before a word becomes ``no``."""
    marked = MINUS.sub(" no ", unicodedata.normalize("NFKC", text[:MAX_TEXT_CHARACTERS]))
    found = (normalise(part) for part in _CLAUSE_ENDS.split(marked))
    return [part for part in found if part]


def split_unspaced(clause: str) -> str:
    """The clause with spaces where a script without spaces meets another one."""
    return clause if clause.isascii() else " ".join(_UNSPACED.sub(r" \1 ", clause).split())


def is_unspaced(word: str) -> bool:
    """Whether the word is in a script that writes no spaces (or glues particles on)."""
    return not word.isascii() and _UNSPACED.match(word) is not None


class Segmenter:
    """Cuts runs of a script without spaces into the longest names that it knows, from the left.

    Args:
        names: What may be cut out.
    """

    __slots__ = ("_by_first",)

    def __init__(self, names: Collection[str]) -> None:
        by_first: dict[str, set[str]] = {}
        for name in names:
            if is_unspaced(name):
                by_first.setdefault(name[0], set()).add(name.replace(" ", ""))
        self._by_first = {
            first: sorted(found, key=lambda name: (-len(name), name)) for first, found in by_first.items()
        }

    def cut(self, run: str) -> list[str]:
        """The names in a run, in order, and what lies between them."""
        words: list[str] = []
        between = ""
        at = 0
        while at < len(run):
            name = next((name for name in self._by_first.get(run[at], ()) if run.startswith(name, at)), "")
            if name:
                words += [between, name] if between else [name]
                between = ""
                at += len(name)
            else:
                between += run[at]
                at += 1
        return [*words, between] if between else words
