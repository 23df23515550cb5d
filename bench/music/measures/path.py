"""Where a morph is at each of its steps: the features of the last part of each."""

from dataclasses import replace
from itertools import pairwise
from typing import Any

from bench.music.measures import timbre
from bench.music.measures.sound import Sound

from everjam.audio import SAMPLE_RATE_HZ

SETTLED = 0.25
"""Share of a step that is left out: the band needs some bars to arrive."""


def measure(sound: Sound) -> dict[str, Any]:
    """The timbre features of each step, in order."""
    clip = sound.heard.clip
    edges = [ask.from_seconds for ask in clip.asks] + [clip.seconds]
    path = []
    for begin, end in pairwise(edges):
        first = round((begin + SETTLED * (end - begin)) * SAMPLE_RATE_HZ)
        last = round(end * SAMPLE_RATE_HZ)
        path.append(timbre.measure(_excerpt(sound, first, last))["features"])
    return {"path": path}


def _excerpt(sound: Sound, first: int, last: int) -> Sound:
    heard = sound.heard
    beats = tuple(replace(beat, frame=beat.frame - first) for beat in heard.beats if first <= beat.frame < last)
    return Sound(replace(heard, audio=heard.audio[first:last], beats=beats, notes=(), stems={}))
