"""Plucked strings: acoustic guitars, harp, sitar, koto, tanpura."""

from collections.abc import Collection
from functools import partial
from typing import Final

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.instruments.contract import Patch
from everjam.engines.band.instruments.dsp.base import (
    TAU,
    attack,
    decay,
    f32,
    frames_of,
    place,
    release,
    unit,
)
from everjam.engines.band.instruments.dsp.filters import highpass, lowpass, shape
from everjam.engines.band.instruments.dsp.modal import modal
from everjam.engines.band.instruments.dsp.strings import StringModel, pluck
from everjam.engines.band.instruments.playing import FRETTED, Bend, Plucked, Tremolo, play
from everjam.engines.band.instruments.struck import Struck
from everjam.engines.band.instruments.voicing import Stroke, Voice, make_patch
from everjam.engines.band.score import Articulation

_NYLON: Final = Plucked(
    Struck(
        "guitar_nylon", release_seconds=0.5, edge_hz=900.0, palm_seconds=0.4, let_go=0.006, let_go_hz=(400.0, 2600.0)
    ),
    FRETTED,
    squeak=0.05,
)
_STEEL: Final = Plucked(
    Struck(
        "guitar_steel", release_seconds=0.8, edge_hz=1600.0, palm_seconds=0.4, let_go=0.008, let_go_hz=(900.0, 5000.0)
    ),
    FRETTED,
    squeak=0.07,
)
_HARP: Final = Plucked(Struck("harp", longest_seconds=4.5, edge_hz=900.0), repeats=Tremolo(9.0, 0.0, 0.9, 0.8))
"""A roll on one note is a bisbigliando: two strings, two hands, nothing damped."""
_KOTO: Final = Plucked(Struck("koto", release_seconds=1.0, longest_seconds=4.0, edge_hz=1500.0), Bend())
_SITAR: Final = Plucked(Struck("sitar", release_seconds=1.4, longest_seconds=4.5, edge_hz=1800.0), Bend())
"""The hand pulls the string sideways (meend): a slide without frets."""
_TARAB: Final = ((2.0, 1.0, 0.9), (1.5, 0.7, 0.8), (4.0, 0.5, 0.6), (3.0, 0.5, 0.6), (6.0, 0.3, 0.45), (8.0, 0.2, 0.35))
"""What the sympathetic strings take up: ratio to the pitch, level, time constant."""


def _sitar(stroke: Stroke) -> Float32Array:
    """Its sympathetic strings answer faintly."""
    out = play(_SITAR, stroke)
    frames = out.shape[-1]
    ratios, levels, taus = (np.array(column) for column in zip(*_TARAB, strict=True))
    answer = modal(stroke.hz * ratios, levels, taus, frames, stroke.rng.uniform(0.0, TAU, ratios.size))
    level = np.float32(0.02 * float(np.abs(out).max()))
    return f32(out + unit(answer) * (level * attack(frames, 0.12) * release(frames, stroke.held_seconds, 0.6)))


def _tanpura(stroke: Stroke) -> Float32Array:
    """The drone whose thread on the bridge makes each overtone glow in turn."""
    held = max(stroke.held_seconds, 1.5)
    frames = min(stroke.frames(1.6), frames_of(9.0))
    model = StringModel(9.0, 3600.0, 0.3, 0.0, 2e-6, stroke.bright(1400.0, 3600.0) * stroke.hard(0.6, 1.1), 0.05)
    string = unit(pluck(model, stroke.hz, frames, stroke.rng))
    buzz = shape(np.tanh(np.float32(7.0) * string) - string, highpass(500.0), lowpass(6500.0))
    glow = (1.0 - decay(frames, 0.22)) * decay(frames, 1.6)
    out = f32(string * decay(frames, 2.4) + buzz * glow * np.float32(stroke.bright(0.6, 1.5)))
    twin = f32(np.roll(out, 331))
    twin[:331] = 0.0
    return f32((place(out, -0.25) + place(twin, 0.25)) * release(frames, held, 1.5))


_GUITAR: Final[Collection[Articulation]] = (
    "legato", "staccato", "muted", "tremolo", "fall", "scoop", "harmonic",
)  # fmt: skip


def _string(
    name: str,
    title: str,
    voice: Voice,
    gm: int,
    low: int,
    high: int,
    articulations: Collection[Articulation] = (),
    *,
    glides: bool = True,
    variants: int = 3,
) -> Patch:
    return make_patch(
        name, title, "plucked", voice, gm=gm, low=low, high=high, variants=variants, articulations=articulations,
        glides=glides,
    )  # fmt: skip


PATCHES: Final[tuple[Patch, ...]] = (
    _string("guitar_nylon", "Nylon guitar", partial(play, _NYLON), 24, 40, 84, _GUITAR),
    _string("guitar_steel", "Steel guitar", partial(play, _STEEL), 25, 40, 86, _GUITAR),
    _string(
        "harp", "Harp", partial(play, _HARP), 46, 24, 103, ("staccato", "muted", "roll", "harmonic", "tremolo"),
        glides=False,
    ),
    _string("sitar", "Sitar", _sitar, 104, 48, 84, ("legato", "scoop", "tremolo", "fall"), variants=2),
    _string(
        "koto", "Koto", partial(play, _KOTO), 107, 48, 91,
        ("legato", "muted", "tremolo", "scoop", "fall", "staccato"),
    ),
    _string("tanpura", "Tanpura drone", _tanpura, 104, 36, 64, glides=False, variants=2),
)  # fmt: skip
