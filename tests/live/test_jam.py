"""One jam against a client in memory, on a clock that the test moves."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import pytest

from everjam.audio import SAMPLE_RATE_HZ, from_pcm16
from everjam.engines.registry import engine_for_model
from everjam.engines.tone import ToneEngine
from everjam.errors import EngineError
from everjam.live.budget import MAX_MESSAGES_A_SECOND
from everjam.live.jam import Jam, JamSettings
from everjam.live.metrics import Metrics
from everjam.live.worker import RenderCall, Rendered
from everjam.policy import load_policy
from everjam.protocol.session import Session
from everjam.steering import Controls, Steering, WeightedPrompt
from everjam.testing import FakeClock, InlineRenderer, MemoryTransport

CHUNK = 2 * SAMPLE_RATE_HZ
SETUP = {"setup": {"model": "models/lyria-realtime-exp"}}
PLAY = {"playbackControl": "PLAY"}
PAUSE = {"playbackControl": "PAUSE"}


class SilentRenderer(InlineRenderer):
    """Costs nothing, for tests that only count."""

    async def render(self, call: RenderCall, *, deadline_seconds: float, hedge_seconds: float) -> Rendered:
        self.calls.append(call)
        return Rendered(bytes(4 * call.frames), b"silence", 0.0)


class Bench:
    """A jam with everything around it under the test's hand."""

    def __init__(
        self,
        settings: JamSettings,
        before: Callable[[RenderCall], Awaitable[None]] | None = None,
        renderer: InlineRenderer | None = None,
    ) -> None:
        self.clock = FakeClock()
        self.transport = MemoryTransport()
        self.renderer = renderer or InlineRenderer(before)  # type: ignore[arg-type]
        self.metrics = Metrics()
        seeds = iter(range(100, 200))
        session = Session(lambda model: engine_for_model(model, "tone"), load_policy(), lambda: next(seeds))
        self.jam = Jam(session, self.transport, self.renderer, settings, self.clock, self.metrics)

    async def say(self, *messages: dict[str, Any] | str) -> None:
        for message in messages:
            self.transport.say(message)
        await self.clock.advance(0)

    def sample(self, name: str, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(name, labels) or 0.0


@asynccontextmanager
async def bench(
    *,
    lead_seconds: float | None = 2.0,
    chunk_frames: int = CHUNK,
    stall_seconds: float = 8.0,
    before: Callable[[RenderCall], Awaitable[None]] | None = None,
    renderer: InlineRenderer | None = None,
) -> AsyncIterator[Bench]:
    settings = JamSettings(chunk_frames, lead_seconds, idle_seconds=1800, stall_seconds=stall_seconds)
    made = Bench(settings, before, renderer)
    task = asyncio.create_task(made.jam.run())
    try:
        await made.clock.settle()
        yield made
    finally:
        made.transport.hang_up()
        await made.clock.advance(10)
        await asyncio.wait_for(task, 5)


def prompts(*texts: str) -> dict[str, Any]:
    return {"clientContent": {"weightedPrompts": [{"text": text, "weight": 1.0} for text in texts]}}


async def test_nothing_is_sent_but_what_was_asked_for() -> None:
    async with bench() as b:
        await b.say(SETUP, prompts("a"), {"musicGenerationConfig": {"bpm": 90}})
        await b.clock.advance(60)
        assert b.transport.received == [{"setupComplete": {}}]
        assert b.renderer.calls == []


async def test_the_listener_is_kept_between_lead_and_lead_plus_one_chunk_ahead() -> None:
    async with bench() as b:
        await b.say(SETUP, prompts("a"), PLAY)
        assert len(b.transport.chunks()) == 2
        for second in range(1, 61):
            await b.clock.advance(1.0)
            sent_seconds = 2.0 * len(b.transport.chunks())
            assert 2.0 - 1e-6 <= sent_seconds - second <= 4.0 + 1e-6
        assert all(len(pcm) == 384_000 for pcm in b.transport.chunks())
        assert b.sample("everjam_underruns_total") == 0


async def test_an_hour_plays_in_an_hour() -> None:
    async with bench(renderer=SilentRenderer()) as b:
        await b.say(SETUP, prompts("a"), PLAY)
        for _ in range(36):
            await b.clock.advance(100.0)
        assert len(b.transport.chunks()) == 1802


async def test_what_is_heard_is_what_the_engine_plays() -> None:
    async with bench() as b:
        await b.say(SETUP, {"musicGenerationConfig": {"seed": 5, "bpm": 97}}, prompts("a", "b"), PLAY)
        await b.clock.advance(6)
        engine, state, parts = ToneEngine(), ToneEngine().start(5), []
        steering = Steering((WeightedPrompt("a"), WeightedPrompt("b")), Controls(bpm=97))
        for _ in b.transport.chunks():
            block, state = engine.render(state, steering, CHUNK)
            parts.append(block.audio)
        heard = from_pcm16(b"".join(b.transport.chunks()))
        assert np.abs(heard - np.concatenate(parts)).max() < 1e-4


async def test_steering_counts_for_the_next_chunk_and_only_the_latest_of_a_burst() -> None:
    async with bench() as b:
        await b.say(SETUP, prompts("a"), PLAY)
        await b.clock.advance(4.0)
        before = len(b.renderer.calls)
        await b.say(*[prompts(f"p{n}") for n in range(50)])
        await b.clock.advance(2.0)
        fresh = b.renderer.calls[before:]
        assert [call.steering.prompts[0].text for call in fresh] == ["p49"]
        echoes = [json.dumps(m["serverContent"]["audioChunks"][0]["sourceMetadata"]) for m in b.transport.received[1:]]
        assert "p49" in echoes[-1]
        assert not any("p48" in echo for echo in echoes)


async def test_from_control_to_sound_takes_at_most_lead_plus_one_chunk_plus_the_render_time() -> None:
    for chunk_seconds, lead, limit in ((2.0, 2.0, 4.0), (0.04, 0.2, 0.25)):
        frames = round(chunk_seconds * SAMPLE_RATE_HZ)
        worst = 0.0
        for tenth in range(10):
            async with bench(lead_seconds=lead, chunk_frames=frames) as b:
                await b.say(SETUP, prompts("a"), PLAY)
                await b.clock.advance(8.0 + tenth * chunk_seconds / 10)
                known = len(b.transport.chunks())
                await b.say(prompts("b"))
                steered = b.clock.now_seconds()
                while not any(_text(m) == "b" for m in b.transport.received[known:]):
                    await b.clock.advance(chunk_seconds / 20)
                first = next(i for i, m in enumerate(b.transport.received[1:]) if _text(m) == "b")
                sounds_at = 1000.0 + first * chunk_seconds
                worst = max(worst, sounds_at - steered)
        assert worst <= limit + 1e-6


def _text(message: dict[str, Any]) -> str:
    if "serverContent" not in message:
        return ""
    metadata = message["serverContent"]["audioChunks"][0]["sourceMetadata"]
    return str(metadata["clientContent"]["weightedPrompts"][0]["text"])


async def test_pause_resumes_without_losing_or_repeating_a_sample() -> None:
    async def play(pauses: list[float]) -> bytes:
        async with bench() as b:
            await b.say(SETUP, {"musicGenerationConfig": {"seed": 9}}, prompts("a"), PLAY)
            for seconds in pauses:
                await b.clock.advance(seconds)
                await b.say({"playbackControl": "PAUSE"})
                sent = len(b.transport.chunks())
                await b.clock.advance(300)
                assert len(b.transport.chunks()) == sent
                await b.say(PLAY)
            await b.clock.advance(20)
            return b"".join(b.transport.chunks()[:8])

    assert await play([3.3, 0.1, 1.97]) == await play([])


async def test_resume_is_at_once() -> None:
    async with bench() as b:
        await b.say(SETUP, prompts("a"), PLAY)
        await b.clock.advance(5)
        await b.say({"playbackControl": "PAUSE"})
        sent = len(b.transport.chunks())
        await b.say(PLAY)
        assert len(b.transport.chunks()) == sent + 2


async def test_stop_forgets_and_play_starts_from_silence() -> None:
    async with bench() as b:
        await b.say(SETUP, prompts("a"), PLAY)
        await b.clock.advance(5)
        await b.say({"playbackControl": "STOP"}, PLAY)
        await b.clock.advance(0)
        assert b.renderer.calls[-2].state is None
        assert b.renderer.calls[-2].seed == 101
        echo = b.transport.received[-1]["serverContent"]["audioChunks"][0]["sourceMetadata"]
        assert echo["musicGenerationConfig"] == {"seed": 101}


async def test_reset_context_reaches_the_engine_once_and_music_goes_on() -> None:
    async with bench() as b:
        await b.say(SETUP, prompts("a"), PLAY)
        await b.clock.advance(5)
        await b.say({"playbackControl": "RESET_CONTEXT"})
        await b.clock.advance(10)
        assert [call.reset for call in b.renderer.calls].count(True) == 1
        assert b.sample("everjam_underruns_total") == 0


async def test_a_reset_is_not_lost_when_its_chunk_is_dropped_by_a_pause() -> None:
    async with bench() as b:
        await b.say(SETUP, prompts("a"), PLAY)
        await b.clock.advance(5)
        await b.say({"playbackControl": "PAUSE"}, {"playbackControl": "RESET_CONTEXT"}, PLAY)
        await b.clock.advance(1)
        assert b.renderer.calls[-2].reset
        assert not b.renderer.calls[-1].reset


async def test_play_without_prompts_waits_a_second_for_them() -> None:
    async with bench() as b:
        await b.say(SETUP, PLAY)
        await b.clock.advance(0.6)
        assert b.renderer.calls == []
        await b.say(prompts("late"))
        assert b.renderer.calls[0].steering.prompts[0].text == "late"
    async with bench() as b:
        await b.say(SETUP, PLAY)
        await b.clock.advance(1.01)
        assert b.renderer.calls[0].steering.prompts == ()
        assert len(b.transport.chunks()) == 2


async def test_the_moment_for_prompts_begins_anew_with_each_play() -> None:
    async with bench() as b:
        await b.say(SETUP, PLAY)
        await b.clock.advance(0.2)
        b.transport.say(PAUSE)
        await b.say(PLAY)
        await b.clock.advance(0.9)
        assert b.renderer.calls == []
        await b.clock.advance(0.2)
        assert b.renderer.calls != []


async def test_what_has_played_without_prompts_resumes_without_waiting_for_them() -> None:
    async with bench() as b:
        await b.say(SETUP, PLAY)
        await b.clock.advance(5)
        sent = len(b.transport.chunks())
        await b.say(PAUSE, PLAY)
        assert len(b.transport.chunks()) == sent + 2


async def test_fast_pace_streams_as_fast_as_it_is_read() -> None:
    async with bench(lead_seconds=None) as b:
        await b.say(SETUP, prompts("a"), PLAY)
        for _ in range(5):
            await b.clock.settle()
        assert len(b.transport.chunks()) > 20
        b.transport.stop_reading()
        await b.clock.settle()
        rendered = len(b.renderer.calls)
        for _ in range(5):
            await b.clock.settle()
        assert len(b.renderer.calls) <= rendered + 1


async def test_a_reader_that_never_reads_is_closed() -> None:
    made = Bench(JamSettings(CHUNK, 2.0, stall_seconds=0.05))
    task = asyncio.create_task(made.jam.run())
    await made.say(SETUP, prompts("a"))
    made.transport.stop_reading()
    await made.say(PLAY)
    assert await asyncio.wait_for(task, 5) == 1008
    assert made.transport.closed == (1008, "The audio is not being read fast enough.")
    assert len(made.renderer.calls) <= 3


async def test_no_setup_in_time() -> None:
    made = Bench(JamSettings(CHUNK, 2.0))
    task = asyncio.create_task(made.jam.run())
    await made.clock.advance(29.9)
    assert made.transport.closed is None
    await made.clock.advance(0.2)
    assert await task == 1008


async def test_orphans_are_reaped_but_a_playing_jam_never_is() -> None:
    made = Bench(JamSettings(CHUNK, 2.0, idle_seconds=600), renderer=SilentRenderer())
    task = asyncio.create_task(made.jam.run())
    await made.say(SETUP, prompts("a"), PLAY)
    await made.clock.advance(2000)
    assert made.transport.closed is None
    await made.say({"playbackControl": "STOP"})
    stopped_with = len(made.transport.chunks())
    await made.clock.advance(599)
    assert made.transport.closed is None
    await made.clock.advance(601)
    assert await task == 1000
    assert len(made.transport.chunks()) == stopped_with


async def test_draining_fades_out_and_goes_away() -> None:
    made = Bench(JamSettings(CHUNK, 2.0))
    task = asyncio.create_task(made.jam.run())
    await made.say(SETUP, prompts("a"), PLAY)
    await made.clock.advance(3)
    made.jam.drain()
    await made.clock.settle()
    assert await asyncio.wait_for(task, 5) == 1001
    last = from_pcm16(made.transport.chunks()[-1])
    assert 0.3 < len(last) / SAMPLE_RATE_HZ < 1.0
    assert np.abs(last[-200:]).max() < 0.01
    assert np.abs(last[:2000]).max() > 0.05


def third_call_takes_a_second(benches: list[Bench]) -> Callable[[RenderCall], Awaitable[None]]:
    numbers = itertools.count(1)

    async def before(_call: RenderCall) -> None:
        if next(numbers) == 3:
            await benches[0].clock.sleep_until(benches[0].clock.now_seconds() + 1.0)

    return before


@pytest.mark.parametrize("seconds", [1.95, 2.5], ids=["a chunk waits for its due time", "a chunk is being rendered"])
async def test_draining_fades_out_from_what_is_still_on_its_way(seconds: float) -> None:
    benches: list[Bench] = []
    made = Bench(JamSettings(CHUNK, 2.0), third_call_takes_a_second(benches) if seconds > 2 else None)
    benches.append(made)
    task = asyncio.create_task(made.jam.run())
    await made.say(SETUP, {"musicGenerationConfig": {"seed": 3, "bpm": 97}}, prompts("a"), PLAY)
    await made.clock.advance(seconds)
    made.jam.drain()
    await made.clock.advance(3)
    assert await asyncio.wait_for(task, 5) == 1001
    engine, state = ToneEngine(), ToneEngine().start(3)
    played = from_pcm16(b"")
    for pcm in made.transport.chunks():
        block, state = engine.render(state, Steering((WeightedPrompt("a"),), Controls(bpm=97)), len(pcm) // 4)
        played = block.audio
    faded = from_pcm16(made.transport.chunks()[-1])
    assert np.abs(faded - played * np.linspace(1, 0, len(faded))[:, None]).max() < 1e-3


async def test_a_pause_does_not_keep_a_jam_from_draining() -> None:
    benches: list[Bench] = []
    made = Bench(JamSettings(CHUNK, 2.0), third_call_takes_a_second(benches))
    benches.append(made)
    task = asyncio.create_task(made.jam.run())
    await made.say(SETUP, prompts("a"), PLAY)
    await made.clock.advance(2.2)
    made.jam.drain()
    await made.say(PAUSE)
    await made.clock.advance(3)
    assert await asyncio.wait_for(task, 5) == 1001
    assert len(made.transport.chunks()) == 2


async def test_draining_a_jam_that_does_not_play_closes_at_once() -> None:
    made = Bench(JamSettings(CHUNK, 2.0))
    task = asyncio.create_task(made.jam.run())
    await made.say(SETUP)
    made.jam.drain()
    assert await asyncio.wait_for(task, 5) == 1001
    assert made.transport.chunks() == []


async def test_bad_messages_close_with_code_and_reason() -> None:
    made = Bench(JamSettings(CHUNK, 2.0))
    task = asyncio.create_task(made.jam.run())
    await made.say(SETUP, '{"musicGenerationConfig": {"bpm": "fast"}}')
    assert await task == 1007
    assert made.transport.closed is not None
    assert "musicGenerationConfig.bpm" in made.transport.closed[1]


async def test_clients_cannot_write_lines_into_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "everjam")
    for model in ("models/x\nERROR: forged \x1b[2J", "lyria-realtime\nERROR: forged \x1b[2J"):
        made = Bench(JamSettings(CHUNK, 2.0))
        task = asyncio.create_task(made.jam.run())
        await made.say({"setup": {"model": model}})
        made.transport.hang_up()
        await task
    logged = [record.getMessage() for record in caplog.records]
    assert sum("forged" in line for line in logged) == 2
    assert all(line.isprintable() for line in logged)


async def test_floods_are_closed() -> None:
    made = Bench(JamSettings(CHUNK, 2.0))
    task = asyncio.create_task(made.jam.run())
    await made.say(SETUP)
    for _ in range(MAX_MESSAGES_A_SECOND + 10):
        made.transport.say({"musicGenerationConfig": {}})
    assert await asyncio.wait_for(task, 5) == 1008


async def test_floods_of_large_messages_are_closed_and_large_messages_now_and_then_are_not() -> None:
    made = Bench(JamSettings(CHUNK, 2.0))
    task = asyncio.create_task(made.jam.run())
    await made.say(SETUP)
    large = {"unknown": "x" * 500_000}
    for _ in range(10):
        await made.say(large)
        await made.clock.advance(2.0)
    assert made.transport.closed is None
    for _ in range(10):
        made.transport.say(large)
    assert await asyncio.wait_for(task, 5) == 1008


@pytest.mark.parametrize("end", ["bad message", "gone", "cancelled", "drained"])
async def test_no_end_leaves_a_jam_counted_as_playing(end: str) -> None:
    made = Bench(JamSettings(CHUNK, 2.0))
    task = asyncio.create_task(made.jam.run())
    await made.say(SETUP, prompts("a"), PLAY)
    assert made.sample("everjam_jams_playing") == 1
    if end == "bad message":
        await made.say("not JSON")
    elif end == "gone":
        made.transport.hang_up()
    elif end == "cancelled":
        task.cancel()
    else:
        await made.say(PAUSE)
        made.jam.drain()
        await made.say({"playbackControl": "STOP"})
    await asyncio.wait([task], timeout=5)
    assert task.done()
    assert made.sample("everjam_jams_playing") == 0


@pytest.mark.parametrize("error", [EngineError("boom, with secrets"), RuntimeError("boom, with secrets")])
async def test_engine_and_unexpected_errors_tell_the_peer_nothing_else(
    error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(_call: RenderCall) -> None:
        raise error

    made = Bench(JamSettings(CHUNK, 2.0), fail)
    task = asyncio.create_task(made.jam.run())
    await made.say(SETUP, prompts("a"), PLAY)
    assert await task == 1011
    assert made.transport.closed == (1011, "Internal error encountered.")
    assert "boom" in caplog.text


async def test_late_rendering_is_counted_and_caught_up() -> None:
    slow = iter([0.0, 0.0, 3.0, 7.0])

    async def before(_call: RenderCall) -> None:
        await b.clock.sleep_until(b.clock.now_seconds() + next(slow, 0.0))

    async with bench(before=before) as b:
        await b.say(SETUP, prompts("a"), PLAY)
        await b.clock.advance(40)
        assert b.sample("everjam_underruns_total") >= 1
        await b.clock.advance(10)
        assert 2.0 - 1e-6 <= b.jam.lead_seconds() <= 4.0 + 1e-6


async def test_steering_latency_is_in_the_metrics() -> None:
    async with bench() as b:
        await b.say(SETUP, prompts("a"), PLAY)
        await b.clock.advance(4.5)
        await b.say(prompts("b"))
        await b.clock.advance(4)
        assert b.sample("everjam_control_to_sound_seconds_count") == 1
        assert 2.0 <= b.sample("everjam_control_to_sound_seconds_sum") <= 4.1
        assert b.sample("everjam_first_chunk_seconds_count") == 1


@pytest.mark.parametrize(("late_seconds", "told"), [(0.5, 0), (1.5, 1)])
async def test_a_machine_is_short_of_time_when_a_chunk_is_a_second_late_not_when_a_small_lead_shrinks(
    late_seconds: float, told: int
) -> None:
    slow, starving = iter([0.0, 0.0, 0.0, late_seconds]), []

    async def before(_call: RenderCall) -> None:
        await b.clock.sleep_until(b.clock.now_seconds() + next(slow, 0.0))

    async with bench(lead_seconds=0.2, before=before) as b:
        b.jam._on_starving = lambda: starving.append(late_seconds)
        await b.say(SETUP, prompts("a"), PLAY)
        await b.clock.advance(20)
    assert len(starving) == told
