"""Models of kick and snare drums that the kits fill in."""

from dataclasses import dataclass

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.instruments.dsp.base import TAU, add_at_start, decay, frames_of, noise, times, unit
from everjam.engines.band.instruments.dsp.filters import bandpass, burst, highpass, shape
from everjam.engines.band.instruments.dsp.modal import modal
from everjam.engines.band.instruments.dsp.shaping import saturate
from everjam.engines.band.instruments.voicing import Stroke


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


def play_kick(kick: Kick, stroke: Stroke) -> Float32Array:
    """A stroke on a kick drum: ``(frames,)``."""
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
