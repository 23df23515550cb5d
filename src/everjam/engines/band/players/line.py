"""A melodic line: a rhythm and, note by note, the next pitch, as real melodies go on from where they are."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from everjam.engines.band import figures, theory
from everjam.engines.band.figures import Event
from everjam.engines.band.harmony import Span
from everjam.engines.band.players.scene import Draft, Scene
from everjam.engines.band.sampling import Address
from everjam.engines.band.style import Mixed, Style

LEANING: Final = 0.35
"""How often a note on the beat may lie beside the chord, where it does not grate."""
CONTEXTS: Final = ("same", "step_up", "step_down", "leap_up", "leap_down")
CONTEXT_WEIGHT: Final = 0.8
"""How much what real melodies do after such a step counts beside what the style likes in general."""
CLOSING_BREATH_BEATS: Final = 0.5
BAR_NEARNESS: Final = 0.65
"""How much the first note of a bar inside a phrase heeds the last one before it, against its own place."""

_PENTATONIC_STEPS: Final = {"major": (0, 1, 2, 4, 5), "minor": (0, 2, 3, 4, 6)}
_BLUES: Final = (0, 3, 5, 6, 7, 10)
"""Semitones of the blues scale."""
_BLUE_MODES: Final = theory.MINOR_MODES | {"mixolydian", "lydian_dominant"}
"""Modes over which blues players use it; in major they mix it with the major pentatonic."""
_VELOCITIES: Final = {"X": 0.86, "x": 0.74, "o": 0.56}


@dataclass(frozen=True, slots=True)
class Register:
    """Where a line lies.

    Attributes:
        center: MIDI key that it keeps around.
        low: Lowest key.
        high: Highest key.
    """

    center: float
    low: int
    high: int

    @classmethod
    def of(cls, style: Style, lift: float = 0.0) -> "Register":
        """The lead's register in a style, moved by ``lift`` semitones."""
        center = style.number("melody.center") + lift
        span = style.number("melody.span")
        return cls(center, round(center - span), round(center + span))


@dataclass(frozen=True, slots=True)
class Line:
    """What a line is made of in one bar.

    Attributes:
        layer: ``melody``, ``counter`` or ``voice``.
        patch: Instrument.
        register: Where it lies.
        kind: Kind of scale: mode, pentatonic, blues or chord.
        motif: Address of its decisions: the same address gives the same motif.
        varied: Number of the variation of its second half, 0 for none.
        bar: Bar within the motif.
        lift: Semitones that its first note is moved by.
        closes: 0 does not, 1 rests on a chord tone, 2 comes home.
    """

    layer: str
    patch: str
    register: Register
    kind: str
    motif: tuple[Address, ...]
    varied: int = 0
    bar: int = 0
    lift: float = 0.0
    closes: int = 0


def context(step: int) -> str:
    """What a step in scale degrees is for the one after it."""
    if step == 0:
        return "same"
    if abs(step) == 1:
        return "step_up" if step > 0 else "step_down"
    return "leap_up" if step > 0 else "leap_down"


def steps_after(style: Style, before: str) -> Mixed:
    """The intervals that a style likes, as likely as they are after such a step."""
    return _in_context(style.table("melody.steps"), tuple(style.table(f"melody.after_{name}") for name in CONTEXTS))[
        before
    ]


@lru_cache(maxsize=256)
def _in_context(steps: Mixed, afters: tuple[Mixed, ...]) -> dict[str, Mixed]:
    tables = []
    for after in afters:
        whole = math.log(sum(math.exp(logit) for logit in after.logits)) if after.logits else 0.0
        tables.append({name: logit - whole for name, logit in zip(after.candidates, after.logits, strict=True)})
    floor = -7.0
    mean = {
        name: sum(max(floor, table.get(name, floor)) for table in tables) / len(tables) for name in steps.candidates
    }
    found = {}
    for before, table in zip(CONTEXTS, tables, strict=True):
        logits = tuple(
            logit + CONTEXT_WEIGHT * (max(floor, table.get(name, floor)) - mean[name])
            for name, logit in zip(steps.candidates, steps.logits, strict=True)
        )
        found[before] = Mixed(steps.candidates, logits, steps.identities)
    return found


def rungs_of(scene: Scene, span: Span, kind: str, register: Register) -> tuple[int, ...]:
    """The notes that a line may use over a chord, as ascending MIDI keys."""
    low, high = register.low, register.high
    if kind == "chord":
        return theory.ladder(tuple(sorted(span.chord.pitch_classes)), low, high)
    own = scene.key.melody
    if kind == "mode" or len(own) < 7:
        return theory.ladder(span.scale if len(own) == 7 else tuple(sorted(own)), low, high)
    if kind == "blues" and not scene.strict and scene.key.mode in _BLUE_MODES:
        return theory.ladder(tuple(sorted((scene.key.tonic + step) % 12 for step in _BLUES)), low, high)
    steps = _PENTATONIC_STEPS["minor" if scene.key.mode in theory.MINOR_MODES else "major"]
    classes = {scene.key.scale[step] for step in steps}
    if kind == "blues" and not scene.strict:
        classes.add((scene.key.tonic + (6 if scene.key.mode in theory.MINOR_MODES else 3)) % 12)
    return theory.ladder(tuple(sorted(classes)), low, high)


def write(scene: Scene, line: Line, events: list[Event]) -> list[Draft]:
    """One bar of a line.

    Args:
        scene: The bar.
        line: What it is made of.
        events: Its rhythm.
    """
    if line.closes and len(events) > 3:
        events = _closing(events, scene.bar_beats)
    style, dice = scene.style, scene.dice
    gate = style.number("melody.length")
    pitch, before = _opening(scene, line), "same"
    drafts: list[Draft] = []
    for index, (start, length, cell) in enumerate(events):
        span = scene.span_at(start)
        rungs = rungs_of(scene, span, line.kind, line.register)
        is_last = index == len(events) - 1
        if index:
            address = (*line.motif, line.varied if index >= len(events) // 2 else 0, line.bar, index)
            step = int(steps_after(style, before).draw(dice, *address))
            pitch, step = _moved(rungs, pitch, step, line.register)
            before = context(step)
        strong = figures.metric_weight(start, scene.meter) <= 0.15 or length >= 1
        if strong and index and not is_last and not _grinds(pitch, span, length):
            # A leaning note: it lies on the beat and wants to move on.
            strong = not dice.happens(LEANING, dice.rng.at(*line.motif, "lean", line.bar, index))
        if (strong and cell != "o") or (is_last and line.closes):
            pitch = _landed(scene, span, pitch, line, is_last=is_last)
        drafts.append(
            drafted(
                line,
                pitch,
                (start, length, cell),
                velocity=_VELOCITIES.get(cell, 0.7) - 0.05 * figures.metric_weight(start, scene.meter),
                need=0.04 + 0.5 * scene.need(start) + (0.3 if cell == "o" else 0.0),
                gate=gate,
            )
        )
    return drafts


def drafted(line: Line, pitch: int, event: Event, *, velocity: float, need: float, gate: float) -> Draft:
    """A note of a line."""
    start, length, _ = event
    return Draft(
        layer=line.layer,
        part="voice" if line.layer == "voice" else "melody",
        patch=line.patch,
        pitch=pitch,
        start=start,
        length=length,
        velocity=velocity,
        need=need,
        gate=gate,
        pan=0.08 if line.layer == "melody" else -0.04,
        tied=True,
    )


def _grinds(pitch: int, span: Span, length: float) -> bool:
    """Whether a note beside the chord would rub: a semitone above one of its tones, or long and a semitone off."""
    tones = span.chord.pitch_classes[:4]
    return (pitch - 1) % 12 in tones or (length >= 1 and (pitch + 1) % 12 in tones)


def _landed(scene: Scene, span: Span, pitch: int, line: Line, *, is_last: bool) -> int:
    """The chord tone to land on; a line that comes home lands on the tonic if it is near."""
    tones = span.chord.pitch_classes[:4]
    if 11 in span.chord.intervals and not (is_last and line.closes):
        # The root rubs against the major seventh that somebody holds.
        tones = tones[1:]
    if is_last and line.closes:
        tones = tones[:3]
        if line.closes == 2 and scene.key.tonic in tones and abs((pitch - scene.key.tonic + 6) % 12 - 6) <= 4:
            tones = (scene.key.tonic,)
    elif len(tones) == 2:
        # Over a drone the melody's own notes matter: the third is as good a place to be.
        tones = (*tones, scene.key.scale[2])
    if len(scene.key.melody) < 7:
        # A scale of five is kept even where the chord below it has more.
        kept = tuple(tone for tone in tones if tone in scene.key.melody)
        tones = kept or scene.key.melody
    landed = theory.snap(pitch, tones)
    return landed if line.register.low - 3 <= landed <= line.register.high + 3 else pitch


def _closing(events: list[Event], bar_beats: float) -> list[Event]:
    """The end of a phrase: the second half becomes one long note, and then there is a breath."""
    kept = [event for event in events if event[0] < bar_beats / 2] or events[:1]
    start, _, cell = next((event for event in events if event[0] >= bar_beats / 2), kept[-1])
    if (start, cell) != (kept[-1][0], kept[-1][2]):
        kept.append((start, 0.0, cell))
    start = kept[-1][0]
    kept[-1] = (start, max(0.5, bar_beats - start - CLOSING_BREATH_BEATS), "x")
    return kept


def _opening(scene: Scene, line: Line) -> int:
    """The motif's first note: its own chord tone, near the register's middle or near where the line was."""
    span, register = scene.spans[0], line.register
    tones = theory.ladder(tuple(sorted(span.chord.pitch_classes[:4])), register.low, register.high)
    if len(scene.key.melody) < 7:
        tones = tuple(tone for tone in tones if tone % 12 in scene.key.melody) or tones
    if not tones:
        return round(register.center)
    height = (scene.dice.uniform(*line.motif, "height") - 0.45) * 0.8 * (register.high - register.center)
    target = register.center + height + line.lift
    if scene.last.melody and scene.place.phrase_bar:
        # A theme begins where it always does; inside the phrase the line goes on from where it is.
        target = (1 - BAR_NEARNESS) * target + BAR_NEARNESS * scene.last.melody
    return min(tones, key=lambda pitch: (abs(pitch - target), pitch))


def _moved(rungs: tuple[int, ...], pitch: int, step: int, register: Register) -> tuple[int, int]:
    """Moves along the scale; near the edges of the register the move turns round."""
    at = place_on(rungs, pitch)
    span = register.high - register.center
    if (pitch - register.center) * step > 0 and abs(pitch - register.center) > 0.75 * span:
        step = -step
    return rungs[max(0, min(len(rungs) - 1, at + step))], step


@lru_cache(maxsize=16384)
def place_on(rungs: tuple[int, ...], pitch: int) -> int:
    """Index of the rung nearest to a pitch."""
    return min(range(len(rungs)), key=lambda index: (abs(rungs[index] - pitch), index))
