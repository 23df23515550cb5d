"""What makes an electronic, percussive, vocal or atmospheric patch itself and not its neighbour."""

import itertools
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pytest

from everjam.audio import SAMPLE_RATE_HZ
from everjam.engines.band.instruments import PATCHES
from everjam.engines.band.instruments.ambience import fade_seconds_of
from everjam.engines.band.instruments.contract import Tone
from everjam.engines.band.kit import DRUM_VOICES

Float64Array = npt.NDArray[np.float64]

SIBLINGS = {
    "bass": "bass_moog bass_808 bass_log bass_fretless bass_hoover bass_saw bass_sub bass_acid bass_reese bass_fm "
    "bass_growl bass_donk bass_organ bass_chip",
    "leads": "lead_moog lead_trance brass_synth seq_acid theremin buchla vocoder stab_hoover stab_rave supersaw "
    "lead_saw lead_square lead_soft pluck_synth lead_hard lead_sync lead_wavetable pluck_trance piano_fm brass_fm",
    "pads": "pad_sweep pad_vapor pad_warm pad_dark pad_glass synth_strings guitar_shimmer pad_pwm",
    "kicks": "kick_linn kick_hard kick_lofi kick_march kick_808 kick_acoustic kick_chip",
    "snares": "snare_linn snare_trap snare_march snare_lofi snare_808 snare_909 snare_acoustic snare_brush "
    "cross_stick rim",
    "hats": "hat_trap hat_lofi hat_closed hat_closed_acoustic hat_open maracas shaker cabasa",
    "deep skins": "taiko bombo surdo dhol_bass djembe_bass bayan cajon conga_low darbuka frame_drum tom_acoustic stomp",
    "high skins": "djembe djembe_slap conga conga_slap bongo timbale tabla dhol darbuka_tek tambora talking_drum "
    "pandeiro cajon_slap snap",
    "solids": "claves woodblock castanets cross_stick agogo agogo_low cowbell finger_cymbals triangle "
    "sleigh_bells gong",
    "seeds": "maracas shekere caxixi guiro shaker cabasa tambourine",
    "transitions": "riser downlifter impact boom",
    "places": "rain waves birds crowd glitch tape_hiss fire night vinyl wind_noise",
    "voices": "choir_low throat_drone voice_scat choir_ah choir_oo voice_solo voice_chop vocoder choir_mm",
}
DRUM_KEYS = {
    "kick_linn": 36, "kick_hard": 36, "kick_lofi": 36, "kick_march": 35, "snare_linn": 38, "snare_trap": 40,
    "snare_march": 38, "snare_lofi": 38, "hat_trap": 42, "hat_lofi": 42, "claves": 75, "maracas": 70, "guiro": 73,
    "cajon": 36, "cajon_slap": 38, "djembe": 60, "djembe_bass": 48, "djembe_slap": 62, "conga_low": 64,
    "conga_slap": 62, "timbale": 65, "agogo": 67, "agogo_low": 68, "tabla": 62, "bayan": 64, "dhol": 60,
    "dhol_bass": 45, "darbuka": 50, "darbuka_tek": 62, "frame_drum": 48, "taiko": 43, "shekere": 82,
    "talking_drum": 64, "bombo": 41, "tambora": 43, "pandeiro": 54, "castanets": 85, "sleigh_bells": 83,
    "finger_cymbals": 80, "gong": 52, "snap": 39, "stomp": 35, "scratch": 29, "cross_stick": 37, "caxixi": 70,
}  # fmt: skip
PLACES = ["rain", "waves", "birds", "crowd", "glitch", "tape_hiss", "fire", "night"]


def own_key(name: str) -> int:
    """The key at which a patch is compared with its siblings."""
    patch = PATCHES[name]
    if patch.family in {"drums", "percussion"}:
        return patch.gm_program
    return int(np.clip(36 if patch.family == "bass" else 60, patch.low, patch.high))


def sound(
    name: str, *, pitch: int | None = None, held_ms: int = 600, variant: int = 0, velocity: int = 6
) -> Float64Array:
    """A note in mono."""
    tone = Tone(name, own_key(name) if pitch is None else pitch, held_ms, velocity, 5, variant)
    return np.asarray(np.mean(PATCHES[name].render(tone), axis=0), np.float64)


def peak_hz(wave: Float64Array, low: float = 20.0, high: float = 20_000.0) -> float:
    """Frequency of the strongest partial in a band, refined by a parabola over decibels."""
    size = 1 << 18
    level = np.log(np.abs(np.fft.rfft(wave * np.hanning(wave.size), size)) + 1e-12)
    first, last = int(low * size / SAMPLE_RATE_HZ), int(high * size / SAMPLE_RATE_HZ)
    best = first + int(np.argmax(level[first:last]))
    left, middle, right = level[best - 1 : best + 2]
    return float((best + 0.5 * (left - right) / (left - 2.0 * middle + right)) * SAMPLE_RATE_HZ / size)


def between(wave: Float64Array, start_seconds: float, end_seconds: float) -> Float64Array:
    """A stretch of a wave."""
    return wave[int(start_seconds * SAMPLE_RATE_HZ) : int(end_seconds * SAMPLE_RATE_HZ)]


def level_db(wave: Float64Array) -> float:
    """RMS in decibels."""
    return float(10.0 * np.log10(np.mean(wave**2) + 1e-15))


def centroid_hz(wave: Float64Array) -> float:
    """Centre of the power spectrum."""
    power = np.abs(np.fft.rfft(wave)) ** 2
    return float((power * np.fft.rfftfreq(wave.size, 1.0 / SAMPLE_RATE_HZ)).sum() / power.sum())


def cents(hz: float, against_hz: float) -> float:
    """Distance of two pitches."""
    return float(1200.0 * np.log2(hz / against_hz))


def key_hz(key: int) -> float:
    """Frequency of a MIDI key."""
    return float(440.0 * 2.0 ** ((key - 69) / 12.0))


@lru_cache(maxsize=1)
def mel_bank() -> Float64Array:
    """Forty triangular bands from 40 Hz to 16 kHz over the bins of 2048 frames."""
    low, high = (2595.0 * float(np.log10(1.0 + hz / 700.0)) for hz in (40.0, 16_000.0))
    edges = 700.0 * (10.0 ** (np.linspace(low, high, 42) / 2595.0) - 1.0)
    bins = np.fft.rfftfreq(2048, 1.0 / SAMPLE_RATE_HZ)
    rising = (bins - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - bins) / np.diff(edges)[1:, None]
    return np.asarray(np.maximum(np.minimum(rising, falling), 0.0), np.float64)


@lru_cache(maxsize=256)
def log_mel(name: str) -> Float64Array:
    """Mel spectrogram of the first half second in decibels under its peak, not below -50."""
    wave = sound(name)
    padded = np.pad(wave, (512, max(0, 24_000 - wave.size)))[:24_512]
    pieces = np.lib.stride_tricks.sliding_window_view(padded, 2048)[::512] * np.hanning(2048)
    power = (np.abs(np.fft.rfft(pieces)) ** 2) @ mel_bank().T
    return np.asarray(np.maximum(10.0 * np.log10(power / power.max() + 1e-9), -50.0), np.float64)


def distance_db(one: str, other: str) -> float:
    """Mean difference of two log-mel spectrograms where either of them sounds."""
    a, b = log_mel(one), log_mel(other)
    return float(np.abs(a - b)[(a > -50.0) | (b > -50.0)].mean())


@pytest.mark.parametrize("group", SIBLINGS)
def test_siblings_are_told_apart(group: str) -> None:
    names = SIBLINGS[group].split()
    alike = [
        (one, other, round(distance_db(one, other), 1))
        for one, other in itertools.combinations(names, 2)
        if distance_db(one, other) <= 3.0
    ]
    assert not alike


def test_drums_have_their_general_midi_keys() -> None:
    assert {name: PATCHES[name].gm_program for name in DRUM_KEYS} == DRUM_KEYS


def test_grids_play_percussion_at_its_own_pitch() -> None:
    voices = {name: voice.pitch for name, voice in DRUM_VOICES.items() if name in DRUM_KEYS}
    assert set(voices) == {name for name in DRUM_KEYS if PATCHES[name].family == "percussion"}
    assert voices == {name: DRUM_KEYS[name] for name in voices}


def test_an_808_falls_into_its_note_and_stays_long() -> None:
    wave = sound("bass_808", pitch=33, held_ms=1500)
    assert abs(cents(peak_hz(between(wave, 0.2, 1.4)), key_hz(33))) < 5.0
    crossings = np.flatnonzero(np.diff(np.signbit(between(wave, 0.0, 0.4)))) / SAMPLE_RATE_HZ
    assert np.diff(crossings)[1] < 0.75 * np.diff(crossings)[-1]
    assert level_db(between(wave, 0.7, 0.8)) > level_db(between(wave, 0.05, 0.15)) - 12.0


def test_a_log_drum_is_hollow_and_short() -> None:
    wave = sound("bass_log", pitch=36, held_ms=900)
    hz = key_hz(36)
    assert abs(cents(peak_hz(between(wave, 0.2, 0.8)), hz)) < 5.0
    early = between(wave, 0.02, 0.2)
    size = 1 << 16
    power = np.abs(np.fft.rfft(early * np.hanning(early.size), size))

    def partial(number: int) -> float:
        centre = int(number * hz * size / SAMPLE_RATE_HZ)
        return float(power[centre - 12 : centre + 13].max())

    assert partial(3) > 1.5 * partial(2)
    assert partial(3) > 1.5 * partial(4)
    assert level_db(between(wave, 0.5, 0.6)) < level_db(between(wave, 0.02, 0.12)) - 10.0


def test_hoovers_are_pulled_up_into_their_note() -> None:
    for name, key in (("bass_hoover", 36), ("stab_hoover", 60)):
        wave = sound(name, pitch=key, held_ms=900)
        low, high = 0.9 * key_hz(key), 1.1 * key_hz(key)
        settled = between(wave, 0.3, 0.8)
        assert abs(cents(peak_hz(settled, low, high), key_hz(key))) < 30.0
    start = between(sound("stab_hoover", pitch=72, held_ms=900), 0.0, 0.05)
    assert peak_hz(start, 300.0, 620.0) < 0.95 * key_hz(72)


def test_a_theremin_scoops_and_sways_about_its_note() -> None:
    wave = sound("theremin", pitch=69, held_ms=1500)
    before = np.flatnonzero((wave[:-1] < 0.0) & (wave[1:] >= 0.0))
    crossings = (before + wave[before] / (wave[before] - wave[before + 1])) / SAMPLE_RATE_HZ
    at, hz = crossings[1:], 1.0 / np.diff(crossings)
    assert cents(float(hz[3]), 440.0) < -50.0
    steady = 1200.0 * np.log2(hz[(at > 0.5) & (at < 1.4)] / 440.0)
    assert 22.0 < steady.max() < 42.0
    assert -42.0 < steady.min() < -22.0
    assert abs(steady.mean()) < 5.0


def test_a_low_pass_gate_closes_with_its_level() -> None:
    wave = sound("buchla", held_ms=1000)
    assert centroid_hz(between(wave, 0.0, 0.06)) > 1.7 * centroid_hz(between(wave, 0.4, 0.6))


def test_an_acid_line_closes_within_its_note() -> None:
    wave = sound("seq_acid", held_ms=400)
    assert centroid_hz(between(wave, 0.0, 0.04)) > 1.8 * centroid_hz(between(wave, 0.2, 0.35))


def test_a_sweeping_pad_never_rests() -> None:
    wave = sound("pad_sweep", pitch=48, held_ms=3000)
    centroids = [centroid_hz(between(wave, start, start + 0.2)) for start in np.arange(0.4, 2.8, 0.2)]
    assert max(centroids) > 1.15 * min(centroids)


def test_vowels_of_a_vocoder_and_of_scat_change_by_take() -> None:
    for name, takes in (("vocoder", 3), ("voice_scat", 4)):
        first = [
            centroid_hz(between(sound(name, pitch=55, held_ms=500, variant=take), 0.04, 0.12)) for take in range(takes)
        ]
        last = [
            centroid_hz(between(sound(name, pitch=55, held_ms=500, variant=take), 0.3, 0.42)) for take in range(takes)
        ]
        assert max(first) > 1.2 * min(first)
        assert sum(abs(np.log2(b / a)) > 0.15 for a, b in zip(first, last, strict=True)) >= 2


def test_an_overtone_singer_moves_from_harmonic_to_harmonic() -> None:
    hz = key_hz(45)
    wave = sound("throat_drone", pitch=45, held_ms=3000)
    heard = [
        round(peak_hz(between(wave, at, at + 0.15), 4.5 * hz, 14.0 * hz) / hz, 1) for at in np.arange(0.15, 2.7, 0.32)
    ]
    assert len({round(one) for one in heard}) >= 3
    assert sum(abs(one - round(one)) < 0.11 for one in heard) >= len(heard) - 1


def test_a_gabber_kick_is_nearly_square() -> None:
    def tail(name: str) -> Float64Array:
        return between(sound(name), 0.12, 0.22)

    def crest(wave: Float64Array) -> float:
        return float(np.abs(wave).max() / np.sqrt(np.mean(wave**2)))

    assert centroid_hz(tail("kick_hard")) > 1.3 * centroid_hz(tail("kick_909"))
    assert crest(tail("kick_hard")) < crest(tail("kick_punchy")) + 0.3


def test_trap_hats_are_crisp_and_short() -> None:
    trap, closed = sound("hat_trap"), sound("hat_closed")
    assert centroid_hz(trap) > centroid_hz(closed)
    assert trap.size < 0.08 * SAMPLE_RATE_HZ
    assert level_db(between(trap, 0.03, 0.05)) < level_db(between(trap, 0.0, 0.01)) - 15.0


def test_close_strokes_of_a_marching_snare_run_together() -> None:
    def held_up_db(name: str) -> float:
        """Level in the middle of a roll's gap of 60 ms against its strokes."""
        wave = sound(name, velocity=4)
        return level_db(between(wave, 0.045, 0.06)) - level_db(between(wave, 0.0, 0.015))

    assert held_up_db("snare_march") > held_up_db("snare_trap") + 3.0
    assert held_up_db("snare_march") > -12.0


@pytest.mark.parametrize("key", [53, 60, 62, 69])
def test_a_tabla_sounds_its_key_in_harmonics(key: int) -> None:
    rim, open_ = (between(sound("tabla", pitch=key, variant=take), 0.02, 0.7) for take in (0, 1))
    hz = key_hz(key)
    assert abs(cents(peak_hz(open_, 0.8 * hz, 1.2 * hz), hz)) < 5.0
    assert abs(cents(peak_hz(rim, 1.8 * hz, 2.2 * hz), 2.0 * hz)) < 5.0
    assert centroid_hz(rim) > 1.2 * centroid_hz(open_)


def test_a_bayan_glides_up_and_settles_two_octaves_below_its_key() -> None:
    wave = sound("bayan", pitch=64)
    early, late = (peak_hz(between(wave, start, start + 0.1), 40.0, 120.0) for start in (0.0, 0.4))
    assert cents(late, early) > 100.0
    assert abs(cents(peak_hz(between(wave, 0.4, 1.2), 40.0, 120.0), key_hz(40))) < 5.0


def test_a_talking_drum_speaks_up_and_down() -> None:
    moves = []
    for take in range(2):
        wave = sound("talking_drum", variant=take)
        moves.append(cents(*(peak_hz(between(wave, at, at + 0.07), 80.0, 330.0) for at in (0.4, 0.0))))
    assert moves[0] > 150.0
    assert moves[1] < -150.0


def test_claves_sound_above_two_kilohertz_and_ring_hardly() -> None:
    wave = sound("claves")
    assert 2000.0 < peak_hz(wave) < 2700.0
    assert level_db(between(wave, 0.06, 0.08)) < level_db(between(wave, 0.0, 0.02)) - 18.0


def test_agogos_are_a_pair_and_a_gong_is_long() -> None:
    high, low = (peak_hz(sound(name), 300.0, 2000.0) for name in ("agogo", "agogo_low"))
    assert 600.0 < cents(high, low) < 800.0
    gong = sound("gong")
    assert gong.size > 4.0 * SAMPLE_RATE_HZ
    assert level_db(between(gong, 3.0, 3.5)) > level_db(between(gong, 0.1, 0.6)) - 30.0


def test_a_deep_drum_is_deep() -> None:
    assert all(
        peak_hz(sound(name)) < 100.0 for name in ("taiko", "bombo", "dhol_bass", "djembe_bass", "cajon", "kick_march")
    )


def test_a_long_guiro_and_a_roll_of_castanets_are_every_third_take() -> None:
    for name in ("guiro", "castanets"):
        lengths = [
            np.flatnonzero(np.abs(wave) > 0.1 * np.abs(wave).max())[-1]
            for wave in (sound(name, variant=take) for take in range(3))
        ]
        assert lengths[2] > 1.5 * max(lengths[:2])


def test_a_scratch_follows_the_hand() -> None:
    wave = sound("scratch", variant=2)
    slow, fast = centroid_hz(between(wave, 0.02, 0.06)), centroid_hz(between(wave, 0.17, 0.22))
    assert fast > 1.5 * slow


@pytest.mark.parametrize("name", PLACES)
@pytest.mark.parametrize("held_ms", [1700, 4000])
def test_places_follow_on_each_other_without_a_seam(name: str, held_ms: int) -> None:
    held = held_ms * SAMPLE_RATE_HZ // 1000
    takes = PATCHES[name].variants
    notes = [sound(name, held_ms=held_ms, variant=number % takes) for number in range(4)]
    whole = np.zeros(5 * held)
    for number, note in enumerate(notes):
        assert note.size <= held + int(fade_seconds_of(held_ms / 1000.0) * SAMPLE_RATE_HZ) + 1024
        whole[number * held : number * held + note.size] += note
    steady = whole[held // 2 : 4 * held]
    window = int(0.4 * SAMPLE_RATE_HZ)
    levels = np.array([level_db(steady[at : at + window]) for at in range(0, steady.size - window, window // 4)])
    places = np.arange(levels.size) * (window // 4) + held // 2 + window // 2
    at_seam = np.abs((places + held // 2) % held - held // 2) < 0.5 * window
    inner = levels[~at_seam]
    assert levels[at_seam].min() > inner.min() - 2.5
    assert levels[at_seam].max() < inner.max() + 2.5


def test_a_steady_place_stays_equally_loud() -> None:
    for name in ("rain", "tape_hiss", "crowd"):
        wave = sound(name, held_ms=3000)
        levels = [level_db(between(wave, at, at + 0.4)) for at in np.arange(0.8, 2.6, 0.2)]
        assert max(levels) - min(levels) < 4.0, name


def test_birds_whistle_and_crickets_chirp_where_they_do() -> None:
    for name, low, high in (("birds", 2000.0, 6800.0), ("night", 3600.0, 5500.0)):
        wave = sound(name, held_ms=4000)
        power = np.abs(np.fft.rfft(wave)) ** 2
        hz = np.fft.rfftfreq(wave.size, 1.0 / SAMPLE_RATE_HZ)
        assert power[(hz > low) & (hz < high)].sum() > 0.6 * power.sum()
