"""The shared room: a dense diffuser, then eight delay lines that feed each other, at half the mixer's rate.

The lines (41 to 88 ms) are longer than a quantum, so that a whole quantum passes through them at once; what such long
lines lack in echo density the diffuser has: 40 ms of shaped noise, different left and right. For the lines' gains and
the orthogonal matrix: J.-M. Jot and A. Chaigne, "Digital delay networks for designing artificial reverberators", AES 90
(1991).
"""

from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import fft
from scipy.linalg import hadamard

from everjam.audio import QUANTUM_FRAMES, SAMPLE_RATE_HZ, Float32Array

RATE_HZ: Final = SAMPLE_RATE_HZ // 2
STEP: Final = QUANTUM_FRAMES // 2
LINES: Final = (991, 1123, 1277, 1423, 1583, 1741, 1907, 2111)
HISTORY: Final = max(LINES) + 1
DAMPING: Final = 0.07
"""Outer taps of each pass's three-tap low-pass; the middle one is what is missing to 1."""
_MIDDLE: Final = np.float32(1 / DAMPING - 2)
_EARLY: Final = np.float32(0.6)
_LEVEL: Final = 3.0
_FFT_IN: Final = 4096
_FFT_OUT: Final = _FFT_IN // 2
_TAIL: Final = _FFT_OUT - STEP
_GUARD: Final = 96
_QUIET: Final = 1e-8


@dataclass(frozen=True, slots=True, eq=False)
class ReverbState:
    """What the room remembers.

    Attributes:
        lines: float32 ``(8, HISTORY)``, the newest sample last.
        tail: float32 ``(2, 1088)``: what the diffuser still has to say.
    """

    lines: Float32Array
    tail: Float32Array


def start() -> ReverbState:
    """An empty room."""
    return ReverbState(
        np.zeros((len(LINES), HISTORY), np.float32),
        np.zeros((2, _TAIL), np.float32),
    )


@cache
def _diffuser() -> npt.NDArray[np.complex64]:
    """Spectra of the diffuser's two impulse responses, complex64 ``(2, 1025)``, band-limited to 11.5 kHz."""
    length = _TAIL - 2 * _GUARD
    rng = np.random.default_rng(1729)
    t = np.arange(length) / length
    noise = (
        rng.standard_normal((2, length)) * np.minimum(t / 0.15, 1.0) * np.exp(-1.2 * t) * np.minimum((1 - t) / 0.2, 1.0)
    )
    for channel in range(2):
        taps = rng.integers(60, length // 2, 7)
        noise[channel, taps] += rng.choice([-1.0, 1.0], 7) * rng.uniform(2.0, 5.0, 7)
    noise /= np.sqrt((noise**2).sum(axis=1, keepdims=True))
    response = np.zeros((2, _FFT_OUT))
    response[:, _GUARD : _GUARD + length] = noise
    hz = np.fft.rfftfreq(_FFT_OUT, 1 / RATE_HZ)
    top = 0.5 + 0.5 * np.cos(np.pi * np.clip((hz - 8500) / 3000, 0, 1))
    bottom = hz**2 / (hz**2 + 170.0**2)
    spectra: npt.NDArray[np.complex64] = (np.fft.rfft(response) * (0.5 * top * bottom)).astype(np.complex64)
    return spectra


@cache
def _matrices() -> tuple[Float32Array, Float32Array]:
    """Feedback and output matrix ``(10, 8)``; input matrix ``(8, 2)``."""
    order = hadamard(8).astype(np.float32) / np.float32(np.sqrt(8))
    out = np.array([[1, 0, 1, 0, 1, 0, -1, 0], [0, 1, 0, 1, 0, -1, 0, 1]], np.float32) * np.float32(0.5)
    into = np.array([[1, 0], [0, 1], [-1, 0], [0, -1], [1, 0], [0, 1], [1, 0], [0, 1]], np.float32) * np.float32(0.5)
    return np.concatenate((order, out)), into


def warm() -> None:
    """Makes the tables."""
    _diffuser()
    _matrices()


def _diffuse(state: ReverbState, send: Float32Array) -> tuple[Float32Array, Float32Array]:
    """Send ``(1920 q,)`` to the diffused signal ``(2, 960 q)`` at half the rate, and the new tail."""
    quanta = send.shape[0] // QUANTUM_FRAMES
    spectra = fft.rfft(send.reshape(quanta, QUANTUM_FRAMES), _FFT_IN)[:, : _FFT_OUT // 2 + 1]
    pieces = fft.irfft(spectra * _diffuser()[:, None, :], _FFT_OUT, overwrite_x=True)
    out = np.zeros((2, quanta * STEP + _TAIL), np.float32)
    out[:, :_TAIL] = state.tail
    for q in range(quanta):
        out[:, q * STEP : q * STEP + _FFT_OUT] += pieces[:, q]
    return out[:, : quanta * STEP], out[:, quanta * STEP :].copy()


def process(
    state: ReverbState, send: Float32Array, seconds: npt.NDArray[np.float64]
) -> tuple[Float32Array, ReverbState]:
    """The room's answer.

    Args:
        state: What it remembers.
        send: float32 ``(1920 q,)``.
        seconds: Decay time (RT60) in each quantum, ``(q,)``.

    Returns:
        float32 ``(2, 960 q)`` at half the rate, somewhat softer than the send, and the new state.
    """
    diffused, tail = _diffuse(state, send)
    quanta = seconds.shape[0]
    mix, into = _matrices()
    lines = np.empty((len(LINES), HISTORY + quanta * STEP), np.float32)
    lines[:, :HISTORY] = state.lines
    fed = into @ diffused
    wet = _EARLY * diffused
    gains = 10.0 ** (-3.0 * np.array(LINES)[None, :] / (RATE_HZ * seconds[:, None]))
    level = _LEVEL * np.sqrt(1.0 - np.mean(gains**2, axis=1))
    weights = (DAMPING * gains[:, None, :] * mix).astype(np.float32)
    weights[:, len(LINES) :] *= level[:, None, None].astype(np.float32)
    read = np.empty((len(LINES), STEP + 2), np.float32)
    damped = np.empty((len(LINES), STEP), np.float32)
    mixed = np.empty((len(LINES) + 2, STEP), np.float32)
    for q in range(quanta):
        at = HISTORY + q * STEP
        for i, delay in enumerate(LINES):
            read[i] = lines[i, at - delay - 1 : at - delay + STEP + 1]
        np.multiply(read[:, 1:-1], _MIDDLE, out=damped)
        damped += read[:, :-2]
        damped += read[:, 2:]
        np.matmul(weights[q], damped, out=mixed)
        np.add(mixed[: len(LINES)], fed[:, q * STEP : (q + 1) * STEP], out=lines[:, at : at + STEP])
        wet[:, q * STEP : (q + 1) * STEP] += mixed[len(LINES) :]
    history = lines[:, -HISTORY:].copy()
    if np.abs(history).max() < _QUIET:
        history[:] = 0
    return wet, ReverbState(history, tail)
