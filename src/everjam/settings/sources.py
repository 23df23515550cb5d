"""Where settings come from: flags, the environment, files."""

import difflib
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import platformdirs

from everjam.errors import UsageError
from everjam.settings.model import Settings
from everjam.settings.specs import SPEC_BY_NAME, SPECS, coerce

FILE_NAME: Final = "everjam.toml"


def default_config_dir() -> Path:
    """The user's configuration folder for everjam, as the operating system wants it."""
    return platformdirs.user_config_path("everjam", appauthor=False)


def load_settings(
    flags: Mapping[str, object] | None = None,
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    config_dir: Path | None = None,
) -> Settings:
    """Settings from everywhere, the strongest source first.

    Args:
        flags: Setting name to the value given on the command line; None values count as not given.
        env: The environment, default this process's.
        cwd: Folder that may hold an everjam.toml, default the current one.
        config_dir: Folder of the user's own everjam.toml, default the operating system's.

    Returns:
        The settings, with the keys from ``api_key_file`` read in.

    Raises:
        UsageError: A value, a file or a key in a file is wrong; says which setting, from where, and what to do.
    """
    found: dict[str, tuple[Any, str]] = {}
    here = (cwd or Path.cwd()) / FILE_NAME
    for path in ((config_dir or default_config_dir()) / FILE_NAME, here):
        found.update(_from_file(path))
    found.update(_from_env(os.environ if env is None else env))
    for name, value in (flags or {}).items():
        if value is not None:
            spec = SPEC_BY_NAME[name]
            origin = f"--{spec.flag}"
            found[name] = (coerce(spec, value, origin), origin)
    if "api_key_file" in found:
        path, origin = found["api_key_file"]
        keys = _read_keys(path, origin)
        more, more_origin = found.get("api_keys", (frozenset(), ""))
        found["api_keys"] = (keys | more, f"{origin} and {more_origin}" if more_origin else origin)
    values = {name: value for name, (value, _) in found.items()}
    return Settings(**values, origins={name: origin for name, (_, origin) in found.items()})


def _from_env(env: Mapping[str, str]) -> dict[str, tuple[Any, str]]:
    found = {}
    for spec in SPECS:
        text = env.get(spec.env_name, "")
        if text.strip():
            found[spec.name] = (coerce(spec, text, spec.env_name), spec.env_name)
    return found


def _from_file(path: Path) -> dict[str, tuple[Any, str]]:
    """Values of a settings file, each with its origin; paths in it are relative to the file's folder."""
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.", remedy="Make it readable or remove it.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{path} is not TOML: {error}.", remedy='Write lines such as port = 8460 or host = "::1".'
        ) from None
    found = {}
    known = {spec.name: spec for spec in SPECS if spec.in_file}
    for key, value in data.items():
        name = key.replace("-", "_")
        if name not in known:
            raise _unknown_key(path, key, list(known))
        coerced = coerce(known[name], value, str(path))
        found[name] = (path.parent / coerced if isinstance(coerced, Path) else coerced, str(path))
    return found


def _unknown_key(path: Path, key: str, known: list[str]) -> UsageError:
    spec = SPEC_BY_NAME.get(key)
    if spec is not None:
        remedy = f"Use {spec.env_name} or api_key_file, so that no key lies in a settings file."
    else:
        close = difflib.get_close_matches(key, known, n=1)
        remedy = f"Did you mean {close[0]}?" if close else f"Known are: {', '.join(known)}."
    return UsageError(f"{path} sets {key!r}, which is not a setting of a file.", remedy=remedy)


def _read_keys(path: Path, origin: str) -> frozenset[str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise UsageError(
            f"api_key_file = '{path}' (from {origin}) cannot be read: {reason}.",
            remedy="Give a readable text file with one key a line.",
        ) from None
    keys = frozenset(key for key in (line.partition("#")[0].strip() for line in lines) if key)
    if not keys:
        raise UsageError(
            f"api_key_file = '{path}' (from {origin}) holds no key.",
            remedy="Write one key a line, or leave the setting out to ask for none.",
        )
    return keys
