"""What uvicorn leaves open, closed at its own extension points (``Config(http=…, ws=…)``).

A request head must arrive in time, a peer cannot make us buffer without end, and a slow reader's kernel buffer stays
small, so that it is noticed. (uvicorn itself limits the size of a request head and of a message.)
"""

import asyncio
import logging
import re
import socket
from typing import Any, Final

import h11
from uvicorn._types import ASGISendEvent
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode

HEADER_TIMEOUT_SECONDS: Final = 10.0
READ_TIMEOUT_SECONDS: Final = 30.0
MAX_HEADER_BYTES: Final = 16 * 1024
MAX_MESSAGE_BYTES: Final = 1024 * 1024
MAX_FRAGMENTS: Final = 1_024
MAX_FRAMES_A_SECOND: Final = 2_000
# A frame takes some 30 us; the event loop hands over up to 8 MB of them in one go.
SLICE_BYTES: Final = 4 * 1024
MAX_WRITE_BUFFER_BYTES: Final = 2 * 1024 * 1024
CLOSE_GRACE_SECONDS: Final = 1.0
CLOSE_SECONDS: Final = 3.0
# The kernel doubles it: with one chunk in the process and one here, a peer that does not read is seen within seconds.
SEND_BUFFER_BYTES: Final = 256 * 1024

_SECRET: Final = re.compile(
    r"((?:key|access_token)(?:=|%3D|(?:[\"']?:|[\"'],)\s*(?:b?[\"'])?))[^&\s\"']+", re.IGNORECASE
)


class GuardedHttp(H11Protocol):
    """HTTP/1.1 with a deadline for the request head, and for a peer that reads none of its answer."""

    _deadline: asyncio.TimerHandle | None = None
    _stalled: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Starts the deadline and bounds the kernel's send buffer."""
        super().connection_made(transport)
        peer = transport.get_extra_info("socket")
        if peer is not None:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER_BYTES)
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        """Keeps the deadline while a head is incomplete, lifts it while a request is served."""
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._lift()
        elif self._deadline is None:
            self._expect_head()

    def pause_writing(self) -> None:
        """The peer has not read much of its answer for a while: starts the deadline for that."""
        super().pause_writing()
        self._stalled = self.loop.call_later(READ_TIMEOUT_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """The peer reads on."""
        super().resume_writing()
        self._lift_stall()

    def connection_lost(self, exc: Exception | None) -> None:
        """Lifts the deadlines."""
        self._lift()
        self._lift_stall()
        super().connection_lost(exc)

    def _lift_stall(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None

    def _expect_head(self) -> None:
        self._deadline = self.loop.call_later(HEADER_TIMEOUT_SECONDS, self._too_late)

    def _lift(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_late(self) -> None:
        if not self.transport.is_closing() and self.conn.their_state is h11.IDLE:
            self.transport.abort()


class GuardedWebSocket(WebSocketsSansIOProtocol):
    """WebSocket that a peer cannot hold open, fill or keep busy: by not reading, or by frames without end."""

    _end: asyncio.TimerHandle | None = None
    _second = -1.0
    _frames_in_second = 0

    def data_received(self, data: bytes) -> None:
        """Cuts off a peer that makes us answer and does not read the answers, or that sends frames for ever."""
        for begin in range(0, len(data), SLICE_BYTES):
            super().data_received(data[begin : begin + SLICE_BYTES])
            if self.transport.get_write_buffer_size() > MAX_WRITE_BUFFER_BYTES:
                self.transport.abort()
                return
            if len(self.frames) > MAX_FRAGMENTS:
                self._fail(CloseCode.MESSAGE_TOO_BIG, f"over {MAX_FRAGMENTS} fragments")
            elif self._frames_in_second > MAX_FRAMES_A_SECOND:
                self._fail(CloseCode.POLICY_VIOLATION, f"over {MAX_FRAMES_A_SECOND} frames a second")
            if self.transport.is_closing():
                self._end_soon()
                return

    def handle_events(self) -> None:
        """Counts frames of all kinds: pings and fragments cost as much as messages."""
        now = self.loop.time()
        if now - self._second >= 1.0:
            self._second, self._frames_in_second = now, 0
        self._frames_in_second += len(self.conn.events)
        super().handle_events()

    def send_receive_event_to_app(self) -> None:
        """Closes for text that is not UTF-8, as uvicorn does, but without a traceback in the log for each."""
        if self.curr_msg_data_type == "text" and not self.close_sent:
            try:
                b"".join(self.frames).decode()
            except UnicodeDecodeError:
                self._fail(CloseCode.INVALID_DATA, "text that is not UTF-8")
                return
        super().send_receive_event_to_app()

    def keepalive_timeout(self) -> None:
        """Ends the connection of a peer that is gone, whether or not what we sent can still be flushed."""
        super().keepalive_timeout()
        self._end_soon()

    def connection_lost(self, exc: Exception | None) -> None:
        """Lifts the deadline."""
        if self._end is not None:
            self._end.cancel()
        super().connection_lost(exc)

    async def send(self, message: ASGISendEvent) -> None:
        """A close frame does not wait for ever behind what the peer does not read."""
        if message["type"] != "websocket.close":
            await super().send(message)
            return
        try:
            async with asyncio.timeout(CLOSE_GRACE_SECONDS):
                await self.writable.wait()
        except TimeoutError:
            self.transport.abort()
            return
        await super().send(message)
        self._end_soon()

    def _fail(self, code: CloseCode, reason: str) -> None:
        self.frames = []
        if not self.close_sent:
            self.conn.fail(code, reason)
            self.handle_parser_exception()

    def _end_soon(self) -> None:
        """Closing waits until the peer has read everything, which it may never do."""
        if self._end is None:
            self._end = self.loop.call_later(CLOSE_SECONDS, self.transport.abort)


class RedactSecrets(logging.Filter):
    """Takes API keys out of every log record, wherever they were put in."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrites the record; never drops it."""
        message = record.getMessage()
        redacted = redact(message)
        if redacted != message:
            record.msg, record.args = redacted, ()
        return True


def redact_uvicorn_logs() -> None:
    """Keeps keys out of what uvicorn logs (it logs whole paths), whoever runs the app and however logging is set up."""
    for name in ("uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).addFilter(_REDACT)


def redact(text: str) -> str:
    """The text with the values of API keys replaced."""
    return _SECRET.sub(r"\1…", text)


_REDACT: Final = RedactSecrets()


def uvicorn_options() -> dict[str, Any]:
    """Options of ``uvicorn.Config`` that put the guards in place."""
    return {
        "http": GuardedHttp,
        "ws": GuardedWebSocket,
        "ws_max_size": MAX_MESSAGE_BYTES,
        "ws_per_message_deflate": False,
        "h11_max_incomplete_event_size": MAX_HEADER_BYTES,
        "server_header": False,
        "log_config": None,
        "access_log": False,
    }
