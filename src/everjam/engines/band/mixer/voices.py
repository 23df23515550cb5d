"""Sounding notes: remembered by name, never as waveforms, and added to the buses a block at a time."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.linalg.blas import saxpy

from everjam.audio import SAMPLE_RATE_HZ, Float32Array
from everjam.engines.band.instruments.contract import Tone, Waveform

Fetch = Callable[[Tone], Waveform]

MAX_VOICES: Final = 320
"""More than this never sound at once: the oldest are let go of first."""

_AT_ONCE_FRAMES: Final = 8_192
"""BLAS would start threads for more, and their number would show in the last bit."""
_VELOCITY_STEPS: Final = 8
_BRIGHTNESS_STEPS: Final = (0, 2, 5, 8, 10)
_DURATION_STEPS_PER_OCTAVE: Final = 4
_SHORTEST_MS: Final = 25.0
_STRUCK_MS: Final = 0
_VELOCITY_EXPONENT: Final = 1.66
"""How level follows force in the instruments."""


@dataclass(frozen=True, slots=True)
class Voice:
    """A note that sounds, or will.

    Attributes:
        part: Index into ``score.PARTS``.
        tone: What sounds.
        start_frame: Frame of its first sample.
        left: Gain to the left.
        right: Gain to the right.
        fade_frame: Where it begins to be let go of early, or -1.
        fade_frames: How long that takes.
    """

    part: int
    tone: Tone
    start_frame: int
    left: float
    right: float
    fade_frame: int = -1
    fade_frames: int = 0

    def faded(self, frame: int, frames: int) -> "Voice":
        """The voice let go of at ``frame``, unless that has happened already."""
        if 0 <= self.fade_frame <= frame:
            return self
        return Voice(self.part, self.tone, self.start_frame, self.left, self.right, frame, frames)


def pan_gains(pan: float, gain: float) -> tuple[float, float]:
    """Equal-power gains, ``gain`` on both sides in the middle."""
    angle = (min(max(pan, -1.0), 1.0) + 1.0) * math.pi / 4
    return gain * math.sqrt(2) * math.cos(angle), gain * math.sqrt(2) * math.sin(angle)


def velocity_step(velocity: float, *, fine: bool = True) -> tuple[int, float]:
    """Step of a velocity, 1 to 8, or even numbers only, and the gain that makes up for the rounding."""
    clamped = min(max(velocity, 0.01), 1.0)
    width = 1 if fine else 2
    step = min(width * max(math.ceil(clamped * _VELOCITY_STEPS / width - 1e-9), 1), _VELOCITY_STEPS)
    return step, (clamped * _VELOCITY_STEPS / step) ** _VELOCITY_EXPONENT


def duration_step(duration_frames: int, *, sustained: bool) -> int:
    """Milliseconds of a length on a geometric grid of four steps an octave, rounded down; struck sounds share one."""
    if not sustained:
        return _STRUCK_MS
    ms = max(duration_frames * 1000.0 / SAMPLE_RATE_HZ, _SHORTEST_MS)
    step = math.floor(math.log2(ms / _SHORTEST_MS) * _DURATION_STEPS_PER_OCTAVE + 0.3)
    quantised: float = _SHORTEST_MS * 2.0 ** (step / _DURATION_STEPS_PER_OCTAVE)
    return round(quantised)


def brightness_step(brightness: float | None) -> int:
    """Tenths, in five steps only, because each is a waveform of its own; the master tilt does what lies between."""
    return 5 if brightness is None else _BRIGHTNESS_STEPS[round(min(max(brightness, 0.0), 1.0) * 4)]


def add(buses: Float32Array, voices: Sequence[tuple[Voice, Waveform]], start_frame: int) -> set[int]:
    """Puts what sounds in a stretch of time on the buses.

    Args:
        buses: float32 ``(parts, 2, frames)``; those of the parts that sound are overwritten.
        voices: With their waveforms; those outside the stretch are passed over.
        start_frame: Frame in the jam of the first sample.

    Returns:
        The parts that sound.
    """
    frames = buses.shape[2]
    active: set[int] = set()
    for voice, wave in voices:
        at = voice.start_frame - start_frame
        begin, end = max(at, 0), min(at + wave.shape[1], frames)
        if voice.fade_frame >= 0:
            end = min(end, voice.fade_frame + voice.fade_frames - start_frame)
        if begin >= end:
            continue
        if voice.part not in active:
            active.add(voice.part)
            buses[voice.part] = 0
        left, right = buses[voice.part, :, begin:end]
        piece = wave[:, begin - at : end - at]
        if 0 <= voice.fade_frame < start_frame + end:
            since = np.arange(begin, end) + (start_frame - voice.fade_frame)
            piece = piece * np.clip(1.0 - since / voice.fade_frames, 0.0, 1.0).astype(np.float32)
        for at_once in range(0, end - begin, _AT_ONCE_FRAMES):
            now = slice(at_once, at_once + _AT_ONCE_FRAMES)
            saxpy(piece[0, now], left[now], a=voice.left)
            saxpy(piece[-1, now], right[now], a=voice.right)
    return active


def remaining(voices: Sequence[tuple[Voice, Waveform]], frame: int) -> tuple[Voice, ...]:
    """The voices that still have something to say at ``frame``; the newest ``MAX_VOICES`` of them."""
    kept = [
        voice
        for voice, wave in voices
        if voice.start_frame + wave.shape[1] > frame
        and (voice.fade_frame < 0 or voice.fade_frame + voice.fade_frames > frame)
    ]
    return tuple(kept[-MAX_VOICES:])
