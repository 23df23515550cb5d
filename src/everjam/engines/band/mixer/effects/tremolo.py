"""Tremolo: loudness that swells at about five times a second, the sides a quarter turn apart, so that it also pans."""

from typing import Final

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.mixer.effects.moving import sine
from everjam.engines.band.mixer.grid import Float64Array, to_cells, to_samples

PERIOD_CELLS: Final = 144
"""5.2 Hz."""
_DIP: Final = 0.8
"""How far it goes down at full depth."""
_MAKEUP: Final = float(1.0 / np.sqrt(1.0 - _DIP + 0.375 * _DIP**2))
"""Keeps the mean power."""
_AHEAD: Final = 0.125
MEMORY: Final = (0,)


def process(memory: Float32Array, bus: Float32Array, depth: Float64Array, frame: int) -> Float32Array:
    """Tremolo in place.

    Args:
        memory: float32 ``MEMORY``: it remembers nothing.
        bus: float32 ``(2, 1920 q)``, changed in place.
        depth: At quantum borders, ``(q + 1,)``, 0 to 1.
        frame: First frame in the jam.

    Returns:
        The new memory.
    """
    amount = to_cells(depth)
    for i, ahead in enumerate((_AHEAD, -_AHEAD)):
        swell = sine(frame, bus.shape[1], PERIOD_CELLS, ahead)
        bus[i] *= to_samples(1.0 + amount * (_MAKEUP * (1.0 - _DIP * (0.5 + 0.5 * swell)) - 1.0))
    return memory.copy()
