"""Every card plays, and every note is valid."""

from itertools import islice

import pytest
from tests.engines.band.composing import CARDS, jam, steer

from everjam.engines.band.cards import default_deck
from everjam.engines.band.ranges import RANGES
from everjam.engines.band.score import PARTS


@pytest.mark.parametrize("card", CARDS)
def test_every_card_plays_32_valid_bars(card: str) -> None:
    name = default_deck().cards[card].name
    silent = 0
    for index, bar in enumerate(islice(jam(steer(name), 3), 32)):
        assert bar.index == index
        assert 50 <= bar.bpm <= 200
        assert bar.chords[0].start_beats == 0
        silent += not bar.notes
        assert [note.start_beats for note in bar.notes] == sorted(note.start_beats for note in bar.notes)
        for note in bar.notes:
            assert note.part in PARTS
            assert (0 if index == 0 else -0.07) <= note.start_beats < bar.length_beats
            assert 0 < note.duration_beats <= 2 * bar.length_beats
            assert 0 < note.velocity <= 1
            assert -1 <= note.pan <= 1
            assert 21 <= note.pitch <= 108
            if note.part == "bass":
                assert note.pitch <= max(52, RANGES[note.patch][0] + 16), note.patch
            if note.part == "melody":
                low, high = RANGES[note.patch]
                assert low <= note.pitch <= high, note.patch
        if index == 0:
            assert any(note.start_beats < 0.3 for note in bar.notes)
    assert silent <= 3, "music rests, but not for long"
