"""Zero-phase spectral filters, static and moving, and noise made of them."""

from collections.abc import Callable
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.fft
import scipy.linalg
import scipy.signal

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
_SECTION: Final = 32
_LONG_FRAMES: Final = 32_768
"""From so many frames on, preparing matrices pays."""


@lru_cache(maxsize=64)
def _bins(size: int) -> Float32Array:
    out = np.fft.rfftfreq(size, 1.0 / SAMPLE_RATE_HZ).astype(np.float32)
    out.setflags(write=False)
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
    low, high = highpass(low_hz, order), lowpass(high_hz, order)
    return lambda hz: low(hz) * high(hz)


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
    bins = _bins(size)
    for response in responses:
        spectrum *= response(bins)
    out: Float32Array = scipy.fft.irfft(spectrum, size)[..., :frames].astype(np.float32, copy=False)
    return out


def recursive(numerator: Float32Array, denominator: Float32Array, signal: Float32Array) -> Float32Array:
    """A recursive filter of second order, from silence: ``scipy.signal.lfilter``, in half the time where it takes long.

    A section's output is a matrix product of what goes in and of the filter's memory at its start; that alone is
    worked out one after the other.

    Args:
        numerator: Three coefficients.
        denominator: Three coefficients, the first is 1.
        signal: float32 ``(..., frames)``.

    Returns:
        float32, same shape.
    """
    frames = signal.shape[-1]
    if frames < _LONG_FRAMES:
        return f32(scipy.signal.lfilter(numerator, denominator, signal, axis=-1))
    direct, collect, ring, step = _sections(*numerator.tolist(), *denominator[1:].tolist())
    count = -(-frames // _SECTION)
    out = np.empty((*signal.shape[:-1], count * _SECTION), np.float32)
    trace, determinant = float(np.trace(step)), float(np.linalg.det(step))
    for place in np.ndindex(signal.shape[:-1]):
        padded = np.zeros((count, _SECTION), np.float32)
        padded.reshape(-1)[:frames] = signal[place]
        pieces = np.matmul(padded, direct, out=out[place].reshape(count, _SECTION))
        # memory[k + 1] = step @ memory[k] + added[k], each of its two numbers by itself (Cayley and Hamilton).
        added = (padded @ collect).astype(np.float64)
        driven = np.zeros((count, 2))
        driven[1:] = added[:-1]
        driven[2:] += added[:-2] @ (step - trace * np.eye(2)).T
        memory = scipy.signal.lfilter([1.0], [1.0, -trace, determinant], driven, axis=0)
        pieces += memory.astype(np.float32) @ ring
    return out[..., :frames]


@lru_cache(maxsize=128)
def _sections(
    b0: float, b1: float, b2: float, a1: float, a2: float
) -> tuple[Float32Array, Float32Array, Float32Array, npt.NDArray[np.float64]]:
    """What a section's input gives to its output and to the memory after it, and the memory to both."""
    numerator, denominator = [b0, b1, b2], [1.0, a1, a2]
    answer = scipy.signal.lfilter(numerator, denominator, np.eye(1, _SECTION)[0])
    direct = scipy.linalg.toeplitz(np.eye(1, _SECTION)[0] * b0, answer)
    forward, into = np.array([[-a1, 1.0], [-a2, 0.0]]), np.array([b1 - a1 * b0, b2 - a2 * b0])
    collect, ring = np.empty((_SECTION, 2)), np.empty((2, _SECTION))
    power = np.eye(2)
    for frame in range(_SECTION):
        ring[:, frame] = power[0]
        collect[_SECTION - 1 - frame] = power @ into
        power = forward @ power
    return f32(direct), f32(collect), f32(ring), power


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
    window = scipy.signal.get_window("hann", _WINDOW).astype(np.float32)
    views = np.lib.stride_tricks.sliding_window_view(padded, _WINDOW)[::_HOP][:count]
    starts = np.arange(count, dtype=np.float32) * np.float32(_HOP) - np.float32(_WINDOW // 2)
    at = np.maximum(starts * np.float32(1.0 / SAMPLE_RATE_HZ), 0.0)[:, None]
    spectrum = scipy.fft.rfft(views * window) * response(at, _bins(_WINDOW)[None, :])
    pieces = scipy.fft.irfft(spectrum, _WINDOW).astype(np.float32, copy=False) * np.float32(_HOP / _WINDOW * 2.0)
    out = np.zeros(count * _HOP + _WINDOW, np.float32)
    for part in range(_WINDOW // _HOP):
        first = part * _HOP
        out[first : first + count * _HOP] += pieces[:, first : first + _HOP].reshape(-1)
    return out[_WINDOW : _WINDOW + frames]


def moving_noise(rng: np.random.Generator, frames: int, response: MovingResponse) -> Float32Array:
    """White noise through ``moving_filter``."""
    return moving_filter(noise(rng, frames), response)
