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
_STEP: Final = 0.01
"""A step of the cutoff that is not heard: a sixth of a semitone."""


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
    if float(cutoff_hz.min()) >= OPEN_HZ and quality <= 1.0:
        return signal * np.float32(1.0 / np.sqrt(quality))
    frames = signal.size // (cutoff_hz.size - 1)
    change = np.abs(np.diff(np.log(np.maximum(cutoff_hz, _LOWEST_HZ))))
    quick = np.flatnonzero(change > _STEP)
    split = int(quick[-1]) + 1 if quick.size else 0
    moving, memory = _moving(signal[: split * frames], cutoff_hz[: split + 1], quality)
    still = _stepping(signal[split * frames :], cutoff_hz[split:], np.cumsum(change[split:]), quality, memory)
    return still if not split else np.concatenate([moving, still])


def _coefficients(cutoff_hz: Float64Array, quality: float) -> tuple[Float64Array, Float64Array]:
    """Numerator's first, of 1, 2, 1, ``(n,)``, and denominator's second and third, ``(2, n)``."""
    omega = 2.0 * np.pi * np.clip(cutoff_hz, _LOWEST_HZ, _HIGHEST_HZ) / SAMPLE_RATE_HZ
    cosine, alpha = np.cos(omega), np.sin(omega) / (2.0 * quality)
    scale = 1.0 / (1.0 + alpha)
    return 0.5 * (1.0 - cosine) * scale / np.sqrt(quality), np.stack([-2.0 * cosine, 1.0 - alpha]) * scale


def _stepping(
    signal: Float32Array, cutoff_hz: Float64Array, way: Float64Array, quality: float, memory: tuple[float, float]
) -> Float32Array:
    """A cutoff that moves slowly or not at all goes in steps too small to be heard.

    Args:
        signal: Whole blocks.
        cutoff_hz: At their borders.
        way: How far the logarithm of the cutoff has gone at the end of each block.
        quality: Of the filter.
        memory: As ``_moving`` leaves it.
    """
    if not signal.size:
        return signal
    frames = signal.size // way.size
    borders = np.concatenate([[0], np.flatnonzero(np.diff(np.floor(way / _STEP))) + 1, [way.size]])
    middles = cutoff_hz[(borders[:-1] + borders[1:]) // 2]
    b, a = _coefficients(middles, quality)
    first, second = memory
    # From the memories of direct form II to those of its transpose, which scipy keeps.
    state = np.array(
        [
            b[0] * (2.0 - a[0, 0]) * first + b[0] * (1.0 - a[1, 0]) * second,
            b[0] * (1.0 - a[1, 0]) * first + b[0] * (a[0, 0] - 2.0 * a[1, 0]) * second,
        ]
    )
    out = np.empty(signal.size, np.float32)
    for number, (begin, end) in enumerate(zip(borders[:-1] * frames, borders[1:] * frames, strict=True)):
        numerator = np.array([b[number], 2.0 * b[number], b[number]])
        denominator = np.array([1.0, a[0, number], a[1, number]])
        out[begin:end], state = scipy.signal.lfilter(numerator, denominator, signal[begin:end], zi=state)
    return out


def _moving(signal: Float32Array, cutoff_hz: Float64Array, quality: float) -> tuple[Float32Array, tuple[float, float]]:
    """All blocks side by side: each from rest, and what its two memories would add, put together in order afterwards.

    Coefficients go in straight lines within a block. Memory: about three times the signal.

    Returns:
        The signal, and the filter's two memories after it (direct form II, the newer one first).
    """
    blocks = cutoff_hz.size - 1
    if not blocks:
        return signal, (0.0, 0.0)
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
    whole = out[:, 1] * memories[0, :-1]
    whole += out[:, 0]
    whole += out[:, 2] * memories[1, :-1]
    last = (float(memories[0, -1]), float(memories[1, -1]))
    return np.ascontiguousarray(whole.T, np.float32).reshape(-1), last


def _chained(newest: Float64Array, older: Float64Array) -> Float64Array:
    """Both memories at the borders of the blocks, ``(2, blocks + 1)``, from what each block makes of them."""
    first = second = 0.0
    found: list[tuple[float, float]] = [(first, second)]
    for from_rest, by_first, by_second, rest_older, first_older, second_older in zip(
        *newest.tolist(), *older.tolist(), strict=True
    ):
        first, second = (
            from_rest + by_first * first + by_second * second,
            rest_older + first_older * first + second_older * second,
        )
        found.append((first, second))
    return np.array(found).T
