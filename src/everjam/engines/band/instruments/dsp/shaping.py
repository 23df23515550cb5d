"""Nonlinearities: oversampled saturation; and the edge of a stroke."""

from typing import Final

import numpy as np
import scipy.fft

from everjam.audio import Float32Array
from everjam.engines.band.instruments.dsp.base import f32
from everjam.engines.band.instruments.dsp.filters import Response, bins_hz

_EASE_FRAMES: Final = 16


def saturate(signal: Float32Array, drive: float, bias: float = 0.0) -> Float32Array:
    """Soft clipping at the signal's own rate, for signals without much treble; ``drive`` 1 is mild, 6 is hard."""
    return f32(np.tanh(signal * np.float32(drive) + np.float32(bias)) - np.float32(np.tanh(bias)))


def overdrive(
    signal: Float32Array, drives: tuple[float, ...], *responses: Response, bias: float = 0.15
) -> Float32Array:
    """Soft clipping stages at twice the rate, so that little folds back.

    Args:
        signal: Shape ``(frames,)`` or ``(channels, frames)``, peak about 1.
        drives: Gain before each stage.
        responses: Of the loudspeaker behind them.
        bias: Offset before each stage but the first: even harmonics.
    """
    frames = signal.shape[-1]
    size = 2 * scipy.fft.next_fast_len((frames + 512) // 2 + 1, real=True)
    fast = scipy.fft.irfft(scipy.fft.rfft(signal, size), 2 * size)
    fast *= np.float32(2.0)
    for stage, drive in enumerate(drives):
        fast *= np.float32(drive)
        fast += np.float32(bias if stage else 0.0)
        np.tanh(fast, out=fast)
    spectrum = scipy.fft.rfft(fast)[..., : size // 2 + 1]
    bins = bins_hz(size)
    for response in responses:
        spectrum *= response(bins)
    out = scipy.fft.irfft(spectrum, size)[..., :frames]
    return f32(out * np.float32(0.5))


def eased(signal: Float32Array) -> Float32Array:
    """The same with its first third of a millisecond faded in: where it is added to what sounds, it makes no step."""
    out = signal.copy()
    rise = min(_EASE_FRAMES, out.shape[-1])
    out[..., :rise] *= np.linspace(0.0, 1.0, rise, endpoint=False, dtype=np.float32)
    return out
