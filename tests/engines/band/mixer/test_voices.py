"""How notes end."""

from dataclasses import replace

import numpy as np
import pytest

from everjam.audio import Float32Array
from everjam.engines.band.instruments.contract import Recording, Tone
from everjam.engines.band.mixer import voices
from everjam.engines.band.mixer.voices import Voice

FADE = 9_600
TONE = Tone("any", 60, 400, 6, 5, 0)


def _recording(held: int) -> Recording:
    """A steady sound that falls as the mixer's fade does once its own time is up, and stops short of silence."""
    fall = np.clip(1.0 - np.arange(FADE) / FADE, 0.0, 1.0) ** 3
    return Recording.of(np.concatenate((np.ones(held), np.maximum(fall, 0.03))).astype(np.float32)[None])


def _sound(voice: Voice, recording: Recording, frames: int, step: int) -> Float32Array:
    out = np.zeros((1, 2, frames), np.float32)
    for at in range(0, frames, step):
        voices.add(out[:, :, at : at + step], [(voice, recording)], at)
    left: Float32Array = out[0, 0]
    return left


@pytest.mark.parametrize("held", [4_800, 4_805, 5_500, 9_000, 30_000])
def test_a_note_falls_once_however_long_its_recording_is(held: int) -> None:
    ends = 4_800
    voice = Voice(0, TONE, 0, 1.0, 1.0, ends, FADE, own_frame=held)
    sound = _sound(voice, _recording(held), 15_360, 1_920)
    ideal = np.clip(1.0 - (np.arange(sound.size) - ends) / FADE, 1e-9, 1.0) ** 3
    # Until the last sixth of it, where the recording's own rest fades too.
    heard = slice(0, ends + FADE * 4 // 6)
    assert np.abs(20 * np.log10(sound[heard] / ideal[heard])).max() < 6.0
    assert not sound[ends + FADE :].any()
    assert np.abs(np.diff(sound)).max() < 0.002


@pytest.mark.parametrize("own", [-1, 3_000, 5_500, 13_900])
def test_a_fall_is_the_same_in_any_blocks(own: int) -> None:
    voice = Voice(0, TONE, 0, 1.0, 1.0, 4_800, FADE, own_frame=own)
    whole, parts = (_sound(voice, _recording(5_500), 15_360, step) for step in (15_360, 1_920))
    assert np.abs(whole - parts).max() < 1e-6


def test_a_slur_holds_a_note_no_longer_than_it_was_held() -> None:
    voice = Voice(0, TONE, 0, 1.0, 1.0, 5_000, FADE, own_frame=9_000)
    assert (bound := voice.bound(4_800, 960, 1_920)).fade_frame == 5_000
    assert bound.fade_frames == 1_920
    assert voice.bound(3_000, 960, 1_920).fade_frame == 3_960
    assert voice.bound(5_000, 960, 1_920) is voice


@pytest.mark.parametrize("step", [960, 1_920, 3_840])
@pytest.mark.parametrize("cut", [4_000, 4_805, 7_000])
def test_what_rings_on_stops_where_its_instrument_begins_anew(cut: int, step: int) -> None:
    voice = Voice(0, TONE, 0, 1.0, 1.0, 4_800, FADE, own_frame=9_000, cut_frame=cut)
    plain = _sound(replace(voice, cut_frame=-1), _recording(9_000), 15_360, 15_360)
    whole, parts = (_sound(voice, _recording(9_000), 15_360, size) for size in (15_360, step))
    assert np.abs(whole - parts).max() < 1e-6
    assert np.array_equal(whole[:cut], plain[:cut])
    assert not whole[cut + voices.CUT_FRAMES :].any()
    assert np.abs(np.diff(whole)).max() < 0.002
    assert voices.remaining([(voice, _recording(9_000))], cut + voices.CUT_FRAMES - 1)
    assert not voices.remaining([(voice, _recording(9_000))], cut + voices.CUT_FRAMES)
