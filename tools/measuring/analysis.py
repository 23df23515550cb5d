"""Takes a recorded note apart: partials over time, and the noise that is left."""

import itertools
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.fft

from everjam.engines.band.instruments.dsp.additive import additive
from everjam.engines.band.instruments.dsp.bands import band_weights, centres_hz

from .recording import RATE_HZ
from .source import Source

Float64Array = npt.NDArray[np.float64]

HELD_SECONDS: Final = (
    0.0, 0.003, 0.006, 0.012, 0.02, 0.035, 0.055, 0.08, 0.11, 0.15, 0.2, 0.27, 0.36, 0.48, 0.62, 0.8, 1.05, 1.5, 2.4,
)  # fmt: skip
RINGING_SECONDS: Final = (0.0, 0.003, 0.006, 0.012, 0.02, 0.035, 0.06, 0.1, 0.17, 0.3, 0.5, 0.85, 1.4, 2.4, 4.2)
_ONSET: Final = 10.0 ** (-40.0 / 20.0)
_FLOOR_DB: Final = -120.0
_CELL_FRAMES: Final = 5
_SHORT_SECONDS: Final = 0.006
_SHORT_LENGTH: Final = 1024
_KNOWN_SHARE: Final = 3.0
"""Power that partials are granted in the attack: their mean levels in decibels are below their mean power."""
_EARLY_SECONDS: Final = 0.085
_POINTS: Final = centres_hz()


@dataclass(frozen=True, slots=True)
class Analysed:
    """A note taken apart.

    Attributes:
        levels_db: Of the partials, ``(T, P)``.
        noise_db: Spectral density at the points of ``dsp.bands``, ``(T, BANDS)``.
        release_seconds: Fall by 60 dB after the key is let go.
    """

    levels_db: Float64Array
    noise_db: Float64Array
    release_seconds: float


def from_onset(signal: npt.NDArray[np.floating]) -> Float64Array:
    """Without the silence before; one channel where both are the same."""
    loudness = np.abs(signal).max(axis=0)
    onset = int(np.argmax(loudness > loudness.max() * _ONSET))
    both = signal[:1] if np.array_equal(signal[0], signal[1]) else signal
    return np.asarray(both[:, onset:], np.float64)


@lru_cache(maxsize=64)
def _hann(size: int) -> Float64Array:
    return np.asarray(np.hanning(size), np.float64)


def power_at(signal: Float64Array, centre: int, size: int, *, pad: int = 2) -> tuple[Float64Array, float]:
    """Power spectrum of a Hann window around a frame, scaled to a full sine's ``amplitude ** 2`` over its bins.

    Frames before the onset do not exist; windows that would begin there begin at the onset.

    Returns:
        Power of each bin, over channels; width of a bin in Hz.
    """
    start = max(0, centre - size // 2)
    piece = signal[:, start : start + size]
    if piece.shape[1] < size:
        piece = np.pad(piece, ((0, 0), (0, size - piece.shape[1])))
    window = _hann(size)
    length = scipy.fft.next_fast_len(size * pad, real=True)
    spectrum = scipy.fft.rfft((piece * window).astype(np.float32), length)
    power = (spectrum.real**2 + spectrum.imag**2).mean(axis=0).astype(np.float64)
    return power * (4.0 / (length * np.sum(window**2))), RATE_HZ / length


def fundamental_hz(signal: Float64Array, nominal_hz: float) -> float:
    """The pitch within a semitone of the nominal one, by its first harmonics together."""
    power, bin_hz = power_at(signal, int(0.45 * RATE_HZ), int(0.6 * RATE_HZ), pad=8)
    level = np.sqrt(power)
    best, best_hz = -1.0, nominal_hz
    for cents in np.arange(-60.0, 60.5, 1.0):
        hz = nominal_hz * 2.0 ** (cents / 1200.0)
        numbers = np.arange(1, max(2, min(10, int(9000.0 / hz))) + 1)
        total = float(np.interp(numbers * hz / bin_hz, np.arange(level.size), level).sum())
        if total > best:
            best, best_hz = total, hz
    return best_hz


def stiffness_of(signal: Float64Array, hz: float) -> tuple[float, float]:
    """Fundamental and inharmonicity coefficient B, from where the loud partials lie."""
    power, bin_hz = power_at(signal, int(0.45 * RATE_HZ), int(0.85 * RATE_HZ), pad=4)
    stiffness = 0.0
    found: list[tuple[int, float, float]] = []
    for number in range(2, 30):
        centre = number * hz * np.sqrt(1.0 + stiffness * number**2)
        if centre > 9000.0:
            break
        half = min(0.25 * hz, 0.012 * centre + 4.0)
        low, high = int((centre - half) / bin_hz), int((centre + half) / bin_hz) + 2
        at = low + int(np.argmax(power[low:high]))
        found.append((number, at * bin_hz, float(power[at])))
        usable = [row for row in found if row[0] >= 3 and row[2] > 1e-5 * power.max()]
        if len(usable) >= 3:
            numbers, freqs, _ = (np.array(column, np.float64) for column in zip(*usable, strict=True))
            stretch = ((freqs / (numbers * hz)) ** 2 - 1.0) / (numbers**2 - 1.0)
            stiffness = float(np.clip(np.median(stretch), 0.0, 0.004))
    return hz, stiffness


def peaks_hz(signal: Float64Array, nominal_hz: float, most: int) -> Float64Array:
    """The strongest partials of a struck body, rising."""
    size = min(int(0.5 * RATE_HZ), signal.shape[1])
    power, bin_hz = power_at(signal, size // 2, size, pad=4)
    whole = power
    power = power.copy()
    power[: int(max(25.0, 0.3 * nominal_hz) / bin_hz)] = 0.0
    power[int(17_000.0 / bin_hz) :] = 0.0
    loudest = power.max()
    out: list[float] = []
    while len(out) < most:
        best = int(np.argmax(power))
        if power[best] < loudest * 1e-6:
            break
        around = power[max(0, best - int(150.0 / bin_hz)) : best + int(150.0 / bin_hz)]
        # The skirt of a partial that was taken away has no peak of its own.
        peaked = whole[best] >= whole[best - 1 : best + 2].max()
        standing_out = (
            peaked and power[best] > 20.0 * np.median(around[around > 0.0]) if np.any(around > 0.0) else False
        )
        if standing_out:
            out.append(best * bin_hz)
        half = max(2, int((14.0 if standing_out else 4.0) / bin_hz))
        power[max(0, best - half) : best + half] = 0.0
    return np.sort(np.array(out or [nominal_hz]))


def _cells(seconds: Float64Array) -> list[Float64Array]:
    """Moments at which the levels of each breakpoint are looked at."""
    edges = np.concatenate([[0.0], np.sqrt(seconds[1:-1] * seconds[2:]), [seconds[-1] * 1.02]])
    edges = np.concatenate([edges[:1], [0.5 * seconds[1]], edges[1:]])
    return [np.linspace(low, high, _CELL_FRAMES + 2)[1:-1] for low, high in itertools.pairwise(edges)]


def _broadband(signal: Float64Array, size: int) -> Float64Array:
    """Power in windows of ``size`` frames that begin at each frame, and end with the signal."""
    total = np.concatenate([[0.0], np.cumsum((signal**2).mean(axis=0))])
    ends = np.minimum(np.arange(total.size - 1) + size, total.size - 1)
    return np.asarray((total[ends] - total[:-1]) / np.maximum(1, ends - np.arange(total.size - 1)), np.float64)


class _Note:
    """A signal with what several steps of the analysis need of it.

    Args:
        signal: ``(channels, frames)`` from the onset.
        hz: Partials, rising.
        spacing_hz: Between the partials that matter.
    """

    def __init__(self, signal: Float64Array, hz: Float64Array, spacing_hz: float) -> None:
        self.signal = signal
        self.hz = hz
        gaps = np.diff(hz, prepend=0.0, append=2.0 * hz[-1])
        self.reach_hz = 0.5 * np.minimum(gaps[:-1], gaps[1:])
        self.short = int(np.clip(3.5 / spacing_hz, 0.008, 0.06) * RATE_HZ)
        self.long = int(np.clip(8.0 / spacing_hz, 0.045, 0.14) * RATE_HZ)
        self.fine = int(np.clip(1.0 / spacing_hz, 0.003, 0.02) * RATE_HZ)
        self.fine_power = _broadband(signal, self.fine)
        self.window_power = _broadband(signal, self.short)
        self.valleys: list[npt.NDArray[np.int64]] = []

    def onset_gain(self, frame: int) -> float:
        """Power at a moment before the first window's middle, against that window's mean."""
        if frame >= self.short // 2 or frame >= self.fine_power.size:
            return 1.0
        return float(min(4.0, self.fine_power[frame] / max(1e-20, self.window_power[0])))

    def partial_powers(self, frame: int) -> Float64Array:
        """``amplitude ** 2`` of each partial."""
        size = int(np.clip(2 * frame, self.short, self.long))
        power, bin_hz = power_at(self.signal, max(frame, size // 2), size)
        half = np.minimum(self.reach_hz, np.maximum(2.2 * RATE_HZ / size, 0.012 * self.hz))
        total = np.concatenate([[0.0], np.cumsum(power)])
        bins = np.arange(total.size)
        low, high = ((self.hz + side * half) / bin_hz + 0.5 for side in (-1.0, 1.0))
        return np.asarray(
            (np.interp(high, bins, total) - np.interp(low, bins, total)) * self.onset_gain(frame), np.float64
        )

    def _valleys(self, bins: int, bin_hz: float) -> list[npt.NDArray[np.int64]]:
        """Bins between the partials, around each point of ``dsp.bands``."""
        freqs = np.arange(bins) * bin_hz
        nearest = np.searchsorted(self.hz, freqs)
        away = np.minimum(
            np.abs(freqs - self.hz[np.minimum(nearest, self.hz.size - 1)]),
            np.abs(freqs - self.hz[np.maximum(nearest - 1, 0)]),
        )
        spacing_hz = float(np.median(self.reach_hz) * 2.0)
        free = (away > min(2.4 * RATE_HZ / self.long, 0.4 * spacing_hz)) & (freqs > 25.0)
        return [np.flatnonzero(free & (weight > 0.02)) for weight in band_weights(freqs)]

    def valley_density(self, frame: int) -> Float64Array:
        """Power of a hertz, in ``amplitude ** 2``, between the partials at the points of ``dsp.bands``."""
        power, bin_hz = power_at(self.signal, max(frame, self.long // 2), self.long)
        if not self.valleys:
            self.valleys = self._valleys(power.size, bin_hz)
        # Median of an exponential distribution: what leaks from the partials is not counted.
        middles = [np.partition(power[at], at.size // 2)[at.size // 2] if at.size else 0.0 for at in self.valleys]
        return np.asarray(np.array(middles) / (np.log(2.0) * bin_hz), np.float64)


@lru_cache(maxsize=1)
def _short_weights() -> Float64Array:
    return band_weights(np.arange(_SHORT_LENGTH // 2 + 1) * (RATE_HZ / _SHORT_LENGTH))


def _short_bands(signal: Float64Array, frame: int) -> Float64Array:
    """Power of a hertz at the points of ``dsp.bands`` in a few milliseconds."""
    size = int(_SHORT_SECONDS * RATE_HZ)
    start = max(0, frame - size // 2)
    piece = signal[:, start : start + size]
    piece = np.pad(piece, ((0, 0), (0, size - piece.shape[1])))
    # Half a window at the very onset: all of what is there counts.
    window = np.hanning(2 * size)[size:] if start == 0 else np.hanning(size)
    length = _SHORT_LENGTH
    power = (np.abs(np.fft.rfft(piece * window, length)) ** 2).mean(axis=0)
    power *= 4.0 / (length * np.sum(window**2))
    bin_hz = RATE_HZ / length
    weights = _short_weights()
    return np.asarray((weights @ power) / (weights.sum(axis=1) * bin_hz), np.float64)


def _db(power: npt.NDArray[np.floating]) -> Float64Array:
    return np.asarray(10.0 * np.log10(np.maximum(power, 10.0 ** (_FLOOR_DB / 10.0))), np.float64)


_DENSITY_DB: Final = float(10.0 * np.log10(RATE_HZ / 4.0))
"""White noise of variance 1 has 2 / (rate / 2) of ``amplitude ** 2`` a hertz."""


def analyse(
    signal: Float64Array, hz: Float64Array, spacing_hz: float, seconds: Float64Array, held_seconds: float, seed: int
) -> Analysed:
    """Takes a note apart.

    Args:
        signal: ``(channels, frames)`` from the onset.
        hz: Its partials, rising.
        spacing_hz: Between the partials that matter; says how long windows have to be.
        seconds: Breakpoints.
        held_seconds: When it is let go, from the onset.
        seed: Of the phases of the partials that are taken away.
    """
    note = _Note(signal, hz, spacing_hz)
    last = int((held_seconds - 0.03) * RATE_HZ)
    levels, noise = [], []
    for cell in _cells(seconds):
        frames = np.unique(np.minimum((cell * RATE_HZ).astype(np.int64), last - note.long // 2))
        frames = np.maximum(frames, 0)
        noisy = [_db(note.valley_density(int(frame)) * note.onset_gain(int(frame))) for frame in frames[::2]]
        valley = np.mean(noisy, 0)
        density = np.interp(hz, _POINTS, 10.0 ** (valley / 10.0))
        rows = []
        for frame in frames:
            size = int(np.clip(2 * frame, note.short, note.long))
            half = np.minimum(note.reach_hz, np.maximum(2.2 * RATE_HZ / size, 0.012 * hz))
            power = note.partial_powers(int(frame))
            rows.append(_db(np.maximum(power - 2.0 * half * density, 0.03 * power)))
        levels.append(np.mean(rows, 0))
        noise.append(valley + _DENSITY_DB)
    levels_db, noise_db = np.array(levels), np.array(noise)
    noise_db = _with_attack(signal, hz, seconds, levels_db, noise_db, seed)
    return Analysed(levels_db, noise_db, _release_seconds(signal, held_seconds))


def _with_attack(
    signal: Float64Array, hz: Float64Array, seconds: Float64Array, levels: Float64Array, noise: Float64Array, seed: int
) -> Float64Array:
    """Noise with what the partials leave of the attack, band by band."""
    rng = np.random.default_rng(seed)
    frames = int((_EARLY_SECONDS + 0.05) * RATE_HZ)
    takes = [additive(hz, seconds, levels, frames, rng.uniform(0.0, 2.0 * np.pi, hz.size)) for _ in range(4)]
    partials = np.asarray(takes, np.float64)
    out = noise.copy()
    for row, cell in enumerate(_cells(seconds)):
        if seconds[row] > _EARLY_SECONDS:
            break
        moments = (cell * RATE_HZ).astype(np.int64)
        whole = np.mean([_short_bands(signal, int(frame)) for frame in moments], 0)
        known = np.mean([_short_bands(partials, int(frame)) for frame in moments], 0)
        left = whole - _KNOWN_SHARE * known
        out[row] = np.where(left > 0.1 * whole, np.maximum(noise[row], _db(left) + _DENSITY_DB), noise[row])
    return out


def _release_seconds(signal: Float64Array, held_seconds: float) -> float:
    """Time of a fall by 60 dB after the note was let go, from its first 25 dB."""
    size = int(0.01 * RATE_HZ)
    power = _db(_broadband(signal, size)[int(held_seconds * RATE_HZ) - size :: size // 2])
    fallen = power[0] - power
    below = np.flatnonzero(fallen > 25.0)
    if not below.size:
        return 3.0
    at = np.arange(power.size) * 0.005
    first = int(np.argmax(fallen > 3.0))
    end = max(int(below[0]), first + 1)
    fall = (fallen[end] - fallen[first]) / max(0.005, at[end] - at[first])
    return float(np.clip(60.0 / max(fall, 1.0), 0.03, 4.0))


def frequencies(
    source: Source, signal: Float64Array, nominal_hz: float, numbers: Float64Array
) -> tuple[Float64Array, float, float, float]:
    """Where a note's partials are.

    Args:
        source: The instrument.
        signal: ``(channels, frames)`` from the onset.
        nominal_hz: Its key.
        numbers: Harmonics to be looked at, of the pitch divided by ``source.below``.

    Returns:
        Partials in Hz, rising; the fundamental; the stiffness; the spacing that windows have to resolve.
    """
    if source.kind in {"bar", "drum"}:
        drum = source.kind == "drum"
        hz = peaks_hz(signal, 0.0 if drum else nominal_hz, source.partials)
        first = nominal_hz if drum else float(hz[np.argmin(np.abs(np.log2(hz / nominal_hz)))])
        if abs(np.log2(first / nominal_hz)) > 0.06:
            first = nominal_hz
        gaps = np.diff(hz)
        spacing = float(np.clip(np.median(gaps) if gaps.size else nominal_hz, 60.0, 400.0))
        return hz, first, 0.0, spacing
    first = fundamental_hz(signal, nominal_hz)
    stiffness = 0.0
    if source.kind == "string":
        first, stiffness = stiffness_of(signal, first)
    lowest = first / source.below
    hz = lowest * numbers * np.sqrt((1.0 + stiffness * numbers**2) / (1.0 + stiffness))
    return hz[hz < 19_500.0], first, stiffness, lowest
