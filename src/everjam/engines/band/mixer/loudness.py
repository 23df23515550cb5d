"""Every style equally loud: a slow automatic level, and a compressor that glues the mix as tightly as its style does.

Both listen to the dry mix before mutes, so a muted part never makes the others louder. Loudness is K-weighted power
(ITU-R BS.1770-5), measured one quantum at a time in bands, where the master's tone is one more weight; what comes back
from the room, and what compressor, clipper and limiter are going to take, is worked out from what is known of them.
"""

import math
from dataclasses import dataclass, replace
from functools import cache
from typing import Final

import numpy as np
from scipy import fft

from everjam.audio import QUANTUM_FRAMES, SAMPLE_RATE_HZ, Float32Array
from everjam.engines.band import filtering
from everjam.engines.band.mixer import clipper
from everjam.engines.band.mixer.grid import CELL_FRAMES, CELLS_PER_QUANTUM, Float64Array, cell_power, largest, to_cells

OUT_LUFS: Final = -14.0
"""Of what comes out, integrated."""
_MEMORY_QUANTA: Final = 150
_TRUST_QUANTA: Final = 3
_SHORT: Final = 0.1
"""Short-term power moves a tenth of the way in a quantum: 0.4 s, the span of a gating block in BS.1770."""
_FRESH_SHORT: Final = 0.2
"""The same while the style changes: what is new is often louder than what it replaces, from its first beat on."""
_REST_WEIGHT: Final = 0.25
"""What is this much softer than the mean counts as a rest, and for less."""
_SURGE_DB: Final = 4.0
"""No moment may come out this much louder than the target."""
_SILENCE_DB: Final = -70.0
_MAX_GAIN_DB: Final = 26.0
_FIRST_GAIN_DB: Final = 1.5
_SLEW_DB: Final = 0.4
"""The gain moves by at most this much in a quantum."""
_FRESH_FALL_DB: Final = 0.8
"""It falls by at most this much while the style changes."""

_LUFS_OFFSET: Final = -0.691
_GLUE_THRESHOLD: Final = 10 ** (-17 / 10)
_GLUE_EXPONENT: Final = -0.22
"""At glue 1, and half of it at 0.5."""
_GLUE_MEAN: Final = filtering.one_pole(0.05, SAMPLE_RATE_HZ / CELL_FRAMES)
_AGE: Final = 0.4
"""What has been heard longest ago counts for least: the parts were still finding their places."""
_AIM_LUFS: Final = OUT_LUFS - 0.2
"""Integrated loudness leaves more rests out than the mean here does."""
_GRID_DB: Final = 2.0
"""What is taken after the level is worked out for gains on this grid."""
_GATE: Final = 0.1
"""Less than this share of the mean power is a rest (BS.1770's relative gate)."""
_SENT: Final = 1e-7
_RETURN: Final = 0.02
"""What comes back from the room is averaged over 2 s."""
_USUAL_RETURN: Final = (3e-4, 4.5e-4)
"""Power sent and come back before anything has been heard."""
_FRESH_QUANTA: Final = 5.0
"""What was heard before counts for so much while the style changes."""


@dataclass(frozen=True, slots=True, eq=False)
class LevelState:
    """What the automatic level remembers.

    Attributes:
        mean_db: Running mean of the short-term loudness, in LUFS.
        weight: Quanta that it stands for.
        short: Short-term K-weighted power.
        gain_db: At the last quantum border.
        glue: The compressor's filter memory, float64 ``(1,)``.
        glue_gain: The compressor's gain at the last cell border.
        sent: Mean power sent to room and delay.
        came: Mean power that came back.
    """

    mean_db: float
    weight: float
    short: float
    gain_db: float
    glue: Float64Array
    glue_gain: float
    sent: float = _USUAL_RETURN[0]
    came: float = _USUAL_RETURN[1]


def start() -> LevelState:
    """The gain that suits a typical mix."""
    return LevelState(OUT_LUFS - _FIRST_GAIN_DB, _TRUST_QUANTA, 0.0, _FIRST_GAIN_DB, np.zeros(1), 1.0)


CENTRES_HZ: Final = (
    25.0, 50.0, 75.0, 100.0, 137.5, 187.5, 250.0, 325.0, 412.5, 525.0, 675.0, 875.0, 1_125.0, 1_437.5, 1_837.5,
    2_350.0, 3_000.0, 3_825.0, 4_875.0, 6_212.5, 7_912.5, 10_087.5, 12_862.5, 17_000.0,
)  # fmt: skip
"""Of the bands of ``bands``: single bins at the bottom, a third of an octave at the top."""


def _power_gain(hz: Float64Array) -> Float64Array:
    """K-weighting as a gain of power."""
    response = np.ones(hz.shape, complex)
    for weighting in filtering.K_WEIGHTING:
        response *= filtering.response(weighting, hz)
    gain: Float64Array = np.square(np.abs(response))
    return gain


K_WEIGHTS: Final = _power_gain(np.array(CENTRES_HZ))


@cache
def _sums() -> Float32Array:
    """Which bins make up each band, and the scale of a mean square, float32 ``(1922, bands)``.

    Each bin counts twice, for its real and its imaginary part.
    """
    hz = fft.rfftfreq(QUANTUM_FRAMES, 1 / SAMPLE_RATE_HZ)
    centres = np.array(CENTRES_HZ)
    band = np.searchsorted(np.sqrt(centres[1:] * centres[:-1]), hz)
    sides = np.where(hz == SAMPLE_RATE_HZ / 2, 1.0, 2.0) * (hz > 0)
    members = (band[:, None] == np.arange(centres.shape[0])) * sides[:, None]
    sums: Float32Array = np.repeat(members / QUANTUM_FRAMES**2, 2, axis=0).astype(np.float32)
    return sums


def bands(x: Float32Array) -> Float64Array:
    """Mean square of each quantum in bands, channels added.

    Args:
        x: float32 ``(2, 1920 q)``.

    Returns:
        float64 ``(q, bands)``, in the order of ``CENTRES_HZ``.
    """
    halves = fft.rfft(x.reshape(-1, QUANTUM_FRAMES)).view(np.float32)
    halves *= halves
    quanta = halves.shape[0] // 2
    sums: Float64Array = ((halves[:quanta] + halves[quanta:]) @ _sums()).astype(np.float64)
    return sums


def warm() -> None:
    """Makes the tables."""
    _sums()


def returned(state: LevelState, sent: Float64Array, came: Float64Array) -> tuple[Float64Array, LevelState]:
    """What comes back from room and delay, of the power that is sent: muted parts hardly change it.

    Args:
        state: What it remembers.
        sent: Power that goes to room and delay in each quantum, ``(q,)``.
        came: Power that comes back, ``(q,)``.

    Returns:
        The ratio in each quantum, ``(q,)``, and the new state.
    """
    mean_sent, mean_came = state.sent, state.came
    ratios = []
    for go, come in zip(sent.tolist(), came.tolist(), strict=True):
        if go > _SENT:
            mean_sent += (go - mean_sent) * _RETURN
            mean_came += (come - mean_came) * _RETURN
        ratios.append(mean_came / mean_sent)
    return np.array(ratios), replace(state, sent=mean_sent, came=mean_came)


def course(x: Float32Array) -> tuple[Float64Array, Float64Array]:
    """Mean square, channels added, and largest sample of each cell of float32 ``(2, 64 c)``, both ``(c,)``."""
    return cell_power(x), largest(x).astype(np.float64)


def ride(
    state: LevelState,
    power: Float64Array,
    raw: Float64Array,
    cells: tuple[Float64Array, Float64Array],
    amount: Float64Array,
    fresh: Float64Array,
    moved_db: Float64Array,
) -> tuple[Float64Array, Float64Array, LevelState]:
    """Automatic level and compressor, both of which hear through mutes.

    The level comes to ``OUT_LUFS`` after what the compressor is going to take, and clipper and limiter are likely to.

    Args:
        state: What it remembers.
        power: K-weighted power of the whole unmuted mix in each quantum, ``(q,)``, as the master will make it.
        raw: The same of the mix that ``cells`` are of.
        cells: From ``course``.
        amount: How tight the compressor is, 0 to 1, at quantum borders, ``(q + 1,)``.
        fresh: 1 where the style is changing, else 0, ``(q,)``: what was heard before counts for little then.
        moved_db: By how much what follows the music slowly has moved the power of the mix in each quantum, ``(q,)``:
            the level need not wait to hear that.

    Returns:
        The level's gains at quantum borders, ``(q + 1,)``; the compressor's at cell borders, ``(30 q + 1,)``, each of
        which depends on cells before it only; and the new state.
    """
    rows = cells[0].reshape(-1, CELLS_PER_QUANTUM)
    rows = rows * (power / np.maximum(rows.mean(axis=1), 1e-12))[:, None]
    envelope, memory = filtering.run(_GLUE_MEAN, rows.reshape(-1), state.glue)
    envelope = np.maximum(envelope, 0.0)
    peaks = cells[1].reshape(rows.shape) * np.sqrt(power / np.maximum(raw, 1e-12))[:, None]
    left: dict[int, list[float]] = {}

    def after(q: int, gain: float) -> float:
        """Power of a quantum before the level's gain, less what is taken after it, between grid points of the gain."""
        place = gain / _GRID_DB
        lower = math.floor(place)
        missing = [point for point in (lower, lower + 1) if point not in left]
        if missing:
            scales = 10 ** (np.array(missing) * _GRID_DB / 10)
            powers = _left(rows, peaks, envelope.reshape(rows.shape), scales, amount[1:]).tolist()
            left.update(zip(missing, powers, strict=True))
        return left[lower][q] + (left[lower + 1][q] - left[lower][q]) * (place - lower)

    mean, weight, short, gain = 10 ** (state.mean_db / 10), state.weight, state.short, state.gain_db
    gains = [gain]
    for q, (new, moved) in enumerate(zip(fresh.tolist(), (10 ** (moved_db / 10)).tolist(), strict=True)):
        now = after(q, gain)
        mean *= moved
        short = short + (now - short) * (_FRESH_SHORT if new else _SHORT) if short else now
        level = _LUFS_OFFSET + 10 * math.log10(short + 1e-12)
        if level > _SILENCE_DB:
            share = 1.0 if short > _GATE * mean else _REST_WEIGHT
            weight = min(weight + share * _AGE, _FRESH_QUANTA if new else _MEMORY_QUANTA)
            mean += (short - mean) * share / weight
            goal = min(_AIM_LUFS - _LUFS_OFFSET - 10 * math.log10(mean + 1e-12), OUT_LUFS + _SURGE_DB - level)
            goal = min(max(goal, -_MAX_GAIN_DB), _MAX_GAIN_DB)
            gain = min(max(goal, gain - (_FRESH_FALL_DB if new else _SLEW_DB)), gain + _SLEW_DB)
        gains.append(gain)
    linear: Float64Array = 10 ** (np.array(gains) / 20)
    glue_gains = np.empty(envelope.shape[0] + 1)
    glue_gains[0] = state.glue_gain
    loud = envelope * to_cells(linear)[1:] ** 2
    glue_gains[1:] = (1.0 + loud / _GLUE_THRESHOLD) ** (_GLUE_EXPONENT * to_cells(amount)[1:])
    mean_db = 10 * math.log10(mean + 1e-12)
    state = replace(
        state,
        mean_db=mean_db,
        weight=weight,
        short=short,
        gain_db=gain,
        glue=memory,
        glue_gain=float(glue_gains[-1]),
    )
    return linear, glue_gains, state


def _left(
    cells: Float64Array, peaks: Float64Array, envelope: Float64Array, scales: Float64Array, amount: Float64Array
) -> Float64Array:
    """Mean power of each quantum before the level's gain, less what compressor, clipper and limiter will take.

    Args:
        cells: Power, ``(q, 30)``.
        peaks: Largest samples, the same shape.
        envelope: What the compressor hears, the same shape.
        scales: Gains of power that the level may have, ``(s,)``.
        amount: How tight, ``(q,)``.

    Returns:
        float64 ``(s, q)``.
    """
    tight, scale = amount[:, None], scales[:, None, None]
    pressed = (1.0 + (scale / _GLUE_THRESHOLD) * envelope) ** (_GLUE_EXPONENT * tight)
    power: Float64Array = cells * np.square(pressed) * clipper.left(pressed * (np.sqrt(scale) * peaks), tight)
    means: Float64Array = power.mean(axis=2)
    return means
