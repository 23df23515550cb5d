"""Holds the long-term spectrum of the mix to that of records of its kind, slowly and by a few decibels.

It listens to the dry mix before mutes and before any equaliser of the master, so that it neither hears itself nor what
a listener mutes or brightens. What an arrangement does not have at all, it does not boost.
"""

import math
import operator
from functools import cache
from typing import Final

import numpy as np

from everjam.engines.band.mixer import records, slow
from everjam.engines.band.mixer.grid import Float64Array
from everjam.engines.band.mixer.loudness import CENTRES_HZ, K_WEIGHTS
from everjam.engines.band.mixer.slow import SlowState
from everjam.engines.band.mixer.tone import BANDS, CORNERS_HZ, power_response
from everjam.engines.band.score import SPECTRA

LIMIT_DB: Final = 5.0
BRIGHTNESS_DB: Final = 8.0
"""How far instruments themselves move top against bottom from brightness 0 to 1: the target goes with them."""
_MOST_GAIN_DB: Final = 6.5
"""Of one band: neighbours overlap, so a band gives less than its gain."""
_EASE: Final = 0.05
"""Of what neighbouring bands give between them, not all is made up for."""
_STRENGTH: Final = 0.9
_ABSENT_DB: Final = (11.0, 20.0)
"""What is this far below its target is meant to be: from here on it is boosted less, and from there on not at all."""
_MEMORY_WINDOWS: Final = 20.0
_FRESH_WINDOWS: Final = 2.5
_DOUBT_WINDOWS: Final = 2.5
"""Heard for so long, a spectrum is half believed."""
_REST: Final = 0.01
"""A window with this share of the mean power is a rest."""
_STEP_DB: Final = 0.6
"""At most in a window: 1.5 dB a second."""
_LEVERS: Final = np.linspace(-0.5, 0.5, BANDS, dtype=np.float64)


def _table() -> Float64Array:
    """Power of each kind of record in each fine band, float64 ``(kinds, f)``."""
    octaves = np.log2(records.OCTAVES_HZ)
    wanted: Float64Array = np.stack(
        [np.interp(np.log2(CENTRES_HZ), octaves, records.SPECTRA_DB[kind]) for kind in SPECTRA]
    )
    edges = np.sqrt(np.array(CENTRES_HZ[1:]) * np.array(CENTRES_HZ[:-1]))
    widths = np.diff(np.log2(np.concatenate(([edges[0] ** 2 / edges[1]], edges, [edges[-1] ** 2 / edges[-2]]))))
    table: Float64Array = 10 ** (wanted / 10) * widths
    return table


@cache
def _members() -> Float64Array:
    """Which fine bands belong to which band of the equaliser, float64 ``(f, BANDS)``, 0 or 1."""
    band = np.searchsorted(CORNERS_HZ, CENTRES_HZ)
    members: Float64Array = (band[:, None] == np.arange(BANDS)).astype(np.float64)
    return members


@cache
def _unmix() -> list[list[float]]:
    """Band gains in dB that move the bands' levels by so many dB, ``BANDS`` rows of as many."""
    mean = _table().mean(axis=0)
    effect = np.empty((BANDS, BANDS))
    for lever in range(BANDS):
        gains = np.ones((BANDS, 1))
        gains[lever] = 10 ** (1 / 20)
        effect[:, lever] = 10 * np.log10(
            ((power_response(gains, CENTRES_HZ)[0] * mean) @ _members()) / (mean @ _members())
        )
    damped = effect.T @ effect + _EASE * np.eye(BANDS)
    inverse: list[list[float]] = np.linalg.solve(damped, effect.T).astype(np.float64).tolist()
    return inverse


@cache
def targets() -> Float64Array:
    """Level of each band in dB for each kind in the order of ``score.SPECTRA``, float64 ``(kinds, BANDS)``."""
    levels: Float64Array = 10 * np.log10(_table() @ _members())
    return levels


def target_db(shares: Float64Array, brightness: Float64Array) -> Float64Array:
    """Levels of the bands that are asked for.

    Args:
        shares: Of the kinds, adding up to 1, float64 ``(q, kinds)``.
        brightness: 0 to 1, ``(q,)``.

    Returns:
        float64 ``(q, BANDS)``; only differences within a row mean something.
    """
    moved = np.multiply.outer(brightness - 0.5, BRIGHTNESS_DB * _LEVERS)
    wanted: Float64Array = np.add(shares @ targets(), moved, dtype=np.float64)
    return wanted


def start() -> SlowState:
    """Flat, nothing heard yet. Its memory is the weight of what was heard, in windows, then the bands' mean powers."""
    return slow.start(BANDS, np.zeros(BANDS), np.zeros(1 + BANDS))


def follow(
    state: SlowState, powers: Float64Array, wanted_db: Float64Array, fresh: Float64Array
) -> tuple[Float64Array, SlowState]:
    """The equaliser's gains.

    Args:
        state: What it remembers.
        powers: Of fine bands, from ``loudness.bands``, float64 ``(q, f)``.
        wanted_db: From ``target_db``, float64 ``(q, BANDS)``.
        fresh: 1 where the style is changing, else 0, ``(q,)``: what was heard before counts for little then.

    Returns:
        Gains of the bands in dB at quantum borders, float64 ``(BANDS, q + 1)``, and the new state.
    """
    return slow.follow(state, (powers @ _members()).T, np.column_stack((wanted_db, fresh)), _decide)


@cache
def _k_weights() -> list[float]:
    """Mean weight in loudness of each band."""
    mean = _table().mean(axis=0)
    weights: list[float] = (((mean * K_WEIGHTS) @ _members()) / (mean @ _members())).tolist()
    return weights


def _decide(
    memory: Float64Array, power: Float64Array, asked: Float64Array, now: Float64Array
) -> tuple[Float64Array, Float64Array]:
    # Five numbers at a time: plain arithmetic is five times as fast as arrays.
    weight, *mean = memory.tolist()
    heard, (*target, fresh) = power.tolist(), asked.tolist()
    if sum(heard) <= max(_REST * sum(mean), 1e-9):
        return now, memory
    weight = min(weight, _FRESH_WINDOWS if fresh else _MEMORY_WINDOWS - 1.0) + 1.0
    mean = [before + (new - before) / weight for before, new in zip(mean, heard, strict=True)]
    trust = weight / (weight + _DOUBT_WINDOWS)
    wanted = [trust * gain for gain in _wanted(mean, target)]
    gains = [gain + min(max(goal - gain, -_STEP_DB), _STEP_DB) for gain, goal in zip(now.tolist(), wanted, strict=True)]
    return np.array(gains), np.array([weight, *mean])


def _wanted(mean: list[float], target_db: list[float]) -> list[float]:
    """Gains of the bands in dB that bring mean powers to a target, within bounds."""
    floor = 1e-9 * sum(mean)
    heard_db = [10 * math.log10(power + floor) for power in mean]
    highest = max(target_db) + max(heard_db)
    off_db = [target - heard for target, heard in zip(target_db, heard_db, strict=True)]
    loud = [
        10 ** ((target + heard - highest) / 20) * weight
        for target, heard, weight in zip(target_db, heard_db, _k_weights(), strict=True)
    ]
    middle = sum(map(operator.mul, loud, off_db)) / sum(loud)
    begins, ends = _ABSENT_DB
    moved = []
    for off in off_db:
        alone = off - middle
        alone *= min(max((ends - alone) / (ends - begins), 0.0), 1.0)
        moved.append(LIMIT_DB * math.tanh(_STRENGTH * alone / LIMIT_DB))
    return [min(max(sum(map(operator.mul, row, moved)), -_MOST_GAIN_DB), _MOST_GAIN_DB) for row in _unmix()]
