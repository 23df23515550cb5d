"""Runs the app on uvicorn's protocols: plain on one port, TLS on a second, one event loop, orderly end."""

import asyncio
import contextlib
import errno
import logging
import signal
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Final

import uvicorn
from uvicorn.server import ServerState

from everjam.errors import UsageError
from everjam.live import lan
from everjam.live.app import create_app
from everjam.live.guards import uvicorn_options
from everjam.live.service import Service, Status
from everjam.live.tls import ensure_tls, renew, server_context
from everjam.settings import Settings

log = logging.getLogger(__name__)

BACKLOG: Final = 512
TLS_HANDSHAKE_SECONDS: Final = 10.0
END_SECONDS: Final = 0.4
RENEW_SECONDS: Final = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where a server that is ready can be reached.

    Attributes:
        http_url: The page, and the base URL for clients that take plain http.
        tls_url: The base URL for clients that insist on TLS; None without TLS.
        lan_url: The page for other machines, token included; None where the network is not let in.
        engine: Name of the engine that plays.
        status: How the server is doing, at any time.
    """

    http_url: str
    tls_url: str | None
    lan_url: str | None
    engine: str
    status: Callable[[], Status]


def serve(settings: Settings, on_ready: Callable[[Endpoints], None]) -> int:
    """Serves until SIGINT or SIGTERM.

    Args:
        settings: As the operator wants it.
        on_ready: Called once, when sessions can be served.

    Returns:
        Exit code: 0 after SIGTERM, 130 after SIGINT.

    Raises:
        UsageError: A port is in use, or the settings name something that is not there.
        EngineError: No worker can be started.
    """
    return asyncio.run(_serve(settings, on_ready)) if sys.platform == "win32" else _run_uvloop(settings, on_ready)


def _run_uvloop(settings: Settings, on_ready: Callable[[Endpoints], None]) -> int:
    try:
        import uvloop  # noqa: PLC0415  not on every platform
    except ImportError:
        return asyncio.run(_serve(settings, on_ready))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(_serve(settings, on_ready))


async def _serve(settings: Settings, on_ready: Callable[[Endpoints], None]) -> int:
    stopping: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    _on_signals(stopping)
    task = asyncio.current_task()
    assert task is not None

    def give_up(_: object) -> None:
        task.cancel()

    # Until the first worker is up nobody looks at the future, and an engine may need minutes for that, or for ever.
    stopping.add_done_callback(give_up)
    try:
        async with running(settings) as endpoints:
            stopping.remove_done_callback(give_up)
            on_ready(endpoints)
            return await stopping
    except asyncio.CancelledError:
        if not stopping.done():
            raise
        task.uncancel()
        return stopping.result()


@contextlib.asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Endpoints]:
    """A server that is up while the context is open, in the running event loop.

    Raises:
        UsageError: A port is in use, or the settings name something that is not there.
        EngineError: No worker can be started.
    """
    loop = asyncio.get_running_loop()
    app = create_app(settings)
    service: Service = app.state.service
    config = uvicorn.Config(app, lifespan="off", **uvicorn_options())
    config.load()
    state = ServerState()

    def protocol() -> asyncio.Protocol:
        return config.http_protocol_class(config=config, server_state=state, app_state={})  # type: ignore[call-arg]

    sockets = [_listen(settings.host, settings.port, "port")]
    context = None
    if settings.tls:
        context = server_context(ensure_tls(settings))
        sockets.append(_listen(lan.tls_host(settings), settings.tls_port, "tls_port"))
    servers = []
    renewing: asyncio.Task[None] | None = None
    await service.start()
    try:
        for listening, tls in zip(sockets, (None, context), strict=False):
            handshake = TLS_HANDSHAKE_SECONDS if tls else None
            servers.append(
                await loop.create_server(
                    protocol, sock=listening, ssl=tls, backlog=BACKLOG, ssl_handshake_timeout=handshake
                )
            )
        await service.wait_ready()
        if context is not None:
            renewing = loop.create_task(_keep_renewed(settings, context), name="certificate")
        known_token = lan.token(settings)
        yield Endpoints(
            http_url=_url("http", settings.host, sockets[0]),
            tls_url=_url("https", settings.host, sockets[1]) if settings.tls else None,
            lan_url=lan.page_url(lan.tls_host(settings), sockets[1].getsockname()[1], known_token)
            if known_token
            else None,
            engine=settings.engine,
            status=service.status,
        )
    finally:
        if renewing is not None:
            renewing.cancel()
        for server in servers:
            server.close()
        await service.drain()
        for connection in list(state.connections):
            connection.shutdown()
        await _settle(state)
        await service.stop()


async def _keep_renewed(settings: Settings, context: ssl.SSLContext) -> None:
    """Looks once a day whether the certificate must be renewed."""
    while True:
        await asyncio.sleep(RENEW_SECONDS)
        try:
            await asyncio.to_thread(renew, settings, context)
        except UsageError as error:
            log.warning("the certificate was not renewed: %s", error)


async def _settle(state: ServerState) -> None:
    """Gives closed connections a moment to flush, then ends what is left."""
    tasks = set(state.tasks)
    if tasks:
        _done, pending = await asyncio.wait(tasks, timeout=END_SECONDS)
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)


def _on_signals(stopping: "asyncio.Future[int]") -> None:
    loop = asyncio.get_running_loop()

    def stop(code: int) -> None:
        if not stopping.done():
            log.info("stopping")
            stopping.set_result(code)

    for number, code in ((signal.SIGTERM, 0), (signal.SIGINT, 130)):
        try:
            loop.add_signal_handler(number, stop, code)
        except NotImplementedError:
            signal.signal(number, lambda *_args, code=code: loop.call_soon_threadsafe(stop, code))


def _listen(host: str, port: int, setting: str) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except socket.gaierror as error:
        raise UsageError(f"host {host!r} is not an address of this machine.", remedy="Try --host 127.0.0.1.") from error
    listening = socket.socket(family, socket.SOCK_STREAM)
    if sys.platform != "win32":
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(address)
    except OSError as error:
        listening.close()
        flag = setting.replace("_", "-")
        if error.errno == errno.EADDRINUSE:
            raise UsageError(
                f"Port {port} is in use.", remedy=f"Stop what uses it, or take another: --{flag} 0 takes any free one."
            ) from error
        raise UsageError(f"Cannot listen on {host}:{port}: {error.strerror}.", remedy="Try another --host.") from error
    listening.setblocking(False)
    return listening


def _url(scheme: str, host: str, listening: socket.socket) -> str:
    port = listening.getsockname()[1]
    name = "localhost" if host in {"127.0.0.1", "::1", "localhost", "0.0.0.0", "::"} else host  # noqa: S104
    return f"{scheme}://[{name}]:{port}" if ":" in name else f"{scheme}://{name}:{port}"
