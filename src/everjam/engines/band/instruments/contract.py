"""What an instrument is: a function of a note, deterministic and independent of everything around it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from everjam.engines.band.score import Articulation

Waveform = npt.NDArray[np.float32]
"""float32, shape ``(channels, frames)``, 1 or 2 channels, 48 kHz, read-only, planar; peak about 1 at velocity 1."""

_FULL_SCALE: Final = np.float32(32_767.0)


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """A waveform as it is kept: 16 bits a sample, as fine as its own peak allows, at half the memory.

    Attributes:
        samples: int16, shape ``(channels, frames)``, 1 or 2 channels, read-only.
        scale: What one step of a sample stands for.
    """

    samples: npt.NDArray[np.int16]
    scale: float

    @classmethod
    def of(cls, waveform: Waveform) -> "Recording":
        """Records a waveform, float32 ``(channels, frames)``; what comes back differs by less than -96 dB of its peak.

        Raises:
            ValueError: It is not finite.
        """
        peak = np.float32(max(waveform.max(initial=np.float32(0.0)), -waveform.min(initial=np.float32(0.0))))
        if not np.isfinite(peak):
            raise ValueError("the waveform is not finite")
        scale = max(peak / _FULL_SCALE, np.float32(1e-12))
        samples = np.empty(waveform.shape, np.int16)
        np.rint(waveform * (np.float32(1.0) / scale), out=samples, casting="unsafe")
        samples.setflags(write=False)
        return cls(samples, float(scale))

    @property
    def frames(self) -> int:
        """Length."""
        return int(self.samples.shape[1])

    @property
    def nbytes(self) -> int:
        """Memory."""
        return self.samples.nbytes

    def waveform(self) -> Waveform:
        """What was recorded: float32 ``(channels, frames)``."""
        return self.samples * np.float32(self.scale)


Family = Literal[
    "drums", "percussion", "bass", "plucked", "keys", "mallets", "bowed", "winds", "brass", "synths", "voice", "texture"
]


Renewal = Literal["", "string", "all"]
"""What of an instrument's notes, once they are let go of, rings no further when it begins another one: nothing, those
of the same pitch because the same string or key sounds anew, or all because it has but one voice."""


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
        release_ms: Set by measurement: how long a note takes to fall silent when it is let go of.
        articulations: What it can do besides playing plainly.
        glides: Whether it can slide to a pitch from another one.
        renews: What its new notes end of older ones.
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
    release_ms: int = 150
    articulations: frozenset[Articulation] = frozenset()
    glides: bool = False
    renews: Renewal = ""

    def lasts(self, articulation: Articulation) -> bool:
        """Whether the length of a note that is played like this matters: what is struck once rings as it will."""
        return self.sustained or (articulation in {"tremolo", "roll"} and articulation in self.articulations)
