"""Guitars beyond the plain ones: flamenco, slide, pedal steel, and electric ones through their boxes."""

from functools import partial
from typing import Final

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.instruments.contract import Patch
from everjam.engines.band.instruments.dsp.base import (
    add_at_start,
    f32,
    frames_of,
    release,
    unit,
)
from everjam.engines.band.instruments.dsp.filters import (
    bandpass,
    burst,
    highpass,
    lowpass,
    moving_filter,
    peaks,
    shape,
)
from everjam.engines.band.instruments.dsp.shaping import overdrive, saturate
from everjam.engines.band.instruments.dsp.strings import StringModel, pluck
from everjam.engines.band.instruments.playing import Bend, Buzz, Plucked, bent, play, swelled
from everjam.engines.band.instruments.struck import Struck, strike
from everjam.engines.band.instruments.voicing import Stroke, Voice, make_patch

_FLAMENCO: Final = Plucked(
    Struck(
        "guitar_nylon", release_seconds=0.12, longest_seconds=2.0, edge_hz=2400.0, ring=0.5,
        body=((230.0, 100.0, 0.5), (1500.0, 600.0, 1.1), (3600.0, 1400.0, 2.2)), floor=0.7,
        noise=0.32, noise_hz=(900.0, 6500.0), noise_tau_seconds=0.006,
    ),
    buzz=Buzz(0.12, 5.0, (1800.0, 7000.0), 0.0, 0.08),
)  # fmt: skip
_SLIDE: Final = Plucked(
    Struck(
        "guitar_steel", release_seconds=0.3, longest_seconds=3.5, edge_hz=1700.0, ring=0.9,
        body=((480.0, 170.0, 1.6), (1250.0, 350.0, 1.6), (2500.0, 700.0, 1.0)), floor=0.4,
        noise=0.1, noise_hz=(1500.0, 7000.0), noise_tau_seconds=0.012,
    ),
    Bend(-190.0, 0.028, 16.0, 5.6, 0.1),
    Buzz(0.1, 3.0, (1200.0, 6000.0), 0.02, 0.5),
)  # fmt: skip
_PEDAL_STEEL: Final = Plucked(
    Struck(
        "hawaiian_guitar", release_seconds=0.6, longest_seconds=4.5, edge_hz=1500.0, ring=2.2, beat_cents=1.5,
        noise=0.0, noise_hz=(900.0, 5000.0),
    ),
    Bend(-110.0, 0.05, 11.0, 5.2, 0.3),
)  # fmt: skip
_CLEAN: Final = Struck(
    "guitar_clean", release_seconds=0.14, edge_hz=1300.0, noise=0.06, noise_hz=(900.0, 5000.0), noise_tau_seconds=0.004
)
_LEAD_CABINET: Final = peaks(((150.0, 90.0, 0.3), (750.0, 500.0, 0.8), (1900.0, 1000.0, 1.0)), 0.8)
_LEAD_BEND: Final = Bend(-70.0, 0.03, 20.0, 5.6, 0.3)
_TWANG_DIP: Final = Bend(-14.0, 0.02, 9.0, 5.0, 0.35)
_SLAPBACK_SECONDS: Final = 0.115


def _pedal_steel(stroke: Stroke) -> Float32Array:
    """The bar slides up, the pedal swells: no attack."""
    return swelled(play(_PEDAL_STEEL, stroke), 0.03 + min(0.09, 0.3 * stroke.held_seconds))


def _lead(stroke: Stroke) -> Float32Array:
    """One string into a loud amplifier that keeps it singing."""
    frames = frames_of(stroke.held_seconds + 0.15)
    model = StringModel(
        30.0, 3000.0, 0.16, 0.24, 0.0, stroke.bright(1400.0, 5000.0) * stroke.hard(0.45, 1.0), noise=0.06
    )
    string = unit(pluck(model, stroke.hz, frames, stroke.rng))
    driven = overdrive(string, (stroke.hard(5.0, 16.0), 2.6), bandpass(90.0, stroke.bright(2800.0, 6000.0)),
                       _LEAD_CABINET, bias=0.25)  # fmt: skip
    return bent(driven, _LEAD_BEND, stroke) * release(frames, stroke.held_seconds, 0.14)


def _twang(stroke: Stroke) -> Float32Array:
    """Bridge pickup, plectrum at the saddle, a tape echo's single repeat."""
    frames = frames_of(min(stroke.held_seconds, 4.0) + 0.2)
    model = StringModel(
        3.2, 5200.0, 0.09, 0.09, 8e-6, stroke.bright(3500.0, 9000.0) * stroke.hard(0.5, 1.0), noise=0.15
    )
    string = unit(pluck(model, stroke.hz, frames, stroke.rng)) * release(frames, stroke.held_seconds, 0.18)
    string = saturate(shape(string, peaks(((2800.0, 1600.0, 1.4),)), highpass(70.0, 1)), stroke.hard(0.5, 1.1), 0.1)
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
    string = saturate(unit(strike(_CLEAN, stroke)), stroke.hard(1.2, 3.0), 0.15)
    low, high = 420.0, stroke.bright(1500.0, 2900.0)

    def pedal(at: Float32Array, hz: Float32Array) -> Float32Array:
        open_ = (1.0 - np.exp(at * (-1.0 / 0.05))) * np.exp(at * (-1.0 / 0.3))
        centre = np.float32(low) * np.float32(high / low) ** (open_ * np.float32(1.45))
        return f32(0.08 + 1.0 / (1.0 + ((hz - centre) / (centre * np.float32(0.16))) ** 2))

    return moving_filter(string, pedal)


def _flamenco(stroke: Stroke) -> Float32Array:
    """A nail close to the bridge; now and then a finger taps the top."""
    out = play(_FLAMENCO, stroke)
    if stroke.variant == 0:
        tap = burst(stroke.rng, 0.06, 0.012, bandpass(160.0, 900.0))
        add_at_start(out, tap * np.float32(stroke.hard(0.02, 0.16) * float(np.abs(out).max())))
    return out


def _guitar(name: str, title: str, voice: Voice, gm: int, low: int, high: int, *, variants: int = 2) -> Patch:
    return make_patch(name, title, "plucked", voice, gm=gm, low=low, high=high, variants=variants)


PATCHES: Final[tuple[Patch, ...]] = (
    _guitar("guitar_flamenco", "Flamenco guitar", _flamenco, 24, 40, 84, variants=3),
    _guitar("guitar_slide", "Resonator guitar with a slide", partial(play, _SLIDE), 25, 40, 79),
    _guitar("guitar_lead", "Singing lead guitar", _lead, 29, 40, 88),
    _guitar("guitar_twang", "Twang guitar with slapback", _twang, 27, 40, 84),
    _guitar("guitar_wah", "Wah guitar", _wah, 28, 40, 86),
    _guitar("steel_pedal", "Pedal steel guitar", _pedal_steel, 26, 45, 88),
)
