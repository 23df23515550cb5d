"""Hand percussion from measured tables. Pitch tunes an instrument against its General MIDI key."""

from functools import partial
from typing import Final

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.instruments import hand_drums, idiophones
from everjam.engines.band.instruments.contract import Patch
from everjam.engines.band.instruments.dsp.base import decay, frames_of
from everjam.engines.band.instruments.dsp.filters import bandpass, shape
from everjam.engines.band.instruments.dsp.wavetable import harmonic_count, phase, read, square, stack
from everjam.engines.band.instruments.hits import Hit, play_hit
from everjam.engines.band.instruments.voicing import Stroke, Voice, make_patch
from everjam.engines.band.score import Articulation

_HITS: Final = {
    "cross_stick": Hit("cross_stick", 0.5, 0.15, attack_db=5.0, pivot_hz=1200.0),
    "tambourine": Hit(
        "tambourine", 0.45, 0.3, force_db=3.0, pivot_hz=5000.0, mute_db=240.0, roll_step_seconds=0.085, drive=0.8
    ),
    "cowbell": Hit("cowbell", 0.4, force_db=3.0, pivot_hz=1500.0, mute_db=240.0),
    "bongo": Hit("bongo", 0.35, pivot_hz=700.0, mute_db=260.0, roll_step_seconds=0.075, drive=1.3),
    "conga": Hit("conga", 0.6, pivot_hz=500.0, spread_db=1.4, roll_step_seconds=0.08),
    "conga_low": Hit("conga_low", 0.65, pivot_hz=400.0, spread_db=1.4, roll_step_seconds=0.08, drive=0.8),
    "conga_slap": Hit("conga_mute", 0.35, force_db=3.4, attack_db=7.0, pivot_hz=900.0, spread_db=1.4, drive=0.8),
    "timbale": Hit("timbale", 1.0, attack_db=6.0, pivot_hz=800.0, spread_db=1.4, roll_step_seconds=0.062, drive=1.3),
    "agogo": Hit("agogo", 0.4, pivot_hz=2500.0, mute_db=260.0),
    "agogo_low": Hit("agogo_low", 0.45, pivot_hz=2000.0, mute_db=260.0),
    "cabasa": Hit("cabasa", 0.25, force_db=2.0, attack_db=2.0, pivot_hz=6000.0, spread_db=1.6, roll_step_seconds=0.1),
    "maracas": Hit("maracas", 0.2, force_db=2.0, pivot_hz=6000.0, spread_db=1.6, roll_step_seconds=0.09),
    "shaker": Hit("shaker", 0.3, force_db=2.0, attack_db=2.0, pivot_hz=6000.0, spread_db=1.6, roll_step_seconds=0.1),
    "claves": Hit("claves", 0.2, pivot_hz=3000.0, spread_db=1.4, drive=0.8),
    "woodblock": Hit("woodblock", 0.3, pivot_hz=1500.0, roll_step_seconds=0.09, drive=0.8),
    "triangle": Hit("triangle", 1.9, force_db=3.0, pivot_hz=5000.0, roll_step_seconds=0.085),
    "sleigh_bells": Hit("sleigh_bells", 0.8, 0.3, pivot_hz=5000.0, spread_db=2.0, roll_step_seconds=0.12),
    "surdo": Hit("surdo", 1.2, attack_db=5.0, pivot_hz=150.0, drive=0.6),
    "taiko": Hit("taiko", 1.5, attack_db=6.0, pivot_hz=150.0, spread_db=1.6, roll_step_seconds=0.11),
}
_MUTED: Final = {
    "conga": Hit("conga_mute", 0.35, pivot_hz=900.0, spread_db=1.4),
    "triangle": Hit("triangle_mute", 0.4, force_db=3.0, pivot_hz=5000.0),
    "surdo": Hit("surdo_mute", 0.6, pivot_hz=150.0),
}
"""Strokes whose muted kind was measured; the others are damped."""
_GUIRO: Final = tuple(Hit(name, 0.6, 0.1, pivot_hz=3000.0, spread_db=1.6) for name in ("guiro_short", "guiro_long"))
_CASTANETS: Final = Hit("castanets", 0.12, force_db=3.0, pivot_hz=2500.0, spread_db=1.6)
_CASTANET_ROLL_SECONDS: Final = (0.0, 0.062, 0.118, 0.17, 0.22)


def _hit(name: str, stroke: Stroke) -> Float32Array:
    if stroke.articulation == "muted" and name in _MUTED:
        return play_hit(_MUTED[name], stroke)
    return play_hit(_HITS[name], stroke)


def _guiro(stroke: Stroke) -> Float32Array:
    """A stick along the notches; every third take is a long one."""
    return play_hit(_GUIRO[stroke.variant % 3 == 2], stroke)


def _castanets(stroke: Stroke) -> Float32Array:
    """A pair of shells; every third take, and "roll", run down the fingers."""
    if stroke.variant % 3 < 2 and stroke.articulation != "roll":
        return play_hit(_CASTANETS, stroke)
    clicks = [play_hit(_CASTANETS, stroke) for _ in _CASTANET_ROLL_SECONDS]
    starts = [frames_of(seconds * float(stroke.rng.uniform(0.94, 1.06))) for seconds in _CASTANET_ROLL_SECONDS]
    out = np.zeros(starts[-1] + max(click.size for click in clicks), np.float32)
    for start, click, level in zip(starts, clicks, (0.6, 0.5, 0.6, 0.7, 1.0), strict=True):
        out[start : start + click.size] += click * np.float32(level)
    return out


def _cowbell_808(stroke: Stroke) -> Float32Array:
    """Two square waves that agree on nothing."""
    frames = frames_of(0.42)
    out = np.zeros(frames, np.float32)
    for hz in (540.0, 800.0):
        tuned = hz * stroke.tuning
        at = phase(tuned, frames, float(stroke.rng.uniform()))
        level = np.float32(1.0 + 0.12 * stroke.rng.uniform(-1.0, 1.0))
        out += level * read(at, stack(square(harmonic_count(tuned))[None, :])[0])
    out = shape(out, bandpass(430.0, stroke.bright(2200.0, 6500.0), 1))
    strike = decay(frames, 0.012) * np.float32(stroke.hard(0.4, 1.1)) + decay(frames, 0.085) * np.float32(0.5)
    return out * strike


def _percussion(
    name: str, title: str, gm: int, pivot_hz: float, variants: int, *can: Articulation, voice: Voice | None = None
) -> Patch:
    return make_patch(
        name,
        title,
        "percussion",
        voice or partial(_hit, name),
        gm=gm,
        sustained=False,
        variants=variants,
        drum=True,
        pivot_hz=pivot_hz,
        articulations=can,
    )


PATCHES: Final[tuple[Patch, ...]] = (
    *hand_drums.PATCHES,
    *idiophones.PATCHES,
    _percussion("cross_stick", "Cross stick", 37, 1500.0, 3),
    _percussion("shaker", "Shaker", 70, 6000.0, 4, "roll"),
    _percussion("tambourine", "Tambourine", 54, 5000.0, 4, "roll", "muted"),
    _percussion("cowbell", "Cowbell", 56, 1500.0, 3, "muted"),
    _percussion("cowbell_808", "808 cowbell", 56, 1500.0, 3, voice=_cowbell_808),
    _percussion("bongo", "Bongo", 60, 1000.0, 4, "roll", "muted"),
    _percussion("conga", "Conga", 63, 700.0, 4, "roll", "muted"),
    _percussion("conga_low", "Low conga", 64, 500.0, 4, "roll", "muted"),
    _percussion("conga_slap", "Conga slap", 62, 1500.0, 4),
    _percussion("timbale", "Timbale", 65, 1200.0, 4, "roll", "muted"),
    _percussion("surdo", "Surdo", 41, 300.0, 3, "muted"),
    _percussion("taiko", "Taiko", 43, 250.0, 4, "roll", "muted"),
    _percussion("agogo", "Agogô, high bell", 67, 3000.0, 3, "muted"),
    _percussion("agogo_low", "Agogô, low bell", 68, 2500.0, 3, "muted"),
    _percussion("cabasa", "Cabasa", 69, 8000.0, 4, "roll"),
    _percussion("maracas", "Maracas", 70, 7000.0, 4, "roll"),
    _percussion("claves", "Claves", 75, 3500.0, 3),
    _percussion("woodblock", "Wood block", 76, 1800.0, 3, "roll"),
    _percussion("triangle", "Triangle", 81, 6000.0, 3, "roll", "muted"),
    _percussion("sleigh_bells", "Sleigh bells", 83, 5000.0, 3, "roll"),
    _percussion("guiro", "Güiro: every third take long", 73, 3000.0, 3, voice=_guiro),
    _percussion("castanets", "Castanets: every third take a roll", 85, 2500.0, 3, "roll", voice=_castanets),
)
