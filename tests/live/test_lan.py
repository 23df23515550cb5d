"""The network listens only where it is let in, by TLS, with the token."""

import asyncio
import ssl
import stat
import sys
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from everjam.cli.serve import lan_lines
from everjam.errors import InvalidKey, UsageError
from everjam.live import lan
from everjam.live.auth import KeyRing
from everjam.live.certificates import lan_addresses
from everjam.live.serve import running
from everjam.settings import Settings

PATH = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateMusic"


def test_there_is_no_token_unless_the_network_is_let_in(tmp_path: Path) -> None:
    assert lan.token(Settings(data_dir=tmp_path)) is None
    assert list(tmp_path.iterdir()) == []


def test_a_token_is_kept_and_is_nobody_elses_to_read(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, lan=True)
    first = lan.token(settings)
    assert first is not None
    assert len(first) == 20
    assert lan.token(settings) == first
    if sys.platform != "win32":
        assert stat.S_IMODE((tmp_path / "lan-token").stat().st_mode) == 0o600
    assert lan.token(Settings(data_dir=tmp_path / "other", lan=True)) != first


@pytest.mark.parametrize("damaged", ["", "short", "x\ny" * 10, "\x00" * 30])
def test_a_damaged_token_is_made_anew(tmp_path: Path, damaged: str) -> None:
    (tmp_path / "lan-token").write_text(damaged)
    made = lan.token(Settings(data_dir=tmp_path, lan=True))
    assert made is not None
    assert len(made) == 20


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="token for --lan"):
        lan.token(Settings(data_dir=tmp_path / "file", lan=True))


def test_without_tls_the_network_is_not_let_in() -> None:
    with pytest.raises(UsageError, match="needs TLS"):
        Settings(lan=True, tls_port=-1)


@pytest.mark.parametrize(
    ("host", "lets_in", "listens"),
    [("127.0.0.1", False, "127.0.0.1"), ("127.0.0.1", True, "0.0.0.0"), ("192.168.7.4", True, "192.168.7.4")],
)
def test_only_the_tls_port_is_opened(host: str, *, lets_in: bool, listens: str) -> None:
    assert lan.tls_host(Settings(host=host, lan=lets_in)) == listens


@pytest.mark.parametrize(
    ("peer", "here"),
    [
        ("127.0.0.1", True),
        ("127.8.0.1", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("192.168.7.4", False),
        ("::ffff:192.168.7.4", False),
        ("fe80::1%eth0", False),
        ("", False),
        ("localhost.example", False),
        (None, False),
    ],
)
def test_this_machine_is_known_by_its_address(peer: str | None, *, here: bool) -> None:
    assert lan.is_this_machine(peer) is here


def test_strangers_need_the_token_and_this_machine_does_not() -> None:
    ring = KeyRing((), lan_token="token")
    ring.check({}, {}, "127.0.0.1")
    ring.check({"key": "token"}, {}, "192.168.7.4")
    ring.check({}, {"x-goog-api-key": "token"}, None)
    for peer in ("192.168.7.4", None):
        for query in ({}, {"key": ""}, {"key": "Token"}):
            with pytest.raises(InvalidKey):
                ring.check(query, {}, peer)


def test_where_keys_are_set_everybody_needs_one() -> None:
    ring = KeyRing(["key"], lan_token="token")
    with pytest.raises(InvalidKey):
        ring.check({}, {}, "127.0.0.1")
    ring.check({"key": "token"}, {}, "127.0.0.1")
    ring.check({"key": "key"}, {}, "192.168.7.4")


def test_the_terminal_shows_the_address_and_a_code_for_it() -> None:
    lines = [line.plain for line in lan_lines("https://192.168.7.4:8461/#key=abc")]
    assert "https://192.168.7.4:8461/#key=abc" in lines[0]
    assert any("▀" in line or "█" in line or "▄" in line for line in lines)
    assert any("https://192.168.7.4:8461/ca.pem" in line for line in lines)


async def test_another_machine_is_let_in_with_the_token_only(tmp_path: Path) -> None:
    address = next(iter(lan_addresses()), None)
    if address is None or ":" in address:
        pytest.skip("this machine is on no IPv4 network")
    settings = Settings(data_dir=tmp_path, lan=True, engine="tone", port=0, tls_port=0, workers=1)
    async with running(settings) as endpoints:
        assert endpoints.lan_url is not None
        base, _, token = endpoints.lan_url.partition("#key=")
        assert address in base
        trusting = ssl.create_default_context(cafile=str(tmp_path / "tls" / "ca.pem"))
        async with httpx.AsyncClient(verify=trusting) as client:
            assert (await client.get(base)).status_code == 200
            authority = await client.get(f"{base}ca.pem")
            assert authority.content == (tmp_path / "tls" / "ca.pem").read_bytes()
        with pytest.raises(httpx.ConnectError):
            await _get(endpoints.http_url.replace("localhost", address))
        url = base.replace("https", "wss").rstrip("/") + PATH
        async with connect(f"{url}?key={token}", ssl=trusting) as socket:
            await socket.send('{"setup": {"model": "models/lyria-realtime-exp"}}')
            assert b"setupComplete" in await asyncio.wait_for(socket.recv(), 10)
        async with connect(url, ssl=trusting) as socket:
            with pytest.raises(ConnectionClosed, match="API key not valid"):
                await asyncio.wait_for(socket.recv(), 10)
        local = endpoints.http_url.replace("http", "ws", 1) + PATH
        async with connect(local) as socket:
            await socket.send('{"setup": {"model": "models/lyria-realtime-exp"}}')
            assert b"setupComplete" in await asyncio.wait_for(socket.recv(), 10)


async def _get(url: str) -> httpx.Response:
    async with httpx.AsyncClient() as client:
        return await client.get(url)
