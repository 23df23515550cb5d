"""Atmospheres and transitions: vinyl, riser, impact, drone, wind, shimmer."""

from typing import Final

import numpy as np
import numpy.typing as npt

from everjam.audio import Float32Array
from everjam.engines.band.instruments import ambience
from everjam.engines.band.instruments.analogue import unison
from everjam.engines.band.instruments.contract import Patch
from everjam.engines.band.instruments.dsp.base import (
    TAU,
    add_at_start,
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
from everjam.engines.band.instruments.dsp.filters import bandpass, highpass, lowpass, moving_noise, shape
from everjam.engines.band.instruments.dsp.modal import modal
from everjam.engines.band.instruments.dsp.shaping import saturate
from everjam.engines.band.instruments.dsp.wavetable import (
    harmonic_count,
    lowpass_sweep,
    phase,
    pulse,
    read,
    saw,
    stack,
)
from everjam.engines.band.instruments.voicing import Stroke, Voice, make_patch


def _vinyl(stroke: Stroke) -> Float32Array:
    """Ticks and dust over a soft hiss and a little rumble."""
    frames = frames_of(stroke.held_seconds + 0.1)
    rng = stroke.rng
    out = np.zeros((2, frames), np.float32)
    for side in range(2):
        dust = (rng.random(frames, dtype=np.float32) < 120.0 / 48_000.0) * noise(rng, frames)
        loud = (rng.random(frames, dtype=np.float32) < 5.0 / 48_000.0) * noise(rng, frames) * np.float32(4.0)
        out[side] = shape((dust + loud).astype(np.float32), bandpass(700.0, stroke.bright(3200.0, 9500.0)))
    hiss = shape(noise(rng, 2 * frames).reshape(2, frames), bandpass(900.0, stroke.bright(3500.0, 9000.0), 1))
    out = saturate(unit(out), 4.0)
    out += hiss * np.float32(0.02)
    out = crossfeed(out, 0.3)
    ends = adsr(frames, stroke.held_seconds, attack_seconds=0.05, decay_seconds=1.0, sustain=1.0, release_seconds=0.1)
    return out * ends


def _riser(stroke: Stroke) -> Float32Array:
    """Noise and saws that rise until the note ends."""
    held = max(0.25, stroke.held_seconds)
    frames = frames_of(held + 0.08)
    top = stroke.bright(3500.0, 12_000.0)

    def response(at: Float32Array, hz: Float32Array) -> Float32Array:
        centre = 300.0 * (top / 300.0) ** np.minimum(at / np.float32(held), 1.0)
        return f32(np.exp(-((np.log2((hz + 1.0) / centre) / np.float32(0.9)) ** 2)).astype(np.float32))

    hiss = np.stack([moving_noise(stroke.rng, frames, response) for _ in range(2)])
    at = control_times(frames)
    share = np.minimum(at / held, 1.0)
    curve = (stroke.hz * 2.0 ** (share**1.5 - 1.0)).astype(np.float32)
    cutoff = (400.0 * (top / 400.0) ** share).astype(np.float32)
    sweep = lowpass_sweep(stroke.hz, saw(harmonic_count(stroke.hz, 300)), cutoff, resonance=0.3, order=2)
    tone = unison(sweep, curve, (-12.0, -4.0, 4.0, 12.0), frames, stroke.rng)
    rise = upsample((0.06 + 0.94 * share**2.2).astype(np.float32), frames)
    return crossfeed(unit(hiss) + 0.4 * unit(tone), 0.2) * rise * attack(frames, 0.05) * release(frames, held, 0.07)


def _impact(stroke: Stroke) -> Float32Array:
    """A deep hit with a long dark tail."""
    frames = frames_of(3.2)
    at = times(frames)
    cycles = np.float32(34.0) * at + np.float32(70.0 * 0.07) * (1.0 - decay(frames, 0.07))
    boom = np.sin(np.float32(TAU) * cycles) * decay(frames, 0.55)
    boom = saturate(boom, 1.8)

    def response(at: Float32Array, hz: Float32Array) -> Float32Array:
        edge = stroke.bright(1200.0, 7000.0) * np.exp(-at / np.float32(0.5)) + np.float32(130.0)
        return f32((np.exp(-at / np.float32(0.65)) / (1.0 + (hz / edge) ** 2)).astype(np.float32))

    wash = np.stack([moving_noise(stroke.rng, frames, response) for _ in range(2)])
    out = unit(wash) * np.float32(stroke.hard(0.35, 0.8)) + boom
    hit = shape(noise(stroke.rng, 4800), bandpass(90.0, stroke.bright(1800.0, 6000.0))) * decay(4800, 0.012)
    add_at_start(out, unit(hit) * np.float32(stroke.hard(0.3, 0.9)))
    return out


def _drone_dark(stroke: Stroke) -> Float32Array:
    """Low saws that beat slowly, a fifth within, a filter that never rests."""
    release_seconds = 3.0
    frames = frames_of(stroke.held_seconds + release_seconds)
    movement = 2.0 ** (0.55 * wander(stroke.rng, frames, 0.35))
    cutoff = (stroke.hz + stroke.bright(160.0, 1500.0) * stroke.hard(0.6, 1.1) * movement).astype(np.float32)
    sweep = lowpass_sweep(stroke.hz, pulse(harmonic_count(stroke.hz, 300), 0.32), cutoff, resonance=0.0, order=2)
    out = unison(sweep, stroke.hz, (-5.0, -1.5, 1.5, 5.0), frames, stroke.rng)
    out += unison(sweep, stroke.hz * 1.4983, (-4.0, 4.0), frames, stroke.rng) * np.float32(0.3)
    return crossfeed(out, 0.2) * adsr(
        frames,
        stroke.held_seconds,
        attack_seconds=min(1.2, 0.15 + 0.5 * stroke.held_seconds),
        decay_seconds=3.0,
        sustain=0.9,
        release_seconds=release_seconds,
    )


def _wind(stroke: Stroke) -> Float32Array:
    """Gusts through a slowly moving band."""
    release_seconds = 2.2
    frames = frames_of(stroke.held_seconds + release_seconds)
    sides = []
    both = wander(stroke.rng, frames, 0.5)
    for _ in range(2):
        gust = 0.8 * both + 0.6 * wander(stroke.rng, frames, 0.5)
        centre_knots = (stroke.bright(300.0, 1500.0) * 2.0 ** (0.6 * gust)).astype(np.float32)
        clock = control_times(frames)

        def response(
            at: Float32Array, hz: Float32Array, centre_knots: Float32Array = centre_knots, clock: Float32Array = clock
        ) -> Float32Array:
            centre = np.interp(at[:, 0], clock, centre_knots)[:, None].astype(np.float32)
            octaves = np.log2((hz + 1.0) / centre)
            return f32(
                (np.exp(-((octaves / np.float32(0.55)) ** 2)) + 0.05 / (1.0 + (hz / 2500.0) ** 2)).astype(np.float32)
            )

        level = upsample((1.0 + 0.4 * np.tanh(gust)).astype(np.float32), frames)
        sides.append(moving_noise(stroke.rng, frames, response) * level)
    return crossfeed(np.stack(sides), 0.25) * adsr(
        frames,
        stroke.held_seconds,
        attack_seconds=min(0.8, 0.1 + 0.5 * stroke.held_seconds),
        decay_seconds=3.0,
        sustain=0.95,
        release_seconds=release_seconds,
    )


def _shimmer(stroke: Stroke) -> Float32Array:
    """High octaves of a chord tone that twinkle in and out, as an octave-shifting reverb leaves them."""
    release_seconds = 2.4
    frames = frames_of(stroke.held_seconds + release_seconds)
    base = stroke.hz
    while base < 500.0:
        base *= 2.0
    levels: npt.NDArray[np.float64] = np.array([1.0, 0.6, 0.4, 0.28])
    sine = stack(np.ones((1, 1)))[0]
    out = np.zeros((2, frames), np.float32)
    for number, ratio in enumerate((1.0, 2.0, 3.0, 4.0)):
        level = levels[number] * stroke.bright(0.5, 1.7) ** number * stroke.hard(0.75, 1.05) ** number
        if base * ratio > 20_000.0:
            continue
        swell = upsample((0.5 + 0.5 * np.tanh(1.5 * wander(stroke.rng, frames, 2.0))).astype(np.float32), frames)
        for side, cents in enumerate((-5.0, 5.0)):
            at = phase(base * ratio * 2.0 ** (cents / 1200.0), frames, float(stroke.rng.uniform()))
            out[side] += read(at, sine) * swell * np.float32(level)
    air = shape(noise(stroke.rng, 2 * frames).reshape(2, frames), highpass(4000.0), lowpass(12_000.0))
    out = crossfeed(out + air * np.float32(0.02 * stroke.bright(0.5, 2.0)), 0.35)
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
    frames = frames_of(3.0)
    out = np.zeros((2, frames), np.float32)
    for number in range(14):
        start = frames_of(0.055 * number + 0.01 * float(stroke.rng.uniform()))
        hz = 5200.0 * 2.0 ** (-number / 7.0) * np.array([1.0, 2.756])
        one = modal(hz, [1.0, 0.35 * stroke.bright(0.5, 1.8)], [0.5, 0.25], frames - start)
        pan = 0.7 - number / 10.0
        out[:, start:] += np.stack([one * np.float32(0.6 - 0.4 * pan), one * np.float32(0.6 + 0.4 * pan)])
    return out


def _texture(name: str, title: str, voice: Voice, gm: int, *, pivot_hz: float, sustained: bool = True) -> Patch:
    return make_patch(name, title, "texture", voice, gm=gm, sustained=sustained, variants=2, pivot_hz=pivot_hz)


PATCHES: Final[tuple[Patch, ...]] = (
    _texture("vinyl", "Vinyl crackle", _vinyl, 122, pivot_hz=2500.0),
    _texture("riser", "Riser, as long as its note", _riser, 126, pivot_hz=2500.0),
    _texture("impact", "Impact", _impact, 127, pivot_hz=400.0, sustained=False),
    _texture("drone_dark", "Dark drone", _drone_dark, 97, pivot_hz=400.0),
    _texture("wind_noise", "Wind", _wind, 122, pivot_hz=1000.0),
    _texture("shimmer", "Shimmer", _shimmer, 96, pivot_hz=2500.0),
    _texture("chime_tree", "Chime tree", _chime_tree, 112, pivot_hz=4000.0, sustained=False),
    *ambience.PATCHES,
)
