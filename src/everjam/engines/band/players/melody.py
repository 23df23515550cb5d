"""The lead: motifs stated, repeated, varied, answered and brought back, with breaths and arrivals."""

import itertools
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

from everjam.engines.band import theory
from everjam.engines.band.harmony import Span
from everjam.engines.band.players.scene import Draft, Last, Scene

LEANING: Final = 0.35
"""How often a note on the beat may lie beside the chord, where it does not grate."""

_PENTATONIC_STEPS: Final = {"major": (0, 1, 2, 4, 5), "minor": (0, 2, 3, 4, 6)}


@dataclass(frozen=True, slots=True)
class Bar:
    """What a phrase asks of a bar.

    Attributes:
        letter: Motif, "" for a rest.
        shift: Scale steps that a sequence moves it by.
        varied: Number of the variation, 0 for none.
        closes: The phrase comes to rest here.
        bar: Bar within the motif.
    """

    letter: str
    shift: int
    varied: int
    closes: bool
    bar: int


def play(scene: Scene) -> tuple[list[Draft], Last]:
    """One bar of melody, and of the voice where it leads.

    Returns:
        Drafts of the layers ``melody`` or ``voice`` and ``counter``, and what was played for the next bar.
    """
    bar = _plan(scene)
    layer = "voice" if scene.voice_leads else "melody"
    patch = scene.patch(layer) if scene.plays(layer) else ""
    line = _line(scene, bar, layer, patch) if patch else []
    last = replace(scene.last, melody=max(line, key=lambda draft: draft.start).pitch) if line else scene.last
    return line + _counter(scene, bar, last), last


def _plan(scene: Scene) -> Bar:
    phrase = scene.pick("melody.phrases", *scene.scope("phrase")).split() or ["a"]
    index = scene.place.bar % len(phrase)
    word = phrase[index]
    letter = word.strip("'^_")
    closes = scene.place.ends_phrase
    rests = scene.style.number("melody.rest") * (0.4 if scene.place.phrase_bar in {0, 2} else 1.0)
    # The first phrase of a section is always stated: a listener has to hear the theme before missing it.
    stated = scene.place.bar >= 4 or scene.place.phrase_bar == 0
    noise = scene.dice.rng.at("rest", scene.place.sections_before, scene.place.bar)
    if letter == "-" or (stated and scene.place.bar and scene.dice.happens(min(0.9, rests), noise)):
        return Bar("", 0, 0, closes, 0)
    again = scene.place.bar // len(phrase) if scene.place.bar >= len(phrase) else 0
    varied = word.count("'") + (1 if again and scene.dice.uniform("vary", scene.bar) < 0.35 else 0)
    run = 0
    while run < index and phrase[index - run - 1].strip("'^_") == letter:
        run += 1
    return Bar(letter, 2 * word.count("^") - 2 * word.count("_"), varied, closes, run)


def _kind(scene: Scene) -> str:
    return scene.pick("melody.scales", "melody-scale", scene.place.movement)


def _rungs(scene: Scene, span: Span, kind: str, low: int, high: int) -> tuple[int, ...]:
    """The notes that the lead may use over a chord, as MIDI keys."""
    if kind == "chord":
        return theory.ladder(tuple(sorted(span.chord.pitch_classes)), low, high)
    if kind == "mode":
        return theory.ladder(span.scale, low, high)
    steps = _PENTATONIC_STEPS["minor" if scene.key.mode in theory.MINOR_MODES else "major"]
    classes = {scene.key.scale[step] for step in steps}
    if kind == "blues" and not scene.strict:
        classes.add((scene.key.tonic + (6 if scene.key.mode in theory.MINOR_MODES else 3)) % 12)
    return theory.ladder(tuple(sorted(classes)), low, high)


def _line(scene: Scene, bar: Bar, layer: str, patch: str) -> list[Draft]:
    if not bar.letter:
        return []
    style, dice = scene.style, scene.dice
    motif = ("motif", *scene.scope(), bar.letter)
    rhythm = scene.pick("melody.rhythms", *motif, "rhythm")
    if bar.varied and dice.uniform("new-rhythm", *motif, bar.varied) < 0.35:
        rhythm = scene.pick("melody.rhythms", *motif, "rhythm", bar.varied)
    events = list(theory.read_figure(rhythm, scene.meter, bar.bar)) if rhythm else []
    if bar.closes and len(events) > 3:
        events = _closing(events, scene.bar_beats)
    if not events:
        return []
    center = style.number("melody.center") + (3 if layer == "voice" else 0)
    span_semitones = style.number("melody.span")
    low, high = round(center - span_semitones), round(center + span_semitones)
    gate = style.number("melody.length")
    steps = style.table("melody.steps")
    kind = _kind(scene)
    pitch = _opening(scene, motif, center, low, high, bar.shift)
    drafts: list[Draft] = []
    for index, (start, length, cell) in enumerate(events):
        span = scene.span_at(start)
        rungs = _rungs(scene, span, kind, low, high)
        if index:
            address = (*motif, bar.varied if index >= len(events) // 2 else 0, bar.bar, index)
            pitch = _step(rungs, pitch, int(steps.draw(dice, *address)), center, span_semitones)
        is_last = index == len(events) - 1
        strong = start % 1 == 0 or length >= 1
        tones = span.chord.pitch_classes[: 3 if is_last and bar.closes else 4]
        if strong and index and not is_last and (pitch - 1) % 12 not in tones:
            # A leaning note: it lies on the beat and wants to move on.
            strong = not dice.happens(LEANING, dice.rng.at(*motif, "lean", bar.bar, index))
        if (strong and cell != "o") or (is_last and bar.closes):
            landed = theory.snap(pitch, tones)
            pitch = landed if low - 3 <= landed <= high + 3 else pitch
        drafts.append(
            Draft(
                layer=layer,
                part="voice" if layer == "voice" else "melody",
                patch=patch,
                pitch=pitch,
                start=start,
                length=length,
                velocity={"X": 0.86, "x": 0.74, "o": 0.56}.get(cell, 0.7)
                - 0.05 * theory.metric_weight(start, scene.meter),
                need=0.04 + 0.5 * scene.need(start) + (0.3 if cell == "o" else 0.0),
                gate=gate,
                pan=0.08 if layer == "melody" else -0.04,
                tied=True,
            )
        )
    return drafts + _ornaments(scene, drafts, low, high)


def _closing(events: list[tuple[float, float, str]], bar_beats: float) -> list[tuple[float, float, str]]:
    """The end of a phrase: the second half becomes one long note, and then there is a breath."""
    kept = [event for event in events if event[0] < bar_beats / 2] or events[:1]
    start, _, cell = next((event for event in events if event[0] >= bar_beats / 2), kept[-1])
    if (start, cell) != (kept[-1][0], kept[-1][2]):
        kept.append((start, 0.0, cell))
    start = kept[-1][0]
    kept[-1] = (start, max(0.5, bar_beats - start - 0.5), "x")
    return kept


def _opening(scene: Scene, motif: tuple[int | str, ...], center: float, low: int, high: int, shift: int) -> int:
    """The motif's first note: its own chord tone, near the register's middle or near where the line was."""
    span = scene.spans[0]
    tones = theory.ladder(tuple(sorted(span.chord.pitch_classes[:4])), low, high)
    if not tones:
        return round(center)
    lift = (scene.dice.uniform(*motif, "height") - 0.45) * 0.8 * (high - center)
    target = center + lift + 1.7 * shift
    if scene.last.melody and shift == 0:
        target = 0.65 * target + 0.35 * scene.last.melody
    return min(tones, key=lambda pitch: (abs(pitch - target), pitch))


def _step(rungs: tuple[int, ...], pitch: int, steps: int, center: float, span: float) -> int:
    """Moves along the scale; near the edges of the register the move turns round."""
    at = _place(rungs, pitch)
    if (pitch - center) * steps > 0 and abs(pitch - center) > 0.75 * span:
        steps = -steps
    return rungs[max(0, min(len(rungs) - 1, at + steps))]


@lru_cache(maxsize=4096)
def _place(rungs: tuple[int, ...], pitch: int) -> int:
    return min(range(len(rungs)), key=lambda index: (abs(rungs[index] - pitch), index))


def _ornaments(scene: Scene, drafts: list[Draft], low: int, high: int) -> list[Draft]:
    """Passing notes of a busy player, between the notes that are there."""
    added: list[Draft] = []
    if not scene.is_busy:
        return added
    noise = scene.dice.rng.at("ornaments", scene.bar)
    taken = {draft.start for draft in drafts}
    for index, (one, other) in enumerate(itertools.pairwise(drafts)):
        begin, end = round(one.start * 4), round(other.start * 4)
        for step in range(begin + 1, end):
            start = step * 0.25
            if start in taken:
                continue
            rungs = _rungs(scene, scene.span_at(start), _kind(scene), low, high)
            share = (step - begin) / (end - begin)
            target = round(one.pitch + share * (other.pitch - one.pitch) + (1.6 if index % 2 else -1.6))
            need = scene.rare_need((0.1 if step % 2 == 0 else 0.4) + 0.6 * noise.uniform(step))
            added.append(
                Draft(
                    layer=one.layer, part=one.part, patch=one.patch, pitch=rungs[_place(rungs, target)], start=start,
                    length=0.25, velocity=0.5, need=need, gate=one.gate, pan=one.pan,
                )
            )  # fmt: skip
    return added


def _counter(scene: Scene, bar: Bar, last: Last) -> list[Draft]:
    """A second line: long guide tones under the lead; where the lead rests, its motif as an answer."""
    patch = scene.patch("melody" if scene.voice_leads else "counter") if scene.plays("counter") else ""
    if not patch:
        return []
    center = scene.style.number("melody.center") - 5
    if not bar.letter:
        answer = Bar("a", 0, 1, closes=False, bar=0)
        drafts = _line(replace(scene, last=replace(last, melody=round(center))), answer, "counter", patch)
        for draft in drafts:
            draft.velocity *= 0.85
            draft.pan = -0.25
        return drafts
    drafts = []
    for span in scene.spans:
        tones = span.chord.pitch_classes
        guides = tones[1:2] if scene.place.phrase_bar % 2 == 0 or len(tones) < 4 else tones[3:4]
        pitch = theory.nearest((guides or tones[:1])[0], center - 2)
        drafts.append(
            Draft(
                layer="counter",
                part="melody",
                patch=patch,
                pitch=pitch,
                start=span.start_beats,
                length=span.length_beats,
                velocity=0.5,
                need=0.08 + 0.2 * (span.start_beats > 0),
                pan=-0.25,
                gate=0.95,
            )
        )
    return drafts
