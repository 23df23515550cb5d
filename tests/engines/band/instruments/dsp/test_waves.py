"""Exact waves, filters, clouds, grains and modulation."""

import numpy as np
import pytest

from everjam.audio import SAMPLE_RATE_HZ
from everjam.engines.band.instruments.dsp.base import control_times
from everjam.engines.band.instruments.dsp.cloud import Grains, Spread, cloud, hiss, scatter
from everjam.engines.band.instruments.dsp.filters import bandpass
from everjam.engines.band.instruments.dsp.operators import modulated, overloaded, radians
from everjam.engines.band.instruments.dsp.stereo import widened
from everjam.engines.band.instruments.dsp.waves import (
    Harmonics,
    Ladder,
    diode,
    harmonics_for,
    ladder,
    pulse_wave,
    saw_wave,
    stair_wave,
    sync_wave,
    tables_of,
    triangle_wave,
    two_pole,
)
from everjam.engines.band.instruments.dsp.wavetable import TABLE_FRAMES, phase, read

COUNT = 3000
TURN = np.arange(TABLE_FRAMES) / TABLE_FRAMES
STAIRS = np.concatenate([np.arange(15, -1, -1), np.arange(16)])


@pytest.mark.parametrize(
    ("wave", "expected"),
    [
        (saw_wave(COUNT), 2.0 * TURN - 1.0),
        (pulse_wave(COUNT, 0.25), np.where((TURN < 0.125) | (TURN > 0.875), 1.5, -0.5)),
        (triangle_wave(COUNT), 1.0 - 2.0 * np.abs(2.0 * ((TURN + 0.25) % 1.0) - 1.0)),
        (
            stair_wave(COUNT),
            np.concatenate([np.arange(15, -1, -1), np.arange(16)])[(TURN * 32).astype(int)] / 7.5 - 1.0,
        ),
        (sync_wave(COUNT, 2.6), 2.0 * ((2.6 * TURN) % 1.0) - 1.0),
    ],
)
def test_waves_are_what_they_are_called(wave: Harmonics, expected: np.ndarray) -> None:
    table = tables_of(wave[None, :])[0, :-1]
    expected = expected - expected.mean()
    # Away from the jumps, where a finite sum overshoots.
    calm = np.abs(np.diff(expected, append=expected[0])) < 0.01
    calm = np.convolve(calm, np.ones(41), "same") > 40.5
    assert np.abs(table - expected)[calm].max() < 0.02


@pytest.mark.parametrize(("kind", "fall_db"), [(ladder, 24.0), (diode, 24.0), (two_pole, 12.0)])
def test_filters_pass_below_and_fall_above(kind: Ladder, fall_db: float) -> None:
    level = 20.0 * np.log10(np.abs(kind(np.array([0.01, 0.02, 16.0, 32.0]), 0.2)))
    assert abs(level[0] - level[1]) < 0.3
    assert level[2] - level[3] == pytest.approx(fall_db, abs=1.5)
    peak = np.abs(kind(np.array([0.9, 1.0, 1.1]), 0.95)).max()
    assert peak > 2.0 * np.abs(kind(np.array([0.05]), 0.95))[0]


def test_a_glide_leaves_no_steps() -> None:
    frames = SAMPLE_RATE_HZ
    at = control_times(frames)
    curve = (1000.0 * 2.0 ** (0.5 * np.sin(2.0 * np.pi * 5.0 * at) / 12.0)).astype(np.float32)
    table = tables_of(np.array([[-0.5j]]))[0]
    level = np.abs(np.fft.rfft(read(phase(curve, frames), table).astype(np.float64) * np.kaiser(frames, 18.0)))
    # A frequency in steps would have sidebands 750 Hz away.
    assert 20.0 * np.log10(level[1600:1950].max() / level.max()) < -100.0
    np.testing.assert_allclose(np.sin(radians(curve, frames)), read(phase(curve, frames), table), atol=2e-3)


def test_harmonics_of_a_glide_end_where_it_starts() -> None:
    assert harmonics_for(1000.0, 1000.0) == 21
    assert harmonics_for(1000.0, 4000.0) == 6
    assert harmonics_for(30_000.0, 30_000.0) == 1


def test_overload_folds_nothing_of_a_low_passed_tone() -> None:
    frames = SAMPLE_RATE_HZ
    tone = np.sin(radians(3000.0, frames))
    driven = overloaded(tone, 2.0, 0.2, speed=4).astype(np.float64)[2000:-2000]
    level = np.abs(np.fft.rfft(driven * np.kaiser(driven.size, 18.0)))
    place = (np.fft.rfftfreq(driven.size, 1.0 / SAMPLE_RATE_HZ) / 3000.0) % 1.0
    assert 20.0 * np.log10(level[(place > 0.1) & (place < 0.9)].max() / level.max()) < -80.0


def test_far_reaching_modulation_is_sampled_faster() -> None:
    rates = []

    def render(frames: int, rate_hz: int) -> np.ndarray:
        rates.append(rate_hz)
        return np.sin(radians(1000.0, frames, rate_hz))

    near, far = (modulated(render, 4800, reach) for reach in (5000.0, 30_000.0))
    assert rates == [SAMPLE_RATE_HZ, 2 * SAMPLE_RATE_HZ]
    np.testing.assert_allclose(near[200:-400], far[200:-400], atol=2e-3)


def test_a_cloud_is_in_tune_wide_and_narrow_in_its_lows() -> None:
    frames = 2 * SAMPLE_RATE_HZ
    rows = np.array([1.0 / np.arange(1, 30), 1.0 / np.arange(1, 30) ** 2])
    position = np.linspace(0.0, 1.0, control_times(frames).size, dtype=np.float32)
    out = cloud(110.0, rows, Spread((-8.0, 8.0), 2.0, 0.3, 0.8), frames, position, np.random.default_rng(4)).astype(
        np.float64
    )
    again = cloud(110.0, rows, Spread((-8.0, 8.0), 2.0, 0.3, 0.8), frames, position, np.random.default_rng(4))
    np.testing.assert_array_equal(out.astype(np.float32), again)
    power = np.abs(np.fft.rfft(out.mean(axis=0))) ** 2
    hz = np.fft.rfftfreq(frames, 1.0 / SAMPLE_RATE_HZ)
    for number in (1, 2, 3):
        band = np.abs(hz - 110.0 * number) < 5.0
        assert (power * hz)[band].sum() / power[band].sum() == pytest.approx(110.0 * number, rel=2e-3)
    side = np.abs(np.fft.rfft(out[0] - out[1])) ** 2
    middle = np.abs(np.fft.rfft(out[0] + out[1])) ** 2
    assert side[hz < 120.0].sum() < 0.1 * middle[hz < 120.0].sum()
    assert 0.2 < np.mean(out[0] * out[1]) / np.sqrt(np.mean(out[0] ** 2) * np.mean(out[1] ** 2)) < 0.98


def test_hiss_and_grains_keep_their_bands_and_lengths() -> None:
    frames = 3 * SAMPLE_RATE_HZ
    noise = hiss(np.random.default_rng(1), frames, bandpass(1000.0, 2000.0, 4)).astype(np.float64)
    assert noise.shape == (2, frames)
    assert noise.std() == pytest.approx(1.0, rel=0.25)
    power = np.abs(np.fft.rfft(noise[0])) ** 2
    hz = np.fft.rfftfreq(frames, 1.0 / SAMPLE_RATE_HZ)
    assert power[(hz > 800.0) & (hz < 2500.0)].sum() > 0.9 * power.sum()
    for rate in (5.0, 200.0):
        grains = Grains(rate, (2000.0, 3000.0), (0.001, 0.002))
        one, same, other = (scatter(grains, np.random.default_rng(seed), frames) for seed in (1, 1, 2))
        np.testing.assert_array_equal(one, same)
        assert one.shape == (2, frames)
        assert not np.array_equal(one, other)


def test_what_sets_the_sides_apart_has_no_lows() -> None:
    low = np.sin(radians(50.0, SAMPLE_RATE_HZ))
    out = widened(low, low)
    assert np.std(out[0] - out[1]) < 0.15 * np.std(out[0] + out[1])
