"""Each effect alone: what it is for, and that how a signal is cut into blocks does not matter."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.signal import resample_poly

from everjam.audio import QUANTUM_FRAMES, SAMPLE_RATE_HZ, Float32Array
from everjam.engines.band.instruments.contract import Recording, Tone
from everjam.engines.band.mixer import delay, duck, grid, limiter, lofi, loudness, resample, reverb, tone, voices

Q = QUANTUM_FRAMES
QUANTA = 24
SPLITS: tuple[tuple[int, ...], ...] = ((24,), (1,) * 24, (5, 13, 1, 5))


def noise(rows: int = 2, quanta: int = QUANTA, level: float = 0.3, seed: int = 1) -> Float32Array:
    return (level * np.random.default_rng(seed).standard_normal((rows, quanta * Q))).astype(np.float32)


def borders_of(quantum: int, quanta: int) -> grid.Float64Array:
    return np.arange(quantum, quantum + quanta + 1).astype(np.float64)


Chain = Callable[[Any, Float32Array, int, int], tuple[Float32Array, Any]]


def _reverb(state: Any, x: Float32Array, quantum: int, quanta: int) -> tuple[Float32Array, Any]:
    return reverb.process(state, x[0], 1.0 + 0.02 * borders_of(quantum, quanta)[:-1])


def _delay(state: Any, x: Float32Array, quantum: int, quanta: int) -> tuple[Float32Array, Any]:
    times = [3_000 if q < 9 else 5_000 for q in range(quantum, quantum + quanta)]
    out, after = delay.process(state, x[0], times, np.full(quanta, 0.6))
    assert out is not None
    return out, after


def _tone(state: Any, x: Float32Array, quantum: int, quanta: int) -> tuple[Float32Array, Any]:
    y = x[None].copy()
    borders = borders_of(quantum, quanta)
    gains = tone.gains(np.zeros((tone.BANDS, quanta + 1)), 6.0 - 0.4 * borders)
    after = tone.process(state, y, gains, 1.4 - 0.05 * borders)
    return y[0], after


def _lofi(state: Any, x: Float32Array, quantum: int, quanta: int) -> tuple[Float32Array, Any]:
    y = x[None].copy()
    amount = np.clip(borders_of(quantum, quanta) / 10 - 0.3, 0, 1)
    after = lofi.process(state, y, quantum * Q, amount)
    return y[0], after


def _limiter(state: Any, x: Float32Array, quantum: int, quanta: int) -> tuple[Float32Array, Any]:
    out, after = limiter.process(state, x[None] * np.float32(3))
    return out[0], after


def _level(state: Any, x: Float32Array, quantum: int, quanta: int) -> tuple[Float32Array, Any]:
    power = loudness.bands(x) @ loudness.K_WEIGHTS
    calm, tight = np.zeros(quanta), np.full(quanta + 1, 0.5)
    gains, glue, after = loudness.ride(state, power, power, loudness.course(x), tight, calm, calm)
    return x * grid.to_samples(grid.to_cells(gains) * glue), after


CHAINS: dict[str, tuple[Any, Chain]] = {
    "reverb": (reverb.start(), _reverb),
    "delay": (delay.start(), _delay),
    "tone": (tone.start(1), _tone),
    "lofi": (lofi.start(1), _lofi),
    "limiter": (limiter.start(1), _limiter),
    "level": (loudness.start(), _level),
}


def run(state: Any, chain: Chain, x: Float32Array, split: Sequence[int]) -> Float32Array:
    pieces, at = [], 0
    for quanta in split:
        out, state = chain(state, x[:, at * Q : (at + quanta) * Q], at, quanta)
        pieces.append(out)
        at += quanta
    return np.concatenate(pieces, axis=1)


@pytest.mark.parametrize("name", CHAINS)
def test_blocks_do_not_matter_and_input_and_state_are_left_alone(name: str) -> None:
    x = noise()
    before = x.copy()
    whole, *others = (run(*CHAINS[name], x, split) for split in SPLITS)
    assert np.isfinite(whole).all()
    assert np.abs(whole).max() > 0.1
    for other in others:
        assert np.abs(whole - other).max() < 1e-5
    again = run(*CHAINS[name], x, SPLITS[0])
    assert np.array_equal(whole, again)
    assert np.array_equal(x, before)


def test_half_bands_pass_the_middle_and_stop_the_top() -> None:
    t = np.arange(96_000) / SAMPLE_RATE_HZ

    def through(hz: float) -> tuple[float, float]:
        x = np.sin(2 * np.pi * hz * t).astype(np.float32)
        low, _ = resample.halve(x, np.zeros(resample.TAPS - 1, np.float32))
        back, _ = resample.double(low, np.zeros(resample.PHASE_TAPS - 1, np.float32))
        return float(np.sqrt(2 * np.mean(low[1000:] ** 2))), float(np.sqrt(2 * np.mean(back[1000:] ** 2)))

    assert through(1000) == pytest.approx((1, 1), abs=0.01)
    assert through(6000) == pytest.approx((1, 1), abs=0.03)
    assert through(17_500)[0] < 0.01


@pytest.mark.parametrize("seconds", [0.5, 1.5, 4.0])
def test_the_room_decays_as_asked_at_about_the_same_loudness(seconds: float) -> None:
    x = np.zeros(400 * Q, np.float32)
    x[: 50 * Q] = noise(1, 50)[0]
    out, _ = reverb.process(reverb.start(), x, np.full(400, seconds))
    power = np.mean(out.reshape(2, 400, Q // 2) ** 2, axis=(0, 2))
    begin = 55
    length = int(seconds * 0.4 * SAMPLE_RATE_HZ / Q)
    drop_db = 10 * np.log10(power[begin] / power[begin + length])
    assert drop_db == pytest.approx(60 * length * Q / SAMPLE_RATE_HZ / seconds, rel=0.3)
    assert 10 * np.log10(power[40:50].mean() / np.mean(x[: 50 * Q] ** 2)) == pytest.approx(-5, abs=5)
    assert abs(np.mean(out[0] * out[1]) / np.mean(out**2)) < 0.3


def test_the_room_is_dense_and_has_no_slow_flutter() -> None:
    x = np.zeros(60 * Q, np.float32)
    x[0] = 1
    out, _ = reverb.process(reverb.start(), x, np.full(60, 2.0))
    for begin in range(1_000, 24_000, 2_400):
        piece = out[0, begin : begin + 2_400]
        kurtosis = np.mean(piece**4) / np.mean(piece**2) ** 2
        assert kurtosis < 12, "Gaussian noise has 3; single echoes have hundreds"


def test_echoes_come_in_time_left_then_right_and_softer() -> None:
    x = np.zeros(40 * Q, np.float32)
    x[100] = 1
    out, state = delay.process(delay.start(), x, [6_000] * 40, np.full(40, 0.5))
    assert out is not None
    first = int(np.argmax(np.abs(out[0])))
    second = int(np.argmax(np.abs(out[1])))
    assert first == pytest.approx(50 + 6_000, abs=20)
    assert second == pytest.approx(first + 6_000, abs=2)
    assert np.abs(out[1]).max() == pytest.approx(0.5 * np.abs(out[0]).max(), rel=0.4)
    quiet = np.zeros(400 * Q, np.float32)
    _, state = delay.process(state, quiet, [6_000] * 400, np.full(400, 0.5))
    assert state.line.shape[1] == 0
    assert delay.process(state, None, [6_000], np.zeros(1))[0] is None


@pytest.mark.parametrize("frames", [900.0, 14_400.0, 28_800.0, 72_000.0])
def test_delay_times_fit_and_stay_in_octaves(frames: float) -> None:
    samples = delay.samples_for(frames)
    assert delay.SHORTEST <= samples <= delay.LONGEST
    octaves = np.log2(samples / (frames / 2))
    assert octaves == pytest.approx(round(octaves), abs=0.01)


def test_tilt_is_monotone_and_bass_is_mono() -> None:
    x = noise(2, 30)
    centroids = []
    for db in (-12.0, -6.0, 0.0, 6.0, 12.0):
        y = x[None].copy()
        tone.process(tone.start(1), y, tone.gains(np.zeros((tone.BANDS, 31)), np.full(31, db)), np.ones(31))
        spectrum = np.abs(np.fft.rfft(y[0, 0]))
        centroids.append(float((spectrum * np.arange(spectrum.size)).sum() / spectrum.sum()))
    assert centroids == sorted(centroids)
    assert centroids[-1] > 1.2 * centroids[0]
    t = np.arange(30 * Q) / SAMPLE_RATE_HZ

    def side(hz: float) -> float:
        y = np.stack([np.sin(2 * np.pi * hz * t), np.zeros_like(t)]).astype(np.float32)[None]
        tone.process(tone.start(1), y, np.ones((tone.BANDS, 31)), np.ones(31))
        return float(np.std((y[0, 0] - y[0, 1])[5_000:]) / np.std((y[0, 0] + y[0, 1])[5_000:]))

    assert side(40) < 0.4
    assert side(2_000) > 0.95


def test_tape_at_zero_touches_nothing() -> None:
    x = noise()[None]
    y = x.copy()
    lofi.process(lofi.start(1), y, 0, np.zeros(QUANTA + 1))
    assert np.array_equal(x, y)


@pytest.mark.parametrize("amount", [0.15, 0.5, 1.0])
def test_what_the_tape_says_about_power_is_what_it_does(amount: float) -> None:
    hz = (100.0, 1_000.0, 3_000.0, 5_000.0, 7_000.0)
    said_db = 10 * np.log10(lofi.power_response(np.array([amount]), hz)[0])
    t = np.arange(30 * Q) / SAMPLE_RATE_HZ
    for one, expected in zip(hz, said_db, strict=True):
        x = np.stack([np.sin(2 * np.pi * one * t)] * 2).astype(np.float32)[None]
        y = x.copy()
        lofi.process(lofi.start(1), y, 0, np.full(31, amount))
        got = 20 * np.log10(np.std(y[..., 5_000:]) / np.std(x[..., 5_000:]))
        # Reading between samples takes a little more of the treble.
        assert expected - 1.2 < got < expected + 0.3


def test_crackle_goes_on_across_its_loop() -> None:
    loop = lofi.crackle()
    at = loop.shape[1] - Q
    x = np.zeros((2, 2 * Q), np.float32)
    lofi.add_crackle(x, at - at % Q, np.ones(3))
    assert np.abs(x).max() > 0


def test_the_measure_is_k_weighted() -> None:
    t = np.arange(50 * Q) / SAMPLE_RATE_HZ
    sine = np.sin(2 * np.pi * 997 * t).astype(np.float32)
    power = (loudness.bands(np.stack([sine, np.zeros_like(sine)])) @ loudness.K_WEIGHTS).mean()
    assert -0.691 + 10 * np.log10(power) == pytest.approx(-3.01, abs=0.35)


def test_silence_does_not_move_the_level() -> None:
    state = loudness.start()
    silent, course = np.zeros(50), (np.zeros(1500), np.zeros(1500))
    gains, _, after = loudness.ride(state, silent, silent, course, np.full(51, 0.5), silent, silent)
    assert (gains == gains[0]).all()
    assert after.mean_db == pytest.approx(state.mean_db)


@pytest.mark.parametrize("kind", ["noise", "clicks", "sine", "between"])
def test_true_peaks_stay_under_minus_one(kind: str) -> None:
    t = np.arange(50 * Q)
    x = {
        "noise": noise(2, 50, 0.8),
        "clicks": np.where(np.random.default_rng(3).random((2, 50 * Q)) < 1e-3, 2.0, 0.0).astype(np.float32),
        "sine": np.stack([3 * np.sin(0.01 * t)] * 2).astype(np.float32),
        "between": np.stack([1.2 * np.sin(np.pi / 2 * t + np.pi / 4)] * 2).astype(np.float32),
    }[kind]
    out, _ = limiter.process(limiter.start(1), x[None])
    over = resample_poly(out[0].astype(np.float64), 4, 1, axis=1)[:, 4_000:-4_000]
    assert 20 * np.log10(np.abs(over).max()) <= -1.0
    assert np.abs(out).max() > 0.5


def test_quiet_sound_passes_the_limiter_untouched_and_late() -> None:
    x = noise(2, 4, 0.02)
    out, _ = limiter.process(limiter.start(1), x[None])
    assert np.array_equal(out[0, :, limiter.LATENCY_FRAMES :], x[:, : -limiter.LATENCY_FRAMES])
    assert not out[0, :, : limiter.LATENCY_FRAMES].any()


def test_the_duck_is_down_when_the_kick_comes_and_back_half_a_second_later() -> None:
    kick = 40 * 64 + 17
    dip = duck.shape((kick,), 0, 600)
    assert dip[kick // 64 + 1] == pytest.approx(1)
    assert dip[kick // 64 - 5] == 0
    assert dip[(kick + duck.REACH_FRAMES) // 64 + 1] == 0
    assert duck.recent((0, 50_000), 40_000) == (50_000,)


def test_voices_are_let_go_of_along_a_cube_and_end_in_silence() -> None:
    wave = Recording.of(np.ones((1, 10_000), np.float32))
    voice = voices.Voice(2, Tone("x", 60, 100, 8, 5, 0), 100, 0.5, 0.25).faded(1_000, 500)
    buses = np.full((6, 2, 4_000), 9, np.float32)
    assert voices.add(buses, [(voice, wave)], 0) == {2}
    left, right = buses[2]
    assert not left[:100].any()
    assert left[100:1_000] == pytest.approx(0.5)
    cube = 0.5 * (1.0 - np.arange(500) / 500) ** 3
    assert left[1_000:1_500:8] == pytest.approx(cube[::8])
    assert np.abs(left[1_000:1_500] - cube).max() < 0.5 * 10 ** (-74 / 20), "on the scale of the note"
    assert not left[1_500:].any()
    assert np.allclose(right, left / 2)
    assert voices.remaining([(voice, wave)], 1_499) == (voice,)
    assert voices.remaining([(voice, wave)], 1_500) == ()


def test_a_voice_that_was_not_ready_comes_in_smoothly_where_it_joins() -> None:
    wave = Recording.of(np.ones((1, 10_000), np.float32))
    voice = replace(voices.Voice(2, Tone("x", 60, 100, 8, 5, 0), 100, 1.0, 1.0), join_frame=1_920)
    buses = np.full((6, 2, 4_000), 9, np.float32)
    voices.add(buses, [(voice, wave)], 0)
    assert not buses[2, :, :1_921].any()
    assert np.abs(np.diff(buses[2, 0])).max() < 0.003
    assert buses[2, :, 2_400:] == pytest.approx(1.0)
    later = np.full((6, 2, 960), 9, np.float32)
    voices.add(later, [(voice, wave)], 1_920)
    assert np.array_equal(later[2], buses[2, :, 1_920:2_880])


def test_velocity_and_length_steps_lose_nothing_that_matters() -> None:
    for velocity in np.linspace(0.02, 1, 50):
        step, trim = voices.velocity_step(float(velocity))
        assert 1 <= step <= 8
        assert (step / 8) ** 1.66 * trim == pytest.approx(velocity**1.66)
        coarse, trim = voices.velocity_step(float(velocity), fine=False)
        assert coarse in {2, 4, 6, 8}
        assert (coarse / 8) ** 1.66 * trim == pytest.approx(velocity**1.66)
    for frames in (10, 1_000, 24_000, 480_000):
        ms = voices.duration_step(frames, sustained=True)
        assert frames / 48 <= ms <= max(50, 2 * frames / 48)
        assert voices.duration_step(48 * ms, sustained=True) == ms
    assert voices.duration_step(10**9, sustained=True) == 12_800
    assert voices.duration_step(5, sustained=False) == voices.duration_step(50_000, sustained=False)
    left, right = voices.pan_gains(0.7, 1.0)
    assert left**2 + right**2 == pytest.approx(2)
    assert left < right
