"""A plain client for tests: speaks the Live Music API over ``websockets``, notes when each chunk came, and knows what
each chunk must have sounded like."""

import asyncio
import base64
import itertools
import json
import time
from dataclasses import dataclass, field
from typing import Any, Final

from tests.conformance.server import LiveServer
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from everjam.audio import BYTES_PER_FRAME, SAMPLE_RATE_HZ
from everjam.live.worker import RenderCall, render
from everjam.protocol.codec import decode
from everjam.protocol.messages import SetConfig, SetPrompts
from everjam.steering import Steering

SETUP: Final = {"setup": {"model": "models/lyria-realtime-exp"}}
PLAY: Final = {"playbackControl": "PLAY"}
PAUSE: Final = {"playbackControl": "PAUSE"}
STOP: Final = {"playbackControl": "STOP"}
RESET: Final = {"playbackControl": "RESET_CONTEXT"}


def prompts(*texts: str, **weighted: float) -> dict[str, Any]:
    """A prompts message; texts weigh 1."""
    items = [*((text, 1.0) for text in texts), *weighted.items()]
    return {"clientContent": {"weightedPrompts": [{"text": text, "weight": weight} for text, weight in items]}}


def config(**fields: Any) -> dict[str, Any]:
    """A configuration message."""
    return {"musicGenerationConfig": fields}


@dataclass(frozen=True, slots=True)
class Chunk:
    """Audio as it arrived.

    Attributes:
        pcm16: The PCM.
        metadata: ``sourceMetadata``.
        at_seconds: Arrival, monotonic.
    """

    pcm16: bytes
    metadata: dict[str, Any]
    at_seconds: float

    @property
    def seconds(self) -> float:
        """Length."""
        return len(self.pcm16) / BYTES_PER_FRAME / SAMPLE_RATE_HZ


@dataclass(slots=True)
class Listener:
    """One session seen from the client.

    Attributes:
        chunks: Audio so far.
        others: Other messages so far.
        closed: Close code and reason, None while the session is open.
    """

    socket: ClientConnection
    chunks: list[Chunk] = field(default_factory=list)
    others: list[dict[str, Any]] = field(default_factory=list)
    closed: tuple[int, str] | None = None

    @classmethod
    async def open(cls, server: LiveServer, query: str = "", **options: Any) -> "Listener":
        """Connects without a word."""
        return cls(await connect(server.ws_url(query), proxy=None, compression=None, **options))

    @classmethod
    async def set_up(cls, server: LiveServer, query: str = "", model: str = "models/lyria-realtime-exp") -> "Listener":
        """Connects and sets up."""
        listener = await cls.open(server, query)
        await listener.say({"setup": {"model": model}})
        assert await listener.next_message() == {"setupComplete": {}}
        return listener

    async def say(self, *messages: dict[str, Any] | str | bytes) -> None:
        """Sends messages, one after the other."""
        for message in messages:
            await self.socket.send(json.dumps(message) if isinstance(message, dict) else message)

    async def next_message(self, timeout_seconds: float = 10.0) -> dict[str, Any]:
        """The next message; audio is noted on the way, with its data cut out.

        Raises:
            ConnectionClosed: The server has closed; ``closed`` says how.
        """
        try:
            async with asyncio.timeout(timeout_seconds):
                frame = await self.socket.recv()
        except ConnectionClosed as error:
            close = error.rcvd
            self.closed = (close.code, close.reason) if close else (1006, "")
            raise
        now = time.monotonic()
        assert isinstance(frame, bytes), "clients decode bytes"
        assert len(frame) < 1024 * 1024
        message: dict[str, Any] = json.loads(frame.decode("ascii"))
        if "serverContent" in message:
            (chunk,) = message["serverContent"]["audioChunks"]
            assert chunk["mimeType"] == "audio/l16;rate=48000;channels=2"
            self.chunks.append(Chunk(base64.b64decode(chunk.pop("data")), chunk["sourceMetadata"], now))
        else:
            self.others.append(message)
        return message

    async def next_chunk(self, timeout_seconds: float = 10.0) -> Chunk:
        """The next audio; other messages are noted on the way."""
        count = len(self.chunks)
        while len(self.chunks) == count:
            await self.next_message(timeout_seconds)
        return self.chunks[-1]

    async def listen(self, count: int) -> None:
        """Takes ``count`` chunks."""
        for _ in range(count):
            await self.next_chunk()

    async def until_closed(self, timeout_seconds: float = 10.0) -> tuple[int, str]:
        """Reads on until the server closes; gives code and reason."""
        try:
            async with asyncio.timeout(timeout_seconds):
                while True:
                    await self.next_message(timeout_seconds)
        except ConnectionClosed:
            pass
        assert self.closed is not None
        return self.closed

    async def close(self) -> None:
        """Closes from this side."""
        await self.socket.close()

    def gap_seconds(self) -> float:
        """The longest time that somebody who plays each chunk as it comes heard nothing."""
        if not self.chunks:
            return 0.0
        begin = self.chunks[0].at_seconds
        ends = itertools.accumulate((chunk.seconds for chunk in self.chunks), initial=begin)
        return max(chunk.at_seconds - runs_out for chunk, runs_out in zip(self.chunks, ends, strict=False))


def reference(chunks: list[Chunk], engine: str = "tone") -> list[bytes]:
    """What an unharmed engine gives for the same blocks: same seed, same lengths, steered as the echo says."""
    engines: dict[str, Any] = {}
    state, expected = None, []
    for chunk in chunks:
        echo = chunk.metadata
        said = decode(json.dumps({"clientContent": echo["clientContent"]})).message
        controls = decode(json.dumps({"musicGenerationConfig": echo["musicGenerationConfig"]})).message
        assert isinstance(said, SetPrompts)
        assert isinstance(controls, SetConfig)
        steering = Steering(said.prompts, controls.config.controls())
        frames = len(chunk.pcm16) // BYTES_PER_FRAME
        seed = echo["musicGenerationConfig"]["seed"]
        rendered, _ = render(engines, RenderCall(engine, state, seed, False, steering, frames))
        state = rendered.state
        expected.append(rendered.pcm16)
    return expected


def assert_unharmed(listener: Listener) -> None:
    """No gap, no sample changed, nothing said but audio."""
    assert listener.gap_seconds() <= 0.0, f"heard nothing for {listener.gap_seconds():.3f} s"
    got = [chunk.pcm16 for chunk in listener.chunks]
    expected = reference(listener.chunks)
    wrong = [n for n, (one, other) in enumerate(zip(got, expected, strict=True)) if one != other]
    assert not wrong, f"chunks {wrong[:10]} of {len(got)} differ from an unharmed run"
