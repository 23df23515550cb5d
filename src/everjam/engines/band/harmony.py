"""Keys, progressions, voicings."""

import itertools
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from everjam.engines.band import theory
from everjam.engines.band.form import CONTRASTING, Place
from everjam.engines.band.sampling import Dice
from everjam.engines.band.score import Meter
from everjam.engines.band.style import Mixed, Style
from everjam.engines.band.theory import Chord, Key

MOVEMENTS_PER_KEY: Final = 3
"""Cycles of the form after which a key that nobody asked for moves to a neighbour."""

HIGHEST_ABOVE: Final = 11
"""Semitones above its centre that a voicing had better not leave, or it gets in the way of the melody."""
MISFIT: Final = 0.15
"""Share of chord tones outside the mode from which on a chart belongs to the relative one."""

_RESTFUL: Final = frozenset({"", "5", "6", "69", "maj7", "maj9", "add9", "7", "9"})
"""Colours that a last chord may have."""
_DOMINANT: Final = {
    "lydian": "V",
    "mixolydian": "bVII",
    "dorian": "bVII",
    "minor": "bVII",
    "phrygian": "bII",
    "hijaz": "bII",
    "double_harmonic": "bII",
}
"""Chord that leads into a new key, where it is not the dominant seventh."""


@dataclass(frozen=True, slots=True)
class Span:
    """A chord in a bar.

    Attributes:
        start_beats: From the start of the bar.
        length_beats: Until the next chord or the end of the bar.
        chord: What it is.
        scale: Pitch classes that go with it, sorted.
    """

    start_beats: float
    length_beats: float
    chord: Chord
    scale: tuple[int, ...]


def choose_key(style: Style, dice: Dice, movement: int, pair: int | None) -> Key:
    """The key of a movement.

    Args:
        style: Says which modes and tonics it likes.
        dice: Draws.
        movement: Number of the cycle.
        pair: Major tonic of the signature that the listener set, None if the style chooses.
    """
    modes = _playable(style.table("harmony.modes"), style.table("harmony.charts"))
    mode = modes.draw(dice, "mode", movement // 2)
    if pair is not None:
        return theory.key_for(pair, mode, diatonic=True)
    tonics = style.table("harmony.tonics")
    name = tonics.draw(dice, "tonic")
    names = theory.FLAT_NAMES if name in theory.FLAT_NAMES else theory.SHARP_NAMES
    tonic = names.index(name)
    own = (tonic - theory.MAJOR[theory.MODES[mode].degree]) % 12
    moves = dice.rng.at("modulation")
    for step in range(movement // MOVEMENTS_PER_KEY):
        own = (own + (7 if moves.uniform(step) < 0.5 else 5)) % 12
    return theory.key_for(own, mode)


@lru_cache(maxsize=64)
def bar_chords(
    style: Style,
    dice: Dice,
    place: Place,
    key: Key,
    meter: Meter,
    *,
    strict: bool,
    arriving: bool,
    wild: bool = False,
) -> tuple[Span, ...]:
    """The chords of a bar.

    Args:
        style: Says which charts and turnarounds it likes.
        dice: Draws.
        place: Where in the form.
        key: Tonic and mode.
        meter: Of the bar.
        strict: Keep to the key's seven pitch classes.
        arriving: The key is new in this bar: come in by its dominant.
        wild: A section that comes back has a new chart.
    """
    contrast = style.table("harmony.contrast") if place.name in CONTRASTING else None
    table = contrast if contrast is not None and contrast.candidates else style.table("harmony.charts")
    again = place.sections_before if wild else 0
    name = _suited(table, key.mode).draw(dice, "chart", place.movement, place.name, again)
    minor = theory.is_minor(name, key.mode)
    family = theory.tonality(name)
    if theory.misfit(name, key.mode) > MISFIT and family != "either" and len(key.melody) == 7:
        # No chart of the table fits the mode: the section goes to the relative major or minor.
        key = replace(key, mode=family)
    chart = theory.parse_chart(name)
    romans = chart[place.bar % len(chart)]
    if arriving:
        romans = (dominant(key.mode), chart[place.bar % len(chart)][0])
    elif (
        place.is_last
        and place.bars >= 4
        and len(meter.groups) >= 3
        and dice.happens(style.number("harmony.turnaround"), dice.rng.at("turnaround", place.sections_before))
    ):
        turns = _suited(style.table("harmony.turnarounds"), key.mode)
        turn = turns.draw(dice, "turnaround-chords", place.sections_before)
        romans = (romans[0], *theory.parse_chart(turn)[0])
    return spans_of(romans, key, meter, minor=minor, strict=strict)


def dominant(mode: str) -> str:
    """The Roman numeral that leads to the tonic of a mode."""
    return _DOMINANT.get(mode, "V7")


def is_drone(style: Style, key: Key) -> bool:
    """Whether a style stays on one root."""
    chart = _likeliest(_suited(style.table("harmony.charts"), key.mode))
    return len({theory.split_roman(roman)[:2] for bar in theory.parse_chart(chart) for roman in bar}) == 1


def home(style: Style, key: Key) -> str:
    """The Roman numeral of the tonic in the colour that a style gives it: Imaj7 in jazz, i5 in thrash."""
    minor = key.mode in theory.MINOR_MODES
    charts = _suited(style.table("harmony.charts"), key.mode)
    ranked = sorted(zip(charts.logits, charts.candidates, strict=True), reverse=True)
    for _, chart in ranked[:4]:
        for bar in theory.parse_chart(chart):
            for roman in bar:
                degree, accidental, is_major, suffix = theory.split_roman(roman)
                if degree == 0 and not accidental and is_major is not minor and suffix in _RESTFUL:
                    return roman
    return "i" if minor else "I"


def _likeliest(table: Mixed) -> str:
    return max(zip(table.logits, table.candidates, strict=True))[1]


def cadence(style: Style, dice: Dice, key: Key) -> tuple[str, ...]:
    """The Roman numerals that a style ends with, before the tonic."""
    turns = _suited(style.table("harmony.turnarounds"), key.mode)
    if not turns.candidates:
        return ("iv" if key.mode in theory.MINOR_MODES else "IV", dominant(key.mode))
    return theory.parse_chart(turns.draw(dice, "cadence"))[0]


def lifted(key: Key, style: Style, dice: Dice, place: Place) -> Key:
    """The key of a bar: a tone or a semitone higher in the last section, where it has been heard before."""
    names = [name for name, _ in place.cycle]
    if place.section != len(names) - 1 or place.name not in names[:-1]:
        return key
    noise = dice.rng.at("lift", place.movement)
    if not dice.happens(style.number("harmony.lift"), noise):
        return key
    return replace(key, pair=(key.pair + (2 if noise.uniform(1) < 0.6 else 1)) % 12)


def _penalty(chart: str, mode: str) -> float:
    """Nats against a chart in a mode: a few chromatic notes are spice, more are the wrong mode."""
    return 30.0 * max(0.0, theory.misfit(chart, mode) - 0.08)


@lru_cache(maxsize=512)
def _suited(charts: Mixed, mode: str) -> Mixed:
    """The charts of a table, those that fit the mode first."""
    logits = tuple(logit - _penalty(chart, mode) for chart, logit in zip(charts.candidates, charts.logits, strict=True))
    return Mixed(charts.candidates, logits, charts.identities)


@lru_cache(maxsize=512)
def _playable(modes: Mixed, charts: Mixed) -> Mixed:
    """The modes of a table, those that there are charts for first."""
    top = max(charts.logits)
    logits = tuple(
        logit + max(_suited(charts, mode).logits) - top
        for mode, logit in zip(modes.candidates, modes.logits, strict=True)
    )
    return Mixed(modes.candidates, logits, modes.identities)


def spans_of(romans: tuple[str, ...], key: Key, meter: Meter, *, minor: bool, strict: bool) -> tuple[Span, ...]:
    """Lays the chords of a bar out in time: each begins on a beat, the earlier ones are the longer ones."""
    count, beats = len(romans), len(meter.groups)
    if count <= beats:
        starts = [meter.beat_starts[-(-place * beats // count)] for place in range(count)]
    else:
        starts = [meter.length_beats * place / count for place in range(count)]
    spans = []
    for roman, start, end in zip(romans, starts, [*starts[1:], meter.length_beats], strict=True):
        chord = theory.chord_of(roman, key, minor=minor, strict=strict)
        spans.append(Span(start, end - start, chord, theory.local_scale(chord, key)))
    return tuple(spans)


@lru_cache(maxsize=8192)
def voice(chord: Chord, voicing: str, center: int, previous: tuple[int, ...]) -> tuple[int, ...]:
    """Voices a chord near where the last one lay: the inversion that moves the least and keeps its register.

    Args:
        chord: What to voice.
        voicing: close, open, drop2, shell, power, triad or wide.
        center: MIDI key to keep around.
        previous: The last voicing, empty at the start.

    Returns:
        MIDI keys, ascending.
    """
    if voicing == "power":
        root = theory.nearest(chord.root, center - 3)
        fifth = next((tone for tone in (7, 6, 8) if tone in {i % 12 for i in chord.intervals}), 12)
        return tuple(sorted({root, root + fifth, root + 12}))
    chosen = _tones(chord, voicing)
    tones = sorted(chosen, key=lambda tone: (tone - chosen[0]) % 12)
    best: tuple[int, ...] = ()
    best_cost = float("inf")
    for rotation in range(len(tones)):
        for octave in (-1, 0, 1):
            pitches = [theory.nearest(tones[rotation], center - 6) + 12 * octave]
            for step in range(1, len(tones)):
                pitch_class = tones[(rotation + step) % len(tones)]
                pitches.append(pitches[-1] + ((pitch_class - pitches[-1]) % 12 or 12))
            spread = _spread(pitches, voicing)
            cost = 0.6 * abs(sum(spread) / len(spread) - center)
            if previous:
                cost += sum(min(abs(pitch - old) for old in previous) for pitch in spread)
                cost += 0.5 * abs(spread[-1] - previous[-1])
            cost += _mud(spread) + 1.5 * max(0, spread[-1] - center - HIGHEST_ABOVE)
            if cost < best_cost:
                best, best_cost = spread, cost
    return best


def _mud(pitches: tuple[int, ...]) -> float:
    """Cost of small intervals low down, and of semitones anywhere."""
    cost = 0.0
    for low, high in itertools.pairwise(pitches):
        if high - low == 1:
            cost += 9.0 if low < 60 else 3.0
        elif high - low == 2 and low < 53:
            cost += 5.0
    return cost


def _tones(chord: Chord, voicing: str) -> list[int]:
    classes = list(chord.pitch_classes)
    if voicing == "triad" and len(classes) > 3:
        return classes[:3]
    if voicing == "shell" and len(classes) > 3:
        # Third and seventh say the chord; the bass has the root.
        return [classes[1], classes[-1] if len(classes) == 4 else classes[3], classes[-1]][
            : 3 if len(classes) > 4 else 2
        ]
    if len(classes) > 4 and voicing in {"close", "drop2", "open"}:
        seventh = 3 if len(classes) > 3 else 2
        keep = {1, seventh, len(classes) - 1, 2}
        return [tone for index, tone in enumerate(classes) if index in keep]
    return classes[:5] if len(classes) > 1 else [*classes, *classes]


def _spread(pitches: list[int], voicing: str) -> tuple[int, ...]:
    moved = list(pitches)
    if voicing == "drop2" and len(moved) >= 4:
        moved[-2] -= 12
    elif voicing == "open" and len(moved) >= 3:
        moved[1] += 12
    elif voicing == "wide":
        moved[0] -= 12
        if len(moved) >= 3:
            moved[2] += 12
    return tuple(sorted(dict.fromkeys(moved))) if len(set(moved)) > 1 else (moved[0], moved[0] + 12)
