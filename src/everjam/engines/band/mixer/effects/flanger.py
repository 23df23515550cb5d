"""Flanger: a short delay that sweeps up and down against the dry sound, and the echo of both at twice the delay.

The second pass stands for the feedback of the pedal. It has an end, so nothing can build up, and any split of the sound
into blocks gives the same.
"""

from functools import lru_cache
from typing import Final

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.mixer.effects.moving import FRAMES_PER_MS, Places, turns
from everjam.engines.band.mixer.grid import Float64Array, curve

_SWEEP_CELLS: Final = 6_300
"""8.4 s."""
_SHORTEST: Final = 0.12 * FRAMES_PER_MS
_LONGEST: Final = 4.2 * FRAMES_PER_MS
_FIRST: Final = np.float32(0.9)
_SECOND: Final = np.float32(0.35)
_LEVEL: Final = 0.55
"""1.41 / (1.9 * 1.35): at its peaks +3 dB."""
HISTORY: Final = 208
MEMORY: Final = (2, 3 * HISTORY)


@lru_cache(maxsize=5)
def _places(frame: int, frames: int) -> tuple[Places, Places]:
    """Where the lines before and after the first pass are read in a block: the same for every part."""
    sweep = 0.5 - 0.5 * np.cos(2 * np.pi * turns(frame, frames, _SWEEP_CELLS))
    lag = _SHORTEST * (_LONGEST / _SHORTEST) ** sweep
    return Places(lag, HISTORY), Places(2 * lag, 2 * HISTORY)


def process(memory: Float32Array, bus: Float32Array, depth: Float64Array, frame: int) -> Float32Array:
    """Flanger in place.

    Args:
        memory: float32 ``MEMORY``: of each side the last samples, then those after the first pass.
        bus: float32 ``(2, 1920 q)``, changed in place.
        depth: At quantum borders, ``(q + 1,)``, 0 to 1.
        frame: First frame in the jam.

    Returns:
        The new memory.
    """
    frames = bus.shape[1]
    after = np.empty_like(memory)
    near, far = _places(frame, frames)
    dry = curve(1.0 - depth)
    level = curve(_LEVEL * depth)
    for side, old, new in zip(bus, memory, after, strict=True):
        line = np.concatenate((old[:HISTORY], side))
        once = np.empty(2 * HISTORY + frames, np.float32)
        once[: 2 * HISTORY] = old[HISTORY:]
        comb = near.read(line).reshape(-1)
        comb *= _FIRST
        np.add(comb, side, out=once[2 * HISTORY :])
        new[:HISTORY] = line[-HISTORY:]
        new[HISTORY:] = once[-2 * HISTORY :]
        twice = far.read(once).reshape(-1)
        twice *= _SECOND
        twice += once[2 * HISTORY :]
        twice *= level
        np.multiply(side, dry, out=line[HISTORY:])
        np.add(line[HISTORY:], twice, out=side)
    return after
