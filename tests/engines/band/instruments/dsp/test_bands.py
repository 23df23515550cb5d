"""Bands of unit noise."""

import numpy as np
import pytest

from everjam.audio import SAMPLE_RATE_HZ
from everjam.engines.band.instruments.dsp.bands import BANDS, band_noise, band_weights, centres_hz, unit_bands

SECONDS = np.array([0.0, 1.0])


def density_db(signal: np.ndarray, hz: float) -> float:
    """Power around a frequency against white noise of variance 1."""
    power = np.abs(np.fft.rfft(signal)) ** 2 / signal.size
    freqs = np.fft.rfftfreq(signal.size, 1.0 / SAMPLE_RATE_HZ)
    return float(10.0 * np.log10(power[(freqs > hz * 0.93) & (freqs < hz * 1.07)].mean()))


def test_the_bands_are_white_noise_taken_apart() -> None:
    whole = unit_bands().sum(axis=1).reshape(-1)
    assert np.std(whole) == pytest.approx(1.0, abs=0.01)
    assert unit_bands().nbytes < 8_000_000
    assert np.allclose(band_weights(np.linspace(0.0, 24_000.0, 500)).sum(axis=0), 1.0)


def test_a_spectrum_comes_out_as_asked() -> None:
    levels = np.linspace(0.0, -46.0, BANDS)
    out = band_noise(np.random.default_rng(1), SECONDS, np.stack([levels, levels]), 96_000)
    for band in range(4, BANDS - 2, 4):
        assert density_db(out, centres_hz()[band]) == pytest.approx(levels[band], abs=1.5)


def test_levels_move_and_end() -> None:
    levels = np.array([np.full(BANDS, 0.0), np.full(BANDS, -60.0)])
    out = band_noise(np.random.default_rng(2), SECONDS, levels, 48_000)
    halves = [np.sqrt(np.mean(piece**2)) for piece in np.split(out, 8)]
    assert np.all(np.diff(halves) < 0.0)
    assert not band_noise(np.random.default_rng(2), SECONDS, np.full((2, BANDS), -200.0), 500).any()


def test_takes_differ_and_repeat() -> None:
    levels = np.zeros((2, BANDS))
    first, again, other = (band_noise(np.random.default_rng(seed), SECONDS, levels, 70_000) for seed in (3, 3, 4))
    assert np.array_equal(first, again)
    assert abs(np.corrcoef(first, other)[0, 1]) < 0.05
