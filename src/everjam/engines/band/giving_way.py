"""Which notes give way to others: open hats to closed ones, slurred notes, what has one voice or one string a pitch."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from everjam.engines.band.instruments.contract import Patch
from everjam.engines.band.mixer import Voice, voices

_CHOKE_FRAMES: Final = 960
_BOUND: Final = (0, 720)
_BOUND_FAMILIES: Final = {"synths": (480, 1_440)} | dict.fromkeys(("bowed", "winds", "brass", "voice"), (960, 1_920))
_BOUND_SLOW: Final = dict.fromkeys(
    ("choir_ah", "choir_low", "choir_mm", "choir_oo", "steel_pedal", "theremin"), (2_640, 3_840)
)
"""How long a note is still held under one that is slurred to it, and how long it then takes to give way: until the new
one is there, or each slur has a hole in it. Strings that are stopped anew are there at once."""
_REACH_FRAMES: Final = 4_800
"""How far at most a note reaches into one that is slurred to it."""
_TOGETHER_FRAMES: Final = 2_400
"""50 ms: notes that begin so close to each other are a chord, of which none ends another."""
_QUICK_FRAMES: Final = 1_920
"""What falls silent as fast need not be stopped by anything."""
_CHOKES: Final = (("hat_closed", "hat_open"), ("hat_chip", "hat_open"))
"""Prefixes of the patches that cut off others."""


def give_way(sounding: tuple[Voice, ...], added: Sequence[Voice], patches: Mapping[str, Patch]) -> tuple[Voice, ...]:
    """What sounds, with those notes let go of that others take the place of.

    Args:
        sounding: All voices, the new ones included.
        added: The new ones.
        patches: What voices name.
    """
    return _bind(_renew(_choke(sounding, added), added, patches), added, patches)


def _choke(sounding: Sequence[Voice], added: Sequence[Voice]) -> tuple[Voice, ...]:
    """Lets go of open hats where closed ones begin."""
    choked = list(sounding)
    for closed, opened in _CHOKES:
        cuts = sorted(v.start_frame for v in added if v.tone.patch.startswith(closed))
        for i, voice in enumerate(sounding) if cuts else ():
            if voice.tone.patch.startswith(opened) and (next_cut := bisect_right(cuts, voice.start_frame)) < len(cuts):
                choked[i] = choked[i].faded(cuts[next_cut], _CHOKE_FRAMES)
    return tuple(choked)


def _bind(sounding: tuple[Voice, ...], added: Sequence[Voice], patches: Mapping[str, Patch]) -> tuple[Voice, ...]:
    """Lets go of the notes that others of their part and instrument are slurred to: those that reach just into them."""
    for new in added:
        patch = patches[new.tone.patch]
        if new.tone.articulation != "legato" or "legato" not in patch.articulations:
            continue
        mine, cut = (new.part, patch.name), new.start_frame
        held, fade = _BOUND_SLOW.get(patch.name) or _BOUND_FAMILIES.get(patch.family, _BOUND)
        sounding = tuple(
            v.bound(cut, held, fade)
            if (v.part, v.tone.patch) == mine and v.start_frame < cut and v.fade_frame <= cut + _REACH_FRAMES
            else v
            for v in sounding
        )
    return sounding


def _renew(sounding: tuple[Voice, ...], added: Sequence[Voice], patches: Mapping[str, Patch]) -> tuple[Voice, ...]:
    """Stops what rings on after it was let go of where its instrument, or its string, begins another note."""
    begun: dict[tuple[int, str, int], list[int]] = {}
    for new in added:
        patch = patches[new.tone.patch]
        if patch.renews and new.tone.articulation != "legato":
            pitch = new.tone.pitch if patch.renews == "string" else -1
            begun.setdefault((new.part, patch.name, pitch), []).append(new.start_frame)
    if not begun:
        return sounding
    for starts in begun.values():
        starts.sort()
    renewed = []
    for voice in sounding:
        if voice.fade_frames > _QUICK_FRAMES and voice.cut_frame < 0:
            part, name, pitch = voice.part, voice.tone.patch, voice.tone.pitch
            starts = begun.get((part, name, -1)) or begun.get((part, name, pitch)) or []
            earliest = max(voice.start_frame + _TOGETHER_FRAMES, voice.fade_frame - voices.CUT_FRAMES)
            first = bisect_left(starts, earliest)
            if first < len(starts) and starts[first] < voice.fade_frame + voice.fade_frames - voices.CUT_FRAMES:
                renewed.append(replace(voice, cut_frame=starts[first]))
                continue
        renewed.append(voice)
    return tuple(renewed)
