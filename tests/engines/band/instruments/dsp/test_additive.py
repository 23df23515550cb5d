"""Partials with moving levels, against the sum written out."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from everjam.audio import SAMPLE_RATE_HZ
from everjam.engines.band.instruments.dsp.additive import SILENT_DB, additive, gains, levels_at

SECONDS = np.array([0.0, 0.03, 0.1, 0.3])


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 1000), frames=st.integers(1, 20_000))
def test_it_is_the_sum_of_its_sines(seed: int, frames: int) -> None:
    rng = np.random.default_rng(seed)
    hz = rng.uniform(50.0, 12_000.0, 7)
    levels = rng.uniform(-20.0, 0.0, (4, 7))
    phases = rng.uniform(0.0, 6.0, 7)
    at = np.arange(frames) / SAMPLE_RATE_HZ
    amplitude = np.stack([10.0 ** (np.interp(at, SECONDS, levels[:, one]) / 20.0) for one in range(7)], axis=1)
    wanted = (amplitude * np.sin(2.0 * np.pi * hz * at[:, None] + phases)).sum(axis=1)
    # Levels are straight in decibels between blocks of 128 frames, in amplitude within one.
    assert np.abs(additive(hz, SECONDS, levels, frames, phases) - wanted).max() < 0.1


def test_what_is_above_hearing_or_silent_is_left_out() -> None:
    assert not additive([30_000.0], SECONDS, np.zeros((4, 1)), 1000).any()
    assert not additive([440.0], SECONDS, np.full((4, 1), SILENT_DB), 1000).any()


def test_levels_move_without_steps() -> None:
    out = additive([1000.0], [0.0, 0.5], np.array([[-60.0], [0.0]]), 24_000)
    assert np.abs(np.diff(out, n=2)).max() < 0.055
    assert np.sqrt(np.mean(out[-480:] ** 2)) == pytest.approx(np.sqrt(0.5), rel=0.1)


def test_levels_hold_beyond_the_ends() -> None:
    levels = np.array([[-3.0], [-9.0]])
    found = levels_at(np.array([0.1, 0.2]), levels, np.array([0.0, 0.1, 0.15, 0.2, 9.0]))
    assert np.allclose(found[:, 0], [-3.0, -3.0, -6.0, -9.0, -9.0])
    assert gains(np.array([0.0, -20.0, SILENT_DB])) == pytest.approx([1.0, 0.1, 0.0])
