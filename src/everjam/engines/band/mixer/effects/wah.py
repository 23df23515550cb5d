"""Wah: a narrow band that opens with every attack and rocks slowly in between.

The sound is turned down by a moving oscillator, so that the band's centre lands on 0 Hz, smoothed there at an eighth of
the rate, and turned back up: a resonance whose centre may move at any speed without clicks and that cannot ring up.
Attacks are measured against the part's own mean, so that faders do not matter.
"""

from typing import Final

import numpy as np

from everjam.audio import SAMPLE_RATE_HZ, Float32Array
from everjam.engines.band import filtering
from everjam.engines.band.filtering import Filter
from everjam.engines.band.mixer.effects.moving import CELLS_PER_SECOND, sine
from everjam.engines.band.mixer.grid import CELL_FRAMES, Float64Array, cell_power, curve, to_cells, to_samples

_LOW_HZ: Final = 380.0
_OCTAVES: Final = 2.3
_TOUCH: Final = 0.75
"""Share of the way that playing opens; the rest is the foot's."""
_FOOT_CELLS: Final = 990
"""1.32 s."""
_HALF_WIDTH_HZ: Final = 200.0
_LEVEL: Final = 2 * 1.1
_DRY: Final = 0.3
"""What passes beside the band; together with it less than +3 dB."""
_STEP: Final = 8
"""Samples that become one while the band lies at 0 Hz."""
_STEPS: Final = CELL_FRAMES // _STEP
_POLE: Final = float(np.exp(-2 * np.pi * _HALF_WIDTH_HZ * _STEP / SAMPLE_RATE_HZ))
_BAND: Final = filtering.of([0.5 * (1 - _POLE) / _STEP] * 2, [1.0, -_POLE])
_FAST: Final = filtering.one_pole(0.022, CELLS_PER_SECOND)
_SLOW: Final = filtering.one_pole(1.2, CELLS_PER_SECOND)
_FLOOR: Final = 1e-7
_K: Final = np.arange(CELL_FRAMES)
_PHASE: Final = (2 * np.pi * np.stack([np.ones(CELL_FRAMES), _K, _K * _K / (2 * CELL_FRAMES)])).astype(np.float32)
"""Phase, turns per frame and their change in a cell to angles."""
_RAMP: Final = (np.arange(_STEP) + 1) / _STEP
_LINES: Final = np.stack([1.0 - _RAMP, _RAMP]).astype(np.float32)
_SLOPES: Final = np.stack([_RAMP - 0.5 / _STEP, 1.0 - _RAMP + 0.5 / _STEP], axis=1).astype(np.float32)
"""A triangle over two steps, whose zeros lie where the lower rate would fold."""
MEMORY: Final = (9,)
"""Fast and slow power, phase in turns, and of both axes the filter's memory, the last value and half of a triangle."""


def _follow(power: Float64Array, mean: Filter, last: float) -> Float64Array:
    """Running mean of the cells' power at cell borders, ``(c + 1,)``."""
    smooth, _ = filtering.run(mean, power, np.array([-mean.a[1] * last]))
    return np.concatenate(([last], smooth))


def process(memory: Float32Array, bus: Float32Array, depth: Float64Array, frame: int) -> Float32Array:
    """Wah in place.

    Args:
        memory: float32 ``MEMORY``.
        bus: float32 ``(2, 1920 q)``, changed in place.
        depth: At quantum borders, ``(q + 1,)``, 0 to 1.
        frame: First frame in the jam.

    Returns:
        The new memory.
    """
    frames = bus.shape[1]
    cells = frames // CELL_FRAMES
    middle = bus[0] + bus[1]
    middle *= np.float32(0.5)
    power = cell_power(middle[None])
    fast, slow = _follow(power, _FAST, float(memory[0])), _follow(power, _SLOW, float(memory[1]))
    touch = np.clip(0.5 * np.sqrt(fast / (slow + _FLOOR)), 0.0, 1.0)
    foot = 0.5 - 0.5 * sine(frame, frames, _FOOT_CELLS, 0.25)
    turn = _LOW_HZ / SAMPLE_RATE_HZ * 2.0 ** (_OCTAVES * (_TOUCH * touch + (1.0 - _TOUCH) * foot))
    phase = float(memory[2]) + np.concatenate(([0.0], np.cumsum(0.5 * CELL_FRAMES * (turn[1:] + turn[:-1]))))
    phase %= 1.0

    angle = np.stack([phase[:-1], turn[:-1], turn[1:] - turn[:-1]], axis=1).astype(np.float32) @ _PHASE
    axes = np.empty((2, cells, CELL_FRAMES), np.float32)
    np.cos(angle, out=axes[0])
    np.sin(angle, out=axes[1])
    down = axes * middle.reshape(cells, CELL_FRAMES)
    slopes = (down.reshape(-1, _STEP) @ _SLOPES).reshape(2, cells * _STEPS, 2)
    few = slopes[:, :, 1].copy()
    few[:, 0] += memory[7:9]
    few[:, 1:] += slopes[:, :-1, 0]
    smooth, ring = filtering.run(_BAND, few, memory[3:5, None])
    ends = np.empty((2, cells * _STEPS, 2), np.float32)
    ends[:, 0, 0] = memory[5:7]
    ends[:, 1:, 0] = smooth[:, :-1]
    ends[:, :, 1] = smooth
    axes *= (ends.reshape(-1, 2) @ _LINES).reshape(axes.shape)
    axes[0] += axes[1]
    wet = axes[0].reshape(-1)
    wet *= to_samples(_LEVEL * to_cells(depth))
    bus *= curve(1.0 - (1.0 - _DRY) * depth)
    bus += wet
    return np.array([fast[-1], slow[-1], phase[-1], *ring[:, 0], *smooth[:, -1], *slopes[:, -1, 0]], np.float32)
