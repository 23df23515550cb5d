"""What is wrong with a SoundFont, told so that its owner can do something about it."""

from pathlib import Path

from everjam.errors import UsageError


class SoundFontError(UsageError):
    """A SoundFont that cannot be read or played.

    Attributes:
        path: The file.
    """

    def __init__(self, path: Path, problem: str, *, remedy: str = "") -> None:
        super().__init__(f"The SoundFont {path} {problem}.", remedy=remedy or "Get the file again, or use another one.")
        self.path = path


def printable(name: bytes) -> str:
    """A name out of a file, fit to be shown: up to its first zero byte, without control characters."""
    text = name.split(b"\0", 1)[0].decode("latin-1")
    return "".join(char if char.isprintable() else "?" for char in text).strip() or "(no name)"
