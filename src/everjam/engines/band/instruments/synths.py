"""Synthesisers: stacks of saws, pads, leads, plucks, glassy FM, chips, and the wash of a shimmering guitar."""

from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.instruments import leads, pads
from everjam.engines.band.instruments.analogue import (
    falling_cutoff,
    oscillate,
    rising_cutoff,
    supersaw_cents,
    unison,
)
from everjam.engines.band.instruments.contract import Patch
from everjam.engines.band.instruments.dsp.base import (
    TAU,
    adsr,
    attack,
    control_times,
    crossfeed,
    decay,
    f32,
    frames_of,
    noise,
    release,
    times,
    unit,
    upsample,
    wander,
)
from everjam.engines.band.instruments.dsp.filters import bandpass, shape
from everjam.engines.band.instruments.dsp.shaping import saturate
from everjam.engines.band.instruments.dsp.wavetable import (
    harmonic_count,
    lowpass_sweep,
    phase,
    pulse,
    read,
    saw,
    scan,
    square,
    stack,
    triangle,
    walk,
)
from everjam.engines.band.instruments.voicing import Stroke, Voice, make_patch


def _supersaw(stroke: Stroke) -> Float32Array:
    frames = frames_of(stroke.held_seconds + 0.22)
    floor = stroke.hz * 2.0 + stroke.bright(700.0, 6500.0)
    peak = floor * stroke.hard(1.3, 2.6)
    sweep = lowpass_sweep(
        stroke.hz, saw(harmonic_count(stroke.hz)), falling_cutoff(frames, floor, peak, 0.3), resonance=0.1, order=2
    )
    out = unison(sweep, stroke.hz, supersaw_cents(0.14), frames, stroke.rng)
    return out * adsr(
        frames, stroke.held_seconds, attack_seconds=0.006, decay_seconds=0.6, sustain=0.8, release_seconds=0.2
    )


@dataclass(frozen=True, slots=True)
class Pad:
    """A slow chord sound.

    Attributes:
        start_hz: Cutoff at the start, above twice the fundamental.
        open_hz: Cutoff that it opens to, darkest and brightest.
        open_seconds: How slowly.
        attack_seconds: Rise.
        release_seconds: Fall by 60 dB.
        cents: Detuning of the oscillators.
        pulse_width: 0 = saws.
        air: Level of breathy noise.
        resonance: Of the filter.
    """

    start_hz: float
    open_hz: tuple[float, float]
    open_seconds: float
    attack_seconds: float
    release_seconds: float
    cents: tuple[float, ...]
    pulse_width: float = 0.0
    air: float = 0.0
    resonance: float = 0.0


_PADS: Final = {
    "pad_warm": Pad(250.0, (350.0, 3200.0), 1.0, 0.28, 1.4, (-9.0, -3.5, 3.5, 9.0)),
    "pad_dark": Pad(120.0, (180.0, 1500.0), 1.6, 0.45, 1.8, (-11.0, -4.0, 4.0, 11.0), 0.3, 0.03, 0.25),
    "synth_strings": Pad(700.0, (1200.0, 6500.0), 0.3, 0.12, 0.8, (-10.0, -4.0, 0.0, 4.0, 10.0), 0.0, 0.02),
}


def _pad(pad: Pad, stroke: Stroke) -> Float32Array:
    frames = frames_of(stroke.held_seconds + pad.release_seconds)
    low, high = pad.open_hz
    end = stroke.hz * 1.5 + stroke.bright(low, high) * stroke.hard(0.5, 1.1)
    start = min(end * 0.9, stroke.hz * 1.2 + pad.start_hz * stroke.bright(0.6, 1.6))
    drift = 2.0 ** (0.16 * wander(stroke.rng, frames, 0.7))
    cutoff = (rising_cutoff(frames, start, end, pad.open_seconds) * drift).astype(np.float32)
    count = harmonic_count(stroke.hz, 300)
    source = pulse(count, pad.pulse_width) if pad.pulse_width else saw(count)
    sweep = lowpass_sweep(stroke.hz, source, cutoff, resonance=pad.resonance, order=2)
    out = unison(sweep, stroke.hz, pad.cents, frames, stroke.rng)
    if pad.air:
        hiss = shape(
            noise(stroke.rng, 2 * frames).reshape(2, frames), bandpass(1500.0, stroke.bright(3500.0, 9000.0), 1)
        )
        out += hiss * np.float32(pad.air)
    return out * adsr(
        frames,
        stroke.held_seconds,
        attack_seconds=min(pad.attack_seconds, 0.1 + 0.5 * stroke.held_seconds),
        decay_seconds=2.0,
        sustain=0.9,
        release_seconds=pad.release_seconds,
    )


def _pad_glass(stroke: Stroke) -> Float32Array:
    """Bell-like overtones that breathe against each other."""
    frames = frames_of(stroke.held_seconds + 1.4)
    ratios = (1.0, 2.0, 3.0, 4.0, 6.0, 9.0)
    levels = (
        np.array([1.0, 0.5, 0.32, 0.24, 0.16, 0.1])
        * stroke.bright(0.6, 1.55) ** np.arange(6)
        * stroke.hard(0.8, 1.05) ** np.arange(6)
    )
    sine = stack(np.ones((1, 1)))[0]
    out = np.zeros((2, frames), np.float32)
    for number, (ratio, level) in enumerate(zip(ratios, levels, strict=True)):
        if stroke.hz * ratio > 20_000.0:
            break
        for side, cents in enumerate((-3.0, 3.0)):
            swell = upsample(f32(1.0 + 0.45 * np.tanh(wander(stroke.rng, frames, 1.3 + 0.2 * number))), frames)
            at = phase(stroke.hz * ratio * 2.0 ** (cents / 1200.0), frames, float(stroke.rng.uniform()))
            out[side] += read(at, sine) * (swell * np.float32(level))
    return crossfeed(out, 0.3) * adsr(
        frames,
        stroke.held_seconds,
        attack_seconds=min(0.12, 0.05 + 0.3 * stroke.held_seconds),
        decay_seconds=1.6,
        sustain=0.8,
        release_seconds=1.4,
    )


def _vibrato(stroke: Stroke, frames: int, cents: float, after_seconds: float) -> Float32Array:
    at = control_times(frames)
    depth = cents * np.clip((at - after_seconds) / 0.3, 0.0, 1.0)
    return f32((stroke.hz * 2.0 ** (depth * np.sin(TAU * 5.6 * (at - after_seconds)) / 1200.0)).astype(np.float32))


def _lead(kind: str, stroke: Stroke) -> Float32Array:
    frames = frames_of(stroke.held_seconds + 0.14)
    count = harmonic_count(stroke.hz)
    source = saw(count) if kind == "saw" else pulse(count, 0.42)
    floor = stroke.hz * 2.0 + stroke.bright(500.0, 5500.0)
    sweep = lowpass_sweep(
        stroke.hz, source, falling_cutoff(frames, floor, floor * stroke.hard(1.2, 3.0), 0.35), resonance=0.3, order=3
    )
    curve = _vibrato(stroke, frames, 12.0, 0.28)
    cents = (-6.0, 6.0) if kind == "saw" else (-2.5, 2.5)
    out = unison(sweep, curve, cents, frames, stroke.rng, width=0.35)
    return out * adsr(
        frames, stroke.held_seconds, attack_seconds=0.006, decay_seconds=0.5, sustain=0.85, release_seconds=0.12
    )


def _chip(width: float, gate_tau_seconds: float, stroke: Stroke) -> Float32Array:
    """A pulse wave in sixteen steps of volume, as the early consoles had it."""
    frames = frames_of(stroke.held_seconds + 0.03)
    count = harmonic_count(stroke.hz)
    cutoff = stroke.bright(2500.0, 14_000.0) * stroke.hard(0.6, 1.0)
    number = np.arange(1, count + 1)
    rolled = pulse(count, width) / np.sqrt(1.0 + (number * stroke.hz / cutoff) ** 2)
    curve = _vibrato(stroke, frames, 10.0, 0.2)
    out = read(phase(curve, frames), stack(rolled[None, :])[0])
    level = np.round(15.0 * (0.35 + 0.65 * decay(frames, gate_tau_seconds))) / np.float32(15.0)
    return f32(out * level * release(frames, stroke.held_seconds, 0.03))


def _pluck(stroke: Stroke) -> Float32Array:
    frames = frames_of(min(stroke.held_seconds, 0.6) + 0.5)
    floor = stroke.hz * 1.3 + stroke.bright(80.0, 500.0)
    peak = floor + stroke.bright(1500.0, 11_000.0) * stroke.hard(0.25, 1.0)
    sweep = lowpass_sweep(
        stroke.hz, saw(harmonic_count(stroke.hz)), falling_cutoff(frames, floor, peak, 0.09), resonance=0.35, order=3
    )
    out = unison(sweep, stroke.hz, (-7.0, 0.0, 7.0), frames, stroke.rng, width=0.6)
    return out * decay(frames, 0.2) * release(frames, max(stroke.held_seconds, 0.25), 0.4)


def _fm_glass(ratio: float, index: float, tau_seconds: float, longest_seconds: float, stroke: Stroke) -> Float32Array:
    """Two detuned pairs of FM operators, left and right."""
    frames = frames_of(longest_seconds)
    scale = 2.0 ** (-np.log2(stroke.hz / 523.25) / 3.0)
    tau = tau_seconds * scale
    take = float(stroke.rng.uniform(0.93, 1.07))
    depth = np.float32(index * take * stroke.bright(0.45, 1.8) * stroke.hard(0.4, 1.15)) * decay(frames, tau * 0.45)
    sides = []
    for cents in (-2.0, 2.0):
        hz = stroke.hz * 2.0 ** (cents / 1200.0)
        carrier = ((hz * times(frames).astype(np.float64)) % 1.0).astype(np.float32) * np.float32(TAU)
        modulator = ((hz * ratio * times(frames).astype(np.float64)) % 1.0).astype(np.float32) * np.float32(TAU)
        one = np.sin(carrier + depth * np.sin(modulator))
        one += np.float32(0.25) * np.sin(np.float32(2.0) * carrier) * decay(frames, tau * 0.6)
        sides.append(one)
    return crossfeed(np.stack(sides) * (decay(frames, tau) * attack(frames, 0.001)), 0.25)


def _stab_rave(stroke: Stroke) -> Float32Array:
    """A minor chord sampled into one key: the stab of the early nineties (root, minor third, fifth, octave)."""
    frames = frames_of(min(stroke.held_seconds, 0.5) + 0.2)
    floor = stroke.hz * 2.0 + stroke.bright(300.0, 1800.0)
    cutoff = falling_cutoff(frames, floor, floor + stroke.bright(1800.0, 11_000.0) * stroke.hard(0.3, 1.0), 0.16)
    sweep = lowpass_sweep(stroke.hz, saw(harmonic_count(stroke.hz * 2.0)), cutoff, resonance=0.3, order=3)
    out = np.zeros((2, frames), np.float32)
    for step, level in ((0.0, 1.0), (3.0, 0.6), (7.0, 0.7), (12.0, 0.6)):
        out += unison(sweep, stroke.hz * 2.0 ** (step / 12.0), (-8.0, 8.0), frames, stroke.rng) * np.float32(level)
    out = saturate(unit(crossfeed(out, 0.3)), 1.8)
    return out * adsr(
        frames,
        min(stroke.held_seconds, 0.5),
        attack_seconds=0.003,
        decay_seconds=0.25,
        sustain=0.4,
        release_seconds=0.18,
    )


def _guitar_shimmer(stroke: Stroke) -> Float32Array:
    """Strummed fuzz dissolved in chorus, tremolo-arm glide and an octave above: a wall for shoegaze."""
    frames = frames_of(stroke.held_seconds + 1.2)
    at = control_times(frames)
    glide = 2.0 ** (
        (7.0 * np.sin(TAU * 1.3 * at + float(stroke.rng.uniform(0.0, TAU))) - 15.0 * np.exp(-at / 0.1)) / 1200.0
    )
    count = harmonic_count(stroke.hz, 200)
    number = np.arange(1, count + 1)
    hz = number * stroke.hz
    edge = stroke.bright(1500.0, 6500.0)
    fuzz = saw(count) * (0.6 + 0.8 * np.exp(-(((hz - 2300.0) / 1300.0) ** 2))) / (1.0 + (hz / edge) ** 2)
    phases = stroke.rng.uniform(0.0, TAU, count)
    tables = np.concatenate(
        [stack((fuzz * stroke.hard(0.6, 1.0) ** np.sqrt(number))[None, :], phases), stack(fuzz[None, :], phases)]
    )
    out = np.zeros((2, frames), np.float32)
    churn = upsample(np.clip(0.55 + 0.3 * wander(stroke.rng, frames, 5.0), 0.0, 1.0), frames)
    curve = (stroke.hz * glide).astype(np.float32)
    along = walk(tables, churn)
    for player, (cents, ratio, level) in enumerate(
        ((-14.0, 1.0, 1.0), (-5.0, 1.0, 0.9), (5.0, 1.0, 0.9), (14.0, 1.0, 1.0), (-6.0, 2.0, 0.35), (6.0, 2.0, 0.35))
    ):
        moving = curve * np.float32(ratio * 2.0 ** (cents / 1200.0))
        one = scan(phase(moving, frames, float(stroke.rng.uniform())), tables, along) * np.float32(level)
        out[player % 2] += one
        out[1 - player % 2] += one * np.float32(0.3)
    return out * adsr(
        frames,
        stroke.held_seconds,
        attack_seconds=min(0.18, 0.06 + 0.4 * stroke.held_seconds),
        decay_seconds=1.5,
        sustain=0.85,
        release_seconds=1.2,
    )


def _lead_soft(stroke: Stroke) -> Float32Array:
    """A rounded triangle lead."""
    frames = frames_of(stroke.held_seconds + 0.12)
    count = harmonic_count(stroke.hz, 60)
    source = triangle(count) + 0.06 * stroke.bright(0.4, 2.5) * square(count)
    sweep = lowpass_sweep(
        stroke.hz,
        source,
        np.full(control_times(frames).size, stroke.hz * 2.0 + stroke.bright(800.0, 5000.0), np.float32),
        order=2,
    )
    out = oscillate(sweep, _vibrato(stroke, frames, 9.0, 0.25), frames)
    return out * adsr(
        frames, stroke.held_seconds, attack_seconds=0.012, decay_seconds=0.5, sustain=0.85, release_seconds=0.1
    )


def _synth(name: str, title: str, voice: Voice, gm: int, *, low: int = 36, high: int = 96, variants: int = 2) -> Patch:
    return make_patch(name, title, "synths", voice, gm=gm, low=low, high=high, variants=variants)


PATCHES: Final[tuple[Patch, ...]] = (
    _synth("supersaw", "Supersaw", _supersaw, 81),
    _synth("pad_warm", "Warm pad", partial(_pad, _PADS["pad_warm"]), 89),
    _synth("pad_glass", "Glass pad", _pad_glass, 88),
    _synth("pad_dark", "Dark pad", partial(_pad, _PADS["pad_dark"]), 95, low=24, high=84),
    _synth("lead_saw", "Saw lead", partial(_lead, "saw"), 81, low=48),
    _synth("lead_square", "Square lead", partial(_lead, "square"), 80, low=48),
    _synth("lead_soft", "Soft lead", _lead_soft, 80, low=48, variants=1),
    _synth("lead_chip", "Chip lead", partial(_chip, 0.25, 0.5), 80, low=48, variants=1),
    _synth("arp_chip", "Chip arpeggio", partial(_chip, 0.125, 0.09), 80, low=48, variants=1),
    _synth("pluck_synth", "Synth pluck", _pluck, 90),
    make_patch(
        "arp_glass", "Glass arpeggio", "synths", partial(_fm_glass, 3.0, 1.1, 0.22, 1.3), gm=98, low=48, sustained=False
    ),
    make_patch("fm_bell", "FM bell", "synths", partial(_fm_glass, 3.5, 1.9, 0.6, 2.4), gm=14, low=48, sustained=False),
    _synth("stab_rave", "Rave stab, a minor chord in one key", _stab_rave, 55, low=36, high=84),
    _synth("guitar_shimmer", "Shimmering guitar wall", _guitar_shimmer, 96, low=36, high=88),
    _synth("synth_strings", "Synth strings", partial(_pad, _PADS["synth_strings"]), 50),
    *leads.PATCHES,
    *pads.PATCHES,
)
