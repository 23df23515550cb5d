"""Keyboards: piano, electric piano, organ, clavinet, harpsichord, accordion."""

from functools import partial
from typing import Final

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.instruments.contract import Patch
from everjam.engines.band.instruments.dsp.base import (
    TAU,
    add_at_start,
    adsr,
    control_times,
    decay,
    frames_of,
    times,
    unit,
)
from everjam.engines.band.instruments.dsp.filters import bandpass, burst
from everjam.engines.band.instruments.dsp.shaping import saturate
from everjam.engines.band.instruments.dsp.wavetable import harmonic_count, phase, read, stack
from everjam.engines.band.instruments.struck import Struck, strike
from everjam.engines.band.instruments.sustained import Sustained, sustain
from everjam.engines.band.instruments.voicing import Stroke, make_patch

_PIANO: Final = Struck(
    "piano",
    release_seconds=0.3,
    longest_seconds=5.5,
    edge_hz=900.0,
    beat_cents=0.8,
    spread=0.25,
    attack_seconds=0.0015,
    noise=0.10,
    noise_hz=(70.0, 900.0),
    noise_tau_seconds=0.02,
)
_HARPSICHORD: Final = Struck(
    "harpsichord",
    release_seconds=0.14,
    edge_hz=3000.0,
    beat_cents=1.0,
    spread=0.2,
    noise=0.2,
    noise_hz=(1500.0, 8000.0),
    noise_tau_seconds=0.003,
)
_CLAVINET: Final = Struck(
    "clavinet", release_seconds=0.07, edge_hz=2000.0, noise=0.12, noise_hz=(800.0, 5000.0), noise_tau_seconds=0.004
)


_RHODES: Final = Struck(
    "rhodes",
    release_seconds=0.25,
    longest_seconds=5.0,
    edge_hz=900.0,
    attack_seconds=0.0015,
    noise=0.06,
    noise_hz=(120.0, 900.0),
    noise_tau_seconds=0.006,
)


def _rhodes(stroke: Stroke) -> Float32Array:
    """Tine and tone bar before a magnet that barks when struck hard; a slow stereo tremolo."""
    out = unit(strike(_RHODES, stroke))
    out = saturate(out, stroke.hard(0.35, 1.5), stroke.hard(0.05, 0.4))
    at = times(out.shape[-1])
    pan = np.float32(0.2) * np.sin(np.float32(TAU) * (np.float32(4.4) * at + np.float32(stroke.rng.uniform())))
    return np.stack([out * (1.0 + pan), out * (1.0 - pan)])


_DRAWBARS: Final = ((1, 0.6), (2, 1.0), (3, 0.62), (4, 0.72), (6, 0.22), (8, 0.34), (10, 0.10), (12, 0.10), (16, 0.22))
"""Multiples of half the fundamental (16-foot first) and their levels."""


def _organ(stroke: Stroke) -> Float32Array:
    """Drawbars, key click, percussion, a turning horn."""
    frames = frames_of(stroke.held_seconds + 0.06)
    levels = np.zeros(16)
    for number, level in _DRAWBARS:
        levels[number - 1] = level * stroke.bright(0.5, 1.7) ** np.log2(number / 2.0)
    count = harmonic_count(stroke.hz / 2.0)
    at = control_times(frames)
    spin = 6.6
    start = float(stroke.rng.uniform())
    swing = 2.0 ** (4.5 * np.sin(TAU * (spin * at + start)) / 1200.0)
    table = stack(levels[None, :count], stroke.rng.uniform(0.0, TAU, min(count, 16)))[0]
    out = read(phase((stroke.hz / 2.0 * swing).astype(np.float32), frames), table)
    percussion = np.sin(np.float32(TAU) * ((np.float64(stroke.hz * 3.0) * times(frames)) % 1.0).astype(np.float32))
    out = unit(out) + percussion * (decay(frames, 0.12) * np.float32(stroke.hard(0.08, 0.4)))
    click = burst(stroke.rng, 0.012, 0.002, bandpass(900.0, stroke.bright(3500.0, 8000.0)))
    add_at_start(out, click * np.float32(0.22))
    out = saturate(out, stroke.hard(0.35, 1.3) * stroke.bright(0.7, 1.4), 0.1)
    out *= adsr(frames, stroke.held_seconds, attack_seconds=0.003, decay_seconds=1.0, sustain=1.0, release_seconds=0.05)
    turn = np.float32(0.16) * np.sin(np.float32(TAU) * (np.float32(spin) * times(frames) + np.float32(start)))
    return np.stack([out * (1.0 + turn), out * (1.0 - turn)])


_ACCORDION: Final = Sustained(
    cutoff_hz=(2500.0, 14_000.0),
    cutoff_harmonics=(4.0, 7.0),
    slope=1.8,
    attack_seconds=0.09,
    release_seconds=0.22,
    sustain=0.95,
    vibrato_cents=0.0,
    jitter_cents=0.6,
    breath=0.02,
    voices=3,
    detune_cents=9.0,
    width=0.35,
    measured="accordion",
)

PATCHES: Final[tuple[Patch, ...]] = (
    make_patch("piano", "Piano", "keys", partial(strike, _PIANO), gm=0, low=21, high=108, variants=2),
    make_patch("rhodes", "Electric piano", "keys", _rhodes, gm=4, low=28, high=96, variants=2),
    make_patch("organ", "Organ", "keys", _organ, gm=16, low=36, high=96, variants=2),
    make_patch("clavinet", "Clavinet", "keys", partial(strike, _CLAVINET), gm=7, low=36, high=88, variants=2),
    make_patch("harpsichord", "Harpsichord", "keys", partial(strike, _HARPSICHORD), gm=6, low=36, high=89, variants=2),
    make_patch("accordion", "Accordion", "keys", partial(sustain, _ACCORDION), gm=21, low=48, high=89, variants=2),
)
