"""The shared signal primitives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from everjam.audio import SAMPLE_RATE_HZ
from everjam.engines.band.instruments.dsp.base import (
    CONTROL_FRAMES,
    adsr,
    control_times,
    frames_of,
    noise,
    times,
    upsample,
    wander,
)
from everjam.engines.band.instruments.dsp.filters import (
    bandpass,
    highpass,
    lowpass,
    moving_filter,
    shape,
)
from everjam.engines.band.instruments.dsp.modal import modal
from everjam.engines.band.instruments.dsp.shaping import overdrive
from everjam.engines.band.instruments.dsp.strings import StringModel, pluck
from everjam.engines.band.instruments.dsp.wavetable import lowpass_sweep, phase, read, saw, scan, stack, walk


def rng() -> np.random.Generator:
    return np.random.default_rng(7)


def test_modal_is_the_sum_of_its_sines() -> None:
    frames = 30_000
    at = np.arange(frames) / SAMPLE_RATE_HZ
    hz, taus = np.array([220.0, 3000.5, 9000.0]), np.array([0.4, 0.02, 0.1])
    amps, phases = np.array([[1.0, 0.5, 0.2], [0.3, 0.1, 0.9]]), np.array([0.0, 1.0, -2.0])
    expected = [
        sum(
            a * np.exp(-at / t) * np.sin(2 * np.pi * f * at + p)
            for a, f, t, p in zip(row, hz, taus, phases, strict=True)
        )
        for row in amps
    ]
    np.testing.assert_allclose(modal(hz, amps, taus, frames, phases), expected, atol=2e-4)


def test_modal_leaves_out_what_cannot_be_heard() -> None:
    assert not modal([30_000.0], [1.0], [0.1], 500).any()
    assert modal([440.0, 30_000.0], [1.0, 1.0], [0.1, 0.1], 500).shape == (500,)


@given(hz=st.floats(30.0, 4000.0), start=st.floats(0.0, 0.999))
def test_a_read_wavetable_is_its_sine(hz: float, start: float) -> None:
    frames = 4000
    wave = read(phase(hz, frames, start), stack(np.ones((1, 1)))[0])
    expected = np.sin(2 * np.pi * (hz * np.arange(frames) / SAMPLE_RATE_HZ + start))
    np.testing.assert_allclose(wave, expected, atol=2e-4)


def test_a_constant_control_curve_is_a_constant_frequency() -> None:
    frames = 10_000
    table = stack(saw(20)[None, :])[0]
    curve = np.full(control_times(frames).size, 300.0, np.float32)
    np.testing.assert_allclose(read(phase(curve, frames), table), read(phase(300.0, frames), table), atol=1e-3)


def test_scan_blends_neighbouring_tables() -> None:
    frames = 1000
    at = phase(441.0, frames)
    tables = stack(np.array([[1.0], [3.0], [5.0]]))
    for position, level in ((0.0, 1.0), (0.5, 2.0), (1.25, 3.5), (2.0, 5.0)):
        wave = scan(at, tables, walk(tables, np.full(frames, position, np.float32)))
        np.testing.assert_allclose(wave, level * read(at, tables[0]), atol=2e-3)


def test_a_sweep_darkens_as_its_cutoff_falls() -> None:
    frames = 24_000
    curve = np.geomspace(8000.0, 200.0, control_times(frames).size).astype(np.float32)
    sweep = lowpass_sweep(110.0, saw(180), curve)
    wave = scan(phase(110.0, frames), sweep.tables, walk(sweep.tables, upsample(sweep.position, frames)))
    early, late = (np.abs(np.fft.rfft(wave[part] * np.hanning(4800))) for part in (slice(0, 4800), slice(-4800, None)))
    assert early[200:].sum() > 30.0 * late[200:].sum()


@pytest.mark.parametrize("key_hz", [41.2, 196.0, 987.77])
@pytest.mark.parametrize("stiffness", [0.0, 1e-4])
def test_a_plucked_string_is_in_tune_and_dies_away(key_hz: float, stiffness: float) -> None:
    model = StringModel(t60_seconds=3.0, damping_hz=3000.0, stiffness=stiffness)
    wave = pluck(model, key_hz, frames_of(1.5), rng())
    size = 1 << 20
    power = np.abs(np.fft.rfft(wave * np.hanning(wave.size), size))
    low, high = int(key_hz * 0.97 / SAMPLE_RATE_HZ * size), int(key_hz * 1.03 / SAMPLE_RATE_HZ * size)
    found = (low + int(np.argmax(power[low:high]))) * SAMPLE_RATE_HZ / size
    assert abs(1200.0 * np.log2(found / key_hz)) < 2.0
    first, last = np.std(wave[: frames_of(0.2)]), np.std(wave[-frames_of(0.2) :])
    assert last < 0.3 * first


def test_filters_pass_their_band_without_delay() -> None:
    at = times(9600)
    low, high = np.sin(2 * np.pi * 100.0 * at), np.sin(2 * np.pi * 8000.0 * at)
    both = (low + high).astype(np.float32)
    middle = slice(2400, 7200)
    np.testing.assert_allclose(shape(both, lowpass(1000.0, 4))[middle], low[middle], atol=0.01)
    np.testing.assert_allclose(shape(both, highpass(1000.0, 4))[middle], high[middle], atol=0.01)
    assert np.abs(shape(both, bandpass(900.0, 1100.0, 4))[middle]).max() < 0.01


def test_a_moving_filter_that_does_nothing_changes_nothing() -> None:
    wave = noise(rng(), 20_000)
    same = moving_filter(wave, lambda at, hz: np.ones((at.size, hz.size), np.float32))
    np.testing.assert_allclose(same, wave, atol=1e-4)


def test_overdrive_folds_little_back() -> None:
    hz = 5000.0
    wave = np.sin(2 * np.pi * hz * times(SAMPLE_RATE_HZ)).astype(np.float32)
    power = np.abs(np.fft.rfft(overdrive(wave, (4.0,), bias=0.0)[2400:-2400] * np.hanning(43_200)))
    bins = np.arange(power.size) * SAMPLE_RATE_HZ / 43_200
    harmonic = np.abs(bins / hz - np.round(bins / hz)) < 0.01
    assert power[~harmonic].max() < 0.01 * power.max()


def test_envelopes_rise_hold_and_fall() -> None:
    envelope = adsr(frames_of(1.0), 0.6, attack_seconds=0.05, decay_seconds=0.1, sustain=0.5, release_seconds=0.2)
    assert envelope[0] == 0.0
    assert 0.45 < envelope[frames_of(0.55)] < 0.56
    assert envelope[frames_of(0.8)] < 0.002
    assert envelope.max() <= 1.0


def test_control_curves_reach_every_frame() -> None:
    for frames in (1, CONTROL_FRAMES, CONTROL_FRAMES + 1, 5000):
        ramp = control_times(frames)
        np.testing.assert_allclose(upsample(ramp, frames), times(frames), atol=1e-5)
        assert wander(rng(), frames, 3.0).shape == ramp.shape
