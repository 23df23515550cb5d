"""Keys: each presses the button that says so, and none of them while somebody types."""

from playwright.sync_api import expect
from tests.browser.visiting import Visit


def prompt(visit: Visit, place: int) -> dict[str, object]:
    found: dict[str, object] = visit.page.evaluate(f"everjam.store.state.prompts[{place - 1}]")
    return found


def test_space_plays_and_pauses_but_not_while_typing(visit: Visit) -> None:
    page = visit.page
    page.keyboard.press("Space")
    visit.wait_for("playing")
    page.get_by_role("slider", name="Weight of Bossa Nova").focus()
    page.keyboard.press("Space")
    visit.wait_for("paused")
    field = page.get_by_label("A prompt of your own")
    field.press_sequentially("a 1 p?")
    expect(field).to_have_value("a 1 p?")
    visit.wait_for("paused")
    expect(page.locator("#mixer")).to_be_visible()
    page.get_by_role("button", name="All on Auto").focus()
    visit.wait_for("paused")


def test_escape_stops_but_only_what_is_on_top(visit: Visit) -> None:
    visit.play()
    visit.page.keyboard.press("?")
    expect(visit.page.get_by_role("dialog", name="Keys")).to_be_visible()
    visit.page.keyboard.press("Escape")
    expect(visit.page.get_by_role("dialog", name="Keys")).to_be_hidden()
    visit.wait_for("playing")
    visit.page.keyboard.press("Escape")
    visit.wait_for("stopped")


def test_digits_switch_prompts_and_shift_makes_them_solo(visit: Visit) -> None:
    page = visit.page
    page.keyboard.press("1")
    assert prompt(visit, 1)["muted"] is True
    page.keyboard.press("1")
    assert prompt(visit, 1)["muted"] is False
    page.keyboard.press("2")
    assert prompt(visit, 2)["weight"] == 1
    page.keyboard.press("Shift+Digit8")
    assert prompt(visit, 8)["solo"] is True
    assert page.evaluate("everjam.store.steeredPrompts().map(({ text }) => text)") == ["Lush Strings"]


def test_undo_redo_and_the_pad_have_keys(visit: Visit) -> None:
    page = visit.page
    page.keyboard.press("2")
    page.keyboard.press("z")
    assert prompt(visit, 2)["weight"] == 0
    page.keyboard.press("Shift+Z")
    assert prompt(visit, 2)["weight"] == 1
    page.keyboard.press("p")
    expect(page.locator("#pad")).to_be_visible()
    expect(page.locator("#mixer")).to_be_hidden()
    page.keyboard.press("p")
    expect(page.locator("#mixer")).to_be_visible()


def test_every_key_of_the_help_has_a_button(visit: Visit) -> None:
    lacking = visit.page.evaluate(
        """async () => {
            const { KEYS } = await import("./keyboard.js");
            const kept = [...document.querySelectorAll("button[aria-keyshortcuts]")]
                .flatMap((button) => button.getAttribute("aria-keyshortcuts").split(" "));
            return KEYS.map(({ button }) => button).filter((button) => button && !kept.includes(button));
        }"""
    )
    assert lacking == []


def test_everything_is_reached_and_moved_by_keyboard(visit: Visit) -> None:
    page = visit.page
    stops = page.evaluate(
        """() => [...document.querySelectorAll("button, input, select, [tabindex]")]
            .filter((e) => e.checkVisibility() && !e.disabled && e.tabIndex >= 0).length"""
    )
    page.get_by_role("button", name="Play", exact=True).focus()
    page.keyboard.press("Enter")
    visit.wait_for("playing")
    page.evaluate("document.activeElement.blur()")
    seen = set()
    for _ in range(stops + 12):
        page.keyboard.press("Tab")
        seen.add(
            page.evaluate(
                """() => { const e = document.activeElement;
                    return e.getAttribute("aria-label") || e.labels?.[0]?.textContent || e.textContent || e.name; }"""
            )
        )
    assert {"Pause", "Prompt 1", "Weight of Thrash", "Mute Funk", "Solo Funk", "More for Funk", "Tempo", "Mode"} <= seen
    slider = page.get_by_role("slider", name="Weight of Lush Strings")
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", "Lush Strings, 1.01")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
