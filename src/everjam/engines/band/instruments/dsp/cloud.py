"""Ensembles as long loops of spread harmonics: any number of players and any length for a few inverse FFTs."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final
from zlib import crc32

import numpy as np
import numpy.typing as npt
import scipy.fft

from everjam.audio import SAMPLE_RATE_HZ, Float32Array
from everjam.engines.band.instruments.dsp.base import TAU, f32, upsample
from everjam.engines.band.instruments.dsp.filters import Response, bins_hz
from everjam.engines.band.instruments.dsp.stereo import widened

_SIZES: Final = (1 << 16, 1 << 17, 1 << 18)
_WIDEST: Final = 0.62
"""Of the sides' difference against what they share: their correlation then is 0.45."""
_ELSEWHERE: Final = 0.381966
_MANY: Final = 30.0
_HIGHEST_HZ: Final = 20_500.0
_INAUDIBLE: Final = 2e-4
_PIECE: Final = 16_384


@dataclass(frozen=True, slots=True)
class Spread:
    """How the players of an ensemble are out of tune with each other.

    Attributes:
        cents: Where they stand.
        blur_cents: How far each strays (standard deviation): vibrato, drift.
        least_hz: How far at least, so that low notes move too.
        width: Stereo width, 0 to 1; nothing below 200 Hz is wide.
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
    turn = rng.random(size // 2, dtype=np.float32)[:used] * np.float32(TAU)
    amplitude = np.sqrt(power)
    amplitude *= np.float32(size / 2.0 / max(1e-9, float(np.sqrt(0.5 * power.sum(axis=1).mean()))))
    return _moving(amplitude, turn, size, frames, position, spread.width)


def _moving(
    amplitudes: Float32Array, turn: Float32Array, size: int, frames: int, position: Float32Array | None, width: float
) -> Float32Array:
    """Loops of some spectra of the same phases, ``(spectra, bins)`` and ``(bins,)``, and the way through them.

    What sets the sides apart is the same loop at another place: it beats alike and goes with it nowhere.
    """
    used = amplitudes.shape[1]
    phasor = np.empty(used, np.complex64)
    np.cos(turn, out=phasor.real)
    np.sin(turn, out=phasor.imag)
    spectrum = np.zeros(size // 2 + 1, np.complex64)
    sides = np.zeros((2 if width else 1, frames), np.float32)
    shifts = (0, round(_ELSEWHERE * size))
    for row, line in enumerate(amplitudes):
        weight = None if position is None else np.clip(1.0 - np.abs(position - np.float32(row)), 0.0, 1.0)
        if weight is not None and not weight.any():
            continue
        np.multiply(line, phasor, out=spectrum[:used])
        loop = scipy.fft.irfft(spectrum, size)
        curve = None if weight is None else upsample(f32(weight), frames)
        for out, shift in zip(sides, shifts, strict=False):
            _add_loop(out, loop, shift, curve)
    if not width:
        return np.broadcast_to(sides, (2, frames))
    return widened(sides[0], sides[1], _WIDEST * width)


def _add_loop(out: Float32Array, loop: Float32Array, shift: int, curve: Float32Array | None) -> None:
    """Adds a loop from ``shift`` on, as often as it takes, in place."""
    at = 0
    while at < out.size:
        start = (shift + at) % loop.size
        # In pieces that stay in the cache of a core.
        length = min(out.size - at, loop.size - start, _PIECE)
        piece = loop[start : start + length]
        out[at : at + length] += piece if curve is None else piece * curve[at : at + length]
        at += length


def hiss(
    rng: np.random.Generator,
    frames: int,
    *responses: Response,
    position: Float32Array | None = None,
    width: float = 0.7,
    size: int = 1 << 16,
) -> Float32Array:
    """Stereo noise as a loop whose spectrum moves through some: ``(2, frames)``, the loudest of RMS 1.

    Args:
        rng: For the phases.
        frames: Length.
        responses: Its spectra.
        position: Control curve of places among them, 0 to their number - 1; None stays at the first.
        width: 0 = mono, 1 = as wide as mono bears.
        size: Frames of the loop; longer for what is heard alone.
    """
    bins = bins_hz(size)
    gains = np.array([f32(response(bins)) for response in responses])
    gains[:, 0] = 0.0
    gains *= np.float32(size / 2.0 / max(1e-9, float(np.sqrt(0.5 * np.sum(gains * gains, axis=1).max()))))
    turn = rng.random(bins.size, dtype=np.float32) * np.float32(TAU)
    return _moving(gains, turn, size, frames, position, width)


@dataclass(frozen=True, slots=True)
class Grains:
    """Many short sounds: drops, crackles, bubbles.

    Attributes:
        per_second: How many.
        hz: Lowest and highest pitch.
        tau_seconds: Shortest and longest decay.
        rarity: How rare the loud ones are; 0 = all alike.
        bend: Octaves that each rises within its first decay.
    """

    per_second: float
    hz: tuple[float, float]
    tau_seconds: tuple[float, float]
    rarity: float = 1.5
    bend: float = 0.0


def scatter(
    grains: Grains, rng: np.random.Generator, frames: int, busy: npt.NDArray[np.floating] | None = None
) -> Float32Array:
    """Grains at random places of a stereo signal, ``(2, frames)``, the loudest about 1.

    Args:
        grains: What they are like.
        rng: For all of it; where there are many, they are shared and it says from where on.
        frames: Length.
        busy: Control curve of how many (or, where there are many, how loud) there are; None = steady.
    """
    if grains.per_second < _MANY:
        count = max(1, round(grains.per_second * frames / SAMPLE_RATE_HZ))
        if busy is None:
            starts = rng.integers(0, frames, count)
        else:
            total = np.cumsum(np.maximum(busy, 0.0))
            share = np.interp(rng.random(count), total / total[-1], np.arange(total.size) / total.size)
            starts = (share * frames).astype(np.int64)
        return _grains(grains, rng, frames, starts)
    bank = _bank(grains)
    shift, swapped = int(rng.integers(bank.shape[1])), bool(rng.integers(2))
    curve = None if busy is None else upsample(f32(busy), frames)
    out = np.zeros((2, frames), np.float32)
    for side, loop in zip(out, bank[::-1] if swapped else bank, strict=True):
        _add_loop(side, loop, shift, curve)
    return out


@lru_cache(maxsize=8)
def _bank(grains: Grains) -> Float32Array:
    """Many grains, once and for all takes: a loop ``(2, 131072)``, 1 MB."""
    size = _SIZES[1]
    rng = np.random.default_rng(crc32(repr(grains).encode()))
    whole = _grains(grains, rng, size, rng.integers(0, size, round(grains.per_second * size / SAMPLE_RATE_HZ)))
    whole.setflags(write=False)
    return whole


def _grains(grains: Grains, rng: np.random.Generator, frames: int, starts: npt.NDArray[np.int64]) -> Float32Array:
    """Grains that start there; what goes on behind the end comes in at the beginning."""
    count = starts.size
    length = max(24, int(5.0 * grains.tau_seconds[1] * SAMPLE_RATE_HZ))
    (low, high), (short, long_) = grains.hz, grains.tau_seconds
    hz = (low * (high / low) ** rng.random((count, 1))).astype(np.float32)
    tau = (short * (long_ / short) ** rng.random((count, 1))).astype(np.float32)
    levels = (rng.uniform(0.05, 1.0, count) ** grains.rarity).astype(np.float32)
    at = np.arange(length, dtype=np.float32) * np.float32(1.0 / SAMPLE_RATE_HZ)
    turn = np.float32(TAU) * hz * at
    if grains.bend:
        turn = turn * (1.0 + np.float32(0.5 * grains.bend) * np.minimum(at / tau, 2.0))
    pieces = np.sin(turn + (rng.random((count, 1)) * TAU).astype(np.float32)) * np.exp(-at / tau)
    pieces *= np.minimum(at * np.float32(SAMPLE_RATE_HZ / 6.0), 1.0) * levels[:, None]
    places = (starts[:, None] + np.arange(length)).ravel() % frames
    pan = rng.uniform(0.12, 0.88, count)
    out = np.empty((2, frames), np.float32)
    for side, share in zip(out, (1.0 - pan, pan), strict=True):
        side[:] = np.bincount(places, (pieces * share[:, None].astype(np.float32)).ravel(), frames)
    return out


def _power(
    hz: float, rows: npt.NDArray[np.floating], spread: Spread, size: int, ratios: npt.NDArray[np.floating] | None
) -> Float32Array:
    """Power of every bin up to the highest that is used: ``(spectra, bins)``."""
    bin_hz = SAMPLE_RATE_HZ / size
    loudness = rows * rows
    multiples = hz * (np.arange(1.0, rows.shape[1] + 1.0) if ratios is None else ratios[: rows.shape[1]])
    detuned = 2.0 ** (np.array(spread.cents) / 1200.0)
    blur = np.maximum(multiples * (2.0 ** (spread.blur_cents / 1200.0) - 1.0), max(spread.least_hz, 0.45 * bin_hz))
    first = np.maximum(1, (multiples * detuned.min() - 3.0 * blur) / bin_hz).astype(np.int64)
    last = ((multiples * detuned.max() + 3.0 * blur) / bin_hz).astype(np.int64) + 2
    kept = (multiples * detuned.max() <= _HIGHEST_HZ) & (last <= int(_HIGHEST_HZ * 1.03 / bin_hz))
    highest = int(last[kept].max(initial=1))
    out = np.zeros((len(rows), highest))
    # Partials of about the same width are spread at once.
    sizes = np.ceil(np.log2(last - first)).astype(np.int64)
    for step in np.unique(sizes[kept]):
        group = np.flatnonzero(kept & (sizes == step))
        steps = np.arange(int((last - first)[group].max()))
        scale = 0.7071 / blur[group]
        places = np.outer(f32(scale * bin_hz), f32(steps))
        share, away = np.zeros(places.shape, np.float32), np.empty(places.shape, np.float32)
        for ratio in detuned:
            np.add(places, f32((first[group] * bin_hz - multiples[group] * ratio) * scale)[:, None], out=away)
            away *= away
            share += np.exp(np.negative(away, out=away), out=away)
        share /= share.sum(axis=1, keepdims=True)
        bins = np.minimum(first[group, None] + steps, highest - 1).ravel()
        for row, levels in enumerate(f32(loudness[:, group])):
            out[row] += np.bincount(bins, (share * levels[:, None]).ravel(), highest)
    return f32(out)
