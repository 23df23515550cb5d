"""``/api/jams/{id}/events``: what happens in a jam, for visuals and other third parties, as server-sent events."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from everjam.errors import EverjamError
from everjam.live.answers import refusal, unknown_jam
from everjam.live.auth import KeyRing
from everjam.live.named import NamedJams

_HEADERS: Final = {"x-accel-buffering": "no", "access-control-allow-origin": "*"}
"""A proxy must not collect events before it hands them on; pages from anywhere may show what they know the id of."""


class EventStream:
    """Answers requests for the events of a jam.

    Args:
        jams: Whose events.
        keys: Who is let in.
    """

    def __init__(self, jams: NamedJams, keys: KeyRing) -> None:
        self._jams = jams
        self._keys = keys

    async def answer(self, request: Request) -> Response:
        """The events of one jam, until it is forgotten or the reader is too slow."""
        try:
            self._keys.check(request.query_params, request.headers, request.client.host if request.client else None)
            named = self._jams.find(request.path_params["jam"])
            if named is None:
                return unknown_jam()
            named.channel.check_room()
        except EverjamError as error:
            return refusal(error)
        return StreamingResponse(named.channel.read(), media_type="text/event-stream", headers=_HEADERS)
