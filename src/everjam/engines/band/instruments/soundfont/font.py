"""A SoundFont that is open: what it holds, and notes played from it."""

import math
from pathlib import Path
from typing import Final

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.instruments.soundfont.errors import SoundFontError, printable
from everjam.engines.band.instruments.soundfont.generators import Gen
from everjam.engines.band.instruments.soundfont.riff import read_chunks
from everjam.engines.band.instruments.soundfont.samples import SampleData
from everjam.engines.band.instruments.soundfont.tables import read_tables
from everjam.engines.band.instruments.soundfont.voice import Playing, voice
from everjam.engines.band.instruments.soundfont.zones import Region, Zones, region, zones_of

DRUM_BANK: Final = 128
MOST_REGIONS: Final = 64
LONGEST_SECONDS: Final = 90.0
_MOST_PRESET_ZONES: Final = 256


class SoundFont:
    """Reads a file once and keeps it mapped, never loaded: processes that play it share the system's page cache.

    Safe to use from several threads. The file must not change while it is open.

    Args:
        path: A .sf2 file, or a .sf3 file with Ogg Vorbis samples.

    Attributes:
        path: The file.
        presets: (bank, program) to name, in the order of banks and programs; bank 128 holds the drum kits.

    Raises:
        SoundFontError: The file cannot be read or is broken.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        chunks = read_chunks(path)
        self._tables = read_tables(chunks)
        self._data = SampleData(chunks, self._tables.samples)
        heads = self._tables.presets.heads[:-1]
        places: dict[tuple[int, int], int] = {}
        for index, (bank, program) in enumerate(zip(heads["bank"].tolist(), heads["program"].tolist(), strict=True)):
            places.setdefault((bank, program), index)
        self._places = dict(sorted(places.items()))
        self.presets = {place: printable(bytes(heads["name"][index])) for place, index in self._places.items()}
        self._preset_zones: dict[int, Zones] = {}
        self._instrument_zones: dict[int, Zones] = {}

    def has(self, bank: int, program: int, key: int | None = None) -> bool:
        """Whether there is such a preset, and, for a key, whether it sounds there."""
        if (bank, program) not in self._places:
            return False
        if key is None:
            return True
        outer = self._preset(self._places[bank, program])
        return any(
            low <= key <= high and self._instrument(zone.target).covers(key)
            for zone, (low, high) in zip(outer.zones, outer.ranges[:, :2].tolist(), strict=True)
        )

    def regions(self, bank: int, program: int, key: int, velocity: int) -> tuple[Region, ...]:
        """What sounds for a note.

        Args:
            bank: 0 to 128.
            program: 0 to 127.
            key: MIDI key, 0 to 127.
            velocity: 1 to 127.

        Raises:
            KeyError: There is no such preset.
            SoundFontError: More sounds at once than any instrument needs.
        """
        found: list[Region] = []
        for count, outer in enumerate(self._preset(self._places[bank, program]).sounding(key, velocity)):
            for inner in self._instrument(outer.target).sounding(key, velocity):
                found.append(region(outer, inner, key, velocity))
                if len(found) > MOST_REGIONS:
                    self._overfull(bank, program, f"{MOST_REGIONS} samples")
            if count >= _MOST_PRESET_ZONES:
                self._overfull(bank, program, f"{_MOST_PRESET_ZONES} instruments")
        return tuple(found)

    def render(
        self, bank: int, program: int, key: int, velocity: int, playing: Playing, *, fold: bool = False
    ) -> Float32Array:
        """A note, dry.

        Args:
            bank: 0 to 128.
            program: 0 to 127.
            key: MIDI key, 0 to 127.
            velocity: 1 to 127.
            playing: How long it is held, and what else moves it.
            fold: Whether a note whose samples all stand in one place comes as one channel, as from the middle.

        Returns:
            float32 ``(2, frames)``, or ``(1, frames)`` if folded, in whole blocks of 64; no frames if nothing sounds.
            Full scale of a sample is 1.

        Raises:
            KeyError: There is no such preset.
            SoundFontError: The preset cannot be played.
        """
        if not (math.isfinite(playing.most_seconds) and playing.most_seconds <= LONGEST_SECONDS):
            raise ValueError(f"a note of {playing.most_seconds} s is longer than {LONGEST_SECONDS} s")
        regions = self.regions(bank, program, key, velocity)
        with np.errstate(over="ignore", invalid="ignore"):
            voices = [(voice(self._data, one, playing), one.values[Gen.PAN]) for one in regions]
            frames = max((signal.size for signal, _ in voices), default=0)
            folded = fold and len({pan for _, pan in voices}) == 1
            out = np.zeros((1 if folded else 2, frames), np.float32)
            for signal, pan in voices:
                if folded:
                    out[0, : signal.size] += signal * np.float32(math.sqrt(0.5))
                    continue
                angle = (min(max(pan, -500.0), 500.0) / 1000.0 + 0.5) * math.pi / 2.0
                out[0, : signal.size] += signal * np.float32(math.cos(angle))
                out[1, : signal.size] += signal * np.float32(math.sin(angle))
            if frames and not np.isfinite(out.sum()):
                name = self.presets[bank, program]
                raise SoundFontError(self.path, f"cannot be played: its preset {name!r} grows without end")
        return out

    def _preset(self, index: int) -> Zones:
        zones = self._preset_zones.get(index)
        if zones is None:
            zones = self._preset_zones[index] = zones_of(self._tables.presets, index, Gen.INSTRUMENT)
        return zones

    def _instrument(self, index: int) -> Zones:
        zones = self._instrument_zones.get(index)
        if zones is None:
            zones = self._instrument_zones[index] = zones_of(self._tables.instruments, index, Gen.SAMPLE)
        return zones

    def _overfull(self, bank: int, program: int, what: str) -> None:
        name = self.presets[bank, program]
        raise SoundFontError(self.path, f"cannot be played: its preset {name!r} sounds more than {what} at once")
