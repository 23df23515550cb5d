"""The long shape: cycles of sections, energy, phrases, fills."""

import re
from dataclasses import dataclass
from typing import Final

from everjam.engines.band.sampling import Dice
from everjam.engines.band.style import Style

ENERGY: Final[dict[str, float]] = {
    "intro": 0.5,
    "A": 0.6,
    "B": 0.75,
    "C": 0.68,
    "verse": 0.55,
    "chorus": 0.85,
    "bridge": 0.5,
    "solo": 0.8,
    "head": 0.65,
    "vamp": 0.6,
    "build": 0.65,
    "drop": 1.0,
    "break": 0.3,
    "outro": 0.45,
    "alap": 0.4,
}
"""How much is going on in a section; other names count as 0.6."""

WITHOUT: Final[dict[str, frozenset[str]]] = {
    "intro": frozenset({"voice"}),
    "break": frozenset({"drums"}),
    "bridge": frozenset({"perc"}),
    "build": frozenset({"voice"}),
    "alap": frozenset({"drums", "perc"}),
}
"""Layers that rest in a section."""
OPENINGS: Final = frozenset({"alap"})
"""Sections without those layers even at the very start of a piece."""

_LIFTS: Final[dict[str, dict[str, float]]] = {
    "solo": {"melody": 4.0, "voice": -2.0, "arp": -1.0},
    "chorus": {"pad": 1.0, "counter": 0.7, "voice": 0.7},
    "drop": {"melody": 0.5, "perc": 0.5},
    "build": {"arp": 1.0, "pad": 1.0, "melody": -1.5},
    "break": {"pad": 2.5, "arp": 1.0, "perc": -1.5, "bass": -1.0},
    "bridge": {"pad": 1.0, "melody": -0.5},
    "verse": {"counter": -2.0, "voice": -2.5, "pad": -0.7},
    "intro": {"counter": -2.0, "second": -1.0},
    "B": {"pad": 0.7, "counter": 0.5},
}

CONTRASTING: Final = frozenset({"B", "C", "chorus", "bridge", "break"})
PHRASE_BARS: Final = 4

_PART: Final = re.compile(r"([A-Za-z]+)(\d+)")


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the form a bar is.

    Attributes:
        movement: Number of the cycle: motifs and charts belong to it.
        cycle: Sections and their bars.
        section: Index into ``cycle``.
        bar: Number of the bar in the section.
        sections_before: Sections since the start, whatever the movement.
    """

    movement: int
    cycle: tuple[tuple[str, int], ...]
    section: int
    bar: int
    sections_before: int

    @property
    def name(self) -> str:
        """Name of the section."""
        return self.cycle[self.section][0]

    @property
    def bars(self) -> int:
        """Length of the section."""
        return self.cycle[self.section][1]

    @property
    def is_first(self) -> bool:
        """Whether the section begins here."""
        return self.bar == 0

    @property
    def is_last(self) -> bool:
        """Whether the section ends with this bar."""
        return self.bar == self.bars - 1

    @property
    def phrase_bar(self) -> int:
        """Number of the bar in its phrase."""
        return self.bar % PHRASE_BARS

    @property
    def ends_phrase(self) -> bool:
        """Whether a phrase ends with this bar."""
        return self.is_last or self.phrase_bar == PHRASE_BARS - 1

    @property
    def next_name(self) -> str:
        """Name of the section that follows in the cycle, its first one after the last."""
        return self.cycle[(self.section + 1) % len(self.cycle)][0]


def resting(place: Place) -> frozenset[str]:
    """Layers that rest in a section: nobody misses anything at the very start, but in an opening that is meant so."""
    if place.sections_before == 0 and place.name not in OPENINGS:
        return frozenset()
    rests = WITHOUT.get(place.name, frozenset())
    if place.name == "break" and place.next_name in {"build", "drop"}:
        # The ground goes too, so that the drop has something to bring back.
        rests |= {"bass"}
    return rests


def lift(section: str, layer: str) -> float:
    """How much rather a layer takes part in a section than elsewhere, in the units of the cards' ``layers``."""
    return _LIFTS.get(section, {}).get(layer, 0.0)


def parse_cycle(text: str) -> tuple[tuple[str, int], ...]:
    """Reads a form such as ``A8 A8 B8 A8``."""
    return tuple((name, int(bars)) for name, bars in _PART.findall(text))


def first_place(style: Style, dice: Dice) -> Place:
    """The first bar of all."""
    return Place(0, _draw_cycle(style, dice, 0), 0, 0, 0)


def next_place(place: Place, style: Style, dice: Dice) -> Place:
    """The bar after ``place``; a new cycle is drawn where one ends."""
    if not place.is_last:
        return Place(place.movement, place.cycle, place.section, place.bar + 1, place.sections_before)
    if place.section + 1 < len(place.cycle):
        return Place(place.movement, place.cycle, place.section + 1, 0, place.sections_before + 1)
    movement = place.movement + 1
    return Place(movement, _draw_cycle(style, dice, movement), 0, 0, place.sections_before + 1)


def place_at(bar: int, style: Style, dice: Dice) -> Place:
    """The place of any bar of a piece whose style stays as it is; whole cycles are passed at a stride."""
    place = first_place(style, dice)
    while (length := sum(bars for _, bars in place.cycle)) <= bar:
        bar -= length
        movement = place.movement + 1
        sections = place.sections_before + len(place.cycle)
        place = Place(movement, _draw_cycle(style, dice, movement), 0, 0, sections)
    for _ in range(bar):
        place = next_place(place, style, dice)
    return place


def new_form(place: Place, style: Style, dice: Dice) -> Place:
    """A form that suits a new style, entered at its first section; motifs and charts stay those of the movement."""
    return Place(place.movement, _draw_cycle(style, dice, place.movement), 0, 0, place.sections_before + 1)


def energy(place: Place, style: Style) -> float:
    """How much is going on, 0 to 1: the section's own level, rising in a build, lifted at the very start."""
    level = _level(place.name, style)
    said = style.number_or(f"form.energy.{place.name}", -1.0) >= 0
    if place.name == "build":
        level += 0.3 * place.bar / max(1, place.bars - 1)
    elif place.bars >= 8 and place.bar >= place.bars // 2:
        level += 0.06
    if place.sections_before == 0 and place.name not in OPENINGS and not said:
        level = max(level, 0.62)
    return min(1.0, level)


def swell(place: Place, style: Style) -> float:
    """How much more goes on in the next section of the cycle than in this one."""
    return _level(place.next_name, style) - _level(place.name, style)


def _level(section: str, style: Style) -> float:
    return style.number_or(f"form.energy.{section}", ENERGY.get(section, 0.6))


def _draw_cycle(style: Style, dice: Dice, movement: int) -> tuple[tuple[str, int], ...]:
    return parse_cycle(style.table("form.cycles").draw(dice, "form", movement))
