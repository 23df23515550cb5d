"""Keyboards: pianos, electric pianos, organ, clavinet, harpsichord, clavichord, accordion."""

from collections.abc import Collection
from dataclasses import replace
from functools import partial
from typing import Final

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.instruments.contract import Patch
from everjam.engines.band.instruments.dsp.base import (
    TAU,
    add_at_start,
    adsr,
    attack,
    control_times,
    decay,
    f32,
    frames_of,
    release,
    times,
    unit,
)
from everjam.engines.band.instruments.dsp.filters import bandpass, burst
from everjam.engines.band.instruments.dsp.modal import modal
from everjam.engines.band.instruments.dsp.shaping import saturate
from everjam.engines.band.instruments.dsp.wavetable import harmonic_count, phase, read, stack
from everjam.engines.band.instruments.playing import Bend, Plucked, play
from everjam.engines.band.instruments.struck import Struck, strike
from everjam.engines.band.instruments.sustained import Sustained, sustain
from everjam.engines.band.instruments.voicing import Stroke, Voice, make_patch
from everjam.engines.band.score import Articulation

_PIANO: Final = Struck(
    "piano", longest_seconds=6.0, hiss_fall_db=10.0, edge_hz=900.0, spread=0.18, keys_spread=0.16,
    let_go=0.02, let_go_hz=(70.0, 500.0),
)  # fmt: skip
_HARPSICHORD: Final = Struck(
    "harpsichord", edge_hz=3000.0, spread=0.15, keys_spread=0.1, let_go=0.045, let_go_hz=(900.0, 5500.0)
)
"""The jack falls back past the string: every end of a note is heard."""
_CLAVINET: Final = Struck("clavinet", edge_hz=2000.0, palm_seconds=0.25, let_go=0.03, let_go_hz=(300.0, 2200.0))
_RHODES: Final = Struck("rhodes", longest_seconds=5.0, edge_hz=900.0, let_go=0.01, let_go_hz=(90.0, 600.0))
_KEYS: Final[Collection[Articulation]] = ("staccato", "muted")


def _rhodes(stroke: Stroke) -> Float32Array:
    """Tine and tone bar before a magnet that barks when struck hard; a slow stereo tremolo."""
    out = unit(strike(_RHODES, stroke))
    out = out + (saturate(out, 1.5, 0.4) - out) * np.float32(0.5 * max(0.0, stroke.force - 0.7) / 0.3)
    at = times(out.shape[-1])
    pan = np.float32(0.2) * np.sin(np.float32(TAU) * (np.float32(4.4) * at + np.float32(stroke.rng.uniform())))
    return np.stack([out * (1.0 + pan), out * (1.0 - pan)])


_DRAWBARS: Final = ((1, 0.6), (2, 1.0), (3, 0.62), (4, 0.72), (6, 0.22), (8, 0.34), (10, 0.10), (12, 0.10), (16, 0.22))
"""Multiples of half the fundamental (16-foot first) and their levels."""


def _organ(stroke: Stroke) -> Float32Array:
    """Drawbars, key click, percussion, a turning horn."""
    frames = frames_of(stroke.held_seconds + 0.06)
    levels = np.zeros(16)
    for number, level in _DRAWBARS:
        levels[number - 1] = level * stroke.bright(0.5, 1.7) ** np.log2(number / 2.0)
    count = harmonic_count(stroke.hz / 2.0)
    at = control_times(frames)
    spin = 6.6
    start = float(stroke.rng.uniform())
    swing = 2.0 ** (4.5 * np.sin(TAU * (spin * at + start)) / 1200.0)
    table = stack(levels[None, :count], stroke.rng.uniform(0.0, TAU, min(count, 16)))[0]
    out = read(phase((stroke.hz / 2.0 * swing).astype(np.float32), frames), table)
    percussion = np.sin(np.float32(TAU) * ((np.float64(stroke.hz * 3.0) * times(frames)) % 1.0).astype(np.float32))
    out = unit(out) + percussion * (decay(frames, 0.12) * np.float32(stroke.hard(0.08, 0.4)))
    click = burst(stroke.rng, 0.012, 0.002, bandpass(900.0, stroke.bright(3500.0, 8000.0)))
    add_at_start(out, click * np.float32(0.22))
    out = saturate(out, stroke.hard(0.35, 1.3) * stroke.bright(0.7, 1.4), 0.1)
    out *= adsr(frames, stroke.held_seconds, attack_seconds=0.003, decay_seconds=1.0, sustain=1.0, release_seconds=0.05)
    turn = np.float32(0.16) * np.sin(np.float32(TAU) * (np.float32(spin) * times(frames) + np.float32(start)))
    return np.stack([out * (1.0 + turn), out * (1.0 - turn)])


_ACCORDION: Final = Sustained(
    measured="accordion", attack_seconds=0.09, release_seconds=0.2, vibrato_cents=0.0, jitter_cents=0.6, voices=2,
    detune_cents=3.0, width=0.35,
)  # fmt: skip
_HONKYTONK: Final = Struck(
    "piano_honkytonk", longest_seconds=4.0, edge_hz=2400.0, spread=0.18, keys_spread=0.16, let_go=0.03,
    let_go_hz=(100.0, 900.0),
)  # fmt: skip
_FELT: Final = replace(
    _PIANO, edge_hz=300.0, damping_hz=1800.0, ring=0.8, attack_seconds=0.006, let_go=0.05, residue=0.5,
    body=((170.0, 120.0, 0.9),), noise=0.24, noise_hz=(60.0, 420.0), noise_tau_seconds=0.03,
)  # fmt: skip
_CLAVICHORD: Final = Plucked(
    Struck(
        "harpsichord", release_seconds=0.09, longest_seconds=1.8, edge_hz=1300.0, ring=0.35, damping_hz=4500.0,
        body=((520.0, 260.0, 0.8),), floor=0.8, courses=((-1.0, 1.0), (1.0, 0.9)),
        noise=0.3, noise_hz=(300.0, 2600.0), noise_tau_seconds=0.01,
    ),
    Bend(14.0, 0.012, 11.0, 5.6, 0.18),
)  # fmt: skip
"""The tangent stays on the string: pressing it further bends the note."""


def _felt(stroke: Stroke) -> Float32Array:
    """Cloth between hammer and string; the action is heard as much as the string."""
    out = strike(_FELT, stroke)
    knock = burst(stroke.rng, 0.05, 0.01, bandpass(900.0, 3200.0))
    add_at_start(out, knock * np.float32(0.035 * float(np.abs(out).max())))
    return out


_REED_LEVELS: Final = np.array([1.0, 0.32, 0.42, 0.1, 0.16, 0.05, 0.07, 0.03, 0.03])
_REED_TAUS: Final = np.array([0.85, 0.45, 0.4, 0.22, 0.2, 0.12, 0.1, 0.07, 0.06])
"""Seconds, at middle C."""


def _wurlitzer(stroke: Stroke) -> Float32Array:
    """A steel reed before a charged plate: odd harmonics, a growl when struck hard, the level sways."""
    scale = 2.0 ** (-np.log2(stroke.hz / 261.63) / 2.6)
    number = np.arange(1, _REED_LEVELS.size + 1)
    levels = _REED_LEVELS * (stroke.bright(0.65, 1.5) * stroke.hard(0.55, 1.15)) ** np.log2(number)
    levels = levels * (1.0 + 0.06 * stroke.rng.standard_normal(number.size))
    frames = frames_of(min(stroke.held_seconds + 0.2, 4.0))
    # The reed's own second mode, out of tune, is gone at once.
    hz = np.append(stroke.hz * number, stroke.hz * 6.27)
    reed = modal(hz, np.append(levels, 0.2 * stroke.hard(0.3, 1.2)), np.append(_REED_TAUS * scale, 0.03), frames)
    reed = unit(reed * attack(frames, 0.0012))
    out = saturate(reed, stroke.hard(0.7, 3.0), stroke.hard(0.1, 0.45))
    thump = burst(stroke.rng, 0.04, 0.007, bandpass(150.0, 1300.0))
    add_at_start(out, thump * np.float32(0.1 * stroke.hard(0.4, 1.0)))
    sway = 1.0 - np.float32(0.16) * (
        1.0 + np.sin(np.float32(TAU) * (np.float32(5.6) * times(frames) + np.float32(stroke.rng.uniform())))
    )
    return f32(out * sway * release(frames, stroke.held_seconds, 0.18))


def _key(
    name: str,
    title: str,
    voice: Voice,
    gm: int,
    low: int,
    high: int,
    articulations: Collection[Articulation] = _KEYS,
    *,
    placed: bool = False,
) -> Patch:
    return make_patch(
        name,
        title,
        "keys",
        voice,
        gm=gm,
        low=low,
        high=high,
        variants=2,
        articulations=articulations,
        placed=placed,
    )


PATCHES: Final[tuple[Patch, ...]] = (
    _key("piano", "Piano", partial(strike, _PIANO), 0, 21, 108, placed=True),
    _key("rhodes", "Electric piano", _rhodes, 4, 28, 96),
    make_patch("organ", "Organ", "keys", _organ, gm=16, low=36, high=96, variants=2),
    _key("clavinet", "Clavinet", partial(strike, _CLAVINET), 7, 36, 88),
    _key("harpsichord", "Harpsichord", partial(strike, _HARPSICHORD), 6, 36, 89, placed=True),
    make_patch(
        "accordion",
        "Accordion",
        "keys",
        partial(sustain, _ACCORDION),
        gm=21,
        low=48,
        high=89,
        variants=2,
        articulations={"legato", "staccato"},
    ),
    _key("piano_honkytonk", "Honky-tonk piano", partial(strike, _HONKYTONK), 3, 24, 103, placed=True),
    _key("piano_felt", "Felt piano", _felt, 0, 24, 100, placed=True),
    _key("wurlitzer", "Reed electric piano", _wurlitzer, 4, 33, 96, ()),
    _key("clavichord", "Clavichord", partial(play, _CLAVICHORD), 7, 36, 88),
)
