"""Server settings: flag, then EVERJAM_* environment, then everjam.toml, then the user's own file, then the default.

``SPECS`` is the one table of settings. CLI flags, environment names, file keys, checks and docs are fed from it.
"""

import difflib
import ipaddress
import math
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Final, Literal

import platformdirs

from everjam.errors import UsageError

Kind = Literal["text", "int", "float", "bool", "path", "choice", "keys"]

FILE_NAME: Final = "everjam.toml"
ENV_PREFIX: Final = "EVERJAM_"
TLS_OFF: Final = -1
CHUNK_STEP_SECONDS: Final = 0.04

_TRUE: Final = frozenset({"1", "true", "yes", "on"})
_FALSE: Final = frozenset({"0", "false", "no", "off"})


@dataclass(frozen=True, slots=True)
class SettingSpec:
    """One setting.

    Attributes:
        name: Field of ``Settings``, key in everjam.toml, and, in capitals after ``EVERJAM_``, environment variable.
        kind: How it is read and checked.
        help: One line for people.
        default_text: The default, as people read it.
        minimum: Smallest value, for numbers.
        maximum: Largest value, for numbers.
        choices: Allowed words, for ``kind == "choice"``.
        words: Words that stand for a number, as ``off``.
        step: Numbers are a multiple of this, or None.
        metavar: Placeholder in help.
        flag: Flag without its dashes, "" for a setting that must not appear on a command line.
        in_file: Whether a settings file may hold it.
    """

    name: str
    kind: Kind
    help: str
    default_text: str = ""
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()
    words: Mapping[str, int] = field(default_factory=dict)
    step: float | None = None
    metavar: str = ""
    flag: str = ""
    in_file: bool = True

    @property
    def env_name(self) -> str:
        """Name of the environment variable."""
        return ENV_PREFIX + self.name.upper()


def _number(
    name: str,
    kind: Literal["int", "float"],
    text: str,
    *,
    default: str,
    low: float,
    high: float,
    flag: str = "",
    words: Mapping[str, int] | None = None,
    step: float | None = None,
) -> SettingSpec:
    return SettingSpec(
        name,
        kind,
        text,
        default,
        minimum=low,
        maximum=high,
        words=words or {},
        step=step,
        metavar="N" if kind == "int" else "SECONDS" if name.endswith("seconds") else "MINUTES",
        flag=flag or name.replace("_", "-"),
    )


SPECS: Final[tuple[SettingSpec, ...]] = (
    SettingSpec("host", "text", "Address to listen on.", "127.0.0.1", metavar="HOST", flag="host"),
    _number("port", "int", "Port for http and ws; 0 takes any free one.", default="8460", low=0, high=65535),
    _number(
        "tls_port",
        "int",
        "Port for https and wss; 0 takes any free one, off has none.",
        default="8461",
        low=TLS_OFF,
        high=65535,
        words={"off": TLS_OFF},
    ),
    SettingSpec("engine", "text", "Engine that plays (everjam engines).", "band", metavar="NAME", flag="engine"),
    _number(
        "lead_seconds",
        "float",
        "How far ahead of the listener to stay: more is safer, less steers sooner.",
        default="2.0",
        low=0.1,
        high=30.0,
        flag="lead",
    ),
    _number(
        "chunk_seconds",
        "float",
        "Audio in one message, in steps of 0.04.",
        default="2.0",
        low=CHUNK_STEP_SECONDS,
        high=2.0,
        flag="chunk",
        step=CHUNK_STEP_SECONDS,
    ),
    SettingSpec("strict", "bool", "Refuse what Google refuses, to test a client.", "no", flag="strict"),
    SettingSpec("open_page", "bool", "Open the page in the browser.", "only as plain `everjam`", flag="open"),
    SettingSpec(
        "api_key_file",
        "path",
        "File of API keys, one a line; clients must then send one.",
        "none",
        metavar="FILE",
        flag="api-key-file",
    ),
    SettingSpec("api_keys", "keys", "API keys, comma separated; environment only.", "none", in_file=False),
    SettingSpec(
        "tls_cert", "path", "Your own certificate chain (PEM).", "made at first start", metavar="FILE", flag="tls-cert"
    ),
    SettingSpec("tls_key", "path", "Key of your own certificate (PEM).", "none", metavar="FILE", flag="tls-key"),
    _number("workers", "int", "Processes that render.", default="cores, at least 2", low=1, high=1024),
    _number(
        "idle_minutes",
        "float",
        "Close a session in which nothing plays for so long.",
        default="30",
        low=0.01,
        high=100_000.0,
    ),
    _number(
        "max_sessions",
        "int",
        "Most sessions at once; 0 measures what this machine can do.",
        default="0",
        low=0,
        high=1_000_000,
    ),
    SettingSpec("cards_dir", "path", "Folder of your own cards for the band.", "none", metavar="DIR", flag="cards-dir"),
    SettingSpec(
        "policy_file", "path", "File that extends the prompt policy.", "none", metavar="FILE", flag="policy-file"
    ),
    SettingSpec(
        "artist_policy", "bool", 'Refuse prompts "in the style of" a living artist.', "no", flag="artist-policy"
    ),
    SettingSpec(
        "log_format",
        "choice",
        "How log lines look.",
        "text",
        choices=("text", "json"),
        metavar="text|json",
        flag="log-format",
    ),
    SettingSpec(
        "log_level",
        "choice",
        "What is logged.",
        "info",
        choices=("debug", "info", "warning", "error"),
        metavar="LEVEL",
        flag="log-level",
    ),
    SettingSpec(
        "data_dir",
        "path",
        "Where certificates and recordings are kept.",
        "your data folder",
        metavar="DIR",
        flag="data-dir",
    ),
)

SPEC_BY_NAME: Final = {spec.name: spec for spec in SPECS}


def default_workers() -> int:
    """As many processes as this process may use cores, at least 2 so that one can die."""
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    return max(2, cores)


def default_data_dir() -> Path:
    """The user's data folder for everjam, as the operating system wants it."""
    return platformdirs.user_data_path("everjam", appauthor=False)


def default_config_dir() -> Path:
    """The user's configuration folder for everjam, as the operating system wants it."""
    return platformdirs.user_config_path("everjam", appauthor=False)


@dataclass(frozen=True, slots=True)
class Settings:
    """All that a server is told at its start; checks itself.

    Attributes:
        host: Address to listen on.
        port: Port for http and ws, 0 = any free one.
        tls_port: Port for https and wss, 0 = any free one, -1 = none.
        engine: Name of the engine that answers to ``lyria-realtime`` models.
        lead_seconds: Least distance ahead of the listener's playhead.
        chunk_seconds: Audio in one message, a multiple of 0.04.
        strict: Whether to refuse what Google refuses.
        open_page: Whether to open the page in the browser; None = as the command that starts the server sees fit.
        api_key_file: Where ``api_keys`` also come from.
        api_keys: Keys that clients may use, file included; empty = no key needed. Never printed.
        tls_cert: The operator's own certificate chain.
        tls_key: The key that goes with it.
        workers: Render processes.
        idle_minutes: How long a session may hold nothing but a socket.
        max_sessions: Most sessions at once, 0 = as measured.
        cards_dir: The operator's own cards.
        policy_file: The operator's additions to the prompt policy.
        artist_policy: Whether prompts that ask for an artist's style are refused.
        log_format: ``text`` or ``json``.
        log_level: ``debug``, ``info``, ``warning`` or ``error``.
        data_dir: Where certificates and recordings are kept.
        origins: Setting name to where its value came from; settings at their default are left out.
    """

    host: str = "127.0.0.1"
    port: int = 8460
    tls_port: int = 8461
    engine: str = "band"
    lead_seconds: float = 2.0
    chunk_seconds: float = 2.0
    strict: bool = False
    open_page: bool | None = None
    api_key_file: Path | None = None
    api_keys: frozenset[str] = field(default=frozenset(), repr=False)
    tls_cert: Path | None = None
    tls_key: Path | None = None
    workers: int = field(default_factory=default_workers)
    idle_minutes: float = 30.0
    max_sessions: int = 0
    cards_dir: Path | None = None
    policy_file: Path | None = None
    artist_policy: bool = False
    log_format: str = "text"
    log_level: str = "info"
    data_dir: Path = field(default_factory=default_data_dir)
    origins: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        for spec in SPECS:
            _check(spec, getattr(self, spec.name), self.origins.get(spec.name, "the program"))
        if (self.tls_cert is None) != (self.tls_key is None):
            given, missing = ("tls_cert", "tls_key") if self.tls_cert else ("tls_key", "tls_cert")
            raise UsageError(
                f"{given} (from {self.origin(given)}) needs {missing} as well.",
                remedy=f"Add --{SPEC_BY_NAME[missing].flag} FILE, or leave both out for a certificate made here.",
            )
        if self.port == self.tls_port != 0:
            raise UsageError(
                f"port and tls_port are both {self.port} (from {self.origin('port')} and {self.origin('tls_port')}).",
                remedy="Give them different ports, or --tls-port off.",
            )

    def origin(self, name: str) -> str:
        """Where a setting's value came from, for people: ``--port``, ``EVERJAM_PORT``, a file, or ``the default``."""
        return self.origins.get(name, "the default")

    @property
    def tls(self) -> bool:
        """Whether there is a port for https and wss."""
        return self.tls_port != TLS_OFF

    @property
    def loopback_only(self) -> bool:
        """Whether nobody but this machine can connect."""
        return is_loopback(self.host)

    def warnings(self) -> tuple[str, ...]:
        """What the operator should be told loudly before the server starts, one sentence each."""
        if self.loopback_only or self.api_keys:
            return ()
        who = (
            f"Anybody on the network who can reach {self.host} can use this server: no API key is asked for. "
            "Set --api-key-file FILE or EVERJAM_API_KEYS, or listen on --host 127.0.0.1."
        )
        return (who,)


assert tuple(f.name for f in fields(Settings))[:-1] == tuple(spec.name for spec in SPECS)


def is_loopback(host: str) -> bool:
    """Whether an address or name means this machine only."""
    name = host.strip("[]").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        return False


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


def coerce(spec: SettingSpec, value: object, origin: str) -> Any:
    """Reads a value as people and files write it.

    Args:
        spec: The setting.
        value: Text, or the native value of a TOML file.
        origin: Where it came from, for the error.

    Returns:
        The value in the type of the ``Settings`` field.

    Raises:
        UsageError: It cannot be read.
    """
    text = str(value).strip()
    match spec.kind:
        case "bool":
            if isinstance(value, bool):
                return value
            if text.lower() in _TRUE | _FALSE:
                return text.lower() in _TRUE
            raise _wrong(spec, value, origin, "write true or false")
        case "int" | "float":
            return _coerce_number(spec, value, text, origin)
        case "path":
            if not text or not isinstance(value, str | Path):
                raise _wrong(spec, value, origin, "write the path of a file or folder")
            try:
                return Path(text).expanduser()
            except RuntimeError:
                raise _wrong(spec, value, origin, "write a path that begins at a known home") from None
        case "keys":
            return frozenset(key.strip() for key in text.split(",") if key.strip())
        case _:
            if not isinstance(value, str):
                raise _wrong(spec, value, origin, "write text")
            return text.lower() if spec.kind == "choice" else text


def _coerce_number(spec: SettingSpec, value: object, text: str, origin: str) -> int | float:
    hint = _range_hint(spec)
    if text.lower() in spec.words:
        return spec.words[text.lower()]
    if isinstance(value, bool):
        raise _wrong(spec, value, origin, hint)
    try:
        number = float(text)
    except ValueError:
        raise _wrong(spec, value, origin, hint) from None
    if not math.isfinite(number) or (spec.kind == "int" and number != int(number)):
        raise _wrong(spec, value, origin, hint)
    return int(number) if spec.kind == "int" else number


def _check(spec: SettingSpec, value: Any, origin: str) -> None:
    if spec.minimum is not None and spec.maximum is not None:
        number = float(value)
        if not math.isfinite(number) or not spec.minimum <= number <= spec.maximum:
            raise _wrong(spec, value, origin, _range_hint(spec))
        if spec.step and abs(number / spec.step - round(number / spec.step)) > 1e-6:
            raise _wrong(spec, value, origin, _range_hint(spec))
    if spec.kind == "choice" and value not in spec.choices:
        raise _wrong(spec, value, origin, f"choose {' or '.join(spec.choices)}")
    if spec.kind == "text" and (not value or not value.isprintable() or any(c.isspace() for c in value)):
        raise _wrong(spec, value, origin, "write one word")


def _range_hint(spec: SettingSpec) -> str:
    noun = "a whole number" if spec.kind == "int" else "a number"
    low, high = spec.minimum or 0, spec.maximum or 0
    if spec.words:
        low = max(low, 0)
    words = "".join(f", or {word}" for word in spec.words)
    step = f" in steps of {spec.step:g}" if spec.step else ""
    return f"write {noun} from {low:g} to {high:.10g}{step}{words}"


def _wrong(spec: SettingSpec, value: object, origin: str, hint: str) -> UsageError:
    return UsageError(f"{spec.name} = {str(value)[:80]!r} (from {origin}) cannot be used.", remedy=f"Please {hint}.")


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


def settings_table() -> str:
    """All settings as a Markdown table, for the docs."""
    lines = ["| Setting | Flag | Environment | Default | Meaning |", "| --- | --- | --- | --- | --- |"]
    for spec in SPECS:
        if spec.kind == "bool":
            flag = f"`--{spec.flag}` / `--no-{spec.flag}`"
        else:
            flag = f"`--{spec.flag} {spec.metavar}`".replace("|", "\\|") if spec.flag else ""
        lines.append(f"| `{spec.name}` | {flag} | `{spec.env_name}` | {spec.default_text} | {spec.help} |")
    return "\n".join(lines)
