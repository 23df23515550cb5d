"""Half-band filters between the mixer's rate and the effects' rate, which is half of it.

Both are polyphase and keep ``TAPS - 1`` or ``PHASE_TAPS - 1`` samples of history, so that any split of a signal into
blocks gives the same samples.
"""

from typing import Final

import numpy as np
from scipy.signal import firwin

from everjam.audio import Float32Array

TAPS: Final = 23
PHASE_TAPS: Final = (TAPS + 1) // 2
_CENTRE: Final = (TAPS - 3) // 4
_SIDE: Final = firwin(TAPS, 0.5, window=("kaiser", 5.0))[::2]
"""The taps beside the centre; every other one of a half-band filter is zero."""
_DOWN: Final = tuple(np.float32(h) for h in _SIDE[: PHASE_TAPS // 2] / (2 * _SIDE.sum()))
_UP: Final = tuple(np.float32(2 * h) for h in _DOWN)


def _symmetric(x: Float32Array, taps: tuple[np.float32, ...], frames: int) -> Float32Array:
    """Convolution with symmetric taps; ``x`` is ``(..., frames + PHASE_TAPS - 1)``."""
    out = np.zeros((*x.shape[:-1], frames), np.float32)
    pair = np.empty_like(out)
    for j, h in enumerate(taps):
        k = PHASE_TAPS - 1 - j
        np.add(x[..., j : j + frames], x[..., k : k + frames], out=pair)
        pair *= h
        out += pair
    return out


def halve(x: Float32Array, history: Float32Array) -> tuple[Float32Array, Float32Array]:
    """Half the rate.

    Args:
        x: float32, shape ``(..., 2 n)``.
        history: The last ``TAPS - 1`` samples before ``x``.

    Returns:
        float32 ``(..., n)``, and the history for the next call.
    """
    joined = np.concatenate((history, x), axis=-1)
    frames = x.shape[-1] // 2
    out = _symmetric(joined[..., 0::2], _DOWN, frames)
    out += np.float32(0.5) * joined[..., 1::2][..., _CENTRE : _CENTRE + frames]
    return out, joined[..., -(TAPS - 1) :].copy()


def double(x: Float32Array, history: Float32Array) -> tuple[Float32Array, Float32Array]:
    """Twice the rate.

    Args:
        x: float32, shape ``(..., n)``.
        history: The last ``PHASE_TAPS - 1`` samples before ``x``.

    Returns:
        float32 ``(..., 2 n)``, and the history for the next call.
    """
    joined = np.concatenate((history, x), axis=-1)
    frames = x.shape[-1]
    out = np.empty((*x.shape[:-1], 2 * frames), np.float32)
    out[..., 0::2] = _symmetric(joined, _UP, frames)
    start = PHASE_TAPS - 1 - _CENTRE
    out[..., 1::2] = joined[..., start : start + frames]
    return out, joined[..., -(PHASE_TAPS - 1) :].copy()
