"""The page at ``/embed``: a small player in other people's pages."""

import contextlib
import json
import threading
import urllib.request
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import Visiting
from tests.browser.visiting import LiveServer


def policy(url: str) -> str:
    with urllib.request.urlopen(url) as answer:
        return str(answer.headers["content-security-policy"])


def test_anybody_may_frame_the_player_and_nothing_else(server: LiveServer) -> None:
    assert policy(server.url + "embed").endswith("frame-ancestors *")
    for path in ("", "obs", "api/schema", "embed.js"):
        assert policy(server.url + path).endswith("frame-ancestors 'self'")


@contextlib.contextmanager
def somebody_elses_page(body: str) -> Iterator[str]:
    """Address of a page of another origin."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>Elsewhere</title>" + body.encode())

        def log_message(self, *_args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as elsewhere:
        thread = threading.Thread(target=elsewhere.serve_forever)
        thread.start()
        yield f"http://localhost:{elsewhere.server_address[1]}/"
        elsewhere.shutdown()
        thread.join()


def test_it_plays_within_a_page_from_elsewhere(server: LiveServer, visiting: Visiting) -> None:
    frame = f'<iframe src="{server.url}embed#p=1~Funk" width="480" height="140" title="Music"></iframe>'
    with somebody_elses_page(frame) as host, visiting(server.url + "embed") as visit:
        visit.page.goto(host)
        player = visit.page.frame_locator("iframe")
        player.get_by_role("button", name="Play", exact=True).click()
        expect(player.locator("body")).to_have_attribute("data-playback", "playing", timeout=15_000)


def test_prompts_are_chips_that_can_be_left_out(server: LiveServer, visiting: Visiting) -> None:
    with visiting(server.url + "embed#p=1~Funk&p=0.5~Trip+Hop&bpm=100") as visit:
        page = visit.page
        visit.play()
        chips = page.get_by_role("group", name="Prompts that play").get_by_role("button")
        expect(chips).to_have_text(["Funk", "Trip Hop"])
        chips.nth(1).press("Enter")
        sent = json.loads(visit.wait_for_sent('"weightedPrompts":[{"text":"Funk","weight":1}]'))
        assert sent["clientContent"]["weightedPrompts"] == [{"text": "Funk", "weight": 1}]
        expect(chips.nth(1)).to_have_attribute("aria-pressed", "false")
        expect(page.locator("#now")).to_contain_text("100 bpm")
        assert page.evaluate("localStorage.length") == 0
    assert visit.complaints == []
    assert visit.foreign == []


def test_volume_and_pause_by_keyboard(server: LiveServer, visiting: Visiting) -> None:
    with visiting(server.url + "embed") as visit:
        page = visit.page
        page.keyboard.press("Tab")
        expect(page.get_by_role("button", name="Play", exact=True)).to_be_focused()
        page.keyboard.press("Enter")
        visit.wait_for("playing")
        slider = page.get_by_role("slider", name="Volume")
        slider.press("Home")
        assert page.evaluate("everjam.player.volume") == 0
        expect(slider).to_have_attribute("aria-valuetext", "0 %")
        slider.press("Space")
        visit.wait_for("paused")
        expect(page.get_by_role("status")).to_have_text("Paused")


def test_the_link_opens_the_whole_page_with_the_same_music(server: LiveServer, visiting: Visiting) -> None:
    with visiting(server.url + "embed#p=1~Funk&bpm=100&seed=11") as visit:
        link = visit.page.get_by_role("link", name="open the whole page")
        with visit.page.context.expect_page() as opened:
            link.click()
        page = opened.value
        page.wait_for_selector("body[data-ready]")
        sketch = page.evaluate("({ ...everjam.store.sketch(), prompts: everjam.store.steeredPrompts() })")
        assert sketch == {"prompts": [{"text": "Funk", "weight": 1}], "config": {"bpm": 100, "seed": 11}}


@pytest.mark.parametrize("size", [(260, 190), (390, 140), (800, 120)])
def test_it_fits(server: LiveServer, visiting: Visiting, size: tuple[int, int]) -> None:
    width, height = size
    viewport = {"width": width, "height": height}
    with visiting(server.url + "embed#p=1~Lush+Strings&p=1~Trip+Hop", viewport=viewport) as visit:
        assert visit.page.evaluate("document.querySelector('main').scrollWidth <= innerWidth")
        assert visit.page.evaluate("document.querySelector('main').getBoundingClientRect().bottom <= innerHeight")
