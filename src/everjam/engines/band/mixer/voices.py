"""Sounding notes: remembered by name, never as waveforms, and added to the buses a block at a time."""

import math
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from scipy.linalg.blas import saxpy

from everjam.audio import SAMPLE_RATE_HZ, Float32Array
from everjam.engines.band.instruments.contract import Recording, Tone
from everjam.engines.band.mixer.grid import CELL_FRAMES, CELL_LINES

Fetch = Callable[[Tone], Recording | None]
"""Tone to recording; None where it is not ready yet."""

MAX_VOICES: Final = 320
"""More than this never sound at once: the oldest are let go of first."""

_LONG_FALL_FRAMES: Final = 2_048
_FINE_FRAMES: Final = 8
"""Straight lines so short that a quick fall is 74 dB closer to its curve than to silence."""
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
_ANY_TIME: Final = 1e12
CUT_FRAMES: Final = 1_440
"""30 ms: how long what rings on takes to stop where its instrument begins another note."""
_CUT: Final = (0.5 + 0.5 * np.cos(np.linspace(0.0, np.pi, CUT_FRAMES))).astype(np.float32)
_JOIN_FRAMES: Final = 480
"""10 ms: how long a note that was not ready takes to come in."""


def _part(sounding: tuple["Voice", Recording]) -> int:
    return sounding[0].part


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
        cut_frame: Where its instrument begins another note, so that it rings no further; or -1.
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
    cut_frame: int = -1

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
        if last <= frame:
            return self
        # What begins later has nothing left to end.
        cut = self.cut_frame if self.cut_frame <= frame else -1
        return replace(self, fade_frame=last, fade_frames=frames, own_frame=-1, cut_frame=cut)


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
    sounding: list[tuple[Voice, Recording, int, int, int]] = []
    falling: list[tuple[Voice, int, int]] = []
    # Part by part, so that each bus stays in the CPU's cache until it is complete. Thousands of times a minute: no
    # function calls and no objects that can be done without.
    for voice, recording in sorted(voices, key=_part):
        at = voice.start_frame - start_frame
        begin = max(0, at)
        begin = max(begin, voice.join_frame - start_frame)
        end = at + recording.samples.shape[1]
        end = min(end, frames)
        falls = end
        if voice.fade_frame >= 0:
            fade = voice.fade_frame - start_frame
            end = min(end, fade + voice.fade_frames)
            if voice.cut_frame >= 0:
                end = min(end, voice.cut_frame + CUT_FRAMES - start_frame)
            falls = min(max(fade, begin), end)
        if begin < end:
            sounding.append((voice, recording, begin, end, falls))
            if falls < end:
                falling.append((voice, start_frame + falls - voice.fade_frame, end - falls))
    gains = iter(_falls(falling))
    active: set[int] = set()
    left, right = buses[0]
    scratch = np.empty((2, frames), np.float32)
    for voice, recording, begin, end, falls in sounding:
        if voice.part not in active:
            active.add(voice.part)
            left, right = buses[voice.part]
            left.fill(0)
            right.fill(0)
        samples, at, count = recording.samples, voice.start_frame - start_frame, end - begin
        piece = scratch[: samples.shape[0], :count]
        piece[...] = samples[:, begin - at : end - at]
        if falls < end:
            piece[:, falls - begin :] *= next(gains)
        if 0 <= voice.cut_frame < start_frame + end:
            first = max(voice.cut_frame, start_frame + begin)
            since = first - voice.cut_frame
            piece[:, first - start_frame - begin :] *= _CUT[since : since + start_frame + end - first]
        if voice.join_frame >= 0:
            piece *= _join(voice, start_frame + begin, count)
        saxpy(piece[0], left, count, voice.left * recording.scale, 0, 1, begin, 1)
        saxpy(piece[-1], right, count, voice.right * recording.scale, 0, 1, begin, 1)
    return active


def _join(voice: Voice, start_frame: int, frames: int) -> Float32Array:
    """Gains of a voice that comes in late, float32 ``(frames,)``, from a frame of the jam on."""
    since = np.arange(frames) + (start_frame - voice.join_frame)
    return np.minimum(since / _JOIN_FRAMES, 1.0).astype(np.float32)


def _falls(falling: Sequence[tuple[Voice, int, int]]) -> Iterator[Float32Array]:
    """Gains of voices that are let go of: of each so many frames, float32 ``(frames,)``, from so many after that on.

    Falls are worked out on a grid that is counted from where they begin, and are straight in between.
    """
    if not falling:
        return
    grids = [CELL_FRAMES if voice.fade_frames >= _LONG_FALL_FRAMES else _FINE_FRAMES for voice, _, _ in falling]
    firsts = [since // grid for (_, since, _), grid in zip(falling, grids, strict=True)]
    counts = [
        (since + frames - 1) // grid - first + 2
        for (_, since, frames), grid, first in zip(falling, grids, firsts, strict=True)
    ]
    ends = np.cumsum(counts)
    steps = [grid / voice.fade_frames for (voice, _, _), grid in zip(falling, grids, strict=True)]
    owns = [_own(voice) for voice, _, _ in falling]
    places = np.arange(ends[-1]) + np.repeat(np.array(firsts) + counts - ends, counts)
    left = 1.0 - places * np.repeat(steps, counts)
    np.maximum(left, 0.0, out=left)
    # A cube falls as a damped string or a closing breath does, and ends at 0. From its own end on the recording falls
    # by itself: what it has of the fall is taken out, or it would fall twice.
    own = left + np.repeat([own for own, _ in owns], counts)
    np.minimum(np.maximum(own, 1e-9, out=own), 1.0, out=own)
    last = np.minimum(left * np.repeat([last for _, last in owns], counts), 1.0)
    left /= own
    last *= left * left * left
    lines = np.empty((ends[-1], 2), np.float32)
    lines[:, 0] = last
    np.subtract(last[1:], last[:-1], out=lines[:-1, 1], casting="same_kind")
    begin = 0
    for (_, since, frames), grid, first, end in zip(falling, grids, firsts, ends.tolist(), strict=True):
        skip = since - first * grid
        samples = (lines[begin : end - 1] @ CELL_LINES[:, :: CELL_FRAMES // grid]).reshape(-1)
        yield samples[skip : skip + frames]
        begin = end


def _own(voice: Voice) -> tuple[float, float]:
    """How much later a recording falls by itself than its voice is let go of, and how soon the voice must be silent.

    The first is a share of the fade; 1 is never. The second is how many times as steep as the fade the last line is.
    """
    if voice.fade_frame <= voice.own_frame < voice.fade_frame + voice.fade_frames:
        return (voice.own_frame - voice.fade_frame) / voice.fade_frames, _LAST
    return 1.0, _ANY_TIME


def remaining(voices: Sequence[tuple[Voice, Recording]], frame: int) -> tuple[Voice, ...]:
    """The voices that still have something to say at ``frame``; the newest ``MAX_VOICES`` of them."""
    kept = [
        voice
        for voice, recording in voices
        if voice.start_frame + recording.frames > frame
        and (voice.fade_frame < 0 or voice.fade_frame + voice.fade_frames > frame)
        and (voice.cut_frame < 0 or voice.cut_frame + CUT_FRAMES > frame)
    ]
    return tuple(kept[-MAX_VOICES:])
