"""Solos: the theme is left behind for runs and licks that aim at the chord tones ahead."""

from dataclasses import replace
from functools import lru_cache
from typing import Final

from everjam.engines.band import figures, theory
from everjam.engines.band.figures import Event, read_figure
from everjam.engines.band.players.line import Line, drafted, place_on, rungs_of
from everjam.engines.band.players.scene import Draft, Scene
from everjam.engines.band.style import Mixed

FAST_BPM: Final = 150.0
"""Above it nobody runs in sixteenths."""
_BUSIER: Final = 0.3


def rhythm(scene: Scene, bar: int) -> list[Event]:
    """The rhythm of a bar of a solo: busier than the theme, with runs in its gaps and a breath every second bar."""
    place, virtuosity = scene.place, scene.style.number("melody.virtuosity")
    noise = scene.dice.rng.at("solo", place.sections_before, place.bar)
    table = scene.table("melody.rhythms")
    if not table.candidates:
        return []
    figure = _busier(table, virtuosity).draw(scene.dice, "solo", place.sections_before, place.bar // 2)
    events = list(read_figure(figure, scene.meter, bar))
    step = _step(scene, virtuosity)
    for beat, begin in enumerate(scene.meter.beat_starts):
        end = begin + float(scene.meter.beat_lengths[beat])
        inside = [event for event in events if begin <= event[0] < end]
        wanted = 0.75 * virtuosity * (0.5 + 0.5 * scene.energy)
        if len(inside) <= 1 and scene.dice.happens(wanted, noise, beat):
            events = [event for event in events if not begin <= event[0] < end]
            events += [(round(begin + index * step, 6), step, "x") for index in range(round((end - begin) / step))]
    events.sort()
    if place.bar % 2:
        breath = scene.bar_beats - (1.0 if scene.bar_beats > 2 else 0.5)
        events = [event for event in events if event[0] < breath] or events[:1]
    trimmed = []
    for event, following in zip(events, [*events[1:], None], strict=True):
        limit = scene.bar_beats if following is None else following[0]
        trimmed.append((event[0], min(event[1], limit - event[0]), event[2]))
    return trimmed


@lru_cache(maxsize=64)
def _busier(rhythms: Mixed, virtuosity: float) -> Mixed:
    """A table of rhythms, those with many notes first."""
    logits = tuple(
        logit + _BUSIER * virtuosity * sum(cell in "xXo" for cell in figures.cells_of(figure)[:16])
        for figure, logit in zip(rhythms.candidates, rhythms.logits, strict=True)
    )
    return Mixed(rhythms.candidates, logits, rhythms.identities)


def _step(scene: Scene, virtuosity: float) -> float:
    if scene.meter.is_compound:
        return 1 / 3
    return 0.25 if virtuosity > 0.6 and scene.bpm < FAST_BPM and scene.style.number("feel.swing") < 0.35 else 0.5


def phrase(scene: Scene, line: Line, events: list[Event]) -> list[Draft]:
    """A bar of a solo: every run is aimed at a chord tone on the next beat, and turns where it reaches an edge."""
    noise = scene.dice.rng.at("solo-pitch", scene.place.sections_before, scene.place.bar)
    register = line.register
    pitch = scene.last.melody or round(register.center)
    direction = 1 if noise.uniform(0) < 0.5 else -1
    drafts: list[Draft] = []
    gate = scene.style.number("melody.length")
    for index, (start, length, cell) in enumerate(events):
        span = scene.span_at(start)
        rungs = rungs_of(scene, span, line.kind, register)
        at = place_on(rungs, pitch)
        chance = noise.uniform(2 * index + 1)
        if pitch > register.center + 0.7 * (register.high - register.center):
            direction = -1
        elif pitch < register.center - 0.7 * (register.center - register.low):
            direction = 1
        elif chance < 0.18:
            direction = -direction
        step = direction * (1 if chance < 0.72 else 2 if chance < 0.88 else 3)
        pitch = rungs[max(0, min(len(rungs) - 1, at + step))]
        if start in scene.meter.beat_starts or index == len(events) - 1:
            tones = span.chord.pitch_classes[:4]
            if len(scene.key.melody) < 7:
                tones = tuple(tone for tone in tones if tone in scene.key.melody) or scene.key.melody
            pitch = theory.snap(pitch, tones)
        drafts.append(
            drafted(
                line,
                pitch,
                (start, length, cell),
                velocity=(0.84 if start in scene.meter.beat_starts else 0.72) - (0.12 if cell == "o" else 0.0),
                need=0.05 + 0.45 * scene.need(start),
                gate=gate,
            )
        )
    return _approached(scene, drafts)


def _approached(scene: Scene, drafts: list[Draft]) -> list[Draft]:
    """Where the style swings, the note before a beat may come from a semitone below, as bebop players do."""
    if scene.strict or scene.style.number("feel.swing") < 0.35 or len(scene.key.melody) < 7:
        return drafts
    noise = scene.dice.rng.at("approach", scene.place.sections_before, scene.place.bar)
    for index in range(len(drafts) - 1):
        after = drafts[index + 1]
        if after.start in scene.meter.beat_starts and noise.uniform(index) < 0.3:
            drafts[index] = replace(drafts[index], pitch=after.pitch - 1)
    return drafts
