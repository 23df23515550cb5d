"""Rounds off the tops of transients before the limiter, so that it need not pull everything down with them.

It has no memory. The gain of each sample comes from the mix and goes to every group, so that stems still add up.
"""

from typing import Final

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.mixer.grid import CELL_FRAMES

THRESHOLD: Final = np.float32(0.5)
_ROOM: Final = np.float32(0.45)
"""What is left above the threshold: nothing comes out louder than the sum of both."""


def process(x: Float32Array) -> None:
    """Rounds in place.

    Args:
        x: float32 ``(groups, 2, 64 c)``; the first group decides.
    """
    cells = x.reshape(x.shape[0], 2, -1, CELL_FRAMES)
    hot = np.flatnonzero(np.abs(cells[0]).max(axis=(0, 2)) > THRESHOLD)
    if not hot.size:
        return
    loud = cells[:, :, hot]
    size = np.abs(loud[0])
    rounded = THRESHOLD + _ROOM * np.tanh((size - THRESHOLD) / _ROOM)
    loud *= np.where(size > THRESHOLD, rounded / np.maximum(size, THRESHOLD), np.float32(1))
    cells[:, :, hot] = loud
