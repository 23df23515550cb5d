import subprocess
import sys

import numpy as np
import pytest
import scipy.signal
from hypothesis import given
from hypothesis import strategies as st

from everjam.audio import SAMPLE_RATE_HZ
from everjam.engines.band import filtering
from everjam.engines.band.filtering import Filter

FILTERS = {
    "mean": filtering.one_pole(0.05, 750.0),
    "half": filtering.of([0.5, 0.5], [1.0, -0.2]),
    "high": filtering.highpass(200.0),
    "tilt": filtering.of([1.2, -2.1, 0.9], np.convolve([1.0, -0.9987], [1.0, -0.93])),
    "ring": filtering.resonator(120.0, 1.2, 6_000.0),
    "third": filtering.of(*scipy.signal.butter(3, 300.0, fs=6_000.0)),
}


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(1).uniform(-1.0, 1.0, shape)


@pytest.mark.parametrize("one", FILTERS.values(), ids=FILTERS)
@pytest.mark.parametrize("frames", [1, 5, 31, 32, 33, 192, 193, 1_500, 33_000, 60_001])
def test_filters_are_those_of_scipy(one: Filter, frames: int) -> None:
    signal, memory = noise(2, frames), 0.1 * noise(2, len(one.a) - 1)
    expected, after = scipy.signal.lfilter(*one, signal, zi=memory)
    got, left = filtering.run(one, signal, memory)
    np.testing.assert_allclose(got, expected, atol=1e-9 * max(1.0, np.abs(expected).max()))
    np.testing.assert_allclose(left, after, atol=1e-9 * max(1.0, np.abs(after).max()))
    short, rough = filtering.run(one, signal.astype(np.float32), memory)
    assert short.dtype == np.float32
    np.testing.assert_allclose(short, expected, atol=1e-4 * max(1.0, np.abs(expected).max()))
    np.testing.assert_allclose(rough, after, atol=1e-4 * max(1.0, np.abs(after).max()))


@given(cut=st.integers(1, 299))
def test_a_filter_goes_on_where_it_stopped(cut: int) -> None:
    one, signal = FILTERS["tilt"], noise(3, 300)
    whole, last = filtering.run(one, signal)
    first, memory = filtering.run(one, signal[:, :cut])
    then, left = filtering.run(one, signal[:, cut:], memory)
    np.testing.assert_allclose(np.concatenate((first, then), axis=1), whole, atol=1e-9)
    np.testing.assert_allclose(left, last, atol=1e-9)


def test_one_row_is_filtered_like_many() -> None:
    signal = noise(200)
    got, memory = filtering.run(FILTERS["mean"], signal)
    assert got.shape == (200,)
    assert memory.shape == (1,)
    np.testing.assert_array_equal(got, filtering.run(FILTERS["mean"], signal[None])[0][0])


def test_designs_are_those_of_scipy() -> None:
    for mine, theirs in (
        (filtering.lowpass(5_200.0), scipy.signal.butter(2, 5_200.0, fs=SAMPLE_RATE_HZ)),
        (filtering.highpass(200.0), scipy.signal.butter(2, 200.0, "highpass", fs=SAMPLE_RATE_HZ)),
        (filtering.resonator(120.0, 1.2, 6_000.0), scipy.signal.iirpeak(120.0, 1.2, 6_000.0)),
    ):
        np.testing.assert_allclose(mine, theirs, atol=1e-12)
        hz = np.geomspace(20.0, 20_000.0, 50)
        np.testing.assert_allclose(filtering.response(mine, hz), scipy.signal.freqz(*theirs, hz, fs=SAMPLE_RATE_HZ)[1])
    for taps, cutoff in ((23, 0.5), (65, 0.25)):
        expected = scipy.signal.firwin(taps, cutoff, window=("kaiser", 5.0))
        np.testing.assert_allclose(filtering.lowpass_taps(taps, cutoff), expected, atol=1e-12)


def test_a_minimum_phase_filter_has_its_response_and_no_delay() -> None:
    hz, db = (0.0, 100.0, 1_000.0, 5_000.0, 24_000.0), (-6.0, 0.0, 3.0, -12.0, -40.0)
    taps = filtering.minimum_phase_taps(hz, db, 2_048)
    at, got = scipy.signal.freqz(taps, worN=2_000, fs=SAMPLE_RATE_HZ)
    expected = np.interp(at, hz, 10 ** (np.array(db) / 20))
    np.testing.assert_allclose(20 * np.log10(np.abs(got)), 20 * np.log10(expected), atol=0.2)
    assert np.square(taps[:16]).sum() > 0.9 * np.square(taps).sum()


def test_the_band_comes_without_what_takes_long_to_import() -> None:
    program = (
        "import sys; from everjam.engines.band.engine import BandEngine; BandEngine().warm(); "
        "print(sorted({'scipy.signal', 'scipy.stats', 'scipy.optimize', 'scipy.interpolate'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
