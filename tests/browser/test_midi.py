"""Controllers: asked for, learned, caught softly, plugged in at any time; clocks in both directions."""

import itertools
import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page
from tests.browser.conftest import Visiting
from tests.browser.visiting import LiveServer, Visit

FAKE = """
(() => {
  const port = (name, type) => ({ name, type, id: name, state: "connected", onmidimessage: null });
  const access = { inputs: new Map(), outputs: new Map(), onstatechange: null };
  const sent = [];
  window.fake = {
    asked: 0,
    sent,
    plug(name) {
      access.inputs.set(name, port(name, "input"));
      access.onstatechange?.({});
    },
    unplug(name) {
      access.inputs.get(name).state = "disconnected";
      access.inputs.delete(name);
      access.onstatechange?.({});
    },
    plugOut(name) {
      access.outputs.set(name, { ...port(name, "output"), send: (data, at) => sent.push([data[0], at ?? 0]) });
      access.onstatechange?.({});
    },
    stir: () => access.onstatechange?.({}),
    say(name, bytes, timeStamp = performance.now()) {
      access.inputs.get(name).onmidimessage({ data: new Uint8Array(bytes), timeStamp });
    },
  };
  window.contexts = [];
  window.AudioContext = class extends AudioContext {
    constructor(options) {
      super(options);
      window.contexts.push(this);
    }
  };
  navigator.requestMIDIAccess = async () => { window.fake.asked++; return access; };
  navigator.permissions.query = async () => ({ state: sessionStorage.granted ? "granted" : "prompt" });
})();
"""


@pytest.fixture
def knobs(server: LiveServer, visiting: Visiting) -> Iterator[Visit]:
    """A page whose browser has a controller plugged in."""
    with visiting(server.url, init_script=FAKE) as seen:
        seen.page.evaluate("fake.plug('Knobs')")
        yield seen
    assert seen.complaints == []


def turn(page: Page, number: int, value: int, *, channel: int = 1, device: str = "Knobs") -> None:
    page.evaluate("([device, bytes]) => fake.say(device, bytes)", [device, [0xB0 + channel - 1, number, value]])


def strike(page: Page, key: int, velocity: int = 100, *, device: str = "Knobs") -> None:
    page.evaluate("([device, bytes]) => fake.say(device, bytes)", [device, [0x90, key, velocity]])


def weights(page: Page) -> list[float]:
    found: list[float] = page.evaluate("everjam.store.state.prompts.map((prompt) => prompt.weight)")
    return found


def allow(page: Page) -> None:
    page.get_by_role("button", name="MIDI", exact=True).click()
    page.get_by_role("button", name="Use MIDI controllers").click()
    page.get_by_role("list", name="Controllers").get_by_text("Knobs").wait_for()


def learn(page: Page, label: str) -> None:
    """Arms the control of that name; what is touched next is bound to it."""
    page.get_by_role("button", name="Learn", exact=True).click()
    page.get_by_label(label, exact=True).focus()


def reload(page: Page) -> None:
    """As somebody whom the browser has given MIDI before."""
    page.evaluate("sessionStorage.granted = 'yes'")
    page.reload()
    page.wait_for_selector("body[data-ready]")
    page.evaluate("fake.plug('Knobs')")
    page.wait_for_function("() => fake.asked === 1")


def test_nobody_is_asked_until_somebody_wants_it(knobs: Visit) -> None:
    assert knobs.page.evaluate("fake.asked") == 0
    allow(knobs.page)
    assert knobs.page.evaluate("fake.asked") == 1


def test_controller_n_moves_slot_n_on_any_channel_from_0_to_2(knobs: Visit) -> None:
    allow(knobs.page)
    before = weights(knobs.page)
    assert before[5] == 0
    turn(knobs.page, 5, 0, channel=9)
    turn(knobs.page, 5, 64, channel=9)
    assert weights(knobs.page)[5] == pytest.approx(2 * 64 / 127, abs=0.006)
    turn(knobs.page, 5, 127, channel=9)
    assert weights(knobs.page)[5] == 2
    assert weights(knobs.page)[:5] == before[:5]


def test_a_knob_that_stands_elsewhere_moves_nothing_until_it_has_passed(knobs: Visit) -> None:
    allow(knobs.page)
    assert weights(knobs.page)[0] == 1
    for value in (10, 20, 50):
        turn(knobs.page, 0, value)
        assert weights(knobs.page)[0] == 1
    turn(knobs.page, 0, 70)
    assert weights(knobs.page)[0] == pytest.approx(2 * 70 / 127, abs=0.006)
    knobs.page.evaluate("everjam.store.changePrompt(everjam.store.state.prompts[0].id, { weight: 0.2 })")
    turn(knobs.page, 0, 72)
    assert weights(knobs.page)[0] == 0.2


def test_learning_binds_a_control_to_what_was_chosen(knobs: Visit) -> None:
    allow(knobs.page)
    knobs.page.keyboard.press("Escape")
    knobs.page.keyboard.press("l")
    knobs.page.get_by_label("Density", exact=True).focus()
    turn(knobs.page, 74, 40, channel=3)
    assert knobs.page.evaluate("document.body.hasAttribute('data-learning')") is False
    turn(knobs.page, 74, 64, channel=3)
    turn(knobs.page, 74, 127, channel=3)
    assert knobs.page.evaluate("everjam.store.state.config.density") == pytest.approx(1.0)
    turn(knobs.page, 74, 0, channel=4)
    assert knobs.page.evaluate("everjam.store.state.config.density") == pytest.approx(1.0)


def test_a_pad_presses_a_button_once(knobs: Visit) -> None:
    allow(knobs.page)
    knobs.page.keyboard.press("Escape")
    knobs.page.keyboard.press("l")
    knobs.page.get_by_role("button", name="Play", exact=True).focus()
    strike(knobs.page, 36)
    strike(knobs.page, 36, 0)
    strike(knobs.page, 36)
    knobs.wait_for("playing")
    strike(knobs.page, 36, 0)
    assert knobs.page.evaluate("everjam.transport.wish") == "playing"


def test_what_was_learned_is_kept_for_the_device_and_can_be_forgotten(knobs: Visit) -> None:
    allow(knobs.page)
    knobs.page.keyboard.press("Escape")
    knobs.page.keyboard.press("l")
    knobs.page.get_by_label("Brightness", exact=True).focus()
    turn(knobs.page, 20, 1)
    reload(knobs.page)  # it was on, and the browser remembers the permission
    for value in (0, 127):
        turn(knobs.page, 20, value)
    assert knobs.page.evaluate("everjam.store.state.config.brightness") == pytest.approx(1.0)
    knobs.page.get_by_role("button", name="MIDI", exact=True).click()
    knobs.page.get_by_role("button", name="Forget CC 20").click()
    for value in (0, 60, 0):
        turn(knobs.page, 20, value)
    assert knobs.page.evaluate("everjam.store.state.config.brightness") == pytest.approx(1.0)


@pytest.mark.parametrize("label", ["Key", "Mode"])
def test_a_slow_sweep_goes_through_all_that_a_list_offers(knobs: Visit, label: str) -> None:
    allow(knobs.page)
    learn(knobs.page, label)
    turn(knobs.page, 30, 1)
    options, passed = knobs.page.get_by_label(label, exact=True).evaluate(
        """(select) => {
            const passed = [];
            for (let value = 0; value < 128; value++) {
              fake.say("Knobs", [0xb0, 30, value]);
              passed.push(select.selectedIndex);
            }
            return [select.options.length, passed];
        }"""
    )
    assert [index for index, _ in itertools.groupby(passed)] == list(range(options))


def test_a_knob_presses_once_on_its_way_up(knobs: Visit) -> None:
    page = knobs.page
    allow(page)
    muted = "everjam.store.state.prompts[0].muted"
    page.get_by_role("button", name="Learn", exact=True).click()
    page.locator(".slot .mute").first.focus()
    turn(page, 40, 90)
    for value in range(91, 128):
        turn(page, 40, value)
    assert page.evaluate(muted) is False  # it was up when it was learned
    for value in [*range(127, -1, -1), *range(128)]:
        turn(page, 40, value)
    assert page.evaluate(muted) is True
    for value in (0, 127, 0):  # a switch that sends while it is held
        turn(page, 40, value)
    assert page.evaluate(muted) is False


def test_a_pad_sets_a_fader_and_what_it_set_stays(knobs: Visit) -> None:
    page = knobs.page
    allow(page)
    learn(page, "Density")
    strike(page, 36)
    learn(page, "Key")
    strike(page, 37)
    strike(page, 36, 127)
    strike(page, 37, 127)
    kept = page.evaluate("({ ...everjam.store.state.config })")
    assert kept["density"] == 1
    assert "scale" in kept
    for key in (36, 37):
        strike(page, key, 0)
    assert page.evaluate("({ ...everjam.store.state.config })") == kept


def test_after_forgetting_the_focus_is_where_one_can_go_on(knobs: Visit) -> None:
    page = knobs.page
    allow(page)
    for number, label in enumerate(("Density", "Brightness", "Guidance")):
        learn(page, label)
        turn(page, 50 + number, 1)
    focused = "document.activeElement.getAttribute('aria-label')"
    for forgotten, then in ((51, "Forget CC 52"), (52, "Forget CC 50")):
        page.get_by_role("button", name=f"Forget CC {forgotten}").click()
        assert str(page.evaluate(focused)).startswith(then)
    page.get_by_role("button", name="Forget all that was learned").click()
    assert page.evaluate(focused) == "MIDI"


def test_a_controller_that_is_plugged_in_later_is_found(knobs: Visit) -> None:
    allow(knobs.page)
    knobs.page.evaluate("fake.plug('Late')")
    turn(knobs.page, 7, 0, device="Late")
    turn(knobs.page, 7, 100, device="Late")
    assert weights(knobs.page)[7] == pytest.approx(2 * 100 / 127, abs=0.006)
    knobs.page.evaluate("fake.unplug('Late')")
    assert knobs.page.get_by_role("list", name="Controllers").get_by_role("listitem").count() == 1


@pytest.mark.parametrize(("bpm", "shown"), [(120.2, 120), (97.9, 98), (240, 200)])
def test_a_clock_sets_a_whole_tempo_and_does_not_flicker(knobs: Visit, bpm: float, shown: int) -> None:
    allow(knobs.page)
    knobs.page.get_by_label("MIDI clock sets the tempo").check()
    told = knobs.page.evaluate(
        """async (bpm) => {
            const told = [];
            everjam.store.watch("config", ({ config }) => told.push(config.bpm));
            for (let pulse = 0; pulse < 24 * 16; pulse++) {
              const jitter = ((pulse * 7919) % 13) / 6 - 1; // within a millisecond
              fake.say("Knobs", [0xf8], 1000 + (pulse * 60000) / bpm / 24 + jitter);
              if (pulse % 48 === 0) await Promise.resolve();
            }
            await new Promise((resolve) => setTimeout(resolve));
            return told.slice(1);
        }""",
        bpm,
    )
    assert told == [shown]


def test_a_clock_goes_out_with_what_is_heard(knobs: Visit) -> None:
    page = knobs.page
    allow(page)
    page.evaluate("fake.plugOut('Drum machine')")
    page.get_by_label("Send clock to").select_option("Drum machine")
    sent = page.evaluate(
        """async () => {
            const { ClockOut } = await import("./midiclock.js");
            const sent = [];
            const clock = new ClockOut({ send: (data, at) => sent.push([data[0], at]) });
            const beats = Array.from({ length: 40 }, (_, i) => (
              { frame: i * 24000, bar: Math.floor(i / 4), beat: i % 4, bpm: 120, meter: [4, 4] }));
            for (let frame = 20000; frame < 24000 * 12; frame += 4800) {
              clock.advance(frame, 5000 + frame / 48, beats.filter((beat) => beat.frame > frame - 4800));
            }
            clock.stop();
            return sent;
        }"""
    )
    assert sent[0] == [0xFA, pytest.approx(5000 + 4 * 500)]  # from the first beat of a bar
    pulses = [at for status, at in sent if status == 0xF8]
    assert len(pulses) == 24 * 9
    gaps = {round(b - a, 6) for a, b in itertools.pairwise(pulses)}
    assert gaps == {round(500 / 24, 6)}
    assert sent[-1][0] == 0xFC


def test_a_device_that_stirs_does_not_disturb_the_clock(knobs: Visit) -> None:
    page = knobs.page
    allow(page)
    page.evaluate("fake.plugOut('Drum machine')")
    page.get_by_label("Send clock to").select_option("Drum machine")
    knobs.play()
    page.evaluate(
        """() => {
            const begun = performance.now();
            const frame = () => 12000 + (performance.now() - begun) * 48;
            Object.defineProperty(everjam.heard, "frame", { get: frame });
            const beats = Array.from({ length: 400 }, (_, i) => (
              { frame: i * 24000, bar: Math.floor(i / 4), beat: i % 4, bpm: 120, meter: [4, 4] }));
            everjam.heard.beats = (from, to) => beats.filter((beat) => beat.frame >= from && beat.frame < to);
        }"""
    )
    page.wait_for_function("() => fake.sent.length > 2")
    page.evaluate("[fake.stir(), fake.plug('Late'), fake.unplug('Late')]")
    page.wait_for_function("() => fake.sent.length > 50")
    assert [status for status, _ in page.evaluate("fake.sent") if status != 0xF8] == [0xFA]
    page.evaluate("everjam.transport.pause()")
    page.wait_for_function("() => fake.sent.some(([status]) => status === 0xfc)")


@pytest.mark.parametrize("clears", [False, True])
def test_a_pause_before_a_bar_stops_what_was_handed_over(knobs: Visit, *, clears: bool) -> None:
    waiting = knobs.page.evaluate(
        """async (clears) => {
            const { ClockOut } = await import("./midiclock.js");
            let waiting = [];
            const clear = () => { waiting = []; };
            const output = { send: (data, at = 0) => waiting.push([data[0], at]), ...(clears ? { clear } : {}) };
            const clock = new ClockOut(output);
            const beats = Array.from({ length: 12 }, (_, i) => (
              { frame: i * 24000, bar: Math.floor(i / 4), beat: i % 4, bpm: 120, meter: [4, 4] }));
            clock.advance(96000 - 9600, 5000, beats); // the bar begins at 5200
            clock.stop();
            clock.advance(96000 - 4800, 5100, beats); // and once more, at once
            return waiting;
        }""",
        clears,
    )
    statuses = [status for status, _ in sorted(waiting, key=lambda message: float(message[1]))]
    again = [0xFA, *[0xF8] * 24]
    assert statuses == ([0xFC, *again] if clears else [*again, 0xFC])


def test_notes_play_along_after_a_reload_and_rest_when_nothing_is_held(knobs: Visit) -> None:
    page = knobs.page
    allow(page)
    page.get_by_label("Notes play along, in key").check()
    page.evaluate(
        """() => {
            const later = setTimeout;
            window.setTimeout = (tell, ms) => later(tell, ms > 9000 ? 1 : ms);
        }"""
    )
    strike(page, 60)
    page.wait_for_function("() => contexts[0]?.state === 'running'")
    strike(page, 60, 0)
    page.wait_for_function("() => contexts[0].state === 'suspended'")
    strike(page, 60)
    page.wait_for_function("() => contexts[0].state === 'running'")
    reload(page)
    page.evaluate("Object.defineProperty(navigator, 'userActivation', { value: {}, configurable: true }) && null")
    page.evaluate("navigator.userActivation.hasBeenActive = false")
    strike(page, 60)
    page.get_by_text("as soon as you have clicked on this page").wait_for()
    assert page.evaluate("contexts.length") == 0
    page.evaluate("navigator.userActivation.hasBeenActive = true")
    strike(page, 60)
    page.wait_for_function("() => contexts[0]?.state === 'running'")


def test_notes_go_to_the_nearest_note_of_the_music(knobs: Visit) -> None:
    found = knobs.page.evaluate(
        """async () => {
            const { inKey, pitchClasses } = await import("./playalong.js");
            const note = (pitch, part = "melody", length = 48000) => [0, length, pitch, 0.8, part, "piano"];
            const dMinor = [62, 64, 65, 67, 69, 70, 72].map((pitch) => note(pitch));
            const classes = pitchClasses([...dMinor, note(61, "drums"), note(63, "melody", 100)]);
            const keys = [60, 61, 62, 63, 66, 68, 71].map((key) => inKey(key, classes));
            return { keys, none: inKey(61, pitchClasses([])) };
        }"""
    )
    assert found == {"keys": [60, 60, 62, 62, 65, 67, 70], "none": 61}


def test_without_midi_the_page_says_why(server: LiveServer, visiting: Visiting) -> None:
    with visiting(server.url, init_script="delete Navigator.prototype.requestMIDIAccess") as seen:
        seen.page.get_by_role("button", name="MIDI", exact=True).click()
        assert "knows no MIDI" in seen.page.locator("ej-midi").inner_text()
        assert json.loads(seen.page.evaluate("JSON.stringify(everjam.store.state.prompts.length)")) == 16
