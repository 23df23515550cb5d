"""Drum kits: acoustic drums here, cymbals and drum machines in files of their own.

Pitch tunes a drum against its General MIDI key.
"""

from functools import partial
from typing import Final

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.instruments import cymbals, drum_machines
from everjam.engines.band.instruments.contract import Patch
from everjam.engines.band.instruments.dsp.bands import band_noise
from everjam.engines.band.instruments.dsp.base import f32, frames_of
from everjam.engines.band.instruments.hits import Hit, play_hit
from everjam.engines.band.instruments.measured import measured
from everjam.engines.band.instruments.voicing import Stroke, Voice, make_patch
from everjam.engines.band.score import Articulation

_DRUMS: Final = {
    "kick_acoustic": Hit("kick_acoustic", 0.5, attack_db=9.0, pivot_hz=120.0, drive=0.5),
    "kick_rock": Hit("kick_rock", 0.5, attack_db=9.0, pivot_hz=120.0, drive=1.4),
    "kick_jazz": Hit("kick_jazz", 0.5, attack_db=8.0, pivot_hz=120.0),
    "kick_march": Hit(
        "kick_march", 1.2, attack_db=6.0, pivot_hz=120.0, spread_db=1.4, roll_step_seconds=0.085, drive=0.6
    ),
    "snare_acoustic": Hit("snare_acoustic", 0.5, 0.18, attack_db=7.0, mute_db=70.0, drive=0.9),
    "snare_rock": Hit("snare_rock", 0.6, 0.22, attack_db=7.0, mute_db=70.0, drive=1.5),
    "snare_jazz": Hit("snare_jazz", 0.5, 0.18, force_db=3.2, attack_db=6.0, mute_db=70.0, drive=0.6),
    "snare_march": Hit("snare_march", 0.5, 0.15, attack_db=6.0, mute_db=70.0, roll_step_seconds=0.045),
    "tom_acoustic": Hit("tom_acoustic", 0.9, attack_db=7.0, pivot_hz=200.0, roll_step_seconds=0.07),
    "tom_rock": Hit("tom_rock", 0.9, attack_db=7.0, pivot_hz=200.0, roll_step_seconds=0.07, drive=1.5),
}
_BRUSH_TAP: Final = Hit("snare_brush", 0.5, 0.2, force_db=3.2, attack_db=6.0, pivot_hz=900.0)
_BRUSH_SLAP: Final = Hit("brush_slap", 0.5, 0.2, force_db=3.2, attack_db=6.0, pivot_hz=900.0)
_STIR_SECONDS: Final = 0.42
"""Shortest stir of a brush."""


def _snare_brush(stroke: Stroke) -> Float32Array:
    """A tap with the fan; "slap": the fan laid flat; "legato": a stir as long as the note."""
    if stroke.articulation == "legato":
        return _stir(stroke)
    return play_hit(_BRUSH_SLAP if stroke.articulation == "slap" else _BRUSH_TAP, stroke)


def _stir(stroke: Stroke) -> Float32Array:
    """The fan drawn in a circle: the hiss of the measured swirl, swelling and waning: ``(2, frames)``."""
    spectrum = measured("brush_swirl", stroke.hz, 0.75)
    hiss = spectrum.noise_db[4:9].mean(axis=0) + f32(stroke.rng.normal(0.0, 0.6, spectrum.noise_db.shape[1]))
    held = max(_STIR_SECONDS, stroke.held_seconds)
    seconds = held * np.array([0.0, 0.18, 0.42, 0.6, 0.82, 1.0])
    levels = hiss + np.array([[-34.0], [-7.0], [0.0], [-2.5], [-9.0], [-40.0]], np.float32)
    middle, side = (band_noise(stroke.rng, seconds, levels, frames_of(held)) for _ in range(2))
    side *= np.float32(0.25)
    return np.stack([middle + side, middle - side])


def _snare_march(stroke: Stroke) -> Float32Array:
    """The stick bounces on the tight head, so that close strokes run together."""
    out = play_hit(_DRUMS["snare_march"], stroke)
    bounced = out.copy()
    for seconds, level in ((0.03, 0.36), (0.048, 0.36), (0.075, 0.18)):
        start = frames_of(seconds * float(stroke.rng.uniform(0.93, 1.07)))
        bounced[..., start:] += out[..., :-start] * np.float32(level / stroke.hard(0.5, 1.0))
    return bounced


def _drum(
    name: str, title: str, gm: int, pivot_hz: float, variants: int, *can: Articulation, voice: Voice | None = None
) -> Patch:
    return make_patch(
        name,
        title,
        "drums",
        voice or partial(play_hit, _DRUMS[name]),
        gm=gm,
        sustained=False,
        variants=variants,
        drum=True,
        pivot_hz=pivot_hz,
        articulations=can,
    )


PATCHES: Final[tuple[Patch, ...]] = (
    *cymbals.PATCHES,
    *drum_machines.PATCHES,
    _drum("kick_acoustic", "Acoustic kick", 36, 400.0, 3),
    _drum("kick_rock", "Rock kick", 36, 400.0, 3),
    _drum("kick_jazz", "Jazz kick", 36, 400.0, 3),
    _drum("kick_march", "Marching bass drum", 35, 250.0, 3, "roll"),
    _drum("snare_acoustic", "Acoustic snare", 38, 1200.0, 4, "roll", "muted"),
    _drum("snare_rock", "Rock snare", 38, 1200.0, 4, "roll", "muted"),
    _drum("snare_jazz", "Jazz snare", 38, 1200.0, 4, "roll", "muted"),
    _drum("snare_march", "Marching snare", 38, 1800.0, 4, "roll", "muted", voice=_snare_march),
    _drum("snare_brush", "Brushed snare", 38, 1500.0, 4, "roll", "slap", "legato", voice=_snare_brush),
    _drum("tom_acoustic", "Acoustic tom", 47, 500.0, 3, "roll"),
    _drum("tom_rock", "Rock tom", 47, 500.0, 3, "roll"),
)
