"""Tables of the documentation, made from the code that they describe; called by cog from README.md and docs/*.md.

Run as a program it publishes: the newest results of the benchmarks become the figures that the documentation shows.
"""

import inspect
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import typer

from everjam.cli.main import app
from everjam.engines.band import cards
from everjam.engines.band.cards import schema
from everjam.engines.band.instruments import PATCHES
from everjam.engines.band.kit import DRUM_VOICES
from everjam.engines.band.theory import MODES
from everjam.errors import EverjamError, PeerError, ServerBusy, UsageError
from everjam.live import api, budget, events, guards, jam, named, service, takes
from everjam.live.metrics import Metrics
from everjam.live.tape import TapeLimits
from everjam.protocol import codec
from everjam.steering import FIELDS

ROOT = Path(__file__).resolve().parents[1]
FIGURES = ROOT / "docs" / "figures"


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def fields() -> str:
    """The music configuration, from ``everjam.steering.FIELDS``."""
    rows = []
    for spec in FIELDS:
        if spec.enum is not None:
            values = f"one of {len(spec.enum)} names, see below"
        elif spec.kind == "bool":
            values = "true, false"
        else:
            values = f"{_number(spec.minimum)} to {_number(spec.maximum)}"
        default = "the engine chooses" if spec.default is None else _number(spec.default)
        rows.append((f"`{spec.wire_name}`", f"`{spec.name}`", spec.kind, values, default, spec.help))
    return table(("On the wire", "snake_case", "Type", "Values", "Left out", "Meaning"), rows)


def card_keys() -> str:
    """The keys of style cards, from the docstrings of their schema."""
    lines = []
    for name, section in inspect.get_annotations(schema.CardFile, eval_str=True).items():
        kind = getattr(section, "__struct_fields__", None)
        if kind is None:
            continue
        about, _, keys = inspect.cleandoc(section.__doc__ or "").partition("\n\nAttributes:\n")
        told = [f"**`[{name}]`** {' '.join(about.split())}"]
        told += [f"- `{key}`: {text}" for key, text in _attributes(keys)]
        if not keys:
            told.append("- " + ", ".join(f"`{key}`" for key in kind))
        lines += [*told, ""]
    return "\n".join(lines).rstrip()


def card_words() -> str:
    """What may stand in a card: drums, modes, patches and learnt tables, from the code."""
    patches: dict[str, list[str]] = {}
    for patch in PATCHES.values():
        patches.setdefault(patch.family, []).append(patch.name)
    rows = [
        ("drums of a grid", ", ".join(f"`{name}`" for name in DRUM_VOICES)),
        ("modes", ", ".join(f"`{name}`" for name in MODES)),
        ("learnt tables", ", ".join(f"`@{name}`" for name in cards.learnt_names())),
        *((f"patches: {family}", ", ".join(f"`{name}`" for name in names)) for family, names in patches.items()),
    ]
    return table(("", ""), rows)


def _attributes(text: str) -> list[tuple[str, str]]:
    """The attributes of a docstring's last part, each with its text on one line."""
    found: list[tuple[str, str]] = []
    for line in inspect.cleandoc(text).splitlines():
        if line[:1].isspace() and found:
            found[-1] = (found[-1][0], f"{found[-1][1]} {line.strip()}")
        else:
            key, _, about = line.partition(": ")
            found.append((key, about))
    return [(key, about.replace("``", "`")) for key, about in found if key]


def enums() -> str:
    """The names of the enumerations, in the order of their numbers."""
    return "\n".join(
        f"- `{spec.wire_name}`: {', '.join(f'`{name}`' for name in spec.enum.__members__)}"
        for spec in FIELDS
        if spec.enum is not None
    )


def close_codes() -> str:
    """Every reason for which the server closes a session, from the tree of ``everjam.errors``."""
    rows: list[tuple[int, str, str]] = [
        (1000, "", "Nothing has played for longer than `idle_minutes`."),
        (1001, "", "The server is going away; the music fades out first. Connect again."),
    ]
    for kind in _subclasses(EverjamError):
        if not kind.__subclasses__() and kind is not UsageError and kind.__module__.startswith("everjam.errors"):
            told = "as it is" if issubclass(kind, PeerError | ServerBusy) else "`Internal error encountered.`"
            rows.append((kind.close_code, f"`{kind.__name__}`", f"{_first_line(kind)} Reason: {told}."))
    rows.append((1011, "", "Anything unforeseen. Reason: `Internal error encountered.`; the traceback is in the log."))
    rows.sort(key=lambda row: row[0])
    return table(("Code", "Error", "When"), rows)


def limits() -> str:
    """What a client may send, from the constants that enforce it."""
    rows = [
        ("Length of a message", f"{guards.MAX_MESSAGE_BYTES // 1024} KiB", "1009"),
        ("Prompts in a message", codec.MAX_PROMPTS, "1007"),
        ("Characters in a prompt", f"{codec.MAX_PROMPT_CHARACTERS:,}", "1007"),
        ("Characters in all prompts", f"{codec.MAX_TOTAL_CHARACTERS:,}", "1007"),
        ("Weight, either sign", f"{codec.MAX_ABSOLUTE_WEIGHT:,.0f}", "clamped, with a warning"),
        ("Messages a second", f"{budget.MAX_MESSAGES_A_SECOND:,}", "1008"),
        (
            "Bytes a second",
            f"{budget.MAX_BYTES_A_SECOND // 1024} KiB, after {budget.BURST_BYTES // 1024 // 1024} MiB at once",
            "1008",
        ),
        ("Frames a second, pings included", f"{guards.MAX_FRAMES_A_SECOND:,}", "1008"),
        ("Fragments of a message", f"{guards.MAX_FRAGMENTS:,}", "1009"),
        ("Time to the setup", f"{jam.SETUP_TIMEOUT_SECONDS:.0f} s", "1008"),
        ("Time to make room for a chunk", f"{jam.STALL_SECONDS:.0f} s", "1008"),
        ("Lead that may be asked for", f"{service.MIN_LEAD_SECONDS:g} to {service.MAX_LEAD_SECONDS:g} s", "1007"),
        ("Jams kept for those who come back", f"{named.MAX_KEPT}, for {named.KEEP_SECONDS:.0f} s", "forgotten"),
        ("Bar to begin at", f"{named.MAX_BAR:,}", "that bar"),
        ("Readers of one jam's events", events.MAX_READERS, "503"),
        ("Events that a reader may be behind", events.MAX_WAITING_EVENTS, "cut off"),
        ("Time to the end of a request's head", f"{guards.HEADER_TIMEOUT_SECONDS:.0f} s", "cut off"),
        ("Time to read on in an answer over HTTP", f"{guards.READ_TIMEOUT_SECONDS:.0f} s", "cut off"),
    ]
    return table(("What", "At most", "Beyond it"), rows)


def take_limits() -> str:
    """What may be taken of a jam, from the constants that enforce it."""
    kept = TapeLimits()
    rows = [
        ("Latest music that is always kept", f"{kept.window_seconds:.0f} s", "400"),
        ("Length of a recording", f"{kept.held_seconds / 60:.0f} min", "the rest is not kept"),
        ("Bars in an order", f"{api.MAX_BARS:,}", "400"),
        ("Takes of a jam that are being rendered", takes.MAX_RENDERING_A_JAM, "429"),
        ("Takes of the server that are being rendered", takes.MAX_RENDERING, "429"),
        ("Takes that are kept", f"{takes.MAX_KEPT}, for {takes.KEEP_SECONDS / 60:.0f} min", "the oldest go"),
        ("Their files", f"{takes.MAX_BYTES / 1024**3:.0f} GB", "the oldest go, then 507"),
        ("Size of a request", f"{api.MAX_BODY_BYTES // 1024} KiB", "413"),
    ]
    return table(("What", "At most", "Beyond it"), rows)


def metrics() -> str:
    """The metrics of ``/metrics``."""
    rows = [
        (f"`{family.name}{'_total' if family.type == 'counter' else ''}`", family.type, family.documentation)
        for family in Metrics().registry.collect()
    ]
    return table(("Metric", "Type", "Meaning"), rows)


def commands() -> str:
    """Every command of the CLI with its options, from the program itself."""
    root: Any = typer.main.get_command(app)
    return "\n\n".join(_command(name, command) for name, command in root.commands.items())


COMMANDS = {
    "page": "bench.page --visits 5 --minutes 10",
    "page-first": "bench.page --visits 5 --minutes 10",
    "speed": "bench.speed --seconds 8",
    "stages": "bench.stages --seconds 16",
    "memory": "bench.memory --minutes 1",
    "faults-kill": "bench.load --faults kill --jams 20 --seconds 24",
    "faults-freeze": "bench.load --faults freeze --jams 10,15 --seconds 24",
    "sound-jumps": "bench.sound --into sound-jumps --every 7 --seeds 1 --seconds 24 --pairs 60",
    "orchestra": "bench.sound.instruments --before TREE",
}
"""Of benchmarks whose name does not say how to run them."""


def figures(
    name: str, heads: Sequence[str] = (), *, without: Sequence[str] = (), only: Sequence[str] = (), every: int = 1
) -> str:
    """The published result of a benchmark as a table, with the command that made it.

    Args:
        name: Of the benchmark, as its file in ``docs/figures``.
        heads: Columns to show, in this order; empty = all.
        without: Columns not to show.
        only: What stands in the first column of the rows to show; empty = all.
        every: Only every so many-th of the rows, but ``median`` and ``worst``.
    """
    path = FIGURES / f"{name}.json"
    if not path.exists():
        return f"Not measured yet; `python -m {_command_of(name)}` does it."
    result = json.loads(path.read_text("utf-8"))
    rows = result["rows"]
    if isinstance(rows, dict):
        rows = [{"": key, **values} for key, values in rows.items()]
    shown = [head for head in heads or rows[0] if head not in without]
    if only:
        rows = [row for row in rows if row[shown[0]] in only]
    rows = [row for i, row in enumerate(rows) if i % every == 0 or row[shown[0]] in {"median", "worst"}]
    cells = [[_short(row.get(head, "")) for head in shown] for row in rows]
    machine = result.get("machine") or f"{result.get('cpu', '')}, Python {result.get('python', '')}"
    command = result.get("command") or _command_of(name)
    origin = f"Measured by `python -m {command}` on {machine}, revision {result['revision'][:8]}."
    return f"{table(shown, cells)}\n\n{origin}"


def side_by_side(name: str, before: str, key: str, heads: Sequence[str]) -> str:
    """Two published results of a benchmark in one table: what was measured before, and now.

    Args:
        name: Of the benchmark, as its file in ``docs/figures``.
        before: The same of the older state.
        key: Column that names a row.
        heads: Columns to show of both.
    """
    paths = [FIGURES / f"{one}.json" for one in (before, name)]
    if not all(path.exists() for path in paths):
        return f"Not measured yet; `python -m {_command_of(name)}` does it."
    old, new = (json.loads(path.read_text("utf-8")) for path in paths)
    past = {row[key]: row for row in old["rows"]}
    cells = [
        (row[key], *(_short(side.get(head, "")) for head in heads for side in (past.get(row[key], {}), row)))
        for row in new["rows"]
    ]
    shown = [key, *(f"{head}{when}" for head in heads for when in (" before", ""))]
    origin = f"Measured by `python -m {new['command']}` on {new['machine']}, revision {new['revision'][:8]}"
    return f"{table(shown, cells)}\n\n{origin}; before: `python -m {old['command']}` with the older tree."


def _command_of(name: str) -> str:
    """What made a result: one benchmark's tables share its name up to the first hyphen."""
    return COMMANDS.get(name, f"bench.{name.partition('-')[0]}")


def pictures(folder: str) -> str:
    """The pictures of a folder in ``docs``, each with its name for those who cannot see it."""
    paths = sorted((ROOT / "docs" / folder).glob("*.png"))
    return "\n".join(f"![{path.stem.replace('_', ' ')}]({folder}/{path.name})" for path in paths)


def publish() -> None:
    """Takes the newest line of every file in ``bench/results`` as the figures that the documentation shows."""
    FIGURES.mkdir(exist_ok=True)
    for path in sorted((ROOT / "bench" / "results").glob("*.jsonl")):
        newest = json.loads(path.read_text("utf-8").splitlines()[-1])
        newest.pop("cards", None)  # clip by clip: pictures are made of it, and no page shows it
        (FIGURES / f"{path.stem}.json").write_text(json.dumps(newest, indent=1) + "\n", "utf-8")
        print(f"docs/figures/{path.stem}.json: revision {newest['revision']}")


def _command(name: str, command: Any) -> str:
    inner = getattr(command, "commands", None)
    if inner:
        return "\n\n".join(_command(f"{name} {word}", one) for word, one in inner.items())
    arguments = [parameter for parameter in command.params if parameter.param_type_name == "argument"]
    options = [parameter for parameter in command.params if parameter.param_type_name == "option"]
    usage = " ".join(["everjam", name, *(["[OPTIONS]"] if options else []), *(_metavar(one) for one in arguments)])
    parts = [f"## `everjam {name}`", inspect.cleandoc(command.help or ""), f"```\n{usage}\n```"]
    rows = [(_flags(option), _plain(option.help or "")) for option in options if not option.hidden]
    if rows:
        parts.append(table(("Option", "Meaning"), rows))
    examples = [line.partition("[/dim] ")[2] for line in (command.epilog or "").splitlines() if "[/dim]" in line]
    if examples:
        parts.append("```sh\n" + "\n".join(examples) + "\n```")
    return "\n\n".join(parts)


def _flags(option: Any) -> str:
    names = ", ".join(f"`{name}`" for name in option.opts)
    off = ", ".join(f"`{name}`" for name in option.secondary_opts)
    takes = "" if option.is_flag or not option.metavar else f" `{option.metavar}`".replace("|", "\\|")
    return f"{names}{takes}" + (f" / {off}" if off else "")


def _plain(text: str) -> str:
    """Help without the terminal's markup, fit for a table."""
    return text.replace("[dim]", "(").replace("[/dim]", ")").replace("\\[", "[").replace("|", "\\|")


def _metavar(argument: Any) -> str:
    return str(argument.metavar or argument.name.upper())


def _subclasses(kind: type[EverjamError]) -> Iterable[type[EverjamError]]:
    for child in kind.__subclasses__():
        yield child
        yield from _subclasses(child)


def _first_line(kind: type[EverjamError]) -> str:
    return (inspect.getdoc(kind) or "").splitlines()[0]


def _number(value: Any) -> str:
    named = getattr(value, "name", None)
    return str(named) if named else f"{value:.10g}" if isinstance(value, int | float) and value is not False else "off"


def _short(value: Any) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


if __name__ == "__main__":
    publish()
