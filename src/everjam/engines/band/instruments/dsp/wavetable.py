"""Periodic tones: stacks of band-limited wavetables, read by fixed-point phase, scanned by a position.

A filter sweep, a swell or a vowel change over a periodic source is a walk through a stack of wavetables whose
harmonics are already filtered: exact to the sample, and several times cheaper than filtering the signal.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.fft

from everjam.audio import SAMPLE_RATE_HZ, Float32Array
from everjam.engines.band.instruments.dsp.base import CONTROL_FRAMES, f32

TABLE_BITS: Final = 13
TABLE_FRAMES: Final = 1 << TABLE_BITS
_TURN: Final = 4294967296.0
"""One period in 32-bit fixed point: overflow is the wrap."""
_SHIFT: Final = np.uint32(32 - TABLE_BITS)
_FRACTION_MASK: Final = np.uint32((1 << (32 - TABLE_BITS)) - 1)
_FRACTION_SCALE: Final = np.float32(1.0 / (1 << (32 - TABLE_BITS)))
_HIGHEST_HZ: Final = SAMPLE_RATE_HZ * 0.44
_AT: Final = np.arange(CONTROL_FRAMES, dtype=np.float32)
_CURVE: Final = np.stack([np.ones(CONTROL_FRAMES, np.float32), _AT, _AT * _AT / np.float32(2.0 * CONTROL_FRAMES)])
"""What the phase at a control point, the step there and its change until the next one have in each frame between."""


@dataclass(frozen=True, slots=True)
class Phase:
    """Where a tone is in its period at every frame.

    Attributes:
        index: int64, table index before the phase.
        fraction: float32, 0 to 1 to the next index.
    """

    index: npt.NDArray[np.int64]
    fraction: Float32Array


def phase(hz: float | Float32Array, frames: int, start_cycles: float = 0.0) -> Phase:
    """Running phase of a frequency.

    Args:
        hz: Constant, or a control curve (``dsp.base.control_times``).
        frames: Length.
        start_cycles: Phase at frame 0, in periods.
    """
    if not isinstance(hz, float | int):
        return _moving_phase(hz, frames, start_cycles)
    whole = np.arange(frames, dtype=np.uint32)
    whole *= np.uint32(round(hz / SAMPLE_RATE_HZ * _TURN))
    whole += np.uint32(int(start_cycles % 1.0 * _TURN))
    fraction: Float32Array = (whole & _FRACTION_MASK).view(np.int32).astype(np.float32)
    fraction *= _FRACTION_SCALE
    whole >>= _SHIFT
    return Phase(whole.astype(np.int64), fraction)


def _moving_phase(hz: Float32Array, frames: int, start_cycles: float) -> Phase:
    """As ``phase``, of a control curve; off by less than a millionth of a period."""
    steps = hz.astype(np.float64) * (TABLE_FRAMES / SAMPLE_RATE_HZ)
    points = np.empty((steps.size - 1, 3))
    points[:, 1] = steps[:-1]
    np.subtract(steps[1:], steps[:-1], out=points[:, 2])
    advances = (points[:, 1] + 0.5 * points[:, 2]) * CONTROL_FRAMES
    points[:, 0] = (np.cumsum(advances) - advances + start_cycles % 1.0 * TABLE_FRAMES) % TABLE_FRAMES
    fraction = (points.astype(np.float32) @ _CURVE).reshape(-1)[:frames]
    index = fraction.astype(np.int32)
    fraction -= index.astype(np.float32)
    index &= TABLE_FRAMES - 1
    return Phase(index.astype(np.int64), f32(fraction))


def glide_of(hz: Float32Array, block: int, rate_hz: int, start: np.uint32) -> npt.NDArray[np.uint32]:
    """Running phase of a control curve in 32-bit fixed point.

    The frequency goes straight from point to point: one that went in steps would be heard as sidebands.

    Args:
        hz: Control curve.
        block: Frames between two of its points.
        rate_hz: Frames a second.
        start: Phase at frame 0.
    """
    steps: npt.NDArray[np.int64] = np.rint(hz.astype(np.float64) * (_TURN / rate_hz)).astype(np.int64)
    first, bend = steps[:-1], np.diff(steps)
    blocks = (first * block + bend * (block // 2)).astype(np.uint32)
    at = np.arange(block, dtype=np.int64)
    whole = np.multiply.outer(first.astype(np.uint32), at.astype(np.uint32))
    curved = np.multiply.outer(bend.astype(np.float32), (at * at / (2.0 * block)).astype(np.float32))
    # Within half a period, which all but the wildest bends are, 32 bits hold it: much faster.
    small = 0.5 * block * float(np.abs(bend).max(initial=0)) < 0.49 * _TURN
    whole += curved.astype(np.int32).view(np.uint32) if small else curved.astype(np.int64).astype(np.uint32)
    whole += (np.cumsum(blocks, dtype=np.uint32) - blocks + start)[:, None]
    return whole.reshape(-1)


def harmonic_count(hz: float, most: int = 1200) -> int:
    """Harmonics of ``hz`` below Nyquist, at least 1."""
    return max(1, min(most, int(_HIGHEST_HZ / hz)))


def stack(amplitudes: npt.NDArray[np.floating], phases: npt.ArrayLike | None = None) -> Float32Array:
    """Wavetables from harmonic amplitudes.

    Args:
        amplitudes: Shape ``(tables, harmonics)``; harmonic 1 first.
        phases: Radians, shape ``(harmonics,)``; None makes sines that start at zero.

    Returns:
        float32 ``(tables, TABLE_FRAMES + 1)``: the last frame repeats the first.
    """
    tables, harmonics = amplitudes.shape
    spectrum = np.zeros((tables, TABLE_FRAMES // 2 + 1), np.complex64)
    turn = -1j if phases is None else -1j * np.exp(1j * np.asarray(phases, np.float64))
    spectrum[:, 1 : harmonics + 1] = amplitudes * turn * (TABLE_FRAMES / 2)
    out = np.empty((tables, TABLE_FRAMES + 1), np.float32)
    out[:, :-1] = scipy.fft.irfft(spectrum, TABLE_FRAMES)
    out[:, -1] = out[:, 0]
    return out


def read(at: Phase, table: Float32Array) -> Float32Array:
    """One wavetable ``(TABLE_FRAMES + 1,)`` at a phase, linearly interpolated."""
    return _between(table, at.index, at.fraction)


@dataclass(frozen=True, slots=True)
class Walk:
    """A walk through a stack of wavetables, ready to be read by several voices.

    Attributes:
        offset: int64, where the table before the position begins.
        blend: float32, 0 to 1 to the next table.
    """

    offset: npt.NDArray[np.int64]
    blend: Float32Array


def walk(tables: Float32Array, position: Float32Array) -> Walk:
    """A walk by a position 0 to ``len(tables) - 1`` at every frame; there are two tables or more."""
    row = position.astype(np.int32)
    np.minimum(row, len(tables) - 2, out=row)
    blend = position - row.astype(np.float32)
    row *= tables.shape[1]
    return Walk(row.astype(np.int64), blend)


def scan(at: Phase, tables: Float32Array, along: Walk) -> Float32Array:
    """A stack of wavetables at a phase and along a walk, both interpolated: float32 ``(frames,)``."""
    flat = tables.reshape(-1)
    index = along.offset + at.index
    first = _between(flat, index, at.fraction)
    index += tables.shape[1]
    second = _between(flat, index, at.fraction)
    second -= first
    second *= along.blend
    second += first
    return second


def _between(flat: Float32Array, index: npt.NDArray[np.int64], fraction: Float32Array) -> Float32Array:
    """``flat`` between ``index`` and the one after; ``index`` never is the last."""
    low = flat.take(index, mode="clip")
    out: Float32Array = flat[1:].take(index, mode="clip")
    out -= low
    out *= fraction
    out += low
    return out


def saw(harmonics: int) -> Float32Array:
    """Harmonic amplitudes of a sawtooth."""
    return f32(0.6 / np.arange(1, harmonics + 1))


def square(harmonics: int) -> Float32Array:
    """Harmonic amplitudes of a square wave."""
    number = np.arange(1, harmonics + 1)
    return f32(np.where(number % 2, 0.9 / number, 0.0))


def pulse(harmonics: int, width: float) -> Float32Array:
    """Harmonic amplitudes of a pulse wave of relative ``width`` (phases aside)."""
    number = np.arange(1, harmonics + 1)
    return f32(0.9 * np.abs(np.sin(np.pi * number * width)) / number)


def triangle(harmonics: int) -> Float32Array:
    """Harmonic amplitudes of a triangle wave, signs left out: softer than a square, same harmonics."""
    number = np.arange(1, harmonics + 1)
    return f32(np.where(number % 2, 1.0 / number**2, 0.0))


@dataclass(frozen=True, slots=True)
class Sweep:
    """A stack of low-passed wavetables and the walk through it.

    Attributes:
        tables: From ``stack``.
        position: Control curve of positions in it.
    """

    tables: Float32Array
    position: Float32Array


def lowpass_sweep(
    hz: float,
    source: Float32Array,
    cutoff_hz: Float32Array,
    *,
    resonance: float = 0.0,
    order: int = 4,
    per_octave: int = 6,
) -> Sweep:
    """A periodic source through a moving low-pass.

    Args:
        hz: Fundamental that the absolute cutoff refers to.
        source: Harmonic amplitudes.
        cutoff_hz: Control curve of the cutoff.
        resonance: Height of the peak at the cutoff: 0 none, 1 sharp.
        order: Slope, 6 dB an octave each.
        per_octave: Tables for each octave of cutoff.
    """
    octave = np.log2(np.maximum(cutoff_hz, 20.0)).astype(np.float32)
    low, high = float(octave.min()), float(octave.max())
    count = max(2, int(np.ceil((high - low) * per_octave)) + 1)
    centres = 2.0 ** np.linspace(low, high, count)
    ratio = np.arange(1, len(source) + 1) * hz / centres[:, None]
    gain = 1.0 / np.sqrt(1.0 + ratio ** (2 * order))
    if resonance > 0.0:
        width = 0.45 - 0.33 * resonance
        gain = gain * (1.0 - 0.35 * resonance) + resonance * 2.2 / (1.0 + (np.log2(ratio) / width) ** 2) ** 1.5
    scale = (count - 1) / (high - low) if high > low else 0.0
    return Sweep(stack(source * gain), (octave - np.float32(low)) * np.float32(scale))
