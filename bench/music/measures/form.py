"""How a score repeats itself: exactly, and by its motifs."""

import itertools
from collections.abc import Sequence
from typing import Any

from bench.music.clips import Heard

from everjam.engines.band.score import Bar

WINDOW_BARS = 4
GRAM = 4
"""Notes of a motif: three intervals and three distances."""
FUZZY = 0.5
"""A section brings a motif back where this share of one of its bars' motifs was heard in an earlier section."""
_LEADS = frozenset({"melody", "voice"})
_TONAL = ("drums", "bass", "chords", "melody", "texture", "voice")


def measure(heard: Heard) -> dict[str, Any]:
    """Repetition and recurrence over a whole score."""
    sections = _sections(heard.bars)
    recurs, counted = recurrence(heard.bars)
    by_chance, _ = recurrence(heard.bars, scrambled=True)
    return {
        "bars": len(heard.bars),
        "windows": max(0, len(heard.bars) - WINDOW_BARS + 1),
        "exact": max(exact_windows([written(bar, shift) for bar in heard.bars]) for shift in (0.0, 0.5)),
        "same_bars": _share_seen([written(bar) for bar in heard.bars]),
        "same_parts": {
            part: _share_seen([frozenset(n for n in written(bar) if n[0] == part) for bar in heard.bars])
            for part in _TONAL
        },
        "sections": len(sections),
        "sections_with_lead": counted,
        "sections_recurring": recurs,
        "sections_recurring_by_chance": by_chance,
    }


def exact_windows(bars: Sequence[frozenset[Any]]) -> int:
    """How many windows of four bars are note for note an earlier one; silence does not count."""
    seen: set[tuple[frozenset[Any], ...]] = set()
    found = 0
    for first in range(len(bars) - WINDOW_BARS + 1):
        window = tuple(bars[first : first + WINDOW_BARS])
        if not any(window):
            continue
        if window in seen:
            found += 1
        seen.add(window)
    return found


def recurrence(bars: Sequence[Bar], *, scrambled: bool = False) -> tuple[int, int]:
    """How many sections bring back a motif of an earlier section, and how many could: those with a lead, but the first.

    ``scrambled`` tells what chance would do: what is remembered of each bar is its lead read backwards from its
    middle, the same notes and rhythm in another order.

    A motif is three intervals (up to a semitone, so that it may move through a scale) and the distances of its notes.
    A section brings one back where in some bar at least half of the motifs were heard in an earlier section.
    """
    heard: set[tuple[int, ...]] = set()
    recurs = counted = 0
    for section in _sections(bars):
        motifs = [grams for bar in section if (grams := _motifs(bar))]
        if motifs and heard:
            counted += 1
            recurs += any(len(grams & heard) >= FUZZY * len(grams) for grams in motifs)
        for bar in section:
            heard |= _motifs(bar, scrambled=scrambled)
    return recurs, counted


def _sections(bars: Sequence[Bar]) -> list[list[Bar]]:
    """Runs of bars of the same section's name; long runs are cut every 16 bars."""
    sections: list[list[Bar]] = []
    for bar in bars:
        if not sections or sections[-1][-1].section != bar.section or len(sections[-1]) >= 16:
            sections.append([])
        sections[-1].append(bar)
    return sections


def _motifs(bar: Bar, *, scrambled: bool = False) -> set[tuple[int, ...]]:
    """Interval and rhythm of every four lead notes in a row within a bar."""
    line = _lead(bar)
    if scrambled:
        pitches = [pitch for _, pitch in line]
        half = len(pitches) // 2
        mixed = [*pitches[half:][::-1], *pitches[:half]]
        line = [(start, pitch) for (start, _), pitch in zip(line, mixed, strict=True)]
    grams = set()
    for first in range(len(line) - GRAM + 1):
        notes = line[first : first + GRAM]
        steps = [_step(b[1] - a[1]) for a, b in itertools.pairwise(notes)]
        gaps = [b[0] - a[0] for a, b in itertools.pairwise(notes)]
        grams.add((*steps, *gaps))
    return grams


def _step(semitones: int) -> int:
    """Semitones as steps of a scale, nearly: 0, a step, a third, a fourth or fifth, more; with the direction."""
    size = abs(semitones)
    step = 0 if size == 0 else 1 if size <= 2 else 2 if size <= 4 else 3 if size <= 7 else 4
    return step if semitones > 0 else -step


def _lead(bar: Bar) -> list[tuple[int, int]]:
    """Start in sixteenths and pitch of the highest lead note at each start."""
    top: dict[int, int] = {}
    for note in bar.notes:
        if note.part in _LEADS:
            start = round(note.start_beats * bar.meter.cells_per_beat)
            top[start] = max(top.get(start, 0), note.pitch)
    return sorted(top.items())


def written(bar: Bar, shift: float = 0.0) -> frozenset[tuple[str, str, int, int]]:
    """A bar without touch: part, patch, pitch and the nearest sixteenth.

    Looseness can push a swung note over the border between two sixteenths; a grid shifted by half a one has its
    borders elsewhere.
    """
    cells = bar.meter.cells_per_beat
    return frozenset((n.part, n.patch, n.pitch, round(n.start_beats * cells + shift)) for n in bar.notes)


def _share_seen(bars: Sequence[frozenset[Any]]) -> float:
    """Share of the bars with notes that were there before."""
    filled = [bar for bar in bars if bar]
    return 1 - len(set(filled)) / len(filled) if filled else 0.0
