"""A server in a process of its own and a listener that measures, for the benchmarks that need a real socket."""

import asyncio
import contextlib
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import pybase64
from websockets.asyncio.client import ClientConnection, connect

BYTES_PER_SECOND = 48_000 * 4
PATH = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateMusic"


@contextlib.contextmanager
def server(engine: str, *flags: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Runs ``everjam serve`` on a free port.

    Yields:
        The WebSocket URL of the Live Music API, and the process.
    """
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "everjam", "serve", "--engine", engine, "--port", "0", "--tls-port", "off"]
        command += ["--no-open", "--data-dir", folder, *flags]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        assert process.stdout is not None
        port = 0
        for line in process.stdout:
            if "http://localhost:" in line:
                port = int(line.split("http://localhost:")[1].split()[0].strip("/"))
                break
        try:
            yield f"ws://127.0.0.1:{port}{PATH}", process
        finally:
            process.terminate()
            process.wait(10)


@dataclass(slots=True)
class Listener:
    """One client that plays in real time, on paper.

    Attributes:
        arrivals: (time in seconds, seconds of audio before the chunk, seconds in it, texts echoed) of each chunk.
        played_at: When PLAY was sent.
    """

    socket: ClientConnection
    arrivals: list[tuple[float, float, float, tuple[str, ...]]] = field(default_factory=list)
    played_at: float = 0.0
    _seconds: float = 0.0
    _until: float = 0.0

    async def say(self, message: dict[str, Any]) -> float:
        """Sends a message; gives the time."""
        await self.socket.send(json.dumps(message))
        return time.monotonic()

    async def play(self, *texts: str, **config: Any) -> None:
        """Sets prompts and configuration and starts."""
        await self.steer(*texts)
        if config:
            await self.say({"musicGenerationConfig": config})
        self.played_at = await self.say({"playbackControl": "PLAY"})

    async def steer(self, *texts: str) -> float:
        """Replaces the prompts; gives the time."""
        return await self.say({"clientContent": {"weightedPrompts": [{"text": text, "weight": 1} for text in texts]}})

    async def hear(self, seconds: float) -> None:
        """Takes what arrives within ``seconds``."""
        self._until = time.monotonic() + seconds
        with contextlib.suppress(TimeoutError):
            while (left := self._until - time.monotonic()) > 0:
                self._take(await asyncio.wait_for(self.socket.recv(), left))

    def _take(self, raw: str | bytes) -> None:
        now = time.monotonic()
        content = json.loads(raw).get("serverContent")
        if content is None:
            return
        chunk = content["audioChunks"][0]
        length = len(pybase64.b64decode(chunk["data"])) / BYTES_PER_SECOND
        texts = tuple(prompt["text"] for prompt in chunk["sourceMetadata"]["clientContent"]["weightedPrompts"])
        self.arrivals.append((now, self._seconds, length, texts))
        self._seconds += length

    def underruns(self) -> int:
        """How often audio came later than the playhead needed it, or did not come again."""
        gaps, anchor = 0, self.arrivals[0][0] if self.arrivals else 0.0
        for at, before, _, _ in self.arrivals:
            late = at - (anchor + before)
            if late > 0:
                gaps += 1 if before else 0
                anchor += late
        return gaps + (anchor + self._seconds < self._until)

    def sounds_at(self, text: str) -> float:
        """When the first chunk that echoes ``text`` begins to sound; infinite if there is none."""
        anchor = self.arrivals[0][0]
        return next((anchor + before for _, before, _, texts in self.arrivals if text in texts), float("inf"))


@contextlib.asynccontextmanager
async def listening(url: str) -> AsyncIterator[Listener]:
    """A listener that has set up its session."""
    async with connect(url, compression=None, max_size=2**21) as socket:
        await socket.send(json.dumps({"setup": {"model": "models/lyria-realtime-exp"}}))
        await socket.recv()
        yield Listener(socket)
