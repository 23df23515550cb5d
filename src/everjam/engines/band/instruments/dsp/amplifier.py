"""Guitar amplifiers: tube stages at three times the rate, and loudspeaker cabinets behind a microphone."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import scipy.fft

from everjam.audio import Float32Array
from everjam.engines.band.instruments.dsp.base import f32
from everjam.engines.band.instruments.dsp.filters import Formants, Response, bins_hz, highpass, lowpass, peaks

Curve = tuple[tuple[float, float], ...]
"""``(hz, dB)`` by rising frequency, straight lines between them over the logarithm of frequency."""

_OVERSAMPLING: Final = 3
_BLOCK: Final = 8192
_MARGIN: Final = 512
_FADE: Final = 1024
"""Frames over which one block's sound passes into the next one's: what the filters ring beyond a block's end shows as
no step."""
_HOP: Final = _BLOCK - 2 * _MARGIN - _FADE
_QUIETEST: Final = 1e-9
_FADE_IN: Final = f32(0.5 - 0.5 * np.cos(np.pi * (np.arange(_FADE) + 0.5) / _FADE))
_TAPER: Final = f32(np.minimum(1.0, np.minimum(np.arange(_BLOCK) + 0.5, np.arange(_BLOCK)[::-1] + 0.5) / _MARGIN))

FOUR_BY_TWELVE: Final[Curve] = (
    (30.0, -26.0), (60.0, -9.0), (82.0, -1.0), (110.0, 3.0), (150.0, 1.5), (220.0, -1.0), (350.0, -3.0), (450.0, -4.0),
    (620.0, -3.0), (900.0, -1.5), (1300.0, 0.5), (1800.0, 2.5), (2400.0, 5.0), (2900.0, 6.0), (3400.0, 4.5),
    (3900.0, 3.5), (4400.0, -1.5), (4900.0, 1.0), (5600.0, -6.0), (6500.0, -14.0), (8000.0, -24.0), (10_000.0, -32.0),
    (14_000.0, -45.0), (20_000.0, -60.0),
)  # fmt: skip
"""A closed cabinet of four twelve-inch speakers, a dynamic microphone near the cone's edge: the box at 110 Hz, the
dip at 450 Hz, the cone's presence at 3 kHz, its first break-up's notch at 4.4 kHz, then the cliff."""
OPEN_BACK: Final[Curve] = (
    (30.0, -30.0), (60.0, -13.0), (90.0, -3.0), (130.0, 1.0), (200.0, -1.0), (300.0, -1.0), (450.0, -0.5),
    (600.0, -2.5), (750.0, -4.0), (1000.0, -3.0), (1300.0, -4.5), (1700.0, -1.0), (2300.0, 4.5), (2700.0, 6.5),
    (3200.0, 6.0), (4000.0, 3.5), (4600.0, 1.0), (5200.0, -3.5), (6000.0, -6.0), (7500.0, -10.0), (10_000.0, -17.0),
    (14_000.0, -30.0), (20_000.0, -50.0),
)  # fmt: skip
"""One or two twelve-inch speakers with light cones in an open box: less bass, more chime."""


@dataclass(frozen=True, slots=True)
class Amplifier:
    """A chain of tubes and what stands around it.

    Attributes:
        tight_hz: High-pass before the first tube: keeps power chords from farting.
        push: Resonances before it, as a pedal or the pickup gives them.
        treble_hz: Low-pass before it.
        drives: Gain before each tube, for a signal of peak 1.
        bias: Where each tube idles on its curve: 0 is symmetric, 0.5 cuts one half-wave much sooner.
        cabinet: The loudspeaker.
    """

    tight_hz: float
    push: Formants
    treble_hz: float
    drives: tuple[float, ...]
    bias: float
    cabinet: Curve


def cabinet(curve: Curve) -> Response:
    """The response of a loudspeaker."""
    hz, levels_db = (np.array(column) for column in zip(*curve, strict=True))
    return lambda bins: f32(10.0 ** (np.interp(np.log(np.maximum(bins, 1.0)), np.log(hz), levels_db) / 20.0))


def amplify(model: Amplifier, signal: Float32Array, gain: float, brightness_hz: float) -> Float32Array:
    """``signal`` through the amplifier, asymmetric tube by tube.

    Worked off in blocks that overlap by what the filters ring: short transforms are several times cheaper.

    Args:
        model: The amplifier.
        signal: ``(frames,)`` or ``(channels, frames)``, peak about 1 each.
        gain: Against the model's own.
        brightness_hz: Where the treble control rolls off, after the tubes.

    Returns:
        Same shape, of the order of 1; what folds back from above the tripled rate stays 55 dB below.
    """
    planar = np.atleast_2d(signal)
    channels, frames = planar.shape
    count = -(-(frames + _FADE) // _HOP)
    padded = np.zeros((channels, _MARGIN + _FADE + count * _HOP + _FADE + _MARGIN), np.float32)
    padded[:, _MARGIN + _FADE : _MARGIN + _FADE + frames] = planar
    blocks = np.lib.stride_tricks.sliding_window_view(padded, _BLOCK, axis=-1)[:, ::_HOP] * _TAPER
    before, after = _responses(model, brightness_hz)
    fast = scipy.fft.irfft(scipy.fft.rfft(blocks) * before, _OVERSAMPLING * _BLOCK)
    fast *= np.float32(gain / max(float(np.abs(fast).max()), _QUIETEST))
    for stage, drive in enumerate(model.drives):
        _tube(fast, drive, model.bias if stage % 2 == 0 else -model.bias)
    slow = scipy.fft.irfft(scipy.fft.rfft(fast)[..., : _BLOCK // 2 + 1] * after, _BLOCK)[..., _MARGIN:-_MARGIN]
    joined = np.ascontiguousarray(slow[..., :_HOP])
    joined[:, 1:, :_FADE] *= _FADE_IN
    joined[:, 1:, :_FADE] += slow[:, :-1, _HOP:] * (np.float32(1.0) - _FADE_IN)
    out = f32(joined.reshape(channels, -1)[:, _FADE : _FADE + frames])
    return out if signal.ndim > 1 else out[0]


@lru_cache(maxsize=64)
def _responses(model: Amplifier, brightness_hz: float) -> tuple[Float32Array, Float32Array]:
    """What lies before the tubes and what behind them, over the bins of a block."""
    bins = bins_hz(_BLOCK)
    before = highpass(model.tight_hz, 1)(bins) * peaks(model.push)(bins) * lowpass(model.treble_hz, 3)(bins)
    return before, cabinet(model.cabinet)(bins) * lowpass(brightness_hz, 1)(bins)


def _tube(signal: Float32Array, drive: float, bias: float) -> None:
    """One stage in place: a soft knee that sits off the middle of its curve, gain 1 where it is straight."""
    signal *= np.float32(drive)
    signal += np.float32(bias)
    np.tanh(signal, out=signal)
    signal -= np.float32(np.tanh(bias))
