"""Ensembles as long loops of spread harmonics: any number of players and any length for a few inverse FFTs."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.fft

from everjam.audio import SAMPLE_RATE_HZ, Float32Array
from everjam.engines.band.instruments.dsp.base import TAU, f32, upsample
from everjam.engines.band.instruments.dsp.filters import Response

_SIZES: Final = (1 << 16, 1 << 17, 1 << 18)
_MONO_HZ: Final = 180.0
_WIDEST_RADIANS: Final = 3.8
"""Between the sides: their correlation then is a half."""
_HIGHEST_HZ: Final = 20_500.0
_INAUDIBLE: Final = 2e-5


@dataclass(frozen=True, slots=True)
class Spread:
    """How the players of an ensemble are out of tune with each other.

    Attributes:
        cents: Where they stand.
        blur_cents: How far each strays (standard deviation): vibrato, drift.
        least_hz: How far at least, so that low notes move too.
        width: Stereo width, 0 to 1; nothing below 180 Hz is wide.
    """

    cents: tuple[float, ...] = (0.0,)
    blur_cents: float = 6.0
    least_hz: float = 0.25
    width: float = 0.7


def cloud(
    hz: float,
    rows: npt.NDArray[np.floating],
    spread: Spread,
    frames: int,
    position: Float32Array,
    rng: np.random.Generator,
    ratios: npt.NDArray[np.floating] | None = None,
) -> Float32Array:
    """An ensemble's steady tone that moves through some spectra.

    Args:
        hz: Fundamental.
        rows: Amplitudes of the partials, shape ``(spectra, partials)``.
        spread: The players.
        frames: Length; the loop, of 1.4 to 5.5 s, is repeated where it is shorter.
        position: Control curve (``dsp.base.control_times``) of places in ``rows``, 0 to ``len(rows) - 1``.
        rng: For the phases.
        ratios: Of the partials to the fundamental; None makes harmonics.

    Returns:
        float32 ``(2, frames)``, of RMS 1 at the spectra's mean.
    """
    # Beating that comes back once is not heard as a loop.
    size = next((size for size in _SIZES if frames <= 2 * size), _SIZES[-1])
    loudest = rows.max(axis=0)
    rows = rows[:, : int(np.flatnonzero(loudest > _INAUDIBLE * loudest.max())[-1]) + 1]
    power = _power(hz, rows, spread, size, ratios)
    used = power.shape[1]
    # As many numbers whatever is used of them: a brighter note has the same beating.
    dice = rng.random((2, size // 2), dtype=np.float32)[:, :used]
    middle = dice[0] * np.float32(TAU)
    aside = f32(dice[1] - np.float32(0.5))
    aside *= np.float32(_WIDEST_RADIANS * spread.width)
    aside[: int(_MONO_HZ * size / SAMPLE_RATE_HZ)] = 0.0
    amplitude = np.sqrt(power)
    amplitude *= np.float32(size / 2.0 / max(1e-9, float(np.sqrt(0.5 * power.sum(axis=1).mean()))))
    weights = [np.clip(1.0 - np.abs(position - np.float32(row)), 0.0, 1.0) for row in range(len(rows))]
    curves = [upsample(f32(weight), frames) if weight.any() else None for weight in weights]
    out = np.zeros((2, frames), np.float32)
    turn = np.empty(used, np.complex64)
    spectrum = np.zeros(size // 2 + 1, np.complex64)
    for side in range(2):
        sign = np.float32(0.5 - side)
        np.cos(middle + sign * aside, out=turn.real)
        np.sin(middle + sign * aside, out=turn.imag)
        for line, curve in zip(amplitude, curves, strict=True):
            if curve is None:
                continue
            np.multiply(line, turn, out=spectrum[:used])
            loop = scipy.fft.irfft(spectrum, size)
            for start in range(0, frames, size):
                end = min(frames, start + size)
                out[side, start:end] += loop[: end - start] * curve[start:end]
    return out


def hiss(
    rng: np.random.Generator, frames: int, response: Response, *, width: float = 0.7, size: int = 1 << 16
) -> Float32Array:
    """Steady stereo noise as a loop: of RMS 1, ``(2, frames)``.

    Args:
        rng: For the phases.
        frames: Length.
        response: Its spectrum.
        width: 0 = mono, 1 = as wide as mono bears.
        size: Frames of the loop; longer for what is heard alone.
    """
    bins = np.fft.rfftfreq(size, 1.0 / SAMPLE_RATE_HZ).astype(np.float32)
    gains = f32(response(bins))
    gains[0] = 0.0
    gains *= np.float32(size / 2.0 / max(1e-9, float(np.sqrt(0.5 * np.sum(gains * gains)))))
    middle = rng.random(bins.size, dtype=np.float32) * np.float32(TAU)
    aside = f32(rng.random(bins.size, dtype=np.float32) - np.float32(0.5))
    aside *= np.float32(_WIDEST_RADIANS * width)
    spectrum = np.empty((2, bins.size), np.complex64)
    for side in range(2):
        turn = middle + np.float32(0.5 - side) * aside
        np.multiply(np.cos(turn), gains, out=spectrum[side].real)
        np.multiply(np.sin(turn), gains, out=spectrum[side].imag)
    loop = scipy.fft.irfft(spectrum, size)
    if frames <= size:
        return f32(loop[:, :frames])
    return f32(np.tile(loop, (1, -(-frames // size)))[:, :frames])


def _power(
    hz: float, rows: npt.NDArray[np.floating], spread: Spread, size: int, ratios: npt.NDArray[np.floating] | None
) -> Float32Array:
    """Power of every bin up to the highest that is used: ``(spectra, bins)``."""
    bin_hz = SAMPLE_RATE_HZ / size
    out = np.zeros((len(rows), int(_HIGHEST_HZ * 1.03 / bin_hz)), np.float32)
    loudness = f32(rows * rows)
    detuned = f32(2.0 ** (np.array(spread.cents) / 1200.0))
    highest = 1
    for number, multiple in enumerate(np.arange(1, rows.shape[1] + 1) if ratios is None else ratios):
        centres = detuned * np.float32(hz * float(multiple))
        blur = max(spread.least_hz, 0.45 * bin_hz, hz * float(multiple) * (2.0 ** (spread.blur_cents / 1200.0) - 1.0))
        first = max(1, int((float(centres.min()) - 3.0 * blur) / bin_hz))
        highest = int((float(centres.max()) + 3.0 * blur) / bin_hz) + 2
        if centres.max() > _HIGHEST_HZ or highest > out.shape[1]:
            break
        away = (np.arange(first, highest, dtype=np.float32) * np.float32(bin_hz) - centres[:, None]) * np.float32(
            0.7071 / blur
        )
        share = np.exp(-away * away).sum(axis=0)
        out[:, first:highest] += loudness[:, number, None] * (share * np.float32(1.0 / share.sum()))
    return out[:, :highest]
