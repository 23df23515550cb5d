"""What is measured: an instrument of the SoundFont and how to look at it."""

from dataclasses import dataclass
from typing import Literal

Kind = Literal["held", "string", "bar", "drum"]


@dataclass(frozen=True, slots=True)
class Source:
    """An instrument of the SoundFont.

    Attributes:
        kind: "held": blown, bowed, sung: harmonics and breath while held. "string": plucked or struck, stiff harmonics
            that die away. "bar": struck, partials anywhere. "drum": a key of a kit (bank 128), partials anywhere, not
            pitched: ``low`` = ``high`` = its key.
        program: General MIDI program.
        low: Lowest key.
        high: Highest key.
        bank: Bank of the SoundFont; 128 holds the kits.
        patch: The patch that plays it and is held against it; "" = the one of the same name, "-" = none.
        partials: Most partials of a "bar" or "drum".
        most_keys: Most recordings to keep, spread over the range.
        velocities: What is analysed, MIDI.
        below: Harmonics are taken of the pitch divided by this: organs sound octaves below their keys.
        held_seconds: How long notes are held.
    """

    kind: Kind
    program: int
    low: int
    high: int
    bank: int = 0
    patch: str = ""
    partials: int = 24
    most_keys: int = 24
    velocities: tuple[int, ...] = (56, 92, 124)
    below: int = 1
    held_seconds: float = 0.0
