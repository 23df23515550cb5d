"""Printed scores: golden files that a musician can read; ``EVERJAM_GOLDEN=write`` renews them."""

import os
from pathlib import Path

import pytest
from tests.engines.band.composing import bars, steer

from everjam.engines.band.score import COMMON_TIME, Bar, ChordSpan, Note, Production
from everjam.engines.band.scoreprint import print_bar

GOLDEN = Path(__file__).parents[2] / "golden" / "scores"
STYLES = ("bossa_nova", "drum_and_bass", "dubstep", "funk", "emotional", "thrash")


def test_a_bar_is_printed_as_it_is_played() -> None:
    notes = (
        Note("drums", "kick_909", 36, 0.0, 0.25, 1.0),
        Note("bass", "bass_saw", 33, 0.5, 1.0, 0.5),
        Note("drums", "kick_909", 36, 2.01, 0.25, 0.3),
        Note("chords", "piano", 60, 3.0, 1.0, 0.7),
        Note("chords", "piano", 64, 3.0, 1.0, 0.6),
    )
    bar = Bar(3, COMMON_TIME, 120.0, "A", "A minor", (ChordSpan(0.0, "Am", (9, 0, 4)),), notes, Production())
    assert print_bar(bar).splitlines() == [
        "bar 3  A  A minor  120 bpm  4/4",
        "chords                  Am",
        "drums kick_909          9  .  .  .   .  .  .  .   3  .  .  .   .  .  .  .",
        "bass bass_saw           .  .  4  -   -  -  .  .   .  .  .  .   .  .  .  .",
        "                              A1",
        "chords piano            .  .  .  .   .  .  .  .   .  .  .  .   6  -  -  -",
        "                        C4/E4",
    ]


@pytest.mark.parametrize("style", STYLES)
def test_golden_scores(style: str) -> None:
    printed = "\n\n".join(print_bar(bar) for bar in bars(steer(style.replace("_", " ")), 8, 21)) + "\n"
    file = GOLDEN / f"{style}.txt"
    if os.environ.get("EVERJAM_GOLDEN") == "write":
        file.write_text(printed, encoding="utf-8")
    assert file.read_text(encoding="utf-8") == printed
