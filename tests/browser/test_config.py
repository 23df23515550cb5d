"""The controls that are made from the server's field table."""

import json

from playwright.sync_api import expect
from tests.browser.visiting import Visit


def test_every_field_of_the_servers_table_has_a_control(visit: Visit) -> None:
    names = visit.page.evaluate("async () => (await (await fetch('api/schema')).json()).fields.map((f) => f.wireName)")
    assert len(names) >= 12
    for name in names:
        expect(visit.page.locator(f'[name="{name}"]')).to_have_count(1)


def test_configuration_is_set_live_and_given_back_to_auto(visit: Visit) -> None:
    visit.play()
    page = visit.page
    page.get_by_role("slider", name="Tempo").fill("140")
    page.get_by_role("combobox", name="Key").select_option(label="D♭ major / B♭ minor")
    page.get_by_role("switch", name="Mute drums").check()
    assert json.loads(visit.wait_for_sent("muteDrums"))["musicGenerationConfig"] == {
        "bpm": 140,
        "scale": "D_FLAT_MAJOR_B_FLAT_MINOR",
        "muteDrums": True,
    }
    page.get_by_role("button", name="Tempo: Auto").click()
    page.get_by_role("button", name="All on Auto").click()
    visit.wait_for_sent('{"musicGenerationConfig":{}}')
    expect(page.get_by_role("button", name="Tempo: Auto")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("slider", name="Tempo")).to_have_attribute("aria-valuetext", "Auto")


def test_a_wide_range_is_logarithmic_and_reaches_both_ends(visit: Visit) -> None:
    slider = visit.page.get_by_role("slider", name="Top K")
    for key, value in (("End", 1000), ("Home", 1)):
        slider.press(key)
        assert visit.page.evaluate("everjam.store.state.config.topK") == value
        expect(slider).to_have_attribute("aria-valuetext", str(value))


def test_a_seed_is_typed_clamped_and_taken_back(visit: Visit) -> None:
    field = visit.page.get_by_role("textbox", name="Seed")
    for typed, kept in (("42", 42), ("99999999999", 2**31 - 1), ("-7", -7), ("melody", None)):
        field.fill(typed)
        field.press("Enter")
        field.blur()
        assert visit.page.evaluate("everjam.store.state.config.seed ?? null") == kept
    expect(field).to_have_value("")


def test_what_the_engine_ignores_is_marked_and_explained(visit: Visit) -> None:
    # The tone engine knows nothing of density.
    field = visit.page.locator(".field", has=visit.page.get_by_role("slider", name="Density"))
    expect(field).to_have_class("field ignored")
    expect(field.locator(".help")).to_contain_text("Not used by this engine.")
    explain = visit.page.get_by_role("button", name="Explain")
    explain.click()
    expect(explain).to_have_attribute("aria-pressed", "true")
    assert field.locator(".help").evaluate("(help) => help.getBoundingClientRect().height") > 10


def test_no_two_controls_disagree_after_undo(visit: Visit) -> None:
    page = visit.page
    page.get_by_role("slider", name="Brightness").fill("0.8")
    page.evaluate("everjam.store.undo()")
    expect(page.get_by_role("slider", name="Brightness")).to_have_attribute("aria-valuetext", "Auto")
    page.evaluate("everjam.store.redo()")
    expect(page.get_by_role("slider", name="Brightness")).to_have_attribute("aria-valuetext", "0.80")
