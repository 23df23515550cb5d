"""Keyboards that sustain: pipes, free reeds, a driven organ, and instruments played from tape."""

from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.instruments.contract import Patch
from everjam.engines.band.instruments.dsp.base import (
    TAU,
    add_at_start,
    adsr,
    control_times,
    decay,
    frames_of,
    noise,
    times,
    unit,
)
from everjam.engines.band.instruments.dsp.filters import bandpass, burst, highpass, lowpass, peaks, shape
from everjam.engines.band.instruments.dsp.shaping import overdrive, saturate
from everjam.engines.band.instruments.dsp.wavetable import harmonic_count, phase, read, stack
from everjam.engines.band.instruments.playing import Bend, bent
from everjam.engines.band.instruments.spectra import measured
from everjam.engines.band.instruments.sustained import Sustained, sustain
from everjam.engines.band.instruments.voicing import Stroke, Voice, make_patch

_HARMONIUM: Final = Sustained(
    cutoff_hz=(2200.0, 12_000.0), cutoff_harmonics=(4.0, 8.0), slope=1.8, measured="reed_organ",
    formants=((420.0, 260.0, 0.8), (1500.0, 700.0, 0.9)), floor=0.6,
    attack_seconds=0.075, release_seconds=0.18, sustain=0.95, vibrato_cents=0.0, jitter_cents=1.2, jitter_hz=2.0,
    breath=0.06, chiff=0.12, breath_hz=(500.0, 3500.0), voices=2, detune_cents=3.5, width=0.25, tremor=0.16,
)  # fmt: skip
_MELODICA: Final = Sustained(
    cutoff_hz=(2000.0, 13_000.0), cutoff_harmonics=(3.0, 6.0), slope=1.7, measured="bandoneon",
    formants=((850.0, 500.0, 0.9), (2700.0, 1000.0, 0.8)), floor=0.6,
    attack_seconds=0.035, release_seconds=0.09, vibrato_hz=5.7, vibrato_cents=4.0, vibrato_after_seconds=0.3,
    vibrato_level=0.16, scoop_cents=28.0, scoop_seconds=0.025, breath=0.06, chiff=0.35, breath_hz=(1200.0, 6000.0),
)  # fmt: skip
_TAPE_STRINGS: Final = Sustained(
    cutoff_hz=(1800.0, 7000.0), cutoff_harmonics=(3.0, 5.0), slope=2.0, measured="violin",
    attack_seconds=0.05, release_seconds=0.12, sustain=0.9, vibrato_hz=5.6, vibrato_cents=13.0,
    vibrato_after_seconds=0.0, jitter_cents=3.0, jitter_hz=11.0, breath=0.08, chiff=0.2, voices=3, detune_cents=4.5,
    width=0.15, tremor=0.08,
)  # fmt: skip
_TAPE_FLUTE: Final = Sustained(
    cutoff_hz=(900.0, 5000.0), cutoff_harmonics=(1.6, 3.0), slope=2.4, measured="flute",
    attack_seconds=0.04, release_seconds=0.1, vibrato_hz=5.0, vibrato_cents=9.0, vibrato_after_seconds=0.05,
    vibrato_level=0.14, jitter_cents=3.0, jitter_hz=11.0, breath=0.1, chiff=0.7, breath_hz=(800.0, 3500.0),
    tremor=0.06,
)  # fmt: skip
_TAPE_SECONDS: Final = 8.0
"""A tape is that long, then it ends."""
_WOW: Final = Bend(-35.0, 0.03, 4.0, 1.6, 0.0)


def _tape(model: Sustained, low_hz: float, high_hz: float, stroke: Stroke) -> Float32Array:
    """A recorded note under a key: it starts at once, wavers, hisses, and ends with its tape."""
    note = sustain(model, replace(stroke, held_seconds=min(stroke.held_seconds, _TAPE_SECONDS)))
    note = unit(bent(note, _WOW, stroke))
    note = shape(note, highpass(low_hz), lowpass(high_hz * stroke.bright(0.7, 1.4), 3))
    hiss = shape(noise(stroke.rng, note.shape[-1]), bandpass(2500.0, 7000.0)) * np.float32(0.006)
    frames = note.shape[-1]
    envelope = adsr(frames, stroke.held_seconds, attack_seconds=0.015, decay_seconds=1.0, sustain=1.0,
                    release_seconds=model.release_seconds)  # fmt: skip
    return saturate(note, stroke.hard(0.6, 1.4), 0.05) + hiss * envelope


_RANKS: Final = ((0.5, 0.1), (1.0, 1.0), (2.0, 0.6), (4.0, 0.3), (3.0, 0.12))
"""Pitches of an organ's pipes against the note, and their levels: 16, 8, 4 and 2 feet, and a twelfth."""


def _pipes(stroke: Stroke) -> Float32Array:
    """Principals of several feet: each pipe speaks in its own time, then stands still; a large room after it."""
    release_seconds = 0.9
    frames = frames_of(stroke.held_seconds + release_seconds)
    at = times(frames)
    out = np.zeros((2, frames), np.float32)
    for rank, (ratio, level) in enumerate(_RANKS):
        hz = stroke.hz * ratio
        if not 20.0 < hz < 9000.0:
            continue
        count = harmonic_count(hz, 48)
        number = np.arange(1, count + 1)
        edge = stroke.bright(3200.0, 10_000.0) * stroke.hard(0.6, 1.0)
        levels = measured("church_organ", hz, count) / (1.0 + (number * hz / edge) ** 2)
        cents = float(stroke.rng.normal(0.0, 1.0))
        table = stack(levels[None, :], stroke.rng.uniform(-np.pi, np.pi, count))[0]
        pipe = read(phase(hz * 2.0 ** (cents / 1200.0), frames), table)
        speech = 1.0 - np.exp(at * np.float32(-1.0 / (0.012 + 4.0 / hz)))
        pan = np.float32(0.25 * (-1.0) ** rank)
        pipe *= speech * np.float32(level)
        out += np.stack([pipe * (1.0 + pan), pipe * (1.0 - pan)])
    chiff = burst(stroke.rng, 0.12, 0.03, bandpass(1.5 * stroke.hz, 5.0 * stroke.hz + 1500.0))
    add_at_start(out, chiff * np.float32(0.12 * stroke.hard(0.5, 1.0) * float(np.abs(out).max())))
    envelope = adsr(frames, stroke.held_seconds, attack_seconds=0.02, decay_seconds=1.0, sustain=1.0,
                    release_seconds=release_seconds)  # fmt: skip
    return out * envelope


_ROCK_BARS: Final = ((1, 0.9), (2, 1.0), (3, 1.0), (4, 0.35), (6, 0.18), (8, 0.5))
"""Multiples of half the fundamental (16-foot first) and their levels: full low bars, some top."""
_HORN_CABINET: Final = peaks(((650.0, 400.0, 0.5), (1500.0, 700.0, 1.0), (2600.0, 900.0, 0.9)), 0.55)
_ROTOR_HZ: Final = 6.9


def _rock_organ(stroke: Stroke) -> Float32Array:
    """Drawbars into a hot valve amplifier; the horn turns fast and swings pitch and level."""
    frames = frames_of(stroke.held_seconds + 0.06)
    levels = np.zeros(12)
    for number, level in _ROCK_BARS:
        levels[number - 1] = level * stroke.bright(0.7, 1.4) ** np.log2(number / 2.0)
    count = min(12, harmonic_count(stroke.hz / 2.0))
    at = control_times(frames)
    start = float(stroke.rng.uniform())
    swing = 2.0 ** (9.0 * np.sin(TAU * (_ROTOR_HZ * at + start)) / 1200.0)
    table = stack(levels[None, :count], stroke.rng.uniform(0.0, TAU, count))[0]
    dry = unit(read(phase((stroke.hz / 2.0 * swing).astype(np.float32), frames), table))
    click = burst(stroke.rng, 0.015, 0.003, bandpass(900.0, stroke.bright(3500.0, 8000.0)))
    add_at_start(dry, click * np.float32(0.35))
    dry *= np.float32(1.0) + np.float32(0.25) * decay(frames, 0.05)
    driven = overdrive(dry, (stroke.hard(1.3, 3.4), 1.2), lowpass(stroke.bright(3600.0, 7500.0), 3), _HORN_CABINET,
                       bias=0.2)  # fmt: skip
    driven = driven * adsr(frames, stroke.held_seconds, attack_seconds=0.002, decay_seconds=1.0, sustain=1.0,
                           release_seconds=0.05)  # fmt: skip
    turn = np.float32(0.3) * np.sin(np.float32(TAU) * (np.float32(_ROTOR_HZ) * times(frames) + np.float32(start)))
    return np.stack([driven * (1.0 + turn), driven * (1.0 - turn)])


def _organ(name: str, title: str, voice: Voice, gm: int, low: int, high: int) -> Patch:
    return make_patch(name, title, "keys", voice, gm=gm, low=low, high=high)


PATCHES: Final[tuple[Patch, ...]] = (
    _organ("organ_pipe", "Pipe organ", _pipes, 19, 36, 96),
    _organ("organ_rock", "Overdriven organ, fast rotor", _rock_organ, 18, 36, 96),
    _organ("harmonium", "Harmonium", partial(sustain, _HARMONIUM), 20, 36, 84),
    _organ("melodica", "Melodica", partial(sustain, _MELODICA), 22, 53, 89),
    _organ("mellotron_strings", "Tape strings", partial(_tape, _TAPE_STRINGS, 140.0, 4200.0), 48, 43, 77),
    _organ("mellotron_flute", "Tape flute", partial(_tape, _TAPE_FLUTE, 180.0, 3400.0), 73, 43, 84),
)
