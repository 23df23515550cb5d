"""Tone and width of the whole mix: gains of five bands, stereo width, and a mono bass.

The bands are differences of one-pole low-passes whose corners never move; only gains move, so they may move at any
speed. Middle and sides share the splits; the lowest band of the sides is left out, which makes the bass mono for free.

A cell of 32 samples is one row of a matrix product: what the filters make of its samples and of what they remember at
its start, with all gains in one matrix a quantum. Products stay so small that no BLAS shares them out among threads.
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt

from everjam.audio import QUANTUM_FRAMES, SAMPLE_RATE_HZ, Float32Array
from everjam.engines.band import filtering
from everjam.engines.band.filtering import Filter
from everjam.engines.band.mixer.grid import Float64Array

BRIGHTNESS_SPAN_DB: Final = 16.0
"""Tilt from brightness 0 to brightness 1."""
CORNERS_HZ: Final = (120.0, 450.0, 1_600.0, 5_500.0)
FLOOR_HZ: Final = 12.0
"""What lies below is left out: it is not heard, moves loudspeakers, and holds what distortion leaves of an offset."""
BANDS: Final = len(CORNERS_HZ) + 1
_TILT: Final = np.array((-0.5, -0.4, -0.08, 0.34, 0.5))
"""Share of a tilt in each band: half of it down at the bottom, half of it up at the top, about 0 at 900 Hz."""


def one_pole(corner_hz: float) -> Filter:
    """A one-pole low-pass (bilinear, one zero at Nyquist)."""
    w = np.tan(np.pi * corner_hz / SAMPLE_RATE_HZ)
    return filtering.of([w, w], [1 + w, w - 1])


_FILTERS: Final = tuple(one_pole(corner) for corner in (*CORNERS_HZ, FLOOR_HZ))


_CORNERS: Final = len(_FILTERS)
_TINY: Final = 1e-12
_POLES: Final = tuple(-one.a[1] for one in _FILTERS)
_PIECE_QUANTA: Final = 25
"""More at once is more than the CPU's cache holds."""
_CELL: Final = 32
_CELLS: Final = QUANTUM_FRAMES // _CELL
_WITHIN: Final = (np.arange(QUANTUM_FRAMES) / QUANTUM_FRAMES).astype(np.float32).reshape(-1, _CELL)
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
        From 32 samples and the memories of all corners to 32 samples: passed on, then low-passed at each corner,
        float32 ``(6, 37, 32)``; and from 32 samples to what they add to the memories, float32 ``(32, 5)``.
    """
    rows, columns = np.indices((_CELL, _CELL))
    shapes = np.zeros((1 + _CORNERS, _CELL + _CORNERS, _CELL))
    shapes[0, :_CELL] = np.eye(_CELL)
    adds = np.empty((_CELL, _CORNERS))
    for corner, pole in enumerate(_POLES):
        first = (1 - pole) / 2
        later = first * (1 + pole)
        past = np.where(rows < columns, later * pole ** np.maximum(columns - 1.0 - rows, 0.0), 0.0)
        shapes[1 + corner, :_CELL] = past + first * np.eye(_CELL)
        shapes[1 + corner, _CELL + corner] = later * pole ** np.arange(_CELL)
        adds[:, corner] = pole ** np.arange(_CELL - 1, -1, -1)
    return shapes.astype(np.float32), adds.astype(np.float32)


def warm() -> None:
    """Makes the tables."""
    _tables()
    _decays(_CELL, _CELLS)


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
    lows = [filtering.response(one, np.array(hz)) for one in _FILTERS]
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
    shares = 0.5 * np.stack((middle, side))
    memory = state.memory.copy()
    for at in range(0, width.shape[0] - 1, _PIECE_QUANTA):
        matrices = _matrices(shares[:, :, at : at + _PIECE_QUANTA + 1])
        for group, stereo in enumerate(x[:, :, at * QUANTUM_FRAMES : (at + _PIECE_QUANTA) * QUANTUM_FRAMES]):
            # A stem may be silent; to see that the mix is not takes as long as a part of the work.
            if group == 0 or stereo.any() or memory[group].any():
                memory[group] = _shape(stereo, matrices, memory[group])
    return ToneState(memory)


def _matrices(shares: Float64Array) -> tuple[Float32Array, Float32Array | None]:
    """Sums of a signal and its low-passes, of which there are ``shares`` at quantum borders, ``(2, 6, q + 1)``.

    Returns:
        From a cell and what the filters remember to a cell at the start of each quantum, ``(2, q, 37, 32)``, or
        ``(2, 1, 37, 32)`` where nothing moves; and how that changes in the quantum, None where it does not.
    """
    shapes = _tables()[0]
    moves = (shares != shares[:, :, :1]).any()
    rows = (shares if moves else shares[:, :, :1]).transpose(0, 2, 1).reshape(-1, shapes.shape[0])
    every = (rows.astype(np.float32) @ shapes.reshape(shapes.shape[0], -1)).reshape(2, -1, *shapes.shape[1:])
    return (every[:, :-1], every[:, 1:] - every[:, :-1]) if moves else (every, None)


@cache
def _decays(frames: int, steps: int) -> tuple[Float32Array, Float64Array]:
    """What steps of so many frames and the memory before them leave at the start of each step, and at the end.

    Returns:
        By corner, from what each step adds to the memories, float32 ``(5, steps, steps + 1)``; and from the memory
        before, float64 ``(5, steps + 1)``.
    """
    kept = np.array(_POLES) ** frames
    borders = np.arange(steps + 1)
    fades: Float64Array = kept[:, None] ** borders
    fades[fades < _TINY] = 0.0
    age = borders - 1 - borders[:-1, None]
    additions = np.where(age >= 0, fades[:, np.maximum(age, 0)], 0.0)
    return additions.astype(np.float32), fades


def _remember(added: Float32Array, memory: Float64Array) -> tuple[Float32Array, Float64Array]:
    """Memories of the filters at the start of each cell, ``(2, q, 60, 5)``, and after the last, ``(2, 5)``.

    Args:
        added: What each cell adds, ``(2, q, 60, 5)``.
        memory: Before the first cell, ``(2, 5)``.
    """
    additions, fades = _decays(_CELL, _CELLS)
    later, slow_fades = _decays(QUANTUM_FRAMES, added.shape[1])
    left: Float32Array = np.ascontiguousarray(added.transpose(0, 3, 1, 2)) @ additions
    borders = (left[:, :, None, :, -1] @ later)[:, :, 0] + slow_fades * memory[:, :, None]
    left += borders[:, :, :-1, None] * fades[:, None]
    after: Float64Array = np.where(np.abs(borders[:, :, -1]) > _TINY, borders[:, :, -1], 0.0)
    return left[..., :-1].transpose(0, 2, 3, 1), after


def _shape(
    stereo: Float32Array, matrices: tuple[Float32Array, Float32Array | None], memory: Float64Array
) -> Float64Array:
    """Shapes float32 ``(2, 1920 q)`` in place by ``_matrices``; from the filters' memory, ``(2, 5)``, to the next."""
    cells = stereo.reshape(2, -1, _CELLS, _CELL)
    rows = np.empty((*cells.shape[:-1], _CELL + _CORNERS), np.float32)
    np.add(cells[0], cells[1], out=rows[0, ..., :_CELL])
    np.subtract(cells[0], cells[1], out=rows[1, ..., :_CELL])
    rows[..., _CELL:], after = _remember(rows[..., :_CELL] @ _tables()[1], memory)
    now, change = matrices
    out: Float32Array = rows @ now
    if change is not None:
        moved: Float32Array = rows @ change
        moved *= _WITHIN
        out += moved
    np.add(out[0], out[1], out=cells[0])
    np.subtract(out[0], out[1], out=cells[1])
    return after
