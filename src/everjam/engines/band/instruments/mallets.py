"""Struck bars, tines, bells, drums with a pitch, and shells: measured partials, or modes by hand."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.instruments.contract import Patch
from everjam.engines.band.instruments.dsp.base import TAU, add_at_start, attack, f32, frames_of, times
from everjam.engines.band.instruments.dsp.filters import bandpass, burst
from everjam.engines.band.instruments.dsp.modal import modal
from everjam.engines.band.instruments.playing import ROLLED, Buzz, Plucked, buzzed, play, repicked
from everjam.engines.band.instruments.struck import Struck, strike
from everjam.engines.band.instruments.voicing import Stroke, Voice, make_patch
from everjam.engines.band.score import Articulation

_RING: Final = 30.0
"""Bars are not damped: they count as held for longer than they ring."""
_SHORTEST_ROLL_SECONDS: Final = 0.2

_VIBRAPHONE: Final = Struck("vibraphone", 0.45, 3.4, 700.0)
_MARIMBA: Final = Struck("marimba", _RING, 1.8, 700.0)
_GLOCKENSPIEL: Final = Struck("glockenspiel", _RING, 3.0, 3000.0)
_KALIMBA: Final = Struck("kalimba", _RING, 2.0, 900.0)
_CELESTA: Final = Struck("celesta", _RING, 2.8, 1500.0, spread=0.15)
_MUSIC_BOX: Final = Struck("music_box", _RING, 3.0, 2500.0, spread=0.2)
_XYLOPHONE: Final = Struck("xylophone", _RING, 0.9, 2600.0)
_STEEL_DRUM: Final = Struck("steel_drum", _RING, 2.4, 2400.0)
_TUBULAR_BELLS: Final = Struck("tubular_bells", _RING, 5.0, 2600.0)
_TIMPANI: Final = Struck("timpani", _RING, 3.5, 700.0, hiss_fall_db=3.0)


def bar(model: Struck, stroke: Stroke) -> Float32Array:
    """A struck body that nobody damps, unless the note says so: rolled, dead (the mallet stays), or let go early."""
    undamped = replace(stroke, held_seconds=_RING)
    if stroke.articulation == "roll":
        rolled = replace(stroke, held_seconds=max(_SHORTEST_ROLL_SECONDS, stroke.held_seconds))
        return repicked(partial(_ringing, model), ROLLED, rolled)
    if stroke.articulation == "muted":
        return strike(replace(model, palm_seconds=0.18), undamped)
    if stroke.articulation == "staccato":
        return strike(replace(model, release_seconds=0.12), replace(stroke, held_seconds=0.11, articulation="plain"))
    return strike(model, undamped)


def _ringing(model: Struck, stroke: Stroke) -> Float32Array:
    return strike(model, replace(stroke, held_seconds=_RING, articulation="plain"))


def _vibraphone(stroke: Stroke) -> Float32Array:
    """With its motor on, slowly: one side swells as the other falls. The pedal damps it where the note ends."""
    is_special = stroke.articulation in {"roll", "muted", "staccato"}
    out = bar(_VIBRAPHONE, stroke) if is_special else strike(_VIBRAPHONE, stroke)
    turn = np.float32(TAU) * (np.float32(5.1) * times(out.shape[-1]) + np.float32(stroke.rng.uniform()))
    swell = np.float32(0.14) * np.sin(turn)
    return np.stack([out * (1.0 + swell), out * (1.0 - np.float32(0.5) * swell)])


def _hang(stroke: Stroke) -> Float32Array:
    """A steel shell tuned to fundamental, octave and twelfth; the upper modes beat softly."""
    scale = 2.0 ** (-np.log2(stroke.hz / 261.63) / 2.0)
    ratios = np.array([1.0, 2.0, 3.0, 4.02, 5.3, 6.63])
    steepness = np.minimum(np.arange(6), 2)
    levels = np.array([1.0, 0.62, 0.36, 0.1, 0.06, 0.04]) * stroke.hard(0.45, 1.15) ** steepness
    levels = levels * stroke.bright(0.6, 1.6) ** steepness * (1.0 + 0.08 * stroke.rng.standard_normal(6))
    taus = np.array([1.1, 0.8, 0.5, 0.24, 0.12, 0.08]) * scale
    frames = frames_of(min(3.2, 8.5 * float(taus[0])))
    beat = 2.0 ** (3.0 / 1200.0)
    out = modal(
        np.concatenate([stroke.hz * ratios, stroke.hz * ratios[1:] * beat]),
        np.concatenate([levels, levels[1:] * 0.6]),
        np.concatenate([taus, taus[1:] * 0.9]),
        frames,
    )
    tap = burst(stroke.rng, 0.03, 0.005, bandpass(300.0, 1500.0 * stroke.bright(0.6, 1.6)))
    add_at_start(out, tap * np.float32(0.12 * stroke.hard(0.3, 1.5)))
    return f32(out)


_MBIRA: Final = Plucked(
    Struck(
        "kalimba", _RING, 1.6, 1500.0, ring=0.7, body=((330.0, 160.0, 0.8), (1300.0, 500.0, 0.8)), floor=0.8,
        noise=0.3, noise_hz=(700.0, 5000.0), noise_tau_seconds=0.006,
    ),
    buzz=Buzz(1.8, 8.0, (2000.0, 8500.0), 0.0, 0.35),
)  # fmt: skip
"""Shells and bottle tops on the soundboard rattle along."""


@dataclass(frozen=True, slots=True)
class Modes:
    """A struck body of which the modes are known.

    Attributes:
        ratios: Of the modes to the pitch.
        levels: At full force, neutral brightness.
        taus: Decay times at middle C, in seconds.
        beats_hz: Between the two of a pair, each mode being one; 0 for single modes.
        scale: How decay times fall with pitch: octaves that halve them.
        edge_hz: Where force and brightness begin to matter.
        bloom_seconds: How long the upper modes take to rise, by exchange with the lower ones.
        longest_seconds: Length at most.
        noise: Level of the mallet.
        noise_hz: Its band.
        noise_tau_seconds: Its decay.
    """

    ratios: tuple[float, ...]
    levels: tuple[float, ...]
    taus: tuple[float, ...]
    beats_hz: float = 0.0
    scale: float = 2.0
    edge_hz: float = 1500.0
    bloom_seconds: float = 0.0
    longest_seconds: float = 4.0
    noise: float = 0.1
    noise_hz: tuple[float, float] = (400.0, 3000.0)
    noise_tau_seconds: float = 0.004


def ring(model: Modes, stroke: Stroke) -> Float32Array:
    """A note of a struck body: ``(frames,)``, or ``(2, frames)`` if its modes beat in pairs."""
    rng = stroke.rng
    hz = stroke.hz * np.array(model.ratios)
    taus = np.array(model.taus) * 2.0 ** (-np.log2(stroke.hz / 261.63) / model.scale)
    edge = max(model.edge_hz, 1.5 * stroke.hz)
    moved = edge * stroke.hard(0.35, 1.0) * stroke.bright(0.5, 2.0)
    levels = np.array(model.levels) * (1.0 + (hz / edge) ** 2) / (1.0 + (hz / moved) ** 2)
    levels *= 1.0 + 0.06 * rng.standard_normal(hz.size)
    frames = frames_of(min(model.longest_seconds, 7.0 * float(taus.max())))
    phases = rng.uniform(-0.8, 0.8, hz.size)
    if model.beats_hz:
        half = 0.5 * model.beats_hz * rng.uniform(0.9, 1.1, hz.size)
        sides = np.stack([np.append(levels, levels * 0.8), np.append(levels * 0.8, levels)])
        out = modal(np.append(hz - half, hz + half), sides, np.tile(taus, 2), frames, np.tile(phases, 2))
    else:
        out = modal(hz, levels, taus, frames, phases)
    if model.bloom_seconds:
        upper = hz > 1.5 * stroke.hz
        late = modal(hz[upper], -levels[upper], np.full(int(upper.sum()), model.bloom_seconds), frames, phases[upper])
        out = out + late
    low, high = model.noise_hz
    tap = burst(rng, 0.08, model.noise_tau_seconds, bandpass(low, high * stroke.bright(0.65, 1.5)))
    add_at_start(out, tap * np.float32(model.noise * stroke.hard(0.35, 1.2) * float(np.abs(out).max())))
    return f32(out * attack(frames, 0.0008 * stroke.hard(2.5, 1.0)))


_GAMELAN: Final = Modes(
    (1.0, 2.0, 2.756, 5.404, 8.933), (1.0, 0.07, 0.42, 0.2, 0.08), (1.5, 0.8, 0.4, 0.2, 0.1),
    beats_hz=6.6, scale=2.5, edge_hz=2600.0, longest_seconds=4.5, noise=0.2, noise_hz=(1200.0, 8000.0),
    noise_tau_seconds=0.003,
)  # fmt: skip
"""Bronze bars in pairs tuned apart: the beating is called ombak, wave."""
_BALAFON: Final = Modes(
    (1.0, 3.01, 3.87, 5.6, 8.9), (1.0, 0.16, 0.3, 0.16, 0.1), (0.17, 0.07, 0.06, 0.03, 0.015), scale=1.8,
    edge_hz=1200.0, longest_seconds=1.2, noise=0.4, noise_hz=(400.0, 4200.0), noise_tau_seconds=0.005,
)  # fmt: skip
_MIRLITON: Final = Buzz(0.55, 3.5, (700.0, 5000.0), 0.004, 0.12)


def _balafon(stroke: Stroke) -> Float32Array:
    """Membranes over holes in the gourds buzz with every bar."""
    if stroke.articulation == "roll":
        rolled = replace(stroke, held_seconds=max(_SHORTEST_ROLL_SECONDS, stroke.held_seconds))
        return repicked(lambda one: _balafon(replace(one, articulation="plain")), ROLLED, rolled)
    return buzzed(ring(_BALAFON, stroke), _MIRLITON, stroke)


_STROKES: Final[Collection[Articulation]] = ("roll", "muted", "staccato")
_DEAD: Final[Collection[Articulation]] = frozenset({"muted"})


def _mallet(
    name: str,
    title: str,
    voice: Voice,
    gm: int,
    low: int,
    high: int,
    articulations: Collection[Articulation] = (),
    *,
    sustained: bool = False,
) -> Patch:
    return make_patch(
        name, title, "mallets", voice, gm=gm, low=low, high=high, sustained=sustained, variants=2,
        articulations=articulations,
    )  # fmt: skip


PATCHES: Final[tuple[Patch, ...]] = (
    _mallet("vibraphone", "Vibraphone", _vibraphone, 11, 53, 89, _STROKES, sustained=True),
    _mallet("marimba", "Marimba", partial(bar, _MARIMBA), 12, 45, 96, _STROKES),
    _mallet("glockenspiel", "Glockenspiel", partial(bar, _GLOCKENSPIEL), 9, 72, 108, _STROKES),
    _mallet("kalimba", "Kalimba", partial(bar, _KALIMBA), 108, 53, 91),
    _mallet("celesta", "Celesta", partial(bar, _CELESTA), 8, 60, 108),
    _mallet("music_box", "Music box", partial(bar, _MUSIC_BOX), 10, 60, 103),
    _mallet("hang", "Hang", _hang, 114, 45, 81),
    _mallet("xylophone", "Xylophone", partial(bar, _XYLOPHONE), 13, 65, 108, _STROKES),
    _mallet("mbira", "Mbira", partial(play, _MBIRA), 108, 43, 84),
    _mallet("balafon", "Balafon", _balafon, 12, 45, 88, frozenset({"roll"})),
    _mallet("steel_drum", "Steel drum", partial(bar, _STEEL_DRUM), 114, 52, 88, _STROKES),
    _mallet("gamelan", "Gamelan metallophones in pairs", partial(ring, _GAMELAN), 11, 50, 86),
    _mallet("tubular_bells", "Tubular bells", partial(bar, _TUBULAR_BELLS), 14, 60, 79, _DEAD),
    _mallet("timpani", "Timpani", partial(bar, _TIMPANI), 47, 36, 60, _STROKES),
)
