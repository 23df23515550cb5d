"""Reed pipes and saxophones, and the pipes that hum under their own tune."""

from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.instruments.contract import Patch
from everjam.engines.band.instruments.dsp.base import TAU, adsr, control_times, f32, frames_of, noise, upsample, wander
from everjam.engines.band.instruments.dsp.filters import bandpass, peaks, shape
from everjam.engines.band.instruments.dsp.wavetable import harmonic_count, phase, read, scan, stack, walk
from everjam.engines.band.instruments.sustained import Sustained, sustain
from everjam.engines.band.instruments.voicing import Stroke, make_patch
from everjam.engines.band.score import Articulation

_OBOE: Final = Sustained(
    measured="oboe", vibrato_hz=5.3, vibrato_cents=9.0, vibrato_after_seconds=0.25, vibrato_level=0.08, scoop_cents=12.0
)
_BASSOON: Final = Sustained(
    measured="bassoon", vibrato_hz=4.9, vibrato_cents=5.0, vibrato_after_seconds=0.35, scoop_cents=15.0
)
_BASS_CLARINET: Final = Sustained(
    cutoff_hz=(500.0, 9000.0), cutoff_harmonics=(2.0, 4.0), slope=2.2, measured="clarinet",
    formants=((180.0, 160.0, 0.8), (900.0, 500.0, 0.7)), floor=0.6,
    attack_seconds=0.07, release_seconds=0.18, vibrato_cents=2.0, scoop_cents=10.0,
    breath=0.02, chiff=0.1, breath_hz=(250.0, 1800.0),
)  # fmt: skip
_DUDUK: Final = Sustained(
    cutoff_hz=(700.0, 5200.0), cutoff_harmonics=(2.0, 4.0), slope=2.6, measured="english_horn",
    formants=((480.0, 260.0, 2.6), (1150.0, 400.0, 0.9)), floor=0.4,
    attack_seconds=0.11, release_seconds=0.25, vibrato_hz=4.7, vibrato_cents=18.0, vibrato_after_seconds=0.3,
    vibrato_level=0.18, scoop_cents=70.0, scoop_seconds=0.06, jitter_cents=3.0, breath=0.03, chiff=0.1,
    breath_hz=(400.0, 2200.0), tremor=0.07,
)  # fmt: skip
_SHEHNAI: Final = Sustained(
    measured="shehnai", vibrato_hz=5.9, vibrato_cents=13.0, vibrato_after_seconds=0.25, scoop_cents=80.0,
    scoop_seconds=0.045, jitter_cents=3.5,
)  # fmt: skip
_TENOR_SAX: Final = Sustained(
    measured="tenor_sax", vibrato_hz=4.8, vibrato_cents=13.0, vibrato_after_seconds=0.3, vibrato_level=0.06,
    scoop_cents=45.0, scoop_seconds=0.04, jitter_cents=3.5, tremor=0.06,
)  # fmt: skip
_SOPRANO_SAX: Final = Sustained(
    measured="soprano_sax", vibrato_hz=5.5, vibrato_cents=13.0, vibrato_after_seconds=0.22, vibrato_level=0.05,
    scoop_cents=28.0, jitter_cents=2.5, tremor=0.05,
)  # fmt: skip
_CHANTER: Final = Sustained(
    measured="bagpipe", attack_seconds=0.012, release_seconds=0.06, vibrato_cents=0.0, jitter_cents=1.2, tremor=0.015
)


@dataclass(frozen=True, slots=True)
class Drone:
    """A pipe or string that hums under a tune, in the octaves of its notes.

    Attributes:
        level: Against the tune.
        octaves: How far below the note, at most; none sounds below ``lowest_hz``.
        lowest_hz: Where drones end.
        slope: Of the harmonics, 6 dB an octave each.
    """

    level: float
    octaves: tuple[int, ...] = (1, 2)
    lowest_hz: float = 50.0
    slope: float = 1.0


def droning(drone: Drone, stroke: Stroke, frames: int) -> Float32Array:
    """The drones of a note: ``(frames,)``, peak about ``drone.level``."""
    out = np.zeros(frames, np.float32)
    for octave in drone.octaves:
        hz = stroke.hz / 2.0**octave
        if hz < drone.lowest_hz:
            continue
        number = np.arange(1, harmonic_count(hz, 60) + 1)
        edge = stroke.bright(1400.0, 4200.0) * stroke.hard(0.6, 1.0)
        levels = number**-drone.slope / (1.0 + (number * hz / edge) ** 2)
        cents = wander(stroke.rng, frames, 3.0)
        curve = f32(hz * 2.0 ** (cents / 1200.0))
        table = stack(levels[None, :], stroke.rng.uniform(-np.pi, np.pi, number.size))[0]
        out += read(phase(curve, frames), table)
    return out * np.float32(0.5 * drone.level)


_PIPES: Final = Drone(0.45, lowest_hz=70.0)


def _bagpipes(stroke: Stroke) -> Float32Array:
    """The bag never breathes: a chanter that begins with a grace note, drones an octave and two below."""
    model = _CHANTER
    tune = sustain(model, stroke)
    frames = tune.size
    grace = frames_of(0.035)
    if stroke.held_seconds > 0.1:
        above = sustain(model, replace(stroke, hz=stroke.hz * 2.0 ** (3.0 / 12.0), held_seconds=0.03))[:grace]
        fade = np.linspace(1.0, 0.0, grace, dtype=np.float32)
        tune[:grace] = tune[:grace] * (1.0 - fade) + above * fade
    envelope = adsr(frames, stroke.held_seconds, attack_seconds=0.02, decay_seconds=1.0, sustain=1.0,
                    release_seconds=0.06)  # fmt: skip
    return tune + droning(_PIPES, stroke, frames) * envelope * np.float32(np.abs(tune).max())


_TONGUE: Final = ((300.0, 700.0), (420.0, 1500.0), (560.0, 1050.0), (340.0, 1900.0), (460.0, 800.0))
"""Two resonances of the mouth in Hz, as it says its way along a drone."""


def _didgeridoo(stroke: Stroke) -> Float32Array:
    """Lips at the pipe's lowest note; the tongue moves the resonances, the breath pulses."""
    release_seconds = 0.25
    frames = frames_of(stroke.held_seconds + release_seconds)
    count = harmonic_count(stroke.hz, 120)
    hz = stroke.hz * np.arange(1, count + 1)
    source = 1.0 / np.arange(1, count + 1) ** 0.7
    # A pipe closed at the lips: the odd harmonics of the lowest are its own.
    source[1:12:2] *= 0.6
    edge = stroke.bright(1500.0, 5200.0) * stroke.hard(0.45, 1.0)
    rows = []
    for low, high in _TONGUE:
        mouth = peaks(((90.0, 120.0, 1.0), (low, 130.0, 2.0), (high, 220.0, 3.4)), 0.14)(f32(hz))
        rows.append(source * mouth / (1.0 + (hz / edge) ** 2))
    tables = stack(np.array(rows), stroke.rng.uniform(-0.6, 0.6, count))
    at = control_times(frames)
    rate = 2.3 * float(stroke.rng.uniform(0.92, 1.08))
    start = float(stroke.rng.integers(len(rows)))
    turn = (start + at * rate) % (2 * len(rows) - 2)
    position = np.minimum(turn, 2 * len(rows) - 2 - turn)
    curve = f32(stroke.hz * 2.0 ** (3.0 * wander(stroke.rng, frames, 5.0) / 1200.0))
    tone = scan(phase(curve, frames), tables, walk(tables, upsample(f32(position), frames)))
    pulse = 1.0 + 0.22 * np.sin(TAU * rate * (at - 0.1)) + 0.05 * wander(stroke.rng, frames, 6.0)
    breath = shape(noise(stroke.rng, frames), bandpass(250.0, 2600.0)) * np.float32(0.05 * np.abs(tone).max())
    envelope = adsr(frames, stroke.held_seconds, attack_seconds=0.05, decay_seconds=0.3, sustain=0.9,
                    release_seconds=release_seconds)  # fmt: skip
    return (tone + breath) * upsample(f32(pulse), frames) * envelope


_SAXES: Final = frozenset({"tenor_sax", "soprano_sax"})
_BENT: Final = frozenset({"duduk", "shehnai"}) | _SAXES
"""Lips that bend the reed: they slide and scoop."""


def _reed(name: str, title: str, model: Sustained, gm: int, low: int, high: int) -> Patch:
    strokes: set[Articulation] = {"legato", "staccato"}
    if name in _BENT:
        strokes.add("scoop")
    if name in _SAXES:
        strokes.add("fall")
    return make_patch(
        name, title, "winds", partial(sustain, model), gm=gm, low=low, high=high, articulations=strokes,
        glides=name in _BENT,
    )  # fmt: skip


PATCHES: Final[tuple[Patch, ...]] = (
    _reed("oboe", "Oboe", _OBOE, 68, 58, 91),
    _reed("bassoon", "Bassoon", _BASSOON, 70, 34, 72),
    _reed("bass_clarinet", "Bass clarinet", _BASS_CLARINET, 71, 34, 77),
    _reed("tenor_sax", "Tenor saxophone", _TENOR_SAX, 66, 44, 76),
    _reed("soprano_sax", "Soprano saxophone", _SOPRANO_SAX, 64, 56, 88),
    _reed("duduk", "Duduk", _DUDUK, 69, 50, 79),
    _reed("shehnai", "Shehnai", _SHEHNAI, 111, 55, 86),
    make_patch("bagpipes", "Highland bagpipes: chanter and drones", "winds", _bagpipes, gm=109, low=55, high=82),
    make_patch("didgeridoo", "Didgeridoo", "winds", _didgeridoo, gm=58, low=29, high=52),
)
