"""Audio as it crosses modules: float32 blocks at 48 kHz, 16-bit PCM on the wire."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

SAMPLE_RATE_HZ: Final = 48_000
CHANNELS: Final = 2
QUANTUM_FRAMES: Final = 1_920
"""40 ms: every block is a multiple of it."""
BYTES_PER_FRAME: Final = 2 * CHANNELS

Float32Array = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class NoteEvent:
    """A note that begins in a block, as an engine reports it.

    Attributes:
        part: ``drums``, ``bass``, ``chords``, ``melody``, ``texture`` or ``voice``.
        instrument: The engine's name of the instrument.
        pitch: MIDI key number, 0 to 127.
        velocity: 0 to 1.
        start_frame: Frame in the jam, counted from its start.
        duration_frames: Written length; what rings on is not counted.
    """

    part: str
    instrument: str
    pitch: int
    velocity: float
    start_frame: int
    duration_frames: int


@dataclass(frozen=True, slots=True)
class BeatEvent:
    """A beat that falls into a block.

    Attributes:
        frame: Frame in the jam.
        bar: Bar number from 0.
        beat: Beat in the bar from 0.
        bpm: Tempo at the beat, in quarter notes a minute; in compound metres in dotted ones.
        meter: Upper and lower number of the time signature.
        chord: Chord symbol that sounds, "" if unknown.
        section: Name of the formal section, "" if unknown.
        key: Name of the key, "" if unknown.
        quarters: Written length of the beat in quarter notes, e.g. 1.5 in 6/8; None if it is the lower number's.
        pulse_quarters: Written length of what ``bpm`` counts in quarter notes, 1.5 in compound metres.
    """

    frame: int
    bar: int
    beat: int
    bpm: float
    meter: tuple[int, int]
    chord: str = ""
    section: str = ""
    key: str = ""
    quarters: float | None = None
    pulse_quarters: float = 1.0

    @property
    def length_quarters(self) -> float:
        """Written length of the beat in quarter notes."""
        return 4 / self.meter[1] if self.quarters is None else self.quarters


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """What one call of ``Engine.render`` gives.

    Attributes:
        audio: float32, shape ``(frames, 2)``, within [-1, 1].
        start_frame: Frame in the jam of the first sample.
        beats: Beats in the block, in order; empty where the engine does not know them.
        notes: Notes that begin in the block, in order of their start.
        stems: Part name to float32 ``(frames, 2)``; they add up to ``audio``. Only where asked for.
        late_notes: Notes that should have sounded and come in with the next block, because they were not ready.
    """

    audio: Float32Array
    start_frame: int
    beats: tuple[BeatEvent, ...] = ()
    notes: tuple[NoteEvent, ...] = ()
    stems: Mapping[str, Float32Array] = field(default_factory=dict)
    late_notes: int = 0

    @property
    def frames(self) -> int:
        """Length in frames."""
        return int(self.audio.shape[0])


def to_pcm16(audio: Float32Array) -> bytes:
    """float32 in [-1, 1], shape ``(frames, 2)``, to little-endian interleaved 16-bit PCM.

    Values outside the range are clipped.
    """
    scaled = np.clip(audio, -1.0, 1.0)
    scaled *= np.float32(32767.0)
    return np.rint(scaled, out=scaled).astype("<i2").tobytes()


def from_pcm16(data: bytes) -> Float32Array:
    """Little-endian interleaved 16-bit PCM to float32, shape ``(frames, 2)``."""
    pcm = np.frombuffer(data, dtype="<i2").reshape(-1, CHANNELS)
    return pcm.astype(np.float32) / np.float32(32767.0)


def seconds_to_frames(seconds: float) -> int:
    """Nearest whole number of frames."""
    return round(seconds * SAMPLE_RATE_HZ)
