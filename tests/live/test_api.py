"""Takes and recordings over HTTP, from a jam that a client plays over its socket."""

import asyncio
import io
import json
import zipfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import soundfile

from everjam.audio import SAMPLE_RATE_HZ
from everjam.export.bundle import FADE_IN_FRAMES, FADE_OUT_FRAMES
from everjam.live.api import MAX_BODY_BYTES
from everjam.live.app import create_app
from everjam.settings import Settings
from everjam.testing import FakeClock, InlineRenderer, MemoryTransport

PATH = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateMusic"
SETUP = {"setup": {"model": "models/lyria-realtime-exp"}}
PLAY, PAUSE, STOP, RESET = ({"playbackControl": name} for name in ("PLAY", "PAUSE", "STOP", "RESET_CONTEXT"))
BAR = 2 * SAMPLE_RATE_HZ


def prompts(*texts: str) -> dict[str, Any]:
    return {"clientContent": {"weightedPrompts": [{"text": text, "weight": 1.0} for text in texts]}}


def config(**fields: Any) -> dict[str, Any]:
    return {"musicGenerationConfig": {"seed": 4, **fields}}


class House:
    """A server with one jam in it: its client over the socket, and another one over HTTP."""

    def __init__(self, folder: Path, **settings: Any) -> None:
        self.clock = FakeClock()
        self.app = create_app(
            Settings(engine="tone", data_dir=folder, **settings), renderer=InlineRenderer(), clock=self.clock
        )
        self.service = self.app.state.service
        self.player = MemoryTransport()
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://test")

    async def enter(self, **query: str) -> asyncio.Task[None]:
        asked = {"chunk": "0.2", "lead": "0.4", "events": "1", **query}
        task = asyncio.create_task(self.service.serve_session(PATH, asked, {}, self.player))
        await self.say(SETUP)
        return task

    async def say(self, *messages: dict[str, Any]) -> None:
        for message in messages:
            self.player.say(message)
        await self.clock.advance(0)

    async def play(self, seconds: float, *messages: dict[str, Any]) -> None:
        await self.say(*messages)
        await self.clock.advance(seconds)

    @property
    def jam(self) -> str:
        return next(str(m["everjam"]["jam"]["id"]) for m in self.player.received if "jam" in m.get("everjam", {}))

    async def ask(self, method: str, path: str, body: Any = None, **how: Any) -> httpx.Response:
        if body is not None:
            how["content"] = body if isinstance(body, bytes) else json.dumps(body)
        return await self.http.request(method, f"/api/jams/{self.jam}/{path}", **how)

    async def order(self, **body: Any) -> dict[str, Any]:
        answer = await self.ask("POST", "takes", body)
        assert answer.status_code == 202, answer.text
        return await self.ready(answer.json()["take"])

    async def ready(self, take: dict[str, Any]) -> dict[str, Any]:
        async with asyncio.timeout(20):
            while take["state"] == "rendering":
                await asyncio.sleep(0.001)
                take = (await self.ask("GET", f"takes/{take['id']}")).json()["take"]
        assert take["state"] == "ready", take["message"]
        return take

    async def samples(self, take: dict[str, Any]) -> np.ndarray:
        answer = await self.ask("GET", f"takes/{take['id']}/file")
        assert answer.status_code == 200
        return pcm(answer.content)

    def heard(self, take: dict[str, Any]) -> np.ndarray:
        sent = np.frombuffer(b"".join(self.player.chunks()), "<i2").reshape(-1, 2)
        return sent[take["beginFrame"] : take["endFrame"]]


def pcm(data: bytes) -> np.ndarray:
    return np.asarray(soundfile.read(io.BytesIO(data), dtype="int16")[0])


@asynccontextmanager
async def house(folder: Path, **settings: Any) -> AsyncIterator[House]:
    made = House(folder, **settings)
    task = await made.enter()
    try:
        yield made
    finally:
        made.player.hang_up()
        await made.clock.advance(1)
        await asyncio.wait_for(task, 5)
        await made.http.aclose()
        await made.service.drain()
        await made.service.stop()
        await made.clock.advance(0)


def assert_as_heard(written: np.ndarray, heard: np.ndarray) -> None:
    assert written.shape == heard.shape
    inside = slice(FADE_IN_FRAMES, -FADE_OUT_FRAMES)
    assert np.array_equal(written[inside], heard[inside])


async def test_a_take_is_what_the_client_has_received(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await here.play(4, prompts("a"), config(bpm=120), PLAY)
        await here.play(2.3, prompts("a", "b"))
        await here.play(100, PAUSE)
        await here.play(3.1, PLAY, config(bpm=133))
        await here.play(4, RESET, prompts("c"))
        take = await here.order(begin=0, end=12 * SAMPLE_RATE_HZ, format="wav")
        assert take["bars"] > 5
        assert take["seconds"] == pytest.approx((take["endFrame"] - take["beginFrame"]) / SAMPLE_RATE_HZ)
        assert_as_heard(await here.samples(take), here.heard(take))


async def test_the_last_bars(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await here.play(20, prompts("Bossa  Nova!"), config(bpm=120), PLAY)
        take = await here.order()
        assert (take["bars"], take["endFrame"] - take["beginFrame"]) == (8, 8 * BAR)
        assert take["name"] == "everjam bossa-nova 120bpm seed4.flac"
        answer = await here.ask("GET", f"takes/{take['id']}/file")
        assert answer.headers["content-type"] == "audio/flac"
        assert answer.headers["content-disposition"].startswith("attachment; filename")
        assert "bossa-nova" in answer.headers["content-disposition"]
        assert int(answer.headers["content-length"]) == take["bytes"] == len(answer.content)
        assert_as_heard(pcm(answer.content), here.heard(take))
        take = await here.order(bars=2, until=9 * BAR + 100, format="opus", bundle=True)
        assert (take["beginFrame"], take["endFrame"]) == (7 * BAR, 9 * BAR)
        answer = await here.ask("GET", f"takes/{take['id']}/file")
        assert answer.headers["content-type"] == "application/zip"
        with zipfile.ZipFile(io.BytesIO(answer.content)) as bundle:
            assert sorted(Path(name).suffix for name in bundle.namelist()) == [".json", ".mid", ".opus"]


async def test_a_recording_from_bar_to_bar(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await here.play(9, prompts("a"), config(bpm=120), PLAY)
        answer = await here.ask("PUT", "recording", {"begin": 7 * SAMPLE_RATE_HZ})
        assert answer.status_code == 200
        recording = answer.json()["recording"]
        assert recording == {"beginFrame": 3 * BAR, "bar": 3}
        await here.play(130)
        end = 130 * SAMPLE_RATE_HZ
        take = await here.order(begin=recording["beginFrame"], end=end)
        assert take["bars"] == 62
        assert_as_heard(await here.samples(take), here.heard(take))
        everything = await here.order(begin=recording["beginFrame"], end=None)
        assert everything["endFrame"] > end
        assert (await here.ask("DELETE", "recording")).status_code == 204
        refused = await here.ask("POST", "takes", {"begin": recording["beginFrame"], "end": end})
        assert refused.status_code == 400
        assert refused.json()["error"]["field"] == "begin"


async def test_takes_survive_a_stop_and_the_end_of_the_connection(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await here.play(10, prompts("a"), config(bpm=120), PLAY)
        await here.play(1, STOP)
        take = await here.order(bars=4, format="wav")
        here.player.hang_up()
        await here.clock.advance(30)
        later = await here.order(bars=2)
        assert_as_heard(await here.samples(later), here.heard(later))
        await here.clock.advance(40)
        gone = await here.ask("POST", "takes", {"bars": 2})
        assert gone.status_code == 404
        assert_as_heard(await here.samples(take), here.heard(take))


async def test_a_take_can_be_removed(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await here.play(10, prompts("a"), config(bpm=120), PLAY)
        take = await here.order(bars=1)
        assert (await here.ask("DELETE", f"takes/{take['id']}")).status_code == 204
        for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/file")):
            answer = await here.ask(method, f"takes/{take['id']}{path}")
            assert answer.status_code == 404
            assert answer.json()["error"]["message"]


HOSTILE: list[tuple[Any, str]] = [
    (b"[" * 8_000, ""),
    (b"\xff\xfe", ""),
    (b"[]", ""),
    (b'"bars"', ""),
    (b'{"bars": NaN}', ""),
    (b'{"bars": ' + b"9" * 5_000 + b"}", ""),
    (b'{"bars": 1e400}', "bars"),
    ({"bars": 0}, "bars"),
    ({"bars": -8}, "bars"),
    ({"bars": "8"}, "bars"),
    ({"bars": True}, "bars"),
    ({"bars": 1.5}, "bars"),
    ({"bars": [8]}, "bars"),
    ({"bars": 10**12}, "bars"),
    ({"until": -1}, "until"),
    ({"until": 10**15}, "until"),
    ({"format": "exe"}, "format"),
    ({"format": ["flac"]}, "format"),
    ({"format": None}, "format"),
    ({"bundle": "yes"}, "bundle"),
    ({"begin": 10**9}, "begin"),
    ({"end": 10}, "begin"),
    ({"begin": 0, "end": 10**10}, "end"),
    ({"begin": 10**10, "end": 10**10 + 5}, "begin"),
    ({"begin": 100, "end": 100}, "begin"),
    ({"begin": 0, "end": 100, "bars": 8}, "bars"),
    ({"begin": {}, "end": 100}, "begin"),
]


async def test_hostile_orders_are_refused_with_the_field_and_without_a_trace(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with house(tmp_path) as here:
        await here.play(10, prompts("a"), config(bpm=120), PLAY)
        for body, field in HOSTILE:
            answer = await here.ask("POST", "takes", body)
            assert answer.status_code == 400, body
            error = answer.json()["error"]
            assert error["field"] == field, body
            assert error["message"]
            assert not error["message"].startswith(f"{field}: ")
        answer = await here.ask("POST", "takes", b" " * (MAX_BODY_BYTES + 1))
        assert answer.status_code == 413
        for body in ({"begin": "x"}, {"begin": -1}, {"begin": 10**12}):
            answer = await here.ask("PUT", "recording", body)
            assert (answer.status_code, answer.json()["error"]["field"]) == (400, "begin")
        assert (await here.ask("GET", "takes/..%2f..%2fetc")).status_code == 404
    assert not [record for record in caplog.records if record.exc_info]


async def test_before_the_music_there_is_nothing_to_take(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        answer = await here.ask("POST", "takes", {})
        assert answer.status_code == 400
        assert answer.json()["error"]["remedy"]
        assert (await here.ask("PUT", "recording")).json() == {"recording": {"beginFrame": 0, "bar": None}}


async def test_unknown_jams_and_files_that_are_not_ready(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        for method, path in (("POST", "takes"), ("PUT", "recording"), ("DELETE", "recording"), ("GET", "takes/x")):
            answer = await here.http.request(method, f"/api/jams/nobody/{path}")
            assert answer.status_code == 404
            assert answer.json()["error"]["message"]
        await here.play(10, prompts("a"), config(bpm=120), PLAY)
        take = (await here.ask("POST", "takes", {"bars": 4})).json()["take"]
        assert (take["state"], take["bytes"], take["message"]) == ("rendering", 0, "")
        answer = await here.ask("GET", f"takes/{take['id']}/file")
        assert answer.status_code == 409
        await here.ready(take)


async def test_no_more_than_a_few_takes_at_a_time(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        await here.play(20, prompts("a"), config(bpm=120), PLAY)
        answers = [await here.ask("POST", "takes", {"bars": 9}) for _ in range(5)]
        assert [answer.status_code for answer in answers] == [202] * 4 + [429]
        assert answers[-1].json()["error"]["remedy"]


async def test_a_key_is_asked_for_where_sessions_need_one(tmp_path: Path) -> None:
    here = House(tmp_path, api_keys=frozenset({"sesame"}))
    task = await here.enter(key="sesame")
    await here.play(10, prompts("a"), PLAY)
    for how, status in (({}, 401), ({"params": {"key": "x"}}, 401), ({"params": {"key": "sesame"}}, 202)):
        assert (await here.ask("POST", "takes", {"bars": 1}, **how)).status_code == status
    assert (await here.ask("DELETE", "recording", headers={"x-goog-api-key": "sesame"})).status_code == 204
    here.player.hang_up()
    await here.clock.advance(1)
    await asyncio.wait_for(task, 5)
    await here.http.aclose()
    await here.service.drain()
    await here.service.stop()
    assert not list(tmp_path.glob("takes/*"))  # noqa: ASYNC240


async def test_clients_without_the_extension_leave_no_tape(tmp_path: Path) -> None:
    async with house(tmp_path) as here:
        other = MemoryTransport()
        task = asyncio.create_task(here.service.serve_session(PATH, {}, {}, other))
        for message in (SETUP, prompts("a"), PLAY):
            other.say(message)
        await here.clock.advance(10)
        assert len(here.service.named._jams) == 1
        other.hang_up()
        await here.clock.advance(1)
        await asyncio.wait_for(task, 5)
