"""Keyboards: pianos, electric pianos, organ, clavinet, harpsichord, clavichord, accordion."""

from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.instruments.contract import Patch
from everjam.engines.band.instruments.dsp.base import (
    TAU,
    add_at_start,
    adsr,
    attack,
    control_times,
    decay,
    f32,
    frames_of,
    release,
    times,
    unit,
)
from everjam.engines.band.instruments.dsp.filters import bandpass, burst
from everjam.engines.band.instruments.dsp.modal import modal
from everjam.engines.band.instruments.dsp.shaping import saturate
from everjam.engines.band.instruments.dsp.wavetable import harmonic_count, phase, read, stack
from everjam.engines.band.instruments.playing import Bend, Plucked, play
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

_HONKYTONK: Final = Struck(
    "piano_honkytonk", release_seconds=0.25, longest_seconds=4.0, edge_hz=2400.0, ring=0.75, spread=0.25,
    courses=((-9.0, 1.0), (1.0, 0.9), (8.5, 0.9)), attack_seconds=0.001,
    noise=0.14, noise_hz=(200.0, 2600.0), noise_tau_seconds=0.012,
)  # fmt: skip
_FELT: Final = replace(
    _PIANO, edge_hz=300.0, damping_hz=1800.0, ring=0.8, attack_seconds=0.006, beat_cents=1.2,
    body=((170.0, 120.0, 0.9),), noise=0.24, noise_hz=(60.0, 420.0), noise_tau_seconds=0.03,
)  # fmt: skip
_CLAVICHORD: Final = Plucked(
    Struck(
        "harpsichord", release_seconds=0.09, longest_seconds=1.8, edge_hz=1300.0, ring=0.35, damping_hz=4500.0,
        body=((520.0, 260.0, 0.8),), floor=0.8, courses=((-1.0, 1.0), (1.0, 0.9)),
        noise=0.3, noise_hz=(300.0, 2600.0), noise_tau_seconds=0.01,
    ),
    Bend(14.0, 0.012, 11.0, 5.6, 0.18),
)  # fmt: skip
"""The tangent stays on the string: pressing it further bends the note."""


def _felt(stroke: Stroke) -> Float32Array:
    """Cloth between hammer and string; the action is heard as much as the string."""
    out = strike(_FELT, stroke)
    knock = burst(stroke.rng, 0.05, 0.01, bandpass(900.0, 3200.0))
    add_at_start(out, knock * np.float32(0.035 * float(np.abs(out).max())))
    return out


_REED_LEVELS: Final = np.array([1.0, 0.32, 0.42, 0.1, 0.16, 0.05, 0.07, 0.03, 0.03])
_REED_TAUS: Final = np.array([0.85, 0.45, 0.4, 0.22, 0.2, 0.12, 0.1, 0.07, 0.06])
"""Seconds, at middle C."""


def _wurlitzer(stroke: Stroke) -> Float32Array:
    """A steel reed before a charged plate: odd harmonics, a growl when struck hard, the level sways."""
    scale = 2.0 ** (-np.log2(stroke.hz / 261.63) / 2.6)
    number = np.arange(1, _REED_LEVELS.size + 1)
    levels = _REED_LEVELS * (stroke.bright(0.65, 1.5) * stroke.hard(0.55, 1.15)) ** np.log2(number)
    levels = levels * (1.0 + 0.06 * stroke.rng.standard_normal(number.size))
    frames = frames_of(min(stroke.held_seconds + 0.2, 4.0))
    # The reed's own second mode, out of tune, is gone at once.
    hz = np.append(stroke.hz * number, stroke.hz * 6.27)
    reed = modal(hz, np.append(levels, 0.2 * stroke.hard(0.3, 1.2)), np.append(_REED_TAUS * scale, 0.03), frames)
    reed = unit(reed * attack(frames, 0.0012))
    out = saturate(reed, stroke.hard(0.7, 3.0), stroke.hard(0.1, 0.45))
    thump = burst(stroke.rng, 0.04, 0.007, bandpass(150.0, 1300.0))
    add_at_start(out, thump * np.float32(0.1 * stroke.hard(0.4, 1.0)))
    sway = 1.0 - np.float32(0.16) * (
        1.0 + np.sin(np.float32(TAU) * (np.float32(5.6) * times(frames) + np.float32(stroke.rng.uniform())))
    )
    return f32(out * sway * release(frames, stroke.held_seconds, 0.18))


PATCHES: Final[tuple[Patch, ...]] = (
    make_patch("piano", "Piano", "keys", partial(strike, _PIANO), gm=0, low=21, high=108, variants=2),
    make_patch("rhodes", "Electric piano", "keys", _rhodes, gm=4, low=28, high=96, variants=2),
    make_patch("organ", "Organ", "keys", _organ, gm=16, low=36, high=96, variants=2),
    make_patch("clavinet", "Clavinet", "keys", partial(strike, _CLAVINET), gm=7, low=36, high=88, variants=2),
    make_patch("harpsichord", "Harpsichord", "keys", partial(strike, _HARPSICHORD), gm=6, low=36, high=89, variants=2),
    make_patch("accordion", "Accordion", "keys", partial(sustain, _ACCORDION), gm=21, low=48, high=89, variants=2),
    make_patch("piano_honkytonk", "Honky-tonk piano", "keys", partial(strike, _HONKYTONK), gm=3, low=24, high=103),
    make_patch("piano_felt", "Felt piano", "keys", _felt, gm=0, low=24, high=100),
    make_patch("wurlitzer", "Reed electric piano", "keys", _wurlitzer, gm=4, low=33, high=96),
    make_patch("clavichord", "Clavichord", "keys", partial(play, _CLAVICHORD), gm=7, low=36, high=88),
)
