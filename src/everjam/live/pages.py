"""The pages and what belongs to them, and the headers that every answer carries."""

from collections.abc import Awaitable, Callable
from typing import Final

from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_EMBED: Final = "/embed"
_PAGES: Final = {"/obs": "obs.html", _EMBED: "embed.html"}
_POLICY: Final = "default-src 'self'; connect-src 'self' ws: wss:; img-src 'self' data:; frame-ancestors "
_FRAMED_BY: Final = {_EMBED: "*"}
"""Whose pages may show one of ours in a frame; only our own, where it is not listed."""
_HEADERS: Final = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-cache"),
)


def page_routes() -> list[BaseRoute]:
    """The pages by their names, and all files of the page under ``/``; to come last, because that takes every path."""
    files = StaticFiles(packages=[("everjam", "web")], html=True)
    packed = GZipMiddleware(files, minimum_size=512, compresslevel=6)
    return [*(Route(path, _page(files, name)) for path, name in _PAGES.items()), Mount("/", packed)]


def _page(files: StaticFiles, name: str) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        return await files.get_response(name, request.scope)

    return answer


class SecurityHeaders:
    """Adds the security headers to every HTTP response.

    Args:
        app: What answers.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        policy = _POLICY + _FRAMED_BY.get(path, "'self'")

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = (b"content-security-policy", policy.encode("ascii"))
                message["headers"] = [*message.get("headers", []), own, *_HEADERS]
            await send(message)

        await self._app(scope, receive, with_headers)
