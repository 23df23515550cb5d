"""Figures: rhythms written one character a cell, in a metre, and how they are read in any other."""

import itertools
import re
from functools import lru_cache
from typing import Final

from everjam.engines.band.score import COMMON_TIME, Meter

_TAG: Final = re.compile(r"^(\d[\d+]*/\d)\|")
MARKS: Final = "~>"
"""Signs before a cell: ``~`` it is slid into from the note before, ``>`` it is accented. They take no time."""
_MARKED: Final = re.compile(rf"[{MARKS}]*[^{MARKS}]")


def native_meter(figure: str) -> Meter:
    """The metre that a figure is written in: ``6/8|x--x-x`` says so; without a tag it is 4/4.

    Raises:
        ValueError: The tag is not a metre.
    """
    tag = _TAG.match(figure)
    return Meter.parse(tag[1]) if tag else COMMON_TIME


def cells_of(figure: str) -> str:
    """The cells of a figure without its tag, its marks and the spaces for the eye."""
    return "".join(cell[-1] for cell in marked_cells_of(figure))


@lru_cache(maxsize=4096)
def marked_cells_of(figure: str) -> tuple[str, ...]:
    """The cells of a figure, each with the marks before it, such as ``~8``."""
    return tuple(_MARKED.findall(_TAG.sub("", figure).replace(" ", "")))


def cells_a_bar(count: int, meter: Meter) -> int:
    """How many of the ``count`` cells of a figure make a bar of its metre.

    A cell is a sixteenth. In 4/4 a figure of 12 or 24 cells has triplet eighths; where the unit is an eighth a figure
    of just one cell a unit has eighths.
    """
    sixteenths = len(meter.cells)
    if meter == COMMON_TIME and count % 16 and count % 12 == 0:
        return 12
    if meter.unit == 8 and count == meter.count:
        return meter.count
    return sixteenths


Event = tuple[float, float, str]


@lru_cache(maxsize=16384)
def read_figure(figure: str, meter: Meter, bar: int) -> tuple[Event, ...]:
    """Reads one bar of a figure such as ``"R..R ..5. R..R .8.."`` or ``"6/8|x--x-x"``.

    Spaces are for the eye, ``.`` is silence, ``-`` goes on holding; ``cells_a_bar`` says what a cell is; ``MARKS``
    stand before their cell. A longer figure goes on in the next bars. In another metre than its own a figure is fitted
    in beat by beat.

    Args:
        figure: One character a cell.
        meter: Of the bar.
        bar: Number of the bar within the figure, any size.

    Returns:
        ``(start in beats, length in beats, cell)`` of each event, by start; the cell with its marks before it.
    """
    native = native_meter(figure)
    cells = marked_cells_of(figure)
    if not cells:
        return ()
    if native == meter:
        return _bar_of(cells, native, bar)
    return _fitted(cells, native, meter, bar)


def _bar_of(cells: tuple[str, ...], meter: Meter, bar: int) -> tuple[Event, ...]:
    per_bar = cells_a_bar(len(cells), meter)
    first = (bar % max(1, len(cells) // per_bar)) * per_bar
    row = (cells[first : first + per_bar] * per_bar)[:per_bar]
    step = meter.length_beats / per_bar
    events: list[Event] = []
    for index, cell in enumerate(row):
        if cell in {".", "-"}:
            continue
        end = index + 1
        while end < per_bar and row[end] == "-":
            end += 1
        events.append((round(index * step, 6), round((end - index) * step, 6), cell))
    return tuple(events)


_BEATS: Final = {(4, 3): (0, 1, 3), (4, 5): (0, 1, 2, 3, 2), (3, 2): (0, 2), (3, 4): (0, 1, 2, 1), (5, 4): (0, 1, 2, 4)}
"""Which beats of a bar are played where a figure of so many beats has to do for so many others."""
_TO_SIMPLE: Final = {0: 0.0, 1: 0.25, 2: 0.5, 3: 0.5, 4: 0.75, 5: 0.75}
_TO_COMPOUND: Final = {0: 0.0, 1: 1 / 3, 2: 2 / 3, 3: 2 / 3}


def _fitted(cells: tuple[str, ...], native: Meter, meter: Meter, bar: int) -> tuple[Event, ...]:
    """One bar of a figure in a metre that is not its own: whole beats are taken over, each in its new division."""
    have, want = len(native.groups), len(meter.groups)
    if have % want == 0:
        shift = (bar * want) % have
        source = [(bar * want // have, shift + beat) for beat in range(want)]
    elif want % have == 0:
        source = [(bar * (want // have) + beat // have, beat % have) for beat in range(want)]
    else:
        order = _BEATS.get((have, want), (*(min(beat, have - 1) for beat in range(want - 1)), have - 1))
        source = [(bar, beat) for beat in order]
    moved: dict[float, tuple[float, str]] = {}
    for beat, (from_bar, from_beat) in enumerate(source):
        begin, length = native.beat_starts[from_beat], float(native.beat_lengths[from_beat])
        to, room = meter.beat_starts[beat], float(meter.beat_lengths[beat])
        for start, held, cell in _bar_of(cells, native, from_bar):
            inside = start - begin
            if -1e-6 <= inside < length - 1e-6:
                place = _divided(inside, native, meter)
                if place < room - 1e-6 and to + place not in moved:
                    moved[to + place] = (held, cell)
    starts = sorted(moved)
    events: list[Event] = []
    for start, following in itertools.zip_longest(starts, starts[1:], fillvalue=meter.length_beats):
        held, cell = moved[start]
        events.append((start, min(held, following - start), cell))
    return tuple(events)


def _divided(inside: float, native: Meter, meter: Meter) -> float:
    """A place inside a beat, in the other metre's division of it."""
    if native.is_compound == meter.is_compound:
        return inside
    if meter.is_compound:
        whole, rest = divmod(inside, 1.0)
        if abs(rest * 4 - round(rest * 4)) > 1e-6:
            return inside
        return round(whole + _TO_COMPOUND[round(rest * 4)], 6)
    return _TO_SIMPLE[round(inside * 6) % 6]


@lru_cache(maxsize=8192)
def metric_weight(start_beats: float, meter: Meter) -> float:
    """How weak a position is: 0 on the first beat, 0.15 in the middle, 0.3 on beats, 0.6 on eighths, 1 elsewhere."""
    if start_beats == 0:
        return 0.0
    if start_beats in meter.beat_starts:
        half = len(meter.groups) // 2
        return 0.15 if len(meter.groups) % 2 == 0 and start_beats == meter.beat_starts[half] and half > 1 else 0.3
    eighth = start_beats * (3 if meter.is_compound else 2)
    return 0.6 if abs(eighth - round(eighth)) < 1e-6 else 1.0
