"""A plucked string as a waveguide loop solved in the frequency domain: exact pitch, no recursion in time."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import scipy.fft

from everjam.audio import SAMPLE_RATE_HZ, Float32Array
from everjam.engines.band.instruments.dsp.base import TAU

_WRAP_LEVEL: Final = 1e-3
"""Level of what wraps around in time: low against audibility, high against float32 rounding."""
_HIGHEST_HZ: Final = 15_000.0
_LN_1000: Final = 6.907755


@dataclass(frozen=True, slots=True)
class StringModel:
    """How a string is made and plucked.

    Attributes:
        t60_seconds: Decay time of the lowest partials.
        damping_hz: Frequency above which partials decay faster.
        pick: Where it is plucked, as a share of its length.
        pickup: Where it is heard by a magnetic pickup, as a share of its length; 0 = at the bridge.
        stiffness: Inharmonicity coefficient B.
        pluck_hz: Cutoff of the pluck: soft finger 1,000 to plectrum 9,000.
        noise: Share of noise in the pluck, 0 (an ideal pluck) to 1.
    """

    t60_seconds: float
    damping_hz: float
    pick: float = 0.15
    pickup: float = 0.0
    stiffness: float = 0.0
    pluck_hz: float = 4000.0
    noise: float = 0.5


def pluck(model: StringModel, hz: float | Sequence[float], frames: int, rng: np.random.Generator) -> Float32Array:
    """Strings plucked together.

    Args:
        model: The string, or what all of them are like.
        hz: Fundamental of each, exact also with stiffness.
        frames: Length.
        rng: For the pluck's noise.

    Returns:
        float32 ``(frames,)``, starts near 0, of the order of 1.
    """
    size = scipy.fft.next_fast_len(int(frames * 1.1) + 2048, real=True)
    log_shrink = float(np.log(_WRAP_LEVEL) / size)
    total = np.zeros(size // 2 + 1, np.complex64)
    for one_hz in (hz,) if isinstance(hz, float | int) else hz:
        spectrum = _spectrum(model, float(one_hz), size, log_shrink, rng)
        total[: spectrum.size] += spectrum
    out: Float32Array = scipy.fft.irfft(total, size)[:frames]
    out *= np.exp(np.arange(frames, dtype=np.float32) * np.float32(-log_shrink))
    return out


def _spectrum(
    model: StringModel, hz: float, size: int, log_shrink: float, rng: np.random.Generator
) -> npt.NDArray[np.complex64]:
    """Up to ``_HIGHEST_HZ``, of the note times an exponential that falls to ``_WRAP_LEVEL`` within ``size``."""
    period = SAMPLE_RATE_HZ / hz
    highest = min(size // 2 + 1, int(_HIGHEST_HZ * size / SAMPLE_RATE_HZ))
    number = np.arange(highest) * (period / size)
    # Phase delay that puts partial k at k f sqrt(1 + B k^2) / sqrt(1 + B): the fundamental stays exact.
    cycles = number
    if model.stiffness:
        stretch = model.stiffness * (1.0 + model.stiffness)
        root = np.sqrt(1.0 + 4.0 * stretch * number**2)
        cycles = number * np.sqrt(2.0 * (1.0 + model.stiffness) / (root + 1.0))
    above = (number * (hz / model.damping_hz)).astype(np.float32)
    loss = np.float32(-_LN_1000 / (hz * model.t60_seconds)) * (1.0 + above * np.sqrt(above))
    loop = _phasor(cycles) * np.exp(loss + np.float32(log_shrink * period))
    comb = 1.0 - _phasor(number * model.pick) * np.float32(np.exp(log_shrink * period * model.pick))
    if model.pickup:
        comb *= 1.0 - _phasor(number * model.pickup) * np.float32(np.exp(log_shrink * period * model.pickup))
    excitation = _excitation(model, period, rng)
    excitation *= np.exp(log_shrink * np.arange(excitation.size))
    spectrum = scipy.fft.rfft(excitation.astype(np.float32), size)[:highest]
    spectrum *= comb
    pluck_cycles = (number * (hz / model.pluck_hz)).astype(np.float32)
    spectrum /= (1.0 + pluck_cycles * pluck_cycles) * (1.0 - loop)
    return np.asarray(spectrum, np.complex64)


def _phasor(cycles: npt.NDArray[np.floating]) -> npt.NDArray[np.complex64]:
    """``exp(-2 pi i cycles)``: reduced in float64, so that float32 is exact enough."""
    angle = ((cycles - np.rint(cycles)) * -TAU).astype(np.float32)
    out = np.empty(angle.shape, np.complex64)
    np.cos(angle, out=out.real)
    np.sin(angle, out=out.imag)
    return out


def _excitation(model: StringModel, period: float, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """An impulse (ideal pluck) and one period of noise, without DC."""
    length = max(4, int(period))
    out: npt.NDArray[np.float64] = rng.standard_normal(length) * (model.noise / np.sqrt(length))
    out[0] += 1.0 - model.noise
    out -= out.mean()
    return out
