"""The tutorial engine and test double: one sine a prompt, pulsing with the beat.

It shows the whole contract in little code: integer frequencies and an integer beat phase make every sample a function
of the frame number, so blocks of any size join without a seam, and the state is a handful of numbers.
"""

from dataclasses import dataclass, replace
from typing import ClassVar, Final
from zlib import crc32

import numpy as np

from everjam.audio import QUANTUM_FRAMES, SAMPLE_RATE_HZ, BeatEvent, Block, Float32Array, NoteEvent
from everjam.engines.base import EngineInfo, Ingredient, Meaning, check_frames
from everjam.steering import Scale, Steering

PHASES_PER_BEAT: Final = 60 * SAMPLE_RATE_HZ
"""A beat at b bpm lasts PHASES_PER_BEAT / b frames; counting b phases a frame keeps the beat exact."""
DEFAULT_BPM: Final = 120
PENTATONIC: Final = (0, 2, 4, 7, 9)
PEAK: Final = 0.25


@dataclass(frozen=True, slots=True)
class ToneState:
    """All that the engine remembers.

    Attributes:
        seed: Transposes everything by up to eleven semitones.
        frame: Frame in the jam of the next sample.
        beat_phase: Position in the beat grid, in ``PHASES_PER_BEAT``-ths of a beat since the start.
        gains: Frequency in Hz to the gain at which the last block ended.
    """

    seed: int
    frame: int = 0
    beat_phase: int = 0
    gains: tuple[tuple[int, float], ...] = ()


class ToneEngine:
    """One sine a prompt: pitch from the text, loudness from the weight, pulse from the tempo."""

    info: ClassVar[EngineInfo] = EngineInfo(
        name="tone",
        title="One sine tone a prompt: for tests and tutorials, not for listening",
        models=("models/everjam-tone",),
        licence="Apache-2.0; the output is yours",
        obeys={
            "bpm": "exact",
            "scale": "exact",
            "seed": "exact",
            "brightness": "approximate",
            "temperature": "ignored",
            "top_k": "ignored",
            "guidance": "ignored",
            "density": "ignored",
            "mute_bass": "ignored",
            "mute_drums": "ignored",
            "only_bass_and_drums": "ignored",
            "music_generation_mode": "ignored",
        },
    )

    def warm(self) -> None:
        """Nothing to prepare."""

    def start(self, seed: int) -> ToneState:
        """Silence at frame 0."""
        return ToneState(seed=seed)

    def reset(self, state: ToneState, seed: int) -> ToneState:
        """The same sound under a new seed: tones fade over within one quantum, the beat goes on."""
        return replace(state, seed=seed)

    def seek(self, seed: int, bar: int, steering: Steering) -> ToneState:
        """The beat of any bar is known, and nothing else depends on where it is."""
        del steering
        return ToneState(seed=seed, beat_phase=4 * bar * PHASES_PER_BEAT)

    def render(self, state: ToneState, steering: Steering, frames: int) -> tuple[Block, ToneState]:
        """See ``everjam.engines.base.Engine.render``."""
        check_frames(frames, QUANTUM_FRAMES)
        bpm = steering.controls.bpm or DEFAULT_BPM
        before, after = dict(state.gains), self._target_gains(state.seed, steering)
        index = np.arange(frames, dtype=np.int64)
        mono = np.zeros(frames)
        for frequency_hz in sorted(before | after):
            cycles = (frequency_hz * (state.frame + index)) % SAMPLE_RATE_HZ / SAMPLE_RATE_HZ
            gain = _ramp(before.get(frequency_hz, 0.0), after.get(frequency_hz, 0.0), index)
            mono += gain * np.sin(2 * np.pi * cycles)
        phase = state.beat_phase + bpm * index
        mono *= 0.75 + 0.25 * np.cos(2 * np.pi * (phase % PHASES_PER_BEAT) / PHASES_PER_BEAT)
        audio: Float32Array = np.repeat(mono.astype(np.float32)[:, None], 2, axis=1)
        following = replace(
            state,
            frame=state.frame + frames,
            beat_phase=state.beat_phase + bpm * frames,
            gains=tuple(sorted(after.items())),
        )
        beats = _beats(state, bpm, frames)
        return Block(audio, state.frame, beats=beats, notes=_notes(beats, after, bpm)), following

    def explain(self, steering: Steering) -> tuple[Meaning, ...]:
        """Each prompt is a pitch."""
        return tuple(
            Meaning(
                prompt.text,
                prompt.weight,
                (Ingredient("sine", f"a tone, {_step(prompt.text)} steps up", 1.0, "its letters pick the pitch"),),
            )
            for prompt in steering.prompts
        )

    def gm_program(self, instrument: str) -> int | None:
        """General MIDI: a sine is nearest to program 79, the ocarina."""
        return 79 if instrument == "sine" else None

    @staticmethod
    def _target_gains(seed: int, steering: Steering) -> dict[int, float]:
        scale = steering.controls.scale
        tonic = scale.major_tonic if isinstance(scale, Scale) else seed % 12
        prompts = steering.prompts
        total = sum(abs(prompt.weight) for prompt in prompts)
        brightness = 0.5 if steering.controls.brightness is None else steering.controls.brightness
        gains: dict[int, float] = {}
        for prompt in prompts:
            step = _step(prompt.text)
            key = 48 + tonic + PENTATONIC[step % 5] + 12 * (step // 5)
            fundamental_hz = round(440 * 2 ** ((key - 69) / 12))
            share = PEAK * max(prompt.weight, 0.0) / total
            gains[fundamental_hz] = gains.get(fundamental_hz, 0.0) + share
            gains[2 * fundamental_hz] = gains.get(2 * fundamental_hz, 0.0) + share * brightness
        return gains or {round(440 * 2 ** ((48 + tonic - 69) / 12)): PEAK}


def _step(text: str) -> int:
    """Which of the ten tones of two octaves a text is."""
    return crc32(text.encode()) % 10


def _ramp(start: float, end: float, index: np.ndarray) -> np.ndarray | float:
    """Gain that moves from ``start`` to ``end`` within the first quantum of a block."""
    if start == end:
        return end
    return start + (end - start) * np.minimum(1.0, index / QUANTUM_FRAMES)


def _beats(state: ToneState, bpm: int, frames: int) -> tuple[BeatEvent, ...]:
    first = -(-state.beat_phase // PHASES_PER_BEAT)
    last = (state.beat_phase + bpm * (frames - 1)) // PHASES_PER_BEAT
    return tuple(
        BeatEvent(
            frame=state.frame + -(-(beat * PHASES_PER_BEAT - state.beat_phase) // bpm),
            bar=beat // 4,
            beat=beat % 4,
            bpm=bpm,
            meter=(4, 4),
        )
        for beat in range(first, last + 1)
    )


def _notes(beats: tuple[BeatEvent, ...], gains: dict[int, float], bpm: int) -> tuple[NoteEvent, ...]:
    length = PHASES_PER_BEAT // bpm
    keys = sorted({round(69 + 12 * np.log2(hz / 440)) for hz in gains})
    return tuple(NoteEvent("melody", "sine", key, 0.8, beat.frame, length) for beat in beats for key in keys)
