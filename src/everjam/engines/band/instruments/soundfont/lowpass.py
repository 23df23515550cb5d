"""The resonant low-pass filter of a voice, with a cutoff that may move."""

from typing import Final

import numpy as np
import scipy.signal

from everjam.audio import SAMPLE_RATE_HZ, Float32Array
from everjam.engines.band.instruments.soundfont.generators import Float64Array

OPEN_HZ: Final = 19_000.0
"""Cutoffs above take nothing away that is heard."""
_LOWEST_HZ: Final = 5.0
_HIGHEST_HZ: Final = 0.45 * SAMPLE_RATE_HZ
_FLAT_DB: Final = 3.01
_MOST_Q_DB: Final = 96.0


def resonance(centibels: float) -> float:
    """Quality of a filter whose peak lies so many centibels above its flat part."""
    return float(10.0 ** ((min(max(centibels / 10.0, 0.0), _MOST_Q_DB) - _FLAT_DB) / 20.0))


def apply(signal: Float32Array, cutoff_hz: Float64Array, quality: float) -> Float32Array:
    """Filters a voice; the gain is as in FluidSynth, half of the resonance below the flat part's.

    Args:
        signal: float32 ``(blocks * block frames,)``.
        cutoff_hz: At the borders of the blocks, float64 ``(blocks + 1,)``.
        quality: As of ``resonance``.

    Returns:
        float32, as long as the signal.
    """
    gain = 1.0 / np.sqrt(quality)
    lowest, highest = float(cutoff_hz.min()), float(cutoff_hz.max())
    if lowest >= OPEN_HZ and quality <= 1.0:
        return signal * np.float32(gain)
    if highest - lowest <= 0.002 * highest:
        b, a = _coefficients(cutoff_hz[:1], quality)
        numerator = np.array([b[0], 2.0 * b[0], b[0]], np.float32)
        denominator = np.array([1.0, a[0, 0], a[1, 0]], np.float32)
        return np.asarray(scipy.signal.lfilter(numerator.astype(np.float64), denominator, signal), np.float32)
    return _moving(signal, cutoff_hz, quality)


def _coefficients(cutoff_hz: Float64Array, quality: float) -> tuple[Float64Array, Float64Array]:
    """Numerator's first, of 1, 2, 1, ``(n,)``, and denominator's second and third, ``(2, n)``."""
    omega = 2.0 * np.pi * np.clip(cutoff_hz, _LOWEST_HZ, _HIGHEST_HZ) / SAMPLE_RATE_HZ
    cosine, alpha = np.cos(omega), np.sin(omega) / (2.0 * quality)
    scale = 1.0 / (1.0 + alpha)
    return 0.5 * (1.0 - cosine) * scale / np.sqrt(quality), np.stack([-2.0 * cosine, 1.0 - alpha]) * scale


def _moving(signal: Float32Array, cutoff_hz: Float64Array, quality: float) -> Float32Array:
    """All blocks side by side: each from rest, and what its two memories would add, put together in order afterwards.

    Coefficients go in straight lines within a block. Memory: about three times the signal.
    """
    blocks = cutoff_hz.size - 1
    frames = signal.size // blocks
    b, a = _coefficients(cutoff_hz, quality)
    a_step, b_step = np.diff(a, axis=1) / frames, np.diff(b) / frames
    a_now, b_now = a[:, :-1].copy(), b[:-1].copy()
    columns = np.ascontiguousarray(signal.reshape(blocks, frames).T, np.float64)
    # Rows: the signal from rest, then unit memories of one and two frames ago without a signal.
    newest = np.zeros((3, blocks))
    older = np.zeros((3, blocks))
    newest[1], older[2] = 1.0, 1.0
    out = np.empty((frames, 3, blocks))
    for frame in range(frames):
        centre = newest * -a_now[0]
        centre -= older * a_now[1]
        centre[0] += columns[frame]
        older += centre
        older += newest
        older += newest
        np.multiply(older, b_now, out=out[frame])
        older, newest = newest, centre
        a_now += a_step
        b_now += b_step
    memories = _chained(newest, older)
    whole = out[:, 0] + out[:, 1] * memories[0] + out[:, 2] * memories[1]
    return np.ascontiguousarray(whole.T, np.float32).reshape(-1)


def _chained(newest: Float64Array, older: Float64Array) -> Float64Array:
    """Both memories at the beginning of every block, ``(2, blocks)``, from what each block makes of them."""
    first = second = 0.0
    found: list[tuple[float, float]] = []
    for from_rest, by_first, by_second, rest_older, first_older, second_older in zip(
        *newest.tolist(), *older.tolist(), strict=True
    ):
        found.append((first, second))
        first, second = (
            from_rest + by_first * first + by_second * second,
            rest_older + first_older * first + second_older * second,
        )
    return np.array(found).T
