"""Words that set numbers (tempo, key, metre, decade) and words that weigh others (no, very, a bit of)."""

import re
import tomllib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from typing import Final

from everjam.engines.band.prompts.normalise import MAX_TEXT_CHARACTERS
from everjam.engines.band.theory import MODES, SHARP_NAMES

MIN_BPM: Final = 40
MAX_BPM: Final = 220
METERS: Final = frozenset(
    {"2/4", "3/4", "4/4", "5/4", "6/4", "7/4", "5/8", "6/8", "7/8", "9/8", "10/8", "11/8", "12/8"}
)
_NEAREST_METER: Final = {"2/2": "4/4", "8/8": "4/4", "3/8": "3/4", "4/8": "2/4"}

_DATA: Final = tomllib.loads(
    (resources.files(__package__) / "data" / "function_words.toml").read_text(encoding="utf-8")
)


def _listed(key: str) -> frozenset[str]:
    return frozenset(_DATA[key].split())


NEGATIONS: Final = _listed("negations")
NEGATIONS_AFTER: Final = _listed("negations_after")
NEGATIONS_GO_ON: Final = _listed("negations_go_on")
"""After a negation these let it stand for what follows as well."""
DIMINISHING: Final = _listed("diminishing")
"""These push away by half."""
INTENSITY: Final = {**dict.fromkeys(_listed("strong"), 1.6), **dict.fromkeys(_listed("weak"), 0.45)}
FILLERS: Final = _listed("fillers")


@dataclass(frozen=True, slots=True)
class Setting:
    """A word that sets a number or a table.

    Attributes:
        part: What ``style.card_for`` makes a card of, such as ``bpm:140``.
        reason: For people.
    """

    part: str
    reason: str


_BPM: Final = re.compile(
    r"\b(\d{2,3})(?:\.\d+)?\s*-?(?:bpm|beats? (?:per|a) minute)(?!\w)"
    r"|\b(?:bpm|tempo(?: of)?|mm)\s*[=:]?\s*(\d{2,3})\b"
    r"|[♩q]\s*=\s*(\d{2,3})\b"
    r"|\bat (\d{2,3})\b(?!\s*(?:%|hz|am|pm|db|bpm|beats|o'clock))"
)
_RANGE: Final = re.compile(r"\b(\d{2,3})\s*(?:-|\u2013|to|bis)\s*(\d{2,3})(?=\s*-?bpm\b)")
"""Two tempos, of which the middle is taken."""
_METER: Final = re.compile(r"(?<![\d/])(\d{1,2})/(2|4|8)(?![\d/])(?:\s*(?:time(?: signature)?|takt|beat|mesure))?")
_YEAR: Final = re.compile(r"\b(19[2-9]|20[01])\d\b(?!s)")
_SHORT_DECADE: Final = re.compile(r"'?\b([2-9]0)'s\b")

_ACCIDENTALS: Final[dict[str, int]] = {
    **dict.fromkeys(_DATA["accidentals"]["sharp"].split(), 1),
    **dict.fromkeys(_DATA["accidentals"]["flat"].split(), -1),
}
_LETTERS: Final = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11, "h": 11}
_SUNG: Final[dict[str, int]] = _DATA["sung"]
_MODE_NAMES: Final = {
    **dict.fromkeys(_DATA["modes"]["major"].split(), "major"),
    **dict.fromkeys(_DATA["modes"]["minor"].split(), "minor"),
    "aeolian": "minor",
    "ionian": "major",
    "harmonic minor": "harmonic_minor",
    "melodic minor": "melodic_minor",
    **{mode: mode for mode in ("dorian", "phrygian", "lydian", "mixolydian", "locrian")},
}


def _any(words: Iterable[str]) -> str:
    return "|".join(sorted(map(re.escape, words), key=lambda word: (-len(word), word)))


_MODE: Final = _any(_MODE_NAMES)
_SIGN: Final = rf"([#♯♭b]|[- ]?(?:{_any(sign for sign in _ACCIDENTALS if len(sign) > 1)}))?"
_BEFORE_KEY: Final = r"(?:in|en|em|key of|in the key of|key)\s+"
_GERMAN: Final = re.compile(rf"\b(?:{_BEFORE_KEY})?([a-h])(is|es|s)?[- ]?(dur|moll)\b")
_KEY: Final = re.compile(
    rf"(?<!\w)({_BEFORE_KEY})?([a-g]){_SIGN}[- ]?({_MODE})(?!\w)(?!\s+(?:key|scale|chord))(\s*(?:$|[^\w\s]))?"
)
_KEY_ALONE: Final = re.compile(
    rf"\bkey (?:of|in|is)?\s*([a-g]){_SIGN}(m)?(?!\w)|\bin ([a-g][#♯♭]|[b-g]b(?!\w)|[a-g](?=m\b))(m)?(?!\w)"
)
_KEY_SUNG: Final = re.compile(
    rf"(?<!\w)(?:{_BEFORE_KEY})?({_any(name for name in _SUNG if len(name) > 1)}){_SIGN}[- ]({_MODE})(?!\w)"
)
_KEY_EAST: Final = re.compile(
    rf"([嬰変升降])?([a-g]|{_any(name for name in _SUNG if len(name) == 1)})([大小]调|[大小]調|[長短]調)"
)


def take_settings(text: str) -> tuple[list[Setting], str]:
    """The tempos, keys and metres of a text, and the text without them; years become decades.

    Args:
        text: As people write it.
    """
    plain = unicodedata.normalize("NFKC", text[:MAX_TEXT_CHARACTERS]).casefold().replace("\u2019", "'")
    settings: dict[str, Setting] = {}

    def keep(kind: str, setting: Setting | None, match: re.Match[str]) -> str:
        if setting is None:
            return match[0]
        settings.setdefault(kind, setting)
        return " , "

    plain = _RANGE.sub(lambda match: str((int(match[1]) + int(match[2])) // 2), plain)
    plain = _BPM.sub(lambda match: keep("bpm", _tempo(match), match), plain)
    plain = _METER.sub(lambda match: keep("meter", _meter(match), match), plain)
    for pattern, read in (
        (_GERMAN, _german_key),
        (_KEY, _letter_key),
        (_KEY_SUNG, _sung_key),
        (_KEY_EAST, _eastern_key),
        (_KEY_ALONE, _bare_key),
    ):
        plain = pattern.sub(lambda match, read=read: keep("key", read(match), match), plain)  # type: ignore[misc]
    plain = _YEAR.sub(lambda match: f"{match[1]}0s", plain)
    plain = _SHORT_DECADE.sub(lambda match: f"{match[1]}s", plain)
    return list(settings.values()), plain


def _tempo(match: re.Match[str]) -> Setting | None:
    bpm = int(next(group for group in match.groups() if group))
    return Setting(f"bpm:{min(MAX_BPM, max(MIN_BPM, bpm))}", f"{match[0].strip()!r} is a tempo") if bpm >= 20 else None


def _meter(match: re.Match[str]) -> Setting | None:
    written = f"{match[1]}/{match[2]}"
    meter = written if written in METERS else _NEAREST_METER.get(written)
    return Setting(f"meter:{meter}", f"{match[0].strip()!r} is a metre") if meter else None


def _key(tonic: int, mode: str, said: str) -> Setting | None:
    if mode and mode not in MODES:
        mode = "minor" if "minor" in mode else "major"
    return Setting(f"key:{SHARP_NAMES[tonic % 12]} {mode}".rstrip(), f"{said.strip()!r} is a key")


def _sign(written: str | None) -> int:
    return _ACCIDENTALS.get(written.strip(" -"), 0) if written else 0


def _mode(name: str) -> str:
    return _MODE_NAMES.get(name, name)


def _letter_key(match: re.Match[str]) -> Setting | None:
    before, letter, sign, mode, end = match.groups()
    if letter == "a" and not sign and before is None and end is None:
        return None  # "a minor problem"
    return _key(_LETTERS[letter] + _sign(sign), _mode(mode), match[0].rstrip(",.;:!?)"))


def _german_key(match: re.Match[str]) -> Setting | None:
    letter, sign, mode = match[1], match[2], _mode(match[3])
    # German says H for B, and B for B flat.
    tonic = _LETTERS[letter] - (letter == "b") + {"is": 1, "es": -1, "s": -1, None: 0}[sign]
    return _key(tonic, mode, match[0])


def _sung_key(match: re.Match[str]) -> Setting | None:
    return _key(_SUNG[match[1]] + _sign(match[2]), _mode(match[3]), match[0])


def _eastern_key(match: re.Match[str]) -> Setting | None:
    tonic = _LETTERS.get(match[2], _SUNG.get(match[2], 0))
    return _key(tonic + _ACCIDENTALS.get(match[1] or "", 0), _mode(match[3]), match[0])


def _bare_key(match: re.Match[str]) -> Setting | None:
    written, sign, minor = match[1], match[2], match[3]
    if written is None:
        written, sign, minor = match[4][0], match[4][1:], match[5]
    return _key(_LETTERS[written] + _sign(sign), "minor" if minor else "", match[0])
