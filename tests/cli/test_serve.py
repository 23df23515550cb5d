"""The server command: what it says, what it opens, what it logs."""

import json
import logging
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from everjam.cli import logs
from everjam.cli.serve import has_desktop, ready_lines, status_line
from everjam.settings import Settings, load_settings

Everjam = Callable[..., Any]


def endpoints(**changes: Any) -> Any:
    values: dict[str, Any] = {"http_url": "http://localhost:8460", "tls_url": "https://localhost:8461"}
    return SimpleNamespace(**{**values, "lan_url": None, "engine": "band", "status": status, **changes})


def status(**changes: Any) -> Any:
    return SimpleNamespace(
        **{"sessions": 2, "playing": 1, "least_lead_seconds": 2.34, "workers": 2, "underruns": 0, **changes}
    )


@pytest.fixture(autouse=True)
def own_logging() -> Iterator[None]:
    root = logging.getLogger()
    uvicorn = logging.getLogger("uvicorn")
    before = list(root.handlers), root.level, uvicorn.level
    yield
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    uvicorn.setLevel(before[2])


@pytest.fixture
def serving(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """A server that is ready at once and then stopped; gives the settings that it was started with."""
    seen: list[Settings] = []

    def fake(settings: Settings, on_ready: Callable[[Any], None]) -> int:
        seen.append(settings)
        on_ready(endpoints(engine=settings.engine))
        return 0

    monkeypatch.setattr("everjam.live.serve.serve", fake)
    return seen


def test_ready_lines_say_where_to_listen_and_how_to_connect(everjam: Everjam, serving: list[Settings]) -> None:
    ended = everjam("serve", "--engine", "tone")
    assert ended.code == 0
    assert serving[0].engine == "tone"
    listen, sdk, docs = [line.split(maxsplit=1) for line in ended.out.splitlines()[1:]]
    assert listen == ["Listen", "http://localhost:8460"]
    assert sdk == ["SDK", "everjam run -- python app.py"]
    assert docs[0] == "Docs"
    assert ended.err == ""


def test_another_port_is_named_for_the_sdk() -> None:
    settings = load_settings({"tls_port": "9001"}, env={})
    lines = [line.plain for line in ready_lines(endpoints(tls_url="https://localhost:9001"), settings)]
    assert "  SDK     everjam run --url https://localhost:9001 -- python app.py" in lines
    lines = [line.plain for line in ready_lines(endpoints(tls_url=None), Settings(tls_port=-1))]
    assert any("Python SDK needs TLS" in line for line in lines)


def test_an_open_door_is_announced_before_it_opens(everjam: Everjam, serving: list[Settings]) -> None:
    assert "warning: Anybody on the network" in everjam("serve", "--host", "0.0.0.0").err


def test_the_page_opens_where_there_is_a_desktop(
    everjam: Everjam, serving: list[Settings], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    monkeypatch.setattr("threading.Thread", InlineThread)
    monkeypatch.setattr("everjam.cli.serve.has_desktop", lambda *_: True)
    everjam("--engine", "tone")
    assert opened == ["http://localhost:8460"]
    everjam("serve")
    everjam("--no-open")
    monkeypatch.setattr("everjam.cli.serve.has_desktop", lambda *_: False)
    everjam()
    everjam("--open")
    assert opened == ["http://localhost:8460"]


class InlineThread:
    """A thread that has run when ``start`` returns."""

    def __init__(self, *, target: Callable[..., object], args: tuple[object, ...] = (), daemon: bool) -> None:
        self.start = lambda: target(*args)


@pytest.mark.parametrize(
    ("environment", "platform", "expected"),
    [
        ({}, "linux", False),
        ({"DISPLAY": ":0"}, "linux", True),
        ({"WAYLAND_DISPLAY": "wayland-0"}, "linux", True),
        ({"DISPLAY": ":0", "SSH_CONNECTION": "a b c d"}, "linux", False),
        ({"DISPLAY": ":0", "CI": "true"}, "linux", False),
        ({}, "darwin", True),
        ({"SSH_TTY": "/dev/pts/1"}, "darwin", False),
        ({}, "win32", True),
    ],
)
def test_desktops(environment: dict[str, str], platform: str, expected: bool) -> None:
    assert has_desktop(environment, platform) is expected


def test_the_status_line() -> None:
    assert status_line(status()) == "  2 sessions, 1 playing, lead 2.3 s   Ctrl-C stops"
    quiet = status(sessions=1, playing=0, least_lead_seconds=None, underruns=3)
    assert status_line(quiet) == "  1 session, 0 playing, 3 gaps   Ctrl-C stops"


def log_something() -> None:
    logger = logging.getLogger("everjam.test")
    logger.info("GET /ws?key=top-secret-key HTTP/1.1")
    logger.debug("not shown")
    try:
        int("broken [bold]string[/bold]")
    except ValueError:
        logger.exception("it broke")


def test_text_logs(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure_logging(Settings())
    logs.configure_logging(Settings())
    log_something()
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].endswith("HTTP/1.1")
    assert lines[0].split()[1] == "info"
    assert "top-secret-key" not in lines[0]
    assert lines[1].endswith("error it broke")
    assert lines[-1].endswith("'broken [bold]string[/bold]'")
    assert sum("HTTP/1.1" in line for line in lines) == 1


@pytest.mark.parametrize(("level", "count"), [("info", 1), ("debug", 2)])
def test_the_http_servers_own_chatter_is_for_debugging(
    capsys: pytest.CaptureFixture[str], level: str, count: int
) -> None:
    logs.configure_logging(Settings(log_level=level))
    logging.getLogger("uvicorn.error").info("connection open")
    logging.getLogger("uvicorn.error").warning("something odd")
    assert len(capsys.readouterr().err.splitlines()) == count


def test_json_logs(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure_logging(Settings(log_format="json", log_level="debug"))
    log_something()
    entries = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [entry["level"] for entry in entries] == ["info", "debug", "error"]
    assert "top-secret-key" not in json.dumps(entries)
    assert entries[0]["time"].endswith("+00:00")
    assert "ValueError" in entries[2]["exception"]
