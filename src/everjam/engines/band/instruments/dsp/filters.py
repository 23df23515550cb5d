"""Zero-phase spectral filters, static and moving, and noise made of them."""

from collections.abc import Callable
from typing import Final

import numpy as np
import scipy.fft

from everjam.audio import SAMPLE_RATE_HZ, Float32Array
from everjam.engines.band.instruments.dsp.base import f32, noise

Response = Callable[[Float32Array], Float32Array]
"""Frequencies in Hz to gains."""
Formants = tuple[tuple[float, float, float], ...]
"""Resonances ``(centre_hz, width_hz, gain)``."""
MovingResponse = Callable[[Float32Array, Float32Array], Float32Array]
"""Times in seconds ``(frames, 1)`` and frequencies in Hz ``(1, bins)`` to gains ``(frames, bins)``."""

_WINDOW: Final = 2048
_HOP: Final = 512
_HANN: Final = (0.5 - 0.5 * np.cos(2 * np.pi / _WINDOW * np.arange(_WINDOW))).astype(np.float32)


def bins_hz(size: int) -> Float32Array:
    """Frequencies of the bins of a real FFT of ``size`` frames: ``(size // 2 + 1,)``."""
    out = np.arange(size // 2 + 1, dtype=np.float32)
    out *= np.float32(SAMPLE_RATE_HZ / size)
    return out


def _even_power(values: Float32Array, half: int) -> Float32Array:
    """``values ** (2 * half)`` by multiplication: many times faster than the power of an array."""
    square = values * values
    out = square
    for _ in range(half - 1):
        out = out * square
    return out


def lowpass(cutoff_hz: float, order: int = 2) -> Response:
    """Butterworth magnitude."""
    return lambda hz: f32(1.0 / np.sqrt(1.0 + _even_power(hz * np.float32(1.0 / cutoff_hz), order)))


def highpass(cutoff_hz: float, order: int = 2) -> Response:
    """Butterworth magnitude."""
    return lambda hz: f32(1.0 / np.sqrt(1.0 + _even_power(f32(cutoff_hz / np.maximum(hz, np.float32(1.0))), order)))


def bandpass(low_hz: float, high_hz: float, order: int = 2) -> Response:
    """High-pass and low-pass in series."""
    both = np.float32((low_hz / high_hz) ** (2 * order))

    def response(hz: Float32Array) -> Float32Array:
        above = _even_power(np.maximum(hz, np.float32(1.0)) * np.float32(1.0 / high_hz), order)
        loss = both / above
        loss += above
        loss += np.float32(1.0) + both
        return f32(np.reciprocal(np.sqrt(loss, out=loss), out=loss))

    return response


def peaks(bands: Formants, floor: float = 1.0) -> Response:
    """Resonances on a flat ``floor``."""

    def response(hz: Float32Array) -> Float32Array:
        out = np.full(hz.shape, floor, np.float32)
        for centre, width, gain in bands:
            out += np.float32(gain) / (1.0 + ((hz - np.float32(centre)) * np.float32(2.0 / width)) ** 2)
        return out

    return response


def shape(signal: Float32Array, *responses: Response) -> Float32Array:
    """``signal`` through the product of ``responses``; same length, no delay."""
    frames = signal.shape[-1]
    size = scipy.fft.next_fast_len(frames + 1024, real=True)
    spectrum = scipy.fft.rfft(signal, size)
    bins = bins_hz(size)
    for response in responses:
        spectrum *= response(bins)
    out: Float32Array = scipy.fft.irfft(spectrum, size)[..., :frames].astype(np.float32, copy=False)
    return out


def burst(rng: np.random.Generator, seconds: float, tau_seconds: float, response: Response) -> Float32Array:
    """Short filtered noise with an exponential decay, peak 1."""
    frames = max(64, round(seconds * SAMPLE_RATE_HZ))
    out = shape(noise(rng, frames), response)
    out *= np.exp(np.arange(frames, dtype=np.float32) * np.float32(-1.0 / (tau_seconds * SAMPLE_RATE_HZ)))
    peak = float(np.abs(out).max())
    return out * np.float32(1.0 / peak)


def moving_filter(signal: Float32Array, response: MovingResponse) -> Float32Array:
    """``signal`` through a magnitude response that changes every 11 ms (STFT, Hann windows of 43 ms)."""
    frames = signal.shape[-1]
    count = -(-(frames + _WINDOW) // _HOP) + 1
    padded = np.zeros(count * _HOP + _WINDOW, np.float32)
    padded[_WINDOW : _WINDOW + frames] = signal
    views = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP][:count]
    starts = np.arange(count, dtype=np.float32) * np.float32(_HOP) - np.float32(_WINDOW // 2)
    at = np.maximum(starts * np.float32(1.0 / SAMPLE_RATE_HZ), 0.0)[:, None]
    spectrum = scipy.fft.rfft(views * _HANN) * response(at, bins_hz(_WINDOW)[None, :])
    pieces = scipy.fft.irfft(spectrum, _WINDOW).astype(np.float32, copy=False) * np.float32(_HOP / _WINDOW * 2.0)
    out = np.zeros(count * _HOP + _WINDOW, np.float32)
    for part in range(_WINDOW // _HOP):
        first = part * _HOP
        out[first : first + count * _HOP] += pieces[:, first : first + _HOP].reshape(-1)
    return out[_WINDOW : _WINDOW + frames]


def moving_noise(rng: np.random.Generator, frames: int, response: MovingResponse) -> Float32Array:
    """White noise through ``moving_filter``."""
    return moving_filter(noise(rng, frames), response)
