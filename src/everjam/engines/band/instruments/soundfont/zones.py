"""From a preset, a key and a velocity to the samples that sound and how (SoundFont 2.04, section 9)."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from everjam.engines.band.instruments.soundfont import modulators
from everjam.engines.band.instruments.soundfont.generators import (
    DEFAULTS,
    GENERATORS,
    INSTRUMENT_ONLY,
    Float64Array,
    Gen,
)
from everjam.engines.band.instruments.soundfont.modulators import Modulator, Modulators
from everjam.engines.band.instruments.soundfont.tables import Level

_RANGES: Final = (Gen.KEY_RANGE, Gen.VELOCITY_RANGE)
_WHOLE_RANGE: Final = 0x7F00
_ADDITIVE: Final = np.array([g not in INSTRUMENT_ONLY for g in range(GENERATORS)])
_ATTENUATION_SHARE: Final = 0.4
"""What the sound cards that the format was made for do with a zone's attenuation, and FluidSynth after them."""


@dataclass(frozen=True, slots=True, eq=False)
class Zone:
    """A zone with its global zone worked in.

    Attributes:
        target: Instrument or sample that it plays.
        generators: What it sets, by operator.
        modulators: Its list.
    """

    target: int
    generators: dict[int, int]
    modulators: Modulators


@dataclass(frozen=True, slots=True, eq=False)
class Zones:
    """All zones of a preset or an instrument.

    Attributes:
        zones: In the order of the file.
        ranges: uint8 ``(zones, 4)``: lowest and highest key, lowest and highest velocity.
    """

    zones: tuple[Zone, ...]
    ranges: npt.NDArray[np.uint8]

    def sounding(self, key: int, velocity: int) -> Iterator[Zone]:
        """The zones that a note falls into."""
        low_key, high_key, low_velocity, high_velocity = self.ranges.T
        inside = (low_key <= key) & (key <= high_key) & (low_velocity <= velocity) & (velocity <= high_velocity)
        for index in np.flatnonzero(inside):
            yield self.zones[index]

    def covers(self, key: int) -> bool:
        """Whether a key falls into any zone at all."""
        return bool(((self.ranges[:, 0] <= key) & (key <= self.ranges[:, 1])).any())


@dataclass(frozen=True, slots=True, eq=False)
class Region:
    """One sample as one note plays it.

    Attributes:
        sample: Index of its header.
        key: The note, or what the zone makes of it.
        velocity: The same.
        values: float64 ``(61,)``, by generator, modulators included.
    """

    sample: int
    key: int
    velocity: int
    values: Float64Array


def zones_of(level: Level, index: int, terminal: Gen) -> Zones:
    """Reads the zones of one preset or instrument.

    A first zone without a terminal generator is global: the others begin with what it says. Other zones without one
    are passed over, as the format demands.

    Args:
        level: The tables.
        index: Which preset or instrument.
        terminal: ``Gen.INSTRUMENT`` for presets, ``Gen.SAMPLE`` for instruments.
    """
    first, last = int(level.heads["bag"][index]), int(level.heads["bag"][index + 1])
    common: dict[int, int] = {}
    common_modulators: Modulators = ()
    found: list[Zone] = []
    for number in range(first, last):
        generators = _generators(level, number, terminal)
        own = _modulators(level, number)
        target = generators.pop(terminal, None)
        if target is not None:
            whole = {**common, **generators}
            found.append(Zone(target & 0xFFFF, whole, modulators.merged(common_modulators, own)))
        elif number == first:
            common, common_modulators = generators, own
    ranges = [
        (bits & 0xFF, bits >> 8 & 0xFF)
        for zone in found
        for bits in (zone.generators.get(operator, _WHOLE_RANGE) for operator in _RANGES)
    ]
    return Zones(tuple(found), np.array(ranges, np.uint8).reshape(-1, 4))


def region(outer: Zone, inner: Zone, key: int, velocity: int) -> Region:
    """What a preset's zone and an instrument's zone make of a note together."""
    values = DEFAULTS.copy()
    for operator, amount in inner.generators.items():
        values[operator] = amount
    for operator, amount in outer.generators.items():
        if _ADDITIVE[operator]:
            values[operator] += amount
    key = int(values[Gen.KEY]) if 0 <= values[Gen.KEY] <= 127 else key
    velocity = int(values[Gen.VELOCITY]) if 0 < values[Gen.VELOCITY] <= 127 else velocity
    values[Gen.ATTENUATION] *= _ATTENUATION_SHARE
    listed = modulators.added(modulators.merged(modulators.DEFAULTS, inner.modulators), outer.modulators)
    for operator, moved in modulators.moves(listed, key, velocity).items():
        values[operator] += moved
    return Region(inner.target, key, velocity, values)


def _generators(level: Level, number: int, terminal: Gen) -> dict[int, int]:
    """A zone's own generators; nothing counts after its terminal, and the last of several equal ones does."""
    begin, end = int(level.bags["gen"][number]), int(level.bags["gen"][number + 1])
    found: dict[int, int] = {}
    operators = level.generators["operator"][begin:end].tolist()
    for operator, amount in zip(operators, level.generators["amount"][begin:end].tolist(), strict=True):
        if operator < GENERATORS:
            found[operator] = amount
        if operator == terminal:
            break
    return found


def _modulators(level: Level, number: int) -> Modulators:
    begin, end = int(level.bags["mod"][number]), int(level.bags["mod"][number + 1])
    return modulators.merged(_modulator(record) for record in level.modulators[begin:end])


def _modulator(record: Any) -> Modulator:
    source, destination, amount, amount_source, transform = record.tolist()
    return Modulator(source, destination, float(amount), amount_source, transform)
