"""Notes from small fonts against what the format says, worked out on other ways than the renderer's."""

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import scipy.signal
import soundfile
from tests.engines.band.instruments.soundfont.writer import (
    ENDLESS,
    RATE_HZ,
    Font,
    Sample,
    Zone,
    constant,
    one_zone,
    packed_range,
    sine,
    write,
)

from everjam.audio import Float32Array
from everjam.engines.band.instruments.soundfont import Playing, SoundFont, lowpass
from everjam.engines.band.instruments.soundfont.generators import Float64Array

Opened = Callable[[Font], SoundFont]
FLAT_GAIN = 10 ** (3.01 / 40)
"""Of the filter without resonance."""
VOLUME_DB = 40 * np.log10(100 / 127)
"""Of controller 7 after a reset."""


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    def open_font(font: Font) -> SoundFont:
        path = tmp_path / "font.sf2"
        path.write_bytes(write(font))
        return SoundFont(path)

    return open_font


def note(
    font: SoundFont, key: int = 69, velocity: int = 127, held: float = 1.0, whole: float = 1.0, program: int = 0
) -> Float32Array:
    return font.render(0, program, key, velocity, Playing(held, whole))


def pitch_hz(wave: Float32Array) -> float:
    """From rising zero crossings."""
    side = wave[0].astype(np.float64)
    rising = np.flatnonzero((side[:-1] < 0) & (side[1:] >= 0))
    exact = rising - side[rising] / (side[rising + 1] - side[rising])
    return float(RATE_HZ * (len(exact) - 1) / (exact[-1] - exact[0]))


def level_db(wave: Float32Array, begin: float, end: float) -> float:
    piece = wave[:, int(begin * RATE_HZ) : int(end * RATE_HZ)]
    return float(10 * np.log10(np.mean(piece.astype(np.float64) ** 2) + 1e-20))


@pytest.mark.parametrize(
    ("sample", "generators", "key", "expected_hz"),
    [
        (sine(), {}, 69, 440.0),
        (sine(), {}, 81, 880.0),
        (sine(rate_hz=24_000), {}, 57, 220.0),
        (sine(key=57), {}, 69, 880.0),
        (sine(), {"g58": 57}, 69, 880.0),
        (sine(), {"g51": -12}, 69, 220.0),
        (sine(), {"g52": 50}, 69, 440.0 * 2 ** (50 / 1200)),
        (sine(), {"g56": 50}, 93, 880.0),
        (sine(), {"g46": 57}, 69, 220.0),
        (Sample(sine().frames, (0, 9600), 69, -30), {}, 69, 440.0 * 2 ** (-30 / 1200)),
    ],
)
def test_pitch(opened: Opened, sample: Sample, generators: dict[str, int], key: int, expected_hz: float) -> None:
    wave = note(opened(one_zone(sample, g54=1, **generators)), key)
    assert 1200 * np.log2(pitch_hz(wave) / expected_hz) == pytest.approx(0, abs=0.05)


def test_a_loop_leaves_no_seam(opened: Opened) -> None:
    wave = note(opened(one_zone(sine(480.0), g54=1)), 69)[0, 100:]
    power = np.abs(np.fft.rfft(wave[:38_400] * np.hanning(38_400))) ** 2
    peak = int(power.argmax())
    beside = power.sum() - power[peak - 4 : peak + 5].sum()
    assert 10 * np.log10(beside / power.sum()) < -75


def test_what_is_not_looped_ends_with_its_sample(opened: Opened) -> None:
    for mode in (0, 2):
        wave = note(opened(one_zone(sine(), g54=mode)))
        assert wave.shape[1] == pytest.approx(0.2 * RATE_HZ, abs=64)
    assert note(opened(one_zone(sine(), g54=1))).shape[1] == RATE_HZ


def test_loop_mode_3_plays_the_rest_after_the_release(opened: Opened) -> None:
    frames = np.concatenate([np.full(2000, 0.25), np.full(20_000, 0.5)])
    for mode, expected_db in ((1, -6.02), (3, 0.0)):
        wave = note(opened(one_zone(Sample(frames, (500, 1500)), g54=mode, g38=ENDLESS)), held=0.5)
        before, after = level_db(wave, 0.3, 0.45), level_db(wave, 0.6, 0.8)
        assert after - before == pytest.approx(expected_db + 6.02, abs=0.6)


def test_volume_envelope(opened: Opened) -> None:
    times = {33: 0.1, 34: 0.2, 35: 0.1, 36: 1.0, 38: 0.96}
    generators = {f"g{number}": round(1200 * np.log2(seconds)) for number, seconds in times.items()}
    wave = note(opened(one_zone(constant(), g54=1, g37=200, **generators)), held=0.9, whole=2.0)
    full = level_db(wave, 0.32, 0.38)
    assert not wave[:, : int(0.098 * RATE_HZ)].any()
    at = {0.15: 0.25, 0.2: 0.5, 0.25: 0.75}
    for seconds, share in at.items():
        assert 10 ** ((level_db(wave, seconds - 1e-3, seconds + 1e-3) - full) / 20) == pytest.approx(share, abs=0.02)
    assert level_db(wave, 0.499, 0.501) - full == pytest.approx(-9.6, abs=0.1)
    assert level_db(wave, 0.7, 0.88) - full == pytest.approx(-19.2, abs=0.1)
    assert level_db(wave, 1.199, 1.201) - full == pytest.approx(-19.2 - 30.0, abs=0.3)


def test_high_keys_hold_and_decay_for_less(opened: Opened) -> None:
    font = opened(one_zone(constant(), g54=1, g56=0, g36=0, g37=1000, g40=100, g39=0))
    falls = [level_db(note(font, key), 0.25, 0.252) - level_db(note(font, key), 0.01, 0.012) for key in (60, 72)]
    assert falls[0] == pytest.approx(-0.24 * 96, abs=0.5)
    assert falls[1] == pytest.approx(2 * falls[0], abs=0.5)


def test_attenuation_and_velocity(opened: Opened) -> None:
    plain = level_db(note(opened(one_zone(constant(), g54=1))), 0.1, 0.9)
    expected = 20 * np.log10(0.5 * FLAT_GAIN * np.sqrt(0.5)) + VOLUME_DB
    assert plain == pytest.approx(expected, abs=0.05)
    assert level_db(note(opened(one_zone(constant(), g54=1, g48=100))), 0.1, 0.9) - plain == pytest.approx(-4, abs=0.05)
    font = opened(one_zone(constant(), g54=1))
    for velocity in (20, 64, 100):
        fall = level_db(note(font, velocity=velocity), 0.1, 0.9) - plain
        assert fall == pytest.approx(40 * np.log10(velocity / 127), abs=0.05)
    assert level_db(note(opened(one_zone(constant(), g54=1, g47=127)), velocity=20), 0.1, 0.9) == pytest.approx(plain)


@pytest.mark.parametrize(
    ("pan", "left", "right"), [(0, 0.5, 0.5), (-500, 1.0, 0.0), (500, 0.0, 1.0), (250, 0.146, 0.854)]
)
def test_pan_keeps_the_power(opened: Opened, pan: int, left: float, right: float) -> None:
    wave = note(opened(one_zone(constant(), g54=1, g17=pan)))
    power = np.mean(wave[:, 4800:].astype(np.float64) ** 2, axis=1)
    assert power / power.sum() == pytest.approx([left, right], abs=0.001)


def test_a_note_from_one_place_folds_to_one_channel(opened: Opened) -> None:
    font = opened(one_zone(constant(), g54=1, g17=-500))
    folded = font.render(0, 0, 69, 127, Playing(0.1, 0.2), fold=True)
    middle = note(opened(one_zone(constant(), g54=1)), held=0.1, whole=0.2)
    assert folded.shape[0] == 1
    assert np.allclose(folded, middle, atol=1e-6)


@pytest.mark.parametrize(("cutoff", "q"), [(8000, 0), (9000, 100), (10_000, 200)])
@pytest.mark.parametrize("hz", [200.0, 1000.0, 4000.0])
def test_filter(opened: Opened, cutoff: int, q: int, hz: float) -> None:
    sample = sine(hz)
    open_db = level_db(note(opened(one_zone(sample, g54=1))), 0.2, 0.9)
    wave = note(opened(one_zone(sample, g54=1, g8=cutoff, g9=q)))
    quality = 10 ** ((q / 10 - 3.01) / 20)
    ratio = np.tan(np.pi * hz / RATE_HZ) / np.tan(np.pi * 8.1758 * 2 ** (cutoff / 1200) / RATE_HZ)
    response = 1 / abs(1 - ratio**2 + 1j * ratio / quality) / np.sqrt(quality) / FLAT_GAIN
    assert level_db(wave, 0.2, 0.9) - open_db == pytest.approx(20 * np.log10(response), abs=0.1)


def frame_by_frame(signal: Float32Array, cutoff: Float64Array, quality: float) -> Float64Array:
    """The filter as its recursion is written."""
    omega = 2 * np.pi * cutoff / RATE_HZ
    alpha = np.sin(omega) / (2 * quality)
    table = np.stack([(1 - np.cos(omega)) / 2 / np.sqrt(quality), -2 * np.cos(omega), 1 - alpha]) / (1 + alpha)
    out = np.empty(signal.size)
    first = second = 0.0
    for number, value in enumerate(signal):
        block, part = divmod(number, 64)
        b, a1, a2 = table[:, block] + (table[:, block + 1] - table[:, block]) * part / 64
        centre = value - a1 * first - a2 * second
        out[number] = b * (centre + 2 * first + second)
        first, second = centre, first
    return out


SWEEPS = {
    "quick": (np.geomspace(200.0, 8000.0, 21), 1e-5),
    "slow": (np.geomspace(3000.0, 2000.0, 201), 8e-3),
    "still": (np.full(21, 1000.0), 1e-6),
    "quick, then slow": (np.concatenate([np.geomspace(8000.0, 1500.0, 21), np.geomspace(1500.0, 1300.0, 100)]), 8e-3),
}


@pytest.mark.parametrize("sweep", SWEEPS)
def test_a_moving_filter_is_the_recursion_done_frame_by_frame(sweep: str) -> None:
    cutoff, tolerance = SWEEPS[sweep]
    rng = np.random.default_rng(1)
    signal = rng.standard_normal(64 * (cutoff.size - 1)).astype(np.float32)
    expected = frame_by_frame(signal, cutoff, lowpass.resonance(60.0))
    error = lowpass.apply(signal, cutoff, lowpass.resonance(60.0)) - expected
    assert np.sqrt(np.mean(error**2)) < tolerance * np.sqrt(np.mean(expected**2))


def test_the_modulation_envelope_moves_filter_and_pitch(opened: Opened) -> None:
    slow = {"g26": 0, "g29": 0, "g30": ENDLESS}
    swept = note(opened(one_zone(sine(4000.0), g54=1, g8=6000, g11=6000, **slow)), whole=2.0, held=2.0)
    assert level_db(swept, 1.5, 1.9) - level_db(swept, 0.02, 0.1) > 15
    bent = note(opened(one_zone(sine(), g54=1, g7=1200, g26=-12_000, g29=500)), held=2.0, whole=2.0)
    assert pitch_hz(bent[:, RATE_HZ:]) == pytest.approx(440 * 2**0.5, rel=1e-4)


def test_oscillators(opened: Opened) -> None:
    five_hz = round(1200 * np.log2(5 / 8.1758))
    shaken = note(opened(one_zone(constant(), g54=1, g13=60, g22=five_hz)), held=2.0, whole=2.0)
    levels = [level_db(shaken, at, at + 0.002) for at in np.arange(0.4, 1.2, 0.002)]
    assert max(levels) - min(levels) == pytest.approx(12.0, abs=0.5)
    assert levels[int((0.65 - 0.4) / 0.002)] > max(levels) - 0.3
    wobbling = note(opened(one_zone(sine(), g54=1, g6=100, g24=five_hz, g23=0)), held=3.0, whole=3.0)[0]
    assert pitch_hz(wobbling[None, : int(0.9 * RATE_HZ)]) == pytest.approx(440.0, rel=1e-5)
    phase = np.unwrap(np.angle(scipy.signal.hilbert(wobbling[RATE_HZ : 2 * RATE_HZ])))[2000:-2000]
    cents = 1200 * np.log2(np.diff(phase) * RATE_HZ / (2 * np.pi) / 440.0)
    assert np.percentile(cents, 98) == pytest.approx(100, abs=6)
    assert np.percentile(cents, 2) == pytest.approx(-100, abs=6)


def test_ranges_global_zones_and_what_presets_add(opened: Opened) -> None:
    quiet = Zone({48: 250, 54: 1})
    low = Zone({43: packed_range(0, 59), 53: 0})
    high = Zone({43: packed_range(60, 127), 44: packed_range(64, 127), 48: 0, 53: 0})
    stray = Zone({48: 900})
    presets = [
        (0, 0, [Zone({41: 0})]),
        (0, 1, [Zone({48: 500}), Zone({41: 0}), Zone({43: packed_range(0, 127), 48: 250, 41: 0})]),
        (0, 2, [Zone({44: packed_range(1, 10), 41: 0})]),
    ]
    sample = Sample(constant().frames, (10, 900))
    font = opened(Font([sample], [[quiet, low, high, stray]], presets))
    loud = level_db(note(font, 72), 0.1, 0.5)
    assert level_db(note(font, 48), 0.1, 0.5) != loud
    assert [region.values[48] for region in font.regions(0, 0, 48, 127)] == [
        pytest.approx(0.4 * 250 - 10 * VOLUME_DB, abs=0.01)
    ]
    assert font.regions(0, 0, 72, 40) == ()
    assert note(font, 72, 40).shape == (2, 0)
    added = sorted(region.values[48] + 10 * VOLUME_DB for region in font.regions(0, 1, 72, 127))
    assert added == [pytest.approx(100, abs=0.01), pytest.approx(200, abs=0.01)]
    assert font.regions(0, 2, 72, 100) == ()
    assert font.has(0, 1)
    assert font.has(0, 0, 59)
    assert not font.has(0, 3)
    assert font.presets == {(0, 0): "p0", (0, 1): "p1", (0, 2): "p2"}


VELOCITY_CONCAVE = 0x0502
VELOCITY_LINEAR = 0x0002
KEY_LINEAR = 0x0003


def test_a_font_can_replace_and_change_modulators(opened: Opened) -> None:
    def values(operator: int, velocity: int, *lists: list[tuple[int, int, int, int, int]], key: int = 60) -> float:
        zones = [Zone({53: 0}, lists[0])]
        font = opened(Font([constant()], [zones], [(0, 0, [Zone({41: 0}, lists[1] if len(lists) > 1 else [])])]))
        return float(font.regions(0, 0, key, velocity)[0].values[operator])

    volume = -10 * VOLUME_DB
    assert values(48, 20, [(VELOCITY_CONCAVE, 48, 0, 0, 0)]) == pytest.approx(volume, abs=0.01)
    assert values(48, 20, [(VELOCITY_CONCAVE, 48, 0, 0, 0)], [(VELOCITY_CONCAVE, 48, 960, 0, 0)]) == pytest.approx(
        volume - 400 * np.log10(20 / 127), abs=0.01
    )
    assert values(8, 127, [(VELOCITY_LINEAR, 8, -4000, 0, 0)]) == pytest.approx(9500)
    assert values(8, 64, [(0x0102, 8, -2400, 0x0C02, 0)]) == 13_500, "as FluidSynth"
    assert values(8, 64, [(0x0102, 8, -2540, 0, 0)]) == pytest.approx(13_500 - 2540 * 63 / 127)
    assert values(17, 127, [(KEY_LINEAR | 0x200, 17, 127, 0, 0)], key=0) == pytest.approx(-127)
    assert values(17, 127, [(KEY_LINEAR | 0x200, 17, 127, 0, 2)], key=0) == pytest.approx(127)
    assert values(17, 127, [(0x0C03, 17, 100, 0, 0)], key=63) == 0
    assert values(17, 127, [(0x0C03, 17, 100, 0, 0)], key=64) == 100
    assert values(17, 127, [(KEY_LINEAR, 17, 127, VELOCITY_LINEAR, 0)], key=127) == pytest.approx(127)
    assert values(17, 127, [(0x0803, 17, 100, 0, 0)], key=127) == pytest.approx(100)
    assert values(17, 127, [(0x0403, 17, 100, 0, 0)], key=127) == pytest.approx(100)
    assert values(17, 127, [(0x0403, 17, 100, 0, 0)], key=64) < 50 < values(17, 127, [(0x0803, 17, 100, 0, 0)], key=64)


def test_24_bits_lower_the_noise(opened: Opened) -> None:
    faint = Sample(sine(480.0).frames * 1e-4, (0, 9600))  # type: ignore[operator]
    shallow, deep = (note(opened(replace(one_zone(faint, g54=1), deep=deep)))[0, 4800:38_400] for deep in (False, True))
    noise = []
    for wave in (shallow, deep):
        power = np.abs(np.fft.rfft(wave * np.hanning(wave.size))) ** 2
        peak = int(power.argmax())
        noise.append(1 - power[peak - 4 : peak + 5].sum() / power.sum())
    assert noise[1] < 0.02 * noise[0]


def test_compressed_samples(opened: Opened) -> None:
    file = io.BytesIO()
    soundfile.write(file, sine(440.0, 0.5).frames, RATE_HZ, format="OGG", subtype="VORBIS")
    sample = Sample(file.getvalue(), (1200, 22_800), 69, kind=0x11)
    wave = note(opened(one_zone(sample, g54=1)))
    assert pitch_hz(wave[:, 2000:]) == pytest.approx(440.0, rel=1e-4)
    assert wave.shape[1] == RATE_HZ


def test_the_same_note_is_the_same_samples(opened: Opened) -> None:
    font = one_zone(sine(), g54=1, g6=30, g11=3000, g8=7000)
    assert np.array_equal(note(opened(font), 61), note(opened(font), 61))
