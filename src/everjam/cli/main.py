"""The entry point: which command, how it ended, and one line for every error.

Exit codes: 0 all went well, 1 it failed, 2 it was called wrongly, 130 Ctrl-C, 141 the reader of a pipe went away.
``everjam run`` passes on its program's own.
"""

import os
import sys
from collections.abc import Sequence
from typing import Final

import typer

from everjam.cli import console
from everjam.cli.cards import cards
from everjam.cli.doctor import doctor
from everjam.cli.explain import explain
from everjam.cli.info import engines, show_version, version
from everjam.cli.play import play
from everjam.cli.render import render
from everjam.cli.run import env, run
from everjam.cli.serve import serve
from everjam.errors import EverjamError, UsageError

EXIT_FAILURE: Final = 1
EXIT_USAGE: Final = 2
EXIT_INTERRUPTED: Final = 130
EXIT_BROKEN_PIPE: Final = 141

_ROOT_OPTIONS: Final = frozenset({"--help", "-h", "--version", "--install-completion", "--show-completion"})
# typer has its own copy of click from version 0.2x on; its public classes lead to whichever it uses.
_ClickError: Final[type[Exception]] = next(
    found for found in typer.BadParameter.__mro__ if found.__name__ == "ClickException"
)


def _example(*lines: str) -> str:
    """Examples for a help page, one a line."""
    return "\n\n".join(f"[dim]Example:[/dim] {line}" for line in lines)


app = typer.Typer(
    name="everjam",
    help="Endless, steerable music from a server you run yourself. Without a command: [bold]serve[/bold], and open the "
    "page.",
    epilog=_example(
        "everjam",
        'everjam render "lofi hip hop, rain:0.3" -d 1:00 -o rain.flac',
        "everjam run -- python app.py",
    ),
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _root(
    *,
    version_wanted: bool = typer.Option(
        False, "--version", help="Show the version and exit.", is_eager=True, callback=show_version
    ),
) -> None:
    """Only here to carry the options that stand before a command."""


app.command(
    epilog=_example("everjam serve --port 9000 --lead 1", "everjam serve --host 0.0.0.0 --api-key-file keys.txt")
)(serve)
app.command(
    epilog=_example("everjam run -- python app.py", "everjam run --url https://studio.local:8461 -- node app.mjs"),
    context_settings={"allow_interspersed_args": False},
)(run)
app.command(epilog=_example('eval "$(everjam env)"', "everjam env --shell fish | source"))(env)
app.command(
    epilog=_example(
        'everjam render "bossa nova, ocarina:0.6" -d 90 -o bossa.mp3 --bpm 120 --seed 7',
        "everjam render techno -d 2:00 -o techno.wav --stems stems/ --midi techno.mid",
        "everjam render jazz -d 10 -o - | aplay",
    )
)(render)
app.command(epilog=_example('everjam play "minimal techno, harp:0.5" --bpm 126'))(play)
app.command(epilog=_example("everjam doctor", "everjam doctor --json"))(doctor)
app.command(epilog=_example('everjam explain "rainy night in Tokyo"', 'everjam explain "techno, vocals:-1" --json'))(
    explain
)
app.add_typer(cards, name="cards")
app.command(epilog=_example("everjam engines"))(engines)
app.command(epilog=_example("everjam version"))(version)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command and tells how it ended.

    Args:
        arguments: Default those of this process.

    Returns:
        The exit code.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    bare = not words or (words[0].startswith("-") and words[0].partition("=")[0] not in _ROOT_OPTIONS)
    if bare and "_EVERJAM_COMPLETE" not in os.environ:
        words.insert(0, "serve")
    command = typer.main.get_command(app)
    try:
        code = command.main(words, prog_name="everjam", standalone_mode=False, obj={"bare": bare})
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit) as error:
        # typer turns a broken pipe into an exit of its own.
        if isinstance(error, SystemExit) and not isinstance(error.__context__, BrokenPipeError):
            return error.code if isinstance(error.code, int) else EXIT_FAILURE
        # What Python still holds for the pipe must not raise again at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.__stdout__.fileno() if sys.__stdout__ else 1)
        return EXIT_BROKEN_PIPE
    except Exception as error:  # noqa: BLE001  (nothing but one line may reach the terminal)
        return _report(error)
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    return code if isinstance(code, int) else 0


def _report(error: Exception) -> int:
    """One line for an error, and the exit code that it means."""
    if isinstance(error, typer.Abort):
        return EXIT_INTERRUPTED
    if isinstance(error, _ClickError):
        context = getattr(error, "ctx", None)
        path = getattr(context, "command_path", "everjam")
        format_message = getattr(error, "format_message", error.__str__)
        console.complain(str(format_message()), f"See `{path} --help`.")
        return int(getattr(error, "exit_code", EXIT_USAGE))
    if isinstance(error, EverjamError):
        console.complain(error)
        return EXIT_USAGE if isinstance(error, UsageError) else EXIT_FAILURE
    if os.environ.get("EVERJAM_DEBUG"):
        raise error
    console.complain(
        f"{type(error).__name__}: {error}.", "This should not happen; EVERJAM_DEBUG=1 shows where it does."
    )
    return EXIT_FAILURE
