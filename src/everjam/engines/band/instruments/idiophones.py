"""Wood, metal, seeds and bodies: what rings, rattles, scrapes and snaps by itself.

What was measured lies in ``percussion``.
"""

from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.instruments.contract import Patch
from everjam.engines.band.instruments.dsp.base import (
    TAU,
    add_at_start,
    control_times,
    crossfeed,
    decay,
    f32,
    frames_of,
    noise,
    times,
    unit,
    upsample,
)
from everjam.engines.band.instruments.dsp.filters import bandpass, burst, moving_noise, peaks, shape
from everjam.engines.band.instruments.dsp.modal import modal
from everjam.engines.band.instruments.dsp.wavetable import harmonic_count, phase, read, stack
from everjam.engines.band.instruments.voicing import Stroke, Voice, make_patch

Modes = tuple[tuple[float, float, float], ...]
"""``(hz, level, tau_seconds)`` each."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A struck solid.

    Attributes:
        modes: Its resonances.
        knock: Level of the stroke's noise.
        knock_hz: Its band.
        knock_tau_seconds: Its decay.
        seconds: Length.
        spread: Relative spread of the modes between takes.
    """

    modes: Modes
    knock: float
    knock_hz: tuple[float, float]
    knock_tau_seconds: float
    seconds: float
    spread: float = 0.002


_BARS: Final = {
    "finger_cymbals": Bar(
        (
            (2960.0, 1.0, 0.5), (2974.0, 0.8, 0.45), (6120.0, 0.5, 0.3), (6151.0, 0.4, 0.28), (9230.0, 0.35, 0.16),
            (11_900.0, 0.2, 0.1), (14_600.0, 0.15, 0.07),
        ),
        0.2, (6000.0, 15_000.0), 0.001, 2.2,
    ),
}  # fmt: skip


def _bar(bar: Bar, stroke: Stroke) -> Float32Array:
    frames = frames_of(bar.seconds)
    hz, levels, taus = (np.array(column) for column in zip(*bar.modes, strict=True))
    hz = hz * stroke.tuning * (1.0 + bar.spread * stroke.rng.standard_normal(hz.size) * (np.arange(hz.size) > 0))
    reach = np.log2(hz / hz[0]).clip(0.0)
    levels = levels * stroke.bright(0.7, 1.45) ** reach * stroke.hard(0.6, 1.1) ** reach
    out = unit(modal(hz, levels, taus * stroke.hard(0.85, 1.05), frames, stroke.rng.uniform(0.0, 0.4, hz.size)))
    low, high = bar.knock_hz
    knock = burst(stroke.rng, 0.03, bar.knock_tau_seconds, bandpass(low, high * stroke.bright(0.7, 1.4)))
    add_at_start(out, knock * np.float32(bar.knock * stroke.hard(0.4, 1.3) * stroke.bright(0.5, 2.0)))
    return out


@dataclass(frozen=True, slots=True)
class Rattle:
    """Seeds or beads that meet a wall.

    Attributes:
        band_hz: Where they hiss.
        wall: Resonances of the wall: ``(centre_hz, width_hz, gain)``.
        rise_seconds: Until most of them meet it.
        tau_seconds: How they die away.
        rate: Collisions a frame at full force.
        thump: Level of the hand or body.
        thump_hz: Its band.
    """

    band_hz: tuple[float, float]
    wall: Modes
    rise_seconds: float
    tau_seconds: float
    rate: float
    thump: float = 0.0
    thump_hz: tuple[float, float] = (150.0, 600.0)


_RATTLES: Final = {
    "shekere": Rattle(
        (2200.0, 8000.0), ((2700.0, 700.0, 1.6), (4400.0, 900.0, 1.2)), 0.012, 0.05, 0.06, 0.5, (130.0, 420.0)
    ),
    "caxixi": Rattle((3000.0, 9500.0), ((3300.0, 350.0, 3.0), (5200.0, 600.0, 1.6)), 0.035, 0.018, 0.05, 0.06),
}


def _rattle(rattle: Rattle, stroke: Stroke) -> Float32Array:
    frames = frames_of(rattle.rise_seconds + 7.0 * rattle.tau_seconds)
    rate = rattle.rate * stroke.hard(0.6, 1.1)
    hits = (stroke.rng.random(frames, dtype=np.float32) < rate) * noise(stroke.rng, frames)
    low, high = rattle.band_hz
    bright = stroke.bright(0.75, 1.35)
    band = bandpass(low * bright * stroke.tuning, min(17_000.0, high * bright))
    out = unit(shape(hits.astype(np.float32), band, peaks(rattle.wall, 0.6)))
    at = times(frames)
    rise = np.minimum(at / np.float32(rattle.rise_seconds), 1.0) ** 2
    fall = np.exp(-np.maximum(at - np.float32(rattle.rise_seconds), 0.0) * np.float32(1.0 / rattle.tau_seconds))
    out *= rise * fall
    if rattle.thump:
        thump = burst(stroke.rng, 0.08, 0.02, bandpass(*rattle.thump_hz))
        start = frames_of(rattle.rise_seconds * 0.5)
        add_at_start(out[start:], thump * np.float32(rattle.thump * stroke.hard(1.0, 0.8)))
    return out


def _gong(stroke: Stroke) -> Float32Array:
    """A tam-tam: a low hum at once, then the crowd of upper modes blooms and dies."""
    frames = frames_of(4.8)
    rng = stroke.rng
    count = 28
    hz = 66.0 * stroke.tuning * np.cumprod(np.concatenate([[1.0], rng.uniform(1.075, 1.24, count - 1)]))
    taus = 1.6 * (66.0 / hz) ** 0.28
    fast = modal(hz, hz**-0.35, taus, frames, rng.uniform(0.0, TAU, count))
    late_hz = np.sort(rng.uniform(500.0, stroke.bright(4200.0, 8500.0), count))
    late_levels = (late_hz / 900.0) ** -0.35 * rng.uniform(0.3, 1.0, (2, count)) * stroke.hard(0.2, 0.55)
    bloom = modal(
        late_hz * stroke.tuning, late_levels, 0.9 * (900.0 / late_hz) ** 0.4, frames, rng.uniform(0.0, TAU, count)
    )
    bloom *= 1.0 - np.exp(-times(frames) / np.float32(0.16))
    out = 0.5 * unit(fast) + unit(bloom) * np.float32(stroke.hard(0.25, 0.7))
    add_at_start(out, burst(rng, 0.12, 0.03, bandpass(80.0, 600.0)) * np.float32(0.25))
    return crossfeed(out, 0.3)


def _snap(stroke: Stroke) -> Float32Array:
    """Fingers: a short swish, then the finger on the palm, in a small room."""
    frames = frames_of(0.22)
    late = frames_of(0.011 * float(stroke.rng.uniform(0.9, 1.1)))
    wall = peaks(((1850.0 * stroke.tuning, 500.0, 3.0), (2900.0 * stroke.tuning, 700.0, 2.0)), 0.25)
    palm = unit(shape(noise(stroke.rng, frames), bandpass(1100.0, stroke.bright(4200.0, 9000.0)), wall))
    out = np.zeros((2, frames), np.float32)
    out[:, late:] = palm[: frames - late] * (decay(frames - late, 0.0045) + 0.05 * decay(frames - late, 0.035))
    swish = burst(stroke.rng, 0.015, 0.006, bandpass(2500.0, 7000.0))
    add_at_start(out, np.stack([swish, swish]) * np.float32(0.1))
    return out


def _stomp(stroke: Stroke) -> Float32Array:
    """Several feet on boards, not quite together."""
    frames = frames_of(0.5)
    out = np.zeros((2, frames), np.float32)
    for foot, seconds in enumerate((0.0, 0.009, 0.019, 0.031)):
        start = frames_of(seconds * float(stroke.rng.uniform(0.8, 1.2))) if foot else 0
        hz = np.array([78.0, 117.0, 164.0, 243.0, 361.0]) * stroke.tuning * stroke.rng.uniform(0.93, 1.07, 5)
        boards = modal(hz, (1.0, 0.8, 0.5, 0.35, 0.2), (0.05, 0.045, 0.035, 0.025, 0.02), frames - start)
        sole = burst(stroke.rng, 0.06, 0.009, bandpass(250.0, 1300.0 * stroke.bright(0.6, 1.8)))
        add_at_start(boards, sole * np.float32(stroke.hard(0.4, 0.9)))
        pan = (0.0, 0.5, -0.5, 0.2)[foot]
        out[:, start:] += np.stack(
            [boards * np.float32(1.0 - 0.5 * pan), boards * np.float32(1.0 + 0.5 * pan)]
        ) * np.float32(0.75**foot)
    return out


_SCRATCHES: Final = (
    ((0.0, 0.0), (0.03, 1.0), (0.09, 0.75), (0.13, 0.0), (0.16, -0.9), (0.21, -1.1), (0.26, 0.0)),
    ((0.0, 0.3), (0.02, 1.3), (0.07, 0.5), (0.075, 0.0), (0.12, 0.0), (0.13, 1.2), (0.18, 0.4), (0.2, 0.0)),
    ((0.0, 0.0), (0.05, -0.7), (0.12, -1.6), (0.2, -2.2), (0.27, -0.8), (0.3, 0.0)),
    (
        (0.0, 0.2), (0.025, 1.4), (0.05, 0.0), (0.075, -1.2), (0.1, 0.0), (0.125, 1.4), (0.15, 0.0), (0.18, -1.2),
        (0.22, 0.0),
    ),
)  # fmt: skip
"""Movements of the record by take: ``(seconds, speed)``."""


def _scratch(stroke: Stroke) -> Float32Array:
    """A word on a record under a hand: pitch, vowel and hiss follow the speed, silence where it stands."""
    moves = _SCRATCHES[stroke.variant % len(_SCRATCHES)]
    seconds, speeds = zip(*moves, strict=True)
    frames = frames_of(seconds[-1] + 0.02)
    at = control_times(frames)
    speed = np.abs(np.interp(at, seconds, speeds)).astype(np.float32)
    number = np.arange(1, harmonic_count(750.0) + 1)
    hz = 190.0 * number
    word = number**-0.6 * (
        0.25 + peaks(((760.0, 220.0, 3.0), (1450.0, 260.0, 2.4), (2900.0, 500.0, 1.2)), 0.0)(f32(hz))
    )
    curve = f32(np.maximum(speed * np.float32(310.0 * stroke.tuning), 5.0))
    voice = read(phase(curve, frames), stack(word[None, :], stroke.rng.uniform(0.0, TAU, number.size))[0])

    def response(when: Float32Array, hz: Float32Array) -> Float32Array:
        centre = 300.0 + 3200.0 * np.interp(when[:, 0], at, speed)[:, None] * stroke.bright(0.7, 1.5)
        return f32(np.exp(-((np.log2((hz + 1.0) / centre) / 0.8) ** 2)).astype(np.float32))

    hiss = unit(moving_noise(stroke.rng, frames, response))
    level = upsample(f32(np.minimum(speed * 1.6, 1.0)), frames)
    return (unit(voice) + hiss * np.float32(0.55 * stroke.hard(0.7, 1.0))) * level


def _one(name: str, title: str, voice: Voice, gm: int, pivot_hz: float, variants: int) -> Patch:
    return make_patch(
        name, title, "percussion", voice, gm=gm, sustained=False, variants=variants, drum=True, pivot_hz=pivot_hz
    )


PATCHES: Final[tuple[Patch, ...]] = (
    _one("finger_cymbals", "Finger cymbals", partial(_bar, _BARS["finger_cymbals"]), 80, 5000.0, 3),
    _one("shekere", "Shekere", partial(_rattle, _RATTLES["shekere"]), 82, 3000.0, 4),
    _one("caxixi", "Caxixi", partial(_rattle, _RATTLES["caxixi"]), 70, 4500.0, 4),
    _one("gong", "Gong", _gong, 52, 700.0, 2),
    _one("snap", "Finger snap", _snap, 39, 2500.0, 3),
    _one("stomp", "Foot stomp", _stomp, 35, 300.0, 3),
    _one("scratch", "Turntable scratch: a movement by take", _scratch, 29, 1500.0, 4),
)
