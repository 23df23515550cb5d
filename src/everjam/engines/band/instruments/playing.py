"""What hands do to a string after it sounds: slides, bends, vibrato, repeated strokes, and bridges that buzz."""

import math
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.instruments.contract import Patch
from everjam.engines.band.instruments.dsp.base import (
    TAU,
    add_at_start,
    attack,
    control_times,
    decay,
    f32,
    frames_of,
    upsample,
)
from everjam.engines.band.instruments.dsp.filters import bandpass, burst, highpass, lowpass, shape
from everjam.engines.band.instruments.dsp.shaping import eased
from everjam.engines.band.instruments.struck import Struck, strike
from everjam.engines.band.instruments.voicing import Stroke, Voice, make_patch
from everjam.engines.band.score import Articulation

_REPICK_FADE_SECONDS: Final = 0.02
_SCOOP_CENTS: Final = -130.0
_FALL_CENTS: Final = -700.0
_FALL_SECONDS: Final = 0.22


@dataclass(frozen=True, slots=True)
class Bend:
    """How the pitch of a note moves.

    Attributes:
        from_cents: Where it begins, against the pitch.
        seconds: Time constant of the way to the pitch.
        vibrato_cents: Depth.
        vibrato_hz: Rate.
        vibrato_after_seconds: When it sets in.
        frets: How much a slide steps from fret to fret, 0 (a bar or a bare fingerboard) to 1.
    """

    from_cents: float = 0.0
    seconds: float = 0.05
    vibrato_cents: float = 0.0
    vibrato_hz: float = 5.5
    vibrato_after_seconds: float = 0.35
    frets: float = 0.0


FRETTED: Final = Bend(frets=0.7)
"""A hand on a neck with frets that otherwise lies still."""
FRETLESS: Final = Bend()


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
    """One note struck again and again, as long as it is held.

    Attributes:
        rate_hz: Strokes a second.
        after_seconds: How long the first stroke rings before the others follow; shorter notes are plain.
        from_seconds: How long a note is at least that is repeated.
        level: Of the later strokes.
        stop: What a stroke leaves of the one before: a plectrum stops the string, a mallet hardly the bar.
    """

    rate_hz: float
    after_seconds: float = 0.3
    level: float = 0.75
    stop: float = 0.25
    from_seconds: float = 0.0


PICKED: Final = Tremolo(12.5, 0.0, 0.9)
"""Tremolo picking, when a note asks for it."""
ROLLED: Final = Tremolo(15.0, 0.0, 0.9, 0.85)
"""Two mallets in turn, when a note asks for it."""


@dataclass(frozen=True, slots=True)
class Plucked:
    """A string instrument and the hands that play it.

    Attributes:
        string: What is plucked.
        bend: Movement of its pitch.
        buzz: What rattles, or None.
        tremolo: How long notes are played, or None for one stroke.
        repeats: Strokes of a note that asks for tremolo or a roll.
        squeak: Level of the fingers that slide along wound strings with a glide.
    """

    string: Struck
    bend: Bend | None = None
    buzz: Buzz | None = None
    tremolo: Tremolo | None = None
    repeats: Tremolo = PICKED
    squeak: float = 0.0


def slide_seconds(stroke: Stroke) -> float:
    """How long the way from ``Stroke.glide`` takes."""
    return float(min(0.05 + 0.018 * abs(stroke.glide), 0.22, 0.6 * stroke.held_seconds))


def pitch_cents(bend: Bend, stroke: Stroke, frames: int) -> Float32Array:
    """Control curve of the pitch against the note's own: glide, scoop, the model's bend, vibrato, fall."""
    at = control_times(frames)
    rate = bend.vibrato_hz * float(stroke.rng.uniform(0.94, 1.06))
    since = at - np.float32(bend.vibrato_after_seconds)
    cents = bend.vibrato_cents * np.clip(since / 0.35, 0.0, 1.0) * np.sin(TAU * rate * since)
    if stroke.glide:
        left = 1.0 - np.clip(at / slide_seconds(stroke), 0.0, 1.0)
        way = 100.0 * stroke.glide * left * left * (3.0 - 2.0 * left)
        step = way / 100.0 - np.round(way / 100.0)
        # Near each fret the pitch stands still; between two it jumps.
        cents = cents + way - bend.frets * 100.0 * step * (1.0 - 4.0 * step * step)
    elif stroke.articulation == "scoop":
        cents = cents + _SCOOP_CENTS * np.exp(-at / 0.045)
    elif bend.from_cents and stroke.articulation != "legato":
        cents = cents + bend.from_cents * np.exp(-at / bend.seconds)
    if stroke.articulation == "fall":
        start = max(0.06, stroke.held_seconds - _FALL_SECONDS)
        cents = cents + _FALL_CENTS * np.clip((at - start) / _FALL_SECONDS, 0.0, 1.5) ** 1.6
    return f32(cents)


def bent(signal: Float32Array, bend: Bend, stroke: Stroke) -> Float32Array:
    """``signal`` at another speed: shape ``(..., frames)``, the same length, silent where it has ended."""
    frames = signal.shape[-1]
    steps = upsample(f32(2.0 ** (pitch_cents(bend, stroke, frames) / 1200.0)), frames)
    position = np.cumsum(steps, dtype=np.float64) - steps[0]
    index = np.minimum(position.astype(np.int64), frames - 1)
    position -= index
    share = f32(position.astype(np.float32))
    share[index == frames - 1] = 0.0
    out = np.empty(signal.shape, np.float32)
    for place in np.ndindex(signal.shape[:-1]):
        padded = np.append(signal[place], np.float32(0.0))
        low = padded.take(index, mode="clip")
        between = padded[1:].take(index, mode="clip")
        between -= low
        between *= share
        np.add(between, low, out=out[place])
    return out


def moves(bend: Bend, stroke: Stroke) -> bool:
    """Whether the pitch of this note moves at all."""
    return bool(
        stroke.glide
        or (bend.from_cents and stroke.articulation != "legato")
        or bend.vibrato_cents
        or stroke.articulation in {"scoop", "fall"}
    )


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
    if stroke.held_seconds < max(tremolo.from_seconds, tremolo.after_seconds + 1.5 / tremolo.rate_hz):
        return once(stroke)
    stroke = replace(stroke, heard_seconds=math.inf)
    first = once(replace(stroke, held_seconds=first_seconds))
    later = [eased(once(replace(stroke, held_seconds=1.3 / tremolo.rate_hz))), eased(first)]
    frames = frames_of(stroke.held_seconds) + first.shape[-1]
    out = np.zeros((*first.shape[:-1], frames), np.float32)
    out[..., : first.shape[-1]] = first
    at, number = max(tremolo.after_seconds, 1.0 / tremolo.rate_hz), 0
    fade = frames_of(_REPICK_FADE_SECONDS)
    while at < stroke.held_seconds - 0.3 / tremolo.rate_hz:
        # Whole periods apart: strokes that broke into each other's phase would blur the pitch.
        start = frames_of(round(at * stroke.hz) / stroke.hz)
        if tremolo.stop < 1.0:
            out[..., start : start + fade] *= np.linspace(1.0, tremolo.stop, fade, dtype=np.float32)
            out[..., start + fade :] *= np.float32(tremolo.stop)
        one = later[number % 2]
        swell = tremolo.level * (1.0 if number % 2 else 0.86) * (0.8 + 0.2 * min(1.0, number / 6.0))
        length = min(one.shape[-1], frames - start)
        out[..., start : start + length] += one[..., :length] * np.float32(swell)
        at += (1.0 + float(stroke.rng.normal(0.0, 0.05))) / tremolo.rate_hz
        number += 1
    last = start + one.shape[-1]
    return out[..., : min(frames, last)]


def play(model: Plucked, stroke: Stroke) -> Float32Array:
    """A note: ``(frames,)``, or ``(2, frames)`` if the string is stereo."""

    def once(one: Stroke) -> Float32Array:
        out = strike(model.string, one)
        return buzzed(out, model.buzz, one) if model.buzz else out

    tremolo = model.repeats if stroke.articulation in {"tremolo", "roll"} else model.tremolo
    out = repicked(once, tremolo, stroke) if tremolo and stroke.articulation in _REPEATABLE else once(stroke)
    bend = model.bend or FRETLESS
    if moves(bend, stroke):
        out = bent(out, bend, stroke)
    if model.squeak and stroke.glide:
        _squeak(out, model.squeak, stroke)
    return out


_REPEATABLE: Final[Collection[Articulation]] = frozenset({"plain", "tremolo", "roll", "scoop", "fall"})


def _squeak(out: Float32Array, level: float, stroke: Stroke) -> None:
    """A finger along the windings of the lower strings, in place: higher the faster it slides."""
    wound = float(np.clip(1.5 - np.log2(stroke.hz / 110.0), 0.0, 1.0))
    if not wound:
        return
    seconds = slide_seconds(stroke)
    centre = float(np.clip(900.0 + 2600.0 * abs(stroke.glide) / (12.0 * seconds) * 0.1, 900.0, 4200.0))
    scrape = burst(stroke.rng, seconds * 1.4, seconds * 0.7, bandpass(0.75 * centre, 1.35 * centre, 3))
    scrape *= attack(scrape.size, 0.4 * seconds)
    add_at_start(out, scrape * np.float32(level * wound * float(np.abs(out).max())))


def swelled(signal: Float32Array, seconds: float) -> Float32Array:
    """``signal`` behind a volume pedal that opens within ``seconds``."""
    return signal * attack(signal.shape[-1], seconds)


def guitar(
    name: str,
    title: str,
    voice: Voice,
    gm: int,
    low: int,
    high: int,
    articulations: Collection[Articulation],
    *,
    variants: int = 2,
    sustained: bool = True,
) -> Patch:
    """A patch that is held like a guitar: it slides.

    Args:
        name: As notes name it.
        title: For people.
        voice: The sound itself.
        gm: Nearest General MIDI program.
        low: Lowest sensible key.
        high: Highest sensible key.
        articulations: What it can do besides playing plainly.
        variants: Takes that exist.
        sustained: Whether the note's length matters.
    """
    return make_patch(
        name,
        title,
        "plucked",
        voice,
        gm=gm,
        low=low,
        high=high,
        variants=variants,
        sustained=sustained,
        articulations=articulations,
        glides=True,
    )
