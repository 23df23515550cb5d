"""Which recording of a SoundFont sounds for which keys."""

import itertools
import struct
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

_KEY_RANGE, _INSTRUMENT, _SAMPLE = 43, 41, 53


def _chunks(data: bytes) -> dict[bytes, bytes]:
    """The hydra: records of presets, instruments and their generators."""
    out: dict[bytes, bytes] = {}
    at = 12
    while at < len(data):
        size = struct.unpack_from("<I", data, at + 4)[0]
        if data[at : at + 4] == b"LIST" and data[at + 8 : at + 12] == b"pdta":
            inner = at + 12
            while inner < at + 8 + size:
                length = struct.unpack_from("<I", data, inner + 4)[0]
                out[data[inner : inner + 4]] = data[inner + 8 : inner + 8 + length]
                inner += 8 + length + (length & 1)
        at += 8 + size + (size & 1)
    return out


@lru_cache(maxsize=1)
def _hydra(soundfont: Path) -> dict[bytes, bytes]:
    return _chunks(soundfont.read_bytes())


def _generators(hydra: dict[bytes, bytes], level: str, first: int, last: int) -> Iterator[dict[int, int]]:
    """Generators of each zone of a preset (``p``) or an instrument (``i``)."""
    bags, values = hydra[f"{level}bag".encode()], hydra[f"{level}gen".encode()]
    for bag in range(first, last):
        begin, end = (struct.unpack_from("<H", bags, 4 * index)[0] for index in (bag, bag + 1))
        yield dict(struct.unpack_from("<HH", values, 4 * index) for index in range(begin, end))


def _keys(generators: dict[int, int]) -> tuple[int, int]:
    packed = generators.get(_KEY_RANGE, 0x7F00)
    return packed & 0xFF, packed >> 8


def _sample_ranges(hydra: dict[bytes, bytes], bank: int, program: int) -> Iterator[tuple[int, int]]:
    presets, instruments = hydra[b"phdr"], hydra[b"inst"]
    for number in range(len(presets) // 38 - 1):
        _, preset, in_bank, bag = struct.unpack_from("<20sHHH", presets, 38 * number)
        if (in_bank, preset) != (bank, program):
            continue
        after = struct.unpack_from("<20sHHH", presets, 38 * (number + 1))[3]
        for outer in _generators(hydra, "p", bag, after):
            if _INSTRUMENT not in outer:
                continue
            index = outer[_INSTRUMENT]
            first, last = (struct.unpack_from("<20sH", instruments, 22 * (index + step))[1] for step in (0, 1))
            shared: dict[int, int] = {}
            for inner in _generators(hydra, "i", first, last):
                if _SAMPLE not in inner:
                    shared = inner
                    continue
                low, high = _keys({**shared, **inner})
                outer_low, outer_high = _keys(outer)
                yield max(low, outer_low), min(high, outer_high)


def zones(soundfont: Path, bank: int, program: int, low: int, high: int) -> list[tuple[int, int]]:
    """Stretches of keys ``(first, last)`` from ``low`` to ``high`` within which the same recordings sound."""
    borders = {low, high + 1}
    for first, last in _sample_ranges(_hydra(soundfont), bank, program):
        borders |= {edge for edge in (first, last + 1) if low < edge <= high}
    edges = sorted(borders)
    return [(first, after - 1) for first, after in itertools.pairwise(edges)]
