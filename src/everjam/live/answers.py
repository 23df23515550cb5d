"""What the API over HTTP says when it refuses, in one shape."""

from collections.abc import Mapping
from typing import Final

from starlette.responses import JSONResponse

from everjam.errors import EverjamError, InvalidKey, InvalidMessage, ServerBusy

_STATUSES: Final[dict[type[EverjamError], int]] = {InvalidMessage: 400, InvalidKey: 401, ServerBusy: 503}


def error_answer(status: int, message: str, *, field: str = "", remedy: str = "") -> JSONResponse:
    """An error as JSON.

    Args:
        status: HTTP status.
        message: What is wrong, one sentence.
        field: Which part of the request it is about, "" for all of it.
        remedy: What to do about it, one sentence, or "".
    """
    return JSONResponse({"error": {"message": message, "field": field, "remedy": remedy}}, status_code=status)


def refusal(error: EverjamError, statuses: Mapping[type[EverjamError], int] | None = None) -> JSONResponse:
    """The answer to a request that met an error raised on purpose.

    Args:
        error: What was raised.
        statuses: HTTP statuses of errors that only some requests meet, or that mean something else there.
    """
    known = {**_STATUSES, **(statuses or {})}
    status = next((code for kind, code in known.items() if isinstance(error, kind)), 500)
    field = error.field if isinstance(error, InvalidMessage) else ""
    message = str(error.args[0]).removeprefix(f"{field}: ")
    return error_answer(status, message, field=field, remedy=error.remedy)


def unknown_jam() -> JSONResponse:
    """Nobody plays that jam, nor has within the time for which jams are kept."""
    return error_answer(
        404, "There is no such jam.", field="id", remedy="Connect with events=1; the first message tells the id."
    )
