"""Worn tape and vinyl: a band limit, wow and flutter, crackle.

The amount cross-fades, so it may start and stop in the middle of a piece; at 0 the signal passes untouched.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from everjam.audio import SAMPLE_RATE_HZ, Float32Array
from everjam.engines.band import filtering
from everjam.engines.band.mixer.effects import fir
from everjam.engines.band.mixer.effects.moving import Places
from everjam.engines.band.mixer.grid import CELL_FRAMES, Float64Array, to_cells, to_samples

_CORNER_HZ: Final = 5200.0
_TAPS: Final = 41
HISTORY: Final = 160
_PERIOD_FRAMES: Final = 20 * SAMPLE_RATE_HZ
_WOW: Final = ((0.55, 26.0), (0.95, 9.0), (6.4, 1.6))
"""Rate in Hz (a multiple of 1/20) and depth in samples: about 5 cents in all."""
_CRACKLE_FRAMES: Final = 7 * SAMPLE_RATE_HZ + 1_920
_CRACKLE_LEVEL: Final = 0.03


@dataclass(frozen=True, slots=True, eq=False)
class LofiState:
    """What the tape remembers.

    Attributes:
        filter: float32 ``(groups, 2, 64)``: the last samples before the band limit.
        history: float32 ``(groups, 2, HISTORY)``: the last samples that came in.
    """

    filter: Float32Array
    history: Float32Array


def start(groups: int) -> LofiState:
    """Silence."""
    return LofiState(np.zeros((groups, 2, CELL_FRAMES), np.float32), np.zeros((groups, 2, HISTORY), np.float32))


@cache
def _limit() -> tuple[Float32Array, Float32Array]:
    """The band limit, -12 dB an octave, minimum phase."""
    taps, _ = filtering.run(filtering.lowpass(_CORNER_HZ), np.eye(1, _TAPS)[0])
    taps /= taps.sum()
    return fir.matrices(taps)


@cache
def _limit_response(hz: tuple[float, ...]) -> npt.NDArray[np.complex128]:
    """Complex gain of the band limit at some frequencies."""
    return filtering.response(filtering.lowpass(_CORNER_HZ), np.array(hz))


def power_response(amount: Float64Array, hz: tuple[float, ...]) -> Float64Array:
    """Power gain at some frequencies, float64 ``(n, f)``, of amounts ``(n,)``; without wow and flutter."""
    mixed = 1.0 - amount[:, None] * (1.0 - _limit_response(hz))
    return np.square(mixed.real) + np.square(mixed.imag)


@cache
def crackle() -> Float32Array:
    """Seven seconds of surface noise, float32 ``(2, frames)``, peak 1; it is looped."""
    rng = np.random.default_rng(33)
    white = rng.standard_normal((2, _CRACKLE_FRAMES), np.float32)
    white *= np.float32(0.02)
    out = np.float32(0.6) * white
    out[:, 1:] += np.float32(0.4) * white[:, :-1]
    pop = np.exp(-np.arange(96) / 9.0) * np.sin(2 * np.pi * 2600 * (np.arange(96) + 1) / SAMPLE_RATE_HZ)
    for at in rng.integers(0, _CRACKLE_FRAMES - 96, 84):
        out[:, at : at + 96] += pop * (rng.uniform(0.1, 1.0) ** 3) * rng.uniform(0.5, 1.0, (2, 1))
    out /= max(out.max(), -out.min())
    return out


def add_crackle(x: Float32Array, frame: int, amount: Float64Array) -> None:
    """Adds surface noise in place to float32 ``(2, 1920 q)`` that starts at ``frame``."""
    loop = crackle()
    level = to_samples(to_cells(amount**2 * _CRACKLE_LEVEL))
    at, done, frames = frame % _CRACKLE_FRAMES, 0, x.shape[1]
    while done < frames:
        n = min(frames - done, _CRACKLE_FRAMES - at)
        x[:, done : done + n] += loop[:, at : at + n] * level[done : done + n]
        at, done = 0, done + n


def process(state: LofiState, x: Float32Array, frame: int, amount: Float64Array) -> LofiState:
    """Band limit, wow and flutter in place.

    Args:
        state: What the tape remembers.
        x: float32 ``(groups, 2, 1920 q)``, changed in place.
        frame: First frame in the jam.
        amount: At quantum borders, ``(q + 1,)``, 0 to 1.

    Returns:
        The new state.
    """
    if not amount.any():
        return LofiState(x[..., -CELL_FRAMES:].copy(), x[..., -HISTORY:].copy())
    frames = x.shape[-1]
    joined = np.concatenate((state.history, x), axis=-1)
    cells = to_cells(amount)
    at = (frame % _PERIOD_FRAMES // CELL_FRAMES + np.arange(cells.shape[0])) % (_PERIOD_FRAMES // CELL_FRAMES)
    seconds = at * (CELL_FRAMES / SAMPLE_RATE_HZ)
    places = Places(cells * sum(depth * (1 + np.sin(2 * np.pi * hz * seconds)) for hz, depth in _WOW), HISTORY)
    moved = np.empty((*x.shape[:-1], CELL_FRAMES + frames), np.float32)
    moved[..., :CELL_FRAMES] = state.filter
    for row, out in zip(joined.reshape(-1, HISTORY + frames), moved.reshape(-1, CELL_FRAMES + frames), strict=True):
        out[CELL_FRAMES:] = places.read(row).reshape(-1)
    dull = fir.run(moved, _limit())
    np.subtract(dull, moved[..., CELL_FRAMES:], out=dull)
    dull *= to_samples(cells)
    np.add(moved[..., CELL_FRAMES:], dull, out=x)
    return LofiState(moved[..., -CELL_FRAMES:].copy(), joined[..., -HISTORY:].copy())
