"""One live session: a task group of reader, renderer, sender and watchdog around the sans-I/O session.

::

    socket ─▶ reader ─▶ Session ─▶ renderer ─▶ outbox (bounded) ─▶ sender ─▶ socket

The renderer begins each chunk as late as its due time allows, so that steering counts as early as possible. The engine
state of the last chunk that was sent is what PAUSE goes back to and what a lost worker costs nothing of.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar

import numpy as np

from everjam.audio import QUANTUM_FRAMES, SAMPLE_RATE_HZ, from_pcm16, to_pcm16
from everjam.errors import EverjamError, PeerError, SetupTimeout, TooSlow, close_frame, log_line
from everjam.live.budget import MessageBudget
from everjam.live.clock import Clock
from everjam.live.metrics import Metrics
from everjam.live.worker import RenderCall, Rendered
from everjam.pacing import Pacer
from everjam.protocol import codec
from everjam.protocol.session import Effect, Phase, PlaybackChanged, Session, SetupDone, SteeringChanged

log = logging.getLogger(__name__)
E = TypeVar("E", bound=BaseException)

SETUP_TIMEOUT_SECONDS: Final = 30.0
PROMPT_GRACE_SECONDS: Final = 1.0
STALL_SECONDS: Final = 5.0
FADE_OUT_FRAMES: Final = 12 * QUANTUM_FRAMES
STARVING_SECONDS: Final = 1.0
HEDGE_SHARE: Final = 0.5
MIN_HEDGE_SECONDS: Final = 0.25
FAST_PATIENCE_SECONDS: Final = 2.0
CLOSE_GOING_AWAY: Final = 1001
CLOSE_NORMAL: Final = 1000


class Disconnected(Exception):
    """The peer is gone."""


class Transport(Protocol):
    """A WebSocket that has been accepted."""

    async def receive(self) -> str | bytes:
        """The next message.

        Raises:
            Disconnected: The peer is gone.
        """
        ...

    async def send(self, data: bytes) -> None:
        """Sends one binary frame; returns when the peer has room for more.

        Raises:
            Disconnected: The peer is gone.
        """
        ...

    async def close(self, code: int, reason: str) -> None:
        """Sends a close frame; quiet if the peer is gone."""
        ...


class Renderer(Protocol):
    """Whatever renders calls: the pool of workers, or an engine in this process in tests."""

    async def render(self, call: RenderCall, *, deadline_seconds: float, hedge_seconds: float) -> Rendered:
        """See ``everjam.live.workers.WorkerPool.render``."""
        ...


@dataclass(frozen=True, slots=True)
class JamSettings:
    """How one jam is served.

    Attributes:
        chunk_frames: Length of an audio chunk.
        lead_seconds: Least lead over the listener; None streams as fast as it goes.
        idle_seconds: A jam that does not play is closed after this long without a message.
        stall_seconds: A peer that takes longer to make room for a chunk is closed.
    """

    chunk_frames: int
    lead_seconds: float | None
    idle_seconds: float = 1800.0
    stall_seconds: float = STALL_SECONDS


@dataclass(frozen=True, slots=True)
class _Chunk:
    """Audio on its way to the peer.

    Attributes:
        epoch: The stretch of playback that it belongs to; a chunk of an older one is dropped.
        data: The encoded message.
        frames: Length.
        due_seconds: When it is to be with the listener.
        late_seconds: How much later it was rendered than it was due, or, if its rendering began later than that
            (while the lead builds up, after a slow reader), than it was asked for.
        state: The engine's state after it.
        resets: How many RESET_CONTEXT it and the chunks before it have carried out.
        steered_at_seconds: When the oldest change that it is the first to carry out arrived.
    """

    epoch: int
    data: bytes
    frames: int
    due_seconds: float
    late_seconds: float
    state: bytes
    resets: int
    steered_at_seconds: float | None


class _Over(Exception):
    """The jam ends in an orderly way."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


class Jam:
    """Drives one session from accept to close.

    Args:
        session: The state machine.
        transport: The accepted socket.
        renderer: Renders blocks off the event loop.
        settings: Chunk length, pace, limits.
        clock: Time.
        metrics: Where to count.
        on_starving: Called when a chunk was rendered so late that more than half of the lead was eaten.
    """

    def __init__(
        self,
        session: Session,
        transport: Transport,
        renderer: Renderer,
        settings: JamSettings,
        clock: Clock,
        metrics: Metrics,
        *,
        on_starving: Callable[[], None] = lambda: None,
    ) -> None:
        self._session = session
        self._transport = transport
        self._renderer = renderer
        self._settings = settings
        self._clock = clock
        self._metrics = metrics
        self._on_starving = on_starving
        self._pacer = Pacer(settings.lead_seconds)
        self._outbox: asyncio.Queue[bytes | _Chunk] = asyncio.Queue(1)
        self._playing = asyncio.Event()
        self._prompted = asyncio.Event()
        self._wake = asyncio.Event()
        self._draining = False
        self._engine = ""
        self._epoch = 0
        self._sent_state: bytes | None = None
        self._resets_wanted = 0
        self._resets_sent = 0
        self._played_at_seconds: float | None = None
        self._steered_at_seconds: float | None = None
        self._last_message_seconds = clock.now_seconds()
        self._budget = MessageBudget(clock.now_seconds())
        self._counted_as_playing = False

    @property
    def playing(self) -> bool:
        """Whether music is being sent."""
        return self._session.phase is Phase.PLAYING

    @property
    def engine(self) -> str:
        """Name of the engine that plays, "" before the setup."""
        return self._engine

    def lead_seconds(self) -> float:
        """How far ahead of the listener the audio sent so far reaches."""
        return self._pacer.lead_seconds(self._clock.now_seconds())

    def drain(self) -> None:
        """Fades the music out and closes with 1001, because the server is going away."""
        self._draining = True
        self._wake.set()
        self._playing.set()

    async def run(self) -> int:
        """Serves the session to its end.

        Returns:
            The close code that was sent; 1005 if the peer was gone first.
        """
        code, reason = CLOSE_NORMAL, ""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._read(), name="reader")
                group.create_task(self._render(), name="renderer")
                group.create_task(self._send(), name="sender")
                group.create_task(self._watch(), name="watchdog")
        except* Disconnected:
            code = 1005
        except* _Over as over:
            first = _first(over, _Over)
            code, reason = first.code, first.reason
        except* EverjamError as errors:
            error = _first(errors, EverjamError)
            code, reason = close_frame(error)
            log.log(
                logging.INFO if isinstance(error, PeerError) else logging.ERROR, "session ended: %s", log_line(error)
            )
        except* Exception as errors:
            log.exception("session ended by an unexpected error")
            code, reason = close_frame(errors.exceptions[0])
        finally:
            self._count_as_playing(playing=False)
            self._session.close()
        if code != 1005:
            await self._transport.close(code, reason)
        return code

    # reader ──────────────────────────────────────────────────────────────────────────────────────

    async def _read(self) -> None:
        while True:
            data = await self._transport.receive()
            now = self._clock.now_seconds()
            self._metrics.control_messages.inc()
            self._budget.spend(now, len(data))
            self._last_message_seconds = now
            try:
                self._session.receive(data)
            finally:
                for message in self._session.messages_to_send():
                    await self._outbox.put(message)
            for event in self._session.events():
                self._obey(event, now)

    def _obey(self, event: SetupDone | PlaybackChanged | SteeringChanged, now: float) -> None:
        if isinstance(event, SetupDone):
            self._engine = event.engine
            log.info("session opened: %r is played by the engine %s", event.model[:60], event.engine)
        elif isinstance(event, SteeringChanged):
            self._note_steering(now)
            if self._session.has_prompts:
                self._prompted.set()
        else:
            self._obey_playback(event.effect, now)

    def _obey_playback(self, effect: Effect, now: float) -> None:
        if effect is Effect.RESET:
            self._resets_wanted += 1
            self._note_steering(now)
            return
        if effect in (Effect.START, Effect.RESUME):
            self._played_at_seconds = now
            self._playing.set()
            self._count_as_playing(playing=True)
            return
        self._count_as_playing(playing=False)
        if not self._draining:  # then the renderer must wake up to end the jam
            self._playing.clear()
        self._epoch += 1
        self._wake.set()
        self._wake = asyncio.Event()
        self._pacer.restart()
        self._steered_at_seconds = None
        if effect is Effect.DROP:
            self._sent_state = None

    def _count_as_playing(self, *, playing: bool) -> None:
        if playing is not self._counted_as_playing:
            self._counted_as_playing = playing
            self._metrics.jams_playing.inc(1 if playing else -1)

    def _note_steering(self, now: float) -> None:
        if self.playing and self._steered_at_seconds is None:
            self._steered_at_seconds = now

    # renderer ────────────────────────────────────────────────────────────────────────────────────

    async def _render(self) -> None:
        while True:
            await self._playing.wait()
            if self._draining:
                await self._fade_out()
            await self._await_prompts()
            await self._render_stretch()

    async def _await_prompts(self) -> None:
        """Some clients send PLAY before their prompts: give them a moment, then play the engine's own choice."""
        while self._playing.is_set() and not self._draining and not self._session.has_prompts:
            # Where something has been heard already, PLAY resumes it at once.
            if self._played_at_seconds is None or self._sent_state is not None:
                return
            until = self._played_at_seconds + PROMPT_GRACE_SECONDS
            if until <= self._clock.now_seconds():
                return
            await self._first_of(self._clock.sleep_until(until), self._prompted.wait(), self._wake.wait())

    async def _render_stretch(self) -> None:
        """Renders chunk after chunk until playback is held, stopped or drained."""
        epoch, state, resets = self._epoch, self._sent_state, self._resets_sent
        frames = self._settings.chunk_frames
        while self._playing.is_set() and await self._sleep_until(
            self._pacer.render_at_seconds(self._clock.now_seconds()), epoch
        ):
            # What a slow reader has not taken yet is all that it may hold: one chunk here and one in the socket.
            await self._outbox.join()
            if epoch != self._epoch:
                return
            steered_at, self._steered_at_seconds = self._steered_at_seconds, None
            begin = self._clock.now_seconds()
            due = self._pacer.due_seconds(begin)
            reset, resets = resets < self._resets_wanted, self._resets_wanted
            rendered, metadata = await self._render_block(state, frames, due, reset=reset)
            end = self._clock.now_seconds()
            self._pacer.rendered(end - begin)
            if epoch != self._epoch:
                return
            state = rendered.state
            data = codec.encode_audio(rendered.pcm16, metadata)
            self._pacer.schedule(frames)
            late = max(0.0, end - max(begin, due))
            await self._outbox.put(_Chunk(epoch, data, frames, due, late, state, resets, steered_at))

    async def _render_block(
        self, state: bytes | None, frames: int, due_seconds: float, *, reset: bool
    ) -> tuple[Rendered, bytes]:
        """One block, and the echo of what steered it."""
        snapshot = self._session.snapshot()
        call = RenderCall(self._engine, state, self._session.seed, reset, snapshot.steering, frames)
        lead = self._settings.lead_seconds
        if lead is None:
            # Nobody waits for a recording as a listener waits for the next chunk.
            lead = FAST_PATIENCE_SECONDS
            due_seconds += lead
        hedge = max(MIN_HEDGE_SECONDS, HEDGE_SHARE * lead)
        rendered = await self._renderer.render(call, deadline_seconds=due_seconds, hedge_seconds=hedge)
        return rendered, snapshot.source_metadata

    async def _sleep_until(self, when_seconds: float, epoch: int) -> bool:
        """Sleeps until ``when_seconds``; False, and at once, if playback is held, stopped or drained."""
        if epoch == self._epoch and not self._draining and when_seconds > self._clock.now_seconds():
            await self._first_of(self._clock.sleep_until(when_seconds), self._wake.wait())
        return epoch == self._epoch and not self._draining

    @staticmethod
    async def _first_of(*waits: Coroutine[Any, Any, object]) -> None:
        """Returns when one of them is over, and ends the others."""
        tasks = [asyncio.ensure_future(wait) for wait in waits]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _fade_out(self) -> None:
        """The last sound before the server goes away: half a second that ends in silence."""
        await self._outbox.join()  # the fade goes on from what is still on its way
        epoch = self._epoch
        if self._session.phase is Phase.PLAYING and self._sent_state is not None:
            now = self._clock.now_seconds()
            rendered, metadata = await self._render_block(self._sent_state, FADE_OUT_FRAMES, now, reset=False)
            audio = from_pcm16(rendered.pcm16)
            audio *= np.linspace(1.0, 0.0, len(audio), dtype=np.float32)[:, None]
            faded = codec.encode_audio(to_pcm16(audio), metadata)
            await self._outbox.put(_Chunk(epoch, faded, FADE_OUT_FRAMES, now, 0.0, rendered.state, 0, None))
            await self._outbox.join()
        raise _Over(CLOSE_GOING_AWAY, "The server is going away.")

    # sender ──────────────────────────────────────────────────────────────────────────────────────

    async def _send(self) -> None:
        while True:
            item = await self._outbox.get()
            if isinstance(item, _Chunk):
                await self._send_chunk(item)
            else:
                await self._send_bytes(item)
            self._outbox.task_done()

    async def _send_chunk(self, chunk: _Chunk) -> None:
        await self._sleep_until(chunk.due_seconds, chunk.epoch)
        if chunk.epoch != self._epoch:
            return
        # From here on the chunk counts as heard: a PAUSE that arrives while it is written resumes after it.
        self._sent_state, self._resets_sent = chunk.state, chunk.resets
        await self._send_bytes(chunk.data)
        if chunk.epoch == self._epoch:
            self._count_delivery(chunk)

    async def _send_bytes(self, data: bytes) -> None:
        try:
            async with asyncio.timeout(self._settings.stall_seconds):
                await self._transport.send(data)
        except TimeoutError:
            raise TooSlow("The audio is not being read fast enough.") from None

    def _count_delivery(self, chunk: _Chunk) -> None:
        now = self._clock.now_seconds()
        delivery = self._pacer.delivered(chunk.frames, now, chunk.due_seconds)
        metrics = self._metrics
        metrics.chunks.inc()
        if self._settings.lead_seconds is not None:
            metrics.lead_seconds.observe(delivery.lead_seconds)
            metrics.lateness_seconds.observe(chunk.late_seconds)
            if chunk.late_seconds > max(STARVING_SECONDS, self._settings.lead_seconds / 2):
                self._on_starving()
        if delivery.underrun_seconds > 0:
            metrics.underruns.inc()
        if self._played_at_seconds is not None:
            metrics.first_chunk_seconds.observe(now - self._played_at_seconds)
            self._played_at_seconds = None
        if chunk.steered_at_seconds is not None:
            sounds_in = delivery.lead_seconds - chunk.frames / SAMPLE_RATE_HZ
            metrics.control_to_sound_seconds.observe(now - chunk.steered_at_seconds + max(0.0, sounds_in))

    # watchdog ────────────────────────────────────────────────────────────────────────────────────

    async def _watch(self) -> None:
        """Closes sockets that never set up, and jams that nobody has touched for long while nothing plays."""
        opened_at = self._clock.now_seconds()
        await self._clock.sleep_until(opened_at + SETUP_TIMEOUT_SECONDS)
        if self._session.phase is Phase.AWAITING_SETUP:
            raise SetupTimeout(f"No setup within {SETUP_TIMEOUT_SECONDS:.0f} s.")
        while True:
            idle_at = self._last_message_seconds + self._settings.idle_seconds
            if self._session.phase is Phase.PLAYING:
                idle_at = self._clock.now_seconds() + self._settings.idle_seconds
            elif self._clock.now_seconds() >= idle_at:
                raise _Over(CLOSE_NORMAL, f"Nothing has played for {self._settings.idle_seconds / 60:.0f} minutes.")
            await self._clock.sleep_until(idle_at)


def _first(group: BaseExceptionGroup[BaseException], kind: type[E]) -> E:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            return _first(error, kind)
        if isinstance(error, kind):
            return error
    raise TypeError(kind)
