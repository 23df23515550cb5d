"""Written notes as somebody plays them: who is heard at this density, ties, swing, lateness, looseness, dynamics."""

import math
import zlib
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from operator import attrgetter
from typing import Final

from everjam.engines.band.players.articulation import articulate
from everjam.engines.band.players.scene import NEED_GRAIN, Draft, Scene
from everjam.engines.band.ranges import RANGES
from everjam.engines.band.score import Meter, Note

_MONOPHONIC: Final = frozenset({"bass", "melody", "counter"})
_KICK: Final = 36
_KNEE: Final = 0.78
"""Velocities above it are bent, so that accents stand out however hard a style plays."""
_OVERLAP_MS: Final = 20.0
"""How long the note before a slurred one goes on beside it, until the instrument lets go of it."""
_by_start: Final = attrgetter("start", "layer", "pitch", "patch")
_as_played: Final = attrgetter("start_beats", "part", "patch", "pitch")
_LATE: Final = ("drums", "bass", "chords", "melody")


def perform(scene: Scene, drafts: Sequence[Draft]) -> tuple[Note, ...]:
    """The notes of a bar as they are played, by start.

    Args:
        scene: The bar.
        drafts: What everybody would play.
    """
    # All that could be heard counts, so that more density never moves a note that is heard already.
    _fit(drafts)
    density = scene.density
    silent_from = scene.meter.beat_starts[-1] if scene.announcement == "stop" else math.inf
    kept: list[Draft] = []
    dropped: dict[tuple[str, float], float] = {}
    taste = scene.dice.rng.at("taste", scene.bar)
    heard = {layer for layer in {draft.layer for draft in drafts} if scene.plays(layer)}
    for draft in drafts:
        if draft.layer not in heard or draft.start >= silent_from:
            continue
        # Notes that are written alike join one after the other, not all at once.
        grain = 0.0
        if 0.05 < draft.need < density + NEED_GRAIN and draft.need > density - NEED_GRAIN:
            grain = NEED_GRAIN * (taste.uniform(zlib.crc32(draft.patch.encode(), int(draft.start * 96))) - 0.5)
        if draft.need + grain <= density:
            kept.append(draft)
        elif draft.tied:
            dropped[draft.layer, draft.start] = draft.length
    kept.sort(key=_by_start)
    _tie(scene, kept, dropped)
    articulate(scene, kept)
    notes = _touched(scene, kept)
    notes.sort(key=_as_played)
    return tuple(notes)


def in_range(patch: str, pitches: Sequence[int], *, together: bool = True) -> list[int]:
    """Moves a part by octaves to where its instrument plays.

    Args:
        patch: Instrument; one that is not in ``ranges.RANGES`` plays anything.
        pitches: MIDI keys.
        together: Move all alike where that is possible, so that a line stays a line; basses had better stay low.
    """
    low, high = RANGES.get(patch, (0, 127))
    lowest, highest = min(pitches), max(pitches)
    if low <= lowest and highest <= high:
        return list(pitches)
    shift = 12 * -(-max(0, low - lowest) // 12) if lowest < low else -12 * -(-(highest - high) // 12)
    if not (together and low <= lowest + shift and highest + shift <= high):
        shift = 0
    moved = []
    for pitch in pitches:
        key = pitch + shift
        while key < low:
            key += 12
        while key > high:
            key -= 12
        moved.append(key if low <= key <= high else min(high, max(low, pitch)))
    return moved


def _fit(drafts: Sequence[Draft]) -> None:
    parts: dict[tuple[str, str], list[Draft]] = {}
    for draft in drafts:
        if draft.part != "drums":
            parts.setdefault((draft.layer, draft.patch), []).append(draft)
    for (layer, patch), played in parts.items():
        low, high = RANGES.get(patch, (0, 127))
        pitches = [draft.pitch for draft in played]
        if min(pitches) < low or max(pitches) > high:
            for draft, pitch in zip(played, in_range(patch, pitches, together=layer != "bass"), strict=True):
                draft.pitch = pitch


def _tie(scene: Scene, kept: list[Draft], dropped: dict[tuple[str, float], float]) -> None:
    """Held notes take over the time of the notes after them that do not join; lines are kept to one voice."""
    following: dict[str, float] = {}
    for draft in reversed(kept):
        if draft.tied:
            span = scene.span_at(draft.start)
            limit = span.start_beats + span.length_beats
            end = draft.start + draft.length
            while end < limit - 1e-6 and (longer := dropped.get((draft.layer, end))) is not None:
                end += longer
            draft.length = max(draft.length, min(end, limit) - draft.start)
        monophonic = draft.layer in _MONOPHONIC or (draft.layer == "voice" and scene.voice_leads)
        if monophonic and draft.layer in following and following[draft.layer] > draft.start:
            draft.length = min(draft.length, following[draft.layer] - draft.start)
        following[draft.layer] = draft.start


@lru_cache(maxsize=512)
def _word(patch: str) -> int:
    return zlib.crc32(patch.encode()) << 24


@lru_cache(maxsize=4096)
def _written(length: float) -> float:
    return round(max(0.05, length), 5)


@lru_cache(maxsize=4096)
def _placed(pan: float) -> float:
    # Never -0.0: equal keys share an entry, and whichever came first would show.
    return round(max(-1.0, min(1.0, pan)), 3) + 0.0


@lru_cache(maxsize=256)
def _swing(amount: float, fine: float, meter: Meter) -> dict[int, float]:
    """Sixteenth of the bar to its place in so much swing, of which the share ``fine`` is of sixteenths, in beats."""
    amount = 0.0 if meter.is_compound else amount
    coarse = amount * (1 - fine) / 3
    places = {}
    for sixteenth in range(round(meter.length_beats * 4)):
        beat, inside = divmod(sixteenth * 0.25, 1.0)
        moved = inside * (1 + coarse) if inside <= 0.5 else 0.5 * (1 + coarse) + (inside - 0.5) * (1 - coarse)
        places[sixteenth] = beat + moved + (amount * fine / 12 if sixteenth % 2 else 0.0)
    return places


def _touched(scene: Scene, drafts: Sequence[Draft]) -> list[Note]:
    """Written notes as somebody plays them: swing, lateness, looseness, dynamics. Off the grid, triplets stay put."""
    style = scene.style
    swing = _swing(style.number("feel.swing"), style.number("feel.swing_sixteenths"), scene.meter)
    late = {part: scene.beats(style.number(f"feel.{part}_late_ms")) for part in _LATE}
    loose = scene.beats(style.number("feel.loose_ms"))
    contrast = 0.55 + 0.9 * style.number("feel.dynamics")
    force = style.number("feel.loudness") / 0.7 * (0.82 + 0.26 * scene.energy)
    width = style.number("mix.width")
    earliest, latest = (0.0 if scene.bar == 0 else -0.06), scene.bar_beats - 0.01
    touch = scene.dice.rng.at("touch", scene.bar)
    overlap = scene.beats(_OVERLAP_MS)
    bound: dict[str, int] = {}
    notes: list[Note] = []
    for draft in drafts:
        start, part = draft.start, draft.part
        spread = touch.uniform(_word(draft.patch) + draft.pitch * 4096 + int(start * 96)) - 0.5
        sixteenth = start * 4
        if sixteenth % 1 == 0:
            start = swing.get(int(sixteenth), start)
        if draft.pitch == _KICK and draft.layer == "drums":
            start += draft.offset + 0.6 * spread * loose
        else:
            start += draft.offset + late.get(part, 0.0) + 2 * spread * loose
        velocity = (0.7 + (draft.velocity - 0.7) * contrast) * force + 0.05 * spread
        if draft.layer == "noise":
            velocity = draft.velocity
        if velocity > _KNEE:
            velocity = 1 - (1 - _KNEE) * math.exp((_KNEE - velocity) / (1 - _KNEE))
        start = round(earliest if start < earliest else min(start, latest), 5)
        if bound and (index := bound.pop(draft.layer, -1)) >= 0:
            reach = start - notes[index].start_beats + overlap
            notes[index] = replace(notes[index], duration_beats=round(max(0.05, reach), 5))
        if draft.bound:
            bound[draft.layer] = len(notes)
        notes.append(
            Note(
                part,
                draft.patch,
                draft.pitch,
                start,
                _written(draft.length * draft.gate),
                round(0.06 if velocity < 0.06 else min(velocity, 1.0), 4),
                _placed(draft.pan * width),
                draft.articulation,
                draft.glide,
            )
        )
    return notes
