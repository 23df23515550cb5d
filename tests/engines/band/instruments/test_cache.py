"""The waveform cache: bounded, and indifferent to the order of calls."""

from dataclasses import replace

import numpy as np
import pytest

from everjam.engines.band.instruments.cache import WaveformCache, canonical
from everjam.engines.band.instruments.contract import Tone

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
        first[0, 0] = 1.0


def test_struck_patches_share_one_waveform_for_all_lengths() -> None:
    cache = WaveformCache()
    assert cache.get(KICK) is cache.get(replace(KICK, duration_ms=900))
    assert cache.get(LEAD) is not cache.get(replace(LEAD, duration_ms=900))


def test_takes_wrap_around_and_steps_are_clipped() -> None:
    assert canonical(replace(RIM, variant=7)).variant == 1
    assert canonical(replace(RIM, velocity=9, brightness=12)) == canonical(replace(RIM, velocity=8, brightness=10))
    assert canonical(replace(RIM, velocity=0, brightness=-1)) == canonical(replace(RIM, velocity=1, brightness=0))
    assert canonical(LEAD) is LEAD


def test_the_least_recently_used_goes_first() -> None:
    sizes = {tone: WaveformCache().get(tone).nbytes for tone in (KICK, LEAD, RIM)}
    cache = WaveformCache(sizes[KICK] + sizes[LEAD] + sizes[RIM] - 1)
    cache.get(KICK)
    cache.get(LEAD)
    cache.get(KICK)
    cache.get(RIM)
    assert KICK in cache
    assert RIM in cache
    assert LEAD not in cache
    assert cache.size_bytes <= cache.limit_bytes


def test_a_waveform_larger_than_the_limit_is_given_but_not_kept() -> None:
    cache = WaveformCache(1000)
    assert cache.get(KICK).size > 0
    assert (len(cache), cache.size_bytes) == (0, 0)


def test_content_does_not_depend_on_the_order_of_calls() -> None:
    forwards, backwards = WaveformCache(), WaveformCache(200_000)
    tones = (KICK, LEAD, RIM, replace(KICK, velocity=2))
    there = [forwards.get(tone).copy() for tone in tones]
    back = [backwards.get(tone).copy() for tone in reversed(tones)]
    for one, other in zip(there, reversed(back), strict=True):
        np.testing.assert_array_equal(one, other)


def test_clear_forgets() -> None:
    cache = WaveformCache()
    cache.get(KICK)
    cache.clear()
    assert (len(cache), cache.size_bytes) == (0, 0)


def test_an_unknown_patch_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        WaveformCache().get(replace(KICK, patch="kazoo"))


def test_prefetching_many_is_the_same_as_getting_each() -> None:
    tones = [replace(LEAD, pitch=pitch) for pitch in range(60, 68)] + [KICK, RIM, KICK]
    together, alone = WaveformCache(), WaveformCache()
    together.prefetch(tones)
    assert len(together) == 10
    assert all(np.array_equal(together.get(tone), alone.get(tone)) for tone in tones)
    assert together.misses == alone.misses == 10
    assert together.size_bytes == alone.size_bytes


def test_prefetching_names_what_is_not_there() -> None:
    with pytest.raises(KeyError):
        WaveformCache().prefetch([KICK, LEAD, RIM, replace(KICK, patch="kazoo")])
