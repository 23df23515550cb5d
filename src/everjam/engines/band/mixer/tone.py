"""Tone and width of the whole mix: gains of five bands, stereo width, and a mono bass.

The bands are differences of one-pole low-passes whose corners never move; only gains move, so they may move at any
speed. Middle and sides share the splits; the lowest band of the sides is left out, which makes the bass mono for free.

A cell of 64 samples is one row of a matrix product: what the filters make of its samples and of what they remember at
its start, with all gains in one matrix a quantum. Products stay so small that no BLAS shares them out among threads.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.signal import freqz

from everjam.audio import QUANTUM_FRAMES, SAMPLE_RATE_HZ, Float32Array
from everjam.engines.band.mixer.grid import CELL_FRAMES, CELLS_PER_QUANTUM, Float64Array

BRIGHTNESS_SPAN_DB: Final = 16.0
"""Tilt from brightness 0 to brightness 1."""
CORNERS_HZ: Final = (120.0, 450.0, 1_600.0, 5_500.0)
FLOOR_HZ: Final = 12.0
"""What lies below is left out: it is not heard, moves loudspeakers, and holds what distortion leaves of an offset."""
BANDS: Final = len(CORNERS_HZ) + 1
_TILT: Final = np.array((-0.5, -0.4, -0.08, 0.34, 0.5))
"""Share of a tilt in each band: half of it down at the bottom, half of it up at the top, about 0 at 900 Hz."""


def one_pole(corner_hz: float) -> tuple[Float64Array, Float64Array]:
    """Coefficients ``b, a`` of a one-pole low-pass (bilinear, one zero at Nyquist)."""
    w = np.tan(np.pi * corner_hz / SAMPLE_RATE_HZ)
    return np.array([w / (1 + w), w / (1 + w)]), np.array([1.0, (w - 1) / (1 + w)])


_FILTERS: Final = tuple(one_pole(corner) for corner in (*CORNERS_HZ, FLOOR_HZ))


_CORNERS: Final = len(_FILTERS)
_TINY: Final = 1e-12
_POLES: Final = tuple(-float(a[1]) for _, a in _FILTERS)
_WITHIN: Final = (np.arange(QUANTUM_FRAMES) / QUANTUM_FRAMES).astype(np.float32).reshape(-1, CELL_FRAMES)
"""Where each sample of a quantum lies between its borders."""


@dataclass(frozen=True, slots=True, eq=False)
class ToneState:
    """Filter memories, float64 ``(groups, 2, 5)``: middle and side, then corner, the floor last."""

    memory: Float64Array


def start(groups: int) -> ToneState:
    """Silence."""
    return ToneState(np.zeros((groups, 2, _CORNERS)))


@cache
def _tables() -> tuple[Float32Array, Float32Array]:
    """The filters as matrices.

    Returns:
        From 64 samples and the memories of all corners to 64 samples: passed on, then low-passed at each corner,
        float32 ``(6, 69, 64)``; and from 64 samples to what they add to the memories, float32 ``(64, 5)``.
    """
    rows, columns = np.indices((CELL_FRAMES, CELL_FRAMES))
    shapes = np.zeros((1 + _CORNERS, CELL_FRAMES + _CORNERS, CELL_FRAMES))
    shapes[0, :CELL_FRAMES] = np.eye(CELL_FRAMES)
    adds = np.empty((CELL_FRAMES, _CORNERS))
    for corner, pole in enumerate(_POLES):
        first = (1 - pole) / 2
        later = first * (1 + pole)
        past = np.where(rows < columns, later * pole ** np.maximum(columns - 1.0 - rows, 0.0), 0.0)
        shapes[1 + corner, :CELL_FRAMES] = past + first * np.eye(CELL_FRAMES)
        shapes[1 + corner, CELL_FRAMES + corner] = later * pole ** np.arange(CELL_FRAMES)
        adds[:, corner] = pole ** np.arange(CELL_FRAMES - 1, -1, -1)
    return shapes.astype(np.float32), adds.astype(np.float32)


def warm() -> None:
    """Makes the tables."""
    _tables()
    _decays()


def gains(eq_db: Float64Array, tilt_db: npt.NDArray[np.float64]) -> Float64Array:
    """Linear gains of the bands, float64 ``(5, n)``.

    Args:
        eq_db: Of each band, float64 ``(5, n)``.
        tilt_db: Top over bottom, ``(n,)``.
    """
    linear: Float64Array = 10.0 ** ((eq_db + _TILT[:, None] * tilt_db) / 20.0)
    return linear


@cache
def _splits(hz: tuple[float, ...]) -> npt.NDArray[np.complex128]:
    """Response of each band at some frequencies, ``(5, f)``; they add up to 1 above the floor."""
    lows = [freqz(b, a, np.array(hz), fs=SAMPLE_RATE_HZ)[1] for b, a in _FILTERS]
    edges = np.stack([lows[-1], *lows[:-1], np.ones(len(hz), complex)])
    return np.diff(edges, axis=0)


def power_response(band_gains: Float64Array, hz: tuple[float, ...]) -> Float64Array:
    """Power gain at some frequencies, float64 ``(n, f)``, of band gains ``(5, n)``."""
    response = band_gains.T @ _splits(hz)
    return np.square(response.real) + np.square(response.imag)


def moved_db(band_gains: Float64Array, powers: Float64Array, hz: tuple[float, ...]) -> Float64Array:
    """By how many dB moving gains change the power in each quantum, float64 ``(q,)``.

    Args:
        band_gains: At quantum borders, ``(5, q + 1)``.
        powers: At the frequencies ``hz`` in each quantum, ``(q, f)``.
        hz: Frequencies.
    """
    response = power_response(band_gains, hz)
    before, after = ((powers * one).sum(axis=1) + 1e-15 for one in (response[:-1], response[1:]))
    change: Float64Array = 10 * np.log10(after / before)
    return change


def process(state: ToneState, x: Float32Array, band_gains: Float64Array, width: Float64Array) -> ToneState:
    """Shapes and widens in place.

    Args:
        state: Filter memories.
        x: float32 ``(groups, 2, 1920 q)``, changed in place.
        band_gains: At quantum borders, ``(5, q + 1)``, from ``gains``.
        width: At quantum borders; 0 = mono, 1 = as it is.

    Returns:
        The new state.
    """
    steps = -np.diff(band_gains, axis=0)
    middle = np.concatenate((band_gains[-1:], steps, -band_gains[:1]))
    side = np.concatenate((band_gains[-1:], -band_gains[1:2], steps[1:], np.zeros_like(steps[:1]))) * width
    memory = np.zeros_like(state.memory)
    pair = np.empty_like(x[0])
    for group, stereo in enumerate(x):
        if not stereo.any() and not state.memory[group].any():
            continue
        np.add(stereo[0], stereo[1], out=pair[0])
        np.subtract(stereo[0], stereo[1], out=pair[1])
        pair *= np.float32(0.5)
        mid, memory[group, 0] = _shape(pair[0], middle, state.memory[group, 0])
        sides, memory[group, 1] = _shape(pair[1], side, state.memory[group, 1])
        np.add(mid, sides, out=stereo[0])
        np.subtract(mid, sides, out=stereo[1])
    return ToneState(memory)


@cache
def _decays() -> tuple[Float64Array, Float64Array]:
    """What a quantum's cells and the memory before them leave at the start of each cell, and at the end.

    Returns:
        By corner, from 30 additions to 31 memories, float64 ``(5, 30, 31)``; and from the memory before, ``(5, 31)``.
    """
    kept = np.array(_POLES) ** CELL_FRAMES
    steps = np.arange(CELLS_PER_QUANTUM + 1)
    age = steps - 1 - steps[:-1, None]
    additions: Float64Array = np.where(age >= 0, kept[:, None, None] ** np.maximum(age, 0), 0.0)
    return additions, kept[:, None] ** steps


def _remember(added: Float64Array, memory: Float64Array) -> tuple[Float64Array, Float64Array]:
    """Memories of the filters at the start of each cell, ``(30 q, 5)``, and after the last, ``(5,)``.

    Args:
        added: What each cell adds, ``(30 q, 5)``.
        memory: Before the first cell, ``(5,)``.
    """
    additions, fades = _decays()
    quanta = added.reshape(-1, CELLS_PER_QUANTUM, _CORNERS)
    left = np.ascontiguousarray(quanta.transpose(2, 0, 1)) @ additions
    for q in range(quanta.shape[0]):
        left[:, q] += fades * memory[:, None]
        memory = left[:, q, -1]
    after: Float64Array = np.where(np.abs(memory) > _TINY, memory, 0.0)
    return left[:, :, :-1].reshape(_CORNERS, -1).T, after


def _shape(x: Float32Array, shares: Float64Array, memory: Float64Array) -> tuple[Float32Array, Float64Array]:
    """One signal, float32 ``(1920 q,)``, as a sum of itself and its low-passes, whose ``shares`` are ``(6, q + 1)``."""
    shapes, adds = _tables()
    cells = x.reshape(-1, CELL_FRAMES)
    rows = np.empty((cells.shape[0], CELL_FRAMES + _CORNERS), np.float32)
    rows[:, :CELL_FRAMES] = cells
    rows[:, CELL_FRAMES:], after = _remember((cells @ adds).astype(np.float64), memory)
    quanta = rows.reshape(-1, CELLS_PER_QUANTUM, rows.shape[1])
    flat = shapes.reshape(shapes.shape[0], -1)
    if (shares == shares[:, :1]).all():
        fixed = (shares[:, 0].astype(np.float32) @ flat).reshape(shapes.shape[1:])
        return (quanta @ fixed).reshape(-1), after
    matrices = (shares.T.astype(np.float32) @ flat).reshape(-1, *shapes.shape[1:])
    out: Float32Array = quanta @ matrices[:-1]
    change: Float32Array = quanta @ (matrices[1:] - matrices[:-1])
    change *= _WITHIN
    out += change
    return out.reshape(-1), after
