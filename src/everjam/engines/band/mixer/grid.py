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
_QUANTUM_RAMP: Final = np.arange(CELLS_PER_QUANTUM) / CELLS_PER_QUANTUM

Float64Array = npt.NDArray[np.float64]


def to_cells(quanta: Float64Array) -> Float64Array:
    """Values at quantum borders, shape ``(q + 1,)``, to values at cell borders, ``(30 q + 1,)``."""
    out = np.empty((quanta.shape[0] - 1) * CELLS_PER_QUANTUM + 1)
    rows = out[:-1].reshape(-1, CELLS_PER_QUANTUM)
    np.multiply((quanta[1:] - quanta[:-1])[:, None], _QUANTUM_RAMP, out=rows)
    rows += quanta[:-1, None]
    out[-1] = quanta[-1]
    return out


def to_samples(cells: npt.NDArray[np.floating]) -> Float32Array:
    """Values at cell borders, shape ``(c + 1,)``, to float32 samples, ``(64 c,)``."""
    return to_lines(cells).reshape(-1)


def to_lines(cells: npt.NDArray[np.floating]) -> Float32Array:
    """Values at cell borders, shape ``(c + 1,)``, to float32 samples, a row for each cell, ``(c, 64)``."""
    steps = np.empty((cells.shape[0] - 1, 2), np.float32)
    steps[:, 0] = cells[:-1]
    np.subtract(cells[1:], cells[:-1], out=steps[:, 1], casting="same_kind")
    return steps @ CELL_LINES


def curve(quanta: Float64Array) -> Float32Array | np.float32:
    """Values at quantum borders to samples, or to one number where they do not move."""
    if (quanta == quanta[0]).all():
        return np.float32(quanta[0])
    return to_samples(to_cells(quanta))


def cell_power(x: Float32Array) -> Float64Array:
    """Mean square of each cell, channels added; ``x`` is float32 ``(channels, 64 c)``, the result ``(c,)``."""
    cells = x.reshape(x.shape[0], -1, CELL_FRAMES)
    power: Float64Array = np.einsum("kct,kct->c", cells, cells).astype(np.float64)
    return power / CELL_FRAMES
