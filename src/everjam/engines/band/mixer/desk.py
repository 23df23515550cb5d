"""The mixing desk: runs every effect over a block, a few quanta at a time, so that buses stay in the CPU's cache."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from everjam.audio import QUANTUM_FRAMES, Float32Array
from everjam.engines.band.instruments.contract import Recording
from everjam.engines.band.mixer import (
    clipper,
    controls,
    delay,
    duck,
    limiter,
    lofi,
    loudness,
    resample,
    reverb,
    tilt,
    voices,
)
from everjam.engines.band.mixer.controls import ControlState
from everjam.engines.band.mixer.delay import DelayState
from everjam.engines.band.mixer.grid import CELL_FRAMES, CELLS_PER_QUANTUM, Float64Array, curve, to_cells, to_samples
from everjam.engines.band.mixer.limiter import LATENCY_FRAMES, LimiterState
from everjam.engines.band.mixer.lofi import LofiState
from everjam.engines.band.mixer.loudness import LevelState
from everjam.engines.band.mixer.reverb import ReverbState
from everjam.engines.band.mixer.tilt import BRIGHTNESS_SPAN_DB, TiltState
from everjam.engines.band.mixer.voices import Fetch, Voice
from everjam.engines.band.score import PARTS

STEMS: Final[tuple[str, ...]] = (*PARTS, "effects")
CHUNK_QUANTA: Final = 13
MUTE_CELLS: Final = 15
"""20 ms."""
_BRIGHTNESS_QUANTUM: Final = 0.55
"""Share of the way to a new brightness in one quantum: about 50 ms to get there."""
_DRIVE: Final = np.float32(6.0)
_DRIVE_LEVEL: Final = np.float32(1 / 3.2)
_WET_POWER: Final = 1.5
"""Power of what comes back from the room, of what is sent."""
_SIDE_POWER: Final = 0.15
"""Share of the loudness that width scales."""
_DULL_POWER: Final = 0.35
"""Share of the loudness that the tape takes."""
_EFFECTS: Final = len(PARTS)

Mutes = tuple[bool, bool, bool, bool, bool, bool]
"""Which parts are silent, in the order of ``score.PARTS``."""


@dataclass(frozen=True, slots=True, eq=False)
class MixerState:
    """All that the mixer remembers; about 250 kB. Arrays in it are never changed.

    Attributes:
        frame: Frame in the jam of the next sample that goes in; it comes out ``LATENCY_FRAMES`` later.
        voices: What sounds, and what is about to.
        kicks: Frames of the kicks that press the others down.
        controls: Faders and sends.
        open: How far each part's mute is open, 0 to 1, float64 ``(6,)``.
        brightness: Smoothed, 0 to 1.
        room: The reverb.
        echo: The delay.
        upsampler: From their rate to the mixer's, float32 ``(2, PHASE_TAPS - 1)``.
        tone: Tilt and width.
        tape: Lo-fi.
        level: Automatic level and compressor.
        limiter: The last stage.
    """

    frame: int
    voices: tuple[Voice, ...]
    kicks: tuple[int, ...]
    controls: ControlState
    open: Float64Array
    brightness: float
    room: ReverbState
    echo: DelayState
    upsampler: Float32Array
    tone: TiltState
    tape: LofiState
    level: LevelState
    limiter: LimiterState


@dataclass(frozen=True, slots=True, eq=False)
class Mixed:
    """What the mixer gives.

    Attributes:
        audio: float32 ``(2, frames)``.
        stems: float32 ``(7, 2, frames)`` in the order of ``STEMS``, adding up to ``audio``; None where not asked for.
        late: Notes that should have sounded and were not ready; they come in with the next block.
    """

    audio: Float32Array
    stems: Float32Array | None
    late: int = 0


class Mixer:
    """Voices in, sound out. Keeps scratch memory between calls, nothing else; one thread at a time.

    Args:
        fetch: Tone to waveform.
        stems: Whether to give stems too, which costs about twice as much.
    """

    def __init__(self, fetch: Fetch, *, stems: bool = False) -> None:
        self._fetch = fetch
        self._groups = 1 + len(STEMS) if stems else 1
        self._scratch = np.empty((2, CHUNK_QUANTA * QUANTUM_FRAMES), np.float32)
        self._buses = np.empty((len(PARTS), 2, CHUNK_QUANTA * QUANTUM_FRAMES), np.float32)

    @staticmethod
    def warm() -> None:
        """Makes all tables."""
        for effect in (reverb, loudness, limiter):
            effect.warm()
        lofi.crackle()

    def start(self) -> MixerState:
        """Silence, frame 0."""
        groups = self._groups
        return MixerState(
            frame=0,
            voices=(),
            kicks=(),
            controls=controls.start(),
            open=np.ones(len(PARTS)),
            brightness=-1.0,
            room=reverb.start(),
            echo=delay.start(),
            upsampler=np.zeros((2, resample.PHASE_TAPS - 1), np.float32),
            tone=tilt.start(groups),
            tape=lofi.start(groups),
            level=loudness.start(),
            limiter=limiter.start(groups),
        )

    def render(self, state: MixerState, mutes: Mutes, brightness: float, frames: int) -> tuple[Mixed, MixerState]:
        """The next ``frames`` of sound.

        Args:
            state: Where to go on from, with or without stems. Its ``voices``, ``kicks`` and ``controls.cues`` already
                hold what is to come until ``duck.AHEAD_FRAMES`` after the block. It is not changed.
            mutes: Which parts are silent from the first frame on.
            brightness: 0 to 1.
            frames: A multiple of ``QUANTUM_FRAMES``.

        Returns:
            The sound and the next state.
        """
        state = _regrouped(state, self._groups)
        end = state.frame + frames
        ready, waiting = self._cast(state.voices, end)
        audio = np.empty((2, frames), np.float32)
        stems = np.empty((len(STEMS), 2, frames), np.float32) if self._groups > 1 else None
        for at in range(0, frames, CHUNK_QUANTA * QUANTUM_FRAMES):
            length = min(CHUNK_QUANTA * QUANTUM_FRAMES, frames - at)
            out, state = self._chunk(state, ready, mutes, brightness, length)
            audio[:, at : at + length] = out[0]
            if stems is not None:
                stems[:, :, at : at + length] = out[1:]
        np.clip(audio, -1.0, 1.0, out=audio)
        kept = (*voices.remaining(ready, state.frame), *waiting)
        state = replace(state, voices=kept, kicks=duck.recent(state.kicks, state.frame))
        return Mixed(audio, stems, sum(voice.start_frame < end for voice in waiting)), state

    def _cast(self, sounding: Sequence[Voice], end: int) -> tuple[list[tuple[Voice, Recording]], list[Voice]]:
        """Who sounds before ``end``, with recordings, and who waits: for the time to come, or to be ready."""
        ready: list[tuple[Voice, Recording]] = []
        waiting: list[Voice] = []
        for voice in sounding:
            if voice.start_frame >= end:
                waiting.append(voice)
            elif (recording := self._fetch(voice.tone)) is None:
                waiting.append(replace(voice, join_frame=end))
            else:
                ready.append((voice, recording))
        return ready, waiting

    def _chunk(
        self,
        state: MixerState,
        ready: Sequence[tuple[Voice, Recording]],
        mutes: Mutes,
        brightness: float,
        frames: int,
    ) -> tuple[Float32Array, MixerState]:
        """A few quanta; returns float32 ``(groups, 2, frames)``."""
        quanta = frames // QUANTUM_FRAMES
        buses = self._buses[:, :, :frames]
        active = voices.add(buses, ready, state.frame)
        values, delays, control_state = controls.follow(state.controls, state.frame // QUANTUM_FRAMES, quanta)
        ducks = values[:, controls.SIDECHAIN].any()
        dip = duck.shape(state.kicks if ducks else (), state.frame, quanta * CELLS_PER_QUANTUM)
        opened = _open(state.open, mutes, quanta * CELLS_PER_QUANTUM)
        mix = np.zeros((self._groups, 2, frames), np.float32)
        sends = np.zeros((2, frames), np.float32)
        heard, dry_power, wet_power = self._parts(buses, active, values, dip, opened, mix, sends)

        seconds = np.exp(values[1:, controls.LOG_SECONDS])
        room_out, room = reverb.process(state.room, sends[0], seconds)
        fed = sends[1] if values[:, controls.DELAY].any() else None
        echo_out, echo = delay.process(state.echo, fed, delays, values[1:, controls.FEEDBACK])
        if echo_out is not None:
            room_out += echo_out
        wet, upsampler = resample.double(room_out, state.upsampler)
        if values[:, controls.LOFI].any():
            lofi.add_crackle(wet, state.frame, values[:, controls.LOFI])
        mix[0] += wet
        if self._groups > 1:
            mix[1 + _EFFECTS] = wet

        bright, last_brightness = _brightness(state.brightness, brightness, quanta)
        tilts = values[:, controls.TILT_DB] + BRIGHTNESS_SPAN_DB * (bright - 0.5)
        tone = tilt.process(state.tone, mix, tilts, values[:, controls.WIDTH])
        tape = lofi.process(state.tape, mix, state.frame, values[:, controls.LOFI])
        below, above = tilt.gains(0.5 * (tilts[1:] + tilts[:-1]))
        power = loudness.measure(heard, below, above)
        power *= 1.0 + _WET_POWER * wet_power / np.maximum(dry_power, 1e-12)
        power *= 1.0 - _DULL_POWER * values[1:, controls.LOFI]
        power *= 1.0 + _SIDE_POWER * (values[1:, controls.WIDTH] ** 2 - 1.0)
        gains, level = loudness.follow(state.level, power)
        mix *= curve(gains)
        glue, level = loudness.glue(level, mix[0])
        mix *= to_samples(glue)
        clipper.process(mix)
        out, limited = limiter.process(state.limiter, mix)
        return out, replace(
            state,
            frame=state.frame + frames,
            controls=control_state,
            open=np.array([cells[-1] for cells in opened]),
            brightness=last_brightness,
            room=room,
            echo=echo,
            upsampler=upsampler,
            tone=tone,
            tape=tape,
            level=level,
            limiter=limited,
        )

    def _parts(
        self,
        buses: Float32Array,
        active: set[int],
        values: Float64Array,
        dip: Float64Array,
        opened: Float64Array,
        mix: Float32Array,
        sends: Float32Array,
    ) -> tuple[Float32Array, Float64Array, Float64Array]:
        """Faders, drive, duck and mutes: buses to mix and sends, in place.

        Returns:
            The dry mix as if nothing were muted, float32 ``(2, frames)``; in each quantum its power and that of what it
            sends, float64 ``(q,)``.
        """
        frames = buses.shape[2]
        heard = np.zeros((2, frames), np.float32)
        dry_power = np.zeros(values.shape[0] - 1)
        wet_power = np.zeros(values.shape[0] - 1)
        scratch = self._scratch[:, :frames]
        for i in sorted(active):
            bus = buses[i]
            bus *= curve(values[:, controls.GAIN.start + i])
            _drive(bus, values[:, controls.DRIVE.start + i], scratch)
            depth = duck.DEPTH[i] * values[:, controls.SIDECHAIN]
            if depth.any() and dip.any():
                bus *= to_samples(1.0 - to_cells(depth) * dip)
            heard += bus
            room = values[:, controls.REVERB.start + i]
            echo = values[:, controls.DELAY.start + i]
            power = np.einsum("cqt,cqt->q", *(bus.reshape(2, -1, QUANTUM_FRAMES),) * 2).astype(np.float64)
            dry_power += power
            wet_power += power * (room[1:] ** 2 + 0.5 * echo[1:] ** 2)
            if (opened[i] != 1.0).any():
                bus *= to_samples(opened[i])
            mix[0] += bus
            if self._groups > 1:
                mix[1 + i] = bus
            if room.any() or echo.any():
                np.add(bus[0], bus[1], out=scratch[0])
                for send, amount in zip(sends, (room, echo), strict=True):
                    np.multiply(scratch[0], curve(0.5 * amount), out=scratch[1])
                    np.add(send, scratch[1], out=send)
        return heard, dry_power, wet_power


def _regrouped(state: MixerState, groups: int) -> MixerState:
    """The state with memories for so many groups: with stems or without, the mix goes on as it is."""
    have = state.limiter.delayed.shape[0]
    if have == groups:
        return state

    def fit(memory: Float32Array) -> Float32Array:
        missing = np.zeros((max(groups - have, 0), *memory.shape[1:]), np.float32)
        return np.concatenate((memory[:groups], missing))

    return replace(
        state,
        tone=replace(state.tone, pivot=fit(state.tone.pivot), mono=fit(state.tone.mono)),
        tape=replace(state.tape, filter=fit(state.tape.filter), history=fit(state.tape.history)),
        limiter=replace(state.limiter, delayed=fit(state.limiter.delayed)),
    )


def _open(now: Float64Array, mutes: Mutes, cells: int) -> Float64Array:
    """How far mutes are open at cell borders, float64 ``(6, cells + 1)``."""
    moved = np.arange(cells + 1) / MUTE_CELLS
    return np.stack(
        [
            np.maximum(start - moved, 0.0) if mute else np.minimum(start + moved, 1.0)
            for start, mute in zip(now.tolist(), mutes, strict=True)
        ]
    )


def _brightness(now: float, wanted: float, quanta: int) -> tuple[Float64Array, float]:
    """Brightness at quantum borders, and the last; a negative ``now`` is a fresh start."""
    values = [wanted if now < 0 else now]
    for _ in range(quanta):
        near = abs(wanted - values[-1]) < 1e-3
        values.append(wanted if near else values[-1] + _BRIGHTNESS_QUANTUM * (wanted - values[-1]))
    return np.array(values), values[-1]


def _drive(bus: Float32Array, amount: Float64Array, scratch: Float32Array) -> None:
    """Soft saturation in place, cross-faded by ``amount`` at quantum borders."""
    if not amount.any():
        return
    np.multiply(bus, _DRIVE, out=scratch)
    np.tanh(scratch, out=scratch)
    scratch *= _DRIVE_LEVEL
    scratch -= bus
    scratch *= curve(amount)
    bus += scratch


assert CELL_FRAMES * CELLS_PER_QUANTUM == QUANTUM_FRAMES
assert LATENCY_FRAMES % CELL_FRAMES == 0
