"""A server and a visit to its page, as the browser tests use them."""

import asyncio
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

import uvicorn
from playwright.sync_api import Page, WebSocket

from everjam.live.app import create_app
from everjam.live.guards import uvicorn_options
from everjam.live.service import Service
from everjam.settings import Settings
from everjam.testing import InlineRenderer


class LiveServer:
    """The app on a free port, in a thread of its own; rendering happens inline, so that it starts at once."""

    def __init__(self, **settings: object) -> None:
        self._settings = Settings(**{"engine": "tone", "tls_port": -1, **settings})  # type: ignore[arg-type]
        self.port = 0
        self._start(0)

    def _start(self, port: int) -> None:
        app = create_app(self._settings, renderer=InlineRenderer())
        self.service: Service = app.state.service
        config = uvicorn.Config(app, port=port, lifespan="on", timeout_graceful_shutdown=1, **uvicorn_options())
        self._server = uvicorn.Server(config)
        self._socket = config.bind_socket()
        self._socket.listen(64)  # from here on clients wait rather than fail
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))
        self._thread.start()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        await self._server.serve(sockets=[self._socket])

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}/"

    def on_loop(self, action: Callable[[], None]) -> None:
        self._loop.call_soon_threadsafe(action)

    def close_all_sessions(self) -> None:
        """As a server does that goes away: fade out, close with 1001."""

        def drain() -> None:
            for jam in self.service.jams:
                jam.drain()

        self.on_loop(drain)

    def drop_connections(self) -> None:
        """As a network does that fails: every connection is gone, without a word."""

        def abort() -> None:
            for connection in list(self._server.server_state.connections):
                connection.transport.abort()

        self.on_loop(abort)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(10)

    def restart(self) -> None:
        self._start(self.port)


@dataclass
class Visit:
    """A page and all that it did."""

    page: Page
    host: str
    complaints: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    requested: list[str] = field(default_factory=list)
    sockets: list[WebSocket] = field(default_factory=list)
    sent: list[str] = field(default_factory=list)

    def play(self) -> None:
        self.page.get_by_role("button", name="Play", exact=True).click()
        self.wait_for("playing")

    def wait_for(self, playback: str, *, timeout_ms: float = 15_000) -> None:
        self.page.wait_for_selector(f'body[data-playback="{playback}"]', timeout=timeout_ms)

    def level(self) -> float:
        """RMS of what is heard now, in [0, 1]."""
        return float(
            self.page.evaluate(
                """() => {
                    const analyser = everjam.player.analyser;
                    const samples = new Float32Array(analyser.fftSize);
                    analyser.getFloatTimeDomainData(samples);
                    return Math.sqrt(samples.reduce((sum, x) => sum + x * x, 0) / samples.length);
                }"""
            )
        )

    def wait_for_sound(self, *, timeout_ms: float = 8000) -> None:
        self.page.wait_for_function(
            """() => {
                const analyser = everjam.player.analyser;
                if (!analyser) return false;
                const samples = new Float32Array(analyser.fftSize);
                analyser.getFloatTimeDomainData(samples);
                return samples.some((x) => Math.abs(x) > 0.02);
            }""",
            timeout=timeout_ms,
        )

    def wait_for_silence(self) -> None:
        self.page.wait_for_function(
            """() => {
                const samples = new Float32Array(everjam.player.analyser.fftSize);
                everjam.player.analyser.getFloatTimeDomainData(samples);
                return samples.every((x) => x === 0);
            }""",
            timeout=8000,
        )

    def wait_for_sent(self, needle: str) -> str:
        """The newest message that the page sent and that holds ``needle``."""
        for _ in range(100):
            for message in reversed(self.sent):
                if needle in message:
                    return message
            self.page.wait_for_timeout(20)
        raise AssertionError(f"{needle!r} is in none of {self.sent}")
