"""How the lines of a bar are played, once it is known which notes are heard: slurs, slides, scoops, falls, tremolo."""

import itertools
from collections.abc import Sequence
from typing import Final

from everjam.engines.band.figures import metric_weight
from everjam.engines.band.players.idiom import PLAIN, Idiom, idiom_of
from everjam.engines.band.players.scene import Draft, Scene
from everjam.engines.band.sampling import Rng

CONTACT_MS: Final = 30.0
"""Notes with a longer silence between them are not slurred."""
LONGEST_SLUR: Final = 4
"""Notes under one slur."""
CLIPPED_MS: Final = 160.0
"""What sounds no longer than this, and has room after it, is staccato."""
HELD_MS: Final = 380.0
"""Shorter notes are not kept alive by a tremolo."""
WIDEST_GLIDE: Final = 24

_SUNG: Final = frozenset({"melody", "counter", "voice"})
_LINES: Final = _SUNG | {"bass", "riff"}
_RIFF_SLURS: Final = 0.5
"""How much less an ostinato is slurred than a melody."""
_UNASKED: Final = 0.2
"""Tremolo in a style up to which only those play it who do so in any style."""
_SWUNG: Final = 0.35
_BREATH_BEATS: Final = 0.45
"""Silence that makes the next note the beginning of a phrase, and the last one its end."""
_BENT_BEATS: Final = 0.4
"""Shorter notes are neither scooped nor dropped."""
_SCOOP, _FALL, _HOLD, _GLIDE = (1 << 12, 2 << 12, 3 << 12, 4 << 12)
"""Noise indices of the decisions about a note, beside the one about its slur."""


def articulate(scene: Scene, kept: Sequence[Draft]) -> None:
    """Decides how the lines of a bar are played; what a player has decided already stays.

    Args:
        scene: The bar.
        kept: The notes that are heard, by start; they are changed in place.
    """
    lines: dict[str, list[Draft]] = {}
    for draft in kept:
        if draft.layer in _LINES:
            lines.setdefault(draft.layer, []).append(draft)
    # One noise for all: who doubles a line phrases it alike.
    noise = scene.dice.rng.at("articulation", scene.place.movement, scene.place.name)
    for layer, line in lines.items():
        idiom = idiom_of(line[0].patch)
        if idiom is PLAIN or (layer == "voice" and not scene.voice_leads):
            continue
        if idiom.slurs:
            _bind(scene, line, idiom, noise)
        if layer != "bass":
            _colour(scene, line, idiom, noise)


def _bind(scene: Scene, line: Sequence[Draft], idiom: Idiom, noise: Rng) -> None:
    """Slurs of two to four notes, and slides where the style has them."""
    style, layer = scene.style, line[0].layer
    amount = style.number("melody.legato") if layer in _SUNG else 0.0
    if layer == "riff" and idiom.clips:
        amount = _RIFF_SLURS * style.number("melody.legato")
    slide = style.number("melody.portamento") if layer in _SUNG else 0.0
    slide = idiom.portamento + (1 - idiom.portamento) * slide
    contact = scene.beats(CONTACT_MS)
    is_swung = style.number("feel.swing") >= _SWUNG
    slurred = 1
    for before, draft in itertools.pairwise(line):
        interval = draft.pitch - before.pitch
        is_near = draft.start - before.start - before.length <= contact and draft.start > before.start
        if draft.articulation != "plain" or not is_near:
            if draft.join == "slide" and draft.articulation == "plain":
                draft.glide = _glide(-interval, idiom)
            slurred = 1
            continue
        if draft.join:
            is_bound = bool(interval) or draft.join == "slide"
        else:
            likely = amount * _slurs_well(scene, draft, interval, slurred, is_swung=is_swung)
            is_bound = likely > 0 and scene.dice.happens(likely, noise, int(draft.start * 96))
        if not is_bound:
            slurred = 1
            continue
        slurred += 1
        before.bound, draft.articulation = True, "legato"
        slides = draft.join == "slide" or (
            not draft.join and slide > 0 and scene.dice.happens(slide, noise, _GLIDE + int(draft.start * 96))
        )
        if slides:
            draft.glide = _glide(-interval, idiom)


def _glide(semitones: int, idiom: Idiom) -> int:
    """Where a slide comes from: the note before, or as far from there as the instrument gets."""
    return max(-idiom.slides, min(idiom.slides, semitones))


def _slurs_well(scene: Scene, draft: Draft, interval: int, slurred: int, *, is_swung: bool) -> float:
    """How well a note is slurred to the one before: small steps, off the beat; onto the beat where the time swings."""
    size = abs(interval)
    if size == 0 or size > 12 or slurred >= LONGEST_SLUR:
        return 0.0
    likely = 1.0 if size <= 2 else 0.75 if size <= 5 else 0.4
    on_beat = metric_weight(draft.start, scene.meter) <= 0.3
    return likely * ((1.2 if on_beat else 0.6) if is_swung else (0.6 if on_beat else 1.2))


def _colour(scene: Scene, line: Sequence[Draft], idiom: Idiom, noise: Rng) -> None:
    """Staccato, tremolo, scoops into phrases and falls out of them, for the notes that are not slurred."""
    if not (idiom.clips or idiom.scoops or idiom.falls or idiom.holds != "plain"):
        return
    style, place = scene.style, scene.place
    scoops = style.number("melody.scoops") if idiom.scoops else 0.0
    falls = style.number("melody.falls") if idiom.falls else 0.0
    holds = style.number("melody.tremolo")
    holds = idiom.holding + (1 - idiom.holding) * holds if idiom.holding else max(0.0, holds - _UNASKED)
    clipped, held = scene.beats(CLIPPED_MS), scene.beats(HELD_MS)
    end, bar = -1.0, (place.bar & 7) << 16
    for index, draft in enumerate(line):
        before, end = end, draft.start + draft.length * (1.0 if draft.bound else draft.gate)
        after = line[index + 1].start if index + 1 < len(line) else scene.bar_beats
        if draft.articulation != "plain" or draft.glide:
            continue
        address, sounds = bar + int(draft.start * 96), end - draft.start
        is_last = index + 1 == len(line)
        if draft.length >= _BENT_BEATS and (scoops or falls):
            starts = draft.start - before >= _BREATH_BEATS
            if starts and scene.dice.happens(scoops, noise, _SCOOP + address):
                draft.articulation = "scoop"
                continue
            ends = after - end >= _BREATH_BEATS or (is_last and place.ends_phrase)
            if ends and not draft.bound and scene.dice.happens(falls, noise, _FALL + address):
                draft.articulation = "fall"
                continue
        if idiom.holds != "plain" and sounds >= held and scene.dice.happens(holds, noise, _HOLD + address):
            draft.articulation = idiom.holds
        elif idiom.clips and sounds <= clipped and not draft.bound and after - draft.start >= 1.6 * sounds:
            draft.articulation = "staccato"
