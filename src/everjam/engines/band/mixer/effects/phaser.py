"""Phaser: four all-pass stages against the dry sound, swept slowly: notches that wander.

The sweep moves on the quantum grid: in each quantum the sound is filtered by where the sweep is at its start, faded
into where it is at its end. Filters are spectra that are made once. What is in the middle is phased; what differs
between the sides passes.
"""

from functools import cache
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy import fft

from everjam.audio import QUANTUM_FRAMES, SAMPLE_RATE_HZ, Float32Array
from everjam.engines.band.mixer.grid import Float64Array, curve

SWEEP_QUANTA: Final = 64
"""2.56 s."""
_STAGES: Final = 4
_LOW_HZ: Final = 420.0
_HIGH_HZ: Final = 2600.0
_SHARPNESS: Final = 0.25
_LEVEL: Final = 1.35
"""+2.6 dB between the notches."""
_FFT: Final = 2304
TAIL: Final = _FFT - QUANTUM_FRAMES
MEMORY: Final = (TAIL,)
_FALL: Final = (1.0 - np.arange(QUANTUM_FRAMES) / QUANTUM_FRAMES).astype(np.float32)


@cache
def _spectra() -> npt.NDArray[np.complex64]:
    """What the phaser adds to the sound along half a sweep, complex64 ``(33, 1153)``."""
    corners_hz = _LOW_HZ * (_HIGH_HZ / _LOW_HZ) ** (0.5 - 0.5 * np.cos(np.pi * np.arange(33) / 32))
    w = np.tan(np.pi * corners_hz / SAMPLE_RATE_HZ)[:, None]
    a = (1.0 - w) / (1.0 + w)
    z = np.exp(-2j * np.pi * np.arange(_FFT // 2 + 1) / _FFT)
    stages = ((z - a) / (1.0 - a * z)) ** _STAGES
    stages = (stages + _SHARPNESS) / (1.0 + _SHARPNESS * stages)
    added: npt.NDArray[np.complex64] = (0.5 * _LEVEL * (1.0 + stages) - 1.0).astype(np.complex64)
    return added


def warm() -> None:
    """Makes the tables."""
    _spectra()


def process(memory: Float32Array, bus: Float32Array, depth: Float64Array, frame: int) -> Float32Array:
    """Phaser in place.

    Args:
        memory: float32 ``MEMORY``: what the filters still have to say.
        bus: float32 ``(2, 1920 q)``, changed in place.
        depth: At quantum borders, ``(q + 1,)``, 0 to 1.
        frame: First frame in the jam.

    Returns:
        The new memory.
    """
    quanta = bus.shape[1] // QUANTUM_FRAMES
    pair = np.empty((2, quanta, QUANTUM_FRAMES), np.float32)
    np.add(bus[0].reshape(quanta, -1), bus[1].reshape(quanta, -1), out=pair[1])
    pair[1] *= np.float32(0.5)
    np.multiply(pair[1], _FALL, out=pair[0])
    falling, whole = fft.rfft(pair, _FFT, overwrite_x=True)
    at = (frame // QUANTUM_FRAMES + np.arange(quanta + 1)) % SWEEP_QUANTA
    filters = _spectra()[np.minimum(at, SWEEP_QUANTA - at)]
    falling *= filters[:-1] - filters[1:]
    whole *= filters[1:]
    whole += falling
    out = fft.irfft(whole, _FFT, overwrite_x=True)
    wet = out[:, :QUANTUM_FRAMES]
    wet[0, :TAIL] += memory
    wet[1:, :TAIL] += out[:-1, QUANTUM_FRAMES:]
    flat = wet.reshape(-1)
    flat *= curve(depth)
    bus += flat
    return out[-1, QUANTUM_FRAMES:].copy()
