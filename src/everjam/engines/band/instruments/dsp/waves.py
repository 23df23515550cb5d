"""Waves of analogue oscillators as exact Fourier coefficients, and the filters they go through, phase and all."""

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.fft

from everjam.audio import SAMPLE_RATE_HZ, Float32Array
from everjam.engines.band.instruments.dsp.base import f32
from everjam.engines.band.instruments.dsp.wavetable import TABLE_FRAMES, Sweep

Harmonics = npt.NDArray[np.complexfloating]
"""Coefficients of ``exp(i k turn)``, k = 1 first; the wave is twice the real part of their sum."""
Ladder = Callable[[npt.NDArray[np.floating], float], Harmonics]
"""Frequencies as ratios to the cutoff, and resonance 0 to 1 (about to whistle), to complex gains."""

_FOLDED_HZ: Final = 27_000.0
"""What a glide lifts up to here folds back above 21 kHz, where nobody hears it."""


def harmonics_for(hz: float, highest_hz: float, most: int = 700) -> int:
    """Harmonics of a tone that ends at ``hz`` and on its way is at most ``highest_hz``: none is heard folded back."""
    return max(1, min(most, int(0.44 * SAMPLE_RATE_HZ / hz), int(_FOLDED_HZ / highest_hz)))


def steps(places: npt.ArrayLike, heights: npt.ArrayLike, count: int) -> Harmonics:
    """A wave of straight pieces of one slope that jumps.

    Args:
        places: Where it jumps, in periods.
        heights: By how much.
        count: Harmonics.
    """
    number = np.arange(1, count + 1)
    turns = np.exp(-2j * np.pi * np.multiply.outer(number, np.atleast_1d(np.asarray(places, np.float64))))
    out: Harmonics = turns @ np.atleast_1d(np.asarray(heights, np.float64)) / (2j * np.pi * number)
    return out


def saw_wave(count: int) -> Harmonics:
    """A rising sawtooth of -1 to 1."""
    return steps(0.0, -2.0, count)


def pulse_wave(count: int, width: float) -> Harmonics:
    """A pulse of -1 and 1, up for ``width`` of its period, its middle at the period's start."""
    return steps([-0.5 * width, 0.5 * width], [2.0, -2.0], count)


def triangle_wave(count: int) -> Harmonics:
    """A triangle of -1 to 1."""
    number = np.arange(1, count + 1)
    return np.where(number % 2, -4j * (-1.0) ** (number // 2) / (np.pi * number) ** 2, 0.0)


def stair_wave(count: int) -> Harmonics:
    """The triangle of an early console: sixteen steps down, sixteen up."""
    levels = np.concatenate([np.arange(15, -1, -1), np.arange(16)]) / 7.5 - 1.0
    return steps(np.arange(32) / 32.0, levels - np.roll(levels, 1), count)


def sync_wave(count: int, ratio: float) -> Harmonics:
    """A sawtooth ``ratio`` >= 1 times as fast as the period that resets it."""
    inner = np.arange(1, int(np.ceil(ratio)))
    places = np.concatenate([[0.0], inner / ratio])
    heights = np.concatenate([[-2.0 * (ratio - inner.size)], np.full(inner.size, -2.0)])
    return steps(places, heights, count)


def ladder(ratio: npt.NDArray[np.floating], resonance: float) -> Harmonics:
    """Four equal poles with feedback, 24 dB an octave: the lows give way to the resonance, half made up for."""
    feedback = 4.0 * min(resonance, 0.985)
    pole = 1.0 + 1j * np.asarray(ratio)
    square = pole * pole
    out: Harmonics = (1.0 + 0.5 * feedback) / (square * square + feedback)
    return out


def diode(ratio: npt.NDArray[np.floating], resonance: float) -> Harmonics:
    """The diode ladder of the silver box (transfer function after Stinchcombe): 18 dB in view, no peak in the lows."""
    feedback = 17.0 * min(resonance, 0.985)
    s = 2.0**0.25 * 1j * np.asarray(ratio)
    out: Harmonics = (1.0 + 0.5 * feedback) / (
        (((s + 2.0**2.75) * s + 10.0 * 2.0**0.5) * s + 2.0**3.25) * s + 1.0 + feedback
    )
    return out


def two_pole(ratio: npt.NDArray[np.floating], resonance: float) -> Harmonics:
    """12 dB an octave."""
    s = 1j * np.asarray(ratio)
    out: Harmonics = 1.0 / (s * s + s * (1.42 - 1.3 * min(resonance, 1.0)) + 1.0)
    return out


def tables_of(coefficients: Harmonics) -> Float32Array:
    """Wavetables, shape ``(tables, TABLE_FRAMES + 1)``, of coefficients ``(tables, harmonics)``."""
    count = coefficients.shape[1]
    spectrum = np.zeros((coefficients.shape[0], TABLE_FRAMES // 2 + 1), np.complex64)
    spectrum[:, 1 : count + 1] = coefficients * TABLE_FRAMES
    out = np.empty((coefficients.shape[0], TABLE_FRAMES + 1), np.float32)
    out[:, :-1] = scipy.fft.irfft(spectrum, TABLE_FRAMES)
    out[:, -1] = out[:, 0]
    return out


def filtered(
    hz: float,
    wave: Harmonics,
    cutoff_hz: Float32Array,
    *,
    kind: Ladder = ladder,
    resonance: float = 0.0,
    per_octave: int = 8,
) -> Sweep:
    """A wave through a moving filter.

    Args:
        hz: Frequency of the wave. Where it glides, give the cutoff times ``hz`` over the pitch of the moment.
        wave: Its harmonics.
        cutoff_hz: Control curve.
        kind: The filter.
        resonance: 0 to 1.
        per_octave: Tables for each octave of cutoff; the sharper the resonance, the more.
    """
    octave = np.log2(np.clip(cutoff_hz, 20.0, 40_000.0)).astype(np.float32)
    low, high = float(octave.min()), float(octave.max())
    count = max(2, int(np.ceil((high - low) * per_octave)) + 1)
    centres = f32(2.0 ** np.linspace(low, high, count))
    number = np.arange(1, wave.size + 1, dtype=np.float32) * np.float32(hz)
    # Phases that moved with the cutoff would bend the pitch while it moves.
    settled = kind(number / np.float32(2.0 ** (0.5 * (low + high))), resonance)
    turned = wave * settled / np.maximum(np.abs(settled), 1e-30)
    rows = np.abs(kind(number / centres[:, None], resonance)) * turned.astype(np.complex64)
    scale = (count - 1) / (high - low) if high > low else 0.0
    return Sweep(tables_of(rows), (octave - np.float32(low)) * np.float32(scale))
