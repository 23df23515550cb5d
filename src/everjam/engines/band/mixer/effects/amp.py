"""Amplifier and cabinet: a valve stage with a bias, and what a box with a loudspeaker makes of it.

The valve is ``x / sqrt(1 + x^2)``. Averaged between two samples, which keeps its overtones from folding back (J. D.
Parker, V. Zavalishin and E. Le Bivic, "Reducing the aliasing of nonlinear waveshaping using continuous-time
convolution", DAFx 2016), it needs no logarithms: ``(a + b) / (sqrt(1 + a^2) + sqrt(1 + b^2))``.

The cabinet is a minimum-phase filter of 65 taps. What the box takes from the low end, at an eighth of the rate, takes
away the offset that the bias makes too.
"""

from functools import cache
from typing import Final

import numpy as np

from everjam.audio import SAMPLE_RATE_HZ, Float32Array
from everjam.engines.band import filtering
from everjam.engines.band.filtering import Filter
from everjam.engines.band.mixer.effects import fir
from everjam.engines.band.mixer.grid import CELL_FRAMES, Float64Array, curve, to_cells, to_lines

_GAIN: Final = np.float32(7.0)
_BIAS: Final = np.float32(0.28)
_LEVEL: Final = 1.25 / 7.0
_REST: Final = np.float32(_BIAS / np.sqrt(1 + _BIAS**2))
TAPS: Final = fir.MOST_TAPS
_RESPONSE: Final = (
    (0.0, -3.0), (90.0, 0.0), (140.0, 1.5), (350.0, -0.5), (700.0, -2.0), (1_200.0, 0.0), (2_300.0, 2.5),
    (3_600.0, 2.0), (4_600.0, -4.0), (5_600.0, -14.0), (7_500.0, -30.0), (10_000.0, -45.0), (24_000.0, -60.0),
)  # fmt: skip
"""A closed box with four 12-inch loudspeakers, close microphone, as published by makers: Hz and dB."""
_LOW_CUT_HZ: Final = 75.0
_BODY_HZ: Final = 120.0
_BODY: Final = 0.45
_STEP: Final = 8
"""Samples that become one for the low end."""


def _low() -> Filter:
    """What is taken away: all below the cut, less some of the box's own resonance."""
    rate_hz = SAMPLE_RATE_HZ / _STEP
    pole = float(np.exp(-2 * np.pi * _LOW_CUT_HZ / rate_hz))
    b, a = filtering.resonator(_BODY_HZ, 1.2, rate_hz)
    numerator = (1 - pole) * np.array([*a, 0.0]) - _BODY * np.convolve(b, [1.0, -pole])
    return filtering.of(numerator / _STEP, np.convolve(a, [1.0, -pole]))


_LOW: Final = _low()
_RAMP: Final = (np.arange(_STEP) + 1) / _STEP
_LINES: Final = np.stack([1.0 - _RAMP, _RAMP]).astype(np.float32)
MEMORY: Final = (2, CELL_FRAMES + 5)
"""Of each side the last samples after the valve, the last before it, and the low end's filter memory and value."""


@cache
def cabinet() -> tuple[Float32Array, Float32Array]:
    """The loudspeaker, for ``fir.run``."""
    hz, db = zip(*_RESPONSE, strict=True)
    taps = filtering.minimum_phase_taps(hz, db, TAPS)
    taps[TAPS // 2 :] *= 0.5 + 0.5 * np.cos(np.pi * np.arange(TAPS - TAPS // 2) / (TAPS - TAPS // 2))
    return fir.matrices(taps)


def warm() -> None:
    """Makes the tables."""
    cabinet()


def _valve(last: Float32Array, bus: Float32Array) -> tuple[Float32Array, Float32Array]:
    """The valve stage of float32 ``(2, n)``; ``last`` is the sample before, driven; also returns the new one."""
    driven = np.empty((2, bus.shape[1] + 1), np.float32)
    driven[:, 0] = last
    np.multiply(bus, _GAIN, out=driven[:, 1:])
    kept = driven[:, -1].copy()
    driven += _BIAS
    size = driven * driven
    size += np.float32(1)
    np.sqrt(size, out=size)
    out = driven[:, 1:] + driven[:, :-1]
    out /= size[:, 1:] + size[:, :-1]
    out -= _REST
    return out, kept


def process(memory: Float32Array, bus: Float32Array, depth: Float64Array, frame: int) -> Float32Array:  # noqa: ARG001
    """Amplifier and cabinet in place.

    Args:
        memory: float32 ``MEMORY``.
        bus: float32 ``(2, 1920 q)``, changed in place.
        depth: At quantum borders, ``(q + 1,)``, 0 to 1.
        frame: First frame in the jam.

    Returns:
        The new memory.
    """
    frames = bus.shape[1]
    after = np.empty_like(memory)
    line = np.empty((2, CELL_FRAMES + frames), np.float32)
    line[:, :CELL_FRAMES] = memory[:, :CELL_FRAMES]
    line[:, CELL_FRAMES:], after[:, CELL_FRAMES] = _valve(memory[:, CELL_FRAMES], bus)
    after[:, :CELL_FRAMES] = line[:, -CELL_FRAMES:]
    wet = fir.run(line, cabinet())
    means = np.einsum("ijk->ij", wet.reshape(2, -1, _STEP))
    low, ring = filtering.run(_LOW, means.astype(np.float64), memory[:, -4:-1])
    ends = np.empty((2, frames // _STEP, 2), np.float32)
    ends[:, 0, 0] = memory[:, -1]
    ends[:, 1:, 0] = low[:, :-1]
    ends[:, :, 1] = low
    wet = wet.reshape(2, -1, CELL_FRAMES)
    wet -= (ends.reshape(-1, 2) @ _LINES).reshape(wet.shape)
    level = to_lines(_LEVEL * to_cells(depth))
    bus *= curve(1.0 - depth)
    for i in range(2):
        wet[i] *= level
        bus[i] += wet[i].reshape(-1)
    after[:, -4:-1] = ring
    after[:, -1] = low[:, -1]
    return after
