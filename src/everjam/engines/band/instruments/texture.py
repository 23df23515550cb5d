"""Atmospheres and transitions: vinyl, risers, falls, impacts, booms, drone, wind, shimmer."""

from typing import Final

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.instruments import ambience
from everjam.engines.band.instruments.analogue import let_go, unison
from everjam.engines.band.instruments.contract import Patch
from everjam.engines.band.instruments.dsp.base import (
    add_at_start,
    adsr,
    attack,
    control_times,
    decay,
    f32,
    frames_of,
    noise,
    release,
    unit,
    upsample,
    wander,
)
from everjam.engines.band.instruments.dsp.cloud import Grains, Spread, cloud, hiss, scatter
from everjam.engines.band.instruments.dsp.filters import Response, bandpass, highpass, lowpass, shape
from everjam.engines.band.instruments.dsp.modal import modal
from everjam.engines.band.instruments.dsp.operators import radians
from everjam.engines.band.instruments.dsp.shaping import saturate
from everjam.engines.band.instruments.dsp.stereo import widened
from everjam.engines.band.instruments.dsp.waves import filtered, harmonics_for, saw_wave, two_pole
from everjam.engines.band.instruments.dsp.wavetable import harmonic_count, pulse
from everjam.engines.band.instruments.voicing import Stroke, Voice, make_patch

_LONG_LOOP: Final = 1 << 17
_DUST: Final = Grains(60.0, (1200.0, 7000.0), (0.00008, 0.0003), 2.6)
_TICKS: Final = Grains(4.0, (700.0, 3500.0), (0.0002, 0.0009), 0.7)
_TURN_SECONDS: Final = 1.8
"""Of a long-playing record at 33 1/3 turns a minute: a scratch comes back."""


def _vinyl(stroke: Stroke) -> Float32Array:
    """Dust and ticks, a scratch that comes back with each turn, surface noise, a little rumble."""
    frames = frames_of(stroke.held_seconds + 0.1)
    rng = stroke.rng
    dust = scatter(_DUST, rng, frames, np.exp(0.9 * wander(rng, frames, 2.0)))
    ticks = scatter(_TICKS, rng, frames)
    click = np.exp(np.arange(96, dtype=np.float32) / -14.0) * np.sin(np.arange(96, dtype=np.float32) * 0.35)
    for start in np.arange(float(rng.uniform(0.0, _TURN_SECONDS)), frames / 48_000.0 - 0.01, _TURN_SECONDS):
        add_at_start(ticks[:, frames_of(float(start)) :], f32(0.8 * click))
    out = shape(np.float32(0.7) * dust + ticks, lowpass(stroke.bright(3600.0, 12_000.0)))
    surface = hiss(rng, frames, _surface(stroke.bright(3500.0, 9000.0)), width=0.8, size=_LONG_LOOP)
    rumble = hiss(rng, frames, bandpass(25.0, 55.0), width=0.0)
    out = saturate(unit(out), 2.0) + np.float32(0.022) * surface + np.float32(0.012) * rumble
    ends = adsr(frames, stroke.held_seconds, attack_seconds=0.05, decay_seconds=1.0, sustain=1.0, release_seconds=0.1)
    return f32(out * ends)


def _surface(top_hz: float) -> Response:
    band = bandpass(300.0, top_hz, 1)
    return lambda hz: f32(band(hz) / np.sqrt(1.0 + hz / 900.0))


def _bands(low_hz: float, high_hz: float, count: int, octaves: float) -> list[Response]:
    """Hills of noise at ``count`` places between two frequencies."""

    def hill(centre: float) -> Response:
        def response(hz: Float32Array) -> Float32Array:
            away = np.log2((hz + np.float32(1.0)) / np.float32(centre)) * np.float32(1.0 / octaves)
            # Wide skirts: a fade from hill to hill must pass for a hill that moves.
            return f32(1.0 / (1.0 + away * away) ** 2 / np.sqrt(centre))

        return response

    return [hill(float(centre)) for centre in np.geomspace(low_hz, high_hz, count)]


def _swept(stroke: Stroke, frames: int, share: Float32Array, top_hz: float) -> Float32Array:
    """Noise and a swarm of saws whose pitch and brightness follow a control curve of 0 to 1, an octave apart."""
    air = hiss(
        stroke.rng, frames, *_bands(300.0, top_hz, 5, 1.4), position=f32(share * np.float32(4.0)), width=0.8
    )  # fmt: skip
    curve = f32((stroke.hz * 2.0 ** (share**1.5 - 1.0)).astype(np.float32))
    cutoff = f32((400.0 * (top_hz / 400.0) ** share).astype(np.float32))
    wave = saw_wave(harmonics_for(stroke.hz, stroke.hz, 300))
    sweep = filtered(stroke.hz, wave, f32(cutoff * np.float32(stroke.hz) / curve), kind=two_pole, resonance=0.6)
    tone = unison(sweep, curve, (-12.0, -4.0, 4.0, 12.0), frames, stroke.rng)
    tone = widened(f32(tone.mean(axis=0)), np.float32(0.5) * (tone[0] - tone[1]))
    return unit(air) + np.float32(0.42) * unit(tone)


def _riser(stroke: Stroke) -> Float32Array:
    """Noise and saws that rise until the note ends, and stop short."""
    held = max(0.25, stroke.held_seconds)
    frames = frames_of(held + 0.08)
    share = f32(np.minimum(control_times(frames) / np.float32(held), 1.0))
    out = _swept(stroke, frames, share, stroke.bright(3500.0, 13_000.0))
    rise = upsample(f32((0.05 + 0.95 * share**2.2).astype(np.float32)), frames)
    return out * rise * attack(frames, 0.05) * release(frames, held, 0.07)


def _downlifter(stroke: Stroke) -> Float32Array:
    """The way back: it starts at its brightest and sinks for as long as the note is."""
    held = max(0.4, stroke.held_seconds)
    frames = frames_of(held + 0.4)
    share = f32((1.0 - np.minimum(control_times(frames) / np.float32(held + 0.3), 1.0)) ** 1.4)
    out = _swept(stroke, frames, share, stroke.bright(3500.0, 13_000.0))
    fall = upsample(f32((0.03 + 0.97 * share**0.9).astype(np.float32)), frames)
    return out * fall * attack(frames, 0.004) * release(frames, held, 0.4)


def _falling(frames: int, start_hz: float, end_hz: float, tau_seconds: float) -> Float32Array:
    """A sine that falls exponentially towards ``end_hz``."""
    at = control_times(frames)
    return f32(
        np.sin(radians(f32((end_hz + (start_hz - end_hz) * np.exp(-at / tau_seconds)).astype(np.float32)), frames))
    )


def _impact(stroke: Stroke) -> Float32Array:
    """A deep hit in a wide dark place: crack, boom, a wash that closes."""
    frames = frames_of(2.8)
    boom = saturate(_falling(frames, 118.0, 36.0, 0.06) * decay(frames, 0.5), 2.0)
    edge = stroke.bright(1500.0, 8000.0)
    rows = [bandpass(60.0, top, 1) for top in (edge, 0.32 * edge, 180.0)]
    at = control_times(frames)
    closing = f32((2.0 * (1.0 - np.exp(-at / 0.45))).astype(np.float32))
    wash = hiss(stroke.rng, frames, *rows, position=closing, width=0.9, size=_LONG_LOOP)
    wash *= decay(frames, 0.6) * attack(frames, 0.004)
    out = wash * np.float32(stroke.hard(0.14, 0.3)) + boom
    crack = shape(noise(stroke.rng, 4800), bandpass(90.0, stroke.bright(2200.0, 8000.0))) * decay(4800, 0.012)
    add_at_start(out, unit(crack) * np.float32(stroke.hard(0.3, 0.9)))
    return out


def _boom(stroke: Stroke) -> Float32Array:
    """The drop's long sub: it dives for as long as the floor shakes, all of it in the middle."""
    frames = frames_of(2.6)
    dive = _falling(frames, stroke.hard(85.0, 150.0), stroke.hard(27.0, 30.0), 0.38) * decay(frames, 0.75)
    out = saturate(dive, 1.8 * stroke.hard(0.5, 1.7) * stroke.bright(0.6, 1.9), 0.06)
    thud = shape(noise(stroke.rng, 4800), bandpass(50.0, stroke.bright(500.0, 3500.0))) * decay(4800, 0.02)
    add_at_start(out, unit(thud) * np.float32(stroke.hard(0.12, 0.5)))
    return f32(out * attack(frames, 0.002))


def _drone_dark(stroke: Stroke) -> Float32Array:
    """Low pulses that beat slowly, a fifth within, a filter that never rests."""
    release_seconds = 2.5
    frames = stroke.frames(release_seconds)
    top = stroke.hz + stroke.bright(200.0, 2200.0) * stroke.hard(0.6, 1.1)
    count = max(2, harmonic_count(stroke.hz, 200))
    number = np.arange(1, count + 1)
    ratios = np.concatenate([number, 1.4983 * number[: count // 2]])
    source = np.concatenate([pulse(count, 0.32), 0.3 * pulse(count // 2, 0.4)])
    rows = source / (1.0 + (ratios * stroke.hz / (top * np.array([[0.45], [1.0], [2.1]]))) ** 2)
    position = f32((1.0 + np.tanh(0.8 * wander(stroke.rng, frames, 0.4))).astype(np.float32))
    out = cloud(stroke.hz, rows, Spread((-5.0, 5.0), 2.2, 0.3, 0.8), frames, position, stroke.rng, ratios)
    return out * adsr(
        frames,
        stroke.held_seconds,
        attack_seconds=min(1.2, 0.15 + 0.5 * stroke.held_seconds),
        decay_seconds=3.0,
        sustain=0.9,
        release_seconds=release_seconds,
    )


def _wind(stroke: Stroke) -> Float32Array:
    """Gusts: the stronger, the brighter, and a thin whistle at the edge of the strongest."""
    release_seconds = 1.8
    frames = stroke.frames(release_seconds)
    rng = stroke.rng
    gust = np.tanh(0.9 * wander(rng, frames, 0.45) + 0.25 * wander(rng, frames, 1.7))
    low = stroke.bright(170.0, 800.0)
    rows = [
        _gusty(centre, whistle)
        for centre, whistle in ((low, 0.0), (1.9 * low, 0.25), (3.4 * low, 0.8), (5.2 * low, 1.6))
    ]
    air = hiss(rng, frames, *rows, position=f32((1.0 + 0.98 * gust).astype(np.float32)), width=0.8, size=_LONG_LOOP)
    air *= upsample(f32((1.0 + 0.45 * gust).astype(np.float32)), frames)
    return air * adsr(
        frames,
        stroke.held_seconds,
        attack_seconds=min(0.8, 0.1 + 0.5 * stroke.held_seconds),
        decay_seconds=3.0,
        sustain=0.95,
        release_seconds=release_seconds,
    )


def _gusty(centre_hz: float, whistle: float) -> Response:
    def response(hz: Float32Array) -> Float32Array:
        octaves = np.log2((hz + np.float32(1.0)) / np.float32(centre_hz))
        hill = np.exp(-((octaves / np.float32(0.9)) ** 2)) + 0.08 / (1.0 + (hz / 2500.0) ** 2)
        thin = whistle * np.exp(-(((octaves - np.float32(0.7)) / np.float32(0.05)) ** 2))
        return f32((hill + thin) / np.sqrt(centre_hz) * highpass(60.0, 1)(hz))

    return response


def _shimmer(stroke: Stroke) -> Float32Array:
    """High octaves of a chord tone that twinkle in and out, as an octave-shifting reverb leaves them."""
    release_seconds = 2.0
    frames = stroke.frames(release_seconds)
    base = stroke.hz
    while base < 500.0:
        base *= 2.0
    ratios = np.array([1.0, 2.0, 3.0, 4.0, 6.0, 8.0])
    step = np.arange(ratios.size)
    levels = np.array([1.0, 0.6, 0.4, 0.32, 0.18, 0.14]) * (stroke.bright(0.5, 1.7) * stroke.hard(0.75, 1.05)) ** step
    rows = levels * np.where((step + np.arange(3)[:, None]) % 2, 0.5, 1.4)
    twinkle = f32((1.0 + np.tanh(wander(stroke.rng, frames, 1.6))).astype(np.float32))
    out = cloud(base, rows, Spread((-5.0, 5.0), 2.0, 0.7, 0.6), frames, twinkle, stroke.rng, ratios)
    out += hiss(stroke.rng, frames, bandpass(4000.0, 12_000.0)) * np.float32(0.012 * stroke.bright(0.5, 2.0))
    return out * adsr(
        frames,
        stroke.held_seconds,
        attack_seconds=min(0.6, 0.1 + 0.5 * stroke.held_seconds),
        decay_seconds=2.0,
        sustain=0.9,
        release_seconds=release_seconds,
    )


def _chime_tree(stroke: Stroke) -> Float32Array:
    """A run of small bars, falling: the end of a phrase."""
    frames = frames_of(2.6)
    out = np.zeros((2, frames), np.float32)
    for number in range(18):
        start = frames_of(0.045 * number + 0.012 * float(stroke.rng.uniform()))
        length = min(frames - start, frames_of(1.6))
        detuned = float(stroke.rng.uniform(0.985, 1.015))
        hz = detuned * 5400.0 * 2.0 ** (-number / 8.0) * np.array([1.0, 2.756, 5.404])
        one = modal(hz, [1.0, 0.35 * stroke.bright(0.5, 1.8), 0.1], [0.4, 0.2, 0.08], length)
        one *= let_go(length, length / 48_000.0 - 0.5, 0.5)
        pan = 0.7 - number / 13.0
        level = float(stroke.rng.uniform(0.6, 1.0))
        out[0, start : start + length] += one * np.float32(level * (0.6 - 0.4 * pan))
        out[1, start : start + length] += one * np.float32(level * (0.6 + 0.4 * pan))
    return out


def _texture(name: str, title: str, voice: Voice, gm: int, *, pivot_hz: float, sustained: bool = True) -> Patch:
    return make_patch(name, title, "texture", voice, gm=gm, sustained=sustained, variants=2, pivot_hz=pivot_hz)


PATCHES: Final[tuple[Patch, ...]] = (
    _texture("vinyl", "Vinyl crackle", _vinyl, 122, pivot_hz=2500.0),
    _texture("riser", "Riser, as long as its note", _riser, 126, pivot_hz=2500.0),
    _texture("downlifter", "Downlifter, as long as its note", _downlifter, 126, pivot_hz=2500.0),
    _texture("impact", "Impact", _impact, 127, pivot_hz=400.0, sustained=False),
    _texture("boom", "Drop boom", _boom, 127, pivot_hz=200.0, sustained=False),
    _texture("drone_dark", "Dark drone", _drone_dark, 97, pivot_hz=400.0),
    _texture("wind_noise", "Wind", _wind, 122, pivot_hz=1000.0),
    _texture("shimmer", "Shimmer", _shimmer, 96, pivot_hz=2500.0),
    _texture("chime_tree", "Chime tree", _chime_tree, 112, pivot_hz=4000.0, sustained=False),
    *ambience.PATCHES,
)
