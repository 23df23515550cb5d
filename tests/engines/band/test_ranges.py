"""Nobody is asked to play what the instrument cannot."""

import importlib
import sys
from pathlib import Path

import pytest
from tests.engines.band.composing import CARDS, bars, steer

from everjam.engines.band.cards import default_deck
from everjam.engines.band.performance import in_range
from everjam.engines.band.ranges import RANGES

ROOT = Path(__file__).parents[3]


def test_the_table_is_that_of_the_patches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", [str(ROOT), *sys.path])
    instrument_ranges = importlib.import_module("tools.instrument_ranges")

    assert instrument_ranges.OUT.read_text(encoding="utf-8") == instrument_ranges.text()


@pytest.mark.parametrize(
    ("patch", "pitches", "moved"),
    [
        ("flute", [60, 72], [60, 72]),
        ("ukulele", [50, 54], [62, 66]),
        ("cello", [79, 72], [67, 60]),
        ("tuba", [26, 62], [26, 50]),
        ("unheard_of", [3, 120], [3, 120]),
    ],
)
def test_parts_move_by_octaves_together(patch: str, pitches: list[int], moved: list[int]) -> None:
    assert in_range(patch, pitches) == moved


@pytest.mark.parametrize("card", CARDS[::5])
def test_notes_lie_where_their_instruments_play(card: str) -> None:
    name = default_deck().cards[card].name
    for bar in bars(steer(name), 8, 5):
        for note in bar.notes:
            low, high = RANGES.get(note.patch, (0, 127))
            assert note.part == "drums" or low <= note.pitch <= high, (note.patch, note.pitch)
