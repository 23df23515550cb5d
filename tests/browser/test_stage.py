"""The light behind the page: the prompts' colours, moved by what is heard and by its beat."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page
from tests.browser.conftest import Visiting
from tests.browser.visiting import LiveServer

SHOW = """async () => {
    const { Stage } = await import("./stage.js");
    const light = Object.assign(document.createElement("canvas"), { width: 64, height: 40 });
    document.body.append(light);
    globalThis.beat = { beat: 0, phase: 0.999 };
    const stage = new Stage({ ring: null, light }, () => null, () => globalThis.beat);
    const prompt = (text, colour, weight) => ({ id: 1, text, colour, weight, muted: false, solo: false });
    globalThis.made = { stage, light, prompt };
    stage.showPrompts([prompt("Funk", "#2af6de", 1)]);
    stage.showSounding(true);
}"""
# Light in the picture, and which colour it has: the sums of red, green, blue and alpha.
LIGHT = """() => {
    const { width, height } = made.light;
    const copy = Object.assign(document.createElement("canvas"), { width, height });
    const context = copy.getContext("2d", { willReadFrequently: true });
    context.drawImage(made.light, 0, 0);
    const { data } = context.getImageData(0, 0, width, height);
    const sums = [0, 0, 0, 0];
    for (let at = 0; at < data.length; at += 4) {
        for (let part = 0; part < 3; part++) sums[part] += (data[at + part] * data[at + 3]) / 255;
        sums[3] += data[at + 3];
    }
    return sums;
}"""


@pytest.fixture
def page(server: LiveServer, visiting: Visiting) -> Iterator[Page]:
    with visiting(server.url + "embed", color_scheme="dark") as visit:
        visit.page.evaluate(SHOW)
        yield visit.page
        assert visit.complaints == []


def settled(page: Page) -> list[float]:
    page.wait_for_timeout(1500)
    light: list[float] = page.evaluate(LIGHT)
    return light


def test_it_grows_with_the_beat_and_calms_down_when_the_music_rests(page: Page) -> None:
    between = settled(page)
    page.evaluate("globalThis.beat.phase = 0")
    on_the_beat = settled(page)
    assert on_the_beat[3] > 1.05 * between[3]
    page.evaluate("made.stage.showSounding(false)")
    assert settled(page)[3] < between[3]


def test_it_has_the_colours_of_the_prompts(page: Page) -> None:
    red, green, blue, _ = settled(page)
    assert green > 2 * red
    assert blue > 2 * red
    page.evaluate("made.stage.showPrompts([made.prompt('Rain', '#ff2010', 1), made.prompt('No', '#00ff00', -1)])")
    red, green, blue, _ = settled(page)
    assert red > 2 * green
    assert red > 2 * blue


def test_it_stands_still_where_nothing_may_move(server: LiveServer, visiting: Visiting) -> None:
    with visiting(server.url + "embed", reduced_motion="reduce") as visit:
        visit.page.evaluate(SHOW)
        before = settled(visit.page)
        assert before[3] > 0
        visit.page.evaluate("globalThis.beat.phase = 0")
        assert settled(visit.page) == before
    assert visit.complaints == []
