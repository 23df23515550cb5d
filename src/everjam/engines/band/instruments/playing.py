"""What hands do to a string after it sounds: bends, vibrato, tremolo picking, and bridges that buzz."""

from dataclasses import dataclass, replace

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.instruments.dsp.base import (
    TAU,
    attack,
    control_times,
    decay,
    f32,
    frames_of,
    upsample,
)
from everjam.engines.band.instruments.dsp.filters import highpass, lowpass, shape
from everjam.engines.band.instruments.struck import Struck, strike
from everjam.engines.band.instruments.voicing import Stroke, Voice

_REPICK_FADE_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Bend:
    """How the pitch of a note moves.

    Attributes:
        from_cents: Where it begins, against the pitch.
        seconds: Time constant of the way to the pitch.
        vibrato_cents: Depth.
        vibrato_hz: Rate.
        vibrato_after_seconds: When it sets in.
    """

    from_cents: float = 0.0
    seconds: float = 0.05
    vibrato_cents: float = 0.0
    vibrato_hz: float = 5.5
    vibrato_after_seconds: float = 0.35


@dataclass(frozen=True, slots=True)
class Buzz:
    """A flat bridge, a membrane or loose metal that rattles with the string.

    Attributes:
        level: Against the string.
        drive: How soon it sets in.
        band_hz: Where it is heard.
        rise_seconds: Time constant with which it blooms; 0 = at once.
        fall_seconds: Time constant with which it goes.
    """

    level: float
    drive: float = 5.0
    band_hz: tuple[float, float] = (1100.0, 7500.0)
    rise_seconds: float = 0.05
    fall_seconds: float = 0.9


@dataclass(frozen=True, slots=True)
class Tremolo:
    """One note picked again and again, as long as it is held.

    Attributes:
        rate_hz: Strokes a second.
        after_seconds: How long the first stroke rings before the others follow; shorter notes are plain.
        level: Of the later strokes.
    """

    rate_hz: float
    after_seconds: float = 0.3
    level: float = 0.75


@dataclass(frozen=True, slots=True)
class Plucked:
    """A string instrument and the hands that play it.

    Attributes:
        string: What is plucked.
        bend: Movement of its pitch.
        buzz: What rattles, or None.
        tremolo: How long notes are played, or None for one stroke.
    """

    string: Struck
    bend: Bend | None = None
    buzz: Buzz | None = None
    tremolo: Tremolo | None = None


def bent(signal: Float32Array, bend: Bend, stroke: Stroke) -> Float32Array:
    """``signal`` at another speed: shape ``(..., frames)``, the same length, silent where it has ended."""
    frames = signal.shape[-1]
    at = control_times(frames)
    rate = bend.vibrato_hz * float(stroke.rng.uniform(0.94, 1.06))
    since = at - np.float32(bend.vibrato_after_seconds)
    cents = bend.vibrato_cents * np.clip(since / 0.35, 0.0, 1.0) * np.sin(TAU * rate * since)
    cents = cents + bend.from_cents * np.exp(-at / bend.seconds)
    steps = upsample(f32(2.0 ** (cents / 1200.0)), frames)
    position = np.cumsum(steps, dtype=np.float64) - steps[0]
    index = np.minimum(position.astype(np.int64), frames - 1)
    share = f32(position - index)
    padded = np.concatenate([signal, np.zeros((*signal.shape[:-1], 2), np.float32)], axis=-1)
    low = padded[..., index]
    return f32(low + (padded[..., index + 1] - low) * np.where(position < frames, share, 0.0).astype(np.float32))


def buzzed(string: Float32Array, buzz: Buzz, stroke: Stroke) -> Float32Array:
    """``string`` with what rattles along: the same shape."""
    loudest = float(np.abs(string[..., : frames_of(0.3)]).max())
    low, high = buzz.band_hz
    rattle = np.tanh(string * np.float32(buzz.drive * stroke.hard(0.6, 1.05) / max(loudest, 1e-9)))
    rattle = shape(rattle, highpass(low), lowpass(high * stroke.bright(0.7, 1.4)))
    frames = string.shape[-1]
    envelope = decay(frames, buzz.fall_seconds)
    if buzz.rise_seconds:
        envelope = envelope * (1.0 - decay(frames, buzz.rise_seconds))
    level = buzz.level * stroke.bright(0.6, 1.6) * stroke.hard(0.5, 1.1) * loudest
    return f32(string + rattle * (envelope * np.float32(level)))


def repicked(once: Voice, tremolo: Tremolo, stroke: Stroke) -> Float32Array:
    """A note of ``once``, then the same note over and over until it is let go."""
    first_seconds = tremolo.after_seconds + 0.5 / tremolo.rate_hz
    if stroke.held_seconds < tremolo.after_seconds + 1.5 / tremolo.rate_hz:
        return once(stroke)
    first = once(replace(stroke, held_seconds=first_seconds))
    later = [once(replace(stroke, held_seconds=1.3 / tremolo.rate_hz)) for _ in range(2)]
    frames = frames_of(stroke.held_seconds) + first.shape[-1]
    out = np.zeros((*first.shape[:-1], frames), np.float32)
    out[..., : first.shape[-1]] = first
    at, number = tremolo.after_seconds, 0
    while at < stroke.held_seconds - 0.3 / tremolo.rate_hz:
        start = frames_of(at)
        fade = frames_of(_REPICK_FADE_SECONDS)
        # The plectrum stops what the string did before.
        out[..., start : start + fade] *= np.linspace(1.0, 0.25, fade, dtype=np.float32)
        out[..., start + fade :] *= np.float32(0.25)
        one = later[number % 2]
        swell = tremolo.level * (1.0 if number % 2 else 0.86) * (0.8 + 0.2 * min(1.0, number / 6.0))
        length = min(one.shape[-1], frames - start)
        out[..., start : start + length] += one[..., :length] * np.float32(swell)
        at += (1.0 + float(stroke.rng.normal(0.0, 0.05))) / tremolo.rate_hz
        number += 1
    last = start + later[0].shape[-1]
    return out[..., : min(frames, last)]


def play(model: Plucked, stroke: Stroke) -> Float32Array:
    """A note: ``(frames,)``, or ``(2, frames)`` if the string is stereo."""

    def once(one: Stroke) -> Float32Array:
        out = strike(model.string, one)
        return buzzed(out, model.buzz, one) if model.buzz else out

    out = repicked(once, model.tremolo, stroke) if model.tremolo else once(stroke)
    return bent(out, model.bend, stroke) if model.bend else out


def swelled(signal: Float32Array, seconds: float) -> Float32Array:
    """``signal`` behind a volume pedal that opens within ``seconds``."""
    return signal * attack(signal.shape[-1], seconds)
