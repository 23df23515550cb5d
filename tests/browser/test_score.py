"""``<ej-score>``: what the music does, shown when it is heard; fed with made-up reports, and once with real ones."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.browser.conftest import Visiting
from tests.browser.visiting import LiveServer

BEAT_FRAMES = 24_000  # at 120 beats a minute
SHOW = """async () => {
    const [{ Heard }, { Store }, { Score }] =
        await Promise.all(["./heard.js", "./store.js", "./score.js"].map((file) => import(file)));
    globalThis.ear = null;
    const heard = new Heard(() => globalThis.ear), store = new Store(null), score = new Score();
    Object.assign(score, { heard, store });
    document.querySelector("main").remove();
    document.body.append(score);
    document.body.dataset.playback = "playing";
    globalThis.made = { heard, store, score };
}"""
DRAWN = """async (ms) => {
    const { clearRect } = CanvasRenderingContext2D.prototype;
    let drawn = 0;
    CanvasRenderingContext2D.prototype.clearRect = function (...box) {
        if (made.score.contains(this.canvas)) drawn++;
        return clearRect.apply(this, box);
    };
    await new Promise((done) => setTimeout(done, ms));
    CanvasRenderingContext2D.prototype.clearRect = clearRect;
    return drawn;
}"""
# The right end of what is as bright as a colour gets, in shares of the width; null if there is nothing.
RIGHT_END_OF = """(part) => {
    const canvas = made.score.querySelector("canvas");
    const swatch = getComputedStyle(made.score.querySelector(`[data-part=${part}]`), "::before").color;
    const { width, height } = canvas;
    const copy = Object.assign(document.createElement("canvas"), { width, height });
    const probe = copy.getContext("2d", { willReadFrequently: true });
    probe.fillStyle = swatch;
    probe.fillRect(0, 0, 1, 1);
    const wanted = probe.getImageData(0, 0, 1, 1).data;
    probe.clearRect(0, 0, 1, 1);
    probe.drawImage(canvas, 0, 0);
    const { data } = probe.getImageData(0, 0, width, height);
    let right = null;
    for (let at = 0; at < data.length; at += 4) {
        const near = [0, 1, 2].every((c) => Math.abs(data[at + c] - wanted[c]) < 24) && data[at + 3] > 40;
        if (near) right = Math.max(right ?? 0, (at / 4) % canvas.width);
    }
    return right === null ? null : right / canvas.width;
}"""


def beat(index: int, *, per_bar: int = 4, chord: str = "Cm9", meter: tuple[int, int] = (4, 4)) -> dict[str, Any]:
    bar, count = divmod(index, per_bar)
    place = {"frame": index * BEAT_FRAMES, "bar": bar, "beat": count, "bpm": 120, "meter": meter}
    return {**place, "chord": chord, "section": "verse", "key": "Eb major"}


def tell(page: Page, beats: list[dict[str, Any]], notes: object = (), why: object = None) -> None:
    report = {"frame": 0, "frames": 40 * BEAT_FRAMES, "lateNotes": 0, "beats": beats, "notes": list(notes)}  # type: ignore[call-overload]
    page.evaluate("([report, why]) => made.heard.add(report, why)", [report, why])


def hear(page: Page, frame: int) -> None:
    page.evaluate("(frame) => { globalThis.ear = frame; made.store.setPlayback('playing'); made.heard.tell(); }", frame)


@pytest.fixture
def page(server: LiveServer, visiting: Visiting) -> Iterator[Page]:
    with visiting(server.url + "obs#show=music,why,roll") as visit:
        visit.page.evaluate(SHOW)
        yield visit.page
        assert visit.complaints == []


def test_chord_and_key_change_when_they_are_heard_and_not_when_they_are_told(page: Page) -> None:
    tell(page, [beat(index, chord="Cm9" if index < 4 else "F#m7b5") for index in range(8)])
    hear(page, 4 * BEAT_FRAMES - 1)
    chord = page.locator(".score-chord")
    expect(chord).to_have_text("Cm9")
    expect(page.locator("[data-fact=key]")).to_have_text("E♭ major")
    expect(page.locator("[data-fact=tempo]")).to_have_text("120 bpm")
    expect(page.locator("[data-fact=section]")).to_have_text("verse")
    page.wait_for_timeout(150)
    expect(chord).to_have_text("Cm9")
    hear(page, 4 * BEAT_FRAMES)
    expect(chord).to_have_text("F♯m7♭5")


@pytest.mark.parametrize(
    ("meter", "dots"), [((4, 4), 4), ((3, 4), 3), ((6, 8), 2), ((12, 8), 4), ((7, 8), 3), ((5, 4), 5)]
)
def test_the_pulse_has_the_beats_of_the_metre(page: Page, meter: tuple[int, int], dots: int) -> None:
    tell(page, [beat(index, per_bar=dots, meter=meter) for index in range(3 * dots)])
    hear(page, (dots + 1) * BEAT_FRAMES)
    expect(page.locator(".score-beats li")).to_have_count(dots)
    expect(page.locator(".score-beats li").nth(1)).to_have_class("on")
    expect(page.locator(".score-place")).to_have_text("Bar 2")


def test_a_metre_that_is_counted_otherwise_is_believed_after_a_bar(page: Page) -> None:
    tell(page, [beat(index, per_bar=4, meter=(7, 8)) for index in range(8)])
    hear(page, 4 * BEAT_FRAMES)
    expect(page.locator(".score-beats li")).to_have_count(4)


def test_the_why_line_says_what_the_words_became(page: Page) -> None:
    cards = [
        {"name": "Rain", "weight": 0.6, "why": "'rainy' stands for Rain and Lo-Fi"},
        {"name": "Lo-Fi", "weight": 0.4, "why": "'rainy' stands for Rain and Lo-Fi"},
    ]
    known = {"text": "Funk", "weight": 0.5, "cards": [{"name": "Funk", "weight": 1, "why": "'funk' names it"}]}
    tell(page, [beat(0)], why=[known, {"text": "rainy night", "weight": 1, "cards": cards}])
    expect(page.locator(".score-why li")).to_have_count(0)
    hear(page, 1)
    lines = page.locator(".score-why > li")
    expect(lines.nth(0).locator("summary")).to_have_text("rainy night → Rain 60\u00a0%, Lo-Fi 40\u00a0%")
    expect(lines.nth(1)).to_have_text("“Funk”: known by name")
    lines.nth(0).locator("summary").press("Enter")
    expect(lines.nth(0)).to_contain_text("Rain 60\u00a0%: “rainy” stands for Rain and Lo-Fi")


def test_notes_run_to_the_left_past_the_line_that_is_now(page: Page) -> None:
    note = [4 * BEAT_FRAMES, BEAT_FRAMES, 40, 1.0, "bass", "bass_upright"]
    tell(page, [beat(index) for index in range(40)], [note])
    hear(page, 4 * BEAT_FRAMES + 10)
    page.wait_for_function(f"(part) => ({RIGHT_END_OF})(part) > 0.9", arg="bass")
    hear(page, 12 * BEAT_FRAMES)
    page.wait_for_function(f"(part) => ({RIGHT_END_OF})(part) < 0.78", arg="bass")
    page.evaluate("made.store.setPlayback('stopped')")
    page.wait_for_function(f"(part) => ({RIGHT_END_OF})(part) === null", arg="bass")


def test_it_is_drawn_at_most_thirty_times_a_second_and_only_while_it_plays(page: Page) -> None:
    tell(page, [beat(index) for index in range(8)])
    hear(page, 100)
    assert 1 <= page.evaluate(DRAWN, 1000) <= 32
    page.evaluate("made.store.setPlayback('paused')")
    page.wait_for_timeout(100)
    assert page.evaluate(DRAWN, 500) == 0


def test_where_nothing_may_move_there_is_one_picture_a_bar(server: LiveServer, visiting: Visiting) -> None:
    with visiting(server.url + "obs#show=music,roll", reduced_motion="reduce") as visit:
        page = visit.page
        page.evaluate(SHOW)
        tell(page, [beat(index, chord="Cm9" if index < 4 else "F") for index in range(8)])
        hear(page, 100)
        page.wait_for_timeout(100)
        drawn = page.evaluate(
            f"Promise.all([({DRAWN})(600), 1, 2, 3, 4, 5].map((value, index) => {{ if (index) "
            "{ globalThis.ear = index * 24000; made.heard.tell(); } return value; }))"
        )
        assert drawn[0] == 1
        expect(page.locator(".score-chord")).to_have_text("F")
    assert visit.complaints == []


def test_who_cannot_see_it_can_ask_and_is_told_nothing_unasked(page: Page) -> None:
    notes = [
        [4 * BEAT_FRAMES, BEAT_FRAMES, 40, 1.0, "bass", "bass_upright"],
        [4 * BEAT_FRAMES, BEAT_FRAMES, 36, 1.0, "drums", "kick_acoustic"],
    ]
    tell(page, [beat(index, chord="Ebmaj7") for index in range(8)], notes)
    hear(page, 5 * BEAT_FRAMES)
    said = page.locator("ej-score").get_by_role("status")
    expect(page.locator(".score-chord")).to_have_text("E♭maj7")
    expect(said).to_have_text("")
    page.get_by_role("button", name="Describe it").press("Enter")
    expect(said).to_have_text(
        "Bar 2, beat 2 of 4. Section verse. Chord E flat major 7, in E flat major. "
        "120 beats a minute in 4/4. Playing: drums, bass (bass upright)."
    )
    page.get_by_role("button", name="Close").press("Enter")
    expect(said).to_have_text("")
    expect(page.get_by_role("button", name="Describe it")).to_be_focused()


def test_an_engine_that_does_not_say_what_it_plays_is_not_guessed(page: Page) -> None:
    hear(page, 100)
    expect(page.locator(".score-empty")).to_have_text("This engine does not say what it plays.")
    assert page.evaluate("made.score.describe()") == "This engine does not say what it plays."


def test_elements_that_are_taken_away_leave_nothing_running(page: Page) -> None:
    tell(page, [beat(index) for index in range(8)])
    hear(page, 100)
    page.evaluate("globalThis.gone = made.score; made.score.remove()")
    page.wait_for_timeout(100)
    assert page.evaluate(DRAWN, 300) == 0
    page.evaluate("document.body.append(gone)")
    hear(page, 2 * BEAT_FRAMES)
    expect(page.locator(".score-beats li").nth(2)).to_have_class("on")


def test_real_events_are_shown(server: LiveServer, visiting: Visiting) -> None:
    with visiting(server.url + "obs") as visit:
        visit.page.get_by_role("button", name=re.compile("start the music")).click()
        visit.wait_for("playing")
        expect(visit.page.locator(".score-beats li")).to_have_count(4)
        expect(visit.page.locator(".score-beats .on")).to_have_count(1)
        visit.page.wait_for_function("() => everjam.heard.notes(0, 1e9).length > 0")
    assert visit.complaints == []


def test_the_link_for_obs_shows_this_very_jam(server: LiveServer, visiting: Visiting) -> None:
    with visiting(server.url, permissions=["clipboard-read", "clipboard-write"]) as visit:
        visit.play()
        visit.page.get_by_role("button", name="For OBS").click()
        expect(visit.page.locator("#toasts")).to_contain_text("Link copied")
        copied = visit.page.evaluate("navigator.clipboard.readText()")
        assert copied == f"{server.url}obs#jam={visit.page.evaluate('everjam.session.jam')}"
        with visiting(copied) as obs:
            obs.wait_for("playing")
    assert visit.complaints == []
