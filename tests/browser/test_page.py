"""The page at ``/``, by hand, by keyboard, and when things go wrong."""

import contextlib
import json
import time
from collections.abc import Callable
from importlib.resources import files

import pytest
from playwright.sync_api import expect
from tests.browser.visiting import LiveServer, Visit

Visiting = Callable[..., contextlib.AbstractContextManager[Visit]]


def test_one_click_with_nothing_typed_makes_sound(visit: Visit) -> None:
    begin = time.monotonic()
    visit.page.get_by_role("button", name="Play", exact=True).click()
    visit.wait_for_sound(timeout_ms=3000)
    assert time.monotonic() - begin < 3.5
    visit.wait_for("playing")
    assert visit.page.evaluate("everjam.player.kind") == "worklet"
    expect(visit.page.get_by_role("status")).to_have_text("Playing")


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


def test_a_full_server_says_so_and_is_asked_again(visiting: Visiting) -> None:
    server = LiveServer(max_sessions=1)
    try:
        with visiting(server.url) as first, visiting(server.url) as second:
            first.play()
            second.page.get_by_role("button", name="Play", exact=True).click()
            expect(second.page.locator("#toasts")).to_contain_text("Resource has been exhausted")
            first.page.close()
            second.wait_for("playing")
    finally:
        server.stop()


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


def test_pause_holds_and_play_goes_on(visit: Visit) -> None:
    visit.play()
    visit.wait_for_sound()
    visit.page.get_by_role("button", name="Pause").click()
    visit.wait_for("paused")
    visit.wait_for_silence()
    seed = visit.page.locator("#seed-line").text_content()
    visit.play()
    visit.wait_for_sound()
    expect(visit.page.locator("#seed-line")).to_have_text(seed or "")
    assert visit.page.evaluate("everjam.player.stats().underruns") == 0


def test_stop_ends_the_piece_and_reset_draws_a_new_seed(visit: Visit) -> None:
    visit.play()
    page = visit.page
    seed = page.locator("#seed-line").text_content()
    page.get_by_role("button", name="Reset").click()
    expect(page.locator("#seed-line")).not_to_have_text(seed or "", timeout=3000)
    page.get_by_role("button", name="Keep it").click()
    kept = page.evaluate("everjam.store.state.config.seed")
    page.get_by_role("button", name="Stop").click()
    visit.wait_for("stopped")
    visit.wait_for_silence()
    visit.play()
    expect(page.locator("#seed-line")).to_have_text(f"Seed {kept}", timeout=3000)


def test_a_closed_session_comes_back_with_prompts_and_seed(visit: Visit, server: LiveServer) -> None:
    visit.play()
    seed = visit.page.locator("#seed-line").text_content()
    visit.sent.clear()
    server.close_all_sessions()
    visit.wait_for_sent("setup")
    visit.wait_for_sent("Lush Strings")
    visit.wait_for("playing")
    visit.wait_for_sound()
    assert len(visit.sockets) == 2
    expect(visit.page.locator("#seed-line")).to_have_text(seed or "")
    assert visit.page.evaluate("'seed' in everjam.store.state.config") is False


def test_a_restarted_server_is_found_again(server: LiveServer, visiting: Visiting) -> None:
    with visiting(server.url) as visit:
        visit.play()
        server.stop()
        visit.wait_for("reconnecting")
        expect(visit.page.locator("#toasts")).to_contain_text("The server does not answer")
        server.restart()
        visit.wait_for("playing")
        expect(visit.page.locator("#toasts")).not_to_contain_text("does not answer")
        visit.wait_for_sound()
    assert all("ERR_CONNECTION_REFUSED" in complaint for complaint in visit.complaints)


def test_a_stall_is_counted_once_and_trimmed_back(visit: Visit) -> None:
    visit.play()
    page = visit.page
    # The page stops feeding the player for a while, then hands over all that has come in, as a network stall does.
    page.evaluate(
        """() => {
            const { player } = everjam;
            const push = player.push.bind(player), waiting = [];
            player.push = (pcm) => waiting.push(pcm);
            setTimeout(() => { player.push = push; waiting.forEach(push); }, 1800);
        }"""
    )
    page.wait_for_function("() => everjam.player.stats().underruns === 1", timeout=3000)
    page.wait_for_function("() => everjam.player.stats().bufferedSeconds > 1.2", timeout=3000)
    page.wait_for_function("() => everjam.player.stats().trims === 1", timeout=6000)
    page.wait_for_function("() => everjam.player.stats().bufferedSeconds < 1.0", timeout=1000)
    assert page.evaluate("everjam.player.stats().underruns") == 1


def test_faders_that_move_cost_no_underrun(visit: Visit) -> None:
    visit.play()
    slider = visit.page.get_by_role("slider", name="Weight of Trip Hop")
    for step in range(60):
        slider.fill(f"{step % 40 / 20:.2f}")
        visit.page.wait_for_timeout(50)
    assert visit.page.evaluate("everjam.player.stats().underruns") == 0


def test_a_page_without_a_secure_context_plays_by_scheduled_buffers(server: LiveServer, visiting: Visiting) -> None:
    with visiting(f"http://music.lan:{server.port}/") as visit:
        assert visit.page.evaluate("isSecureContext") is False
        visit.play()
        visit.wait_for_sound()
        assert visit.page.evaluate("everjam.player.kind") == "scheduled"
        expect(visit.page.locator("#toasts")).to_contain_text("not secure")
        visit.page.keyboard.press("Space")
        visit.wait_for("paused")
        visit.wait_for_silence()
        visit.page.get_by_role("button", name="Stop").click()
        visit.play()
        visit.wait_for_sound()
    assert visit.complaints == []


def test_a_server_that_wants_a_key_says_so_and_takes_it_from_the_fragment(visiting: Visiting) -> None:
    server = LiveServer(api_keys=frozenset({"open sesame"}))
    try:
        with visiting(server.url) as visit:
            visit.page.get_by_role("button", name="Play", exact=True).click()
            visit.wait_for("failed")
            expect(visit.page.locator("#toasts")).to_contain_text("#key=YOUR-KEY")
        with visiting(server.url + "#key=open%20sesame") as visit:
            visit.play()
    finally:
        server.stop()


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
    const parse = (text) => text.match(/[\\d.]+/g).map(Number);
    const light = ([r, g, b]) => [r, g, b]
        .map((c) => c / 255).map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
        .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    const faint = [];
    const texts = "h1, h2, p, label, dt, dd, button, input[type=text], select, span";
    for (const e of document.querySelectorAll(texts)) {
        if (!(e.value || e.textContent).trim() || e.disabled || !e.checkVisibility()) continue;
        let opacity = 1;
        for (let up = e; up; up = up.parentElement) opacity *= Number(getComputedStyle(up).opacity);
        const style = getComputedStyle(e);
        const [r, g, b] = parse(style.color).map((c) => c * opacity);
        const own = parse(style.backgroundColor);
        const ground = own.length === 3 ? light(own) : light([33, 28, 46]);
        const [high, low] = [light([r, g, b]), ground].sort((x, y) => y - x);
        const ratio = (high + 0.05) / (low + 0.05);
        if (ratio < 4.5) faint.push([e.outerHTML.slice(0, 80), ratio]);
    }
    return faint;
}"""


def test_text_stands_out_from_the_darkest_and_the_lightest_panel(visit: Visit) -> None:
    assert visit.page.evaluate(CONTRAST) == []


@pytest.mark.parametrize("width", [390, 1024, 1440])
def test_no_width_scrolls_sideways(server: LiveServer, visiting: Visiting, width: int) -> None:
    with visiting(server.url, viewport={"width": width, "height": 800}) as visit:
        assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
        small = visit.page.evaluate(
            """() => [...document.querySelectorAll("#play, .ghost, .strip .close, .fader, .add input, select")]
                .filter((e) => e.checkVisibility() && e.getBoundingClientRect().height < 40)
                .map((e) => e.outerHTML.slice(0, 80))"""
        )
        assert small == []


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
    assert sum(len((web / name).read_bytes()) for name in names) < 150_000
