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
    attack,
    control_times,
    decay,
    frames_of,
    release,
    times,
    unit,
)
from everjam.engines.band.instruments.dsp.filters import bandpass, burst, highpass, peaks, shape
from everjam.engines.band.instruments.dsp.modal import modal
from everjam.engines.band.instruments.dsp.shaping import saturate
from everjam.engines.band.instruments.dsp.strings import StringModel, pluck
from everjam.engines.band.instruments.dsp.wavetable import harmonic_count, phase, read, stack
from everjam.engines.band.instruments.sustained import Sustained, sustain
from everjam.engines.band.instruments.voicing import Stroke, make_patch


def _piano(stroke: Stroke) -> Float32Array:
    """Inharmonic partials in two decays (string against bridge), a soundboard, the hammer's thud."""
    key = 69.0 + 12.0 * np.log2(stroke.hz / 440.0)
    longest = 10.0 * 2.0 ** (-(key - 48.0) / 16.0)
    frames = frames_of(min(stroke.held_seconds + 0.3, longest * 0.85 + 0.3, 5.0))
    stiffness = 0.00012 if key < 45.0 else 0.00012 * 2.0 ** ((key - 45.0) / 8.5)
    number = np.arange(1, min(56, harmonic_count(stroke.hz)) + 1)
    hz = number * stroke.hz * np.sqrt((1.0 + stiffness * number**2) / (1.0 + stiffness))
    hammer_hz = (700.0 + 0.9 * stroke.hz) * stroke.hard(0.75, 2.6) * stroke.bright(0.6, 1.7)
    levels = np.abs(np.sin(np.pi * number * 0.118)) ** 0.7 / number**0.35 / (1.0 + (hz / hammer_hz) ** 2)
    levels *= 1.0 + 0.12 * stroke.rng.standard_normal(number.size)
    levels *= highpass(70.0, 1)(hz.astype(np.float32))
    slow = longest / 6.9 / (1.0 + (hz / 1800.0) ** 1.1 * 0.5)
    fast = slow * 0.2
    sides = np.stack([stroke.rng.uniform(0.75, 1.25, number.size), stroke.rng.uniform(0.75, 1.25, number.size)])
    beat = 2.0 ** (np.clip(0.7 - 0.01 * (key - 60.0), 0.2, 1.0) / 1200.0)
    out = modal(
        np.concatenate([hz, hz * beat, hz / beat]),
        np.concatenate([levels * sides * 0.62, levels * 0.16 * sides[::-1], levels * 0.14 * sides], axis=1),
        np.concatenate([fast, slow, slow * 0.85]),
        frames,
        np.concatenate([np.zeros(number.size), stroke.rng.uniform(-0.8, 0.8, 2 * number.size)]),
    )
    out = out * attack(frames, stroke.hard(0.004, 0.0012))
    thud = burst(stroke.rng, 0.12, 0.02, bandpass(70.0, stroke.bright(450.0, 1100.0) * stroke.hard(0.6, 1.3)))
    add_at_start(out, thud * np.float32(0.10 * stroke.hard(0.4, 1.4) * np.abs(out).max()))
    return out * release(frames, stroke.held_seconds, 0.28)


def _rhodes(stroke: Stroke) -> Float32Array:
    """A tine beside a tone bar, heard by a magnet that makes it bark; a slow stereo tremolo."""
    decay_seconds = 1.9 * 2.0 ** (-np.log2(stroke.hz / 261.63) / 2.2)
    frames = frames_of(min(stroke.held_seconds + 0.25, decay_seconds * 5.0, 5.0))
    turn = np.float32(TAU) * ((np.float64(stroke.hz) * times(frames)) % 1.0).astype(np.float32)
    bark = stroke.hard(0.12, 1.5) * stroke.bright(0.55, 1.7)
    index = np.float32(bark) * (decay(frames, decay_seconds * 0.3) * np.float32(0.75) + np.float32(0.25))
    body = np.sin(turn + index * np.sin(turn)) * decay(frames, decay_seconds)
    ratio = 14.0 if stroke.hz < 700.0 else 7.0
    chime = np.float32(stroke.hard(0.05, 0.5) * stroke.bright(0.5, 1.8)) * decay(frames, 0.11)
    tine = np.sin(turn + chime * np.sin(np.float32(ratio) * turn)) * decay(frames, decay_seconds * 0.6)
    out = (body + np.float32(0.55) * tine) * attack(frames, 0.0015)
    thump = burst(stroke.rng, 0.04, 0.006, bandpass(120.0, 900.0))
    add_at_start(out, thump * np.float32(stroke.hard(0.03, 0.14)))
    out *= release(frames, stroke.held_seconds, 0.22)
    pan = np.float32(0.2) * np.sin(
        np.float32(TAU) * (np.float32(4.4) * times(frames) + np.float32(stroke.rng.uniform()))
    )
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


def _clavinet(stroke: Stroke) -> Float32Array:
    """A hammered string under two pickups."""
    frames = frames_of(min(stroke.held_seconds, 3.0) + 0.06)
    model = StringModel(
        2.6 * (220.0 / stroke.hz) ** 0.5,
        3200.0 * stroke.bright(0.6, 1.5),
        pick=0.07,
        pickup=0.17,
        stiffness=3e-5,
        pluck_hz=stroke.bright(2600.0, 7000.0) * stroke.hard(0.4, 1.1),
        noise=0.15,
    )
    out = unit(shape(pluck(model, stroke.hz, frames, stroke.rng), highpass(140.0, 1), peaks(((1900.0, 1300.0, 1.0),))))
    return saturate(out, 1.3 * stroke.hard(0.4, 1.1)) * release(frames, stroke.held_seconds, 0.05)


def _harpsichord(stroke: Stroke) -> Float32Array:
    """An eight-foot and a four-foot choir of quilled strings; the jacks fall back at the end."""
    frames = frames_of(min(stroke.held_seconds, 4.0) + 0.12)
    model = StringModel(
        4.2 * (220.0 / stroke.hz) ** 0.5,
        4200.0 * stroke.bright(0.65, 1.4),
        pick=0.11,
        stiffness=1.2e-5,
        pluck_hz=stroke.bright(4500.0, 11000.0) * stroke.hard(0.7, 1.1),
        noise=0.12,
    )
    out = unit(pluck(model, stroke.hz, frames, stroke.rng))
    out += 0.4 * unit(pluck(model, stroke.hz * 2.0, frames, stroke.rng))
    out = unit(shape(out, highpass(150.0, 1), peaks(((400.0, 200.0, 0.4), (2600.0, 1500.0, 0.5)))))
    quill = burst(stroke.rng, 0.02, 0.002, bandpass(1500.0, 8000.0))
    add_at_start(out, quill * np.float32(0.22))
    return out * release(frames, stroke.held_seconds, 0.1)


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
    make_patch("piano", "Piano", "keys", _piano, gm=0, low=21, high=108, variants=2),
    make_patch("rhodes", "Electric piano", "keys", _rhodes, gm=4, low=28, high=96, variants=2),
    make_patch("organ", "Organ", "keys", _organ, gm=16, low=36, high=96, variants=2),
    make_patch("clavinet", "Clavinet", "keys", _clavinet, gm=7, low=36, high=88, variants=2),
    make_patch("harpsichord", "Harpsichord", "keys", _harpsichord, gm=6, low=36, high=89, variants=2),
    make_patch("accordion", "Accordion", "keys", partial(sustain, _ACCORDION), gm=21, low=48, high=89, variants=2),
)
