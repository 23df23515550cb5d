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
from everjam.engines.band.instruments.dsp.cloud import Grains, hiss, scatter
from everjam.engines.band.instruments.dsp.filters import (
    Formants,
    Response,
    bandpass,
    highpass,
    lowpass,
    peaks,
    shape,
)
from everjam.engines.band.instruments.dsp.operators import radians
from everjam.engines.band.instruments.dsp.shaping import saturate
from everjam.engines.band.instruments.dsp.wavetable import harmonic_count, phase, saw, scan, walk
from everjam.engines.band.instruments.voicing import Stroke, Voice, make_patch
from everjam.engines.band.instruments.vowels import AH, EE, EH, OH, OO, vowel_tables

_LONGEST_FADE_SECONDS: Final = 0.8
_LONG_LOOP: Final = 1 << 17


def fade_seconds_of(held_seconds: float) -> float:
    """Length of the cross-fade of a note that is held so long; it begins at the note and again at its end."""
    return min(_LONGEST_FADE_SECONDS, 0.5 * held_seconds)


def _frames(stroke: Stroke) -> int:
    return frames_of(stroke.held_seconds + fade_seconds_of(stroke.held_seconds))


def _looped(stroke: Stroke, signal: Float32Array) -> Float32Array:
    """``signal``, of ``_frames``, between the halves of an equal-power cross-fade, in place."""
    frames = signal.shape[-1]
    fade = fade_seconds_of(stroke.held_seconds)
    at = times(frames)
    quarter = np.float32(np.pi / 2.0)
    rise = np.sin(quarter * np.minimum(at / np.float32(fade), 1.0))
    fall = np.cos(quarter * np.clip((at - np.float32(stroke.held_seconds)) / np.float32(fade), 0.0, 1.0))
    rise *= fall
    signal *= rise
    return signal


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


_PATTER: Final = Grains(380.0, (1500.0, 7500.0), (0.0004, 0.0016), 2.2)
_LEAVES: Final = Grains(45.0, (500.0, 2200.0), (0.0012, 0.004), 1.8)
_PUDDLE: Final = Grains(11.0, (1100.0, 3800.0), (0.004, 0.012), 1.2, 0.35)


def _rain(stroke: Stroke) -> Float32Array:
    """A broad hiss of far drops, the patter of near ones on leaves and stone, a few that ring in a puddle."""
    frames = _frames(stroke)
    rng = stroke.rng
    top = stroke.bright(5000.0, 15_000.0)
    drops = scatter(_PATTER, rng, frames)
    for grains, level in ((_LEAVES, 1.3), (_PUDDLE, 0.7)):
        more = scatter(grains, rng, frames)
        more *= np.float32(level)
        drops += more
    far = hiss(rng, frames, _far_rain(top), width=0.8, size=_LONG_LOOP)
    far *= upsample(f32((1.0 + 0.08 * wander(rng, frames, 1.2)).astype(np.float32)), frames)
    far *= np.float32(0.5 * 0.33)
    drops *= np.float32(0.5 * 0.3 / float(drops.std()))
    far += drops
    return _looped(stroke, saturate(far, 1.0))


def _far_rain(top_hz: float) -> Response:
    """Little below 400 Hz, a wide hill about 5 kHz."""
    band = bandpass(450.0, top_hz, 1)
    return lambda hz: f32(band(hz) * (0.45 + np.exp(-((np.log2((hz + 1.0) / 4800.0) / 1.3) ** 2))))


_FIZZ: Final = Grains(420.0, (2200.0, 9000.0), (0.0006, 0.002), 1.6)


def _waves(stroke: Stroke) -> Float32Array:
    """One wave a note: it gathers, breaks brightly, and runs back fizzing over a low, steady roar."""
    frames = _frames(stroke)
    rng = stroke.rng
    crest = float(rng.uniform(0.42, 0.56))
    top = stroke.bright(2200.0, 9000.0)
    place = np.clip(control_times(frames) / np.float32(stroke.held_seconds), 0.0, 1.0)
    fall = np.exp(-3.4 * (place - crest) / (1.0 - crest))
    swell = np.where(place < crest, (place / crest) ** 2.2, fall)
    swell = swell * (1.0 + 0.12 * wander(rng, frames, 3.0))
    rows = (lowpass(260.0, 1), bandpass(90.0, 0.35 * top, 1), bandpass(120.0, top, 1))
    water = hiss(
        rng, frames, *rows, position=f32((2.0 * np.clip(swell, 0.0, 1.0) ** 0.8).astype(np.float32)), width=0.8,
        size=_LONG_LOOP,
    )  # fmt: skip
    water *= upsample(f32((0.28 + 0.8 * np.clip(swell, 0.0, 1.2)).astype(np.float32)), frames)
    back = np.clip((place - crest) / (1.0 - crest), 0.0, 1.0)
    fizz = scatter(_FIZZ, rng, frames, 0.02 + back * (1.0 - back) ** 0.7)
    fizz *= np.float32(0.10 * stroke.bright(0.7, 1.5) / float(fizz.std()))
    water += fizz
    return _looped(stroke, shape(water, highpass(45.0, 1)))


_SONGS: Final = (
    ((2100.0, 2350.0, 0.14), (2700.0, 2250.0, 0.1), (2300.0, 3100.0, 0.12), (3900.0, 4700.0, 0.05)),
    ((5700.0, 5500.0, 0.09), (4100.0, 4000.0, 0.11)) * 3,
    ((3200.0, 4300.0, 0.07), (4200.0, 3300.0, 0.06), (3300.0, 4600.0, 0.08)),
    ((6300.0, 4300.0, 0.035),) * 9 + ((4600.0, 4450.0, 0.13),),
    ((5200.0, 3700.0, 0.07), (4000.0, 3500.0, 0.08)) * 2 + ((4800.0, 3600.0, 0.07),),
    ((2600.0, 2450.0, 0.16), (2150.0, 2050.0, 0.22)),
)  # fmt: skip
"""Phrases of six birds, ``(from_hz, to_hz, seconds)`` of each syllable: a blackbird's whistle and twitter, a great
tit's two notes, a finch's slurs, a wren's trill, a chiffchaff's count, an oriole's call."""


def _song(song: tuple[tuple[float, float, float], ...], shift: float) -> Float32Array:
    """A phrase: bent glides, struck and let go, a breath between two syllables, a trace of the octave."""
    parts = []
    for low, high, seconds in song:
        frames = frames_of(seconds)
        share = np.linspace(0.0, 1.0, frames)
        hz = shift * low * (high / low) ** (share**0.8) * (1.0 + 0.012 * np.sin(TAU * 34.0 * share * seconds))
        turn = TAU * np.cumsum(hz) / 48_000.0
        body = np.sin(np.pi * share**0.7) ** 1.3
        parts.append((body * (np.sin(turn) + 0.06 * body * np.sin(2.0 * turn))).astype(np.float32))
        parts.append(np.zeros(frames_of(min(0.05, 0.012 + 0.35 * seconds)), np.float32))
    return np.concatenate(parts)


def _birds(stroke: Stroke) -> Float32Array:
    """Birds that answer each other, near and far, over leaves."""
    frames = _frames(stroke)
    rng = stroke.rng
    leaves = hiss(rng, frames, bandpass(900.0, stroke.bright(3500.0, 9000.0), 1), size=_LONG_LOOP)
    leaves *= upsample(f32((1.0 + 0.25 * wander(rng, frames, 1.5)).astype(np.float32)), frames)
    out = leaves * np.float32(0.022)
    count = max(2, round(2.6 * frames / 48_000.0))
    order = rng.permutation(len(_SONGS))
    for number in range(count):
        phrase = _song(_SONGS[order[number % order.size]], float(rng.uniform(0.94, 1.07)))
        start = int((number + float(rng.uniform(0.0, 0.7))) / count * frames)
        level = (1.0, 0.35, 0.6, 0.25)[number % 4]
        _sprinkle(rng, out, phrase * np.float32(level * 0.6), 1, (start, start + 1), 0.3)
        # The edge of the wood gives some of it back.
        for late, share in ((0.055, 0.1), (0.11, 0.08), (0.19, 0.05)):
            far = start + frames_of(late)
            _sprinkle(rng, out, phrase * np.float32(level * share), 1, (far, far + 1), 0.3)
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
    babble = upsample(f32((1.0 + 0.22 * wander(rng, frames, 6.0)).astype(np.float32)), frames)
    air = hiss(rng, frames, bandpass(250.0, stroke.bright(1500.0, 4500.0), 1), size=_LONG_LOOP) * babble
    consonants = hiss(rng, frames, bandpass(2200.0, stroke.bright(4500.0, 9000.0)))
    spoken = upsample(f32(np.clip(wander(rng, frames, 7.0), 0.0, 1.5).astype(np.float32)), frames)
    out *= np.float32(1.0 / float(out.std()))
    out += air * np.float32(0.55)
    out += consonants * (spoken * np.float32(0.22))
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
    out += hiss(rng, frames, bandpass(3000.0, 12_000.0, 1)) * np.float32(0.004)
    out = shape(out, highpass(180.0), lowpass(stroke.bright(3500.0, 14_000.0), 1))
    return _looped(stroke, crossfeed(out, 0.3))


def _tape_hiss(stroke: Stroke) -> Float32Array:
    """The hiss of a cassette, hardly moving, with a trace of mains hum."""
    frames = _frames(stroke)
    band, hill = bandpass(1100.0, 14_500.0, 1), peaks(((stroke.bright(4000.0, 9500.0), 7000.0, 1.2),), 0.5)
    tape = hiss(stroke.rng, frames, lambda hz: band(hz) * hill(hz), width=0.8, size=_LONG_LOOP)
    at = times(frames)
    hum = np.sin(np.float32(TAU * 100.0) * at) + 0.4 * np.sin(np.float32(TAU * 200.0) * at)
    breathing = upsample(f32((1.0 + 0.05 * wander(stroke.rng, frames, 3.0)).astype(np.float32)), frames)
    out = tape * breathing + f32(hum) * np.float32(0.012)
    return _looped(stroke, crossfeed(out, 0.2))


_CRACKLE: Final = Grains(85.0, (1200.0, 8000.0), (0.0002, 0.0009), 2.4)
_SNAP: Final = Grains(7.0, (600.0, 3800.0), (0.001, 0.005), 1.4)


def _fire(stroke: Stroke) -> Float32Array:
    """Crackles and snaps in bunches over the low breath of flames."""
    frames = _frames(stroke)
    rng = stroke.rng
    breath = hiss(rng, frames, bandpass(55.0, stroke.bright(320.0, 1000.0), 1), width=0.6, size=_LONG_LOOP)
    lick = np.clip(1.0 + 0.45 * np.tanh(wander(rng, frames, 7.0)) + 0.3 * wander(rng, frames, 2.0), 0.15, 2.2)
    out = breath * (upsample(f32(lick.astype(np.float32)), frames) * np.float32(0.06))
    busy = np.exp(1.6 * wander(rng, frames, 2.5))
    crackle, snap = scatter(_CRACKLE, rng, frames, busy), scatter(_SNAP, rng, frames, busy)
    sparks = shape(crackle + np.float32(1.2) * snap, lowpass(stroke.bright(4500.0, 16_000.0), 1))
    return _looped(stroke, saturate(out + unit(sparks) * np.float32(0.55), 1.3))


def _night(stroke: Stroke) -> Float32Array:
    """Crickets near and far, each with its own pitch and patience, over still air."""
    frames = _frames(stroke)
    rng = stroke.rng
    at = control_times(frames)
    air = hiss(rng, frames, bandpass(150.0, stroke.bright(500.0, 1800.0), 1), size=_LONG_LOOP)
    out = air * np.float32(0.035)
    for cricket, (hz, pulses_hz, chirp_hz, level) in enumerate(
        ((4150.0, 28.0, 1.7, 0.5), (4620.0, 33.0, 2.1, 0.3), (3780.0, 24.0, 1.3, 0.22), (5350.0, 52.0, 0.0, 0.1))
    ):
        tuned = hz * float(rng.uniform(0.99, 1.01))
        tone = np.sin(radians(tuned, frames, start_cycles=float(rng.uniform())))
        # The pulses are slow enough for a control curve.
        pulse = np.maximum(np.sin(np.float32(TAU * pulses_hz) * at), 0.0) ** 1.5
        if chirp_hz:
            turn = (at * np.float32(chirp_hz) + np.float32(rng.uniform())) % 1.0
            pulse = pulse * np.clip(6.0 * np.sin(np.float32(TAU) * turn) - 2.5, 0.0, 1.0)
        pan = (0.3, 0.72, 0.5, 0.4)[cricket]
        tone *= upsample(f32(pulse * np.float32(level * stroke.bright(0.7, 1.4))), frames)
        out[0] += tone * np.float32(1.0 - pan)
        out[1] += tone * np.float32(pan)
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
