"""A take: a stretch of music of a given length, rendered straight through an engine."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from everjam.audio import QUANTUM_FRAMES, SAMPLE_RATE_HZ, Block, Float32Array
from everjam.engines.base import EndsPieces, Engine
from everjam.steering import Steering

BLOCK_FRAMES: Final = 2 * SAMPLE_RATE_HZ
DEFAULT_FADE_SECONDS: Final = 0.5
MIN_FADE_SECONDS: Final = 0.03
"""Shorter, and the end would click."""


@dataclass(frozen=True, slots=True)
class Take:
    """What to render.

    Attributes:
        steering: Held from the first frame to the last.
        seed: Signed 32-bit.
        frames: Length, > 0; not bound to the quantum.
        fade_frames: Length of the fade-out that ends it; cut to the length of the take.
        ending: Whether an engine that can compose an ending does so; without one the take is cut out of the music.
    """

    steering: Steering
    seed: int
    frames: int
    fade_frames: int = round(DEFAULT_FADE_SECONDS * SAMPLE_RATE_HZ)
    ending: bool = False


def render_take(engine: Engine, take: Take) -> Iterator[Block]:
    """Renders a take block by block.

    Args:
        engine: Any engine; its stems, if it gives them, are trimmed and faded like the mix.
        take: What to render.

    Yields:
        Blocks of 2 s, the last one as long as what is left; notes and beats after the end are left out.
    """
    state = engine.start(take.seed)
    if take.ending and isinstance(engine, EndsPieces):
        state = engine.finish(state, take.frames)
    done = 0
    while done < take.frames:
        left = take.frames - done
        whole = min(BLOCK_FRAMES, -(-left // QUANTUM_FRAMES) * QUANTUM_FRAMES)
        block, state = engine.render(state, take.steering, whole)
        yield _finish(block, take, done, min(whole, left))
        done += whole


def _finish(block: Block, take: Take, done: int, frames: int) -> Block:
    """Trims a block to the end of the take and fades it where the end is near."""
    end = block.start_frame + frames
    gain = _fade_gain(take, done, frames)
    return replace(
        block,
        audio=_shape(block.audio, gain, frames),
        stems={name: _shape(stem, gain, frames) for name, stem in block.stems.items()},
        beats=tuple(beat for beat in block.beats if beat.frame < end),
        notes=tuple(note for note in block.notes if note.start_frame < end),
    )


def _shape(audio: Float32Array, gain: Float32Array | None, frames: int) -> Float32Array:
    trimmed = audio[:frames]
    return trimmed if gain is None else trimmed * gain[:, None]


def _fade_gain(take: Take, done: int, frames: int) -> Float32Array | None:
    """Half a cosine, 1 to 0, over the last ``fade_frames`` of the take; None where there is nothing to fade."""
    fade = min(take.fade_frames, take.frames)
    begin = take.frames - fade
    if fade <= 0 or done + frames <= begin:
        return None
    index = np.arange(done, done + frames)
    progress = np.clip((index - begin + 1) / fade, 0.0, 1.0)
    gain: Float32Array = (0.5 + 0.5 * np.cos(np.pi * progress)).astype(np.float32)
    return gain


def stem_overshoot(stems: Mapping[str, Float32Array]) -> float:
    """Largest absolute sample of the stems: above 1, 16-bit files clip it."""
    return max((float(np.max(np.abs(stem), initial=0.0)) for stem in stems.values()), default=0.0)
