"""Hand percussion. Pitch tunes an instrument against its General MIDI key."""

from functools import partial
from typing import Final

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.instruments import hand_drums, idiophones
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
from everjam.engines.band.instruments.dsp.wavetable import harmonic_count, phase, read, square, stack
from everjam.engines.band.instruments.voicing import Stroke, Voice, make_patch


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
        level = np.float32(1.0 + 0.12 * stroke.rng.uniform(-1.0, 1.0))
        out += level * read(
            phase(tuned, frames, float(stroke.rng.uniform())), stack(square(harmonic_count(tuned))[None, :])[0]
        )
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
    *hand_drums.PATCHES,
    *idiophones.PATCHES,
    _percussion("shaker", "Shaker", partial(_grains, (4600.0, 10500.0), 0.022, 0.020), 70, 6000.0, 4),
    _percussion("tambourine", "Tambourine", _tambourine, 54, 5000.0, 3),
    _percussion("cowbell", "Cowbell", _cowbell, 56, 1500.0, 3),
    _percussion("triangle", "Triangle", _triangle, 81, 6000.0, 3),
    _percussion("cabasa", "Cabasa", partial(_grains, (6200.0, 13000.0), 0.035, 0.014), 69, 8000.0, 4),
    _percussion("woodblock", "Wood block", _woodblock, 76, 1800.0, 3),
)
