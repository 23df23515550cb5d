"""The shared echo: a ping-pong delay in time with the music, at half the mixer's rate.

A new delay time is reached by a cross-fade over one quantum, so that a change of tempo neither clicks nor whines. Every
repeat is a little darker and, where it is loud, a little rounder than the one before, as on tape.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from everjam.audio import QUANTUM_FRAMES, Float32Array
from everjam.engines.band.mixer.resample import TAPS, halve

STEP: Final = QUANTUM_FRAMES // 2
SHORTEST: Final = STEP + 1
LONGEST: Final = 14_400
"""0.6 s; longer delays are halved until they fit, which keeps them in time and the state small."""
DEFAULT: Final = 8 * STEP
"""0.32 s."""
_DAMPING: Final = np.float32(0.18)
_FADE: Final = (np.arange(STEP) / STEP).astype(np.float32)
_ROUNDING: Final = np.float32(1.8)
_QUIET: Final = 1e-7


@dataclass(frozen=True, slots=True, eq=False)
class DelayState:
    """What the echo remembers.

    Attributes:
        line: float32 ``(2, LONGEST + 2)``, the newest last; empty when nothing rings.
        time: Delay in samples at half rate in the last quantum.
        down: float32 ``(TAPS - 1,)``.
    """

    line: Float32Array
    time: int
    down: Float32Array


def start() -> DelayState:
    """Nothing rings."""
    return DelayState(
        np.zeros((2, 0), np.float32),
        DEFAULT,
        np.zeros((TAPS - 1,), np.float32),
    )


def samples_for(frames: float) -> int:
    """Delay in samples at half rate for one in frames, brought into range by octaves."""
    samples = frames / 2
    while samples > LONGEST:
        samples /= 2
    while samples < SHORTEST:
        samples *= 2
    return round(samples)


def process(
    state: DelayState, send: Float32Array | None, times: list[int], feedback: npt.NDArray[np.float64]
) -> tuple[Float32Array | None, DelayState]:
    """The echoes of a send.

    Args:
        state: What it remembers.
        send: float32 ``(1920 q,)``, or None for silence.
        times: Delay in each quantum, in samples at half rate, from ``samples_for``.
        feedback: In each quantum, 0 to 0.8.

    Returns:
        float32 ``(2, 960 q)`` at half the rate, left first, or None where nothing rings; and the new state.
    """
    if send is None and not state.line.shape[1]:
        return None, state
    quanta = len(times)
    if send is None:
        send = np.zeros(quanta * QUANTUM_FRAMES, np.float32)
    fed, down = halve(send, state.down)
    past = LONGEST + 2
    line = np.empty((2, past + quanta * STEP), np.float32)
    line[:, :past] = state.line if state.line.shape[1] else 0
    wet = np.empty((2, quanta * STEP), np.float32)
    time, q = state.time, 0
    while q < quanta:
        at = past + q * STEP
        n = 1
        if times[q] != time:
            old = _read(line, at, time, 1)
            echo = old + (_read(line, at, times[q], 1) - old) * _FADE
            time = times[q]
        else:
            most = min((time - 1) // STEP, quanta - q)
            while n < most and times[q + n] == time:
                n += 1
            echo = _read(line, at, time, n)
        now = slice(q * STEP, (q + n) * STEP)
        wet[:, now] = echo
        again = echo[::-1].reshape(2, n, STEP) * feedback[q : q + n, None].astype(np.float32)
        line[:, at : at + n * STEP] = _round(again).reshape(2, -1)
        line[0, at : at + n * STEP] += fed[now]
        q += n
    keep = line[:, -past:].copy()
    if np.abs(keep).max() < _QUIET:
        keep = np.zeros((2, 0), np.float32)
    return wet, DelayState(keep, time, down)


def _read(line: Float32Array, at: int, time: int, quanta: int) -> Float32Array:
    """Some quanta of ``line``, ``time`` samples before ``at``, a little darker."""
    seen = line[:, at - time - 1 : at - time + quanta * STEP + 1]
    out = seen[:, :-2] + seen[:, 2:]
    out *= _DAMPING
    out += (1 - 2 * _DAMPING) * seen[:, 1:-1]
    return out


def _round(x: Float32Array) -> Float32Array:
    """Soft saturation that leaves what is quiet alone."""
    size = x * _ROUNDING
    size *= size
    size += np.float32(1)
    np.sqrt(size, out=size)
    x /= size
    return x
