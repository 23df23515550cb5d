"""Plucked strings: guitars clean, muted and distorted, harp, sitar, koto, tanpura."""

from functools import partial
from typing import Final

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.instruments.contract import Patch
from everjam.engines.band.instruments.dsp.base import (
    TAU,
    decay,
    f32,
    frames_of,
    place,
    release,
    times,
    unit,
)
from everjam.engines.band.instruments.dsp.filters import bandpass, highpass, lowpass, peaks, shape
from everjam.engines.band.instruments.dsp.shaping import overdrive
from everjam.engines.band.instruments.dsp.strings import StringModel, pluck
from everjam.engines.band.instruments.struck import Struck, strike
from everjam.engines.band.instruments.voicing import Stroke, Voice, make_patch

_NYLON: Final = Struck(
    "guitar_nylon", release_seconds=0.25, edge_hz=900.0, noise=0.12, noise_hz=(200.0, 2600.0), noise_tau_seconds=0.007
)
_STEEL: Final = Struck(
    "guitar_steel",
    release_seconds=0.22,
    edge_hz=1600.0,
    beat_cents=1.2,
    noise=0.12,
    noise_hz=(900.0, 7000.0),
    noise_tau_seconds=0.005,
)
_CLEAN: Final = Struck(
    "guitar_clean", release_seconds=0.14, edge_hz=1300.0, noise=0.06, noise_hz=(900.0, 5000.0), noise_tau_seconds=0.004
)
_HARP: Final = Struck(
    "harp", release_seconds=0.6, longest_seconds=4.0, edge_hz=900.0, noise=0.05, noise_hz=(300.0, 2500.0)
)
_KOTO: Final = Struck(
    "koto", release_seconds=0.4, longest_seconds=4.0, edge_hz=1500.0, noise=0.14, noise_hz=(700.0, 6000.0)
)


def _muted(stroke: Stroke) -> Float32Array:
    """The picking hand's palm rests on the strings."""
    frames = frames_of(0.32)
    model = StringModel(0.5, 1100.0 * stroke.bright(0.6, 1.7), 0.13, 0.2, 2e-5, 3000.0 * stroke.hard(0.5, 1.2), 0.35)
    out = unit(pluck(model, stroke.hz, frames, stroke.rng)) * decay(frames, 0.07)
    return shape(out, bandpass(80.0, 4500.0), peaks(((2400.0, 1500.0, 0.5),)))


def _chorus(stroke: Stroke) -> Float32Array:
    """Clean guitar through a stereo chorus: two slowly gliding delays."""
    dry = strike(_CLEAN, stroke)
    frames = dry.size
    at = times(frames)
    index = np.arange(frames)
    sides = []
    for side in (0.0, 0.5):
        delay = 48.0 * (11.0 + 2.4 * np.sin(TAU * (0.7 * at + side)))
        wet = np.interp(index - delay, index, dry, left=0.0).astype(np.float32)
        sides.append(dry * np.float32(0.75) + wet * np.float32(0.7))
    return np.stack(sides)


_CABINET: Final = peaks(((110.0, 60.0, 0.6), (420.0, 300.0, -0.25), (2500.0, 1100.0, 1.1), (3700.0, 700.0, 0.5)), 1.0)
_POWER_CHORD: Final = (0.0, 7.0, 12.0)


def _distorted(muted: bool, stroke: Stroke) -> Float32Array:  # noqa: FBT001
    """Root, fifth and octave into one amplifier, played twice, left and right."""
    held = min(stroke.held_seconds, 0.16) if muted else stroke.held_seconds
    release_seconds = 0.05 if muted else 0.12
    frames = frames_of(held + release_seconds)
    takes = np.empty((2, frames), np.float32)
    for side in range(2):
        model = StringModel(
            0.7 if muted else 9.0,
            900.0 if muted else 3800.0,
            pick=0.10 if side else 0.13,
            pickup=0.15,
            stiffness=2e-5,
            pluck_hz=stroke.bright(1800.0, 6500.0) * stroke.hard(0.4, 1.0),
            noise=0.4,
        )
        cents = (0.0, float(stroke.rng.normal(2.0, 1.2)), float(stroke.rng.normal(0.0, 1.2)))
        chord = [stroke.hz * 2.0 ** (step / 12.0 + off / 1200.0) for step, off in zip(_POWER_CHORD, cents, strict=True)]
        takes[side] = pluck(model, chord, frames, stroke.rng)
    if muted:
        takes *= decay(frames, 0.09)
    takes = shape(takes, highpass(90.0, 1), peaks(((700.0, 700.0, 0.7),)))
    takes *= np.float32(1.0) / np.abs(takes[:, : frames_of(0.05)]).max(axis=1, keepdims=True)
    amplifier = bandpass(80.0, stroke.bright(3200.0, 6200.0), 3)
    driven = overdrive(takes, (stroke.hard(3.0, 11.0), 2.2), amplifier, _CABINET)
    left, right = driven
    out = np.stack([left + right * np.float32(0.12), right + left * np.float32(0.12)])
    return out * release(frames, held, release_seconds)


_SITAR: Final = Struck(
    "sitar", release_seconds=0.6, longest_seconds=4.5, edge_hz=1800.0, noise=0.12, noise_hz=(900.0, 7000.0)
)


def _sitar(stroke: Stroke) -> Float32Array:
    """A flat bridge buzzes: overtones bloom after the stroke; sympathetic strings answer."""
    string = unit(strike(_SITAR, stroke))
    frames = string.size
    buzz = shape(np.tanh(np.float32(5.0) * string), highpass(1100.0), lowpass(7500.0))
    bloom = decay(frames, 0.9) * (1.0 - decay(frames, 0.05))
    out = string + buzz * bloom * np.float32(stroke.bright(0.15, 0.5) * stroke.hard(0.5, 1.1))
    tarab = StringModel(3.0, 3800.0, 0.08, 0.0, 1e-5, 3000.0, 0.0)
    answer = pluck(tarab, stroke.hz * 2.0, frames, stroke.rng) + pluck(tarab, stroke.hz * 1.5, frames, stroke.rng)
    return f32(out + unit(answer) * (np.float32(0.06) * release(frames, stroke.held_seconds, 0.6)))


def _tanpura(stroke: Stroke) -> Float32Array:
    """The drone whose thread on the bridge makes each overtone glow in turn."""
    held = max(stroke.held_seconds, 1.5)
    frames = frames_of(min(held + 1.6, 9.0))
    model = StringModel(9.0, 3600.0, 0.3, 0.0, 2e-6, stroke.bright(1400.0, 3600.0) * stroke.hard(0.6, 1.1), 0.05)
    string = unit(pluck(model, stroke.hz, frames, stroke.rng))
    buzz = shape(np.tanh(np.float32(7.0) * string) - string, highpass(500.0), lowpass(6500.0))
    glow = (1.0 - decay(frames, 0.22)) * decay(frames, 1.6)
    out = f32(string * decay(frames, 2.4) + buzz * glow * np.float32(stroke.bright(0.6, 1.5)))
    twin = f32(np.roll(out, 331))
    twin[:331] = 0.0
    return f32((place(out, -0.25) + place(twin, 0.25)) * release(frames, held, 1.5))


def _string(name: str, title: str, voice: Voice, gm: int, low: int, high: int, *, variants: int = 3) -> Patch:
    return make_patch(name, title, "plucked", voice, gm=gm, low=low, high=high, variants=variants)


PATCHES: Final[tuple[Patch, ...]] = (
    _string("guitar_nylon", "Nylon guitar", partial(strike, _NYLON), 24, 40, 84),
    _string("guitar_steel", "Steel guitar", partial(strike, _STEEL), 25, 40, 86),
    _string("guitar_clean", "Clean electric guitar", partial(strike, _CLEAN), 27, 40, 88),
    make_patch(
        "guitar_muted", "Palm-muted clean guitar", "plucked", _muted,
        gm=28, low=40, high=84, sustained=False, variants=4,
    ),
    _string("guitar_chorus", "Chorus guitar", _chorus, 27, 40, 88),
    _string(
        "guitar_distorted", "Distorted guitar, double-tracked power chord (root, fifth, octave)",
        partial(_distorted, False), 30, 36, 72, variants=2,
    ),
    make_patch(
        "guitar_distorted_muted", "Palm-muted distorted guitar, double-tracked power chord (root, fifth, octave)",
        "plucked", partial(_distorted, True), gm=30, low=36, high=72, sustained=False, variants=3,
    ),
    _string("harp", "Harp", partial(strike, _HARP), 46, 24, 103),
    _string("sitar", "Sitar", _sitar, 104, 48, 84, variants=2),
    _string("koto", "Koto", partial(strike, _KOTO), 107, 48, 91),
    _string("tanpura", "Tanpura drone", _tanpura, 104, 36, 64, variants=2),
)  # fmt: skip
