"""Drum kits: acoustic drums here, cymbals and drum machines in files of their own.

Pitch tunes a drum against its General MIDI key.
"""

from functools import partial
from typing import Final

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.instruments import cymbals, drum_machines
from everjam.engines.band.instruments.contract import Patch
from everjam.engines.band.instruments.drum_models import Kick, Snare, Tom, play_kick, play_snare, play_tom
from everjam.engines.band.instruments.dsp.base import add_at_start, attack, decay, frames_of, noise, unit
from everjam.engines.band.instruments.dsp.filters import bandpass, burst, highpass, shape
from everjam.engines.band.instruments.dsp.modal import modal
from everjam.engines.band.instruments.voicing import Stroke, Voice, make_patch

_KICK: Final = Kick(
    55.0,
    ((75.0, 0.014), (22.0, 0.05)),
    0.085,
    0.01,
    1.2,
    0.42,
    (1400.0, 5200.0),
    0.0045,
    ((92.0, 0.30, 0.06), (143.0, 0.16, 0.045), (187.0, 0.12, 0.035), (262.0, 0.10, 0.028), (411.0, 0.06, 0.02)),
)
_MARCH_KICK: Final = Kick(
    46.0,
    ((16.0, 0.03),),
    0.24,
    0.005,
    0.8,
    0.5,
    (90.0, 700.0),
    0.02,
    ((73.0, 0.55, 0.22), (98.0, 0.4, 0.18), (121.0, 0.3, 0.14), (147.0, 0.22, 0.11), (171.0, 0.16, 0.08)),
)
_SNARE: Final = Snare(
    (
        (184.0, 1.0, 0.085), (286.0, 0.55, 0.06), (336.0, 0.5, 0.055), (421.0, 0.36, 0.045), (497.0, 0.3, 0.04),
        (563.0, 0.22, 0.035), (644.0, 0.2, 0.03), (762.0, 0.15, 0.028), (908.0, 0.12, 0.02), (1260.0, 0.1, 0.016),
    ),
    0.05, 0.62, (1150.0, 7000.0), (0.045, 0.10), 0.4, 0.35, 0.5,
)  # fmt: skip
_MARCH_SNARE: Final = Snare(
    (
        (302.0, 1.0, 0.045), (458.0, 0.6, 0.04), (611.0, 0.5, 0.032), (742.0, 0.35, 0.028), (903.0, 0.3, 0.022),
        (1240.0, 0.2, 0.016),
    ),
    0.03, 1.15, (1900.0, 9500.0), (0.05, 0.085), 0.9, 0.7, 0.36,
)  # fmt: skip
_TOM: Final = Tom(
    104.0, 0.22, 0.05, 0.15,
    ((1.59, 0.42, 0.1), (2.14, 0.26, 0.07), (2.30, 0.2, 0.06), (2.65, 0.16, 0.05), (2.92, 0.12, 0.04)),
    0.1, (300.0, 2500.0), 0.05, 0.4,
)  # fmt: skip


def _snare_march(stroke: Stroke) -> Float32Array:
    """Tight heads and gut snares; the stick bounces, so that close strokes run together into a roll."""
    out = play_snare(_MARCH_SNARE, stroke)
    bounced = out.copy()
    for seconds, level in ((0.034, 0.22), (0.062, 0.14), (0.085, 0.08)):
        start = frames_of(seconds * float(stroke.rng.uniform(0.93, 1.07)))
        bounced[start:] += out[:-start] * np.float32(level / stroke.hard(0.5, 1.0))
    return bounced


def _snare_brush(stroke: Stroke) -> Float32Array:
    frames = frames_of(0.34)
    swish = shape(
        noise(stroke.rng, frames),
        bandpass(1500.0 * stroke.hard(0.6, 1.0), stroke.bright(4200.0, 11000.0) * stroke.hard(0.5, 1.1), 1),
    )
    envelope = 0.55 * decay(frames, 0.02) + attack(frames, 0.05) * decay(frames, 0.075)
    taps = modal(
        np.array([192.0, 301.0, 352.0, 470.0]) * stroke.tuning, [1.0, 0.5, 0.4, 0.25], [0.05, 0.035, 0.03, 0.02], frames
    )
    return unit(swish * envelope) + taps * np.float32(stroke.hard(0.14, 0.28))


def _rim(stroke: Stroke) -> Float32Array:
    frames = frames_of(0.22)
    hz = np.array([480.0, 1080.0, 1720.0, 2480.0, 3650.0, 5300.0]) * stroke.tuning
    levels = np.array([0.4, 1.0, 0.9, 0.8, 0.6, 0.4]) * stroke.bright(0.7, 1.4) ** np.array([0, 0, 1, 1, 2, 2])
    taus = np.array([0.03, 0.02, 0.014, 0.011, 0.008, 0.006])
    out = unit(modal(hz, levels, taus, frames, stroke.rng.uniform(0.0, 0.5, hz.size)))
    room = unit(shape(noise(stroke.rng, frames), bandpass(900.0, stroke.bright(4500.0, 9000.0))))
    out += room * (decay(frames, 0.008) * np.float32(0.5) + decay(frames, 0.05) * np.float32(0.06))
    add_at_start(out, burst(stroke.rng, 0.012, 0.0008, highpass(3000.0)) * np.float32(stroke.hard(0.15, 0.6)))
    return out


def _drum(name: str, title: str, voice: Voice, gm: int, pivot_hz: float, variants: int) -> Patch:
    return make_patch(
        name, title, "drums", voice, gm=gm, sustained=False, variants=variants, drum=True, pivot_hz=pivot_hz
    )


PATCHES: Final[tuple[Patch, ...]] = (
    *cymbals.PATCHES,
    *drum_machines.PATCHES,
    _drum("kick_acoustic", "Acoustic kick", partial(play_kick, _KICK), 36, 400.0, 3),
    _drum("kick_march", "Marching bass drum", partial(play_kick, _MARCH_KICK), 35, 250.0, 3),
    _drum("snare_acoustic", "Acoustic snare", partial(play_snare, _SNARE), 38, 1200.0, 4),
    _drum("snare_brush", "Brushed snare", _snare_brush, 38, 1500.0, 4),
    _drum("snare_march", "Marching snare", _snare_march, 38, 1800.0, 4),
    _drum("rim", "Rim shot", _rim, 37, 1500.0, 2),
    _drum("tom_acoustic", "Acoustic tom", partial(play_tom, _TOM), 47, 500.0, 3),
)
