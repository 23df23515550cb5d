"""Acoustic cymbals and hi-hats: a crowd of partials and a wash of noise with the level and decay of each band."""

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
    crossfeed,
    decay,
    f32,
    frames_of,
    noise,
    unit,
)
from everjam.engines.band.instruments.dsp.filters import bandpass, burst, highpass, shape
from everjam.engines.band.instruments.dsp.modal import modal
from everjam.engines.band.instruments.voicing import Stroke, make_patch

_BANDS_HZ: Final = (300.0, 700.0, 1400.0, 2800.0, 5500.0, 9000.0, 14_500.0)


@dataclass(frozen=True, slots=True)
class Cymbal:
    """A cymbal.

    Attributes:
        seconds: Length.
        levels_db: At the bands of ``_BANDS_HZ``.
        tau_seconds: Decay of the bands.
        partials: How many.
        wash: Level of the noise against the partials.
        swell_seconds: Time until the treble is at its loudest.
        stick: Level of the stick.
        stereo: Whether left and right differ.
        bell: ``(hz, level, tau_seconds)`` of the bell's partials.
    """

    seconds: float
    levels_db: tuple[float, ...]
    tau_seconds: tuple[float, ...]
    partials: int
    wash: float
    swell_seconds: float
    stick: float
    stereo: bool
    bell: tuple[tuple[float, float, float], ...] = ()


_CYMBALS: Final = {
    "hat_closed_acoustic": Cymbal(
        0.3,
        (-24.0, -20.0, -16.0, -9.0, -3.0, -3.0, -1.0),
        (0.03, 0.03, 0.035, 0.04, 0.045, 0.04, 0.036),
        70,
        0.9,
        0.0005,
        0.35,
        False,
    ),
    "hat_open_acoustic": Cymbal(
        1.3,
        (-18.0, -9.0, -7.0, -4.0, -2.0, 0.0, 0.0),
        (0.25, 0.3, 0.26, 0.28, 0.27, 0.24, 0.2),
        90,
        0.8,
        0.001,
        0.3,
        False,
    ),
    "ride": Cymbal(
        1.7,
        (-15.0, -14.0, -12.0, -5.0, -4.0, -2.0, -3.0),
        (0.45, 0.5, 0.48, 0.38, 0.28, 0.19, 0.10),
        100,
        0.4,
        0.001,
        0.4,
        True,
        ((1187.0, 0.5, 0.3), (2354.0, 0.6, 0.26), (3021.0, 0.7, 0.22), (4127.0, 0.5, 0.16), (5236.0, 0.4, 0.12)),
    ),
    "crash": Cymbal(
        2.6,
        (-16.0, -10.0, -8.0, -1.0, 0.0, -3.0, -8.0),
        (0.4, 0.45, 0.45, 0.55, 0.6, 0.48, 0.36),
        110,
        0.9,
        0.05,
        0.2,
        True,
    ),
}


def play_cymbal(cymbal: Cymbal, stroke: Stroke) -> Float32Array:
    """A stroke on a cymbal: ``(frames,)`` or ``(2, frames)``."""
    frames = frames_of(cymbal.seconds)
    rng = stroke.rng
    channels = 2 if cymbal.stereo else 1
    octaves = np.log2(_BANDS_HZ)
    hz = np.exp(rng.uniform(np.log(260.0), np.log(17_000.0), cymbal.partials))
    tilt_db = 3.0 * (2.0 * stroke.brightness - 1.0) + 4.0 * (stroke.force - 0.75)
    levels_db = np.interp(np.log2(hz), octaves, cymbal.levels_db) + tilt_db * np.log2(hz / 3000.0)
    taus = np.interp(np.log2(hz), octaves, cymbal.tau_seconds) * rng.uniform(0.6, 1.4, hz.size) * stroke.hard(0.8, 1.05)
    levels = 10.0 ** (levels_db / 20.0) * rng.uniform(0.25, 1.0, (channels, hz.size))
    out = unit(modal(hz * stroke.tuning, levels, taus, frames, rng.uniform(0.0, TAU, (channels, hz.size))))
    out += _wash(cymbal, stroke, frames, channels)
    if cymbal.bell:
        bell_hz, bell_levels, bell_taus = (np.array(column) for column in zip(*cymbal.bell, strict=True))
        out += modal(bell_hz * stroke.tuning, bell_levels * 0.12, bell_taus, frames)
    stick = burst(rng, 0.012, 0.0015, bandpass(2000.0, 10_000.0))
    add_at_start(out, stick * np.float32(cymbal.stick * stroke.hard(0.25, 1.1)))
    return crossfeed(out, 0.2) if cymbal.stereo else out


def _wash(cymbal: Cymbal, stroke: Stroke, frames: int, channels: int) -> Float32Array:
    """Noise in two bands, each with its own decay; the treble swells."""
    grid_hz = np.geomspace(100.0, 24_000.0, 96)
    octave = np.log2(grid_hz)
    level_db = np.interp(octave, np.log2(_BANDS_HZ), cymbal.levels_db)
    level_db += 3.0 * (2.0 * stroke.brightness - 1.0) * (octave - np.log2(3000.0))
    gains = 10.0 ** (level_db / 20.0)

    def response(hz: Float32Array) -> Float32Array:
        return f32(np.interp(hz, grid_hz, gains))

    hiss = shape(noise(stroke.rng, channels * frames).reshape(channels, frames), response, highpass(250.0, 1))
    treble = shape(hiss, highpass(4500.0, 3))
    low = (hiss - treble) * decay(frames, cymbal.tau_seconds[3] * 0.8)
    high = treble * (decay(frames, cymbal.tau_seconds[5] * 0.8) * attack(frames, cymbal.swell_seconds))
    both = low + high
    return f32(both * np.float32(cymbal.wash * stroke.hard(0.6, 1.1) / float(np.abs(both).max())))


def _patch(name: str, title: str, gm: int, pivot_hz: float, variants: int) -> Patch:
    return make_patch(
        name,
        title,
        "drums",
        partial(play_cymbal, _CYMBALS[name]),
        gm=gm,
        sustained=False,
        variants=variants,
        drum=True,
        pivot_hz=pivot_hz,
    )


PATCHES: Final[tuple[Patch, ...]] = (
    _patch("hat_closed_acoustic", "Acoustic closed hi-hat", 42, 5000.0, 4),
    _patch("hat_open_acoustic", "Acoustic open hi-hat", 46, 5000.0, 3),
    _patch("ride", "Ride cymbal", 51, 3500.0, 4),
    _patch("crash", "Crash cymbal", 49, 4000.0, 3),
)
