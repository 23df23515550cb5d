"""Where SoundFonts are usually kept, for those who ask for whichever there is."""

import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import platformdirs

from everjam.errors import UsageError

AUTO: Final = "auto"
_DEFAULTS: Final = ("default-GM.sf2", "default-GM.sf3", "default.sf2", "default.sf3")
_SUFFIXES: Final = (".sf2", ".sf3")


def folders() -> tuple[Path, ...]:
    """Well-known folders, the user's own first; they need not exist."""
    own = (platformdirs.user_data_path("everjam", appauthor=False) / "soundfonts",)
    home = Path.home()
    if sys.platform == "win32":
        shared = Path(os.environ.get("PROGRAMDATA", r"C:\ProgramData"))
        return (*own, home / "soundfonts", shared / "soundfonts", Path(r"C:\soundfonts"))
    if sys.platform == "darwin":
        return (
            *own,
            home / "Library/Audio/Sounds/Banks",
            Path("/Library/Audio/Sounds/Banks"),
            Path("/opt/homebrew/share/soundfonts"),
            Path("/usr/local/share/soundfonts"),
        )
    shares = (home / ".local/share", Path("/usr/local/share"), Path("/usr/share"))
    return (*own, *(share / name for share in shares for name in ("sounds/sf2", "sounds/sf3", "soundfonts")))


def find(places: Iterable[Path] | None = None) -> Path:
    """The first SoundFont in the well-known folders: in each the system's default, then by name.

    Args:
        places: Folders to look in instead.

    Raises:
        UsageError: There is none.
    """
    places = folders() if places is None else tuple(places)
    for folder in places:
        for name in _DEFAULTS:
            if (folder / name).is_file():
                return folder / name
        try:
            found = sorted(path for path in folder.iterdir() if path.suffix.lower() in _SUFFIXES and path.is_file())
        except OSError:
            continue
        if found:
            return found[0]
    raise UsageError(
        f"There is no SoundFont in {', '.join(map(str, places))}.",
        remedy="Put a .sf2 file there or name one; docs/soundfonts.md says where from.",
    )


def resolve(wanted: str | Path) -> Path:
    """The file that a setting means: a path, or ``auto`` for the first in the well-known folders.

    Raises:
        UsageError: ``auto`` finds none.
    """
    return find() if str(wanted) == AUTO else Path(wanted)
