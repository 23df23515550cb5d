"""What all sessions of one server share: the workers, the policy, the keys, the count of jams."""

import asyncio
import logging
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from everjam.audio import QUANTUM_FRAMES, SAMPLE_RATE_HZ, seconds_to_frames
from everjam.engines import registry
from everjam.engines.base import Seeks
from everjam.errors import InvalidMessage, ServerBusy, UnknownPath, close_frame, log_line
from everjam.live import lan
from everjam.live.auth import KeyRing
from everjam.live.clock import Clock, SystemClock
from everjam.live.delivery import Transport
from everjam.live.events import Story
from everjam.live.jam import Jam, JamSettings, Renderer
from everjam.live.metrics import Metrics
from everjam.live.named import NamedJam, NamedJams, read_entry
from everjam.live.takes import Takes
from everjam.live.workers import WorkerPool
from everjam.policy import load_policy
from everjam.protocol.session import Session
from everjam.settings import Settings

log = logging.getLogger(__name__)

ENDPOINT: Final = re.compile(
    r"/ws/google\.ai\.generativelanguage\.[A-Za-z0-9_.-]+\.GenerativeService\.BidiGenerateMusic/?$"
)
"""Any version, behind any prefix, with any number of slashes in front: ``//ws`` is what the JavaScript SDK asks for."""

MIN_LEAD_SECONDS: Final = 0.04
MAX_LEAD_SECONDS: Final = 30.0
OVERLOAD_SECONDS: Final = 10.0
DRAIN_SECONDS: Final = 4.0


@dataclass(frozen=True, slots=True)
class Status:
    """How a server is doing, in a line.

    Attributes:
        sessions: Open connections.
        playing: Sessions that play.
        least_lead_seconds: The smallest lead of all that play, None if nothing plays.
        workers: Workers that take calls.
        underruns: Gaps that listeners have heard since the start.
    """

    sessions: int
    playing: int
    least_lead_seconds: float | None
    workers: int
    underruns: int


class Service:
    """The server behind the ASGI app.

    Args:
        settings: As the operator wants it.
        renderer: What renders; None makes a pool of worker processes.
        clock: Time.
    """

    def __init__(self, settings: Settings, *, renderer: Renderer | None = None, clock: Clock | None = None) -> None:
        self.settings = settings
        self.metrics = Metrics()
        self.jams: set[Jam] = set()
        self._clock = clock or SystemClock()
        self.named = NamedJams(self._clock)
        self._policy = load_policy(settings.policy_file, refuse_artists=settings.artist_policy)
        self.keys = KeyRing(settings.api_keys, lan_token=lan.token(settings))
        registry.check(settings.engine, **registry.options(settings.engine, settings))
        # Imports every engine now: a client that names an unknown model must not make the event loop do it.
        options = {info.name: registry.options(info.name, settings) for info in registry.infos()}
        self._pool: WorkerPool | None = None
        if renderer is None:
            renderer = self._pool = WorkerPool(settings.workers, [settings.engine], self.metrics, options)
        self._renderer = renderer
        self.takes = Takes(self._renderer, self._clock, settings.data_dir / "takes")
        self._draining = False
        self._overloaded_until_seconds = 0.0

    async def start(self) -> None:
        """Begins to start the workers."""
        if self._pool is not None:
            await self._pool.start()

    async def wait_ready(self) -> None:
        """Returns when sessions can be served without waiting for a worker."""
        if self._pool is not None:
            await self._pool.wait_ready()

    async def drain(self) -> None:
        """Lets every jam fade out and close with 1001; at most a few seconds."""
        self._draining = True
        for jam in list(self.jams):
            jam.drain()
        deadline = self._clock.now_seconds() + DRAIN_SECONDS
        while self.jams and self._clock.now_seconds() < deadline:
            await self._clock.sleep_until(self._clock.now_seconds() + 0.02)
        self.named.close()

    async def stop(self) -> None:
        """Deletes what has been recorded and ends the workers."""
        await self.takes.close()
        if self._pool is not None:
            await self._pool.stop()

    @property
    def ready(self) -> bool:
        """Whether new sessions can be served."""
        return not self._draining and (self._pool is None or self._pool.ready)

    def not_ready_reason(self) -> str:
        """Why ``ready`` is False, for ``/readyz``."""
        return "stopping" if self._draining else "no render worker is up yet"

    def worker_pids(self) -> list[int]:
        """Process ids of the render workers."""
        return self._pool.pids() if self._pool else []

    def status(self) -> Status:
        """How the server is doing."""
        playing = [jam for jam in self.jams if jam.playing]
        return Status(
            sessions=len(self.jams),
            playing=len(playing),
            least_lead_seconds=min((jam.lead_seconds() for jam in playing), default=None),
            workers=len(self.worker_pids()),
            underruns=int(self.metrics.underruns._value.get()),  # noqa: SLF001  the client library has no reader
        )

    async def serve_session(
        self,
        path: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        transport: Transport,
        peer: str | None = None,
    ) -> None:
        """Serves one accepted WebSocket to its end.

        Args:
            path: The request's path.
            query: Its query parameters: ``key``, ``chunk``, ``lead``, ``pace``, ``events``, ``resume``, ``bar``.
            headers: Its headers, lower case.
            transport: The socket.
            peer: Address that it comes from, None if unknown.
        """
        self.metrics.sessions.inc()
        self.metrics.sessions_active.inc()
        code = 1011
        try:
            jam, named = self._admit(path, query, headers, transport, peer)
            self.jams.add(jam)
            try:
                code = await jam.run()
            finally:
                self.jams.discard(jam)
                if named is not None:
                    self.named.leave(named, jam)
        except asyncio.CancelledError:
            raise
        except Exception as error:  # noqa: BLE001  close_frame decides what the peer is told
            code, reason = close_frame(error)
            log.info("session refused: %s", log_line(error))
            await transport.close(code, reason)
        finally:
            self.metrics.sessions_active.dec()
            self.metrics.closes.labels(str(code)).inc()

    def _admit(
        self,
        path: str,
        query: Mapping[str, str],
        headers: Mapping[str, str],
        transport: Transport,
        peer: str | None,
    ) -> tuple[Jam, NamedJam | None]:
        if not ENDPOINT.search(path):
            raise UnknownPath("Unknown path. The Live Music API is at /ws/google.ai.generativelanguage.v1beta…")
        self.keys.check(query, headers, peer)
        settings, entry = self._jam_settings(query), read_entry(query)
        if self._draining:
            raise ServerBusy("The service is currently unavailable.")
        limit, takes_over = self.settings.max_sessions, entry is not None and self.named.is_played(entry.resume)
        overloaded = self.jams and self._clock.now_seconds() < self._overloaded_until_seconds
        if not takes_over and ((limit and len(self.jams) >= limit) or overloaded):
            raise ServerBusy(f"Resource has been exhausted: {len(self.jams)} sessions are open. Try again later.")
        named = self.named.enter(entry.resume) if entry else None
        left = named.left if named else None
        session = Session(
            lambda model: registry.engine_for_model(model, self.settings.engine),
            self._policy,
            draw_seed,
            strict=self.settings.strict,
            carried=left.carried if left else None,
        )
        jam = Jam(
            session,
            transport,
            self._renderer,
            settings,
            self._clock,
            self.metrics,
            on_starving=self._note_starving,
            story=Story(named.id, named.channel, named.tape) if named else None,
            position=left.position if left else None,
            bar=entry.bar if entry else 0,
            can_seek=_can_seek,
        )
        if named is not None:
            named.jam = jam
        return jam, named

    def _note_starving(self) -> None:
        """A jam runs short of audio: this machine has no room for more until that is over."""
        if not self.settings.max_sessions and self.status().playing > 1:
            self._overloaded_until_seconds = self._clock.now_seconds() + OVERLOAD_SECONDS

    def _jam_settings(self, query: Mapping[str, str]) -> JamSettings:
        settings = self.settings
        chunk_seconds = _number(query, "chunk", settings.chunk_seconds, 0.04, 2.0)
        lead_seconds: float | None = _number(query, "lead", settings.lead_seconds, MIN_LEAD_SECONDS, MAX_LEAD_SECONDS)
        pace = query.get("pace", "live")
        if pace not in ("live", "fast"):
            raise InvalidMessage(f"{pace[:20]!r} is neither live nor fast", field="pace")
        frames = seconds_to_frames(chunk_seconds)
        if frames % QUANTUM_FRAMES:
            quantum_seconds = QUANTUM_FRAMES / SAMPLE_RATE_HZ
            raise InvalidMessage(f"{chunk_seconds:g} is not a multiple of {quantum_seconds:g} s", field="chunk")
        return JamSettings(
            chunk_frames=frames,
            lead_seconds=None if pace == "fast" else lead_seconds,
            idle_seconds=settings.idle_minutes * 60,
        )


def _can_seek(engine: str) -> bool:
    return registry.offers(engine, Seeks)


def draw_seed() -> int:
    """A signed 32-bit seed, as Google's server draws them."""
    return secrets.randbits(32) - 2**31


def _number(query: Mapping[str, str], name: str, default: float, low: float, high: float) -> float:
    text = query.get(name)
    if text is None:
        return default
    try:
        number = float(text)
    except ValueError:
        number = float("nan")
    if not low <= number <= high:
        raise InvalidMessage(f"{text[:20]!r} is not a number of seconds from {low:g} to {high:g}", field=name)
    return number
