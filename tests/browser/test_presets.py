"""Steps back and forth, presets in this browser, and links that play the same music elsewhere."""

import base64
import json
from pathlib import Path

import pytest
from playwright.sync_api import Page
from tests.browser.conftest import Visiting
from tests.browser.visiting import LiveServer, Visit

PLAIN = "everjam.store.sketch()"
LINK = "#p=1.2~Bossa+Nova&p=-0.5m~Drums%2C+loud&p=0.25s~caf%C3%A9+%26+rain&bpm=97&muteBass=true&seed=-7"


def sketch(page: Page) -> dict[str, object]:
    found: dict[str, object] = page.evaluate(PLAIN)
    return found


def test_a_link_holds_all_that_is_steered_and_is_taken_over_once(server: LiveServer, visiting: Visiting) -> None:
    with visiting(server.url + LINK) as seen:
        got = sketch(seen.page)
        prompts = [(p["text"], p["weight"], p["muted"], p["solo"]) for p in got["prompts"]]  # type: ignore[attr-defined]
        assert prompts == [
            ("Bossa Nova", 1.2, False, False),
            ("Drums, loud", -0.5, True, False),
            ("café & rain", 0.25, False, True),
        ]
        assert got["config"] == {"bpm": 97, "muteBass": True, "seed": -7}
        assert "#" not in seen.page.url
        seen.page.evaluate("everjam.store.setConfig('bpm', 120)")
        seen.page.reload()
        seen.page.wait_for_selector("body[data-ready]")
        assert sketch(seen.page)["config"] == {"bpm": 120, "muteBass": True, "seed": -7}


@pytest.mark.parametrize(
    "fragment",
    [
        "#p=",
        "#p=%E0%A4%A",
        "#p=1e999~x&bpm=fast",
        "#" + "p=1~a&" * 500,
        "#seed=1e400&scale=H_MAJOR",
        "#p=1~" + "x" * 5000,
    ],
)
def test_a_broken_link_does_no_harm(server: LiveServer, visiting: Visiting, fragment: str) -> None:
    with visiting(server.url + fragment) as seen:
        got = sketch(seen.page)
        assert 1 <= len(got["prompts"]) <= 64  # type: ignore[arg-type]
        for prompt in got["prompts"]:  # type: ignore[attr-defined]
            assert -2 <= prompt["weight"] <= 2
            assert len(prompt["text"]) <= 200
        assert "scale" not in got["config"]  # type: ignore[operator]
        assert seen.complaints == []


def shared(page: Page) -> str:
    link: str = page.evaluate("import('./presets.js').then((module) => module.sharedAddress())")
    return link


def first_audio(seen: Visit, chunks: int) -> bytes:
    """The PCM of the first chunks that come in after a click on Play."""
    frames: list[str | bytes] = []
    seen.page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: frames.append(frame)))  # noqa: PLW0108  a method of a list takes no mark
    seen.page.reload()
    seen.page.wait_for_selector("body[data-ready]")
    seen.play()
    for _ in range(200):
        audio = [
            json.loads(frame)
            for frame in list(frames)
            if b"audioChunks" in (frame if isinstance(frame, bytes) else frame.encode())
        ]
        if len(audio) >= chunks:
            parts = [chunk["data"] for message in audio[:chunks] for chunk in message["serverContent"]["audioChunks"]]
            return b"".join(map(base64.b64decode, parts))
        seen.page.wait_for_timeout(25)
    raise AssertionError("too little audio came in")


def test_a_shared_link_plays_the_same_samples(server: LiveServer, visiting: Visiting) -> None:
    with visiting(server.url) as seen:
        seen.page.evaluate("everjam.store.setConfig('bpm', 104)")
        seen.page.evaluate("everjam.store.addPrompt('ocarina', 0.8)")
        seen.play()
        link = shared(seen.page)
        assert "seed=" in link
        assert f"seed={seen.page.evaluate('everjam.store.state.seed')}" in link
    with visiting(link) as one, visiting(link) as other:
        assert sketch(one.page) == sketch(other.page)
        assert first_audio(one, 5) == first_audio(other, 5)


def test_a_link_that_is_put_into_an_open_page_is_taken_over(visit: Visit) -> None:
    visit.page.evaluate("location.hash = '#p=1~Banjo&bpm=99'")
    visit.page.wait_for_function("everjam.store.state.config.bpm === 99")
    assert [p["text"] for p in sketch(visit.page)["prompts"]] == ["Banjo"]  # type: ignore[attr-defined]


def test_a_link_made_after_a_stop_holds_the_seed_that_was_heard(visit: Visit) -> None:
    visit.play()
    heard = visit.page.evaluate("everjam.store.state.seed")
    visit.page.evaluate("everjam.store.setConfig('seed', 77)")
    visit.page.keyboard.press("Escape")
    visit.wait_for("stopped")
    assert f"seed={heard}" in shared(visit.page)


def test_a_negative_prompt_that_is_turned_down_stays_negative(server: LiveServer, visiting: Visiting) -> None:
    with visiting(server.url) as seen:
        seen.page.evaluate("everjam.store.changePrompt(everjam.store.state.prompts[0].id, { weight: -0 })")
        seen.page.reload()
        seen.page.wait_for_selector("body[data-ready]")
        assert seen.page.evaluate("Object.is(everjam.store.state.prompts[0].weight, -0)")
        link = shared(seen.page)
    with visiting(link) as seen:
        assert seen.page.evaluate("Object.is(everjam.store.state.prompts[0].weight, -0)")


def test_two_tabs_keep_each_others_presets(server: LiveServer, visiting: Visiting) -> None:
    with visiting(server.url) as seen:
        other = seen.page.context.new_page()
        other.goto(server.url)
        other.wait_for_selector("body[data-ready]")
        for page, name in ((seen.page, "one"), (other, "two")):
            page.get_by_role("button", name="Presets").click()
            page.get_by_label("Save what plays now as").fill(name)
            page.keyboard.press("Enter")
        assert other.get_by_role("list", name="Your presets").get_by_role("listitem").count() == 2


def test_a_link_never_holds_the_key_of_the_server(visiting: Visiting) -> None:
    server = LiveServer(api_keys=frozenset({"sesame"}))
    try:
        with visiting(f"{server.url}#key=sesame&bpm=99") as seen:
            assert "sesame" not in shared(seen.page)
            assert seen.page.url.endswith("#key=sesame")
            seen.play()
    finally:
        server.stop()


def test_share_copies_the_link(server: LiveServer, visiting: Visiting) -> None:
    with visiting(server.url, permissions=["clipboard-read", "clipboard-write"]) as seen:
        seen.page.get_by_role("button", name="Share").click()
        seen.page.get_by_text("Link copied").wait_for()
        assert seen.page.evaluate("navigator.clipboard.readText()") == shared(seen.page)


def test_undo_goes_back_a_gesture_at_a_time_and_redo_forth(visit: Visit) -> None:
    page = visit.page
    undo, redo = page.get_by_role("button", name="Undo"), page.get_by_role("button", name="Redo")
    assert undo.is_disabled()
    before = sketch(page)
    page.evaluate(
        "for (let w = 0; w < 20; w++) everjam.store.changePrompt(everjam.store.state.prompts[2].id, { weight: w / 10 })"
    )
    page.evaluate("everjam.store.setConfig('density', 0.3)")
    after = sketch(page)
    undo.click()
    assert sketch(page)["config"] == {}
    undo.click()
    assert sketch(page) == before
    assert undo.is_disabled()
    page.keyboard.press("Shift+Z")
    redo.click()
    assert sketch(page) == after
    assert redo.is_disabled()
    page.keyboard.press("z")
    assert sketch(page)["config"] == {}


def test_presets_are_saved_loaded_renamed_and_deleted(visit: Visit) -> None:
    page = visit.page
    mine = page.get_by_role("list", name="Your presets")
    page.evaluate("everjam.store.setConfig('bpm', 133)")
    kept = sketch(page)
    page.get_by_role("button", name="Presets").click()
    page.get_by_label("Save what plays now as").fill("Mine")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Rename Mine").click()
    page.get_by_label("New name of Mine").fill("Ours")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.evaluate("everjam.store.replaceSteering({ prompts: [{ text: 'x', weight: 1 }], config: {} })")
    page.reload()
    page.wait_for_selector("body[data-ready]")
    page.get_by_role("button", name="Presets").click()
    mine.get_by_role("button", name="Ours").first.click()
    assert sketch(page) == kept
    page.get_by_role("button", name="Presets").click()
    page.get_by_role("button", name="Delete Ours").click()
    assert mine.get_by_role("listitem").count() == 0


def test_presets_travel_as_a_file(visit: Visit, tmp_path: Path) -> None:
    page = visit.page
    page.get_by_role("button", name="Presets").click()
    page.get_by_label("Save what plays now as").fill("Travelling")
    page.keyboard.press("Enter")
    with page.expect_download() as download:
        page.get_by_role("button", name="Export to a file").click()
    path = tmp_path / "presets.json"
    download.value.save_as(path)
    page.get_by_role("button", name="Delete Travelling").click()
    page.locator("ej-presets input[type=file]").set_input_files(path)
    page.get_by_role("button", name="Delete Travelling").wait_for()
    (tmp_path / "other.json").write_text('{"kind": "something else"}')
    page.locator("ej-presets input[type=file]").set_input_files(tmp_path / "other.json")
    page.get_by_text("was not taken in").wait_for()


def test_every_factory_preset_is_known_to_the_band(visit: Visit) -> None:
    from everjam.engines.band.cards import default_deck  # noqa: PLC0415  reads 400 files
    from everjam.engines.band.prompts import interpret  # noqa: PLC0415

    names = visit.page.evaluate(
        """async () => {
            const { FACTORY } = await import("./factory.js");
            return FACTORY.flatMap(({ sketch }) => sketch.prompts.map((prompt) => prompt.text));
        }"""
    )
    deck = default_deck()
    assert len(names) > 30
    for name in names:
        assert interpret(name, deck).cards[0][1] > 0.6, name
