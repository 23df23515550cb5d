"""What a jam tells about itself beside its music: to its own client in each message, to third parties as events."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final, Protocol

from everjam.errors import ServerBusy
from everjam.live import extension
from everjam.live.delivery import Chunk
from everjam.live.extension import Resumed
from everjam.live.worker import RenderCall, Rendered, Report
from everjam.protocol.session import Phase
from everjam.steering import Steering, WeightedPrompt

MAX_READERS: Final = 16
"""Of one jam."""
MAX_WAITING_EVENTS: Final = 256
"""A reader that is further behind is dropped."""
KEEP_ALIVE_SECONDS: Final = 15.0
_LASTING: Final = ("jam", "steering", "playback", "why")
"""Events that hold until the next of their kind: who comes later is told them at once."""


class Listener(Protocol):
    """Who is told of every chunk that is sent."""

    def add(self, call: RenderCall, rendered: Rendered) -> None:
        """A chunk is being sent.

        Args:
            call: What was rendered.
            rendered: What came out.
        """
        ...


class Channel:
    """Hands the events of one jam to its readers; it outlives the connections of the jam's own client."""

    def __init__(self) -> None:
        self._queues: set[asyncio.Queue[bytes | None]] = set()
        self._lasting: dict[str, bytes] = {}
        self._closed = False

    @property
    def has_readers(self) -> bool:
        """Whether anybody reads."""
        return bool(self._queues)

    def publish(self, event: str, data: bytes) -> None:
        """Tells all readers.

        Args:
            event: Kind of event.
            data: JSON without line breaks.
        """
        told = b"event: %s\ndata: %s\n\n" % (event.encode(), data)
        if event in _LASTING:
            self._lasting[event] = told
        for queue in list(self._queues):
            if queue.qsize() >= MAX_WAITING_EVENTS:
                self._drop(queue)
            else:
                queue.put_nowait(told)

    def close(self) -> None:
        """Ends all readers; nothing more will be told."""
        self._closed = True
        for queue in list(self._queues):
            queue.put_nowait(None)
        self._queues.clear()

    def check_room(self) -> None:
        """Says whether one more may read.

        Raises:
            ServerBusy: So many read already that there is no room.
        """
        if len(self._queues) >= MAX_READERS:
            raise ServerBusy(f"{MAX_READERS} readers follow this jam already.", remedy="Close one of them.")

    async def read(self) -> AsyncIterator[bytes]:
        """What holds now, and all events from now on, as a stream of server-sent events."""
        if self._closed or len(self._queues) >= MAX_READERS:
            return
        queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        for event in _LASTING:
            if event in self._lasting:
                queue.put_nowait(self._lasting[event])
        self._queues.add(queue)
        try:
            while True:
                try:
                    async with asyncio.timeout(KEEP_ALIVE_SECONDS):
                        told = await queue.get()
                except TimeoutError:
                    told = b": still there\n\n"
                if told is None:
                    return
                yield told
        finally:
            self._queues.discard(queue)

    def _drop(self, queue: "asyncio.Queue[bytes | None]") -> None:
        self._queues.discard(queue)
        while not queue.empty():
            queue.get_nowait()
        queue.put_nowait(None)


class Story:
    """What one connection tells of its jam, as the music goes on.

    Args:
        jam_id: Of the jam.
        channel: Where third parties read.
        listener: Who is told of every chunk.
    """

    def __init__(self, jam_id: str, channel: Channel, listener: Listener) -> None:
        self._jam_id = jam_id
        self._channel = channel
        self._listener = listener
        self._explained: tuple[WeightedPrompt, ...] = ()
        self._echoed = b""

    def opened(self, resumed: Resumed, frame: int, phase: Phase) -> bytes:
        """The session is set up.

        Args:
            resumed: How far it goes on with what was before.
            frame: Of the next sample that will be sent.
            phase: Where the session stands.

        Returns:
            The message that says so.
        """
        told = extension.jam_object(self._jam_id, resumed, frame)
        self._channel.publish("jam", told)
        self.phase_changed(phase)
        return extension.message(jam=told)

    def phase_changed(self, phase: Phase) -> None:
        """Playback began, was held or was stopped."""
        self._channel.publish("playback", extension.playback_object(phase.value))

    def wants_explanation(self, steering: Steering) -> bool:
        """Whether what is asked for has not been explained yet."""
        return steering.prompts != self._explained

    def told_with(self, call: RenderCall, rendered: Rendered) -> bytes:
        """The extension of the chunk's message; empty if the engine's worker has reported nothing."""
        report = rendered.report
        if report is None:
            return b""
        why = {"why": extension.why_array(report.why)} if report.why else {}
        return extension.member(chunk=_chunk_object(call, rendered, report), **why)

    def sending(self, chunk: Chunk, lead_seconds: float) -> None:
        """A chunk is being sent.

        Args:
            chunk: The chunk.
            lead_seconds: How long it takes until its first sample is heard.
        """
        self._explained = chunk.snapshot.steering.prompts
        self._listener.add(chunk.call, chunk.rendered)
        echo = chunk.snapshot.source_metadata
        if echo != self._echoed:
            self._echoed = echo
            self._channel.publish("steering", extension.steering_object(echo))
        report = chunk.rendered.report
        if report is not None and report.why:
            self._channel.publish("why", extension.why_array(report.why))
        if report is not None and self._channel.has_readers:
            self._channel.publish("chunk", _chunk_object(chunk.call, chunk.rendered, report, lead_seconds))


def _chunk_object(call: RenderCall, rendered: Rendered, report: Report, lead_seconds: float | None = None) -> bytes:
    return extension.chunk_object(
        report.start_frame, call.frames, rendered.late_notes, report.beats, report.notes, lead_seconds
    )
