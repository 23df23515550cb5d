"""Finds engines by the entry-point group ``everjam.engines``; ours come in by the same door as anybody's."""

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Final

from everjam.engines.base import Engine, EngineInfo, Suggestion, Suggests
from everjam.errors import UnknownModel, UsageError

GROUP: Final = "everjam.engines"
DEFAULT_MODEL_PREFIX: Final = "lyria-realtime"
"""Clients written for Lyria RealTime ask for ``models/lyria-realtime-exp``; they get the default engine."""


@cache
def _entry_points() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group=GROUP)}


def names() -> list[str]:
    """Names of all engines that are installed, sorted."""
    return sorted(_entry_points())


@cache
def _engine_class(name: str) -> Any:
    point = _entry_points().get(name)
    if point is None:
        raise UsageError(f"There is no engine {name!r}.", remedy=f"Installed: {', '.join(names())}.")
    found = _load(point)
    if isinstance(found, Exception):
        raise UsageError(f"The engine {name!r} cannot be loaded: {found}.", remedy="See `everjam doctor`.") from found
    return found


@cache
def _load(point: EntryPoint) -> Any:
    """The engine's class, or what was raised instead: an import that fails may take long and is not tried twice."""
    try:
        found = point.load()
        found.info.models  # noqa: B018  a class without it is no engine
    except Exception as error:  # noqa: BLE001  somebody else's code, and only one engine of several
        return error
    return found


def info(name: str) -> EngineInfo:
    """What an engine says about itself.

    Raises:
        UsageError: There is no such engine, or it cannot be imported.
    """
    found: EngineInfo = _engine_class(name).info
    return found


def infos() -> list[EngineInfo]:
    """All engines that can be loaded, in order of their names."""
    found = []
    for name in names():
        try:
            found.append(info(name))
        except UsageError:
            continue
    return found


def load(name: str, **options: Any) -> Engine:
    """A new instance of an engine.

    Args:
        name: Name of the entry point.
        options: Passed to the engine's constructor, e.g. ``stems=True``.

    Raises:
        UsageError: There is no such engine, it cannot be imported, or it does not take the options.
    """
    engine_class = _engine_class(name)
    try:
        engine: Engine = engine_class(**options)
    except TypeError as error:
        raise UsageError(f"The engine {name!r} does not take {', '.join(options)}: {error}.") from error
    return engine


def options(name: str, settings: object) -> dict[str, Any]:
    """What an engine takes of the server's settings: those that it names (``EngineInfo.options``) and that are set.

    Raises:
        UsageError: There is no such engine, or it cannot be imported.
    """
    wanted = {option: getattr(settings, option, None) for option in info(name).options}
    return {option: value for option, value in wanted.items() if value is not None}


def check(name: str, **given: Any) -> None:
    """Finds out whether an engine can work with its options, before anything is started with them.

    Raises:
        UsageError: It cannot, and why.
    """
    checks = getattr(_engine_class(name), "check_options", None)
    if checks is not None:
        checks(**given)


def offers(name: str, protocol: type) -> bool:
    """Whether an engine offers what a protocol of ``everjam.engines.base`` beside ``Engine`` asks for.

    Args:
        name: Name of the entry point.
        protocol: With methods only.

    Raises:
        UsageError: There is no such engine, or it cannot be imported.
    """
    return issubclass(_engine_class(name), protocol)


def suggestions(name: str, **given: Any) -> list[Suggestion]:
    """Prompts that an engine knows how to play; none where it does not say.

    Args:
        name: Name of the entry point.
        given: Options of the engine.

    Raises:
        UsageError: There is no such engine, or it cannot be imported.
    """
    engine_class = _engine_class(name)
    return list(engine_class.suggestions(**given)) if isinstance(engine_class, Suggests) else []


def engine_for_model(model: str, default: str) -> str:
    """Name of the engine that answers to a model name.

    Args:
        model: As the client's setup names it, with or without ``models/``.
        default: The engine behind every ``lyria-realtime*``.

    Raises:
        UnknownModel: No engine answers to it.
    """
    wanted = model.removeprefix("models/")
    if wanted.startswith(DEFAULT_MODEL_PREFIX):
        return default
    known = {name: found.name for found in infos() for name in found.models}
    engine = known.get(f"models/{wanted}")
    if engine is None:
        raise UnknownModel(model, ["models/lyria-realtime-exp", *sorted(known)])
    return engine
