"""Time, pitch, envelopes and noise."""

from math import gcd
from typing import Final

import numpy as np
import numpy.typing as npt

from everjam.audio import SAMPLE_RATE_HZ, Float32Array

TAU: Final = 2.0 * np.pi
CONTROL_FRAMES: Final = 64
"""Frames between two values of a control curve (750 Hz)."""

_RAMP: Final = np.arange(CONTROL_FRAMES, dtype=np.float32) / np.float32(CONTROL_FRAMES)
_BETWEEN: Final = np.stack([np.float32(1.0) - _RAMP, _RAMP])
"""What both ends of a straight line between two control points have in each frame."""
_SHARED_SECONDS: Final = 12
_TIMES: Final = np.arange(SAMPLE_RATE_HZ * _SHARED_SECONDS, dtype=np.float32) / np.float32(SAMPLE_RATE_HZ)
_TIMES.setflags(write=False)


def f32(values: npt.ArrayLike) -> Float32Array:
    """``values`` as float32, copied only where they are something else."""
    return np.asarray(values, np.float32)


def frames_of(seconds: float) -> int:
    """Frames in ``seconds``, at least one."""
    return max(1, round(seconds * SAMPLE_RATE_HZ))


def times(frames: int) -> Float32Array:
    """Seconds at each of ``frames`` frames: float32, read-only."""
    if frames <= _TIMES.size:
        return _TIMES[:frames]
    return np.arange(frames, dtype=np.float32) / np.float32(SAMPLE_RATE_HZ)


def midi_to_hz(key: float) -> float:
    """Frequency of a MIDI key in equal temperament, A4 = 69 = 440 Hz."""
    return float(440.0 * 2.0 ** ((key - 69.0) / 12.0))


def decay(frames: int, tau_seconds: float) -> Float32Array:
    """Exponential decay from 1 with time constant ``tau_seconds``."""
    return f32(np.exp(times(frames) * np.float32(-1.0 / tau_seconds)))


def attack(frames: int, seconds: float) -> Float32Array:
    """Raised-cosine rise from 0 to 1 within ``seconds``, then 1."""
    out = np.ones(frames, np.float32)
    rise = min(frames, frames_of(seconds))
    out[:rise] = 0.5 - 0.5 * np.cos(np.arange(rise, dtype=np.float32) * np.float32(np.pi / rise))
    return out


def release(frames: int, held_seconds: float, release_seconds: float) -> Float32Array:
    """1 while held, then an exponential fall of 60 dB within ``release_seconds``."""
    out = np.ones(frames, np.float32)
    held = min(frames, frames_of(held_seconds))
    out[held:] = decay(frames - held, release_seconds / 6.9) if frames > held else 1.0
    return out


def adsr(
    frames: int,
    held_seconds: float,
    *,
    attack_seconds: float,
    decay_seconds: float,
    sustain: float,
    release_seconds: float,
) -> Float32Array:
    """Envelope of a held note.

    Args:
        frames: Length.
        held_seconds: When the note is let go.
        attack_seconds: Raised-cosine rise.
        decay_seconds: Time constant of the fall to ``sustain``.
        sustain: Level held, 0 to 1.
        release_seconds: Time of the fall by 60 dB after the note is let go.

    Returns:
        float32, shape ``(frames,)``, peak at most 1.
    """
    out = decay(frames, decay_seconds)
    out *= np.float32(1.0 - sustain)
    out += np.float32(sustain)
    out *= attack(frames, attack_seconds)
    out *= release(frames, held_seconds, release_seconds)
    return out


def noise(rng: np.random.Generator, frames: int) -> Float32Array:
    """White Gaussian noise of unit variance."""
    return rng.standard_normal(frames, dtype=np.float32)


def unit(signal: Float32Array) -> Float32Array:
    """``signal`` scaled to peak 1; silence stays silence."""
    peak = float(np.max(np.abs(signal), initial=0.0))
    return signal * np.float32(1.0 / peak) if peak > 0.0 else signal


def control_times(frames: int) -> Float32Array:
    """Times of the control points that cover ``frames``: one each ``CONTROL_FRAMES``, and one past the end."""
    points = -(-frames // CONTROL_FRAMES) + 1
    return np.arange(points, dtype=np.float32) * np.float32(CONTROL_FRAMES / SAMPLE_RATE_HZ)


def upsample(control: Float32Array, frames: int) -> Float32Array:
    """Control curve (see ``control_times``) to frames, linearly interpolated."""
    ends = np.empty((control.size - 1, 2), np.float32)
    ends[:, 0], ends[:, 1] = control[:-1], control[1:]
    return f32((ends @ _BETWEEN).reshape(-1)[:frames])


def wander(rng: np.random.Generator, frames: int, rate_hz: float) -> Float32Array:
    """Slow random movement at control rate, variance about 1: a control curve of smoothed noise."""
    at = control_times(frames)
    knots = rng.standard_normal(int(at[-1] * rate_hz) + 4, dtype=np.float32)
    position = at * np.float32(rate_hz)
    index = position.astype(np.int64)
    fraction = position - index
    smooth = fraction * fraction * (3.0 - 2.0 * fraction)
    out = knots[index] + (knots[index + 1] - knots[index]) * smooth
    return f32(out.astype(np.float32))


def place(signal: Float32Array, pan: float) -> Float32Array:
    """Mono to stereo ``(2, frames)`` at ``pan`` -1 to 1, constant power."""
    angle = (pan + 1.0) * np.pi / 4.0
    return np.stack([signal * np.float32(np.cos(angle)), signal * np.float32(np.sin(angle))])


def mix_in(into: Float32Array, signal: Float32Array, pan: float, level: float = 1.0) -> None:
    """Adds a mono ``signal`` to a stereo one in place, at ``pan`` -1 to 1, constant power."""
    angle = (pan + 1.0) * np.pi / 4.0
    into[0] += signal * np.float32(level * np.cos(angle))
    into[1] += signal * np.float32(level * np.sin(angle))


def stage(voices: int) -> list[float]:
    """Balanced pan positions, -1 to 1, of voices in order of detuning: neighbours stand apart."""
    if voices == 1:
        return [0.0]
    stride = next(step for step in range(max(1, round(0.4 * voices)), voices + 1) if gcd(step, voices) == 1)
    return [2.0 * ((number * stride) % voices) / (voices - 1) - 1.0 for number in range(voices)]


def crossfeed(stereo: Float32Array, amount: float) -> Float32Array:
    """Each side with ``amount`` of the other, so that little is lost in mono."""
    return f32(stereo + stereo[::-1] * np.float32(amount))


def add_at_start(signal: Float32Array, addition: Float32Array) -> None:
    """Adds ``addition`` to the first frames of ``signal`` in place, cut to its length."""
    length = min(signal.shape[-1], addition.shape[-1])
    signal[..., :length] += addition[..., :length]


def powers(base: npt.NDArray[np.complex128], count: int) -> npt.NDArray[np.complex128]:
    """``base ** 0 ... base ** (count - 1)`` by doubling: shape ``(count, base.size)``."""
    out = np.empty((count, base.size), np.complex128)
    out[0] = 1.0
    filled = 1
    step = base.copy()
    while filled < count:
        more = min(filled, count - filled)
        np.multiply(out[:more], step, out=out[filled : filled + more])
        filled += more
        step = step * step
    return out
