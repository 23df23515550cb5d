"""What is heard now: reports with their frames on one side, the frame at the ear on the other."""

from typing import Any

import pytest
from tests.browser.visiting import Visit

# `heard` with an ear that the test moves; a beat every 24,000 frames, four a bar.
FAKE = """async () => {
    const { Heard } = await import("/heard.js");
    let ear = null;
    const heard = new Heard(() => ear);
    const told = [];
    heard.addEventListener("beat", ({ detail }) => told.push(["beat", detail.frame]));
    heard.addEventListener("why", ({ detail }) => told.push(["why", detail[0].text]));
    const add = (frame, frames = 9600, why = null) => {
        const beats = [], notes = [];
        for (let at = Math.ceil(frame / 24000) * 24000; at < frame + frames; at += 24000) {
            const n = at / 24000;
            beats.push({ frame: at, bar: Math.floor(n / 4), beat: n % 4, bpm: 120, meter: [4, 4], chord: "C",
                section: "verse", key: "C major" });
            notes.push([at, 12000, 60, 0.8, "bass", "upright"]);
        }
        heard.add({ frame, frames, lateNotes: 0, beats, notes }, why);
    };
    const at = (frame) => { ear = frame; heard.tell(); };
    BODY
}"""


def run(visit: Visit, body: str) -> Any:
    return visit.page.evaluate(FAKE.replace("BODY", body))


def test_beats_and_reasons_are_told_when_they_are_heard(visit: Visit) -> None:
    told = run(
        visit,
        """at(null);
        add(0, 48000, [{ text: "waltz" }]); add(48000, 48000, [{ text: "tango" }]);
        const before = told.length;
        at(100); at(200); at(24001); at(30000);
        const early = [...told];
        at(60000);
        return { before, early, told };""",
    )
    assert told["before"] == 0
    assert told["early"] == [["beat", 0], ["why", "waltz"], ["beat", 24000]]
    assert told["told"][3:] == [["beat", 48000], ["why", "tango"]]


def test_now_is_the_beat_that_sounds_and_how_far_it_is(visit: Visit) -> None:
    now = run(visit, "add(0, 240000); const none = heard.now(); at(132000); return [none, heard.now(), heard.bar];")
    assert now[0] is None
    assert (now[1]["bar"], now[1]["beat"], now[1]["frame"]) == (1, 1, 120_000)
    assert now[1]["phase"] == pytest.approx(0.5)
    assert now[2] == 1


def test_notes_that_sound_anywhere_between_are_found(visit: Visit) -> None:
    frames = run(visit, "add(0, 240000); return heard.notes(30000, 72001).map((note) => note[0]);")
    assert frames == [24_000, 48_000, 72_000]


def test_a_piece_that_goes_on_earlier_than_expected_replaces_what_was_said(visit: Visit) -> None:
    frames = run(visit, "add(0, 96000); at(80000); add(60000, 96000); return heard.beats(0, 1e6).map((b) => b.frame);")
    assert frames == [0, 24_000, 48_000, 72_000, 96_000, 120_000, 144_000]


def test_what_is_over_is_forgotten_after_a_minute(visit: Visit) -> None:
    kept = run(
        visit,
        """for (let i = 0; i < 3000; i++) add(i * 9600);
        return [heard.beats(0, Infinity).length, heard.notes(0, Infinity).length];""",
    )
    assert max(kept) <= 122


def test_another_piece_begins_with_nothing(visit: Visit) -> None:
    told = run(visit, "add(0, 96000); at(50000); heard.forget(); at(60000); add(0, 96000); at(10); return told;")
    assert told[-1] == ["beat", 0]


def test_the_page_hears_what_the_server_plays(visit: Visit) -> None:
    page = visit.page
    visit.play()
    visit.wait_for_sound()
    page.evaluate("everjam.heard.addEventListener('beat', ({ detail }) => { globalThis.newest = detail; })")
    page.wait_for_function("() => globalThis.newest", timeout=4000)
    late = page.evaluate("(everjam.heard.frame - newest.frame) / 48000")
    assert 0 <= late < 1.5
    assert page.evaluate("everjam.heard.now().phase") <= 1
