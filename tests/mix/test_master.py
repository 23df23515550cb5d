"""The master's stages alone: tone, level, glue, clipper, limiter, on sounds whose truth is known."""

from collections.abc import Callable

import numpy as np
import pyloudnorm
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import lfilter, resample_poly

from everjam.audio import QUANTUM_FRAMES, SAMPLE_RATE_HZ, Float32Array
from everjam.engines.band.mixer import clipper, limiter, loudness, tone
from everjam.engines.band.mixer.grid import Float64Array, to_cells, to_samples
from everjam.engines.band.mixer.tone import one_pole

Q = QUANTUM_FRAMES
SECOND = 25 * Q
CEILING_DBTP = -1.0


def noise(quanta: int, level: float = 0.1, seed: int = 1) -> Float32Array:
    """Brownish noise, stereo, hardly correlated."""
    white = np.random.default_rng(seed).standard_normal((2, quanta * Q))
    shaped = np.asarray(lfilter(np.array([0.03]), np.array([1.0, -0.97]), white, axis=-1)) + 0.03 * white
    out: Float32Array = (level * shaped / shaped.std()).astype(np.float32)
    return out


def low_passed(x: Float32Array, hz: float) -> Float64Array:
    out: Float64Array = lfilter(*one_pole(hz), x.astype(np.float64))
    return out


def level_db(x: Float32Array | Float64Array) -> float:
    return float(10 * np.log10(np.square(x, dtype=np.float64).mean() + 1e-20))


def true_peak_db(x: Float32Array) -> float:
    over = resample_poly(x.astype(np.float64), 8, 1, axis=-1)[..., 1_000:-1_000]
    return float(20 * np.log10(np.abs(over).max() + 1e-12))


class TestTone:
    def test_equal_gains_change_nothing_but_the_floor_and_the_sides_bass(self) -> None:
        x = noise(20)[None]
        y = x.copy()
        tone.process(tone.start(1), y, np.ones((5, 21)), np.ones(21))
        middle, side = x[0].sum(axis=0), x[0, 0] - x[0, 1]
        assert np.abs(y[0].sum(axis=0) - (middle - low_passed(middle, tone.FLOOR_HZ))).max() < 1e-5
        expected = side - low_passed(side, 120.0)
        assert np.abs((y[0, 0] - y[0, 1]) - expected).max() < 1e-5

    def test_the_bands_are_the_one_poles_that_they_say(self) -> None:
        gains = np.array((0.5, 2.0, 1.0, 0.7, 1.6))
        x = noise(20)[None]
        y = x.copy()
        tone.process(tone.start(1), y, np.repeat(gains[:, None], 21, axis=1), np.full(21, 0.6))
        for mine, theirs, first, width in (
            (y[0].sum(axis=0), x[0].sum(axis=0), gains[0], 1.0),
            (y[0, 0] - y[0, 1], x[0, 0] - x[0, 1], 0.0, 0.6),
        ):
            lows = [low_passed(theirs, hz) for hz in tone.CORNERS_HZ]
            edges = [low_passed(theirs, tone.FLOOR_HZ) if first else np.zeros(theirs.shape), *lows, theirs]
            wanted = sum(
                gain * (high - low) for gain, low, high in zip((first, *gains[1:]), edges[:-1], edges[1:], strict=True)
            )
            assert np.abs(mine - width * np.asarray(wanted)).max() < 1e-5

    def test_what_it_says_about_power_is_what_it_does(self) -> None:
        gains = 10 ** (np.array([[4.0], [-3.0], [0.0], [2.0], [-5.0]]) / 20)
        for k, hz in enumerate((60.0, 250.0, 900.0, 3_000.0, 9_000.0)):
            wave = 0.2 * np.sin(2 * np.pi * hz * np.arange(50 * Q) / SAMPLE_RATE_HZ)
            y = np.stack([wave, wave]).astype(np.float32)[None]
            tone.process(tone.start(1), y, np.repeat(gains, 51, axis=1), np.ones(51))
            measured = level_db(y[0, 0, 5 * Q :]) - level_db(wave[5 * Q :])
            said = 10 * np.log10(tone.power_response(gains, (hz,))[0, 0])
            assert measured == pytest.approx(said, abs=0.05), f"band {k}"

    def test_gains_move_without_a_step(self) -> None:
        wave = (0.5 * np.sin(2 * np.pi * 100 * np.arange(20 * Q) / SAMPLE_RATE_HZ)).astype(np.float32)
        y = np.stack([wave, wave])[None].copy()
        moving = 10 ** (np.random.default_rng(3).uniform(-0.5, 0.5, (5, 21)) / 20)
        tone.process(tone.start(1), y, moving, np.ones(21))
        assert np.abs(np.diff(y[0, 0], 2)).max() < 2 * np.abs(np.diff(wave, 2)).max()

    def test_wide_bass_becomes_mono(self) -> None:
        wave = np.sin(2 * np.pi * 45 * np.arange(50 * Q) / SAMPLE_RATE_HZ)
        y = np.stack([wave, -0.5 * wave]).astype(np.float32)[None]
        tone.process(tone.start(1), y, np.ones((5, 51)), np.full(51, 1.5))
        before, after = 1.5 * wave[Q:], y[0, 0, Q:] - y[0, 1, Q:]
        assert level_db(after) < level_db(1.5 * before) - 8.5
        assert level_db(y[0].sum(axis=0)[Q:]) == pytest.approx(level_db(0.5 * wave[Q:]), abs=0.5)


class TestLevel:
    def ride(self, x: Float32Array, amount: float, fresh: float = 0.0) -> tuple[Float32Array, loudness.LevelState]:
        """Level, glue, clipper and limiter, a second at a time."""
        state, stage, out = loudness.start(), limiter.start(1), []
        for at in range(0, x.shape[1], SECOND):
            piece = x[None, :, at : at + SECOND].copy()
            quanta = piece.shape[2] // Q
            power = loudness.bands(piece[0]) @ loudness.K_WEIGHTS
            amounts = np.full(quanta + 1, amount)
            gains, glue, state = loudness.ride(
                state, power, power, loudness.course(piece[0]), amounts, np.full(quanta, fresh), np.zeros(quanta)
            )
            piece *= to_samples(to_cells(gains) * glue)
            clipper.process(piece, to_cells(amounts))
            limited, stage = limiter.process(stage, piece)
            out.append(limited[0])
        return np.concatenate(out, axis=1), state

    def test_bands_weighted_are_loudness(self) -> None:
        x = noise(100)
        meter = pyloudnorm.Meter(SAMPLE_RATE_HZ)
        ours = -0.691 + 10 * np.log10((loudness.bands(x) @ loudness.K_WEIGHTS).mean())
        assert ours == pytest.approx(meter.integrated_loudness(x.T.astype(np.float64)), abs=0.2)

    @pytest.mark.parametrize("amount", [0.0, 0.5, 1.0])
    @pytest.mark.parametrize("beat", [0.0, 0.97])
    def test_every_mix_comes_out_at_the_same_loudness(self, amount: float, beat: float) -> None:
        """Steady, and beaten twice a second; from 12 dB too soft to 12 dB too loud."""
        seconds = np.arange(14 * SECOND) / SAMPLE_RATE_HZ
        course = (1 - beat + beat * np.exp(-(seconds % 0.5) / 0.12)).astype(np.float32)
        for level in (0.05, 0.8):
            out, _ = self.ride(noise(14 * 25, level) * course, amount)
            lufs = pyloudnorm.Meter(SAMPLE_RATE_HZ).integrated_loudness(out[:, 7 * SECOND :].T.astype(np.float64))
            assert lufs == pytest.approx(loudness.OUT_LUFS, abs=1.2)

    def test_glue_makes_peaks_less_high(self) -> None:
        """Chords under drums, as music is."""
        seconds = np.arange(10 * SECOND) / SAMPLE_RATE_HZ
        chord = np.sin(2 * np.pi * np.outer((220.0, 277.2, 329.6, 440.0), seconds)).sum(axis=0).astype(np.float32)
        drums = noise(250, 0.5) * np.exp(-(seconds % 0.5) / 0.08).astype(np.float32)
        peaks = []
        for amount in (0.0, 0.5, 1.0):
            out, _ = self.ride(0.04 * chord + drums, amount)
            high = np.quantile(np.abs(out[:, 5 * SECOND :]), 0.999)
            peaks.append(20 * np.log10(high) - level_db(out[:, 5 * SECOND :]))
        assert peaks[0] > peaks[1] + 0.15
        assert peaks[1] > peaks[2] + 0.5

    def test_what_is_known_to_move_need_not_be_heard(self) -> None:
        """A mix that grows by 6 dB in 2 s is turned down in time where that is told."""
        ramp = np.clip((np.arange(250) - 125) / 50, 0, 1) * 6.0
        x = noise(250, 0.1)
        power = loudness.bands(x) @ loudness.K_WEIGHTS * 10 ** (ramp / 10)
        amounts, known = np.full(251, 0.2), np.diff(ramp, prepend=0.0)
        told, untold = (
            loudness.ride(loudness.start(), power, power, loudness.course(x), amounts, np.zeros(250), moved)[0]
            for moved in (known, np.zeros(250))
        )
        drift = [20 * np.log10(gains[180]) + 6.0 - 20 * np.log10(gains[120]) for gains in (told, untold)]
        assert abs(drift[0]) < 1.0
        assert drift[1] > drift[0] + 2.0

    def course_of(self, levels: tuple[float, float], fresh_quanta: int) -> Float64Array:
        """The level's gains in dB at quantum borders for ten seconds of noise and three of louder or softer noise."""
        x = np.concatenate((noise(250, levels[0]), noise(75, levels[1])), axis=1)
        power = loudness.bands(x) @ loudness.K_WEIGHTS
        fresh = ((np.arange(325) >= 250) & (np.arange(325) < 250 + fresh_quanta)).astype(np.float64)
        gains, _, _ = loudness.ride(
            loudness.start(), power, power, loudness.course(x), np.full(326, 0.3), fresh, np.zeros(325)
        )
        return 20 * np.log10(gains)

    def test_a_new_style_is_brought_in_line_within_two_seconds(self) -> None:
        gains = self.course_of((0.2, 0.05), 75)
        assert gains[300] - gains[250] > 8

    def test_a_louder_style_is_turned_down_within_a_second(self) -> None:
        """Half a second is all that the controls take to a new style."""
        gains = self.course_of((0.1, 0.2), 12)
        assert gains[275] - gains[250] < -4.5
        assert gains[320] == pytest.approx(gains[275], abs=1.5)

    def test_the_same_in_the_middle_of_a_style_is_music_and_stays(self) -> None:
        gains = self.course_of((0.1, 0.2), 0)
        assert gains[275] - gains[250] > -2.5

    def test_what_comes_back_is_known_from_what_was_sent(self) -> None:
        sent = np.full(400, 0.01)
        ratio, state = loudness.returned(loudness.start(), sent, 0.7 * sent)
        assert ratio[-1] == pytest.approx(0.7, abs=0.02)
        held, _ = loudness.returned(state, np.zeros(50), np.full(50, 0.5))
        assert (held == ratio[-1]).all(), "with everything muted it stays as it is"


def square(rng: np.random.Generator, frames: int) -> Float32Array:
    period = int(rng.integers(2, 900))
    wave = np.where(np.arange(frames) // period % 2, 1.0, -1.0)
    return np.stack([wave, np.roll(wave, int(rng.integers(0, period)))]).astype(np.float32)


def impulses(rng: np.random.Generator, frames: int) -> Float32Array:
    x = np.zeros((2, frames), np.float32)
    x[:, rng.integers(0, frames, 60)] = rng.choice((-1.0, 1.0), (2, 60))
    return x


def between(rng: np.random.Generator, frames: int) -> Float32Array:
    """A quarter of the rate, sampled beside its peaks: all is between the samples."""
    wave = np.sin(np.pi / 2 * np.arange(frames) + np.pi / 4)
    bursts = np.repeat(rng.integers(0, 2, frames // 480 + 1), 480)[:frames]
    return np.stack([wave * bursts, wave]).astype(np.float32)


def hiss(rng: np.random.Generator, frames: int) -> Float32Array:
    return rng.standard_normal((2, frames)).astype(np.float32)


class TestPeaks:
    @settings(max_examples=40, deadline=None, derandomize=True)
    @given(
        make=st.sampled_from((square, impulses, between, hiss)),
        seed=st.integers(0, 2**16),
        gain_db=st.floats(-20, 40),
        amount=st.one_of(st.none(), st.floats(0, 1)),
    )
    def test_no_peak_gets_past_the_limiter(
        self,
        make: Callable[[np.random.Generator, int], Float32Array],
        seed: int,
        gain_db: float,
        amount: float | None,
    ) -> None:
        x = make(np.random.default_rng(seed), 12 * Q) * np.float32(10 ** (gain_db / 20))
        state, out = limiter.start(1), []
        for at in range(0, 12 * Q, 4 * Q):
            piece = x[None, :, at : at + 4 * Q].copy()
            if amount is not None:
                clipper.process(piece, np.full(4 * 30 + 1, amount))
            limited, state = limiter.process(state, piece)
            out.append(limited[0])
        assert true_peak_db(np.concatenate(out, axis=1)) <= CEILING_DBTP

    @pytest.mark.parametrize(("amount", "most_db"), [(0.0, -0.5), (1.0, -3.5)])
    def test_the_clipper_leaves_what_it_says(self, amount: float, most_db: float) -> None:
        x = 30 * hiss(np.random.default_rng(2), 4 * Q)[None]
        clipper.process(x, np.full(121, amount))
        assert 20 * np.log10(np.abs(x).max()) == pytest.approx(most_db, abs=0.15)
