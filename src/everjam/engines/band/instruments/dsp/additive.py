"""Partials whose levels move from breakpoint to breakpoint, as float32 matrix products."""

from typing import Final

import numpy as np
import numpy.typing as npt

from everjam.audio import SAMPLE_RATE_HZ, Float32Array
from everjam.engines.band.instruments.dsp.base import TAU, f32, product

Float64Array = npt.NDArray[np.float64]
Complex128Array = npt.NDArray[np.complex128]

SILENT_DB: Final = -127.5
"""Level that means nothing sounds."""
_BLOCK: Final = 128
_HIGHEST_HZ: Final = SAMPLE_RATE_HZ * 0.46
_SEGMENTS: Final = (16, 48, 96, 192, 384)
"""Ends of the segments, in blocks: partials that have died away are left out of the later, longer ones."""
_DEAD_DB: Final = 74.0


def powers(base: Complex128Array, count: int) -> Complex128Array:
    """``base ** 0 ... base ** (count - 1)`` by doubling: shape ``(count, base.size)``."""
    out = np.empty((count, base.size), np.complex128)
    out[0] = 1.0
    filled = 1
    step = base.copy()
    while filled < count:
        more = min(filled, count - filled)
        np.multiply(out[:more], step, out=out[filled : filled + more])
        filled += more
        step = step * step
    return out


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
    low = levels_db[above - 1]
    return f32(low + (levels_db[above] - low) * share[:, None].astype(np.float32))


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
    blocks = -(-frames // _BLOCK)
    out = np.zeros((blocks, _BLOCK), np.float32)
    if not freqs.size:
        return out.reshape(-1)[:frames]
    borders = np.arange(blocks + 1) * (_BLOCK / SAMPLE_RATE_HZ)
    level = levels_at(np.asarray(seconds, np.float64), levels, borders)
    loudest = float(level.max())
    ramp = np.arange(_BLOCK, dtype=np.float32) * np.float32(1.0 / _BLOCK)
    turn = 1j * TAU * freqs / SAMPLE_RATE_HZ
    start = 0
    for end in (*(edge for edge in _SEGMENTS if edge < blocks), blocks):
        here = level[start : end + 1]
        alive = np.flatnonzero(here.max(axis=0) > max(loudest - _DEAD_DB, SILENT_DB))
        if alive.size:
            gain = gains(here[:, alive])
            first = np.exp(turn[alive] * (start * _BLOCK) + 1j * angles[alive])
            coarse = (powers(np.exp(turn[alive] * _BLOCK), end - start) * first).astype(np.complex64)
            fine = powers(np.exp(turn[alive]), _BLOCK).T.astype(np.complex64)
            slope = np.diff(gain, axis=0)
            left = np.concatenate(
                [gain[:-1] * coarse.imag, gain[:-1] * coarse.real, slope * coarse.imag, slope * coarse.real], axis=1
            )
            right = np.concatenate([fine.real, fine.imag, fine.real * ramp, fine.imag * ramp])
            out[start:end] = product(left, right)
        start = end
    return out.reshape(-1)[:frames]
