"""Prints a bar so that a musician can read it."""

from everjam.engines.band.score import Bar, Note
from everjam.engines.band.theory import FLAT_NAMES, FLAT_PAIRS, MAJOR, MODES, SHARP_NAMES

_PITCHED_ROWS = 14


def print_bar(bar: Bar) -> str:
    """A grid: a row an instrument, a column a sixteenth, velocities as digits 1 to 9; lines with their note names.

    A ``-`` after a digit is held. Notes between sixteenths stand in the nearest column; of several in one cell the
    loudest counts.
    """
    beat = bar.meter.cells_per_beat
    steps = round(bar.length_beats * beat)
    names = _names_of(bar.key)
    head = f"bar {bar.index}  {bar.section}  {bar.key}  {bar.bpm:g} bpm  {bar.meter}"
    chords = [" "] * (steps * 4)
    for chord in bar.chords:
        at = round(chord.start_beats * beat) * 3 + int(chord.start_beats)
        for place, letter in enumerate(chord.symbol + " "):
            if at + place < len(chords):
                chords[at + place] = letter
    lines = [head, f"{'chords':<22}  {''.join(chords).rstrip()}"]
    rows: dict[tuple[str, str], list[Note]] = {}
    for note in bar.notes:
        rows.setdefault((note.part, note.patch), []).append(note)
    order = {part: place for place, part in enumerate(("drums", "bass", "chords", "melody", "voice", "texture"))}
    for (part, patch), notes in sorted(rows.items(), key=lambda item: (order[item[0][0]], item[0][1])):
        lines.append(f"{part + ' ' + patch:<22.22}  {_row(notes, steps, beat)}")
        if part in {"bass", "melody", "voice"}:
            lines.append(f"{'':<22}  {_names(notes, steps, names, beat)}")
        elif part != "drums":
            lines.append(f"{'':<22}  {' '.join(_stack(notes, names, beat))}")
    return "\n".join(lines)


def _names_of(key: str) -> tuple[str, ...]:
    """Note names as the signature of a key such as ``E dorian`` spells them."""
    tonic, _, mode = key.partition(" ")
    at = (FLAT_NAMES if tonic in FLAT_NAMES else SHARP_NAMES).index(tonic)
    return FLAT_NAMES if (at - MAJOR[MODES[mode.replace(" ", "_")].degree]) % 12 in FLAT_PAIRS else SHARP_NAMES


def _column(note: Note, steps: int, beat: int) -> int:
    return max(0, min(steps - 1, round(note.start_beats * beat)))


def _row(notes: list[Note], steps: int, beat: int) -> str:
    cells = ["."] * steps
    for note in notes:
        if note.part != "drums":
            first = _column(note, steps, beat)
            for held in range(first + 1, min(steps, first + round(note.duration_beats * beat))):
                cells[held] = "-" if cells[held] == "." else cells[held]
    for note in notes:
        digit = str(max(1, min(9, round(note.velocity * 9))))
        column = _column(note, steps, beat)
        cells[column] = max(digit, cells[column]) if cells[column].isdigit() else digit
    return _grouped([f"{cell}  " for cell in cells], beat)


def _names(notes: list[Note], steps: int, names: tuple[str, ...], beat: int) -> str:
    cells = ["   "] * steps
    for note in notes:
        cells[_column(note, steps, beat)] = f"{names[note.pitch % 12]}{note.pitch // 12 - 1}".ljust(3)[:3]
    return _grouped(cells, beat)


def _stack(notes: list[Note], names: tuple[str, ...], beat: int) -> list[str]:
    by_start: dict[int, list[int]] = {}
    for note in notes:
        by_start.setdefault(round(note.start_beats * beat), []).append(note.pitch)
    return [
        "/".join(f"{names[pitch % 12]}{pitch // 12 - 1}" for pitch in sorted(pitches))
        for _, pitches in sorted(by_start.items())
    ][:_PITCHED_ROWS]


def _grouped(cells: list[str], beat: int) -> str:
    return " ".join("".join(cells[at : at + beat]) for at in range(0, len(cells), beat)).rstrip()
