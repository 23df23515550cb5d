"""Strings under the bow: soloists, sections, short and trembling, folk fiddles, a wheel; and pizzicato."""

from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np

from everjam.audio import SAMPLE_RATE_HZ, Float32Array
from everjam.engines.band.instruments.contract import Patch
from everjam.engines.band.instruments.dsp.base import (
    adsr,
    control_times,
    f32,
    frames_of,
    place,
    times,
    unit,
    upsample,
    wander,
)
from everjam.engines.band.instruments.dsp.filters import bandpass, shape
from everjam.engines.band.instruments.reeds import Drone, droning
from everjam.engines.band.instruments.struck import Struck, strike
from everjam.engines.band.instruments.sustained import Sustained, sustain
from everjam.engines.band.instruments.voicing import Stroke, make_patch
from everjam.engines.band.score import Articulation

_SECTION: Final = Sustained(
    measured="strings", vibrato_hz=5.5, vibrato_cents=9.0, vibrato_after_seconds=0.12, jitter_cents=3.0, voices=4,
    detune_cents=6.0, tremor=0.05,
)  # fmt: skip
_STACCATO: Final = replace(_SECTION, attack_seconds=0.035, release_seconds=0.4, vibrato_cents=0.0, chiff=0.2, width=0.5)
_VIOLIN: Final = Sustained(
    measured="violin", vibrato_hz=5.8, vibrato_cents=14.0, vibrato_after_seconds=0.25, vibrato_level=0.06,
    scoop_cents=12.0, jitter_cents=2.5, tremor=0.06,
)  # fmt: skip
_CELLO: Final = replace(_VIOLIN, measured="cello", vibrato_hz=5.1)


def _short(stroke: Stroke) -> Float32Array:
    return sustain(_STACCATO, replace(stroke, held_seconds=min(stroke.held_seconds, 0.16)))


_PIZZICATO: Final = Struck(
    "pizzicato", release_seconds=0.3, longest_seconds=1.2, edge_hz=900.0, noise=0.1, noise_hz=(200.0, 2500.0)
)


def _pizzicato(stroke: Stroke) -> Float32Array:
    """Three players, not quite together."""
    frames = frames_of(1.2)
    out = np.zeros((2, frames), np.float32)
    for pan, cents in ((-0.6, -3.0), (0.0, 0.0), (0.6, 3.0)):
        late = int(stroke.rng.uniform(0.0, 0.012) * SAMPLE_RATE_HZ) if cents else 0
        player = replace(stroke, hz=stroke.hz * 2.0 ** (cents / 1200.0), held_seconds=0.8)
        one = place(strike(_PIZZICATO, player), pan)[:, : frames - late]
        out[:, late : late + one.shape[1]] += one
    return out


_VIOLA: Final = replace(_VIOLIN, measured="viola", vibrato_hz=5.4, vibrato_cents=12.0)
_CONTRABASS: Final = replace(_VIOLIN, measured="contrabass", vibrato_hz=4.7, vibrato_cents=7.0, release_seconds=0.6)
_FIDDLE: Final = replace(
    _VIOLIN, measured="fiddle", vibrato_cents=5.0, vibrato_after_seconds=0.4, vibrato_level=0.0, scoop_cents=45.0,
    scoop_seconds=0.03, jitter_cents=4.0, tremor=0.08, noise_db=7.0, chiff=0.3, breath_hz=(1500.0, 8000.0),
    formants=((2900.0, 1100.0, 0.9),), floor=0.8,
)  # fmt: skip
_ERHU: Final = Sustained(
    cutoff_hz=(1300.0, 12_000.0), cutoff_harmonics=(2.5, 5.0), slope=1.8, measured="violin",
    formants=((650.0, 260.0, 1.6), (1500.0, 500.0, 1.5), (2900.0, 700.0, 1.3)), floor=0.22,
    attack_seconds=0.1, release_seconds=0.3, vibrato_hz=6.2, vibrato_cents=23.0, vibrato_after_seconds=0.15,
    vibrato_level=0.06, scoop_cents=120.0, scoop_seconds=0.05, jitter_cents=3.0, breath=0.04, chiff=0.2,
    breath_hz=(1200.0, 6500.0), tremor=0.09,
)  # fmt: skip
_WHEEL: Final = Sustained(
    cutoff_hz=(2600.0, 14_000.0), cutoff_harmonics=(5.0, 9.0), slope=1.5, measured="fiddle",
    formants=((420.0, 200.0, 0.9), (1150.0, 350.0, 1.2), (2600.0, 700.0, 1.0)), floor=0.4,
    attack_seconds=0.03, release_seconds=0.45, sustain=1.0, vibrato_cents=0.0, jitter_cents=3.0, breath=0.03,
    chiff=0.25, breath_hz=(1800.0, 8000.0), tremor=0.05,
)  # fmt: skip
_GUT_DRONES: Final = Drone(0.55, lowest_hz=60.0, slope=0.8)


def _hurdy_gurdy(stroke: Stroke) -> Float32Array:
    """A wheel rubs melody and drone strings; a loose bridge snarls as each note begins."""
    tune = unit(sustain(_WHEEL, stroke))
    frames = tune.size
    drones = droning(_GUT_DRONES, stroke, frames)
    snarl = shape(np.tanh(6.0 * drones + 2.0 * tune), bandpass(1400.0, 5500.0 * stroke.bright(0.7, 1.4)))
    at = times(frames)
    bite = np.float32(stroke.hard(0.1, 0.5)) * np.exp(at * np.float32(-1.0 / 0.07)) + np.float32(0.06)
    envelope = adsr(frames, stroke.held_seconds, attack_seconds=0.02, decay_seconds=1.0, sustain=1.0,
                    release_seconds=0.45)  # fmt: skip
    return f32(tune + (drones + snarl * bite) * envelope)


_TREMOLO_HZ: Final = 11.0
_TREMOLO_SECTION: Final = replace(_SECTION, measured="strings_tremolo", voices=3, vibrato_cents=5.0)


def _tremolo(stroke: Stroke) -> Float32Array:
    """Bows go to and fro as fast as they can, the two sides of the section each in their own time."""
    out = sustain(_TREMOLO_SECTION, stroke)
    frames = out.shape[-1]
    at = control_times(frames)
    for side in range(2):
        rate = _TREMOLO_HZ * float(stroke.rng.uniform(0.95, 1.05))
        turn = (rate * at + 0.12 * wander(stroke.rng, frames, 3.0) + float(stroke.rng.uniform())) % 1.0
        bow = 0.25 + 0.75 * np.sin(np.pi * turn) ** 0.8
        out[side] *= upsample(bow.astype(np.float32), frames)
    return out


_SOLO_STROKES: Final = frozenset[Articulation]({"legato", "staccato", "tremolo", "muted", "scoop"})
_SECTION_STROKES: Final = frozenset[Articulation]({"legato", "staccato", "tremolo", "muted"})


def _solo(name: str, title: str, model: Sustained, gm: int, low: int, high: int) -> Patch:
    """A soloist, whose left hand slides."""
    voice = partial(sustain, model)
    return make_patch(name, title, "bowed", voice, gm=gm, low=low, high=high, articulations=_SOLO_STROKES, glides=True)


PATCHES: Final[tuple[Patch, ...]] = (
    make_patch(
        "strings", "String section", "bowed", partial(sustain, _SECTION), gm=48, low=36, high=96,
        articulations=_SECTION_STROKES, glides=True, renews="",
    ),
    make_patch(
        "strings_staccato", "Short strings", "bowed", _short, gm=48, low=36, high=96, sustained=False, variants=3
    ),
    _solo("violin", "Violin", _VIOLIN, 40, 55, 100),
    _solo("cello", "Cello", _CELLO, 42, 36, 76),
    make_patch(
        "pizzicato", "Pizzicato strings", "bowed", _pizzicato, gm=45, low=43, high=96, sustained=False, variants=3
    ),
    _solo("viola", "Viola", _VIOLA, 41, 48, 91),
    _solo("contrabass", "Bowed double bass", _CONTRABASS, 43, 28, 62),
    _solo("fiddle", "Fiddle", _FIDDLE, 110, 55, 95),
    _solo("erhu", "Erhu", _ERHU, 110, 62, 93),
    make_patch("strings_tremolo", "Tremolo strings", "bowed", _tremolo, gm=44, low=36, high=96, renews=""),
    make_patch("hurdy_gurdy", "Hurdy-gurdy: melody and drones", "bowed", _hurdy_gurdy, gm=110, low=55, high=86),
)  # fmt: skip
