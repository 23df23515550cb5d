"""Modulators: how velocity, key and controllers move generators (SoundFont 2.04, sections 8.2 and 9.5).

The controllers stand still where a General MIDI reset leaves them, so only key and velocity differ between notes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from everjam.engines.band.instruments.soundfont.generators import GENERATORS, Gen

_CONTROLLERS: Final[Mapping[int, float]] = {7: 100.0, 8: 64.0, 10: 64.0, 11: 127.0}
"""Volume, balance, pan and expression after a reset; all others are 0."""
_CENTRED: Final = frozenset({8, 10})
_VELOCITY: Final = 2
_KEY: Final = 3
_WHEEL_RANGE: Final = 16
_LINEAR, _CONCAVE, _CONVEX, _SWITCH = range(4)
_ABSOLUTE: Final = 2
_PEAK_DB: Final = 96.0


@dataclass(frozen=True, slots=True)
class Source:
    """What drives a modulator.

    Attributes:
        index: Number of a general controller, or of a MIDI controller.
        midi: Whether it is a MIDI controller.
        falling: Whether it falls from 1 as the controller rises.
        bipolar: Whether it goes from -1 to 1, not from 0.
        curve: 0 linear, 1 concave, 2 convex, 3 switch.
    """

    index: int
    midi: bool
    falling: bool
    bipolar: bool
    curve: int

    @classmethod
    def decode(cls, bits: int) -> "Source":
        """The source that a file writes in 16 bits."""
        return cls(bits & 0x7F, bool(bits & 0x80), bool(bits & 0x100), bool(bits & 0x200), bits >> 10)

    @property
    def absent(self) -> bool:
        """Whether it is "no controller"."""
        return self.index == 0 and not self.midi

    def value(self, key: int, velocity: int) -> float:
        """-1 to 1, or 0 to 1."""
        place = self._place(key, velocity)
        if self.falling:
            place = 1.0 - place
        if self.curve == _SWITCH:
            on = place >= 0.5
            return float(2 * on - 1) if self.bipolar else float(on)
        if not self.bipolar:
            return _curved(place, self.curve)
        turned = 2.0 * place - 1.0
        return float(np.copysign(_curved(abs(turned), self.curve), turned))

    def _place(self, key: int, velocity: int) -> float:
        """Where the controller stands, 0 to 1."""
        if self.midi:
            return 0.5 if self.index in _CENTRED else _CONTROLLERS.get(self.index, 0.0) / 127.0
        if self.index == 14:
            return 0.5
        held = {0: 127.0, _VELOCITY: float(velocity), _KEY: float(key), _WHEEL_RANGE: 2.0}
        return held.get(self.index, 0.0) / 127.0


@dataclass(frozen=True, slots=True)
class Modulator:
    """One line of a modulator list; two are the same modulator if they differ in nothing but the amount.

    Attributes:
        source: Bits of the first source.
        destination: Generator that is moved; 0x8000 and more is another modulator.
        amount: How far, in the units of the generator.
        amount_source: Bits of the source that scales the amount.
        transform: 0 linear, 2 absolute value.
    """

    source: int
    destination: int
    amount: float
    amount_source: int
    transform: int

    @property
    def identity(self) -> tuple[int, int, int, int]:
        """All but the amount."""
        return self.source, self.destination, self.amount_source, self.transform

    def value(self, key: int, velocity: int) -> float:
        """What it adds to its generator."""
        first, second = Source.decode(self.source), Source.decode(self.amount_source)
        if first.absent or not self.amount:
            return 0.0
        scale = 1.0 if second.absent else second.value(key, velocity)
        moved = self.amount * first.value(key, velocity) * scale
        return abs(moved) if self.transform == _ABSOLUTE else moved


Modulators = tuple[Modulator, ...]

DEFAULTS: Final[Modulators] = (
    Modulator(0x0502, Gen.ATTENUATION, 960.0, 0x0, 0),
    Modulator(0x0081, Gen.VIB_LFO_TO_PITCH, 50.0, 0x0, 0),
    Modulator(0x000D, Gen.VIB_LFO_TO_PITCH, 50.0, 0x0, 0),
    Modulator(0x0587, Gen.ATTENUATION, 960.0, 0x0, 0),
    Modulator(0x028A, Gen.PAN, 500.0, 0x0, 0),
    Modulator(0x058B, Gen.ATTENUATION, 960.0, 0x0, 0),
)
"""Section 8.4 without what does nothing here: the wheel in the middle, sends to effects, and velocity to filter cutoff.

That last one jumps by an octave between velocities 63 and 64 if done by the letter. FluidSynth leaves it out, and the
fonts in use are voiced for that; modulators of a font's own on the same path count.
"""


def merged(*lists: Iterable[Modulator]) -> Modulators:
    """One list, where a later modulator takes the place of an earlier one that is the same."""
    found: dict[tuple[int, int, int, int], Modulator] = {}
    for modulators in lists:
        for modulator in modulators:
            found[modulator.identity] = modulator
    return tuple(found.values())


def added(below: Modulators, above: Modulators) -> Modulators:
    """An instrument's list with a preset's: amounts of the same modulator add up."""
    found = {modulator.identity: modulator for modulator in below}
    for modulator in above:
        same = found.get(modulator.identity)
        found[modulator.identity] = modulator if same is None else replace(same, amount=same.amount + modulator.amount)
    return tuple(found.values())


def moves(modulators: Modulators, key: int, velocity: int) -> dict[int, float]:
    """What all modulators together add to each generator; links between modulators are passed over."""
    total: dict[int, float] = {}
    for modulator in modulators:
        if modulator.destination < GENERATORS and not _is_velocity_switch(modulator):
            moved = modulator.value(key, velocity)
            total[modulator.destination] = total.get(modulator.destination, 0.0) + moved
    return total


def _is_velocity_switch(modulator: Modulator) -> bool:
    """Whether it is the default "velocity to filter cutoff" (8.4.2) itself, which FluidSynth passes over as well."""
    return modulator.identity == (0x0102, Gen.FILTER_CUTOFF, 0x0C02, 0)


def _curved(place: float, curve: int) -> float:
    """Concave: 40 dB a decade below full, as a share of 96 dB; convex is its mirror."""
    if curve == _CONCAVE:
        return 1.0 - _curved(1.0 - place, _CONVEX)
    if curve == _CONVEX:
        if place <= 0.0:
            return 0.0
        return float(min(max(1.0 + 40.0 / _PEAK_DB * np.log10(place), 0.0), 1.0))
    return place
