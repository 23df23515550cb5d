"""Plays notes of a SoundFont with FluidSynth: all notes of an instrument in one run, kept in ``.cache/measuring``."""

import hashlib
import struct
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import soundfile

RATE_HZ: Final = 48_000
SOUNDFONT: Final = Path("/usr/share/sounds/sf2/FluidR3_GM.sf2")
CACHE: Final = Path(__file__).parents[2] / ".cache" / "measuring"
_LEAD_SECONDS: Final = 0.25
_SETTINGS: Final = ("-ni", "-R", "0", "-C", "0", "-g", "0.5", "-r", str(RATE_HZ), "-O", "s24")

Float32Array = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Ask:
    """A note to be recorded.

    Attributes:
        key: MIDI key.
        velocity: MIDI velocity.
        held_seconds: Until it is let go.
        after_seconds: What is recorded after that.
    """

    key: int
    velocity: int
    held_seconds: float
    after_seconds: float


def _ticks(count: int) -> bytes:
    out = [count & 0x7F]
    while count := count >> 7:
        out.insert(0, (count & 0x7F) | 0x80)
    return bytes(out)


def _midi_file(bank: int, program: int, asks: list[Ask]) -> bytes:
    """Notes one after the other as a Standard MIDI File, 1000 ticks a second; kits on the drum channel."""
    channel = 9 if bank == 128 else 0
    events = [
        b"\x00\xff\x51\x03" + (1_000_000).to_bytes(3, "big"),
        b"" if channel else b"\x00" + bytes((0xB0, 0, bank)),
        b"\x00" + bytes((0xC0 | channel, program)),
    ]
    wait = round(_LEAD_SECONDS * 1000)
    for ask in asks:
        events.append(_ticks(wait) + bytes((0x90 | channel, ask.key, ask.velocity)))
        events.append(_ticks(round(ask.held_seconds * 1000)) + bytes((0x80 | channel, ask.key, 0)))
        wait = round((ask.after_seconds + _LEAD_SECONDS) * 1000)
        # All sound off a little before the next note, so that nothing rings into it.
        events.append(_ticks(wait - 100) + bytes((0xB0 | channel, 120, 0)))
        wait = 100
    track = b"".join([*events, _ticks(500) + b"\xff\x2f\x00"])
    return b"MThd" + struct.pack(">IHHH", 6, 0, 1, 1000) + b"MTrk" + struct.pack(">I", len(track)) + track


def record(soundfont: Path, bank: int, program: int, asks: list[Ask]) -> list[Float32Array]:
    """Notes of an instrument, without effects.

    Returns:
        For each note ``(2, frames)`` float32, from its start until ``after_seconds`` after it was let go.
    """
    score = _midi_file(bank, program, asks)
    digest = hashlib.blake2b(score + str(_SETTINGS).encode() + soundfont.name.encode(), digest_size=12).hexdigest()
    kept = CACHE / f"{bank}-{program}-{digest}.flac"
    if not kept.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:
            midi, sound = Path(folder, "notes.mid"), Path(folder, "notes.flac")
            midi.write_bytes(score)
            command = ["fluidsynth", *_SETTINGS, "-T", "flac", "-F", str(sound), str(soundfont), str(midi)]
            subprocess.run(command, check=True, capture_output=True)
            sound.replace(kept)
    samples, rate = soundfile.read(kept, dtype="float32", always_2d=True)
    if rate != RATE_HZ:
        raise ValueError(f"{kept}: {rate} Hz")
    out = []
    at = _LEAD_SECONDS
    for ask in asks:
        start, frames = round(at * RATE_HZ), round((ask.held_seconds + ask.after_seconds) * RATE_HZ)
        note = np.zeros((2, frames), np.float32)
        piece = samples[start : start + frames].T
        note[:, : piece.shape[1]] = piece
        out.append(note)
        at += ask.held_seconds + ask.after_seconds + _LEAD_SECONDS
    return out
