"""The nine tables of a SoundFont (SoundFont 2.04, section 7) as numpy records, checked against each other."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from everjam.engines.band.instruments.soundfont.errors import SoundFontError, printable
from everjam.engines.band.instruments.soundfont.generators import Gen
from everjam.engines.band.instruments.soundfont.riff import Chunks

Records = npt.NDArray[Any]

_PRESET: Final = np.dtype([("name", "S20"), ("program", "<u2"), ("bank", "<u2"), ("bag", "<u2"), ("unused", "V12")])
_INSTRUMENT: Final = np.dtype([("name", "S20"), ("bag", "<u2")])
_BAG: Final = np.dtype([("gen", "<u2"), ("mod", "<u2")])
_GENERATOR: Final = np.dtype([("operator", "<u2"), ("amount", "<i2")])
_MODULATOR: Final = np.dtype(
    [("source", "<u2"), ("destination", "<u2"), ("amount", "<i2"), ("amount_source", "<u2"), ("transform", "<u2")]
)
_SAMPLE: Final = np.dtype(
    [
        ("name", "S20"),
        ("start", "<u4"),
        ("end", "<u4"),
        ("loop_start", "<u4"),
        ("loop_end", "<u4"),
        ("rate_hz", "<u4"),
        ("key", "u1"),
        ("correction_cents", "i1"),
        ("link", "<u2"),
        ("kind", "<u2"),
    ]
)
_ROM: Final = 0x8000
COMPRESSED: Final = 0x10
"""Bit of a sample's kind: Ogg Vorbis, as in .sf3 files; start and end then count bytes, loop points frames."""
_RATES_HZ: Final = (400, 192_000)
_MOST_ZONES: Final = 8192
"""In one preset or instrument; the largest in use have some hundreds."""


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """Presets, or instruments: who has which zones, and what the zones hold.

    Attributes:
        heads: Records with a ``name`` and the index ``bag`` of the first zone; the last ends the list.
        bags: Indices of each zone's first generator and modulator; the last ends the list.
        generators: Records.
        modulators: Records.
    """

    heads: Records
    bags: Records
    generators: Records
    modulators: Records


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """All tables; every index in them leads somewhere.

    Attributes:
        presets: Named by bank and program; ``Gen.INSTRUMENT`` in them names an instrument.
        instruments: ``Gen.SAMPLE`` in them names a sample.
        samples: Records of the headers, without the last, which ends the list.
    """

    presets: Level
    instruments: Level
    samples: Records


def read_tables(chunks: Chunks) -> Tables:
    """Reads and checks the tables.

    Raises:
        SoundFontError: A table has the wrong size, or an index leads nowhere.
    """
    path = chunks.path
    samples = _records(chunks, b"shdr", _SAMPLE)[:-1]
    instruments = _level(chunks, b"inst", _INSTRUMENT, b"i")
    presets = _level(chunks, b"phdr", _PRESET, b"p")
    if presets.heads.size < 2:
        raise SoundFontError(path, "holds no preset")
    _check_targets(path, presets, Gen.INSTRUMENT, instruments.heads.size - 1, "instrument")
    _check_targets(path, instruments, Gen.SAMPLE, samples.size, "sample")
    _check_samples(chunks, samples)
    return Tables(presets, instruments, samples)


def _records(chunks: Chunks, name: bytes, dtype: np.dtype[Any]) -> Records:
    data = chunks.get(name)
    if data.size % dtype.itemsize:
        each = dtype.itemsize
        raise SoundFontError(
            chunks.path, f"is broken: its {name.decode()!r} chunk has {data.size} bytes, no multiple of {each}"
        )
    return np.frombuffer(data, dtype)


def _level(chunks: Chunks, heads_name: bytes, dtype: np.dtype[Any], letter: bytes) -> Level:
    heads = _records(chunks, heads_name, dtype)
    bags = _records(chunks, letter + b"bag", _BAG)
    generators = _records(chunks, letter + b"gen", _GENERATOR)
    modulators = _records(chunks, letter + b"mod", _MODULATOR)
    if not heads.size:
        raise SoundFontError(chunks.path, f"is broken: its {heads_name.decode()!r} chunk is empty")
    for where, indices, count in (
        (heads_name, heads["bag"], max(0, bags.size - 1)),
        (letter + b"bag", bags["gen"], generators.size),
        (letter + b"bag", bags["mod"], modulators.size),
    ):
        _check_indices(chunks.path, where.decode(), indices.astype(np.int64), count)
    if heads.size > 1 and int(np.diff(heads["bag"].astype(np.int64)).max()) > _MOST_ZONES:
        raise SoundFontError(
            chunks.path, f"is broken: something in {heads_name.decode()!r} has over {_MOST_ZONES} zones"
        )
    return Level(heads, bags, generators, modulators)


def _check_indices(path: Path, where: str, indices: npt.NDArray[np.int64], count: int) -> None:
    if indices.size and indices.max() > count:
        raise SoundFontError(path, f"is broken: {where!r} points at number {indices.max()} of {count} records")
    if (np.diff(indices) < 0).any():
        raise SoundFontError(path, f"is broken: the indices in {where!r} go backwards")


def _check_targets(path: Path, level: Level, operator: Gen, count: int, what: str) -> None:
    targets = level.generators["amount"][level.generators["operator"] == operator].astype(np.uint16)
    if targets.size and targets.max() >= count:
        raise SoundFontError(path, f"is broken: a zone plays {what} {targets.max()}, and there are {count}")


def _check_samples(chunks: Chunks, samples: Records) -> None:
    size = chunks.get(b"smpl").size
    compressed = (samples["kind"] & COMPRESSED) != 0
    limits = np.where(compressed, size, size // 2)
    elsewhere = (samples["kind"] & _ROM) != 0
    wrong = ((samples["start"] > samples["end"]) | (samples["end"] > limits)) & ~elsewhere
    if wrong.any():
        sample = samples[int(np.argmax(wrong))]
        raise SoundFontError(
            chunks.path,
            f"is broken: its sample {printable(sample['name'])!r} runs from {sample['start']} to {sample['end']} "
            f"of {limits[int(np.argmax(wrong))]}",
        )
    low, high = _RATES_HZ
    wrong = (
        ((samples["rate_hz"] < low) | (samples["rate_hz"] > high)) & (samples["end"] > samples["start"]) & ~elsewhere
    )
    if wrong.any():
        sample = samples[int(np.argmax(wrong))]
        raise SoundFontError(
            chunks.path,
            f"is broken: its sample {printable(sample['name'])!r} has a rate of {sample['rate_hz']} Hz",
        )


def in_rom(sample: Any) -> bool:
    """Whether a sample lies in a sound card's memory, not in the file."""
    return bool(int(sample["kind"]) & _ROM)
