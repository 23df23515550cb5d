"""The chunks of a SoundFont file (SoundFont 2.04, sections 3 to 5), memory-mapped and checked."""

import mmap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from everjam.engines.band.instruments.soundfont.errors import SoundFontError

Bytes = npt.NDArray[np.uint8]

_HEADER: Final = 8
_MOST_CHUNKS: Final = 1024
_LISTS: Final = (b"INFO", b"sdta", b"pdta")
_NEEDED: Final = (b"phdr", b"pbag", b"pgen", b"inst", b"ibag", b"igen", b"shdr")


@dataclass(frozen=True, slots=True, eq=False)
class Chunks:
    """Where everything in a file is.

    Attributes:
        path: The file.
        data: All of its bytes, uint8 ``(size,)``, read-only, in the page cache rather than in this process.
        places: Name of a chunk to its first byte and its size; all lie within the file.
    """

    path: Path
    data: Bytes
    places: dict[bytes, tuple[int, int]]

    def get(self, name: bytes) -> Bytes:
        """The bytes of a chunk, nothing if the file has none of that name."""
        begin, size = self.places.get(name, (0, 0))
        return self.data[begin : begin + size]


def read_chunks(path: Path) -> Chunks:
    """Maps a file and finds its chunks.

    Raises:
        SoundFontError: There is no such file, it cannot be read, or it is no whole SoundFont.
    """
    data = _mapped(path)
    if data.size < _HEADER + 4 or bytes(data[:4]) != b"RIFF" or bytes(data[8:12]) != b"sfbk":
        raise SoundFontError(path, "is not a SoundFont 2 file", remedy="Name a file that ends in .sf2 or .sf3.")
    whole = _HEADER + _size_at(data, 4)
    if whole > data.size:
        raise SoundFontError(path, f"is cut off: it says that it has {whole} bytes and has {data.size}")
    places: dict[bytes, tuple[int, int]] = {}
    for name, begin, size in _walk(path, data, _HEADER + 4, whole):
        if name != b"LIST":
            continue
        kind = bytes(data[begin : begin + 4]) if size >= 4 else b""
        if kind in _LISTS:
            for inner, inner_begin, inner_size in _walk(path, data, begin + 4, begin + size):
                places.setdefault(inner, (inner_begin, inner_size))
    missing = [name.decode() for name in _NEEDED if name not in places]
    if missing:
        raise SoundFontError(path, f"has no {missing[0]!r} chunk")
    return Chunks(path, data, places)


def _mapped(path: Path) -> Bytes:
    try:
        if not path.is_file():
            problem = "is not a file" if path.exists() else "does not exist"
            raise SoundFontError(path, problem, remedy="Name a .sf2 or .sf3 file; docs/soundfonts.md says where from.")
        with path.open("rb") as file:
            view = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is empty"
        raise SoundFontError(path, f"cannot be read: {reason}") from None
    return np.frombuffer(view, np.uint8)


def _walk(path: Path, data: Bytes, begin: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Name, first byte and size of the chunks that lie between two places, one after the other."""
    for _ in range(_MOST_CHUNKS):
        if begin + _HEADER > end:
            return
        name, size = bytes(data[begin : begin + 4]), _size_at(data, begin + 4)
        if begin + _HEADER + size > end:
            shown = name.decode("ascii", "replace")
            room = end - begin - _HEADER
            raise SoundFontError(
                path, f"is broken: its chunk {shown!r} has {size} bytes where there is room for {room}"
            )
        yield name, begin + _HEADER, size
        begin += _HEADER + size + (size & 1)
    raise SoundFontError(path, f"is broken: it has more than {_MOST_CHUNKS} chunks in a row")


def _size_at(data: Bytes, at: int) -> int:
    return int.from_bytes(bytes(data[at : at + 4]), "little")
