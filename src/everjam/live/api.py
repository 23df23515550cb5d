"""``/api/jams``: takes of what a jam has played, and recording, over HTTP with JSON.

Everything that can go wrong is told as ``{"error": {"message", "field", "remedy"}}`` with a fitting status.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any, Final, NoReturn

from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from everjam.errors import EverjamError, InvalidMessage, ServerBusy
from everjam.export.audiofile import FORMATS
from everjam.live.answers import refusal, unknown_jam
from everjam.live.auth import KeyRing
from everjam.live.stretch import Line, Stretch
from everjam.live.takes import NoRoom, TakeInfo, Takes
from everjam.live.tape import Tape

MAX_BODY_BYTES: Final = 16 * 1024
MAX_BARS: Final = 4096
DEFAULT_BARS: Final = 8
DEFAULT_FORMAT: Final = "flac"
_MAX_FRAME: Final = 2**53
_NO_TAKE: Final = "There is no such take, or not any more."
_MEDIA_TYPES: Final = {
    ".wav": "audio/wav",
    ".flac": "audio/flac",
    ".mp3": "audio/mpeg",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg; codecs=opus",
    ".zip": "application/zip",
}

Answer = Callable[[Request], Awaitable[Response]]


class NoJam(EverjamError):
    """There is no such jam, or its connection has been gone for too long."""


class NoTake(EverjamError):
    """There is no such take, or not any more."""


class NotReady(EverjamError):
    """A take has no file (yet)."""


class TooLarge(EverjamError):
    """The body of a request is larger than any that makes sense."""


_STATUSES: Final[dict[type[EverjamError], int]] = {
    NoTake: 404,
    NotReady: 409,
    TooLarge: 413,
    ServerBusy: 429,
    NoRoom: 507,
}


class Api:
    """Answers requests.

    Args:
        takes: The takes of the server.
        keys: Who is let in.
        tape_of: The tape of a jam by the jam's name; None if there is no such jam (any more).
    """

    def __init__(self, takes: Takes, keys: KeyRing, tape_of: Callable[[str], Tape | None]) -> None:
        self._takes = takes
        self._keys = keys
        self._tape_of = tape_of

    def routes(self) -> list[Route]:
        """What the app is to serve."""
        jam = "/api/jams/{jam}"
        take = f"{jam}/takes/{{take}}"
        return [
            self._route(f"{jam}/takes", "POST", self.begin_take),
            self._route(take, "GET", self.show_take),
            self._route(take, "DELETE", self.remove_take),
            self._route(f"{take}/file", "GET", self.send_file),
            self._route(f"{jam}/recording", "PUT", self.begin_recording),
            self._route(f"{jam}/recording", "DELETE", self.end_recording),
        ]

    def _route(self, path: str, method: str, answer: Answer) -> Route:
        async def guarded(request: Request) -> Response:
            try:
                peer = request.client.host if request.client else None
                self._keys.check(request.query_params, request.headers, peer)
                return await answer(request)
            except NoJam:
                return unknown_jam()
            except ClientDisconnect:
                return Response(status_code=400)
            except EverjamError as error:
                return refusal(error, _STATUSES)

        return Route(path, guarded, methods=[method], name=f"{method} {path}")

    async def begin_take(self, request: Request) -> Response:
        """``POST …/takes``: begins to render a stretch."""
        body = await read_body(request)
        stretch = _stretch(self._tape(request), body)
        ending = body.get("format", DEFAULT_FORMAT)
        if not (isinstance(ending, str) and ending in FORMATS):
            _refuse("format", f"It must be one of {', '.join(FORMATS)}.")
        bundle = body.get("bundle", False)
        if not isinstance(bundle, bool):
            _refuse("bundle", "It must be true or false.")
        info = await self._takes.begin(request.path_params["jam"], stretch, ending, bundle=bundle)
        return JSONResponse({"take": take_object(info)}, status_code=202)

    async def show_take(self, request: Request) -> Response:
        """``GET …/takes/{take}``: how it is getting on."""
        return JSONResponse({"take": take_object(self._take(request))})

    async def remove_take(self, request: Request) -> Response:
        """``DELETE …/takes/{take}``: stops it, or deletes its file."""
        if not await self._takes.remove(request.path_params["jam"], request.path_params["take"]):
            raise NoTake(_NO_TAKE)
        return Response(status_code=204)

    async def send_file(self, request: Request) -> Response:
        """``GET …/takes/{take}/file``: the file, to be saved under a good name."""
        info = self._take(request)
        path = self._takes.file(request.path_params["jam"], info.id)
        if path is None:
            raise NotReady(f"The take is {info.state}.", remedy=info.message or "Ask again when it is ready.")
        try:
            stat_result = path.stat()
        except OSError:
            raise NoTake(_NO_TAKE) from None
        return FileResponse(path, filename=info.name, media_type=_MEDIA_TYPES[path.suffix], stat_result=stat_result)

    async def begin_recording(self, request: Request) -> Response:
        """``PUT …/recording``: keeps everything from a bar line on."""
        body = await read_body(request)
        return JSONResponse({"recording": recording_object(self._tape(request).hold(_frame(body, "begin")))})

    async def end_recording(self, request: Request) -> Response:
        """``DELETE …/recording``: keeps no more than the latest music again."""
        self._tape(request).release()
        return Response(status_code=204)

    def _tape(self, request: Request) -> Tape:
        tape = self._tape_of(request.path_params["jam"])
        if tape is None:
            raise NoJam("There is no such jam.")
        return tape

    def _take(self, request: Request) -> TakeInfo:
        info = self._takes.find(request.path_params["jam"], request.path_params["take"])
        if info is None:
            raise NoTake(_NO_TAKE)
        return info


def take_object(info: TakeInfo) -> dict[str, Any]:
    """A take as clients are told it."""
    return {
        "id": info.id,
        "state": info.state,
        "progress": info.progress,
        "name": info.name,
        "bytes": info.size_bytes,
        "beginFrame": info.begin_frame,
        "endFrame": info.end_frame,
        "bars": info.bars,
        "seconds": round(info.seconds, 6),
        "message": info.message,
    }


def recording_object(line: Line) -> dict[str, Any]:
    """A recording as clients are told it; the bar is null where no bar line is known."""
    return {"beginFrame": line.frame, "bar": line.bar if line.bar >= 0 else None}


async def read_body(request: Request) -> dict[str, Any]:
    """The JSON object in a request; an empty body is an empty object.

    Raises:
        TooLarge: It is larger than ``MAX_BODY_BYTES``.
        InvalidMessage: It is not a JSON object.
    """
    data = b""
    async for piece in request.stream():
        data += piece
        if len(data) > MAX_BODY_BYTES:
            raise TooLarge(f"The body is larger than {MAX_BODY_BYTES} bytes.")
    if not data.strip():
        return {}
    try:
        body = json.loads(data, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise InvalidMessage("The body is not JSON.", remedy='Send an object, such as {"bars": 8}.') from None
    if not isinstance(body, dict):
        raise InvalidMessage("The body is not an object.", remedy='Send an object, such as {"bars": 8}.')
    return body


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _stretch(tape: Tape, body: dict[str, Any]) -> Stretch:
    """The stretch that a request asks for: between two frames, or the last bars."""
    begin, end = _frame(body, "begin"), _frame(body, "end")
    if begin is None and end is None:
        bars = _whole(body, "bars", 1, MAX_BARS)
        return tape.grab(DEFAULT_BARS if bars is None else bars, _frame(body, "until"))
    for name in ("bars", "until"):
        if body.get(name) is not None:
            _refuse(name, "It does not go with begin and end.")
    if begin is None:
        _refuse("begin", "It is missing.")
    return tape.between(begin, tape.end_frame if end is None else end)


def _frame(body: dict[str, Any], name: str) -> int | None:
    return _whole(body, name, 0, _MAX_FRAME)


def _whole(body: dict[str, Any], name: str, low: int, high: int) -> int | None:
    """A whole number of the body; None if it is null or missing.

    Raises:
        InvalidMessage: It is something else, or out of range.
    """
    value = body.get(name)
    if value is None:
        return None
    is_whole = isinstance(value, int | float) and not isinstance(value, bool) and value == value // 1
    if not (is_whole and low <= value <= high):
        _refuse(name, f"It must be a whole number from {low} to {high}.")
    return int(value)


def _refuse(field: str, message: str) -> NoReturn:
    raise InvalidMessage(message, field=field)
