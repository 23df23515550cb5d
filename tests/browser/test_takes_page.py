"""The good moment is kept: recordings and grabs, from the click to the file."""

import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile
from playwright.sync_api import Download, Page
from tests.browser.conftest import Visiting
from tests.browser.visiting import LiveServer, Visit


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
    began = page.evaluate("everjam.heard.now().bar")
    page.wait_for_function("(bar) => everjam.heard.now().bar >= bar + 3", arg=began, timeout=20_000)
    with page.expect_download(timeout=30_000) as download:
        page.keyboard.press("r")
    path = saved(download.value, tmp_path)
    assert path.suffix == ".flac"
    frames = soundfile.info(path).frames
    assert frames % bar_frames(page) == 0
    assert frames >= 3 * bar_frames(page)


def test_nothing_can_be_kept_before_anything_plays(visit: Visit) -> None:
    assert visit.page.get_by_role("button", name="Record").is_disabled()
    assert visit.page.get_by_role("button", name="Grab 8 bars").is_disabled()


def test_what_goes_wrong_is_told(fast: Visit) -> None:
    play_to_bar(fast, 0)
    answer = '{"error": {"message": "The disk is full.", "field": null, "remedy": "Remove a take."}}'
    fast.page.route("**/takes", lambda route: route.fulfill(status=507, body=answer))
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
