"""What becomes of the music when the line breaks, and what the listener is told then."""

import time
from itertools import pairwise

import numpy as np
from playwright.sync_api import expect
from tests.browser.conftest import Visiting
from tests.browser.visiting import LiveServer, Visit
from websockets.sync.client import connect

from everjam.audio import to_pcm16
from everjam.engines.tone import ToneEngine
from everjam.steering import Steering, WeightedPrompt

# Keeps what is pushed and counts flushes, so that a test can see how connections join.
LISTEN_IN = """() => {
    const { player } = everjam;
    const push = player.push.bind(player), flush = player.flush.bind(player);
    globalThis.pushed = [];
    globalThis.flushes = 0;
    player.push = (pcm, frame) => {
        pushed.push([frame, pcm.length / 2, Array.from(pcm.subarray(0, 8))]);
        push(pcm, frame);
    };
    player.flush = () => { flushes++; flush(); };
}"""


def test_a_lost_connection_goes_on_with_the_very_next_sample(visit: Visit, server: LiveServer) -> None:
    page = visit.page
    page.evaluate(LISTEN_IN)
    visit.play()
    page.wait_for_function("() => pushed.length > 8")
    flushes, seed = page.evaluate("flushes"), page.evaluate("everjam.store.state.seed")
    server.drop_connections()
    page.wait_for_function("() => everjam.session.link !== 'open'")
    visit.wait_for("playing")
    page.wait_for_function(f"() => pushed.length > {page.evaluate('pushed.length')} + 5")
    assert len(visit.sockets) == 2
    assert "&resume=" in visit.sockets[1].url
    assert page.evaluate("flushes") == flushes
    assert page.evaluate("everjam.player.stats().underruns") == 0
    expect(page.locator("#toasts")).not_to_contain_text("server")
    pushed = page.evaluate("pushed")
    ends = [frame + frames for frame, frames, _ in pushed]
    # What the network has swallowed is skipped; everything else is there.
    assert sum(end != following[0] for end, (following, _) in zip(ends, pairwise(pushed[1:]), strict=False)) <= 1
    music = tone(seed, ends[-1])
    assert all(samples == music[frame : frame + 4].ravel().tolist() for frame, _, samples in pushed)


def test_a_connection_lost_in_a_pause_goes_on_as_well(visit: Visit, server: LiveServer) -> None:
    page = visit.page
    page.evaluate(LISTEN_IN)
    visit.play()
    page.wait_for_function("() => pushed.length > 8")
    page.evaluate("everjam.transport.pause()")
    visit.wait_for_silence()
    flushes, pushed = page.evaluate("flushes"), page.evaluate("pushed.length")
    server.drop_connections()
    page.wait_for_function("() => everjam.session.link === 'idle'")
    visit.play()
    page.wait_for_function(f"() => pushed.length > {pushed} + 5")
    assert page.evaluate("flushes") == flushes
    frames = page.evaluate("pushed.map(([frame]) => frame)")
    assert frames == list(range(0, 9600 * len(frames), 9600))


def tone(seed: int, frames: int) -> np.ndarray:
    """What the tone engine plays with the prompts that a new page has."""
    engine = ToneEngine()
    steering = Steering((WeightedPrompt("Bossa Nova", 1.0), WeightedPrompt("Lush Strings", 1.0)))
    state, chunks = engine.start(seed), []
    for _ in range(frames // 9600):
        block, state = engine.render(state, steering, 9600)
        chunks.append(np.frombuffer(to_pcm16(block.audio), "<i2").reshape(-1, 2))
    return np.concatenate(chunks)


def test_a_session_that_the_server_has_ended_comes_back_with_prompts_and_seed(visit: Visit, server: LiveServer) -> None:
    visit.play()
    seed = visit.page.evaluate("everjam.store.state.seed")
    visit.sent.clear()
    server.close_all_sessions()
    visit.wait_for_sent("setup")
    visit.wait_for_sent("Lush Strings")
    visit.wait_for("playing")
    visit.wait_for_sound()
    assert len(visit.sockets) == 2
    assert visit.page.evaluate("everjam.store.state.seed") == seed
    assert visit.page.evaluate("'seed' in everjam.store.state.config") is False


def test_a_restarted_server_sounds_again_within_three_seconds(server: LiveServer, visiting: Visiting) -> None:
    with visiting(server.url) as visit:
        visit.play()
        visit.wait_for_sound()
        seed = visit.page.evaluate("everjam.store.state.seed")
        visit.page.wait_for_function("() => everjam.heard.bar >= 1", timeout=8000)
        visit.page.evaluate("everjam.store.setConfig('brightness', 0.9)")
        bar = visit.page.evaluate("everjam.heard.bar")
        begin = time.monotonic()
        server.stop()
        server.restart()
        visit.wait_for("reconnecting")
        visit.wait_for("playing")
        visit.wait_for_sound()
        assert time.monotonic() - begin < 3.0
        visit.page.wait_for_function("() => everjam.heard.bar !== null")
        assert visit.page.evaluate("everjam.heard.bar") in (bar, bar + 1, bar + 2)
        assert '"brightness":0.9' in visit.sent[-1] + visit.sent[-2] + visit.sent[-3]
        assert visit.page.evaluate("everjam.store.state.seed") == seed
    assert all("ERR_CONNECTION_REFUSED" in complaint for complaint in visit.complaints)


def test_a_server_that_is_gone_is_told_once_and_found_when_it_is_back(server: LiveServer, visiting: Visiting) -> None:
    with visiting(server.url) as visit:
        visit.play()
        server.stop()
        toasts = visit.page.locator("#toasts")
        expect(toasts).to_contain_text("The server does not answer")
        visit.page.wait_for_timeout(700)
        assert toasts.get_by_text("The server does not answer").count() == 1
        server.restart()
        visit.wait_for("playing")
        expect(toasts).not_to_contain_text("does not answer")
        visit.wait_for_sound()
    assert all("ERR_CONNECTION_REFUSED" in complaint for complaint in visit.complaints)


def test_a_server_without_the_extension_plays_and_comes_back(visit: Visit, server: LiveServer) -> None:
    page = visit.page
    # As an older server: it has never heard of the query.
    page.evaluate("() => { everjam.session.url = everjam.session.url.replace('events=1', 'other=1'); }")
    page.evaluate(LISTEN_IN)
    visit.play()
    page.wait_for_function("() => pushed.length > 4")
    assert [frame for frame, _, _ in page.evaluate("pushed")][:4] == [0, 9600, 19200, 28800]
    page.wait_for_function("() => everjam.player.frameAtEar > 9600")
    flushes = page.evaluate("flushes")
    server.drop_connections()
    page.wait_for_function("() => everjam.session.link !== 'open'")
    visit.wait_for("playing")
    visit.wait_for_sound()
    assert page.evaluate("flushes") == flushes + 1
    assert page.evaluate("everjam.session.jam") is None


def test_a_line_on_which_nothing_comes_is_given_up_but_not_after_a_pause(visit: Visit) -> None:
    page = visit.page
    visit.play()
    page.evaluate("everjam.transport.pause()")
    visit.wait_for("paused")
    later = "() => { const now = performance.now.bind(performance); performance.now = () => now() + 20000; }"
    page.evaluate(later)
    page.wait_for_timeout(300)
    visit.play()
    page.evaluate("new Promise((done) => everjam.session.addEventListener('chunk', () => done(), { once: true }))")
    assert len(visit.sockets) == 1
    # Time passes at once, and with it everything that should have come.
    assert page.evaluate(f"() => {{ ({later})(); everjam.session.check(); return everjam.session.link; }}") == "waiting"
    visit.wait_for("playing")
    visit.wait_for_sound()
    assert len(visit.sockets) == 2


def test_an_idle_connection_that_ends_is_not_worth_a_word(visiting: Visiting) -> None:
    server = LiveServer()
    try:
        with visiting(server.url) as visit:
            visit.play()
            visit.page.evaluate("everjam.transport.pause()")
            visit.wait_for("paused")
            server.close_all_sessions()
            visit.page.wait_for_function("() => everjam.session.link === 'idle'")
            assert visit.page.locator("#toasts .toast").count() == 0
            visit.wait_for("paused")
            visit.play()
            visit.wait_for_sound()
    finally:
        server.stop()


def test_a_jam_that_goes_on_elsewhere_is_not_taken_back(visit: Visit) -> None:
    visit.play()
    jam = visit.page.evaluate("everjam.session.jam")
    address = visit.page.evaluate("everjam.session.url")
    with connect(f"{address}&events=1&resume={jam}", proxy=None) as other:
        other.send('{"setup": {"model": "models/lyria-realtime-exp"}}')
        visit.page.get_by_text("This music goes on in another window").wait_for()
        assert visit.page.evaluate("everjam.session.link") == "failed"
        sockets = len(visit.sockets)
        visit.page.get_by_role("button", name="Play", exact=True).click()
        visit.wait_for("playing")
        assert visit.page.evaluate("everjam.session.jam") != jam
        assert len(visit.sockets) == sockets + 1


def test_a_full_server_says_so_and_is_asked_again(visiting: Visiting) -> None:
    server = LiveServer(max_sessions=1)
    try:
        with visiting(server.url) as first, visiting(server.url) as second:
            first.play()
            second.page.get_by_role("button", name="Play", exact=True).click()
            expect(second.page.locator("#toasts")).to_contain_text("Resource has been exhausted")
            first.page.close()
            second.wait_for("playing")
            expect(second.page.locator("#toasts")).not_to_contain_text("exhausted")
    finally:
        server.stop()


def test_a_server_that_wants_a_key_says_so_and_takes_it_from_the_fragment(visiting: Visiting) -> None:
    server = LiveServer(api_keys=frozenset({"open sesame"}))
    try:
        with visiting(server.url) as visit:
            visit.page.get_by_role("button", name="Play", exact=True).click()
            visit.wait_for("failed")
            expect(visit.page.locator("#toasts")).to_contain_text("#key=YOUR-KEY")
        with visiting(server.url + "#key=open%20sesame") as visit:
            visit.play()
    finally:
        server.stop()
