"""``/api/jams/{id}/events``: what happens in a jam, for visuals and other third parties, as server-sent events."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from everjam.errors import EverjamError
from everjam.live.answers import refusal, unknown_jam
from everjam.live.service import Service

_HEADERS: Final = {"x-accel-buffering": "no"}
"""A proxy must not collect events before it hands them on."""


class EventStream:
    """Answers requests for the events of a jam.

    Args:
        service: Whose jams.
    """

    def __init__(self, service: Service) -> None:
        self._service = service

    async def answer(self, request: Request) -> Response:
        """The events of one jam, until it is forgotten or the reader is too slow."""
        peer = request.client.host if request.client else None
        try:
            self._service.keys.check(request.query_params, request.headers, peer)
            named = self._service.named.find(request.path_params["id"])
            if named is None:
                return unknown_jam()
            named.channel.check_room()
        except EverjamError as error:
            return refusal(error)
        return StreamingResponse(named.channel.read(), media_type="text/event-stream", headers=_HEADERS)
