"""Guitars beyond the plain ones: flamenco, slide, pedal steel."""

from functools import partial
from typing import Final

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.instruments.contract import Patch
from everjam.engines.band.instruments.dsp.base import add_at_start
from everjam.engines.band.instruments.dsp.filters import bandpass, burst
from everjam.engines.band.instruments.playing import FRETTED, Bend, Buzz, Plucked, guitar, play, swelled
from everjam.engines.band.instruments.struck import Struck
from everjam.engines.band.instruments.voicing import Stroke

_FLAMENCO: Final = Plucked(
    Struck(
        "guitar_nylon", release_seconds=0.12, longest_seconds=2.0, edge_hz=2400.0, ring=0.5,
        body=((230.0, 100.0, 0.5), (1500.0, 600.0, 1.1), (3600.0, 1400.0, 2.2)), floor=0.7,
        noise=0.32, noise_hz=(900.0, 6500.0), noise_tau_seconds=0.006,
    ),
    FRETTED,
    buzz=Buzz(0.12, 5.0, (1800.0, 7000.0), 0.0, 0.08),
)  # fmt: skip
_SLIDE: Final = Plucked(
    Struck(
        "guitar_steel", release_seconds=0.3, longest_seconds=3.5, edge_hz=1700.0, ring=0.9,
        body=((480.0, 170.0, 1.6), (1250.0, 350.0, 1.6), (2500.0, 700.0, 1.0)), floor=0.4,
        noise=0.1, noise_hz=(1500.0, 7000.0), noise_tau_seconds=0.012,
    ),
    Bend(-180.0, 0.024, 16.0, 5.6, 0.1),
    Buzz(0.1, 3.0, (1200.0, 6000.0), 0.02, 0.5),
)  # fmt: skip
_PEDAL_STEEL: Final = Plucked(
    Struck(
        "hawaiian_guitar", release_seconds=0.6, longest_seconds=4.5, edge_hz=1500.0, ring=2.2, beat_cents=1.5,
    ),
    Bend(-110.0, 0.05, 11.0, 5.2, 0.3),
)  # fmt: skip


def _pedal_steel(stroke: Stroke) -> Float32Array:
    """The bar slides up, the pedal swells: no attack."""
    return swelled(play(_PEDAL_STEEL, stroke), 0.03 + min(0.09, 0.3 * stroke.held_seconds))


def _flamenco(stroke: Stroke) -> Float32Array:
    """A nail close to the bridge; now and then a finger taps the top."""
    out = play(_FLAMENCO, stroke)
    if stroke.variant == 0:
        tap = burst(stroke.rng, 0.06, 0.012, bandpass(160.0, 900.0))
        add_at_start(out, tap * np.float32(stroke.hard(0.02, 0.16) * float(np.abs(out).max())))
    return out


PATCHES: Final[tuple[Patch, ...]] = (
    guitar(
        "guitar_flamenco", "Flamenco guitar", _flamenco, 24, 40, 84,
        ("legato", "staccato", "muted", "tremolo", "scoop", "fall", "harmonic"), variants=3,
    ),
    guitar(
        "guitar_slide", "Resonator guitar with a slide", partial(play, _SLIDE), 25, 40, 79, ("legato", "muted", "fall")
    ),
    guitar("steel_pedal", "Pedal steel guitar", _pedal_steel, 26, 45, 88, ("legato", "fall", "scoop", "harmonic")),
)  # fmt: skip
