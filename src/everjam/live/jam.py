"""One live session: a task group of reader, renderer, sender and watchdog around the sans-I/O session.

::

    socket ─▶ reader ─▶ Session ─▶ renderer ─▶ outbox (bounded) ─▶ sender ─▶ socket

The renderer begins each chunk as late as its due time allows, so that steering counts as early as possible. The engine
state of the last chunk that was sent is what PAUSE goes back to and what a lost worker costs nothing of.
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final, Protocol, TypeVar

import numpy as np

from everjam.audio import QUANTUM_FRAMES, SAMPLE_RATE_HZ, from_pcm16, to_pcm16
from everjam.errors import EverjamError, PeerError, SetupTimeout, TakenOver, close_frame, log_line
from everjam.live.budget import MessageBudget
from everjam.live.clock import Clock
from everjam.live.delivery import Chunk, Disconnected, Outbox, Position, Transport
from everjam.live.events import Story
from everjam.live.extension import Resumed
from everjam.live.flow import Flow
from everjam.live.metrics import Metrics
from everjam.live.worker import RenderCall, Rendered
from everjam.pacing import Pacer
from everjam.protocol import codec
from everjam.protocol.session import Carried, Effect, Phase, PlaybackChanged, Session, SetupDone, SteeringChanged

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
class Left:
    """Where a connection was when it ended, for one that goes on in its place."""

    carried: Carried
    position: Position


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
        story: Tells what happens, to clients that ask for it.
        position: Where to go on, if the session goes on with an earlier one.
        bar: Where the piece is to begin if it does not, and the engine can.
        can_seek: Whether an engine can begin at any bar.
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
        story: Story | None = None,
        position: Position | None = None,
        bar: int = 0,
        can_seek: Callable[[str], bool] = lambda _engine: False,
    ) -> None:
        self._session = session
        self._transport = transport
        self._renderer = renderer
        self._settings = settings
        self._clock = clock
        self._metrics = metrics
        self._on_starving = on_starving
        self._story = story
        self._sent = position or Position()
        self._bar = bar
        self._can_seek = can_seek
        self._pacer = Pacer(settings.lead_seconds)
        self._flow = Flow(clock)
        self._outbox = Outbox(transport, self._flow, settings.stall_seconds, self._note_sending, self._count_delivery)
        self._prompted = asyncio.Event()
        self._taken_over = asyncio.Event()
        self._engine = ""
        self._resets_wanted = 0
        self._resets_sent = 0
        self._played_at_seconds: float | None = None
        self._steered_at_seconds: float | None = None
        self._last_message_seconds = clock.now_seconds()
        self._budget = MessageBudget(clock.now_seconds())
        self._counted_as_playing = False
        self._failed = False

    @property
    def playing(self) -> bool:
        """Whether music is being sent."""
        return self._session.phase is Phase.PLAYING

    def lead_seconds(self) -> float:
        """How far ahead of the listener the audio sent so far reaches."""
        return self._pacer.lead_seconds(self._clock.now_seconds())

    def drain(self) -> None:
        """Fades the music out and closes with 1001, because the server is going away."""
        self._flow.drain()

    def leave(self) -> Left | None:
        """Where another connection can go on; None if there is nothing to go on with, or if that would fail again."""
        return None if self._sent.state is None or self._failed else Left(self._session.carry(), self._sent)

    def hand_over(self) -> Left | None:
        """``leave``, because another connection goes on in the place of this one, which ends."""
        self._flow.end()  # nothing more is sent that the other one would send again
        self._taken_over.set()
        return self.leave()

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
                group.create_task(self._outbox.run(), name="sender")
                group.create_task(self._watch(), name="watchdog")
                if self._story is not None:
                    group.create_task(self._await_successor(), name="successor")
        except* Disconnected:
            code = 1005
        except* _Over as over:
            first = _first(over, _Over)
            code, reason = first.code, first.reason
        except* EverjamError as errors:
            error = _first(errors, EverjamError)
            code, reason = close_frame(error)
            is_ours = not isinstance(error, PeerError)
            log.log(logging.ERROR if is_ours else logging.INFO, "session ended: %s", log_line(error))
            self._failed = is_ours
        except* Exception as errors:
            self._failed = True
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
                if isinstance(event, SetupDone):
                    await self._open(event)
                else:
                    self._obey(event, now)

    async def _open(self, event: SetupDone) -> None:
        self._engine = event.engine
        log.info("session opened: %r is played by the engine %s", event.model[:60], event.engine)
        if not event.carried:
            self._sent = Position(bar=self._bar if self._can_seek(event.engine) else 0)
        if self._story is not None:
            resumed: Resumed = "exact" if event.carried else "bar" if self._sent.bar else "no"
            await self._outbox.put(self._story.opened(resumed, self._sent.frame, self._session.phase))

    def _obey(self, event: PlaybackChanged | SteeringChanged, now: float) -> None:
        if isinstance(event, SteeringChanged):
            self._note_steering(now)
            if self._session.has_prompts:
                self._prompted.set()
        else:
            self._obey_playback(event.effect, now)
            if self._story is not None:
                self._story.phase_changed(event.phase)

    def _obey_playback(self, effect: Effect, now: float) -> None:
        if effect is Effect.RESET:
            self._resets_wanted += 1
            self._note_steering(now)
            return
        if effect in (Effect.START, Effect.RESUME):
            self._played_at_seconds = now
            self._flow.begin()
            self._count_as_playing(playing=True)
            return
        self._count_as_playing(playing=False)
        self._flow.end()
        self._pacer.restart()
        self._steered_at_seconds = None
        if effect is Effect.DROP:
            self._sent = Position()

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
            await self._flow.begun()
            if self._flow.draining:
                await self._fade_out()
            await self._await_prompts()
            await self._render_stretch()

    async def _await_prompts(self) -> None:
        """Some clients send PLAY before their prompts: give them a moment, then play the engine's own choice."""
        while self._flow.flowing and not self._flow.draining and not self._session.has_prompts:
            # Where something has been heard already, PLAY resumes it at once.
            if self._played_at_seconds is None or self._sent.state is not None:
                return
            until = self._played_at_seconds + PROMPT_GRACE_SECONDS
            if until <= self._clock.now_seconds():
                return
            await self._flow.first_of(self._clock.sleep_until(until), self._prompted.wait())

    async def _render_stretch(self) -> None:
        """Renders chunk after chunk until playback is held, stopped or drained."""
        stretch, state, resets = self._flow.stretch, self._sent.state, self._resets_sent
        while self._flow.flowing and await self._flow.sleep_until(
            self._pacer.render_at_seconds(self._clock.now_seconds()), stretch
        ):
            # What a slow reader has not taken yet is all that it may hold: one chunk here and one in the socket.
            await self._outbox.emptied()
            if stretch != self._flow.stretch:
                return
            steered_at, self._steered_at_seconds = self._steered_at_seconds, None
            begin = self._clock.now_seconds()
            due = self._pacer.due_seconds(begin)
            reset, resets = resets < self._resets_wanted, self._resets_wanted
            chunk = await self._render_chunk(state, self._settings.chunk_frames, due, reset=reset)
            end = self._clock.now_seconds()
            self._pacer.rendered(end - begin)
            if stretch != self._flow.stretch:
                return
            state = chunk.rendered.state
            self._pacer.schedule(chunk.frames)
            late = max(0.0, end - max(begin, due))
            await self._outbox.put(replace(chunk, late_seconds=late, resets=resets, steered_at_seconds=steered_at))

    async def _render_chunk(
        self, state: bytes | None, frames: int, due_seconds: float, *, reset: bool, fade: bool = False
    ) -> Chunk:
        """One chunk, as it is to be sent."""
        stretch, snapshot, story = self._flow.stretch, self._session.snapshot(), self._story
        call = RenderCall(
            self._engine,
            state,
            self._session.seed,
            reset,
            snapshot.steering,
            frames,
            report=story is not None,
            explain=story is not None and story.wants_explanation(snapshot.steering),
            bar=self._sent.bar if state is None else 0,
        )
        lead, deadline = self._settings.lead_seconds, due_seconds
        if lead is None:
            # Nobody waits for a recording as a listener waits for the next chunk.
            lead = FAST_PATIENCE_SECONDS
            deadline += lead
        hedge = max(MIN_HEDGE_SECONDS, HEDGE_SHARE * lead)
        rendered = await self._renderer.render(call, deadline_seconds=deadline, hedge_seconds=hedge)
        pcm16 = _faded(rendered.pcm16) if fade else rendered.pcm16
        extension = b"" if story is None else story.told_with(call, rendered)
        data = codec.encode_audio(pcm16, snapshot.source_metadata, extension)
        return Chunk(stretch, snapshot, call, rendered, data, due_seconds)

    async def _fade_out(self) -> None:
        """The last sound before the server goes away: half a second that ends in silence."""
        await self._outbox.emptied()  # the fade goes on from what is still on its way
        if self._session.phase is Phase.PLAYING and self._sent.state is not None:
            now = self._clock.now_seconds()
            chunk = await self._render_chunk(self._sent.state, FADE_OUT_FRAMES, now, reset=False, fade=True)
            await self._outbox.put(chunk)
            await self._outbox.emptied()
        raise _Over(CLOSE_GOING_AWAY, "The server is going away.")

    # sent ────────────────────────────────────────────────────────────────────────────────────────

    def _note_sending(self, chunk: Chunk) -> None:
        """From here on the chunk counts as heard: a PAUSE that arrives while it is written resumes after it."""
        self._sent = chunk.after
        self._resets_sent = chunk.resets
        if self._story is not None:
            self._story.sending(chunk, self.lead_seconds())

    def _count_delivery(self, chunk: Chunk) -> None:
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

    # watchdogs ───────────────────────────────────────────────────────────────────────────────────

    async def _await_successor(self) -> None:
        """Ends this connection when another one has taken over."""
        await self._taken_over.wait()
        raise TakenOver("This jam goes on in another connection.")

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


def _faded(pcm16: bytes) -> bytes:
    audio = from_pcm16(pcm16)
    audio *= np.linspace(1.0, 0.0, len(audio), dtype=np.float32)[:, None]
    return to_pcm16(audio)


def _first(group: BaseExceptionGroup[BaseException], kind: type[E]) -> E:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            return _first(error, kind)
        if isinstance(error, kind):
            return error
    raise TypeError(kind)
