"""What a jam keeps: any stretch of the last minutes comes out sample for sample, and memory stays bounded."""

import random
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.live.playing import CHUNK, Player, replayed, steering

from everjam.audio import SAMPLE_RATE_HZ, BeatEvent
from everjam.errors import InvalidMessage
from everjam.live.tape import Tape, TapeLimits
from everjam.live.worker import RenderCall, Rendered, Report
from everjam.steering import Controls, Steering, WeightedPrompt

BAR = 2 * SAMPLE_RATE_HZ
"""At 120 bpm."""


def sent(player: Player, begin: int, end: int) -> bytes:
    return player.pcm16[4 * begin : 4 * end]


def test_a_stretch_is_what_was_sent() -> None:
    player = Player()
    for texts, bpm in ((("a",), 120), (("a", "b"), 133), (("c",), 75)):
        player.asked = steering(*texts, bpm=bpm)
        player.play(23)
    player.reset(99)
    player.play(30)
    stretch = player.tape.between(70_000, 900_000)
    assert stretch.bars > 0
    assert replayed(stretch) == sent(player, stretch.begin_frame, stretch.end_frame)


@settings(max_examples=12, deadline=None)
@given(st.randoms(use_true_random=False), st.integers(0, 12 * SAMPLE_RATE_HZ), st.integers(1, 4 * SAMPLE_RATE_HZ))
def test_any_stretch_of_any_jam_is_what_was_sent(rng: random.Random, begin: int, length: int) -> None:
    player = Player(limits=TapeLimits(window_seconds=8, checkpoint_seconds=2))
    for _ in range(rng.randint(5, 8)):
        player.asked = steering(rng.choice("abc"), bpm=rng.choice((90, 120)))
        if rng.random() < 0.3:
            player.reset(rng.randrange(100))
        player.play(rng.randint(1, 12))
    tape = player.tape
    begin = min(max(begin, tape.begin_frame), tape.end_frame - 1)
    try:
        stretch = tape.between(begin, min(begin + length, tape.end_frame))
    except InvalidMessage:
        return
    assert replayed(stretch) == sent(player, stretch.begin_frame, stretch.end_frame)


def test_eight_bars_are_eight_bars() -> None:
    player = Player()
    player.play(113)
    stretch = player.tape.grab(8)
    assert stretch.bars == 8
    assert stretch.frames == 8 * BAR
    assert stretch.begin_frame % BAR == 0
    assert [line.bar for line in stretch.lines] == list(range(3, 12))
    assert replayed(stretch) == sent(player, stretch.begin_frame, stretch.end_frame)


@pytest.mark.parametrize(("until", "end"), [(5 * BAR + 1, 5), (5 * BAR - 1, 5), (5.4 * BAR, 5), (5.6 * BAR, 6)])
def test_the_nearest_bar_line_counts(until: float, end: int) -> None:
    player = Player()
    player.play(100)
    stretch = player.tape.grab(2, round(until))
    assert (stretch.begin_frame, stretch.end_frame) == ((end - 2) * BAR, end * BAR)


def test_a_bar_line_that_has_not_been_sent_does_not_count() -> None:
    player = Player()
    player.play(38)  # 3.8 bars
    assert player.tape.grab(1).end_frame == 3 * BAR


def test_there_are_no_more_bars_than_have_been_played() -> None:
    player = Player()
    with pytest.raises(InvalidMessage, match="No whole bar"):
        player.tape.grab(8)
    player.play(9)
    with pytest.raises(InvalidMessage, match="No whole bar"):
        player.tape.grab(8)
    player.play(12)
    assert player.tape.grab(8).bars == 2


def test_two_frames_within_a_bar_give_that_bar() -> None:
    player = Player()
    player.play(60)
    stretch = player.tape.between(3 * BAR + 10, 3 * BAR + 20)
    assert (stretch.begin_frame, stretch.end_frame) == (3 * BAR, 4 * BAR)
    with pytest.raises(InvalidMessage, match="end: "):
        player.tape.between(60 * CHUNK - 20, 60 * CHUNK - 10)


def test_an_engine_without_beats_is_cut_as_asked() -> None:
    tape, state = Tape(), None
    for frame in range(0, 20 * CHUNK, CHUNK):
        call = RenderCall("tone", state, 1, reset=False, steering=Steering(), frames=CHUNK)
        tape.add(call, Rendered(b"", b"state", 0.0, report=Report(frame)))
        state = b"state"
    stretch = tape.between(12_345, 100_001)
    assert (stretch.begin_frame, stretch.end_frame, stretch.bars) == (12_345, 100_001, 0)
    with pytest.raises(InvalidMessage, match="does not say where bars begin"):
        tape.grab(8)
    assert tape.hold(54_321).frame == 54_321


@pytest.mark.parametrize(
    ("begin", "end", "field"),
    [(0, 10**9, "end"), (10**9, 10**9 + 1, "begin"), (10, 10, "begin"), (500, 400, "begin")],
)
def test_frames_that_are_not_kept_are_refused(begin: int, end: int, field: str) -> None:
    player = Player()
    player.play(30)
    with pytest.raises(InvalidMessage) as error:
        player.tape.between(begin, end)
    assert error.value.field == field


def test_a_stop_begins_anew_and_takes_keep_what_they_have() -> None:
    player = Player()
    player.play(40)
    stretch, before = player.tape.grab(2), player.pcm16
    assert player.tape.grab(2).frames == 2 * BAR
    player.stop()
    assert player.tape.grab(2).frames == 2 * BAR  # stopped, but not begun anew
    player.seed = 77
    player.play(25)
    assert player.tape.end_frame == 25 * CHUNK
    assert replayed(stretch) == before[4 * stretch.begin_frame : 4 * stretch.end_frame]
    again = player.tape.grab(1)
    assert replayed(again) == sent(player, again.begin_frame, again.end_frame)


def test_a_stretch_does_not_grow_with_the_jam() -> None:
    player = Player()
    player.play(30)
    stretch = player.tape.between(0, 2 * BAR)
    chunks = stretch.chunks
    player.play(30)
    assert stretch.chunks == chunks == 20


# recording ───────────────────────────────────────────────────────────────────────────────────────


def silent_jam(tape: Tape, seconds: float, *, state_bytes: int = 1000, drift: bool = False, begin: int = 0) -> int:
    """Puts so many seconds on a tape that cost nothing to render; returns the end."""
    state: bytes | None = None if begin == 0 else bytes(state_bytes)
    frame = begin
    while frame < begin + seconds * SAMPLE_RATE_HZ:
        weight = 1 + frame / 1e9 if drift else 1.0
        prompts = tuple(WeightedPrompt(f"prompt {n}", weight) for n in range(16))
        call = RenderCall("tone", state, 1, reset=False, steering=Steering(prompts, Controls()), frames=CHUNK)
        beats = tuple(
            BeatEvent(at, at // BAR, 0, 120.0, (4, 4)) for at in range(-(-frame // BAR) * BAR, frame + CHUNK, BAR)
        )
        tape.add(call, Rendered(b"", bytes(state_bytes), 0.0, report=Report(frame, beats)))
        state = bytes(state_bytes)
        frame += CHUNK
    return frame


def test_without_a_recording_only_the_latest_is_kept() -> None:
    tape = Tape()
    end = silent_jam(tape, 600, state_bytes=300_000)
    kept = (end - tape.begin_frame) / SAMPLE_RATE_HZ
    assert 100 <= kept <= 109
    assert tape.size_bytes < 15 * 300_000
    with pytest.raises(InvalidMessage):
        tape.between(0, BAR)


def test_a_recording_keeps_everything_from_its_bar_line_on() -> None:
    tape = Tape()
    end = silent_jam(tape, 30)
    line = tape.hold(end - 1)
    assert line.frame == end // BAR * BAR - (BAR if end % BAR == 0 else 0)
    end = silent_jam(tape, 1200, begin=end)
    whole = tape.between(line.frame, end)
    assert whole.begin_frame == line.frame
    assert whole.first_frame > line.frame - 8 * SAMPLE_RATE_HZ - CHUNK
    assert tape.grab(8).first_frame > end - 30 * SAMPLE_RATE_HZ  # what is late in it can be had at once
    tape.release()
    assert tape.begin_frame > end - 110 * SAMPLE_RATE_HZ
    assert whole.chunks * CHUNK >= whole.frames


def test_an_hour_of_a_drifting_page_takes_little() -> None:
    tape = Tape()
    tape.hold()
    end = silent_jam(tape, 3590, state_bytes=260_000, drift=True)
    assert not tape.full
    assert tape.size_bytes < 24e6
    assert tape.between(0, end).frames > end - BAR - CHUNK


def test_a_recording_ends_after_an_hour_and_can_still_be_had() -> None:
    tape = Tape(TapeLimits(window_seconds=20, checkpoint_seconds=4, held_seconds=60))
    end = silent_jam(tape, 300)
    line = tape.hold(end)
    end = silent_jam(tape, 300, begin=end)
    assert tape.full
    whole = tape.between(line.frame, end)
    assert 60 * SAMPLE_RATE_HZ - BAR - CHUNK <= whole.frames <= 60 * SAMPLE_RATE_HZ
    part = tape.between(line.frame + 10 * BAR, line.frame + 14 * BAR)
    assert (part.bars, part.begin_frame) == (4, line.frame + 10 * BAR)
    assert tape.grab(4).end_frame >= end - BAR
    assert tape.begin_frame > end - 30 * SAMPLE_RATE_HZ


def test_a_recording_that_is_asked_for_before_the_music_begins_begins_with_it() -> None:
    player, held = Player(), list[int | None]()
    assert player.tape.hold().frame == 0
    for asks_again in (False, True):
        player.play(10)
        held.append(player.tape.held_frame)
        player.stop()
        if asks_again:
            player.tape.hold()
        player.play(10)
        held.append(player.tape.held_frame)
        player.stop()
    assert held == [0, None, None, 0]


def test_states_that_are_large_lie_further_apart() -> None:
    tape = Tape(TapeLimits(state_bytes=10_000_000))
    silent_jam(tape, 400, state_bytes=1_500_000)
    assert tape.size_bytes < 10_000_000


def test_calls_take_no_more_than_they_may() -> None:
    tape = Tape(TapeLimits(call_bytes=200_000))
    tape.hold()
    state = None
    for number in range(3_000):
        asked = Steering((WeightedPrompt(f"{number} " + "x" * 1000),))
        call = RenderCall("tone", state, 1, reset=False, steering=asked, frames=CHUNK)
        tape.add(call, Rendered(b"", b"s", 0.0, report=Report(number * CHUNK)))
        state = b"s"
        assert tape.size_bytes < 500_000
    assert tape.full
    recorded = tape.between(0, tape.end_frame)
    assert 20 < recorded.chunks < 3_000
    assert [planned.steering.prompts[0].text[:2] for planned in recorded.plan()][:2] == ["0 ", "1 "]


def test_steering_comes_back_as_it_was() -> None:
    tape = Tape()
    asked = [
        Steering(),
        Steering((WeightedPrompt("ä", -0.1), WeightedPrompt("b", 1 / 3)), Controls(bpm=99)),
        Steering((WeightedPrompt("ä", 0.7), WeightedPrompt("b", 1 / 3)), Controls(bpm=99)),
        Steering((WeightedPrompt("ä", 0.7), WeightedPrompt("b", 1 / 3)), Controls(density=0.1)),
    ]
    state = None
    for number, steered in enumerate(asked):
        call = RenderCall("tone", state, 1, reset=False, steering=steered, frames=CHUNK)
        tape.add(replace(call), Rendered(b"", b"s", 0.0, report=Report(number * CHUNK)))
        state = b"s"
    assert [planned.steering for planned in tape.between(0, 4 * CHUNK).plan()] == asked
