"""What a player adds to a line: grace notes, turns and trills, slides, pick-ups, and passing notes when it is busy."""

import itertools
from dataclasses import replace
from typing import Final

from everjam.engines.band import theory
from everjam.engines.band.players.idiom import idiom_of
from everjam.engines.band.players.line import Line, Register, place_on, rungs_of
from everjam.engines.band.players.scene import Draft, Scene

SHORTEST_BEATS: Final = 0.45
_TRILLED_BEATS: Final = 0.75
"""Shorter notes are not decorated."""
GRACE_BEATS: Final = 0.09
_FAST_BEATS: Final = 0.125
_ROLL: Final = (0, 1, 0, -1, 0)
_TURN: Final = (1, 0, -1, 0)
_MORDENT: Final = (0, 1, 0)


def decorate(scene: Scene, line: Line, drafts: list[Draft]) -> list[Draft]:
    """Decorates long notes as the style does."""
    amount = scene.style.number("melody.ornamented")
    if amount <= 0 or not drafts:
        return drafts
    noise = scene.dice.rng.at("ornament", *line.motif, line.bar)
    result: list[Draft] = []
    for index, draft in enumerate(drafts):
        if draft.length < SHORTEST_BEATS or not scene.dice.happens(amount, noise, index):
            result.append(draft)
            continue
        kind = scene.pick("melody.ornaments", "ornament", *line.motif, line.bar, index)
        result += _decorated(scene, line, draft, kind)
    return result


def _decorated(scene: Scene, line: Line, draft: Draft, kind: str) -> list[Draft]:
    wide = Register(line.register.center, line.register.low - 5, line.register.high + 5)
    rungs = rungs_of(scene, scene.span_at(draft.start), "mode", wide)
    at = place_on(rungs, draft.pitch)

    def rung(step: int) -> int:
        if step == 0:
            return draft.pitch
        neighbour = rungs[max(0, min(len(rungs) - 1, at + step))]
        return neighbour if neighbour != draft.pitch else rungs[max(0, min(len(rungs) - 1, at + 2 * step))]

    idiom = idiom_of(draft.patch)
    if kind == "slide" and idiom.slides:
        interval = max(-idiom.slides, rung(-1) - draft.pitch)
        return [replace(draft, glide=interval)]
    if kind in {"grace", "slide"}:
        # On the beat, stealing a little of the note; a slide comes from below.
        steal = min(GRACE_BEATS * (2 if kind == "slide" else 1), draft.length / 3)
        small = replace(
            draft, pitch=rung(-1 if kind == "slide" else 1), length=steal, velocity=draft.velocity * 0.75, tied=False
        )
        return [small, replace(draft, start=draft.start + steal, length=draft.length - steal, join="slur")]
    if kind == "trill" and draft.length >= _TRILLED_BEATS:
        # The trill starts the note; a long one comes to rest.
        count = min(8, max(4, int(draft.length / _FAST_BEATS) // 2 * 2))
        return _split(draft, [*(rung(index % 2) for index in range(count)), draft.pitch], _FAST_BEATS)
    if kind == "tremolo" and idiom.holds != "plain":
        return [replace(draft, articulation=idiom.holds)]
    if kind == "tremolo":
        count = min(8, max(2, int(draft.length / 0.25)))
        return _split(draft, [draft.pitch] * count, draft.length / count)
    steps = {"roll": _ROLL, "turn": _TURN, "mordent": _MORDENT}.get(kind)
    if steps is None:
        return [draft]
    quick = min(_FAST_BEATS if kind == "mordent" else 1 / 6, draft.length / (len(steps) + 1))
    return _split(draft, [rung(step) for step in steps], quick)


def _split(draft: Draft, pitches: list[int], length: float) -> list[Draft]:
    """A note as several quick ones; the last one lasts as long as the note."""
    parts = []
    for index, pitch in enumerate(pitches):
        begin = index * length
        left = draft.length - begin if index == len(pitches) - 1 else length
        parts.append(
            replace(
                draft,
                pitch=pitch,
                start=round(draft.start + begin, 6),
                length=left,
                velocity=draft.velocity * (1.0 if index == 0 else 0.85),
                tied=draft.tied and index == len(pitches) - 1,
                join="slur" if index else draft.join,
            )
        )
    return parts


def pickup(scene: Scene, line: Line, drafts: list[Draft]) -> list[Draft]:
    """An upbeat to the phrase that begins with the next bar."""
    place = scene.place
    if not place.ends_phrase or not drafts:
        return drafts
    noise = scene.dice.rng.at("pickup", place.movement, place.sections_before, place.bar)
    if not scene.dice.happens(scene.style.number("melody.pickup"), noise):
        return drafts
    size = 2 + (noise.uniform(1) < 0.4)
    step = 1 / 3 if scene.meter.is_compound else 0.5
    begin = scene.bar_beats - size * step
    kept = [draft for draft in drafts if draft.start < begin - 1e-6]
    if not kept:
        return drafts
    kept[-1] = replace(kept[-1], length=max(0.25, min(kept[-1].length, begin - kept[-1].start - 0.25)), tied=False)
    rungs = rungs_of(scene, scene.spans[-1], line.kind, line.register)
    goal = place_on(rungs, theory.snap(round(line.register.center), scene.next_chord.pitch_classes[:3]))
    rising = noise.uniform(2) < 0.7
    for index in range(size):
        away = size - index
        at = max(0, min(len(rungs) - 1, goal + (-away if rising else away)))
        kept.append(
            replace(
                drafts[-1],
                pitch=rungs[at],
                start=round(begin + index * step, 6),
                length=step,
                velocity=0.62 + 0.05 * index,
                need=0.25,
                tied=False,
            )
        )
    return kept


def passing(scene: Scene, line: Line, drafts: list[Draft]) -> list[Draft]:
    """Passing notes of a busy player, between the notes that are there."""
    if not scene.is_busy:
        return []
    added: list[Draft] = []
    noise = scene.dice.rng.at("passing", line.layer, scene.bar)
    taken = {draft.start for draft in drafts}
    free = [(cell, start) for cell, start in enumerate(scene.meter.cells) if start not in taken]
    for index, (one, other) in enumerate(itertools.pairwise(drafts)):
        first, last = one.start + 1e-6, other.start - 1e-6
        between = [(cell, start) for cell, start in free if first < start < last]
        for cell, start in between:
            rungs = rungs_of(scene, scene.span_at(start), line.kind, line.register)
            share = (start - one.start) / (other.start - one.start)
            target = round(one.pitch + share * (other.pitch - one.pitch) + (1.6 if index % 2 else -1.6))
            need = scene.rare_need((0.1 if cell % 2 == 0 else 0.4) + 0.6 * noise.uniform(cell))
            added.append(
                replace(
                    one,
                    pitch=rungs[place_on(rungs, target)],
                    start=start,
                    length=0.25,
                    velocity=0.5,
                    need=need,
                    tied=False,
                )
            )
    return added
