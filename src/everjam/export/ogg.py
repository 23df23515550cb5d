"""Makes Ogg files repeatable: libsndfile draws a random serial number for every stream."""

import zlib
from pathlib import Path
from typing import Final

_HEADER: Final = 27
_REVERSED: Final = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


def set_serial(path: Path, serial: int) -> None:
    """Gives all pages of a file one serial number and their checksums anew, in place (RFC 3533, section 6).

    Args:
        path: An Ogg file with a single stream.
        serial: 32 bits, unsigned.

    Raises:
        ValueError: The file is not a whole number of Ogg pages.
    """
    with path.open("r+b") as file:
        while True:
            begin = file.tell()
            header = file.read(_HEADER)
            if not header:
                return
            lacing = file.read(header[26]) if len(header) == _HEADER and header[:4] == b"OggS" else b""
            body = file.read(sum(lacing))
            if not lacing or len(body) != sum(lacing):
                raise ValueError(f"{path} is not an Ogg file")
            page = bytearray(header + lacing + body)
            page[14:18] = serial.to_bytes(4, "little")
            page[22:26] = bytes(4)
            page[22:26] = checksum(bytes(page)).to_bytes(4, "little")
            file.seek(begin)
            file.write(page)


def checksum(page: bytes) -> int:
    """Ogg's CRC: polynomial 0x04C11DB7, highest bit first, from 0, not inverted.

    zlib's is the same polynomial, lowest bit first, inverted at both ends: mirrored bits turn one into the other.
    """
    mirrored = zlib.crc32(page.translate(_REVERSED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{mirrored:032b}"[::-1], 2)
