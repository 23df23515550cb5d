"""The desk: runs every effect over a block, at most two seconds at a time, in buses that are made once."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeVar

import numpy as np

from everjam.audio import QUANTUM_FRAMES, Float32Array
from everjam.engines.band.instruments.contract import Recording
from everjam.engines.band.mixer import (
    channels,
    clipper,
    controls,
    delay,
    duck,
    effects,
    limiter,
    lofi,
    loudness,
    resample,
    reverb,
    spectrum,
    tone,
    voices,
)
from everjam.engines.band.mixer.channels import Channels, ChannelState, Mutes
from everjam.engines.band.mixer.controls import ControlState
from everjam.engines.band.mixer.delay import DelayState
from everjam.engines.band.mixer.grid import (
    CELL_FRAMES,
    CELLS_PER_QUANTUM,
    Float64Array,
    quantum_power,
    to_cells,
    to_samples,
)
from everjam.engines.band.mixer.limiter import LATENCY_FRAMES, LimiterState
from everjam.engines.band.mixer.lofi import LofiState
from everjam.engines.band.mixer.loudness import LevelState
from everjam.engines.band.mixer.reverb import ReverbState
from everjam.engines.band.mixer.slow import SlowState
from everjam.engines.band.mixer.tone import BRIGHTNESS_SPAN_DB, ToneState
from everjam.engines.band.mixer.voices import Fetch, Voice
from everjam.engines.band.score import PARTS

STEMS: Final[tuple[str, ...]] = (*PARTS, "effects")
CHUNK_QUANTA: Final = 50
"""Two seconds: calls cost more than what the cache misses."""
_BRIGHTNESS_QUANTUM: Final = 0.55
"""Share of the way to a new brightness in one quantum: about 50 ms to get there."""
_SIDE_POWER: Final = 0.15
"""Share of the loudness that width scales."""
_EFFECTS: Final = len(PARTS)


@dataclass(frozen=True, slots=True, eq=False)
class MixerState:
    """All that the mixer remembers; about 250 kB. Arrays in it are never changed.

    Attributes:
        frame: Frame in the jam of the next sample that goes in; it comes out ``LATENCY_FRAMES`` later.
        voices: What sounds, and what is about to.
        kicks: Frames of the kicks that press the others down.
        controls: Faders and sends.
        channels: Balance, mutes and effects of the parts.
        brightness: Smoothed, 0 to 1; negative before the first block.
        room: The reverb.
        echo: The delay.
        upsampler: From their rate to the mixer's, float32 ``(2, PHASE_TAPS - 1)``.
        spectrum: The automatic equaliser.
        tone: Its bands, tilt and width.
        tape: Lo-fi.
        level: Automatic level and compressor.
        limiter: The last stage.
    """

    frame: int
    voices: tuple[Voice, ...]
    kicks: tuple[int, ...]
    controls: ControlState
    channels: ChannelState
    brightness: float
    room: ReverbState
    echo: DelayState
    upsampler: Float32Array
    spectrum: SlowState
    tone: ToneState
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
        self._buses = np.empty((len(PARTS), 2, CHUNK_QUANTA * QUANTUM_FRAMES), np.float32)

    @staticmethod
    def warm() -> None:
        """Makes all tables."""
        for effect in (effects, reverb, loudness, tone, limiter):
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
            channels=channels.start(),
            brightness=-1.0,
            room=reverb.start(),
            echo=delay.start(),
            upsampler=np.zeros((2, resample.PHASE_TAPS - 1), np.float32),
            spectrum=spectrum.start(),
            tone=tone.start(groups),
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
            np.clip(out[0], -1.0, 1.0, out=audio[:, at : at + length])
            if stems is not None:
                stems[:, :, at : at + length] = out[1:]
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
        fresh = (values[1:] != values[:-1]).any(axis=1).astype(np.float64)
        parts, channel_state = channels.process(
            state.channels, buses, active, values, fresh, state.kicks, mutes, state.frame, keeps=self._groups > 1
        )
        fine, course = loudness.bands(parts.heard), loudness.course(parts.heard)

        room_out, room = reverb.process(
            state.room, parts.sends[0], np.exp(values[1:, controls.LOG_SECONDS]), values[1:, controls.ROOMS]
        )
        fed = parts.sends[1] if values[:, controls.DELAY].any() else None
        echo_out, echo = delay.process(state.echo, fed, delays, values[1:, controls.FEEDBACK])
        if echo_out is not None:
            room_out += echo_out
        wet, upsampler = resample.double(room_out, state.upsampler)
        back, level = loudness.returned(state.level, quantum_power(parts.sends), quantum_power(wet))
        if values[:, controls.LOFI].any():
            lofi.add_crackle(wet, state.frame, values[:, controls.LOFI])
        mix = self._groups_of(parts, buses, active, wet)

        bright, last_brightness = _brightness(state.brightness, brightness, quanta)
        wanted = spectrum.target_db(values[1:, controls.SPECTRA], bright[1:])
        eq_db, equaliser = spectrum.follow(state.spectrum, fine, wanted, fresh)
        bands = tone.gains(eq_db, values[:, controls.TILT_DB] + BRIGHTNESS_SPAN_DB * (bright - 0.5))
        toned = tone.process(state.tone, mix, bands, values[:, controls.WIDTH])
        tape = lofi.process(state.tape, mix, state.frame, values[:, controls.LOFI])

        power = _expected(fine, bands, values)
        power *= 1.0 + back * parts.sent_power / np.maximum(parts.dry_power, 1e-12)
        amount = values[:, controls.GLUE]
        weighted = fine * loudness.K_WEIGHTS
        moved_db = parts.moved_db + tone.moved_db(bands, weighted, loudness.CENTRES_HZ)
        gains, glue, level = loudness.ride(level, power, weighted.sum(axis=1), course, amount, fresh, moved_db)
        mix *= to_samples(to_cells(gains) * glue)
        clipper.process(mix, to_cells(amount))
        out, limited = limiter.process(state.limiter, mix)
        return out, replace(
            state,
            frame=state.frame + frames,
            controls=control_state,
            channels=channel_state,
            brightness=last_brightness,
            room=room,
            echo=echo,
            upsampler=upsampler,
            spectrum=equaliser,
            tone=toned,
            tape=tape,
            level=level,
            limiter=limited,
        )

    def _groups_of(self, parts: Channels, buses: Float32Array, active: set[int], wet: Float32Array) -> Float32Array:
        """The mix and, where they are asked for, the stems: float32 ``(groups, 2, frames)``."""
        mix = np.zeros((self._groups, *wet.shape), np.float32)
        np.add(parts.mix, wet, out=mix[0])
        if self._groups > 1:
            mix[1 + _EFFECTS] = wet
            for i in active:
                mix[1 + i] = buses[i]
        return mix


def _expected(fine: Float64Array, bands: Float64Array, values: Float64Array) -> Float64Array:
    """K-weighted power of the dry mix in each quantum after tone, tape and width, ``(q,)``."""
    response = tone.power_response(0.5 * (bands[:, 1:] + bands[:, :-1]), loudness.CENTRES_HZ)
    if values[:, controls.LOFI].any():
        response *= lofi.power_response(values[1:, controls.LOFI], loudness.CENTRES_HZ)
    power: Float64Array = (fine * loudness.K_WEIGHTS * response).sum(axis=1)
    power *= 1.0 + _SIDE_POWER * (values[1:, controls.WIDTH] ** 2 - 1.0)
    return power


_Memory = TypeVar("_Memory", Float32Array, Float64Array)


def _regrouped(state: MixerState, groups: int) -> MixerState:
    """The state with memories for so many groups: with stems or without, the mix goes on as it is."""
    have = state.limiter.delayed.shape[0]
    if have == groups:
        return state

    def fit(memory: _Memory) -> _Memory:
        missing = np.zeros((max(groups - have, 0), *memory.shape[1:]), memory.dtype)
        return np.concatenate((memory[:groups], missing))

    return replace(
        state,
        tone=replace(state.tone, memory=fit(state.tone.memory)),
        tape=replace(state.tape, filter=fit(state.tape.filter), history=fit(state.tape.history)),
        limiter=replace(state.limiter, delayed=fit(state.limiter.delayed)),
    )


def _brightness(now: float, wanted: float, quanta: int) -> tuple[Float64Array, float]:
    """Brightness at quantum borders, and the last; a negative ``now`` is a fresh start."""
    values = [wanted if now < 0 else now]
    for _ in range(quanta):
        near = abs(wanted - values[-1]) < 1e-3
        values.append(wanted if near else values[-1] + _BRIGHTNESS_QUANTUM * (wanted - values[-1]))
    return np.array(values), values[-1]


assert CELL_FRAMES * CELLS_PER_QUANTUM == QUANTUM_FRAMES
assert LATENCY_FRAMES % CELL_FRAMES == 0
