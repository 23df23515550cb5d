"""Pitch, scale, chord and figure: the arithmetic of music, without style and without chance."""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

SHARP_NAMES: Final = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
FLAT_NAMES: Final = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
FLAT_PAIRS: Final = frozenset({1, 3, 5, 6, 8, 10})
"""Major tonics whose signature has flats."""

MAJOR: Final = (0, 2, 4, 5, 7, 9, 11)
MINOR: Final = (0, 2, 3, 5, 7, 8, 10)


@dataclass(frozen=True, slots=True)
class Mode:
    """A scale and the place of its tonic in a key signature.

    Attributes:
        degree: Degree of the signature's major scale that is its tonic.
        steps: Semitones of its seven degrees above the tonic; chords are built on them.
        melody: Semitones that melodies move on; fewer than seven in pentatonic scales.
    """

    degree: int
    steps: tuple[int, ...]
    melody: tuple[int, ...]


def _mode(degree: int, steps: str = "", melody: str = "") -> Mode:
    """Reads the steps of a mode; those that are not given are the signature's own."""
    own = tuple((MAJOR[(degree + step) % 7] - MAJOR[degree]) % 12 for step in range(7))
    seven = tuple(map(int, steps.split())) or own
    return Mode(degree, seven, tuple(map(int, melody.split())) or seven)


MODES: Final[dict[str, Mode]] = {
    "major": _mode(0),
    "dorian": _mode(1),
    "phrygian": _mode(2),
    "lydian": _mode(3),
    "mixolydian": _mode(4),
    "minor": _mode(5),
    "locrian": _mode(6),
    "harmonic_minor": _mode(5, "0 2 3 5 7 8 11"),
    "melodic_minor": _mode(5, "0 2 3 5 7 9 11"),
    "hungarian_minor": _mode(5, "0 2 3 6 7 8 11"),
    "hijaz": _mode(2, "0 1 4 5 7 8 10"),
    "double_harmonic": _mode(2, "0 1 4 5 7 8 11"),
    "ukrainian_dorian": _mode(1, "0 2 3 6 7 9 10"),
    "lydian_dominant": _mode(3, "0 2 4 6 7 9 10"),
    "todi": _mode(2, "0 1 3 6 7 8 11"),
    "marwa": _mode(3, "0 1 4 6 7 9 11"),
    "pentatonic_major": _mode(0, "", "0 2 4 7 9"),
    "pentatonic_minor": _mode(5, "", "0 3 5 7 10"),
    "malkauns": _mode(5, "", "0 3 5 8 10"),
    "yo": _mode(4, "", "0 2 5 7 9"),
    "hirajoshi": _mode(5, "", "0 2 3 7 8"),
    "in_sen": _mode(2, "", "0 1 5 7 10"),
    "miyako_bushi": _mode(2, "", "0 1 5 7 8"),
    "ryukyu": _mode(0, "", "0 4 5 7 11"),
    "pelog": _mode(2, "", "0 1 3 7 8"),
    "slendro": _mode(4, "", "0 2 5 7 9"),
}
"""Scales by name, in twelve equal semitones; quarter tones and the tunings of gamelan are approximated."""
MINOR_MODES: Final = frozenset(name for name, mode in MODES.items() if mode.steps[2] == 3)

_NUMERALS: Final = {"i": 0, "ii": 1, "iii": 2, "iv": 3, "v": 4, "vi": 5, "vii": 6}
_ROMAN: Final = re.compile(r"^([b#]?)(VII|VI|IV|V|III|II|I|vii|vi|iv|v|iii|ii|i)(.*)$")

# Suffix to scale steps above the root and their semitones; "3" is major or minor by the case of the numeral.
_SUFFIXES: Final[dict[str, tuple[tuple[int, int], ...]]] = {
    "": ((2, -1), (4, 7)),
    "5": ((4, 7),),
    "6": ((2, -1), (4, 7), (5, 9)),
    "69": ((2, -1), (4, 7), (5, 9), (1, 14)),
    "7": ((2, -1), (4, 7), (6, 10)),
    "9": ((2, -1), (4, 7), (6, 10), (1, 14)),
    "11": ((2, -1), (4, 7), (6, 10), (1, 14), (3, 17)),
    "13": ((2, -1), (6, 10), (1, 14), (5, 21)),
    "maj7": ((2, -1), (4, 7), (6, 11)),
    "maj9": ((2, -1), (4, 7), (6, 11), (1, 14)),
    "add9": ((2, -1), (4, 7), (1, 14)),
    "sus2": ((1, 2), (4, 7)),
    "sus4": ((3, 5), (4, 7)),
    "7sus4": ((3, 5), (4, 7), (6, 10)),
    "9sus4": ((3, 5), (4, 7), (6, 10), (1, 14)),
    "dim": ((2, 3), (4, 6)),
    "dim7": ((2, 3), (4, 6), (6, 9)),
    "m7b5": ((2, 3), (4, 6), (6, 10)),
    "aug": ((2, 4), (4, 8)),
    "7b9": ((2, 4), (4, 7), (6, 10), (1, 13)),
    "7#9": ((2, 4), (4, 7), (6, 10), (1, 15)),
    "7#5": ((2, 4), (4, 8), (6, 10)),
}


@dataclass(frozen=True, slots=True)
class Key:
    """A tonic and a mode, written as a mode of a major scale.

    Attributes:
        pair: Pitch class of the major tonic of the signature (a major key and its relative minor share it).
        mode: Key of ``MODES``.
        diatonic: Keep to the signature's seven pitch classes, whatever the mode would sharpen or flatten.
        tonic: Pitch class of the tonic.
        scale: The seven pitch classes, from the tonic up.
        melody: The pitch classes that melodies move on, from the tonic up.
    """

    pair: int
    mode: str
    diatonic: bool = False
    tonic: int = field(init=False, repr=False, compare=False)
    scale: tuple[int, ...] = field(init=False, repr=False, compare=False)
    melody: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        mode = MODES[self.mode]
        tonic = (self.pair + MAJOR[mode.degree]) % 12
        scale = tuple((tonic + step) % 12 for step in mode.steps)
        melody = tuple((tonic + step) % 12 for step in mode.melody)
        if self.diatonic:
            scale = tuple((self.pair + MAJOR[(mode.degree + step) % 7]) % 12 for step in range(7))
            melody = scale if len(melody) == 7 else tuple(tone for tone in melody if tone in scale)
        for name, value in (("tonic", tonic), ("scale", scale), ("melody", melody)):
            object.__setattr__(self, name, value)

    @property
    def name(self) -> str:
        """E.g. ``A minor``."""
        return f"{pitch_class_name(self.tonic, self.pair)} {self.mode.replace('_', ' ')}"


@dataclass(frozen=True, slots=True)
class Chord:
    """A chord as it is thought of, before it is voiced.

    Attributes:
        root: Pitch class.
        intervals: Semitones above the root, 0 first, extensions above 12.
        symbol: As a musician writes it.
        pitch_classes: The root first, no pitch class twice.
    """

    root: int
    intervals: tuple[int, ...]
    symbol: str
    pitch_classes: tuple[int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        classes = dict.fromkeys((self.root + interval) % 12 for interval in self.intervals)
        object.__setattr__(self, "pitch_classes", tuple(classes))


def pitch_class_name(pitch_class: int, pair: int) -> str:
    """Name of a pitch class as the signature of ``pair`` spells it."""
    return (FLAT_NAMES if pair in FLAT_PAIRS else SHARP_NAMES)[pitch_class % 12]


def key_for(pair: int, mode: str, *, diatonic: bool = False) -> Key:
    """The key of a mode within a signature."""
    return Key(pair % 12, mode, diatonic)


@lru_cache(maxsize=4096)
def parse_chart(chart: str) -> tuple[tuple[str, ...], ...]:
    """Reads a chart such as ``"ii9 V13 | Imaj9"``: bars between ``|``, the chords of a bar share it evenly.

    Raises:
        ValueError: A bar is empty or a chord is not a Roman numeral with a known suffix.
    """
    bars = tuple(tuple(bar.split()) for bar in chart.split("|"))
    for bar in bars:
        if not bar:
            raise ValueError(f"the chart {chart!r} has an empty bar")
        for roman in bar:
            split_roman(roman)
    return bars


@lru_cache(maxsize=4096)
def tonality(chart: str) -> str:
    """Whether a chart is thought in major or in minor: ``major``, ``minor`` or ``either``."""
    score = 0
    for bar in parse_chart(chart):
        for roman in bar:
            degree, accidental, is_major, suffix = split_roman(roman)
            if is_major and degree != 4 and suffix.startswith(("7", "9", "13")):
                # A secondary dominant says nothing about the mode.
                continue
            if degree == 0 and not accidental:
                return "major" if is_major else "minor"
            if not accidental and degree != 4:
                score += 1 if is_major == (degree == 3) else -1
            elif degree == 4 and not is_major:
                score -= 1
    return "major" if score > 0 else "minor" if score < 0 else "either"


def split_roman(roman: str) -> tuple[int, int, bool, str]:
    """Takes a Roman numeral apart.

    Returns:
        ``(degree from 0, accidental in semitones, is_major, suffix)``.

    Raises:
        ValueError: It is not a Roman numeral with a known suffix.
    """
    found = _ROMAN.match(roman)
    if found is None or found[3] not in _SUFFIXES:
        raise ValueError(f"{roman!r} is not a chord such as ii7, V13, bVIImaj7 or i5")
    accidental = {"": 0, "b": -1, "#": 1}[found[1]]
    return _NUMERALS[found[2].lower()], accidental, found[2].isupper(), found[3]


def is_minor(chart: str, mode: str) -> bool:
    """Whether the numerals of a chart count from the natural minor scale."""
    family = tonality(chart)
    return mode in MINOR_MODES if family == "either" else family == "minor"


@lru_cache(maxsize=4096)
def misfit(chart: str, mode: str) -> float:
    """Share of a chart's chord tones that lie outside a mode, 0 to 1."""
    key = Key(0, mode)
    minor = is_minor(chart, mode)
    tones = [
        tone
        for bar in parse_chart(chart)
        for roman in bar
        for tone in chord_of(roman, key, minor=minor, strict=False).pitch_classes
    ]
    return sum((tone not in key.scale) for tone in tones) / len(tones)


@lru_cache(maxsize=8192)
def chord_of(roman: str, key: Key, *, minor: bool, strict: bool) -> Chord:
    """The chord that a Roman numeral means in a key.

    Args:
        roman: E.g. ``bVIImaj7``; an accidental is relative to the major scale on the tonic.
        key: Tonic and mode.
        minor: Degrees without an accidental are those of the natural minor scale, else of the major scale; so ``VI``
            is the flat sixth in a minor chart whatever the mode.
        strict: Keep to the key's seven pitch classes: roots and chord tones that lie outside give way to the
            scale's own.
    """
    degree, accidental, is_major, suffix = split_roman(roman)
    scale = key.scale
    steps = MINOR if minor and not accidental else MAJOR
    wanted = (key.tonic + steps[degree] + accidental) % 12
    root = wanted if wanted in scale or not strict else scale[degree]
    intervals = [0]
    for step, semitones in _SUFFIXES[suffix]:
        if strict:
            at = scale.index(root)
            tone = (scale[(at + step) % 7] - root) % 12
            intervals.append(tone + (12 if semitones > 12 else 0))
        else:
            intervals.append((4 if is_major else 3) if semitones == -1 else semitones)
    fixed = tuple(sorted(set(intervals)))
    return Chord(root, fixed, pitch_class_name(root, key.pair) + quality_name(fixed))


def quality_name(intervals: tuple[int, ...]) -> str:
    """The chord symbol without its root, read off the intervals."""
    tones = {interval % 12 for interval in intervals}
    high = {interval for interval in intervals if interval > 12}
    if not tones & {2, 3, 4, 5}:
        return "5" if len(tones) == 2 else ("7" if 10 in tones else "")
    if 3 in tones and 6 in tones and 7 not in tones and 4 not in tones:
        return "m7b5" if 10 in tones else ("dim7" if 9 in tones else "dim")
    third = "" if 4 in tones else ("m" if 3 in tones else "")
    suspended = "" if tones & {3, 4} else ("sus4" if 5 in tones else "sus2")
    seventh = "maj" if 11 in tones else ""
    if tones & {10, 11}:
        top = "13" if high & {20, 21} else "11" if high & {17, 18} and third else "9" if 14 in high else "7"
    elif 9 in tones and 7 in tones:
        top = "69" if 14 in high else "6"
    else:
        top = "add9" if 14 in high and not suspended else ""
    altered = ("b9" if 13 in high else "#9" if 15 in high else "") + ("#5" if 8 in tones and 7 not in tones else "")
    altered += "b5" if 6 in tones and 7 not in tones and third != "m" else ""
    return f"{third}{seventh}{top}{suspended}{altered}"


@lru_cache(maxsize=8192)
def local_scale(chord: Chord, key: Key) -> tuple[int, ...]:
    """The key's scale with the notes that clash with the chord's own chromatic notes replaced, sorted."""
    scale = set(key.scale)
    for tone in chord.pitch_classes:
        if tone not in scale:
            # Raised tones (leading ones among them) take the place of the note below, lowered ones of the note above.
            degree = (tone - chord.root) % 12
            raised = degree in {4, 6, 8, 11} or (degree == 0 and {3, 6} <= {step % 12 for step in chord.intervals})
            for side in (-1, 1) if raised else (1, -1):
                if (tone + side) % 12 in scale - set(chord.pitch_classes):
                    scale.discard((tone + side) % 12)
                    break
            scale.add(tone)
    return tuple(sorted(scale))


@lru_cache(maxsize=4096)
def ladder(pitch_classes: tuple[int, ...], low: int, high: int) -> tuple[int, ...]:
    """All MIDI keys from ``low`` to ``high`` whose pitch class is given, ascending."""
    wanted = set(pitch_classes)
    return tuple(pitch for pitch in range(low, high + 1) if pitch % 12 in wanted)


def nearest(pitch_class: int, center: float) -> int:
    """The MIDI key of a pitch class that lies nearest to ``center``; the lower one of two."""
    low = int(center) - 6
    pitch = low + (pitch_class - low) % 12
    return pitch if abs(pitch - center) <= abs(pitch + 12 - center) else pitch + 12


def snap(pitch: int, pitch_classes: tuple[int, ...]) -> int:
    """The nearest MIDI key whose pitch class is given; the lower one of two."""
    for distance in range(7):
        if (pitch - distance) % 12 in pitch_classes:
            return pitch - distance
        if (pitch + distance) % 12 in pitch_classes:
            return pitch + distance
    return pitch
