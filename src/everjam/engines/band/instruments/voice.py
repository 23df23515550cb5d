"""Wordless voices: choirs by measured and modelled spectra, soloists, scat, chops, overtone singing."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np

from everjam.audio import SAMPLE_RATE_HZ, Float32Array
from everjam.engines.band.instruments.contract import Patch
from everjam.engines.band.instruments.dsp.additive import SILENT_DB, gains, levels_at
from everjam.engines.band.instruments.dsp.bands import band_noise
from everjam.engines.band.instruments.dsp.base import (
    TAU,
    adsr,
    attack,
    control_times,
    f32,
    frames_of,
    release,
    upsample,
    wander,
)
from everjam.engines.band.instruments.dsp.cloud import Spread, cloud
from everjam.engines.band.instruments.dsp.filters import peaks
from everjam.engines.band.instruments.dsp.wavetable import harmonic_count, phase, scan, stack, walk
from everjam.engines.band.instruments.measured import measured
from everjam.engines.band.instruments.singing import Singer, Vowel, sing, tract, vowel_formants
from everjam.engines.band.instruments.voicing import Stroke, Voice, make_patch

_SUNG: Final = ("legato", "staccato", "scoop", "fall")


_SINGERS: Final = Spread((-7.0, 0.0, 7.0), 9.0, 0.6, 0.8)


@dataclass(frozen=True, slots=True)
class Choir:
    """People who sing together.

    Attributes:
        table: Name of the measured choir.
        hum: Whether the mouths are shut.
        spread: How they are out of tune with each other.
        noise_db: Change of the measured breath.
        steadiness: How far they sing evenly together, 0 to 1: where one partial is all, it beats more than people do.
    """

    table: str
    hum: bool = False
    spread: Spread = _SINGERS
    noise_db: float = 0.0
    steadiness: float = 0.4


_HUM_HZ: Final = np.array([300.0, 1050.0, 2200.0, 3100.0, 4300.0])
_HUM_ZERO_HZ: Final = 800.0
_NOSES: Final = np.array([0.72, 0.9, 1.12, 1.4])
"""Of large and small people: what each has for itself is not heard of all together."""
_BREATH_FRAMES: Final = 960
_STAGES: Final = (0.05, 0.3, 1.0)


def _choir(choir: Choir, stroke: Stroke) -> Float32Array:
    """A chord tone of a measured choir; its spectrum and level go as they were measured."""
    spectrum = measured(choir.table, stroke.hz, stroke.force)
    held = min(stroke.held_seconds, 0.14) if stroke.articulation == "staccato" else stroke.held_seconds
    let_go = max(0.25, spectrum.release_seconds)
    frames = replace(stroke, held_seconds=held).frames(let_go)
    at = control_times(frames)
    levels_db = spectrum.levels_db
    if choir.hum:
        # Shut lips: what the folds make goes through the nose.
        hz = spectrum.hz
        noses = tract(np.broadcast_to(hz, (_NOSES.size, hz.size)), _NOSES[:, None] * _HUM_HZ, _NOSES * _HUM_ZERO_HZ)
        nose = np.sqrt(np.mean(noses**2, axis=0) / (1.0 + (hz / 420.0) ** 3)) / hz
        hum_db = 20.0 * np.log10(nose / nose.max()) + levels_db.max(axis=1, keepdims=True)
        levels_db = f32(np.maximum(hum_db, SILENT_DB))
    rows = gains(levels_at(spectrum.seconds, levels_db, np.array(_STAGES))).astype(np.float64)
    rows *= stroke.bright(0.75, 1.33) ** np.log2(1.0 + np.arange(rows.shape[1]))
    loudness = np.sqrt(np.sum(rows**2, axis=1, keepdims=True))
    moments = np.interp(
        np.arange(0.0, spectrum.seconds.size - 0.9, 0.25), np.arange(spectrum.seconds.size), spectrum.seconds
    )
    power = np.sqrt(np.sum(gains(levels_at(spectrum.seconds, levels_db, moments)) ** 2, axis=1))
    if stroke.articulation == "legato":
        at = at + np.float32(moments[int(np.argmax(power > 0.7 * power[moments < 1.0].max()))])
    position = f32(np.interp(at, _STAGES, np.arange(len(_STAGES))).astype(np.float32))
    tone = cloud(stroke.hz, rows / loudness, choir.spread, frames, position, stroke.rng)
    rise = np.interp(at, moments, power / max(1e-9, float(loudness.max())))
    tone *= _steadying(tone, choir.steadiness) * upsample(f32(rise.astype(np.float32)), frames)
    air = band_noise(stroke.rng, spectrum.seconds, f32(spectrum.noise_db + choir.noise_db), frames)
    air *= np.float32(np.sqrt(2.0) / max(1e-9, float(loudness.max())))
    tone += air
    tone *= attack(frames, 0.05 if stroke.articulation == "legato" else 0.004) * release(frames, held, let_go)
    return tone


def _steadying(tone: Float32Array, steadiness: float) -> Float32Array:
    """Gain that takes so much of its beating, in decibels, out of a steady tone ``(2, frames)``: ``(frames,)``."""
    frames = tone.shape[1]
    count = max(1, frames // _BREATH_FRAMES)
    pieces = tone[:, : count * _BREATH_FRAMES].reshape(2, count, -1)
    power = np.einsum("cbf,cbf->b", pieces, pieces)
    gain = (0.02 + power / max(1e-12, float(power.mean()))) ** (-0.5 * steadiness)
    places = (np.arange(count) + 0.5) * (_BREATH_FRAMES / SAMPLE_RATE_HZ)
    return upsample(f32(np.interp(control_times(frames), places, gain).astype(np.float32)), frames)


def _low_choir(vowels: tuple[Vowel, ...], stroke: Stroke) -> Float32Array:
    """Basses who sing together in a church, vowels that darken."""
    frames = stroke.frames(1.1)
    count = harmonic_count(stroke.hz, 110)
    number = np.arange(1, count + 1)
    hz = np.broadcast_to(stroke.hz * number, (len(vowels), count))
    formants = np.array([vowel_formants(vowel, 0.0) * 0.95 for vowel in vowels])
    edge = stroke.bright(500.0, 2600.0) * stroke.hard(0.5, 1.2)
    ring = 1.0 + 1.6 * stroke.hard(0.5, 1.2) * np.exp(-(((hz - 2600.0) / 380.0) ** 2))
    rows = tract(hz, formants, np.zeros(len(vowels))) * ring / number / np.sqrt(1.0 + (hz / edge) ** 2)
    rows /= np.sqrt(np.sum(rows**2, axis=1, keepdims=True))
    at = control_times(frames)
    turn = np.clip(at / max(0.8, stroke.held_seconds), 0.0, 1.0) * (len(vowels) - 1)
    out = cloud(
        stroke.hz, rows, Spread((-8.0, 0.0, 8.0), 8.0, 0.7, 0.9), frames, f32(turn.astype(np.float32)), stroke.rng
    )
    return out * adsr(
        frames,
        stroke.held_seconds,
        attack_seconds=0.06 if stroke.articulation == "legato" else min(0.26, 0.05 + 0.4 * stroke.held_seconds),
        decay_seconds=1.0,
        sustain=0.92,
        release_seconds=1.0,
    )


_WOMAN: Final = Singer(
    woman=1.0,
    words=(("m", ("ah", "aw")), ("", ("oo", "oh")), ("l", ("ah", "eh")), ("h", ("oh", "ah"))),
    ring=0.15,
    breath=0.03,
)
_MAN: Final = Singer(
    woman=0.0,
    words=(("n", ("ah", "oh")), ("", ("oh", "oo")), ("m", ("aw", "ah")), ("l", ("eh", "ah"))),
    ring=0.7,
    breath=0.02,
    vibrato_cents=28.0,
    vibrato_hz=5.2,
)
_SOLO: Final = Singer(
    woman=-1.0, words=(("m", ("ah", "oh")), ("", ("oh", "oo"))), ring=0.3, breath=0.025, vibrato_cents=24.0
)
_SCAT: Final = Singer(
    woman=-1.0,
    words=(("d", ("oo", "ah")), ("b", ("eh", "oo")), ("d", ("ah", "ee")), ("b", ("oh", "ah"))),
    breath=0.02,
    attack_seconds=0.014,
    release_seconds=0.09,
    vibrato_cents=10.0,
    scoop_cents=90.0,
    scoop_seconds=0.014,
    longest_seconds=0.45,
    vowel_seconds=0.26,
)
_CHOP: Final = replace(
    _SCAT,
    words=(("h", ("ah", "uh")), ("", ("ay", "eh")), ("d", ("oh", "oo"))),
    woman=0.8,
    breath=0.035,
    release_seconds=0.12,
    vibrato_cents=0.0,
    scoop_cents=120.0,
    longest_seconds=0.6,
)


def _throat(stroke: Stroke) -> Float32Array:
    """Overtone singing: a pressed drone, and a melody that a narrow resonance picks from its harmonics."""
    frames = frames_of(stroke.held_seconds + 0.5)
    count = harmonic_count(stroke.hz, 90)
    number = np.arange(1, count + 1)
    edge = stroke.bright(1800.0, 5200.0) * stroke.hard(0.6, 1.1)
    source = number**-0.7 / (1.0 + (number * stroke.hz / edge) ** 2)
    first = int(np.clip(round(560.0 / stroke.hz), 3, 8))
    picked = np.arange(first, first + 7)
    drone = peaks(((320.0, 140.0, 1.6), (2800.0, 400.0, 0.5)), 0.12)(f32(number * stroke.hz)) * source
    rows = []
    for overtone in picked:
        whistle = 1.0 / (1.0 + ((number - overtone) / 0.32) ** 2)
        rows.append(drone / np.sqrt(np.sum(drone**2)) + 0.75 * whistle)
    tables = stack(np.array(rows), stroke.rng.uniform(-np.pi, np.pi, count))
    at = control_times(frames)
    order = stroke.rng.permutation(picked.size)
    place = np.minimum((at / 0.32).astype(np.int64), 200) % picked.size
    glide = np.clip((at / 0.32 - np.floor(at / 0.32)) / 0.3, 0.0, 1.0)
    path = order[place - 1] * (1.0 - glide) + order[place] * glide
    along = walk(tables, upsample(f32((path * 0.999).astype(np.float32)), frames))
    growl = 1.0 + 0.12 * np.sin(TAU * 31.0 * at) * stroke.hard(0.6, 1.2)
    cents = 3.0 * np.sin(TAU * 5.0 * at) + 1.5 * wander(stroke.rng, frames, 7.0) - 30.0 * np.exp(-at / 0.03)
    curve = f32((stroke.hz * 2.0 ** (cents / 1200.0)).astype(np.float32))
    out = scan(phase(curve, frames), tables, along) * upsample(f32(growl.astype(np.float32)), frames)
    return out * adsr(
        frames,
        stroke.held_seconds,
        attack_seconds=min(0.12, 0.03 + 0.4 * stroke.held_seconds),
        decay_seconds=1.0,
        sustain=0.9,
        release_seconds=0.45,
    )


def _choral(name: str, title: str, voice: Voice, gm: int, low: int, high: int) -> Patch:
    return make_patch(
        name, title, "voice", voice, gm=gm, low=low, high=high, tilt_db=8.0, articulations=("legato", "staccato")
    )


def _soloist(name: str, title: str, singer: Singer, low: int, high: int, variants: int) -> Patch:
    return make_patch(
        name, title, "voice", partial(sing, singer), gm=54, low=low, high=high, variants=variants,
        articulations=_SUNG, glides=True, renews="all",
    )  # fmt: skip


PATCHES: Final[tuple[Patch, ...]] = (
    _choral("choir_ah", "Choir, ah", partial(_choir, Choir("choir_ah")), 52, 40, 84),
    _choral("choir_oo", "Choir, oo", partial(_choir, Choir("choir_oo", steadiness=0.8)), 53, 40, 84),
    _choral(
        "choir_mm",
        "Humming choir",
        partial(_choir, Choir("choir_oo", hum=True, steadiness=0.6)),
        53,
        40,
        80,
    ),
    _choral("choir_low", "Low choir, vowels that darken", partial(_low_choir, ("ah", "oh", "oo")), 52, 28, 62),
    _soloist("voice_solo", "Solo voice", _SOLO, 45, 84, 2),
    _soloist("voice_female", "Woman's voice: its syllable by take", _WOMAN, 55, 86, 4),
    _soloist("voice_male", "Man's voice: its syllable by take", _MAN, 40, 69, 4),
    _soloist("voice_chop", "Vocal chop: its syllable by take", _CHOP, 45, 84, 3),
    _soloist("voice_scat", "Scat syllable by take", _SCAT, 43, 84, 4),
    make_patch("throat_drone", "Throat singing", "voice", _throat, gm=54, low=31, high=62),
)
