"""Nonlinearities: oversampled saturation."""

import numpy as np
import scipy.fft

from everjam.audio import Float32Array
from everjam.engines.band.instruments.dsp.base import f32


def saturate(signal: Float32Array, drive: float, bias: float = 0.0) -> Float32Array:
    """Soft clipping at the signal's own rate, for signals without much treble; ``drive`` 1 is mild, 6 is hard."""
    return f32(np.tanh(signal * np.float32(drive) + np.float32(bias)) - np.float32(np.tanh(bias)))


def overdrive(signal: Float32Array, drives: tuple[float, ...], bias: float = 0.15) -> Float32Array:
    """Soft clipping stages at twice the rate, so that little folds back.

    Args:
        signal: Shape ``(frames,)`` or ``(channels, frames)``, peak about 1.
        drives: Gain before each stage.
        bias: Offset before each stage but the first: even harmonics.
    """
    frames = signal.shape[-1]
    size = 2 * scipy.fft.next_fast_len((frames + 512) // 2 + 1, real=True)
    spectrum = scipy.fft.rfft(signal, size)
    fast = scipy.fft.irfft(spectrum, 2 * size) * np.float32(2.0)
    for stage, drive in enumerate(drives):
        fast = np.tanh(fast * np.float32(drive) + np.float32(bias if stage else 0.0))
    out = scipy.fft.irfft(scipy.fft.rfft(fast)[..., : size // 2 + 1], size) * np.float32(0.5)
    return out[..., :frames].astype(np.float32, copy=False)
