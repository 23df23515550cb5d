"""The kit and the percussion beside it: patterns, ghost notes, fills, crashes."""

from collections.abc import Mapping, Sequence
from typing import Final

from everjam.engines.band.cards import Grid
from everjam.engines.band.figures import Event, read_figure
from everjam.engines.band.kit import DRUM_VOICES
from everjam.engines.band.players.scene import VELOCITIES, Draft, Scene

ROLLED: Final = frozenset(
    {
        "snare_acoustic", "snare_rock", "snare_jazz", "snare_march", "snare_brush", "kick_march", "tom_acoustic",
        "tom_rock", "timbale", "taiko", "tambourine", "triangle", "sleigh_bells", "shaker", "maracas", "cabasa",
        "castanets", "woodblock", "conga", "conga_low", "bongo", "djembe", "djembe_bass", "djembe_slap", "darbuka",
        "darbuka_tek", "frame_drum", "tabla", "bayan", "dhol", "dhol_bass", "talking_drum", "bombo", "tambora",
        "pandeiro", "cajon", "cajon_slap",
    }
)  # fmt: skip
"""Patches of drums that are rolled on."""
ROLLED_BEATS: Final = 0.25
SHORTEST_ROLL: Final = 3
"""Strokes, at most ``ROLLED_BEATS`` apart, that a roll stands for."""
CHOKED: Final = frozenset({"crash", "ride", "open"})
"""Cymbals that are grabbed on the last beat before everybody stops."""
STIRRED_SWING: Final = 0.35
STIRRED_BPM: Final = 150.0
"""Time that swings, and is no faster, is stirred by brushes."""
STIR_BEATS: Final = 2.0
_STIR: Final = 0.42
_SOFT: Final = 0.6
"""Brush strokes below this force may be part of the circle."""
_SWELL_SHARE: Final = 0.5
"""Of a bar, over which mallets on a cymbal lead into the next one."""
_VOICE_OF: Final = {voice.pitch: name for name, voice in reversed(DRUM_VOICES.items())}


def play(scene: Scene, grids: Mapping[str, Grid]) -> list[Draft]:
    """One bar of drums and percussion.

    Args:
        scene: The bar.
        grids: All drum grids by candidate name.

    Returns:
        Drafts of the layers ``drums`` and ``perc``.
    """
    drafts = _pattern(scene, grids, scene.pick("drums.grids", *scene.scope("grid")), "drums")
    drafts += (
        _pattern(scene, grids, scene.pick("drums.perc", *scene.scope("perc")), "perc") if scene.plays("perc") else []
    )
    if drafts:
        drafts += _stirs(scene, drafts)
        drafts += _decorations(scene, drafts)
        drafts = _build(scene, drafts)
        drafts = _fill(scene, grids, drafts)
        drafts += _crash(scene) + _swell(scene)
    if scene.announcement == "stop":
        last = scene.meter.beat_starts[-1]
        for draft in drafts:
            if last - 1 <= draft.start < last and _voice(draft) in CHOKED:
                draft.articulation = "muted"
    return drafts


def _patch(scene: Scene, voice: str) -> str:
    return scene.patch(voice) if DRUM_VOICES[voice].is_role else voice


def _draft(scene: Scene, layer: str, voice: str, start: float, velocity: float, need: float) -> Draft:
    drum = DRUM_VOICES[voice]
    patch = scene.patch(voice) if drum.is_role else voice
    return Draft(layer, "drums", patch, drum.pitch, start, drum.length_beats, velocity * drum.touch, need, pan=drum.pan)


def _in_time(scene: Scene, figure: str) -> Sequence[Event]:
    """A bar of a drum's figure as written, in half time (it takes two bars) or in double time (two in one)."""
    time, bar, length = scene.style.number("feel.drum_time"), scene.place.bar, scene.bar_beats
    if time < -0.5:
        begin = (bar % 2) * length / 2
        slow = read_figure(figure, scene.meter, bar // 2)
        return [
            (2 * (start - begin), 2 * held, cell) for start, held, cell in slow if begin <= start < begin + length / 2
        ]
    if time > 0.5:
        fast = (read_figure(figure, scene.meter, 2 * bar), read_figure(figure, scene.meter, 2 * bar + 1))
        return [
            ((start + half * length) / 2, held / 2, cell)
            for half, events in enumerate(fast)
            for start, held, cell in events
        ]
    return read_figure(figure, scene.meter, bar)


def _pattern(scene: Scene, grids: Mapping[str, Grid], name: str, layer: str) -> list[Draft]:
    if not name or name not in grids:
        return []
    grid = grids[name]
    ghosts = scene.style.number("feel.ghosts")
    drafts = []
    for voice, figure in grid.figures.items():
        noise = scene.dice.rng.at("hits", voice, scene.bar)
        for index, (start, _, cell) in enumerate(_in_time(scene, figure)):
            velocity = VELOCITIES.get(cell, 0.66)
            probability = int(cell) / 10 if cell.isdigit() else min(1.0, 0.35 + ghosts) if cell == "g" else 1.0
            if not scene.dice.happens(probability, noise, index):
                continue
            need = scene.need(start, probability) - (0.12 if voice in {"kick", "snare"} else 0.0)
            drafts.append(_draft(scene, layer, voice, start, velocity, max(0.02, need)))
    return drafts


def _stirs(scene: Scene, drafts: Sequence[Draft]) -> list[Draft]:
    """The circles that one brush draws under what the other taps; soft strokes where one begins become part of it."""
    if scene.bpm > STIRRED_BPM or scene.style.number("feel.swing") < STIRRED_SWING:
        return []
    if not any(draft.layer == "drums" for draft in drafts) or scene.patch("snare") != "snare_brush":
        return []
    taps = {draft.start: draft for draft in drafts if draft.patch == "snare_brush"}
    added = []
    for start in scene.meter.beat_starts[::2]:
        length = min(STIR_BEATS, scene.bar_beats - start)
        tap = taps.get(start)
        if tap is None:
            tap = _draft(scene, "drums", "snare", start, _STIR, 0.08)
            added.append(tap)
        elif tap.velocity >= _SOFT:
            continue
        tap.articulation, tap.length = "legato", length
    return added


def _decorations(scene: Scene, drafts: list[Draft]) -> list[Draft]:
    """What a busy drummer adds: sixteenths on the hat, ghosts on the snare, kicks before kicks."""
    taken = {(draft.patch, draft.start) for draft in drafts}
    noise = scene.dice.rng.at("busy", scene.bar)
    added: list[Draft] = []
    if not scene.is_busy:
        return added
    layers = {draft.layer for draft in drafts}
    voices = {_voice(draft) for draft in drafts}
    timekeeper = next((one for one in ("hat", "ride", "shaker") if one in voices), "")
    kept, snare = _patch(scene, timekeeper) if timekeeper else "", _patch(scene, "snare") if "drums" in layers else ""
    for step, start in enumerate(scene.meter.cells):
        where = noise.uniform(step)
        if timekeeper and (kept, start) not in taken:
            layer = "drums" if "drums" in layers else "perc"
            added.append(
                _draft(scene, layer, timekeeper, start, 0.3 + 0.12 * where, scene.rare_need(0.02 + 0.63 * where))
            )
        if snare and step % 2 and (snare, start) not in taken:
            added.append(
                _draft(
                    scene,
                    "drums",
                    "snare",
                    start,
                    0.2 + 0.1 * where,
                    scene.rare_need(0.4 + 0.6 * noise.uniform(64 + step)),
                )
            )
    return added


def _voice(draft: Draft) -> str:
    return draft.patch if draft.patch in DRUM_VOICES else _VOICE_OF.get(draft.pitch, "")


def _build(scene: Scene, drafts: list[Draft]) -> list[Draft]:
    """Before a drop the snare rolls in quarters, eighths and sixteenths, louder and louder, and the kick leaves."""
    place = scene.place
    drums = any(draft.layer == "drums" for draft in drafts)
    if place.name != "build" or place.next_name != "drop" or not drums:
        return drafts
    progress = place.bar / max(1, place.bars - 1)
    step = 1.0 if progress < 0.4 else 0.5 if progress < 0.8 else 0.25
    rolled = [draft for draft in drafts if draft.layer == "perc" or _voice(draft) not in {"snare", "clap", "rim"}]
    if place.is_last:
        rolled = [draft for draft in rolled if _voice(draft) != "kick" or draft.start < scene.bar_beats / 2]
    for number in range(round(scene.bar_beats / step)):
        start = number * step
        velocity = 0.34 + 0.4 * progress + 0.16 * progress * start / scene.bar_beats
        rolled.append(_draft(scene, "drums", "snare", start, velocity, 0.1 + 0.25 * scene.need(start)))
    return rolled


def _fill(scene: Scene, grids: Mapping[str, Grid], drafts: list[Draft]) -> list[Draft]:
    announced = scene.announcement in {"fill", "riser"}
    if not (scene.place.ends_phrase or announced) or (scene.bar == 0 and not announced):
        return drafts
    chance = 1.0 if announced else scene.style.number("feel.fills") * (1.0 if scene.place.is_last else 0.5)
    if not scene.dice.happens(chance, scene.dice.rng.at("fill", scene.bar)):
        return drafts
    name = scene.pick("drums.fills", "fill", scene.bar)
    if not name or name not in grids or not any(draft.layer == "drums" for draft in drafts):
        return drafts
    grid = grids[name]
    filled: list[Draft] = []
    toms = 0
    for voice, figure in grid.figures.items():
        for start, _, cell in read_figure(figure, scene.meter, 0):
            draft = _draft(scene, "drums", voice, start, VELOCITIES.get(cell, 0.7), 0.12 + 0.3 * scene.need(start))
            if voice == "tom":
                draft.pitch = 50 - 3 * min(3, toms // 2)
                draft.pan = 0.4 - 0.25 * min(3, toms // 2)
                toms += 1
            filled.append(draft)
    if not filled:
        return drafts
    if scene.dice.happens(scene.style.number("drums.rolls"), scene.dice.rng.at("roll", scene.bar)):
        filled = _rolled(filled)
    begin = min(draft.start for draft in filled)
    kept = [
        draft
        for draft in drafts
        if draft.start < begin
        or draft.layer == "perc"
        or (_voice(draft) == "kick" and draft.need < 0.4 and "kick" not in grid.figures)
    ]
    taken = {(draft.patch, draft.start) for draft in kept}
    return kept + [draft for draft in filled if (draft.patch, draft.start) not in taken]


def _rolled(filled: list[Draft]) -> list[Draft]:
    """A fill whose repeated strokes, as fast as sixteenths, are a roll that ends on the last one of them."""
    runs: dict[tuple[str, int], list[list[Draft]]] = {}
    for draft in sorted(filled, key=lambda one: one.start):
        mine = runs.setdefault((draft.patch, draft.pitch), [])
        if mine and draft.start - mine[-1][-1].start <= ROLLED_BEATS + 1e-6:
            mine[-1].append(draft)
        else:
            mine.append([draft])
    kept: list[Draft] = []
    for (patch, _), mine in runs.items():
        for run in mine:
            if patch not in ROLLED or len(run) < SHORTEST_ROLL:
                kept += run
                continue
            first, last = run[0], run[-1]
            first.articulation, first.length = "roll", last.start - first.start
            first.velocity = sum(draft.velocity for draft in run[:-1]) / (len(run) - 1)
            kept += [first, last]
    return kept


def _swell(scene: Scene) -> list[Draft]:
    """A cymbal rolled with mallets into what is announced, where drums are rolled on."""
    if scene.announcement not in {"fill", "riser"}:
        return []
    if not scene.dice.happens(scene.style.number("drums.rolls"), scene.dice.rng.at("swell", scene.bar)):
        return []
    start = (1.0 - _SWELL_SHARE) * scene.bar_beats
    swell = _draft(scene, "drums", "crash", start, 0.5 + 0.3 * scene.energy, 0.2)
    swell.articulation, swell.length = "roll", scene.bar_beats - start
    return [swell]


def _crash(scene: Scene) -> list[Draft]:
    if scene.place.bar and not scene.arrives and not (scene.place.phrase_bar == 0 and scene.place.bar % 8 == 0):
        return []
    chance = scene.style.number("drums.crash") * (1.0 if scene.place.is_first or scene.arrives else 0.5)
    if not scene.dice.happens(min(0.97, chance), scene.dice.rng.at("crash", scene.bar)):
        return []
    return [_draft(scene, "drums", "crash", 0.0, 0.55 + 0.35 * scene.energy, 0.25)]
