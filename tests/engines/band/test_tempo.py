from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from everjam.audio import SAMPLE_RATE_HZ
from everjam.engines.band.tempo import Grid, frames_per_beat


@pytest.mark.parametrize(("bpm", "frames"), [(60, 48_000), (120, 24_000), (90, 32_000), (200, 14_400)])
def test_a_beat_is_as_long_as_arithmetic_says(bpm: int, frames: int) -> None:
    assert frames_per_beat(bpm) == frames


@pytest.mark.parametrize("bpm", [0, 19, 401, -120])
def test_tempos_out_of_range_are_refused(bpm: int) -> None:
    with pytest.raises(ValueError, match="bpm must be between"):
        frames_per_beat(bpm)


@pytest.mark.parametrize("bpm", [61, 77, 97, 127, 133.337, 199])
def test_an_hour_of_beats_does_not_drift(bpm: float) -> None:
    grid = Grid.start(0)
    beats = round(bpm * 60)
    for k in range(beats):
        step, grid = grid.advance(Fraction(1), bpm)
        assert step.frame_at(0) == round(float(k * Fraction(60 * SAMPLE_RATE_HZ) / Fraction(str(bpm))))
    assert grid.frame == beats * Fraction(60 * SAMPLE_RATE_HZ) / Fraction(str(bpm))
    assert grid.frame.denominator <= 1000 * 200


def test_the_first_step_starts_at_its_own_tempo_and_a_change_takes_one_step() -> None:
    grid = Grid.start(480)
    first, grid = grid.advance(Fraction(1), 120)
    assert [first.first_period, first.last_period] == [Fraction(24_000)] * 2
    ramp, grid = grid.advance(Fraction(1), 60)
    assert (int(ramp.start_frame), int(ramp.first_period), int(ramp.last_period)) == (24_480, 24_000, 48_000)
    assert grid.frame == 24_480 + 36_000
    assert ramp.frame_at(0.5) == 24_480 + 12_000 + 3_000
    after, _ = grid.advance(Fraction(1), 60)
    assert after.first_period == after.last_period == 48_000


def test_positions_outside_a_step_follow_the_nearer_tempo() -> None:
    grid = Grid.start(100_000)
    _, grid = grid.advance(Fraction(1), 120)
    ramp, _ = grid.advance(Fraction(1), 60)
    assert ramp.frame_at(-0.125) == 124_000 - 3_000
    assert ramp.frame_at(1.25) == 160_000 + 12_000


@given(st.lists(st.integers(60, 200), min_size=1, max_size=60), st.sampled_from([Fraction(1), Fraction(1, 2)]))
def test_any_changes_of_tempo_keep_steps_in_order_and_numbers_small(bpms: list[int], unit: Fraction) -> None:
    grid = Grid.start(7)
    for bpm in bpms:
        step, after = grid.advance(unit, bpm)
        places = [step.frame_at(float(unit) * k / 8) for k in range(9)]
        assert places == sorted(places)
        assert len(set(places)) == 9
        assert places[0] == round(float(grid.frame))
        assert abs(step.frame_at(float(unit)) - after.frame) <= 1
        assert after.frame.denominator <= 200
        grid = after
