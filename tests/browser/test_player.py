"""The ring buffer of the audio thread, block by block, and the player around it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect
from tests.browser.conftest import Visiting
from tests.browser.visiting import LiveServer, Visit

# The audio thread's own globals, so that its code can be run block by block. A sine of 480 Hz has 100 frames a period.
RING = """async () => {
    if (globalThis.Ring) return;
    globalThis.AudioWorkletProcessor = class { port = { sent: [], postMessage(data) { this.sent.push(data); } }; };
    globalThis.registerProcessor = (name, processor) => { globalThis.Ring = processor; };
    globalThis.currentTime = 0;
    await import("/worklet.js");
    globalThis.makeRing = (lead = 4800) => {
        const ring = new Ring({ processorOptions: { prerollFrames: lead, leadFrames: lead } });
        ring.send = (data) => ring.port.onmessage({ data });
        ring.chunk = (frame, frames = 4800, amplitude = 16384) => {
            const pcm = new Int16Array(2 * frames);
            for (let i = 0; i < frames; i++) {
                pcm[2 * i] = pcm[2 * i + 1] = Math.round(amplitude * Math.sin((2 * Math.PI * (frame + i)) / 100));
            }
            ring.send({ pcm, frame });
        };
        ring.play = (frames) => {
            const out = [];
            for (let done = 0; done < frames; done += 128) {
                const block = [new Float32Array(128), new Float32Array(128)];
                ring.process([], [block]);
                currentTime += 128 / 48000;
                out.push(...block[0]);
            }
            return out;
        };
        ring.last = () => ring.port.sent.at(-1);
        return ring;
    };
    globalThis.worstStep = (samples) =>
        samples.slice(1).reduce((most, x, i) => Math.max(most, Math.abs(x - samples[i])), 0);
}"""
SINE_STEP = 0.5 * 2 * 3.1416 / 100  # of the largest step between samples of the sine above


@pytest.fixture
def ring(visit: Visit) -> Callable[[str], Any]:
    visit.page.evaluate(RING)

    def run(body: str) -> Any:
        return visit.page.evaluate(f"() => {{ {body} }}")

    return run


def test_what_goes_in_comes_out_and_its_frame_is_known(ring: Callable[[str], Any]) -> None:
    told = ring(
        """const ring = makeRing();
        ring.chunk(96000); ring.chunk(100800);
        const out = ring.play(4096);
        const wrong = out.findIndex((x, i) => i >= 480 && Math.abs(x - Math.fround(Math.round(
            16384 * Math.sin((2 * Math.PI * (96000 + i)) / 100)) / 32768)) > 1e-7);
        return { wrong, played: out.length, last: ring.last(), now: currentTime };"""
    )
    assert told["wrong"] == -1
    frame, time = told["last"]["frame"], told["last"]["time"]
    assert frame - 96000 == pytest.approx((told["played"] / 48000 - (told["now"] - time)) * 48000, abs=1)


def test_frames_that_are_missing_are_bridged_without_a_click(ring: Callable[[str], Any]) -> None:
    told = ring(
        """const ring = makeRing();
        ring.chunk(0); ring.chunk(4800);
        const before = ring.play(1024);
        ring.chunk(48000 + 61);
        const out = before.concat(ring.play(12800));
        return { step: worstStep(out), heard: ring.port.sent.map((r) => r.frame), underruns: ring.underruns };"""
    )
    assert told["step"] < 1.2 * SINE_STEP
    assert max(told["heard"]) > 48061 + 3800
    assert not any(9600 < frame < 48061 for frame in told["heard"])
    assert told["underruns"] == 1  # the end of what was there: nothing follows


def test_what_a_stall_has_piled_up_is_cut_back_and_the_frames_stay_right(ring: Callable[[str], Any]) -> None:
    told = ring(
        """const ring = makeRing();
        let frame = 0;
        const feed = () => { ring.chunk(frame); frame += 4800; };
        for (let i = 0; i < 11; i++) feed();
        let out = [];
        for (let i = 0; i < 45; i++) { out = out.concat(ring.play(4736)); feed(); }
        const { buffered } = ring.last();
        return { step: worstStep(out), trims: ring.trims, buffered, frame: ring.last().frame, end: frame };"""
    )
    assert told["trims"] == 1
    assert told["buffered"] < 14_400
    assert told["frame"] == pytest.approx(told["end"] - told["buffered"], abs=4800)
    assert told["step"] < 1.5 * SINE_STEP


def test_a_new_piece_waits_for_the_end_of_the_fade(ring: Callable[[str], Any]) -> None:
    told = ring(
        """const ring = makeRing();
        for (let i = 0; i < 4; i++) ring.chunk(4800 * i);
        let out = ring.play(2048);
        ring.send({ flush: 7 });
        for (let i = 0; i < 4; i++) ring.chunk(1000 + 4800 * i);
        out = out.concat(ring.play(9600));
        return { step: worstStep(out), last: ring.last(), underruns: ring.underruns };"""
    )
    assert told["step"] < 1.2 * SINE_STEP
    assert told["last"]["flushes"] == 7
    assert 1000 < told["last"]["frame"] < 12_000
    assert told["underruns"] == 0


def test_running_dry_and_pausing_stand_still(ring: Callable[[str], Any]) -> None:
    told = ring(
        """const ring = makeRing();
        ring.chunk(0); ring.chunk(4800);
        ring.play(2048);
        ring.send({ hold: true });
        ring.play(4096);
        const paused = ring.last().frame;
        ring.play(4096);
        const still = ring.last().frame;
        ring.send({ hold: false });
        ring.play(48000);
        const dry = ring.last();
        ring.chunk(9600);
        const out = ring.play(2048);
        return { paused, still, dry, underruns: ring.underruns, silent: out.every((x) => x === 0) };"""
    )
    assert told["paused"] == told["still"] > 2048
    assert told["dry"]["sounding"] is False
    assert told["dry"]["frame"] == pytest.approx(9600, abs=256)
    assert told["underruns"] == 1
    assert told["silent"]  # after an underrun it asks for a little more than the lead


STRAIGHT = """async () => {
    const { player } = everjam;
    const begin = performance.now(), from = player.frameAtEar;
    let worst = 0, last = from, back = 0;
    while (performance.now() - begin < 1500) {
        await new Promise((done) => setTimeout(done, 7));
        const expected = from + 48 * (performance.now() - begin), now = player.frameAtEar;
        worst = Math.max(worst, Math.abs(now - expected) / 48);
        if (now < last) back++;
        last = now;
    }
    return { worst, back };
}"""


@pytest.mark.parametrize("host", ["localhost", "music.lan"])
def test_the_frame_at_the_ear_moves_with_time_and_rests_with_the_music(
    server: LiveServer, visiting: Visiting, host: str
) -> None:
    with visiting(f"http://{host}:{server.port}/") as visit:
        page = visit.page
        assert page.evaluate("everjam.player.frameAtEar") is None
        visit.play()
        visit.wait_for_sound()
        page.wait_for_timeout(500)
        moved = page.evaluate(STRAIGHT)
        assert moved["worst"] < 25
        assert moved["back"] == 0
        page.evaluate("everjam.transport.pause()")
        page.wait_for_timeout(400)
        at = page.evaluate("everjam.player.frameAtEar")
        page.wait_for_timeout(200)
        assert page.evaluate("everjam.player.frameAtEar") == pytest.approx(at, abs=2)
        page.evaluate("everjam.transport.play()")
        page.wait_for_function(f"() => everjam.player.frameAtEar > {at} + 9600")
        page.evaluate("everjam.transport.stop()")
        assert page.evaluate("everjam.player.frameAtEar") is None


def test_a_fade_ends_in_silence_and_play_brings_the_sound_back(visit: Visit) -> None:
    page = visit.page
    visit.play()
    visit.wait_for_sound()
    assert page.evaluate("everjam.player.fade(0.4)") is True
    visit.wait_for_silence()
    page.evaluate("everjam.player.hold(false)")
    visit.wait_for_sound()
    broken = page.evaluate(
        """async () => {
            const fade = everjam.player.fade(5);
            setTimeout(() => everjam.player.unfade(), 50);
            return fade;
        }"""
    )
    assert broken is False


def test_the_volume_is_kept_and_leaves_the_light_alone(visit: Visit) -> None:
    page = visit.page
    page.evaluate("everjam.store.setVolume(0.25)")
    visit.play()
    visit.wait_for_sound()
    assert 0.02 < visit.level() <= 1
    assert page.evaluate("everjam.player.volume") == 0.25
    page.reload()
    page.wait_for_selector("body[data-ready]")
    assert page.evaluate("everjam.player.volume") == 0.25


FEED = """async (chunks) => {
    const { session } = everjam;
    const note = (frame, i) => [frame + i, 4800, 60 + i, 0.7, "bass", "upright"];
    globalThis.fedFrames ??= 480000;
    for (let i = 0; i < chunks; i++) {
        const frame = (fedFrames += 9600);
        const now = { chord: "Dm7", section: "verse", key: "C major" };
        const beats = [{ frame, bar: i, beat: 0, bpm: 120, meter: [4, 4], ...now }];
        const notes = Array.from({ length: 8 }, (_, n) => note(frame, n));
        const chunk = { frame, frames: 9600, lateNotes: 0, beats, notes };
        const why = [{ text: "x", weight: 1, cards: [] }];
        session.dispatchEvent(new CustomEvent("report", { detail: { jam: null, chunk, why } }));
        const pcm = new Int16Array(19200);
        session.dispatchEvent(new CustomEvent("chunk", { detail: { pcm, frame, seed: 1, steeredAt: null } }));
        if (i % 50 === 0) await new Promise((done) => setTimeout(done, 5));
    }
}"""


@pytest.mark.parametrize("host", ["localhost", "music.lan"])
def test_twenty_minutes_of_music_leave_nothing_behind(server: LiveServer, visiting: Visiting, host: str) -> None:
    with visiting(f"http://{host}:{server.port}/") as visit:
        visit.play()
        devtools = visit.page.context.new_cdp_session(visit.page)

        def feed(chunks: int) -> tuple[float, float]:
            visit.page.evaluate(FEED, chunks)
            visit.page.wait_for_timeout(300)
            for _ in range(3):
                devtools.send("HeapProfiler.collectGarbage")
            heap = devtools.send("Runtime.getHeapUsage")["usedSize"]
            return float(heap), float(devtools.send("Memory.getDOMCounters")["nodes"])

        feed(1000)
        heap, nodes = feed(1000)
        heap_after, nodes_after = feed(6000)
        assert heap_after - heap < 1_000_000, json.dumps([heap, heap_after])
        assert nodes_after - nodes < 50


def test_the_volume_has_a_button_that_says_how_loud_it_is(visit: Visit) -> None:
    page = visit.page
    button = page.get_by_role("button", name="Volume: 100 percent")
    button.press("Enter")
    slider = page.get_by_role("slider", name="Volume")
    expect(slider).to_be_focused()
    slider.press("Home")
    expect(slider).to_have_attribute("aria-valuetext", "0 percent")
    assert page.evaluate("everjam.player.volume") == 0
    slider.fill("40")
    page.keyboard.press("Escape")
    expect(slider).to_be_hidden()
    expect(page.get_by_role("button", name="Volume: 40 percent")).to_be_visible()
