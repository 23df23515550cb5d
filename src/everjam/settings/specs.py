"""The one table of settings, and how their values are read and checked."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from everjam.errors import UsageError

Kind = Literal["text", "int", "float", "bool", "path", "choice", "keys"]

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
        choices: Allowed words, for ``kind == "choice"``; for a path, words that stand for none and are passed on.
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
    SettingSpec("lan", "bool", "Let the network listen: by TLS, with a token in the address.", "no", flag="lan"),
    SettingSpec("engine", "text", "Engine that plays (everjam engines).", "band", metavar="NAME", flag="engine"),
    SettingSpec("cards_dir", "path", "Folder with style cards of your own.", "none", metavar="DIR", flag="cards"),
    SettingSpec(
        "soundfont",
        "path",
        "Recorded instruments: a .sf2 or .sf3 file, or auto for one that is installed.",
        "none",
        choices=("auto",),
        metavar="FILE|auto",
        flag="soundfont",
    ),
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
        "Most sessions at once; 0 refuses more only while those that play run short of time.",
        default="0",
        low=0,
        high=1_000_000,
    ),
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
            if text in spec.choices:
                return text
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


def check(spec: SettingSpec, value: Any, origin: str) -> None:
    """Checks the value of a field.

    Raises:
        UsageError: It is out of range, or not one of the choices.
    """
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
