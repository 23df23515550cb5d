"""Plucked basses; the synthesised ones come from their own file."""

from collections.abc import Collection
from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.instruments import basses_synth
from everjam.engines.band.instruments.contract import Patch
from everjam.engines.band.instruments.dsp.base import attack, control_times, decay, upsample
from everjam.engines.band.instruments.playing import FRETTED, Bend, Buzz, Plucked, play
from everjam.engines.band.instruments.struck import Struck
from everjam.engines.band.instruments.voicing import Stroke, Voice, make_patch
from everjam.engines.band.score import Articulation

_FRET_NOISE_HZ: Final = (500.0, 2600.0)
_FINGER: Final = Plucked(
    Struck("bass_finger", edge_hz=500.0, palm_seconds=0.45, let_go=0.006, let_go_hz=_FRET_NOISE_HZ),
    FRETTED,
    squeak=0.03,
)
_PICK: Final = Plucked(
    Struck("bass_pick", edge_hz=800.0, palm_seconds=0.35, let_go=0.007, let_go_hz=_FRET_NOISE_HZ), FRETTED, squeak=0.04
)
_SLAP: Final = Plucked(
    Struck("bass_slap", edge_hz=1200.0, palm_seconds=0.3, let_go=0.008, let_go_hz=_FRET_NOISE_HZ), FRETTED, squeak=0.04
)
_POP: Final = Plucked(
    replace(
        _SLAP.string, ring=0.7, body=((1700.0, 1500.0, 0.9), (3600.0, 2000.0, 1.2)), floor=0.6, noise=0.22,
        noise_hz=(1800.0, 7000.0), noise_tau_seconds=0.003,
    ),
    FRETTED,
    Buzz(0.1, 5.0, (1500.0, 6000.0), 0.0, 0.05),
)  # fmt: skip
"""A finger tears the string off the fingerboard: the frets answer."""
_UPRIGHT: Final = Plucked(
    Struck("bass_upright", edge_hz=400.0, palm_seconds=0.3, let_go=0.006, let_go_hz=(150.0, 900.0)),
    Bend(vibrato_cents=5.0, vibrato_hz=4.8, vibrato_after_seconds=0.45),
)
_SLAPPED_UPRIGHT: Final = Plucked(
    replace(_UPRIGHT.string, noise=0.9, noise_hz=(700.0, 4200.0), noise_tau_seconds=0.006, ring=0.7), _UPRIGHT.bend
)
"""Slapped: the string's clack on the fingerboard is as loud as the note."""
_FRETLESS: Final = Plucked(
    Struck("bass_fretless", edge_hz=600.0, palm_seconds=0.4),
    Bend(-70.0, 0.028, 9.0, 4.6, 0.3),
)
_ELECTRIC: Final[Collection[Articulation]] = (
    "legato", "staccato", "muted", "slap", "pop", "harmonic", "fall", "scoop",
)  # fmt: skip
_THUMB: Final[Collection[Articulation]] = ("legato", "staccato", "muted", "pop", "harmonic", "fall", "scoop")
_ACOUSTIC: Final[Collection[Articulation]] = ("legato", "staccato", "muted", "slap", "fall", "scoop")
_BARE: Final[Collection[Articulation]] = ("legato", "staccato", "muted", "harmonic", "fall", "scoop")


def _electric(plain: Plucked, stroke: Stroke) -> Float32Array:
    """An electric bass, under finger, plectrum or thumb."""
    return play({"slap": _SLAP, "pop": _POP}.get(stroke.articulation, plain), stroke)


def _upright(stroke: Stroke) -> Float32Array:
    """A double bass, plucked; slapped as in rockabilly where the note says so."""
    return play(_SLAPPED_UPRIGHT if stroke.articulation == "slap" else _UPRIGHT, stroke)


def _fretless(stroke: Stroke) -> Float32Array:
    """Slides into its note; the tone opens after the pluck (mwah) and sings with a slow vibrato."""
    out = play(_FRETLESS, stroke)
    frames = out.shape[-1]
    at = control_times(frames)
    mwah = upsample(np.asarray(1.0 + 0.25 * np.exp(-(((at - 0.14) / 0.07) ** 2)), np.float32), frames)
    return out * mwah * (1.0 - np.float32(0.25) * decay(frames, 0.02)) * attack(frames, 0.006)


def _bass(
    name: str, title: str, voice: Voice, gm: int, articulations: Collection[Articulation], variants: int = 3
) -> Patch:
    return make_patch(
        name, title, "bass", voice, gm=gm, low=24, high=60, variants=variants, pivot_hz=350.0,
        articulations=articulations, glides=True,
    )  # fmt: skip


PATCHES: Final[tuple[Patch, ...]] = (
    _bass("bass_finger", "Finger bass", partial(_electric, _FINGER), 33, _ELECTRIC),
    _bass("bass_pick", "Picked bass", partial(_electric, _PICK), 34, _ELECTRIC),
    _bass("bass_slap", "Slap bass", partial(_electric, _SLAP), 36, _THUMB),
    _bass("bass_upright", "Upright bass", _upright, 32, _ACOUSTIC),
    *basses_synth.PATCHES,
    _bass("bass_fretless", "Fretless bass", _fretless, 35, _BARE, 2),
)
