"""How commands are found, how they end, and what an error looks like."""

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from everjam import __version__
from everjam.cli import main as entry
from everjam.errors import EngineError, UsageError

Everjam = Callable[..., Any]
COMMANDS = ["serve", "run", "env", "render", "play", "doctor", "engines", "version"]
PROGRAM = [sys.executable, "-c", "import sys; from everjam.cli.main import main; sys.exit(main())"]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(everjam: Everjam, command: str) -> None:
    ended = everjam(command, "--help")
    assert ended.code == 0
    assert f"Usage: everjam {command}" in ended.out
    assert f"Example: everjam {command}" in ended.out or 'Example: eval "$(everjam env)"' in ended.out


def test_help_lists_all_commands(everjam: Everjam) -> None:
    ended = everjam("--help")
    assert ended.code == 0
    assert all(f"│ {command} " in ended.out for command in COMMANDS)


@pytest.mark.parametrize("words", [("version",), ("--version",)])
def test_version(everjam: Everjam, words: tuple[str, ...]) -> None:
    ended = everjam(*words)
    assert (ended.code, ended.out, ended.err) == (0, f"everjam {__version__}\n", "")


@pytest.mark.parametrize(
    "words",
    [
        ("nonsense",),
        ("render",),
        ("render", "jazz"),
        ("serve", "--nonsense"),
        ("serve", "--port", "http"),
        ("render", "jazz", "-d", "soon", "-o", "a.wav"),
        ("render", "jazz", "-d", "1", "-o", "a.wav", "--bpm", "900"),
        ("render", "jazz", "-d", "1", "-o", "a.wav", "--engine", "orchestra"),
        ("env", "--shell", "tcsh"),
        ("run",),
    ],
)
def test_wrong_calls_are_one_line_with_a_remedy(everjam: Everjam, words: tuple[str, ...]) -> None:
    ended = everjam(*words)
    assert ended.code == 2
    assert ended.out == ""
    assert ended.err.startswith("everjam: ")
    assert ended.err.count("\n") == 1
    assert ended.err.rstrip().endswith(".")


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (UsageError("The sky is blue.", remedy="Paint it."), 2, "everjam: The sky is blue. Paint it.\n"),
        (EngineError("The engine is silent."), 1, "everjam: The engine is silent.\n"),
        (ZeroDivisionError("a\nb"), 1, "everjam: ZeroDivisionError: a b. This should not happen; "),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_errors_end_as_codes(
    everjam: Everjam, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, line: str
) -> None:
    def fail() -> list[object]:
        raise error

    monkeypatch.setattr("everjam.engines.registry.infos", fail)
    ended = everjam("engines")
    assert ended.code == code
    assert ended.err.startswith(line)
    assert ended.err.count("\n") <= 1


def test_a_bug_shows_its_place_when_asked(everjam: Everjam, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("everjam.engines.registry.infos", lambda: 1 / 0)
    monkeypatch.setenv("EVERJAM_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        everjam("engines")


@pytest.mark.parametrize(
    ("words", "bare", "port"),
    [((), True, 8460), (("--port", "9000"), True, 9000), (("--port=9000",), True, 9000), (("serve",), False, 8460)],
)
def test_without_a_command_it_serves_and_opens_the_page(
    everjam: Everjam, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], bare: bool, port: int
) -> None:
    seen: list[tuple[int, bool]] = []

    def fake(settings: Any, *, open_page: bool) -> int:
        seen.append((settings.port, open_page))
        return 0

    monkeypatch.setattr("everjam.cli.serve.serve_settings", fake)
    assert everjam(*words).code == 0
    assert seen == [(port, bare)]


@pytest.mark.parametrize(
    ("words", "opened"),
    [(("--no-open",), False), (("serve", "--open"), True), (("--open",), True), (("serve", "--no-open"), False)],
)
def test_opening_can_be_asked_for(
    everjam: Everjam, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], opened: bool
) -> None:
    seen: list[bool] = []
    monkeypatch.setattr("everjam.cli.serve.serve_settings", lambda _settings, *, open_page: seen.append(open_page))
    everjam(*words)
    monkeypatch.setenv("EVERJAM_OPEN_PAGE", "false" if opened else "true")
    everjam(*words)
    assert seen == [opened, opened]


def test_the_exit_code_of_a_command_is_the_programs(everjam: Everjam, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("everjam.cli.serve.serve_settings", lambda _settings, *, open_page: 130)
    assert everjam("serve").code == 130


def test_colour_is_left_out_of_pipes_and_when_unwanted() -> None:
    for environment in ({}, {"NO_COLOR": "1"}, {"NO_COLOR": "1", "FORCE_COLOR": "1"}):
        ended = subprocess.run(
            [*PROGRAM, "nonsense"], capture_output=True, check=False, text=True, env={"PATH": "", **environment}
        )
        assert ended.returncode == 2
        assert "\x1b[3" not in ended.stderr
        assert ended.stderr.startswith(("everjam: ", "\x1b[1meverjam: "))


def test_help_needs_no_heavy_imports() -> None:
    code = (
        "import sys; from everjam.cli.main import main; main(['--help']); "
        "heavy = {'numpy', 'scipy', 'uvicorn', 'cryptography', 'soundfile', 'everjam.live.app'} & set(sys.modules); "
        "sys.exit(', '.join(heavy) or 0)"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False, text=True)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_a_reader_that_goes_away_is_no_error() -> None:
    words = ["render", "jazz", "-d", "60", "-o", "-", "--engine", "tone", "--seed", "1"]
    with subprocess.Popen([*PROGRAM, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.read(44)[:4] == b"RIFF"
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == entry.EXIT_BROKEN_PIPE
