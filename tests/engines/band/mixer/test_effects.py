"""Effects on parts: they do what their names say, and nothing that must not happen happens."""

from collections.abc import Sequence

import numpy as np
import pytest
from scipy.signal import find_peaks, stft

from everjam.audio import QUANTUM_FRAMES, SAMPLE_RATE_HZ, Float32Array
from everjam.engines.band.mixer import effects
from everjam.engines.band.mixer.effects import amp, chorus, crush, flanger, moving, phaser, tremolo
from everjam.engines.band.mixer.grid import Float64Array
from everjam.engines.band.score import EFFECTS, Effect

Q = QUANTUM_FRAMES
QUANTA = 52


def noise(quanta: int = QUANTA, level: float = 0.1, seed: int = 1) -> Float32Array:
    return (level * np.random.default_rng(seed).standard_normal((2, quanta * Q))).astype(np.float32)


def tone(hz: float, quanta: int = QUANTA, level: float = 0.2) -> Float32Array:
    wave = level * np.sin(2 * np.pi * hz * np.arange(quanta * Q) / SAMPLE_RATE_HZ)
    return np.stack([wave, wave]).astype(np.float32)


def plucks(quanta: int = QUANTA) -> Float32Array:
    """Chords that are struck every 0.4 s and die away, wider than mono."""
    t = np.arange(quanta * Q) / SAMPLE_RATE_HZ
    since = t % 0.4
    sides = [
        sum(np.sin(2 * np.pi * hz * k * since + side) / k for hz in (110.0, 138.6, 164.8) for k in range(1, 9))
        for side in (0.0, 0.4)
    ]
    return (0.08 * np.stack(sides) * np.exp(-6 * since) * np.minimum(since / 0.004, 1)).astype(np.float32)


def run(name: Effect, x: Float32Array, depth: Float64Array | float, split: Sequence[int] = (13,)) -> Float32Array:
    """The effect over a signal, the split repeated until the end."""
    quanta = x.shape[1] // Q
    depths = np.full(quanta + 1, depth) if isinstance(depth, float) else depth
    memory = np.zeros(effects.MEMORY[name], np.float32)
    out, at, turn = x.copy(), 0, 0
    while at < quanta:
        n = min(split[turn % len(split)], quanta - at)
        before = memory.copy()
        bus = out[:, at * Q : (at + n) * Q].copy()
        after = effects.PROCESS[name](memory, bus, depths[at : at + n + 1], at * Q)
        assert np.array_equal(memory, before), "memory is never changed in place"
        assert after is not memory or not memory.size
        assert after.dtype == np.float32
        assert after.shape == effects.MEMORY[name]
        out[:, at * Q : (at + n) * Q] = bus
        memory, at, turn = after, at + n, turn + 1
    return out


def power_db(x: Float32Array) -> float:
    return float(10 * np.log10(np.mean(x.astype(np.float64) ** 2) + 1e-30))


def spectrum_db(x: Float32Array) -> Float64Array:
    window = np.blackman(x.shape[-1])
    db: Float64Array = 20 * np.log10(np.abs(np.fft.rfft(x * window)) * 2 / window.sum() + 1e-12)
    return db


def test_every_effect_of_the_score_is_here_and_remembers_little() -> None:
    assert set(effects.PROCESS) == set(effects.MEMORY) == set(EFFECTS)
    assert all(4 * np.prod(shape) < 40_000 for shape in effects.MEMORY.values())
    effects.warm()


@pytest.mark.parametrize("name", EFFECTS)
def test_blocks_do_not_matter(name: Effect) -> None:
    depth = np.clip(1.3 * np.sin(np.arange(QUANTA + 1) / 9.0), 0, 1)
    for x in (noise(), plucks()):
        whole, *others = (run(name, x, depth, split) for split in ((QUANTA,), (1,), (5, 13, 1)))
        for other in others:
            assert np.abs(whole - other).max() < 1e-6 * np.abs(x).max()


@pytest.mark.parametrize("name", EFFECTS)
def test_the_same_again_is_the_same_bits(name: Effect) -> None:
    assert np.array_equal(run(name, plucks(), 0.7), run(name, plucks(), 0.7))


@pytest.mark.parametrize("name", EFFECTS)
def test_depth_zero_touches_nothing(name: Effect) -> None:
    x = noise(13)
    assert np.array_equal(run(name, x, 0.0), x)


@pytest.mark.parametrize("name", EFFECTS)
def test_silence_stays_and_comes_back_soon(name: Effect) -> None:
    assert not run(name, np.zeros((2, 13 * Q), np.float32), 1.0).any()
    x = noise(40)
    x[:, 20 * Q :] = 0
    assert np.abs(run(name, x, 1.0)[:, 24 * Q :]).max() < 1e-6


@pytest.mark.parametrize("name", EFFECTS)
@pytest.mark.parametrize("hz", [27.5, 110.0, 997.0, 6_000.0])
def test_extreme_input_neither_explodes_nor_leaves_an_offset(name: Effect, hz: float) -> None:
    x = np.sign(tone(hz, 40))
    y = run(name, x, 1.0)
    assert np.isfinite(y).all()
    assert power_db(y) <= power_db(x) + 3.0
    assert np.abs(y).max() < 4
    assert abs(float(y[:, 10 * Q :].mean())) < 0.02 + 2 * abs(float(x[:, 10 * Q :].mean()))


@pytest.mark.parametrize("name", EFFECTS)
def test_it_is_never_much_louder_than_dry(name: Effect) -> None:
    for x in (noise(), plucks(), *(tone(hz) for hz in (55.0, 220.0, 440.0, 880.0, 1_760.0, 3_520.0))):
        for depth in (0.3, 0.6, 1.0):
            assert power_db(run(name, x, depth)) <= power_db(x) + 3.0


@pytest.mark.parametrize("name", EFFECTS)
def test_moving_the_depth_does_not_click(name: Effect) -> None:
    x = tone(220.0)
    depth = np.concatenate((np.zeros(8), np.linspace(0, 1, 13), np.ones(8), np.linspace(1, 0, 13), np.zeros(11)))
    clicks = np.abs(np.diff(run(name, x, depth), 3)).max()
    still = max(np.abs(np.diff(run(name, x, d), 3)).max() for d in (0.0, 0.25, 0.5, 0.75, 1.0))
    assert clicks < 1.5 * still + 2e-4
    assert np.array_equal(run(name, x, depth)[:, : 8 * Q - Q], x[:, : 8 * Q - Q])
    assert np.array_equal(run(name, x, depth)[:, 43 * Q :], x[:, 43 * Q :])


@pytest.mark.parametrize("name", EFFECTS)
def test_mono_stays_whole(name: Effect) -> None:
    y = run(name, plucks(), 1.0)
    assert power_db(y[:1] + y[1:]) - 6 > power_db(y) - 3


def test_delay_lines_are_read_between_samples() -> None:
    history, cells = 200, 60
    lag = 60 + 30 * np.sin(np.arange(cells + 1) / 20)
    line = np.sin(0.02 * np.arange(history + 64 * cells)).astype(np.float32)
    got = moving.Places(lag, history).read(line).reshape(-1)
    exact = np.interp(np.arange(64 * cells) / 64, np.arange(cells + 1), lag)
    wanted = np.sin(0.02 * (history + np.arange(64 * cells) - exact))
    assert np.abs(got - wanted).max() < 1e-4


def test_chorus_has_sidebands_and_width() -> None:
    x = tone(880.0, 150)
    y = run("chorus", x, 1.0)
    db = spectrum_db(y[0, 48_000:])
    hz = np.fft.rfftfreq(y.shape[1] - 48_000, 1 / SAMPLE_RATE_HZ)
    beside = (np.abs(hz - 880) > 1.5) & (np.abs(hz - 880) < 12)
    far = np.abs(hz - 880) > 120
    assert db[beside].max() > db.max() - 25
    assert db[far].max() < db.max() - 60
    assert power_db(y[:1] - y[1:]) > power_db(y) - 15
    assert chorus.MEMORY[0] < 500


def _notches(y: Float32Array, seconds: float) -> tuple[Float64Array, Float64Array]:
    """Spectrum, in dB against white noise, about a moment; Hz and dB."""
    hz, _, z = stft(y[0] + y[1], SAMPLE_RATE_HZ, nperseg=512, noverlap=384)
    at = int(seconds * SAMPLE_RATE_HZ / 128)
    db = 10 * np.log10(np.mean(np.abs(z[:, at - 30 : at + 30]) ** 2, axis=1) + 1e-20)
    return hz, db - np.median(db)


def test_phaser_has_two_notches_that_wander() -> None:
    y = run("phaser", np.repeat(noise(80)[:1], 2, axis=0), 1.0)
    places = []
    for seconds in (0.15, phaser.SWEEP_QUANTA * 0.04 / 2):
        hz, db = _notches(y, seconds)
        found, _ = find_peaks(-db[:250], prominence=6, distance=6)
        places.append(float(hz[found].max()))
    assert places[1] > 2.5 * places[0]


def test_phaser_leaves_what_differs_between_the_sides() -> None:
    x = noise()
    y = run("phaser", x, 1.0)
    assert np.abs((y[0] - y[1]) - (x[0] - x[1])).max() < 1e-5


def test_flanger_is_a_comb_that_sweeps() -> None:
    y = run("flanger", noise(230), 1.0).astype(np.float64)
    lags = []
    for begin in (104 * Q, 209 * Q):
        piece = y[0, begin : begin + 2 * Q]
        spectrum = np.abs(np.fft.rfft(piece, 2 * piece.size)) ** 2
        echo = np.fft.irfft(spectrum)[4:300]
        lags.append(4 + int(np.argmax(echo)))
        assert echo.max() > 0.2 * np.sum(piece**2)
    assert lags[0] == pytest.approx(200, abs=8)
    assert lags[1] < 12
    assert flanger.MEMORY[1] < 1_000


def test_tremolo_swells_five_times_a_second() -> None:
    y = run("tremolo", tone(1_000.0, 150), 1.0)
    level = np.sqrt(np.mean(y.reshape(2, -1, 480) ** 2, axis=2))
    swell = np.abs(np.fft.rfft(level[0] - level[0].mean()))
    rate_hz = np.argmax(swell) / (level.shape[1] * 480 / SAMPLE_RATE_HZ)
    assert rate_hz == pytest.approx(SAMPLE_RATE_HZ / 64 / tremolo.PERIOD_CELLS, abs=0.2)
    assert level[0].max() / level[0].min() > 3
    assert np.corrcoef(level[0], level[1])[0, 1] < 0.3


def test_wah_opens_with_the_attack_and_closes_again() -> None:
    x = noise(120, 0.003)
    for start in range(0, 120, 20):
        x[:, start * Q : (start + 4) * Q] *= np.float32(30)
    y = run("wah", x, 1.0)

    def centre(quantum: int) -> float:
        piece = slice(quantum * Q, (quantum + 2) * Q)
        ratio = np.abs(np.fft.rfft(y[0, piece] + y[1, piece])) ** 2
        hz = np.fft.rfftfreq(2 * Q, 1 / SAMPLE_RATE_HZ)
        band = (hz > 150) & (hz < 4_000)
        return float(np.exp((np.log(hz[band]) * ratio[band] ** 2).sum() / (ratio[band] ** 2).sum()))

    opened = np.mean([centre(s + 1) for s in range(20, 120, 20)])
    closed = np.mean([centre(s + 14) for s in range(20, 120, 20)])
    assert opened > 1.5 * closed


def test_crush_adds_noise_of_its_bits_and_images_of_its_rate() -> None:
    y = run("crush", tone(1_000.0), 1.0)
    db = spectrum_db(y[0, 9_600:])
    hz = np.fft.rfftfreq(y.shape[1] - 9_600, 1 / SAMPLE_RATE_HZ)
    image = SAMPLE_RATE_HZ / crush.HOLD - 1_000
    near = np.abs(hz - image) < 30
    assert -40 < db[near].max() - db.max() < -10
    floor = 10 * np.log10(np.mean(10 ** (db[(hz > 1_200) & (hz < 4_500)] / 10)))
    assert floor - db.max() > -110


def test_amp_has_even_and_odd_overtones_and_a_cabinet() -> None:
    y = run("amp", tone(440.0), 1.0)
    db = spectrum_db(y[0, 9_600:])
    hz = np.fft.rfftfreq(y.shape[1] - 9_600, 1 / SAMPLE_RATE_HZ)

    def at(f: float) -> float:
        return float(db[np.abs(hz - f) < 20].max())

    assert -45 < at(880) - at(440) < -10
    assert -35 < at(1_320) - at(440) < -8
    aliases = (hz > 100) & (np.abs(hz / 440 - np.round(hz / 440)) > 0.15)
    assert db[aliases].max() < at(440) - 60
    quiet = run("amp", noise(100, 0.002), 1.0)
    whole = 10 * np.log10(np.mean(np.abs(np.fft.rfft(quiet[0].reshape(-1, Q))) ** 2, axis=0))
    bins = np.fft.rfftfreq(Q, 1 / SAMPLE_RATE_HZ)

    def level(low: float, high: float) -> float:
        return float(np.mean(whole[(bins >= low) & (bins < high)]))

    assert level(9_000, 20_000) < level(200, 2_000) - 25
    assert level(2_000, 3_500) > level(500, 900)
    assert level(0, 30) < level(200, 2_000) - 6
    assert [m.shape for m in amp.cabinet()] == [(64, 64), (64, 64)]
