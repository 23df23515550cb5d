"""The bass: figures on the chord, locked to the kick, walking into the next bar."""

from everjam.engines.band import figures, theory
from everjam.engines.band.harmony import Span
from everjam.engines.band.players.idiom import idiom_of
from everjam.engines.band.players.scene import Draft, Scene

LOWEST = 26
HIGHEST = 52
ACCENT = 0.16
"""Force that an accent adds."""
SLID_BEATS = 0.45
"""Shorter notes are not slid into, unless their figure says so."""
WIDEST_GLIDE = 24
THUMBED = frozenset({"bass_slap"})
"""Patches that are slapped and popped."""
POPPED_FROM = 10
"""Semitones above the root from which on a note is pulled with a finger."""
WALKS = 2
"""Cells off the root and fifth from which on a figure counts as walking."""


def play(scene: Scene, kicks: frozenset[float]) -> list[Draft]:
    """One bar of bass.

    Args:
        scene: The bar.
        kicks: Where the kick plays, in beats; notes there are a little stronger.

    Returns:
        Drafts of the layer ``bass``, by start.
    """
    patch = scene.patch("bass") if scene.plays("bass") else ""
    figure = scene.pick("bass.figures", *scene.scope("bass"))
    if sum(cell in "23467ac" for cell in figures.cells_of(figure)) >= WALKS:
        # Who walks does not walk the same way twice.
        figure = scene.pick("bass.figures", *scene.scope("bass"), scene.place.bar // 2)
    if not patch or not figure:
        return []
    if figure == "kick":
        events = _kick_events(kicks or frozenset({0.0}), scene.bar_beats)
    else:
        events = figures.read_figure(figure, scene.meter, scene.place.bar)
    center = scene.style.number("bass.center")
    gate = scene.style.number("bass.length")
    drafts: list[Draft] = []
    at = scene.last.bass or round(center)
    for start, length, written in _split(events, scene):
        cell, marks = written[-1], written[:-1]
        span = scene.span_at(start)
        root = _root(span, center)
        inside = any(abs(one.start_beats - start) < 1e-6 for one in scene.spans[1:])
        new_chord = inside or (start == 0 and scene.last.root not in {-1, span.chord.root})
        # A new chord is heard by its root.
        pitch = _pitch("R" if new_chord and cell in "234567ac" else cell, span, root, scene, start, at)
        pitch -= 12 if pitch > HIGHEST else 0
        velocity = {"r": 0.6, "g": 0.28, "a": 0.62, "c": 0.58}.get(cell, 0.78) + (0.1 if start in kicks else 0.0)
        velocity += (0.06 if start == 0 else 0.0) + (ACCENT if ">" in marks else 0.0)
        need = scene.need(start) * (0.9 if start in kicks else 1.0) + (0.12 if cell in "gac" else 0.0)
        if start == 0:
            need = 0.02
        drafts.append(
            Draft(
                layer="bass",
                part="bass",
                patch=patch,
                pitch=pitch,
                start=start,
                length=0.12 if cell == "g" else length,
                velocity=min(1.0, velocity),
                need=need,
                gate=1.0 if cell == "g" else gate,
                tied=gate > 0.8 and cell != "g",
                articulation="muted" if cell == "g" else "plain",
                join="slide" if "~" in marks else "",
                glide=_clamped(at - pitch) if "~" in marks and start == 0 and scene.last.bass else 0,
            )
        )
        at = pitch
    drafts = _slid(scene, _run(scene, drafts, center))
    return _thumbed(scene, drafts + _pops(scene, drafts), kicks)


def _clamped(semitones: int) -> int:
    return max(-WIDEST_GLIDE, min(WIDEST_GLIDE, semitones))


def _slid(scene: Scene, drafts: list[Draft]) -> list[Draft]:
    """Slides up to the first note of a phrase, to held notes after a leap, and to the end of a run."""
    amount = scene.style.number("bass.slides")
    if amount <= 0 or not drafts or not idiom_of(drafts[0].patch).slides:
        return drafts
    noise = scene.dice.rng.at("bass-slides", scene.bar)
    for index, draft in enumerate(drafts):
        if draft.articulation != "plain" or draft.join or draft.glide or draft.length < SLID_BEATS:
            continue
        before = drafts[index - 1] if index else None
        likely = amount * (1.0 if before is None and scene.place.phrase_bar == 0 else 0.5)
        if not scene.dice.happens(likely, noise, int(draft.start * 96)):
            continue
        leap = 0 if before is None else draft.pitch - before.pitch
        if before is not None and 0 < abs(leap) <= 7 and before.articulation == "plain":
            draft.join = "slide"
        elif leap or before is None:
            # From a tone below: a hand that moves up the neck.
            draft.glide = -2
    return drafts


def _thumbed(scene: Scene, drafts: list[Draft], kicks: frozenset[float]) -> list[Draft]:
    """Slap bass: octaves are pulled, accents are struck with the thumb."""
    if not drafts or drafts[0].patch not in THUMBED:
        return drafts
    center = scene.style.number("bass.center")
    for draft in drafts:
        if draft.articulation != "plain":
            continue
        if draft.pitch - _root(scene.span_at(draft.start), center) >= POPPED_FROM:
            draft.articulation = "pop"
        elif draft.start in kicks or draft.start in scene.meter.beat_starts or draft.length <= 0.25:
            draft.articulation = "slap"
    return drafts


def _kick_events(kicks: frozenset[float], bar_beats: float) -> tuple[tuple[float, float, str], ...]:
    starts = sorted(kicks)
    ends = [*starts[1:], bar_beats]
    return tuple((start, end - start, "R") for start, end in zip(starts, ends, strict=True))


def _split(events: tuple[tuple[float, float, str], ...], scene: Scene) -> list[tuple[float, float, str]]:
    """Long notes are struck again where the chord changes under them."""
    changes = [span.start_beats for span in scene.spans[1:]]
    result = []
    for start, length, cell in events:
        at, end, now = start, start + length, cell
        for change in changes:
            if at + 1e-6 < change < end - 1e-6:
                result.append((at, change - at, now))
                at, now = change, "R"
        result.append((at, end - at, now))
    return result


def _root(span: Span, center: float) -> int:
    pitch = theory.nearest(span.chord.root, center)
    while pitch < LOWEST:
        pitch += 12
    return pitch


def _pitch(cell: str, span: Span, root: int, scene: Scene, start: float, at: int) -> int:
    if cell in "Rrg":
        return root
    if cell == "n":
        # Comes before the bar line and belongs to what is behind it.
        return theory.nearest(scene.next_chord.root, root)
    if cell == "8":
        return root + 12 if root + 12 <= HIGHEST else root
    if cell in "ac":
        later = [one for one in scene.spans if one.start_beats > start]
        goal_root = later[0].chord.root if later else scene.next_chord.root
        goal = theory.nearest(goal_root, root)
        below = (at if at != goal else root) <= goal
        if at in {goal - 1, goal + 1}:
            # The approach comes from the other side if the last note was there already.
            below = at > goal
        if cell == "c" and not scene.strict:
            return goal - 1 if below else goal + 1
        rungs = theory.ladder(span.scale, goal - 4, goal + 4)
        under = [pitch for pitch in rungs if pitch < goal]
        over = [pitch for pitch in rungs if pitch > goal]
        return under[-1] if below else over[0]
    return root + _interval(int(cell), span)


def _interval(step: int, span: Span) -> int:
    """Semitones to a scale step of the chord: its own tone where it has one, else the scale's."""
    own = {2: (2, 1), 3: (4, 3), 4: (5, 6), 5: (7, 6, 8), 6: (9, 8), 7: (10, 11, 9)}[step]
    tones = {interval % 12 for interval in span.chord.intervals}
    chordal = [interval for interval in own if interval in tones]
    in_scale = [interval for interval in own if (span.chord.root + interval) % 12 in span.scale]
    found = in_scale + chordal if step in {2, 4, 6} else chordal + in_scale
    return found[0] if found else 0


def _run(scene: Scene, drafts: list[Draft], center: float) -> list[Draft]:
    """The last beat of a phrase walks to the next chord."""
    if not (scene.place.ends_phrase and drafts and scene.bar_beats >= 3):
        return drafts
    if not scene.dice.happens(scene.style.number("bass.runs"), scene.dice.rng.at("run", scene.bar)):
        return drafts
    span = scene.spans[-1]
    goal = theory.nearest(scene.next_chord.root, center)
    rungs = theory.ladder(span.scale, goal - 7, goal + 7)
    rising = scene.dice.happens(0.6, scene.dice.rng.at("run-up", scene.bar))
    way = (
        [pitch for pitch in rungs if pitch < goal][-2:] if rising else [pitch for pitch in rungs if pitch > goal][1::-1]
    )
    begin = scene.bar_beats - 1
    kept = [draft for draft in drafts if draft.start < begin]
    for draft in kept:
        draft.length = min(draft.length, begin - draft.start)
    if not kept:
        return drafts
    model = kept[-1]
    for step, pitch in enumerate(way):
        start = begin + step * 0.5
        kept.append(
            Draft(
                layer="bass", part="bass", patch=model.patch, pitch=min(HIGHEST, max(LOWEST, pitch)), start=start,
                length=0.5, velocity=0.7 + 0.06 * step, need=0.3 + 0.1 * step, gate=model.gate, tied=model.tied,
            )
        )  # fmt: skip
    return kept


def _pops(scene: Scene, drafts: list[Draft]) -> list[Draft]:
    """Octaves in the gaps, for a busy bass."""
    if not drafts or not scene.is_busy:
        return []
    taken = {draft.start for draft in drafts}
    noise = scene.dice.rng.at("pops", scene.bar)
    center = scene.style.number("bass.center")
    added = []
    for step, start in enumerate(scene.meter.cells):
        if not step or start in taken:
            continue
        root = _root(scene.span_at(start), center)
        high = step % 2 == 0 and root + 12 <= HIGHEST
        rarity = (0.15 if step % 2 == 0 else 0.45) + 0.55 * noise.uniform(step)
        added.append(
            Draft(
                layer="bass", part="bass", patch=drafts[0].patch, pitch=root + 12 if high else root, start=start,
                length=0.2, velocity=0.5, need=scene.rare_need(rarity), gate=0.9,
            )
        )  # fmt: skip
    return added
