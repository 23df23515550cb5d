"""Standard MIDI files (type 1) from what an engine reports: tempo map, metre, keys, sections, one track a part."""

import bisect
import re
import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from everjam.audio import SAMPLE_RATE_HZ, BeatEvent, Block, NoteEvent

TICKS_PER_QUARTER: Final = 960
DRUM_CHANNEL: Final = 9
"""General MIDI, level 1: keys of the tenth channel are drums."""
DEFAULT_BPM: Final = 120.0
_MELODIC_CHANNELS: Final = tuple(channel for channel in range(16) if channel != DRUM_CHANNEL)
_JITTER_FRAMES: Final = 2
"""Beats lie on whole frames; a tempo that differs by no more than that is the same tempo."""
_FIFTHS: Final = {"F": -1, "C": 0, "G": 1, "D": 2, "A": 3, "E": 4, "B": 5}
_MODE_FIFTHS: Final = {
    "lydian": 1,
    "major": 0,
    "ionian": 0,
    "mixolydian": -1,
    "dorian": -2,
    "minor": -3,
    "aeolian": -3,
    "phrygian": -4,
    "locrian": -5,
}
_KEY: Final = re.compile(
    rf"^([A-G])\s*(b|#|♭|♯|flat|sharp)?\s*(?:harmonic |melodic )?({'|'.join(_MODE_FIFTHS)})", re.IGNORECASE
)
_PICKUP_QUARTERS: Final = 0.125
"""An engine's own delay moves the first beat a little after frame 0; the grid still begins with that beat."""

Program = Callable[[str], int | None]
"""Instrument name to General MIDI program, 0 to 127; for what the part ``drums`` plays, to the drum key."""

Event = tuple[int, int, bytes]
"""Tick, rank among events of the same tick, message."""


@dataclass(slots=True)
class MidiTake:
    """Gathers notes and beats block by block, and writes them when the take is over."""

    notes: list[NoteEvent] = field(default_factory=list)
    beats: list[BeatEvent] = field(default_factory=list)
    frames: int = 0

    def add(self, block: Block) -> None:
        """Takes in what happened in the next block."""
        self.notes.extend(block.notes)
        self.beats.extend(block.beats)
        self.frames = block.start_frame + block.frames

    def write(self, path: Path, program: Program, title: str = "") -> None:
        """Writes the file."""
        path.write_bytes(midi_bytes(self.notes, self.beats, self.frames, program=program, title=title))


@dataclass(frozen=True, slots=True)
class TempoMap:
    """Frames to ticks, exact at every beat.

    Attributes:
        frames: Frame of each anchor, ascending; the first is the first beat's if that is near 0, else 0.
        ticks: Tick of each anchor.
        micros: Microseconds a quarter from each anchor on.
    """

    frames: tuple[int, ...]
    ticks: tuple[int, ...]
    micros: tuple[int, ...]

    def tick(self, frame: int) -> int:
        """The tick at a frame, >= 0."""
        index = max(0, bisect.bisect_right(self.frames, frame) - 1)
        quarters = (frame - self.frames[index]) / SAMPLE_RATE_HZ * 1e6 / self.micros[index]
        tick = max(0, self.ticks[index] + round(quarters * TICKS_PER_QUARTER))
        return min(tick, self.ticks[index + 1]) if index + 1 < len(self.ticks) else tick


def tempo_map(beats: Iterable[BeatEvent]) -> TempoMap:
    """The tempo map of a take: an anchor at frame 0 and one at every beat."""
    ordered = sorted(beats, key=lambda beat: beat.frame)
    first_bpm = _quarter_bpm(ordered[0]) if ordered else DEFAULT_BPM
    pickup_frames = ordered[0].frame if ordered else 0
    if pickup_frames > _PICKUP_QUARTERS * 60 * SAMPLE_RATE_HZ / first_bpm:
        pickup_frames = 0
    frames, ticks, micros = [pickup_frames], [0], [_micros(first_bpm)]
    for index, beat in enumerate(ordered):
        following = ordered[index + 1] if index + 1 < len(ordered) else None
        micro = _micros(_quarter_bpm(beat))
        if following is not None:
            quarters = beat.length_quarters
            played = (following.frame - beat.frame) / quarters
            written = 60 * SAMPLE_RATE_HZ / _quarter_bpm(beat)
            if played > 0 and abs(played - written) * quarters > _JITTER_FRAMES:
                micro = round(played / SAMPLE_RATE_HZ * 1e6)
        if beat.frame == pickup_frames:
            micros[0] = micro
            continue
        before = ordered[index - 1] if index else None
        if before is None:
            step = round(beat.frame / SAMPLE_RATE_HZ * 1e6 / micros[-1] * TICKS_PER_QUARTER)
        else:
            step = round(TICKS_PER_QUARTER * before.length_quarters)
        frames.append(beat.frame)
        ticks.append(ticks[-1] + step)
        micros.append(micro)
    return TempoMap(tuple(frames), tuple(ticks), tuple(micros))


def midi_bytes(
    notes: Iterable[NoteEvent], beats: Iterable[BeatEvent], frames: int, *, program: Program, title: str = ""
) -> bytes:
    """A whole file.

    Args:
        notes: Notes of the take.
        beats: Beats of the take.
        frames: Length of the take; notes that ring on are let go there.
        program: Instrument to General MIDI.
        title: Name of the first track.

    Returns:
        A type 1 file: the tempo track, then one track a part in order of first appearance.
    """
    beats = list(beats)
    grid = tempo_map(beats)
    end = grid.tick(frames)
    parts: dict[str, list[NoteEvent]] = {}
    for note in sorted(notes, key=lambda note: (note.start_frame, note.part, note.pitch, note.instrument)):
        parts.setdefault(note.part, []).append(note)
    channels = _channels(parts)
    tracks = [_track(_conductor(beats, grid, title), end)]
    for part, played in parts.items():
        tracks.append(_track(_part_events(part, played, grid, channels=channels, program=program, end=end), end))
    header = struct.pack(">4sIHHH", b"MThd", 6, 1, len(tracks), TICKS_PER_QUARTER)
    return header + b"".join(tracks)


def _quarter_bpm(beat: BeatEvent) -> float:
    return beat.bpm * beat.pulse_quarters


def _micros(bpm: float) -> int:
    return min(0xFFFFFF, round(60e6 / bpm))


def _channels(parts: dict[str, list[NoteEvent]]) -> dict[tuple[str, str], int]:
    """A channel for each instrument of each part; where there are more than fifteen, they share."""
    melodic = dict.fromkeys(
        (part, note.instrument) for part, notes in parts.items() if part != "drums" for note in notes
    )
    found = {key: _MELODIC_CHANNELS[index % len(_MELODIC_CHANNELS)] for index, key in enumerate(melodic)}
    return found | {("drums", note.instrument): DRUM_CHANNEL for note in parts.get("drums", ())}


def _conductor(beats: list[BeatEvent], grid: TempoMap, title: str) -> list[Event]:
    events: list[Event] = [(0, 0, _text(0x03, title))] if title else []
    tempo: int | None = None
    for tick, micros in zip(grid.ticks, grid.micros, strict=True):
        if micros != tempo:
            events.append((tick, 1, b"\xff\x51\x03" + micros.to_bytes(3, "big")))
            tempo = micros
    meter: tuple[int, int] | None = None
    section, key = "", ""
    for beat in beats:
        tick = grid.tick(beat.frame)
        if beat.meter != meter and (beat.beat == 0 or meter is None):
            meter = beat.meter
            power = meter[1].bit_length() - 1
            events.append((tick, 2, bytes((0xFF, 0x58, 4, meter[0], power, 24, 8))))
        if beat.key != key:
            key = beat.key
            signature = _key_signature(key)
            if signature is not None:
                events.append((tick, 3, b"\xff\x59\x02" + signature))
        if beat.section and beat.section != section:
            section = beat.section
            events.append((tick, 4, _text(0x06, section)))
    return events


def _part_events(
    part: str,
    notes: list[NoteEvent],
    grid: TempoMap,
    *,
    channels: dict[tuple[str, str], int],
    program: Program,
    end: int,
) -> list[Event]:
    events: list[Event] = [(0, 0, _text(0x03, part))]
    programs: dict[int, int] = {}
    sounding: dict[tuple[int, int], tuple[int, int]] = {}  # (channel, key) to (start, end)
    lengths: dict[tuple[int, int, int], tuple[int, int]] = {}  # (channel, key, start) to (end, velocity)
    for note in notes:
        channel = channels[part, note.instrument]
        mapped = program(note.instrument)
        key = note.pitch
        start = grid.tick(note.start_frame)
        if channel == DRUM_CHANNEL:
            key = note.pitch if mapped is None else mapped
        elif mapped is not None and programs.get(channel) != mapped:
            programs[channel] = mapped
            events.append((start, 2, bytes((0xC0 | channel, mapped & 0x7F))))
        key = min(127, max(0, key))
        stop = max(start + 1, min(end, grid.tick(note.start_frame + note.duration_frames)))
        before = sounding.get((channel, key))
        if before is not None and before[1] > start > before[0]:
            # A key cannot be struck while it is held: the earlier note is let go first.
            _, velocity = lengths[channel, key, before[0]]
            lengths[channel, key, before[0]] = (start, velocity)
        velocity = min(127, max(1, round(note.velocity * 127)))
        old_stop, old_velocity = lengths.get((channel, key, start), (0, 0))
        lengths[channel, key, start] = (max(stop, old_stop), max(velocity, old_velocity))
        sounding[channel, key] = (start, max(stop, old_stop))
    for (channel, key, start), (stop, velocity) in lengths.items():
        events.append((start, 3, bytes((0x90 | channel, key, velocity))))
        events.append((stop, 1, bytes((0x80 | channel, key, 64))))
    return events


def _track(events: list[Event], end: int) -> bytes:
    data = bytearray()
    now = 0
    for tick, _, message in sorted(events):
        data += _variable(tick - now) + message
        now = tick
    data += _variable(max(0, end - now)) + b"\xff\x2f\x00"
    return struct.pack(">4sI", b"MTrk", len(data)) + bytes(data)


def _variable(number: int) -> bytes:
    """A variable-length quantity: seven bits a byte, the top bit set on all but the last."""
    data = bytes((number & 0x7F,))
    while number := number >> 7:
        data = bytes((number & 0x7F | 0x80,)) + data
    return data


def _text(kind: int, text: str) -> bytes:
    data = text.encode("utf-8")
    return bytes((0xFF, kind)) + _variable(len(data)) + data


def _key_signature(key: str) -> bytes | None:
    """Sharps (negative: flats) and mode of a key name, None if it is none.

    The format knows major and minor; other modes are written as the major key of the same accidentals.
    """
    match = _KEY.match(key)
    if match is None:
        return None
    sign = {"b": -7, "♭": -7, "flat": -7, "#": 7, "♯": 7, "sharp": 7}.get((match[2] or "").lower(), 0)
    mode = match[3].lower()
    fifths = _FIFTHS[match[1].upper()] + sign + _MODE_FIFTHS[mode]
    while abs(fifths) > 7:
        fifths -= 12 if fifths > 0 else -12
    return struct.pack(">bB", fifths, mode in {"minor", "aeolian"})
