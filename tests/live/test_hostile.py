"""Malformed and hostile clients against a real server: each is told so or put off, and nobody else hears it.

A session plays in the background from the first test to the last; at the end its audio must be what an unharmed engine
gives, without a gap. Time limits that a user has in tens of seconds are set to a second here.
"""

import asyncio
import contextlib
import itertools
import json
import re
import socket
import struct
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Final, Self

import pytest
from tests.conformance.listening import PAUSE, PLAY, SETUP, STOP, Listener, assert_unharmed, config, prompts
from tests.conformance.server import ENDPOINT, LiveServer, running_server, wait_until
from websockets.exceptions import ConnectionClosed

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")

MAX_BYTES: Final = 1024 * 1024
LIMITS: Final = {
    "everjam.live.guards:HEADER_TIMEOUT_SECONDS": 1.0,
    "everjam.live.guards:READ_TIMEOUT_SECONDS": 1.0,
    "everjam.live.jam:SETUP_TIMEOUT_SECONDS": 1.0,
    "stall_seconds": 1.0,
}
ONE_OF: Final = r"a message holds exactly one of setup, clientContent, musicGenerationConfig, playbackControl"
NOT_JSON: Final = r"the message is not valid JSON\. Send one JSON object a message\."
NOT_OBJECT: Final = r"the message is not a JSON object\. Send one JSON object a message\."


def raw_prompt(**fields: Any) -> str:
    return json.dumps({"clientContent": {"weightedPrompts": [fields]}})


def raw_config(text: str) -> str:
    return f'{{"musicGenerationConfig": {text}}}'


def closes(code: int, pattern: str) -> tuple[int, str]:
    return (code, pattern)


def warns(pattern: str) -> tuple[None, str]:
    return (None, pattern)


IGNORED: Final = (None, "")

AFTER_SETUP: Final[dict[str, tuple[str | bytes, tuple[int | None, str]]]] = {
    # not JSON
    "empty text": ("", closes(1007, NOT_JSON)),
    "empty binary": (b"", closes(1007, NOT_JSON)),
    "white space": ("  \n\t ", closes(1007, NOT_JSON)),
    "prose": ("play some jazz", closes(1007, NOT_JSON)),
    "cut off": ('{"playbackControl": "PL', closes(1007, NOT_JSON)),
    "trailing comma": ('{"playbackControl": "PLAY",}', closes(1007, NOT_JSON)),
    "single quotes": ("{'playbackControl': 'PLAY'}", closes(1007, NOT_JSON)),
    "two objects": ('{"playbackControl": "PLAY"}{"playbackControl": "STOP"}', closes(1007, NOT_JSON)),
    "byte order mark": ("\ufeff" + '{"playbackControl": "STOP"}', closes(1007, NOT_JSON)),
    "NUL bytes": ("\x00" * 100, closes(1007, NOT_JSON)),
    "binary garbage": (bytes(range(256)), closes(1007, NOT_JSON)),
    "binary with invalid UTF-8 in a text": (
        b'{"clientContent": {"weightedPrompts": [{"text": "\xff\xfe", "weight": 1}]}}',
        closes(1007, NOT_JSON),
    ),
    "UTF-16": ('{"playbackControl": "STOP"}'.encode("utf-16"), closes(1007, NOT_JSON)),
    "pickle": (b"\x80\x05cos\nsystem\n(S'true'\ntR.", closes(1007, NOT_JSON)),
    "NaN": (raw_config('{"density": NaN}'), closes(1007, NOT_JSON)),
    "Infinity": (raw_config('{"density": Infinity}'), closes(1007, NOT_JSON)),
    "lone surrogate": (
        '{"clientContent": {"weightedPrompts": [{"text": "\\ud800", "weight": 1}]}}',
        closes(1007, NOT_JSON),
    ),
    "100,000 brackets": ("[" * 100_000, closes(1007, NOT_JSON)),
    "100,000 nested objects": ('{"a":' * 100_000 + "1" + "}" * 100_000, closes(1007, NOT_JSON)),
    "deep nesting in an unknown field": ('{"x": ' + "[" * 50_000 + "]" * 50_000 + "}", closes(1007, NOT_JSON)),
    # JSON, but not an object
    "array": ("[]", closes(1007, NOT_OBJECT)),
    "array of messages": ('[{"playbackControl": "PLAY"}]', closes(1007, NOT_OBJECT)),
    "number": ("1", closes(1007, NOT_OBJECT)),
    "string": ('"PLAY"', closes(1007, NOT_OBJECT)),
    "null": ("null", closes(1007, NOT_OBJECT)),
    "true": ("true", closes(1007, NOT_OBJECT)),
    # the union
    "empty object": ("{}", warns("message ignored: it has none of")),
    "unknown message": ('{"realtimeInput": {"text": "hi"}}', warns("message ignored: it has none of")),
    "only nulls": ('{"playbackControl": null, "setup": null}', warns("message ignored: it has none of")),
    "second setup": (json.dumps(SETUP), closes(1007, r"Request contains an invalid argument\..*setup was sent twice")),
    "two at once": ('{"playbackControl": "PLAY", "musicGenerationConfig": {}}', closes(1007, ONE_OF)),
    "all four at once": (
        '{"setup": {"model": "x"}, "clientContent": {}, "musicGenerationConfig": {}, "playbackControl": 1}',
        closes(1007, ONE_OF),
    ),
    "both spellings of one": ('{"playbackControl": "STOP", "playback_control": "STOP"}', IGNORED),
    "key that only looks alike": ('{"__proto__": {}, "playbackcontrol": "PLAY"}', warns("message ignored")),
    # wrong types
    "prompts: not an object": ('{"clientContent": 7}', closes(1007, r"clientContent: expected an object, got 7")),
    "prompts: a list": ('{"clientContent": []}', closes(1007, r"clientContent: expected an object, got a list")),
    "prompts: an object for the list": (
        '{"clientContent": {"weightedPrompts": {"text": "a"}}}',
        closes(1007, r"clientContent\.weightedPrompts: expected a list, got an object"),
    ),
    "prompts: strings in the list": (
        '{"clientContent": {"weightedPrompts": ["funk"]}}',
        closes(1007, r'weightedPrompts\[0\]: expected an object, got "funk"'),
    ),
    "prompts: null in the list": (
        '{"clientContent": {"weightedPrompts": [null]}}',
        closes(1007, r"\[0\]: expected an object"),
    ),
    "prompts: number as text": (raw_prompt(text=5), closes(1007, r"\[0\]\.text: expected a string, got 5")),
    "prompts: object as text": (raw_prompt(text={}), closes(1007, r"\[0\]\.text: expected a string, got an object")),
    "prompts: bool as weight": (raw_prompt(text="a", weight=True), closes(1007, "expected a finite number, got true")),
    "prompts: words as weight": (
        raw_prompt(text="a", weight="heavy"),
        closes(1007, 'expected a finite number, got "heavy"'),
    ),
    "prompts: NaN in a string": (raw_prompt(text="a", weight="NaN"), closes(1007, "expected a finite number")),
    "prompts: infinity in a string": (raw_prompt(text="a", weight="-inf"), closes(1007, "expected a finite number")),
    "config: not an object": (raw_config('"fast"'), closes(1007, "musicGenerationConfig: expected an object")),
    "config: nested twice": (
        raw_config('{"musicGenerationConfig": {"bpm": 120}}'),
        IGNORED,
    ),
    "config: list as bpm": (raw_config('{"bpm": [120]}'), closes(1007, r"\.bpm: expected a finite number, got a list")),
    "config: bool as bpm": (raw_config('{"bpm": true}'), closes(1007, r"\.bpm: expected a finite number, got true")),
    "config: words as bpm": (raw_config('{"bpm": "fast"}'), closes(1007, r"\.bpm: expected a finite number")),
    "config: string as bool": (
        raw_config('{"muteBass": "maybe"}'),
        closes(1007, r"\.muteBass: expected true or false"),
    ),
    "config: 2 as bool": (raw_config('{"muteDrums": 2}'), closes(1007, r"\.muteDrums: expected true or false, got 2")),
    "config: object as scale": (raw_config('{"scale": {}}'), closes(1007, r"\.scale: expected a finite number")),
    "config: unknown scale": (raw_config('{"scale": "H_MAJOR"}'), warns(r"\.scale: \"H_MAJOR\" is not one of")),
    "config: scale 999": (raw_config('{"scale": 999}'), warns(r"\.scale: 999 is not one of")),
    "config: mode of another API": (
        raw_config('{"musicGenerationMode": "LOUD"}'),
        warns(r"\.musicGenerationMode: \"LOUD\" is not one of"),
    ),
    "control: unknown": ('{"playbackControl": "REWIND"}', closes(1007, "expected PLAY, PAUSE, STOP or RESET_CONTEXT")),
    "control: unspecified": ('{"playbackControl": 0}', closes(1007, "expected PLAY, PAUSE, STOP or RESET_CONTEXT")),
    "control: object": ('{"playbackControl": {}}', closes(1007, "playbackControl: expected a finite number")),
    "control: 1e30": ('{"playbackControl": 1e30}', closes(1007, "expected PLAY, PAUSE, STOP or RESET_CONTEXT")),
    # numbers beyond bounds
    "bpm 1e999": (raw_config('{"bpm": 1e999}'), closes(1007, ".")),
    "bpm of 400 digits": (
        raw_config('{"bpm": ' + "9" * 400 + "}"),
        warns(r"\.bpm: .* out of range \[60, 200\], using 200"),
    ),
    "bpm of 5,000 digits in a string": (
        raw_config('{"bpm": "' + "9" * 5_000 + '"}'),
        closes(1007, r"\.bpm: expected a finite number"),
    ),
    "bpm 0": (raw_config('{"bpm": 0}'), warns(r"\.bpm: 0 is out of range \[60, 200\], using 60")),
    "bpm -2^63": (raw_config('{"bpm": -9223372036854775808}'), warns(r"\.bpm: .* out of range \[60, 200\], using 60")),
    "seed 2^64": (raw_config('{"seed": 18446744073709551616}'), warns(r"\.seed: .* out of range")),
    "density -0.1": (raw_config('{"density": -0.1}'), warns(r"\.density: -0\.1 is out of range \[0, 1\], using 0")),
    "topK 0": (raw_config('{"topK": 0}'), warns(r"\.topK: 0 is out of range \[1, 1000\], using 1")),
    "guidance 1e300": (
        raw_config('{"guidance": 1e300}'),
        warns(r"\.guidance: 1e\+300 is out of range \[0, 6\], using 6"),
    ),
    "weight 1e300": (raw_prompt(text="a", weight=1e300), warns(r"\[0\]\.weight: 1e\+300 is out of range")),
    "all weights zero": (raw_prompt(text="a", weight=0), warns("no prompt with a text and a weight other than 0")),
    "no prompts": ('{"clientContent": {"weightedPrompts": []}}', warns("no prompt with a text and a weight")),
    "empty client content": ('{"clientContent": {}}', warns("no prompt with a text and a weight")),
    "empty text of a prompt": (raw_prompt(text="", weight=1), warns("no prompt with a text and a weight")),
    "10,000 prompts": (
        json.dumps({"clientContent": {"weightedPrompts": [{"text": "a", "weight": 1}] * 10_000}}),
        closes(1007, "10000 prompts are more than 64"),
    ),
    "prompt of 900,000 characters": (
        raw_prompt(text="a" * 900_000, weight=1),
        closes(1007, r"900000 characters are more than 2000"),
    ),
    "64 prompts of 2,000 characters": (
        json.dumps({"clientContent": {"weightedPrompts": [{"text": "a" * 2_000, "weight": 1}] * 64}}),
        closes(1007, "128000 characters in all prompts are more than 32000"),
    ),
    "100,000 unknown keys": (json.dumps({f"k{n}": n for n in range(60_000)}), warns("message ignored")),
    # size
    "text of 1 MiB and a byte": ("x" * (MAX_BYTES + 1), closes(1009, "")),
    "text of 1 MiB": ("x" * MAX_BYTES, closes(1007, NOT_JSON)),
    "binary of 2 MiB": (b"\x00" * (2 * MAX_BYTES), closes(1009, "")),
    "unknown field of nearly 1 MiB": (raw_config('{"note": "' + "x" * (MAX_BYTES - 100) + '"}'), IGNORED),
}

BEFORE_SETUP: Final[dict[str, tuple[str | bytes, tuple[int, str]]]] = {
    "playback control": (json.dumps(PLAY), closes(1007, r"setup must be the first message\.")),
    "prompts": (json.dumps(prompts("a")), closes(1007, r"setup must be the first message\.")),
    "an empty object": ("{}", closes(1007, r"setup must be the first message\.")),
    "not JSON": ("{", closes(1007, NOT_JSON)),
    "setup without a model": ('{"setup": {}}', closes(1007, r"setup\.model: expected the name of a model\.")),
    "setup with a null": ('{"setup": {"model": null}}', closes(1007, r"setup\.model: expected the name of a model\.")),
    "setup with a number": ('{"setup": {"model": 3}}', closes(1007, r"setup\.model: expected the name of a model\.")),
    "setup with white space": ('{"setup": {"model": " "}}', closes(1007, r"setup\.model: expected the name of a")),
    "setup that is a string": ('{"setup": "models/x"}', closes(1007, 'setup: expected an object, got "models/x"')),
    "setup of an unknown model": ('{"setup": {"model": "models/x"}}', closes(1008, "models/x is not found")),
    "model of 100,000 characters": (
        json.dumps({"setup": {"model": "m" * 100_000}}),
        closes(1008, r"^m{29}\.\.\. is not found"),
    ),
    "model that is a path": ('{"setup": {"model": "../../etc/passwd"}}', closes(1008, "is not found")),
    "setup and more": (
        '{"setup": {"model": "models/lyria-realtime-exp"}, "playbackControl": "PLAY"}',
        closes(1007, ONE_OF),
    ),
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with running_server(tmp_path_factory.mktemp("hostile"), limits=LIMITS) as running:
        yield running


@pytest.fixture(scope="module", autouse=True)
def neighbour(server: LiveServer) -> Iterator[None]:
    """Plays all the while; what it heard is checked when everything is over."""
    over = threading.Event()
    heard: Future[Listener] = Future()

    async def play() -> Listener:
        listener = await Listener.set_up(server, "chunk=0.4&lead=4")
        await listener.say(prompts("bassoon", "rain"), config(seed=77, bpm=97), PLAY)
        while not over.is_set():
            await listener.next_chunk()
        await listener.close()
        return listener

    def run() -> None:
        try:
            heard.set_result(asyncio.run(play()))
        except BaseException as error:  # noqa: BLE001  raised where the result is asked for
            heard.set_exception(error)

    thread = threading.Thread(target=run)
    thread.start()
    yield
    over.set()
    thread.join(10)
    listener = heard.result(timeout=0)
    assert len(listener.chunks) > 3
    assert listener.others == [{"setupComplete": {}}]
    assert_unharmed(listener)
    assert server.metric("everjam_underruns_total") == 0


@pytest.mark.parametrize("name", AFTER_SETUP)
async def test_message_after_the_setup(server: LiveServer, name: str) -> None:
    payload, (code, pattern) = AFTER_SETUP[name]
    listener = await Listener.set_up(server, "chunk=0.04")
    with contextlib.suppress(ConnectionClosed):
        await listener.say(payload)
    if code is not None:
        assert_closed(await listener.until_closed(), code, pattern)
        return
    await listener.say(prompts("still here"), PLAY)
    await listener.next_chunk()
    warnings = [message["warning"] for message in listener.others if "warning" in message]
    assert len(warnings) == bool(pattern)
    if pattern:
        assert re.search(pattern, warnings[0]), warnings[0]
    await listener.close()


@pytest.mark.parametrize("name", BEFORE_SETUP)
async def test_message_before_the_setup(server: LiveServer, name: str) -> None:
    payload, (code, pattern) = BEFORE_SETUP[name]
    listener = await Listener.open(server)
    await listener.say(payload)
    assert_closed(await listener.until_closed(), code, pattern)
    assert not listener.others, "nothing is said before the setup is good"


def assert_closed(closed: tuple[int, str], code: int, pattern: str) -> None:
    assert closed[0] == code, closed
    assert re.search(pattern, closed[1]), closed
    assert len(closed[1].encode()) <= 123


async def test_no_setup_in_time(server: LiveServer) -> None:
    listener = await Listener.open(server)
    assert await listener.until_closed(5.0) == (1008, "No setup within 1 s.")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        *((f"chunk={value}", "chunk") for value in ("0", "-1", "0.03", "0.05", "2.04", "nan", "inf", "1e999", "x", "")),
        *((f"lead={value}", "lead") for value in ("0", "31", "nan", "-inf", "%00", "1_0x")),
        ("pace=warp", "pace"),
        *((f"events={value}", "events") for value in ("", "2", "true", "%00", "1" * 5_000)),
        *((f"events=1&resume={value}", "resume") for value in ("", "..%2F..", "%F0%9F%8E%B5", "%00", "a" * 5_000)),
        *((f"events=1&bar={value}", "bar") for value in ("", "-1", "1.5", "nan", "0x10", "%D9%A3", "9" * 5_000)),
        ("resume=abc", "resume"),
        ("bar=1", "bar"),
    ],
)
async def test_options_on_the_url_that_make_no_sense(server: LiveServer, query: str, field: str) -> None:
    listener = await Listener.open(server, query)
    code, reason = await listener.until_closed()
    assert code == 1007
    assert reason.startswith(f"{field}: ")


# Frames ──────────────────────────────────────────────────────────────────────────────────────────────


class RawSocket:
    """A TCP connection that has been upgraded by hand, for frames that no client library sends."""

    def __init__(self, server: LiveServer, *, receive_buffer: int = 0) -> None:
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(10)
        self.socket.connect(server.address)

    def upgrade(self, query: str = "") -> "RawSocket":
        head = (
            f"GET {ENDPOINT}?{query} HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        self.socket.sendall(head.encode())
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            answer += self.socket.recv(1)
        assert answer.startswith(b"HTTP/1.1 101 ")
        return self

    def set_up(self, query: str = "") -> "RawSocket":
        self.upgrade(query).send(frame(1, json.dumps(SETUP).encode()))
        assert self.receive() == (2, b'{"setupComplete": {}}')
        return self

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def receive(self) -> tuple[int, bytes]:
        """Opcode and payload of the next frame; (-1, b"") at the end of the stream."""
        head = self._exactly(2)
        if len(head) < 2:
            return -1, b""
        size = head[1]
        if size == 126:
            size = int.from_bytes(self._exactly(2))
        elif size == 127:
            size = int.from_bytes(self._exactly(8))
        return head[0] & 0x0F, self._exactly(size)

    def close_code(self) -> int:
        """Reads on to the close frame; -1 if the connection ended without one."""
        while True:
            opcode, payload = self.receive()
            if opcode == 8:
                return int.from_bytes(payload[:2]) if payload else 1005
            if opcode == -1:
                return -1

    def is_ended(self) -> bool:
        """Reads on until the other side ends the connection."""
        try:
            while self.socket.recv(65536):
                pass
        except ConnectionResetError:
            return True
        except TimeoutError:
            return False
        return True

    def _exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            try:
                part = self.socket.recv(size - len(data))
            except ConnectionResetError:
                part = b""
            if not part:
                return b""
            data += part
        return data

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()


def frame(opcode: int, payload: bytes, *, fin: bool = True, rsv: int = 0, masked: bool = True, size: int = -1) -> bytes:
    """A WebSocket frame; ``size`` lies about the length."""
    size = len(payload) if size < 0 else size
    bit = 0x80 if masked else 0
    if size < 126:
        length = bytes([bit | size])
    elif size < 65536:
        length = bytes([bit | 126]) + struct.pack(">H", size)
    else:
        length = bytes([bit | 127]) + struct.pack(">Q", size)
    head = bytes([(0x80 if fin else 0) | rsv << 4 | opcode]) + length
    if not masked:
        return head + payload
    mask = b"\x12\x34\x56\x78"
    return head + mask + bytes(byte ^ key for byte, key in zip(payload, itertools.cycle(mask), strict=False))


FRAMES: Final[dict[str, tuple[bytes, int]]] = {
    "invalid UTF-8 in text": (frame(1, b"\xff\xfe\xfd"), 1007),
    "UTF-8 of a surrogate in text": (frame(1, b'"\xed\xa0\x80"'), 1007),
    "unmasked": (frame(1, b"{}", masked=False), 1002),
    "RSV1 without an extension": (frame(1, b"{}", rsv=4), 1002),
    "RSV3": (frame(1, b"{}", rsv=1), 1002),
    "opcode 3": (frame(3, b"{}"), 1002),
    "opcode 15": (frame(15, b""), 1002),
    "ping of 126 bytes": (frame(9, b"x" * 126), 1002),
    "fragmented ping": (frame(9, b"x", fin=False), 1002),
    "continuation of nothing": (frame(0, b"x"), 1002),
    "text within a fragmented text": (frame(1, b"{", fin=False) + frame(1, b"}"), 1002),
    "close with one byte": (frame(8, b"\x03"), 1002),
    "close with code 1005": (frame(8, struct.pack(">H", 1005)), 1002),
    "close with code 999": (frame(8, struct.pack(">H", 999)), 1002),
    "close with invalid UTF-8": (frame(8, struct.pack(">H", 1000) + b"\xff"), 1007),
    "2^40 bytes announced": (frame(2, b"", size=2**40), 1009),
    "2^63 bytes announced": (frame(2, b"", size=2**63), 1009),
    "fragments beyond 1 MiB": (
        frame(1, b"x" * 65_535, fin=False) + frame(0, b"x" * 65_535, fin=False) * 17,
        1009,
    ),
}


@pytest.mark.parametrize("name", FRAMES)
def test_frames_that_break_the_protocol(server: LiveServer, name: str) -> None:
    data, code = FRAMES[name]
    with RawSocket(server).set_up() as raw:
        with contextlib.suppress(ConnectionError):
            raw.send(data)
        assert raw.close_code() == code


def test_fragments_of_one_byte_are_one_message(server: LiveServer) -> None:
    data = json.dumps({"playbackControl": "REWIND"}).encode()
    parts = [frame(0, data[n : n + 1], fin=n + 1 == len(data)) for n in range(1, len(data))]
    with RawSocket(server).set_up() as raw:
        raw.send(frame(1, data[:1], fin=False) + b"".join(parts))
        assert raw.close_code() == 1007


@linux_only
def test_endless_empty_fragments_cost_no_memory(server: LiveServer) -> None:
    with RawSocket(server).set_up() as raw:
        before = server.rss_bytes()
        raw.send(frame(1, b"", fin=False))
        flood = frame(0, b"", fin=False) * 10_000
        with contextlib.suppress(ConnectionError):
            for _ in range(30):
                raw.send(flood)
        assert server.rss_bytes() - before <= 5_000_000
        assert raw.close_code() == 1009


# Handshake ───────────────────────────────────────────────────────────────────────────────────────────


def test_request_head_without_end_is_refused(server: LiveServer) -> None:
    before = server.rss_bytes() if sys.platform == "linux" else 0
    with RawSocket(server) as raw:
        with contextlib.suppress(ConnectionError):
            raw.send(f"GET {ENDPOINT} HTTP/1.1\r\nHost: localhost\r\nX-Long: ".encode())
            for _ in range(64):
                raw.send(b"x" * 65_536)
        assert raw.is_ended()
    if before:
        assert server.rss_bytes() - before <= 2_000_000


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 200 + b"\r\n\r\n",
        b"GET " + ENDPOINT.encode() + b" HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"GET " + ENDPOINT.encode() + b" HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
        b"GET " + ENDPOINT.encode() + b" HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
        b"POST "
        + ENDPOINT.encode()
        + b" HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
        b"GET http://[::1/ HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: a\r\n\r\n",
    ],
    ids=["version", "TLS on the plain port", "length", "no key", "old version", "chunk size", "URL", "bytes"],
)
def test_requests_that_are_not_http(server: LiveServer, head: bytes) -> None:
    with RawSocket(server) as raw:
        raw.send(head)
        raw.socket.settimeout(5)
        answer = raw.socket.recv(4096)
        assert not answer.startswith(b"HTTP/1.1 101")
        assert not answer.startswith(b"HTTP/1.1 500")


def test_slow_and_silent_handshakes_are_cut_off(server: LiveServer) -> None:
    """Slowloris, half a request, and a TCP connection that never says a word, forty of each."""
    begin = time.monotonic()
    with contextlib.ExitStack() as stack:
        halves = [stack.enter_context(RawSocket(server)) for _ in range(80)]
        slow = [stack.enter_context(RawSocket(server)) for _ in range(40)]
        for raw in halves[::2]:
            raw.send(f"GET {ENDPOINT} HTTP/1.1\r\nHost: loc".encode())
        for raw in slow:
            raw.send(f"GET {ENDPOINT} HTTP/1.1\r\n".encode())
        for letter in "Slowloris: slow":
            for raw in slow:
                with contextlib.suppress(ConnectionError):
                    raw.send(letter.encode())
            time.sleep(0.1)  # a trickle is what this is about
        assert all(raw.is_ended() for raw in (*halves, *slow))
    assert time.monotonic() - begin < 4.0


# Floods ──────────────────────────────────────────────────────────────────────────────────────────────


@linux_only
def test_pings_whose_answers_are_not_read(server: LiveServer) -> None:
    before = server.rss_bytes()
    with RawSocket(server, receive_buffer=4096).set_up() as raw:
        pings = frame(9, b"x" * 125) * 1_000
        raw.socket.settimeout(3)
        with contextlib.suppress(ConnectionError, TimeoutError):
            for _ in range(200):
                raw.send(pings)
        assert server.rss_bytes() - before <= 6_000_000
    assert_alive(server)


def test_messages_without_end(server: LiveServer) -> None:
    with RawSocket(server).set_up() as raw:
        messages = frame(1, json.dumps(prompts("flood")).encode()) * 100
        with contextlib.suppress(ConnectionError):
            for _ in range(50):
                raw.send(messages)
        assert raw.close_code() == 1008


def test_connections_that_vanish(server: LiveServer) -> None:
    folder = Path(f"/proc/{server.pid}/fd")
    descriptors = len(list(folder.iterdir())) if sys.platform == "linux" else 0
    for number in range(200):
        with RawSocket(server) as raw:
            if number % 2:
                raw.upgrade()
            raw.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    if descriptors:
        wait_until(lambda: len(list(folder.iterdir())) <= descriptors + 2, 5.0, "sockets are freed")


# Readers ─────────────────────────────────────────────────────────────────────────────────────────────


@linux_only
def test_readers_that_never_read_are_closed_and_cost_little(server: LiveServer) -> None:
    before = server.rss_bytes()
    active = server.metric("everjam_sessions_active")
    with contextlib.ExitStack() as stack:
        begin = time.monotonic()
        raws = [stack.enter_context(RawSocket(server).set_up("lead=4")) for _ in range(8)]
        for raw in raws:
            raw.send(frame(1, json.dumps(PLAY).encode()))
        wait_until(lambda: server.metric("everjam_jams_playing") >= 9, 5.0, "all play")
        peak = before

        def all_closed() -> bool:
            nonlocal peak
            peak = max(peak, server.rss_bytes())
            return server.metric("everjam_sessions_active") <= active

        wait_until(all_closed, 10.0, "all are closed")
        assert time.monotonic() - begin < 8.0
        assert (peak - before) / len(raws) <= 2_000_000
        assert all(raw.is_ended() for raw in raws)


@linux_only
def test_answers_that_nobody_reads_are_cut_off(server: LiveServer) -> None:
    with RawSocket(server, receive_buffer=4096) as raw:
        raw.send(b"GET /api/schema HTTP/1.1\r\nHost: a\r\n\r\n" * 400)
        assert is_established(server, raw.socket)
        wait_until(lambda: not is_established(server, raw.socket), 8.0, "the connection is cut off")
    assert_alive(server)


def is_established(server: LiveServer, peer: socket.socket) -> bool:
    """Whether the server's end of a connection is open."""
    ports = f":{server.port:04X} 0100007F:{peer.getsockname()[1]:04X} 01 "
    return ports in Path("/proc/net/tcp").read_text()


def assert_alive(server: LiveServer) -> None:
    assert json.loads(server.get("/readyz")) == {"ready": True}
    with RawSocket(server).set_up("chunk=0.04") as raw:
        raw.send(frame(1, json.dumps(PLAY).encode()))
        assert raw.receive()[0] == 2


@linux_only
async def test_paused_and_stopped_sessions_hold_little(server: LiveServer) -> None:
    before = server.rss_bytes()
    rendered = server.metric("everjam_render_calls_total")
    listeners = [await Listener.set_up(server) for _ in range(20)]
    for listener, control in zip(listeners, itertools.cycle((PAUSE, STOP)), strict=False):
        await listener.say(prompts("hold"), PLAY)
        await listener.next_chunk()
        await listener.say(control)
    await asyncio.sleep(0)
    assert (server.rss_bytes() - before) / len(listeners) <= 2_000_000
    assert server.metric("everjam_jams_playing") == 1
    assert rendered > 0
    for listener in listeners:
        await listener.close()


def test_the_server_lives(server: LiveServer) -> None:
    assert_alive(server)
    assert server.metric("everjam_worker_restarts_total") == 0
    assert "unexpected error" not in server.log_text()
    assert "Exception in ASGI application" not in server.log_text()
