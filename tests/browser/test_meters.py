"""``<ej-meters>``: level, picture of the sound, and how well it runs."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import Visiting
from tests.browser.visiting import LiveServer, Visit

SHOW = """async () => {
    const { Meters } = await import("./meters.js");
    document.querySelector("ej-meters")?.remove();
    document.body.append(new Meters());
}"""
# Share of the picture's columns in which anything is drawn.
INK = """() => {
    const canvas = document.querySelector(".meters-scope");
    const { width, height } = canvas;
    const copy = Object.assign(document.createElement("canvas"), { width, height });
    const context = copy.getContext("2d", { willReadFrequently: true });
    context.drawImage(canvas, 0, 0);
    const { data } = context.getImageData(0, 0, width, height);
    const columns = new Set();
    for (let at = 3; at < data.length; at += 4) if (data[at] > 40) columns.add(((at - 3) / 4) % width);
    return columns.size / width;
}"""
PEAK_DB = """() => {
    const text = document.querySelector("ej-meters #peak").textContent.replace("\\u2212", "-");
    return text.endsWith("dB") ? Number.parseFloat(text) : null;
}"""


@pytest.fixture
def visit(server: LiveServer, visiting: Visiting) -> Iterator[Visit]:
    with visiting(server.url + "embed#p=1~Funk") as seen:
        seen.page.evaluate(SHOW)
        yield seen
    assert seen.complaints == []


def fact(page: Page, name: str) -> str:
    return page.locator(f"ej-meters #{name}").inner_text()


def test_it_says_how_well_it_runs_and_what_plays(visit: Visit) -> None:
    meters = visit.page.locator("ej-meters")
    assert "ms" not in fact(visit.page, "buffer")
    visit.play()
    expect(meters.locator("#buffer")).to_have_text(re.compile(r"^\d+ ms$"))
    expect(meters.locator("#latency")).to_have_text(re.compile(r"^(about )?\d+ ms$"))
    expect(meters.locator("#output")).to_have_text("AudioWorklet")
    expect(meters.locator("#underruns")).to_have_text(re.compile(r"^\d+$"))
    expect(meters.locator("#plays")).to_have_text("One sine tone a prompt")


def test_the_peak_is_the_one_that_is_heard(visit: Visit) -> None:
    visit.play()
    visit.wait_for_sound()
    page = visit.page
    page.wait_for_function(f"() => ({PEAK_DB})() > -30")
    heard = page.evaluate(
        """async () => {
            const samples = new Float32Array(1024);
            let peak = 0;
            for (let look = 0; look < 40; look++) {
                everjam.player.analyser.getFloatTimeDomainData(samples);
                peak = Math.max(peak, ...samples.map(Math.abs));
                await new Promise((done) => setTimeout(done, 20));
            }
            return 20 * Math.log10(peak);
        }"""
    )
    page.wait_for_function(f"(heard) => Math.abs(({PEAK_DB})() - heard) < 3", arg=heard)


def test_spectrum_and_wave_are_drawn_while_it_sounds(visit: Visit) -> None:
    page = visit.page
    visit.play()
    page.wait_for_function(f"() => ({INK})() > 0.1")
    button = page.get_by_role("button", name="Picture of the sound: spectrum. Press for wave.")
    button.press("Enter")
    expect(page.get_by_role("button", name="Picture of the sound: wave. Press for spectrum.")).to_be_focused()
    page.wait_for_function(f"() => ({INK})() > 0.98")


def test_where_nothing_may_move_there_are_numbers_only(server: LiveServer, visiting: Visiting) -> None:
    with visiting(server.url + "embed#p=1~Funk", reduced_motion="reduce") as visit:
        visit.page.evaluate(SHOW)
        visit.play()
        visit.wait_for_sound()
        visit.page.wait_for_function(f"() => ({PEAK_DB})() > -30")
        assert visit.page.evaluate(INK) == 0
    assert visit.complaints == []


def test_what_is_taken_away_listens_no_more(visit: Visit) -> None:
    visit.play()
    visit.wait_for_sound()
    visit.page.wait_for_function(f"() => ({INK})() > 0.1")
    visit.page.evaluate("globalThis.gone = document.querySelector('ej-meters'); gone.remove()")
    visit.page.evaluate("document.body.append(gone)")
    visit.page.wait_for_function(f"() => ({INK})() > 0.1")


def test_a_change_of_size_leaves_no_empty_picture(visit: Visit) -> None:
    visit.play()
    visit.wait_for_sound()
    page = visit.page
    page.wait_for_function(f"() => ({INK})() > 0.1")
    narrow, wide = page.evaluate(
        f"""async () => {{
            const meters = document.querySelector("ej-meters"), inks = [];
            for (const width of ["300px", "500px"]) {{
                meters.style.width = width;
                // Observers of sizes are called after the frame's callbacks and before it is shown.
                await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
                inks.push(({INK})());
            }}
            return inks;
        }}"""
    )
    assert narrow > 0.1
    assert wide > 0.1
