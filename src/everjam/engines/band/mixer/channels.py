"""The channels of the desk: each part's bus through fader, drive, effects, duck and mute, to mix and sends.

Faders and sends of all parts are one matrix a quantum, from buses to mix and sends. Only what hears how loud a part is,
or moves faster than a quantum, is worked out on the part's own bus before.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.linalg.blas import saxpy

from everjam.audio import QUANTUM_FRAMES, Float32Array
from everjam.engines.band.mixer import balance, controls, duck, effects
from everjam.engines.band.mixer.grid import CELLS_PER_QUANTUM, Float64Array, curve, to_cells, to_samples
from everjam.engines.band.mixer.slow import SlowState
from everjam.engines.band.score import EFFECTS, PARTS, Effect

MUTE_CELLS: Final = 15
"""20 ms."""
_PIECE_QUANTA: Final = 10
"""What makes copies of the sound works on so much at once, so that they stay in the CPU's cache."""
_SUMS: Final = 4
"""Left, right, what is sent to the room and what is sent to the delay."""
_DRIVE: Final = np.float32(6.0)
_DRIVE_LEVEL: Final = np.float32(1 / 3.2)
_RISE: Final = (np.arange(QUANTUM_FRAMES) / QUANTUM_FRAMES).astype(np.float32)
"""Where each sample of a quantum lies between its borders."""

Mutes = tuple[bool, bool, bool, bool, bool, bool]
"""Which parts are silent, in the order of ``score.PARTS``."""


@dataclass(frozen=True, slots=True, eq=False)
class ChannelState:
    """What the channels remember.

    Attributes:
        balance: The automatic faders.
        open: How far each part's mute is open, 0 to 1, float64 ``(6,)``.
        effects: Memories of the effects that are in use, by effect and number of the part.
    """

    balance: SlowState
    open: Float64Array
    effects: Mapping[tuple[Effect, int], Float32Array]


@dataclass(frozen=True, slots=True, eq=False)
class Channels:
    """What comes out of the channels.

    Attributes:
        mix: float32 ``(2, frames)``.
        heard: The mix as if nothing were muted; ``mix`` itself where nothing is.
        sends: To room and delay, float32 ``(2, frames)``.
        dry_power: Of ``heard`` in each quantum, parts added, ``(q,)``.
        sent_power: Of what unmuted parts would send, ``(q,)``.
        moved_db: By how much the automatic faders have moved the power of the mix in each quantum, ``(q,)``.
    """

    mix: Float32Array
    heard: Float32Array
    sends: Float32Array
    dry_power: Float64Array
    sent_power: Float64Array
    moved_db: Float64Array


def start() -> ChannelState:
    """All open, nothing heard."""
    return ChannelState(balance.start(), np.ones(len(PARTS)), {})


def process(
    state: ChannelState,
    buses: Float32Array,
    active: set[int],
    values: Float64Array,
    fresh: Float64Array,
    kicks: tuple[int, ...],
    mutes: Mutes,
    frame: int,
    *,
    keeps: bool,
) -> tuple[Channels, ChannelState]:
    """Parts to mix and sends.

    Args:
        state: What they remember.
        buses: float32 ``(6, 2, 1920 q)``, changed in place.
        active: The parts that sound; buses of others may hold anything, and those between are made silent.
        values: Controls at quantum borders, ``(q + 1, controls.SIZE)``.
        fresh: 1 where the style is changing, else 0, ``(q,)``.
        kicks: Frames of the kicks.
        mutes: Which parts are silent from the first frame on.
        frame: First frame in the jam.
        keeps: Whether the buses of the parts that sound are to be left as they go into the mix.

    Returns:
        What comes out, and the new state.
    """
    cells, frames = (values.shape[0] - 1) * CELLS_PER_QUANTUM, buses.shape[2]
    span = _span(buses, active)
    powers, faders, moved_db, balanced = _faders(state.balance, buses, span, values, fresh)
    depths = duck.DEPTH[:, None] * values[:, controls.SIDECHAIN]
    dip = duck.shape(kicks, frame, cells) if kicks and depths.any() else None
    is_used: list[bool] = (values != 0).any(axis=0).tolist()
    scratch = np.empty((2, frames), np.float32)
    memories: dict[tuple[Effect, int], Float32Array] = {}
    for i in active:
        ducked = None if dip is None or not depths[i].any() else 1.0 - to_cells(depths[i]) * dip
        if _is_shaped(is_used, i):
            bus = buses[i]
            bus *= curve(faders[i])
            if is_used[controls.DRIVE.start + i]:
                _drive(bus, values[:, controls.DRIVE.start + i], scratch)
            _effects(state.effects, memories, bus, i, values, is_used, frame)
            faders[i] = 1.0
        if ducked is not None:
            buses[i] *= to_samples(to_cells(faders[i]) * ducked)
            faders[i] = 1.0
    room, echo = (values[:, sliders].T for sliders in (controls.REVERB, controls.DELAY))
    weights = _weights(faders, room, echo)[:, :, span].reshape(values.shape[0], _SUMS, -1)
    blended = _blend(buses[span], weights)
    heard, opened = blended[:2], state.open
    if any(mutes) or (opened != 1.0).any():
        ways = _open(opened, mutes, cells)
        for i in active:
            if (ways[i] != 1.0).any():
                buses[i] *= to_samples(ways[i])
        blended, opened = _blend(buses[span], weights), ways[:, -1].copy()
    if keeps:
        for i in active:
            buses[i] *= curve(faders[i])
    sent_power = 0.5 * (powers * (room[:, 1:] ** 2 + echo[:, 1:] ** 2)).sum(axis=0)
    after = ChannelState(balanced, opened, memories)
    return Channels(blended[:2], heard, blended[2:], powers.sum(axis=0), sent_power, moved_db), after


def _weights(faders: Float64Array, room: Float64Array, echo: Float64Array) -> Float64Array:
    """How much of each side of each part goes into mix and sends at quantum borders, float64 ``(q + 1, 4, 6, 2)``.

    Args:
        faders: ``(6, q + 1)``, as are the two others.
        room: To the room, which hears the sides added.
        echo: To the delay.
    """
    weights = np.zeros((faders.shape[1], _SUMS, *faders.shape[:1], 2))
    weights[:, 0, :, 0] = weights[:, 1, :, 1] = faders.T
    weights[:, 2] = (0.5 * faders * room).T[:, :, None]
    weights[:, 3] = (0.5 * faders * echo).T[:, :, None]
    return weights


def _blend(buses: Float32Array, weights: Float64Array) -> Float32Array:
    """Mix and sends, float32 ``(4, 1920 q)``.

    Args:
        buses: float32 ``(parts, 2, 1920 q)``.
        weights: How much of each side goes into each sum at quantum borders, ``(q + 1, 4, 2 parts)``.
    """
    quanta = weights.shape[0] - 1
    seen = buses.reshape(-1, quanta, QUANTUM_FRAMES).transpose(1, 0, 2)
    out = np.empty((_SUMS, quanta, QUANTUM_FRAMES), np.float32)
    made = out.transpose(1, 0, 2)
    steps = weights[1:] - weights[:-1]
    if steps.any():
        both = np.concatenate((weights[:-1], steps), axis=1).astype(np.float32)
        for piece in (slice(at, at + _PIECE_QUANTA) for at in range(0, quanta, _PIECE_QUANTA)):
            lines = np.matmul(both[piece], seen[piece])
            lines[:, _SUMS:] *= _RISE
            np.add(lines[:, :_SUMS], lines[:, _SUMS:], out=made[piece])
    else:
        np.matmul(weights[0].astype(np.float32), seen, out=made)
    return out.reshape(_SUMS, -1)


def _span(buses: Float32Array, active: set[int]) -> slice:
    """From the first to the last part that sounds; those that stand idle between them are made silent."""
    span = range(min(active, default=0), max(active, default=0) + 1)
    for i in span:
        if i not in active:
            buses[i] = 0
    return slice(span.start, span.stop)


def _faders(
    state: SlowState, buses: Float32Array, span: slice, values: Float64Array, fresh: Float64Array
) -> tuple[Float64Array, Float64Array, Float64Array, SlowState]:
    """The faders.

    Returns:
        Powers of the parts behind them, ``(6, q)``; their gains, ``(6, q + 1)``; by how many dB those that move by
        themselves have moved the mix, ``(q,)``; and the new state.
    """
    powers = np.zeros((len(PARTS), values.shape[0] - 1))
    powers[span] = balance.measure(buses[span])
    at_rest = powers * controls.BALANCE[:, None] ** 2
    gains, moved_db, after = balance.follow(state, at_rest, balance.target_db(values[1:, controls.SPECTRA]), fresh)
    gains *= values[:, controls.GAIN].T
    return powers * gains[:, 1:] ** 2, gains, moved_db, after


def _drive(bus: Float32Array, amount: Float64Array, scratch: Float32Array) -> None:
    """Soft saturation in place, cross-faded by ``amount`` at quantum borders."""
    np.multiply(bus, _DRIVE, out=scratch)
    np.tanh(scratch, out=scratch)
    gain = curve(amount)
    if isinstance(gain, np.ndarray):
        scratch *= _DRIVE_LEVEL
        scratch -= bus
        scratch *= gain
        bus += scratch
        return
    bus *= np.float32(1) - gain
    for side, driven in zip(bus, scratch, strict=True):
        saxpy(driven, side, driven.shape[0], gain * _DRIVE_LEVEL)


def _is_shaped(is_used: list[bool], part: int) -> bool:
    """Whether a part goes through anything that hears how loud it is."""
    first = controls.EFFECTS.start + part * len(EFFECTS)
    return is_used[controls.DRIVE.start + part] or any(is_used[first : first + len(EFFECTS)])


def _effects(
    before: Mapping[tuple[Effect, int], Float32Array],
    after: dict[tuple[Effect, int], Float32Array],
    bus: Float32Array,
    part: int,
    values: Float64Array,
    is_used: list[bool],
    frame: int,
) -> None:
    """A part's effects in place; their memories go to ``after``."""
    first = controls.EFFECTS.start + part * len(EFFECTS)
    for number, effect in enumerate(EFFECTS, first):
        if is_used[number]:
            memory = before.get((effect, part))
            if memory is None:
                memory = np.zeros(effects.MEMORY[effect], np.float32)
            depth = values[:, number]
            for at in range(0, depth.shape[0] - 1, _PIECE_QUANTA):
                piece = bus[:, at * QUANTUM_FRAMES : (at + _PIECE_QUANTA) * QUANTUM_FRAMES]
                now = depth[at : at + _PIECE_QUANTA + 1]
                memory = effects.PROCESS[effect](memory, piece, now, frame + at * QUANTUM_FRAMES)
            after[effect, part] = memory


def _open(now: Float64Array, mutes: Mutes, cells: int) -> Float64Array:
    """How far mutes are open at cell borders, float64 ``(6, cells + 1)``."""
    moved = np.arange(cells + 1) / MUTE_CELLS
    return np.stack(
        [
            np.maximum(start - moved, 0.0) if mute else np.minimum(start + moved, 1.0)
            for start, mute in zip(now.tolist(), mutes, strict=True)
        ]
    )
