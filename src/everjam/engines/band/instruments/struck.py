"""Plucked and struck notes from what was measured: every partial falls as the real one's does, the noise with it."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from everjam.audio import SAMPLE_RATE_HZ, Float32Array
from everjam.engines.band.instruments.dsp.additive import SILENT_DB, additive
from everjam.engines.band.instruments.dsp.bands import band_noise, centres_hz
from everjam.engines.band.instruments.dsp.base import add_at_start, attack, f32, frames_of, release
from everjam.engines.band.instruments.dsp.filters import Formants, bandpass, burst, peaks
from everjam.engines.band.instruments.measured import Spectrum, measured
from everjam.engines.band.instruments.voicing import Stroke

Float64Array = npt.NDArray[np.float64]

_HEARD_DB: Final = 64.0
"""Partials and noise that stay this far below the loudest partial are left out."""
_COURSES_HEARD_DB: Final = 46.0
_RANG_DB: Final = 66.0
_CENTRED: Final = 4
_SOFTEST_MEASURED: Final = 0.44
_FOREVER_SECONDS: Final = 12.0
_SLOWEST_FALL_DB: Final = 4.0
_JITTER_DB: Final = 0.7
_NEAR_OCTAVES: Final = 45.0 / 1200.0
_BLUR_DB: Final = 10.0
_LONGEST_RELEASE_SECONDS: Final = 1.5


@dataclass(frozen=True, slots=True)
class Struck:
    """A plucked or struck instrument.

    Attributes:
        measured: Its table, or its nearest relative's.
        release_seconds: Damping when the note is let go, fall by 60 dB; 0 = as measured.
        longest_seconds: Length at most.
        edge_hz: Where brightness begins to matter.
        beat_cents: Between the strings of one note, for tables of single strings.
        spread: How much the partials differ between left and right, 0 = mono.
        keys_spread: How far low keys are to the left and high ones to the right, 0 to 1.
        attack_seconds: Rise at full force, beyond the measured one; soft strokes rise more slowly; 0 = as measured.
        residue: Level of the measured noise: hammer, finger, plectrum.
        hiss_fall_db: What it loses each second beyond the measured fall: what is left of it is the recording's hiss.
        noise: Level of an added one.
        noise_hz: Its band.
        noise_tau_seconds: Its decay.
        let_go: Level of the noise when the note ends: damper, jack, finger.
        let_go_hz: Its band.
        body: Resonances of the body, for strings that were measured on another one.
        floor: Gain beside them.
        ring: Decay times against those measured.
        damping_hz: Above it partials die faster than measured; 0 = as measured.
        palm_seconds: Fall by 60 dB under the palm, for "muted".
        courses: Strings of one note: cents from the pitch, and level.
    """

    measured: str
    release_seconds: float = 0.0
    longest_seconds: float = 5.0
    edge_hz: float = 1200.0
    beat_cents: float = 0.0
    spread: float = 0.0
    keys_spread: float = 0.0
    attack_seconds: float = 0.0
    residue: float = 1.0
    hiss_fall_db: float = 20.0
    noise: float = 0.0
    noise_hz: tuple[float, float] = (300.0, 2500.0)
    noise_tau_seconds: float = 0.008
    let_go: float = 0.0
    let_go_hz: tuple[float, float] = (800.0, 4000.0)
    body: Formants = ()
    floor: float = 1.0
    ring: float = 1.0
    damping_hz: float = 0.0
    palm_seconds: float = 0.55
    courses: tuple[tuple[float, float], ...] = ((0.0, 1.0),)


@dataclass(frozen=True, slots=True)
class _Sound:
    """Partials and noise of one note, ready to be summed.

    Attributes:
        seconds: Breakpoints.
        hz: Of the partials.
        phases: Of the partials, at the onset.
        sides: Which of two groups each partial belongs to, the left one's being True.
        levels_db: ``(T, P)``.
        noise_db: ``(T, BANDS)``.
        top_db: The loudest partial's loudest moment.
    """

    seconds: Float64Array
    hz: Float64Array
    phases: Float64Array
    sides: npt.NDArray[np.bool_]
    levels_db: Float32Array
    noise_db: Float32Array
    top_db: float


def strike(model: Struck, stroke: Stroke) -> Float32Array:
    """A note: ``(frames,)``, or ``(2, frames)`` with ``spread`` or ``keys_spread``."""
    held, release_seconds = stroke.held_seconds, model.release_seconds
    sound, spectrum = _sound(model, stroke)
    release_seconds = release_seconds or float(np.clip(spectrum.release_seconds, 0.04, _LONGEST_RELEASE_SECONDS))
    if stroke.articulation == "staccato":
        held, release_seconds = min(held, 0.11), min(release_seconds, 0.09)
    elif stroke.articulation == "muted":
        release_seconds = min(release_seconds, 0.12)
    ring = _ring_seconds(sound)
    heard = held + min(release_seconds, stroke.heard_seconds)
    frames = frames_of(min(heard, model.longest_seconds, max(0.12, ring)))
    out = _partials(model, stroke, sound, frames)
    if model.residue:
        out += band_noise(stroke.rng, sound.seconds, sound.noise_db, frames)
    if model.attack_seconds:
        out *= attack(frames, model.attack_seconds * stroke.hard(3.0, 1.0))
    elif stroke.articulation == "legato":
        out *= attack(frames, 0.012)
    loudest = float(np.abs(out[..., : frames_of(0.2)]).max())
    if model.noise and stroke.articulation != "legato":
        low, high = model.noise_hz
        band = bandpass(low, high * stroke.bright(0.65, 1.5) * stroke.hard(0.6, 1.1))
        pick = burst(stroke.rng, 0.15, model.noise_tau_seconds, band)
        add_at_start(out, pick * np.float32(model.noise * stroke.hard(0.35, 1.2) * loudest))
    out = out * release(frames, held, release_seconds)
    if model.let_go and held + 0.01 < frames / SAMPLE_RATE_HZ:
        out = _let_go(model, stroke, out, held, loudest)
    return f32(out)


def _sound(model: Struck, stroke: Stroke) -> tuple[_Sound, Spectrum]:
    """The measured note with what model, stroke and articulation make of it."""
    harmonic = stroke.articulation == "harmonic"
    # A finger on the middle of a string an octave lower leaves every second partial.
    spectrum = measured(model.measured, stroke.hz / 2.0 if harmonic else stroke.hz, stroke.force)
    hz, levels = spectrum.hz, spectrum.levels_db
    if harmonic and hz.size > 1:
        hz, levels = hz[1::2], levels[:, 1::2]
        hz = hz * (stroke.hz / hz[0])
    hz = _in_tune(hz, levels, stroke.hz)
    # As many random numbers for every force, brightness and articulation of a pitch: what is heard of them differs.
    phases, sides = stroke.rng.uniform(-1.0, 1.0, hz.size), stroke.rng.random(hz.size) < 0.5
    levels = levels + f32(_JITTER_DB * stroke.rng.standard_normal(hz.size))
    levels = levels + f32(_tone_db(model, stroke, hz) + _clear_db(hz, stroke.hz))
    points_hz = centres_hz()
    noise = spectrum.noise_db + f32(_tone_db(model, stroke, points_hz))
    if model.residue != 1.0:
        noise = noise + np.float32(20.0 * np.log10(max(model.residue, 1e-6)))
    seconds = spectrum.seconds
    last = seconds[-1] + _FOREVER_SECONDS
    fall = (levels[-2] - levels[-1]) / np.float32(seconds[-1] - seconds[-2])
    rest = levels[-1] - np.maximum(fall, np.float32(_SLOWEST_FALL_DB)) * np.float32(_FOREVER_SECONDS)
    levels = np.concatenate([levels, rest[None]])
    noise = np.concatenate([noise, np.full((1, noise.shape[1]), SILENT_DB, np.float32)])
    seconds = np.append(seconds, last)
    if model.damping_hz:
        levels = _hurried(seconds, levels, 1.0 + (hz / model.damping_hz) ** 1.5)
    # What stays of the noise is the hiss of the recording.
    noise = noise - f32(model.hiss_fall_db * seconds)[:, None]
    seconds = seconds * model.ring
    if stroke.articulation == "muted":
        levels = levels - f32(np.outer(seconds, _palm_db(model, hz)))
        noise = noise - f32(np.outer(seconds, _palm_db(model, points_hz)))
    if stroke.articulation in {"legato", "harmonic"}:
        noise = noise - f32(14.0 * np.exp(-seconds / 0.03))[:, None]
    top = float(levels.max())
    heard = levels.max(axis=0) > top - _HEARD_DB
    widths = np.gradient(points_hz) / (0.5 * SAMPLE_RATE_HZ)
    faint = noise + f32(10.0 * np.log10(widths)) < top - 3.0 - _HEARD_DB
    noise = np.where(faint, np.float32(SILENT_DB), noise)
    audible = np.maximum(levels[:, heard], SILENT_DB)
    return _Sound(seconds, hz[heard], phases[heard], sides[heard], audible, noise, top), spectrum


def _in_tune(hz: Float64Array, levels_db: Float32Array, nominal_hz: float) -> Float64Array:
    """``hz`` moved by the cents that the partials about the pitch are off it; several of them are drawn together.

    Bars and pans have pairs of modes there: as far apart as some are, chance would decide on the pitch of a note.
    """
    octaves = np.log2(np.maximum(hz, 1e-3) / nominal_hz)
    near = np.abs(octaves) < _NEAR_OCTAVES
    if not near.any():
        return hz
    power = np.sum(10.0 ** (levels_db[4:, near].astype(np.float64) / 10.0), axis=0)
    off = float(power @ octaves[near]) / max(float(power.sum()), 1e-30)
    out = hz * 2.0**-off
    out[near] = nominal_hz
    return np.asarray(out, np.float64)


def _clear_db(hz: Float64Array, nominal_hz: float) -> Float64Array:
    """Modes within a minor third of the pitch step back a little: they blur it."""
    octaves = np.abs(np.log2(np.maximum(hz, 1e-3) / nominal_hz))
    return np.where((octaves > _NEAR_OCTAVES) & (octaves < 0.25), -_BLUR_DB, 0.0)


def _tone_db(model: Struck, stroke: Stroke, hz: Float64Array) -> Float64Array:
    """What brightness, softness below the measured strokes and the body do to each frequency."""
    edge = max(model.edge_hz, 1.5 * stroke.hz)
    moved = edge * stroke.bright(0.5, 2.0) * min(1.0, (stroke.force / _SOFTEST_MEASURED) ** 0.8)
    tone = (1.0 + (hz / edge) ** 2) / (1.0 + (hz / moved) ** 2)
    if model.body:
        tone = tone * peaks(model.body, model.floor)(hz.astype(np.float32))
    return np.asarray(20.0 * np.log10(np.maximum(tone, 1e-6)), np.float64)


def _palm_db(model: Struck, hz: Float64Array) -> Float64Array:
    """Decibels a second that the palm takes."""
    return np.asarray(60.0 / model.palm_seconds * (1.0 + hz / 900.0), np.float64)


def _hurried(seconds: Float64Array, levels_db: Float32Array, hurry: Float64Array) -> Float32Array:
    """Levels of partials that live through the measured course ``hurry`` times as fast: ``(T, P)``."""
    at = np.minimum(np.outer(seconds, hurry), seconds[-1])
    above = np.clip(np.searchsorted(seconds, at), 1, seconds.size - 1)
    share = f32((at - seconds[above - 1]) / (seconds[above] - seconds[above - 1]))
    column = np.arange(levels_db.shape[1])
    low = levels_db[above - 1, column]
    return f32(low + (levels_db[above, column] - low) * share)


def _ring_seconds(sound: _Sound) -> float:
    """When the loudest of what still sounds has fallen below what is heard."""
    loudest = sound.levels_db.max(axis=1)
    over = np.flatnonzero(loudest > sound.top_db - _RANG_DB)
    last = int(over[-1])
    if last + 1 >= loudest.size:
        return float(sound.seconds[-1])
    share = (loudest[last] - sound.top_db + _RANG_DB) / max(1e-6, float(loudest[last] - loudest[last + 1]))
    return float(sound.seconds[last] + share * (sound.seconds[last + 1] - sound.seconds[last]))


def _partials(model: Struck, stroke: Stroke, sound: _Sound, frames: int) -> Float32Array:
    """All strings of a note: mono, or its partials spread over two channels."""
    hz, levels, phases, left = sound.hz, sound.levels_db, sound.phases, sound.sides
    courses = model.courses
    if model.beat_cents:
        courses = ((-0.5 * model.beat_cents, 0.55), (0.5 * model.beat_cents, 0.45))
    if len(courses) > 1:
        loud = levels.max(axis=0) > sound.top_db - _COURSES_HEARD_DB
        ratios = 2.0 ** (np.array([cents for cents, _ in courses]) / 1200.0)
        hz = np.outer(ratios, hz[loud]).reshape(-1)
        levels = np.concatenate([levels[:, loud] + np.float32(20.0 * np.log10(level)) for _, level in courses], axis=1)
        # One stroke sets all strings going: were their phases independent, a note's pitch would be left to chance.
        away = np.abs(np.log2(ratios))
        late = (0.6 * away / max(float(away.max()), 1e-9) - 0.3) * (1.0 if stroke.variant % 2 else -1.0)
        phases = (phases[loud] + late[:, None]).reshape(-1)
        left = np.tile(left[loud], ratios.size)
    if not model.spread and not model.keys_spread:
        return additive(hz, sound.seconds, levels, frames, phases)
    power = levels.max(axis=0)
    # The loudest stay in the middle: by chance one side would be louder.
    centre = power >= np.sort(power)[-min(_CENTRED, power.size)]
    middle, one, other = (
        additive(hz[group], sound.seconds, levels[:, group], frames, phases[group])
        for group in (centre, left & ~centre, ~left & ~centre)
    )
    across = float(np.clip(np.log2(stroke.hz / 330.0) / 3.0, -1.0, 1.0)) * model.keys_spread
    near, far = np.float32(1.0 + model.spread), np.float32(1.0 - model.spread)
    out = np.stack([middle + one * near + other * far, middle + other * near + one * far])
    return f32(out * np.array([[1.0 - across], [1.0 + across]], np.float32))


def _let_go(model: Struck, stroke: Stroke, out: Float32Array, held: float, loudest: float) -> Float32Array:
    """``out`` with the noise of the end of a note: hardly louder after a loud stroke than after a soft one."""
    start = frames_of(held)
    thump = burst(stroke.rng, 0.07, 0.014, bandpass(*model.let_go_hz))
    needed = start + thump.size
    if needed > out.shape[-1]:
        out = np.concatenate([out, np.zeros((*out.shape[:-1], needed - out.shape[-1]), np.float32)], axis=-1)
    level = model.let_go * stroke.hard(1.6, 0.9) * stroke.bright(0.7, 1.4) * loudest
    out[..., start:needed] += thump * np.float32(level) * attack(thump.size, 0.003)
    return out
