"""``everjam run`` and ``env``: what a program sees, and how its end is passed on."""

import datetime as dt
import http.server
import json
import os
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from everjam.cli.run import ServerUnreachable, Shell, base_url, client_environment, execute, probe, shell_lines
from everjam.errors import UsageError
from everjam.live.tls import ensure_tls, server_context
from everjam.settings import Settings

Everjam = Callable[..., Any]
PROGRAM = [sys.executable, "-c", "import sys; from everjam.cli.main import main; sys.exit(main())"]


class Healthy(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path.endswith("/healthz") else 404)
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        """Quiet."""


@pytest.fixture
def tls_server(tmp_path: Path) -> Iterator[int]:
    """A TLS server with our certificate; gives its port."""
    files = ensure_tls(Settings(data_dir=tmp_path / "data"))
    with http.server.HTTPServer(("127.0.0.1", 0), Healthy) as server:
        server.socket = server_context(files).wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_address[1]
        server.shutdown()
        thread.join()


def free_port() -> int:
    with socket.socket() as probe_socket:
        probe_socket.bind(("127.0.0.1", 0))
        return int(probe_socket.getsockname()[1])


def environment(settings: Settings, url: str | None = None, **environ: str) -> dict[str, str]:
    return client_environment(settings, base_url(settings, url), environ)


def test_a_program_gets_all_it_needs(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    changes = environment(settings)
    assert changes["GOOGLE_GEMINI_BASE_URL"] == "https://localhost:8461"
    assert changes["GEMINI_API_KEY"] == changes["GOOGLE_API_KEY"] == "local"
    assert changes["NODE_EXTRA_CA_CERTS"] == str(tmp_path / "tls" / "ca.pem")
    assert Path(changes["SSL_CERT_FILE"]).read_text().endswith(Path(changes["NODE_EXTRA_CA_CERTS"]).read_text())
    assert changes["NO_PROXY"] == changes["no_proxy"] == "localhost,127.0.0.1,::1"


def test_what_is_set_already_is_kept(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    changes = environment(
        settings, GOOGLE_API_KEY="mine", NO_PROXY="intranet, localhost", GOOGLE_GENAI_USE_VERTEXAI="1"
    )
    assert "GEMINI_API_KEY" not in changes
    assert "GOOGLE_API_KEY" not in changes
    assert changes["NO_PROXY"] == "intranet,localhost,127.0.0.1,::1"
    assert changes["GOOGLE_GENAI_USE_VERTEXAI"] == "false"


def test_a_server_that_asks_for_keys_gets_one(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, api_keys=frozenset({"beta", "alpha"}))
    assert environment(settings)["GEMINI_API_KEY"] == "alpha"


def test_a_plain_server_needs_no_certificates(tmp_path: Path) -> None:
    changes = environment(Settings(data_dir=tmp_path, tls_port=-1))
    assert changes["GOOGLE_GEMINI_BASE_URL"] == "http://localhost:8460"
    assert "SSL_CERT_FILE" not in changes
    assert not (tmp_path / "tls").exists()


def test_a_server_elsewhere_is_reached_through_the_proxy(tmp_path: Path) -> None:
    changes = environment(Settings(data_dir=tmp_path), "https://studio.lan:8461/music/")
    assert changes["GOOGLE_GEMINI_BASE_URL"] == "https://studio.lan:8461/music"
    assert "NO_PROXY" not in changes


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        (Settings(), "https://localhost:8461"),
        (Settings(host="0.0.0.0"), "https://localhost:8461"),
        (Settings(host="::1"), "https://localhost:8461"),
        (Settings(host="192.168.7.4"), "https://192.168.7.4:8461"),
        (Settings(host="fd00::4"), "https://[fd00::4]:8461"),
    ],
)
def test_where_the_server_is(settings: Settings, expected: str) -> None:
    assert base_url(settings, None).geturl() == expected


@pytest.mark.parametrize(
    "url", ["localhost:8461", "ws://localhost:1", "https://", "https://h:99999", "https://h?key=1"]
)
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(UsageError, match="not the address"):
        base_url(Settings(), url)


def test_any_free_port_cannot_be_guessed() -> None:
    with pytest.raises(UsageError, match="--url"):
        base_url(Settings(tls_port=0), None)


def test_a_server_that_answers_is_found(tmp_path: Path, tls_server: int) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    base = base_url(settings, f"https://localhost:{tls_server}")
    probe(base, client_environment(settings, base, {})["SSL_CERT_FILE"])


def test_a_certificate_of_somebody_else_is_told_from_no_server(tmp_path: Path, tls_server: int) -> None:
    other = ensure_tls(Settings(data_dir=tmp_path / "other")).ca
    with pytest.raises(ServerUnreachable, match="is not trusted"):
        probe(base_url(Settings(), f"https://localhost:{tls_server}"), str(other))
    with pytest.raises(ServerUnreachable, match=r"No server answers .*\(Connection refused\).*everjam"):
        probe(base_url(Settings(), f"http://127.0.0.1:{free_port()}"), None)


def everjam_run(*words: str, tmp_path: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROGRAM, "run", *words],
        capture_output=True,
        check=False,
        text=True,
        env={**os.environ, **environ},
        cwd=tmp_path,
        timeout=60,
    )


SHOW = "import json, os, sys; print(json.dumps([sys.argv[1:], dict(os.environ)])); sys.exit(7)"


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals and exec")
def test_the_program_runs_with_its_own_arguments_and_its_end_is_passed_on(tmp_path: Path, tls_server: int) -> None:
    url = f"https://localhost:{tls_server}"
    ended = everjam_run("--url", url, "--", sys.executable, "-c", SHOW, "--url", "x", "--", "-h", tmp_path=tmp_path)
    assert (ended.returncode, ended.stderr) == (7, "")
    arguments, seen = json.loads(ended.stdout)
    assert arguments == ["--url", "x", "--", "-h"]
    assert seen["GOOGLE_GEMINI_BASE_URL"] == url
    context = ssl.create_default_context(cafile=seen["SSL_CERT_FILE"])
    with (
        socket.create_connection(("localhost", tls_server)) as raw,
        context.wrap_socket(raw, server_hostname="localhost") as wrapped,
    ):
        assert wrapped.version() == "TLSv1.3"

    killed = everjam_run("--no-check", sys.executable, "-c", "import os; os.kill(os.getpid(), 15)", tmp_path=tmp_path)
    assert killed.returncode == -15


@pytest.mark.skipif(os.name != "posix", reason="POSIX exit codes")
def test_programs_that_are_not_there(tmp_path: Path) -> None:
    ended = everjam_run("--no-check", "--", "no-such-program", tmp_path=tmp_path)
    assert ended.returncode == 127
    assert ended.stderr == "everjam: There is no program 'no-such-program'. Check its name, or give its path.\n"
    script = tmp_path / "script"
    script.write_text("echo\n")
    assert everjam_run("--no-check", "--", str(script), tmp_path=tmp_path).returncode == 126


def test_without_a_server_the_program_does_not_run(tmp_path: Path) -> None:
    url = f"https://localhost:{free_port()}"
    ended = everjam_run("--url", url, "--", sys.executable, "-c", "print('ran')", tmp_path=tmp_path)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.count("\n") == 1


@pytest.mark.skipif(os.name != "posix", reason="a POSIX shell")
def test_env_can_be_evaluated(everjam: Everjam, tmp_path: Path) -> None:
    ended = everjam("env")
    assert ended.code == 0
    shown = subprocess.run(
        ["/bin/sh", "-c", f'{ended.out}\nprintf %s "$GOOGLE_GEMINI_BASE_URL|$SSL_CERT_FILE"'],
        capture_output=True,
        check=True,
        text=True,
    )
    url, bundle = shown.stdout.split("|")
    assert url == "https://localhost:8461"
    assert Path(bundle).is_file()


def test_values_are_quoted_for_every_shell() -> None:
    nasty = {"NAME": "it's $HOME \\ `x`"}
    assert shell_lines(nasty, Shell.SH) == ["export NAME='it'\"'\"'s $HOME \\ `x`'"]
    assert shell_lines(nasty, Shell.FISH) == ["set -gx NAME 'it\\'s $HOME \\\\ `x`';"]
    assert shell_lines(nasty, Shell.POWERSHELL) == ["$env:NAME = 'it''s $HOME \\ `x`'"]


def test_on_windows_the_exit_code_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.name", "nt")
    assert execute([sys.executable, "-c", "raise SystemExit(9)"], dict(os.environ)) == 9


def test_an_expired_certificate_of_ours_is_renewed_by_run(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    long_ago = dt.datetime.now(dt.UTC) - dt.timedelta(days=500)
    old = ensure_tls(settings, now=long_ago).cert.read_bytes()
    environment(settings)
    assert ensure_tls(settings).cert.read_bytes() != old
