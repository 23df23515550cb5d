"""The kit and the percussion beside it: patterns, ghost notes, fills, crashes."""

from collections.abc import Mapping
from typing import Final

from everjam.engines.band.cards.schema import Grid
from everjam.engines.band.players.scene import VELOCITIES, Draft, Scene
from everjam.engines.band.theory import read_figure

VOICES: Final = (
    "kick", "snare", "clap", "rim", "hat", "open", "ride", "crash", "tom", "shaker", "tambourine", "cowbell", "conga",
    "bongo", "triangle", "surdo", "cabasa", "woodblock",
)  # fmt: skip
_ROLES: Final = frozenset({"kick", "snare", "hat", "open", "tom"})
_PITCHES: Final = {
    "kick": 36, "snare": 38, "clap": 39, "rim": 37, "hat": 42, "open": 46, "ride": 51, "crash": 49, "tom": 47,
    "shaker": 70, "tambourine": 54, "cowbell": 56, "conga": 63, "bongo": 60, "triangle": 81, "surdo": 41, "cabasa": 69,
    "woodblock": 76,
}  # fmt: skip
_PANS: Final = {
    "hat": 0.22, "open": 0.22, "ride": -0.3, "crash": -0.35, "tom": 0.15, "shaker": -0.45, "tambourine": 0.5,
    "cowbell": 0.35, "conga": -0.3, "bongo": 0.4, "triangle": 0.55, "cabasa": 0.45, "woodblock": -0.5, "rim": -0.1,
}  # fmt: skip
_TOUCH: Final = {
    "hat": 0.86, "open": 0.86, "ride": 0.86, "shaker": 0.8, "tambourine": 0.82, "cabasa": 0.8, "triangle": 0.75,
    "cowbell": 0.85, "woodblock": 0.85,
}  # fmt: skip
"""How hard timekeepers are played beside kick and snare."""
_LENGTHS: Final = {"open": 0.5, "crash": 3.0, "ride": 1.0, "surdo": 1.0}


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
        drafts += _decorations(scene, drafts)
        drafts = _fill(scene, grids, drafts)
        drafts += _crash(scene)
    return drafts


def _patch(scene: Scene, voice: str) -> str:
    return scene.patch(voice) if voice in _ROLES else voice


def _draft(scene: Scene, layer: str, voice: str, start: float, velocity: float, need: float) -> Draft:
    return Draft(
        layer=layer,
        part="drums",
        patch=_patch(scene, voice),
        pitch=_PITCHES[voice],
        start=start,
        length=_LENGTHS.get(voice, 0.25),
        velocity=velocity * _TOUCH.get(voice, 1.0),
        need=need,
        pan=_PANS.get(voice, 0.0),
    )


def _pattern(scene: Scene, grids: Mapping[str, Grid], name: str, layer: str) -> list[Draft]:
    if not name or name not in grids:
        return []
    grid = grids[name]
    ghosts = scene.style.number("feel.ghosts")
    drafts = []
    for voice in VOICES:
        figure = getattr(grid, voice)
        if not figure:
            continue
        noise = scene.dice.rng.at("hits", voice, scene.bar)
        for index, (start, _, cell) in enumerate(read_figure(figure, scene.bar_beats, scene.place.bar)):
            velocity = VELOCITIES.get(cell, 0.66)
            probability = int(cell) / 10 if cell.isdigit() else min(1.0, 0.35 + ghosts) if cell == "g" else 1.0
            if not scene.dice.happens(probability, noise, index):
                continue
            need = scene.need(start, probability) - (0.12 if voice in {"kick", "snare"} else 0.0)
            drafts.append(_draft(scene, layer, voice, start, velocity, max(0.02, need)))
    return drafts


def _decorations(scene: Scene, drafts: list[Draft]) -> list[Draft]:
    """What a busy drummer adds: sixteenths on the hat, ghosts on the snare, kicks before kicks."""
    taken = {(draft.patch, draft.start) for draft in drafts}
    noise = scene.dice.rng.at("busy", scene.bar)
    added: list[Draft] = []
    if not scene.is_busy:
        return added
    steps = round(scene.bar_beats * 4)
    layers = {draft.layer for draft in drafts}
    timekeeper = next((one for one in ("hat", "ride", "shaker") if any(_voice(d) == one for d in drafts)), "")
    for step in range(steps):
        start = step * 0.25
        where = noise.uniform(step)
        if timekeeper and (_patch(scene, timekeeper), start) not in taken:
            layer = "drums" if "drums" in layers else "perc"
            added.append(
                _draft(scene, layer, timekeeper, start, 0.3 + 0.12 * where, scene.rare_need(0.02 + 0.63 * where))
            )
        if "drums" in layers and step % 2 and (_patch(scene, "snare"), start) not in taken:
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
    return next((voice for voice, pitch in _PITCHES.items() if pitch == draft.pitch), "")


def _fill(scene: Scene, grids: Mapping[str, Grid], drafts: list[Draft]) -> list[Draft]:
    if not scene.place.ends_phrase or scene.bar == 0:
        return drafts
    chance = scene.style.number("feel.fills") * (1.0 if scene.place.is_last else 0.5)
    if not scene.dice.happens(min(0.97, chance), scene.dice.rng.at("fill", scene.bar)):
        return drafts
    name = scene.pick("drums.fills", "fill", scene.bar)
    if not name or name not in grids or not any(draft.layer == "drums" for draft in drafts):
        return drafts
    grid = grids[name]
    filled: list[Draft] = []
    toms = 0
    for voice in VOICES:
        for start, _, cell in read_figure(getattr(grid, voice), scene.bar_beats, 0) if getattr(grid, voice) else ():
            draft = _draft(scene, "drums", voice, start, VELOCITIES.get(cell, 0.7), 0.12 + 0.3 * scene.need(start))
            if voice == "tom":
                draft.pitch = 50 - 3 * min(3, toms // 2)
                draft.pan = 0.4 - 0.25 * min(3, toms // 2)
                toms += 1
            filled.append(draft)
    if not filled:
        return drafts
    begin = min(draft.start for draft in filled)
    kept = [
        draft
        for draft in drafts
        if draft.start < begin or draft.layer == "perc" or (_voice(draft) == "kick" and draft.need < 0.4)
    ]
    taken = {(draft.patch, draft.start) for draft in kept}
    return kept + [draft for draft in filled if (draft.patch, draft.start) not in taken]


def _crash(scene: Scene) -> list[Draft]:
    if scene.place.bar and not (scene.place.phrase_bar == 0 and scene.place.bar % 8 == 0):
        return []
    chance = scene.style.number("drums.crash") * (1.0 if scene.place.is_first else 0.5)
    if not scene.dice.happens(min(0.97, chance), scene.dice.rng.at("crash", scene.bar)):
        return []
    return [_draft(scene, "drums", "crash", 0.0, 0.55 + 0.35 * scene.energy, 0.25)]
