"""Every error everjam raises on purpose, in one tree.

::

    EverjamError
    ├── PeerError            the client is at fault; it is told why in the close reason
    │   ├── InvalidMessage       1007  a message that cannot be read, or a field that cannot be coerced
    │   ├── InvalidKey           1007  the API key is wrong or missing
    │   ├── UnknownModel         1008  the setup names a model that this server does not have
    │   ├── UnknownPath          1008  the WebSocket path is not the Live Music API's
    │   ├── SetupTimeout         1008  no setup message in time
    │   ├── TooManyMessages      1008  the client floods the server
    │   ├── TooSlow              1008  the client does not read what it asked for
    │   └── TakenOver            1008  the client goes on in another connection
    ├── ServerBusy           1011  no capacity left for one more session
    ├── EngineError          1011  an engine raised, hung or gave something that is not audio
    └── UsageError           the operator is at fault: flags, settings, files, cards; exit code 2

The number is the WebSocket close code (RFC 6455, section 7.4). ``close_frame`` is the one place where an exception
becomes a close code and a reason; whatever is not in this tree is told to the peer as "Internal error encountered."
"""

from typing import ClassVar, Final

MAX_CLOSE_REASON_BYTES: Final = 123
"""RFC 6455, section 5.5: a control frame holds 125 bytes, two of which are the close code."""

INTERNAL_ERROR: Final = "Internal error encountered."


class EverjamError(Exception):
    """Base of all errors raised on purpose.

    Attributes:
        close_code: WebSocket close code that tells the peer.
        remedy: What to do about it, one sentence, or "".
    """

    close_code: ClassVar[int] = 1011

    def __init__(self, message: str, *, remedy: str = "") -> None:
        super().__init__(message)
        self.remedy = remedy

    def __str__(self) -> str:
        message = super().__str__()
        if not self.remedy:
            return message
        return f"{message}{'' if message.endswith(('.', '!', '?')) else '.'} {self.remedy}"


class PeerError(EverjamError):
    """The client sent something that cannot be served."""

    close_code = 1007


class InvalidMessage(PeerError):
    """A message that cannot be read.

    Attributes:
        field: Path of the offending field in lowerCamel, "" for the whole message.
    """

    def __init__(self, message: str, *, field: str = "", remedy: str = "") -> None:
        super().__init__(f"{field}: {message}" if field else message, remedy=remedy)
        self.field = field


class InvalidKey(PeerError):
    """The API key is wrong or missing."""

    def __init__(self) -> None:
        super().__init__("API key not valid. Please pass a valid API key.")


class UnknownModel(PeerError):
    """The setup names a model that this server does not have.

    Attributes:
        model: The name as the client sent it.
    """

    close_code = 1008

    def __init__(self, model: str, known: list[str]) -> None:
        shown = model if len(model) <= 32 else f"{model[:29]}..."
        super().__init__(f"{shown} is not found. This server has: {', '.join(known)}")
        self.model = model


class UnknownPath(PeerError):
    """The WebSocket path is not the Live Music API's."""

    close_code = 1008


class SetupTimeout(PeerError):
    """The client connected and sent no setup in time."""

    close_code = 1008


class TooManyMessages(PeerError):
    """The client floods the server with messages."""

    close_code = 1008


class TooSlow(PeerError):
    """The client does not read the audio that it asked for."""

    close_code = 1008


class TakenOver(PeerError):
    """The client, or somebody who knows the jam's id, goes on with the jam in another connection."""

    close_code = 1008


class ServerBusy(EverjamError):
    """No capacity left for one more session."""


class EngineError(EverjamError):
    """An engine raised, hung or gave something that is not audio."""


class UsageError(EverjamError):
    """The operator's flags, settings, files or cards are wrong."""


def close_frame(error: BaseException) -> tuple[int, str]:
    """Close code and reason for an exception that ends a session.

    Args:
        error: What ended the session.

    Returns:
        ``(code, reason)``; the reason is at most 123 bytes of UTF-8 and never reveals an unexpected error's text.
    """
    if isinstance(error, PeerError | ServerBusy):
        return error.close_code, clip_reason(str(error))
    return 1011, INTERNAL_ERROR


def log_line(error: BaseException) -> str:
    """An error for the log: one line, whatever control characters a client has put into it."""
    return "".join(char if char.isprintable() else " " for char in str(error))


def clip_reason(reason: str) -> str:
    """Cuts a close reason to what a close frame can hold, on a character border."""
    data = reason.encode("utf-8", "replace")
    if len(data) <= MAX_CLOSE_REASON_BYTES:
        return data.decode()
    return data[: MAX_CLOSE_REASON_BYTES - 3].decode("utf-8", "ignore") + "..."
