"""The good moment is kept: recordings and grabs, from the click to the file."""

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile
from playwright.sync_api import Download, Page
from tests.browser.conftest import Visiting
from tests.browser.visiting import LiveServer, Visit

NO_ROOM = '{"error": {"message": "The disk is full.", "field": null, "remedy": "Remove a take."}}'
ASKS_BEFORE_IT_LEAVES = "!dispatchEvent(new Event('beforeunload', { cancelable: true }))"


def play_to_bar(seen: Visit, bar: int) -> None:
    seen.play()
    seen.page.wait_for_function("(bar) => (everjam.heard.now()?.bar ?? -1) >= bar", arg=bar, timeout=40_000)


def bar_frames(page: Page) -> int:
    """Length of a bar that has been heard."""
    frames: int = page.evaluate(
        """() => {
            const bars = everjam.heard.beats(0, 1e12).filter((beat) => beat.beat === 0).map((beat) => beat.frame);
            return bars[1] - bars[0];
        }"""
    )
    return frames


def record(seen: Visit) -> None:
    seen.page.keyboard.press("r")
    seen.page.get_by_role("button", name="Stop recording").wait_for()


def lose_the_jam(seen: Visit, server: LiveServer) -> None:
    """The connection is lost, and the server knows nothing of what it played."""
    before = seen.page.evaluate("everjam.session.jam")
    server.on_loop(server.service.named.close)
    server.drop_connections()
    seen.page.wait_for_function("(jam) => ![null, jam].includes(everjam.session.jam)", arg=before)


def saved(download: Download, folder: Path) -> Path:
    path = folder / download.suggested_filename
    download.save_as(path)
    return path


@pytest.fixture
def fast(server: LiveServer, visiting: Visiting) -> Iterator[Visit]:
    """A page whose bars are short."""
    with visiting(f"{server.url}#p=1~Funk&bpm=200&seed=5") as seen:
        yield seen
    assert seen.complaints == []


def test_the_last_bars_come_as_audio_stems_and_midi(fast: Visit, tmp_path: Path) -> None:
    page = fast.page
    page.get_by_role("button", name="Takes and formats").click()
    page.get_by_label("How many bars to grab").select_option("2")
    page.get_by_label("Format of recordings and grabs").select_option("wav")
    play_to_bar(fast, 3)
    with page.expect_download(timeout=30_000) as download:
        page.keyboard.press("g")
    path = saved(download.value, tmp_path)
    names = zipfile.ZipFile(path).namelist()
    assert any(name.endswith(".mid") for name in names)
    mix = next(name for name in names if name.endswith(".wav") and "stem" not in name)
    with zipfile.ZipFile(path).open(mix) as file:
        assert len(soundfile.read(file)[0]) == 2 * bar_frames(page)
    page.get_by_role("link", name="Save").wait_for()
    page.get_by_role("button", name="Remove").press("Enter")
    assert page.evaluate("document.activeElement.ariaLabel") == "Takes and formats"
    page.keyboard.press("Escape")  # closes the list, and stops nothing
    assert page.get_by_role("group", name="Takes").is_hidden()
    assert page.evaluate("everjam.transport.wish") == "playing"


def test_a_recording_goes_from_bar_to_bar(fast: Visit, tmp_path: Path) -> None:
    page = fast.page
    play_to_bar(fast, 1)
    page.get_by_role("button", name="Takes and formats").click()
    page.get_by_label("Format of recordings and grabs").select_option("flac")
    page.get_by_role("button", name="Record").click()
    page.get_by_role("button", name="Stop recording").wait_for()
    assert page.get_by_role("timer").get_attribute("aria-live") is None
    assert page.evaluate(ASKS_BEFORE_IT_LEAVES)
    began = page.evaluate("everjam.heard.now().bar")
    page.wait_for_function("(bar) => everjam.heard.now().bar >= bar + 3", arg=began, timeout=20_000)
    with page.expect_download(timeout=30_000) as download:
        page.keyboard.press("r")
    path = saved(download.value, tmp_path)
    assert path.suffix == ".flac"
    frames = soundfile.info(path).frames
    assert frames % bar_frames(page) == 0
    assert frames >= 3 * bar_frames(page)
    page.get_by_role("button", name="Record", exact=True).wait_for()
    assert not page.evaluate(ASKS_BEFORE_IT_LEAVES)


def test_a_recording_is_there_until_the_server_takes_its_order(fast: Visit, tmp_path: Path) -> None:
    page = fast.page
    play_to_bar(fast, 0)
    record(fast)
    began = page.evaluate("everjam.heard.now().bar")
    page.wait_for_function("(bar) => everjam.heard.now().bar >= bar + 3", arg=began, timeout=20_000)
    page.route("**/takes", lambda route: route.fulfill(status=507, body=NO_ROOM))
    page.keyboard.press("Escape")
    page.get_by_text("The disk is full. Remove a take. The recording is still there").wait_for()
    page.unroute("**/takes")
    with page.expect_download(timeout=30_000) as download:
        page.keyboard.press("r")
    assert soundfile.info(saved(download.value, tmp_path)).frames > 0
    orders = [path for path in fast.requested if path.endswith("/takes")]
    assert len(orders) == 2  # at the stop, and when it was asked for
    fast.complaints.clear()  # the browser notes the status itself


def test_a_recording_that_cannot_go_on_says_so(fast: Visit, server: LiveServer) -> None:
    play_to_bar(fast, 0)
    record(fast)
    lose_the_jam(fast, server)
    fast.page.get_by_text("what was recorded before is lost").wait_for()
    fast.page.get_by_role("button", name="Record", exact=True).wait_for()
    fast.wait_for("playing")
    record(fast)
    fast.page.route("**/takes", lambda route: route.fulfill(status=507, body=NO_ROOM))
    fast.page.keyboard.press("Escape")
    fast.page.get_by_text("The recording is still there").wait_for()
    fast.play()  # another piece
    fast.page.get_by_text("what was recorded before is lost").wait_for()
    fast.page.get_by_role("button", name="Record", exact=True).wait_for()
    fast.complaints.clear()  # the browser notes the lost connection itself


def test_a_take_outlives_its_jam_and_lost_answers(fast: Visit, server: LiveServer) -> None:
    page = fast.page
    play_to_bar(fast, 3)
    page.route("**/takes/*", lambda route: route.abort())
    with page.expect_request_finished(lambda request: request.url.endswith("/takes")):
        page.keyboard.press("g")
    with page.expect_event("requestfailed"):
        lose_the_jam(fast, server)
    with page.expect_download(timeout=30_000):
        page.unroute("**/takes/*")
    fast.complaints.clear()  # the browser notes what was lost itself


def test_the_end_of_a_long_recording_is_announced_once(fast: Visit) -> None:
    page = fast.page
    play_to_bar(fast, 0)
    record(fast)
    page.evaluate(
        """() => {
            const begin = everjam.heard.frame + 3400 * 48000;
            const at = performance.now();
            const frame = () => begin + (performance.now() - at) * 480;
            Object.defineProperty(everjam.heard, "frame", { get: frame });
        }"""
    )
    toast = page.get_by_text("A recording ends after an hour")
    toast.wait_for()
    page.get_by_role("button", name="Close this message").click()
    shown = page.get_by_role("timer").inner_text()
    page.wait_for_function("(text) => document.querySelector('[role=timer]').textContent !== text", arg=shown)
    assert not toast.is_visible()


def test_nothing_can_be_kept_before_anything_plays(visit: Visit) -> None:
    assert visit.page.get_by_role("button", name="Record").is_disabled()
    assert visit.page.get_by_role("button", name="Grab 8 bars").is_disabled()


def test_what_goes_wrong_is_told(fast: Visit) -> None:
    play_to_bar(fast, 0)
    fast.page.route("**/takes", lambda route: route.fulfill(status=507, body=NO_ROOM))
    fast.page.get_by_role("button", name="Grab 8 bars").click()
    fast.page.get_by_text("The disk is full. Remove a take.").wait_for()
    fast.complaints.clear()  # the browser notes the status itself


def test_what_was_chosen_is_there_after_a_reload(visit: Visit) -> None:
    page = visit.page
    page.get_by_role("button", name="Takes and formats").click()
    page.get_by_label("How many bars to grab").select_option("16")
    page.get_by_label("Format of recordings and grabs").select_option("mp3")
    page.reload()
    page.wait_for_selector("body[data-ready]")
    assert page.get_by_role("button", name="Grab 16 bars").is_visible()
    page.get_by_role("button", name="Takes and formats").click()
    assert page.get_by_label("Format of recordings and grabs").input_value() == "mp3"
