"""The measures of the mix are judged on sounds whose truth is known; they need the ``bench`` extra."""

import numpy as np
import pytest

from everjam.audio import BeatEvent, Float32Array

pytest.importorskip("essentia")
pytest.importorskip("librosa")

from bench.music.clips import Ask, Clip, Heard
from bench.music.measures.sound import Sound
from bench.sound import measure

RATE_HZ = 48_000


def noise(seconds: float, level: float = 0.05) -> Float32Array:
    rng = np.random.default_rng(4)
    return (level * rng.standard_normal((round(seconds * RATE_HZ), 2))).astype(np.float32)


def heard(audio: Float32Array, bar_seconds: float) -> Sound:
    frames = range(0, len(audio), round(bar_seconds * RATE_HZ))
    beats = tuple(BeatEvent(at, number, 0, 120.0, (4, 4), "C", "A", "C") for number, at in enumerate(frames))
    asks = (Ask((("one", 1.0),)), Ask((("two", 1.0),), from_seconds=10.0))
    return Sound(Heard(Clip(asks, 1, len(audio) / RATE_HZ), audio, {}, (), beats, (), ()))


def test_a_jump_is_measured_from_the_bar_in_which_it_is_heard() -> None:
    audio = noise(21.0)
    audio[12 * RATE_HZ :] *= 2.0
    jumps = measure.jumps(heard(audio, 4.0), 10.0)
    assert jumps["jump_lu"] == pytest.approx(6.02, abs=0.1)
    assert jumps["short_jump_lu"] == pytest.approx(6.02, abs=0.1)


def test_rests_are_no_jumps_and_short_clips_have_none() -> None:
    audio = noise(21.0)
    audio[14 * RATE_HZ : 17 * RATE_HZ] = 0.0
    assert measure.jumps(heard(audio, 2.0), 10.0)["jump_lu"] == pytest.approx(0.0, abs=0.2)
    assert np.isnan(measure.jumps(heard(audio[: 14 * RATE_HZ], 2.0), 10.0)["jump_lu"])


def test_strokes_are_told_from_clicks() -> None:
    quiet, at = noise(0.2, 0.01), 4_800
    struck, clicked = quiet.copy(), quiet.copy()
    struck[at:] += noise(0.2, 0.2)[at:] * np.exp(-np.arange(len(quiet) - at) / 1_000)[:, None].astype(np.float32)
    clicked[at:] += np.float32(0.3)
    assert measure.is_stroke(struck, at / RATE_HZ)
    assert not measure.is_stroke(clicked, at / RATE_HZ)
