"""Drum kits: electronic (808, 909, punchy, chip) and acoustic. Pitch tunes a drum against its General MIDI key."""

from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.instruments import cymbals
from everjam.engines.band.instruments.contract import Patch
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
from everjam.engines.band.instruments.dsp.shaping import saturate
from everjam.engines.band.instruments.dsp.wavetable import harmonic_count, phase, read, square, stack
from everjam.engines.band.instruments.voicing import Stroke, make_patch

_METAL_HZ: Final = np.array([205.3, 304.4, 369.6, 522.7, 540.0, 800.0])
"""The six square-wave oscillators of the TR-808's cymbals (Werner, Abel, Smith, DAFx 2014)."""


@dataclass(frozen=True, slots=True)
class Kick:
    """A kick drum: a sine that falls in pitch, a drive, a click.

    Attributes:
        base_hz: Where the pitch ends.
        sweeps: Falls in pitch: ``(hz, tau_seconds)``.
        tau_seconds: Decay of the body.
        hold_seconds: Time before the decay begins.
        drive: Saturation at full force.
        click: Level of the click.
        click_hz: Its band.
        click_tau_seconds: Its decay.
        modes: Shell and head resonances: ``(hz, level, tau_seconds)``.
    """

    base_hz: float
    sweeps: tuple[tuple[float, float], ...]
    tau_seconds: float
    hold_seconds: float
    drive: float
    click: float
    click_hz: tuple[float, float]
    click_tau_seconds: float
    modes: tuple[tuple[float, float, float], ...] = ()


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
}


def _kick(kick: Kick, stroke: Stroke) -> Float32Array:
    tau = kick.tau_seconds * stroke.hard(0.75, 1.0)
    frames = frames_of(min(1.4, kick.hold_seconds + tau * 6.5))
    at = times(frames)
    cycles = np.float32(kick.base_hz * stroke.tuning) * at
    depth = stroke.hard(0.6, 1.0)
    for hz, sweep_tau in kick.sweeps:
        cycles = cycles + np.float32(hz * sweep_tau * depth * stroke.tuning) * (1.0 - decay(frames, sweep_tau))
    body = np.sin(np.float32(TAU) * cycles)
    body *= np.exp(-np.maximum(at - np.float32(kick.hold_seconds), 0.0) * np.float32(1.0 / tau))
    if kick.modes:
        hz_, level, taus = (np.array(column) for column in zip(*kick.modes, strict=True))
        body += modal(hz_ * stroke.tuning, level, taus, frames)
    body = saturate(body, kick.drive * stroke.hard(0.5, 1.0) * stroke.bright(0.75, 1.35))
    low, high = kick.click_hz
    click = burst(stroke.rng, 0.03, kick.click_tau_seconds, bandpass(low, high * stroke.bright(0.6, 1.6)))
    add_at_start(body, click * np.float32(kick.click * stroke.hard(0.35, 1.2) * stroke.bright(0.4, 2.0)))
    return body


def _kick_chip(stroke: Stroke) -> Float32Array:
    frames = frames_of(0.22)
    step = np.floor(times(frames) * np.float32(120.0)) / np.float32(120.0)
    hz = (44.0 + 260.0 * np.exp(-step / 0.035)) * stroke.tuning
    cycles = np.cumsum(hz, dtype=np.float64) / 48_000.0
    wave = np.abs((cycles % 1.0) * 4.0 - 2.0).astype(np.float32) - 1.0
    steps = np.round(wave * 7.5) / 7.5
    out = shape(f32(steps), lowpass(stroke.bright(2500.0, 9000.0) * stroke.hard(0.5, 1.0)))
    return out * decay(frames, 0.06)


@dataclass(frozen=True, slots=True)
class Snare:
    """A snare drum: head and shell modes, wires, a stick.

    Attributes:
        modes: ``(hz, level, tau_seconds)``.
        bend: Relative rise of the modes' pitch at the stroke.
        wires: Level of the wires.
        wires_hz: Band of the wires.
        wires_tau_seconds: Decay of the wires: body and air.
        stick: Level of the stick.
        rattle: How much the heads' motion shakes the wires.
        seconds: Length.
    """

    modes: tuple[tuple[float, float, float], ...]
    bend: float
    wires: float
    wires_hz: tuple[float, float]
    wires_tau_seconds: tuple[float, float]
    stick: float
    rattle: float
    seconds: float


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
}


def _snare(snare: Snare, stroke: Stroke) -> Float32Array:
    frames = frames_of(snare.seconds)
    at = times(frames)
    hz, level, taus = (np.array(column) for column in zip(*snare.modes, strict=True))
    hz = hz * stroke.tuning * (1.0 + 0.004 * stroke.rng.standard_normal(hz.size))
    if snare.bend > 0.1:
        bend = np.float32(snare.bend * 0.012) * (1.0 - decay(frames, 0.012))
        drum = np.zeros(frames, np.float32)
        for one_hz, one_level, one_tau in zip(hz, level, taus, strict=True):
            drum += np.float32(one_level) * np.sin(np.float32(TAU * one_hz) * (at + bend)) * decay(frames, one_tau)
    else:
        drum = modal(hz, level, taus * stroke.hard(0.8, 1.1), frames, stroke.rng.uniform(0.0, 0.6, hz.size))
    drum = unit(drum)
    low, high = snare.wires_hz
    raw = noise(stroke.rng, frames)
    body = unit(shape(raw, bandpass(low, high * 0.55 * stroke.bright(0.6, 1.5))))
    air = unit(shape(raw, bandpass(high * 0.42, high * stroke.bright(0.8, 1.7))))
    short, long_ = snare.wires_tau_seconds
    wires = body * decay(frames, short) + air * (decay(frames, long_) * np.float32(0.45 * stroke.bright(0.6, 1.6)))
    if snare.rattle:
        wires *= 1.0 + np.float32(snare.rattle) * np.sin(np.float32(TAU * hz[0]) * at)
    out = drum + wires * np.float32(snare.wires * stroke.hard(0.55, 1.25) * 1.5)
    stick = burst(stroke.rng, 0.02, 0.0012, highpass(2200.0))
    add_at_start(out, stick * np.float32(snare.stick * stroke.hard(0.3, 1.3) * stroke.bright(0.5, 1.8)))
    return saturate(out, 0.9)


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
    _drum("kick_808", "808 kick", partial(_kick, _KICKS["kick_808"]), 36, 300.0, 2),
    _drum("kick_909", "909 kick", partial(_kick, _KICKS["kick_909"]), 36, 300.0, 2),
    _drum("kick_acoustic", "Acoustic kick", partial(_kick, _KICKS["kick_acoustic"]), 36, 400.0, 3),
    _drum("kick_punchy", "Punchy club kick", partial(_kick, _KICKS["kick_punchy"]), 36, 300.0, 2),
    _drum("kick_chip", "Chip kick", partial(_kick_chip), 36, 400.0, 1),
    _drum("snare_808", "808 snare", partial(_snare, _SNARES["snare_808"]), 38, 1200.0, 3),
    _drum("snare_909", "909 snare", partial(_snare, _SNARES["snare_909"]), 38, 1200.0, 3),
    _drum("snare_acoustic", "Acoustic snare", partial(_snare, _SNARES["snare_acoustic"]), 38, 1200.0, 4),
    _drum("snare_brush", "Brushed snare", partial(_snare_brush), 38, 1500.0, 4),
    _drum("snare_chip", "Chip snare", partial(_snare_chip), 38, 1500.0, 2),
    _drum("clap", "Hand clap", partial(_clap), 39, 1500.0, 3),
    _drum("rim", "Rim shot", partial(_rim), 37, 1500.0, 2),
    _drum("hat_closed", "Closed hi-hat", partial(_hat, 0.022, 0.14), 42, 6000.0, 4),
    _drum("hat_open", "Open hi-hat", partial(_hat, 0.14, 0.6), 46, 6000.0, 3),
    _drum("hat_chip", "Chip hi-hat", partial(_hat_chip), 42, 6000.0, 2),
    _drum("tom_acoustic", "Acoustic tom", partial(_tom, True), 47, 500.0, 3),
    _drum("tom_electronic", "Electronic tom", partial(_tom, False), 47, 400.0, 2),
)
