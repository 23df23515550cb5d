"""The page at ``/``: what it says and shows, and what it asks for."""

import gzip
import json
from importlib.resources import files

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import Visiting
from tests.browser.visiting import LiveServer, Visit


def test_the_house_band_is_heard(visiting: Visiting) -> None:
    server = LiveServer(engine="band")
    try:
        with visiting(server.url) as visit:
            expect(visit.page.locator("#engine")).to_have_text("The house band · not Lyria")
            visit.play()
            visit.wait_for_sound()
    finally:
        server.stop()
    assert visit.complaints == []


def test_it_speaks_the_protocol_like_any_client(visit: Visit) -> None:
    visit.play()
    messages = [json.loads(text) for text in visit.sent]
    assert [next(iter(message)) for message in messages[:4]] == [
        "setup",
        "clientContent",
        "musicGenerationConfig",
        "playbackControl",
    ]
    assert messages[0]["setup"]["model"] == "models/everjam-tone"
    assert messages[1]["clientContent"]["weightedPrompts"] == [
        {"text": "Bossa Nova", "weight": 1},
        {"text": "Lush Strings", "weight": 1},
    ]
    assert "GenerativeService.BidiGenerateMusic?chunk=0.2&lead=0.5" in visit.sockets[0].url


def test_it_says_what_plays_and_with_which_seed(visit: Visit, server: LiveServer) -> None:
    expect(visit.page.locator("#engine")).to_contain_text("not Lyria")
    expect(visit.page.locator("#engine")).to_contain_text("One sine tone a prompt")
    visit.play()
    seeds = {jam._session.seed for jam in server.service.jams}
    expect(visit.page.locator("#seed-line")).to_have_text(f"Seed {seeds.pop()}")


def test_a_fader_steers_and_the_way_to_the_ear_is_measured(visit: Visit) -> None:
    visit.play()
    visit.page.get_by_role("slider", name="Weight of Trip Hop").fill("1.5")
    sent = json.loads(visit.wait_for_sent("Trip Hop"))
    assert {"text": "Trip Hop", "weight": 1.5} in sent["clientContent"]["weightedPrompts"]
    visit.page.wait_for_function("() => everjam.transport.latencyMs > 0", timeout=3000)


def test_all_weights_at_zero_do_not_stop_the_music(visit: Visit) -> None:
    visit.play()
    for name in ("Bossa Nova", "Lush Strings"):
        visit.page.get_by_role("slider", name=f"Weight of {name}").fill("0")
    expect(visit.page.locator("#toasts")).to_contain_text("Every prompt is off")
    visit.page.wait_for_timeout(700)
    assert visit.level() > 0.001


def test_stop_ends_the_piece_and_reset_draws_a_new_seed(visit: Visit) -> None:
    visit.play()
    page = visit.page
    seed = page.locator("#seed-line").text_content()
    page.get_by_role("button", name="Reset", exact=True).click()
    expect(page.locator("#seed-line")).not_to_have_text(seed or "", timeout=3000)
    page.get_by_role("button", name="Keep this seed").click()
    kept = page.evaluate("everjam.store.state.config.seed")
    page.get_by_role("button", name="Stop").click()
    visit.wait_for("stopped")
    visit.wait_for_silence()
    visit.play()
    expect(page.locator("#seed-line")).to_have_text(f"Seed {kept}", timeout=3000)


def test_a_refused_prompt_is_told(visiting: Visiting) -> None:
    server = LiveServer(artist_policy=True)
    try:
        with visiting(server.url) as visit:
            visit.play()
            visit.page.get_by_label("A prompt of your own").fill("in the style of Some Singer")
            visit.page.get_by_role("button", name="Add").click()
            expect(visit.page.locator("#toasts")).to_contain_text("is left out")
    finally:
        server.stop()


def test_a_reload_restores_what_was_steered(visit: Visit) -> None:
    visit.page.get_by_role("slider", name="Weight of Trip Hop").fill("0.7")
    visit.page.get_by_role("slider", name="Tempo").fill("99")
    visit.page.reload()
    visit.page.wait_for_selector("body[data-ready]")
    expect(visit.page.get_by_role("slider", name="Weight of Trip Hop")).to_have_value("0.7")
    expect(visit.page.get_by_role("slider", name="Tempo")).to_have_value("99")


def test_every_control_has_a_name_and_ids_are_unique(visit: Visit) -> None:
    nameless = visit.page.evaluate(
        """() => [...document.querySelectorAll("input, select, button, textarea")]
            .filter((e) => !e.hidden)
            .filter((e) => !(e.labels?.[0]?.textContent || e.getAttribute("aria-label") || e.textContent).trim())
            .map((e) => e.outerHTML)"""
    )
    assert nameless == []
    twice = visit.page.evaluate(
        """() => { const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
            return ids.filter((id, at) => ids.indexOf(id) !== at); }"""
    )
    assert twice == []
    missing = visit.page.evaluate(
        """() => [...document.querySelectorAll("[aria-describedby], [aria-labelledby], label[for], output[for]")]
            .flatMap((e) => ["aria-describedby", "aria-labelledby", "for"].map((name) => e.getAttribute(name)))
            .filter((id) => id && !document.getElementById(id))"""
    )
    assert missing == []


CONTRAST = """() => {
    const pen = Object.assign(document.createElement("canvas"), { width: 1, height: 1 })
        .getContext("2d", { willReadFrequently: true });
    const parse = (css) => {
        pen.clearRect(0, 0, 1, 1);
        pen.fillStyle = css;
        pen.fillRect(0, 0, 1, 1);
        const [r, g, b, a] = pen.getImageData(0, 0, 1, 1).data;
        return [r, g, b, a / 255];
    };
    const over = ([r, g, b, a], under) => [r, g, b].map((part, i) => part * a + under[i] * (1 - a));
    const light = (rgb) => rgb
        .map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
        .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    const root = getComputedStyle(document.documentElement);
    const most = Number(getComputedStyle(document.getElementById("light")).opacity);
    const grounds = everjam.store.state.prompts.map(({ colour }) => {
        const [r, g, b] = parse(colour).map((part) => part + (255 - part) * 0.22);
        return over([r, g, b, most], parse(root.backgroundColor));
    });
    const faint = [];
    for (const e of document.body.querySelectorAll("*")) {
        const own = [...e.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
        const says = own || e.matches("input.box, select");
        const off = e.closest("[aria-disabled=true], [aria-hidden=true] svg, noscript, option");
        if (!says || off || !e.checkVisibility({ opacityProperty: true, visibilityProperty: true })) continue;
        let opacity = 1;
        const layers = [];
        for (let up = e; up && up !== document.documentElement; up = up.parentElement) {
            opacity *= Number(getComputedStyle(up).opacity);
            layers.unshift(parse(getComputedStyle(up).backgroundColor));
        }
        for (const ground of grounds) {
            const under = layers.reduce((below, layer) => over(layer, below), ground);
            const [r, g, b, a] = parse(getComputedStyle(e).color);
            const [high, low] = [light(over([r, g, b, a * opacity], under)), light(under)].sort((x, y) => y - x);
            const ratio = (high + 0.05) / (low + 0.05);
            if (ratio < 4.5) faint.push([e.outerHTML.slice(0, 100), Math.round(ratio * 100) / 100]);
        }
    }
    return faint;
}"""


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_words_stand_out_however_bright_the_light(server: LiveServer, visiting: Visiting, scheme: str) -> None:
    with visiting(server.url, color_scheme=scheme, reduced_motion="reduce") as visit:
        visit.page.evaluate("everjam.store.changePrompt(everjam.store.state.prompts[0].id, { muted: true })")
        assert visit.page.evaluate(CONTRAST) == []
        visit.play()
        for view in ("mixer", "pad"):
            visit.page.evaluate(f"everjam.store.setView('{view}')")
            assert visit.page.evaluate(CONTRAST) == []


def test_the_theme_is_the_systems_until_it_is_chosen_and_then_kept(server: LiveServer, visiting: Visiting) -> None:
    with visiting(server.url, color_scheme="light") as visit:
        page = visit.page
        ground = "getComputedStyle(document.documentElement).backgroundColor"
        light = page.evaluate(ground)
        switch = page.get_by_role("button", name="Colours:")
        expect(switch).to_have_accessible_name("Colours: as the system")
        switch.click()
        expect(switch).to_have_accessible_name("Colours: dark")
        dark = page.evaluate(ground)
        assert dark != light
        page.reload()
        page.wait_for_selector("body[data-ready]")
        assert page.evaluate(ground) == dark
        switch.click()
        assert page.evaluate(ground) == light


def test_the_first_screen_of_a_laptop_shows_it_all(server: LiveServer, visiting: Visiting) -> None:
    with visiting(server.url, viewport={"width": 1440, "height": 900}) as visit:
        visit.play()
        below = visit.page.evaluate(
            """() => [...document.querySelectorAll("#play, #stop, .slot, ej-score, ej-config, ej-meters")]
                .filter((e) => e.getBoundingClientRect().height === 0 || e.getBoundingClientRect().bottom > innerHeight)
                .map((e) => e.outerHTML.slice(0, 60))"""
        )
        assert below == []


def test_no_width_scrolls_sideways(visit: Visit) -> None:
    page = visit.page
    page.evaluate("everjam.store.addPrompt('a night train through the snow, and nobody awake in it', 1)")
    for view in ("mixer", "pad"):
        page.evaluate(f"everjam.store.setView('{view}')")
        for width in (360, 390, 700, 1024, 1240, 1440):
            page.set_viewport_size({"width": width, "height": 800})
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (view, width)


def test_what_a_thumb_presses_is_44_pixels_high(server: LiveServer, visiting: Visiting) -> None:
    with visiting(server.url, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True) as visit:
        visit.play()
        small = visit.page.evaluate(
            """() => [...document.querySelectorAll("#play, .ghost, .icon, .fader, .slider, .slot-button, .box")]
                .filter((e) => e.checkVisibility() && e.getBoundingClientRect().height < 43.5)
                .map((e) => e.outerHTML.slice(0, 80))"""
        )
        assert small == []
        transport = visit.page.locator(".transport").bounding_box()
        assert transport is not None
        assert transport["y"] + transport["height"] == pytest.approx(844, abs=1)


def test_the_seed_is_copied(server: LiveServer, visiting: Visiting) -> None:
    with visiting(server.url, permissions=["clipboard-read", "clipboard-write"]) as visit:
        visit.play()
        visit.page.get_by_role("button", name="Copy the seed").click()
        expect(visit.page.locator("#toasts")).to_contain_text("is in the clipboard")
        seed = visit.page.evaluate("everjam.store.state.seed")
        assert visit.page.evaluate("navigator.clipboard.readText()") == str(seed)


def test_reduced_motion_is_respected(server: LiveServer, visiting: Visiting) -> None:
    with visiting(server.url, reduced_motion="reduce") as visit:
        visit.play()
        visit.wait_for_sound()
        draws = """async () => {
            const shot = () => document.getElementById("ring").toDataURL();
            const first = shot();
            await new Promise((done) => setTimeout(done, 300));
            return first === shot();
        }"""
        assert visit.page.evaluate(draws) is True


def test_the_page_is_small_and_asks_for_its_own_files_only(visit: Visit) -> None:
    visit.play()
    visit.wait_for_sound()
    web = files("everjam") / "web"
    names = {file.name for file in web.iterdir()}
    assert {path.removeprefix("/") or "index.html" for path in visit.requested} <= names | {"api/schema"}
    # As it travels, compressed; the sources are kept as they are read.
    assert sum(len(gzip.compress((web / name).read_bytes())) for name in names) < 200_000
