"""Pieces that end: within the time that they were given, on the tonic, with nothing after it."""

import numpy as np
import pytest
from tests.engines.band.composing import COMPOSER, steer

from everjam.audio import SAMPLE_RATE_HZ
from everjam.engines.band import theory
from everjam.engines.band.engine import BandEngine
from everjam.engines.base import EndsPieces
from everjam.export.take import Take, render_take
from everjam.steering import Controls, Steering, WeightedPrompt

STYLES = ("bossa nova", "jazz", "funk", "house", "emotional", "thrash")


@pytest.mark.parametrize("style", STYLES)
def test_the_last_bar_lands_on_the_tonic_and_then_there_is_silence(style: str) -> None:
    steering = steer(style)
    memory = COMPOSER.start()
    for _ in range(9):
        bar, memory = COMPOSER.compose(memory, steering, 5)
    bars = COMPOSER.ending_bars(memory, steering, 5)
    assert bars in {0, 2, 3}
    last = bar
    for step in range(bars):
        last, memory = COMPOSER.conclude(memory, steering, 5, step)
        assert last.section == "ending"
    if bars:
        tonic = theory.FLAT_NAMES.index(last.key.split()[0]) if "b" in last.key.split()[0] else None
        tonic = theory.SHARP_NAMES.index(last.key.split()[0]) if tonic is None else tonic
        assert last.chords[0].pitch_classes[0] == tonic
        assert last.notes
        assert {round(note.start_beats * 4) for note in last.notes} == {0}
        basses = [note.pitch % 12 for note in last.notes if note.part == "bass"]
        assert set(basses) <= {tonic}
    rest, _ = COMPOSER.conclude(memory, steering, 5, bars)
    assert not rest.notes


def test_a_take_with_an_ending_is_over_in_time() -> None:
    engine = BandEngine()
    assert isinstance(engine, EndsPieces)
    steering = Steering((WeightedPrompt("classical"),), Controls(bpm=120))
    take = Take(steering, 3, 20 * SAMPLE_RATE_HZ, ending=True)
    blocks = list(render_take(engine, take))
    sections = [beat.section for block in blocks for beat in block.beats]
    assert sections.count("ending") >= 8
    ends = max(note.start_frame for block in blocks for note in block.notes)
    bar = 2 * SAMPLE_RATE_HZ
    assert 20 * SAMPLE_RATE_HZ - 2.2 * bar <= ends <= 20 * SAMPLE_RATE_HZ - bar
    audio = np.concatenate([block.audio for block in blocks])
    assert np.abs(audio[-480:]).max() < 0.05
    cut = list(render_take(engine, Take(steering, 3, 20 * SAMPLE_RATE_HZ)))
    assert np.array_equal(cut[2].audio, blocks[2].audio), "the ending changes nothing before it"
    assert max(note.start_frame for block in cut for note in block.notes) > ends


def test_what_is_too_short_for_an_ending_has_none() -> None:
    steering = Steering((WeightedPrompt("jazz"),), Controls(bpm=60))
    blocks = list(render_take(BandEngine(), Take(steering, 3, 5 * SAMPLE_RATE_HZ, ending=True)))
    assert "ending" not in {beat.section for block in blocks for beat in block.beats}
