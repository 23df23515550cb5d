"""Recursive filters, and the few designs that the band needs.

``scipy.signal`` has all of this; but to import it takes half a second and 40 MB in each process, as it brings
statistics, optimisation and interpolation with it. What is here is tested against it.
"""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from everjam.audio import SAMPLE_RATE_HZ

Float64Array = npt.NDArray[np.float64]
_Real = TypeVar("_Real", np.float32, np.float64)

_SECTION: Final = 32
"""Steps that are one matrix product, of what goes in and of the memory at their start."""
_FEW: Final = 6
"""So few sections are taken one by one."""
_TABLES: Final = 64
"""Filters whose matrices are kept."""
_CEPSTRUM: Final = 8_192
"""Quefrencies of a response."""
_LAGS: Final = np.arange(_SECTION) - np.arange(-1, _SECTION)[:, None]
"""How far each step of a section lies behind the one before it and its own: negative where it comes before them."""


class Filter(NamedTuple):
    """Coefficients of a recursive filter of any order from 1 on, both of the same length.

    Attributes:
        b: Numerator.
        a: Denominator; the first is 1.
    """

    b: tuple[float, ...]
    a: tuple[float, ...]


K_WEIGHTING: Final = (
    Filter((1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585)),
    Filter((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621)),
)
"""A shelf and a high-pass in series: BS.1770-5, tables 1 and 2, for 48 kHz."""


def of(b: Sequence[float] | npt.NDArray[np.floating], a: Sequence[float] | npt.NDArray[np.floating]) -> Filter:
    """A filter of arrays or lists of coefficients, scaled so that the denominator's first is 1."""
    return Filter(tuple(float(x / a[0]) for x in b), tuple(float(x / a[0]) for x in a))


def run(
    one: Filter, signal: npt.NDArray[_Real], memory: npt.NDArray[np.floating] | None = None
) -> tuple[npt.NDArray[_Real], Float64Array]:
    """``scipy.signal.lfilter``, with memories in float64.

    A section's output is a matrix product of what goes in and of the filter's memory at its start; how the memory goes
    from section to section is worked out in the same way, in sections of sections.

    Args:
        one: The filter.
        signal: float32 or float64, ``(..., frames)``; a section is summed up in its type.
        memory: What the filter remembers, ``(..., order)``, in transposed direct form II as in scipy; None: silence.

    Returns:
        As long as the signal and of its type; and what the filter remembers then.
    """
    order, frames = len(one.a) - 1, signal.shape[-1]
    rows = signal.reshape(-1, frames)
    collect, both, powers = _matrices(one, signal.dtype)
    whole, rest = divmod(frames, _SECTION)
    known = np.zeros((rows.shape[0], whole + (rest > 0), _SECTION + order), signal.dtype)
    known[:, :whole, :_SECTION] = rows[:, : whole * _SECTION].reshape(rows.shape[0], whole, _SECTION)
    if rest:
        known[:, whole, :rest] = rows[:, whole * _SECTION :]
    first = np.zeros((rows.shape[0], order)) if memory is None else memory.reshape(-1, order)
    memories = _chain(powers[_SECTION], known[:, :whole, :_SECTION] @ collect, first)
    known[:, :, _SECTION:] = memories[:, : known.shape[1]]
    out = np.matmul(known, both).reshape(rows.shape[0], -1)[:, :frames]
    last = memories[:, whole]
    if rest:
        last = last @ powers[rest].T + known[:, whole, :rest] @ collect[_SECTION - rest :]
    return out.reshape(signal.shape), last.reshape(*signal.shape[:-1], order)


@lru_cache(_TABLES)
def _matrices(one: Filter, dtype: np.dtype[_Real]) -> tuple[npt.NDArray[_Real], npt.NDArray[_Real], Float64Array]:
    """What a section does.

    Returns:
        From what goes in to the memory after it, ``(32, order)``; from what goes in and the memory before it to
        what comes out, ``(32 + order, 32)``; and the memory's own way by 0 to 32 steps, float64 ``(33, order, order)``.
    """
    b, a = np.array(one.b), np.array(one.a)
    step = np.eye(a.shape[0] - 1, k=1)
    step[:, 0] -= a[1:]
    powers = _powers(step)
    gathered = powers[_SECTION - 1 :: -1] @ (b[1:] - a[1:] * b[0])
    answer = np.zeros(2 * _SECTION)
    answer[0], answer[1:_SECTION] = b[0], gathered[:0:-1, 0]
    both = np.concatenate((answer[_LAGS[1:]], powers[:_SECTION, 0].T))
    return gathered.astype(dtype), both.astype(dtype), powers


def _powers(step: Float64Array) -> Float64Array:
    """A square matrix to the powers of 0 to 32."""
    powers = np.empty((_SECTION + 1, *step.shape))
    powers[0], powers[1] = np.eye(step.shape[0]), step
    known = 1
    while known < _SECTION:
        np.matmul(powers[known], powers[1 : known + 1], out=powers[known + 1 : 2 * known + 1])
        known *= 2
    return powers


def _chain(step: Float64Array, added: npt.NDArray[np.floating], first: npt.NDArray[np.floating]) -> Float64Array:
    """Memories ``m[k + 1] = step @ m[k] + added[k]``.

    Args:
        step: ``(order, order)``.
        added: ``(rows, n, order)``.
        first: ``(rows, order)``.

    Returns:
        ``(rows, n + 1, order)``.
    """
    rows, count, order = added.shape
    memories = np.empty((rows, count + 1, order))
    memories[:, 0] = first
    if count <= _FEW:
        turned = step.T
        for k in range(count):
            np.matmul(memories[:, k], turned, out=memories[:, k + 1])
            memories[:, k + 1] += added[:, k]
        return memories
    table = _chain_table(step.tobytes(), order)
    sections = -(-count // _SECTION)
    known = np.zeros((rows, sections, _SECTION * order))
    known.reshape(rows, -1, order)[:, :count] = added
    starts = first[:, None]
    if sections > 1:
        starts = _chain(_powers(step)[_SECTION], known[:, :-1] @ table[order:, -order:], first)
    made = known @ table[order:]
    made += starts @ table[:order]
    memories[:, 1:] = made.reshape(rows, -1, order)[:, :count]
    return memories


@lru_cache(_TABLES)
def _chain_table(step: bytes, order: int) -> Float64Array:
    """From a memory and what is added in each of 32 steps to the memories after them, ``(33 order, 32 order)``."""
    powers = np.zeros((2 * _SECTION, order, order))
    powers[: _SECTION + 1] = _powers(np.frombuffer(step).reshape(order, order))
    table: Float64Array = powers[_LAGS].transpose(0, 3, 1, 2).reshape((_SECTION + 1) * order, -1)
    return table


def one_pole(seconds: float, rate_hz: float) -> Filter:
    """A running mean that forgets with a time constant."""
    pole = math.exp(-1.0 / (seconds * rate_hz))
    return Filter((1.0 - pole, 0.0), (1.0, -pole))


def lowpass(corner_hz: float) -> Filter:
    """Butterworth's low-pass of second order."""
    w = math.tan(math.pi * corner_hz / SAMPLE_RATE_HZ)
    scale = 1.0 + math.sqrt(2.0) * w + w * w
    return of([w * w, 2 * w * w, w * w], [scale, 2 * (w * w - 1.0), 2.0 * (1.0 + w * w) - scale])


def highpass(corner_hz: float) -> Filter:
    """Butterworth's high-pass of second order."""
    low = lowpass(corner_hz)
    scale = 0.25 * (1.0 - low.a[1] + low.a[2])
    return Filter((scale, -2 * scale, scale), low.a)


def resonator(centre_hz: float, quality: float, rate_hz: float) -> Filter:
    """A peak of height 1, as ``scipy.signal.iirpeak``."""
    w = 2 * math.pi * centre_hz / rate_hz
    damping = math.tan(0.5 * w / quality)
    return of([damping, 0.0, -damping], [1.0 + damping, -2 * math.cos(w), 1.0 - damping])


def response(one: Filter, hz: Float64Array) -> npt.NDArray[np.complex128]:
    """Complex gain at some frequencies."""
    delay = np.exp(-2j * np.pi * hz / SAMPLE_RATE_HZ)
    above, below = (sum(x * delay**k for k, x in enumerate(part)) for part in one)
    return np.asarray(above / below)


def lowpass_taps(taps: int, cutoff: float) -> Float64Array:
    """A linear-phase low-pass of gain 1 in Kaiser's window with a beta of 5.

    Args:
        taps: How many.
        cutoff: Where it cuts off, a share of half the rate.
    """
    from_middle = np.arange(taps) - 0.5 * (taps - 1)
    out = np.sinc(cutoff * from_middle) * np.kaiser(taps, 5.0)
    return np.asarray(out / out.sum())


def minimum_phase_taps(hz: Sequence[float], db: Sequence[float], taps: int) -> Float64Array:
    """The minimum-phase filter of a response that is given at some frequencies, by its cepstrum.

    Args:
        hz: From 0 to half the rate.
        db: Gains there; between them, gains lie on straight lines.
        taps: How many are kept.

    References:
        A. V. Oppenheim and R. W. Schafer, "Discrete-Time Signal Processing", chapter on cepstra.
    """
    at = np.linspace(0.0, SAMPLE_RATE_HZ / 2, _CEPSTRUM // 2 + 1)
    gains = np.interp(at, hz, 10.0 ** (np.array(db) / 20))
    cepstrum = np.fft.irfft(np.log(gains))
    cepstrum[1 : _CEPSTRUM // 2] *= 2
    cepstrum[_CEPSTRUM // 2 + 1 :] = 0
    out: Float64Array = np.fft.irfft(np.exp(np.fft.rfft(cepstrum)))[:taps]
    return out
