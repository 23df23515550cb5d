"""Electronic instruments slide, take accents, stay clean, and keep their lows in the middle."""

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from everjam.audio import SAMPLE_RATE_HZ
from everjam.engines.band.instruments import PATCHES, basses_synth, leads, pads, synths
from everjam.engines.band.instruments.contract import Tone

Float64Array = npt.NDArray[np.float64]

ELECTRONIC = {patch.name: patch for module in (basses_synth, synths) for patch in module.PATCHES}
GLIDING = [name for name, patch in ELECTRONIC.items() if patch.glides]
BASSES = [patch.name for patch in basses_synth.PATCHES]
PURE = tuple(
    """
bass_saw bass_acid bass_fm bass_moog bass_chip bass_sub bass_organ supersaw lead_saw lead_square lead_soft lead_trance
lead_sync lead_wavetable brass_synth seq_acid theremin pluck_synth pluck_trance arp_glass piano_fm brass_fm buchla
pad_warm pad_glass pad_pwm pad_sweep pad_vapor
""".split()  # noqa: SIM905
)
BENT = {"bass_donk", "bass_log", "bass_808", "bass_hoover", "stab_hoover", "arp_chip"}
"""Their pitch moves at the start by itself."""


def sound(name: str, key: int, held_ms: int = 600, **changes: Any) -> npt.NDArray[np.float64]:
    """A note: ``(channels, frames)``."""
    tone = replace(Tone(name, key, held_ms, velocity=6, brightness=5, variant=0), **changes)
    return np.asarray(PATCHES[name].render(tone), np.float64)


def between(wave: Float64Array, start_seconds: float, end_seconds: float) -> Float64Array:
    return np.asarray(wave[..., int(start_seconds * SAMPLE_RATE_HZ) : int(end_seconds * SAMPLE_RATE_HZ)])


def level_db(wave: Float64Array) -> float:
    return float(10.0 * np.log10(np.mean(wave**2) + 1e-15))


def centroid_hz(wave: Float64Array) -> float:
    power = np.abs(np.fft.rfft(wave)) ** 2
    return float((power * np.fft.rfftfreq(wave.shape[-1], 1.0 / SAMPLE_RATE_HZ)).sum() / power.sum())


def mean_hz(wave: Float64Array, low: float, high: float) -> float:
    """Power-weighted mean frequency in a band."""
    size = 1 << 17
    power = np.abs(np.fft.rfft(wave * np.hanning(wave.size), size)) ** 2
    hz = np.fft.rfftfreq(size, 1.0 / SAMPLE_RATE_HZ)
    band = (hz > low) & (hz < high)
    return float((power * hz)[band].sum() / power[band].sum())


def key_hz(key: int) -> float:
    return float(440.0 * 2.0 ** ((key - 69) / 12.0))


def cents(hz: float, against_hz: float) -> float:
    return float(1200.0 * np.log2(hz / against_hz))


@pytest.mark.parametrize("glide", [-5, 5])
@pytest.mark.parametrize("name", [name for name in GLIDING if name not in BENT])
def test_slides_start_elsewhere_and_reach_their_pitch(name: str, glide: int) -> None:
    key = min(72, PATCHES[name].high)
    hz = key_hz(key)
    plain, slid = (sound(name, key, 500, glide=one).mean(axis=0) for one in (0, glide))
    band = (0.93 * hz, 1.07 * hz)
    settled = [mean_hz(between(wave, 0.3, 0.5), *band) for wave in (plain, slid)]
    assert abs(cents(settled[1], settled[0])) < 12.0
    away = key_hz(key + glide)
    near_start = mean_hz(between(slid, 0.0, 0.022), min(away, hz) * 0.9, max(away, hz) * 1.1)
    begin = mean_hz(between(plain, 0.0, 0.022), min(away, hz) * 0.9, max(away, hz) * 1.1)
    assert np.sign(glide) * cents(near_start, begin) > 80.0


def test_the_silver_box_is_there_within_its_sixty_milliseconds() -> None:
    for name, key in (("bass_acid", 60), ("seq_acid", 72)):
        wave = sound(name, key, 400, glide=-7).mean(axis=0)
        hz = key_hz(key)
        assert abs(cents(mean_hz(between(wave, 0.09, 0.2), 0.8 * hz, 1.2 * hz), hz)) < 20.0
        assert cents(mean_hz(between(wave, 0.0, 0.03), 0.6 * hz, 1.2 * hz), hz) < -150.0


def test_accents_open_the_filter_and_shut_it_sooner() -> None:
    for name in ("bass_acid", "seq_acid"):
        soft, accent = (sound(name, 36, 400, velocity=velocity).mean(axis=0) for velocity in (4, 8))
        assert centroid_hz(between(accent, 0.0, 0.06)) > 1.7 * centroid_hz(between(soft, 0.0, 0.06))
        falls = [centroid_hz(between(one, 0.0, 0.04)) / centroid_hz(between(one, 0.2, 0.3)) for one in (soft, accent)]
        assert falls[1] > 1.3 * falls[0]


def test_a_slide_does_not_strike_again() -> None:
    struck, slid = (sound("bass_acid", 36, 400, glide=glide).mean(axis=0) for glide in (0, -5))
    assert centroid_hz(between(slid, 0.0, 0.06)) < 0.85 * centroid_hz(between(struck, 0.0, 0.06))


@pytest.mark.parametrize("name", [name for name in GLIDING if "legato" in PATCHES[name].articulations])
def test_legato_has_a_softer_start(name: str) -> None:
    key = min(48, PATCHES[name].high) if name.startswith("bass") else 67
    plain, legato = (sound(name, key, 400, articulation=how).mean(axis=0) for how in ("plain", "legato"))
    first, rest = (0.0, 0.004), (0.1, 0.3)
    onset = [level_db(between(wave, *first)) - level_db(between(wave, *rest)) for wave in (plain, legato)]
    assert onset[1] < onset[0] + 0.5
    assert not np.array_equal(plain, legato)


@pytest.mark.parametrize("name", [name for name in GLIDING if "staccato" in PATCHES[name].articulations])
def test_staccato_is_short_whatever_is_written(name: str) -> None:
    plain, short = (sound(name, 55, 900, articulation=how) for how in ("plain", "staccato"))
    assert short.shape[1] <= plain.shape[1]
    assert short.shape[1] < 0.5 * SAMPLE_RATE_HZ


@pytest.mark.parametrize("name", PURE)
def test_nothing_folds_back(name: str) -> None:
    """Between the harmonics of a high, loud, bright note there is nothing."""
    key = min(96, PATCHES[name].high)
    wave = sound(name, key, 1200, velocity=8, brightness=8).mean(axis=0)
    start, end = (0.3, 0.95) if wave.size > SAMPLE_RATE_HZ else (0.05, 0.4)
    piece = between(wave, start, end)
    size = 1 << 17
    level = np.abs(np.fft.rfft(piece * np.kaiser(piece.size, 18.0), size))
    hz = np.fft.rfftfreq(size, 1.0 / SAMPLE_RATE_HZ)
    place = (hz / key_hz(key)) % 1.0
    between_harmonics = (place > 0.3) & (place < 0.7) & (hz > 30.0)
    assert 20.0 * np.log10(level[between_harmonics].max() / level.max()) < -80.0


@pytest.mark.parametrize("name", BASSES)
def test_lows_are_in_the_middle(name: str) -> None:
    wave = sound(name, 36, 900)
    if wave.shape[0] == 1:
        return
    hz = np.fft.rfftfreq(wave.shape[1], 1.0 / SAMPLE_RATE_HZ)
    middle, side = (np.abs(np.fft.rfft(one)) ** 2 for one in (wave[0] + wave[1], wave[0] - wave[1]))
    low = hz < 120.0
    assert side[low].sum() < 0.02 * middle[low].sum()


@pytest.mark.parametrize("name", ELECTRONIC)
def test_long_notes_fold_to_mono_without_loss(name: str) -> None:
    wave = sound(name, int(np.clip(57, PATCHES[name].low, PATCHES[name].high)), 2000)
    if wave.shape[0] == 2:
        power = np.mean(wave**2, axis=1)
        assert np.mean(wave[0] * wave[1]) > 0.25 * np.sqrt(power[0] * power[1])


def test_a_narrow_pulse_lacks_every_fourth_harmonic_and_an_eighth_every_eighth() -> None:
    for name, missing in (("lead_chip", 4), ("arp_chip", 8)):
        wave = between(sound(name, 57, 900).mean(axis=0), 0.06, 0.24)
        level = np.abs(np.fft.rfft(wave * np.hanning(wave.size), 1 << 17))

        def partial(number: int, level: Float64Array = level) -> float:
            centre = int(number * key_hz(57) * (1 << 17) / SAMPLE_RATE_HZ)
            return float(level[centre - 20 : centre + 21].max())

        assert partial(missing) < 0.15 * min(partial(missing - 1), partial(missing + 1))


def test_a_swarm_is_thin_below_its_key_and_wide() -> None:
    wave = sound("supersaw", 60, 1000)
    power = np.abs(np.fft.rfft(wave.mean(axis=0))) ** 2
    hz = np.fft.rfftfreq(wave.shape[1], 1.0 / SAMPLE_RATE_HZ)
    assert power[hz < 0.8 * key_hz(60)].sum() < 1e-3 * power.sum()
    correlation = np.mean(wave[0] * wave[1]) / np.sqrt(np.mean(wave[0] ** 2) * np.mean(wave[1] ** 2))
    assert 0.3 < correlation < 0.95


def test_filters_indices_and_wheels_move_audibly() -> None:
    for name, early, late in (
        ("lead_sync", (0.02, 0.1), (0.5, 0.7)),
        ("fm_bell", (0.0, 0.08), (0.8, 1.2)),
        ("piano_fm", (0.0, 0.05), (0.5, 0.7)),
        ("pluck_trance", (0.0, 0.03), (0.2, 0.35)),
        ("lead_moog", (0.02, 0.1), (0.5, 0.7)),
        ("bass_saw", (0.0, 0.05), (0.4, 0.6)),
    ):
        wave = sound(name, min(60, PATCHES[name].high), 900).mean(axis=0)
        assert centroid_hz(between(wave, *early)) > 1.15 * centroid_hz(between(wave, *late)), name
    wave = sound("brass_fm", 55, 700).mean(axis=0)
    assert centroid_hz(between(wave, 0.15, 0.3)) > 1.15 * centroid_hz(between(wave, 0.0, 0.02))


def test_growls_speak_other_vowels_by_take() -> None:
    paths = []
    for take in range(3):
        wave = sound("bass_growl", 36, 1000, variant=take).mean(axis=0)
        paths.append([centroid_hz(between(wave, start, start + 0.1)) for start in np.arange(0.05, 0.9, 0.15)])
    spans = [max(path) / min(path) for path in paths]
    assert min(spans) > 1.2
    assert np.abs(np.log2(np.array(paths[0]) / np.array(paths[1]))).max() > 0.25


def test_risers_rise_and_downlifters_sink() -> None:
    for name, sign in (("riser", 1.0), ("downlifter", -1.0)):
        wave = sound(name, 60, 2000).mean(axis=0)
        early, late = between(wave, 0.2, 0.5), between(wave, 1.5, 1.8)
        assert sign * np.log2(centroid_hz(late) / centroid_hz(early)) > 0.7
        assert sign * (level_db(late) - level_db(early)) > 5.0


def test_a_boom_dives_in_the_middle() -> None:
    wave = sound("boom", 60)
    assert wave.shape[0] == 1 or np.array_equal(wave[0], wave[1])
    early, late = (mean_hz(between(wave[0], *span), 15.0, 200.0) for span in ((0.02, 0.12), (1.0, 1.5)))
    assert early > 2.0 * late


def test_modules_hold_what_they_are_named_for() -> None:
    assert {patch.name for patch in (*leads.PATCHES, *pads.PATCHES)} <= ELECTRONIC.keys()
    wanted = "bass_growl bass_donk bass_organ pluck_trance lead_hard lead_sync lead_wavetable pad_pwm piano_fm brass_fm"
    assert set(wanted.split()) <= ELECTRONIC.keys()
