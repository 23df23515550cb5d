"""Real instruments as numbers: how loud each partial and each band of noise is, moment by moment, key by key.

Measured from the Fluid (R3) General MIDI SoundFont (MIT licence, see NOTICE) by ``tools/measure_instruments.py``;
``data/measured/*.bin`` hold levels only, no recorded sound.

A table is ``MAGIC``, the length of its head (four bytes, little endian), the head (JSON, see ``Head``), and zlib:
levels as bytes, half decibels below a reference, 255 = silent, as differences along forces, then along time: first of
the partials ``(K, V, T, P)``, then of the noise ``(K, V, T, BANDS)``; then, if partials lie anywhere, their ratios to
the fundamental as float32 ``(K, P)``.
"""

import json
import struct
import zlib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Final, TypedDict, cast

import numpy as np
import numpy.typing as npt

from everjam.audio import Float32Array
from everjam.engines.band.instruments.dsp.additive import SILENT_DB
from everjam.engines.band.instruments.dsp.bands import BANDS
from everjam.engines.band.instruments.dsp.base import f32

MAGIC: Final = b"EJT1"
SILENT_CODE: Final = 255
_HIGHEST_HZ: Final = 20_000.0
_LAST_FALL_DB: Final = 40.0
"""Fall of an octave of harmonics beyond the last measured one."""

Float64Array = npt.NDArray[np.float64]


class Head(TypedDict):
    """What stands before the levels of a table.

    Attributes:
        held: Whether the instrument sounds as long as it is held.
        keys: MIDI keys that were recorded, rising, K of them.
        tops: Last key that each recording stands for.
        velocities: MIDI velocities that were recorded, V of them.
        seconds: Breakpoints from the onset, T of them.
        numbers: Numbers of the harmonics that were measured, rising, P of them; empty: partials lie anywhere.
        partials: P.
        below: The harmonics are those of the note's pitch divided by this: organs sound octaves below their keys.
        stiffness: Inharmonicity coefficient B by key.
        release_seconds: Fall by 60 dB after the key is let go, by key.
        reference_db: Level of code 0.
    """

    held: bool
    keys: list[int]
    tops: list[int]
    velocities: list[int]
    seconds: list[float]
    numbers: list[int]
    partials: int
    below: int
    stiffness: list[float]
    release_seconds: list[float]
    reference_db: float


@dataclass(frozen=True, slots=True)
class Table:
    """A measured instrument.

    Attributes:
        head: See ``Head``.
        partials: Codes, uint8 ``(K, V, T, P)``.
        noise: Codes, uint8 ``(K, V, T, BANDS)``.
        ratios: Partials against the fundamental, float32 ``(K, P)``; empty where harmonics were measured.
    """

    head: Head
    partials: npt.NDArray[np.uint8]
    noise: npt.NDArray[np.uint8]
    ratios: Float32Array


@dataclass(frozen=True, slots=True)
class Spectrum:
    """A note of a measured instrument.

    Attributes:
        seconds: Breakpoints from the onset, float64 ``(T,)``.
        hz: Partials, float64 ``(P,)``, rising where they are harmonics; all below 20 kHz.
        below: Where they are harmonics, they are those of the pitch divided by this.
        levels_db: Of the partials, float32 ``(T, P)``; 0 dB is amplitude 1.
        noise_db: Spectral density at ``dsp.bands.centres_hz`` against white noise of variance 1: ``(T, BANDS)``.
        release_seconds: Fall by 60 dB after the key is let go.
        held: Whether the last breakpoint goes on for as long as the note is held; if not, it goes on to die away.
    """

    seconds: Float64Array
    hz: Float64Array
    below: int
    levels_db: Float32Array
    noise_db: Float32Array
    release_seconds: float
    held: bool


def pack(table: Table) -> bytes:
    """A table as a file."""
    head = json.dumps(table.head, separators=(",", ":"), sort_keys=True).encode()
    bodies = []
    for codes in (table.partials, table.noise):
        steps = np.diff(codes, axis=2, prepend=np.uint8(0))
        bodies.append(np.diff(steps, axis=1, prepend=np.uint8(0)).tobytes())
    body = zlib.compress(b"".join(bodies) + table.ratios.astype("<f4").tobytes(), 9)
    return MAGIC + struct.pack("<I", len(head)) + head + body


def unpack(data: bytes) -> Table:
    """The table in a file.

    Raises:
        ValueError: It is none.
    """
    if data[:4] != MAGIC:
        raise ValueError("not a table of a measured instrument")
    length = struct.unpack_from("<I", data, 4)[0]
    head = cast("Head", json.loads(data[8 : 8 + length]))
    body = zlib.decompress(data[8 + length :])
    count = len(head["keys"]) * len(head["velocities"]) * len(head["seconds"])
    split, end = count * head["partials"], count * (head["partials"] + BANDS)
    codes = []
    for piece in (body[:split], body[split:end]):
        shape = (len(head["keys"]), len(head["velocities"]), len(head["seconds"]), -1)
        steps = np.frombuffer(piece, np.uint8).reshape(shape)
        codes.append(np.cumsum(np.cumsum(steps, axis=1, dtype=np.uint8), axis=2, dtype=np.uint8))
    ratios = np.frombuffer(body[end:], "<f4").astype(np.float32).reshape(-1, head["partials"])
    return Table(head, codes[0], codes[1], ratios)


@lru_cache(maxsize=256)
def table_of(name: str) -> Table:
    """The measured instrument ``name``.

    Raises:
        KeyError: It was not measured.
    """
    path = files(__package__).joinpath("data", "measured", f"{name}.bin")
    if not path.is_file():
        raise KeyError(name)
    return unpack(path.read_bytes())


def warm() -> None:
    """Unpacks all tables, 3 MB, so that no note has to."""
    for name in names():
        table_of(name)


@lru_cache(maxsize=1)
def names() -> tuple[str, ...]:
    """All measured instruments."""
    folder = files(__package__).joinpath("data", "measured")
    return tuple(sorted(entry.name.removesuffix(".bin") for entry in folder.iterdir() if entry.name.endswith(".bin")))


def measured(name: str, hz: float, force: float) -> Spectrum:
    """A note of a measured instrument.

    Each recording stands for the keys around it: blending neighbours would be neither. Between forces the levels are
    interpolated in decibels.

    Args:
        name: Of the table.
        hz: Fundamental; for drums the frequency of their MIDI key, times the tuning.
        force: 0 to 1.

    Raises:
        KeyError: The instrument was not measured.
    """
    table = table_of(name)
    head = table.head
    key = 69.0 + 12.0 * np.log2(hz / 440.0)
    row = min(int(np.searchsorted(np.asarray(head["tops"]) + 0.5, key)), len(head["keys"]) - 1)
    levels = _between_forces(head, table.partials[row], force)
    noise = _between_forces(head, table.noise[row], force)
    if head["numbers"]:
        first_hz = hz / head.get("below", 1)
        number, levels = _all_harmonics(np.asarray(head["numbers"], np.float64), levels, first_hz)
        stiffness = head["stiffness"][row]
        partials_hz = first_hz * number * np.sqrt((1.0 + stiffness * number**2) / (1.0 + stiffness))
    else:
        partials_hz = hz * table.ratios[row].astype(np.float64)
    audible = partials_hz < _HIGHEST_HZ
    return Spectrum(
        seconds=np.asarray(head["seconds"], np.float64),
        hz=partials_hz[audible],
        below=head.get("below", 1),
        levels_db=np.ascontiguousarray(levels[:, audible]),
        noise_db=noise,
        release_seconds=head["release_seconds"][row],
        held=head["held"],
    )


def _between_forces(head: Head, codes: npt.NDArray[np.uint8], force: float) -> Float32Array:
    """Decibels ``(T, N)`` of one recording's codes ``(V, T, N)``."""
    position = float(np.interp(127.0 * force, head["velocities"], np.arange(len(head["velocities"]))))
    below = min(int(position), len(head["velocities"]) - 1)
    above = min(below + 1, len(head["velocities"]) - 1)
    share = np.float32(position - below)
    low, high = codes[below].astype(np.float32), codes[above].astype(np.float32)
    mixed = low + (high - low) * share
    levels = np.float32(head["reference_db"]) - mixed * np.float32(0.5)
    silent = (codes[below] == SILENT_CODE) | (codes[above] == SILENT_CODE)
    return f32(np.where(silent, np.float32(SILENT_DB), levels))


def _all_harmonics(numbers: Float64Array, levels: Float32Array, hz: float) -> tuple[Float64Array, Float32Array]:
    """Every harmonic from the measured ones, straight in decibels over the logarithm of the number."""
    count = max(1, int(_HIGHEST_HZ / hz))
    wanted = np.arange(1, count + 1, dtype=np.float64)
    if count <= len(numbers) and numbers[count - 1] == count:
        return wanted, levels[:, :count]
    position = np.interp(np.log(wanted), np.log(numbers), np.arange(numbers.size, dtype=np.float64))
    below = np.minimum(position.astype(np.int64), numbers.size - 2)
    share = f32((position - below).astype(np.float32))
    out = levels[:, below] + (levels[:, below + 1] - levels[:, below]) * share
    beyond = wanted > numbers[-1]
    out[:, beyond] -= f32(_LAST_FALL_DB * np.log2(wanted[beyond] / numbers[-1]))
    return wanted, f32(np.maximum(out, SILENT_DB))
