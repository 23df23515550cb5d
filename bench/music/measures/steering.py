"""Which tempos are asked for: around the style's own, within the API's range."""

from functools import cache

from bench.music.clips import clip, play

FACTORS = (1.12, 0.85)
SECONDS = 24.0


@cache
def asked_bpm(prompt: str, factor: float) -> int:
    """The tempo that the band takes by itself, moved by a factor, 60 to 200."""
    return min(200, max(60, round(_own_bpm(prompt) * factor)))


@cache
def _own_bpm(prompt: str) -> float:
    return play(clip(prompt, 1, 1.0, "score")).bars[0].bpm
