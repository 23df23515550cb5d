"""Decaying partials as float32 matrix products: coarse phasors by fine phasors."""

from typing import Final

import numpy as np
import numpy.typing as npt

from everjam.audio import SAMPLE_RATE_HZ, Float32Array
from everjam.engines.band.instruments.dsp.base import TAU, powers

Float64Array = npt.NDArray[np.float64]

_BLOCK: Final = 256
_HIGHEST_HZ: Final = SAMPLE_RATE_HZ * 0.46
_SEGMENT_BLOCKS: Final = (24, 96, 384)
"""Ends of the segments, in blocks: partials that have died away are left out of the later, longer ones."""
_DEAD_DB: Final = 84.0


def modal(
    hz: npt.ArrayLike,
    amplitudes: npt.ArrayLike,
    tau_seconds: npt.ArrayLike,
    frames: int,
    phases: npt.ArrayLike = 0.0,
) -> Float32Array:
    """Sum of exponentially decaying sines.

    Args:
        hz: Frequencies, shape ``(partials,)``; those near Nyquist are left out.
        amplitudes: Shape ``(partials,)`` or ``(channels, partials)``.
        tau_seconds: Time constants, shape ``(partials,)``.
        frames: Length.
        phases: Radians at frame 0, shape ``(partials,)`` or ``(channels, partials)``; 0 is a sine that starts at zero.

    Returns:
        float32, ``(frames,)`` for one-dimensional amplitudes, else ``(channels, frames)``.
    """
    freqs = np.atleast_1d(np.asarray(hz, np.float64))
    amps = np.asarray(amplitudes, np.float64)
    mono = amps.ndim < 2
    amps = np.atleast_2d(np.broadcast_to(amps, amps.shape[:-1] + freqs.shape))
    angle = np.broadcast_to(np.asarray(phases, np.float64), amps.shape)
    taus = np.broadcast_to(np.asarray(tau_seconds, np.float64), freqs.shape)
    audible = freqs < _HIGHEST_HZ
    freqs, amps, angle, taus = freqs[audible], amps[:, audible], angle[:, audible], taus[audible]
    out = np.zeros((amps.shape[0], frames), np.float32)
    if freqs.size:
        _sum_segments(out, freqs, amps * np.exp(1j * angle), taus)
    return out[0] if mono else out


def _sum_segments(
    out: Float32Array, freqs: Float64Array, weights: npt.NDArray[np.complex128], taus: Float64Array
) -> None:
    frames = out.shape[1]
    blocks = -(-frames // _BLOCK)
    exponent = 1j * TAU * freqs / SAMPLE_RATE_HZ - 1.0 / (taus * SAMPLE_RATE_HZ)
    fine = powers(np.exp(exponent), _BLOCK).T.astype(np.complex64)
    block_step = np.exp(exponent * _BLOCK)
    size = np.abs(weights).max(axis=0)
    dead_after = taus * np.log(np.maximum(size / size.max(), 1e-9) * 10.0 ** (_DEAD_DB / 20.0)) * SAMPLE_RATE_HZ
    start = 0
    for end in (*(edge for edge in _SEGMENT_BLOCKS if edge < blocks), blocks):
        alive = np.flatnonzero(dead_after > start * _BLOCK)
        if not alive.size:
            break
        coarse = powers(block_step[alive], end - start) * np.exp(exponent[alive] * (start * _BLOCK))
        right = np.concatenate([fine[alive].real, fine[alive].imag])
        first, last = start * _BLOCK, min(frames, end * _BLOCK)
        for channel, weight in enumerate(weights):
            phasors = (coarse * weight[alive]).astype(np.complex64)
            left = np.concatenate([phasors.imag, phasors.real], axis=1)
            out[channel, first:last] = (left @ right).reshape(-1)[: last - first]
        start = end
