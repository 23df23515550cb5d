"""The pad: a puck among points, by hand, by keyboard, and adrift."""

import itertools
import re

import pytest
from playwright.sync_api import Locator, expect
from tests.browser.conftest import Visiting
from tests.browser.visiting import LiveServer, Visit

MATH = "async (given) => { const pad = await import('./padmath.js'); %s }"


def puck(visit: Visit) -> Locator:
    return visit.page.get_by_role("slider", name="Puck")


def weights(visit: Visit) -> dict[str, float]:
    found: dict[str, float] = visit.page.evaluate(
        "Object.fromEntries(everjam.store.state.prompts.map(({ text, weight }) => [text, weight]))"
    )
    return found


def place(visit: Visit) -> list[float]:
    found: list[float] = visit.page.evaluate("everjam.store.state.pad.puck")
    return found


def test_to_look_at_the_pad_changes_nothing(visit: Visit) -> None:
    before = weights(visit)
    visit.page.keyboard.press("p")
    expect(puck(visit)).to_be_visible()
    expect(visit.page.get_by_role("slider", name="Point of")).to_have_count(16)
    assert weights(visit) == before


def test_the_nearer_the_puck_the_louder_the_prompt(visit: Visit) -> None:
    page = visit.page
    page.keyboard.press("p")
    box = page.get_by_role("slider", name="Point of Funk").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2 + 24, box["y"] + box["height"] / 2)
    mixed = weights(visit)
    assert max(mixed, key=lambda text: mixed[text]) == "Funk"
    assert 0 < sum(weight > 0 for weight in mixed.values()) < 9
    expect(puck(visit)).to_be_focused()
    page.keyboard.press("p")
    expect(page.get_by_role("slider", name="Weight of Funk")).to_have_value(str(mixed["Funk"]))


def test_puck_and_points_are_moved_by_arrows_and_say_where_they_are(visit: Visit) -> None:
    page = visit.page
    page.keyboard.press("p")
    puck(visit).press("ArrowRight")
    puck(visit).press("Shift+ArrowUp")
    assert place(visit) == [0.52, 0.495]
    expect(puck(visit)).to_have_attribute("aria-valuetext", re.compile(r"^52 across, 5[01] up: .+ \d\.\d\d"))


def test_points_are_moved_kept_and_spread_again(visit: Visit) -> None:
    page = visit.page
    page.keyboard.press("p")
    point = page.get_by_role("slider", name="Point of Thrash")
    before = point.get_attribute("aria-valuetext")
    for _ in range(5):
        point.press("ArrowDown")
    moved = point.get_attribute("aria-valuetext")
    assert moved != before
    page.reload()
    page.wait_for_selector("body[data-ready]")
    assert (point.get_attribute("aria-valuetext") or "").split(", w")[0] == (moved or "").split(", w")[0]
    page.get_by_role("button", name="Spread the points").click()
    assert (point.get_attribute("aria-valuetext") or "").split(", w")[0] == (before or "").split(", w")[0]


def test_negative_prompts_are_left_alone(visit: Visit) -> None:
    page = visit.page
    page.get_by_role("slider", name="Weight of Funk").press("-")
    page.keyboard.press("p")
    for _ in range(8):
        puck(visit).press("ArrowLeft")
    assert weights(visit)["Funk"] == -1


def test_the_puck_drifts_with_the_music_and_stops_with_it(visit: Visit) -> None:
    page = visit.page
    page.keyboard.press("p")
    page.get_by_role("slider", name="Drift").fill("1")
    assert place(visit) == [0.5, 0.5]
    page.get_by_role("button", name="Play", exact=True).click()
    page.wait_for_function("() => everjam.store.state.pad.puck[0] !== 0.5", timeout=8000)
    before = weights(visit)
    page.wait_for_function(
        "(before) => everjam.store.state.prompts.some(({ text, weight }) => weight !== before[text])", arg=before
    )
    page.keyboard.press("Escape")
    visit.wait_for("stopped")
    rested = place(visit)
    page.wait_for_timeout(350)
    assert place(visit) == rested


def test_a_weight_set_by_hand_ends_the_drift(visit: Visit) -> None:
    page = visit.page
    page.evaluate("everjam.store.setPad({ drift: 1 })")
    visit.play()
    page.wait_for_function("() => everjam.store.state.pad.puck[0] !== 0.5")
    page.get_by_role("slider", name="Weight of Thrash").fill("1.5")
    assert page.evaluate("everjam.store.state.pad.drift") == 0
    assert weights(visit)["Thrash"] == 1.5


def test_a_drift_is_bounded_smooth_and_begins_where_the_puck_is(visit: Visit) -> None:
    path = visit.page.evaluate(
        MATH % "return Array.from({ length: 36000 }, (_, tick) => pad.driftedFrom(given, tick / 10));", [0.97, 0.03]
    )
    assert path[0] == pytest.approx([0.97, 0.03])
    assert all(0 <= x <= 1 and 0 <= y <= 1 for x, y in path)
    steps = [((bx - ax) ** 2 + (by - ay) ** 2) ** 0.5 for (ax, ay), (bx, by) in itertools.pairwise(path)]
    assert max(steps) < 0.02
    corners = {(x > 0.5, y > 0.5) for x, y in path[1000:]}
    assert len(corners) == 4


def test_the_mix_is_never_silent_and_never_too_loud(visit: Visit) -> None:
    mixes = visit.page.evaluate(
        MATH
        % """return [1, 2, 16, 64].flatMap((count) => {
            const points = new Map(Array.from({ length: count }, (_, index) => [index, pad.firstPlace(index, count)]));
            return Array.from({ length: 121 }, (_, at) =>
                [...pad.mixAt([(at % 11) / 10, Math.floor(at / 11) / 10], points).values()]);
        });""",
        None,
    )
    assert all(max(mix) > 0 and min(mix) >= 0 and max(mix) <= 2 for mix in mixes)


def test_reduced_motion_lets_the_puck_step_once_a_second(server: LiveServer, visiting: Visiting) -> None:
    with visiting(server.url, reduced_motion="reduce") as visit:
        visit.page.evaluate("everjam.store.setPad({ drift: 1 })")
        visit.play()
        moves = visit.page.evaluate(
            """async () => {
                let moves = 0;
                const end = everjam.store.watch("pad", () => moves++);
                await new Promise((done) => setTimeout(done, 2300));
                end();
                return moves - 1;
            }"""
        )
        assert moves <= 3
