"""Stereo whose lows stay in the middle."""

from typing import Final

import numpy as np
import scipy.signal

from everjam.audio import SAMPLE_RATE_HZ, Float32Array
from everjam.engines.band.instruments.dsp.base import f32
from everjam.engines.band.instruments.dsp.filters import recursive

_SIDE_HZ: Final = 200.0


def widened(middle: Float32Array, side: Float32Array, share: float = 1.0) -> Float32Array:
    """Stereo ``(2, frames)`` of what both sides share and of ``share`` of what sets them apart above 200 Hz."""
    numerator, denominator = _SIDE_FILTER
    aside = recursive(numerator * np.float32(share), denominator, side)
    out = np.empty((2, middle.size), np.float32)
    np.add(middle, aside, out=out[0])
    np.subtract(middle, aside, out=out[1])
    return out


def mono_bass(stereo: Float32Array) -> Float32Array:
    """What is below 200 Hz of the sides' difference taken away: lows in the middle."""
    return widened((stereo[0] + stereo[1]) * np.float32(0.5), (stereo[0] - stereo[1]) * np.float32(0.5))


def _side_filter() -> tuple[Float32Array, Float32Array]:
    numerator, denominator = scipy.signal.butter(2, _SIDE_HZ, "highpass", fs=SAMPLE_RATE_HZ)
    return f32(numerator), f32(denominator)


_SIDE_FILTER: Final = _side_filter()
