"""The last stage: a look-ahead limiter that keeps the true peak under its ceiling.

Peaks are estimated between the samples, four times oversampled (ITU-R BS.1770-5, annex 2), cell by cell and only where
the samples come near the ceiling. The gain is ready before the peak comes, moves along straight lines, and returns at
a constant number of decibels a second.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from everjam.audio import SAMPLE_RATE_HZ, Float32Array
from everjam.engines.band import filtering
from everjam.engines.band.mixer.grid import CELL_FRAMES, Float64Array, largest, to_samples

CEILING_DBTP: Final = -1.6
"""Half a decibel under what is promised: peaks are estimated, and gains move between them."""
WINDOW_CELLS: Final = 4
LATENCY_FRAMES: Final = (WINDOW_CELLS + 1) * CELL_FRAMES
"""How much later the sound leaves than it came."""
_CEILING: Final = 10 ** (CEILING_DBTP / 20)
_SUSPECT: Final = 0.65 * _CEILING
_REACH: Final = 8
_OVERSAMPLING: Final = 4
_PIECE: Final = 2 * _REACH
_PIECES: Final = CELL_FRAMES // _PIECE
_RELEASE_DB: Final = 60.0 * CELL_FRAMES / SAMPLE_RATE_HZ


@dataclass(frozen=True, slots=True, eq=False)
class LimiterState:
    """What is on its way through the limiter.

    Attributes:
        delayed: float32 ``(groups, 2, LATENCY_FRAMES)``.
        reductions: Gains in decibels of the last cells that were looked at, float64 ``(2 * WINDOW_CELLS,)``.
    """

    delayed: Float32Array
    reductions: Float64Array


def start(groups: int) -> LimiterState:
    """Silence, full gain."""
    return LimiterState(np.zeros((groups, 2, LATENCY_FRAMES), np.float32), np.zeros(2 * WINDOW_CELLS))


@cache
def _interpolator() -> Float32Array:
    """16 samples with ``_REACH`` more on either side to their 4 x 16 oversampled values, float32 ``(32, 64)``."""
    taps = _OVERSAMPLING * filtering.lowpass_taps(2 * _REACH * _OVERSAMPLING + 1, 1 / _OVERSAMPLING)
    matrix = np.zeros((_PIECE + 2 * _REACH, _PIECE * _OVERSAMPLING))
    for column in range(matrix.shape[1]):
        for row in range(matrix.shape[0]):
            k = column - (row - _REACH) * _OVERSAMPLING + _REACH * _OVERSAMPLING
            if 0 <= k < taps.shape[0]:
                matrix[row, column] = taps[k]
    return matrix.astype(np.float32)


def warm() -> None:
    """Makes the tables."""
    _interpolator()


def peaks(x: Float32Array) -> Float64Array:
    """Largest magnitude, between the samples too, of each cell.

    Args:
        x: float32 ``(2, 64 c + 2 * 8)``: the cells with eight samples before and after them.

    Returns:
        float64 ``(c,)``; cells far below the ceiling may be understated.
    """
    out = largest(x[:, _REACH:-_REACH])
    suspects = np.flatnonzero(out > _SUSPECT)
    if suspects.size:
        pieces = out.shape[0] * _PIECES
        shape, strides = (2, pieces, _PIECE + 2 * _REACH), (x.strides[0], _PIECE * x.itemsize, x.itemsize)
        windows = np.lib.stride_tricks.as_strided(x, shape, strides)
        chosen = (suspects[:, None] * _PIECES + np.arange(_PIECES)).reshape(-1)
        between = (windows[:, chosen] @ _interpolator()).reshape(2, -1)
        out[suspects] = np.maximum(out[suspects], largest(between, _OVERSAMPLING * CELL_FRAMES))
    return out.astype(np.float64)


def process(state: LimiterState, x: Float32Array) -> tuple[Float32Array, LimiterState]:
    """Limits.

    Args:
        state: What is on its way.
        x: float32 ``(groups, 2, 64 c)``; the first group decides, the others get the same gain.

    Returns:
        float32 ``(groups, 2, 64 c)``, ``LATENCY_FRAMES`` late; and the new state.
    """
    cells = x.shape[-1] // CELL_FRAMES
    joined = np.concatenate((state.delayed, x), axis=-1)
    first = LATENCY_FRAMES - CELL_FRAMES
    level = peaks(joined[0, :, first - _REACH : first + cells * CELL_FRAMES + _REACH])
    need = np.minimum(0.0, 20.0 * np.log10(_CEILING / np.maximum(level, 1e-9)))
    slope = _RELEASE_DB * np.arange(cells + 1)
    eased = np.minimum.accumulate(np.concatenate((state.reductions[-1:], need)) - slope) + slope
    reductions = np.concatenate((state.reductions, np.minimum(eased[1:], 0.0)))
    border = np.minimum(reductions[:-1], reductions[1:])
    count = border.shape[0] - WINDOW_CELLS + 1
    held = np.minimum.reduce([border[k : k + count] for k in range(WINDOW_CELLS)])
    gains = 10.0 ** (held / 20.0)
    smooth = sum(gains[k : k + cells + 1] for k in range(WINDOW_CELLS)) / WINDOW_CELLS
    out = joined[..., : cells * CELL_FRAMES]
    if (smooth != 1.0).any():
        out *= to_samples(np.asarray(smooth))
    return out, LimiterState(joined[..., -LATENCY_FRAMES:].copy(), reductions[-2 * WINDOW_CELLS :].copy())
