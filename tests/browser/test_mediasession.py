"""What the system around the browser is told: media keys, and the screen."""

from playwright.sync_api import Page
from tests.browser.visiting import Visit


def capture(page: Page) -> None:
    """Reloads the page with media keys and a screen lock that a test can work."""
    page.add_init_script(
        """globalThis.keys = {}; globalThis.locks = [];
        navigator.mediaSession.setActionHandler = (name, handler) => { keys[name] = handler; };
        Object.defineProperty(navigator, "wakeLock", { value: { request: async (type) => {
            const lock = { type, released: false, release: async () => { lock.released = true; } };
            locks.push(lock);
            return lock;
        } } });"""
    )
    page.reload()
    page.wait_for_selector("body[data-ready]")


def test_media_keys_work_and_say_what_plays(visit: Visit) -> None:
    page = visit.page
    capture(page)
    assert page.evaluate("navigator.mediaSession.metadata.title") == "Bossa Nova, Lush Strings"
    assert page.evaluate("navigator.mediaSession.playbackState") == "none"
    visit.play()
    assert page.evaluate("navigator.mediaSession.playbackState") == "playing"
    page.evaluate("keys.pause()")
    visit.wait_for("paused")
    assert page.evaluate("navigator.mediaSession.playbackState") == "paused"
    page.evaluate("keys.play()")
    visit.wait_for("playing")
    page.evaluate("keys.stop()")
    visit.wait_for("stopped")


def test_the_screen_stays_on_while_music_plays_but_not_for_sleepers(visit: Visit) -> None:
    page = visit.page
    capture(page)
    held = "() => locks.filter((lock) => !lock.released).length"
    assert page.evaluate("locks.length") == 0
    visit.play()
    page.wait_for_function(f"{held} === 1")
    page.evaluate("everjam.transport.pause()")
    page.wait_for_function(f"{held} === 0")
    visit.play()
    page.wait_for_function(f"{held} === 1")
    page.evaluate("everjam.sleepTimer.set(10)")
    page.wait_for_function(f"{held} === 0")
    page.evaluate("everjam.sleepTimer.cancel()")
    page.wait_for_function(f"{held} === 1")


def test_a_browser_without_these_luxuries_plays_all_the_same(visit: Visit) -> None:
    page = visit.page
    page.add_init_script("""for (const name of ["mediaSession", "wakeLock"]) delete Navigator.prototype[name];""")
    page.reload()
    page.wait_for_selector("body[data-ready]")
    assert page.evaluate("'mediaSession' in navigator || 'wakeLock' in navigator") is False
    visit.play()
    visit.wait_for_sound()
