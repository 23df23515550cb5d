"""The mixer's slow controls: what bars ask for, reached along straight lines of half a second, never in a jump."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from everjam.audio import QUANTUM_FRAMES
from everjam.engines.band import score
from everjam.engines.band.mixer import delay
from everjam.engines.band.mixer.grid import Float64Array
from everjam.engines.band.score import PARTS, Part, Production

RAMP_QUANTA: Final = 12
"""0.48 s: about a beat."""

BALANCE_DB: Final[dict[Part, float]] = {
    "drums": -12.0,
    "bass": -8.0,
    "chords": -8.0,
    "melody": -5.5,
    "texture": -14.0,
    "voice": -6.5,
}
"""Where the faders stand when a bar asks for 0 dB."""

BALANCE: Final = np.array([10 ** (BALANCE_DB[part] / 20) for part in PARTS])
"""The same as gains, float64 ``(6,)``."""

_WIDENING: Final = 0.5
"""Of what is asked for beyond the natural width: instruments and room are wide already, and mono must stay whole."""

_N: Final = len(PARTS)
GAIN: Final = slice(0, _N)
REVERB: Final = slice(_N, 2 * _N)
DELAY: Final = slice(2 * _N, 3 * _N)
DRIVE: Final = slice(3 * _N, 4 * _N)
EFFECTS: Final = slice(4 * _N, 4 * _N + _N * len(score.EFFECTS))
"""Depths, part by part in the order of ``score.EFFECTS``."""
ROOMS: Final = slice(EFFECTS.stop, EFFECTS.stop + len(score.ROOMS))
SPECTRA: Final = slice(ROOMS.stop, ROOMS.stop + len(score.SPECTRA))
SIDECHAIN, WIDTH, TILT_DB, LOFI, GLUE, FEEDBACK, LOG_SECONDS = range(SPECTRA.stop, SPECTRA.stop + 7)
SIZE: Final = SPECTRA.stop + 7
LEAST_LOFI: Final = 0.04
LEAST_EFFECT: Final = 0.03
"""Less than this is not worth its cost."""

_DEFAULT_REVERB: Final[dict[Part, float]] = {
    "drums": 0.1, "bass": 0.02, "chords": 0.25, "melody": 0.28, "texture": 0.35, "voice": 0.35,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cue:
    """From a frame on, mix like this.

    Attributes:
        frame: Frame in the jam.
        production: How to mix.
        delay_samples: Delay time, from ``delay.samples_for``.
    """

    frame: int
    production: Production
    delay_samples: int


@dataclass(frozen=True, slots=True, eq=False)
class ControlState:
    """Where the controls are.

    Attributes:
        origin: Values at quantum ``since``, float64 ``(SIZE,)``.
        target: Values that they go to.
        since: Quantum number at which they set out.
        delay_samples: Delay time.
        cues: Those that have not come yet, in order.
    """

    origin: Float64Array
    target: Float64Array
    since: int
    delay_samples: int
    cues: tuple[Cue, ...]

    def at(self, quantum: int) -> Float64Array:
        """Values at a quantum border."""
        progress = (quantum - self.since) / RAMP_QUANTA
        if progress >= 1.0:
            return self.target
        return self.origin + (self.target - self.origin) * max(progress, 0.0)


def _clamp(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)


def _shares(asked: list[float]) -> Float64Array:
    """Shares that add up to 1; all alike where nothing is asked for."""
    shares = np.maximum(np.array(asked), 0.0)
    return shares / shares.sum() if shares.any() else np.full(len(asked), 1.0 / len(asked))


def vector(production: Production) -> Float64Array:
    """A production as the vector of control values, out-of-range values brought into range."""
    out = np.empty(SIZE)
    for i, part in enumerate(PARTS):
        gain_db = _clamp(production.gains_db.get(part, 0.0), -60.0, 12.0) + BALANCE_DB[part]
        out[i] = 10 ** (gain_db / 20)
        out[_N + i] = _clamp(production.reverb.get(part, _DEFAULT_REVERB[part]), 0.0, 1.0)
        out[2 * _N + i] = _clamp(production.delay.get(part, 0.0), 0.0, 1.0)
        out[3 * _N + i] = _clamp(production.drive.get(part, 0.0), 0.0, 1.0)
    depths = out[EFFECTS].reshape(_N, -1)
    for i, part in enumerate(PARTS):
        asked = (_clamp(production.effects.get(effect, {}).get(part, 0.0), 0.0, 1.0) for effect in score.EFFECTS)
        depths[i] = [depth if depth >= LEAST_EFFECT else 0.0 for depth in asked]
    out[ROOMS] = _shares([production.rooms.get(room, 0.0) for room in score.ROOMS])
    out[SPECTRA] = _shares([production.spectra.get(kind, 0.0) for kind in score.SPECTRA])
    out[GLUE] = _clamp(production.glue, 0.0, 1.0)
    out[SIDECHAIN] = _clamp(production.sidechain, 0.0, 1.0)
    width = _clamp(production.width, 0.0, 1.5)
    out[WIDTH] = width if width <= 1.0 else 1.0 + _WIDENING * (width - 1.0)
    out[TILT_DB] = _clamp(production.tilt_db, -6.0, 6.0)
    out[LOFI] = _clamp(production.lofi, 0.0, 1.0) if production.lofi >= LEAST_LOFI else 0.0
    out[FEEDBACK] = _clamp(production.delay_feedback, 0.0, 0.8)
    out[LOG_SECONDS] = np.log(_clamp(production.reverb_seconds, 0.3, 6.0))
    return out


def start() -> ControlState:
    """Before the first cue."""
    values = vector(Production())
    return ControlState(values, values, -RAMP_QUANTA, delay.DEFAULT, ())


def follow(state: ControlState, quantum: int, quanta: int) -> tuple[Float64Array, list[int], ControlState]:
    """Control values over a stretch of time.

    Args:
        state: Where the controls are.
        quantum: Number of the first quantum.
        quanta: How many.

    Returns:
        Values at quantum borders, float64 ``(quanta + 1, SIZE)``; the delay time in each quantum; and the new state.
    """
    values = np.empty((quanta + 1, SIZE))
    delays = []
    for i in range(quanta):
        while state.cues and state.cues[0].frame <= (quantum + i) * QUANTUM_FRAMES:
            cue, *rest = state.cues
            target = vector(cue.production)
            now = state.at(quantum + i)
            if cue.frame == 0:
                now = target
            state = ControlState(now, target, quantum + i, cue.delay_samples, tuple(rest))
        values[i] = state.at(quantum + i)
        delays.append(state.delay_samples)
    values[quanta] = state.at(quantum + quanta)
    return values, delays, state
