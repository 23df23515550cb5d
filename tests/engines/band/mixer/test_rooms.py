"""Kinds of rooms: they differ as stated, are dense, do not ring, fold down to mono and may be mixed."""

from collections.abc import Sequence

import numpy as np
import pytest
from scipy.ndimage import uniform_filter1d
from scipy.signal import butter, sosfiltfilt

from everjam.audio import QUANTUM_FRAMES, Float32Array
from everjam.engines.band.mixer import reverb, rooms
from everjam.engines.band.mixer.grid import Float64Array
from everjam.engines.band.score import ROOMS, Room

Q = QUANTUM_FRAMES
MS = rooms.RATE_HZ // 1_000


def shares(room: Room, quanta: int) -> Float64Array:
    return np.tile(np.eye(len(ROOMS))[ROOMS.index(room)], (quanta, 1))


def click(room: Room, seconds: float, quanta: int) -> Float64Array:
    x = np.zeros(quanta * Q, np.float32)
    x[0] = 1
    out, _ = reverb.process(reverb.start(), x, np.full(quanta, seconds), shares(room, quanta))
    return out.astype(np.float64)


def hiss(quanta: int) -> Float32Array:
    return (0.1 * np.random.default_rng(3).standard_normal(quanta * Q)).astype(np.float32)


def decay_seconds(answer: Float64Array, hz: float) -> float:
    """RT60 of an octave, by backward integration from -8 to -30 dB."""
    band = butter(3, [hz / 2**0.5, hz * 2**0.5], "band", fs=rooms.RATE_HZ, output="sos")
    energy = np.cumsum((sosfiltfilt(band, answer) ** 2).sum(axis=0)[::-1])[::-1]
    db = 10 * np.log10(energy / energy[0] + 1e-20)
    begin, end = int(np.argmax(db < -8)), int(np.argmax(db < -30))
    return float(60 * (end - begin) / rooms.RATE_HZ / (db[begin] - db[end]))


def run(x: Float32Array, seconds: Float64Array, kinds: Float64Array, split: Sequence[int]) -> Float32Array:
    state, pieces, at = reverb.start(), [], 0
    for n in split:
        out, state = reverb.process(state, x[at * Q : (at + n) * Q], seconds[at : at + n], kinds[at : at + n])
        pieces.append(out)
        at += n
    return np.concatenate(pieces, axis=1)


def test_blocks_do_not_matter_while_rooms_morph() -> None:
    quanta = 130
    x = hiss(quanta)
    way = np.clip(np.linspace(-0.5, 1.5, quanta), 0, 1)[:, None]
    kinds = (1 - way) * shares("club", quanta) + way * shares("spring", quanta)
    seconds = np.linspace(0.6, 3.0, quanta)
    whole, *others = (run(x, seconds, kinds, split) for split in ([quanta], [1] * quanta, [13] * 10, [57, 1, 72]))
    for other in others:
        assert np.abs(whole - other).max() < 1e-6 * np.abs(whole).max()
    assert np.array_equal(run(x, seconds, kinds, [13] * 10), others[1])


def test_morphing_keeps_level_and_does_not_click() -> None:
    quanta = 100
    x = hiss(quanta)
    way = np.clip((np.arange(quanta) - 44) / 12, 0, 1)[:, None]
    kinds = (1 - way) * shares("booth", quanta) + way * shares("church", quanta)
    out = run(x, np.full(quanta, 1.2), kinds, [quanta])
    power = np.mean(out.reshape(2, quanta, -1) ** 2, axis=(0, 2))
    level_db = 10 * np.log10(uniform_filter1d(power[20:], 8))
    assert np.ptp(level_db) < 5
    smooth = np.zeros(quanta * Q, np.float32)
    smooth[:] = np.sin(2 * np.pi * 300 * np.arange(quanta * Q) / 48_000)
    out = run(smooth, np.full(quanta, 1.2), kinds, [quanta])
    jumps = np.abs(np.diff(out, 3)).max(axis=0)
    assert jumps[44 * 960 : 58 * 960].max() < 3 * max(jumps[20 * 960 : 44 * 960].max(), jumps[70 * 960 :].max())


def test_rooms_begin_when_their_size_says() -> None:
    onsets = {}
    for room in ROOMS:
        answer = np.abs(click(room, 1.0, 10)).max(axis=0)
        onsets[room] = float(np.argmax(answer > 0.1 * answer.max())) / MS
    assert onsets["booth"] < 8
    assert onsets["plate"] < 6, "dense at once"
    assert onsets["hall"] > onsets["room"] + 5
    assert onsets["church"] > onsets["room"] + 5
    assert 12 < onsets["spring"] < 30


def test_early_energy_falls_from_booth_to_church() -> None:
    clarity = {}
    for room in ROOMS:
        energy = (click(room, 2.0, 90) ** 2).sum(axis=0)
        clarity[room] = float(10 * np.log10(energy[: 80 * MS].sum() / energy[80 * MS :].sum()))
    order = [clarity[room] for room in ("booth", "room", "club", "hall", "church")]
    assert order == sorted(order, reverse=True)
    assert clarity["booth"] > 12
    assert clarity["church"] < -3


@pytest.mark.parametrize("room", [room for room in ROOMS if room != "booth"])
def test_rooms_decay_as_asked_and_their_treble_sooner(room: Room) -> None:
    answer = click(room, 2.0, 90)
    assert decay_seconds(answer, 500) == pytest.approx(2.0, rel=0.12)
    assert decay_seconds(answer, 1_000) == pytest.approx(2.0, rel=0.15)
    assert decay_seconds(answer, 4_000) < decay_seconds(answer, 1_000)
    treble = decay_seconds(answer, 8_000) / decay_seconds(answer, 1_000)
    assert treble > 0.75 if room == "plate" else treble < 0.65


def test_a_booth_is_dry() -> None:
    assert decay_seconds(click("booth", 0.5, 40), 1_000) < 0.35


@pytest.mark.parametrize("room", ROOMS)
def test_tails_are_dense_and_no_mode_rings(room: Room) -> None:
    answer = click(room, 2.0, 60)[0]
    for begin in range(150 * MS, 1_200 * MS, 100 * MS):
        piece = answer[begin : begin + 50 * MS]
        assert np.mean(np.abs(piece) > piece.std()) / 0.3173 > 0.8, "as many as in Gaussian noise"
    late = answer[150 * MS : 1_550 * MS]
    hz = np.fft.rfftfreq(1 << 17, 1 / rooms.RATE_HZ)
    power = np.abs(np.fft.rfft(late * np.hanning(late.size), 1 << 17)) ** 2
    around = uniform_filter1d(power, int(150 / hz[1]))
    heard = (hz > 250) & (hz < 4_000)
    assert 10 * np.log10((power[heard] / around[heard]).max()) < 15, "Gaussian noise has 9 to 10, one mode 20 and more"


@pytest.mark.parametrize("room", ROOMS)
def test_rooms_are_about_as_loud_as_each_other_and_fold_down(room: Room) -> None:
    x = hiss(120)
    out, _ = reverb.process(reverb.start(), x, np.full(120, 1.2), shares(room, 120))
    out = out[:, 40 * 960 :]
    assert 10 * np.log10(np.mean(out**2) / np.mean(x**2)) == pytest.approx(-4, abs=2.5)
    correlation = np.mean(out[0] * out[1]) / np.mean(out**2)
    assert -0.2 < correlation < 0.8
    assert abs(out.mean()) < 1e-3


def test_silence_costs_nothing_and_comes_after_every_tail() -> None:
    x = np.zeros(200 * Q, np.float32)
    x[: 4 * Q] = hiss(4)
    _, state = reverb.process(reverb.start(), x, np.full(200, 0.4), shares("plate", 200))
    for _ in range(3):
        _, state = reverb.process(state, x[100 * Q :], np.full(100, 0.4), shares("plate", 100))
    assert not state.lines.any()
    out, after = reverb.process(state, x[100 * Q :], np.full(100, 0.4), shares("plate", 100))
    assert not out.any()
    assert after.lines is state.lines


@pytest.mark.parametrize("room", ROOMS)
def test_full_scale_squares_stay_finite_and_bounded(room: Room) -> None:
    x = np.sign(np.sin(2 * np.pi * 110 * np.arange(150 * Q) / 48_000)).astype(np.float32) * 3
    out, state = reverb.process(reverb.start(), x, np.full(150, 6.0), shares(room, 150))
    assert np.isfinite(out).all()
    assert np.abs(out).max() < 30
    assert np.isfinite(state.lines).all()


def test_the_state_is_small() -> None:
    state = reverb.start()
    assert state.lines.nbytes + state.past.nbytes < 250_000
