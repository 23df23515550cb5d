"""Short filters as matrix products, a quantum of one side each: so small that no BLAS shares them out among threads."""

from typing import Final

import numpy as np
import numpy.typing as npt

from everjam.audio import QUANTUM_FRAMES, Float32Array
from everjam.engines.band.mixer.grid import CELL_FRAMES, CELLS_PER_QUANTUM

MOST_TAPS: Final = CELL_FRAMES + 1


def matrices(taps: npt.NDArray[np.floating]) -> tuple[Float32Array, Float32Array]:
    """What a cell and the end of the cell before it become.

    Args:
        taps: The filter, ``(n,)``, at most ``MOST_TAPS`` of them.

    Returns:
        float32 ``(64, 64)`` and ``(n - 1, 64)``.
    """
    before = taps.shape[0] - 1
    out = np.zeros((before + CELL_FRAMES, CELL_FRAMES), np.float32)
    for k in range(CELL_FRAMES):
        out[k : k + taps.shape[0], k] = taps[::-1]
    return out[before:].copy(), out[:before].copy()


def run(line: Float32Array, pair: tuple[Float32Array, Float32Array]) -> Float32Array:
    """Filters.

    Args:
        line: float32 ``(..., 64 + 1920 q)``: a cell of history, then the sound.
        pair: From ``matrices``.

    Returns:
        float32 ``(..., 1920 q)``.
    """
    now, before = pair
    shape = (*line.shape[:-1], line.shape[-1] // QUANTUM_FRAMES, CELLS_PER_QUANTUM, CELL_FRAMES)
    out: Float32Array = np.matmul(line[..., CELL_FRAMES:].reshape(shape), now)
    past = line[..., :-CELL_FRAMES].reshape(shape)[..., CELL_FRAMES - before.shape[0] :]
    out += np.matmul(past, before)
    return out.reshape(*line.shape[:-1], -1)
