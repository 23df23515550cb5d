"""What the API over HTTP says when it refuses, in one shape."""

from starlette.responses import JSONResponse

from everjam.errors import EverjamError, InvalidKey, InvalidMessage, ServerBusy


def error_answer(status: int, message: str, *, field: str = "", remedy: str = "") -> JSONResponse:
    """An error as JSON.

    Args:
        status: HTTP status.
        message: What is wrong, one sentence.
        field: Which part of the request it is about, "" for all of it.
        remedy: What to do about it, one sentence, or "".
    """
    return JSONResponse({"error": {"message": message, "field": field, "remedy": remedy}}, status_code=status)


def refusal(error: EverjamError) -> JSONResponse:
    """The answer to a request that met an error raised on purpose."""
    status = 401 if isinstance(error, InvalidKey) else 503 if isinstance(error, ServerBusy) else 400
    field = error.field if isinstance(error, InvalidMessage) else ""
    message = str(error.args[0]).removeprefix(f"{field}: ")
    return error_answer(status, message, field=field, remedy=error.remedy)


def unknown_jam() -> JSONResponse:
    """Nobody plays that jam, nor has within the time for which jams are kept."""
    return error_answer(
        404, "There is no such jam.", field="id", remedy="Connect with events=1; the first message tells the id."
    )
