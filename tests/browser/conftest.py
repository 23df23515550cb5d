"""A real server and a real Chromium: the page is tested as people use it."""

import contextlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Playwright, Request, WebSocket, sync_playwright
from tests.browser.visiting import LiveServer, Visit

Visiting = Callable[..., contextlib.AbstractContextManager[Visit]]


# These leave a server as they find it, so one does for all tests of a module.
SHARING = frozenset({"test_embed", "test_meters", "test_obs", "test_score", "test_stage"})
MOVING = frozenset({"test_embed", "test_meters", "test_mixer", "test_obs", "test_pad", "test_score", "test_stage"})
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP music.lan 127.0.0.1",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@contextlib.contextmanager
def running_server() -> Iterator[LiveServer]:
    live = LiveServer()
    try:
        yield live
    finally:
        live.stop()


@pytest.fixture(scope="module")
def shared_server() -> Iterator[LiveServer]:
    with running_server() as live:
        yield live


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[LiveServer]:
    """A server of the test's own, or of its module's."""
    if Path(request.module.__file__).stem in SHARING:
        shared: LiveServer = request.getfixturevalue("shared_server")
        yield shared
        return
    with running_server() as live:
        yield live


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    # It keeps an event loop running in this thread, so it must be over before asyncio's own tests begin.
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip(f"no browser: none of {', '.join(BROWSERS)} is installed")
    launched = playwright.chromium.launch(executable_path=found, args=list(FLAGS))
    yield launched
    launched.close()


@pytest.fixture
def visiting(browser: Browser, request: pytest.FixtureRequest) -> Visiting:
    """Opens pages; complains at the end of each about console errors and requests that left the origin.

    What moves costs most of the time here, so pages stand still but for the tests that are about it.
    """
    motion = "no-preference" if Path(request.module.__file__).stem in MOVING else "reduce"

    @contextlib.contextmanager
    def visit(url: str, *, init_script: str = "", **context_options: object) -> Iterator[Visit]:
        context = browser.new_context(**{"reduced_motion": motion, **context_options})  # type: ignore[arg-type]
        if init_script:
            context.add_init_script(init_script)
        page = context.new_page()
        seen = Visit(page, urlsplit(url).netloc)

        def on_socket(socket: WebSocket) -> None:
            seen.sockets.append(socket)
            if urlsplit(socket.url).netloc != seen.host:
                seen.foreign.append(socket.url)
            socket.on("framesent", lambda frame: seen.sent.append(str(frame)))

        def on_console(said: ConsoleMessage) -> None:
            if said.type in {"error", "warning"}:
                seen.complaints.append(said.text)

        def on_request(request: Request) -> None:
            seen.requested.append(urlsplit(request.url).path)
            if urlsplit(request.url).netloc != seen.host:
                seen.foreign.append(request.url)

        page.on("console", on_console)
        page.on("pageerror", lambda error: seen.complaints.append(str(error)))
        page.on("websocket", on_socket)
        page.on("request", on_request)
        page.goto(url)
        page.wait_for_selector("body[data-ready]")
        try:
            yield seen
        finally:
            context.close()

    return visit


@pytest.fixture
def visit(server: LiveServer, visiting: Visiting) -> Iterator[Visit]:
    with visiting(server.url) as seen:
        yield seen
    assert seen.complaints == []
    assert seen.foreign == []
