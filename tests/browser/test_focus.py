"""The focus never falls back to the top of the page: what is of no use for now keeps it, what goes away hands it on."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect
from tests.browser.conftest import Visiting
from tests.browser.test_midi import FAKE
from tests.browser.visiting import LiveServer, Visit


def button(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name, exact=True)


def fader(page: Page, name: str) -> Locator:
    return page.get_by_role("slider", name=f"Weight of {name}", exact=True)


def press(control: Locator, key: str = "Enter") -> None:
    """As somebody does who sees nothing: the focus is there, and then comes a key."""
    control.focus()
    control.page.keyboard.press(key)


def has_focus(control: Locator) -> None:
    expect(control).to_be_focused()
    # A browser notices only when it draws that what has the focus has been hidden.
    control.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    expect(control).to_be_focused()
    assert control.page.evaluate("document.activeElement !== document.body")


def is_out_of_use(control: Locator) -> None:
    """It keeps the focus, says so, and does nothing."""
    has_focus(control)
    expect(control).to_have_attribute("aria-disabled", "true")
    before = control.page.evaluate("JSON.stringify([everjam.store.sketch(), everjam.store.state.playback])")
    for key in ("Enter", "Space"):
        control.page.keyboard.press(key)
    assert control.page.evaluate("JSON.stringify([everjam.store.sketch(), everjam.store.state.playback])") == before
    has_focus(control)


def test_stop_leads_to_play(visit: Visit) -> None:
    page = visit.page
    visit.play()
    press(button(page, "Stop"))
    has_focus(button(page, "Play"))
    page.keyboard.press("Space")
    visit.wait_for("playing")
    press(button(page, "Reset"), "Escape")
    has_focus(button(page, "Play"))


def test_what_plays_hands_on_when_it_is_over(visit: Visit) -> None:
    page = visit.page
    visit.play()
    press(button(page, "Describe it"))
    has_focus(button(page, "Close"))
    page.keyboard.press("Escape")
    has_focus(button(page, "Play"))


def test_what_becomes_of_words_keeps_the_focus_when_it_is_told_anew(visit: Visit) -> None:
    page = visit.page
    tell = """(texts) => everjam.heard.dispatchEvent(new CustomEvent("why", { detail: texts.map((text) =>
        ({ text, weight: 1, cards: [{ name: "bossa", weight: 1, why: "because" }] })) }))"""
    words = page.get_by_role("list", name="What your words became").locator("summary")
    page.evaluate("document.body.dataset.playback = 'playing'")
    page.evaluate(tell, ["one", "two"])
    words.nth(1).focus()
    page.evaluate(tell, ["one", "two", "three"])
    has_focus(words.nth(1))
    page.evaluate(tell, ["one"])
    has_focus(words.nth(0))
    page.evaluate(tell, [])
    has_focus(button(page, "Describe it"))


def test_the_last_step_back_or_forth_stays(visit: Visit) -> None:
    page = visit.page
    press(fader(page, "Funk"), "ArrowUp")
    press(button(page, "Undo"))
    is_out_of_use(button(page, "Undo"))
    press(button(page, "Redo"))
    is_out_of_use(button(page, "Redo"))


def test_all_on_auto_stays(visit: Visit) -> None:
    page = visit.page
    press(page.get_by_role("slider", name="Tempo"), "ArrowUp")
    press(button(page, "All on Auto"))
    assert page.evaluate("everjam.store.state.config") == {}
    is_out_of_use(button(page, "All on Auto"))


def test_record_and_grab_stay_when_the_music_ends(visit: Visit) -> None:
    page = visit.page
    visit.play()
    for name in ("Grab 8 bars", "Record"):
        press(button(page, name), "Escape")
        visit.wait_for("stopped")
        is_out_of_use(button(page, name))
        visit.play()


def test_a_kept_seed_leaves_the_one_to_copy(visit: Visit) -> None:
    visit.play()
    press(button(visit.page, "Keep this seed"))
    has_focus(button(visit.page, "Copy the seed"))


def test_a_removed_take_leaves_the_next_one(visit: Visit) -> None:
    page = visit.page
    page.evaluate("everjam.store.setConfig('bpm', 200)")
    visit.play()
    takes = page.get_by_role("list", name="Takes").get_by_role("button")
    page.wait_for_function("() => everjam.heard.now()?.bar >= 1")
    for count in (1, 2, 3):
        press(button(page, "Grab 8 bars"))
        expect(takes).to_have_count(count)
    for count in (2, 1):
        press(takes.nth(1))
        expect(takes).to_have_count(count)
        has_focus(takes.nth(min(1, count - 1)))
    page.keyboard.press("Enter")
    has_focus(button(page, "Takes and formats"))


def test_a_closed_message_leads_to_the_next_one_and_then_back(visit: Visit) -> None:
    page = visit.page
    press(button(page, "Share"))
    page.evaluate("everjam.session.dispatchEvent(new CustomEvent('warning', { detail: 'Mind the gap.' }))")
    closes = button(page, "Close this message")
    expect(closes).to_have_count(2)
    button(page, "Share").focus()
    press(closes.first)
    has_focus(closes)
    page.keyboard.press("Enter")
    has_focus(button(page, "Share"))


def test_a_message_that_goes_by_itself_leads_to_play_when_nothing_came_before(visit: Visit) -> None:
    page = visit.page
    for name in ("Bossa Nova", "Lush Strings"):
        fader(page, name).fill("0")
    page.evaluate("document.activeElement.blur()")
    button(page, "Close this message").focus()
    page.evaluate("everjam.store.undo()")
    expect(button(page, "Close this message")).to_have_count(0)
    has_focus(button(page, "Play"))


def test_a_preset_that_has_been_renamed_or_not_keeps_the_focus(visit: Visit) -> None:
    page = visit.page
    press(button(page, "Presets"))
    for name in ("Mine", "Other"):
        page.get_by_label("Save what plays now as").fill(name)
        page.keyboard.press("Enter")
    has_focus(page.get_by_label("Save what plays now as"))
    press(button(page, "Rename Mine"))
    has_focus(page.get_by_label("New name of Mine"))
    page.keyboard.press("Escape")
    has_focus(button(page, "Rename Mine"))
    for name in ("Mine", "Zebra"):
        page.keyboard.press("Enter")
        page.get_by_label("New name of Mine").fill(name)
        page.keyboard.press("Enter")
        has_focus(button(page, f"Rename {name}"))
    press(button(page, "Delete Other"))
    has_focus(page.get_by_role("list", name="Your presets").get_by_role("button").first)
    press(button(page, "Delete Zebra"))
    has_focus(page.get_by_label("Save what plays now as"))
    press(button(page, "Close presets"))
    has_focus(button(page, "Presets"))


def test_another_view_leaves_the_switch_between_them(visit: Visit) -> None:
    page = visit.page
    press(fader(page, "Funk"), "p")
    has_focus(button(page, "Pad"))
    press(page.get_by_role("slider", name="Puck"), "p")
    has_focus(button(page, "Pad"))


def test_a_removed_prompt_leaves_its_neighbour(visit: Visit) -> None:
    page = visit.page
    last = page.get_by_role("list", name="Prompts").get_by_role("slider").last
    press(page.get_by_label("A prompt of your own"))
    page.keyboard.type("rain")
    page.keyboard.press("Enter")
    press(fader(page, "rain"), "z")  # undone: it is gone
    has_focus(last)
    press(fader(page, "Bossa Nova"), "Delete")
    has_focus(page.get_by_role("list", name="Prompts").get_by_role("slider").first)
    page.evaluate("location.hash = '#p=1~Banjo'")
    has_focus(fader(page, "Banjo"))
    press(fader(page, "Banjo"), "Delete")
    has_focus(page.get_by_label("A prompt of your own"))


def test_a_point_that_is_gone_leaves_the_puck(visit: Visit) -> None:
    page = visit.page
    page.evaluate("everjam.store.addPrompt('rain', 1)")
    page.keyboard.press("p")
    press(page.get_by_role("slider", name="Point of rain"), "z")
    has_focus(page.get_by_role("slider", name="Puck"))


def test_the_field_keeps_the_focus_when_there_is_no_more_room(visit: Visit) -> None:
    page = visit.page
    page.evaluate("for (let n = 0; n < 47; n++) everjam.store.addPrompt(`prompt ${n}`, 0)")
    field = page.get_by_label("A prompt of your own")
    field.press_sequentially("the last one")
    page.keyboard.press("Enter")
    assert page.evaluate("everjam.store.state.prompts.length") == 64
    is_out_of_use(field)
    page.keyboard.type("one too many")
    expect(field).to_have_value("")
    press(button(page, "Add"))
    is_out_of_use(button(page, "Add"))
    assert page.evaluate("everjam.store.state.prompts.length") == 64


def test_what_a_menu_does_not_do_now_can_be_read_and_not_pressed(visit: Visit) -> None:
    page = visit.page
    press(button(page, "More for Bossa Nova"))
    page.keyboard.press("ArrowDown")
    is_out_of_use(page.get_by_role("menuitem", name="Move back"))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    has_focus(button(page, "More for Bossa Nova"))
    assert page.evaluate("everjam.store.state.prompts[1].text") == "Bossa Nova"


def test_a_sleep_timer_that_is_cancelled_or_over_hands_on(visit: Visit) -> None:
    page = visit.page
    sleep = page.get_by_role("button", name="Sleep timer")
    for over in (False, True):
        press(sleep)
        press(button(page, "15 min"))
        has_focus(sleep)
        page.keyboard.press("Enter")
        has_focus(button(page, "Cancel the timer"))
        if over:
            page.evaluate("everjam.sleepTimer.cancel()")
            has_focus(button(page, "15 min"))
        else:
            page.keyboard.press("Enter")
            has_focus(sleep)


@pytest.fixture
def knobs(server: LiveServer, visiting: Visiting) -> Iterator[Page]:
    """A page whose browser has a controller plugged in."""
    with visiting(server.url, init_script=FAKE) as seen:
        seen.page.evaluate("fake.plug('Knobs')")
        yield seen.page
    assert seen.complaints == []


def test_midi_that_was_asked_for_or_forgotten_hands_on(knobs: Page) -> None:
    page = knobs
    press(button(page, "MIDI"))
    press(button(page, "Use MIDI controllers"))
    has_focus(button(page, "Learn"))
    forgets = page.get_by_role("list", name="What has been learned").get_by_role("button")
    for number, name in enumerate(("Funk", "Bossa Nova", "Lush Strings")):
        press(button(page, "Learn"))
        fader(page, name).focus()
        page.evaluate("(number) => fake.say('Knobs', [0xb0, number, 64])", number)
        expect(forgets).to_have_count(number + 1)
    press(forgets.nth(1))
    has_focus(forgets.nth(1))
    page.evaluate("fake.stir()")  # something else is plugged in: the list is made anew
    has_focus(forgets.nth(1))
    page.keyboard.press("Enter")
    has_focus(forgets)
    press(button(page, "Forget all that was learned"))
    has_focus(button(page, "MIDI"))


def test_a_chip_that_is_gone_leaves_play(server: LiveServer, visiting: Visiting) -> None:
    with visiting(server.url + "embed#p=1~Funk&p=1~Rain") as seen:
        button(seen.page, "Rain").focus()
        seen.page.evaluate("everjam.store.removePrompt(everjam.store.state.prompts[1].id)")
        has_focus(button(seen.page, "Play"))
