"""Plucked strings: guitars clean, muted and distorted, harp, sitar, koto, tanpura."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.instruments.contract import Patch
from everjam.engines.band.instruments.dsp.base import (
    TAU,
    add_at_start,
    decay,
    f32,
    frames_of,
    place,
    release,
    times,
    unit,
)
from everjam.engines.band.instruments.dsp.filters import Response, bandpass, burst, highpass, lowpass, peaks, shape
from everjam.engines.band.instruments.dsp.shaping import overdrive
from everjam.engines.band.instruments.dsp.strings import StringModel, pluck
from everjam.engines.band.instruments.voicing import Stroke, Voice, make_patch


@dataclass(frozen=True, slots=True)
class Plucked:
    """A plucked instrument.

    Attributes:
        string: The string at 220 Hz.
        t60_slope: Exponent of the decay time's fall with pitch.
        body: Resonances and band of the body or the loudspeaker.
        longest_seconds: Length at most.
        release_seconds: Damping by the hand.
        finger: Level of the finger's or plectrum's own noise.
        finger_hz: Its band.
        twin_cents: Detuning of a second string or polarisation, 0 = none.
    """

    string: StringModel
    t60_slope: float
    body: Response
    longest_seconds: float
    release_seconds: float
    finger: float
    finger_hz: tuple[float, float]
    twin_cents: float = 0.0


def _model(plucked: Plucked, stroke: Stroke) -> StringModel:
    base = plucked.string
    return replace(
        base,
        t60_seconds=base.t60_seconds * (220.0 / stroke.hz) ** plucked.t60_slope,
        damping_hz=base.damping_hz * (stroke.hz / 220.0) ** 0.35 * stroke.bright(0.6, 1.6),
        pluck_hz=base.pluck_hz * stroke.hard(0.4, 1.15) * stroke.bright(0.55, 1.7) * (stroke.hz / 220.0) ** 0.2,
    )


def _note(plucked: Plucked, stroke: Stroke) -> Float32Array:
    """Mono, before damping."""
    model = _model(plucked, stroke)
    frames = frames_of(min(plucked.longest_seconds, stroke.held_seconds + plucked.release_seconds))
    if plucked.twin_cents:
        half = plucked.twin_cents / 2.0
        out = pluck(model, stroke.hz * 2.0 ** (-half / 1200.0), frames, stroke.rng)
        out += 0.8 * pluck(model, stroke.hz * 2.0 ** (half / 1200.0), frames, stroke.rng)
    else:
        out = pluck(model, stroke.hz, frames, stroke.rng)
    out = unit(shape(out, plucked.body))
    if plucked.finger:
        low, high = plucked.finger_hz
        noise = burst(stroke.rng, 0.03, 0.004, bandpass(low, high * stroke.bright(0.7, 1.4)))
        add_at_start(out, noise * np.float32(plucked.finger * stroke.hard(0.3, 1.3)))
    return out


def _plucked(plucked: Plucked, stroke: Stroke) -> Float32Array:
    out = _note(plucked, stroke)
    return out * release(out.shape[-1], stroke.held_seconds, plucked.release_seconds)


_NYLON_BODY: Final = peaks(((104.0, 24.0, 1.3), (206.0, 40.0, 1.1), (410.0, 120.0, 0.6), (1800.0, 900.0, 0.25)), 0.9)
_STEEL_BODY: Final = peaks(((112.0, 26.0, 0.9), (218.0, 50.0, 0.8), (440.0, 140.0, 0.4), (3200.0, 2000.0, 0.5)), 0.9)
_CLEAN_BAND: Final = bandpass(70.0, 4600.0)
_CLEAN_PEAK: Final = peaks(((2600.0, 1600.0, 0.7),))
_HARP_BODY: Final = peaks(((180.0, 90.0, 0.5), (380.0, 160.0, 0.4)), 0.9)
_KOTO_BODY: Final = peaks(((260.0, 90.0, 0.7), (620.0, 220.0, 0.5), (2400.0, 1200.0, 0.4)), 0.9)


def _clean_body(hz: Float32Array) -> Float32Array:
    """A small amplifier's loudspeaker."""
    return f32(_CLEAN_BAND(hz) * _CLEAN_PEAK(hz))


_NYLON: Final = Plucked(
    StringModel(3.2, 1500.0, pick=0.24, stiffness=8e-6, pluck_hz=2200.0, noise=0.22),
    0.5, _NYLON_BODY, 4.0, 0.22, 0.10, (300.0, 2600.0),
)  # fmt: skip
_STEEL: Final = Plucked(
    StringModel(5.0, 3200.0, pick=0.15, stiffness=3e-5, pluck_hz=5500.0, noise=0.3),
    0.5, _STEEL_BODY, 4.5, 0.2, 0.12, (1500.0, 8000.0), 1.6,
)  # fmt: skip
_CLEAN: Final = Plucked(
    StringModel(6.0, 2400.0, pick=0.17, pickup=0.23, stiffness=2e-5, pluck_hz=3600.0, noise=0.25),
    0.45, _clean_body, 4.5, 0.12, 0.05, (1500.0, 6000.0),
)  # fmt: skip
_HARP: Final = Plucked(
    StringModel(4.0, 1800.0, pick=0.38, stiffness=5e-6, pluck_hz=2600.0, noise=0.1),
    0.6, _HARP_BODY, 3.6, 0.5, 0.03, (400.0, 2500.0),
)  # fmt: skip
_KOTO: Final = Plucked(
    StringModel(3.0, 3000.0, pick=0.09, stiffness=1.5e-5, pluck_hz=5000.0, noise=0.3),
    0.5, _KOTO_BODY, 3.2, 0.35, 0.14, (1200.0, 6500.0),
)  # fmt: skip


def _muted(stroke: Stroke) -> Float32Array:
    """The picking hand's palm rests on the strings."""
    frames = frames_of(0.32)
    model = StringModel(0.5, 1100.0 * stroke.bright(0.6, 1.7), 0.13, 0.2, 2e-5, 3000.0 * stroke.hard(0.5, 1.2), 0.35)
    out = unit(pluck(model, stroke.hz, frames, stroke.rng)) * decay(frames, 0.07)
    return shape(out, bandpass(80.0, 4500.0), peaks(((2400.0, 1500.0, 0.5),)))


def _chorus(stroke: Stroke) -> Float32Array:
    """Clean guitar through a stereo chorus: two slowly gliding delays."""
    dry = _plucked(_CLEAN, stroke)
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
_POWER_CHORD: Final = (0.0, 7.02, 12.0)


def _distorted(muted: bool, stroke: Stroke) -> Float32Array:  # noqa: FBT001
    """Root, fifth and octave into one amplifier, played twice, left and right."""
    held = min(stroke.held_seconds, 0.16) if muted else stroke.held_seconds
    release_seconds = 0.05 if muted else 0.12
    frames = frames_of(held + release_seconds)
    takes = np.zeros((2, frames), np.float32)
    for side in range(2):
        for step in _POWER_CHORD:
            cents = float(stroke.rng.normal(0.0, 1.2)) if step else 0.0
            model = StringModel(
                0.7 if muted else 9.0,
                900.0 if muted else 3800.0,
                pick=0.10 if side else 0.13,
                pickup=0.15,
                stiffness=2e-5,
                pluck_hz=stroke.bright(1800.0, 6500.0) * stroke.hard(0.4, 1.0),
                noise=0.4,
            )
            takes[side] += pluck(model, stroke.hz * 2.0 ** (step / 12.0 + cents / 1200.0), frames, stroke.rng)
    if muted:
        takes *= decay(frames, 0.09)
    takes = shape(takes, highpass(90.0, 1), peaks(((700.0, 700.0, 0.7),)))
    takes *= np.float32(1.0) / np.abs(takes[:, : frames_of(0.05)]).max(axis=1, keepdims=True)
    gain = stroke.hard(3.0, 11.0)
    driven = overdrive(takes, (gain, 2.2))
    cabinet_hz = stroke.bright(3200.0, 6200.0)
    driven = shape(driven, bandpass(80.0, cabinet_hz, 3), _CABINET)
    left, right = driven
    out = np.stack([left + right * np.float32(0.12), right + left * np.float32(0.12)])
    return out * release(frames, held, release_seconds)


def _sitar(stroke: Stroke) -> Float32Array:
    """A flat bridge buzzes: overtones bloom after the stroke; sympathetic strings answer."""
    held = max(stroke.held_seconds, 0.4)
    frames = frames_of(min(held + 0.7, 4.5))
    model = StringModel(
        4.5,
        3800.0 * stroke.bright(0.6, 1.5),
        0.08,
        0.0,
        1e-5,
        stroke.bright(3500.0, 8000.0) * stroke.hard(0.5, 1.1),
        0.25,
    )
    string = unit(pluck(model, stroke.hz, frames, stroke.rng))
    buzz = shape(np.tanh(np.float32(5.0) * string), highpass(1100.0), lowpass(7500.0))
    bloom = decay(frames, 0.9) * (1.0 - decay(frames, 0.05))
    out = string + buzz * bloom * np.float32(stroke.bright(0.35, 0.9) * stroke.hard(0.5, 1.1))
    tarab = replace(model, t60_seconds=3.0, pluck_hz=3000.0, noise=0.0)
    answer = pluck(tarab, stroke.hz * 2.0, frames, stroke.rng) + pluck(tarab, stroke.hz * 1.5, frames, stroke.rng)
    out += unit(answer) * np.float32(0.07)
    return out * release(frames, held, 0.6)


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
    _string("guitar_nylon", "Nylon guitar", partial(_plucked, _NYLON), 24, 40, 84),
    _string("guitar_steel", "Steel guitar", partial(_plucked, _STEEL), 25, 40, 86),
    _string("guitar_clean", "Clean electric guitar", partial(_plucked, _CLEAN), 27, 40, 88),
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
    _string("harp", "Harp", partial(_plucked, _HARP), 46, 24, 103),
    _string("sitar", "Sitar", _sitar, 104, 48, 84, variants=2),
    _string("koto", "Koto", partial(_plucked, _KOTO), 107, 48, 91),
    _string("tanpura", "Tanpura drone", _tanpura, 104, 36, 64, variants=2),
)  # fmt: skip
