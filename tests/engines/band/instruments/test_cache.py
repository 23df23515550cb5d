"""The waveform cache: bounded, and indifferent to the order of calls."""

import threading
from dataclasses import replace

import numpy as np
import pytest

from everjam.engines.band.instruments import PATCHES
from everjam.engines.band.instruments.cache import WaveformCache
from everjam.engines.band.instruments.contract import Patch, Recording, Tone, Waveform

KICK = Tone("kick_909", 36, 100, 6, 5, 0)
LEAD = Tone("lead_chip", 60, 200, 6, 5, 0)
RIM = Tone("rim", 37, 50, 6, 5, 1)


def test_a_second_get_gives_the_same_array() -> None:
    cache = WaveformCache()
    first = cache.get(KICK)
    assert cache.get(KICK) is first
    assert (cache.hits, cache.misses, len(cache)) == (1, 1, 1)
    assert cache.size_bytes == first.nbytes
    with pytest.raises(ValueError, match="read-only"):
        first.samples[0, 0] = 1


def test_struck_patches_share_one_waveform_for_all_lengths() -> None:
    cache = WaveformCache()
    assert cache.get(KICK) is cache.get(replace(KICK, duration_ms=900))
    assert cache.get(LEAD) is not cache.get(replace(LEAD, duration_ms=900))


def test_takes_wrap_around_and_steps_are_clipped() -> None:
    canonical = WaveformCache().canonical
    assert canonical(replace(RIM, variant=7)).variant == 1
    assert canonical(replace(RIM, velocity=9, brightness=12)) == canonical(replace(RIM, velocity=8, brightness=10))
    assert canonical(replace(RIM, velocity=0, brightness=-1)) == canonical(replace(RIM, velocity=1, brightness=0))
    assert canonical(LEAD) is LEAD


def test_what_a_patch_cannot_do_it_plays_plainly() -> None:
    plain = Patch("plain", "Plain", "synths", lambda _: np.zeros((1, 8), np.float32), 80)
    able = replace(plain, name="able", articulations=frozenset({"fall"}), glides=True)
    cache = WaveformCache(patches={"plain": plain, "able": able})
    tone = Tone("plain", 60, 100, 4, 5, 0, "fall", -40)
    assert cache.canonical(tone) == Tone("plain", 60, 100, 4, 5, 0)
    assert cache.canonical(replace(tone, patch="able")) == Tone("able", 60, 100, 4, 5, 0, "fall", -24)
    assert cache.canonical(replace(tone, patch="able", articulation="slap")).articulation == "plain"


def sized(limit_bytes: int, **frames: int) -> WaveformCache:
    """A cache over patches that render so many frames of silence."""

    def patch(name: str, length: int) -> Patch:
        return Patch(name, name, "drums", lambda _: np.zeros((1, length), np.float32), 36)

    return WaveformCache(limit_bytes, patches={name: patch(name, length) for name, length in frames.items()})


def test_what_is_seldom_asked_for_its_size_goes_first() -> None:
    cache = sized(600, small=100, large=150, other=100)
    tones = {name: Tone(name, 36, 0, 4, 5, 0) for name in cache.patches}
    for name in ("small", "large", "other"):
        cache.get(tones[name])
    assert tones["small"] in cache
    assert tones["other"] in cache
    assert tones["large"] not in cache
    assert cache.size_bytes <= cache.limit_bytes


def test_what_sounds_is_kept_and_what_was_popular_once_ages() -> None:
    cache = sized(450, old=50, new=100, more=100)
    tones = {name: Tone(name, 36, 0, 4, 5, 0) for name in cache.patches}
    for _ in range(3):
        cache.get(tones["old"])
    for _ in range(40):
        cache.gather([tones["new"]])
    cache.gather([tones["new"], tones["more"]])
    assert tones["old"] not in cache, "it was asked for three times, long ago"
    for _ in range(40):
        cache.gather([tones["more"]])
    cache.gather([tones["old"], tones["more"]])
    assert tones["old"] in cache


def test_after_the_deadline_a_tone_is_late_and_there_the_next_time() -> None:
    started, may_end = threading.Event(), threading.Event()

    def slow(_: Tone) -> Waveform:
        started.set()
        assert may_end.wait(30)
        return np.zeros((1, 8), np.float32)

    quick = Patch("quick", "Quick", "drums", lambda _: np.zeros((1, 8), np.float32), 36)
    now = 100.0
    cache = WaveformCache(patches={"quick": quick, "slow": replace(quick, name="slow", render=slow)}, clock=lambda: now)
    tones = [Tone("quick", 36, 0, 4, 5, 0), Tone("slow", 36, 0, 4, 5, 0)]
    cache.get(tones[0])
    assert list(cache.gather(tones, deadline=100.0)) == tones[:1]
    assert started.wait(30)
    may_end.set()
    assert list(cache.gather(tones, deadline=130.0)) == tones
    assert list(cache.gather(tones, deadline=100.0)) == tones


def test_what_fails_late_fails_when_it_is_asked_for_again() -> None:
    def broken(_: Tone) -> Waveform:
        raise ArithmeticError("no such bell")

    bell = Patch("bell", "Bell", "mallets", broken, 14)
    cache = WaveformCache(patches={"bell": bell}, clock=lambda: 0.0)
    for _ in range(3):
        with pytest.raises(ArithmeticError):
            cache.gather([Tone("bell", 60, 0, 4, 5, 0)], deadline=10.0)


def test_a_waveform_larger_than_the_limit_is_given_but_not_kept() -> None:
    cache = WaveformCache(1000)
    assert cache.get(KICK).frames > 0
    assert (len(cache), cache.size_bytes) == (0, 0)


def test_content_does_not_depend_on_the_order_of_calls() -> None:
    forwards, backwards = WaveformCache(), WaveformCache(200_000)
    tones = (KICK, LEAD, RIM, replace(KICK, velocity=2))
    there = [forwards.get(tone) for tone in tones]
    back = [backwards.get(tone) for tone in reversed(tones)]
    for one, other in zip(there, reversed(back), strict=True):
        np.testing.assert_array_equal(one.samples, other.samples)
        assert one.scale == other.scale


def test_a_recording_is_the_waveform_to_96_db_below_its_peak() -> None:
    wave = PATCHES["lead_chip"].render(LEAD)
    recording = Recording.of(wave)
    assert np.abs(recording.waveform() - wave).max() <= 0.51 * np.abs(wave).max() / 32_767
    assert recording.nbytes * 2 == wave.nbytes
    assert not Recording.of(np.zeros((2, 5), np.float32)).samples.any()
    with pytest.raises(ValueError, match="finite"):
        Recording.of(np.array([[0.0, np.nan]], np.float32))


def test_clear_forgets() -> None:
    cache = WaveformCache()
    cache.get(KICK)
    cache.clear()
    assert (len(cache), cache.size_bytes) == (0, 0)


def test_an_unknown_patch_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        WaveformCache().get(replace(KICK, patch="kazoo"))


def test_gathering_many_is_the_same_as_getting_each() -> None:
    tones = [replace(LEAD, pitch=pitch) for pitch in range(60, 68)] + [KICK, RIM, KICK]
    together, alone = WaveformCache(), WaveformCache()
    gathered = together.gather(tones)
    assert len(together) == 10
    assert list(gathered) == tones[:-1]
    assert all(np.array_equal(gathered[tone].samples, alone.get(tone).samples) for tone in tones)
    assert together.misses == alone.misses == 10
    assert together.size_bytes == alone.size_bytes


def test_gathering_names_what_is_not_there() -> None:
    with pytest.raises(KeyError):
        WaveformCache().gather([KICK, LEAD, RIM, replace(KICK, patch="kazoo")])


def test_what_is_ready_is_given_only_where_nothing_is_missing() -> None:
    cache = WaveformCache()
    tones = {cache.canonical(KICK), cache.canonical(RIM)}
    cache.get(KICK)
    assert cache.ready(tones) is None
    assert cache.hits == 0
    cache.get(RIM)
    assert cache.ready(tones) == cache.gather(tones)
    assert cache.hits == 4
