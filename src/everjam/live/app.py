"""The ASGI app: the Live Music API's socket, the page, health and metrics, on any ASGI server."""

import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from everjam import __version__
from everjam.live.api import Api
from everjam.live.clock import Clock
from everjam.live.delivery import Disconnected
from everjam.live.guards import redact_uvicorn_logs
from everjam.live.jam import Renderer
from everjam.live.pages import SecurityHeaders, page_routes
from everjam.live.schema import Schema
from everjam.live.service import Service
from everjam.live.stream import EventStream
from everjam.live.tls import tls_dir
from everjam.settings import Settings


def create_app(settings: Settings, *, renderer: Renderer | None = None, clock: Clock | None = None) -> Starlette:
    """The app of one server.

    Args:
        settings: As the operator wants it.
        renderer: What renders; None makes a pool of worker processes that lives as long as the app.
        clock: Time.

    Returns:
        An ASGI app; ``app.state.service`` is its ``Service``.

    Raises:
        UsageError: The engine or the policy file is wrong.
    """
    redact_uvicorn_logs()
    service = Service(settings, renderer=renderer, clock=clock)

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await service.start()
        try:
            yield
        finally:
            await service.drain()
            await service.stop()

    async def healthz(_request: Request) -> Response:
        return JSONResponse({"status": "ok", "version": __version__})

    async def readyz(_request: Request) -> Response:
        if service.ready:
            return JSONResponse({"ready": True})
        return JSONResponse({"ready": False, "reason": service.not_ready_reason()}, status_code=503)

    async def metrics(_request: Request) -> Response:
        return Response(service.metrics.exposition(), media_type="text/plain; version=0.0.4; charset=utf-8")

    async def authority(_request: Request) -> Response:
        """What a phone must be told to trust, so that it takes our certificate without a warning."""
        path = tls_dir(settings) / "ca.pem"
        if settings.tls_cert is not None or not path.is_file():
            return PlainTextResponse("This server has no authority of its own.", status_code=404)
        return FileResponse(path, media_type="application/x-x509-ca-cert", filename="everjam-ca.pem")

    async def music(websocket: WebSocket) -> None:
        await websocket.accept()
        transport = WebSocketTransport(websocket)
        query, headers = dict(websocket.query_params), dict(websocket.headers)
        peer = websocket.client.host if websocket.client else None
        await service.serve_session(websocket.scope["path"], query, headers, transport, peer)

    app = Starlette(
        lifespan=lifespan,
        middleware=[Middleware(SecurityHeaders)],
        routes=[
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            Route("/metrics", metrics),
            Route("/ca.pem", authority),
            Route("/api/schema", Schema(settings).answer),
            Route("/api/jams/{jam}/events", EventStream(service.named, service.keys).answer),
            *Api(service.takes, service.keys, service.named.tape).routes(),
            WebSocketRoute("/{path:path}", music),
            *page_routes(),
        ],
    )
    app.state.service = service
    return app


class WebSocketTransport:
    """``everjam.live.delivery.Transport`` over Starlette."""

    def __init__(self, websocket: WebSocket) -> None:
        self._websocket = websocket

    async def receive(self) -> str | bytes:
        """See ``Transport.receive``."""
        message = await self._websocket.receive()
        if message["type"] == "websocket.disconnect":
            raise Disconnected
        text = message.get("text")
        data: str | bytes = message["bytes"] if text is None else text
        return data

    async def send(self, data: bytes) -> None:
        """See ``Transport.send``. Binary frames, always: clients decode bytes."""
        try:
            await self._websocket.send({"type": "websocket.send", "bytes": data})
        except (WebSocketDisconnect, RuntimeError) as error:
            raise Disconnected from error

    async def close(self, code: int, reason: str) -> None:
        """See ``Transport.close``."""
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):
            await self._websocket.send({"type": "websocket.close", "code": code, "reason": reason})
