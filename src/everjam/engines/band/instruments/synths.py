"""Synthesisers struck and plucked: FM bells, pianos and brass, stabs, plucks, chips, pings of a low-pass gate."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np

from everjam.audio import SAMPLE_RATE_HZ, Float32Array
from everjam.engines.band.instruments import leads, pads
from everjam.engines.band.instruments.analogue import (
    curve_of,
    falling_cutoff,
    late_vibrato,
    let_go,
    overload,
    partials_of,
    slide_cents,
    supersaw_cents,
    through,
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
    unit,
    upsample,
    wander,
)
from everjam.engines.band.instruments.dsp.operators import modulated, radians
from everjam.engines.band.instruments.dsp.stereo import widened
from everjam.engines.band.instruments.dsp.waves import pulse_wave, saw_wave, tables_of, two_pole
from everjam.engines.band.instruments.dsp.wavetable import (
    TABLE_FRAMES,
    harmonic_count,
    phase,
    saw,
    scan,
    stack,
    walk,
)
from everjam.engines.band.instruments.voicing import Stroke, Voice, make_patch


def _chip(width: float, gate_tau_seconds: float, blip: float, stroke: Stroke) -> Float32Array:
    """A pulse wave in sixteen steps of volume, as the early consoles had it, widest for its first moments."""
    frames = frames_of(stroke.held_seconds + 0.03)
    at = control_times(frames)
    cents = late_vibrato(frames, 6.0, 12.0, 0.25, 0.1) + slide_cents(stroke, frames, 0.02)
    curve = curve_of(stroke, frames, f32(cents + np.where(at < blip, 1200.0, 0.0)))
    count = min(partials_of(stroke), max(1, int(13_000.0 / stroke.hz))) if blip else partials_of(stroke)
    cutoff = stroke.bright(2500.0, 16_000.0) * stroke.hard(0.6, 1.0)
    gain = 1.0 / (1.0 + 1j * np.arange(1, count + 1) * stroke.hz / cutoff)
    tables = tables_of(np.array([pulse_wave(count, width), pulse_wave(count, 0.5)]) * gain)
    along = walk(tables, upsample(f32(np.where(at < 0.033, 0.999, 0.0).astype(np.float32)), frames))
    out = scan(phase(curve, frames), tables, along)
    # Volume moves in steps, sixty a second; a millisecond between them keeps the steps from clicking.
    steps = np.round(15.0 * (0.35 + 0.65 * np.exp(-np.floor(at * 60.0) / 60.0 / gate_tau_seconds))) / 15.0
    return f32(out * upsample(f32(steps.astype(np.float32)), frames) * let_go(frames, stroke.held_seconds, 0.02))


def _pluck(decay_seconds: float, swarm: float, stroke: Stroke) -> Float32Array:
    """Detuned saws through a filter that snaps shut."""
    held = min(stroke.held_seconds, 0.6)
    frames = frames_of(held + 0.45)
    floor = stroke.hz * 1.2 + stroke.bright(80.0, 500.0)
    peak = floor + stroke.bright(2200.0, 14_000.0) * stroke.hard(0.25, 1.0)
    cutoff = falling_cutoff(frames, floor, peak, 0.42 * decay_seconds)
    curve = curve_of(stroke, frames, slide_cents(stroke, frames, 0.03))
    wave = leads.thinned(saw_wave(partials_of(stroke)), -0.4)
    sweep = through(stroke, wave, cutoff, curve, resonance=0.45, per_octave=7)
    moving = curve if stroke.glide else stroke.hz
    out = unison(sweep, moving, supersaw_cents(swarm)[1:6], frames, stroke.rng, width=0.7)
    snap = attack(frames, 0.0008) * decay(frames, decay_seconds)
    return out * snap * let_go(frames, max(held, 0.25), 0.35)


@dataclass(frozen=True, slots=True)
class Pair:
    """An operator heard and one that bends it.

    Attributes:
        ratio: Of the heard one to the note.
        modulator: Of the other to the note.
        level: How loud.
        index: How far it is bent at the start, in radians.
        index_tau_seconds: How fast that goes.
        rest: Share of the index that stays.
        tau_seconds: Decay of what is heard; 0 = as long as the key is down.
        cents: Detuning.
        keen: How much more velocity changes the index than the level.
        rise_seconds: How long the index takes to come.
    """

    ratio: float
    modulator: float
    level: float
    index: float
    index_tau_seconds: float
    rest: float = 0.0
    tau_seconds: float = 0.0
    cents: float = 0.0
    keen: float = 1.0
    rise_seconds: float = 0.0


def _bend(pair: Pair, stroke: Stroke) -> float:
    take = float(stroke.rng.uniform(0.94, 1.06))
    return pair.index * take * stroke.bright(0.5, 1.8) * stroke.hard(0.45**pair.keen, 1.15)


def _operators(pairs: tuple[Pair, ...], stroke: Stroke, frames: int, stretch: float) -> Float32Array:
    """The sum of some pairs."""
    bends = [_bend(pair, stroke) for pair in pairs]
    reach = max(
        stroke.hz * (pair.ratio + (bend + 3.0) * pair.modulator) for pair, bend in zip(pairs, bends, strict=True)
    )
    curve = curve_of(stroke, frames, slide_cents(stroke, frames, 0.035)) if stroke.glide else None

    def render(count: int, rate_hz: int) -> Float32Array:
        slower = SAMPLE_RATE_HZ / rate_hz
        out = np.zeros(count, np.float32)
        for pair, bend in zip(pairs, bends, strict=True):
            tuned = pair.ratio * 2.0 ** (pair.cents / 1200.0)
            if stroke.hz * tuned > 20_000.0:
                continue
            # A modulator that itself would fold bends nothing.
            reach_of = pair.modulator if stroke.hz * pair.modulator < 20_000.0 else 0.0
            base = stroke.hz if curve is None else curve
            turn, bender = (radians(base * one, count, rate_hz) for one in (tuned, reach_of))
            depth = decay(count, pair.index_tau_seconds * stretch / slower)
            depth = np.float32(bend * (1.0 - pair.rest)) * depth + np.float32(bend * pair.rest)
            if pair.rise_seconds:
                depth *= attack(count, pair.rise_seconds / slower)
            one = np.sin(turn + depth * np.sin(bender)) * np.float32(pair.level)
            out += one * decay(count, pair.tau_seconds * stretch / slower) if pair.tau_seconds else one
        return out

    return modulated(render, frames, reach)


_GLASS: Final = (
    Pair(1.0, 3.0, 1.0, 1.1, 0.1, 0.0, 0.22),
    Pair(2.0, 7.0, 0.3, 0.7, 0.05, 0.0, 0.15, 3.0),
    Pair(1.0, 1.0, 0.35, 0.5, 0.2, 0.2, 0.35, -3.0),
)
_BELL: Final = (
    Pair(1.0, 3.5, 1.0, 1.9, 0.35, 0.06, 0.6),
    Pair(1.0, 3.5, 0.6, 1.4, 0.5, 0.0, 0.8, 2.2),
    Pair(2.0, 5.19, 0.35, 0.9, 0.12, 0.0, 0.28, -2.0),
)
_PIANO: Final = (
    Pair(1.0, 1.0, 1.0, 1.15, 0.5, 0.12, 1.1, 1.2),
    Pair(1.0, 14.0, 0.55, 0.75, 0.06, 0.0, 0.5, -1.2, 1.6),
    Pair(2.0, 1.0, 0.16, 0.8, 0.2, 0.0, 0.35),
)
_HORNS: Final = (
    Pair(1.0, 1.0, 1.0, 3.6, 0.5, 0.6, 0.0, 3.0),
    Pair(1.0, 1.0, 0.8, 3.1, 0.4, 0.55, 0.0, -3.0),
    Pair(2.0, 1.0, 0.3, 3.0, 0.2, 0.5),
)


def _struck_fm(pairs: tuple[Pair, ...], longest_seconds: float, stroke: Stroke) -> Float32Array:
    """Operators that ring as they will."""
    stretch = 2.0 ** (-np.log2(stroke.hz / 523.25) / 3.0)
    frames = frames_of(min(longest_seconds * 1.3, longest_seconds * max(0.7, stretch)))
    out = _operators(pairs, stroke, frames, stretch)
    return out * attack(frames, 0.001)


def _piano_fm(stroke: Stroke) -> Float32Array:
    """The electric piano of a thousand ballads: a soft body, a tine that velocity brings, a damper."""
    held = min(stroke.held_seconds, 4.0)
    frames = frames_of(held + 0.25)
    out = _operators(_PIANO, stroke, frames, 2.0 ** (-np.log2(stroke.hz / 261.6) / 4.0))
    out *= attack(frames, 0.0012) * let_go(frames, held, 0.22)
    return out


def _brass_fm(stroke: Stroke) -> Float32Array:
    """Two pairs whose index rises with the breath."""
    frames = frames_of(leads.held_of(stroke) + 0.12)
    slow = 0.11 if stroke.articulation != "legato" else 0.02
    horns = tuple(replace(pair, rise_seconds=slow * stroke.hard(1.2, 0.5)) for pair in _HORNS)
    return _operators(horns, stroke, frames, 1.0) * leads.lead_envelope(stroke, frames, 0.014, 0.5, 0.85, 0.11)


def _stab_rave(stroke: Stroke) -> Float32Array:
    """A minor chord sampled into one key: the stab of the early nineties (root, minor third, fifth, octave)."""
    held = min(stroke.held_seconds, 0.5)
    frames = frames_of(held + 0.2)
    floor = stroke.hz * 2.0 + stroke.bright(300.0, 1800.0)
    cutoff = falling_cutoff(frames, floor, floor + stroke.bright(1800.0, 12_000.0) * stroke.hard(0.3, 1.0), 0.14)
    wave = leads.thinned(saw_wave(harmonic_count(stroke.hz * 2.0, 500)), -0.5)
    sweep = through(stroke, wave, cutoff, np.zeros(0, np.float32), kind=two_pole, resonance=0.6, per_octave=8)
    out = np.zeros((2, frames), np.float32)
    for step, level in ((0.0, 1.0), (3.0, 0.6), (7.0, 0.7), (12.0, 0.6)):
        out += unison(sweep, stroke.hz * 2.0 ** (step / 12.0), (-8.0, 8.0), frames, stroke.rng) * np.float32(level)
    middle = overload(stroke, unit(out[0] + out[1]), 2.0, 0.1)
    out = widened(middle, np.float32(0.5) * unit(out[0] - out[1]))
    return out * leads.lead_envelope(stroke, frames, 0.001, 0.22, 0.4, 0.18) * let_go(frames, held, 0.18)


def _guitar_shimmer(stroke: Stroke) -> Float32Array:
    """Strummed fuzz dissolved in chorus, tremolo-arm glide and an octave above: a wall for shoegaze."""
    frames = stroke.frames(1.2)
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
    sides = np.zeros((2, frames), np.float32)
    churn = upsample(np.clip(0.55 + 0.3 * wander(stroke.rng, frames, 5.0), 0.0, 1.0), frames)
    curve = (stroke.hz * glide).astype(np.float32)
    along = walk(tables, churn)
    for player, (cents, ratio, level) in enumerate(
        ((-14.0, 1.0, 1.0), (-5.0, 1.0, 0.9), (5.0, 1.0, 0.9), (14.0, 1.0, 1.0), (-6.0, 2.0, 0.35), (6.0, 2.0, 0.35))
    ):
        moving = curve * np.float32(ratio * 2.0 ** (cents / 1200.0))
        one = scan(phase(moving, frames, float(stroke.rng.uniform())), tables, along)
        one *= np.float32(level)
        sides[player % 2] += one
    out = crossfeed(sides, 0.3)
    return out * adsr(
        frames,
        stroke.held_seconds,
        attack_seconds=min(0.18, 0.06 + 0.4 * stroke.held_seconds),
        decay_seconds=1.5,
        sustain=0.85,
        release_seconds=1.2,
    )


_GATE_STEPS: Final = 20


def _buchla(stroke: Stroke) -> Float32Array:
    """A bent sine, folded, struck through a low-pass gate that closes level and tone at once."""
    frames = frames_of(1.5)
    ratio = (2, 3, 1)[stroke.variant % 3]
    tau = 0.2 * 2.0 ** (-np.log2(stroke.hz / 261.6) / 4.0)
    depth = stroke.bright(0.5, 1.9) * stroke.hard(0.4, 1.2)
    turn = np.linspace(0.0, TAU, TABLE_FRAMES // 4, endpoint=False)
    count = min(harmonic_count(stroke.hz), turn.size // 2 - 1)
    opening = np.linspace(0.0, 1.0, _GATE_STEPS)[:, None]
    bent = np.sin(turn + 0.9 * depth * opening**0.7 * np.sin(ratio * turn))
    folded = np.sin(bent * (1.0 + 3.2 * depth * opening**1.4))
    rows = np.fft.rfft(folded)[:, 1 : count + 1] / turn.size
    hz = stroke.hz * np.arange(1, count + 1)
    gate_hz = 1.2 * stroke.hz + 90.0 * (stroke.bright(4000.0, 16_000.0) / 90.0) ** (0.3 + 0.7 * opening)
    tables = tables_of(rows / (1.0 + (hz / gate_hz) ** 2))
    # Quick to open, slower and slower to close.
    at = control_times(frames)
    light = (1.0 - np.exp(-at / 0.0012)) / (1.0 + at / (1.4 * tau)) ** 1.8 * np.exp(-at / (2.2 * tau))
    gate = upsample(f32(light.astype(np.float32)), frames)
    along = walk(tables, gate * np.float32(_GATE_STEPS - 1.001))
    flat, sharp = (scan(phase(stroke.hz * 2.0 ** (cents / 1200.0), frames), tables, along) for cents in (-1.5, 1.5))
    return (flat + sharp) * gate


def _synth(name: str, title: str, voice: Voice, gm: int, *, low: int = 36, high: int = 96, variants: int = 2) -> Patch:
    return make_patch(name, title, "synths", voice, gm=gm, low=low, high=high, variants=variants, glides=True)


def _ringing(name: str, title: str, voice: Voice, gm: int, *, low: int = 48, variants: int = 2) -> Patch:
    return make_patch(name, title, "synths", voice, gm=gm, low=low, sustained=False, variants=variants)


PATCHES: Final[tuple[Patch, ...]] = (
    _synth("lead_chip", "Chip lead", partial(_chip, 0.25, 0.5, 0.0), 80, low=48, variants=1),
    _synth("arp_chip", "Chip arpeggio", partial(_chip, 0.125, 0.09, 0.016), 80, low=48, variants=1),
    _synth("pluck_synth", "Synth pluck", partial(_pluck, 0.2, 0.06), 90),
    _synth("pluck_trance", "Trance pluck", partial(_pluck, 0.13, 0.17), 90, low=48),
    _ringing("arp_glass", "Glass arpeggio", partial(_struck_fm, _GLASS, 1.2), 98),
    _ringing("fm_bell", "FM bell", partial(_struck_fm, _BELL, 2.4), 14),
    _synth("piano_fm", "FM electric piano", _piano_fm, 5, low=28),
    make_patch(
        "brass_fm", "FM brass", "synths", _brass_fm, gm=63, low=40, high=88, articulations=("legato", "staccato"),
        glides=True,
    ),
    make_patch("stab_rave", "Rave stab, a minor chord in one key", "synths", _stab_rave, gm=55, low=36, high=84),
    make_patch("guitar_shimmer", "Shimmering guitar wall", "synths", _guitar_shimmer, gm=96, low=36, high=88),
    _ringing("buchla", "West-coast pings: the modulator changes by take", _buchla, 98, low=36, variants=3),
    *leads.PATCHES,
    *pads.PATCHES,
)  # fmt: skip
