"""Skins struck by hand or stick: tablas, frame drums, barrels. Pitch tunes a drum against its drum key."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.instruments.contract import Patch
from everjam.engines.band.instruments.dsp.bands import band_noise, centres_hz
from everjam.engines.band.instruments.dsp.base import (
    TAU,
    add_at_start,
    decay,
    f32,
    frames_of,
    midi_to_hz,
    noise,
    times,
    unit,
)
from everjam.engines.band.instruments.dsp.filters import bandpass, burst, shape
from everjam.engines.band.instruments.dsp.modal import modal
from everjam.engines.band.instruments.dsp.shaping import saturate
from everjam.engines.band.instruments.hits import rolled
from everjam.engines.band.instruments.measured import measured
from everjam.engines.band.instruments.voicing import Stroke, Voice, make_patch
from everjam.engines.band.score import Articulation


@dataclass(frozen=True, slots=True)
class Skin:
    """A struck skin: modes and a slap.

    Attributes:
        hz: Lowest mode.
        ratios: Modes against it.
        levels: Their levels.
        taus: Their time constants in seconds.
        bend: Relative distance of the pitch at the stroke: above 0 it falls to ``hz``, below 0 it rises.
        slap: Level of the hand or stick.
        slap_hz: Its band.
        slap_tau_seconds: Its decay.
        seconds: Length.
        bend_tau_seconds: How slowly the pitch settles.
        glides: Whether all modes bend, not only the lowest.
        buzz: Level of snares, jingles or loose hide that the skin shakes.
        buzz_hz: Their band.
        buzz_tau_seconds: Their decay.
        hide: Share of a measured hand on hide in the slap.
        roll_step_seconds: Between the strokes of a roll.
    """

    hz: float
    ratios: tuple[float, ...]
    levels: tuple[float, ...]
    taus: tuple[float, ...]
    bend: float
    slap: float
    slap_hz: tuple[float, float]
    slap_tau_seconds: float
    seconds: float
    bend_tau_seconds: float = 0.03
    glides: bool = False
    buzz: float = 0.0
    buzz_hz: tuple[float, float] = (2000.0, 8000.0)
    buzz_tau_seconds: float = 0.08
    hide: float = 0.6
    roll_step_seconds: float = 0.075


_TAKES_DB: Final = 1.2
_GLIDE_TAU_SECONDS: Final = 0.07
_HIDE, _HIDE_KEY, _HIDE_HZ = "conga_mute", 62, 1600.0
"""Whose noise the hand's is: the table, its key, the middle of its band."""
_RING: Final = (1.0, 1.59, 2.14, 2.30, 2.65, 2.92)
"""An ideal membrane."""
_HARMONIC: Final = (1.0, 2.0, 3.01, 4.02, 5.03)
"""A membrane loaded with paste in its middle (C. V. Raman, Proc. Indian Acad. Sci. A1, 1934)."""
_SKINS: Final = {
    "djembe": Skin(
        318.0, (1.0, 1.57, 2.21, 2.68, 3.35, 4.1), (1.0, 0.55, 0.34, 0.26, 0.18, 0.12),
        (0.085, 0.06, 0.045, 0.034, 0.026, 0.02), 0.02, 0.5, (900.0, 6000.0), 0.005, 0.42,
    ),
    "djembe_bass": Skin(
        69.0, (1.0, 2.35, 4.6, 6.9), (1.0, 0.22, 0.1, 0.05), (0.13, 0.06, 0.04, 0.025), 0.18, 0.35,
        (150.0, 1400.0), 0.012, 0.6, 0.02,
    ),
    "djembe_slap": Skin(
        742.0, (1.0, 1.42, 1.78, 2.35, 2.93, 3.6), (0.6, 1.0, 0.8, 0.6, 0.45, 0.3),
        (0.045, 0.04, 0.034, 0.026, 0.02, 0.016), 0.01, 0.9, (2500.0, 11_000.0), 0.004, 0.3,
    ),
    "tabla": Skin(
        293.665, _HARMONIC, (0.25, 1.0, 0.7, 0.3, 0.2), (0.3, 0.28, 0.2, 0.13, 0.09), 0.0, 0.55,
        (2200.0, 8500.0), 0.003, 1.3,
    ),
    "tabla_tin": Skin(
        293.665, _HARMONIC, (1.0, 0.5, 0.22, 0.1, 0.06), (0.38, 0.26, 0.16, 0.1, 0.07), 0.0, 0.25,
        (1200.0, 5000.0), 0.004, 1.5,
    ),
    "bayan": Skin(
        82.407, (1.0, 2.03, 3.1, 4.3), (1.0, 0.3, 0.14, 0.06), (0.3, 0.17, 0.1, 0.06), -0.36, 0.4,
        (250.0, 2200.0), 0.007, 1.4, 0.075, True,
    ),
    "dhol": Skin(
        412.0, (1.0, 1.6, 2.2, 2.75, 3.5), (1.0, 0.7, 0.55, 0.4, 0.3), (0.035, 0.03, 0.026, 0.02, 0.016), 0.03, 1.0,
        (1800.0, 9000.0), 0.0035, 0.3, buzz=0.3, buzz_hz=(2500.0, 9000.0), buzz_tau_seconds=0.03,
    ),
    "dhol_bass": Skin(
        88.0, (1.0, 1.55, 2.1, 2.6), (1.0, 0.45, 0.25, 0.15), (0.17, 0.1, 0.07, 0.05), 0.4, 0.5, (300.0, 2200.0),
        0.006, 0.85, 0.06, True,
    ),
    "darbuka": Skin(
        118.0, (1.0, 2.15, 3.3, 4.6, 6.4, 9.2), (1.0, 0.55, 0.3, 0.2, 0.16, 0.1),
        (0.13, 0.08, 0.055, 0.04, 0.03, 0.02), 0.08, 0.8, (1100.0, 6500.0), 0.005, 0.6, 0.02,
    ),
    "darbuka_tek": Skin(
        1180.0, (1.0, 1.36, 1.83, 2.4, 3.2, 4.3), (1.0, 0.7, 0.75, 0.55, 0.45, 0.3),
        (0.05, 0.035, 0.032, 0.025, 0.018, 0.012), 0.01, 0.8, (3500.0, 13_000.0), 0.0025, 0.32,
    ),
    "frame_drum": Skin(
        97.0, _RING, (1.0, 0.6, 0.42, 0.3, 0.24, 0.18), (0.22, 0.16, 0.12, 0.1, 0.08, 0.07), 0.04, 0.3,
        (400.0, 3500.0), 0.008, 0.95, buzz=0.35, buzz_hz=(700.0, 4200.0), buzz_tau_seconds=0.12,
    ),
    "talking_drum_up": Skin(
        168.0, (1.0, 1.8, 2.55, 3.3), (1.0, 0.4, 0.2, 0.1), (0.2, 0.12, 0.07, 0.05), -0.34, 0.4, (700.0, 3800.0), 0.005,
        0.8, 0.08, True,
    ),
    "talking_drum_down": Skin(
        168.0, (1.0, 1.8, 2.55, 3.3), (1.0, 0.4, 0.2, 0.1), (0.2, 0.12, 0.07, 0.05), 0.42, 0.4, (700.0, 3800.0), 0.005,
        0.8, 0.08, True,
    ),
    "bombo": Skin(
        64.0, (1.0, 1.5, 2.05, 2.6, 3.3), (1.0, 0.5, 0.35, 0.25, 0.18), (0.15, 0.11, 0.09, 0.07, 0.05), 0.05, 0.35,
        (100.0, 700.0), 0.02, 0.8, buzz=0.5, buzz_hz=(120.0, 900.0), buzz_tau_seconds=0.07,
    ),
    "tambora": Skin(
        176.0, (1.0, 1.53, 2.02, 2.51, 6.9, 12.4), (1.0, 0.5, 0.35, 0.22, 0.3, 0.22),
        (0.075, 0.055, 0.045, 0.035, 0.016, 0.01), 0.07, 0.55, (600.0, 3400.0), 0.004, 0.4,
    ),
    "pandeiro": Skin(
        128.0, (1.0, 1.62, 2.2, 2.8), (1.0, 0.45, 0.25, 0.15), (0.09, 0.06, 0.045, 0.03), 0.05, 0.35, (500.0, 3000.0),
        0.006, 0.4, buzz=0.75, buzz_hz=(5200.0, 13_000.0), buzz_tau_seconds=0.05,
    ),
    "cajon": Skin(
        84.0, (1.0, 1.48, 2.6, 3.9, 5.2), (1.0, 0.4, 0.2, 0.12, 0.08), (0.075, 0.05, 0.04, 0.03, 0.02), 0.2, 0.4,
        (250.0, 1800.0), 0.01, 0.4, 0.015, buzz=0.16, buzz_hz=(1800.0, 6500.0), buzz_tau_seconds=0.05,
    ),
    "cajon_slap": Skin(
        231.0, (1.0, 1.87, 2.9, 4.4, 6.3), (0.8, 1.0, 0.6, 0.45, 0.3), (0.03, 0.026, 0.02, 0.016, 0.012), 0.03, 1.2,
        (1100.0, 6500.0), 0.005, 0.3, buzz=0.9, buzz_hz=(2600.0, 9000.0), buzz_tau_seconds=0.035,
    ),
}  # fmt: skip


_MUTED_TAUS: Final = 0.22
_SLAPPED_LEVELS: Final = (0.25, 0.9)
"""What a slap leaves of the lowest mode and of the second; the others gain."""
_RINGING: Final = (0.72, 0.28)
_RINGING_TAUS: Final = (0.85, 1.9)
"""Every mode falls fast, then slowly: shares and time constants against the mode's."""
_HAND_POINTS: Final = centres_hz()


def _skin(skin: Skin, stroke: Stroke) -> Float32Array:
    if stroke.articulation == "roll":
        return rolled(partial(_stroke, skin), stroke, skin.roll_step_seconds)
    return _stroke(skin, stroke)


def _stroke(skin: Skin, stroke: Stroke) -> Float32Array:
    """One stroke: plain; "muted", the hand stays on the skin; "slap", the open hand at the rim."""
    muted, slapped = stroke.articulation == "muted", stroke.articulation == "slap"
    frames = frames_of(skin.seconds * (0.5 if muted else 1.0))
    base = skin.hz * stroke.tuning
    count = len(skin.ratios)
    exact = skin.ratios is _HARMONIC
    ratios = np.array(skin.ratios) * (1.0 + (0.0 if exact else 0.004) * stroke.rng.standard_normal(count))
    levels = np.array(skin.levels) * 10.0 ** (_TAKES_DB / 20.0 * stroke.rng.standard_normal(count).clip(-2.0, 2.0))
    levels[1:] *= stroke.hard(0.45, 1.25) * stroke.bright(0.7, 1.4)
    taus = np.array(skin.taus) * stroke.rng.uniform(0.92, 1.08) * (_MUTED_TAUS if muted else 1.0)
    ratios[0] = skin.ratios[0]
    if slapped:
        levels[0] *= _SLAPPED_LEVELS[0]
        levels[1:2] *= _SLAPPED_LEVELS[1]
        levels[2:] *= 2.0
    cycles = _cycles(skin, stroke, base, frames)
    out = np.zeros(frames, np.float32)
    moving = count if skin.glides or stroke.glide else 1
    for ratio, level, tau in zip(ratios[:moving], levels[:moving], taus[:moving], strict=True):
        fall = sum(
            decay(frames, tau * longer) * np.float32(level * share)
            for share, longer in zip(_RINGING, _RINGING_TAUS, strict=True)
        )
        out += np.sin(np.float32(TAU * ratio) * cycles) * fall
    if moving < count:
        fixed = np.concatenate([base * ratios[1:]] * 2)
        both = np.concatenate([levels[1:] * share for share in _RINGING])
        out += modal(fixed, both, np.concatenate([taus[1:] * longer for longer in _RINGING_TAUS]), frames)
    if skin.buzz:
        low, high = skin.buzz_hz
        hiss = unit(shape(noise(stroke.rng, frames), bandpass(low, high * stroke.bright(0.7, 1.5))))
        shaken = 0.4 + 0.6 * np.abs(np.sin(np.float32(TAU) * cycles))
        tau = skin.buzz_tau_seconds * (0.5 if muted else 1.0)
        out += hiss * shaken * (decay(frames, tau) * np.float32(skin.buzz * stroke.hard(0.6, 1.2)))
    out += _hand(skin, stroke, frames) * np.float32(1.8 if slapped else 1.25 if muted else 1.0)
    return saturate(f32(out), 0.8)


def _cycles(skin: Skin, stroke: Stroke, base_hz: float, frames: int) -> Float32Array:
    """Phase of the lowest mode in periods: it bends by itself, or glides from where the hand presses."""
    if stroke.glide:
        depth, tau = 2.0 ** (stroke.glide / 12.0) - 1.0, _GLIDE_TAU_SECONDS
    else:
        depth = skin.bend * (1.0 if skin.bend < 0.0 else stroke.hard(0.5, 1.2))
        depth *= 1.0 + 0.08 * float(stroke.rng.standard_normal())
        tau = skin.bend_tau_seconds
    settling = np.float32(base_hz * depth * tau) * (1.0 - decay(frames, tau))
    return f32(np.float32(base_hz) * times(frames) + settling)


def _hand(skin: Skin, stroke: Stroke, frames: int) -> Float32Array:
    """Hand or stick: a short burst, and behind it the residue of a measured hand on hide, moved to this skin's size."""
    low, high = skin.slap_hz
    hard = stroke.hard(0.25, 1.4) * stroke.bright(0.6, 1.6)
    out = np.zeros(frames, np.float32)
    click = burst(stroke.rng, 0.04, skin.slap_tau_seconds, bandpass(low, high * stroke.bright(0.6, 1.6)))
    add_at_start(out, click * np.float32(skin.slap * hard * (1.0 - 0.4 * skin.hide)))
    if skin.hide:
        spectrum = measured(_HIDE, midi_to_hz(_HIDE_KEY), 0.75)
        octaves = np.log2(_HAND_POINTS)
        moved = np.log2(np.sqrt(low * high) / _HIDE_HZ)
        rows = np.stack([np.interp(octaves - moved, octaves, row) for row in spectrum.noise_db])
        residue = band_noise(stroke.rng, spectrum.seconds, f32(rows), min(frames, frames_of(0.25)))
        add_at_start(out, unit(residue) * np.float32(skin.hide * skin.slap * hard))
    return out


def _tabla(stroke: Stroke) -> Float32Array:
    """The right drum: na, at the rim, and tin, open, by turns; "muted" is te, a flat finger; "slap" is na, loud."""
    if stroke.articulation == "slap":
        return _stroke(_SKINS["tabla"], replace(stroke, articulation="plain"))
    return _skin(_SKINS["tabla_tin" if stroke.variant % 2 else "tabla"], stroke)


def _talking_drum(stroke: Stroke) -> Float32Array:
    """The cords are pressed or let go while the skin rings: up and down by turns, or as the note glides."""
    return _skin(_SKINS["talking_drum_down" if stroke.variant % 2 else "talking_drum_up"], stroke)


_STROKES: Final[tuple[Articulation, ...]] = ("muted", "slap", "roll")


def _drum(
    name: str,
    title: str,
    gm: int,
    pivot_hz: float,
    variants: int = 4,
    voice: Voice | None = None,
    *,
    glides: bool = False,
) -> Patch:
    return make_patch(
        name,
        title,
        "percussion",
        voice or partial(_skin, _SKINS[name]),
        gm=gm,
        sustained=False,
        variants=variants,
        drum=True,
        pivot_hz=pivot_hz,
        articulations=_STROKES,
        glides=glides,
    )


PATCHES: Final[tuple[Patch, ...]] = (
    _drum("djembe", "Djembe tone", 60, 1000.0),
    _drum("djembe_bass", "Djembe bass", 48, 300.0),
    _drum("djembe_slap", "Djembe slap", 62, 2000.0),
    _drum("tabla", "Tabla, na and tin: sounds its key", 62, 900.0, 4, _tabla, glides=True),
    _drum("bayan", "Bayan, ge: sounds two octaves below its key", 64, 300.0, glides=True),
    _drum("dhol", "Dhol, treble side", 60, 1500.0),
    _drum("dhol_bass", "Dhol, bass side", 45, 350.0),
    _drum("darbuka", "Darbuka dum", 50, 500.0),
    _drum("darbuka_tek", "Darbuka tek", 62, 3000.0),
    _drum("frame_drum", "Frame drum", 48, 400.0),
    _drum("talking_drum", "Talking drum: up and down by turns", 64, 600.0, 4, _talking_drum, glides=True),
    _drum("bombo", "Bombo legüero", 41, 250.0),
    _drum("tambora", "Tambora", 43, 700.0),
    _drum("pandeiro", "Pandeiro", 54, 1500.0),
    _drum("cajon", "Cajón bass", 36, 400.0),
    _drum("cajon_slap", "Cajón slap", 38, 1500.0),
)
