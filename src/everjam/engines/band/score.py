"""The only contract between composing and sounding: notes in bars, written in beats.

One beat is always a quarter note, whatever the metre. Nothing here knows samples, tempo or waveforms.
"""

from dataclasses import dataclass, field
from typing import Final, Literal

Part = Literal["drums", "bass", "chords", "melody", "texture", "voice"]
PARTS: Final[tuple[Part, ...]] = ("drums", "bass", "chords", "melody", "texture", "voice")


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
    """

    part: Part
    patch: str
    pitch: int
    start_beats: float
    duration_beats: float
    velocity: float
    pan: float = 0.0


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


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of music.

    Attributes:
        index: Number of the bar from 0.
        meter: Beats a bar and the note value that is one beat, as in a time signature.
        bpm: Tempo in quarter notes a minute that the style asks for; the steering's bpm, where set, wins.
        section: Name of the formal section.
        key: e.g. ``A minor``.
        chords: In order; the first starts at 0.
        notes: In order of their start.
        production: How it is mixed.
    """

    index: int
    meter: tuple[int, int]
    bpm: float
    section: str
    key: str
    chords: tuple[ChordSpan, ...]
    notes: tuple[Note, ...]
    production: Production

    @property
    def length_beats(self) -> float:
        """Length in quarter notes."""
        return self.meter[0] * 4 / self.meter[1]
