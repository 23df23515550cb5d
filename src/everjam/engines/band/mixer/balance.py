"""Holds the parts to where they stand on records of the style's kind, whatever instruments play how much.

Each part is brought to a loudness of its own, against a fixed level that the master makes right afterwards; no part's
gain depends on another part, so layers come and go without moving the rest. It listens before mutes.
"""

import math
from dataclasses import replace
from typing import Final

import numpy as np

from everjam.audio import QUANTUM_FRAMES, Float32Array
from everjam.engines.band.mixer import records, slow
from everjam.engines.band.mixer.grid import Float64Array
from everjam.engines.band.mixer.slow import SlowState
from everjam.engines.band.score import PARTS, SPECTRA

LIMIT_DB: Final = 6.0
MIX_DB: Final = -14.0
"""Loudness of a whole mix before the master, in the decibels of ``measure``."""
TYPICAL_DB: Final = np.array((-22.2, -25.0, -22.6, -23.1, -30.5, -26.2))
"""Loudness of each part where ``controls.BALANCE_DB`` puts the faders: the median over fifty cards."""
_LAG: Final = 4
"""Samples; the difference over so many stands for the treble that counts for more in loudness (BS.1770)."""
_TREBLE: Final = 1.5
_PARTS: Final = len(PARTS)
_STRENGTH: Final = 0.9
_REST: Final = 10 ** (-12 / 10)
"""Less than this share of a part's mean power is a rest, and hardly counts."""
_REST_WEIGHT: Final = 0.02
_SILENCE: Final = 1e-8
_MEMORY_WINDOWS: Final = 30.0
_FRESH_WINDOWS: Final = 2.5
_DOUBT_WINDOWS: Final = 1.5
_STEP_DB: Final = 1.0
"""At most in a window: 2.5 dB a second."""


def measure(bus: Float32Array) -> Float64Array:
    """Roughly loudness-weighted power of a part, or of several, in each quantum.

    Args:
        bus: float32 ``(..., 2, 1920 q)``.

    Returns:
        float64 ``(..., q)``: mean square, channels added, the treble raised by about 4 dB.
    """
    rows = bus.reshape(*bus.shape[:-1], -1, QUANTUM_FRAMES)
    power, near = np.vecdot(rows, rows), np.vecdot(rows[..., _LAG:], rows[..., :-_LAG])
    weighted: Float64Array = ((1.0 + _TREBLE) * power - _TREBLE * near).sum(axis=-2, dtype=np.float64) / QUANTUM_FRAMES
    return np.maximum(weighted, 0.0)


TARGETS_DB: Final = np.array([[records.BALANCE_LU[kind][part] for part in PARTS] for kind in SPECTRA])
"""Of each part against the mix for each kind of record, float64 ``(kinds, 6)``."""


def target_db(shares: Float64Array) -> Float64Array:
    """Loudness asked of each part, float64 ``(q, 6)``, for shares of kinds of records, ``(q, kinds)``."""
    wanted: Float64Array = shares @ TARGETS_DB + MIX_DB
    return wanted


def start() -> SlowState:
    """Nothing heard yet: it begins where such parts usually have to be put.

    Its memory is the weight of what was heard of each part, in windows, then mean powers.
    """
    return slow.start(_PARTS, np.zeros(_PARTS + 1), np.zeros((2, _PARTS)))


def follow(
    state: SlowState, powers: Float64Array, wanted_db: Float64Array, fresh: Float64Array
) -> tuple[Float64Array, Float64Array, SlowState]:
    """The gains that balance the parts.

    Args:
        state: What it remembers.
        powers: From ``measure``, as they would be with the faders where ``controls.BALANCE_DB`` puts them, float64
            ``(6, q)``: without the card's offset and without these gains. 0 where a part does not sound.
        wanted_db: From ``target_db``, float64 ``(q, 6)``.
        fresh: 1 where the style is changing, else 0, ``(q,)``.

    Returns:
        Linear gains at quantum borders, float64 ``(6, q + 1)``; by how many dB they move the power of the whole mix in
        each quantum, as far as is known from what was heard, ``(q,)``; and the new state.
    """
    if not state.memory.any() and not state.count:
        guess = np.append(wanted_db[0] - TYPICAL_DB, 0.0)
        state = replace(state, origin=guess, target=guess)
    gains_db, after = slow.follow(state, powers, np.column_stack((wanted_db, fresh)), _decide)
    linear: Float64Array = 10 ** (gains_db[:_PARTS] / 20)
    return linear, np.diff(gains_db[_PARTS]), after


def _decide(
    memory: Float64Array, power: Float64Array, asked: Float64Array, now: Float64Array
) -> tuple[Float64Array, Float64Array]:
    # Six numbers at a time: plain arithmetic is five times as fast as arrays.
    *wanted_db, fresh = asked.tolist()
    *gains, moved = now.tolist()
    most = _FRESH_WINDOWS if fresh else _MEMORY_WINDOWS
    weights, means, after = [], [], []
    before_power = after_power = 0.0
    for wanted, typical, known, usual, heard, gain in zip(
        wanted_db, TYPICAL_DB.tolist(), *memory.tolist(), power.tolist(), gains, strict=True
    ):
        weight, mean = known, usual
        if heard >= _SILENCE:
            share = 1.0 if heard > _REST * usual else _REST_WEIGHT
            weight = min(known, most) + share
            mean = usual + (heard - usual) * share / max(weight, 1.0)
        off = _STRENGTH * (typical - 10 * math.log10(max(mean, _SILENCE)))
        goal = wanted - typical + min(max(off, -LIMIT_DB), LIMIT_DB) * weight / (weight + _DOUBT_WINDOWS)
        moved_gain = gain + min(max(goal - gain, -_STEP_DB), _STEP_DB)
        if heard > _SILENCE:
            before_power += mean * 10 ** (gain / 10)
            after_power += mean * 10 ** (moved_gain / 10)
        weights.append(weight)
        means.append(mean)
        after.append(moved_gain)
    if before_power > 0.0:
        moved += 10 * math.log10(after_power / before_power)
    return np.array([*after, moved]), np.array([weights, means])
