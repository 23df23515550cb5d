"""Models of kicks, snares and toms that the kits fill in."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.instruments.dsp.base import (
    TAU,
    add_at_start,
    attack,
    crossfeed,
    decay,
    f32,
    frames_of,
    noise,
    times,
    unit,
)
from everjam.engines.band.instruments.dsp.filters import Response, bandpass, burst, highpass, shape
from everjam.engines.band.instruments.dsp.modal import modal
from everjam.engines.band.instruments.dsp.shaping import overdrive, saturate
from everjam.engines.band.instruments.voicing import Stroke

Modes = tuple[tuple[float, float, float], ...]
"""``(hz, level, tau_seconds)`` each."""


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
    modes: Modes = ()


_KICK_SPREAD: Final = 0.04
"""Relative spread of the fall in pitch between takes."""


def kick_body(kick: Kick, stroke: Stroke) -> Float32Array:
    """The falling sine without drive and click: ``(frames,)``."""
    tau = kick.tau_seconds * stroke.hard(0.75, 1.0)
    frames = frames_of(min(1.4, kick.hold_seconds + tau * 6.5))
    at = times(frames)
    cycles = np.float32(kick.base_hz * stroke.tuning) * at
    depth = stroke.hard(0.6, 1.0) * stroke.tuning
    spread = 1.0 + _KICK_SPREAD * stroke.rng.standard_normal(len(kick.sweeps)).clip(-2.0, 2.0)
    for (hz, sweep_tau), wider in zip(kick.sweeps, spread, strict=True):
        cycles = cycles + np.float32(hz * wider * sweep_tau * depth) * (1.0 - decay(frames, sweep_tau))
    body = np.sin(np.float32(TAU) * cycles)
    body *= np.exp(-np.maximum(at - np.float32(kick.hold_seconds), 0.0) * np.float32(1.0 / tau))
    if kick.modes:
        hz_, level, taus = (np.array(column) for column in zip(*kick.modes, strict=True))
        level = level * (1.0 + 0.15 * stroke.rng.standard_normal(level.size))
        body += modal(hz_ * stroke.tuning, level, taus, frames)
    return f32(body)


def play_kick(kick: Kick, stroke: Stroke) -> Float32Array:
    """A stroke on a kick drum: ``(frames,)``."""
    body = kick_body(kick, stroke)
    body = saturate(body, kick.drive * stroke.hard(0.5, 1.0) * stroke.bright(0.75, 1.35))
    low, high = kick.click_hz
    click = burst(stroke.rng, 0.03, kick.click_tau_seconds, bandpass(low, high * stroke.bright(0.6, 1.6)))
    add_at_start(body, click * np.float32(kick.click * stroke.hard(0.35, 1.2) * stroke.bright(0.4, 2.0)))
    return body


def driven_kick(kick: Kick, drives: tuple[float, ...], responses: tuple[Response, ...], stroke: Stroke) -> Float32Array:
    """A kick with its click overdriven together, stage by stage, through ``responses``: ``(frames,)``."""
    body = kick_body(kick, stroke)
    low, high = kick.click_hz
    click = burst(stroke.rng, 0.03, kick.click_tau_seconds, bandpass(low, high * stroke.bright(0.6, 1.5)))
    add_at_start(body, click * np.float32(kick.click * stroke.hard(0.5, 1.1)))
    tail = body.size - frames_of(0.03)
    harder = tuple(drive * stroke.hard(0.4, 1.0) for drive in drives)
    out = overdrive(body, harder, highpass(28.0), *responses)
    out[tail:] *= 0.5 + 0.5 * np.cos(np.linspace(0.0, np.pi, body.size - tail, dtype=np.float32))
    return out


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

    modes: Modes
    bend: float
    wires: float
    wires_hz: tuple[float, float]
    wires_tau_seconds: tuple[float, float]
    stick: float
    rattle: float
    seconds: float


def play_snare(snare: Snare, stroke: Stroke) -> Float32Array:
    """A stroke on a snare drum: ``(frames,)``."""
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


def gated_room(dry: Float32Array, seconds: float, level: float, band: Response, stroke: Stroke) -> Float32Array:
    """A drum in a hard room that a gate cuts off: ``(2, frames)``, wide, whole in mono.

    Args:
        dry: The drum, ``(frames,)``, peak about 1.
        seconds: Until the gate closes, within a few milliseconds.
        level: Of the room against the drum.
        band: What the room lets through.
        stroke: The note.
    """
    frames = max(dry.size, frames_of(seconds + 0.03))
    room = shape(noise(stroke.rng, 2 * frames).reshape(2, frames), band)
    room *= np.float32(1.0 / np.abs(room).max())
    closing = frames_of(seconds)
    envelope = attack(frames, 0.012) * (0.25 + 0.75 * decay(frames, 0.12))
    envelope[closing:] *= decay(frames - closing, 0.006)
    out = crossfeed(room, 0.55) * (envelope * np.float32(level))
    out[:, : dry.size] += dry
    return f32(out)


@dataclass(frozen=True, slots=True)
class Tom:
    """A tom: a sine that falls in pitch, overtones, breath of the skin, a stick.

    Attributes:
        base_hz: Where the pitch ends, at the drum's own key.
        bend: Relative rise of the pitch at the stroke.
        bend_tau_seconds: How fast it falls.
        tau_seconds: Decay.
        overtones: ``(ratio, level, tau_seconds)``.
        skin: Level of the noise behind the tone.
        skin_hz: Its band.
        skin_tau_seconds: Its decay.
        stick: Level of the stick.
        drive: Saturation.
    """

    base_hz: float
    bend: float
    bend_tau_seconds: float
    tau_seconds: float
    overtones: Modes = ()
    skin: float = 0.0
    skin_hz: tuple[float, float] = (200.0, 2500.0)
    skin_tau_seconds: float = 0.06
    stick: float = 0.3
    drive: float = 1.1


def play_tom(tom: Tom, stroke: Stroke) -> Float32Array:
    """A stroke on a tom: ``(frames,)``."""
    frames = frames_of(min(1.2, 6.0 * tom.tau_seconds))
    base = tom.base_hz * stroke.tuning
    bend = tom.bend * stroke.hard(0.5, 1.1) * (1.0 + 0.05 * float(stroke.rng.standard_normal()))
    cycles = np.float32(base) * times(frames)
    cycles = cycles + np.float32(base * bend * tom.bend_tau_seconds) * (1.0 - decay(frames, tom.bend_tau_seconds))
    out = np.sin(np.float32(TAU) * cycles) * decay(frames, tom.tau_seconds * stroke.hard(0.8, 1.0))
    for ratio, level, tau in tom.overtones:
        out += np.sin(np.float32(TAU * ratio) * cycles) * (decay(frames, tau) * np.float32(level))
    if tom.skin:
        low, high = tom.skin_hz
        breath = unit(shape(noise(stroke.rng, frames), bandpass(low, high * stroke.bright(0.6, 1.6), 1)))
        out += breath * (decay(frames, tom.skin_tau_seconds) * np.float32(tom.skin * stroke.hard(0.5, 1.1)))
    click = burst(stroke.rng, 0.03, 0.003, bandpass(500.0, stroke.bright(2500.0, 7500.0)))
    add_at_start(out, click * np.float32(tom.stick * stroke.hard(0.2, 1.2)))
    return saturate(f32(out), tom.drive)
