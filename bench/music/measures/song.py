"""A score as plain notes, to be compared with real songs."""

from itertools import pairwise
from typing import Any

from bench.music.clips import Heard

from everjam.engines.band.score import Note

Placed = tuple[float, float, int]
_LEADS = ("melody", "voice")
_TONAL = ("bass", "chords", "melody", "voice")


def measure(heard: Heard) -> dict[str, Any]:
    """Length of a bar, the lead line and all that has a pitch, in quarter notes, on a grid of sixteenths."""
    meter = heard.bars[0].meter
    begin, quarters = 0.0, meter.quarters_per_beat
    bar_beats = meter.length_beats * quarters
    parts: dict[str, list[Placed]] = {part: [] for part in _TONAL}
    lead: list[Placed] = []
    for bar in heard.bars:
        if bar.meter != meter:
            break
        singers = _singers(bar.notes)
        top: dict[float, Placed] = {}
        for note in bar.notes:
            if note.part not in _TONAL:
                continue
            start = begin + _on_grid(note.start_beats * quarters)
            placed = (start, round(note.duration_beats * quarters, 3), note.pitch)
            parts[note.part].append(placed)
            if note.part == singers and (start not in top or top[start][2] < note.pitch):
                top[start] = placed
        lead.extend(top.values())
        begin += bar_beats
    whole = sorted(note for notes in parts.values() for note in _written(notes))
    return {"bar_beats": bar_beats, "lead": _written(lead), "whole": whole}


def _singers(notes: tuple[Note, ...]) -> str:
    """The part that leads the bar."""
    return next((part for part in _LEADS if any(note.part == part for note in notes)), "")


def _on_grid(beats: float) -> float:
    """The nearest sixteenth: touch and swing are performance, and what is compared with is written."""
    return max(0.0, round(beats * 4) / 4)


def _written(notes: list[Placed]) -> list[Placed]:
    """Lengths as they would be written: up to the part's next onset where only articulation parts them."""
    starts = sorted({start for start, _, _ in notes})
    following = dict(pairwise(starts))
    written = []
    for start, length, pitch in sorted(notes):
        until = following.get(start, start + length) - start
        full = until if length < until <= max(2 * length, length + 0.25) else min(length, until)
        written.append((start, max(0.25, round(full * 4) / 4), pitch))
    return written
