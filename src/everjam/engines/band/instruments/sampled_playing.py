"""How a note is played from a font: length, pitch movement, ways of playing that the font has no recording of."""

from typing import Final

import numpy as np

from everjam.audio import SAMPLE_RATE_HZ, Float32Array
from everjam.engines.band.instruments.contract import Patch
from everjam.engines.band.instruments.sampled_presets import Preset
from everjam.engines.band.instruments.soundfont import BLOCK_FRAMES, Playing, SoundFont
from everjam.engines.band.instruments.soundfont.generators import Float64Array
from everjam.engines.band.instruments.voicing import Stroke

_VELOCITY_EXPONENT: Final = 0.83
"""Fonts fall by 40 dB a decade of velocity, the band by 33 dB a decade of force."""
_LONGEST_HELD_SECONDS: Final = 60.0
FOREVER_SECONDS: Final = 80.0
_TAIL_SECONDS: Final = 0.02
_RING_OUT_SECONDS: Final = 0.8
_RING_SECONDS: Final = {"drums": 5.0, "percussion": 4.0, "mallets": 4.5}
_OTHER_RING_SECONDS: Final = 1.6
_STACCATO_SECONDS: Final = 0.14
_STACCATO_RINGS: Final = frozenset({"strings_staccato"})
_LEGATO_SKIP_SECONDS: Final = 0.05
_LEGATO_RISE_SECONDS: Final = 0.03
_GLIDE_SECONDS: Final = 0.09
_SCOOP_CENTS: Final = -150.0
_SCOOP_SECONDS: Final = 0.1
_FALL_CENTS: Final = -500.0
_FALL_SECONDS: Final = 0.35
_MUTE_SECONDS: Final = 0.09
_MUTE_TILT_DB: Final = -6.0
_HARMONIC_TILT_DB: Final = -5.0
_SLAP_TILT_DB: Final = 4.0
_TILTS_DB: Final = {"muted": _MUTE_TILT_DB, "harmonic": _HARMONIC_TILT_DB, "slap": _SLAP_TILT_DB, "pop": _SLAP_TILT_DB}
_HELD_UP: Final = frozenset({"bowed", "winds", "brass", "voice"})
"""Families whose notes are fed while they last: a mute darkens them, a tremolo does not strike them anew."""
_STRIKES_HZ: Final = {"roll": 15.0, "tremolo": 11.0}
_STRIKE_RINGS_SECONDS: Final = 0.5
_TAKE_CENTS: Final = 5.0
_HIT_TAKE_CENTS: Final = 12.0


def play(
    font: SoundFont,
    patch: Patch,
    preset: Preset,
    key: int,
    cents: float,
    stroke: Stroke,
    *,
    plainly: bool,
    stop_seconds: float = FOREVER_SECONDS,
) -> tuple[Float32Array, float]:
    """A note as the stroke wants it.

    Args:
        font: The recordings.
        patch: Whose note it is.
        preset: Where the font has it.
        key: MIDI key there.
        cents: Retuning.
        stroke: Length, force, way of playing and glide; its rng draws small differences of takes above the first.
        plainly: Whether the preset is a recording of the way of playing itself.
        stop_seconds: When it ends at the latest.

    Returns:
        float32 ``(channels, frames)``, one channel where the recording stands in one place, and the decibels of treble
        that the way of playing adds.
    """
    way = "plain" if plainly else stroke.articulation
    if stroke.variant:
        spread = _HIT_TAKE_CENTS if patch.family in {"drums", "percussion"} else _TAKE_CENTS
        cents += float(stroke.rng.uniform(-spread, spread))
    if way == "harmonic" and key + 12 <= 127:
        key += 12
    velocity = int(np.clip(round(127.0 * stroke.force**_VELOCITY_EXPONENT), 1, 127))
    held_seconds = _held_seconds(patch, stroke)
    if way in _STRIKES_HZ and patch.family not in _HELD_UP:
        return _struck_often(font, preset, key, velocity, cents, stroke, held_seconds, _STRIKES_HZ[way]), 0.0
    skip_seconds = _LEGATO_SKIP_SECONDS if way == "legato" else 0.0
    held_seconds += skip_seconds
    tail_seconds = _tail_seconds(patch, way)
    most_seconds = min(held_seconds + tail_seconds, skip_seconds + stop_seconds)
    playing = Playing(held_seconds, most_seconds, _bend_cents(way, stroke, held_seconds, cents))
    signal = font.render(preset.bank, preset.program, key, velocity, playing, fold=True)
    if skip_seconds:
        signal = _softly_begun(signal, skip_seconds)
    if way == "muted" and patch.family not in _HELD_UP:
        at = np.arange(signal.shape[1], dtype=np.float32)
        signal = signal * np.exp(at * np.float32(-1.0 / (_MUTE_SECONDS * SAMPLE_RATE_HZ)))
    elif way == "fall":
        signal = signal * _fading(signal.shape[1], held_seconds)
    return _ended(signal, most_seconds - skip_seconds, tail_seconds), _TILTS_DB.get(way, 0.0)


def _held_seconds(patch: Patch, stroke: Stroke) -> float:
    if patch.name in _STACCATO_RINGS:
        return _STACCATO_SECONDS
    if not patch.sustained:
        return _RING_SECONDS.get(patch.family, _OTHER_RING_SECONDS)
    if stroke.articulation == "staccato":
        return min(stroke.held_seconds, _STACCATO_SECONDS)
    return min(stroke.held_seconds, _LONGEST_HELD_SECONDS)


def _tail_seconds(patch: Patch, way: str) -> float:
    """What is heard after a note is let go: the mixer fades out what is held by then, but not what rings or falls."""
    if not patch.sustained or way == "fall":
        return _RING_OUT_SECONDS
    return patch.release_ms / 1000.0 + _TAIL_SECONDS


def _ended(signal: Float32Array, most_seconds: float, tail_seconds: float) -> Float32Array:
    """Softly let go of where it would be cut off: over the last half of its tail."""
    most_frames = int(most_seconds * SAMPLE_RATE_HZ) // BLOCK_FRAMES * BLOCK_FRAMES
    fall = min(int(0.5 * tail_seconds * SAMPLE_RATE_HZ), signal.shape[1])
    if signal.shape[1] < most_frames - BLOCK_FRAMES or fall < 2:
        return signal
    fading = 0.5 + 0.5 * np.cos(np.linspace(0.0, np.pi, fall, dtype=np.float32))
    return np.concatenate([signal[:, :-fall], signal[:, -fall:] * fading], axis=1)


def _bend_cents(way: str, stroke: Stroke, held_seconds: float, cents: float) -> Float64Array:
    """Pitch at the borders of the renderer's blocks until the note is let go; the last holds on."""
    blocks = int(held_seconds * SAMPLE_RATE_HZ) // BLOCK_FRAMES + 2
    at: Float64Array = np.arange(blocks, dtype=np.float64) * (BLOCK_FRAMES / SAMPLE_RATE_HZ)
    bend: Float64Array = np.full(blocks, cents, np.float64)
    if stroke.glide:
        bend += 100.0 * stroke.glide * _settling(at / _GLIDE_SECONDS)
    if way == "scoop":
        bend += _SCOOP_CENTS * _settling(at / _SCOOP_SECONDS)
    elif way == "fall":
        begin = max(0.0, held_seconds - _FALL_SECONDS)
        bend += _FALL_CENTS * np.clip((at - begin) / max(held_seconds - begin, 0.01), 0.0, 1.0) ** 1.5
    return bend


def _settling(progress: Float64Array) -> Float64Array:
    """1 to 0 without corners while progress goes from 0 to 1."""
    return 0.5 + 0.5 * np.cos(np.pi * np.clip(progress, 0.0, 1.0))


def _softly_begun(signal: Float32Array, skip_seconds: float) -> Float32Array:
    """Without the attack: what comes after it fades in."""
    signal = signal[:, round(skip_seconds * SAMPLE_RATE_HZ) :]
    rise = min(round(_LEGATO_RISE_SECONDS * SAMPLE_RATE_HZ), signal.shape[1])
    signal[:, :rise] *= 0.5 - 0.5 * np.cos(np.linspace(0.0, np.pi, rise, dtype=np.float32))
    return signal


def _fading(frames: int, held_seconds: float) -> Float32Array:
    """Full until the fall begins, then quickly down."""
    at = np.arange(frames, dtype=np.float32) / np.float32(SAMPLE_RATE_HZ)
    begin = max(0.0, held_seconds - _FALL_SECONDS)
    falling: Float32Array = np.exp(np.minimum(0.0, np.float32(begin) - at) * np.float32(2.5 / _FALL_SECONDS))
    return falling


def _struck_often(
    font: SoundFont,
    preset: Preset,
    key: int,
    velocity: int,
    cents: float,
    stroke: Stroke,
    held_seconds: float,
    strikes_hz: float,
) -> Float32Array:
    """A roll: two recordings by turns, never quite evenly."""
    every = SAMPLE_RATE_HZ / strikes_hz
    held = min(held_seconds, stroke.held_seconds) if stroke.held_seconds > 0.05 else held_seconds
    strikes = max(2, int(held * strikes_hz))
    strokes = []
    for offset in (0.0, float(stroke.rng.uniform(4.0, 9.0))):
        bend = np.array([cents + offset])
        playing = Playing(1.0 / strikes_hz, 1.0 / strikes_hz + _STRIKE_RINGS_SECONDS, bend)
        strokes.append(font.render(preset.bank, preset.program, key, velocity, playing, fold=True))
    frames = int(strikes * every) + max(one.shape[1] for one in strokes)
    out = np.zeros((strokes[0].shape[0], frames), np.float32)
    for number in range(strikes):
        one = strokes[number % 2]
        begin = int(every * number + (stroke.rng.uniform(0.0, 0.12 * every) if number else 0.0))
        gain = np.float32(10.0 ** (stroke.rng.uniform(-2.0, 0.0) / 20.0) * (1.0 if number % 2 == 0 else 0.85))
        out[:, begin : begin + one.shape[1]] += one * gain
    return out
