"""Drum kits: electronic (808, 909, punchy, chip) and acoustic. Pitch tunes a drum against its General MIDI key."""

from functools import partial
from typing import Final

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.instruments import cymbals
from everjam.engines.band.instruments.contract import Patch
from everjam.engines.band.instruments.drum_models import Kick, Snare, play_kick, play_snare
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
from everjam.engines.band.instruments.dsp.filters import bandpass, burst, highpass, lowpass, peaks, shape
from everjam.engines.band.instruments.dsp.modal import modal
from everjam.engines.band.instruments.dsp.shaping import overdrive, saturate
from everjam.engines.band.instruments.dsp.wavetable import harmonic_count, phase, read, square, stack
from everjam.engines.band.instruments.voicing import Stroke, make_patch

_METAL_HZ: Final = np.array([205.3, 304.4, 369.6, 522.7, 540.0, 800.0])
"""The six square-wave oscillators of the TR-808's cymbals (Werner, Abel, Smith, DAFx 2014)."""


_KICKS: Final = {
    "kick_808": Kick(48.0, ((95.0, 0.012), (14.0, 0.06)), 0.26, 0.04, 1.3, 0.10, (900.0, 4000.0), 0.002),
    "kick_909": Kick(47.0, ((250.0, 0.011), (48.0, 0.045)), 0.13, 0.03, 1.9, 0.36, (1200.0, 8000.0), 0.0025),
    "kick_punchy": Kick(51.0, ((330.0, 0.008), (95.0, 0.03)), 0.09, 0.045, 2.8, 0.55, (1800.0, 9000.0), 0.002),
    "kick_acoustic": Kick(
        55.0,
        ((75.0, 0.014), (22.0, 0.05)),
        0.085,
        0.01,
        1.2,
        0.42,
        (1400.0, 5200.0),
        0.0045,
        ((92.0, 0.30, 0.06), (143.0, 0.16, 0.045), (187.0, 0.12, 0.035), (262.0, 0.10, 0.028), (411.0, 0.06, 0.02)),
    ),
    "kick_linn": Kick(
        60.0,
        ((70.0, 0.009), (24.0, 0.03)),
        0.055,
        0.018,
        1.5,
        0.8,
        (2600.0, 7000.0),
        0.004,
        ((121.0, 0.35, 0.04), (178.0, 0.2, 0.03), (3300.0, 0.05, 0.006)),
    ),
    "kick_lofi": Kick(54.0, ((80.0, 0.02), (20.0, 0.06)), 0.12, 0.015, 2.4, 0.5, (350.0, 1500.0), 0.012),
    "kick_march": Kick(
        46.0,
        ((16.0, 0.03),),
        0.24,
        0.005,
        0.8,
        0.5,
        (90.0, 700.0),
        0.02,
        ((73.0, 0.55, 0.22), (98.0, 0.4, 0.18), (121.0, 0.3, 0.14), (147.0, 0.22, 0.11), (171.0, 0.16, 0.08)),
    ),
}


def _kick_hard(stroke: Stroke) -> Float32Array:
    """A long sine driven until it is nearly square, twice, under a hard click: gabber and hardstyle."""
    frames = frames_of(0.62)
    at = times(frames)
    cycles = np.float32(49.0 * stroke.tuning) * at
    for hz, tau in ((620.0, 0.009), (150.0, 0.05)):
        cycles = cycles + np.float32(hz * tau * stroke.tuning) * (1.0 - decay(frames, tau))
    body = np.sin(np.float32(TAU) * cycles) * np.exp(-np.maximum(at - np.float32(0.16), 0.0) * np.float32(1.0 / 0.11))
    click = burst(stroke.rng, 0.03, 0.004, bandpass(1500.0, 9000.0))
    add_at_start(body, click * np.float32(0.5))
    edge = stroke.bright(1400.0, 9000.0) * stroke.hard(0.6, 1.0)
    drives = (5.0 * stroke.hard(0.5, 1.0), 3.5)
    return overdrive(body, drives, highpass(45.0), peaks(((220.0, 160.0, 0.9), (1300.0, 900.0, 0.5))), lowpass(edge))


def _grit(levels: float, hold_frames: int, signal: Float32Array) -> Float32Array:
    """An early sampler: few levels, a low rate."""
    held = np.repeat(signal[::hold_frames], hold_frames)[: signal.size]
    return f32(np.round(held * np.float32(levels)) / np.float32(levels))


def _kick_lofi(stroke: Stroke) -> Float32Array:
    """A kick from a worn tape, sampled coarsely: no treble, a little dust."""
    raw = unit(play_kick(_KICKS["kick_lofi"], stroke))
    hiss = unit(shape(noise(stroke.rng, raw.size), bandpass(350.0, 3500.0)))
    dust = hiss * (decay(raw.size, 0.06) * np.float32(0.22 * stroke.hard(0.7, 1.1)))
    boxy = peaks(((260.0, 220.0, 1.1),), 1.0)
    return shape(_grit(12.0, 6, raw + dust), boxy, lowpass(stroke.bright(1300.0, 4200.0)))


def _kick_chip(stroke: Stroke) -> Float32Array:
    frames = frames_of(0.22)
    step = np.floor(times(frames) * np.float32(120.0)) / np.float32(120.0)
    hz = (44.0 + 260.0 * np.exp(-step / 0.035)) * stroke.tuning
    cycles = np.cumsum(hz, dtype=np.float64) / 48_000.0
    wave = np.abs((cycles % 1.0) * 4.0 - 2.0).astype(np.float32) - 1.0
    steps = np.round(wave * 7.5) / 7.5
    out = shape(f32(steps), lowpass(stroke.bright(2500.0, 9000.0) * stroke.hard(0.5, 1.0)))
    return out * decay(frames, 0.06)


_SNARES: Final = {
    "snare_808": Snare(
        ((178.0, 1.0, 0.06), (331.0, 0.55, 0.04)), 0.12, 0.75, (1500.0, 9000.0), (0.055, 0.09), 0.15, 0.0, 0.32
    ),
    "snare_909": Snare(
        ((186.0, 1.0, 0.055), (332.0, 0.6, 0.04)), 0.35, 1.0, (1100.0, 11000.0), (0.06, 0.13), 0.3, 0.0, 0.45
    ),
    "snare_acoustic": Snare(
        (
            (184.0, 1.0, 0.085),
            (286.0, 0.55, 0.06),
            (336.0, 0.5, 0.055),
            (421.0, 0.36, 0.045),
            (497.0, 0.3, 0.04),
            (563.0, 0.22, 0.035),
            (644.0, 0.2, 0.03),
            (762.0, 0.15, 0.028),
            (908.0, 0.12, 0.02),
            (1260.0, 0.1, 0.016),
        ),
        0.05,
        0.62,
        (1150.0, 7000.0),
        (0.045, 0.10),
        0.4,
        0.35,
        0.5,
    ),
    "snare_linn": Snare(
        ((205.0, 1.0, 0.07), (318.0, 0.5, 0.06), (412.0, 0.4, 0.05), (535.0, 0.3, 0.04), (690.0, 0.2, 0.03)),
        0.02,
        0.75,
        (900.0, 6500.0),
        (0.09, 0.10),
        0.7,
        0.15,
        0.26,
    ),
    "snare_trap": Snare(
        ((262.0, 1.0, 0.035), (431.0, 0.5, 0.025)), 0.5, 1.3, (2400.0, 13_000.0), (0.028, 0.07), 0.9, 0.0, 0.24
    ),
    "snare_march": Snare(
        (
            (302.0, 1.0, 0.045),
            (458.0, 0.6, 0.04),
            (611.0, 0.5, 0.032),
            (742.0, 0.35, 0.028),
            (903.0, 0.3, 0.022),
            (1240.0, 0.2, 0.016),
        ),
        0.03,
        1.15,
        (1900.0, 9500.0),
        (0.05, 0.085),
        0.9,
        0.7,
        0.36,
    ),
    "snare_lofi": Snare(
        ((171.0, 1.0, 0.07), (268.0, 0.6, 0.05), (342.0, 0.4, 0.045)),
        0.08,
        0.8,
        (500.0, 3600.0),
        (0.05, 0.06),
        0.3,
        0.1,
        0.3,
    ),
}


def _snare_linn(stroke: Stroke) -> Float32Array:
    """A recorded drum whose end was cut off to save memory."""
    out = play_snare(_SNARES["snare_linn"], stroke)
    out = saturate(unit(out), 1.6)
    return out * (1.0 - attack(out.size, 0.2) ** 6)


def _snare_march(stroke: Stroke) -> Float32Array:
    """Tight heads and gut snares; the stick bounces, so that close strokes run together into a roll."""
    out = play_snare(_SNARES["snare_march"], stroke)
    bounced = out.copy()
    for seconds, level in ((0.034, 0.22), (0.062, 0.14), (0.085, 0.08)):
        start = frames_of(seconds * float(stroke.rng.uniform(0.93, 1.07)))
        bounced[start:] += out[:-start] * np.float32(level / stroke.hard(0.5, 1.0))
    return bounced


def _snare_lofi(stroke: Stroke) -> Float32Array:
    """A snare sampled coarsely from a record."""
    raw = unit(play_snare(_SNARES["snare_lofi"], stroke))
    return shape(_grit(20.0, 4, raw), lowpass(stroke.bright(2200.0, 6500.0)), highpass(120.0))


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


def _snare_chip(stroke: Stroke) -> Float32Array:
    frames = frames_of(0.2)
    period = max(2, round(5.0 / stroke.bright(0.6, 1.6)))
    held = np.repeat(np.sign(noise(stroke.rng, frames // period + 1)), period)[:frames]
    tone = np.sign(np.sin(np.float32(TAU * 190.0 * stroke.tuning) * times(frames))) * decay(frames, 0.025)
    return f32((held * decay(frames, stroke.hard(0.03, 0.05)) + 0.6 * tone).astype(np.float32))


def _clap(stroke: Stroke) -> Float32Array:
    frames = frames_of(0.42)
    envelope = np.zeros(frames, np.float32)
    hands = (0.0, 0.0105, 0.0205, 0.0300)
    for hand, start_seconds in enumerate(hands):
        start = frames_of(max(0.0, start_seconds + (0.0008 * float(stroke.rng.standard_normal()) if hand else 0.0)))
        tau = 0.005 if hand < len(hands) - 1 else stroke.hard(0.045, 0.075)
        envelope[start:] = np.maximum(envelope[start:], decay(frames - start, tau))
    sides = noise(stroke.rng, 2 * frames).reshape(2, frames)
    band = bandpass(780.0 * stroke.tuning, stroke.bright(1900.0, 5200.0))
    room = peaks(((1150.0 * stroke.tuning, 500.0, 1.6), (2300.0 * stroke.tuning, 900.0, 0.8)))
    both = shape(sides, band, room)
    return np.stack([both[0] * 0.8 + both[1] * 0.4, both[1] * 0.8 + both[0] * 0.4]) * envelope


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


def _hat(tau_seconds: float, seconds: float, stroke: Stroke) -> Float32Array:
    """Electronic hi-hat: six square waves and a little noise above 7 kHz."""
    frames = frames_of(seconds)
    out = noise(stroke.rng, frames) * np.float32(0.35)
    for hz in _METAL_HZ * (3.96 * stroke.tuning):
        table = stack(square(harmonic_count(float(hz)))[None, :])[0]
        out += read(phase(float(hz), frames, float(stroke.rng.uniform())), table) * np.float32(0.6)
    out = shape(out, bandpass(stroke.bright(5600.0, 8600.0), 15500.0, 3))
    return out * decay(frames, tau_seconds * stroke.hard(0.6, 1.1))


def _hat_trap(stroke: Stroke) -> Float32Array:
    """A tick of a hi-hat: short enough for rolls at 64th notes."""
    frames = frames_of(0.07)
    out = noise(stroke.rng, frames) * np.float32(0.8)
    for hz in _METAL_HZ * (5.1 * stroke.tuning):
        table = stack(square(harmonic_count(float(hz)))[None, :])[0]
        out += read(phase(float(hz), frames, float(stroke.rng.uniform())), table) * np.float32(0.4)
    out = shape(out, bandpass(stroke.bright(7500.0, 10_500.0), 17_500.0, 3))
    return out * (decay(frames, 0.0045) + decay(frames, 0.011) * np.float32(stroke.hard(0.25, 0.6)))


def _hat_lofi(stroke: Stroke) -> Float32Array:
    """A hi-hat of a dusty break: coarse, without the top octave."""
    raw = _hat(0.03, 0.15, stroke)
    grains = unit(raw) + noise(stroke.rng, raw.size) * (decay(raw.size, 0.02) * np.float32(0.3))
    return shape(_grit(10.0, 3, unit(grains)), bandpass(1800.0, stroke.bright(4200.0, 8500.0)))


def _hat_chip(stroke: Stroke) -> Float32Array:
    frames = frames_of(0.06)
    held = np.sign(noise(stroke.rng, frames))
    return shape(held, highpass(stroke.bright(3500.0, 9500.0))) * decay(frames, stroke.hard(0.007, 0.014))


def _tom(acoustic: bool, stroke: Stroke) -> Float32Array:  # noqa: FBT001
    frames = frames_of(0.7 if acoustic else 0.55)
    base = 104.0 * stroke.tuning
    bend, bend_tau, tau = (0.22, 0.05, 0.15) if acoustic else (0.9, 0.07, 0.13)
    cycles = np.float32(base) * times(frames)
    cycles = cycles + np.float32(base * bend * bend_tau * stroke.hard(0.5, 1.1)) * (1.0 - decay(frames, bend_tau))
    out = np.sin(np.float32(TAU) * cycles) * decay(frames, tau)
    if acoustic:
        ratios = np.array([1.59, 2.14, 2.30, 2.65, 2.92, 3.50])
        levels = np.array([0.42, 0.26, 0.2, 0.16, 0.12, 0.1]) * stroke.hard(0.5, 1.1)
        out += modal(base * ratios, levels, np.array([0.1, 0.07, 0.06, 0.05, 0.04, 0.03]), frames)
    click = burst(stroke.rng, 0.03, 0.004, bandpass(500.0, stroke.bright(2200.0, 6500.0)))
    add_at_start(out, click * np.float32(stroke.hard(0.1, 0.5)))
    return saturate(out, 1.1)


def _drum(name: str, title: str, voice: partial[Float32Array], gm: int, pivot_hz: float, variants: int) -> Patch:
    return make_patch(
        name, title, "drums", voice, gm=gm, sustained=False, variants=variants, drum=True, pivot_hz=pivot_hz
    )


PATCHES: Final[tuple[Patch, ...]] = (
    *cymbals.PATCHES,
    _drum("kick_808", "808 kick", partial(play_kick, _KICKS["kick_808"]), 36, 300.0, 2),
    _drum("kick_909", "909 kick", partial(play_kick, _KICKS["kick_909"]), 36, 300.0, 2),
    _drum("kick_acoustic", "Acoustic kick", partial(play_kick, _KICKS["kick_acoustic"]), 36, 400.0, 3),
    _drum("kick_punchy", "Punchy club kick", partial(play_kick, _KICKS["kick_punchy"]), 36, 300.0, 2),
    _drum("kick_chip", "Chip kick", partial(_kick_chip), 36, 400.0, 1),
    _drum("kick_linn", "Eighties sampled kick", partial(play_kick, _KICKS["kick_linn"]), 36, 400.0, 2),
    _drum("kick_hard", "Distorted gabber kick", partial(_kick_hard), 36, 500.0, 2),
    _drum("kick_lofi", "Lo-fi kick", partial(_kick_lofi), 36, 300.0, 3),
    _drum("kick_march", "Marching bass drum", partial(play_kick, _KICKS["kick_march"]), 35, 250.0, 3),
    _drum("snare_808", "808 snare", partial(play_snare, _SNARES["snare_808"]), 38, 1200.0, 3),
    _drum("snare_909", "909 snare", partial(play_snare, _SNARES["snare_909"]), 38, 1200.0, 3),
    _drum("snare_acoustic", "Acoustic snare", partial(play_snare, _SNARES["snare_acoustic"]), 38, 1200.0, 4),
    _drum("snare_brush", "Brushed snare", partial(_snare_brush), 38, 1500.0, 4),
    _drum("snare_chip", "Chip snare", partial(_snare_chip), 38, 1500.0, 2),
    _drum("snare_linn", "Eighties sampled snare", partial(_snare_linn), 38, 1200.0, 2),
    _drum("snare_trap", "Trap snare", partial(play_snare, _SNARES["snare_trap"]), 40, 2000.0, 3),
    _drum("snare_march", "Marching snare", partial(_snare_march), 38, 1800.0, 4),
    _drum("snare_lofi", "Lo-fi snare", partial(_snare_lofi), 38, 1000.0, 3),
    _drum("clap", "Hand clap", partial(_clap), 39, 1500.0, 3),
    _drum("rim", "Rim shot", partial(_rim), 37, 1500.0, 2),
    _drum("hat_closed", "Closed hi-hat", partial(_hat, 0.022, 0.14), 42, 6000.0, 4),
    _drum("hat_open", "Open hi-hat", partial(_hat, 0.14, 0.6), 46, 6000.0, 3),
    _drum("hat_chip", "Chip hi-hat", partial(_hat_chip), 42, 6000.0, 2),
    _drum("hat_trap", "Trap hi-hat", partial(_hat_trap), 42, 9000.0, 4),
    _drum("hat_lofi", "Lo-fi hi-hat", partial(_hat_lofi), 42, 3500.0, 4),
    _drum("tom_acoustic", "Acoustic tom", partial(_tom, True), 47, 500.0, 3),
    _drum("tom_electronic", "Electronic tom", partial(_tom, False), 47, 400.0, 2),
)
