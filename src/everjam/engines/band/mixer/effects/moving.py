"""What effects that move share: low-frequency oscillators on the cell grid, and delay lines read at moving places.

Oscillators count whole cells from frame 0 of the jam, so that they never drift and do not depend on how it is cut.
"""

from typing import Final

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.mixer.grid import CELL_FRAMES, CELL_LINES, Float64Array

CELLS_PER_SECOND: Final = 750
FRAMES_PER_MS: Final = 48
REACH: Final = 3
"""A line needs so many samples more than the longest lag."""


def turns(frame: int, frames: int, period_cells: int) -> Float64Array:
    """Phase of an oscillator at cell borders, float64 ``(frames / 64 + 1,)``, 0 to 1."""
    cells = (frame // CELL_FRAMES) % period_cells + np.arange(frames // CELL_FRAMES + 1)
    return (cells % period_cells) / period_cells


def sine(frame: int, frames: int, period_cells: int, offset: float = 0.0) -> Float64Array:
    """A sine wave at cell borders, -1 to 1, ``offset`` turns ahead."""
    wave: Float64Array = np.sin(2 * np.pi * (turns(frame, frames, period_cells) + offset))
    return wave


class Places:
    """Where a delay line is read in a block: a window of each cell, and what lies between its samples.

    Args:
        lag_frames: How far behind at cell borders, float64 ``(..., c + 1)``; from 0 to ``history - REACH``, and no more
            than one sample farther or nearer from border to border.
        history: Samples that the line holds before the block.
    """

    __slots__ = ("_between", "_beyond", "_crossing", "_start")

    def __init__(self, lag_frames: Float64Array, history: int) -> None:
        base = np.floor(np.minimum(lag_frames[..., :-1], lag_frames[..., 1:]))
        first, last = lag_frames[..., :-1] - base, lag_frames[..., 1:] - base
        self._between = np.stack([first, last - first], axis=-1).astype(np.float32) @ CELL_LINES
        self._crossing = np.nonzero(np.maximum(first, last) > 1.0)
        beyond = self._between[self._crossing] - np.float32(1)
        self._beyond = np.maximum(beyond, 0, out=beyond)
        self._between[self._crossing] -= self._beyond
        self._start = history - 1 - base.astype(np.intp) + CELL_FRAMES * np.arange(base.shape[-1])

    def read(self, line: Float32Array) -> Float32Array:
        """The line at these places.

        Args:
            line: float32 ``(history + frames,)``, contiguous.

        Returns:
            float32 ``(..., c, 64)``.
        """
        windows: Float32Array = np.ndarray((line.shape[0] - CELL_FRAMES + 1, CELL_FRAMES), np.float32, line, 0, (4, 4))
        out: Float32Array = windows[self._start]
        later = windows[self._start + 1]
        out -= later
        out *= self._between
        out += later
        if self._beyond.size:
            begin = self._start[self._crossing]
            step = windows[begin - 1] - windows[begin]
            step *= self._beyond
            out[self._crossing] += step
        return out
