"""Every style equally loud: a slow automatic level, and a gentle compressor that glues the mix.

The level listens to the dry mix before mutes, so a muted part never makes the others louder. It measures K-weighted
power (ITU-R BS.1770-5) one quantum at a time in the frequency domain, where the master tilt is one more weight.
"""

import math
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

import numpy as np
from scipy import fft
from scipy.signal import freqz, lfilter

from everjam.audio import QUANTUM_FRAMES, SAMPLE_RATE_HZ, Float32Array
from everjam.engines.band.mixer.grid import Float64Array, cell_power
from everjam.engines.band.mixer.tilt import PIVOT_HZ, one_pole

TARGET_LUFS: Final = -12.3
"""Before the compressor, which takes the rest."""
_MEMORY_QUANTA: Final = 150
_TRUST_QUANTA: Final = 10
_SHORT: Final = 0.1
"""Short-term power moves a tenth of the way in a quantum: 0.4 s, the span of a gating block in BS.1770."""
_REST_DB: Final = 15.0
_REST_WEIGHT: Final = 0.25
"""What is this much softer than the mean counts as a rest, and for less."""
_SURGE_DB: Final = 5.0
"""No moment may come out this much louder than the target."""
_SILENCE_DB: Final = -70.0
_MAX_GAIN_DB: Final = 26.0
_FIRST_GAIN_DB: Final = 4.0
_SLEW_DB: Final = 0.4
"""The gain moves by at most this much in a quantum."""

_SHELF: Final = (
    (1.53512485958697, -2.69169618940638, 1.19839281085285),
    (1.0, -1.69065929318241, 0.73248077421585),
)
_HIGH_PASS: Final = ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621))
"""BS.1770-5, tables 1 and 2, for 48 kHz."""

_LUFS_OFFSET: Final = -0.691
_GLUE_THRESHOLD: Final = 10 ** (-17 / 10)
_GLUE_EXPONENT: Final = -0.11
_GLUE_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class LevelState:
    """What the automatic level remembers.

    Attributes:
        mean_db: Running mean of the short-term loudness, in LUFS.
        weight: Quanta that it stands for.
        short: Short-term K-weighted power.
        gain_db: At the last quantum border.
        glue: The compressor's filter memory, float64 ``(1,)``.
        glue_gain: The compressor's gain at the last cell border.
    """

    mean_db: float
    weight: float
    short: float
    gain_db: float
    glue: Float64Array
    glue_gain: float


def start() -> LevelState:
    """The gain that suits a typical mix."""
    return LevelState(TARGET_LUFS - _FIRST_GAIN_DB, _TRUST_QUANTA, 0.0, _FIRST_GAIN_DB, np.zeros(1), 1.0)


@cache
def _weights() -> Float32Array:
    """Weights over the bins of a quantum's power spectrum for low², high² and low·high, float32 ``(961, 3)``."""
    hz = fft.rfftfreq(QUANTUM_FRAMES, 1 / SAMPLE_RATE_HZ)
    k = np.ones(hz.shape, complex)
    for b, a in (_SHELF, _HIGH_PASS):
        k *= freqz(b, a, hz, fs=SAMPLE_RATE_HZ)[1]
    low = freqz(*one_pole(PIVOT_HZ), hz, fs=SAMPLE_RATE_HZ)[1]
    sides = np.where((hz == 0) | (hz == SAMPLE_RATE_HZ / 2), 1.0, 2.0)
    scale = sides * np.abs(k) ** 2 / QUANTUM_FRAMES**2
    parts = (np.abs(low) ** 2, np.abs(1 - low) ** 2, 2 * np.real(low * np.conj(1 - low)))
    return np.stack([scale * p for p in parts], axis=1).astype(np.float32)


def warm() -> None:
    """Makes the tables."""
    _weights()


def measure(x: Float32Array, below: Float64Array, above: Float64Array) -> Float64Array:
    """K-weighted power of each quantum, as it will be after the tilt.

    Args:
        x: float32 ``(2, 1920 q)``.
        below: The tilt's gain below its pivot in each quantum, ``(q,)``.
        above: The same above.
    """
    spectra = fft.rfft(x.reshape(2, -1, QUANTUM_FRAMES))
    power = np.square(spectra.real).sum(axis=0) + np.square(spectra.imag).sum(axis=0)
    low, high, both = (power @ _weights()).astype(np.float64).T
    measured: Float64Array = np.maximum(low * below**2 + high * above**2 + both * below * above, 0.0)
    return measured


def follow(state: LevelState, power: Float64Array) -> tuple[Float64Array, LevelState]:
    """The automatic level's gain.

    Args:
        state: What it remembers.
        power: From ``measure``, ``(q,)``.

    Returns:
        Gains at quantum borders, ``(q + 1,)``, and the new state.
    """
    mean, weight, short, gain = state.mean_db, state.weight, state.short, state.gain_db
    gains = [gain]
    for p in power.tolist():
        short = short + (p - short) * _SHORT if short else p
        level = _LUFS_OFFSET + 10 * math.log10(short + 1e-12)
        if level > _SILENCE_DB:
            share = 1.0 if level > mean - _REST_DB else _REST_WEIGHT
            weight = min(weight + share, _MEMORY_QUANTA)
            mean += (max(level, mean - 2 * _REST_DB) - mean) * share / weight
            wanted = min(TARGET_LUFS - mean, TARGET_LUFS + _SURGE_DB - level)
            wanted = min(max(wanted, -_MAX_GAIN_DB), _MAX_GAIN_DB)
            gain = min(max(wanted, gain - _SLEW_DB), gain + _SLEW_DB)
        gains.append(gain)
    linear: Float64Array = 10 ** (np.array(gains) / 20)
    return linear, replace(state, mean_db=mean, weight=weight, short=short, gain_db=gain)


def glue(state: LevelState, mix: Float32Array) -> tuple[Float64Array, LevelState]:
    """The compressor's gain at cell borders.

    Args:
        state: What it remembers.
        mix: float32 ``(2, 1920 q)``, at its final level.

    Returns:
        Gains ``(30 q + 1,)``; each depends on cells before it only; and the new state.
    """
    pole = float(np.exp(-64 / SAMPLE_RATE_HZ / _GLUE_SECONDS))
    envelope, memory = lfilter([1 - pole], [1, -pole], cell_power(mix), zi=state.glue)
    gains = np.empty(envelope.shape[0] + 1)
    gains[0] = state.glue_gain
    gains[1:] = (1.0 + np.maximum(envelope, 0.0) / _GLUE_THRESHOLD) ** _GLUE_EXPONENT
    return gains, replace(state, glue=memory, glue_gain=float(gains[-1]))
