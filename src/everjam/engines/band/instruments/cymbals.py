"""Cymbals and hi-hats: acoustic ones from measured tables, and a model of metal that drum machines sample."""

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
from everjam.engines.band.instruments.hits import Hit, play_hit
from everjam.engines.band.instruments.voicing import Stroke, make_patch
from everjam.engines.band.score import Articulation

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


_HATS_AND_CYMBALS: Final = {
    "hat_closed_acoustic": Hit("hat_closed_acoustic", 0.4, force_db=3.0, attack_db=7.0, pivot_hz=3000.0, drive=0.6),
    "hat_pedal": Hit("hat_pedal", 0.4, force_db=2.0, attack_db=4.0, pivot_hz=3000.0),
    "hat_open_acoustic": Hit("hat_open_acoustic", 1.55, damped=4.0, force_db=3.0, pivot_hz=3000.0, mute_db=240.0),
    "ride": Hit("ride", 1.8, attack_db=7.0, pivot_hz=2500.0, mute_db=120.0, roll_step_seconds=0.07, swell=0.8),
    "ride_bell": Hit("ride_bell", 1.7, attack_db=7.0, pivot_hz=2500.0, mute_db=120.0),
    "crash": Hit(
        "crash", 2.4, 0.4, force_db=3.4, pivot_hz=2500.0, mute_db=140.0, roll_step_seconds=0.075, swell=0.9, drive=0.7
    ),
    "china": Hit("china", 1.9, 0.35, force_db=3.4, pivot_hz=2000.0, mute_db=140.0, drive=0.6),
    "splash": Hit("splash", 1.4, 0.35, force_db=3.0, pivot_hz=3000.0, mute_db=180.0),
}


def _patch(name: str, title: str, gm: int, pivot_hz: float, variants: int, *can: Articulation) -> Patch:
    return make_patch(
        name,
        title,
        "drums",
        partial(play_hit, _HATS_AND_CYMBALS[name]),
        gm=gm,
        sustained=False,
        variants=variants,
        drum=True,
        pivot_hz=pivot_hz,
        articulations=can,
    )


PATCHES: Final[tuple[Patch, ...]] = (
    _patch("hat_closed_acoustic", "Acoustic closed hi-hat", 42, 5000.0, 4),
    _patch("hat_pedal", "Hi-hat closed by foot", 44, 5000.0, 3),
    _patch("hat_open_acoustic", "Acoustic open hi-hat", 46, 5000.0, 3, "muted"),
    _patch("ride", "Ride cymbal", 51, 3500.0, 4, "muted", "roll"),
    _patch("ride_bell", "Bell of the ride", 53, 3500.0, 3, "muted"),
    _patch("crash", "Crash cymbal", 49, 4000.0, 3, "muted", "roll"),
    _patch("china", "China cymbal", 52, 3500.0, 2, "muted"),
    _patch("splash", "Splash cymbal", 55, 4500.0, 2, "muted"),
)
