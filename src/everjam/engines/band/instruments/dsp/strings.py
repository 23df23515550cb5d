"""A plucked string as a waveguide loop solved in the frequency domain: exact pitch, no recursion in time."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.fft

from everjam.audio import SAMPLE_RATE_HZ, Float32Array
from everjam.engines.band.instruments.dsp.base import TAU


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


def pluck(model: StringModel, hz: float, frames: int, rng: np.random.Generator) -> Float32Array:
    """One plucked note.

    Args:
        model: The string.
        hz: Fundamental, exact also with stiffness.
        frames: Length.
        rng: For the pluck's noise.

    Returns:
        float32 ``(frames,)``, starts near 0, of the order of 1.
    """
    size = scipy.fft.next_fast_len(int(frames * 1.5) + 4096, real=True)
    shrink = float(np.exp(np.log(1e-3) / size))
    omega = (TAU / size) * np.arange(size // 2 + 1)
    freq = omega * (SAMPLE_RATE_HZ / TAU)
    period = SAMPLE_RATE_HZ / hz
    number = freq / hz
    # Phase delay that puts partial k at k f sqrt(1 + B k^2) / sqrt(1 + B): the fundamental stays exact.
    stretched = np.sqrt((np.sqrt(1.0 + 4.0 * model.stiffness * number**2 * (1.0 + model.stiffness)) + 1.0) / 2.0)
    delay = period * np.sqrt(1.0 + model.stiffness) / stretched
    t60 = model.t60_seconds / (1.0 + (freq / model.damping_hz) ** 1.5)
    gain = 10.0 ** (-3.0 * period / SAMPLE_RATE_HZ / np.maximum(t60, 0.004))
    loop = gain * shrink**period * np.exp(-1j * omega * delay)
    comb = 1.0 - shrink ** (period * model.pick) * np.exp(-1j * omega * period * model.pick)
    if model.pickup:
        comb = comb * (1.0 - shrink ** (period * model.pickup) * np.exp(-1j * omega * period * model.pickup))
    excitation = _excitation(model, period, rng)
    excitation *= shrink ** np.arange(excitation.size)
    spectrum = scipy.fft.rfft(excitation, size) * comb / (1.0 + (freq / model.pluck_hz) ** 2) / (1.0 - loop)
    out: Float32Array = scipy.fft.irfft(spectrum.astype(np.complex64), size)[:frames].astype(np.float32, copy=False)
    out *= np.exp(np.arange(frames, dtype=np.float32) * np.float32(-np.log(shrink)))
    return out


def _excitation(model: StringModel, period: float, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """An impulse (ideal pluck) and one period of noise, without DC."""
    length = max(4, int(period))
    out: npt.NDArray[np.float64] = rng.standard_normal(length) * (model.noise / np.sqrt(length))
    out[0] += 1.0 - model.noise
    out -= out.mean()
    return out
