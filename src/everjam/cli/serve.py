"""``everjam serve``, and plain ``everjam``: the server in the foreground."""

import io
import sys
import threading
import webbrowser
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import typer
from rich.live import Live
from rich.text import Text

from everjam import __version__
from everjam.cli import console
from everjam.cli.options import read_settings, settings_options, taking
from everjam.settings import Settings

if TYPE_CHECKING:
    from everjam.live.serve import Endpoints
    from everjam.live.service import Status

DOCS_URL = "https://github.com/everjam/everjam/tree/main/docs"


@taking(settings_options(), into="flags")
def serve(context: typer.Context, flags: dict[str, Any]) -> int:
    """Play for everybody who connects: the Live Music API, and a page to listen.

    Every flag is also an environment variable and, in small letters without EVERJAM_, a key of everjam.toml, in the
    current folder or in your configuration folder. A flag wins over the environment, and that over the files.
    """
    bare = bool((context.obj or {}).get("bare"))
    settings = read_settings(flags)
    return serve_settings(settings, open_page=bare if settings.open_page is None else settings.open_page)


def serve_settings(settings: Settings, *, open_page: bool) -> int:
    """Serves in the foreground until it is told to stop; returns the exit code."""
    import os

    from everjam.cli.logs import configure_logging
    from everjam.live.serve import serve as serve_until_stopped

    configure_logging(settings)
    for warning in settings.warnings():
        console.warn(warning)
    stop_status: list[Callable[[], None]] = []

    def on_ready(endpoints: "Endpoints") -> None:
        for line in ready_lines(endpoints, settings):
            console.out().print(line)
        if endpoints.lan_url is not None:
            for line in lan_lines(endpoints.lan_url):
                console.out().print(line, no_wrap=True, crop=False)
        sys.stdout.flush()
        if open_page:
            open_in_browser(endpoints.http_url, os.environ, sys.platform)
        if console.err().is_terminal and settings.log_format == "text":
            stop_status.append(show_status(endpoints.status))

    try:
        return serve_until_stopped(settings, on_ready)
    finally:
        for stop in stop_status:
            stop()


def ready_lines(endpoints: "Endpoints", settings: Settings) -> list[Text]:
    """What a person needs when the server is up: where to listen, how to point an SDK at it, where to read on."""
    sdk = "everjam run -- python app.py"
    base = endpoints.tls_url or endpoints.http_url
    if settings.origin("tls_port") != "the default" or settings.origin("host") != "the default":
        sdk = f"everjam run --url {base} -- python app.py"
    if endpoints.tls_url is None:
        sdk += "   (JavaScript only: Google's Python SDK needs TLS)"
    title = Text.assemble((f"everjam {__version__}", "bold"), f", engine {endpoints.engine}")
    rows = (("Listen", endpoints.http_url), ("SDK", sdk), ("Docs", DOCS_URL))
    return [title, *(Text.assemble((f"  {name:<8}", "dim"), (value, "cyan")) for name, value in rows)]


def lan_lines(url: str) -> list[Text]:
    """What a person needs to listen on another machine: the address, a picture of it, and what the warning is about."""
    import segno

    picture = io.StringIO()
    segno.make(url, error="l").terminal(picture, compact=True, border=2)
    base = url.partition("#")[0]
    return [
        Text.assemble(("  Phone   ", "dim"), (url, "cyan")),
        Text(""),
        Text.from_ansi(picture.getvalue()),
        Text(
            "  Who has this address can listen and steer. Their browser does not know this machine's certificate:",
            "dim",
        ),
        Text(f"  accept its warning, or open {base}ca.pem and trust it there first.", "dim"),
    ]


def show_status(status: "Callable[[], Status]") -> Callable[[], None]:
    """Keeps one line on the terminal up to date; returns what takes it away again."""
    latest = Text("")

    def render() -> Text:
        nonlocal latest
        try:
            latest = Text(status_line(status()), style="dim")
        except RuntimeError:
            # A session came or went while its server was being looked at from this thread.
            return latest
        return latest

    live = Live(get_renderable=render, console=console.err(), refresh_per_second=1, transient=True)
    live.start()
    return live.stop


def status_line(status: "Status") -> str:
    """Sessions, lead, gaps: one line."""
    parts = [f"{status.sessions} {'session' if status.sessions == 1 else 'sessions'}", f"{status.playing} playing"]
    if status.least_lead_seconds is not None:
        parts.append(f"lead {status.least_lead_seconds:.1f} s")
    if status.underruns:
        parts.append(f"{status.underruns} gaps")
    return f"  {', '.join(parts)}   Ctrl-C stops"


def has_desktop(environ: Mapping[str, str], platform: str) -> bool:
    """Whether a browser that opens here would be seen by the person at the terminal."""
    if environ.get("CI") or environ.get("SSH_CONNECTION") or environ.get("SSH_TTY"):
        return False
    if platform in {"darwin", "win32"}:
        return True
    return bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))


def open_in_browser(url: str, environ: Mapping[str, str], platform: str) -> None:
    """Opens the page beside the running server, where there is a desktop."""
    if has_desktop(environ, platform):
        threading.Thread(target=webbrowser.open, args=(url,), daemon=True).start()
