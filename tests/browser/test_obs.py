"""The page at ``/obs``: visuals on nothing, of a jam of its own or of another one."""

import base64
import json
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Playwright, Route, expect
from tests.browser.conftest import BROWSERS, FLAGS, Visiting
from tests.browser.visiting import LiveServer, Visit

ALPHA_IN_THE_CORNER = """async (png) => {
    const image = new Image();
    image.src = `data:image/png;base64,${png}`;
    await image.decode();
    const context = document.createElement("canvas").getContext("2d");
    context.drawImage(image, 0, 0);
    return context.getImageData(5, 5, 1, 1).data[3];
}"""
START = "Click to start the music"


@pytest.fixture
def obs(playwright: Playwright, browser: Browser) -> Iterator[Browser]:
    """A browser that lets pages sound without a click, as OBS does; there is one, or ``browser`` would have skipped."""
    found = next(filter(None, map(shutil.which, BROWSERS)))
    flags = [*FLAGS, "--autoplay-policy=no-user-gesture-required"]
    launched = playwright.chromium.launch(executable_path=found, args=flags)
    yield launched
    launched.close()


def start(visit: Visit) -> None:
    visit.page.get_by_role("button", name=START).click()
    visit.wait_for("playing")


def test_it_is_transparent_and_waits_for_a_click_in_a_browser(server: LiveServer, visiting: Visiting) -> None:
    with visiting(server.url + "obs") as visit:
        page = visit.page
        picture = base64.b64encode(page.screenshot(omit_background=True)).decode()
        assert page.evaluate(ALPHA_IN_THE_CORNER, picture) == 0
        assert visit.sockets == []
        start(visit)
        visit.wait_for_sound()
        expect(page.get_by_role("button", name=START)).to_be_hidden()
        expect(page.get_by_role("list", name="Prompts")).to_contain_text("Bossa Nova")
    assert visit.complaints == []
    assert visit.foreign == []


@pytest.mark.parametrize(("query", "within_obs"), [("", True), ("?autoplay=1", False)])
def test_it_plays_by_itself_in_obs_and_where_it_is_asked_to(
    server: LiveServer, obs: Browser, query: str, within_obs: bool
) -> None:
    page = obs.new_page()
    if within_obs:
        page.add_init_script("globalThis.obsstudio = { pluginVersion: '2.24' };")
    page.goto(f"{server.url}obs{query}#p=1~Funk")
    page.wait_for_selector('body[data-playback="playing"]', timeout=20_000)
    expect(page.get_by_role("button", name=START)).to_be_hidden()
    expect(page.locator("body[data-on-air]")).to_have_count(1 if within_obs else 0)


def test_a_browser_that_lets_nothing_sound_is_told_to_be_clicked(server: LiveServer, visiting: Visiting) -> None:
    with visiting(server.url + "obs?autoplay=1") as visit:
        expect(visit.page.locator("#toasts")).to_contain_text("before a click")
        start(visit)
    # Chromium says in the console, too, that it wants a click.
    assert all("AudioContext was not allowed to start" in complaint for complaint in visit.complaints)


def test_it_plays_what_its_address_says_and_leaves_nothing_behind(server: LiveServer, visiting: Visiting) -> None:
    fragment = "p=1~jig&p=0.5~Funk&bpm=90&seed=7"
    with visiting(f"{server.url}obs#{fragment}&show=roll") as visit:
        start(visit)
        prompts, config = (json.loads(message) for message in visit.sent[1:3])
        assert prompts["clientContent"]["weightedPrompts"] == [
            {"text": "jig", "weight": 1},
            {"text": "Funk", "weight": 0.5},
        ]
        assert config["musicGenerationConfig"] == {"bpm": 90, "seed": 7}
        assert visit.page.evaluate("localStorage.length") == 0
        assert fragment in visit.page.url
        expect(visit.page.locator(".score-roll")).to_be_visible()
        for hidden in (".obs-prompts", ".score-now", "#light"):
            expect(visit.page.locator(hidden)).to_be_hidden()


def test_it_shows_another_jam_without_a_sound_of_its_own(server: LiveServer, visiting: Visiting) -> None:
    with visiting(server.url + "obs#p=1~Funk") as player:
        start(player)
        jam = player.page.evaluate("everjam.session.jam")
        with visiting(f"{server.url}obs#jam={jam}") as visit:
            page = visit.page
            visit.wait_for("playing")
            expect(page.get_by_role("list", name="Prompts")).to_have_text("Funk")
            expect(page.locator(".score-beats .on")).to_have_count(1)
            assert visit.sockets == []
            assert page.evaluate("everjam.player.analyser") is None
            player.page.bring_to_front()
            # The server does not know how much the listener's own browser holds back.
            heard, held_back = player.page.evaluate("[everjam.heard.frame, everjam.player.stats().bufferedSeconds]")
            shown = page.evaluate("everjam.heard.frame")
            assert -0.7 < (shown - heard) / 48_000 < held_back + 0.7
            player.page.evaluate("everjam.store.setConfig('bpm', 180)")
            page.wait_for_function("() => everjam.heard.now()?.bpm === 180")
            player.page.evaluate("everjam.transport.pause()")
            visit.wait_for("paused")
            held = page.evaluate("everjam.heard.frame")
            player.page.evaluate("everjam.transport.play()")
            visit.wait_for("playing")
            page.wait_for_function("(held) => everjam.heard.frame > held", arg=held)
        assert visit.complaints == []


def test_it_finds_a_lost_jam_again_by_itself(server: LiveServer, visiting: Visiting) -> None:
    with visiting(server.url + "obs#p=1~Funk") as player:
        start(player)
        jam = player.page.evaluate("everjam.session.jam")
        with visiting(server.url + "embed") as visit:
            page = visit.page
            refused: list[str] = []

            def refuse_twice(route: Route) -> None:
                refused.append("")
                if len(refused) <= 2:
                    route.fulfill(status=404, body="{}")
                else:
                    route.continue_()

            page.route("**/api/jams/*/events", refuse_twice)
            page.goto(f"{server.url}obs#jam={jam}")
            visit.wait_for("playing")
            assert len(refused) == 3
        assert all("404" in complaint for complaint in visit.complaints)


def test_a_jam_that_is_not_there_is_said_to_be_missing(server: LiveServer, visiting: Visiting) -> None:
    with visiting(server.url + "obs#jam=nobody") as visit:
        expect(visit.page.locator("#toasts")).to_contain_text("There is no jam “nobody” here now.")
    assert all("404" in complaint for complaint in visit.complaints)
