"""Lead synthesisers: ladder, trance and hardstyle stacks, sync, brass, acid line, theremin, PPG-like scans."""

from functools import partial
from typing import Final

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.instruments.analogue import (
    curve_of,
    drift_cents,
    falling_cutoff,
    late_vibrato,
    oscillate,
    overload,
    partials_of,
    slide_cents,
    struck,
    supersaw_cents,
    through,
    unison,
)
from everjam.engines.band.instruments.basses_synth import acid
from everjam.engines.band.instruments.contract import Patch, Renewal
from everjam.engines.band.instruments.dsp.base import (
    adsr,
    control_times,
    f32,
    frames_of,
    unit,
    upsample,
)
from everjam.engines.band.instruments.dsp.operators import overloaded
from everjam.engines.band.instruments.dsp.shaping import saturate
from everjam.engines.band.instruments.dsp.stereo import widened
from everjam.engines.band.instruments.dsp.waves import (
    Harmonics,
    pulse_wave,
    saw_wave,
    sync_wave,
    tables_of,
    triangle_wave,
    two_pole,
)
from everjam.engines.band.instruments.dsp.wavetable import phase, read, scan, walk
from everjam.engines.band.instruments.voicing import Stroke, Voice, make_patch
from everjam.engines.band.score import Articulation

SUPERSAW_LEVELS: Final = (0.72, 0.72, 0.72, 1.0, 0.72, 0.72, 0.72)
_LEGATO: Final[tuple[Articulation, ...]] = ("legato", "staccato")


def held_of(stroke: Stroke) -> float:
    """How long the key is down: staccato notes are short whatever is written."""
    return min(stroke.held_seconds, 0.1) if stroke.articulation == "staccato" else stroke.held_seconds


def lead_envelope(stroke: Stroke, frames: int, rise: float, fall: float, sustain: float, tail: float) -> Float32Array:
    """Envelope of a lead; a slurred note has no attack of its own."""
    slurred = stroke.articulation == "legato"
    return struck(
        frames,
        held_of(stroke),
        max(rise, 0.014) if slurred else rise,
        fall,
        0.5 + 0.5 * sustain if slurred else sustain,
        tail,
    )


def _opening(stroke: Stroke) -> float:
    """How far the filter's envelope is struck: slurred notes leave it where it is."""
    return 0.25 if stroke.articulation == "legato" else 1.0


def thinned(wave: Harmonics, octaves: float = 0.0) -> Harmonics:
    """A wave behind a high-pass that follows the key, so that stacks stay clear in their lows."""
    number = np.arange(1, wave.size + 1)
    squared = (number / 2.0**octaves) ** 4
    out: Harmonics = wave * np.sqrt(squared / (1.0 + squared))
    return out


def supersaw(stroke: Stroke) -> Float32Array:
    """Seven saws that run free, detuned as the silver synthesiser does it, a high-pass at the key below them."""
    held = held_of(stroke)
    frames = frames_of(held + 0.22)
    curve = curve_of(stroke, frames, slide_cents(stroke, frames, 0.04))
    floor = stroke.hz * 2.5 + stroke.bright(900.0, 9000.0)
    cutoff = falling_cutoff(frames, floor, floor * (1.0 + _opening(stroke) * stroke.hard(0.4, 2.0)), 0.25)
    sweep = through(stroke, thinned(saw_wave(partials_of(stroke))), cutoff, curve, kind=two_pole, per_octave=5)
    moving = curve if stroke.glide else stroke.hz
    out = unison(sweep, moving, supersaw_cents(0.13), frames, stroke.rng, width=0.8, levels=SUPERSAW_LEVELS)
    return out * lead_envelope(stroke, frames, 0.003, 0.6, 0.8, 0.2)


def _lead(kind: str, stroke: Stroke) -> Float32Array:
    """Two oscillators and a ladder."""
    frames = frames_of(held_of(stroke) + 0.14)
    cents = late_vibrato(frames, 5.6, 12.0, 0.28, 0.3) + slide_cents(stroke, frames, 0.035)
    curve = curve_of(stroke, frames, f32(cents))
    count = partials_of(stroke)
    wave = saw_wave(count) if kind == "saw" else pulse_wave(count, 0.44)
    floor = stroke.hz * 2.0 + stroke.bright(600.0, 7000.0)
    cutoff = falling_cutoff(frames, floor, floor * (1.0 + _opening(stroke) * stroke.hard(0.3, 2.2)), 0.22)
    sweep = through(stroke, wave, cutoff, curve, resonance=0.4, per_octave=8)
    apart = (-7.0, 7.0) if kind == "saw" else (-3.0, 3.0)
    flat, sharp = unison(sweep, curve, apart, frames, stroke.rng, width=1.0)
    out = widened(saturate(unit(flat + sharp), 1.1), np.float32(0.3) * unit(flat - sharp))
    return out * lead_envelope(stroke, frames, 0.003, 0.5, 0.85, 0.12)


def _soft(stroke: Stroke) -> Float32Array:
    """A rounded triangle with a breath of pulse."""
    frames = frames_of(held_of(stroke) + 0.12)
    cents = late_vibrato(frames, 5.2, 10.0, 0.25, 0.4) + slide_cents(stroke, frames, 0.05)
    curve = curve_of(stroke, frames, f32(cents))
    count = partials_of(stroke, 60)
    wave = triangle_wave(count) + 0.09 * stroke.bright(0.4, 2.5) * pulse_wave(count, 0.5)
    floor = stroke.hz * 2.0 + stroke.bright(700.0, 5000.0)
    cutoff = falling_cutoff(frames, floor, floor * (1.0 + _opening(stroke) * stroke.hard(0.2, 1.2)), 0.15)
    out = oscillate(through(stroke, wave, cutoff, curve, kind=two_pole, per_octave=5), curve, frames)
    return out * lead_envelope(stroke, frames, 0.01, 0.5, 0.85, 0.1)


def _moog(stroke: Stroke) -> Float32Array:
    """Three saws that drift, one an octave below, driven into a ladder with its own contour."""
    frames = frames_of(held_of(stroke) + 0.16)
    at = control_times(frames)
    begun = 1.0 - np.exp(-at / 0.012) if stroke.articulation != "legato" else np.ones(at.size)
    contour = begun * (0.35 + 0.65 * np.exp(-at / 0.3) * (0.4 + 0.6 * _opening(stroke)))
    low = stroke.hz * 1.5 + stroke.bright(120.0, 700.0)
    high = low + stroke.bright(1500.0, 9500.0) * stroke.hard(0.3, 1.0)
    cutoff = f32((low * (high / low) ** contour).astype(np.float32))
    cents = late_vibrato(frames, 5.2, 11.0, 0.3, 0.4) + slide_cents(stroke, frames, 0.045)
    curve = curve_of(stroke, frames, f32(cents + drift_cents(stroke, frames, 1.2)))
    sweep = through(stroke, saw_wave(partials_of(stroke)), cutoff, curve, resonance=0.66, per_octave=9)
    flat, sharp = unison(sweep, curve, (-5.0, 5.0), frames, stroke.rng, width=1.0)
    wave = saw_wave(partials_of(stroke, 700, 0.5))
    below = through(stroke, wave, cutoff, curve, resonance=0.66, per_octave=9, ratio=0.5)
    foot = oscillate(below, curve * np.float32(0.5), frames, float(stroke.rng.uniform()))
    middle = overload(stroke, unit(flat + sharp + np.float32(0.8) * foot), 2.0, 0.15)
    out = widened(middle, np.float32(0.22) * unit(flat - sharp))
    return out * lead_envelope(stroke, frames, 0.002, 0.5, 0.8, 0.14)


def _trance(stroke: Stroke) -> Float32Array:
    """Two octaves of detuned saws, bright and thin below, so that it rides over everything."""
    frames = frames_of(held_of(stroke) + 0.3)
    curve = curve_of(stroke, frames, slide_cents(stroke, frames, 0.045))
    floor = stroke.hz * 4.0 + stroke.bright(2500.0, 12_000.0)
    cutoff = falling_cutoff(frames, floor, floor * (1.0 + _opening(stroke) * stroke.hard(0.2, 0.9)), 0.3)
    count = partials_of(stroke)
    # The octave above lies in the same tables: its harmonics are the even ones.
    both = thinned(saw_wave(count), 0.3) * np.where(np.arange(1, count + 1) % 2, 0.55, 1.6)
    sweep = through(stroke, both, cutoff, curve, kind=two_pole, resonance=0.5, per_octave=5)
    moving = curve if stroke.glide else stroke.hz
    out = unison(sweep, moving, supersaw_cents(0.19), frames, stroke.rng, width=0.8, levels=SUPERSAW_LEVELS)
    return out * lead_envelope(stroke, frames, 0.002, 0.25, 0.75, 0.28)


def _hard(stroke: Stroke) -> Float32Array:
    """The screech of hardstyle: a detuned pulse and saw pressed into one voice, bent up, driven until it shouts."""
    frames = frames_of(held_of(stroke) + 0.15)
    at = control_times(frames)
    bend = 0.0 if stroke.glide else -260.0
    cents = bend * np.exp(-at / 0.018) + slide_cents(stroke, frames, 0.04) + late_vibrato(frames, 6.2, 16.0, 0.2, 0.3)
    curve = curve_of(stroke, frames, f32(cents))
    # What is driven this hard must leave room for what the drive adds.
    count = partials_of(stroke, max(4, int(9000.0 / stroke.hz)))
    peak = stroke.hz * 3.0 + stroke.bright(1800.0, 7000.0) * stroke.hard(0.5, 1.0)
    cutoff = f32((peak * 2.0 ** (0.8 * np.exp(-at / 0.12))).astype(np.float32))
    wave = thinned(saw_wave(count) + pulse_wave(count, 0.2), 0.2)
    sweep = through(stroke, wave, cutoff, curve, resonance=0.75, per_octave=9)
    flat, sharp = unison(sweep, curve, (-13.0, 13.0), frames, stroke.rng, width=1.0)
    middle = overloaded(unit(flat + sharp), 3.6, 0.2, speed=4 if stroke.hz > 500.0 else 2)
    return widened(middle, np.float32(0.35) * unit(flat - sharp)) * lead_envelope(
        stroke, frames, 0.002, 0.4, 0.85, 0.13
    )


def _sync(stroke: Stroke) -> Float32Array:
    """A saw that another one resets, its own pitch swept down: the tearing vowel of hard sync."""
    frames = frames_of(held_of(stroke) + 0.12)
    at = control_times(frames)
    cents = late_vibrato(frames, 5.4, 10.0, 0.3, 0.3) + slide_cents(stroke, frames, 0.04)
    curve = curve_of(stroke, frames, f32(cents))
    count = partials_of(stroke, 300)
    places = 40
    top = stroke.bright(2.4, 5.5) * stroke.hard(0.7, 1.1)
    number = np.arange(1, count + 1)
    edge = stroke.hz * 3.0 + stroke.bright(2500.0, 14_000.0)
    gain = 1.0 / (1.0 + (number * stroke.hz / edge) ** 2)
    rows = np.array([sync_wave(count, ratio) for ratio in np.geomspace(1.12, top, places)])
    # The fundamental's phase stays, or the sweep would bend the pitch.
    rows *= np.exp(-1j * np.angle(rows[:, :1]) * number) * gain
    tables = tables_of(rows)
    fall = np.exp(-at / 0.28) * (0.3 + 0.7 * _opening(stroke)) + 0.06 * np.sin(2.2 * at)
    along = walk(tables, upsample(f32((np.clip(fall, 0.0, 1.0) * (places - 1.001)).astype(np.float32)), frames))
    flat, sharp = (
        scan(phase(curve * np.float32(2.0 ** (apart / 1200.0)), frames, float(stroke.rng.uniform())), tables, along)
        for apart in (-4.0, 4.0)
    )
    out = widened(saturate(unit(flat + sharp), 1.0), np.float32(0.3) * unit(flat - sharp))
    return out * lead_envelope(stroke, frames, 0.002, 0.5, 0.8, 0.11)


def _scan_spectra(count: int, places: int) -> Harmonics:
    """A wheel of spectra: hollow, reedy, sung, bell-like, thin, and back to full."""
    number = np.arange(1, count + 1)
    wheel = [
        np.where(number % 2, 1.0 / number, 0.0),
        1.0 / number**1.2 + 0.7 * np.exp(-(((number - 5.0) / 1.6) ** 2)),
        0.9 / number + 0.8 * np.exp(-(((number - 9.0) / 2.2) ** 2)) + 0.5 * np.exp(-(((number - 3.0) / 0.8) ** 2)),
        np.isin(number, (1, 4, 7, 11, 16, 22)) * 1.0 / number**0.45,
        np.abs(np.sin(np.pi * number * 0.07)) / number**0.75,
        1.0 / number,
    ]
    share = np.linspace(0.0, len(wheel) - 1.0, places)
    rows = np.array([np.interp(share, np.arange(len(wheel)), column) for column in np.array(wheel).T]).T
    out: Harmonics = -0.5j * rows / np.sqrt(np.sum(rows**2, axis=1, keepdims=True))
    return out


def _wavetable(stroke: Stroke) -> Float32Array:
    """A scan through a wheel of digital spectra, in steps that can nearly be heard, behind an analogue filter."""
    frames = frames_of(held_of(stroke) + 0.3)
    at = control_times(frames)
    places = 24
    curve = curve_of(stroke, frames, slide_cents(stroke, frames, 0.04))
    count = partials_of(stroke, 128)
    number = np.arange(1, count + 1)
    edge = stroke.hz * 3.0 + stroke.bright(1500.0, 12_000.0) * stroke.hard(0.5, 1.0)
    tables = tables_of(_scan_spectra(count, places) / (1.0 + (number * stroke.hz / edge) ** 2))
    start = (0.0, 0.25, 0.5)[stroke.variant % 3]
    turn = (start + 0.75 * np.exp(-at / 0.35) * _opening(stroke) + 0.09 * at) % 1.0
    stepped = np.floor(turn * 22.0) + np.clip((turn * 22.0 % 1.0) * 2.2, 0.0, 1.0)
    along = walk(tables, upsample(f32(np.minimum(stepped, places - 1.001).astype(np.float32)), frames))
    flat, sharp = (
        scan(phase(curve * np.float32(2.0 ** (apart / 1200.0)), frames, float(stroke.rng.uniform())), tables, along)
        for apart in (-5.0, 5.0)
    )
    return widened(flat + sharp, np.float32(0.6) * (flat - sharp)) * lead_envelope(
        stroke, frames, 0.004, 0.6, 0.7, 0.28
    )


def _brass(stroke: Stroke) -> Float32Array:
    """Saws behind a filter that swells open with the note, as polysynths played horns in the eighties."""
    frames = frames_of(held_of(stroke) + 0.22)
    at = control_times(frames)
    swell = (1.0 - np.exp(-((at / stroke.hard(0.075, 0.035)) ** 1.5))) * (0.62 + 0.38 * np.exp(-at / 0.3))
    low = stroke.hz * 1.2
    high = stroke.hz * 2.0 + stroke.bright(900.0, 7000.0) * stroke.hard(0.45, 1.0)
    cutoff = f32((low * (high / low) ** swell).astype(np.float32))
    count = partials_of(stroke)
    curve = curve_of(stroke, frames, f32(-22.0 * np.exp(-at / 0.03) + slide_cents(stroke, frames, 0.04)))
    wave = saw_wave(count) + 0.4 * pulse_wave(count, 0.4)
    sweep = through(stroke, wave, cutoff, curve, kind=two_pole, resonance=0.25, per_octave=6)
    out = unison(sweep, curve, (-8.0, -3.0, 3.0, 8.0), frames, stroke.rng, width=0.7)
    return out * lead_envelope(stroke, frames, 0.018, 0.5, 0.85, 0.2)


_THEREMIN: Final = np.array([1.0, 0.16, 0.07, 0.035, 0.02, 0.012, 0.008, 0.005])


def _theremin(stroke: Stroke) -> Float32Array:
    """Nearly a sine; the hand finds the note from below and then never stands still."""
    frames = frames_of(stroke.held_seconds + 0.3)
    at = control_times(frames)
    scoop = 0.0 if stroke.articulation == "legato" else -160.0
    way = slide_cents(stroke, frames, 0.06) if stroke.glide else f32(scoop * np.exp(-at / 0.045))
    curve = curve_of(stroke, frames, f32(late_vibrato(frames, 5.8, 32.0, 0.12, 0.25) + way))
    number = np.arange(_THEREMIN.size)
    levels = _THEREMIN * stroke.bright(0.6, 1.6) ** number * stroke.hard(0.7, 1.15) ** number
    rows = -0.5j * levels[: partials_of(stroke)]
    out = read(phase(curve, frames), tables_of(rows[None, :])[0])
    return out * adsr(
        frames,
        stroke.held_seconds,
        attack_seconds=min(0.09, 0.03 + 0.3 * stroke.held_seconds),
        decay_seconds=0.6,
        sustain=0.9,
        release_seconds=0.28,
    )


def _sing(
    name: str,
    title: str,
    voice: Voice,
    gm: int,
    *,
    low: int = 48,
    high: int = 96,
    variants: int = 2,
    renews: Renewal = "all",
) -> Patch:
    return make_patch(
        name, title, "synths", voice, gm=gm, low=low, high=high, variants=variants, articulations=_LEGATO, glides=True,
        renews=renews,
    )  # fmt: skip


PATCHES: Final[tuple[Patch, ...]] = (
    _sing("supersaw", "Supersaw", supersaw, 81, low=36, renews=""),
    _sing("lead_saw", "Saw lead", partial(_lead, "saw"), 81),
    _sing("lead_square", "Square lead", partial(_lead, "square"), 80),
    _sing("lead_soft", "Soft lead", _soft, 80, variants=1),
    _sing("lead_moog", "Moog-like lead", _moog, 81, low=43),
    _sing("lead_trance", "Trance lead", _trance, 81),
    _sing("lead_hard", "Hardstyle screech", _hard, 84),
    _sing("lead_sync", "Hard-sync lead", _sync, 84),
    _sing("lead_wavetable", "Wavetable scan: its start by take", _wavetable, 90, low=36, variants=3),
    _sing("brass_synth", "Synth brass", _brass, 62, low=40, renews=""),
    _sing("seq_acid", "Acid sequence", partial(acid, square=True, colour=2.2), 87, low=36, high=88, variants=1),
    make_patch(
        "theremin",
        "Theremin",
        "synths",
        _theremin,
        gm=79,
        low=48,
        high=96,
        variants=1,
        articulations=_LEGATO[:1],
        glides=True,
        renews="all",
    ),
)
