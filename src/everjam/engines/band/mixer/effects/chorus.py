"""Chorus: two short delays that swing against each other, left and right, and a slower third in the middle.

As in the bucket-brigade ensembles of about 1980, the delayed copies are made from the mono sum and are a little dark;
what is left and right differs only in time, so that the sum to mono stays whole.
"""

from typing import Final

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.mixer.effects.moving import FRAMES_PER_MS, Places, sine
from everjam.engines.band.mixer.grid import Float64Array, curve, to_cells, to_lines

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
    swing = sine(frame, frames, _SWING_CELLS)
    drift = sine(frame, frames, _DRIFT_CELLS)
    middle = Places(_MIDDLE_LAG + _DRIFT * drift, HISTORY).read(line)
    middle *= np.float32(_MIDDLE / _WET)
    level = to_lines(_WET * to_cells(depth))
    bus *= curve(1.0 - (1.0 - _DRY) * depth)
    for i, sign in enumerate((1.0, -1.0)):
        wet = Places(_LAG + sign * _SWING * swing, HISTORY).read(line)
        wet += middle
        wet *= level
        bus[i] += wet.reshape(-1)
    return joined[-memory.shape[0] :].copy()
