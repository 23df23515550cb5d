"""Rounds off the tops of transients before the limiter, so that it need not pull everything down with them.

It has no memory. The gain of each sample comes from the mix and goes to every group, so that stems still add up.
"""

from typing import Final

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.mixer.grid import CELL_FRAMES, Float64Array

THRESHOLD: Final = np.float32(0.5)
_ROOM: Final = np.float32(0.45)
"""What is left above the threshold: nothing comes out louder than the sum of both."""
_FIRM: Final = (0.66, -0.3)
_SPACE: Final = (0.28, 0.02)
"""Threshold and room at glue 0, and how much more at glue 1: -0.5 dBFS at the most, or -3.6."""


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
    hot = np.flatnonzero(np.abs(cells[0]).max(axis=(0, 2)) > threshold[:, 0])
    if not hot.size:
        return
    loud, threshold, room = cells[:, :, hot], threshold[hot], room[hot]
    size = np.abs(loud[0])
    rounded = threshold + room * np.tanh((size - threshold) / room)
    loud *= np.where(size > threshold, rounded / np.maximum(size, threshold), np.float32(1))
    cells[:, :, hot] = loud
