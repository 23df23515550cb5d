"""Noise whose spectrum moves: shared bands of unit noise, mixed at levels that go from breakpoint to breakpoint."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.fft

from everjam.audio import SAMPLE_RATE_HZ, Float32Array
from everjam.engines.band.instruments.dsp.additive import gains, levels_at
from everjam.engines.band.instruments.dsp.base import f32

BANDS: Final = 24
"""Points of a noise spectrum."""
_LOWEST_HZ: Final = 40.0
_HIGHEST_HZ: Final = 19_000.0
_BLOCK: Final = 128
_PERIOD_FRAMES: Final = 65_536
_INAUDIBLE: Final = 1e-4
_SEED: Final = 20_010_417


@lru_cache(maxsize=1)
def centres_hz() -> npt.NDArray[np.float64]:
    """Frequencies of the points of a noise spectrum: even steps of the mel scale, shape ``(BANDS,)``, read-only."""
    low, high = 2595.0 * np.log10(1.0 + np.array([_LOWEST_HZ, _HIGHEST_HZ]) / 700.0)
    out = np.asarray(700.0 * (10.0 ** (np.linspace(low, high, BANDS) / 2595.0) - 1.0), np.float64)
    out.setflags(write=False)
    return out


def band_weights(hz: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Triangles between neighbouring points: shape ``(BANDS, len(hz))``, summing to 1 at every frequency.

    Below the first point and above the last one the outer triangles go on, flat.
    """
    return np.stack(list(_each_band(hz)))


def _each_band(hz: npt.NDArray[np.floating]) -> Iterator[npt.NDArray[np.float64]]:
    """The rows of ``band_weights``, one at a time."""
    position = np.interp(hz, centres_hz(), np.arange(BANDS, dtype=np.float64))
    for band in range(BANDS):
        yield np.maximum(0.0, 1.0 - np.abs(band - position))


@lru_cache(maxsize=1)
def unit_bands() -> Float32Array:
    """White noise of variance 1, taken apart into its bands, repeating: ``(blocks, BANDS, 128)``, 6.3 MB."""
    rng = np.random.default_rng(_SEED)
    white = rng.standard_normal(_PERIOD_FRAMES, dtype=np.float32)
    spectrum = scipy.fft.rfft(white)
    spectrum *= np.float32(np.sqrt(_PERIOD_FRAMES)) / np.maximum(np.abs(spectrum), np.float32(1e-6))
    spectrum[0] = 0.0
    blocks = np.empty((_PERIOD_FRAMES // _BLOCK, BANDS, _BLOCK), np.float32)
    for band, weights in enumerate(_each_band(scipy.fft.rfftfreq(_PERIOD_FRAMES, 1.0 / SAMPLE_RATE_HZ))):
        blocks[:, band] = scipy.fft.irfft(spectrum * weights.astype(np.float32), _PERIOD_FRAMES).reshape(-1, _BLOCK)
    blocks.setflags(write=False)
    return blocks


def band_noise(
    rng: np.random.Generator, seconds: npt.ArrayLike, levels_db: npt.NDArray[np.floating], frames: int
) -> Float32Array:
    """Noise with a moving spectrum.

    Args:
        rng: Says where in the shared noise this take begins.
        seconds: Breakpoints, rising, shape ``(T,)``, T at least 2; behind the last one its levels hold.
        levels_db: Spectral density at ``centres_hz``, against white noise of variance 1: shape ``(T, BANDS)``.
        frames: Length.

    Returns:
        float32 ``(frames,)``.
    """
    blocks = -(-frames // _BLOCK)
    source = unit_bands()
    start = int(rng.integers(len(source)))
    borders = np.arange(blocks + 1) * (_BLOCK / SAMPLE_RATE_HZ)
    gain = gains(levels_at(np.asarray(seconds, np.float64), levels_db, borders))
    loudest = gain.max(axis=0)
    heard = np.flatnonzero(loudest > _INAUDIBLE * loudest.max())
    sounding = np.flatnonzero(gain.max(axis=1))
    out = np.zeros((blocks, _BLOCK), np.float32)
    if not sounding.size:
        return out.reshape(-1)[:frames]
    last = min(blocks, int(sounding[-1]) + 1)
    low, high = int(heard[0]), int(heard[-1]) + 1
    gain = gain[: last + 1, low:high]
    ends = np.stack([gain[:-1], gain[1:] - gain[:-1]], axis=1)
    ramp = np.arange(_BLOCK, dtype=np.float32) * np.float32(1.0 / _BLOCK)
    done = 0
    while done < last:
        first = (start + done) % len(source)
        count = min(last - done, len(source) - first)
        mixed = np.matmul(ends[done : done + count], source[first : first + count, low:high])
        into = out[done : done + count]
        np.multiply(mixed[:, 1], ramp, out=into)
        into += mixed[:, 0]
        done += count
    return f32(out.reshape(-1)[:frames])
