"""Rounds off the tops of transients before the limiter, so that it need not pull everything down with them.

It has no memory. The gain of each sample comes from the mix and goes to every group, so that stems still add up.
"""

from typing import Final

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.mixer.grid import CELL_FRAMES, Float64Array, largest
from everjam.engines.band.mixer.limiter import CEILING_DBTP

THRESHOLD: Final = np.float32(0.5)
_ROOM: Final = np.float32(0.45)
"""What is left above the threshold: nothing comes out louder than the sum of both."""
_FIRM: Final = (0.66, -0.3)
_SPACE: Final = (0.28, 0.02)
"""Threshold and room at glue 0, and how much more at glue 1: -0.5 dBFS at the most, or -3.6."""
_LOST: Final = 0.7
"""Noise whose peaks are brought down to 1.6 times its effective value loses half a decibel."""
_CEILING: Final = 10 ** (CEILING_DBTP / 20)


def left(peaks: Float64Array, amount: Float64Array) -> Float64Array:
    """Share of a noise's power that is left after its peaks, of so much before the clipper, are rounded; about."""
    threshold, room = _FIRM[0] + _FIRM[1] * amount, _SPACE[0] + _SPACE[1] * amount
    over = np.maximum(peaks - threshold, 0.0)
    after = np.minimum(peaks, threshold) + room * np.tanh(over / room)
    kept: Float64Array = 1.0 - _LOST * np.square(1.0 - after / np.maximum(peaks, threshold))
    limited: Float64Array = kept * np.square(np.minimum(1.0, _CEILING / np.maximum(after, _CEILING)))
    return limited


def process(x: Float32Array, amount: Float64Array | None = None) -> None:
    """Rounds in place.

    Args:
        x: float32 ``(groups, 2, 64 c)``; the first group decides.
        amount: How tight, 0 to 1, at cell borders ``(c + 1,)``; as at ``THRESHOLD`` if left out.
    """
    cells = x.reshape(x.shape[0], 2, -1, CELL_FRAMES)
    tight = np.zeros((cells.shape[2], 1), np.float32) if amount is None else amount[:-1, None].astype(np.float32)
    threshold = np.float32(_FIRM[0]) + np.float32(_FIRM[1]) * tight
    room = np.float32(_SPACE[0]) + np.float32(_SPACE[1]) * tight
    if amount is None:
        threshold, room = threshold * 0 + THRESHOLD, room * 0 + _ROOM
    hot = np.flatnonzero(largest(x[0]) > threshold[:, 0])
    if not hot.size:
        return
    loud, threshold, room = cells[:, :, hot], threshold[hot], room[hot]
    size = np.abs(loud[0])
    rounded = threshold + room * np.tanh((size - threshold) / room)
    loud *= np.where(size > threshold, rounded / np.maximum(size, threshold), np.float32(1))
    cells[:, :, hot] = loud
