"""Command line options made from the tables: settings (``SPECS``) and the music configuration (``FIELDS``)."""

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.markup import escape

from everjam.errors import UsageError
from everjam.promptline import parse_field
from everjam.settings import SPECS, Settings, load_settings
from everjam.steering import FIELDS, FieldSpec, MusicConfig, Scale

if TYPE_CHECKING:
    from everjam.engines.base import Engine

_FIELD_FLAGS: Final = {"music_generation_mode": "mode"}
_UNITS: Final = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}
_WITH_UNIT: Final = re.compile(r"^(?P<number>\d+(?:\.\d*)?|\.\d+)\s*(?P<unit>[smh]?)$", re.ASCII)
_CLOCK: Final = re.compile(r"^(?:\d+:)?\d+:\d\d(?:\.\d*)?$", re.ASCII)
_LISTEN: Final = frozenset(
    {
        "host",
        "port",
        "tls_port",
        "lan",
        "engine",
        "cards_dir",
        "soundfont",
        "lead_seconds",
        "chunk_seconds",
        "open_page",
    }
)
CardsDir = Annotated[str | None, typer.Option("--cards", metavar="DIR", help="Folder with style cards of your own.")]
SoundFontFile = Annotated[
    str | None,
    typer.Option(
        "--soundfont", metavar="FILE|auto", help="Recorded instruments: a .sf2 or .sf3 file, or one that is installed."
    ),
]


def taking(parameters: Sequence[inspect.Parameter], into: str) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """Gives a command more options; their values arrive in one dictionary.

    Args:
        parameters: Keyword-only, annotated as typer wants it.
        into: Name of the command's argument that takes the dictionary.
    """

    def decorate(command: Callable[..., int]) -> Callable[..., int]:
        names = {parameter.name for parameter in parameters}
        signature = inspect.signature(command)
        own = [parameter for parameter in signature.parameters.values() if parameter.name != into]

        def wrapper(**values: Any) -> int:
            gathered = {name: value for name, value in values.items() if name in names}
            rest = {name: value for name, value in values.items() if name not in names}
            return command(**rest, **{into: gathered})

        keywords = [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in own]
        wrapper.__name__ = command.__name__
        wrapper.__doc__ = command.__doc__
        wrapper.__annotations__ = {parameter.name: parameter.annotation for parameter in (*keywords, *parameters)}
        wrapper.__signature__ = inspect.Signature([*keywords, *parameters])  # type: ignore[attr-defined]
        return wrapper

    return decorate


def settings_options() -> list[inspect.Parameter]:
    """One option for every setting that may appear on a command line; the value is text, None if not given."""
    found = []
    for spec in SPECS:
        if not spec.flag:
            continue
        text = f"{escape(spec.help)} [dim]default {escape(spec.default_text)}; {spec.env_name}[/dim]"
        panel = "Listening and playing" if spec.name in _LISTEN else "More"
        kind: Any = str | None
        declaration = f"--{spec.flag}"
        if spec.kind == "bool":
            kind, declaration = bool | None, f"--{spec.flag}/--no-{spec.flag}"
        option = typer.Option(
            declaration,
            metavar=spec.metavar or None,
            help=text,
            show_default=False,
            rich_help_panel=panel,
        )
        found.append(_parameter(spec.name, Annotated[kind, option]))
    return found


def read_settings(flags: Mapping[str, object]) -> Settings:
    """The settings from flags, environment and files."""
    return load_settings(flags)


def config_options() -> list[inspect.Parameter]:
    """One option for every field of the music configuration."""
    return [_config_option(spec) for spec in FIELDS]


def read_config(values: Mapping[str, str | bool | None]) -> MusicConfig:
    """The configuration from the options' values.

    Raises:
        UsageError: One of them cannot be read; names its flag.
    """
    fields: dict[str, Any] = {}
    for spec in FIELDS:
        value = values.get(spec.name)
        if value is None:
            continue
        try:
            fields[spec.name] = value if isinstance(value, bool) else parse_field(spec, value)
        except UsageError as error:
            raise UsageError(f"--{field_flag(spec)}: {error.args[0]}", remedy=error.remedy) from None
    return MusicConfig(**fields)


def field_flag(spec: FieldSpec) -> str:
    """The flag of a field, without dashes."""
    return _FIELD_FLAGS.get(spec.name, spec.name.replace("_", "-"))


def parse_duration(text: str) -> float:
    """Seconds of ``90``, ``1:30``, ``1:02:03``, ``90s``, ``5m`` or ``1.5h``.

    Raises:
        UsageError: It is none of these, or not more than nothing.
    """
    words = text.strip().lower()
    unit = _WITH_UNIT.match(words)
    seconds = 0.0
    if unit:
        seconds = float(unit["number"]) * _UNITS[unit["unit"]]
    elif _CLOCK.match(words):
        for piece in words.split(":"):
            seconds = seconds * 60 + float(piece)
    if not 0 < seconds <= 7 * 86_400:
        raise UsageError(f"{text!r} is not a duration.", remedy="Write seconds (90) or minutes:seconds (1:30).")
    return seconds


def _config_option(spec: FieldSpec) -> inspect.Parameter:
    kind: Any = str | None
    metavar: str | None = "TEXT"
    if spec.kind == "bool":
        kind, metavar = bool | None, None
    elif spec.enum is Scale:
        metavar = "KEY"
    elif spec.enum is not None:
        metavar = "|".join(member.name for member in spec.enum if member.value)
    elif spec.minimum is not None and spec.maximum is not None and spec.name != "seed":
        metavar = f"{spec.minimum:g}..{spec.maximum:g}"
    elif spec.name == "seed":
        metavar = "N"
    help_text = spec.help
    if spec.enum is Scale:
        help_text += " As C_MAJOR_A_MINOR, D major or F# minor."
    default = "drawn and told" if spec.name == "seed" else "AUTO" if spec.default is None else _default_text(spec)
    option = typer.Option(
        f"--{field_flag(spec)}",
        metavar=metavar,
        help=escape(help_text) + ("" if spec.kind == "bool" else f" [dim]default {default}[/dim]"),
        show_default=False,
        rich_help_panel="Music",
    )
    return _parameter(spec.name, Annotated[kind, option])


def _default_text(spec: FieldSpec) -> str:
    name = getattr(spec.default, "name", None)
    return name if isinstance(name, str) else f"{spec.default}"


def _parameter(name: str, annotation: Any) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)


def load_engine(
    name: str | None, cards_dir: str | None, soundfont: str | None = None, *, stems: bool = False
) -> "Engine":
    """The engine that a command plays on, with the settings that it takes.

    Raises:
        UsageError: There is no such engine, or its options are wrong.
    """
    from everjam.engines import registry

    settings = load_settings({"engine": name, "cards_dir": cards_dir, "soundfont": soundfont})
    options = registry.options(settings.engine, settings)
    registry.check(settings.engine, **options)
    if stems:
        options["stems"] = True
    return registry.load(settings.engine, **options)
