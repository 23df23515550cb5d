"""Blown, bowed and sung tones: measured harmonics and breath under a player's hands and lungs.

A tone is a walk through wavetables, one for each breakpoint of the measured note (``measured``), read at a pitch that
lives: vibrato that sets in, drift, scoops, slides. Its breath, bow or hammer noise is the measured residual. What was
never recorded is a modelled source through formants, its spectrum following the dynamics.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from everjam.audio import Float32Array
from everjam.engines.band.instruments.dsp.additive import SILENT_DB, gains
from everjam.engines.band.instruments.dsp.bands import band_noise, centres_hz
from everjam.engines.band.instruments.dsp.base import (
    TAU,
    adsr,
    attack,
    control_times,
    f32,
    mix_in,
    release,
    stage,
    upsample,
    wander,
)
from everjam.engines.band.instruments.dsp.filters import Formants, bandpass, peaks
from everjam.engines.band.instruments.dsp.wavetable import harmonic_count, phase, saw, scan, stack, walk
from everjam.engines.band.instruments.measured import Spectrum, measured
from everjam.engines.band.instruments.voicing import Stroke

Source = Callable[[int], Float32Array]
"""Number of harmonics to their amplitudes."""

_DYNAMICS: Final = 5
_TREMOLO_HZ: Final = 10.5
_SLIDE_SECONDS: Final = 0.09
"""Of a slide over one semitone; wider ones take a little longer."""
_FALL_CENTS: Final = 900.0
_LEGATO_RISE_SECONDS: Final = 0.035
_BRIGHT_SLOPE: Final = 1.1
"""Of the tilt that full brightness adds against none, 6 dB an octave each."""
_LONGEST_RELEASE_SECONDS: Final = 1.3
_OTHERS: Final = 0.6
"""Level of the other players against the leader: as many equals would fade in and out together."""
_BREATH_SHARE: Final = 0.42
"""RMS of a breath of 1 beside a tone whose amplitudes' squares add up to 1."""
_CHIFF_SECONDS: Final = np.array([0.0, 0.01, 0.03, 0.06, 0.1, 0.15, 0.25, 0.5])
_EVENLY_HZ: Final = np.linspace(0.0, 24_000.0, 481, dtype=np.float32)
_NEPERS: Final = np.float32(np.log(10.0) / 10.0)
_CLOSEST_SECONDS: Final = 0.004


@dataclass(frozen=True, slots=True)
class Sustained:
    """A sustaining instrument.

    Attributes:
        measured: Name of the table in ``measured`` that it sounds by, or "" for a modelled source.
        muted: Name of the table that it sounds by when it is muted; "" = its own, damped.
        cutoff_hz: Where its spectrum begins to fall, at the softest and the loudest; (0, 0) = nowhere.
        cutoff_harmonics: The same against the fundamental; the larger of the two counts.
        slope: Of the fall, 6 dB an octave each.
        source: Harmonics of a modelled source before everything else.
        formants: Fixed resonances.
        floor: Gain beside the formants.
        attack_seconds: Rise of a modelled source, and the longest of a measured one; 0 = as measured.
        release_seconds: Fall by 60 dB; 0 = as measured.
        sustain: Level of a modelled source after the attack's accent.
        vibrato_hz: Rate.
        vibrato_cents: Depth.
        vibrato_after_seconds: When it sets in.
        vibrato_level: Share of the level that swings, a quarter of a period from the pitch.
        scoop_cents: How far below the pitch a note begins.
        scoop_seconds: Time constant of the way up.
        jitter_cents: Random drift of pitch.
        jitter_hz: Its rate.
        breath: Noise while sounding: of a modelled source its level, 1 = about as loud as the tone; of a measured one
            what is added to the measured noise in the band ``breath_hz``, likewise.
        chiff: Noise at the start, the same.
        breath_hz: Band of that noise.
        noise_db: Change of the measured noise.
        dynamics: How much brighter full force is than none, 6 dB an octave each, beyond what was measured.
        voices: Players.
        detune_cents: Between players.
        width: Stereo width of the players, 0 to 1.
        tremor: Depth of the level's own movement.
    """

    cutoff_hz: tuple[float, float] = (0.0, 0.0)
    cutoff_harmonics: tuple[float, float] = (1.0, 3.0)
    slope: float = 2.0
    source: Source = saw
    measured: str = ""
    muted: str = ""
    formants: Formants = ()
    floor: float = 1.0
    attack_seconds: float = 0.0
    release_seconds: float = 0.0
    sustain: float = 0.85
    vibrato_hz: float = 5.3
    vibrato_cents: float = 10.0
    vibrato_after_seconds: float = 0.3
    vibrato_level: float = 0.0
    scoop_cents: float = 0.0
    scoop_seconds: float = 0.035
    jitter_cents: float = 2.0
    jitter_hz: float = 7.0
    breath: float = 0.0
    chiff: float = 0.0
    breath_hz: tuple[float, float] = (600.0, 4500.0)
    noise_db: float = 0.0
    dynamics: float = 0.3
    voices: int = 1
    detune_cents: float = 0.0
    width: float = 0.8
    tremor: float = 0.04


@dataclass(frozen=True, slots=True)
class _Rows:
    """Harmonics at several stages of a note, and the way through them.

    Attributes:
        amplitudes: ``(stages, harmonics)``.
        position: Control curve of stages.
        envelope: Level at every frame.
        hiss: Noise without envelope beside amplitudes whose squares add up to at most 1, or None.
        below: The harmonics are those of the pitch divided by this.
    """

    amplitudes: npt.NDArray[np.floating]
    position: Float32Array
    envelope: Float32Array
    hiss: Float32Array | None
    below: int = 1


def sustain(model: Sustained, stroke: Stroke) -> Float32Array:
    """A note of a sustaining instrument.

    Plays "legato", "staccato", "muted", "tremolo", "fall" and "scoop" besides plainly, and slides from
    ``stroke.glide``; what an instrument can really do is for its patch to say.

    Returns:
        ``(frames,)`` for one player, ``(2, frames)`` for several.
    """
    stroke, model = _articulated(model, stroke)
    rows = _measured_rows(model, stroke) if model.measured else _modelled_rows(model, stroke)
    played = replace(stroke, hz=stroke.hz / rows.below)
    frames = rows.envelope.size
    tables = stack(rows.amplitudes, stroke.rng.uniform(-np.pi, np.pi, rows.amplitudes.shape[1]))
    along = walk(tables, upsample(rows.position, frames))
    if model.voices == 1:
        tone = scan(phase(pitch_curve(model, played, frames, 0.0), frames), tables, along)
    else:
        tone = np.zeros((2, frames), np.float32)
        leader = model.voices // 2
        even = np.sqrt(2.0 / (1.0 + (model.voices - 1) * _OTHERS**2))
        for player, pan in enumerate(stage(model.voices)):
            apart = 2.0 * player / (model.voices - 1) - 1.0
            curve = pitch_curve(model, played, frames, model.detune_cents * apart)
            one = scan(phase(curve, frames, float(stroke.rng.uniform())), tables, along)
            leads = player == leader and model.voices > 2
            mix_in(tone, one, 0.0 if leads else model.width * pan, even * (1.0 if player == leader else _OTHERS))
    if rows.hiss is not None:
        tone += rows.hiss
    tone *= rows.envelope
    return tone


def pitch_curve(model: Sustained, stroke: Stroke, frames: int, offset_cents: float) -> Float32Array:
    """Control curve of a player's frequency: vibrato that sets in, drift, scoop, slide, fall."""
    at = control_times(frames)
    onset = np.clip((at - model.vibrato_after_seconds) / 0.35, 0.0, 1.0)
    rate = model.vibrato_hz * float(stroke.rng.uniform(0.94, 1.06))
    start = float(stroke.rng.uniform(0.0, TAU)) if model.voices > 1 else 0.0
    cents = model.vibrato_cents * onset * np.sin(TAU * rate * (at - model.vibrato_after_seconds) + start)
    cents += model.jitter_cents * wander(stroke.rng, frames, model.jitter_hz)
    if model.scoop_cents and not stroke.glide and stroke.articulation != "legato":
        cents -= model.scoop_cents * np.exp(-at / model.scoop_seconds)
    if stroke.glide:
        seconds = min(_SLIDE_SECONDS * (1.0 + 0.08 * abs(stroke.glide)), 0.6 * stroke.held_seconds)
        way = 0.5 + 0.5 * np.cos(np.pi * np.clip(at / seconds, 0.0, 1.0))
        cents += 100.0 * stroke.glide * way
    if stroke.articulation == "fall":
        seconds = min(0.4, 0.6 * stroke.held_seconds)
        cents -= _FALL_CENTS * np.clip((at - stroke.held_seconds + seconds) / seconds, 0.0, 1.5) ** 1.6
    return f32((stroke.hz * 2.0 ** ((cents + offset_cents) / 1200.0)).astype(np.float32))


def _articulated(model: Sustained, stroke: Stroke) -> tuple[Stroke, Sustained]:
    """The note and the instrument as this articulation has them."""
    match stroke.articulation:
        case "scoop":
            return stroke, replace(model, scoop_cents=190.0, scoop_seconds=min(0.07, 0.25 * stroke.held_seconds))
        case "fall":
            return stroke, replace(model, release_seconds=0.16)
        case "staccato":
            held = min(stroke.held_seconds, 0.09 + 0.35 * stroke.held_seconds)
            return replace(stroke, held_seconds=held), replace(model, vibrato_cents=0.0, attack_seconds=0.03)
        case "muted":
            if model.muted:
                return stroke, replace(model, measured=model.muted)
            edge = max(1100.0, 2.5 * stroke.hz)
            return stroke, replace(model, cutoff_hz=(edge, edge), cutoff_harmonics=(1.0, 1.0), slope=1.2)
    return stroke, model


def _response(model: Sustained, stroke: Stroke, force: float, hz: Float32Array) -> npt.NDArray[np.float64]:
    """Gains of what an instrument's body and dynamics do beyond its source."""
    out = peaks(model.formants, model.floor)(hz).astype(np.float64) if model.formants else np.ones(hz.size)
    if model.measured:
        slope = _BRIGHT_SLOPE * (stroke.brightness - 0.5) + model.dynamics * (force - 0.75)
        out = out * np.clip(hz / stroke.hz, 0.5, 40.0) ** slope
    if model.cutoff_hz[1]:
        absolute = model.cutoff_hz[0] * (model.cutoff_hz[1] / model.cutoff_hz[0]) ** force
        relative = model.cutoff_harmonics[0] * (model.cutoff_harmonics[1] / model.cutoff_harmonics[0]) ** force
        cutoff = max(absolute, relative * stroke.hz) * stroke.bright(0.55, 1.8)
        out = out / (1.0 + (hz / cutoff) ** 2) ** (model.slope / 2.0)
    return np.asarray(out, np.float64)


def _rise_seconds(spectrum: Spectrum) -> float:
    """When a measured note has come within 3 dB of its loudest first second."""
    power = (gains(spectrum.levels_db[spectrum.seconds < 1.0]) ** 2).sum(axis=1)
    return float(spectrum.seconds[int(np.argmax(power > 0.5 * power.max()))])


def _stages(seconds: npt.NDArray[np.float64], last_seconds: float) -> npt.NDArray[np.int64]:
    """Breakpoints that a note passes and that are not closer than what a wavetable's walk can tell apart."""
    first = max(0, int(np.searchsorted(seconds, 0.0, side="right")) - 1)
    kept = [min(first, seconds.size - 2)]
    for number in range(kept[0] + 1, seconds.size):
        if seconds[kept[-1]] > last_seconds:
            break
        if seconds[number] - seconds[kept[-1]] > _CLOSEST_SECONDS:
            kept.append(number)
    return np.array(kept if len(kept) > 1 else [kept[0], kept[0] + 1])


def _measured_rows(model: Sustained, stroke: Stroke) -> _Rows:
    spectrum = measured(model.measured, stroke.hz, stroke.force)
    rise = _rise_seconds(spectrum)
    longest = 0.03 + 0.45 * stroke.held_seconds
    if model.attack_seconds:
        longest = min(longest, model.attack_seconds)
    seconds = spectrum.seconds / max(1.0, rise / longest)
    legato = stroke.articulation == "legato" or stroke.glide != 0
    if legato:
        seconds = seconds - max(0.06, rise)
    release_seconds = model.release_seconds or min(_LONGEST_RELEASE_SECONDS, spectrum.release_seconds)
    if stroke.articulation == "staccato":
        release_seconds *= 0.7
    frames = stroke.frames(release_seconds * 1.1)
    at = control_times(frames)
    count = harmonic_count(stroke.hz / spectrum.below, min(1200, spectrum.hz.size))
    hz = spectrum.hz[:count].astype(np.float32)
    amplitudes = gains(spectrum.levels_db[:, :count]) * _response(model, stroke, stroke.force, hz).astype(np.float32)
    loudest = float(np.sqrt((amplitudes**2).sum(axis=1).max()))
    envelope = release(frames, stroke.held_seconds, release_seconds) * _movement(model, stroke, frames)
    if legato:
        envelope *= attack(frames, _LEGATO_RISE_SECONDS)
    points = centres_hz().astype(np.float32)
    body = 20.0 * np.log10(_response(model, stroke, stroke.force, points) + 1e-6)
    levels = np.maximum(spectrum.noise_db + (body + model.noise_db).astype(np.float32), SILENT_DB)
    levels = levels - np.float32(20.0 * np.log10(max(1e-9, loudest)))
    if model.breath or model.chiff:
        levels = f32(np.logaddexp(levels * _NEPERS, _breath_db(model, stroke, seconds) * _NEPERS) / _NEPERS)
    hiss = band_noise(stroke.rng, seconds, levels, frames)
    used = _stages(seconds, float(at[-1]))
    position = np.interp(at, seconds[used], np.arange(used.size, dtype=np.float64))
    return _Rows(
        amplitudes[used] / max(1e-9, loudest), f32(position.astype(np.float32)), envelope, hiss, spectrum.below
    )


def _modelled_rows(model: Sustained, stroke: Stroke) -> _Rows:
    attack_seconds, release_seconds = model.attack_seconds or 0.05, model.release_seconds or 0.15
    if stroke.articulation == "legato" or stroke.glide:
        attack_seconds = min(attack_seconds, _LEGATO_RISE_SECONDS)
    frames = stroke.frames(release_seconds)
    envelope = adsr(
        frames,
        stroke.held_seconds,
        attack_seconds=min(attack_seconds * stroke.hard(1.5, 0.85), 0.03 + 0.45 * stroke.held_seconds),
        decay_seconds=0.25,
        sustain=model.sustain,
        release_seconds=release_seconds,
    )
    movement = _movement(model, stroke, frames)
    count = harmonic_count(stroke.hz, 160)
    hz = f32(stroke.hz * np.arange(1, count + 1))
    source = model.source(count)
    rows = [source * _response(model, stroke, step, hz) for step in np.linspace(0.0, 1.0, _DYNAMICS)]
    dynamics = np.clip(stroke.force * movement, 0.0, 1.0) * np.sqrt(envelope) * np.float32(_DYNAMICS - 1)
    points = control_times(frames).size
    knots = np.minimum(np.arange(points) * 64, frames - 1)
    harmonics = np.array(rows)
    harmonics /= np.sqrt((harmonics**2).sum(axis=1).max())
    hiss = None
    if model.breath or model.chiff:
        hiss = band_noise(stroke.rng, _CHIFF_SECONDS, _breath_db(model, stroke, _CHIFF_SECONDS), frames)
    return _Rows(harmonics, f32(dynamics[knots]), envelope * movement, hiss)


def _movement(model: Sustained, stroke: Stroke, frames: int) -> Float32Array:
    """What the level does by itself: tremor, the vibrato's share, bow strokes, a fall's end."""
    at = control_times(frames)
    movement = 1.0 + model.tremor * wander(stroke.rng, frames, 4.0)
    if model.vibrato_level:
        since = at - np.float32(model.vibrato_after_seconds)
        movement += model.vibrato_level * np.clip(since / 0.35, 0.0, 1.0) * np.cos(TAU * model.vibrato_hz * since)
    if stroke.articulation == "tremolo":
        rate = _TREMOLO_HZ * float(stroke.rng.uniform(0.95, 1.05))
        turn = (rate * at + 0.12 * wander(stroke.rng, frames, 3.0) + 0.15) % 1.0
        movement *= 0.28 + 0.72 * np.sin(np.pi * turn) ** 0.8
    if stroke.articulation == "staccato":
        movement *= 0.6 + 0.4 * np.exp(at * (-1.0 / 0.12))
    if stroke.articulation == "fall":
        seconds = min(0.4, 0.6 * stroke.held_seconds)
        movement *= 1.0 - 0.75 * np.clip((at - stroke.held_seconds + seconds) / seconds, 0.0, 1.0)
    return upsample(f32(np.clip(movement, 0.05, 2.0).astype(np.float32)), frames)


def _breath_db(model: Sustained, stroke: Stroke, seconds: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Density of the breath and the chiff that a player adds to a tone of amplitude 1: ``(T, BANDS)``."""
    low, high = model.breath_hz
    response = bandpass(low, high * stroke.bright(0.75, 1.3), 3)
    share = float(np.mean(response(_EVENLY_HZ) ** 2))
    amount = np.full(seconds.size, model.breath)
    if stroke.articulation != "legato" and not stroke.glide:
        amount += model.chiff * np.exp(-np.maximum(seconds, 0.0) / 0.035)
    shape_db = 20.0 * np.log10(response(centres_hz().astype(np.float32)) + 1e-6)
    amount_db = 20.0 * np.log10(_BREATH_SHARE * amount + 1e-7) - 10.0 * np.log10(share)
    return np.asarray(amount_db[:, None] + shape_db, np.float64)
