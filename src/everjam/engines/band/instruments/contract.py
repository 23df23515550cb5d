"""What an instrument is: a function of a note, deterministic and independent of everything around it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from everjam.engines.band.score import Articulation

Waveform = npt.NDArray[np.float32]
"""float32, shape ``(channels, frames)``, 1 or 2 channels, 48 kHz, read-only, planar; peak about 1 at velocity 1."""

Family = Literal[
    "drums", "percussion", "bass", "plucked", "keys", "mallets", "bowed", "winds", "brass", "synths", "voice", "texture"
]


@dataclass(frozen=True, slots=True)
class Tone:
    """One note to be sounded: the key of the waveform cache, so its fields are quantised.

    Attributes:
        patch: Name in ``instruments.PATCHES``.
        pitch: MIDI key number.
        duration_ms: Time until the note is let go; releases ring on after it.
        velocity: 1 to 8, an eighth of full force each.
        brightness: 0 to 10, tenths of the API's brightness; 5 is neutral.
        variant: Round-robin take, from 0; below the patch's ``variants``.
        articulation: How it is played; one of the patch's ``articulations`` or plain.
        glide: Semitones from the pitch to where it comes from; 0 unless the patch ``glides``.
    """

    patch: str
    pitch: int
    duration_ms: int
    velocity: int
    brightness: int
    variant: int
    articulation: Articulation = "plain"
    glide: int = 0


@dataclass(frozen=True, slots=True)
class Patch:
    """An instrument that notes can name.

    Attributes:
        name: As notes and cards name it.
        title: For people.
        family: The file that it lives in.
        render: Tone to waveform.
        gm_program: Nearest General MIDI program, 0 to 127; for drums and percussion the GM drum key.
        low: Lowest sensible MIDI key.
        high: Highest sensible MIDI key.
        sustained: Whether the length of the note matters to its waveform (False: struck, rings as it will).
        variants: Takes that exist.
        gain_db: Set by measurement, so that all patches are equally loud at the same velocity.
        articulations: What it can do besides playing plainly.
        glides: Whether it can slide to a pitch from another one.
    """

    name: str
    title: str
    family: Family
    render: Callable[[Tone], Waveform]
    gm_program: int
    low: int = 21
    high: int = 108
    sustained: bool = True
    variants: int = 3
    gain_db: float = 0.0
    articulations: frozenset[Articulation] = frozenset()
    glides: bool = False
