"""Where the API is found, who is let in, and how it says no: always by a close code after an accepted upgrade."""

import asyncio
import contextlib
import json
import ssl
from collections.abc import Iterator

import pytest
from tests.conformance.listening import PLAY, SETUP, Listener, config, prompts
from tests.conformance.server import ENDPOINT, LiveServer, running_server
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

BIDI = "GenerativeService.BidiGenerateMusic"
KEY = "canary-Kx7Q2v-key"
WRONG_KEY = "canary-wrong-Zp3-key"
BAD_KEY = (1007, "API key not valid. Please pass a valid API key.")


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    folder = tmp_path_factory.mktemp("guarded")
    with running_server(folder, settings={"api_keys": ["another", KEY], "log_level": "debug"}) as running:
        yield running


@pytest.mark.parametrize(
    "path",
    [
        *(f"/ws/google.ai.generativelanguage.{version}.{BIDI}" for version in ("v1alpha", "v1beta", "v1", "v9test")),
        f"//ws/google.ai.generativelanguage.v1alpha.{BIDI}",
        f"///ws/google.ai.generativelanguage.v1alpha.{BIDI}",
        f"/gw/x/ws/google.ai.generativelanguage.v1.{BIDI}",
        f"/gw/x//ws/google.ai.generativelanguage.v1.{BIDI}",
        f"/ws/google.ai.generativelanguage.v1beta.{BIDI}/",
    ],
)
async def test_every_form_of_the_path_that_clients_use(server: LiveServer, path: str) -> None:
    async with connect(server.ws_url(path=path), proxy=None) as socket:
        await socket.send(json.dumps(SETUP))
        assert await socket.recv() == b'{"setupComplete": {}}'


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/ws",
        "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent",
        f"/ws/google.ai.generativelanguage..{BIDI}",
        f"/ws/google.ai.generativelanguage.v1beta.{BIDI}/more",
        "/%00/..%2f..",
        "/api/schema",
    ],
)
async def test_unknown_path_is_told_by_a_close_code(server: LiveServer, path: str) -> None:
    listener = Listener(await connect(server.ws_url(path=path), proxy=None))
    code, reason = await listener.until_closed()
    assert code == 1008
    assert "Unknown path" in reason
    assert len(reason.encode()) <= 123


async def test_tls_port_speaks_the_same(server: LiveServer) -> None:
    context = ssl.create_default_context(cafile=str(server.ca))
    async with connect(f"wss://{server.tls_url.partition('//')[2]}{ENDPOINT}", proxy=None, ssl=context) as socket:
        await socket.send(json.dumps(SETUP))
        assert await socket.recv() == b'{"setupComplete": {}}'


async def test_compression_is_declined_and_any_origin_is_welcome(server: LiveServer) -> None:
    async with connect(server.ws_url(), proxy=None, origin="https://aistudio.google.example") as socket:  # type: ignore[arg-type]
        assert socket.request is not None
        assert socket.response is not None
        assert "permessage-deflate" in socket.request.headers["Sec-WebSocket-Extensions"]
        assert "Sec-WebSocket-Extensions" not in socket.response.headers
        await socket.send(json.dumps(SETUP))
        assert await socket.recv() == b'{"setupComplete": {}}'


async def test_pings_are_answered_while_music_plays(server: LiveServer) -> None:
    listener = await Listener.set_up(server)
    await listener.say(prompts("ping"), PLAY)
    await listener.next_chunk()
    for _ in range(3):
        async with asyncio.timeout(1.0):
            await (await listener.socket.ping())
    await listener.close()


@pytest.mark.parametrize("key", [None, "undefined", "K", "not-a-key"])
async def test_without_keys_configured_any_key_or_none_will_do(server: LiveServer, key: str | None) -> None:
    headers = {"x-goog-api-key": key} if key else {}
    listener = await Listener.open(server, f"key={key}" if key else "", additional_headers=headers)
    await listener.say(SETUP)
    assert await listener.next_message() == {"setupComplete": {}}
    await listener.close()


@pytest.mark.parametrize("model", ["models/lyria-realtime-exp", "lyria-realtime-exp", "models/everjam-tone"])
async def test_models_that_there_are(server: LiveServer, model: str) -> None:
    await (await Listener.set_up(server, model=model)).close()


async def test_unknown_model_is_told_what_there_is(server: LiveServer) -> None:
    listener = await Listener.open(server)
    await listener.say({"setup": {"model": "models/gemini-2.0-flash-live-001"}})
    code, reason = await listener.until_closed()
    assert code == 1008
    assert reason.startswith("models/gemini-2.0-flash-live-001 is not found. This server has:")
    assert "models/lyria-realtime-exp" in reason
    assert len(reason.encode()) <= 123


class TestKeys:
    @pytest.mark.parametrize(("query", "header"), [(KEY, None), (None, KEY), (KEY, KEY), ("wrong", KEY)])
    async def test_good_key_in_either_place(self, guarded: LiveServer, query: str | None, header: str | None) -> None:
        headers = {"x-goog-api-key": header} if header else {}
        listener = await Listener.open(guarded, f"key={query}" if query else "", additional_headers=headers)
        await listener.say(SETUP, prompts("secret"), config(bpm=90), PLAY)
        assert await listener.next_message() == {"setupComplete": {}}
        await listener.next_chunk()
        await listener.close()

    @pytest.mark.parametrize(
        ("query", "header"), [(None, None), (WRONG_KEY, None), (None, WRONG_KEY), (KEY[:-1], KEY + "x"), ("", "")]
    )
    async def test_wrong_key_closes_in_googles_words(
        self, guarded: LiveServer, query: str | None, header: str | None
    ) -> None:
        headers = {"x-goog-api-key": header} if header is not None else {}
        text = "" if query is None else f"key={query}"
        listener = await Listener.open(guarded, text, additional_headers=headers)
        assert await listener.until_closed() == BAD_KEY

    async def test_no_key_ever_reaches_the_log_or_the_metrics(self, guarded: LiveServer) -> None:
        for key in (KEY, WRONG_KEY):
            for query in (f"key={key}", f"KEY={key}", f"alt=sse&key={key}&x=1", f"access_token={key}"):
                listener = await Listener.open(guarded, query, additional_headers={"x-goog-api-key": key})
                with contextlib.suppress(ConnectionClosed):
                    await listener.say('{"broken')
                await listener.until_closed()
        listener = Listener(await connect(guarded.ws_url(f"key={KEY}", path="/nowhere"), proxy=None))
        await listener.until_closed()
        listener = await Listener.open(guarded, f"key={KEY}&chunk=0.03")
        await listener.until_closed()
        written = guarded.log_text() + guarded.get("/metrics")
        assert "session" in written
        for key in (KEY, WRONG_KEY, "canary"):
            assert key not in written
