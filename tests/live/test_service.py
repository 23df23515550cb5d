"""What the app answers over HTTP, whom it lets in, and what the query may ask for."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from everjam.live.app import create_app
from everjam.live.auth import KeyRing
from everjam.live.guards import redact
from everjam.live.service import Service
from everjam.settings import Settings
from everjam.steering import FIELDS
from everjam.testing import FakeClock, InlineRenderer, MemoryTransport

PATH = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateMusic"
SETUP = {"setup": {"model": "models/lyria-realtime-exp"}}
PLAY = {"playbackControl": "PLAY"}
PROMPTS = {"clientContent": {"weightedPrompts": [{"text": "a", "weight": 1}]}}


def new_service(clock: FakeClock, **settings: Any) -> Service:
    return Service(Settings(engine="tone", **settings), renderer=InlineRenderer(), clock=clock)


@asynccontextmanager
async def session(
    service: Service,
    clock: FakeClock,
    query: dict[str, str] | None = None,
    *,
    path: str = PATH,
    headers: dict[str, str] | None = None,
) -> AsyncIterator[MemoryTransport]:
    transport = MemoryTransport()
    task = asyncio.create_task(service.serve_session(path, query or {}, headers or {}, transport))
    await clock.settle()
    try:
        yield transport
    finally:
        transport.hang_up()
        await clock.advance(1)
        await asyncio.wait_for(task, 5)


async def test_http_routes() -> None:
    app = create_app(Settings(engine="tone"), renderer=InlineRenderer())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        assert (await client.get("/healthz")).json()["status"] == "ok"
        assert (await client.get("/readyz")).json() == {"ready": True}
        assert "everjam_sessions_active 0.0" in (await client.get("/metrics")).text
        engines = (await client.get("/api/schema")).json()
        assert engines["default"] == "tone"
        assert "tone" in [engine["name"] for engine in engines["engines"]]
        assert [field["wireName"] for field in engines["fields"]] == [spec.wire_name for spec in FIELDS]
        page = await client.get("/")
        assert "<title>" in page.text
        assert "default-src 'self'" in page.headers["content-security-policy"]
        assert (await client.get("/nothing-here")).status_code == 404
        script = await client.get("/main.js")
        assert (script.headers["content-encoding"], script.headers["cache-control"]) == ("gzip", "no-cache")
        again = await client.get("/main.js", headers={"if-none-match": script.headers["etag"]})
        assert again.status_code == 304


async def test_readyz_says_why_not() -> None:
    app = create_app(Settings(engine="tone"), renderer=InlineRenderer(), clock=FakeClock())
    await app.state.service.drain()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        answer = await client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["reason"] == "stopping"


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"chunk": "0.05"}, "chunk"),
        ({"chunk": "3"}, "chunk"),
        ({"chunk": "abc"}, "chunk"),
        ({"chunk": "nan"}, "chunk"),
        ({"lead": "0"}, "lead"),
        ({"lead": "1e9"}, "lead"),
        ({"pace": "slow"}, "pace"),
    ],
)
async def test_a_wrong_query_is_named(query: dict[str, str], field: str) -> None:
    clock = FakeClock()
    async with session(new_service(clock), clock, query) as client:
        assert client.closed is not None
        assert client.closed[0] == 1007
        assert client.closed[1].startswith(f"{field}: ")


async def test_chunk_and_lead_of_the_query_count() -> None:
    clock = FakeClock()
    async with session(new_service(clock), clock, {"chunk": "0.04", "lead": "0.2"}) as client:
        for message in (SETUP, PROMPTS, PLAY):
            client.say(message)
        await clock.advance(1.0)
        assert {len(pcm) for pcm in client.chunks()} == {7_680}
        assert 30 <= len(client.chunks()) <= 31


async def test_pace_fast_needs_no_clock() -> None:
    clock = FakeClock()
    async with session(new_service(clock), clock, {"pace": "fast"}) as client:
        for message in (SETUP, PROMPTS, PLAY):
            client.say(message)
        for _ in range(4):
            await clock.settle()
        assert len(client.chunks()) > 10


async def test_unknown_paths_are_closed_with_a_reason() -> None:
    clock = FakeClock()
    async with session(new_service(clock), clock, path="/ws/other") as client:
        assert client.closed is not None
        assert client.closed[0] == 1008


async def test_one_session_more_than_allowed_is_refused_and_others_go_on() -> None:
    clock = FakeClock()
    service = new_service(clock, max_sessions=1)
    async with session(service, clock) as first:
        async with session(service, clock) as second:
            assert second.closed is not None
            assert second.closed[0] == 1011
            assert "Resource has been exhausted" in second.closed[1]
        first.say(SETUP)
        await clock.settle()
        assert first.closed is None
    async with session(service, clock) as third:
        assert third.closed is None


async def test_status_and_metrics_follow_the_jams() -> None:
    clock = FakeClock()
    service = new_service(clock)
    async with session(service, clock) as client:
        for message in (SETUP, PROMPTS, PLAY):
            client.say(message)
        await clock.advance(1)
        status = service.status()
        assert (status.sessions, status.playing, status.underruns) == (1, 1, 0)
        assert status.least_lead_seconds == pytest.approx(3.0)
    assert service.status().sessions == 0
    assert service.metrics.registry.get_sample_value("everjam_jams_playing") == 0
    assert service.metrics.registry.get_sample_value("everjam_session_closes_total", {"code": "1005"}) == 1


@pytest.mark.parametrize(
    ("query", "headers", "good"),
    [
        ({"key": "one"}, {}, True),
        ({}, {"x-goog-api-key": "two"}, True),
        ({"key": "undefined"}, {"x-goog-api-key": "two"}, True),
        ({"key": "three"}, {}, False),
        ({}, {}, False),
        ({"key": ""}, {"x-goog-api-key": ""}, False),
        ({"key": "ön\udce9"}, {}, False),
    ],
)
async def test_keys(query: dict[str, str], headers: dict[str, str], *, good: bool) -> None:
    clock = FakeClock()
    service = new_service(clock, api_keys=frozenset({"one", "two"}))
    async with session(service, clock, query, headers=headers) as client:
        if good:
            client.say(SETUP)
            await clock.settle()
            assert client.received == [{"setupComplete": {}}]
        else:
            assert client.closed == (1007, "API key not valid. Please pass a valid API key.")


def test_no_keys_means_open() -> None:
    KeyRing(()).check({}, {})
    KeyRing(()).check({}, {}, "203.0.113.7")
    assert "secret" not in repr(vars(KeyRing(["secret"])))


@pytest.mark.parametrize(
    "line",
    [
        '"WebSocket /ws?key=CANARY" [accepted]',
        "x-goog-api-key: CANARY",
        "/ws?a=1&key=CANARY&b=2",
        "key%3DCANARY",
        "headers={'x-goog-api-key': 'CANARY'}",
        "[(b'x-goog-api-key', b'CANARY')]",
    ],
)
def test_keys_are_redacted_from_logs(line: str) -> None:
    assert "CANARY" not in redact(line)
    assert redact("a keyboard solo") == "a keyboard solo"


def test_what_uvicorn_logs_has_no_keys_in_it(caplog: pytest.LogCaptureFixture) -> None:
    create_app(Settings(engine="tone"), renderer=InlineRenderer())
    with caplog.at_level("INFO"):
        logging.getLogger("uvicorn.error").info('%s - "WebSocket %s" [accepted]', "127.0.0.1:1", "/ws?key=CANARY&a=1")
    assert "[accepted]" in caplog.text
    assert "CANARY" not in caplog.text
