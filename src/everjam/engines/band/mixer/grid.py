"""The grids on which the mixer's controls live, counted from frame 0 of the jam.

Slow controls have a value at every *quantum* border (1,920 frames), quick ones at every *cell* border (64 frames); in
between they are interpolated linearly. Blocks are whole quanta, so a grid never depends on how a jam is cut in blocks.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

from everjam.audio import QUANTUM_FRAMES, Float32Array

CELL_FRAMES: Final = 64
CELLS_PER_QUANTUM: Final = QUANTUM_FRAMES // CELL_FRAMES
CELL_LINES: Final = np.stack([np.ones(CELL_FRAMES), np.arange(CELL_FRAMES) / CELL_FRAMES]).astype(np.float32)
"""A value at a cell's start and its change in the cell to samples, by matrix product."""
_QUANTUM_LINES: Final = np.stack([np.ones(QUANTUM_FRAMES), np.arange(QUANTUM_FRAMES) / QUANTUM_FRAMES]).astype(
    np.float32
)
"""The same for a quantum."""
_FADE: Final = np.stack(
    [1 - np.arange(CELLS_PER_QUANTUM) / CELLS_PER_QUANTUM, np.arange(CELLS_PER_QUANTUM) / CELLS_PER_QUANTUM]
)
"""From a quantum's two borders to its cells' first."""

Float64Array = npt.NDArray[np.float64]


def to_cells(quanta: Float64Array) -> Float64Array:
    """Values at quantum borders, shape ``(q + 1,)``, to values at cell borders, ``(30 q + 1,)``."""
    values, count = np.ascontiguousarray(quanta, np.float64), quanta.shape[0] - 1
    out = np.empty(count * CELLS_PER_QUANTUM + 1)
    borders = np.ndarray((count, 2), np.float64, values, 0, (values.itemsize, values.itemsize))
    np.matmul(borders, _FADE, out=out[:-1].reshape(count, CELLS_PER_QUANTUM))
    out[-1] = values[-1]
    return out


def to_samples(cells: npt.NDArray[np.floating]) -> Float32Array:
    """Values at cell borders, shape ``(c + 1,)``, to float32 samples, ``(64 c,)``."""
    return to_lines(cells).reshape(-1)


def to_lines(cells: npt.NDArray[np.floating]) -> Float32Array:
    """Values at cell borders, shape ``(c + 1,)``, to float32 samples, a row for each cell, ``(c, 64)``."""
    return _steps(cells) @ CELL_LINES


def _steps(values: npt.NDArray[np.floating]) -> Float32Array:
    """Values at borders, ``(n + 1,)``, to where each line starts and how far it goes, ``(n, 2)``."""
    steps = np.empty((values.shape[0] - 1, 2), np.float32)
    steps[:, 0] = values[:-1]
    np.subtract(values[1:], values[:-1], out=steps[:, 1], casting="same_kind")
    return steps


def curve(quanta: Float64Array) -> Float32Array | np.float32:
    """Values at quantum borders to samples, or to one number where they do not move."""
    if (quanta == quanta[0]).all():
        return np.float32(quanta[0])
    return (_steps(quanta) @ _QUANTUM_LINES).reshape(-1)


def cell_power(x: Float32Array) -> Float64Array:
    """Mean square of each cell, channels added; ``x`` is float32 ``(channels, 64 c)``, the result ``(c,)``."""
    return _power(x.reshape(x.shape[0], -1, CELL_FRAMES))


def quantum_power(x: Float32Array) -> Float64Array:
    """Mean square of each quantum, channels added; ``x`` is float32 ``(channels, 1920 q)``, the result ``(q,)``."""
    return _power(x.reshape(x.shape[0], -1, QUANTUM_FRAMES))


def _power(rows: Float32Array) -> Float64Array:
    power: Float64Array = np.vecdot(rows, rows).sum(axis=0, dtype=np.float64) / rows.shape[-1]
    return power


def largest(x: Float32Array, frames: int = CELL_FRAMES) -> Float32Array:
    """Largest magnitude of so many frames at a time, of both sides of float32 ``(2, frames c)``; float32 ``(c,)``."""
    left, right = np.abs(x[0]), np.abs(x[1])
    np.maximum(left, right, out=left)
    # As integers, the bits of numbers from 0 on are in the same order, and are compared three times as fast.
    bits = np.maximum.reduceat(left.view(np.int32), np.arange(0, x.shape[1], frames))
    return bits.view(np.float32)
