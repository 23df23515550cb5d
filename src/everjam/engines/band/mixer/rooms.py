"""What rooms answer in their first 120 ms, as spectra that are made once.

Booth, room, club, hall and church are boxes: reflections come from the mirror images of a source, heard by two ears
(J. B. Allen and D. A. Berkley, "Image method for efficiently simulating small-room acoustics", JASA 65, 1979), darker
with every wall, until they drown in scattered sound. A plate is dense at once, high frequencies first; a spring chirps.
"""

from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Final

import numpy as np
import numpy.typing as npt

from everjam.audio import QUANTUM_FRAMES, SAMPLE_RATE_HZ
from everjam.engines.band.score import ROOMS, Room

RATE_HZ: Final = SAMPLE_RATE_HZ // 2
STEP: Final = QUANTUM_FRAMES // 2
_LENGTH: Final = 3 * STEP
_GUARD: Final = 64
"""Samples before and after an answer for the ringing of the band limit."""
REACH: Final = _LENGTH + 2 * _GUARD
"""Samples before the newest that are still heard."""
_METRES_A_SECOND: Final = 343.0

FloatArray = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of room.

    Attributes:
        metres: Length, width and height; zeros where there are no walls.
        walls: What a wall gives back of the pressure, 0 to 1.
        wall_hz: Corner of what every wall takes from the treble.
        scatter: Level of scattered sound against the reflections.
        scatter_ms: When it has set in, after the direct sound.
        early: Level of this answer.
        late: Level of the tail.
        treble: Decay time at 8 kHz against that at 1 kHz, walls only.
        air_db: What the air takes at 8 kHz, in dB a second.
        bottom_hz: Corner of the high-pass.
        top_hz: Where the treble ends.
    """

    metres: tuple[float, float, float]
    walls: float
    wall_hz: float
    scatter: float
    scatter_ms: float
    early: float
    late: float
    treble: float
    air_db: float
    bottom_hz: float
    top_hz: float


KINDS: Final[dict[Room, Kind]] = {
    "booth": Kind((2.3, 2.9, 2.4), 0.55, 7_000, 0.25, 6, 1.0, 0.12, 0.8, 15, 200, 9_500),
    "room": Kind((5.2, 6.9, 2.9), 0.75, 7_000, 0.6, 14, 0.8, 0.6, 0.65, 15, 170, 9_000),
    "club": Kind((9.0, 14.0, 3.8), 0.72, 4_500, 0.7, 25, 0.72, 0.7, 0.5, 15, 150, 8_000),
    "hall": Kind((19.0, 33.0, 14.0), 0.85, 6_500, 0.8, 55, 0.5, 0.86, 0.6, 15, 120, 8_500),
    "church": Kind((17.0, 58.0, 23.0), 0.9, 5_000, 0.7, 80, 0.4, 0.92, 0.45, 20, 130, 8_000),
    "plate": Kind((0, 0, 0), 0, 0, 1.0, 0, 0.65, 0.76, 0.85, 0, 170, 11_000),
    "spring": Kind((0, 0, 0), 0, 0, 0.0, 0, 0.85, 0.5, 0.3, 0, 170, 4_800),
}


def _images(kind: Kind) -> FloatArray:
    """Mirror images as pulses, darkened by their walls, ``(2, _LENGTH)``; the direct sound is left out."""
    size = np.array(kind.metres)
    source = size * (0.43, 0.27, 0.45)
    middle = size * (0.54, 0.68, 0.41)
    apart = min(0.45 * size[0], 1.2)
    ears = middle + np.array([[-apart / 2, 0.0, 0.0], [apart / 2, 0.04, 0.0]])
    direct = float(np.linalg.norm(source - middle))
    reach = (np.ceil((_LENGTH / RATE_HZ * _METRES_A_SECOND + direct) / (2 * size)) + 1).astype(int)
    cells = np.stack(np.meshgrid(*(np.arange(-min(n, 6), min(n, 6) + 1) for n in reach), indexing="ij"), -1)
    orders = 6
    pulses = np.zeros((2, orders + 1, _LENGTH + 1))
    for flips in product((0, 1), repeat=3):
        flip = np.array(flips)
        places = (1 - 2 * flip) * source + 2 * cells.reshape(-1, 3) * size
        bounces = np.abs(2 * cells.reshape(-1, 3) - flip).sum(axis=1)
        for ear in range(2):
            far = np.linalg.norm(places - ears[ear], axis=1)
            at = (far - direct) / _METRES_A_SECOND * RATE_HZ
            heard = (bounces > 0) & (at >= 0) & (at < _LENGTH - 1) & (bounces <= orders)
            level = kind.walls ** bounces[heard] * direct / far[heard]
            whole = at[heard].astype(int)
            part = at[heard] - whole
            np.add.at(pulses[ear], (bounces[heard], whole), level * (1 - part))
            np.add.at(pulses[ear], (bounces[heard], whole + 1), level * part)
    hz = np.fft.rfftfreq(2 * _LENGTH, 1 / RATE_HZ)
    dark = (1 + (hz / kind.wall_hz) ** 2) ** (-0.5 * np.arange(orders + 1)[:, None])
    spectra = np.fft.rfft(pulses[:, :, :_LENGTH], 2 * _LENGTH) * dark
    answer: FloatArray = np.fft.irfft(spectra.sum(axis=1))[:, :_LENGTH]
    return answer


def _scattered(kind: Kind, rng: np.random.Generator) -> FloatArray:
    """Noise that sets in when reflections become dense and dies away to the end, ``(2, _LENGTH)``."""
    t_ms = np.arange(_LENGTH) / RATE_HZ * 1_000
    rise = np.clip((t_ms / kind.scatter_ms) ** 2, 0, 1) if kind.scatter_ms else np.ones(_LENGTH)
    fall = 10 ** (-t_ms / 60) if kind.scatter_ms else 10 ** (-t_ms / 160)
    return rng.standard_normal((2, _LENGTH)) * rise * fall


def _plate(noise: FloatArray) -> FloatArray:
    """Bending waves: each octave lower comes later by a factor of the square root of two."""
    n = 2 * _LENGTH
    hz = np.maximum(np.fft.rfftfreq(n, 1 / RATE_HZ), 60.0)
    late_seconds = 0.006 * np.sqrt(500.0 / hz)
    phase = 2 * np.pi * np.cumsum(late_seconds) * hz[-1] / (hz.size - 1)
    spread: FloatArray = np.fft.irfft(np.fft.rfft(noise, n) * np.exp(-1j * phase))[:, :_LENGTH]
    return spread


def _springs() -> FloatArray:
    """Two springs: chirps that go to and fro, each bounce longer drawn out, ``(2, _LENGTH)``."""
    n = 8 * _LENGTH
    hz = np.fft.rfftfreq(n, 1 / RATE_HZ)
    edge_hz = 4_300.0
    band = np.exp(-((hz / edge_hz) ** 6))
    out = np.zeros((2, _LENGTH))
    for side, seconds in enumerate((0.0178, 0.0206)):
        late = seconds / np.sqrt(np.maximum(1 - (hz / (1.12 * edge_hz)) ** 2, 0.08))
        phase = 2 * np.pi * np.cumsum(late) * hz[1]
        answer = sum((-0.62) ** k * np.exp(-1j * (2 * k + 1) * phase) for k in range(4))
        out[side] = np.fft.irfft(answer * band)[:_LENGTH]
    mixed: FloatArray = np.array([[1.0, 0.45], [0.45, 1.0]]) @ out
    return mixed


def answer(room: Room) -> FloatArray:
    """What a room answers to a click, without its tail, ``(2, 2880)`` at half the mixer's rate, of energy 1."""
    kind = KINDS[room]
    rng = np.random.default_rng(1729 + ROOMS.index(room))
    if room == "spring":
        out = _springs()
    elif room == "plate":
        out = _plate(_scattered(kind, rng))
    else:
        images, noise = _images(kind), _scattered(kind, rng)
        noise *= kind.scatter * np.sqrt((images**2).sum() / (noise**2).sum())
        out = images + noise
    out[:, -STEP // 3 :] *= 0.5 + 0.5 * np.cos(np.pi * np.arange(STEP // 3) / (STEP // 3))
    n = 2 * _LENGTH
    hz = np.fft.rfftfreq(n, 1 / RATE_HZ)
    tone = 1 / np.sqrt(1 + (hz / kind.top_hz) ** 8) * hz**2 / (hz**2 + kind.bottom_hz**2)
    shaped: FloatArray = np.fft.irfft(np.fft.rfft(out, n) * tone)[:, :_LENGTH]
    shaped /= np.sqrt((shaped**2).sum(axis=1, keepdims=True))
    return shaped


@cache
def answers() -> FloatArray:
    """Of every room, ``(7, 2, 2880)``."""
    return np.stack([answer(room) for room in ROOMS])


def spectra(answer: FloatArray, length: int) -> npt.NDArray[np.complex64]:
    """An answer, or a mixture of some, as a filter that is band-limited to 11.5 kHz.

    Args:
        answer: ``(2, 2880)``.
        length: Of the transform, at least ``REACH``.

    Returns:
        complex64 ``(2, length / 2 + 1)``.
    """
    hz = np.fft.rfftfreq(length, 1 / RATE_HZ)
    top = 0.5 + 0.5 * np.cos(np.pi * np.clip((hz - 8_500) / 3_000, 0, 1))
    padded = np.zeros((2, length))
    padded[:, _GUARD : _GUARD + _LENGTH] = answer
    out: npt.NDArray[np.complex64] = (np.fft.rfft(padded) * top).astype(np.complex64)
    return out


TABLE: Final = np.array([[k.early, k.late, k.treble, k.air_db] for k in (KINDS[room] for room in ROOMS)])
"""Early and late level, treble and air of every room, float64 ``(7, 4)``."""
