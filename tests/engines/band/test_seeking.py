"""A piece can be entered at any bar: what is drawn is addressed by seed and bar, and the players find their places."""

import time

import pytest
from tests.engines.band.composing import COMPOSER, bars, steer

from everjam.audio import SAMPLE_RATE_HZ
from everjam.engines.band.composer import APPROACH_BARS
from everjam.engines.band.engine import BandEngine
from everjam.engines.band.score import Bar

HOUR_BARS = 3_000
MAX_SEEK_SECONDS = 0.3


def drawn(bar: Bar) -> tuple[object, ...]:
    """What does not depend on the bars before."""
    return bar.index, bar.section, bar.key, bar.chords, bar.meter, bar.bpm, bar.production


@pytest.mark.parametrize("text", ["bossa nova", "minimal techno", "indian classical", "bebop", "irish folk"])
def test_a_bar_that_is_sought_is_the_bar_of_the_piece(text: str) -> None:
    steering = steer(text)
    piece = bars(steering, 240, seed=7)
    overlaps = []
    for index in (0, 1, 5, APPROACH_BARS, *range(40, 240, 23)):
        found, _ = COMPOSER.compose(COMPOSER.seek(steering, 7, index), steering, 7)
        assert drawn(found) == drawn(piece[index])
        if index <= APPROACH_BARS:
            assert found == piece[index]
        ours, theirs = set(found.notes), set(piece[index].notes)
        overlaps.append(len(ours & theirs) / max(1, len(ours | theirs)))
    assert sum(overlaps) / len(overlaps) > 0.8


def test_a_fixed_key_and_tempo_are_found_too() -> None:
    steering = steer("bebop", "harp:0.5", bpm=150, temperature=2.0, guidance=2.0)
    piece = bars(steering, 100, seed=-3)
    for index in (50, 99):
        found, _ = COMPOSER.compose(COMPOSER.seek(steering, -3, index), steering, -3)
        assert drawn(found) == drawn(piece[index])


def test_an_hour_away_is_no_longer_a_way_than_a_minute() -> None:
    steering = steer("orchestral score")
    COMPOSER.seek(steering, 1, 100)
    begin = time.process_time()
    COMPOSER.seek(steering, 2, HOUR_BARS)
    assert time.process_time() - begin < MAX_SEEK_SECONDS


def test_the_bar_sounds_at_once() -> None:
    band = BandEngine()
    steering = steer("bossa nova")
    block, state = band.render(band.seek(7, HOUR_BARS, steering), steering, SAMPLE_RATE_HZ)
    assert block.start_frame == 0
    assert (block.beats[0].bar, block.beats[0].beat) == (HOUR_BARS, 0)
    assert block.beats[0].frame < 1_000
    assert abs(block.audio).max() > 0.01
    assert state.frame == SAMPLE_RATE_HZ
