"""Printed scores: golden files that a musician can read; ``EVERJAM_GOLDEN=write`` renews them."""

import os
import zlib
from dataclasses import replace
from pathlib import Path

import pytest
from tests.engines.band.composing import bars, steer
from tests.engines.band.test_style_marks import STYLES, prompt

from everjam.engines.band.score import COMMON_TIME, Bar, ChordSpan, Meter, Note, Production
from everjam.engines.band.scoreprint import print_bar, spell

GOLDEN = Path(__file__).parents[2] / "golden" / "scores"
BARS = 8

NOTES = (
    Note("drums", "kick_909", 36, 0.0, 0.25, 1.0),
    Note("bass", "bass_saw", 33, 0.5, 1.0, 0.5),
    Note("drums", "triangle", 81, 1.0, 0.25, 0.5),
    Note("drums", "kick_909", 36, 2.01, 0.25, 0.3),
    Note("chords", "piano", 60, 2.0, 1.0, 0.7),
    Note("chords", "piano", 64, 2.0, 1.0, 0.6),
    Note("chords", "piano", 60, 3.0, 0.25, 0.7),
    Note("chords", "piano", 64, 3.0, 0.25, 0.6),
)
BAR = Bar(3, COMMON_TIME, 120.0, "A", "A minor", (ChordSpan(0.0, "Am", (9, 0, 4)),), NOTES, Production())


def test_a_bar_is_printed_as_it_is_played() -> None:
    assert print_bar(BAR).splitlines() == [
        "bar 3  A  A minor  120 bpm  4/4",
        "                           |1   .   &   .    2   .   &   .    3   .   &   .    4   .   &   .   |",
        "chords                     |Am                                                                 |",
        "drums triangle             |.   .   .   .    4   .   .   .    .   .   .   .    .   .   .   .   |",
        "drums kick: kick_909       |9   .   .   .    .   .   .   .    3   .   .   .    .   .   .   .   |",
        "bass bass_saw              |.   .   4   -    -   -   .   .    .   .   .   .    .   .   .   .   |",
        "                           |        A1                                                         |",
        "chords piano               |.   .   .   .    .   .   .   .    6   -   -   -    6   .   .   .   |",
        "                           |                                  E4                               |",
        "                           |                                  C4                               |",
    ]


def test_compound_metres_are_counted_in_eighths() -> None:
    notes = tuple(Note("melody", "fiddle", 74, start / 3, 0.3, 0.5) for start in range(6))
    jig = replace(BAR, meter=Meter.parse("6/8"), notes=notes, key="D major", chords=(ChordSpan(0.0, "D", (2, 6, 9)),))
    assert print_bar(jig).splitlines()[1:] == [
        "                           |1   .   2   .   3   .    4   .   5   .   6   .   |",
        "chords                     |D                                                |",
        "melody fiddle              |4   -   4   -   4   -    4   -   4   -   4   -   |",
        "                           |D5      D5      D5       D5      D5      D5      |",
    ]


def test_mixed_metres_show_their_beats() -> None:
    assert print_bar(replace(BAR, meter=Meter.parse("3+2+2/8"), notes=())).splitlines()[1] == (
        "                           |1   .   2   .   3   .    4   .   5   .    6   .   7   .   |"
    )


def test_a_grace_note_is_a_sign_before_its_note() -> None:
    notes = (Note("melody", "flute", 71, 0.0, 0.1, 0.4), Note("melody", "flute", 72, 0.1, 0.9, 0.7))
    assert print_bar(replace(BAR, notes=notes)).splitlines()[-1].split() == ["|~C5", "|"]


def test_a_second_voice_is_not_taken_for_a_grace_note() -> None:
    notes = (Note("melody", "flute", 69, 0.0, 0.9, 0.4), Note("melody", "flute", 72, 0.05, 0.9, 0.7))
    assert [line.split()[0] for line in print_bar(replace(BAR, notes=notes)).splitlines()[-2:]] == ["|C5", "|A4"]


@pytest.mark.parametrize(
    ("offbeat", "feel", "row"),
    [
        (0.5, "", "4   .   4   .    4   .   4   .    .   .   .   .    .   .   .   .   |"),
        (0.66, "swung eighths", "4   .   4   .    4   .   4   .    .   .   .   .    .   .   .   .   |"),
        (0.34, "swung sixteenths", "4   4   .   .    4   4   .   .    .   .   .   .    .   .   .   .   |"),
    ],
)
def test_swung_time_is_written_straight_and_named(offbeat: float, feel: str, row: str) -> None:
    starts = (0.0, offbeat, 1.0, 1.0 + offbeat)
    notes = tuple(Note("drums", "ride", 51, start, 0.25, 0.5) for start in starts)
    if feel == "swung sixteenths":
        notes += tuple(Note("drums", "cowbell", 56, start + 0.5, 0.25, 0.5) for start in range(4))
    lines = print_bar(replace(BAR, notes=notes)).splitlines()
    assert lines[0] == f"bar 3  A  A minor  120 bpm  4/4  {feel}".rstrip()
    assert lines[-1] == f"{'drums ride':<26} |{row}"


@pytest.mark.parametrize(
    ("pitch", "symbol", "classes", "key", "name"),
    [
        (66, "D7", (2, 6, 9, 0), "G harmonic minor", "F#4"),
        (66, "Ebm", (3, 6, 10), "Bb minor", "Gb4"),
        (71, "Abm", (8, 11, 3), "Gb major", "Cb5"),
        (66, "Gm", (7, 10, 2), "G minor", "F#4"),
        (63, "Gm", (7, 10, 2), "G minor", "Eb4"),
        (60, "G#7", (8, 0, 3, 6), "C# minor", "B#3"),
        (70, "C7", (0, 4, 7, 10), "C major", "Bb4"),
    ],
)
def test_notes_are_spelled_by_their_chord_then_by_the_key(
    pitch: int, symbol: str, classes: tuple[int, ...], key: str, name: str
) -> None:
    assert spell(pitch, ChordSpan(0.0, symbol, classes), key) == name


@pytest.mark.parametrize("style", STYLES)
def test_golden_scores(style: str) -> None:
    # Seeds of their own, so that the scores are not all in one key.
    seed = zlib.crc32(style.encode()) % 1000
    printed = "\n\n".join(print_bar(bar) for bar in bars(steer(prompt(style)), BARS, seed)) + "\n"
    file = GOLDEN / f"{style}.txt"
    if os.environ.get("EVERJAM_GOLDEN") == "write":
        file.write_text(printed, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == printed
