"""Chorus: two short delays that swing against each other, left and right, and a slower third in the middle.

As in the bucket-brigade ensembles of about 1980, the delayed copies are made from the mono sum and are a little dark;
what is left and right differs only in time, so that the sum to mono stays whole.
"""

from functools import lru_cache
from typing import Final

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.mixer.effects.moving import FRAMES_PER_MS, Places, sine
from everjam.engines.band.mixer.grid import Float64Array, curve

_SWING_CELLS: Final = 1_470
"""0.51 Hz."""
_DRIFT_CELLS: Final = 2_310
"""0.32 Hz."""
_LAG: Final = 3.6 * FRAMES_PER_MS
_SWING: Final = 1.5 * FRAMES_PER_MS
_MIDDLE_LAG: Final = 7.3 * FRAMES_PER_MS
_DRIFT: Final = 1.1 * FRAMES_PER_MS
HISTORY: Final = 410
MEMORY: Final = (HISTORY + 2,)
_DRY: Final = 0.72
_WET: Final = 0.5
_MIDDLE: Final = 0.18
"""The three add up to less than +3 dB where everything is in phase."""


@lru_cache(maxsize=5)
def _places(frame: int, frames: int) -> Places:
    """Where the copies in the middle, left and right are read in a block: the same for every part."""
    swing = _SWING * sine(frame, frames, _SWING_CELLS)
    drift = _DRIFT * sine(frame, frames, _DRIFT_CELLS)
    return Places(np.stack((_MIDDLE_LAG + drift, _LAG + swing, _LAG - swing)), HISTORY)


def process(memory: Float32Array, bus: Float32Array, depth: Float64Array, frame: int) -> Float32Array:
    """Chorus in place.

    Args:
        memory: float32 ``MEMORY``: the last samples of the mono sum.
        bus: float32 ``(2, 1920 q)``, changed in place.
        depth: At quantum borders, ``(q + 1,)``, 0 to 1.
        frame: First frame in the jam.

    Returns:
        The new memory.
    """
    frames = bus.shape[1]
    joined = np.empty(memory.shape[0] + frames, np.float32)
    joined[: memory.shape[0]] = memory
    now = joined[memory.shape[0] :]
    np.add(bus[0], bus[1], out=now)
    now *= np.float32(0.5)
    if not depth.any():
        return joined[-memory.shape[0] :].copy()
    line = joined[:-2] + joined[2:]
    line *= np.float32(0.25)
    line += np.float32(0.5) * joined[1:-1]
    copies = _places(frame, frames).read(line)
    copies[0] *= np.float32(_MIDDLE / _WET)
    copies[1:] += copies[0]
    wet = copies[1:].reshape(2, frames)
    wet *= curve(_WET * depth)
    bus *= curve(1.0 - (1.0 - _DRY) * depth)
    bus += wet
    return joined[-memory.shape[0] :].copy()
