"""A public test kit: a clock that a test moves, a client in memory, and a checker for engines. Needs no pytest."""

import asyncio
import heapq
import itertools
import json
import pickle
from collections.abc import Callable, Coroutine, Iterable, Iterator
from dataclasses import asdict
from typing import Any, Final

import numpy as np
import pybase64

from everjam.audio import QUANTUM_FRAMES, SAMPLE_RATE_HZ, BeatEvent, Float32Array
from everjam.engines import registry
from everjam.engines.base import Engine, Explains, LooksAhead, Seeks, State
from everjam.engines.tone import ToneEngine
from everjam.errors import EverjamError
from everjam.live.delivery import Disconnected
from everjam.live.worker import RenderCall, Rendered, render
from everjam.steering import FIELDS, Controls, MusicGenerationMode, Scale, Steering, WeightedPrompt

__all__ = [
    "EngineCheckError",
    "FakeClock",
    "InlineRenderer",
    "MemoryTransport",
    "ToneEngine",
    "check_engine",
]

MAX_STATE_BYTES: Final = 1_500_000
SPLIT_TOLERANCE: Final = 10 ** (-80 / 20)
SETTLE_ROUNDS: Final = 60
SOUGHT_BAR: Final = 2
FAR_BAR: Final = 5_000


class EngineCheckError(EverjamError):
    """An engine does not keep what ``everjam.engines.base.Engine`` promises."""


class FakeClock:
    """A clock that stands still until a test moves it (``everjam.live.clock.Clock``)."""

    def __init__(self, now_seconds: float = 1000.0) -> None:
        self._now_seconds = now_seconds
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._numbers = itertools.count()

    def now_seconds(self) -> float:
        """The time that the test has set."""
        return self._now_seconds

    async def sleep_until(self, when_seconds: float) -> None:
        """Returns when the test has moved the clock to ``when_seconds``."""
        if when_seconds <= self._now_seconds:
            return
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (when_seconds, next(self._numbers), future))
        await future

    async def advance(self, seconds: float) -> None:
        """Moves the clock, waking every sleeper at its own time, in order, and lets all of them act."""
        target = self._now_seconds + seconds
        await self.settle()
        while self._sleepers and self._sleepers[0][0] <= target:
            when, _, future = heapq.heappop(self._sleepers)
            if future.cancelled():
                continue
            self._now_seconds = max(self._now_seconds, when)
            future.set_result(None)
            await self.settle()
        self._now_seconds = target
        await self.settle()

    @staticmethod
    async def settle() -> None:
        """Lets every task run until it waits for the clock or for a message."""
        for _ in range(SETTLE_ROUNDS):
            await asyncio.sleep(0)


class InlineRenderer:
    """Renders in this process, at once; counts the calls (``everjam.live.jam.Renderer``).

    Args:
        before: Called with every call before it is rendered, e.g. to move a fake clock or to raise.
    """

    def __init__(self, before: Callable[[RenderCall], Coroutine[Any, Any, None]] | None = None) -> None:
        self.calls: list[RenderCall] = []
        self._engines: dict[str, Any] = {}
        self._before = before

    async def render(self, call: RenderCall, *, deadline_seconds: float, hedge_seconds: float) -> Rendered:
        """See ``everjam.live.workers.WorkerPool.render``."""
        del deadline_seconds, hedge_seconds
        self.calls.append(call)
        if self._before is not None:
            await self._before(call)
        return render(self._engines, call)[0]


class MemoryTransport:
    """A WebSocket without a network, seen from both ends (``everjam.live.delivery.Transport``).

    Attributes:
        received: All messages that the server sent, decoded from JSON.
        frames: The same as raw bytes.
        closed: Close code and reason, once the server has closed.
    """

    def __init__(self) -> None:
        self.received: list[dict[str, Any]] = []
        self.frames: list[bytes] = []
        self.closed: tuple[int, str] | None = None
        self._incoming: asyncio.Queue[str | bytes | None] = asyncio.Queue()
        self._readable = asyncio.Event()
        self._readable.set()

    def say(self, message: dict[str, Any] | str | bytes) -> None:
        """The client sends a message: a dictionary as JSON text, text and bytes as they are."""
        self._incoming.put_nowait(json.dumps(message) if isinstance(message, dict) else message)

    def hang_up(self) -> None:
        """The client is gone."""
        self._incoming.put_nowait(None)

    def stop_reading(self) -> None:
        """The client reads nothing more."""
        self._readable.clear()

    def chunks(self) -> list[bytes]:
        """The PCM of all audio chunks so far."""
        contents = (message["serverContent"] for message in self.received if "serverContent" in message)
        return [pybase64.b64decode(content["audioChunks"][0]["data"]) for content in contents]

    async def receive(self) -> str | bytes:
        """The server's side."""
        message = await self._incoming.get()
        if message is None:
            raise Disconnected
        return message

    async def send(self, data: bytes) -> None:
        """The server's side."""
        await self._readable.wait()
        self.frames.append(data)
        self.received.append(json.loads(data))

    async def close(self, code: int, reason: str) -> None:
        """The server's side."""
        self.closed = (code, reason)


def check_engine(engine: str | Engine, *, seconds: float = 4.0) -> None:
    """Checks an engine against everything that the contract promises, without a test framework.

    Args:
        engine: An installed engine's name, or an instance.
        seconds: How much music each check renders; more finds more.

    Raises:
        EngineCheckError: A promise is broken; the message says which, and how far off the engine is.
    """
    subject = registry.load(engine) if isinstance(engine, str) else engine
    subject.warm()
    blocks = max(2, round(seconds / 0.4))
    for check in (_check_info, _check_frames):
        check(subject)
    for steering in _steerings():
        _check_rendering(subject, steering, blocks)
    _check_steering_change(subject, blocks)
    _check_events(subject, blocks)
    if isinstance(subject, Explains):
        _check_explaining(subject)
    if isinstance(subject, Seeks):
        _check_seeking(subject, subject)


def _steerings() -> Iterable[Steering]:
    prompts = (WeightedPrompt("minimal techno", 1.0), WeightedPrompt("harp", 2.0), WeightedPrompt("eerie", -0.5))
    yield Steering()
    yield Steering(prompts, Controls(bpm=133, scale=Scale.A_MAJOR_G_FLAT_MINOR, density=0.9, brightness=0.1))
    yield Steering(prompts[:1], Controls(music_generation_mode=MusicGenerationMode.VOCALIZATION, mute_drums=True))


def _require(holds: object, promise: str) -> None:
    if not holds:
        raise EngineCheckError(promise)


def _check_info(engine: Engine) -> None:
    info = engine.info
    _require(info.name and info.title and info.licence, "info: name, title and licence must say something")
    _require(info.models and all(m.startswith("models/") for m in info.models), "info.models: need models/NAME")
    _require(
        set(info.obeys) == {field.name for field in FIELDS},
        "info.obeys: every field of everjam.steering.FIELDS must be exact, approximate or ignored",
    )


def _check_frames(engine: Engine) -> None:
    state = engine.start(1)
    for frames in (0, -QUANTUM_FRAMES, 1, QUANTUM_FRAMES + 1):
        try:
            engine.render(state, Steering(), frames)
        except ValueError:
            continue
        raise EngineCheckError(f"render: {frames} frames must raise ValueError")


def _render(engine: Engine, state: State, steering: Steering, sizes: Iterable[int]) -> tuple[Float32Array, State]:
    parts = []
    for frames in sizes:
        block, state = engine.render(state, steering, frames)
        audio = block.audio
        _require(audio.dtype == np.float32, f"render: audio must be float32, is {audio.dtype}")
        _require(audio.shape == (frames, 2), f"render: audio must be ({frames}, 2), is {audio.shape}")
        _require(np.isfinite(audio).all(), "render: audio must be finite")
        _require(np.abs(audio).max() <= 1.0, f"render: audio must lie in [-1, 1], peak {np.abs(audio).max():.3f}")
        parts.append(audio)
    return np.concatenate(parts), state


def _check_rendering(engine: Engine, steering: Steering, blocks: int) -> None:
    size = round(0.4 * SAMPLE_RATE_HZ)
    first, state = _render(engine, engine.start(7), steering, [size] * blocks)
    again, _ = _render(engine, engine.start(7), steering, [size] * blocks)
    _require(np.array_equal(first, again), "same seed, steering and blocks must give the same samples")
    _require(np.abs(first[:16]).max() < 0.01, "the first samples must fade in from silence")
    _require(np.abs(first).max() > 0.01, "the engine must be heard")

    pickled = pickle.dumps(state, protocol=5)
    _require(len(pickled) <= MAX_STATE_BYTES, f"the pickled state has {len(pickled)} bytes of {MAX_STATE_BYTES}")
    on, _ = _render(engine, state, steering, [size] * 2)
    resumed, _ = _render(engine, pickle.loads(pickled), steering, [size] * 2)  # noqa: S301  made here
    _require(np.array_equal(on, resumed), "a pickled state must go on with the same samples")
    kept, _ = _render(engine, state, steering, [size] * 2)
    _require(np.array_equal(on, kept), "render must not change the state that it is given")
    if isinstance(engine, LooksAhead):
        for _ in engine.anticipate(state, steering):
            pass
        foreseen, _ = _render(engine, state, steering, [size] * 2)
        _require(np.array_equal(on, foreseen), "anticipate must not change what is heard")

    total = size * blocks
    quanta = [QUANTUM_FRAMES] * (total // QUANTUM_FRAMES)
    split, _ = _render(engine, engine.start(7), steering, quanta)
    difference = float(np.abs(split - first).max())
    _require(difference <= SPLIT_TOLERANCE, f"blocks of 40 ms differ by {difference:.2e}, more than -80 dBFS")


def _check_steering_change(engine: Engine, blocks: int) -> None:
    """No click where the steering changes or the context is reset."""
    size = round(0.4 * SAMPLE_RATE_HZ)
    changed = Steering((WeightedPrompt("bossa nova"),), Controls(bpm=90, brightness=1.0, mute_bass=True))
    before, state = _render(engine, engine.start(3), Steering((WeightedPrompt("funk"),)), [size] * blocks)
    after, state = _render(engine, state, changed, [size] * 2)
    reset, _ = _render(engine, engine.reset(state, 4), changed, [size] * 2)
    whole = np.concatenate((before, after, reset))
    bends = np.abs(np.diff(whole, n=2, axis=0)).max(axis=1)
    usual = float(np.quantile(bends, 0.999)) + 1e-3
    for name, at in (("steering change", len(before)), ("reset", len(before) + len(after))):
        worst = float(bends[at - 3 : at + 2].max())
        _require(worst <= 3 * usual, f"click at the {name}: second difference {worst:.4f}, usual {usual:.4f}")


def _check_events(engine: Engine, blocks: int) -> None:
    """Beats and notes lie in their blocks, in order, as plain numbers that any program can read."""
    state, steering = engine.start(7), Steering((WeightedPrompt("bossa nova"),))
    for _ in range(blocks):
        block, state = engine.render(state, steering, round(0.4 * SAMPLE_RATE_HZ))
        end = block.start_frame + block.frames
        for name, frames in (
            ("beats", [beat.frame for beat in block.beats]),
            ("notes", [note.start_frame for note in block.notes]),
        ):
            inside = all(block.start_frame <= frame < end for frame in frames)
            _require(inside and frames == sorted(frames), f"{name} must lie in their block, in order: {frames}")
        for told in (*map(asdict, block.beats), *map(asdict, block.notes)):
            _require(_is_plain(told), f"beats and notes must hold plain finite numbers and texts: {told}")
        for note in block.notes:
            in_range = 0 <= note.pitch <= 127 and 0 < note.velocity <= 1 and note.duration_frames > 0
            _require(in_range, f"a note's pitch, velocity or duration is out of range: {note}")


def _check_explaining(engine: Explains) -> None:
    """Each prompt is explained under its own text and weight."""
    for steering in _steerings():
        meanings = engine.explain(steering)
        found = [(meaning.text, meaning.weight) for meaning in meanings]
        _require(
            found == [(prompt.text, prompt.weight) for prompt in steering.prompts],
            f"explain: there must be one meaning a prompt, in the order of the prompts, not {found}",
        )
        told = [asdict(meaning) for meaning in meanings]
        _require(_is_plain(told), f"explain: meanings must hold plain finite numbers and texts: {told}")


def _is_plain(value: object) -> bool:
    """Whether JSON can hold it."""
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return False
    return True


def _check_seeking(engine: Engine, seeking: Seeks) -> None:
    """A piece that is entered at a bar is the piece that is played from its start."""
    steering = Steering((WeightedPrompt("bossa nova"),), Controls(bpm=180))
    before = itertools.takewhile(lambda beat: beat.bar <= SOUGHT_BAR, _beats(engine, engine.start(7), steering))
    expected = [_musical(beat) for beat in before if beat.bar == SOUGHT_BAR]
    _require(expected, "seek: an engine that can seek must report its beats")
    for bar in (SOUGHT_BAR, FAR_BAR):
        state = seeking.seek(7, bar, steering)
        first, _ = _render(engine, state, steering, [round(0.4 * SAMPLE_RATE_HZ)] * 2)
        again, _ = _render(engine, seeking.seek(7, bar, steering), steering, [round(0.4 * SAMPLE_RATE_HZ)] * 2)
        _require(np.array_equal(first, again), "seek: same seed, bar and steering must give the same samples")
        _require(np.abs(first[:16]).max() < 0.01, "seek: the first samples must fade in from silence")
        beats = list(itertools.islice(_beats(engine, state, steering), len(expected)))
        at = (beats[0].bar, beats[0].beat)
        _require(at == (bar, 0), f"seek: the music must begin with beat 0 of bar {bar}, not {at[1]} of {at[0]}")
        late = beats[0].frame - QUANTUM_FRAMES
        _require(late <= 0, f"seek: bar {bar} must begin at once, not {late} frames late")
        if bar == SOUGHT_BAR:
            found = [_musical(beat) for beat in beats]
            _require(found == expected, f"seek: bar {bar} must be {expected} as in the piece, not {found}")


def _musical(beat: BeatEvent) -> tuple[object, ...]:
    return beat.bar, beat.beat, beat.bpm, beat.meter, beat.chord, beat.section, beat.key


def _beats(engine: Engine, state: State, steering: Steering) -> Iterator[BeatEvent]:
    """The beats of a minute of music."""
    size = round(0.4 * SAMPLE_RATE_HZ)
    for _ in range(150):
        block, state = engine.render(state, steering, size)
        yield from block.beats
