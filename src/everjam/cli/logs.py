"""Log lines of a server in the foreground: text for people, JSON for machines."""

import datetime as dt
import json
import logging
import sys

from rich.text import Text

from everjam.cli import console
from everjam.live.guards import RedactSecrets
from everjam.settings import Settings


class TextHandler(logging.Handler):
    """Writes through the console of stderr, so that the status line stays below."""

    def emit(self, record: logging.LogRecord) -> None:
        """One line, and the traceback of an exception after it."""
        try:
            style = "red" if record.levelno >= logging.ERROR else "yellow" if record.levelno >= logging.WARNING else ""
            time = dt.datetime.fromtimestamp(record.created, dt.UTC).astimezone().strftime("%H:%M:%S")
            line = Text.assemble((time, "dim"), " ", (record.levelname.lower(), style), " ", self.format(record))
            console.err().print(line)
        except Exception:  # noqa: BLE001  (a log line must never end what it tells about)
            self.handleError(record)


class JsonFormatter(logging.Formatter):
    """One JSON object a line: time (UTC, RFC 3339), level, logger, message, exception."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        entry = {
            "time": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False)


def configure_logging(settings: Settings) -> None:
    """Sends all log records of this process to stderr, as the settings want them."""
    handler: logging.Handler
    if settings.log_format == "json":
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(JsonFormatter())
    else:
        handler = TextHandler()
        handler.setFormatter(logging.Formatter("%(message)s"))
    # On the handler, because a logger's own filters do not see what its children log.
    handler.addFilter(RedactSecrets())
    root = logging.getLogger()
    for old in list(root.handlers):
        if isinstance(old, TextHandler) or isinstance(old.formatter, JsonFormatter):
            root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(settings.log_level.upper())
    # Three lines for every connection are for debugging; the server tells of its sessions itself.
    logging.getLogger("uvicorn").setLevel(logging.NOTSET if settings.log_level == "debug" else logging.WARNING)
