"""What follows the music slowly: balance and spectrum, and the tables of records that they follow."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import lfilter

from everjam.audio import QUANTUM_FRAMES
from everjam.engines.band.mixer import balance, loudness, records, slow, spectrum, tone
from everjam.engines.band.mixer.grid import Float64Array
from everjam.engines.band.score import PARTS, SPECTRA

Q = QUANTUM_FRAMES
SECOND = 25
POP = np.eye(len(SPECTRA))[SPECTRA.index("pop")]


def shares(quanta: int, kind: str = "pop") -> Float64Array:
    return np.tile(np.eye(len(SPECTRA))[SPECTRA.index(kind)], (quanta, 1))


class TestRecords:
    def test_every_kind_and_part_is_known(self) -> None:
        assert set(records.SPECTRA_DB) == set(SPECTRA) == set(records.BALANCE_LU)
        assert all(set(parts) == set(PARTS) for parts in records.BALANCE_LU.values())

    def test_pop_is_the_published_mean(self) -> None:
        """Elowsson and Friberg's slopes, integrated; records since 2000 are a little brighter."""
        octaves = np.log2(np.array(records.OCTAVES_HZ) / 200)
        published = 0.65 * octaves - 1.3175 / 2 * octaves**2
        difference = np.array(records.SPECTRA_DB["pop"]) - published
        band = slice(1, 9)
        assert np.abs(difference[band] - difference[band].mean()).max() < 1.3

    def test_dance_has_a_third_of_its_power_below_120_hz_and_pop_a_fifth(self) -> None:
        def below(kind: str) -> float:
            power = 10 ** (np.array(records.SPECTRA_DB[kind]) / 10)
            return float((power[:2].sum() + 0.45 * power[2]) / power.sum())

        assert 0.14 < below("pop") < 0.24
        assert 0.33 < below("electronic") < 0.45
        assert 0.33 < below("hiphop") < 0.5
        assert below("orchestral") < 0.14


class TestWindows:
    @settings(max_examples=25, deadline=None, derandomize=True)
    @given(splits=st.lists(st.integers(1, 17), min_size=1, max_size=12), seed=st.integers(0, 1000))
    def test_blocks_do_not_matter(self, splits: Sequence[int], seed: int) -> None:
        total = sum(splits)
        rng = np.random.default_rng(seed)
        powers = 0.01 * rng.random((6, total)) * (rng.random((6, total)) > 0.3)
        wanted, fresh = balance.target_db(shares(total)), (rng.random(total) > 0.8).astype(float)
        whole, moves, end = balance.follow(balance.start(), powers, wanted, fresh)
        state, pieces, at = balance.start(), [], 0
        for quanta in splits:
            now = slice(at, at + quanta)
            gains, moved, state = balance.follow(state, powers[:, now], wanted[now], fresh[now])
            pieces.append(np.vstack((gains[:, :-1], moved)))
            at += quanta
        assert np.allclose(np.concatenate(pieces, axis=1), np.vstack((whole[:, :-1], moves)), rtol=1e-9, atol=1e-9)
        assert np.allclose(state.memory, end.memory, rtol=1e-9)

    def test_values_move_in_lines_and_depend_on_the_past_only(self) -> None:
        state = slow.start(1, np.zeros(1), np.zeros(1))
        seen: list[float] = []

        def decide(
            memory: Float64Array, power: Float64Array, asked: Float64Array, now: Float64Array
        ) -> tuple[Float64Array, Float64Array]:
            seen.append(float(power[0]))
            return now + 1.0, memory

        window = slow.WINDOW_QUANTA
        values, _ = slow.follow(state, np.arange(3.0 * window)[None], np.zeros((3 * window, 0)), decide)
        assert seen == [(window - 1) / 2 + number * window for number in range(3)]
        assert not values[0, : window + 1].any()
        assert np.allclose(values[0, window:], np.arange(2 * window + 1) / window)


class TestBalance:
    def follow(self, off_db: Sequence[float], seconds: int = 10, kind: str = "pop") -> Float64Array:
        """Gains in dB over time for parts that play so much above what is asked of them; NaN does not play."""
        wanted = balance.target_db(shares(seconds * SECOND, kind))
        powers = np.nan_to_num(10 ** ((wanted.T + np.array(off_db)[:, None]) / 10))
        gains, _, _ = balance.follow(balance.start(), powers, wanted, np.zeros(seconds * SECOND))
        return 20 * np.log10(gains)

    def test_parts_arrive_within_eight_seconds(self) -> None:
        guess = balance.target_db(POP[None])[0] - balance.TYPICAL_DB
        off = -guess + np.array((4.0, -4.0, 2.0, -2.0, 5.0, 0.0))
        gains = self.follow(off, 8)
        assert np.abs(gains[:, -1] + off).max() < 1.0

    def test_it_begins_where_such_parts_usually_have_to_be_put(self) -> None:
        for kind in SPECTRA:
            gains = self.follow([0.0] * 6, 1, kind)
            assert np.allclose(gains[:, 0], balance.target_db(shares(1, kind))[0] - balance.TYPICAL_DB)

    def test_no_part_is_moved_by_another_or_beyond_the_limit(self) -> None:
        quiet = self.follow([-30.0] * 6, 12)
        mixed = self.follow([-30.0, 5.0, np.nan, np.nan, 0.0, -30.0], 12)
        assert np.array_equal(quiet[0], mixed[0])
        assert np.array_equal(quiet[5], mixed[5])
        guess = balance.target_db(POP[None])[0] - balance.TYPICAL_DB
        assert (np.abs(quiet - guess[:, None]) <= balance.LIMIT_DB + 1e-9).all()
        assert np.allclose(mixed[2], guess[2]), "what does not play stays where it is"

    def test_it_never_moves_fast_and_hardly_at_all_in_time(self) -> None:
        rng = np.random.default_rng(5)
        wanted = balance.target_db(shares(60 * SECOND))
        dynamics = np.repeat(rng.uniform(-4, 4, 60), SECOND)
        gains, _, _ = balance.follow(balance.start(), 10 ** ((wanted.T + dynamics) / 10), wanted, np.zeros(60 * SECOND))
        course = 20 * np.log10(gains)
        assert np.abs(np.diff(course, axis=1)).max() <= 0.1 + 1e-9, "2.5 dB a second"
        late = np.diff(course[:, 20 * SECOND :: SECOND], axis=1)
        assert np.abs(late).max() < 0.6

    def test_rests_do_not_count(self) -> None:
        wanted = balance.target_db(shares(20 * SECOND))
        steady = 10 ** (wanted.T / 10)
        rested = steady.copy()
        rested[:, 10 * SECOND : 16 * SECOND] *= 1e-3
        calm, _, _ = balance.follow(balance.start(), steady, wanted, np.zeros(20 * SECOND))
        gaps, _, _ = balance.follow(balance.start(), rested, wanted, np.zeros(20 * SECOND))
        assert np.abs(20 * np.log10(calm[:, -1] / gaps[:, -1])).max() < 0.6

    def test_it_weighs_treble_more_as_loudness_does(self) -> None:
        t = np.arange(10 * Q) / 48_000
        low, high = (
            balance.measure(np.stack([np.sin(2 * np.pi * hz * t)] * 2).astype(np.float32)) for hz in (150, 3_000)
        )
        assert low.shape == (10,)
        assert low.mean() == pytest.approx(1.0, abs=0.05)
        assert 10 * np.log10(high.mean() / low.mean()) == pytest.approx(3.9, abs=1.0)


def coloured(kind: str, tilt_db: Sequence[float] = (0.0,) * 10, quanta: int = 250) -> Float64Array:
    """Powers of the fine bands of a record of a kind, its octaves changed."""
    octaves = np.log2(records.OCTAVES_HZ)
    levels = np.interp(np.log2(loudness.CENTRES_HZ), octaves, np.array(records.SPECTRA_DB[kind]) + np.array(tilt_db))
    widths = np.gradient(np.log2(loudness.CENTRES_HZ))
    power = 0.02 * 10 ** (levels / 10) * widths
    return np.tile(power, (quanta, 1))


def settled(powers: Float64Array, kind: str, brightness: float = 0.5) -> Float64Array:
    """The equaliser's gains in dB at the end."""
    quanta = powers.shape[0]
    wanted = spectrum.target_db(shares(quanta, kind), np.full(quanta, brightness))
    gains, _ = spectrum.follow(spectrum.start(), powers, wanted, np.zeros(quanta))
    return gains[:, -1]


class TestSpectrum:
    @pytest.mark.parametrize("kind", SPECTRA)
    def test_what_is_right_is_left_alone(self, kind: str) -> None:
        assert np.abs(settled(coloured(kind), kind)).max() < 1.0

    @pytest.mark.parametrize("kind", ["pop", "electronic", "jazz", "orchestral"])
    @pytest.mark.parametrize(
        "wrong",
        [
            (6, 6, 3, 0, 0, 0, 0, 0, 0, 0),
            (0, 0, 0, 0, 0, 0, 2, 5, 6, 6),
            (-4, -3, -2, -1, 0, 1, 2, 3, 4, 5),
            (0, 0, -2, -4, -4, 0, 2, 3, 0, 0),
        ],
    )
    def test_what_is_wrong_comes_nearer(self, kind: str, wrong: Sequence[float]) -> None:
        powers = coloured(kind, wrong)
        gains = 10 ** (settled(powers, kind) / 20)
        response = 10 * np.log10(tone.power_response(gains[:, None], loudness.CENTRES_HZ)[0])
        assert np.abs(response - np.median(response)).max() < 2 * spectrum.LIMIT_DB
        target = coloured(kind)[0]
        before, after = (10 * np.log10(power / target) for power in (powers[0], powers[0] * 10 ** (response / 10)))
        loud = np.sqrt(target * powers[0])
        spread = [float(np.sqrt(np.average((x - np.average(x, weights=loud)) ** 2))) for x in (before, after)]
        assert spread[1] < 0.65 * spread[0]

    def test_what_is_not_there_is_not_boosted(self) -> None:
        flute = coloured("pop", (-60, -60, -60, -30, 0, 3, 0, -6, -40, -60))
        gains = settled(flute, "acoustic")
        assert gains[0] < 1.0
        assert gains[4] < 1.5
        assert (np.abs(gains) <= 6.5).all()

    def test_brightness_moves_the_target_with_it(self) -> None:
        powers = coloured("pop")
        dark, normal, bright = (settled(powers, "pop", brightness) for brightness in (0.0, 0.5, 1.0))
        assert dark[4] - dark[0] < normal[4] - normal[0] < bright[4] - bright[0]

    def test_rests_and_silence_change_nothing(self) -> None:
        powers = coloured("pop", (6, 6, 3, 0, 0, 0, 0, 0, 0, 0), 500)
        quiet = powers.copy()
        quiet[250:] = 0.0
        wanted = spectrum.target_db(shares(500), np.full(500, 0.5))
        gains, _ = spectrum.follow(spectrum.start(), quiet, wanted, np.zeros(500))
        assert np.array_equal(gains[:, 260], gains[:, -1])
        silent, _ = spectrum.follow(spectrum.start(), np.zeros((500, 24)), wanted, np.zeros(500))
        assert not silent.any()

    def test_it_listens_to_bands_as_a_filter_bank_would(self) -> None:
        white = np.random.default_rng(1).standard_normal((2, 100 * Q))
        x = lfilter([0.03], [1, -0.97], white, axis=-1).astype(np.float32)
        powers = loudness.bands(x)
        assert powers.sum(axis=1).mean() == pytest.approx(float(np.square(x).sum(axis=0).mean()), rel=0.05)
