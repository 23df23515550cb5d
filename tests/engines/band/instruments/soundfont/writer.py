"""Writes small SoundFonts, as the format's specification lays them out, for tests to read."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

RATE_HZ = 48_000
ENDLESS = 8_000


@dataclass
class Sample:
    """Frames -1 to 1, or the bytes of an Ogg file; loop points in frames from the sample's start."""

    frames: npt.NDArray[np.float64] | bytes
    loop: tuple[int, int] = (0, 0)
    key: int = 69
    correction: int = 0
    rate_hz: int = RATE_HZ
    kind: int = 1


@dataclass
class Zone:
    """Generators by operator, the target among them where there is one; modulators as five numbers each."""

    generators: dict[int, int] = field(default_factory=dict)
    modulators: list[tuple[int, int, int, int, int]] = field(default_factory=list)


@dataclass
class Font:
    """All of a file. Presets are (bank, program, zones)."""

    samples: Sequence[Sample]
    instruments: Sequence[Sequence[Zone]]
    presets: Sequence[tuple[int, int, Sequence[Zone]]]
    deep: bool = False


def packed_range(low: int, high: int) -> int:
    return low | high << 8


def one_zone(sample: Sample, **instrument: int) -> Font:
    """A font of one sample on all keys; generators as g48=100."""
    zone = Zone({int(name[1:]): amount for name, amount in instrument.items()} | {53: 0})
    return Font([sample], [[zone]], [(0, 0, [Zone({41: 0})])])


def sine(hz: float = 440.0, seconds: float = 0.2, rate_hz: int = RATE_HZ, key: int = 69) -> Sample:
    """A sine that repeats without a seam, if ``hz`` fits into ``seconds``."""
    frames = round(seconds * rate_hz)
    return Sample(0.9 * np.sin(2 * np.pi * hz * np.arange(frames) / rate_hz), (0, frames), key, rate_hz=rate_hz)


def constant(level: float = 0.5) -> Sample:
    """A level that goes on for ever."""
    return Sample(np.full(1000, level), (10, 900))


def chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) & 1)


def group(name: bytes, *chunks: bytes) -> bytes:
    return chunk(b"LIST", name + b"".join(chunks))


def write(font: Font) -> bytes:
    """The file."""
    data, fine, headers = _samples(font)
    sdta = [chunk(b"smpl", data)] + ([chunk(b"sm24", fine)] if font.deep else [])
    lists = [
        group(b"INFO", chunk(b"ifil", struct.pack("<HH", 2, 4)), chunk(b"INAM", b"test\0\0")),
        group(b"sdta", *sdta),
        group(b"pdta", *_presets(font), *_instruments(font), chunk(b"shdr", headers)),
    ]
    return chunk(b"RIFF", b"sfbk" + b"".join(lists))


def _samples(font: Font) -> tuple[bytes, bytes, bytes]:
    data, fine, headers = b"", b"", b""
    for number, sample in enumerate(font.samples):
        if isinstance(sample.frames, bytes):
            start, loop = len(data), sample.loop
            data += sample.frames + b"\0" * (len(sample.frames) & 1)
            end = start + len(sample.frames)
        else:
            whole = np.round(sample.frames * 2**23).astype(np.int64)
            start = len(data) // 2
            data += (whole >> 8).astype("<i2").tobytes() + bytes(2 * 46)
            fine += (whole & 255).astype("u1").tobytes() + bytes(46)
            end = start + sample.frames.size
            loop = (start + sample.loop[0], start + sample.loop[1])
        head = (f"s{number}".encode(), start, end, *loop, sample.rate_hz, sample.key, sample.correction, 0, sample.kind)
        headers += struct.pack("<20sIIIIIBbHH", *head)
    return data, fine, headers + struct.pack("<20sIIIIIBbHH", b"EOS", 0, 0, 0, 0, 0, 0, 0, 0, 0)


def _zones(zones: Sequence[Sequence[Zone]], last: int) -> tuple[list[int], bytes, bytes, bytes]:
    """First bag of each, bags, modulators, generators; ``last`` is the generator that ends a zone."""
    firsts, bags, mods, gens = [], b"", b"", b""
    for several in zones:
        firsts.append(len(bags) // 4)
        for zone in several:
            bags += struct.pack("<HH", len(gens) // 4, len(mods) // 10)
            # Ranges come first and the target last, as the format demands.
            order = sorted(zone.generators, key=lambda one: (one == last, one not in {43, 44}, one))
            for operator in order:
                gens += struct.pack("<HH", operator, zone.generators[operator] & 0xFFFF)
            for source, destination, amount, by, transform in zone.modulators:
                mods += struct.pack("<HHhHH", source, destination, amount, by, transform)
    firsts.append(len(bags) // 4)
    bags += struct.pack("<HH", len(gens) // 4, len(mods) // 10)
    return firsts, bags, mods + bytes(10), gens + bytes(4)


def _presets(font: Font) -> list[bytes]:
    firsts, bags, mods, gens = _zones([zones for _, _, zones in font.presets], 41)
    named = [(f"p{program}".encode(), program, bank) for bank, program, _ in font.presets] + [(b"EOP", 0, 0)]
    heads = b"".join(
        struct.pack("<20sHHHIII", name, program, bank, first, 0, 0, 0)
        for (name, program, bank), first in zip(named, firsts, strict=True)
    )
    return [chunk(b"phdr", heads), chunk(b"pbag", bags), chunk(b"pmod", mods), chunk(b"pgen", gens)]


def _instruments(font: Font) -> list[bytes]:
    firsts, bags, mods, gens = _zones(font.instruments, 53)
    heads = b"".join(struct.pack("<20sH", b"i", first) for first in firsts)
    return [chunk(b"inst", heads), chunk(b"ibag", bags), chunk(b"imod", mods), chunk(b"igen", gens)]
