"""The sleep timer: music that fades away and is paused, unless the listener is still awake."""

import re

from playwright.sync_api import expect
from tests.browser.visiting import Visit

# The timer that the page has, on a clock that the test moves by minutes.
MAKE = """async () => {
    const { SleepTimer } = await import("/sleeptimer.js");
    const { player, transport } = everjam;
    globalThis.now = 0;
    globalThis.timer = new SleepTimer(player, transport, () => now);
    globalThis.fades = [];
    globalThis.changes = 0;
    timer.addEventListener("change", () => changes++);
    const fade = player.fade.bind(player);
    // What is left of half a minute, in a tenth of the time.
    player.fade = (seconds) => { fades.push(seconds); return fade(seconds / 100); };
    globalThis.pass = (minutes) => { now += minutes * 60000; timer.tick(); };
}"""


def test_it_fades_over_half_a_minute_and_then_pauses(visit: Visit) -> None:
    page = visit.page
    visit.play()
    visit.wait_for_sound()
    page.evaluate(MAKE)
    page.evaluate("timer.set(20); pass(19)")
    assert page.evaluate("[timer.secondsLeft, timer.isFading, fades.length]") == [60, False, 0]
    page.evaluate("pass(0.6)")
    assert page.evaluate("[timer.isFading, Math.round(fades[0])]") == [True, 24]
    visit.wait_for_silence()
    visit.wait_for("playing")
    page.evaluate("pass(0.5)")
    visit.wait_for("paused")
    assert page.evaluate("timer.secondsLeft") is None
    page.get_by_role("button", name="Play", exact=True).click()
    visit.wait_for("playing")
    visit.wait_for_sound()


def test_cancelling_brings_the_sound_back(visit: Visit) -> None:
    page = visit.page
    visit.play()
    visit.wait_for_sound()
    page.evaluate(MAKE)
    page.evaluate("timer.set(1); pass(0.7)")
    visit.wait_for_silence()
    page.evaluate("timer.cancel()")
    visit.wait_for_sound()
    page.evaluate("pass(5)")
    assert page.evaluate("everjam.transport.wish") == "playing"


def test_who_pauses_and_plays_in_the_last_seconds_hears_the_rest(visit: Visit) -> None:
    page = visit.page
    visit.play()
    page.evaluate(MAKE)
    page.evaluate(
        """() => {
            const { player } = everjam;
            player.fade = () => new Promise((done) => { fades.push(0); globalThis.over = done; });
        }"""
    )
    page.evaluate("timer.set(1); pass(0.6)")
    page.evaluate("everjam.transport.pause(); over(false)")
    page.evaluate("pass(0.1)")
    assert page.evaluate("[timer.isFading, fades.length]") == [False, 1]
    page.evaluate("everjam.transport.play()")
    page.evaluate("pass(0.1)")
    assert page.evaluate("[timer.isFading, fades.length]") == [True, 2]


def test_the_button_sets_shows_and_cancels_it(visit: Visit) -> None:
    page = visit.page
    button = page.get_by_role("button", name=re.compile("^Sleep timer"))
    button.press("Enter")
    panel = page.get_by_role("dialog", name="Sleep timer")
    expect(panel).to_be_visible()
    expect(panel.get_by_role("button", name="15 min")).to_be_focused()
    expect(panel.get_by_role("button", name="Cancel the timer")).to_be_hidden()
    panel.get_by_role("button", name="45 min").click()
    expect(panel).to_be_hidden()
    expect(button).to_be_focused()
    expect(button).to_have_accessible_name("Sleep timer: 45 minutes left")
    expect(button).to_have_text("45 min")
    expect(page.locator("#toasts")).to_contain_text("pauses in 45 minutes")
    button.click()
    panel.get_by_role("spinbutton", name="Minutes").fill("0")
    page.keyboard.press("Enter")
    expect(panel).to_be_visible()  # the browser says what is wrong with 0
    panel.get_by_role("spinbutton", name="Minutes").fill("7")
    page.keyboard.press("Enter")
    expect(button).to_have_text("7 min")
    button.click()
    panel.get_by_role("button", name="Cancel the timer").click()
    expect(button).to_have_accessible_name("Sleep timer")
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
