"""Beats to frames, exactly: tempo as rationals, so that an hour of music ends on the frame that arithmetic says.

One beat is what the tempo counts. The grid grows one *step* (a beat of the metre) at a time; a new tempo is reached by
a ramp over one step, during which the length of a beat changes linearly with the beat, so that positions stay rational.
"""

from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import Final

from everjam.audio import SAMPLE_RATE_HZ

MIN_BPM: Final = 20
MAX_BPM: Final = 400


@lru_cache(maxsize=256)
def frames_per_beat(bpm: float) -> Fraction:
    """Length of a beat in frames, for a tempo rounded to a thousandth of a beat a minute.

    Raises:
        ValueError: ``bpm`` is not between 20 and 400.
    """
    if not MIN_BPM <= bpm <= MAX_BPM:
        raise ValueError(f"bpm must be between {MIN_BPM} and {MAX_BPM}, got {bpm}")
    return Fraction(60 * SAMPLE_RATE_HZ) / Fraction(round(bpm * 1000), 1000)


@dataclass(frozen=True, slots=True)
class Step:
    """A stretch of the grid, one beat of the metre long.

    Attributes:
        start_frame: Where it starts, a fraction of a frame included.
        length_beats: Its length in beats.
        first_period: Frames a beat at its start.
        last_period: Frames a beat at its end.
        last_frames: The same as a float.
    """

    start_frame: Fraction
    length_beats: Fraction
    first_period: Fraction
    last_period: Fraction
    last_frames: float = field(init=False, repr=False, compare=False)
    _rounded: tuple[int, float, float, float] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        whole = int(self.start_frame)
        rest = float(self.start_frame - whole)
        object.__setattr__(self, "last_frames", float(self.last_period))
        object.__setattr__(self, "_rounded", (whole, rest, float(self.length_beats), float(self.first_period)))

    @property
    def end_frame(self) -> Fraction:
        """Where the next step starts."""
        return self.start_frame + self.length_beats * (self.first_period + self.last_period) / 2

    def frame_at(self, beats: float) -> int:
        """Nearest frame to a position inside the step; positions outside follow the tempo at the nearer end.

        Args:
            beats: Beats from the start of the step.
        """
        whole, start, length, first = self._rounded
        last = self.last_frames
        if beats <= 0:
            return whole + round(start + beats * first)
        if beats >= length:
            return whole + round(start + length * (first + last) / 2 + (beats - length) * last)
        return whole + round(start + beats * first + beats * beats * (last - first) / (2 * length))


@dataclass(frozen=True, slots=True)
class Grid:
    """The end of the grid that has been laid so far.

    Attributes:
        frame: Where the next step starts.
        period: Frames a beat there; None before the first step, which starts at its own tempo at once.
    """

    frame: Fraction
    period: Fraction | None = None

    @classmethod
    def start(cls, frame: int) -> "Grid":
        """A grid whose first beat falls on ``frame``."""
        return cls(Fraction(frame))

    def advance(self, length_beats: Fraction, bpm: float) -> tuple[Step, "Grid"]:
        """Lays one step.

        Args:
            length_beats: Length of the step in beats, > 0.
            bpm: Tempo to reach by the end of the step.

        Returns:
            The step and the grid after it. A step that changes the tempo ends on a whole frame: the denominators of
            tempos long gone would pile up otherwise.
        """
        period = frames_per_beat(bpm)
        step = Step(self.frame, length_beats, period if self.period is None else self.period, period)
        end = step.end_frame
        if step.first_period != step.last_period:
            end = Fraction(round(end))
        return step, Grid(end, period)
