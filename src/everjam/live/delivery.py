"""The way to the peer: one message after the other, each chunk of audio when it is due."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from everjam.errors import TooSlow
from everjam.live.flow import Flow
from everjam.live.worker import RenderCall, Rendered
from everjam.protocol.session import Snapshot


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


@dataclass(frozen=True, slots=True)
class Position:
    """How far the music has been sent.

    Attributes:
        state: The engine's state after it; None at the beginning.
        frame: Frame in the piece of the next sample.
        bar: Where the piece begins, where there is no state yet.
    """

    state: bytes | None = None
    frame: int = 0
    bar: int = 0


@dataclass(frozen=True, slots=True)
class Chunk:
    """Audio on its way to the peer.

    Attributes:
        stretch: The stretch of playback that it belongs to; a chunk of an older one is dropped.
        snapshot: What steers it, and how it says so.
        call: What was rendered.
        rendered: What came out.
        data: The encoded message.
        due_seconds: When it is to be with the listener.
        late_seconds: How much later it was rendered than it was due, or, if its rendering began later than that
            (while the lead builds up, after a slow reader), than it was asked for.
        resets: How many RESET_CONTEXT it and the chunks before it have carried out.
        steered_at_seconds: When the oldest change that it is the first to carry out arrived.
    """

    stretch: int
    snapshot: Snapshot
    call: RenderCall
    rendered: Rendered
    data: bytes
    due_seconds: float
    late_seconds: float = 0.0
    resets: int = 0
    steered_at_seconds: float | None = None

    @property
    def frames(self) -> int:
        """Length."""
        return self.call.frames

    @property
    def after(self) -> Position:
        """How far the music has been sent with it; the frame is 0 if nobody asked for a report."""
        report = self.rendered.report
        return Position(self.rendered.state, 0 if report is None else report.start_frame + self.frames)


class Outbox:
    """Holds one item at most, so that a slow reader makes everybody else wait.

    Args:
        transport: The accepted socket.
        flow: Which stretch is being played.
        stall_seconds: A peer that takes longer to make room for an item is too slow.
        on_sending: Called with each chunk just before it is sent; from then on it counts as heard.
        on_sent: Called with each chunk that was sent while its stretch lasted.
    """

    def __init__(
        self,
        transport: Transport,
        flow: Flow,
        stall_seconds: float,
        on_sending: Callable[[Chunk], None],
        on_sent: Callable[[Chunk], None],
    ) -> None:
        self._transport = transport
        self._flow = flow
        self._stall_seconds = stall_seconds
        self._on_sending = on_sending
        self._on_sent = on_sent
        self._items: asyncio.Queue[bytes | Chunk] = asyncio.Queue(1)

    async def put(self, item: bytes | Chunk) -> None:
        """Queues a message or a chunk; returns when there is room."""
        await self._items.put(item)

    async def emptied(self) -> None:
        """Returns when everything has been sent or dropped."""
        await self._items.join()

    async def run(self) -> None:
        """Sends for ever.

        Raises:
            Disconnected: The peer is gone.
            TooSlow: The peer does not read.
        """
        while True:
            item = await self._items.get()
            if isinstance(item, Chunk):
                await self._send_chunk(item)
            else:
                await self._send(item)
            del item  # a chunk is large, and the next may be long in coming
            self._items.task_done()

    async def _send_chunk(self, chunk: Chunk) -> None:
        await self._flow.sleep_until(chunk.due_seconds, chunk.stretch)
        if chunk.stretch != self._flow.stretch:
            return
        # A PAUSE that arrives while it is written resumes after it.
        self._on_sending(chunk)
        await self._send(chunk.data)
        if chunk.stretch == self._flow.stretch:
            self._on_sent(chunk)

    async def _send(self, data: bytes) -> None:
        try:
            async with asyncio.timeout(self._stall_seconds):
                await self._transport.send(data)
        except TimeoutError:
            raise TooSlow("The audio is not being read fast enough.") from None
