"""Hand percussion. Pitch tunes an instrument against its General MIDI key."""

from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.instruments.contract import Patch
from everjam.engines.band.instruments.dsp.base import (
    TAU,
    add_at_start,
    attack,
    decay,
    f32,
    frames_of,
    noise,
    times,
    unit,
)
from everjam.engines.band.instruments.dsp.filters import bandpass, burst, shape
from everjam.engines.band.instruments.dsp.modal import modal
from everjam.engines.band.instruments.dsp.shaping import saturate
from everjam.engines.band.instruments.dsp.wavetable import harmonic_count, phase, read, square, stack
from everjam.engines.band.instruments.voicing import Stroke, Voice, make_patch


@dataclass(frozen=True, slots=True)
class Skin:
    """A struck skin: modes and a slap.

    Attributes:
        hz: Lowest mode.
        ratios: Modes against it.
        levels: Their levels.
        taus: Their time constants in seconds.
        bend: Relative rise of the lowest mode's pitch at the stroke.
        slap: Level of the hand or stick.
        slap_hz: Its band.
        slap_tau_seconds: Its decay.
        seconds: Length.
    """

    hz: float
    ratios: tuple[float, ...]
    levels: tuple[float, ...]
    taus: tuple[float, ...]
    bend: float
    slap: float
    slap_hz: tuple[float, float]
    slap_tau_seconds: float
    seconds: float


_CONGA: Final = Skin(
    208.0,
    (1.0, 1.51, 2.03, 2.52, 3.11, 3.9),
    (1.0, 0.42, 0.3, 0.2, 0.15, 0.1),
    (0.15, 0.07, 0.055, 0.04, 0.03, 0.02),
    0.03,
    0.45,
    (700.0, 4200.0),
    0.006,
    0.55,
)
_BONGO: Final = Skin(
    392.0,
    (1.0, 1.57, 2.16, 2.66, 3.4),
    (1.0, 0.5, 0.3, 0.25, 0.15),
    (0.07, 0.04, 0.03, 0.022, 0.016),
    0.02,
    0.55,
    (1200.0, 6500.0),
    0.004,
    0.3,
)
_SURDO: Final = Skin(
    74.0,
    (1.0, 1.58, 2.13, 2.29, 2.91),
    (1.0, 0.32, 0.18, 0.14, 0.08),
    (0.3, 0.13, 0.09, 0.07, 0.05),
    0.06,
    0.22,
    (180.0, 1800.0),
    0.007,
    1.1,
)


def _skin(skin: Skin, stroke: Stroke) -> Float32Array:
    frames = frames_of(skin.seconds)
    base = skin.hz * stroke.tuning
    cycles = np.float32(base) * times(frames)
    cycles = cycles + np.float32(base * skin.bend * 0.03 * stroke.hard(0.5, 1.2)) * (1.0 - decay(frames, 0.03))
    out = np.sin(np.float32(TAU) * cycles) * decay(frames, skin.taus[0])
    spread = 1.0 + 0.004 * stroke.rng.standard_normal(len(skin.ratios) - 1)
    levels = np.array(skin.levels[1:]) * stroke.hard(0.45, 1.25) * stroke.bright(0.7, 1.4)
    out += modal(base * np.array(skin.ratios[1:]) * spread, levels, np.array(skin.taus[1:]), frames)
    low, high = skin.slap_hz
    slap = burst(stroke.rng, 0.04, skin.slap_tau_seconds, bandpass(low, high * stroke.bright(0.6, 1.6)))
    add_at_start(out, slap * np.float32(skin.slap * stroke.hard(0.25, 1.4) * stroke.bright(0.6, 1.6)))
    return saturate(out, 0.8)


def _grains(band: tuple[float, float], rise_seconds: float, tau_seconds: float, stroke: Stroke) -> Float32Array:
    """Many small collisions: shaker and cabasa."""
    frames = frames_of(rise_seconds + 6.0 * tau_seconds)
    at = times(frames)
    rate = 0.16 * stroke.hard(0.6, 1.2)
    hits = (stroke.rng.random(frames, dtype=np.float32) < rate) * noise(stroke.rng, frames)
    low, high = band
    bright = stroke.bright(0.75, 1.35)
    hiss = shape(hits.astype(np.float32), bandpass(low * bright * stroke.tuning, min(16500.0, high * bright)))
    rise = np.minimum(at / np.float32(rise_seconds), 1.0) ** 2
    return f32(hiss * rise * np.exp(-np.maximum(at - np.float32(rise_seconds), 0.0) * np.float32(1.0 / tau_seconds)))


def _tambourine(stroke: Stroke) -> Float32Array:
    frames = frames_of(0.36)
    rng = stroke.rng
    hz = rng.uniform(3600.0, 14000.0, 48) * stroke.tuning
    levels = rng.uniform(0.2, 1.0, hz.size) * (hz / 7000.0) ** stroke.bright(0.1, 0.5)
    out = np.zeros(frames, np.float32)
    for start_seconds, level in ((0.0, 1.0), (0.012, 0.6), (0.027, 0.45)):
        start = frames_of(start_seconds) - 1
        jingle = modal(
            hz,
            levels,
            0.055 * (6000.0 / hz) ** 0.5 * rng.uniform(0.6, 1.5, hz.size),
            frames - start,
            rng.uniform(0.0, TAU, hz.size),
        )
        out[start:] += jingle * np.float32(level)
    skin = burst(rng, 0.05, 0.009, bandpass(350.0, 1800.0))
    out = unit(out)
    add_at_start(out, skin * np.float32(stroke.hard(0.05, 0.3)))
    return out


def _cowbell(stroke: Stroke) -> Float32Array:
    frames = frames_of(0.42)
    out = np.zeros(frames, np.float32)
    for hz in (540.0, 800.0):
        tuned = hz * stroke.tuning
        out += read(phase(tuned, frames), stack(square(harmonic_count(tuned))[None, :])[0])
    out = shape(out, bandpass(430.0, stroke.bright(2200.0, 6500.0), 1))
    strike = decay(frames, 0.012) * np.float32(stroke.hard(0.4, 1.1)) + decay(frames, 0.085) * np.float32(0.5)
    return out * strike


def _triangle(stroke: Stroke) -> Float32Array:
    hz = np.array([1640.0, 3946.0, 4127.0, 6233.0, 7420.0, 8815.0, 9307.0, 10_850.0, 12_400.0, 13_520.0, 15_100.0])
    levels = np.array([0.03, 0.2, 0.16, 0.2, 0.5, 0.8, 0.9, 0.8, 1.0, 0.9, 0.7]) * (hz / 8000.0) ** (
        stroke.brightness - 0.5
    )
    levels *= 1.0 + 0.15 * stroke.rng.standard_normal(hz.size)
    taus = np.array([0.5, 0.6, 0.55, 0.4, 0.12, 0.1, 0.09, 0.1, 0.16, 0.14, 0.12])
    return modal(hz * stroke.tuning, levels, taus, frames_of(2.0), stroke.rng.uniform(0.0, TAU, hz.size))


def _woodblock(stroke: Stroke) -> Float32Array:
    frames = frames_of(0.16)
    hz = 880.0 * stroke.tuning
    levels = np.array([1.0, 0.42, 0.22, 0.12]) * np.array([1.0, *[stroke.bright(0.6, 1.7) * stroke.hard(0.5, 1.1)] * 3])
    out = modal(hz * np.array([1.0, 2.42, 3.63, 5.1]), levels, np.array([0.022, 0.012, 0.008, 0.005]), frames)
    add_at_start(out, burst(stroke.rng, 0.01, 0.001, bandpass(1500.0, 7000.0)) * np.float32(stroke.hard(0.1, 0.4)))
    return out * attack(frames, 0.0004)


def _percussion(name: str, title: str, voice: Voice, gm: int, pivot_hz: float, variants: int) -> Patch:
    return make_patch(
        name, title, "percussion", voice, gm=gm, sustained=False, variants=variants, drum=True, pivot_hz=pivot_hz
    )


PATCHES: Final[tuple[Patch, ...]] = (
    _percussion("shaker", "Shaker", partial(_grains, (4600.0, 10500.0), 0.022, 0.020), 70, 6000.0, 4),
    _percussion("tambourine", "Tambourine", _tambourine, 54, 5000.0, 3),
    _percussion("cowbell", "Cowbell", _cowbell, 56, 1500.0, 1),
    _percussion("conga", "Conga", partial(_skin, _CONGA), 63, 700.0, 3),
    _percussion("bongo", "Bongo", partial(_skin, _BONGO), 60, 1000.0, 3),
    _percussion("triangle", "Triangle", _triangle, 81, 6000.0, 2),
    _percussion("surdo", "Surdo", partial(_skin, _SURDO), 41, 300.0, 3),
    _percussion("cabasa", "Cabasa", partial(_grains, (6200.0, 13000.0), 0.035, 0.014), 69, 8000.0, 4),
    _percussion("woodblock", "Wood block", _woodblock, 76, 1800.0, 2),
)
