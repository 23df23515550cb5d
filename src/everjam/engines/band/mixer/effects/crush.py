"""Bit-crush: an old sampler's few samples a second and few, companded bits.

Rate and bits stand still and the sound is faded, so that moving the depth makes no steps. Samples are held on the grid
of the jam. Steps grow with the sample, as in companding converters, so that quiet sound is rough but not gone.
"""

from typing import Final

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.mixer.grid import Float64Array, curve

HOLD: Final = 5
"""9.6 kHz; divides a quantum."""
_STEPS: Final = np.float32(28.0)
MEMORY: Final = (0,)


def process(memory: Float32Array, bus: Float32Array, depth: Float64Array, frame: int) -> Float32Array:  # noqa: ARG001
    """Bit-crush in place.

    Args:
        memory: float32 ``MEMORY``: it remembers nothing.
        bus: float32 ``(2, 1920 q)``, changed in place.
        depth: At quantum borders, ``(q + 1,)``, 0 to 1.
        frame: First frame in the jam.

    Returns:
        The new memory.
    """
    if not depth.any():
        return memory.copy()
    fine = bus.reshape(2, -1, HOLD)
    seen = fine[..., 0] + fine[..., 1]
    for k in range(2, HOLD):
        seen += fine[..., k]
    seen *= np.float32(1 / HOLD)
    roots = np.sqrt(np.abs(seen))
    roots *= _STEPS
    np.rint(roots, out=roots)
    roots *= np.float32(1.0) / _STEPS
    held = np.copysign(roots * roots, seen)
    rough = np.repeat(held, HOLD, axis=1)
    rough -= bus
    rough *= curve(depth)
    bus += rough
    return memory.copy()
