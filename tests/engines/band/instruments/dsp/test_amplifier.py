"""Tubes and loudspeakers: they distort as such do, and fold nothing back."""

import numpy as np
import numpy.typing as npt
import pytest

from everjam.audio import SAMPLE_RATE_HZ, Float32Array
from everjam.engines.band.instruments.dsp.amplifier import FOUR_BY_TWELVE, OPEN_BACK, Amplifier, amplify, cabinet

AMPLIFIER = Amplifier(110.0, ((720.0, 700.0, 1.2),), 6500.0, (12.0, 2.6), 0.3, FOUR_BY_TWELVE)
FRAMES = 48_000


def sine(*freqs_hz: float) -> Float32Array:
    at = np.arange(FRAMES) / SAMPLE_RATE_HZ
    out = np.zeros(FRAMES, np.float32)
    for hz in freqs_hz:
        out += np.sin(2.0 * np.pi * hz * at).astype(np.float32)
    return out


def spectrum_db(wave: Float32Array) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Frequencies, and levels under the loudest."""
    piece = wave[6000:46_000].astype(np.float64) * np.blackman(40_000)
    level = np.abs(np.fft.rfft(piece, 1 << 18))
    freqs = np.asarray(np.fft.rfftfreq(1 << 18, 1.0 / SAMPLE_RATE_HZ), np.float64)
    return freqs, np.asarray(20.0 * np.log10(level / level.max() + 1e-9), np.float64)


@pytest.mark.parametrize("hz", [440.7, 1661.2])
def test_nothing_folds_back(hz: float) -> None:
    freqs, level = spectrum_db(amplify(AMPLIFIER, sine(hz), 1.0, 9000.0))
    between = np.abs(freqs / hz - np.round(freqs / hz)) * hz > 0.2 * hz
    assert level[between & (freqs > 40.0)].max() < -55.0


def test_an_asymmetric_tube_adds_even_harmonics() -> None:
    def second(bias: float) -> float:
        model = Amplifier(20.0, (), 9000.0, (2.0,), bias, ((20.0, 0.0), (20_000.0, 0.0)))
        freqs, level = spectrum_db(amplify(model, sine(400.0), 1.0, 20_000.0))
        return float(level[np.abs(freqs - 800.0) < 4.0].max())

    assert second(0.0) < -70.0
    assert second(0.4) > -30.0


def test_a_fifth_sounds_its_octave_below() -> None:
    freqs, level = spectrum_db(amplify(AMPLIFIER, sine(220.0, 330.0), 1.0, 9000.0))
    assert level[np.abs(freqs - 110.0) < 4.0].max() > -30.0


def test_more_gain_compresses() -> None:
    soft, loud = (np.abs(amplify(AMPLIFIER, sine(300.0), gain, 9000.0)).max() for gain in (0.05, 1.0))
    assert 1.0 < loud / soft < 6.0


def test_blocks_leave_no_seams() -> None:
    wave = amplify(AMPLIFIER, np.stack([sine(97.3), sine(97.3)]), 0.02, 9000.0)
    assert wave.shape == (2, FRAMES)
    steps = np.abs(np.diff(wave[0], n=2))[3000:-3000]
    assert steps.max() < 1.6 * np.percentile(steps, 99.5)


@pytest.mark.parametrize("curve", [FOUR_BY_TWELVE, OPEN_BACK])
def test_cabinets_present_and_fall_off_a_cliff(curve: tuple[tuple[float, float], ...]) -> None:
    low, dip, presence, fizz = 20.0 * np.log10(cabinet(curve)(np.array([50.0, 600.0, 3000.0, 9000.0], np.float32)))
    assert presence > dip + 3.0
    assert fizz < presence - 20.0
    assert low < dip


def test_silence_stays_silent() -> None:
    assert not np.abs(amplify(AMPLIFIER, np.zeros(500, np.float32), 1.0, 5000.0)).max() > 1e-6
