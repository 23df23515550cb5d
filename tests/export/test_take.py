"""Takes: exact length, a fade at the end, stems and events trimmed alike."""

import numpy as np
import pytest

from everjam.audio import SAMPLE_RATE_HZ, Block
from everjam.engines.tone import ToneEngine
from everjam.export.take import BLOCK_FRAMES, Take, render_take
from everjam.steering import Steering, WeightedPrompt

STEERING = Steering((WeightedPrompt("piano"), WeightedPrompt("rain", 0.5)))


def audio(blocks: list[Block]) -> np.ndarray:
    return np.concatenate([block.audio for block in blocks])


@pytest.mark.parametrize("frames", [1, 1_919, 1_920, 96_000, 96_001, 240_000, 250_001])
def test_a_take_is_exactly_as_long_as_asked(frames: int) -> None:
    blocks = list(render_take(ToneEngine(), Take(STEERING, seed=3, frames=frames)))
    assert sum(block.frames for block in blocks) == frames
    assert all(block.frames == BLOCK_FRAMES for block in blocks[:-1])


def test_the_end_is_faded_and_the_rest_untouched() -> None:
    fade = 24_000
    take = Take(STEERING, seed=3, frames=200_000, fade_frames=fade)
    faded = audio(list(render_take(ToneEngine(), take)))
    plain = audio(list(render_take(ToneEngine(), Take(STEERING, seed=3, frames=200_000, fade_frames=0))))
    assert np.array_equal(faded[:-fade], plain[:-fade])
    assert np.all(np.abs(faded[-fade:]) <= np.abs(plain[-fade:]) + 1e-7)
    assert np.max(np.abs(faded[-48:])) < 1e-4
    assert np.all(faded[-1] == 0)
    middle = plain[-fade // 2 - 1]
    assert np.allclose(faded[-fade // 2 - 1], middle * 0.5, atol=1e-3)


def test_a_fade_longer_than_the_take_spans_all_of_it() -> None:
    take = Take(STEERING, seed=3, frames=100_000, fade_frames=10**9)
    blocks = list(render_take(ToneEngine(), take))
    assert np.all(blocks[-1].audio[-1] == 0)
    assert np.max(np.abs(audio(blocks)[:20_000])) > 0.2


def test_nothing_happens_after_the_end() -> None:
    frames = 3 * SAMPLE_RATE_HZ + 7
    blocks = list(render_take(ToneEngine(), Take(STEERING, seed=3, frames=frames)))
    assert [beat.frame for block in blocks for beat in block.beats] == [24_000 * index for index in range(7)]
    assert all(note.start_frame < frames for block in blocks for note in block.notes)


def test_stems_are_shaped_like_the_mix() -> None:
    class Split(ToneEngine):
        def render(self, state, steering, frames):  # type: ignore[no-untyped-def]
            block, state = super().render(state, steering, frames)
            half = block.audio * np.float32(0.5)
            return Block(block.audio, block.start_frame, stems={"left": half, "right": half}), state

    for block in render_take(Split(), Take(STEERING, seed=3, frames=150_001, fade_frames=40_000)):
        total = block.stems["left"] + block.stems["right"]
        assert total.shape == block.audio.shape
        assert np.allclose(total, block.audio, atol=1e-7)
