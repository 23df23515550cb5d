"""Side-chain: the other parts make room for the kick, from just before it until most of a third of a second later."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from everjam.audio import SAMPLE_RATE_HZ
from everjam.engines.band.mixer.grid import CELL_FRAMES, Float64Array
from everjam.engines.band.score import PARTS, Part

AHEAD_FRAMES: Final = 3 * CELL_FRAMES
"""How far ahead of now kicks must be known."""
REACH_FRAMES: Final = SAMPLE_RATE_HZ // 2
_HOLD_SECONDS: Final = 0.035
_RECOVERY_SECONDS: Final = 0.22
_DEPTHS: Final[dict[Part, float]] = {
    "drums": 0.0,
    "bass": 0.9,
    "chords": 0.85,
    "melody": 0.5,
    "texture": 0.8,
    "voice": 0.45,
}
DEPTH: Final = np.array([_DEPTHS[part] for part in PARTS])
"""How far each part goes down at full side-chain."""


def _dip() -> Float64Array:
    """0 to 1 by cell from ``AHEAD_FRAMES`` before a kick until ``REACH_FRAMES`` after it."""
    seconds = np.arange(-AHEAD_FRAMES, REACH_FRAMES + 1) / SAMPLE_RATE_HZ
    attack = np.clip(1 + seconds / (AHEAD_FRAMES / SAMPLE_RATE_HZ), 0, 1)
    back = np.clip((seconds - _HOLD_SECONDS) / _RECOVERY_SECONDS, 0, 1)
    return attack * (0.5 + 0.5 * np.cos(np.pi * back))


_DIP: Final = _dip()


def shape(kicks: Sequence[int], start_frame: int, cells: int) -> Float64Array:
    """How far kicks press the others down, at cell borders.

    Args:
        kicks: Frames of the kicks, those of the last half second and those up to ``AHEAD_FRAMES`` ahead included.
        start_frame: Frame in the jam of the first border.
        cells: How many cells.

    Returns:
        float64 ``(cells + 1,)``, 0 = not at all, 1 = all the way.
    """
    out = np.zeros(cells + 1)
    borders = start_frame + CELL_FRAMES * np.arange(cells + 1)
    for kick in kicks:
        place = borders - kick + AHEAD_FRAMES
        inside = (place >= 0) & (place < _DIP.shape[0])
        if inside.any():
            out[inside] = np.maximum(out[inside], _DIP[place[inside]])
    return out


def recent(kicks: Sequence[int], frame: int) -> tuple[int, ...]:
    """The kicks that still count at ``frame`` or later."""
    return tuple(kick for kick in kicks if kick + REACH_FRAMES > frame)
