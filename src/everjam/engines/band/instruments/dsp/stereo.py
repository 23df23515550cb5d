"""Stereo whose lows stay in the middle."""

from typing import Final

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band import filtering
from everjam.engines.band.filtering import Filter

_ABOVE: Final = filtering.highpass(200.0)


def widened(middle: Float32Array, side: Float32Array, share: float = 1.0) -> Float32Array:
    """Stereo ``(2, frames)`` of what both sides share and of ``share`` of what sets them apart above 200 Hz."""
    aside, _ = filtering.run(_side_filter(share), side)
    out = np.empty((2, middle.size), np.float32)
    np.add(middle, aside, out=out[0])
    np.subtract(middle, aside, out=out[1])
    return out


def mono_bass(stereo: Float32Array) -> Float32Array:
    """What is below 200 Hz of the sides' difference taken away: lows in the middle."""
    return widened((stereo[0] + stereo[1]) * np.float32(0.5), (stereo[0] - stereo[1]) * np.float32(0.5))


def _side_filter(share: float) -> Filter:
    """What lies above, at a level."""
    return Filter(tuple(share * x for x in _ABOVE.b), _ABOVE.a)
