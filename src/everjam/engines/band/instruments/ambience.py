"""Places: rain, sea, birds, people, fire, night, tape, faults.

Each is begun anew every bar or two and must not show where. So a note rises and, after its end, falls by the two halves
of one equal-power cross-fade: notes that follow each other are as loud at the seam as between.
"""

from typing import Final

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.instruments.contract import Patch
from everjam.engines.band.instruments.dsp.base import (
    TAU,
    attack,
    control_times,
    crossfeed,
    decay,
    f32,
    frames_of,
    noise,
    times,
    unit,
    upsample,
    wander,
)
from everjam.engines.band.instruments.dsp.filters import (
    Formants,
    bandpass,
    highpass,
    lowpass,
    moving_noise,
    peaks,
    shape,
)
from everjam.engines.band.instruments.dsp.shaping import saturate
from everjam.engines.band.instruments.dsp.wavetable import harmonic_count, phase, read, saw, scan, stack, walk
from everjam.engines.band.instruments.voicing import Stroke, Voice, make_patch
from everjam.engines.band.instruments.vowels import AH, EE, EH, OH, OO, vowel_tables

_LONGEST_FADE_SECONDS: Final = 0.8


def fade_seconds_of(held_seconds: float) -> float:
    """Length of the cross-fade of a note that is held so long; it begins at the note and again at its end."""
    return min(_LONGEST_FADE_SECONDS, 0.5 * held_seconds)


def _frames(stroke: Stroke) -> int:
    return frames_of(stroke.held_seconds + fade_seconds_of(stroke.held_seconds))


def _looped(stroke: Stroke, signal: Float32Array) -> Float32Array:
    """``signal``, of ``_frames``, between the halves of an equal-power cross-fade."""
    frames = signal.shape[-1]
    fade = fade_seconds_of(stroke.held_seconds)
    at = times(frames)
    quarter = np.float32(np.pi / 2.0)
    rise = np.sin(quarter * np.minimum(at / np.float32(fade), 1.0))
    fall = np.cos(quarter * np.clip((at - np.float32(stroke.held_seconds)) / np.float32(fade), 0.0, 1.0))
    looped: Float32Array = signal * (rise * fall)
    return looped


def _both_sides(rng: np.random.Generator, frames: int) -> Float32Array:
    return noise(rng, 2 * frames).reshape(2, frames)


def _sprinkle(
    rng: np.random.Generator, into: Float32Array, grain: Float32Array, count: int, span: tuple[int, int], power: float
) -> None:
    """Adds ``count`` copies of a grain ``(frames,)`` at random places of a stereo signal, few loud and many soft.

    Args:
        rng: For places, levels and sides.
        into: ``(2, frames)``, changed in place.
        grain: Mono.
        count: How many.
        span: First and last start frame.
        power: How rare the loud ones are; 1 = all levels alike.
    """
    starts = rng.integers(span[0], max(span[0] + 1, span[1]), count)
    levels = rng.uniform(0.05, 1.0, count) ** power * rng.choice(np.array([-1.0, 1.0]), count)
    pans = rng.uniform(0.1, 0.9, count)
    for start, level, pan in zip(starts, levels, pans, strict=True):
        end = min(into.shape[1], int(start) + grain.size)
        if end <= start:
            continue
        piece = grain[: end - int(start)] * np.float32(level)
        into[0, start:end] += piece * np.float32(1.0 - pan)
        into[1, start:end] += piece * np.float32(pan)


def _impulses(rng: np.random.Generator, frames: int, per_second: float) -> Float32Array:
    """Stereo clicks of random level, independent on the two sides."""
    out = np.zeros((2, frames), np.float32)
    for side in out:
        count = max(1, round(per_second * frames / 48_000.0))
        side[rng.integers(0, frames, count)] = rng.standard_normal(count) * rng.uniform(0.2, 1.0, count)
    return out


def _rain(stroke: Stroke) -> Float32Array:
    """A broad hiss of far drops, a patter of near ones, and a few that ring in a puddle."""
    frames = _frames(stroke)
    rng = stroke.rng
    top = stroke.bright(4500.0, 13_000.0)
    hiss = shape(_both_sides(rng, frames), bandpass(450.0, top, 1))
    near = shape(_impulses(rng, frames, 220.0), bandpass(900.0, 0.8 * top))
    puddle = np.zeros((2, frames), np.float32)
    length = frames_of(0.03)
    for hz in rng.uniform(1400.0, 3600.0, max(2, round(9.0 * frames / 48_000.0))):
        at = times(length)
        plink = np.sin(np.float32(TAU * hz) * (at + np.float32(6.0) * at * at)) * decay(length, 0.006)
        _sprinkle(rng, puddle, f32(plink * attack(length, 0.001)), 1, (0, frames), 1.0)
    out = hiss * np.float32(0.36 / float(hiss.std())) + near * np.float32(0.85 / float(near.std()))
    return _looped(stroke, crossfeed(saturate(out * np.float32(0.3), 1.0) + puddle * np.float32(0.55), 0.25))


def _waves(stroke: Stroke) -> Float32Array:
    """One wave a note: it gathers, breaks brightly and runs back over a low, steady roar."""
    frames = _frames(stroke)
    held = np.float32(stroke.held_seconds)
    crest = float(stroke.rng.uniform(0.42, 0.56))
    top = stroke.bright(1500.0, 6500.0)

    def height(at: Float32Array) -> Float32Array:
        place = np.clip(at / held, 0.0, 1.0)
        return f32(np.where(place < crest, (place / crest) ** 2.2, np.exp(-3.4 * (place - crest) / (1.0 - crest))))

    def response(at: Float32Array, hz: Float32Array) -> Float32Array:
        swell = height(at)
        edge = 320.0 + top * swell**1.5
        foam = 0.10 + 0.9 * swell
        return f32((foam / (1.0 + (hz / edge) ** 2) + 0.25 / (1.0 + (hz / 220.0) ** 2)).astype(np.float32))

    out = np.stack([moving_noise(stroke.rng, frames, response) for _ in range(2)])
    return _looped(stroke, crossfeed(shape(out, highpass(50.0, 1)), 0.35))


_SONGS: Final = (
    ((3100.0, 4300.0, 0.07), (4200.0, 3300.0, 0.06), (3300.0, 4600.0, 0.08)),
    ((5200.0, 4700.0, 0.035),) * 3 + ((5300.0, 4600.0, 0.04), (5200.0, 4600.0, 0.05)),
    ((2600.0, 2450.0, 0.16), (2150.0, 2050.0, 0.22)),
    ((6100.0, 3600.0, 0.05), (3700.0, 6000.0, 0.045), (5900.0, 4100.0, 0.06), (4200.0, 4150.0, 0.12)),
)  # fmt: skip
"""Phrases of four birds: ``(from_hz, to_hz, seconds)`` of each syllable."""


def _song(song: tuple[tuple[float, float, float], ...], shift: float) -> Float32Array:
    """A phrase: glides with a warble, a breath between two syllables."""
    parts = []
    for low, high, seconds in song:
        frames = frames_of(seconds)
        share = np.linspace(0.0, 1.0, frames)
        hz = shift * low * (high / low) ** share * (1.0 + 0.02 * np.sin(TAU * 42.0 * share * seconds))
        parts.append((np.sin(TAU * np.cumsum(hz) / 48_000.0) * np.sin(np.pi * share) ** 1.2).astype(np.float32))
        parts.append(np.zeros(frames_of(0.028), np.float32))
    return np.concatenate(parts)


def _birds(stroke: Stroke) -> Float32Array:
    """Four birds that answer each other, near and far, over leaves."""
    frames = _frames(stroke)
    rng = stroke.rng
    leaves = shape(_both_sides(rng, frames), bandpass(900.0, stroke.bright(3500.0, 9000.0), 1))
    out = leaves * np.float32(0.022 / float(leaves.std()))
    count = max(2, round(2.6 * frames / 48_000.0))
    order = rng.permutation(len(_SONGS))
    for number in range(count):
        phrase = _song(_SONGS[order[number % order.size]], float(rng.uniform(0.94, 1.07)))
        start = int((number + float(rng.uniform(0.0, 0.7))) / count * frames)
        level = (1.0, 0.35, 0.6, 0.25)[number % 4]
        _sprinkle(rng, out, phrase * np.float32(level * 0.6), 1, (start, start + 1), 0.3)
        far = frames_of(0.09)
        _sprinkle(rng, out, phrase * np.float32(level * 0.12), 1, (start + far, start + far + 1), 0.3)
    return _looped(stroke, crossfeed(out, 0.3))


_TALK: Final[tuple[Formants, ...]] = (OO, AH, EE, OH, EH)


def _talker(stroke: Stroke, frames: int, hz: float, tables: Float32Array) -> Float32Array:
    """One who talks without pause: pitch and vowel wander, the level goes in syllables."""
    rng = stroke.rng
    vowel = np.clip(2.0 + 1.3 * wander(rng, frames, 5.0), 0.0, len(_TALK) - 1.001)
    along = walk(tables, upsample(f32(vowel.astype(np.float32)), frames))
    curve = f32((hz * 2.0 ** (0.16 * wander(rng, frames, 2.2))).astype(np.float32))
    turn = TAU * float(rng.uniform(3.4, 5.2)) * control_times(frames) + 2.0 * wander(rng, frames, 1.5)
    syllables = np.clip(0.35 + 0.8 * np.sin(turn), 0.0, 1.2)
    spoken = upsample(f32(syllables.astype(np.float32)), frames)
    return scan(phase(curve, frames, float(rng.uniform())), tables, along) * spoken


def _crowd(stroke: Stroke) -> Float32Array:
    """People who talk at once in a room: low and high voices, their consonants, and the air between."""
    frames = _frames(stroke)
    rng = stroke.rng
    out = np.zeros((2, frames), np.float32)
    for register_hz, pans in ((118.0, (0.25, 0.8, 0.5)), (205.0, (0.7, 0.2))):
        number = np.arange(1, harmonic_count(register_hz, 60) + 1)
        source = saw(number.size) / (1.0 + (number * register_hz / stroke.bright(900.0, 3600.0)) ** 2)
        tables = vowel_tables(source, register_hz, _TALK, floor=0.1)
        for pan in pans:
            # Heads differ in size with their pitch: the formants may move with it.
            one = _talker(stroke, frames, register_hz * float(rng.uniform(0.84, 1.19)), tables)
            out[0] += one * np.float32(1.0 - pan)
            out[1] += one * np.float32(pan)
    raw = _both_sides(rng, frames)
    air = shape(raw, bandpass(250.0, stroke.bright(1500.0, 4500.0), 1))
    consonants = shape(raw[::-1], bandpass(2200.0, stroke.bright(4500.0, 9000.0)))
    spoken = upsample(f32(np.clip(wander(rng, frames, 7.0), 0.0, 1.5).astype(np.float32)), frames)
    out *= np.float32(1.0 / float(out.std()))
    out += air * np.float32(0.55 / float(air.std()))
    out += consonants * (spoken * np.float32(0.22 / float(consonants.std())))
    return _looped(stroke, crossfeed(out, 0.4))


def _glitch(stroke: Stroke) -> Float32Array:
    """Faults on a grid: clicks, a stuck fragment of tone, coarse bits, silence between."""
    frames = _frames(stroke)
    rng = stroke.rng
    out = np.zeros((2, frames), np.float32)
    step = 0.125
    for slot in range(int(frames / 48_000.0 / step) + 1):
        start = frames_of(slot * step)
        kind = int(rng.integers(0, 6))
        length = min(frames_of(float(rng.choice(np.array([0.008, 0.02, 0.045, 0.09])))), frames - start)
        if (kind > 3 and slot % 2) or length < 64:
            continue
        at = times(length)
        if kind in {0, 4}:
            piece = np.sign(np.sin(np.float32(TAU * float(rng.uniform(700.0, 3800.0))) * at))
        elif kind in {1, 5}:
            held = np.repeat(noise(rng, length // 12 + 1), 12)[:length]
            piece = np.round(held * 3.0) / np.float32(3.0)
        elif kind == 2:
            hz = stroke.hz * float(rng.choice(np.array([2.0, 3.0, 4.0, 8.0])))
            piece = np.sin(np.float32(TAU * hz) * at) * (np.floor(at * np.float32(90.0)) % 2.0)
        else:
            piece = noise(rng, length) * decay(length, 0.002)
        pan = float(rng.uniform(0.2, 0.8))
        level = np.float32(float(rng.uniform(0.4, 1.0)))
        ends = attack(length, 0.0005) * attack(length, 0.0005)[::-1]
        out[:, start : start + length] += np.stack([piece * np.float32(1.0 - pan), piece * np.float32(pan)]) * (
            ends * level
        )
    bed = shape(_both_sides(rng, frames), bandpass(3000.0, 12_000.0, 1))
    out += bed * np.float32(0.004)
    out = shape(out, highpass(180.0), lowpass(stroke.bright(3500.0, 14_000.0), 1))
    return _looped(stroke, crossfeed(out, 0.3))


def _tape_hiss(stroke: Stroke) -> Float32Array:
    """The hiss of a cassette, hardly moving, with a trace of mains hum."""
    frames = _frames(stroke)
    hiss = shape(
        _both_sides(stroke.rng, frames),
        bandpass(1100.0, 14_500.0, 1),
        peaks(((stroke.bright(4000.0, 9500.0), 7000.0, 1.2),), 0.5),
    )
    at = times(frames)
    hum = np.sin(np.float32(TAU * 100.0) * at) + 0.4 * np.sin(np.float32(TAU * 200.0) * at)
    breathing = upsample(f32((1.0 + 0.05 * wander(stroke.rng, frames, 3.0)).astype(np.float32)), frames)
    out = hiss * (breathing / np.float32(float(hiss.std()))) + f32(hum) * np.float32(0.012)
    return _looped(stroke, crossfeed(out, 0.2))


def _fire(stroke: Stroke) -> Float32Array:
    """Crackles and snaps in bunches over the low breath of flames."""
    frames = _frames(stroke)
    rng = stroke.rng
    breath = shape(_both_sides(rng, frames), bandpass(60.0, stroke.bright(350.0, 1100.0), 1))
    flicker = upsample(f32((1.0 + 0.3 * np.tanh(wander(rng, frames, 6.0))).astype(np.float32)), frames)
    out = breath * (flicker * np.float32(0.05 / float(breath.std())))
    busy = upsample(f32(np.clip(0.6 + 0.7 * wander(rng, frames, 3.0), 0.05, 2.0).astype(np.float32)), frames)
    clicks = _impulses(rng, frames, 70.0) * busy
    out += unit(shape(clicks, bandpass(1200.0, stroke.bright(5000.0, 12_000.0)))) * np.float32(0.35)
    for tau, low, high, rate in ((0.0016, 1500.0, 9000.0, 9.0), (0.005, 500.0, 3500.0, 2.5)):
        length = frames_of(9.0 * tau)
        snap = shape(noise(rng, length), bandpass(low, high * stroke.bright(0.6, 1.4))) * decay(length, tau)
        _sprinkle(rng, out, unit(snap), max(1, round(rate * frames / 48_000.0)), (0, frames), 1.6)
    return _looped(stroke, crossfeed(saturate(out, 1.2), 0.3))


def _night(stroke: Stroke) -> Float32Array:
    """Crickets near and far, each with its own pitch and patience, over still air."""
    frames = _frames(stroke)
    rng = stroke.rng
    at = times(frames)
    air = shape(_both_sides(rng, frames), bandpass(150.0, stroke.bright(500.0, 1800.0), 1))
    out = air * np.float32(0.035 / float(air.std()))
    sine = stack(np.ones((1, 1)))[0]
    for cricket, (hz, pulses_hz, chirp_hz, level) in enumerate(
        ((4150.0, 28.0, 1.7, 0.5), (4620.0, 33.0, 2.1, 0.3), (3780.0, 24.0, 1.3, 0.22), (5350.0, 52.0, 0.0, 0.1))
    ):
        tuned = hz * float(rng.uniform(0.99, 1.01))
        tone = read(phase(tuned, frames, float(rng.uniform())), sine)
        pulse = np.maximum(np.sin(np.float32(TAU * pulses_hz) * at), 0.0) ** 1.5
        if chirp_hz:
            turn = (at * np.float32(chirp_hz) + np.float32(rng.uniform())) % 1.0
            pulse = pulse * np.clip(6.0 * np.sin(np.float32(TAU) * turn) - 2.5, 0.0, 1.0)
        pan = (0.3, 0.72, 0.5, 0.4)[cricket]
        chirp = f32(tone * pulse) * np.float32(level * stroke.bright(0.7, 1.4))
        out += np.stack([chirp * np.float32(1.0 - pan), chirp * np.float32(pan)])
    return _looped(stroke, crossfeed(out, 0.3))


def _place(name: str, title: str, voice: Voice, gm: int, *, pivot_hz: float, variants: int = 2) -> Patch:
    return make_patch(name, title, "texture", voice, gm=gm, variants=variants, pivot_hz=pivot_hz)


PATCHES: Final[tuple[Patch, ...]] = (
    _place("rain", "Rain", _rain, 122, pivot_hz=3000.0, variants=3),
    _place("waves", "Waves: one a note", _waves, 122, pivot_hz=1000.0, variants=3),
    _place("birds", "Birds", _birds, 123, pivot_hz=3500.0, variants=3),
    _place("crowd", "People talking", _crowd, 126, pivot_hz=900.0),
    _place("glitch", "Glitches", _glitch, 120, pivot_hz=2500.0, variants=4),
    _place("tape_hiss", "Tape hiss", _tape_hiss, 121, pivot_hz=5000.0),
    _place("fire", "Fire", _fire, 122, pivot_hz=1500.0, variants=3),
    _place("night", "Crickets at night", _night, 123, pivot_hz=3000.0),
)
