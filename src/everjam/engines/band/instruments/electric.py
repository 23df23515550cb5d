"""Electric guitars into loud amplifiers: power chords, palm mutes, singing leads, twang, wah, chorus."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.instruments.contract import Patch
from everjam.engines.band.instruments.dsp.amplifier import FOUR_BY_TWELVE, OPEN_BACK, Amplifier, amplify
from everjam.engines.band.instruments.dsp.base import (
    TAU,
    add_at_start,
    attack,
    decay,
    f32,
    frames_of,
    release,
    times,
    unit,
)
from everjam.engines.band.instruments.dsp.filters import bandpass, burst, highpass, lowpass, moving_filter, peaks, shape
from everjam.engines.band.instruments.dsp.modal import modal
from everjam.engines.band.instruments.dsp.shaping import saturate
from everjam.engines.band.instruments.dsp.strings import StringModel, pluck
from everjam.engines.band.instruments.playing import FRETTED, PICKED, Bend, Plucked, bent, guitar, moves, play, repicked
from everjam.engines.band.instruments.struck import Struck
from everjam.engines.band.instruments.voicing import Stroke
from everjam.engines.band.score import Articulation

_POWER_CHORD: Final = (0.0, 7.0, 12.0)
_POWER_BEND: Final = Bend(frets=0.6)
_TWANG_DIP: Final = Bend(-14.0, 0.02, 9.0, 5.0, 0.35)
_SLAPBACK_SECONDS: Final = 0.115
_RHYTHM: Final = Amplifier(
    tight_hz=130.0, push=((720.0, 700.0, 1.2),), treble_hz=6500.0, drives=(12.0, 2.6), bias=0.3,
    cabinet=FOUR_BY_TWELVE,
)  # fmt: skip
_SOLO: Final = Amplifier(
    tight_hz=160.0, push=((900.0, 800.0, 1.5),), treble_hz=5500.0, drives=(14.0, 2.4), bias=0.38,
    cabinet=OPEN_BACK,
)  # fmt: skip
_GUITAR: Final[Collection[Articulation]] = (
    "legato", "staccato", "muted", "tremolo", "fall", "scoop", "harmonic",
)  # fmt: skip
_DRIVEN: Final[Collection[Articulation]] = ("legato", "staccato", "muted", "fall", "scoop", "harmonic")
_POWER: Final[Collection[Articulation]] = ("legato", "staccato", "muted", "fall", "scoop")
_FINGERS_HZ: Final = (900.0, 4000.0)
_CLEAN: Final = Plucked(
    Struck("guitar_clean", edge_hz=1300.0, let_go=0.007, let_go_hz=_FINGERS_HZ), FRETTED, squeak=0.05
)
_PALM_MUTED: Final = Plucked(Struck("guitar_muted", release_seconds=0.2, longest_seconds=1.0, edge_hz=1300.0), FRETTED)
_RINGS_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Magnet:
    """A steel string over a magnetic pickup.

    Attributes:
        pick: Where it is plucked, as a share of its length.
        pickup: Where it is heard.
        t60_seconds: Decay of its lowest partials.
        damping_hz: Above it partials die sooner.
        pluck_hz: Cutoff of the plectrum.
    """

    pick: float
    pickup: float
    t60_seconds: float
    damping_hz: float
    pluck_hz: float


_OPEN: Final = Magnet(0.12, 0.15, 9.0, 3800.0, 4200.0)
_PALM: Final = Magnet(0.1, 0.14, 0.55, 800.0, 3600.0)
_SINGING: Final = Magnet(0.16, 0.24, 26.0, 3000.0, 3200.0)


def strings(model: Magnet, hz: list[float], frames: int, stroke: Stroke) -> Float32Array:
    """Strings plucked together, ``(frames,)``, peak about 1: partials up to 7 kHz, each string with its own phases."""
    freqs, levels, taus = [], [], []
    cutoff = model.pluck_hz * stroke.bright(0.6, 1.6) * stroke.hard(0.5, 1.1)
    for one in hz:
        number = np.arange(1, max(2, int(min(7000.0 / one, 64.0))) + 1)
        partials = one * number * np.sqrt(1.0 + 2e-5 * number**2)
        heard = np.sin(np.pi * number * model.pick) * np.sin(np.pi * number * model.pickup) / number
        freqs.append(partials)
        levels.append(heard * (1.0 + 0.08 * stroke.rng.standard_normal(number.size)) / (1.0 + (partials / cutoff) ** 2))
        taus.append(model.t60_seconds / 6.9 / (1.0 + (partials / model.damping_hz) ** 1.5))
    phases = np.concatenate([np.full(one.size, float(stroke.rng.uniform(-0.4, 0.4))) for one in freqs])
    out = modal(np.concatenate(freqs), np.concatenate(levels), np.concatenate(taus), frames, phases)
    scratch = burst(stroke.rng, 0.02, 0.003, bandpass(1200.0, 5000.0))
    loudest = float(np.abs(out[: frames_of(0.05)]).max())
    add_at_start(out, scratch * np.float32(0.12 * stroke.hard(0.4, 1.1) * loudest))
    return out * np.float32(1.0 / max(loudest, 1e-9))


def _distorted(palm: bool, stroke: Stroke) -> Float32Array:  # noqa: FBT001
    """Root, fifth and octave into one amplifier, so that they beat against each other; played twice, left and right."""
    muted = palm or stroke.articulation == "muted"
    held = min(stroke.held_seconds, 0.17) if muted else stroke.held_seconds
    if stroke.articulation == "staccato":
        held = min(held, 0.13)
    release_seconds = 0.05 if muted else 0.1
    frames = frames_of(held + release_seconds)
    takes = np.empty((2, frames), np.float32)
    for side in range(2):
        cents = (0.0, float(stroke.rng.normal(1.5, 1.0)), float(stroke.rng.normal(0.0, 1.0)))
        tuned = (-1.6, 1.6)[side]
        chord = [
            stroke.hz * 2.0 ** (step / 12.0 + (off + tuned) / 1200.0)
            for step, off in zip(_POWER_CHORD, cents, strict=True)
        ]
        takes[side] = strings(_PALM if muted else _OPEN, chord, frames, stroke)
    if muted:
        takes *= decay(frames, 0.1)
    elif stroke.articulation == "legato":
        takes *= attack(frames, 0.015)
    if moves(_POWER_BEND, stroke):
        takes = bent(takes, _POWER_BEND, stroke)
    gain = stroke.hard(0.35, 1.0) * (0.7 if muted else 1.0)
    left, right = amplify(_RHYTHM, takes, gain, stroke.bright(2600.0, 9000.0))
    out = np.stack([left + right * np.float32(0.12), right + left * np.float32(0.12)])
    return out * release(frames, held, release_seconds)


_LEAD_BEND: Final = Bend(-70.0, 0.03, 20.0, 5.6, 0.3, frets=0.4)
_FEEDBACK: Final = (2.0, 3.0)
"""Partial that the loudspeaker feeds back into the string, by take."""


def _lead(stroke: Stroke) -> Float32Array:
    """One string into a loud amplifier that keeps it singing; long notes tip over into feedback."""
    muted = stroke.articulation == "muted"
    held = min(stroke.held_seconds, 0.16) if muted or stroke.articulation == "staccato" else stroke.held_seconds
    frames = frames_of(held + 0.15)
    model = _PALM if muted else _SINGING
    string = strings(model, [stroke.hz], frames, stroke)
    if stroke.articulation == "harmonic":
        string = strings(model, [2.0 * stroke.hz, 3.0 * stroke.hz], frames, stroke)
    if stroke.articulation == "legato":
        string *= 1.0 - np.float32(0.7) * decay(frames, 0.01)
    if held > 1.0 and not muted:
        at = times(frames)
        ratio = _FEEDBACK[stroke.variant % len(_FEEDBACK)]
        turn = (np.float64(stroke.hz * ratio) * at % 1.0).astype(np.float32)
        grow = np.clip((at - np.float32(0.9)) / np.float32(1.4), 0.0, 1.0) ** 2
        string = string * (1.0 - 0.5 * grow) + np.sin(np.float32(TAU) * turn) * (np.float32(0.55) * grow)
    driven = amplify(_SOLO, bent(string, _LEAD_BEND, stroke), stroke.hard(0.3, 1.1), stroke.bright(3500.0, 11_000.0))
    return driven * release(frames, held, 0.14)


def _clean(stroke: Stroke) -> Float32Array:
    """Straight into the desk."""
    return play(_PALM_MUTED if stroke.articulation == "muted" else _CLEAN, stroke)


def _muted(stroke: Stroke) -> Float32Array:
    """The picking hand's palm rests on the strings: they ring as short as they do."""
    return play(_PALM_MUTED, replace(stroke, held_seconds=_RINGS_SECONDS))


def _chorus(stroke: Stroke) -> Float32Array:
    """Clean guitar through a stereo chorus: two slowly gliding delays."""
    dry = _clean(stroke)
    frames = dry.size
    at = times(frames)
    index = np.arange(frames)
    sides = []
    for side in (0.0, 0.5):
        delay = 48.0 * (11.0 + 2.4 * np.sin(TAU * (0.7 * at + side)))
        wet = np.interp(index - delay, index, dry, left=0.0).astype(np.float32)
        sides.append(dry * np.float32(0.75) + wet * np.float32(0.7))
    return np.stack(sides)


def _bridge(stroke: Stroke) -> Float32Array:
    """A bright string close to its end."""
    frames = frames_of(min(stroke.held_seconds, 4.0) + 0.2)
    model = StringModel(
        3.2, 5200.0, 0.09, 0.09, 8e-6, stroke.bright(3500.0, 9000.0) * stroke.hard(0.5, 1.0), noise=0.15
    )
    return unit(pluck(model, stroke.hz, frames, stroke.rng)) * release(frames, stroke.held_seconds, 0.18)


def _twang(stroke: Stroke) -> Float32Array:
    """Bridge pickup, plectrum at the saddle, a tape echo's single repeat."""
    string = repicked(_bridge, PICKED, stroke) if stroke.articulation == "tremolo" else _bridge(stroke)
    frames = string.size
    string = saturate(shape(string, peaks(((2800.0, 1600.0, 1.4),)), highpass(70.0, 1)), stroke.hard(0.5, 1.1), 0.1)
    if stroke.articulation == "legato":
        string *= attack(frames, 0.012)
    string = bent(string, _TWANG_DIP, stroke)
    late = frames_of(_SLAPBACK_SECONDS)
    out = np.zeros((2, frames + late), np.float32)
    out[:, :frames] = string
    echo = shape(string, lowpass(2600.0)) * np.float32(0.3)
    out[0, late:] += echo * np.float32(0.9)
    out[1, late:] += echo * np.float32(1.1)
    return out


def _wah(stroke: Stroke) -> Float32Array:
    """A driven clean guitar whose pedal opens and closes with each stroke."""
    string = saturate(unit(_clean(stroke)), stroke.hard(0.6, 1.3), 0.05)
    low, high = 420.0, stroke.bright(1500.0, 2900.0)

    def pedal(at: Float32Array, hz: Float32Array) -> Float32Array:
        open_ = (1.0 - np.exp(at * (-1.0 / 0.05))) * np.exp(at * (-1.0 / 0.3))
        centre = np.float32(low) * np.float32(high / low) ** (open_ * np.float32(1.45))
        return f32(0.08 + 1.0 / (1.0 + ((hz - centre) / (centre * np.float32(0.16))) ** 2))

    return moving_filter(string, pedal)


PATCHES: Final[tuple[Patch, ...]] = (
    guitar("guitar_clean", "Clean electric guitar", _clean, 27, 40, 88, _GUITAR, variants=3),
    guitar("guitar_muted", "Palm-muted clean guitar", _muted, 28, 40, 84, (), variants=4, sustained=False),
    guitar("guitar_chorus", "Chorus guitar", _chorus, 27, 40, 88, _GUITAR, variants=3),
    guitar(
        "guitar_distorted", "Distorted guitar, double-tracked power chord (root, fifth, octave)",
        partial(_distorted, False), 30, 36, 72, _POWER,
    ),
    guitar(
        "guitar_distorted_muted", "Palm-muted distorted guitar, double-tracked power chord (root, fifth, octave)",
        partial(_distorted, True), 30, 36, 72, (), variants=3, sustained=False,
    ),
    guitar("guitar_lead", "Singing lead guitar", _lead, 29, 40, 88, _DRIVEN),
    guitar("guitar_twang", "Twang guitar with slapback", _twang, 27, 40, 84, ("legato", "scoop", "fall", "tremolo")),
    guitar("guitar_wah", "Wah guitar", _wah, 28, 40, 86, ("legato", "muted", "staccato", "scoop")),
)  # fmt: skip
