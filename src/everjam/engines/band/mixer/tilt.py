"""Tone and width of the whole mix: a tilt about 900 Hz, stereo width, and a mono bass.

Both split the signal with a one-pole low-pass whose corner never moves; only gains move, so they may move at any speed.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.signal import lfilter

from everjam.audio import SAMPLE_RATE_HZ, Float32Array
from everjam.engines.band.mixer.grid import Float64Array, curve

PIVOT_HZ: Final = 900.0
MONO_BELOW_HZ: Final = 140.0
BRIGHTNESS_SPAN_DB: Final = 16.0
"""Tilt from brightness 0 to brightness 1."""


def one_pole(corner_hz: float) -> tuple[Float32Array, Float32Array]:
    """Coefficients ``b, a`` of a one-pole low-pass (bilinear, one zero at Nyquist)."""
    w = np.tan(np.pi * corner_hz / SAMPLE_RATE_HZ)
    b = np.array([w / (1 + w), w / (1 + w)], np.float32)
    return b, np.array([1.0, (w - 1) / (1 + w)], np.float32)


_PIVOT: Final = one_pole(PIVOT_HZ)
_MONO: Final = one_pole(MONO_BELOW_HZ)


@dataclass(frozen=True, slots=True, eq=False)
class TiltState:
    """Filter memories, float32 ``(groups, 2, 1)`` and ``(groups, 1)``."""

    pivot: Float32Array
    mono: Float32Array


def start(groups: int) -> TiltState:
    """Silence."""
    return TiltState(np.zeros((groups, 2, 1), np.float32), np.zeros((groups, 1), np.float32))


def gains(tilt_db: npt.NDArray[np.float64]) -> tuple[Float64Array, Float64Array]:
    """Gains below and above the pivot for a gain at the top against the bottom."""
    half = 10.0 ** (np.asarray(tilt_db) / 40.0)
    return 1.0 / half, half


def process(state: TiltState, x: Float32Array, tilt_db: Float64Array, width: Float64Array) -> TiltState:
    """Tilts and widens in place.

    Args:
        state: Filter memories.
        x: float32 ``(groups, 2, 1920 q)``, changed in place.
        tilt_db: At quantum borders, ``(q + 1,)``.
        width: At quantum borders; 0 = mono, 1 = as it is.

    Returns:
        The new state.
    """
    low, pivot = lfilter(*_PIVOT, x, axis=-1, zi=state.pivot)
    below, above = gains(tilt_db)
    x *= curve(above)
    low *= curve(below - above)
    x += low
    side = x[:, 0] - x[:, 1]
    side *= np.float32(0.5)
    bass, mono = lfilter(*_MONO, side, axis=-1, zi=state.mono)
    middle = x[:, 0] - side
    side -= bass
    side *= curve(width)
    np.add(middle, side, out=x[:, 0])
    np.subtract(middle, side, out=x[:, 1])
    return TiltState(pivot, mono)
