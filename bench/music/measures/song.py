"""A score as plain notes, to be compared with real songs."""

from typing import Any

from bench.music.clips import Heard

from everjam.engines.band.score import Note

_LEADS = ("melody", "voice")
_TONAL = frozenset({"bass", "chords", "melody", "voice"})


def measure(heard: Heard) -> dict[str, Any]:
    """Length of a bar, the lead line and all that has a pitch, in quarter notes, on a grid of sixteenths."""
    lead: list[tuple[float, float, int]] = []
    whole: list[tuple[float, float, int]] = []
    meter = heard.bars[0].meter
    begin, quarters = 0.0, meter.quarters_per_beat
    bar_beats = meter.length_beats * quarters
    for bar in heard.bars:
        if bar.meter != meter:
            break
        singers = _singers(bar.notes)
        top: dict[float, tuple[float, float, int]] = {}
        for note in bar.notes:
            if note.part not in _TONAL:
                continue
            start = begin + _on_grid(note.start_beats * quarters)
            placed = (start, round(note.duration_beats * quarters, 3), note.pitch)
            whole.append(placed)
            if note.part == singers and (placed[0] not in top or top[placed[0]][2] < note.pitch):
                top[placed[0]] = placed
        lead.extend(top.values())
        begin += bar_beats
    return {"bar_beats": bar_beats, "lead": _sung(sorted(lead)), "whole": sorted(whole)}


def _singers(notes: tuple[Note, ...]) -> str:
    """The part that leads the bar."""
    return next((part for part in _LEADS if any(note.part == part for note in notes)), "")


def _on_grid(beats: float) -> float:
    """The nearest sixteenth: touch and swing are performance, and what is compared with is written."""
    return max(0.0, round(beats * 4) / 4)


def _sung(line: list[tuple[float, float, int]]) -> list[tuple[float, float, int]]:
    """Lengths as they would be written: up to the next note where only articulation parts them."""
    written = []
    for index, (start, length, pitch) in enumerate(line):
        until = line[index + 1][0] - start if index + 1 < len(line) else length
        full = until if length < until <= max(2 * length, length + 0.25) else min(length, until)
        written.append((start, max(0.25, round(full * 4) / 4), pitch))
    return written
