"""Synthesised basses: the silver box, ladders, swarms, subs, FM, organs, the early consoles' chip."""

from functools import partial
from typing import Final

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.instruments.analogue import (
    curve_of,
    drift_cents,
    falling_cutoff,
    let_go,
    oscillate,
    overload,
    partials_of,
    slide_cents,
    struck,
    through,
    unison,
)
from everjam.engines.band.instruments.contract import Patch
from everjam.engines.band.instruments.dsp.base import (
    TAU,
    add_at_start,
    attack,
    control_times,
    decay,
    f32,
    frames_of,
    unit,
    upsample,
)
from everjam.engines.band.instruments.dsp.filters import bandpass, burst
from everjam.engines.band.instruments.dsp.operators import radians
from everjam.engines.band.instruments.dsp.shaping import saturate
from everjam.engines.band.instruments.dsp.stereo import mono_bass, widened
from everjam.engines.band.instruments.dsp.waves import (
    diode,
    harmonics_for,
    ladder,
    pulse_wave,
    saw_wave,
    stair_wave,
    tables_of,
    two_pole,
)
from everjam.engines.band.instruments.dsp.wavetable import Sweep, phase, read, scan, walk
from everjam.engines.band.instruments.voicing import Stroke, Voice, make_patch
from everjam.engines.band.score import Articulation

_SLIDE_SECONDS: Final = 0.022
"""Time constant of the silver box's slide: there within 60 ms."""
_SLURRED: Final[tuple[Articulation, ...]] = ("legato", "staccato")


def _held(stroke: Stroke) -> float:
    return min(stroke.held_seconds, 0.09) if stroke.articulation == "staccato" else stroke.held_seconds


def _slurred(stroke: Stroke) -> bool:
    """Whether the envelopes go on from the note before."""
    return stroke.articulation == "legato" or (stroke.glide != 0 and stroke.articulation == "plain")


def _pitch(stroke: Stroke, frames: int, tau_seconds: float = _SLIDE_SECONDS, drift: float = 0.0) -> Float32Array:
    cents = slide_cents(stroke, frames, tau_seconds)
    return curve_of(stroke, frames, f32(cents + drift_cents(stroke, frames, drift)) if drift else cents)


def _sine(curve: Float32Array, frames: int, ratio: float = 1.0) -> Float32Array:
    return f32(np.sin(radians(f32(curve * np.float32(ratio)), frames)))


def _gate(stroke: Stroke, frames: int, rise: float, fall: float, sustain: float, tail: float) -> Float32Array:
    """Envelope of a held bass; a slurred note begins where the one before is."""
    slurred = _slurred(stroke)
    return struck(
        frames, _held(stroke), 0.012 if slurred else rise, fall, 0.5 + 0.5 * sustain if slurred else sustain, tail
    )


def acid(stroke: Stroke, *, square: bool, colour: float) -> Float32Array:
    """The silver box: saw or square, diode ladder near whistling, slides that do not strike again, accents that do.

    Args:
        stroke: The note.
        square: Whether the oscillator is one.
        colour: Cutoff against the bass's.
    """
    held = _held(stroke)
    frames = frames_of(held + 0.06)
    at = control_times(frames)
    accent = float(np.clip((stroke.force - 0.55) / 0.4, 0.0, 1.0))
    curve = _pitch(stroke, frames)
    floor = stroke.hz * 1.25 + stroke.bright(110.0, 900.0) * colour * (0.7 + 0.3 * stroke.force)
    octaves = np.log2(1.0 + stroke.bright(4.0, 14.0) * (0.35 + 0.5 * stroke.force + 0.9 * accent) / 1.4)
    tau = 0.19 - 0.12 * accent
    contour = np.exp(-(at + (1.3 * tau if _slurred(stroke) else 0.0)) / tau)
    # The accent's second envelope: softer in its attack, so that the filter says "wow".
    contour = contour + 0.35 * accent * (at / 0.045) * np.exp(1.0 - at / 0.045)
    cutoff = f32((floor * 2.0 ** (octaves * contour)).astype(np.float32))
    count = partials_of(stroke, 420)
    number = np.arange(1, count + 1)
    wave = pulse_wave(count, 0.47) if square else saw_wave(count)
    # Coupling capacitors in front of and behind the filter.
    wave = wave / (1.0 - 1j * 45.0 / (number * stroke.hz))
    sweep = through(
        stroke, wave, cutoff, curve, kind=diode, resonance=0.80 + 0.13 * accent + 0.02 * stroke.force, per_octave=10
    )
    # The jump of the wave is its punch: it comes at once.
    out = overload(stroke, unit(oscillate(sweep, curve, frames, 0.85)), 1.5 + 1.3 * accent, 0.12)
    fall = 1.2 if _slurred(stroke) else 0.7 - 0.35 * accent
    return out * _gate(stroke, frames, 0.003, fall, 0.45, 0.03)


def _saw(stroke: Stroke) -> Float32Array:
    """Two saws, a sub, a filter with a snap."""
    frames = frames_of(_held(stroke) + 0.09)
    floor = stroke.hz * 1.8 + stroke.bright(130.0, 700.0)
    peak = floor + stroke.bright(900.0, 6500.0) * stroke.hard(0.3, 1.0)
    curve = _pitch(stroke, frames, 0.03)
    cutoff = falling_cutoff(frames, floor, floor + 0.25 * (peak - floor) if _slurred(stroke) else peak, 0.13)
    sweep = through(stroke, saw_wave(partials_of(stroke, 420)), cutoff, curve, resonance=0.35, per_octave=9)
    start = 0.75 + float(stroke.rng.uniform(0.0, 0.2))
    out = oscillate(sweep, curve * np.float32(1.0018), frames, start) + oscillate(
        sweep, curve * np.float32(1.0 / 1.0018), frames, start
    )
    out = saturate(unit(out) + 0.5 * _sine(curve, frames), 1.3)
    return out * _gate(stroke, frames, 0.002, 0.3, 0.75, 0.08)


def _reese(stroke: Stroke) -> Float32Array:
    """Saws that drift apart and phase through a filter that breathes, over a steady sub."""
    frames = frames_of(_held(stroke) + 0.14)
    at = control_times(frames)
    curve = _pitch(stroke, frames, 0.045)
    slow = 0.5 * np.sin(TAU * 0.37 * at + float(stroke.rng.uniform(0.0, TAU)))
    cutoff = (stroke.hz * 2.5 + stroke.bright(240.0, 2600.0) * stroke.hard(0.45, 1.0) * 2.0**slow).astype(np.float32)
    number = np.arange(1, partials_of(stroke, 420) + 1)
    # The sub has the fundamental to itself, in the middle.
    thinned = saw_wave(number.size) * np.where(number == 1, 0.35, 1.0)
    sweep = through(stroke, thinned, f32(cutoff), curve, resonance=0.4, per_octave=8)
    out = unit(unison(sweep, curve, (-21.0, -8.0, 8.0, 21.0), frames, stroke.rng, width=0.75))
    out = saturate(mono_bass(saturate(out, 2.2)), 1.2) + _sine(curve, frames) * np.float32(0.5)
    return out * _gate(stroke, frames, 0.008, 1.0, 0.9, 0.13)


_TURNS: Final = (2.0, 3.0, 4.0)


def _wobble(stroke: Stroke) -> Float32Array:
    """A resonant filter that opens and shuts two, three or four times a note: the rate follows the length."""
    frames = frames_of(stroke.held_seconds + 0.06)
    at = control_times(frames)
    turn = np.clip(at / stroke.held_seconds, 0.0, 1.0) * _TURNS[stroke.variant % 3]
    lfo = (0.5 - 0.5 * np.cos(TAU * turn)) ** 1.2
    curve = _pitch(stroke, frames, 0.035)
    low = stroke.hz * 1.3
    high = max(low * 2.0, stroke.bright(1000.0, 6500.0) * stroke.hard(0.45, 1.0))
    cutoff = (low * (high / low) ** lfo).astype(np.float32)
    count = partials_of(stroke, 420)
    wave = saw_wave(count) + 0.6 * pulse_wave(count, 0.5)
    sweep = through(stroke, wave, f32(cutoff), curve, kind=ladder, resonance=0.72, per_octave=9)
    flat, sharp = unison(sweep, curve, (-7.0, 7.0), frames, stroke.rng, width=1.0)
    middle = overload(stroke, unit(flat + sharp), 2.8, 0.1) + _sine(curve, frames) * np.float32(0.6)
    out = widened(middle, np.float32(0.4) * unit(flat - sharp))
    return out * _gate(stroke, frames, 0.005, 1.0, 0.95, 0.05)


_GROWLS: Final = (
    ((300.0, 870.0), (730.0, 1090.0), (270.0, 2290.0), (660.0, 1720.0)),
    ((270.0, 2290.0), (570.0, 840.0), (730.0, 1090.0), (300.0, 870.0)),
    ((730.0, 1090.0), (300.0, 870.0), (530.0, 1840.0), (440.0, 1020.0)),
)
"""First and second formants that a growl passes through (male vowels of Peterson and Barney, 1952), by take."""


def _growl(stroke: Stroke) -> Float32Array:
    """A mouth on a machine: FM whose spectrum is bent into vowels and driven hard, over a clean sub."""
    frames = frames_of(stroke.held_seconds + 0.06)
    at = control_times(frames)
    curve = _pitch(stroke, frames, 0.035)
    places = 17
    count = partials_of(stroke, 300)
    number = np.arange(1, count + 1)
    path = np.array(_GROWLS[stroke.variant % len(_GROWLS)])
    share = np.linspace(0.0, len(path) - 1.0, places)
    first, second = (np.exp(np.interp(share, np.arange(len(path)), np.log(path[:, one]))) for one in range(2))
    hz = number * stroke.hz
    edge = stroke.bright(1500.0, 9000.0) * stroke.hard(0.5, 1.0)
    rows = []
    for low, high, mod in zip(first, second, 0.5 + 0.5 * np.sin(share * 2.1), strict=True):
        mouth = sum(
            gain / (1.0 - (hz / centre) ** 2 + 1j * hz / centre / sharpness) * (hz / centre)
            for centre, gain, sharpness in ((low, 1.0, 5.0), (high, 0.9, 7.0), (2.2 * high + 900.0, 0.5, 7.0))
        )
        teeth = saw_wave(count) + mod * pulse_wave(count, 0.18)
        rows.append(teeth * (0.12 + mouth) / (1.0 + (hz / edge) ** 2))
    tables = tables_of(np.array(rows))
    turn = np.clip(at / stroke.held_seconds, 0.0, 1.0)
    along = walk(tables, upsample(f32((turn * (places - 1.001)).astype(np.float32)), frames))
    flat, sharp = (
        scan(phase(curve * np.float32(2.0 ** (cents / 1200.0)), frames), tables, along) for cents in (-6.0, 6.0)
    )
    middle = overload(stroke, unit(flat + sharp), 3.2, 0.2) + _sine(curve, frames) * np.float32(0.7)
    out = widened(middle, np.float32(0.45) * unit(flat - sharp))
    return out * _gate(stroke, frames, 0.004, 1.0, 0.9, 0.05)


def _sub(stroke: Stroke) -> Float32Array:
    """A clean sine with a soft knock and a few quiet harmonics, so that small loudspeakers hear it too."""
    frames = frames_of(_held(stroke) + 0.12)
    at = control_times(frames)
    knock = 0.0 if _slurred(stroke) else 600.0
    cents = slide_cents(stroke, frames, 0.03) + f32(knock * np.exp(-at / 0.009))
    turn = radians(curve_of(stroke, frames, cents), frames)
    out = saturate(f32(np.sin(turn)), 1.3 * stroke.hard(0.7, 1.4) * stroke.bright(0.5, 1.7), 0.2)
    return out * _gate(stroke, frames, 0.006, 1.2, 0.55, 0.11)


def _808(stroke: Stroke) -> Float32Array:
    """The long boom of a tuned 808 kick: a fast fall in pitch, then a sub, driven until its harmonics can be heard."""
    frames = frames_of(stroke.held_seconds + 0.2)
    at = control_times(frames)
    drop = 0.0 if _slurred(stroke) else 1.0
    cents = slide_cents(stroke, frames, 0.05) + f32(drop * 2100.0 * np.exp(-at / 0.012))
    out = np.sin(radians(curve_of(stroke, frames, cents), frames)) * decay(frames, 0.85)
    out = saturate(f32(out), 2.6 * stroke.hard(0.6, 1.2) * stroke.bright(0.55, 1.9), 0.05)
    if drop:
        click = burst(stroke.rng, 0.02, 0.0025, bandpass(700.0, stroke.bright(2500.0, 7000.0)))
        add_at_start(out, click * np.float32(stroke.hard(0.06, 0.25)))
    return out * attack(frames, 0.01 if _slurred(stroke) else 0.0008) * let_go(frames, stroke.held_seconds, 0.2)


def _log(stroke: Stroke) -> Float32Array:
    """The log drum of amapiano: a hollow, pitched knock that falls into its note and is gone quickly."""
    frames = frames_of(min(stroke.held_seconds + 0.12, 1.2))
    at = control_times(frames)
    cents = slide_cents(stroke, frames, 0.04) + f32(600.0 * np.exp(-at / 0.018))
    turn = radians(curve_of(stroke, frames, cents), frames)
    hollow = np.float32(stroke.bright(0.25, 0.7) * stroke.hard(0.5, 1.1))
    out = np.sin(turn) * (0.75 * decay(frames, 0.2) + 0.25 * decay(frames, 0.5))
    for number, level, tau in ((3.0, 0.8, 0.085), (5.0, 0.5, 0.05), (7.0, 0.3, 0.035), (2.0, 0.25, 0.12)):
        out += np.sin(np.float32(number) * turn) * (decay(frames, tau) * (hollow * np.float32(level)))
    knock = burst(stroke.rng, 0.03, 0.004, bandpass(400.0, stroke.bright(1500.0, 4200.0)))
    add_at_start(out, knock * np.float32(stroke.hard(0.15, 0.5)))
    return saturate(unit(f32(out)), 1.5) * let_go(frames, stroke.held_seconds, 0.12)


def _donk(stroke: Stroke) -> Float32Array:
    """The hollow pipe of northern dance floors: FM at a third of its modulator, struck and shut."""
    frames = frames_of(min(stroke.held_seconds, 0.3) + 0.12)
    at = control_times(frames)
    cents = slide_cents(stroke, frames, 0.03) + f32(350.0 * np.exp(-at / 0.012))
    turn = radians(curve_of(stroke, frames, cents), frames)
    index = np.float32(stroke.bright(1.0, 3.4) * stroke.hard(0.5, 1.2)) * decay(frames, 0.055) + np.float32(0.25)
    out = np.sin(turn + index * np.sin(np.float32(3.0) * turn)) * (0.8 * decay(frames, 0.11) + 0.2 * decay(frames, 0.4))
    out += np.float32(0.4) * np.sin(np.float32(2.0) * turn) * decay(frames, 0.05)
    return saturate(unit(f32(out)), 1.6) * attack(frames, 0.001) * let_go(frames, min(stroke.held_seconds, 0.3), 0.1)


_ORGAN: Final = (
    (1.0, 1.0, 0.6), (2.0, 0.85, 0.22), (3.0, 0.6, 0.12), (4.0, 0.45, 0.1), (6.0, 0.32, 0.07), (8.0, 0.24, 0.05),
    (12.0, 0.14, 0.035), (16.0, 0.1, 0.03),
)  # fmt: skip


def _organ(stroke: Stroke) -> Float32Array:
    """The workstation organ of house: a percussive drawbar click over a round foot, quickly dark."""
    frames = frames_of(_held(stroke) + 0.08)
    turn = radians(_pitch(stroke, frames, 0.03), frames)
    out = np.zeros(frames, np.float32)
    bright = stroke.bright(0.55, 1.7) * stroke.hard(0.7, 1.15)
    for number, (multiple, level, tau) in enumerate(_ORGAN):
        held = 0.55 if number < 2 else 0.12
        body = np.float32(1.0 - held) * decay(frames, tau) + np.float32(held)
        out += np.sin(np.float32(multiple) * turn) * body * np.float32(level * bright**number)
    key = burst(stroke.rng, 0.012, 0.002, bandpass(1200.0, stroke.bright(3500.0, 8000.0)))
    add_at_start(out, key * np.float32(stroke.hard(0.1, 0.3)))
    return saturate(unit(out), 1.3) * _gate(stroke, frames, 0.0015, 0.5, 0.7, 0.07)


def _fm(stroke: Stroke) -> Float32Array:
    """Four operators: a solid pair, a knock three octaves up that is gone at once, a growl that velocity brings."""
    frames = frames_of(_held(stroke) + 0.08)
    turn = radians(_pitch(stroke, frames, 0.03), frames)
    depth = stroke.bright(0.7, 2.4) * stroke.hard(0.45, 1.2)
    hit = 0.3 if _slurred(stroke) else 1.0
    index = np.float32(depth * 2.4) * decay(frames, 0.12) + np.float32(depth * 0.6)
    knock = np.float32(depth * 0.8 * hit) * decay(frames, 0.035)
    back = np.sin(turn + np.float32(0.5 * depth) * np.sin(np.float32(2.0) * turn) * decay(frames, 0.2))
    out: Float32Array = np.sin(turn + index * back + knock * np.sin(np.float32(7.0) * turn))
    out += np.float32(0.35) * np.sin(turn)
    return out * _gate(stroke, frames, 0.0015, 0.5, 0.6, 0.07)


def _chip(stroke: Stroke) -> Float32Array:
    """The sixteen-step triangle of an early console, its steps sharp."""
    frames = frames_of(_held(stroke) + 0.02)
    curve = _pitch(stroke, frames, 0.02)
    count = harmonics_for(stroke.hz, float(curve.max()), 600)
    number = np.arange(1, count + 1)
    cutoff = stroke.bright(2200.0, 15_000.0) * stroke.hard(0.5, 1.0)
    rows = stair_wave(count) / (1.0 + 1j * number * stroke.hz / cutoff)
    return f32(read(phase(curve, frames), tables_of(rows[None, :])[0]) * let_go(frames, _held(stroke), 0.015))


def _moog(stroke: Stroke) -> Float32Array:
    """A saw and a pulse that drift, driven into a ladder whose contour closes slowly: round, with a vowel in it."""
    frames = frames_of(_held(stroke) + 0.08)
    curve = _pitch(stroke, frames, 0.04, drift=1.2)
    floor = stroke.hz * 1.3 + stroke.bright(50.0, 350.0)
    peak = floor + stroke.bright(450.0, 3600.0) * stroke.hard(0.3, 1.0)
    cutoff = falling_cutoff(frames, floor, floor + 0.3 * (peak - floor) if _slurred(stroke) else peak, 0.21)
    count = partials_of(stroke, 420)
    saws = through(stroke, saw_wave(count), cutoff, curve, resonance=0.5, per_octave=9)
    hollow = through(stroke, pulse_wave(count, 0.36), cutoff, curve, resonance=0.5, per_octave=9)
    start = float(stroke.rng.uniform(0.0, 1.0))
    out = oscillate(saws, curve * np.float32(1.0016), frames)
    out += np.float32(0.8) * oscillate(hollow, curve * np.float32(1.0 / 1.0016), frames, start)
    return saturate(unit(out), 2.0, 0.15) * _gate(stroke, frames, 0.002, 0.4, 0.7, 0.07)


def _hoover(stroke: Stroke) -> Float32Array:
    """Detuned pulses of moving width that are pulled up into their note, over an octave below."""
    frames = frames_of(stroke.held_seconds + 0.12)
    at = control_times(frames)
    width = 0.28 + 0.2 * np.sin(TAU * 3.1 * at + float(stroke.rng.uniform(0.0, TAU)))
    pull = 0.0 if stroke.glide else -800.0
    cents = slide_cents(stroke, frames, 0.045) + f32(pull * np.exp(-at / 0.035))
    curve = curve_of(stroke, frames, cents)
    edge = stroke.bright(1300.0, 7500.0) * stroke.hard(0.6, 1.0)
    count = partials_of(stroke, 400)
    places = np.linspace(0.06, 0.5, 12)
    gain = two_pole(np.arange(1, count + 1) * stroke.hz / edge, 0.1)
    sweep = Sweep(
        tables_of(np.array([pulse_wave(count, float(one)) for one in places]) * gain),
        f32(((np.clip(width, 0.06, 0.5) - 0.06) * (11.0 / 0.44)).astype(np.float32)),
    )
    out = unit(unison(sweep, curve, (-22.0, -8.0, 8.0, 22.0), frames, stroke.rng, width=0.7))
    out = mono_bass(saturate(out, 1.8)) + _sine(curve, frames, 0.5) * np.float32(0.3)
    return out * _gate(stroke, frames, 0.003, 0.5, 0.8, 0.1)


def _bass(
    name: str,
    title: str,
    voice: Voice,
    gm: int,
    variants: int = 2,
    *,
    articulations: tuple[Articulation, ...] = _SLURRED,
) -> Patch:
    return make_patch(
        name, title, "bass", voice, gm=gm, low=24, high=60, variants=variants, pivot_hz=350.0,
        articulations=articulations, glides=True,
    )  # fmt: skip


PATCHES: Final[tuple[Patch, ...]] = (
    _bass("bass_saw", "Saw bass", _saw, 38),
    _bass("bass_reese", "Reese bass", _reese, 39),
    _bass("bass_wobble", "Wobble bass: 2, 3 or 4 turns a note by variant", _wobble, 39, 3, articulations=("legato",)),
    _bass("bass_growl", "Growling bass: its vowels by variant", _growl, 39, 3, articulations=("legato",)),
    _bass("bass_sub", "Sub bass", _sub, 39, 1),
    _bass("bass_acid", "Acid bass", partial(acid, square=False, colour=1.0), 38, 1),
    _bass("bass_fm", "FM bass", _fm, 38, 1),
    _bass("bass_organ", "House organ bass", _organ, 16),
    _bass("bass_donk", "Donk", _donk, 38, 1, articulations=()),
    _bass("bass_moog", "Moog-like bass", _moog, 38),
    _bass("bass_808", "808 bass", _808, 39, 1, articulations=("legato",)),
    _bass("bass_log", "Log drum bass", _log, 39, 2, articulations=()),
    _bass("bass_hoover", "Hoover bass", _hoover, 39, 2, articulations=("legato",)),
    _bass("bass_chip", "Chip bass", _chip, 80, 1, articulations=("staccato",)),
)
