"""What players of sustaining instruments do: slides, falls, scoops, tongues, bows, mutes."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from everjam.audio import SAMPLE_RATE_HZ
from everjam.engines.band.instruments import PATCHES
from everjam.engines.band.instruments.contract import Tone

Float64Array = npt.NDArray[np.float64]


def play(name: str, key: int, *, held_ms: int = 800, **changes: Any) -> Float64Array:
    """A note in mono."""
    tone = Tone(name, key, held_ms, 6, 5, 0, **changes)
    return np.asarray(PATCHES[name].render(tone).mean(axis=0), np.float64)


def pitch_near(wave: Float64Array, at_seconds: float, nominal_hz: float, semitones: float = 12.0) -> float:
    """Semitones from the nominal pitch, by the first three harmonics of a tenth of a second."""
    start = int(at_seconds * SAMPLE_RATE_HZ)
    piece = wave[start : start + 4800]
    size = 1 << 17
    power = np.abs(np.fft.rfft(piece * np.hanning(piece.size), size))
    tried = np.linspace(-semitones, semitones, 481)
    hz = nominal_hz * 2.0 ** (tried / 12.0)
    score = sum(np.interp(number * hz * size / SAMPLE_RATE_HZ, np.arange(power.size), power) for number in (1, 2, 3))
    return float(tried[int(np.argmax(score))])


def rms(wave: Float64Array, start: float, end: float) -> float:
    """Level of a stretch in seconds."""
    piece = wave[int(start * SAMPLE_RATE_HZ) : int(end * SAMPLE_RATE_HZ)]
    return float(np.sqrt(np.mean(piece**2)))


def test_what_can_slide_slides() -> None:
    hz = 440.0 * 2.0 ** ((58 - 69) / 12)
    for name in ("trombone", "cello", "alto_sax"):
        wave = play(name, 58, glide=-5)
        assert pitch_near(wave, 0.0, hz, 7.0) < -1.0, name
        assert abs(pitch_near(wave, 0.4, hz, 7.0)) < 0.3, name


def test_falls_fall_and_scoops_come_from_below() -> None:
    hz = 440.0 * 2.0 ** ((62 - 69) / 12)
    fall, scoop, plain = (play("trumpet", 62, articulation=name) for name in ("fall", "scoop", "plain"))
    assert pitch_near(fall, 0.65, hz, 7.0) < -2.0
    assert abs(pitch_near(fall, 0.2, hz, 7.0)) < 0.3
    assert pitch_near(scoop, 0.0, hz, 4.0) < pitch_near(plain, 0.0, hz, 4.0) - 0.2
    assert rms(fall, 0.7, 0.8) < 0.5 * rms(plain, 0.7, 0.8)


@pytest.mark.parametrize("name", ["violin", "flute", "clarinet", "trumpet", "strings"])
def test_legato_is_there_at_once(name: str) -> None:
    key = (PATCHES[name].low + PATCHES[name].high) // 2
    legato, plain = (play(name, key, articulation=one) for one in ("legato", "plain"))
    early = rms(legato, 0.03, 0.08) / rms(legato, 0.3, 0.7)
    assert early > 0.5
    assert early > 0.9 * rms(plain, 0.03, 0.08) / rms(plain, 0.3, 0.7)


@pytest.mark.parametrize("name", ["violin", "alto_sax", "trumpet", "flute"])
def test_staccato_is_short(name: str) -> None:
    key = (PATCHES[name].low + PATCHES[name].high) // 2
    short, plain = (play(name, key, articulation=one) for one in ("staccato", "plain"))
    assert short.size < 0.8 * plain.size
    assert rms(short, 0.02, 0.12) > 0.25 * np.abs(short).max()


def test_bows_tremble() -> None:
    wave = play("cello", 55, held_ms=1500, articulation="tremolo")
    held = wave[int(0.4 * SAMPLE_RATE_HZ) : int(1.3 * SAMPLE_RATE_HZ)]
    level = np.sqrt(np.convolve(held**2, np.ones(960) / 960, "valid"))
    spectrum = np.abs(np.fft.rfft(level - level.mean()))
    rate_hz = np.fft.rfftfreq(level.size, 1.0 / SAMPLE_RATE_HZ)[int(np.argmax(spectrum))]
    assert 8.0 < rate_hz < 13.0


def test_mutes_are_heard() -> None:
    def share(name: str, articulation: str, low_hz: float, high_hz: float) -> float:
        wave = play(name, 60, articulation=articulation)
        power = np.abs(np.fft.rfft(wave)) ** 2
        hz = np.fft.rfftfreq(wave.size, 1.0 / SAMPLE_RATE_HZ)
        return float(power[(hz > low_hz) & (hz < high_hz)].sum() / power.sum())

    assert share("cello", "muted", 2500.0, 16_000.0) < 0.5 * share("cello", "plain", 2500.0, 16_000.0)
    assert share("trumpet", "muted", 700.0, 2500.0) < 0.6 * share("trumpet", "plain", 700.0, 2500.0)
