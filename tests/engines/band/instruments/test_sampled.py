"""Patches played from a SoundFont: which, how loud, how they are played, and that nothing is mixed up."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.engines.band.instruments.soundfont.writer import (
    Font,
    Sample,
    Zone,
    packed_range,
    sine,
    write,
)

from everjam.engines.band.engine import BandEngine
from everjam.engines.band.instruments import PATCHES, sampled
from everjam.engines.band.instruments.cache import WaveformCache
from everjam.engines.band.instruments.contract import Patch, Tone, Waveform
from everjam.engines.band.instruments.sampled_presets import ARTICULATED, DRUMS, MELODIC
from everjam.engines.band.score import Articulation
from everjam.errors import UsageError
from everjam.steering import Steering, WeightedPrompt

RATE_HZ = 48_000
NOTE = Tone("trumpet", 69, 500, 6, 5, 0)


def band_font() -> Font:
    """A trumpet and a muted one, a clean guitar on low keys only, strings with a tremolo; a kick and three toms."""
    loud = sine(440.0)
    noise = Sample(np.random.default_rng(5).standard_normal(9600) * 0.2, (0, 9600))
    pad = Zone({54: 1, 38: -1200, 53: 0})
    fast = Zone({54: 1, 48: 300, 53: 0})
    low = Zone({43: packed_range(0, 60), 53: 0})
    drums = [Zone({43: packed_range(key, key), 58: key, 53: 1}) for key in (36, 41, 45, 48)]
    presets = [
        (bank, program, [Zone({41: instrument})])
        for bank, program, instrument in ((0, 27, 2), (0, 44, 1), (0, 48, 0), (0, 56, 0), (0, 59, 1), (128, 0, 3))
    ]
    return Font([loud, noise], [[pad], [fast], [low], drums], presets)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("fonts") / "band.sf2"
    path.write_bytes(write(band_font()))
    return path


@pytest.fixture(scope="module")
def patches(file: Path) -> dict[str, Patch]:
    return dict(sampled.patches_of(file))


Played = Callable[..., Waveform]


@pytest.fixture(scope="module")
def played(patches: dict[str, Patch]) -> Played:
    def play(tone: Tone = NOTE, **changes: object) -> Waveform:
        tone = replace(tone, **changes)  # type: ignore[arg-type]
        return patches[tone.patch].render(tone)

    return play


def centre_hz(wave: Waveform, begin: float = 0.0, end: float = 0.4) -> float:
    """The strongest frequency."""
    piece = wave[0, int(begin * RATE_HZ) : int(end * RATE_HZ)]
    power = np.abs(np.fft.rfft(piece * np.hanning(piece.size), 1 << 17))
    return float(power.argmax() * RATE_HZ / (1 << 17))


def test_only_what_the_font_has_is_taken_from_it(patches: dict[str, Patch]) -> None:
    taken = {name for name, patch in patches.items() if patch.render is not PATCHES[name].render}
    assert taken == {"trumpet", "trumpet_muted", "guitar_clean", "strings", "strings_staccato", "strings_tremolo"} | {
        "kick_acoustic",
        "tom_acoustic",
    }
    assert list(patches) == list(PATCHES)
    same = replace(patches["trumpet"], render=PATCHES["trumpet"].render, release_ms=PATCHES["trumpet"].release_ms)
    assert same == PATCHES["trumpet"]


def test_the_tables_name_patches_that_exist() -> None:
    assert set(MELODIC) | set(DRUMS) | {name for name, _ in ARTICULATED} <= set(PATCHES)
    assert not set(MELODIC) & set(DRUMS)
    synthetic = {"synths", "texture"}
    assert not [name for name in MELODIC if PATCHES[name].family in synthetic]
    assert all(PATCHES[name].family in {"drums", "percussion"} for name in DRUMS)


@pytest.mark.parametrize("name", ["trumpet", "strings", "strings_staccato", "kick_acoustic"])
def test_recordings_are_as_loud_as_what_they_stand_for(name: str, patches: dict[str, Patch]) -> None:
    patch = patches[name]
    key = patch.gm_program if patch.family == "drums" else 60
    tone = Tone(name, key, 400 if patch.sustained else 0, 6, 5, 0)
    ours, theirs = (sampled.loudness(one.render(tone)) for one in (patch, PATCHES[name]))
    assert 10 * np.log10(ours / theirs) == pytest.approx(0.0, abs=0.1)


def test_force_and_brightness_change_level_and_timbre(played: Played) -> None:
    noise = NOTE.__class__("kick_acoustic", 36, 0, 8, 5, 0)
    levels = [10 * np.log10(np.mean(played(noise, velocity=velocity) ** 2)) for velocity in (1, 4, 8)]
    assert levels[2] - levels[0] == pytest.approx(30, abs=1.5)
    assert levels[0] < levels[1] < levels[2]

    def treble(wave: Waveform) -> float:
        power = np.abs(np.fft.rfft(wave[0])) ** 2
        return float(power[power.size // 4 :].sum() / power.sum())

    assert treble(played(noise, brightness=0)) < treble(played(noise)) < treble(played(noise, brightness=10))
    assert treble(played(noise, velocity=2)) < treble(played(noise))


def test_pitch_and_length_are_those_of_the_tone(played: Played) -> None:
    assert centre_hz(played()) == pytest.approx(440.0, rel=1e-3)
    assert centre_hz(played(pitch=57)) == pytest.approx(220.0, rel=1e-3)
    lengths = [played(duration_ms=ms).shape[1] / RATE_HZ for ms in (200, 1000)]
    assert lengths[1] - lengths[0] == pytest.approx(0.8, abs=0.05)
    assert (
        played(Tone("strings_staccato", 60, 0, 6, 5, 0)).shape[1] < played(Tone("strings", 60, 900, 6, 5, 0)).shape[1]
    )


def test_takes_differ_and_each_is_the_same_again(played: Played) -> None:
    assert np.array_equal(played(), played())
    first, second = played(), played(variant=1)
    assert not np.array_equal(first[:, :2000], second[:, :2000])
    cents = 1200 * np.log2(centre_hz(second) / centre_hz(first))
    assert abs(cents) < 8


def test_toms_take_the_nearest_drum_and_others_are_tuned(played: Played, patches: dict[str, Patch]) -> None:
    tom = Tone("tom_acoustic", 47, 0, 6, 5, 0)
    assert np.array_equal(played(tom, pitch=41), played(tom, pitch=42))
    kick = Tone("kick_acoustic", 36, 0, 6, 5, 0)
    assert played(kick, pitch=24).shape[1] > 1.5 * played(kick).shape[1]
    assert np.array_equal(played(kick, pitch=80), played(kick))


def test_keys_that_the_font_lacks_are_synthesised(played: Played) -> None:
    high = Tone("guitar_clean", 72, 500, 6, 5, 0)
    assert np.array_equal(played(high), PATCHES["guitar_clean"].render(high))


WAYS: list[Articulation] = ["plain", "legato", "staccato", "muted", "tremolo", "roll", "fall", "scoop", "harmonic"]


@pytest.mark.parametrize("way", WAYS)
def test_every_way_of_playing_is_sound_and_its_own(way: Articulation, played: Played) -> None:
    guitar = Tone("guitar_clean", 55, 500, 6, 5, 0)
    for tone in (guitar,) if way in {"tremolo", "roll"} else (NOTE, guitar):
        wave = played(tone, articulation=way)
        assert np.isfinite(wave).all()
        assert 0.05 < np.abs(wave).max() < 4
        assert not wave[:, -1].any()
        assert not wave.flags.writeable
        if way != "plain":
            assert not np.array_equal(wave, played(tone))


def test_ways_of_playing_do_what_they_say(played: Played) -> None:
    assert played(articulation="staccato").shape[1] < 0.7 * played().shape[1]
    assert centre_hz(played(articulation="harmonic")) == pytest.approx(880.0, rel=1e-3), "an octave above"


def test_glides_and_scoops_arrive_at_the_pitch(played: Played) -> None:
    for changes in ({"glide": -7}, {"glide": 5}, {"articulation": "scoop"}):
        wave = played(duration_ms=1000, **changes)
        assert centre_hz(wave, 0.2, 0.9) == pytest.approx(440.0, rel=1e-3)
        assert centre_hz(wave, 0.0, 0.04) != pytest.approx(440.0, rel=0.02)
    fall = played(duration_ms=1000, articulation="fall")
    assert centre_hz(fall, 0.9, 0.98) < 400.0


def test_a_mute_darkens_what_is_bowed_and_damps_what_is_plucked(played: Played) -> None:
    strings, guitar = Tone("strings", 69, 900, 6, 5, 0), Tone("guitar_clean", 55, 900, 6, 5, 0)
    assert played(strings, articulation="muted").shape[1] == played(strings).shape[1]
    assert played(guitar, articulation="muted").shape[1] <= played(guitar).shape[1]


def test_muted_trumpets_come_from_their_own_preset(played: Played) -> None:
    assert played(articulation="muted").shape[1] == played(Tone("trumpet_muted", 69, 500, 6, 5, 0)).shape[1]


def test_caches_keep_recorded_and_synthesised_notes_apart(file: Path, patches: dict[str, Patch]) -> None:
    recorded, synthesised = WaveformCache(patches=patches), WaveformCache()
    assert not np.array_equal(recorded.get(NOTE).samples, synthesised.get(NOTE).samples)
    again = WaveformCache(patches=sampled.patches_of(file))
    assert np.array_equal(recorded.get(NOTE).samples, again.get(NOTE).samples)


def test_a_font_without_band_instruments_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "odd.sf2"
    path.write_bytes(write(Font([sine()], [[Zone({53: 0})]], [(5, 5, [Zone({41: 0})])])))
    with pytest.raises(UsageError, match="none of the instruments"):
        sampled.patches_of(path)
    with pytest.raises(UsageError, match="none of the instruments"):
        BandEngine.check_options(soundfont=path)


def test_the_engine_plays_from_a_font(file: Path) -> None:
    BandEngine.check_options(soundfont=file)
    assert "soundfont" in BandEngine.info.options
    steering = Steering((WeightedPrompt("solo trumpet"),))
    sounds = []
    for soundfont in (None, file, str(file)):
        engine = BandEngine(soundfont=soundfont)
        block, _ = engine.render(engine.start(3), steering, RATE_HZ * 4)
        sounds.append(block.audio)
    assert not np.array_equal(sounds[0], sounds[1])
    assert np.array_equal(sounds[1], sounds[2])
