"""Plucked and struck instruments: what articulations, slides and rolls do to a note, and what a note costs."""

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from everjam.audio import SAMPLE_RATE_HZ
from everjam.engines.band.instruments import (
    PATCHES,
    bass,
    basses_synth,
    electric,
    guitars,
    keys,
    lutes,
    mallets,
    plucked,
    struck,
    zithers,
)
from everjam.engines.band.instruments.contract import Tone, Waveform
from everjam.engines.band.instruments.dsp.additive import additive
from everjam.engines.band.score import Articulation

Float64Array = npt.NDArray[np.float64]

SYNTHS = {patch.name for patch in basses_synth.PATCHES} | {"organ", "accordion"}
NAMES = [
    patch.name
    for family in (plucked, electric, guitars, lutes, zithers, keys, mallets, bass)
    for patch in family.PATCHES
    if patch.name not in SYNTHS
]
GUITARS = ["guitar_nylon", "guitar_steel", "guitar_clean", "guitar_flamenco"]
BASSES = ["bass_finger", "bass_pick", "bass_slap", "bass_upright", "bass_fretless"]
GLIDERS = [*GUITARS, *BASSES, "oud", "pipa", "sitar", "koto", "banjo", "steel_pedal", "guitar_lead"]
ROLLED = ["marimba", "xylophone", "timpani", "balafon", "steel_drum", "dulcimer"]
COSTLY = {"cimbalom", "santur"}


def own_key(name: str) -> int:
    patch = PATCHES[name]
    return int(np.clip(36 if patch.family == "bass" else 57, patch.low, patch.high))


@lru_cache(maxsize=512)
def note(
    name: str, articulation: Articulation = "plain", held_ms: int = 500, glide: int = 0, **changes: Any
) -> Waveform:
    fields = {"pitch": own_key(name), "velocity": 6, "brightness": 5, "variant": 0} | changes
    return PATCHES[name].render(Tone(patch=name, duration_ms=held_ms, articulation=articulation, glide=glide, **fields))


def mono(wave: Waveform) -> Float64Array:
    return np.asarray(wave.mean(axis=0), np.float64)


def level_db(wave: Waveform, start: float, end: float) -> float:
    piece = mono(wave)[int(start * SAMPLE_RATE_HZ) : int(end * SAMPLE_RATE_HZ)]
    return float(10.0 * np.log10(np.mean(piece**2) + 1e-12)) if piece.size else -120.0


def centroid_hz(wave: Waveform, start: float, end: float) -> float:
    piece = mono(wave)[int(start * SAMPLE_RATE_HZ) : int(end * SAMPLE_RATE_HZ)]
    power = np.abs(np.fft.rfft(piece * np.hanning(piece.size))) ** 2
    return float((power * np.fft.rfftfreq(piece.size, 1.0 / SAMPLE_RATE_HZ)).sum() / power.sum())


def key_hz(key: float) -> float:
    return float(440.0 * 2.0 ** ((key - 69.0) / 12.0))


def pitch_of(piece: Float64Array, around_hz: float) -> float:
    """Pitch within four semitones, by where the first harmonics together are loudest."""
    size = 1 << 17
    level = np.abs(np.fft.rfft(piece * np.hanning(piece.size), size))
    cents = np.arange(-400.0, 401.0, 2.0)
    sums = []
    for one in cents:
        hz = around_hz * 2.0 ** (one / 1200.0) * np.arange(1, 9)
        sums.append(level[(hz[hz < 9000.0] * size / SAMPLE_RATE_HZ).astype(np.int64)].sum())
    return float(around_hz * 2.0 ** (cents[int(np.argmax(sums))] / 1200.0))


def strokes(wave: Waveform, start: float, end: float) -> int:
    """Sudden rises of the treble."""
    treble = np.diff(mono(wave), n=2)[int(start * SAMPLE_RATE_HZ) : int(end * SAMPLE_RATE_HZ)]
    level = np.abs(treble[: treble.size // 480 * 480]).reshape(-1, 480).max(axis=1)
    sudden = level[1:] > 1.35 * level[:-1]
    return int((sudden[1:] & ~sudden[:-1]).sum())


@pytest.mark.parametrize("name", NAMES)
def test_every_articulation_is_heard(name: str) -> None:
    patch = PATCHES[name]
    plain = note(name)
    for articulation in sorted(patch.articulations):
        held_ms = 900 if articulation in {"roll", "tremolo"} else 500
        other = note(name, articulation, held_ms)
        assert np.isfinite(other).all()
        assert 0.2 < np.abs(other).max() < 5.0
        frames = min(plain.shape[1], other.shape[1])
        assert np.abs(plain[:, :frames] - other[:, :frames]).max() > 0.02, articulation


@pytest.mark.parametrize("name", NAMES)
def test_no_note_of_the_range_fails(name: str) -> None:
    patch = PATCHES[name]
    for number, pitch in enumerate((0, patch.low, (patch.low + patch.high) // 2, patch.high, 127)):
        wave = note(
            name, held_ms=60 + 140 * number, pitch=pitch, velocity=(1, 8)[number % 2], brightness=5 * (number % 3)
        )
        assert np.isfinite(wave).all()
        assert 0.001 < np.abs(wave).max() < 6.0


@pytest.mark.parametrize("name", [*GUITARS, *BASSES, "guitar_distorted", "guitar_lead"])
def test_a_palm_chokes_the_string(name: str) -> None:
    plain, muted = note(name, held_ms=800), note(name, "muted", 800)
    fallen = [level_db(wave, 0.3, 0.4) - level_db(wave, 0.0, 0.08) for wave in (plain, muted)]
    assert fallen[1] < fallen[0] - 10.0


@pytest.mark.parametrize("name", [*GUITARS, *BASSES, "piano", "harp", "banjo", "vibraphone"])
def test_staccato_ends_early(name: str) -> None:
    plain, short = note(name, held_ms=800), note(name, "staccato", 800)
    assert "staccato" in PATCHES[name].articulations
    assert level_db(short, 0.35, 0.5) < level_db(plain, 0.35, 0.5) - 20.0


@pytest.mark.parametrize("name", [*GUITARS, *BASSES, "banjo", "oud", "sitar"])
def test_a_slurred_note_has_no_pick(name: str) -> None:
    plain, slurred = note(name), note(name, "legato")
    first = [np.abs(np.diff(mono(wave), n=2))[:240].max() / np.abs(mono(wave)).max() for wave in (plain, slurred)]
    assert first[1] < 0.75 * first[0]


def test_thumb_and_finger_snap_the_bass() -> None:
    finger, slap, pop = (
        centroid_hz(note("bass_finger", articulation), 0.0, 0.08) for articulation in ("plain", "slap", "pop")
    )
    assert finger < slap < pop
    slapped, picked = note("bass_upright", "slap"), note("bass_upright")
    clack, pluck = (
        np.abs(np.diff(mono(wave), n=2))[:2400].max() / np.abs(mono(wave)).max() for wave in (slapped, picked)
    )
    assert clack > 2.0 * pluck


@pytest.mark.parametrize("name", ["guitar_nylon", "guitar_steel", "guitar_clean", "harp", "bass_finger"])
def test_harmonics_keep_the_pitch(name: str) -> None:
    wave = mono(note(name, "harmonic", 900))
    hz = pitch_of(wave[4800:33_600], key_hz(own_key(name)))
    assert abs(1200.0 * np.log2(hz / key_hz(own_key(name)))) < 12.0


@pytest.mark.parametrize("name", GLIDERS)
@pytest.mark.parametrize("glide", [-5, 4])
def test_a_slide_comes_from_where_it_should(name: str, glide: int) -> None:
    key = max(own_key(name), 52) if PATCHES[name].family == "bass" else max(own_key(name), 64)
    wave = mono(note(name, "legato", 900, glide, pitch=key))
    assert PATCHES[name].glides
    early = pitch_of(wave[240:1680], key_hz(key + glide))
    late = pitch_of(wave[19_200:36_000], key_hz(key))
    assert abs(1200.0 * np.log2(early / key_hz(key + glide))) < 110.0
    assert abs(1200.0 * np.log2(late / key_hz(key))) < 25.0


@pytest.mark.parametrize("name", ROLLED)
def test_rolls_last_as_long_as_the_note(name: str) -> None:
    short, long_ = (note(name, "roll", held_ms, pitch=min(60, PATCHES[name].high)) for held_ms in (400, 1600))
    assert long_.shape[1] > short.shape[1] + 0.6 * SAMPLE_RATE_HZ
    assert level_db(long_, 1.2, 1.5) > level_db(long_, 0.2, 0.5) - 6.0
    assert 7 <= strokes(long_, 0.4, 1.4) <= 20


def test_a_scoop_and_a_fall_bend_the_string() -> None:
    hz = key_hz(64)
    scooped, fallen = (mono(note("guitar_lead", how, 700, pitch=64)) for how in ("scoop", "fall"))
    assert pitch_of(scooped[480:2400], hz) < 0.97 * hz
    assert pitch_of(fallen[29_500:32_500], 0.8 * hz) < 0.93 * hz


def test_power_chords_beat_in_one_amplifier() -> None:
    wave = mono(note("guitar_distorted", held_ms=1000, pitch=45))
    level = np.abs(np.fft.rfft(wave * np.hanning(wave.size), 1 << 18))

    def at(hz: float) -> float:
        centre = int(hz * (1 << 18) / SAMPLE_RATE_HZ)
        return float(level[centre - 10 : centre + 11].max())

    assert at(55.0) > 4.0 * at(47.0)
    assert at(5.0 * 55.0) > 3.0 * at(4.7 * 55.0)


def test_long_leads_tip_over_into_feedback() -> None:
    wave = mono(note("guitar_lead", held_ms=3200, pitch=57))

    def octave_share(start: float) -> float:
        piece = wave[int(start * SAMPLE_RATE_HZ) :][: SAMPLE_RATE_HZ // 2]
        level = np.abs(np.fft.rfft(piece * np.hanning(piece.size)))
        one, two = (level[int(number * 220.0 / 2.0) - 3 :][:7].max() for number in (1, 2))
        return float(two / one)

    assert octave_share(2.6) > 1.5 * octave_share(0.4)
    assert level_db(note("guitar_lead", held_ms=3200, pitch=57), 2.6, 3.1) > -25.0


def test_low_keys_of_a_piano_lie_to_the_left() -> None:
    sides = [np.sqrt(np.mean(note("piano", pitch=pitch).astype(np.float64) ** 2, axis=1)) for pitch in (28, 64, 98)]
    low, middle, high = (20.0 * np.log10(right / left) for left, right in sides)
    assert -4.0 < low < -0.5
    assert abs(middle) < 1.0
    assert 0.5 < high < 4.0


@pytest.mark.parametrize("name", NAMES)
def test_notes_are_cheap(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundred partials for a second cost about two milliseconds, whatever else the machine does."""
    partial_seconds = 0.0

    def counted(hz: Float64Array, *rest: Any) -> npt.NDArray[np.float32]:
        nonlocal partial_seconds
        out = additive(hz, *rest)
        partial_seconds += hz.size * out.size / SAMPLE_RATE_HZ
        return out

    monkeypatch.setattr(struck, "additive", counted)
    PATCHES[name].render(Tone(name, own_key(name), 1000, 6, 5, 0))
    assert partial_seconds < (500.0 if name in COSTLY else 250.0)
