"""Plucked basses; the synthesised ones come from their own file."""

from functools import partial
from typing import Final

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.instruments import basses_synth
from everjam.engines.band.instruments.analogue import oscillate
from everjam.engines.band.instruments.contract import Patch
from everjam.engines.band.instruments.dsp.base import (
    TAU,
    add_at_start,
    adsr,
    control_times,
    f32,
    frames_of,
    unit,
)
from everjam.engines.band.instruments.dsp.filters import bandpass, burst
from everjam.engines.band.instruments.dsp.wavetable import (
    harmonic_count,
    lowpass_sweep,
)
from everjam.engines.band.instruments.struck import Struck, strike
from everjam.engines.band.instruments.voicing import Stroke, Voice, make_patch

_FINGER: Final = Struck(
    "bass_finger", release_seconds=0.1, edge_hz=500.0, noise=0.06, noise_hz=(150.0, 1800.0), noise_tau_seconds=0.01
)
_PICK: Final = Struck(
    "bass_pick", release_seconds=0.09, edge_hz=800.0, noise=0.1, noise_hz=(600.0, 4500.0), noise_tau_seconds=0.005
)
_SLAP: Final = Struck(
    "bass_slap", release_seconds=0.09, edge_hz=1200.0, noise=0.2, noise_hz=(900.0, 6500.0), noise_tau_seconds=0.004
)
_UPRIGHT: Final = Struck(
    "bass_upright", release_seconds=0.18, edge_hz=400.0, noise=0.1, noise_hz=(120.0, 1500.0), noise_tau_seconds=0.012
)


def _fretless(stroke: Stroke) -> Float32Array:
    """Slides into its note; the tone opens after the pluck (mwah) and sings with a slow vibrato."""
    frames = frames_of(stroke.held_seconds + 0.16)
    at = control_times(frames)
    open_ = 1.0 - np.exp(-at / 0.09)
    cutoff = stroke.hz * (2.2 + 3.6 * open_ * np.exp(-at / 0.9)) + stroke.bright(40.0, 700.0) * stroke.hard(0.5, 1.1)
    number = np.arange(1, harmonic_count(stroke.hz, 80) + 1)
    pluck = np.abs(np.sin(np.pi * number * 0.21)) / number**0.8
    sweep = lowpass_sweep(stroke.hz, f32(pluck), f32(cutoff), resonance=0.35, order=2, per_octave=8)
    sway = 9.0 * np.clip((at - 0.3) / 0.3, 0.0, 1.0) * np.sin(TAU * 4.6 * (at - 0.3))
    slide = -70.0 * np.exp(-at / 0.028)
    curve = f32((stroke.hz * 2.0 ** ((sway + slide) / 1200.0)).astype(np.float32))
    out = unit(oscillate(sweep, curve, frames))
    finger = burst(stroke.rng, 0.04, 0.01, bandpass(150.0, 1600.0 * stroke.bright(0.6, 1.6)))
    add_at_start(out, finger * np.float32(stroke.hard(0.05, 0.15)))
    return out * adsr(
        frames, stroke.held_seconds, attack_seconds=0.012, decay_seconds=0.8, sustain=0.35, release_seconds=0.14
    )


def _bass(name: str, title: str, voice: Voice, gm: int, variants: int = 2) -> Patch:
    return make_patch(name, title, "bass", voice, gm=gm, low=24, high=60, variants=variants, pivot_hz=350.0)


PATCHES: Final[tuple[Patch, ...]] = (
    _bass("bass_finger", "Finger bass", partial(strike, _FINGER), 33, 3),
    _bass("bass_pick", "Picked bass", partial(strike, _PICK), 34, 3),
    _bass("bass_slap", "Slap bass", partial(strike, _SLAP), 36, 3),
    _bass("bass_upright", "Upright bass", partial(strike, _UPRIGHT), 32, 3),
    *basses_synth.PATCHES,
    _bass("bass_fretless", "Fretless bass", _fretless, 35, 2),
)
