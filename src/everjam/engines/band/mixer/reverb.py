"""The shared room: what a kind of room answers first, then twelve delay lines that feed each other, at half the rate.

The first 120 ms (``rooms``) are convolved five quanta at a time. They also feed the lines (41 to 88 ms), which are
longer than a quantum, so that a whole quantum passes through them at once; what such long lines lack in echo density
the first answer has. For the lines' gains and the orthogonal matrix: J.-M. Jot and A. Chaigne, "Digital delay networks
for designing artificial reverberators", AES 90 (1991).
"""

from dataclasses import dataclass, replace
from functools import cache, lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import fft

from everjam.audio import Float32Array
from everjam.engines.band.mixer import rooms as kinds
from everjam.engines.band.mixer.grid import Float64Array
from everjam.engines.band.mixer.resample import TAPS, halve
from everjam.engines.band.mixer.rooms import RATE_HZ, STEP
from everjam.engines.band.score import ROOMS

LINES: Final = (991, 1069, 1151, 1237, 1327, 1427, 1531, 1627, 1741, 1861, 1987, 2111)
_COUNT: Final = len(LINES)
_EACH: Final = np.arange(_COUNT)
HOPS: Final = (0, 5, 10, 15, 20, 15, 10, 5)
"""Lengths wander by so many samples, one line in each quantum, so that no mode rings on its own."""
HISTORY: Final = max(LINES) + max(HOPS) + 1
_PASS_SECONDS: Final = float(np.mean(LINES)) / RATE_HZ
_LATE: Final = 3.0
_TOGETHER: Final = 5
"""Quanta that are convolved at once, at most."""
_LENGTHS: Final = {n: fft.next_fast_len(n * STEP + kinds.REACH, real=True) for n in range(1, _TOGETHER + 1)}
"""How many samples are transformed for so many quanta and what they still hear."""
_PAST: Final = max(length - n * STEP for n, length in _LENGTHS.items())
_RAMP: Final = (np.arange(STEP) / STEP).astype(np.float32)
_LEAST_DAMPING: Final = 0.005
_MOST_DAMPING: Final = 0.22
_QUIET: Final = 1e-8
_ROUND: Final = _COUNT * len(HOPS)
_BEGIN: Final = (
    HISTORY
    - 1
    - np.array(
        [[LINES[i] + HOPS[(q - i + _COUNT - 1) // _COUNT % len(HOPS)] for i in range(_COUNT)] for q in range(_ROUND)]
    )
)
_FADE: Final = np.clip(np.arange(-1, STEP + 1) / STEP, 0, 1).astype(np.float32)

Complex64Array = npt.NDArray[np.complex64]


@dataclass(frozen=True, slots=True, eq=False)
class ReverbState:
    """What the room remembers; about 115 kB.

    Attributes:
        lines: float32 ``(12, HISTORY)``, the newest sample last.
        down: From the mixer's rate to half of it, float32 ``(TAPS - 1,)``.
        past: float32 ``(_PAST,)``: the last that was sent, at half the rate.
        before: Decay time in the last quantum and shares of the rooms, float64 ``(8,)``; empty at the start.
        quantum: How many there have been, modulo a whole round of all lines' hops.
    """

    lines: Float32Array
    down: Float32Array
    past: Float32Array
    before: Float64Array
    quantum: int


def start() -> ReverbState:
    """An empty room."""
    return ReverbState(
        np.zeros((_COUNT, HISTORY), np.float32),
        np.zeros(TAPS - 1, np.float32),
        np.zeros(_PAST, np.float32),
        np.zeros(0),
        0,
    )


@cache
def _matrix() -> Float64Array:
    """From lines and first answer to lines and output, ``(14, 14)``: lines first, the sides last.

    The lines' own part is a Hadamard matrix after Paley, scaled to be orthogonal.
    """
    squares = {i * i % 11 for i in range(1, 11)}
    order = np.ones((_COUNT, _COUNT))
    for i in range(1, _COUNT):
        order[i, 0] = -1.0
        for j in range(1, _COUNT):
            order[i, j] = 1.0 if i == j or (j - i) % 11 in squares else -1.0
    out = np.zeros((_COUNT + 2, _COUNT + 2))
    out[:_COUNT, :_COUNT] = order / np.sqrt(_COUNT)
    signs = np.array([1.0, 1.0, -1.0, -1.0, 1.0, 1.0, -1.0, 1.0, 1.0, -1.0, -1.0, 1.0])
    for line in range(_COUNT):
        out[line, _COUNT + line % 2] = 0.5 * signs[line]
        out[_COUNT + line % 2, line] = np.sqrt(1 / 6) * signs[(line * 5) % _COUNT]
    out[_COUNT, _COUNT] = out[_COUNT + 1, _COUNT + 1] = 1.0
    return out


def warm() -> None:
    """Makes the tables."""
    kinds.answers()
    _matrix()


@lru_cache(maxsize=24)
def _answer(shares: tuple[float, ...], length: int) -> Complex64Array:
    """The first answer of a mixture of rooms to so many samples, complex64 ``(2, 1, length / 2 + 1)``."""
    used = np.flatnonzero(shares)
    return kinds.spectra(np.tensordot(np.array(shares)[used], kinds.answers()[used], 1), length)[:, None]


def _first(heard: Float32Array, shares: Float64Array) -> Float32Array:
    """The first answer, float32 ``(2, q, 960)``.

    Args:
        heard: What is sent, from ``_PAST`` samples before the first quantum on, float32 ``(_PAST + 960 q,)``.
        shares: Amplitudes of the rooms before and at the end of each quantum, ``(q + 1, 7)``.
    """
    quanta = shares.shape[0] - 1
    out = np.empty((2, quanta, STEP), np.float32)
    moves: list[bool] = (shares[1:] != shares[:-1]).any(axis=1).tolist()
    begin = 0
    while begin < quanta:
        count = min(_TOGETHER, quanta - begin)
        end = begin + count
        is_moved = any(moves[begin:end])
        while not is_moved and end + count <= quanta and not any(moves[end : end + count]):
            end += count
        spectra = _spectra(heard, begin, end, count)
        if is_moved:
            out[:, begin:end] = 0
            for room in np.flatnonzero(shares[begin : end + 1].any(axis=0)):
                level = shares[begin : end + 1, room, None]
                alone = tuple((np.arange(shares.shape[1]) == room).astype(float).tolist())
                out[:, begin:end] += _through(spectra, alone, count) * (level[:-1] + np.diff(level, axis=0) * _RAMP)
        else:
            out[:, begin:end] = _through(spectra, tuple(shares[begin].tolist()), count)
        begin = end
    return out


def _spectra(heard: Float32Array, begin: int, end: int, count: int) -> Complex64Array:
    """What each ``count`` of the quanta from ``begin`` to ``end`` hear, complex64 ``(g, bins)``.

    Args:
        heard: As in ``_first``.
        begin: The first quantum.
        end: After the last.
        count: At most ``_TOGETHER``; divides their number.
    """
    length, hop = _LENGTHS[count], count * STEP
    first = _PAST + begin * STEP + hop - length
    shape, strides = ((end - begin) // count, length), (hop * heard.itemsize, heard.itemsize)
    spectra: Complex64Array = fft.rfft(np.ndarray(shape, np.float32, heard, first * heard.itemsize, strides))
    return spectra


def _through(spectra: Complex64Array, shares: tuple[float, ...], count: int) -> Float32Array:
    """What a mixture of rooms makes of ``_spectra``, float32 ``(2, count g, 960)``."""
    length = _LENGTHS[count]
    out = fft.irfft(spectra * _answer(shares, length), length, overwrite_x=True)[:, :, -count * STEP :]
    return np.asarray(out, np.float32).reshape(2, -1, STEP)


def _weights(seconds: Float64Array, table: Float64Array) -> tuple[Float32Array, Float32Array]:
    """What lines pass on to each other and out in each quantum.

    Args:
        seconds: Decay time, ``(q,)``.
        table: As ``rooms.TABLE``, for each quantum, ``(q, 4)``.

    Returns:
        Weights of damped lines and first answer, ``(q, 14, 14)``; weight of the middle tap of the damping where the
        outer two have 1, ``(q,)``.
    """
    gains = 10.0 ** (-3.0 * np.array(LINES) / (RATE_HZ * seconds[:, None]))
    lost_db = _PASS_SECONDS * (60.0 / seconds * (1.0 / table[:, 2] - 1.0) + table[:, 3])
    outer = np.clip((1.0 - 10.0 ** (-lost_db / 20.0)) / 3.0, _LEAST_DAMPING, _MOST_DAMPING)
    level = _LATE * table[:, 1] * np.sqrt(1.0 - np.mean(gains**2, axis=1))
    weights = np.tile(_matrix(), (seconds.shape[0], 1, 1))
    weights[:, :, :_COUNT] *= (outer[:, None] * gains)[:, None, :]
    weights[:, _COUNT:, :_COUNT] *= level[:, None, None]
    weights[:, _COUNT:, _COUNT:] *= table[:, 0, None, None]
    return weights.astype(np.float32), (1.0 / outer - 2.0).astype(np.float32)


@lru_cache(maxsize=32)
def _still(seconds: float, *rooms: float) -> tuple[Float32Array, Float32Array]:
    """``_weights`` of a room that stays as it is, ``(14, 14)`` and ``()``."""
    shares = np.array(rooms)
    weights, middle = _weights(np.array([seconds]), (shares @ kinds.TABLE / shares.sum())[None])
    return weights[0], middle[0]


def _begin(quantum: int) -> npt.NDArray[np.intp]:
    """Where lines are read at the start of a quantum, before its first sample and one neighbour, ``(12,)``."""
    begin: npt.NDArray[np.intp] = _BEGIN[quantum % _ROUND]
    return begin


def process(
    state: ReverbState, send: Float32Array, seconds: Float64Array, rooms: Float64Array | None = None
) -> tuple[Float32Array, ReverbState]:
    """The room's answer.

    Args:
        state: What it remembers.
        send: float32 ``(1920 q,)``.
        seconds: Decay time (RT60) at the end of each quantum, ``(q,)``.
        rooms: Shares of the kinds of ``score.ROOMS`` at the end of each quantum, ``(q, 7)``, which add up to anything
            but 0; None for a plain room.

    Returns:
        float32 ``(2, 960 q)`` at half the rate, somewhat softer than the send, and the new state.
    """
    quanta = seconds.shape[0]
    now = np.empty((quanta + 1, 1 + len(ROOMS)))
    now[1:, 0] = seconds
    now[1:, 1:] = _PLAIN if rooms is None else rooms
    now[0] = state.before if state.before.size else now[1]
    quantum = (state.quantum + quanta) % _ROUND
    if not (send.any() or state.lines.any() or state.past.any() or state.down.any()):
        return np.zeros((2, quanta * STEP), np.float32), replace(state, before=now[-1], quantum=quantum)
    shares = now[:, 1:] / np.sqrt((now[:, 1:] ** 2).sum(axis=1, keepdims=True))
    half, down = halve(send, state.down)
    heard = np.concatenate((state.past, half))
    first = _first(heard, shares)
    wet, history = _late(state, first, now)
    if np.abs(history).max() < _QUIET:
        history[:] = 0
    return wet, ReverbState(history, down, heard[-_PAST:].copy(), now[-1], quantum)


def _late(state: ReverbState, first: Float32Array, now: Float64Array) -> tuple[Float32Array, Float32Array]:
    """The first answer with the tail that it sets off, and the lines' new memory.

    Args:
        state: What the room remembers.
        first: float32 ``(2, q, 960)``.
        now: Decay time and rooms before and at the end of each quantum, ``(q + 1, 8)``.
    """
    quanta = first.shape[1]
    table = now[:, 1:] @ kinds.TABLE / now[:, 1:].sum(axis=1, keepdims=True)
    moves = (now[1:] != now[:-1]).any(axis=1).tolist()
    if any(moves):
        weights, middle = _weights(now[:, 0], table)
    else:
        weights, middle = (np.broadcast_to(one, (quanta + 1, *one.shape)) for one in _still(*now[0].tolist()))
    width = STEP + 2
    lines = np.empty((_COUNT + 2, HISTORY + quanta * STEP), np.float32)
    lines[:_COUNT, :HISTORY] = state.lines
    windows: Float32Array = np.ndarray(
        (_COUNT, lines.shape[1] - width + 1, width), np.float32, lines, 0, (*lines.strides, lines.itemsize)
    )
    begin, fade = _begin(state.quantum), np.empty(width, np.float32)
    damped = np.zeros((_COUNT + 2, width), np.float32)
    flat = damped.reshape(-1)[: _COUNT * width - 2]
    for q in range(quanta):
        step = q * STEP
        read = windows[_EACH, begin + step]
        hop = (state.quantum + q) % _COUNT
        begin = _begin(state.quantum + q + 1)
        np.subtract(windows[hop, begin[hop] + step], read[hop], out=fade)
        fade *= _FADE
        read[hop] += fade
        tap = middle[q + 1] if not moves[q] else np.tile(middle[q] + (middle[q + 1] - middle[q]) * _FADE, _COUNT)[1:-1]
        read = read.reshape(-1)
        np.multiply(read[1:-1], tap, out=flat)
        flat += read[:-2]
        flat += read[2:]
        damped[_COUNT:, :STEP] = first[:, q]
        out = lines[:, HISTORY + step : HISTORY + step + STEP]
        np.matmul(weights[q + 1], damped[:, :STEP], out=out)
        if moves[q]:
            old = weights[q] @ damped[:, :STEP]
            out -= old
            out *= _RAMP
            out += old
    return lines[_COUNT:, HISTORY:].copy(), lines[:_COUNT, -HISTORY:].copy()


_PLAIN: Final = np.eye(len(ROOMS))[ROOMS.index("room")]
