"""The only contract between composing and sounding: notes in bars, written in beats.

One beat is what the tempo counts: a quarter note, and in compound metres (6/8, 9/8, 12/8) a dotted one. Nothing here
knows samples, tempo or waveforms.
"""

import itertools
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import Final, Literal

Part = Literal["drums", "bass", "chords", "melody", "texture", "voice"]
PARTS: Final[tuple[Part, ...]] = ("drums", "bass", "chords", "melody", "texture", "voice")


@dataclass(frozen=True, slots=True)
class Meter:
    """A time signature and how its units are grouped into beats.

    Attributes:
        count: Upper number.
        unit: Lower number, 4 or 8.
        groups: Units of each beat; they add up to ``count``: (3, 3) for 6/8, (2, 2, 3) for 7/8.
        is_compound: Whether every beat has three units: the tempo then counts dotted quarters.
        beat_lengths: Length of each group in beats: 1, or 3/2 for the long ones of a mixed metre.
        beat_starts: Where each group starts, in beats.
        length_beats: Length of a bar in beats.
        cells_per_beat: Sixteenths in a beat: 4, or 6 in compound metres.
        cells: Where each sixteenth of the bar starts, in beats.
    """

    count: int
    unit: int
    groups: tuple[int, ...]
    is_compound: bool = field(init=False, repr=False, compare=False)
    beat_lengths: tuple[Fraction, ...] = field(init=False, repr=False, compare=False)
    beat_starts: tuple[float, ...] = field(init=False, repr=False, compare=False)
    length_beats: float = field(init=False, repr=False, compare=False)
    cells_per_beat: int = field(init=False, repr=False, compare=False)
    cells: tuple[float, ...] = field(init=False, repr=False, compare=False)

    @staticmethod
    @lru_cache(maxsize=256)
    def parse(text: str) -> "Meter":
        """Reads ``3/4``, ``6/8``, ``7/8`` (2+2+3), or grouped as in ``3+2+2/8``.

        Raises:
            ValueError: It is not a metre of 2 to 16 units of a quarter or an eighth.
        """
        upper, _, lower = text.partition("/")
        numbers = upper.split("+")
        if lower not in {"4", "8"} or not all(number.isdigit() for number in numbers):
            raise ValueError(f"{text!r} is no metre such as 4/4, 6/8 or 3+2+2/8")
        sizes = tuple(int(number) for number in numbers)
        count, unit = sum(sizes), int(lower)
        if not 2 <= count <= 16 or (len(sizes) > 1 and not all(2 <= size <= 3 for size in sizes)):
            raise ValueError(f"{text!r} is no metre such as 4/4, 6/8 or 3+2+2/8")
        if unit == 4:
            return Meter(count, unit, (1,) * count)
        if len(sizes) > 1:
            return Meter(count, unit, sizes)
        if count % 3 == 0:
            return Meter(count, unit, (3,) * (count // 3))
        odd = count % 2
        return Meter(count, unit, (2,) * ((count - 3 * odd) // 2) + (3,) * odd)

    def __post_init__(self) -> None:
        compound = self.unit == 8 and set(self.groups) == {3}
        size = 1 if self.unit == 4 else 3 if compound else 2
        lengths = tuple(Fraction(group, size) for group in self.groups)
        starts = itertools.accumulate((Fraction(0), *lengths[:-1]))
        length = float(sum(lengths))
        per_beat = 6 if compound else 4
        for name, value in (
            ("is_compound", compound),
            ("beat_lengths", lengths),
            ("beat_starts", tuple(float(start) for start in starts)),
            ("length_beats", length),
            ("cells_per_beat", per_beat),
            ("cells", tuple(round(cell / per_beat, 6) for cell in range(round(length * per_beat)))),
        ):
            object.__setattr__(self, name, value)

    @property
    def quarters_per_beat(self) -> float:
        """Written length of one beat: 1.5 in compound metres."""
        return 1.5 if self.is_compound else 1.0

    def __str__(self) -> str:
        plain = f"{self.count}/{self.unit}"
        return plain if Meter.parse(plain) == self else "+".join(map(str, self.groups)) + f"/{self.unit}"


Articulation = Literal[
    "plain", "legato", "staccato", "muted", "slap", "pop", "tremolo", "roll", "fall", "scoop", "harmonic"
]
"""How a note is played, where that is not as the instrument usually is."""

Effect = Literal["chorus", "flanger", "phaser", "tremolo", "wah", "crush", "amp"]
EFFECTS: Final[tuple[Effect, ...]] = ("chorus", "flanger", "phaser", "tremolo", "wah", "crush", "amp")

Room = Literal["booth", "room", "club", "hall", "church", "plate", "spring"]
ROOMS: Final[tuple[Room, ...]] = ("booth", "room", "club", "hall", "church", "plate", "spring")

Spectrum = Literal["pop", "electronic", "hiphop", "rock", "jazz", "acoustic", "orchestral", "ambient"]
SPECTRA: Final[tuple[Spectrum, ...]] = (
    "pop",
    "electronic",
    "hiphop",
    "rock",
    "jazz",
    "acoustic",
    "orchestral",
    "ambient",
)

COMMON_TIME: Final = Meter(4, 4, (1, 1, 1, 1))


@dataclass(frozen=True, slots=True)
class Note:
    """One note.

    Attributes:
        part: Who plays it; also the stem that it goes to.
        patch: Name of the instrument's patch (``instruments.PATCHES``).
        pitch: MIDI key number; for drums it tunes the voice where that makes sense.
        start_beats: From the start of the bar, micro-timing included; may be slightly negative only after a bar
            line, never before bar 0.
        duration_beats: Written length, > 0.
        velocity: 0 (exclusive) to 1: how hard, not only how loud.
        pan: -1 (left) to 1 (right).
        articulation: How it is played; what an instrument cannot do, it plays plainly.
        glide: Semitones from the pitch to where the pitch comes from, -24 to 24; 0 = from nowhere.
    """

    part: Part
    patch: str
    pitch: int
    start_beats: float
    duration_beats: float
    velocity: float
    pan: float = 0.0
    articulation: Articulation = "plain"
    glide: int = 0


@dataclass(frozen=True, slots=True)
class ChordSpan:
    """A chord that sounds for a while.

    Attributes:
        start_beats: From the start of the bar.
        symbol: As a musician writes it, e.g. ``Am7``.
        pitch_classes: 0 = C; the root first.
    """

    start_beats: float
    symbol: str
    pitch_classes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Production:
    """How a bar is mixed; all of it moves smoothly from bar to bar.

    Attributes:
        gains_db: Part to stem gain relative to the mixer's own balance, 0 = as it is.
        reverb: Part to send level, 0 to 1.
        delay: Part to send level of the tempo-synced delay, 0 to 1.
        reverb_seconds: Decay time (RT60) of the shared room, 0.3 to 6.
        delay_beats: Delay time, 0.25 to 1.5.
        delay_feedback: 0 to 0.8.
        drive: Part to saturation, 0 (clean) to 1 (crunch).
        sidechain: How far kicks duck the other parts, 0 to 1.
        width: Stereo width, 0 (mono) to 1.5.
        tilt_db: Gain at 10 kHz against 100 Hz that the style asks for, -6 to 6.
        lofi: Band limit, wow and crackle, 0 to 1.
        effects: Effect to part to depth, 0 to 1.
        rooms: What the shared room is like: shares that add up to 1.
        spectra: Kinds of records whose long-term spectrum the mix is held to: shares that add up to 1.
        glue: How tightly the mix is held together, 0 (every peak lives) to 1 (a wall).
    """

    gains_db: dict[Part, float] = field(default_factory=dict)
    reverb: dict[Part, float] = field(default_factory=dict)
    delay: dict[Part, float] = field(default_factory=dict)
    reverb_seconds: float = 1.6
    delay_beats: float = 0.75
    delay_feedback: float = 0.35
    drive: dict[Part, float] = field(default_factory=dict)
    sidechain: float = 0.0
    width: float = 1.0
    tilt_db: float = 0.0
    lofi: float = 0.0
    effects: dict[Effect, dict[Part, float]] = field(default_factory=dict)
    rooms: dict[Room, float] = field(default_factory=lambda: {"room": 1.0})
    spectra: dict[Spectrum, float] = field(default_factory=lambda: {"pop": 1.0})
    glue: float = 0.5


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of music.

    Attributes:
        index: Number of the bar from 0.
        meter: Time signature.
        bpm: Tempo in beats a minute that the style asks for; the steering's bpm, where set, wins.
        section: Name of the formal section.
        key: e.g. ``A minor``.
        chords: In order; the first starts at 0.
        notes: In order of their start.
        production: How it is mixed.
        tempo_scale: Factor on the tempo, whoever set it: a ritardando at the end.
    """

    index: int
    meter: Meter
    bpm: float
    section: str
    key: str
    chords: tuple[ChordSpan, ...]
    notes: tuple[Note, ...]
    production: Production
    tempo_scale: float = 1.0

    @property
    def length_beats(self) -> float:
        """Length in beats."""
        return self.meter.length_beats
