"""Struck bars, tines and shells: measured partials, and a hang by hand."""

from functools import partial
from typing import Final

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.instruments.contract import Patch
from everjam.engines.band.instruments.dsp.base import TAU, add_at_start, f32, frames_of, times
from everjam.engines.band.instruments.dsp.filters import bandpass, burst
from everjam.engines.band.instruments.dsp.modal import modal
from everjam.engines.band.instruments.struck import Struck, strike
from everjam.engines.band.instruments.voicing import Stroke, Voice, make_patch

_RING: Final = 30.0
"""Bars are not damped: they count as held for longer than they ring."""

_VIBRAPHONE: Final = Struck("vibraphone", _RING, 3.5, 700.0, noise=0.06, noise_hz=(400.0, 2600.0))
_MARIMBA: Final = Struck("marimba", _RING, 1.8, 700.0, noise=0.16, noise_hz=(300.0, 2200.0), noise_tau_seconds=0.004)
_GLOCKENSPIEL: Final = Struck(
    "glockenspiel", _RING, 2.6, 3000.0, noise=0.1, noise_hz=(2500.0, 11_000.0), noise_tau_seconds=0.002
)
_KALIMBA: Final = Struck("kalimba", _RING, 2.0, 900.0, noise=0.2, noise_hz=(500.0, 3500.0), noise_tau_seconds=0.005)
_CELESTA: Final = Struck(
    "celesta", _RING, 2.4, 1500.0, beat_cents=1.0, spread=0.2, noise=0.08, noise_hz=(800.0, 5200.0)
)
_MUSIC_BOX: Final = Struck(
    "music_box",
    _RING,
    2.6,
    2500.0,
    beat_cents=1.5,
    spread=0.25,
    noise=0.08,
    noise_hz=(2500.0, 9000.0),
    noise_tau_seconds=0.002,
)


def _vibraphone(stroke: Stroke) -> Float32Array:
    """With its motor on."""
    out = strike(_VIBRAPHONE, stroke)
    turn = np.float32(TAU) * (np.float32(5.1) * times(out.shape[-1]) + np.float32(stroke.rng.uniform()))
    swell = np.float32(0.18) * np.sin(turn)
    return np.stack([out * (1.0 + swell), out * (1.0 - np.float32(0.5) * swell)])


def _hang(stroke: Stroke) -> Float32Array:
    """A steel shell tuned to fundamental, octave and twelfth; the upper modes beat softly."""
    scale = 2.0 ** (-np.log2(stroke.hz / 261.63) / 2.0)
    ratios = np.array([1.0, 2.0, 3.0, 4.02, 5.3, 6.63])
    steepness = np.minimum(np.arange(6), 2)
    levels = np.array([1.0, 0.62, 0.36, 0.1, 0.06, 0.04]) * stroke.hard(0.45, 1.15) ** steepness
    levels = levels * stroke.bright(0.6, 1.6) ** steepness * (1.0 + 0.08 * stroke.rng.standard_normal(6))
    taus = np.array([1.1, 0.8, 0.5, 0.24, 0.12, 0.08]) * scale
    frames = frames_of(min(3.2, 8.5 * float(taus[0])))
    beat = 2.0 ** (3.0 / 1200.0)
    out = modal(
        np.concatenate([stroke.hz * ratios, stroke.hz * ratios[1:] * beat]),
        np.concatenate([levels, levels[1:] * 0.6]),
        np.concatenate([taus, taus[1:] * 0.9]),
        frames,
    )
    tap = burst(stroke.rng, 0.03, 0.005, bandpass(300.0, 1500.0 * stroke.bright(0.6, 1.6)))
    add_at_start(out, tap * np.float32(0.12 * stroke.hard(0.3, 1.5)))
    return f32(out)


def _mallet(name: str, title: str, voice: Voice, gm: int, low: int, high: int) -> Patch:
    return make_patch(name, title, "mallets", voice, gm=gm, low=low, high=high, sustained=False, variants=2)


PATCHES: Final[tuple[Patch, ...]] = (
    _mallet("vibraphone", "Vibraphone", _vibraphone, 11, 53, 89),
    _mallet("marimba", "Marimba", partial(strike, _MARIMBA), 12, 45, 96),
    _mallet("glockenspiel", "Glockenspiel", partial(strike, _GLOCKENSPIEL), 9, 72, 108),
    _mallet("kalimba", "Kalimba", partial(strike, _KALIMBA), 108, 53, 91),
    _mallet("celesta", "Celesta", partial(strike, _CELESTA), 8, 60, 108),
    _mallet("music_box", "Music box", partial(strike, _MUSIC_BOX), 10, 60, 103),
    _mallet("hang", "Hang", _hang, 114, 45, 81),
)
