"""Derives the band's learnt tables from free music: figures are shipped, no music.

    python tools/learn_tables.py pop --songs FOLDER     POP909 (MIT licence); songs 1 to 480 are learnt from
    python tools/learn_tables.py folk                   O'Neill's and Ryan's tunes in music21's corpus; four of five
    python tools/learn_tables.py chorale                Bach's chorales in music21's corpus; four of five

What is not learnt from is kept back for measuring (``bench/music``). Needs mido, and music21 for the last two.
Writes src/everjam/engines/band/cards/learnt/NAME.toml; cards refer to a table by ``"@NAME" = weight``.
"""

import argparse
import bisect
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import mido

OUT: Final = Path(__file__).parents[1] / "src" / "everjam" / "engines" / "band" / "cards" / "learnt"
LEARNT_SONGS: Final = 480
KEEP: Final = 48
"""Candidates a table: the commonest."""
BREATH_CELLS: Final = 2
MAJOR: Final = (0, 2, 4, 5, 7, 9, 11)
NAMES: Final = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
CONTEXTS: Final = ("same", "step_up", "step_down", "leap_up", "leap_down")
QUALITIES: Final = {
    "maj": "", "min": "", "7": "7", "maj7": "maj7", "min7": "7", "sus4": "sus4", "sus2": "sus2", "dim": "dim",
    "hdim7": "m7b5", "maj6": "6", "min6": "6", "sus4(b7)": "7sus4", "9": "9", "min9": "9", "maj9": "maj9", "aug": "aug",
}  # fmt: skip
"""Chord types of the annotations to the suffixes of the cards."""


@dataclass(frozen=True, slots=True)
class Line:
    """A melody on a grid.

    Attributes:
        notes: ``(start, end, MIDI key)`` in cells from the first bar line.
        cells_a_bar: Cells of a bar.
        tonic: Pitch class of the major key of its signature.
    """

    notes: tuple[tuple[int, int, int], ...]
    cells_a_bar: int
    tonic: int


class Tables:
    """Counts by table and candidate."""

    def __init__(self) -> None:
        self.counts: dict[str, Counter[str]] = {}

    def add(self, table: str, candidate: str, count: int = 1) -> None:
        """Counts a candidate."""
        self.counts.setdefault(table, Counter())[candidate] += count

    def learn(self, line: Line) -> None:
        """Counts the rhythms, steps and phrases of a melody."""
        for cells in _rows(line, 1):
            self.add("melody.rhythms", cells)
        for cells in _rows(line, 2):
            if any(cell == "x" for cell in cells[line.cells_a_bar :]):
                self.add("melody.rhythms2", cells)
        self._steps(line)
        for phrase in _phrases(line):
            self.add("melody.phrases", phrase)

    def _steps(self, line: Line) -> None:
        before: int | None = None
        for (_, end, one), (start, _, other) in zip(line.notes, line.notes[1:], strict=False):
            if start - end > line.cells_a_bar // 2:
                before = None
                continue
            step = max(-7, min(7, _degree(other, line.tonic) - _degree(one, line.tonic)))
            self.add("melody.steps", str(step))
            if before is not None:
                self.add(f"melody.after_{context(before)}", str(step))
            before = step


def context(step: int) -> str:
    """What a step is for the one after it."""
    if step == 0:
        return "same"
    if abs(step) == 1:
        return "step_up" if step > 0 else "step_down"
    return "leap_up" if step > 0 else "leap_down"


def _degree(pitch: int, tonic: int) -> int:
    """Scale degree in the major key, octaves counted by sevens; notes between two count as the lower one."""
    octave, inside = divmod(pitch - tonic, 12)
    return 7 * octave + bisect.bisect_right(MAJOR, inside) - 1


def _rows(line: Line, bars: int) -> Iterator[str]:
    """Rhythms of every stretch of so many bars that has notes: ``x`` begins a note, ``-`` holds it."""
    width = line.cells_a_bar * bars
    last = max((end for _, end, _ in line.notes), default=0)
    for begin in range(0, last, width):
        row = ["."] * width
        for start, end, _ in line.notes:
            if begin <= start < begin + width:
                row[start - begin] = "x"
                for cell in range(start + 1, min(end, begin + width)):
                    row[cell - begin] = "-"
        if "x" in row:
            yield _smooth("".join(row))


def _smooth(row: str) -> str:
    """Gaps of an eighth or less are a player's breath, not a rest."""
    cells = list(row)
    for index, cell in enumerate(cells):
        if cell == "." and index and cells[index - 1] != ".":
            end = next((at for at in range(index, len(cells)) if cells[at] != "."), len(cells))
            if end - index <= BREATH_CELLS:
                cells[index:end] = "-" * (end - index)
    return "".join(cells)


def _phrases(line: Line) -> Iterator[str]:
    """Which bars of four are alike: letters, with ``'`` for the same rhythm on other notes, ``-`` for silence."""
    width = line.cells_a_bar
    bars: dict[int, list[tuple[int, int]]] = {}
    for start, _, pitch in line.notes:
        bars.setdefault(start // width, []).append((start % width, _degree(pitch, line.tonic)))
    if not bars:
        return
    for first in range(min(bars), max(bars) - 2, 4):
        known: list[tuple[str, list[tuple[int, int]]]] = []
        words = []
        for number in range(first, first + 4):
            notes = bars.get(number, [])
            if not notes:
                words.append("-")
                continue
            words.append(_word(notes, known))
        if words[0] != "-":
            yield " ".join(words)


def _word(notes: list[tuple[int, int]], known: list[tuple[str, list[tuple[int, int]]]]) -> str:
    for letter, other in known:
        if notes == other:
            return letter
        shared = {start for start, _ in notes} & {start for start, _ in other}
        if len(shared) >= 0.75 * max(len(notes), len(other)):
            moved = {b - a for (x, a), (y, b) in zip(other, notes, strict=False) if x == y}
            if len(moved) == 1 and len(notes) == len(other):
                return letter + ("^" if moved.pop() > 0 else "_")
            return letter + "'"
    letter = "abcd"[len(known)]
    known.append((letter, notes))
    return letter


def pop_song(folder: Path, tables: Tables) -> None:
    """Learns from one song of POP909."""
    beats = [tuple(map(float, line.split())) for line in (folder / "beat_midi.txt").read_text().splitlines()]
    keys = (folder / "key_audio.txt").read_text().splitlines()
    times = [beat[0] for beat in beats]
    if len(keys) != 1:
        return
    places = _places([index for index, beat in enumerate(beats) if beat[2] > 0], len(beats))
    name, _, mode = keys[0].split()[-1].partition(":")
    tonic = pitch_class(name)
    pair = (tonic + 3) % 12 if mode == "min" else tonic
    file = mido.MidiFile(folder / f"{folder.name}.mid")
    tempo = next(message.tempo for message in file.tracks[0] if message.type == "set_tempo")
    scale = tempo / 1e6 / file.ticks_per_beat
    tracks = {track.name: _notes(track, scale, times, places) for track in file.tracks if track.name}
    tables.learn(Line(tuple(tracks["MELODY"]), 16, pair))
    chords = _chords(folder / "chord_midi.txt", times, places)
    for chart in _charts(chords, tonic, is_minor=mode == "min"):
        tables.add("harmony.charts", chart)
    _accompaniment(tracks["PIANO"], chords, tables)


def pitch_class(name: str) -> int:
    """Pitch class of a note name such as ``Bb`` or ``F#``."""
    return (NAMES[name[0]] + name.count("#") - name.count("b")) % 12


def _notes(track: Any, scale: float, times: list[float], places: list[int]) -> list[tuple[int, int, int]]:
    now, held, found = 0, {}, []
    for message in track:
        now += message.time
        if message.type == "note_on" and message.velocity:
            held[message.note] = now
        elif message.type in {"note_on", "note_off"} and message.note in held:
            start, end = (_cell(at * scale, times, places) for at in (held.pop(message.note), now))
            found.append((start, max(start + 1, end), message.note))
    return sorted(note for note in found if note[0] >= 0)


def _places(downbeats: list[int], count: int) -> list[int]:
    """Cell of every beat; -1 before the first bar line and in bars that have not four beats."""
    places = [-1] * count
    for bar, (begin, end) in enumerate(zip(downbeats, [*downbeats[1:], count], strict=True)):
        if end - begin == 4:
            places[begin:end] = range(16 * bar, 16 * bar + 16, 4)
    return places


def _cell(seconds: float, times: list[float], places: list[int]) -> int:
    """Sixteenths from the first bar line; negative where the bar is not one of four beats."""
    index = max(0, min(len(times) - 2, bisect.bisect_right(times, seconds) - 1))
    if places[index] < 0:
        return -1
    return places[index] + round(4 * (seconds - times[index]) / (times[index + 1] - times[index]))


Chords = list[tuple[int, int, str]]


def _chords(path: Path, times: list[float], places: list[int]) -> Chords:
    """``(start cell, root, quality)`` of every chord."""
    found = []
    for line in path.read_text().splitlines():
        start, _, name = line.split()
        root, _, quality = name.partition(":")
        if root != "N" and _cell(float(start), times, places) >= 0:
            found.append((_cell(float(start), times, places), pitch_class(root), quality.partition("/")[0]))
    return found


def _charts(chords: Chords, tonic: int, *, is_minor: bool) -> Iterator[str]:
    """Four bars at a time as Roman numerals, where every chord has one."""
    bars: dict[int, list[str]] = {}
    for start, root, quality in chords:
        roman = _roman((root - tonic) % 12, quality, is_minor=is_minor)
        if start >= 0 and start % 16 in {0, 8}:
            bars.setdefault(start // 16, []).append(roman)
    sounding = ""
    filled: dict[int, str] = {}
    for number in range(max(bars, default=0) + 1):
        here = bars.get(number, [sounding])
        filled[number] = " ".join(here)
        sounding = here[-1]
    for number in range(0, len(filled) - 3, 4):
        chart = [filled[at] for at in range(number, number + 4)]
        if all(chart) and "?" not in "".join(chart):
            yield " | ".join(chart)


def _roman(interval: int, quality: str, *, is_minor: bool) -> str:
    scale = (0, 2, 3, 5, 7, 8, 10) if is_minor else MAJOR
    if quality not in QUALITIES:
        return "?"
    numeral = ("I", "II", "III", "IV", "V", "VI", "VII")
    if interval in scale:
        roman = numeral[scale.index(interval)]
    elif interval + 1 in MAJOR:
        roman = "b" + numeral[MAJOR.index(interval + 1)]
    else:
        return "?"
    small = quality.startswith("min") or quality in {"dim", "hdim7"}
    return (roman.lower() if small else roman) + QUALITIES[quality]


def _accompaniment(notes: list[tuple[int, int, int]], chords: Chords, tables: Tables) -> None:
    """Comping and bass figures of the piano, bar by bar."""
    bars: dict[int, list[tuple[int, int, int]]] = {}
    for start, end, pitch in notes:
        bars.setdefault(start // 16, []).append((start % 16, min(16, end - 16 * (start // 16)), pitch))
    for number, played in bars.items():
        here = [(start, root) for start, root, _ in chords if start <= 16 * number]
        if not here:
            continue
        tables.add("bass.figures", _bass_row([note for note in played if note[2] < 50], here[-1][1]))
        tables.add("chords.figures", _comp_row([note for note in played if note[2] >= 50]))


def _bass_row(played: list[tuple[int, int, int]], root: int) -> str:
    row = ["."] * 16
    for start, end, pitch in sorted(played, reverse=True):
        interval = (pitch - root) % 12
        cell = {0: "R", 7: "5", 4: "3", 3: "3", 10: "7", 11: "7", 5: "4", 9: "6", 2: "2"}.get(interval)
        if cell is None:
            return ""
        if cell == "R" and any(low < pitch - 6 for _, _, low in played):
            cell = "8"
        row[start] = cell
        for at in range(start + 1, end):
            row[at] = "-" if row[at] == "." else row[at]
    return _smooth("".join(row)) if any(cell not in ".-" for cell in row) else ""


def _comp_row(played: list[tuple[int, int, int]]) -> str:
    pitches = sorted({pitch for _, _, pitch in played})
    row = ["."] * 16
    for start in sorted({start for start, _, _ in played}):
        together = [note for note in played if note[0] == start]
        row[start] = "x" if len(together) > 1 else str(min(4, 1 + pitches.index(together[0][2])))
        for at in range(start + 1, max(end for _, end, _ in together)):
            row[at] = "-"
    for start in {start for start, _, _ in played}:
        if row[start] == "-":
            row[start] = "x"
    return _smooth("".join(row)) if set(row) - set(".-") else ""


def folk(kinds: dict[str, tuple[str, int]]) -> dict[str, Tables]:
    """Learns from folk dances, by metre: name to (time signature, cells a bar)."""
    from music21 import corpus  # noqa: PLC0415  a heavy library that pop does not need

    found = {name: Tables() for name in kinds}
    by_signature = {signature: (name, cells) for name, (signature, cells) in kinds.items()}
    by_signature["2/2"] = by_signature["4/4"]
    paths = [path for book in ("oneills1850", "ryansMammoth") for path in sorted(corpus.getComposer(book))]
    for index, score in enumerate(_parsed(paths)):
        if index % 5 == 4:
            continue
        signature = next(iter(score.recurse().getElementsByClass("TimeSignature")), None)
        kind = by_signature.get(signature.ratioString) if signature else None
        if signature and kind is not None:
            line = _line_of(score.parts[0] if score.parts else score, kind[1], signature.barDuration.quarterLength)
            if line is not None:
                found[kind[0]].learn(line)
    return found


def _parsed(paths: Iterable[Any]) -> Iterator[Any]:
    """Every tune of some files, in order."""
    from music21 import converter  # noqa: PLC0415  a heavy library that pop does not need

    for path in paths:
        try:
            read = converter.parse(path)
        except Exception as error:  # noqa: BLE001  one bad file of thousands
            print(f"{path}: {error}")
            continue
        yield from read.scores if hasattr(read, "scores") else [read]


def _line_of(part: Any, cells: int, bar_quarters: float) -> Line | None:
    key = next(iter(part.recurse().getElementsByClass("KeySignature")), None)
    if key is None:
        return None
    scale = cells / bar_quarters
    notes = []
    start_at = 0.0
    measures = list(part.getElementsByClass("Measure"))
    if measures and measures[0].duration.quarterLength < bar_quarters:
        start_at = measures[1].offset if len(measures) > 1 else 0.0
    for note in part.flatten().notes:
        start = round((note.offset - start_at) * scale)
        if start >= 0 and note.isNote:
            notes.append((start, max(start + 1, start + round(note.quarterLength * scale)), note.pitch.midi))
    return Line(tuple(notes), cells, (7 * key.sharps) % 12) if len(notes) > 16 else None


def chorale() -> Tables:
    """Learns from the sopranos of Bach's chorales."""
    from music21 import corpus  # noqa: PLC0415  a heavy library that pop does not need

    tables = Tables()
    for index, score in enumerate(corpus.chorales.Iterator()):
        signature = next(iter(score.recurse().getElementsByClass("TimeSignature")), None)
        if index % 5 == 4 or signature is None or signature.ratioString != "4/4":
            continue
        line = _line_of(score.parts[0], 16, 4.0)
        if line is not None:
            tables.learn(line)
    return tables


def write(name: str, source: str, tables: Tables, tag: str = "") -> None:
    """Writes the commonest candidates of every table, as shares of the commonest one."""
    lines = [f"# {source}", "# Written by tools/learn_tables.py: counts as shares of the commonest candidate."]
    joined = dict(tables.counts)
    twos = joined.pop("melody.rhythms2", Counter())
    if twos:
        joined["melody.rhythms"] = joined["melody.rhythms"] + Counter(
            {cells: 3 * count for cells, count in twos.most_common(KEEP // 2)}
        )
    for table in sorted(joined):
        counts = joined[table]
        counts.pop("", None)
        best = counts.most_common(KEEP)
        group, _, key = table.partition(".")
        lines += ["", f"[{group}.{key}]"]
        figure = table in {"melody.rhythms", "bass.figures", "chords.figures"}
        for candidate, count in best:
            share = count / best[0][1]
            if share >= 0.004:
                lines.append(f'"{tag + candidate if figure else candidate}" = {share:.3g}')
    (OUT / f"{name}.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(name, {table: (len(counts), sum(counts.values())) for table, counts in joined.items()})


def main() -> None:
    """Reads the corpus that is asked for and writes its tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", choices=["pop", "folk", "chorale"])
    parser.add_argument("--songs", type=Path, help="folder with POP909's numbered folders")
    arguments = parser.parse_args()
    OUT.mkdir(exist_ok=True)
    if arguments.corpus == "pop":
        if arguments.songs is None:
            parser.error("pop needs --songs FOLDER, the POP909 folder of github.com/music-x-lab/POP909-Dataset")
        tables = Tables()
        for folder in sorted(path for path in arguments.songs.iterdir() if path.name.isdigit()):
            if int(folder.name) <= LEARNT_SONGS:
                pop_song(folder, tables)
        write("pop", "POP909, songs 1 to 480 (MIT licence, Music X Lab).", tables)
    elif arguments.corpus == "folk":
        kinds = {"jig": ("6/8", 12), "reel": ("4/4", 16), "waltz": ("3/4", 12), "slip_jig": ("9/8", 18)}
        tags = {"jig": "6/8|", "waltz": "3/4|", "slip_jig": "9/8|"}
        for name, tables in folk(kinds).items():
            write(
                name,
                "O'Neill's and Ryan's collections (public domain), four of five tunes.",
                tables,
                tags.get(name, ""),
            )
    else:
        write("chorale", "Sopranos of J. S. Bach's chorales (public domain), four of five.", chorale())


if __name__ == "__main__":
    main()
