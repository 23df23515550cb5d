"""Struck bars, tines and shells: sums of decaying partials."""

from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.instruments.contract import Patch
from everjam.engines.band.instruments.dsp.base import TAU, add_at_start, frames_of, times
from everjam.engines.band.instruments.dsp.filters import bandpass, burst
from everjam.engines.band.instruments.dsp.modal import modal
from everjam.engines.band.instruments.voicing import Stroke, make_patch


@dataclass(frozen=True, slots=True)
class Bar:
    """A struck bar.

    Attributes:
        ratios: Partials against the fundamental.
        levels: Their levels at a middling stroke.
        taus: Their time constants in seconds at middle C.
        longest_seconds: Length at most.
        click: Level of the mallet.
        click_hz: Its band.
        click_tau_seconds: Its decay.
        shortening: Octaves of pitch that halve the time constants.
        tremolo_hz: Rate of the motor, 0 = none.
        tremolo: Depth of the motor.
        shimmer_cents: Detuning of a second set of partials, 0 = none.
    """

    ratios: tuple[float, ...]
    levels: tuple[float, ...]
    taus: tuple[float, ...]
    longest_seconds: float
    click: float
    click_hz: tuple[float, float]
    click_tau_seconds: float = 0.002
    shortening: float = 2.0
    tremolo_hz: float = 0.0
    tremolo: float = 0.0
    shimmer_cents: float = 0.0


_BARS: Final = {
    "vibraphone": Bar(
        (1.0, 3.984, 10.2, 13.4), (1.0, 0.26, 0.1, 0.04), (1.35, 0.4, 0.1, 0.05), 3.5, 0.06, (500.0, 2600.0),
        tremolo_hz=5.1, tremolo=0.22,
    ),
    "marimba": Bar(
        (1.0, 3.93, 9.2, 15.6), (1.0, 0.3, 0.12, 0.05), (0.34, 0.085, 0.028, 0.012), 1.6, 0.22, (350.0, 2200.0), 0.003
    ),
    "glockenspiel": Bar(
        (1.0, 2.756, 5.404, 8.933), (1.0, 0.5, 0.3, 0.16), (0.95, 0.5, 0.24, 0.12), 2.6, 0.14, (3000.0, 11000.0)
    ),
    "kalimba": Bar(
        (1.0, 2.0, 5.42, 6.27, 8.2), (1.0, 0.1, 0.2, 0.14, 0.1), (0.55, 0.3, 0.06, 0.05, 0.03), 1.8, 0.3,
        (600.0, 3200.0), 0.004,
    ),
    "celesta": Bar(
        (1.0, 2.0, 3.997, 6.71, 10.4), (1.0, 0.28, 0.24, 0.08, 0.04), (0.75, 0.42, 0.2, 0.09, 0.05), 2.2, 0.1,
        (1200.0, 5200.0), shimmer_cents=2.0,
    ),
    "music_box": Bar(
        (1.0, 2.0, 3.01, 5.93, 8.1, 11.3), (1.0, 0.5, 0.3, 0.26, 0.14, 0.08), (0.85, 0.6, 0.4, 0.2, 0.12, 0.08), 2.4,
        0.12, (2500.0, 9000.0), 0.0015, shimmer_cents=4.0,
    ),
    "hang": Bar(
        (1.0, 2.0, 3.0, 4.02, 5.3, 6.63), (1.0, 0.62, 0.36, 0.1, 0.06, 0.04), (1.1, 0.8, 0.5, 0.24, 0.12, 0.08), 3.2,
        0.12, (300.0, 1500.0), 0.005, shimmer_cents=3.0,
    ),
}  # fmt: skip


def _bar(bar: Bar, stroke: Stroke) -> Float32Array:
    scale = 2.0 ** (-np.log2(stroke.hz / 261.63) / bar.shortening)
    taus = np.array(bar.taus) * scale
    frames = frames_of(min(bar.longest_seconds, float(taus.max()) * 8.5 + 0.05))
    ratios = np.array(bar.ratios)
    number = np.arange(len(ratios))
    levels = np.array(bar.levels) * stroke.hard(0.45, 1.15) ** np.minimum(number, 2)
    levels *= stroke.bright(0.6, 1.6) ** np.minimum(number, 2)
    levels[1:] *= 1.0 + 0.08 * stroke.rng.standard_normal(len(ratios) - 1)
    hz = stroke.hz * ratios
    if bar.shimmer_cents:
        # A detuned twin of every partial but the first beats softly without moving the pitch.
        spread = 2.0 ** (bar.shimmer_cents / 1200.0)
        hz = np.concatenate([hz, hz[1:] * spread])
        levels = np.concatenate([levels, levels[1:] * 0.6])
        taus = np.concatenate([taus, taus[1:] * 0.9])
    out = modal(hz, levels, taus, frames)
    if bar.tremolo:
        start = float(stroke.rng.uniform())
        out *= 1.0 + np.float32(bar.tremolo) * np.sin(np.float32(TAU) * (bar.tremolo_hz * times(frames) + start))
    low, high = bar.click_hz
    click = burst(stroke.rng, 0.03, bar.click_tau_seconds, bandpass(low, high * stroke.bright(0.6, 1.6)))
    add_at_start(out, click * np.float32(bar.click * stroke.hard(0.3, 1.5)))
    return out


def _mallet(name: str, title: str, gm: int, low: int, high: int) -> Patch:
    return make_patch(
        name, title, "mallets", partial(_bar, _BARS[name]), gm=gm, low=low, high=high, sustained=False, variants=2
    )


PATCHES: Final[tuple[Patch, ...]] = (
    _mallet("vibraphone", "Vibraphone", 11, 53, 89),
    _mallet("marimba", "Marimba", 12, 45, 96),
    _mallet("glockenspiel", "Glockenspiel", 9, 72, 108),
    _mallet("kalimba", "Kalimba", 108, 53, 91),
    _mallet("celesta", "Celesta", 8, 60, 108),
    _mallet("music_box", "Music box", 10, 60, 103),
    _mallet("hang", "Hang", 114, 45, 81),
)
