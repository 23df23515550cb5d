"""The comping instrument and the pad: figures on voiced chords, led by the nearest inversion."""

from dataclasses import replace
from typing import Final

from everjam.engines.band import figures
from everjam.engines.band.harmony import Span, voice
from everjam.engines.band.players.idiom import Idiom, idiom_of, patch_for
from everjam.engines.band.players.scene import VELOCITIES, Draft, Last, Scene
from everjam.engines.band.score import Articulation

CLIPPED_MS: Final = 200.0
"""Chords that sound no longer are staccato on instruments that have it."""
HELD_MS: Final = 700.0
"""Shorter chords are neither spread nor kept alive by a tremolo."""
_STRIKES: Final = frozenset("Xxomb")


def play(scene: Scene) -> tuple[list[Draft], Last]:
    """One bar of chords.

    Returns:
        Drafts of the layers ``chords``, ``second`` and ``pad``, and what was played for the next bar.
    """
    comping, voicing = _comp(scene, "chords", scene.last.voicing)
    second, second_voicing = _comp(scene, "second", scene.last.second)
    pad, pad_voicing = _pad(scene)
    return comping + second + pad, replace(scene.last, voicing=voicing, second=second_voicing, pad=pad_voicing)


def _comp(scene: Scene, layer: str, before: tuple[int, ...]) -> tuple[list[Draft], tuple[int, ...]]:
    """One comping instrument: ``chords``, or the ``second`` one beside it with figures of its own."""
    patch = scene.patch(layer) if scene.plays(layer) else ""
    figure = scene.pick(f"{layer}.figures", *scene.scope("comp", layer)) if patch else ""
    if not patch or not figure:
        return [], before
    kind = scene.pick(f"{layer}.voicings", *scene.scope("voicing", layer))
    if not kind:
        kind = scene.pick("chords.voicings", *scene.scope("voicing", layer)).replace("wide", "close")
    center = round(scene.style.number(f"{layer}.center"))
    gate = scene.style.number(f"{layer}.length")
    idiom = idiom_of(patch)
    strum = scene.beats(scene.style.number("chords.strum_ms"))
    spread, held = max(strum, scene.beats(idiom.spread_ms)), scene.beats(HELD_MS)
    keeps = _keeps(scene, idiom)
    side = scene.style.number("second.pan") if layer == "second" else 0.0
    voicings: dict[float, tuple[int, ...]] = {}
    previous = before
    for span in scene.spans:
        previous = voice(span.chord, kind, center, previous)
        voicings[span.start_beats] = previous
    drafts: list[Draft] = []
    for start, length, cell in _carry(figures.read_figure(figure, scene.meter, scene.place.bar), scene.spans):
        span = scene.span_at(start)
        pitches = voicings[span.start_beats]
        if cell.isdigit():
            step = int(cell) - 1
            pitches = (pitches[step % len(pitches)] + 12 * (step // len(pitches)),)
        elif cell == "b":
            pitches = pitches[:1]
        elif cell == "m":
            pitches = pitches[:2]
        sounds = length * (0.5 if cell == "m" else gate)
        articulation = _manner(scene, idiom, cell, start, sounds, keeps)
        player = patch_for(patch, articulation)
        velocity = VELOCITIES.get(cell, 0.7)
        down = round(start * 4) % 2 == 0
        ordered = pitches if down else pitches[::-1]
        lowest = 0.02 if start == 0 else scene.need(start) + (0.06 if cell in "mo" else 0.0)
        late = spread if sounds >= held else strum
        ties = gate > 0.8 and cell in _STRIKES and cell != "m"
        for place, pitch in enumerate(ordered):
            drafts.append(
                Draft(
                    layer=layer,
                    part="chords",
                    patch=player,
                    pitch=pitch,
                    start=start,
                    length=length,
                    velocity=velocity - (0.03 * place if len(ordered) > 1 else 0.0),
                    need=_thicker(place, len(ordered)) + lowest,
                    gate=0.5 if cell == "m" else gate,
                    pan=side + (0.0 if len(ordered) == 1 else 0.24 * (place / (len(ordered) - 1) - 0.5)),
                    offset=late * place / max(1, len(ordered) - 1),
                    tied=ties,
                    articulation=articulation,
                )
            )
    if layer == "chords":
        drafts += _chips(scene, drafts, voicings, patch)
    return drafts, previous


def _manner(scene: Scene, idiom: Idiom, cell: str, start: float, sounds: float, keeps: float) -> Articulation:
    """How a chord is played that sounds for so many beats."""
    if cell == "m":
        return "muted"
    if idiom.clips and sounds <= scene.beats(CLIPPED_MS):
        return "staccato"
    if keeps and sounds >= scene.beats(HELD_MS):
        noise = scene.dice.rng.at("comp-held", scene.place.movement, scene.place.name)
        return idiom.holds if scene.dice.happens(keeps, noise, int(start * 96)) else "plain"
    return "plain"


def _keeps(scene: Scene, idiom: Idiom) -> float:
    """How often a held chord is kept alive by a tremolo: sections need to be told to, plucked ones do it anyway."""
    if idiom.holds == "plain":
        return 0.0
    amount = scene.style.number("chords.tremolo")
    return idiom.holding + (1 - idiom.holding) * amount if idiom.holding else amount


def _thicker(place: int, size: int) -> float:
    """What a voice of a chord needs beyond the first two: the outer ones come first."""
    return 0.0 if place in {0, size - 1} else 0.05 + 0.06 * place


def _carry(events: tuple[tuple[float, float, str], ...], spans: tuple[Span, ...]) -> list[tuple[float, float, str]]:
    """Chords that are held over a change of harmony are struck again where it changes."""
    changes = [span.start_beats for span in spans[1:]]
    result = []
    for start, length, cell in events:
        at, end = start, start + length
        for change in changes:
            if at + 1e-6 < change < end - 1e-6 and cell in _STRIKES:
                result.append((at, change - at, cell))
                at = change
        result.append((at, end - at, cell))
    return result


def _chips(scene: Scene, drafts: list[Draft], voicings: dict[float, tuple[int, ...]], patch: str) -> list[Draft]:
    """Soft off-beat touches of a busy comper: one upper voice, short."""
    if not drafts or not scene.is_busy:
        return []
    taken = {draft.start for draft in drafts}
    noise = scene.dice.rng.at("chips", scene.bar)
    added = []
    for step, start in enumerate(scene.meter.cells):
        if not step or start in taken:
            continue
        pitches = voicings[scene.span_at(start).start_beats]
        pitch = pitches[int(noise.uniform(64 + step) * len(pitches))]
        need = scene.rare_need((0.05 if step % 2 == 0 else 0.3) + 0.65 * noise.uniform(step))
        added.append(
            Draft(
                layer="chords", part="chords", patch=patch_for(patch, "muted"), pitch=pitch, start=start, length=0.2,
                velocity=0.4, need=need, gate=0.8, pan=0.1, articulation="muted",
            )
        )  # fmt: skip
    return added


def _pad(scene: Scene) -> tuple[list[Draft], tuple[int, ...]]:
    patch = scene.patch("pad") if scene.plays("pad") else ""
    if not patch:
        return [], scene.last.pad
    drafts: list[Draft] = []
    previous = scene.last.pad
    center = round(scene.style.number("chords.center")) + 3
    idiom = idiom_of(patch)
    keeps = _keeps(scene, idiom)
    for span in scene.spans:
        before, previous = previous, voice(span.chord, "open", center, previous)
        manner = _manner(scene, idiom, "", 0.0, span.length_beats, keeps)
        held = before if span.start_beats == 0 else ()
        for place, pitch in enumerate(previous):
            drafts.append(
                Draft(
                    layer="pad",
                    part="texture",
                    patch=patch,
                    pitch=pitch,
                    start=span.start_beats,
                    length=span.length_beats,
                    velocity=0.56 if pitch not in held else 0.5,
                    need=_thicker(place, len(previous)) + (0.02 if span.start_beats == 0 else 0.1),
                    pan=0.5 * (place / max(1, len(previous) - 1) - 0.5),
                    articulation=manner,
                )
            )
    return drafts, previous
