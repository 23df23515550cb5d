"""Real music to compare with: where it is, how to get it, and which of it was never learnt from."""

import io
import json
import os
import tarfile
from collections.abc import Callable, Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import mido
import numpy as np
from bench.music.measures.pairs import shares_in_pairs
from bench.music.mgeval import Piece
from bench.music.running import CACHE

POP909_VARIABLE = "EVERJAM_POP909"
POP909_HELD_OUT = range(481, 601)
"""Songs that nothing in this project was learnt from."""
EVERY = 5
"""Of folk tunes and chorales every fifth is kept for measuring."""
FIRST_BAR = 8
MOST_TUNES = 240
Notes = list[tuple[float, float, int]]
Song = dict[str, Any]
"""``bar_beats``, ``lead`` and ``whole``: notes in quarter notes from the first bar, not transposed."""


class CorpusMissing(Exception):
    """Music to compare with is not on this machine; the message says how to get it."""


def pop909() -> list[Song]:
    """Held-out songs of POP909: the melody, and everything.

    Raises:
        CorpusMissing: The variable names no folder or archive with the songs.
    """
    place = os.environ.get(POP909_VARIABLE, "")
    if not place or not Path(place).exists():
        raise CorpusMissing(
            "POP909 (MIT licence): clone github.com/music-x-lab/POP909-Dataset and set "
            f"{POP909_VARIABLE} to its folder POP909, or to a .tar.gz of it."
        )
    files = _files(Path(place))
    songs = (_pop_song(files, f"{number:03d}") for number in POP909_HELD_OUT)
    return [song for song in songs if song is not None]


def folk_tunes() -> list[Song]:
    """Every fifth tune of Ryan's Mammoth Collection (1883), from music21's corpus.

    Raises:
        CorpusMissing: music21 is not installed.
    """
    return _kept("ryans", lambda: _parsed(_corpus("ryansMammoth", ".abc")[::EVERY][:MOST_TUNES]))


def chorales() -> list[Song]:
    """Every fifth of Bach's chorales and movements alike, from music21's corpus.

    Raises:
        CorpusMissing: music21 is not installed.
    """
    return _kept("bach", lambda: _parsed(_corpus("bach", ".mxl")[::EVERY]))


def excerpt(song: Song, line: str, bars: int, first_bar: int) -> Piece | None:
    """Some bars of a song in C major or A minor; None where there are too few bars or notes."""
    bar_beats = song["bar_beats"]
    begin, end = first_bar * bar_beats, (first_bar + bars) * bar_beats
    notes = [(s - begin, d, p) for s, d, p in song[line] if begin - 0.07 <= s < end - 0.07]
    if song["whole"][-1][0] < end - 2 * bar_beats or len(notes) < 2 * bars / 3 or len({p for _, _, p in notes}) < 3:
        return None
    move = home(song["whole"])
    return Piece(bars, bar_beats, tuple((round(max(s, 0.0), 3), round(d, 3), p + move) for s, d, p in notes))


def home(notes: Iterable[tuple[float, float, int]]) -> int:
    """Semitones that bring notes into the pair of C major and A minor, -6 to 5."""
    weights = np.zeros(12)
    for _, length, pitch in notes:
        weights[pitch % 12] += length
    pair = int(np.argmax(shares_in_pairs(weights) + 1e-3 * weights / max(weights.sum(), 1e-9)))
    return -pair if pair <= 6 else 12 - pair


def _files(place: Path) -> dict[str, bytes]:
    """The held-out songs' MIDI files and beats, by their names without folders."""
    wanted = {f"{number:03d}" for number in POP909_HELD_OUT}
    found: dict[str, bytes] = {}
    if place.is_dir():
        for number in sorted(wanted):
            for path in (place / number).glob("*"):
                if path.suffix == ".mid" or path.name == "beat_midi.txt":
                    found[f"{number}/{path.name}"] = path.read_bytes()
        return found
    with tarfile.open(place) as archive:
        for member in archive:
            parts = Path(member.name).parts
            if member.isfile() and len(parts) >= 2 and parts[-2] in wanted:
                file = archive.extractfile(member)
                if file is not None and parts[-1].endswith((".mid", "beat_midi.txt")):
                    found[f"{parts[-2]}/{parts[-1]}"] = file.read()
    return found


def _pop_song(files: dict[str, bytes], number: str) -> Song | None:
    midi, beats = files.get(f"{number}/{number}.mid"), files.get(f"{number}/beat_midi.txt")
    if midi is None or beats is None:
        return None
    rows = [[float(cell) for cell in line.split()] for line in beats.decode().splitlines() if line.strip()]
    times = np.array([row[0] for row in rows])
    lines = [index for index, row in enumerate(rows) if row[2]]
    if len(lines) < 16 or float(np.median(np.diff(lines))) != 4:
        return None
    tracks = _tracks(mido.MidiFile(file=io.BytesIO(midi)))
    ticks = np.arange(len(times)) - lines[0]

    def on_grid(notes: Notes) -> Notes:
        placed = []
        for start, length, pitch in notes:
            first, last = (float(np.interp(at, times, ticks)) for at in (start, start + length))
            first = round(first * 4) / 4
            if first >= 0:
                placed.append((first, max(0.25, round((last - first) * 4) / 4), pitch))
        return sorted(placed)

    whole = on_grid([note for notes in tracks.values() for note in notes])
    return {"bar_beats": 4.0, "lead": on_grid(tracks.get("MELODY", [])), "whole": whole}


def _tracks(midi: mido.MidiFile) -> dict[str, Notes]:
    """Notes of each named track in seconds."""
    tempos = [(0, 500_000)]
    at = 0
    for message in mido.merge_tracks(midi.tracks):
        at += message.time
        if message.type == "set_tempo":
            tempos.append((at, message.tempo))
    marks = np.array([tick for tick, _ in tempos])
    seconds = np.concatenate(
        ([0.0], np.cumsum(np.diff(marks) * [tempo for _, tempo in tempos[:-1]] / midi.ticks_per_beat / 1e6))
    )

    def time_of(tick: int) -> float:
        index = int(np.searchsorted(marks, tick, "right")) - 1
        return float(seconds[index] + (tick - marks[index]) * tempos[index][1] / midi.ticks_per_beat / 1e6)

    tracks: dict[str, Notes] = {}
    for track in midi.tracks:
        at, open_notes, notes = 0, {}, []
        for message in track:
            at += message.time
            if message.type == "note_on" and message.velocity:
                open_notes[message.note] = at
            elif message.type in {"note_on", "note_off"} and message.note in open_notes:
                begin = time_of(open_notes.pop(message.note))
                notes.append((begin, time_of(at) - begin, message.note))
        if notes:
            tracks[track.name] = notes
    return tracks


def _corpus(folder: str, ending: str) -> list[Path]:
    package = find_spec("music21")
    if package is None or not package.submodule_search_locations:
        raise CorpusMissing("music21's corpus: `pip install music21` brings the tunes and chorales.")
    root = Path(package.submodule_search_locations[0], "corpus", folder)
    return sorted(path for path in root.iterdir() if path.name.endswith(ending))


def _parsed(paths: Iterable[Path]) -> list[Song]:
    """Scores in one metre throughout: the top line, and everything."""
    from music21 import converter  # noqa: PLC0415 - half a second, and it may be absent

    songs = []
    for path in paths:
        try:
            score = converter.parse(str(path))
        except Exception:  # noqa: BLE001 - a file that its own library cannot read says nothing about us
            continue
        meters = {(one.numerator, one.denominator) for one in score.recurse().getElementsByClass("TimeSignature")}
        if len(meters) != 1 or not score.parts:
            continue
        upper, lower = meters.pop()
        lines = [_line(part) for part in score.parts]
        whole = sorted(note for line in lines for note in line)
        if whole:
            songs.append({"bar_beats": upper * 4 / lower, "lead": lines[0], "whole": whole})
    return songs


def _line(part: Any) -> Notes:
    """Notes of a part from its first whole bar on; tied notes are one."""
    measures = list(part.getElementsByClass("Measure"))
    begin = 0.0
    if len(measures) > 1 and measures[0].duration.quarterLength < measures[1].duration.quarterLength:
        begin = float(measures[1].offset)
    notes = []
    for one in part.stripTies().flatten().notes:
        start = float(one.offset) - begin
        if start >= 0 and one.duration.quarterLength > 0:
            top = max(pitch.midi for pitch in one.pitches)
            notes.append((start, float(one.duration.quarterLength), int(top)))
    return sorted(notes)


def _kept(name: str, make: Callable[[], list[Song]]) -> list[Song]:
    """Parsing takes minutes, so what it gave is kept."""
    path = CACHE / f"corpus-{name}.json"
    if path.exists():
        songs: list[Song] = json.loads(path.read_text("utf-8"))
        return songs
    songs = make()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(songs), "utf-8")
    return songs
