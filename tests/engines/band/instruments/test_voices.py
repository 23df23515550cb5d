"""Voices speak: formants where they were measured, consonants before vowels, pitch as singers move it."""

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from everjam.audio import SAMPLE_RATE_HZ
from everjam.engines.band.instruments import PATCHES
from everjam.engines.band.instruments.contract import Tone
from everjam.engines.band.instruments.singing import MEN_HZ, WOMEN_HZ, tract, vowel_formants

Float64Array = npt.NDArray[np.float64]

SOLOISTS = ("voice_solo", "voice_female", "voice_male", "voice_chop", "voice_scat")
CHOIRS = ("choir_ah", "choir_oo", "choir_mm", "choir_low")


def sung(name: str, key: int, held_ms: int = 800, **changes: Any) -> Float64Array:
    tone = replace(Tone(name, key, held_ms, velocity=6, brightness=5, variant=0), **changes)
    return np.asarray(PATCHES[name].render(tone).mean(axis=0), np.float64)


def between(wave: Float64Array, start_seconds: float, end_seconds: float) -> Float64Array:
    return wave[int(start_seconds * SAMPLE_RATE_HZ) : int(end_seconds * SAMPLE_RATE_HZ)]


def band_db(wave: Float64Array, low: float, high: float) -> float:
    power = np.abs(np.fft.rfft(wave * np.hanning(wave.size))) ** 2
    hz = np.fft.rfftfreq(wave.size, 1.0 / SAMPLE_RATE_HZ)
    return float(10.0 * np.log10(power[(hz >= low) & (hz < high)].sum() / wave.size + 1e-15))


def pitch_cents(wave: Float64Array, hz: float) -> float:
    """Of the fundamental against ``hz``."""
    size = 1 << 17
    power = np.abs(np.fft.rfft(wave * np.hanning(wave.size), size)) ** 2
    freqs = np.fft.rfftfreq(size, 1.0 / SAMPLE_RATE_HZ)
    band = (freqs > 0.6 * hz) & (freqs < 1.5 * hz)
    return float(1200.0 * np.log2((power * freqs)[band].sum() / power[band].sum() / hz))


def key_hz(key: int) -> float:
    return float(440.0 * 2.0 ** ((key - 69) / 12.0))


@pytest.mark.parametrize("vowel", MEN_HZ)
def test_a_tract_resonates_at_the_measured_formants(vowel: Any) -> None:
    hz = np.arange(100.0, 4200.0, 5.0)
    for woman, measured in ((0.0, MEN_HZ[vowel]), (1.0, WOMEN_HZ[vowel])):
        level = tract(hz[None, :], vowel_formants(vowel, woman)[None, :], np.zeros(1))[0]
        tops = hz[1:-1][(level[1:-1] > level[:-2]) & (level[1:-1] > level[2:])]
        for formant_hz in measured[:3]:
            assert np.abs(tops / formant_hz - 1.0).min() < 0.08


def test_vowels_move_within_a_note() -> None:
    # A man's note that goes from "ah" (768 Hz) to "oh" (497 Hz).
    wave = sung("voice_male", 45, 1200)
    early, late = between(wave, 0.18, 0.34), between(wave, 0.95, 1.15)
    rise = [band_db(piece, 700.0, 860.0) - band_db(piece, 400.0, 560.0) for piece in (early, late)]
    assert rise[0] > rise[1] + 6.0


def test_a_nose_hums_before_an_m_and_a_burst_stands_before_a_d() -> None:
    # Woman's takes: m + ah, plain oo, l + ah, h + oh.
    humming = sung("voice_female", 60, 800, variant=0)
    nose, vowel = between(humming, 0.015, 0.055), between(humming, 0.2, 0.24)
    assert band_db(vowel, 900.0, 3000.0) - band_db(nose, 900.0, 3000.0) > 10.0
    struck, soft = sung("voice_scat", 60, 400, variant=0), sung("voice_scat", 60, 400, variant=1)
    assert (
        band_db(between(struck, 0.012, 0.04), 2800.0, 6000.0)
        > band_db(between(soft, 0.012, 0.04), 2800.0, 6000.0) + 3.0
    )


@pytest.mark.parametrize("name", SOLOISTS)
def test_takes_begin_differently(name: str) -> None:
    def start(take: int) -> Float64Array:
        wave = sung(name, 60, 500, variant=take)
        spans = ((0.0, 0.03), (0.03, 0.06), (0.06, 0.1), (0.2, 0.3))
        bands = ((150.0, 600.0), (600.0, 1500.0), (1500.0, 3200.0), (3200.0, 8000.0))
        return np.array([[band_db(between(wave, *span), *band) for band in bands] for span in spans])

    starts = [start(take) for take in range(PATCHES[name].variants)]
    for number, one in enumerate(starts):
        for other in starts[:number]:
            assert np.abs(one - other).mean() > 1.5


@pytest.mark.parametrize("name", SOLOISTS)
def test_slurred_notes_have_no_consonant(name: str) -> None:
    wave = sung(name, 60, 500, articulation="legato")
    early, later = between(wave, 0.04, 0.08), between(wave, 0.12, 0.16)
    assert abs(band_db(early, 150.0, 3000.0) - band_db(later, 150.0, 3000.0)) < 5.0


@pytest.mark.parametrize("name", SOLOISTS)
def test_singers_slide_scoop_and_fall(name: str) -> None:
    hz = key_hz(64)
    slid = sung(name, 64, 440, glide=-5)
    assert pitch_cents(between(slid, 0.0, 0.06), hz) < -150.0
    assert abs(pitch_cents(between(slid, 0.2, 0.4), hz)) < 25.0
    plain, scooped, fallen = (sung(name, 64, 440, articulation=how) for how in ("plain", "scoop", "fall"))
    assert pitch_cents(between(scooped, 0.03, 0.1), hz) < pitch_cents(between(plain, 0.03, 0.1), hz) - 60.0
    assert pitch_cents(between(fallen, 0.38, 0.48), hz) < pitch_cents(between(plain, 0.38, 0.48), hz) - 60.0


def test_vibrato_sets_in_late() -> None:
    wave = sung("voice_female", 69, 1600)
    moves = [pitch_cents(between(wave, start, start + 0.05), 440.0) for start in np.arange(0.1, 1.5, 0.03)]
    assert np.std(moves[:6]) < 0.6 * np.std(moves[20:])
    assert 12.0 < np.std(moves[20:]) < 40.0


def test_loud_men_ring() -> None:
    def ring_db(velocity: int) -> float:
        wave = between(sung("voice_male", 52, 900, velocity=velocity, variant=1), 0.3, 0.8)
        return band_db(wave, 2400.0, 3500.0) - band_db(wave, 150.0, 1200.0)

    assert ring_db(8) > ring_db(3) + 4.0


def test_high_notes_tune_their_first_formant() -> None:
    wave = between(sung("voice_female", 81, 800, variant=1), 0.3, 0.7)
    fundamental, octave = (band_db(wave, 0.95 * hz, 1.05 * hz) for hz in (880.0, 1760.0))
    assert fundamental > octave + 3.0


def test_a_hum_is_darker_than_a_vowel_and_an_oo_than_an_ah() -> None:
    brightness = [
        band_db(between(sung(name, 60, 1200), 0.5, 1.1), 1000.0, 6000.0)
        - band_db(between(sung(name, 60, 1200), 0.5, 1.1), 100.0, 1000.0)
        for name in ("choir_mm", "choir_oo", "choir_ah")
    ]
    assert brightness[0] < brightness[1] < brightness[2]


@pytest.mark.parametrize("name", CHOIRS)
def test_choirs_are_wide_but_not_hollow(name: str) -> None:
    tone = Tone(name, 55, 1500, velocity=6, brightness=5, variant=0)
    left, right = np.asarray(PATCHES[name].render(tone), np.float64)
    correlation = np.mean(left * right) / np.sqrt(np.mean(left**2) * np.mean(right**2))
    assert 0.2 < correlation < 0.98
