"""Skins struck by hand or stick: tablas, frame drums, barrels. Pitch tunes a drum against its drum key."""

from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.instruments.contract import Patch
from everjam.engines.band.instruments.dsp.base import TAU, add_at_start, decay, f32, frames_of, noise, times, unit
from everjam.engines.band.instruments.dsp.filters import bandpass, burst, shape
from everjam.engines.band.instruments.dsp.modal import modal
from everjam.engines.band.instruments.dsp.shaping import saturate
from everjam.engines.band.instruments.voicing import Stroke, Voice, make_patch


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


def _skin(skin: Skin, stroke: Stroke) -> Float32Array:
    frames = frames_of(skin.seconds)
    base = skin.hz * stroke.tuning
    depth = skin.bend * (1.0 if skin.bend < 0.0 else stroke.hard(0.5, 1.2))
    settling = np.float32(base * depth * skin.bend_tau_seconds) * (1.0 - decay(frames, skin.bend_tau_seconds))
    cycles = np.float32(base) * times(frames) + settling
    out = np.sin(np.float32(TAU) * cycles) * (decay(frames, skin.taus[0]) * np.float32(skin.levels[0]))
    spread = 1.0 + (0.0 if skin.ratios is _HARMONIC else 0.004) * stroke.rng.standard_normal(len(skin.ratios) - 1)
    ratios, taus = np.array(skin.ratios[1:]) * spread, skin.taus[1:]
    levels = np.array(skin.levels[1:]) * stroke.hard(0.45, 1.25) * stroke.bright(0.7, 1.4)
    if skin.glides:
        for ratio, level, tau in zip(ratios, levels, taus, strict=True):
            out += np.sin(np.float32(TAU * ratio) * cycles) * (decay(frames, tau) * np.float32(level))
    else:
        out += modal(base * ratios, levels, np.array(taus), frames)
    if skin.buzz:
        low, high = skin.buzz_hz
        hiss = unit(shape(noise(stroke.rng, frames), bandpass(low, high * stroke.bright(0.7, 1.5))))
        shaken = 0.4 + 0.6 * np.abs(np.sin(np.float32(TAU) * cycles))
        out += hiss * shaken * (decay(frames, skin.buzz_tau_seconds) * np.float32(skin.buzz * stroke.hard(0.6, 1.2)))
    low, high = skin.slap_hz
    slap = burst(stroke.rng, 0.04, skin.slap_tau_seconds, bandpass(low, high * stroke.bright(0.6, 1.6)))
    add_at_start(out, slap * np.float32(skin.slap * stroke.hard(0.25, 1.4) * stroke.bright(0.6, 1.6)))
    return saturate(f32(out), 0.8)


def _tabla(stroke: Stroke) -> Float32Array:
    """The right drum: na, at the rim, and tin, open, by turns."""
    return _skin(_SKINS["tabla_tin" if stroke.variant % 2 else "tabla"], stroke)


def _talking_drum(stroke: Stroke) -> Float32Array:
    """The cords are pressed or let go while the skin rings: up and down by turns."""
    return _skin(_SKINS["talking_drum_down" if stroke.variant % 2 else "talking_drum_up"], stroke)


def _drum(name: str, title: str, gm: int, pivot_hz: float, variants: int = 3, voice: Voice | None = None) -> Patch:
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
    )


PATCHES: Final[tuple[Patch, ...]] = (
    _drum("djembe", "Djembe tone", 60, 1000.0),
    _drum("djembe_bass", "Djembe bass", 48, 300.0),
    _drum("djembe_slap", "Djembe slap", 62, 2000.0),
    _drum("tabla", "Tabla, na and tin: sounds its key", 62, 900.0, 4, _tabla),
    _drum("bayan", "Bayan, ge: sounds two octaves below its key", 64, 300.0),
    _drum("dhol", "Dhol, treble side", 60, 1500.0),
    _drum("dhol_bass", "Dhol, bass side", 45, 350.0),
    _drum("darbuka", "Darbuka dum", 50, 500.0),
    _drum("darbuka_tek", "Darbuka tek", 62, 3000.0),
    _drum("frame_drum", "Frame drum", 48, 400.0),
    _drum("talking_drum", "Talking drum: up and down by turns", 64, 600.0, 4, _talking_drum),
    _drum("bombo", "Bombo legüero", 41, 250.0),
    _drum("tambora", "Tambora", 43, 700.0),
    _drum("pandeiro", "Pandeiro", 54, 1500.0),
    _drum("cajon", "Cajón bass", 36, 400.0),
    _drum("cajon_slap", "Cajón slap", 38, 1500.0),
)
