"""Keyboards that sustain: pipes, free reeds, a driven organ, and instruments played from tape."""

from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.instruments.contract import Patch
from everjam.engines.band.instruments.dsp.base import (
    TAU,
    adsr,
    f32,
    times,
    unit,
)
from everjam.engines.band.instruments.dsp.cloud import hiss
from everjam.engines.band.instruments.dsp.filters import bandpass, highpass, lowpass, shape
from everjam.engines.band.instruments.dsp.shaping import saturate
from everjam.engines.band.instruments.playing import Bend, bent
from everjam.engines.band.instruments.sustained import Sustained, sustain
from everjam.engines.band.instruments.voicing import Stroke, Voice, make_patch

_HARMONIUM: Final = Sustained(
    measured="reed_organ", vibrato_cents=0.0, jitter_cents=1.2, jitter_hz=2.0, voices=2, detune_cents=1.5, width=0.25,
    tremor=0.08,
)  # fmt: skip
_MELODICA: Final = Sustained(
    cutoff_hz=(2000.0, 13_000.0), cutoff_harmonics=(3.0, 6.0), slope=1.7, measured="bandoneon",
    formants=((850.0, 500.0, 0.9), (2700.0, 1000.0, 0.8)), floor=0.6,
    attack_seconds=0.035, release_seconds=0.09, vibrato_hz=5.7, vibrato_cents=4.0, vibrato_after_seconds=0.3,
    vibrato_level=0.16, scoop_cents=28.0, scoop_seconds=0.025, breath=0.02, chiff=0.25, breath_hz=(1200.0, 6000.0),
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
_TAPE_HISS: Final = 0.0027
_WOW: Final = Bend(-35.0, 0.03, 4.0, 1.6, 0.0)


def _tape(model: Sustained, low_hz: float, high_hz: float, stroke: Stroke) -> Float32Array:
    """A recorded note under a key: it starts at once, wavers, hisses, and ends with its tape."""
    note = sustain(model, replace(stroke, held_seconds=min(stroke.held_seconds, _TAPE_SECONDS)))
    note = unit(bent(note, _WOW, stroke))
    note = shape(note, highpass(low_hz), lowpass(high_hz * stroke.bright(0.7, 1.4), 3))
    frames = note.shape[-1]
    tape = hiss(stroke.rng, frames, bandpass(2500.0, 7000.0), width=0.0)[0] * np.float32(_TAPE_HISS)
    envelope = adsr(frames, stroke.held_seconds, attack_seconds=0.015, decay_seconds=1.0, sustain=1.0,
                    release_seconds=model.release_seconds)  # fmt: skip
    return f32(saturate(note, stroke.hard(0.6, 1.4), 0.05) + tape * envelope)


_PIPES: Final = Sustained(
    measured="church_organ", vibrato_cents=0.0, jitter_cents=0.6, jitter_hz=1.5, voices=2, detune_cents=0.9, width=0.5,
    tremor=0.01, release_seconds=0.8, chiff=0.06, breath_hz=(900.0, 5000.0),
)  # fmt: skip
"""Each pipe speaks in its own time, then stands still."""


_ROCK: Final = Sustained(
    measured="rock_organ", dynamics=0.6, vibrato_hz=6.9, vibrato_cents=5.0, vibrato_after_seconds=-1.0,
    jitter_cents=0.8, tremor=0.01,
)  # fmt: skip
_ROTOR_HZ: Final = 6.9


def _rock_organ(stroke: Stroke) -> Float32Array:
    """Drawbars through a hot valve amplifier; the horn turns fast and swings pitch and sides."""
    tone = sustain(_ROCK, stroke)
    start = float(stroke.rng.uniform())
    turn = np.float32(0.22) * np.sin(np.float32(TAU) * (np.float32(_ROTOR_HZ) * times(tone.size) + np.float32(start)))
    return np.stack([tone * (1.0 + turn), tone * (1.0 - turn)])


def _organ(name: str, title: str, voice: Voice, gm: int, low: int, high: int) -> Patch:
    return make_patch(name, title, "keys", voice, gm=gm, low=low, high=high)


PATCHES: Final[tuple[Patch, ...]] = (
    _organ("organ_pipe", "Pipe organ", partial(sustain, _PIPES), 19, 36, 96),
    _organ("organ_rock", "Overdriven organ, fast rotor", _rock_organ, 18, 36, 96),
    _organ("harmonium", "Harmonium", partial(sustain, _HARMONIUM), 20, 36, 84),
    _organ("melodica", "Melodica", partial(sustain, _MELODICA), 22, 53, 89),
    _organ("mellotron_strings", "Tape strings", partial(_tape, _TAPE_STRINGS, 140.0, 4200.0), 48, 43, 77),
    _organ("mellotron_flute", "Tape flute", partial(_tape, _TAPE_FLUTE, 180.0, 3400.0), 73, 43, 84),
)
