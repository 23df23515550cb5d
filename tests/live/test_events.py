"""What the server tells beside the music, only to those who ask: chunk reports, reasons, resuming, events over HTTP."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from websockets.asyncio.client import ClientConnection, connect

from everjam.audio import SAMPLE_RATE_HZ, from_pcm16
from everjam.engines.tone import ToneEngine
from everjam.errors import EngineError, ServerBusy
from everjam.live import events, named
from everjam.live.app import create_app
from everjam.live.serve import running
from everjam.live.service import Service
from everjam.live.worker import RenderCall
from everjam.settings import Settings
from everjam.steering import Steering, WeightedPrompt
from everjam.testing import FakeClock, InlineRenderer, MemoryTransport

PATH = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateMusic"
SETUP = {"setup": {"model": "models/lyria-realtime-exp"}}
PLAY = {"playbackControl": "PLAY"}
PAUSE = {"playbackControl": "PAUSE"}
STOP = {"playbackControl": "STOP"}
SEEDED = {"musicGenerationConfig": {"seed": 5, "bpm": 120}}
QUICK = {"chunk": "0.2", "lead": "0.4"}
CHUNK = SAMPLE_RATE_HZ // 5


def prompts(*texts: str) -> dict[str, Any]:
    return {"clientContent": {"weightedPrompts": [{"text": text, "weight": 1.0} for text in texts]}}


def new_service(clock: FakeClock, **settings: Any) -> Service:
    return Service(Settings(engine="tone", **settings), renderer=InlineRenderer(), clock=clock)


@asynccontextmanager
async def session(service: Service, clock: FakeClock, **query: str) -> AsyncIterator[MemoryTransport]:
    transport = MemoryTransport()
    task = asyncio.create_task(service.serve_session(PATH, {**QUICK, **query}, {}, transport))
    await clock.settle()
    try:
        yield transport
    finally:
        transport.hang_up()
        await clock.advance(0.01)
        await asyncio.wait_for(task, 5)


async def say(clock: FakeClock, client: MemoryTransport, *messages: dict[str, Any]) -> None:
    for message in messages:
        client.say(message)
    await clock.advance(0)


def told(client: MemoryTransport, name: str) -> list[Any]:
    """The objects of that name that the server has told beside its messages."""
    return [m["everjam"][name] for m in client.received if name in m.get("everjam", {})]


def played(steering: Steering, chunks: int, *, seed: int = 5, bar: int = 0) -> np.ndarray:
    engine = ToneEngine()
    state, parts = engine.seek(seed, bar, steering), []
    for _ in range(chunks):
        block, state = engine.render(state, steering, CHUNK)
        parts.append(block.audio)
    return np.concatenate(parts)


def heard(*clients: MemoryTransport) -> np.ndarray:
    return from_pcm16(b"".join(pcm for client in clients for pcm in client.chunks()))


# the member in messages ──────────────────────────────────────────────────────────────────────────


async def test_who_does_not_ask_is_told_nothing_and_costs_nothing() -> None:
    clock = FakeClock()
    frames = []
    for query in ({}, {"events": "0"}, {"events": "1"}):
        service = new_service(clock)
        async with session(service, clock, **query) as client:
            await say(clock, client, SETUP, SEEDED, prompts("a"), PLAY)
            await clock.advance(2)
        assert isinstance(service._renderer, InlineRenderer)
        assert {call.report for call in service._renderer.calls} == {query.get("events") == "1"}
        frames.append(client.frames)
    assert frames[0] == frames[1]
    own = [
        re.sub(rb', "everjam": \{.*\}\}$', b"}", frame) for frame in frames[2] if not frame.startswith(b'{"everjam"')
    ]
    assert own == frames[0]
    assert len(frames[2]) == len(frames[0]) + 1


async def test_the_jam_is_named_right_after_the_setup() -> None:
    clock = FakeClock()
    service = new_service(clock)
    async with session(service, clock, events="1") as client, session(service, clock, events="1") as other:
        for each in (client, other):
            await say(clock, each, SETUP)
        assert client.received[0] == {"setupComplete": {}}
        jam = client.received[1]["everjam"]["jam"]
        assert jam == {"id": jam["id"], "resumed": "no", "frame": 0}
        assert re.fullmatch(r"[A-Za-z0-9_-]{22}", jam["id"])
        assert jam["id"] != told(other, "jam")[0]["id"]


async def test_each_chunk_says_what_happens_in_it() -> None:
    clock = FakeClock()
    async with session(new_service(clock), clock, events="1") as client:
        await say(clock, client, SETUP, SEEDED, prompts("a"), PLAY)
        await clock.advance(4)
        chunks = told(client, "chunk")
    assert len(chunks) == len(client.chunks())
    assert [chunk["frame"] for chunk in chunks] == [CHUNK * index for index in range(len(chunks))]
    assert {chunk["frames"] for chunk in chunks} == {CHUNK}
    beats = [beat for chunk in chunks for beat in chunk["beats"]]
    assert [(beat["bar"], beat["beat"]) for beat in beats[:6]] == [(0, 0), (0, 1), (0, 2), (0, 3), (1, 0), (1, 1)]
    assert [beat["frame"] for beat in beats[:3]] == [0, 24_000, 48_000]
    assert beats[0] | {"frame": 0} == {
        "frame": 0, "bar": 0, "beat": 0, "bpm": 120, "meter": [4, 4], "chord": "", "section": "", "key": "",
    }  # fmt: skip
    frame, duration, pitch, velocity, part, instrument = chunks[0]["notes"][0]
    assert (frame, duration, velocity, part, instrument) == (0, 24_000, 0.8, "melody", "sine")
    assert 0 <= pitch <= 127


async def test_reasons_come_with_the_first_chunk_of_new_prompts_only() -> None:
    clock = FakeClock()
    async with session(new_service(clock), clock, events="1") as client:
        await say(clock, client, SETUP, SEEDED, prompts("a", "b"), PLAY)
        await clock.advance(2)
        await say(clock, client, {"musicGenerationConfig": {"seed": 5, "bpm": 90}})
        await clock.advance(2)
        await say(clock, client, prompts("b"))
        await clock.advance(2)
    reasons = told(client, "why")
    assert [[meaning["text"] for meaning in why] for why in reasons] == [["a", "b"], ["b"]]
    assert reasons[0][0]["weight"] == 1.0
    card = reasons[0][0]["cards"][0]
    assert card.keys() == {"name", "weight", "why"}
    first = next(m for m in client.received if "why" in m.get("everjam", {}))
    assert "serverContent" in first


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"events": "2"}, "events"),
        ({"events": "yes"}, "events"),
        ({"events": "1" * 5000}, "events"),
        ({"resume": "abc"}, "resume"),
        ({"bar": "3"}, "bar"),
        ({"events": "1", "resume": ""}, "resume"),
        ({"events": "1", "resume": "../../etc"}, "resume"),
        ({"events": "1", "resume": "a" * 65}, "resume"),
        ({"events": "1", "resume": "a\n"}, "resume"),
        ({"events": "1", "bar": "-1"}, "bar"),
        ({"events": "1", "bar": "1.5"}, "bar"),
        ({"events": "1", "bar": "1e5"}, "bar"),
        ({"events": "1", "bar": "٣"}, "bar"),
        ({"events": "1", "bar": "9" * 10}, "bar"),
        ({"events": "1", "bar": "9" * 4000}, "bar"),
        ({"events": "1", "bar": ""}, "bar"),
    ],
)
async def test_a_hostile_query_is_named(query: dict[str, str], field: str) -> None:
    clock = FakeClock()
    service = new_service(clock)
    async with session(service, clock, **query) as client:
        assert client.closed is not None
        assert client.closed[0] == 1007
        assert client.closed[1].startswith(f"{field}: ")
    assert not service.named._jams


# resuming ────────────────────────────────────────────────────────────────────────────────────────


async def lost(clock: FakeClock, service: Service, *texts: str, seconds: float = 1) -> MemoryTransport:
    """A client that has played these prompts for some time, and whose connection is gone."""
    async with session(service, clock, events="1") as client:
        await say(clock, client, SETUP, SEEDED, prompts(*texts), PLAY)
        await clock.advance(seconds)
    return client


async def test_a_lost_jam_goes_on_with_the_very_next_sample() -> None:
    clock = FakeClock()
    service = new_service(clock)
    first = await lost(clock, service, "a", "b", seconds=3)
    await clock.advance(30)
    jam = told(first, "jam")[0]
    async with session(service, clock, events="1", resume=jam["id"], bar="1") as second:
        await say(clock, second, SETUP, SEEDED, prompts("a", "b"), PLAY)
        await clock.advance(3)
    resumed = told(second, "jam")[0]
    assert resumed == {"id": jam["id"], "resumed": "exact", "frame": CHUNK * len(first.chunks())}
    assert told(second, "chunk")[0]["frame"] == resumed["frame"]
    whole = played(Steering((WeightedPrompt("a"), WeightedPrompt("b"))), len(first.chunks()) + len(second.chunks()))
    assert np.abs(heard(first, second) - whole).max() < 1e-4


async def test_a_jam_that_was_paused_goes_on_too_and_knows_what_it_was_told() -> None:
    clock = FakeClock()
    service = new_service(clock)
    async with session(service, clock, events="1") as first:
        await say(clock, first, SETUP, prompts("a"), PLAY)
        await clock.advance(1)
        await say(clock, first, PAUSE)
    async with session(service, clock, events="1", resume=told(first, "jam")[0]["id"]) as second:
        await say(clock, second, SETUP, PLAY)
        await clock.advance(1)
    echoes = [m["serverContent"]["audioChunks"][0]["sourceMetadata"] for m in first.received if "serverContent" in m]
    again = [m["serverContent"]["audioChunks"][0]["sourceMetadata"] for m in second.received if "serverContent" in m]
    assert again
    assert again[0] == echoes[-1]


async def test_a_jam_is_kept_for_a_minute_and_then_begins_at_the_bar() -> None:
    clock = FakeClock()
    service = new_service(clock)
    first = await lost(clock, service, "a", seconds=3)
    await clock.advance(named.KEEP_SECONDS + 1)
    gone = told(first, "jam")[0]["id"]
    assert service.named.find(gone) is None
    async with session(service, clock, events="1", resume=gone, bar="700") as second:
        await say(clock, second, SETUP, SEEDED, prompts("a"), PLAY)
        await clock.advance(1)
    jam = told(second, "jam")[0]
    assert (jam["resumed"], jam["frame"]) == ("bar", 0)
    assert jam["id"] != gone
    assert told(second, "chunk")[0]["beats"][0]["bar"] == 700
    assert told(second, "chunk")[0]["beats"][0]["frame"] == 0
    whole = played(Steering((WeightedPrompt("a"),)), len(second.chunks()), bar=700)
    assert np.abs(heard(second) - whole).max() < 1e-4


async def test_after_a_stop_a_piece_begins_at_its_beginning() -> None:
    clock = FakeClock()
    service = new_service(clock)
    async with session(service, clock, events="1", bar="9") as client:
        await say(clock, client, SETUP, SEEDED, prompts("a"), PLAY)
        await clock.advance(1)
        await say(clock, client, STOP, PLAY)
        await clock.advance(1)
        bars = [beat["bar"] for chunk in told(client, "chunk") for beat in chunk["beats"]]
        assert (bars[0], bars[-1]) == (9, 0)
        await say(clock, client, STOP)
    async with session(service, clock, events="1", resume=told(client, "jam")[0]["id"]) as again:
        await say(clock, again, SETUP)
        assert told(again, "jam")[0] | {"id": ""} == {"id": "", "resumed": "no", "frame": 0}


class NoSeek(ToneEngine):
    """The tone engine without its memory for bars."""

    seek = None  # type: ignore[assignment]


async def test_an_engine_that_cannot_seek_begins_at_the_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("everjam.engines.registry._engine_class", lambda _name: NoSeek)
    clock = FakeClock()
    async with session(new_service(clock), clock, events="1", bar="9") as client:
        await say(clock, client, SETUP, SEEDED, prompts("a"), PLAY)
        await clock.advance(1)
    assert told(client, "jam")[0]["resumed"] == "no"
    assert told(client, "chunk")[0]["beats"][0]["bar"] == 0


async def test_another_engine_does_not_go_on_with_this_ones_state() -> None:
    clock = FakeClock()
    service = new_service(clock)
    first = await lost(clock, service, "a")
    async with session(service, clock, events="1", resume=told(first, "jam")[0]["id"]) as second:
        await say(clock, second, {"setup": {"model": "models/everjam-band"}})
        assert told(second, "jam")[0]["resumed"] == "no"


async def test_what_made_an_engine_fail_is_not_gone_on_with() -> None:
    clock = FakeClock()
    failing = False

    async def before(_call: RenderCall) -> None:
        if failing:
            raise EngineError("the engine failed")

    service = Service(Settings(engine="tone"), renderer=InlineRenderer(before), clock=clock)
    async with session(service, clock, events="1") as first:
        await say(clock, first, SETUP, SEEDED, prompts("a"), PLAY)
        failing = True
        await clock.advance(1)
        assert first.closed == (1011, "Internal error encountered.")
    failing = False
    async with session(service, clock, events="1", resume=told(first, "jam")[0]["id"], bar="4") as second:
        await say(clock, second, SETUP, SEEDED, prompts("a"), PLAY)
        assert told(second, "jam")[0]["resumed"] == "bar"
        assert told(second, "chunk")[0]["beats"][0]["bar"] == 4


async def test_of_two_that_resume_one_jam_the_later_one_has_it() -> None:
    clock = FakeClock()
    service = new_service(clock)
    first = await lost(clock, service, "a")
    jam = told(first, "jam")[0]["id"]
    async with (
        session(service, clock, events="1", resume=jam) as second,
        session(service, clock, events="1", resume=jam) as third,
    ):
        await say(clock, second, SETUP, PLAY)
        await say(clock, third, SETUP, PLAY)
        await clock.advance(2)
        assert second.closed == (1008, "This jam goes on in another connection.")
        assert second.received == []
        assert told(third, "jam")[0]["resumed"] == "exact"
        assert service.status().sessions == 1
    whole = played(Steering((WeightedPrompt("a"),)), len(first.chunks()) + len(third.chunks()))
    assert np.abs(heard(first, third) - whole).max() < 1e-4
    found = service.named.find(jam)
    assert found is not None
    assert found.tape.end_frame == len(whole)


async def test_a_connection_that_hangs_is_taken_over_where_it_was() -> None:
    clock = FakeClock()
    service = new_service(clock)
    async with session(service, clock, events="1") as hanging:
        await say(clock, hanging, SETUP, SEEDED, prompts("a"), PLAY)
        await clock.advance(1)
        hanging.stop_reading()
        await clock.advance(1)
        jam = told(hanging, "jam")[0]["id"]
        async with session(service, clock, events="1", resume=jam) as second:
            await say(clock, second, SETUP, PLAY)
            await clock.advance(1)
            assert hanging.closed is not None
            assert hanging.closed[0] == 1008
            frames = [chunk["frame"] for chunk in told(second, "chunk")]
            # One chunk was being written when the peer stopped reading: it counts as heard.
            assert frames[0] == CHUNK * (len(hanging.chunks()) + 1)
            assert frames == list(range(frames[0], frames[0] + CHUNK * len(frames), CHUNK))


async def test_no_more_than_so_many_jams_are_kept() -> None:
    clock = FakeClock()
    service = new_service(clock)
    ids = []
    for number in range(named.MAX_KEPT + 3):
        async with session(service, clock, events="1") as client:
            await say(clock, client, SETUP, *([prompts("a"), PLAY] if number % 2 == 0 else []))
            ids.append(told(client, "jam")[0]["id"])
    gone = [ids.index(jam) for jam in ids if not service.named.find(jam)]
    assert gone == [1, 3, 5], "those that have never played go first"
    await clock.advance(named.KEEP_SECONDS + 1)
    assert not service.named._jams
    assert not service.named._forgetting


async def test_no_more_than_so_many_bytes_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(named, "MAX_KEPT_BYTES", 3_000)
    clock = FakeClock()
    service = new_service(clock)
    ids = []
    for _ in range(6):
        async with session(service, clock, events="1") as client:
            await say(clock, client, SETUP, prompts("a"), PLAY)
            await clock.advance(1)
            ids.append(told(client, "jam")[0]["id"])
    kept = [found for jam in ids if (found := service.named.find(jam))]
    assert 1 < len(kept) < 6
    assert [found.id for found in kept] == ids[-len(kept) :]
    assert sum(found.tape.size_bytes for found in kept) <= 3_000


async def test_a_full_server_lets_its_own_come_back() -> None:
    clock = FakeClock()
    service = new_service(clock, max_sessions=1)
    async with session(service, clock, events="1") as first:
        await say(clock, first, SETUP)
        async with session(service, clock, events="1", resume="somebody") as stranger:
            assert stranger.closed is not None
            assert stranger.closed[0] == 1011
        async with session(service, clock, events="1", resume=told(first, "jam")[0]["id"]) as second:
            await say(clock, second, SETUP)
            assert second.closed is None
            assert told(second, "jam")[0]["id"] == told(first, "jam")[0]["id"]


# events over HTTP ────────────────────────────────────────────────────────────────────────────────


def parsed(stream: list[bytes]) -> list[tuple[str, Any]]:
    found = []
    for item in stream:
        event, data = re.fullmatch(rb"event: (\w+)\ndata: ([^\n]*)\n\n", item).groups()  # type: ignore[union-attr]
        found.append((event.decode(), json.loads(data)))
    return found


class Reader:
    """Reads the events of a jam."""

    def __init__(self, service: Service, jam_id: str) -> None:
        found = service.named.find(jam_id)
        assert found is not None
        self.stream: list[bytes] = []
        self.task = asyncio.create_task(self._read(found.channel))

    async def _read(self, channel: events.Channel) -> None:
        async for item in channel.read():
            self.stream.append(item)


async def test_third_parties_read_what_happens() -> None:
    clock = FakeClock()
    service = new_service(clock)
    async with session(service, clock, events="1") as client:
        await say(clock, client, SETUP, SEEDED, prompts("a"))
        reader = Reader(service, told(client, "jam")[0]["id"])
        await say(clock, client, PLAY)
        await clock.advance(1)
        late = Reader(service, told(client, "jam")[0]["id"])
        await say(clock, client, PAUSE)
    found = parsed(reader.stream)
    assert found[0] == ("jam", told(client, "jam")[0])
    # The second "paused" says that the client is gone.
    assert [data["state"] for event, data in found if event == "playback"] == ["stopped", "playing", "paused", "paused"]
    chunks = [data for event, data in found if event == "chunk"]
    leads = [chunk.pop("leadSeconds") for chunk in chunks]
    assert chunks == told(client, "chunk")
    assert leads[:3] == [0.0, 0.2, 0.4]
    assert [data for event, data in found if event == "steering"] == [
        {"prompts": [{"text": "a", "weight": 1}], "config": {"bpm": 120, "seed": 5}}
    ]
    assert [data for event, data in found if event == "why"] == told(client, "why")
    assert [event for event, _ in parsed(late.stream)] == ["jam", "steering", "playback", "why"] + 2 * ["playback"]
    service.named.close()
    await asyncio.wait_for(asyncio.gather(reader.task, late.task), 5)


async def test_a_reader_stays_when_the_client_comes_back() -> None:
    clock = FakeClock()
    service = new_service(clock)
    async with session(service, clock, events="1") as first:
        await say(clock, first, SETUP)
        jam = told(first, "jam")[0]["id"]
        reader = Reader(service, jam)
        await clock.settle()
    async with session(service, clock, events="1", resume=jam) as second:
        await say(clock, second, SETUP, SEEDED, prompts("a"), PLAY)
        await clock.advance(1)
    assert [data["id"] for event, data in parsed(reader.stream) if event == "jam"] == [jam, jam]
    assert "chunk" in dict(parsed(reader.stream))
    await clock.advance(named.KEEP_SECONDS + 1)
    await asyncio.wait_for(reader.task, 5)


async def test_a_slow_reader_is_dropped_and_nobody_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    channel = events.Channel()
    slow, quick = channel.read(), channel.read()
    channel.publish("jam", b"{}")
    await anext(slow)
    read = []

    async def follow() -> None:
        read.extend([item async for item in quick])

    task = asyncio.create_task(follow())
    for number in range(events.MAX_WAITING_EVENTS + 10):
        channel.publish("chunk", b"%d" % number)
        await asyncio.sleep(0)
    with pytest.raises(StopAsyncIteration):
        await anext(slow)
    channel.close()
    await asyncio.wait_for(task, 5)
    assert len(read) >= events.MAX_WAITING_EVENTS + 10
    assert not channel.has_readers


async def test_readers_are_kept_alive_and_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "KEEP_ALIVE_SECONDS", 0.001)
    channel = events.Channel()
    readers = [channel.read() for _ in range(events.MAX_READERS)]
    for reader in readers:
        assert (await anext(reader)).startswith(b":")
    with pytest.raises(ServerBusy):
        channel.check_room()
    with pytest.raises(StopAsyncIteration):
        await anext(channel.read())
    await readers[0].aclose()  # type: ignore[attr-defined]
    channel.check_room()
    channel.close()


async def test_the_events_route_checks_key_and_jam() -> None:
    app = create_app(Settings(engine="tone", api_keys=frozenset({"one"})), renderer=InlineRenderer())
    service: Service = app.state.service
    jam = service.named.enter("")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        refused = await client.get(f"/api/jams/{jam.id}/events")
        unknown = await client.get("/api/jams/nobody/events?key=one")
        service.named.close()
        closed = await client.get(f"/api/jams/{jam.id}/events", headers={"x-goog-api-key": "one"})
    assert refused.status_code == 401
    assert refused.json()["error"]["message"] == "API key not valid. Please pass a valid API key."
    assert (unknown.status_code, closed.status_code) == (404, 404)
    assert unknown.json()["error"]["field"] == "id"


async def test_the_events_route_streams() -> None:
    app = create_app(Settings(engine="tone"), renderer=InlineRenderer())
    service: Service = app.state.service
    jam = service.named.enter("")
    jam.channel.publish("playback", b'{"state": "paused"}')
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        asking = asyncio.create_task(client.get(f"/api/jams/{jam.id}/events"))
        await FakeClock.settle()
        assert jam.channel.has_readers
        service.named.close()
        answer = await asyncio.wait_for(asking, 5)
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.text == 'event: playback\ndata: {"state": "paused"}\n\n'


# a real server ───────────────────────────────────────────────────────────────────────────────────


async def listen(url: str, chunks: int, messages: list[dict[str, Any]]) -> tuple[ClientConnection, dict[str, Any], int]:
    """Plays until so many chunks have come; the connection, which jam it is, and the frame after the last chunk."""
    socket = await connect(url, max_size=None, proxy=None)
    for message in messages:
        await socket.send(json.dumps(message))
    jam: dict[str, Any] = {}
    frame = -1
    while chunks:
        message = json.loads(await asyncio.wait_for(socket.recv(), 10)).get("everjam", {})
        jam = message.get("jam", jam)
        if "chunk" in message:
            assert frame in (-1, message["chunk"]["frame"])
            frame = message["chunk"]["frame"] + message["chunk"]["frames"]
            chunks -= 1
    return socket, jam, frame


async def test_a_real_server_resumes_and_its_readers_do_not_hold_it_up(tmp_path: Path) -> None:
    settings = Settings(port=0, tls_port=0, data_dir=tmp_path, engine="tone", workers=1)
    asked: list[dict[str, Any]] = [SETUP, SEEDED, prompts("a"), PLAY]
    following = asyncio.Event()

    async def follow(url: str) -> list[str]:
        lines = []
        async with (
            httpx.AsyncClient(timeout=10, trust_env=False) as http,
            http.stream("GET", url) as answer,
        ):
            async for line in answer.aiter_lines():
                lines.append(line)
                following.set()
        return lines

    async with running(settings) as endpoints:
        url = f"{endpoints.http_url.replace('http', 'ws')}{PATH}?chunk=0.2&lead=0.4&events=1"
        first, jam, sent = await listen(url, 3, asked)
        reader = asyncio.create_task(follow(f"{endpoints.http_url}/api/jams/{jam['id']}/events"))
        await asyncio.wait_for(following.wait(), 10)
        first.transport.abort()
        second, again, _ = await listen(f"{url}&resume={jam['id']}", 3, asked)
        assert again["id"] == jam["id"]
        assert again["resumed"] == "exact"
        assert again["frame"] >= sent
        await second.close()
    # The server has ended, and the stream in good order before.
    lines = await asyncio.wait_for(reader, 5)
    assert lines[0] == "event: jam"
    assert lines.count("event: jam") == 2
    assert "event: chunk" in lines
