"""Prints a bar so that a musician can read it."""

import re
from collections.abc import Sequence
from typing import Final

from everjam.engines.band.kit import DRUM_VOICES
from everjam.engines.band.score import PARTS, Articulation, Bar, ChordSpan, Note
from everjam.engines.band.theory import FLAT_NAMES, FLAT_PAIRS, MAJOR, MODES, SHARP_NAMES

_LABEL: Final = 26
_CELL: Final = 4
_LETTERS: Final = "CDEFGAB"
_LINES: Final = frozenset({"bass", "melody", "voice"})
_KIT: Final = ("crash", "ride", "open", "hat", "tom", "clap", "rim", "cross_stick", "snare", "kick")
"""From the top down, as on a drum stave; other percussion stands above it."""
_LETTER_STEPS: Final = (0, 1, 1, 2, 2, 3, 4, 4, 5, 5, 6, 6)
"""Semitones above a chord's root to letters above its letter: thirds, fifths and sevenths as chords are written."""
_SIGNS: Final[dict[Articulation, str]] = {
    "plain": "", "legato": "_", "staccato": "'", "muted": "m", "slap": "s", "pop": "p", "tremolo": "t", "roll": "r",
    "fall": "f", "scoop": "u", "harmonic": "h",
}  # fmt: skip
_GRIDS: Final = {
    "": (0.0, 0.25, 0.5, 0.75, 1.0),
    "swung eighths": (0.0, 1 / 3, 2 / 3, 5 / 6, 1.0),
    "swung sixteenths": (0.0, 1 / 3, 0.5, 5 / 6, 1.0),
}
"""Where the four sixteenths of a beat, and the next beat, lie in straight and in swung time."""


def print_bar(bar: Bar) -> str:
    r"""A grid: a row an instrument, a column a sixteenth, velocities as digits 1 to 9, and below them the notes' names.

    A ``-`` after a digit is held. Notes between sixteenths stand in the nearest column, where swung time is read as
    swung and the head says so; of several in one cell the loudest counts. Chords are named from the top voice down, and
    again only when they change; a ``~`` stands before a note of a line that is decorated. Percussion stands above the
    kit, the kit from the cymbals down to the kick. Above are the beats, ``1 . & .``, or the units of a metre in
    eighths, ``1 . 2 . 3 .``.

    How a note is played stands behind its digit: ``_`` legato, ``'`` staccato, ``m`` muted, ``s`` slap, ``p`` pop,
    ``t`` tremolo, ``r`` roll, ``f`` fall, ``u`` scooped up, ``h`` harmonic; a note that slides up or down to its
    pitch has a ``/`` or a ``\`` before its name.
    """
    grid = _Grid(bar)
    head = f"bar {bar.index}  {bar.section}  {bar.key}  {bar.bpm:g} bpm  {bar.meter}  {grid.feel}".rstrip()
    lines = [head, grid.line("", grid.counted()), grid.line("chords", grid.symbols())]
    rows: dict[tuple[int, int, str], list[Note]] = {}
    for note in bar.notes:
        name = _voice(note) if note.part == "drums" else note.patch
        rows.setdefault((PARTS.index(note.part), _KIT.index(name) if name in _KIT else -1, name), []).append(note)
    for (part, _, name), notes in sorted(rows.items()):
        patch = notes[0].patch
        lines.append(grid.line(f"{PARTS[part]} {name if name == patch else f'{name}: {patch}'}", grid.struck(notes)))
        if PARTS[part] != "drums":
            lines.extend(grid.line("", row) for row in grid.named(notes, is_line=PARTS[part] in _LINES))
    return "\n".join(lines)


class _Grid:
    """The columns of a bar.

    Attributes:
        feel: Name of the time that its notes are played in, empty if straight.
    """

    __slots__ = ("_bar", "_per_beat", "_starts", "feel")

    def __init__(self, bar: Bar) -> None:
        self._bar = bar
        self._per_beat = bar.meter.cells_per_beat
        self.feel = _feel(bar)
        beat = _GRIDS[self.feel]
        straight = bar.meter.cells
        self._starts = straight if not self.feel else tuple(int(at) + beat[round(at * 4) % 4] for at in straight)

    def _column(self, start_beats: float) -> int:
        return min(range(len(self._starts)), key=lambda column: (abs(self._starts[column] - start_beats), column))

    def line(self, label: str, cells: Sequence[str]) -> str:
        """A label and cells between bar lines, beats apart; what is too long for its cell runs over the next ones."""
        firsts = [round(at * self._per_beat) for at in self._bar.meter.beat_starts]
        text = ""
        for column, cell in enumerate([*cells, ""]):
            text = text.ljust(_CELL * column + sum(0 < first <= column for first in firsts)) + cell
        return f"{label:<{_LABEL}.{_LABEL}} |{text}|"

    def counted(self) -> list[str]:
        """The beats of a metre in quarters, the units of one in eighths."""
        steps = range(len(self._starts))
        if self._bar.meter.unit == 8:
            return ["." if step % 2 else str(step // 2 + 1) for step in steps]
        return [(str(step // 4 + 1), ".", "&", ".")[step % 4] for step in steps]

    def symbols(self) -> list[str]:
        """Chord symbols where they begin."""
        cells = [""] * len(self._starts)
        for chord in self._bar.chords:
            column = self._column(chord.start_beats)
            cells[column] += f"{chord.symbol} "
        return cells

    def struck(self, notes: Sequence[Note]) -> list[str]:
        """Velocities, and how long notes are held."""
        cells = ["."] * len(self._starts)
        loudest: dict[int, Note] = {}
        for note in notes:
            first = self._column(note.start_beats)
            if first not in loudest or note.velocity > loudest[first].velocity:
                loudest[first] = note
            if note.part != "drums":
                held = slice(first + 1, first + round(note.duration_beats * self._per_beat))
                cells[held] = ["-"] * len(cells[held])
        for column, note in loudest.items():
            cells[column] = f"{max(1, min(9, round(note.velocity * 9)))}{_SIGNS[note.articulation]}"
        return cells

    def named(self, notes: Sequence[Note], *, is_line: bool) -> list[list[str]]:
        """Rows of names, as many as sound at once, the top voice first; only lines name what repeats."""
        columns: dict[int, dict[int, str]] = {}
        for note in notes:
            column = self._column(note.start_beats)
            beside = [other for other in notes if is_line and self._column(other.start_beats) == column]
            if any(_decorates(note, other) for other in beside):
                continue
            name = spell(note.pitch, self._chord(note.start_beats), self._bar.key)
            decorated = "~" * any(_decorates(other, note) for other in beside)
            slid = "\\" if note.glide > 0 else "/" * (note.glide < 0)
            columns.setdefault(column, {})[note.pitch] = decorated + slid + name
        rows = [[""] * len(self._starts) for _ in range(max(map(len, columns.values())))]
        heard: dict[int, str] = {}
        for at, chord in sorted(columns.items()):
            if chord != heard or is_line:
                for row, pitch in zip(rows, sorted(chord, reverse=True), strict=False):
                    row[at] = chord[pitch]
            heard = chord
        return rows

    def _chord(self, start_beats: float) -> ChordSpan | None:
        before = [chord for chord in self._bar.chords if chord.start_beats <= start_beats + 0.05]
        return before[-1] if before else None


def _decorates(note: Note, main: Note) -> bool:
    """Whether a note is over when another one, close to it, begins: a grace note, a turn, a slide."""
    return (
        note.start_beats + 0.02 < main.start_beats
        and note.start_beats + note.duration_beats < main.start_beats + 0.06
        and abs(note.pitch - main.pitch) <= 4
    )


def _feel(bar: Bar) -> str:
    """The time that the notes lie nearest to."""
    if bar.meter.is_compound:
        return ""
    inside = [note.start_beats % 1.0 for note in bar.notes]
    misses = {
        feel: sum(min(abs(place - at) for at in grid) ** 2 for place in inside) / max(1, len(inside))
        for feel, grid in _GRIDS.items()
    }
    # Played time is never exact: straight unless something else is clearly nearer.
    nearest = min(misses, key=lambda feel: misses[feel])
    return nearest if misses[nearest] < 0.7 * misses[""] and misses[""] > 0.0004 else ""


def _voice(note: Note) -> str:
    """Name of a drum in a grid; toms are tuned, so what is like no other is one of them."""
    if note.patch in DRUM_VOICES and DRUM_VOICES[note.patch].pitch == note.pitch:
        return note.patch
    roles = {voice.pitch: name for name, voice in DRUM_VOICES.items() if voice.is_role}
    return roles.get(note.pitch, "tom")


def spell(pitch: int, chord: ChordSpan | None, key: str) -> str:
    """Name of a MIDI key as a musician writes it: by the chord that it belongs to, else by the key.

    Args:
        pitch: MIDI key.
        chord: The chord that sounds, None if there is none.
        key: Such as ``G harmonic minor``.

    Returns:
        E.g. ``F#4``; no double accidentals.
    """
    if chord is not None and (root := re.match(r"[A-G][b#]?", chord.symbol)) and pitch % 12 in chord.pitch_classes:
        above = (pitch - chord.pitch_classes[0]) % 12
        name = _with_letter(pitch, _LETTERS.index(root[0][0]) + _LETTER_STEPS[above])
        if name:
            return name
    tonic, _, mode = key.partition(" ")
    first = _LETTERS.index(tonic[0])
    at = (FLAT_NAMES if tonic in FLAT_NAMES else SHARP_NAMES).index(tonic)
    step = MODES[mode.replace(" ", "_")].steps
    own = [degree for degree, semitones in enumerate(step) if semitones == (pitch - at) % 12]
    degree = own[0] if own else 6 if (pitch - at) % 12 == 11 else None
    if degree is not None and (name := _with_letter(pitch, first + degree)):
        return name
    signature = (at - MAJOR[MODES[mode.replace(" ", "_")].degree]) % 12
    return f"{(FLAT_NAMES if signature in FLAT_PAIRS else SHARP_NAMES)[pitch % 12]}{pitch // 12 - 1}"


def _with_letter(pitch: int, letter: int) -> str:
    """A pitch as a given letter with at most one accidental, empty if it takes more."""
    bent = (pitch - MAJOR[letter % 7] + 6) % 12 - 6
    return f"{_LETTERS[letter % 7]}{('b', '', '#')[bent + 1]}{(pitch - bent) // 12 - 1}" if abs(bent) <= 1 else ""
