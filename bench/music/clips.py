"""What is listened to: clips rendered by the band's engine, and scores by its composer alone."""

import time
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

import numpy as np

from everjam.audio import QUANTUM_FRAMES, SAMPLE_RATE_HZ, BeatEvent, Float32Array, NoteEvent
from everjam.engines.band.composer import Composer
from everjam.engines.band.engine import BandEngine, BandState
from everjam.engines.band.instruments.cache import WaveformCache
from everjam.engines.band.score import Bar
from everjam.steering import Controls, Scale, Steering, WeightedPrompt

BLOCK_FRAMES = 50 * QUANTUM_FRAMES
"""2 s, as for Google's clients."""
Value = float | int | bool


@dataclass(frozen=True, slots=True)
class Ask:
    """What a listener asks for from a moment on.

    Attributes:
        prompts: Texts and weights.
        controls: Names and values of the fields that are set, sorted by name; a scale is the API's number.
        from_seconds: When; takes effect at the next block.
    """

    prompts: tuple[tuple[str, float], ...]
    controls: tuple[tuple[str, Value], ...] = ()
    from_seconds: float = 0.0

    def steering(self) -> Steering:
        """As the engine takes it."""
        fields = dict(self.controls)
        if "scale" in fields:
            fields["scale"] = Scale(int(fields["scale"]))
        controls = replace(Controls(), **fields)  # type: ignore[arg-type]
        return Steering(tuple(WeightedPrompt(text, weight) for text, weight in self.prompts if weight), controls)


@dataclass(frozen=True, slots=True)
class Clip:
    """One thing to listen to, or to read.

    Attributes:
        asks: In order of time; the first from 0.
        seed: Fixes the music.
        seconds: Length; a score is composed to the end of the bar.
        kind: ``sound``, ``stems`` (sound with stems), or ``score`` (composed only).
    """

    asks: tuple[Ask, ...]
    seed: int
    seconds: float
    kind: Literal["sound", "stems", "score"] = "sound"

    @property
    def prompt(self) -> str:
        """The first prompt's text."""
        return self.asks[0].prompts[0][0]

    @property
    def asked(self) -> dict[str, Value]:
        """The controls set first."""
        return dict(self.asks[0].controls)


def clip(
    prompt: str, seed: int, seconds: float, kind: Literal["sound", "stems", "score"] = "sound", **controls: Value
) -> Clip:
    """A clip of one prompt with fixed controls."""
    return Clip((Ask(((prompt, 1.0),), tuple(sorted(controls.items()))),), seed, seconds, kind)


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """A clip as it was played, or composed.

    Attributes:
        clip: What was asked for.
        audio: float32 ``(frames, 2)`` at 48 kHz; empty for a score.
        stems: Part to float32 ``(frames, 2)``; empty unless asked for.
        notes: As the engine reports them; empty for a score.
        beats: As the engine reports them; empty for a score.
        bars: As the composer writes them; empty for sound.
        block_ms: CPU time of each block of sound, or of composing each bar.
    """

    clip: Clip
    audio: Float32Array
    stems: dict[str, Float32Array]
    notes: tuple[NoteEvent, ...]
    beats: tuple[BeatEvent, ...]
    bars: tuple[Bar, ...]
    block_ms: tuple[float, ...]


@cache
def _engine(stems: bool) -> BandEngine:  # noqa: FBT001
    return BandEngine(stems=stems, waveforms=_waveforms())


@cache
def _waveforms() -> WaveformCache:
    return WaveformCache()


@cache
def _composer() -> Composer:
    return Composer()


def play(wanted: Clip) -> Heard:
    """Plays or composes a clip. The waveform cache is shared by the clips of a process; it never changes the sound."""
    return _compose(wanted) if wanted.kind == "score" else _render(wanted)


def _render(wanted: Clip) -> Heard:
    band = _engine(wanted.kind == "stems")
    state: BandState = band.start(wanted.seed)
    blocks, times = [], []
    frames = round(wanted.seconds * SAMPLE_RATE_HZ / QUANTUM_FRAMES) * QUANTUM_FRAMES
    for at in range(0, frames, BLOCK_FRAMES):
        steering = _steering_at(wanted, at / SAMPLE_RATE_HZ)
        begin = time.process_time()
        block, state = band.render(state, steering, min(BLOCK_FRAMES, frames - at))
        times.append(1000 * (time.process_time() - begin))
        blocks.append(block)
    stems = {name: np.concatenate([block.stems[name] for block in blocks]) for name in blocks[0].stems}
    return Heard(
        wanted,
        np.concatenate([block.audio for block in blocks]),
        stems,
        tuple(note for block in blocks for note in block.notes),
        tuple(beat for block in blocks for beat in block.beats),
        (),
        tuple(times),
    )


def _compose(wanted: Clip) -> Heard:
    composer = _composer()
    memory, now, bars, times = composer.start(), 0.0, [], []
    while now < wanted.seconds:
        begin = time.process_time()
        bar, memory = composer.compose(memory, _steering_at(wanted, now), wanted.seed)
        times.append(1000 * (time.process_time() - begin))
        bars.append(bar)
        now += bar_seconds(bar)
    return Heard(wanted, np.empty((0, 2), np.float32), {}, (), (), tuple(bars), tuple(times))


def bar_seconds(bar: Bar) -> float:
    """Length of a bar."""
    return bar.length_beats * 60 / (bar.bpm * bar.tempo_scale)


def _steering_at(wanted: Clip, seconds: float) -> Steering:
    current = wanted.asks[0]
    for ask in wanted.asks:
        if ask.from_seconds <= seconds + 1e-6:
            current = ask
    return current.steering()
