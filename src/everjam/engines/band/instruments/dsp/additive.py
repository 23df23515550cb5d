"""Partials whose levels move from breakpoint to breakpoint, as float32 matrix products."""

from itertools import product
from typing import Final

import numpy as np
import numpy.typing as npt

from everjam.audio import SAMPLE_RATE_HZ, Float32Array
from everjam.engines.band.instruments.dsp.base import TAU, f32, powers

Float64Array = npt.NDArray[np.float64]
Complex128Array = npt.NDArray[np.complex128]

SILENT_DB: Final = -127.5
"""Level that means nothing sounds."""
_BLOCK: Final = 128
_HIGHEST_HZ: Final = SAMPLE_RATE_HZ * 0.46
_LONG_BLOCK: Final = 256
_SEGMENTS: Final = (2_048, 8_192, 24_576, 49_152, 98_304)
"""Ends of the segments, in frames: the first, the attack, has blocks half as long as the others have; partials that
have died away are left out of the later ones."""
_DEAD_DB: Final = 74.0


def levels_at(seconds: Float64Array, levels_db: npt.NDArray[np.floating], at: npt.NDArray[np.floating]) -> Float32Array:
    """Levels between breakpoints, straight in decibels.

    Args:
        seconds: Breakpoints, rising, shape ``(T,)``.
        levels_db: Shape ``(T, N)``.
        at: Times, shape ``(M,)``; before the first breakpoint its level holds, behind the last one the last.

    Returns:
        float32 ``(M, N)``, decibels.
    """
    above = np.clip(np.searchsorted(seconds, at, side="right"), 1, len(seconds) - 1)
    share = np.clip((at - seconds[above - 1]) / (seconds[above] - seconds[above - 1]), 0.0, 1.0)
    levels = f32(levels_db)
    low = levels.take(above - 1, axis=0)
    out = levels.take(above, axis=0)
    out -= low
    out *= share[:, None].astype(np.float32)
    out += low
    return f32(out)


def gains(levels_db: npt.NDArray[np.floating]) -> Float32Array:
    """Decibels to factors; ``SILENT_DB`` and below become 0."""
    out: Float32Array = np.exp2(np.asarray(levels_db, np.float32) * np.float32(np.log2(10.0) / 20.0))
    out[np.asarray(levels_db) <= SILENT_DB] = 0.0
    return out


def additive(
    hz: npt.ArrayLike,
    seconds: npt.ArrayLike,
    levels_db: npt.NDArray[np.floating],
    frames: int,
    phases: npt.ArrayLike = 0.0,
) -> Float32Array:
    """Sum of sines whose levels are straight lines in decibels between breakpoints; no zipper noise.

    Args:
        hz: Constant frequencies, shape ``(P,)``; those near Nyquist are left out.
        seconds: Breakpoints, rising, shape ``(T,)``, T at least 2; behind the last one its levels hold.
        levels_db: Decibels, shape ``(T, P)``.
        frames: Length.
        phases: Radians at frame 0, shape ``(P,)``; 0 is a sine that starts at zero.

    Returns:
        float32 ``(frames,)``.
    """
    freqs = np.atleast_1d(np.asarray(hz, np.float64))
    angles = np.broadcast_to(np.asarray(phases, np.float64), freqs.shape)
    audible = freqs < _HIGHEST_HZ
    freqs, angles, levels = freqs[audible], angles[audible], np.asarray(levels_db)[:, audible]
    total = -(-frames // _LONG_BLOCK) * _LONG_BLOCK
    out = np.zeros(total, np.float32)
    if not freqs.size:
        return out[:frames]
    breakpoints = np.asarray(seconds, np.float64)
    floor = max(float(levels.max()) - _DEAD_DB, SILENT_DB)
    turn = 1j * TAU * freqs / SAMPLE_RATE_HZ
    fine = powers(np.exp(turn), min(total, _LONG_BLOCK)).T.astype(np.complex64)
    start = 0
    for end in (*(edge for edge in _SEGMENTS if edge < total), total):
        block = _LONG_BLOCK if start else _BLOCK
        count = (end - start) // block
        borders = (start + np.arange(count + 1) * block) * (1.0 / SAMPLE_RATE_HZ)
        here = levels_at(breakpoints, levels, borders)
        alive = np.flatnonzero(here.max(axis=0) > floor)
        if alive.size:
            gain = gains(here[:, alive])
            first = np.exp(turn[alive] * start + 1j * angles[alive])
            coarse = (powers(np.exp(turn[alive] * block), count) * first).astype(np.complex64)
            left = np.empty((count, 4, alive.size), np.float32)
            slope = gain[1:] - gain[:-1]
            for column, (level, phasor) in enumerate(product((gain[:-1], slope), (coarse.imag, coarse.real))):
                np.multiply(level, phasor, out=left[:, column])
            right = np.empty((4, alive.size, block), np.float32)
            right[0], right[1] = fine.real[alive, :block], fine.imag[alive, :block]
            ramp = np.arange(block, dtype=np.float32) * np.float32(1.0 / block)
            np.multiply(right[:2], ramp, out=right[2:])
            np.matmul(left.reshape(count, -1), right.reshape(-1, block), out=out[start:end].reshape(count, block))
        start = end
    return out[:frames]
