"""How commands talk to people: results on stdout, everything else on stderr, colour only where it is wanted.

rich leaves colour out where the stream is no terminal or NO_COLOR is set.
"""

from functools import cache

from rich.console import Console
from rich.text import Text

from everjam.errors import EverjamError


@cache
def out() -> Console:
    """Standard output, for what was asked for."""
    return Console(highlight=False, soft_wrap=True)


@cache
def err() -> Console:
    """Standard error, for progress, notes and errors."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


def note(message: str) -> None:
    """One line beside the result."""
    err().print(Text(message))


def warn(message: str) -> None:
    """One line that must not be missed."""
    err().print(Text.assemble(("warning: ", "bold yellow"), message))


def complain(error: EverjamError | str, remedy: str = "") -> None:
    """One line for an error: what is wrong, and what to do about it."""
    message = " ".join(str(part) for part in (error, remedy) if part)
    err().print(Text.assemble(("everjam: ", "bold red"), " ".join(message.split())))
