"""The mixer: words, weights, suggestions, order, mute and solo, by hand and by keyboard."""

import json

import pytest
from playwright.sync_api import Locator, expect
from tests.browser.visiting import Visit

NAMES = [
    *("Bossa Nova", "Chillwave", "Drum and Bass", "Post Punk", "Shoegaze", "Funk", "Chiptune", "Lush Strings"),
    *("Sparkling Arpeggios", "Staccato Rhythms", "Punchy Kick", "Dubstep", "K Pop", "Neo Soul", "Trip Hop", "Thrash"),
]


def fader(visit: Visit, name: str) -> Locator:
    return visit.page.get_by_role("slider", name=f"Weight of {name}", exact=True)


def names(visit: Visit) -> list[str]:
    found: list[str] = visit.page.evaluate("[...document.querySelectorAll('.slot-text')].map((field) => field.value)")
    return found


def steered(visit: Visit) -> dict[str, float]:
    found: list[dict[str, float]] = visit.page.evaluate("everjam.store.steeredPrompts()")
    return {str(prompt["text"]): prompt["weight"] for prompt in found}


def test_it_begins_with_the_sixteen_prompts_that_people_know(visit: Visit) -> None:
    assert names(visit) == NAMES
    assert steered(visit) == {"Bossa Nova": 1, "Lush Strings": 1}


def test_a_fader_says_what_it_does_and_stays_between_0_and_2(visit: Visit) -> None:
    slider = fader(visit, "Funk")
    expect(slider).to_have_attribute("aria-valuetext", "Funk, off")
    slider.press("ArrowUp")
    expect(slider).to_have_attribute("aria-valuetext", "Funk, 0.01")
    slider.press("End")
    expect(slider).to_have_attribute("aria-valuetext", "Funk, 2.00")
    slider.press("Home")
    slider.press("ArrowDown")
    expect(slider).to_have_attribute("aria-valuetext", "Funk, off")


def test_a_drag_on_the_column_sets_the_weight(visit: Visit) -> None:
    box = fader(visit, "Trip Hop").bounding_box()
    assert box is not None
    middle = box["x"] + box["width"] / 2
    visit.page.mouse.move(middle, box["y"] + box["height"] - 4)
    visit.page.mouse.down()
    visit.page.mouse.move(middle, box["y"] + box["height"] / 2, steps=5)
    visit.page.mouse.up()
    assert steered(visit)["Trip Hop"] == pytest.approx(1.0, abs=0.06)


def test_prompts_are_added_edited_and_removed(visit: Visit) -> None:
    visit.play()
    page = visit.page
    page.get_by_label("A prompt of your own").fill("rainy night")
    page.get_by_role("button", name="Add", exact=True).click()
    sent = json.loads(visit.wait_for_sent("rainy night"))["clientContent"]["weightedPrompts"]
    assert {"text": "rainy night", "weight": 1} in sent
    field = page.get_by_role("combobox", name="Prompt 17")
    field.fill("dry day")
    field.press("Enter")
    expect(fader(visit, "dry day")).to_be_focused()
    visit.wait_for_sent("dry day")
    fader(visit, "dry day").press("Delete")
    assert names(visit) == NAMES
    expect(fader(visit, "Thrash")).to_be_focused()


def test_an_emptied_field_takes_its_words_back(visit: Visit) -> None:
    field = visit.page.get_by_role("combobox", name="Prompt 1", exact=True)
    field.fill("  ")
    field.press("Enter")
    expect(field).to_have_value("Bossa Nova")
    field.fill("half typ")
    field.press("Escape")  # takes the suggestions away
    field.press("Escape")
    expect(field).to_have_value("Bossa Nova")
    assert names(visit) == NAMES


def test_suggestions_come_from_what_the_engine_knows(visit: Visit) -> None:
    known = [{"text": text, "kind": "genre"} for text in ("Samba", "Bolero", "Acid Samba", "Balsam")]
    visit.page.evaluate("(known) => import('./suggest.js').then(({ suggestions }) => suggestions.offer(known))", known)
    field = visit.page.get_by_role("combobox", name="Prompt 2", exact=True)
    field.fill("")
    field.press_sequentially("sam")
    options = visit.page.get_by_role("listbox", name="Suggestions").get_by_role("option")
    expect(options).to_have_text(["Sambagenre", "Acid Sambagenre", "Balsamgenre"])
    expect(field).to_have_attribute("aria-expanded", "true")
    field.press("ArrowDown")
    field.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    expect(field).to_have_attribute("aria-activedescendant", options.nth(1).get_attribute("id") or "")
    field.press("Enter")
    assert names(visit)[1] == "Acid Samba"
    field.fill("bol")
    options.first.click()
    assert names(visit)[1] == "Bolero"
    expect(field).to_have_attribute("aria-expanded", "false")


def test_mute_and_solo_are_heard_seen_and_said(visit: Visit) -> None:
    page = visit.page
    page.get_by_role("button", name="Mute Bossa Nova").click()
    assert steered(visit) == {"Lush Strings": 1}
    expect(fader(visit, "Bossa Nova")).to_have_attribute("aria-valuetext", "Bossa Nova, 1.00, muted")
    page.get_by_role("button", name="Solo Bossa Nova").click()
    assert steered(visit) == {"Bossa Nova": 1}
    expect(page.locator(".slot").nth(7)).to_have_attribute("data-standing", "shadowed")
    page.get_by_role("button", name="Solo Bossa Nova").click()
    page.get_by_role("button", name="Mute Bossa Nova").click()
    assert steered(visit) == {"Bossa Nova": 1, "Lush Strings": 1}


def test_a_weight_is_negative_on_purpose_only(visit: Visit) -> None:
    slider = fader(visit, "Bossa Nova")
    slider.press("Home")
    slider.press("ArrowDown")
    assert "Bossa Nova" not in steered(visit)
    slider.fill("0.5")
    visit.page.get_by_role("button", name="More for Bossa Nova").click()
    visit.page.get_by_role("menuitemcheckbox", name="Less of it").click()
    assert steered(visit)["Bossa Nova"] == -0.5
    expect(slider).to_have_attribute("aria-valuetext", "Bossa Nova, minus 0.50")
    slider.press("Home")
    slider.fill("1.2")
    assert steered(visit)["Bossa Nova"] == -1.2
    slider.press("-")
    assert steered(visit)["Bossa Nova"] == 1.2
    expect(slider).to_be_focused()


def test_prompts_are_reordered_by_keyboard_and_keep_the_focus(visit: Visit) -> None:
    slider = fader(visit, "Chillwave")
    slider.press("Alt+ArrowRight")
    slider.press("Alt+ArrowRight")
    assert names(visit)[:4] == ["Bossa Nova", "Drum and Bass", "Post Punk", "Chillwave"]
    expect(slider).to_be_focused()
    for _ in range(5):
        slider.press("Alt+ArrowLeft")
    assert names(visit)[0] == "Chillwave"


def test_prompts_are_reordered_by_dragging(visit: Visit) -> None:
    slots = visit.page.locator(".slot")
    grip, target = slots.nth(0).locator(".grip").bounding_box(), slots.nth(5).bounding_box()
    assert grip is not None
    assert target is not None
    mouse = visit.page.mouse
    mouse.move(grip["x"] + 5, grip["y"] + 10)
    mouse.down()
    mouse.move(target["x"] + 20, target["y"] + 60, steps=4)
    expect(slots.nth(5)).to_have_class("slot lit target")
    mouse.up()
    assert names(visit)[:6] == ["Chillwave", "Drum and Bass", "Post Punk", "Shoegaze", "Funk", "Bossa Nova"]
    expect(visit.page.locator(".dragged, .target")).to_have_count(0)


def test_the_menu_is_worked_by_keys(visit: Visit) -> None:
    page = visit.page
    page.get_by_role("button", name="More for Funk").press("Enter")
    expect(page.get_by_role("menuitemcheckbox", name="Less of it")).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(page.get_by_role("menuitem", name="Remove")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="More for Funk")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("End")
    page.keyboard.press("Enter")
    assert "Funk" not in names(visit)
    expect(fader(visit, "Chiptune")).to_be_focused()


def test_what_the_server_refuses_is_marked(visit: Visit) -> None:
    page = visit.page
    detail = "{ detail: { text: 'Bossa Nova', reason: 'no' } }"
    page.evaluate(f"everjam.session.dispatchEvent(new CustomEvent('filtered', {detail}))")
    expect(page.locator(".slot").first).to_have_attribute("data-standing", "filtered")
    expect(fader(visit, "Bossa Nova")).to_have_attribute("aria-valuetext", "Bossa Nova, 1.00, left out by the server")


def test_sixty_four_prompts_fit_and_no_more_are_taken(visit: Visit) -> None:
    page = visit.page
    page.evaluate(
        "for (let n = 0; n < 48; n++) everjam.store.addPrompt(`a rather long prompt with the number ${n}`, 0.5)"
    )
    expect(page.locator(".slot")).to_have_count(64)
    expect(page.get_by_label("A prompt of your own")).to_be_disabled()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


FLASHES = """() => {
    const beat = { frame: 0, bar: 1, beat: 0, bpm: 120, meter: [4, 4], chord: "C", section: "A", key: "C major" };
    everjam.heard.dispatchEvent(new CustomEvent("beat", { detail: beat }));
    return [...document.querySelectorAll(".slot")]
        .filter((slot) => slot.querySelector(".slot-light").getAnimations().length)
        .map((slot) => slot.querySelector(".slot-text").value);
}"""


def test_the_light_of_what_is_heard_flashes_with_the_beat(visit: Visit) -> None:
    assert visit.page.evaluate(FLASHES) == ["Bossa Nova", "Lush Strings"]
    visit.page.emulate_media(reduced_motion="reduce")
    visit.page.wait_for_function("() => document.getAnimations().length === 0")
    assert visit.page.evaluate(FLASHES) == []


def test_arrows_in_a_field_move_its_cursor_not_its_prompt(visit: Visit) -> None:
    visit.page.get_by_role("combobox", name="Prompt 2", exact=True).press("Alt+ArrowLeft")
    assert names(visit) == NAMES


def test_a_double_click_sets_a_fader_to_1(visit: Visit) -> None:
    fader(visit, "Dubstep").dblclick()
    assert steered(visit)["Dubstep"] == 1
