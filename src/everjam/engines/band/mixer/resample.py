"""Half-band filters between the mixer's rate and the effects' rate, which is half of it.

Both are matrix products of one quantum of one channel each, so small that no BLAS shares them out among threads, and
keep ``TAPS - 1`` or ``PHASE_TAPS - 1`` samples of history, so that any split of a signal into quanta gives the same
samples.
"""

from typing import Final

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band import filtering
from everjam.engines.band.mixer.grid import CELL_FRAMES, CELLS_PER_QUANTUM

TAPS: Final = 23
PHASE_TAPS: Final = (TAPS + 1) // 2
_HALF: Final = CELL_FRAMES // 2


def _taps() -> Float32Array:
    """The half-band low-pass; every other tap but the middle one is zero. The others add up to a half as well."""
    taps = np.zeros(TAPS)
    sides = filtering.lowpass_taps(TAPS, 0.5)[::2]
    taps[::2] = sides / (2 * sides.sum())
    taps[TAPS // 2] = 0.5
    return taps.astype(np.float32)


def _down() -> Float32Array:
    """History and a cell to half a cell, float32 ``(22 + 64, 32)``."""
    out = np.zeros((TAPS - 1 + CELL_FRAMES, _HALF), np.float32)
    for n in range(_HALF):
        out[2 * n : 2 * n + TAPS, n] = _taps()
    return out


def _up() -> Float32Array:
    """History and half a cell to a cell, float32 ``(11 + 32, 64)``."""
    spread = np.zeros((PHASE_TAPS - 1 + _HALF, CELL_FRAMES + TAPS), np.float32)
    for n in range(PHASE_TAPS - 1 + _HALF):
        seen = spread[n, max(2 * n - 22, 0) :]
        taps = 2 * _taps()[max(22 - 2 * n, 0) :]
        seen[: taps.shape[0]] = taps[: seen.shape[0]]
    return spread[:, :CELL_FRAMES].copy()


_DOWN: Final = _down()
_UP: Final = _up()


def _product(x: Float32Array, history: Float32Array, matrix: Float32Array, cell: int) -> Float32Array:
    """Cells of ``x`` and what comes before each of them, times a matrix; float32 ``(..., out)``."""
    before = history.shape[-1]
    line = np.zeros((*x.shape[:-1], cell + x.shape[-1]), np.float32)
    line[..., cell - before : cell] = history
    line[..., cell:] = x
    shape = (*x.shape[:-1], -1, CELLS_PER_QUANTUM, cell)
    out: Float32Array = np.matmul(line[..., cell:].reshape(shape), matrix[before:])
    out += np.matmul(line[..., :-cell].reshape(shape)[..., cell - before :], matrix[:before])
    return out.reshape(*x.shape[:-1], -1)


def _kept(x: Float32Array, history: Float32Array) -> Float32Array:
    """The history for the next call; ``x`` is longer than it."""
    return x[..., x.shape[-1] - history.shape[-1] :].copy()


def halve(x: Float32Array, history: Float32Array) -> tuple[Float32Array, Float32Array]:
    """Half the rate.

    Args:
        x: float32, shape ``(..., 1920 q)``.
        history: The last ``TAPS - 1`` samples before ``x``.

    Returns:
        float32 ``(..., 960 q)``, and the history for the next call.
    """
    return _product(x, history, _DOWN, CELL_FRAMES), _kept(x, history)


def double(x: Float32Array, history: Float32Array) -> tuple[Float32Array, Float32Array]:
    """Twice the rate.

    Args:
        x: float32, shape ``(..., 960 q)``.
        history: The last ``PHASE_TAPS - 1`` samples before ``x``.

    Returns:
        float32 ``(..., 1920 q)``, and the history for the next call.
    """
    return _product(x, history, _UP, _HALF), _kept(x, history)
