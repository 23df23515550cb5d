"""Sounding notes: remembered by name, never as waveforms, and added to the buses a block at a time."""

import math
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.linalg.blas import saxpy

from everjam.audio import SAMPLE_RATE_HZ, Float32Array
from everjam.engines.band.instruments.contract import Recording, Tone
from everjam.engines.band.mixer.grid import CELL_FRAMES, Float64Array, to_lines

Fetch = Callable[[Tone], Recording | None]
"""Tone to recording; None where it is not ready yet."""

MAX_VOICES: Final = 320
"""More than this never sound at once: the oldest are let go of first."""

_AT_ONCE_FRAMES: Final = 9_600
"""BLAS would start threads for more, and their number would show in the last bit."""
_LONG_FALL_FRAMES: Final = 2_048
_STAYS: Final = np.ones(0, np.float32)
_VELOCITY_STEPS: Final = 8
_BRIGHTNESS_STEPS: Final = (0, 2, 5, 8, 10)
_DURATIONS_MS: Final = (
    *(50, 100, 200, 400, 800, 1_130),
    *(1_600, 1_900, 2_260, 2_690, 3_200, 3_800, 4_520, 5_380, 6_400, 7_610, 9_050, 10_760, 12_800),
)
"""Lengths that tones are held for: few short ones, which are many, and fine steps where a second is a lot of memory."""
_STRUCK_MS: Final = 0
_VELOCITY_EXPONENT: Final = 1.66
"""How level follows force in the instruments."""
_LAST: Final = 6.0
"""In the last sixth of a fade, silence comes at the latest."""
_JOIN_FRAMES: Final = 480
"""10 ms: how long a note that was not ready takes to come in."""


@dataclass(frozen=True, slots=True)
class Voice:
    """A note that sounds, or will.

    Attributes:
        part: Index into ``score.PARTS``.
        tone: What sounds.
        start_frame: Frame of its first sample.
        left: Gain to the left.
        right: Gain to the right.
        fade_frame: Where it begins to be let go of, or -1.
        fade_frames: How long that takes.
        join_frame: Where it comes in because it was not ready at its start, or -1.
        own_frame: Where its recording begins to fall silent by itself, as the fade would have it; or -1.
    """

    part: int
    tone: Tone
    start_frame: int
    left: float
    right: float
    fade_frame: int = -1
    fade_frames: int = 0
    join_frame: int = -1
    own_frame: int = -1

    def faded(self, frame: int, frames: int) -> "Voice":
        """The voice let go of at ``frame``, unless that has happened already."""
        if 0 <= self.fade_frame <= frame:
            return self
        return replace(self, fade_frame=frame, fade_frames=frames, own_frame=-1)

    def bound(self, frame: int, held: int, frames: int) -> "Voice":
        """The voice that gives way within ``frames`` to one slurred to it at ``frame``, held on for ``held`` at most.

        What has been let go of before stays as it is.
        """
        if self.fade_frame < 0:
            return self.faded(frame, frames)
        last = min(self.fade_frame, frame + held)
        return self if last <= frame else replace(self, fade_frame=last, fade_frames=frames, own_frame=-1)


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
    """Milliseconds for which a tone is held, at least as long as its note; struck sounds share one length.

    The voice lets go of it where its note ends.
    """
    if not sustained:
        return _STRUCK_MS
    ms = duration_frames * 1000.0 / SAMPLE_RATE_HZ
    return _DURATIONS_MS[min(bisect_left(_DURATIONS_MS, ms - 1e-6), len(_DURATIONS_MS) - 1)]


def brightness_step(brightness: float | None) -> int:
    """Tenths, in five steps only, because each is a waveform of its own; the master tilt does what lies between."""
    return 5 if brightness is None else _BRIGHTNESS_STEPS[round(min(max(brightness, 0.0), 1.0) * 4)]


def add(buses: Float32Array, voices: Sequence[tuple[Voice, Recording]], start_frame: int) -> set[int]:
    """Puts what sounds in a stretch of time on the buses.

    Args:
        buses: float32 ``(parts, 2, frames)``; those of the parts that sound are overwritten.
        voices: With their recordings; those outside the stretch are passed over.
        start_frame: Frame in the jam of the first sample.

    Returns:
        The parts that sound.
    """
    frames = buses.shape[2]
    active: set[int] = set()
    scratch = np.empty((2, _AT_ONCE_FRAMES), np.float32)
    for voice, recording in voices:
        # Thousands of times a minute: no function calls and no objects that can be done without.
        samples = recording.samples
        at = voice.start_frame - start_frame
        begin, end = max(at, voice.join_frame - start_frame, 0), min(at + samples.shape[1], frames)
        fade = voice.fade_frame
        if fade >= 0:
            end = min(end, fade + voice.fade_frames - start_frame)
        if begin >= end:
            continue
        if voice.part not in active:
            active.add(voice.part)
            buses[voice.part] = 0
        left, right = buses[voice.part]
        to_left, to_right = voice.left * recording.scale, voice.right * recording.scale
        falls = max(fade - start_frame, begin) if fade >= 0 else end
        fall = _fall(voice, start_frame + falls - fade, end - falls) if falls < end else _STAYS
        for now in range(begin, end, _AT_ONCE_FRAMES):
            until = min(now + _AT_ONCE_FRAMES, end)
            piece = scratch[: samples.shape[0], : until - now]
            piece[...] = samples[:, now - at : until - at]
            if falls < until:
                first = max(falls, now)
                piece[:, first - now :] *= fall[first - falls : until - falls]
            if voice.join_frame >= 0:
                piece *= _join(voice, start_frame + now, until - now)
            saxpy(piece[0], left, until - now, to_left, 0, 1, now, 1)
            saxpy(piece[-1], right, until - now, to_right, 0, 1, now, 1)
    return active


def _join(voice: Voice, start_frame: int, frames: int) -> Float32Array:
    """Gains of a voice that comes in late, float32 ``(frames,)``, from a frame of the jam on."""
    since = np.arange(frames) + (start_frame - voice.join_frame)
    return np.minimum(since / _JOIN_FRAMES, 1.0).astype(np.float32)


def _fall(voice: Voice, since: int, frames: int) -> Float32Array:
    """Gains of a voice that is let go of, float32 ``(frames,)``, from ``since`` frames after that on.

    Long falls are worked out every 64 frames, counted from where they begin, and are straight in between.
    """
    if voice.fade_frames < _LONG_FALL_FRAMES:
        return _fallen(voice, np.arange(since, since + frames)).astype(np.float32)
    cell = since // CELL_FRAMES
    cells = (since + frames - 1) // CELL_FRAMES - cell + 1
    lines = to_lines(_fallen(voice, np.arange(cell, cell + cells + 1) * CELL_FRAMES)).reshape(-1)
    return lines[since - cell * CELL_FRAMES :][:frames]


def _fallen(voice: Voice, since: npt.NDArray[np.integer]) -> Float64Array:
    """Gains so many frames after a voice is let go of."""
    # A cube falls as a damped string or a closing breath does, and ends at 0.
    left: Float64Array = np.maximum(1.0 - since / voice.fade_frames, 0.0)
    if not voice.fade_frame <= voice.own_frame < voice.fade_frame + voice.fade_frames:
        return left**3
    # From its own end on the recording falls by itself: what it has of the fall is taken out, or it would fall twice.
    own = np.clip(left + (voice.own_frame - voice.fade_frame) / voice.fade_frames, 1e-9, 1.0)
    last = np.minimum(left * _LAST, 1.0)
    fallen: Float64Array = last * (left / own) ** 3
    return fallen


def remaining(voices: Sequence[tuple[Voice, Recording]], frame: int) -> tuple[Voice, ...]:
    """The voices that still have something to say at ``frame``; the newest ``MAX_VOICES`` of them."""
    kept = [
        voice
        for voice, recording in voices
        if voice.start_frame + recording.frames > frame
        and (voice.fade_frame < 0 or voice.fade_frame + voice.fade_frames > frame)
    ]
    return tuple(kept[-MAX_VOICES:])
