"""How far two sounds are apart to the ear, roughly: their mel spectrograms in decibels.

One second held and 0.4 s after it; 64 bands from 40 Hz to 16 kHz; windows of 2048 frames every 512 at 48 kHz; levels
floored 55 dB below each sound's loudest cell; both at the same mean level; RMS of the difference.
For scale: the same instrument at another velocity is 0 to 4.5 dB away, another instrument 9 to 13.
"""

from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

RATE_HZ: Final = 48_000
BANDS: Final = 64
WINDOW: Final = 2048
HOP: Final = 512
HELD_SECONDS: Final = 1.0
WHOLE_SECONDS: Final = 1.4
FLOOR_DB: Final = 55.0
_LEAD_SECONDS: Final = 0.01
_ONSET: Final = 10.0 ** (-40.0 / 20.0)

Float64Array = npt.NDArray[np.float64]


@lru_cache(maxsize=1)
def mel_bank() -> Float64Array:
    """Triangular bands of equal height over the bins of a window: shape ``(BANDS, bins)``."""
    low, high = 2595.0 * np.log10(1.0 + np.array([40.0, 16_000.0]) / 700.0)
    edges = 700.0 * (10.0 ** (np.linspace(low, high, BANDS + 2) / 2595.0) - 1.0)
    hz = np.fft.rfftfreq(WINDOW, 1.0 / RATE_HZ)
    rising = (hz - edges[:-2, None]) / np.diff(edges)[:-1, None]
    falling = (edges[2:, None] - hz) / np.diff(edges)[1:, None]
    return np.asarray(np.maximum(0.0, np.minimum(rising, falling)), np.float64)


def from_onset(signal: npt.NDArray[np.floating]) -> Float64Array:
    """``signal`` from 10 ms before its onset (40 dB below its peak), ``WHOLE_SECONDS`` long, padded with silence.

    Args:
        signal: Shape ``(channels, frames)``.
    """
    loudness = np.abs(signal).max(axis=0)
    onset = int(np.argmax(loudness > loudness.max() * _ONSET))
    lead = round(_LEAD_SECONDS * RATE_HZ)
    frames = round(WHOLE_SECONDS * RATE_HZ)
    padded = np.concatenate([np.zeros((len(signal), lead)), signal], axis=1)[:, onset : onset + frames]
    out = np.zeros((len(signal), frames))
    out[:, : padded.shape[1]] = padded
    return out


def log_mel(signal: npt.NDArray[np.floating], *, every: int = 1) -> Float64Array:
    """Levels of a note from its onset; channels count by their mean power.

    Args:
        signal: Shape ``(channels, frames)``, 48 kHz.
        every: Keep only each ``every``-th window.

    Returns:
        Decibels below the loudest cell, at least ``-FLOOR_DB``: shape ``(windows, BANDS)``.
    """
    note = from_onset(signal)
    padded = np.pad(note, ((0, 0), (WINDOW // 2, WINDOW // 2)))
    window = np.hanning(WINDOW)
    power = np.zeros((0, 0))
    for channel in padded:
        views = np.lib.stride_tricks.sliding_window_view(channel, WINDOW)[:: HOP * every]
        one = np.abs(np.fft.rfft(views * window)) ** 2 @ mel_bank().T
        power = one if not power.size else power + one
    level = 10.0 * np.log10(power / len(padded) + 1e-20)
    return np.asarray(np.maximum(level - level.max(), -FLOOR_DB), np.float64)


def distance_db(one: Float64Array, other: Float64Array) -> float:
    """RMS difference of two ``log_mel`` at the same mean level."""
    difference = (one - one.mean()) - (other - other.mean())
    return float(np.sqrt(np.mean(difference**2)))
