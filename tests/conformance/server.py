"""A real server in a process of its own, for tests: free ports, a data folder of its own, ready when it is yielded.

``running_server`` starts ``python -m tests.conformance.server``, which calls ``everjam.live.serve.serve`` with the
settings that it is given, after it has set the time limits that a test wants shorter than a user would.
"""

import contextlib
import functools
import importlib
import json
import logging
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).resolve().parents[2]
ENDPOINT: Final = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateMusic"
START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 8.0


@dataclass(slots=True)
class LiveServer:
    """A server that is up.

    Attributes:
        process: Its process.
        http_url: Base URL of the plain port.
        tls_url: Base URL of the TLS port.
        ca: Certificate of its own authority.
        bundle: The system's authorities and its own, for SSL_CERT_FILE.
        log: Where its standard error goes.
    """

    process: "subprocess.Popen[str]"
    http_url: str
    tls_url: str
    ca: Path
    bundle: Path
    log: Path

    @property
    def pid(self) -> int:
        """Process id."""
        return self.process.pid

    @property
    def port(self) -> int:
        """The plain port."""
        return int(self.http_url.rpartition(":")[2])

    @property
    def address(self) -> tuple[str, int]:
        """Host and plain port."""
        return "127.0.0.1", self.port

    def ws_url(self, query: str = "", *, path: str = ENDPOINT) -> str:
        """URL of the Live Music API on the plain port."""
        return f"ws://127.0.0.1:{self.port}{path}{'?' if query else ''}{query}"

    def get(self, path: str) -> str:
        """Body of a page that must answer 200."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=10) as response:
            body: bytes = response.read()
        return body.decode()

    def metric(self, name: str) -> float:
        """Sum of a metric over its labels; 0 if it has not been counted yet."""
        lines = (line for line in self.get("/metrics").splitlines() if line and line[0] != "#")
        named = (line.rpartition(" ") for line in lines)
        return sum(float(value) for key, _, value in named if key.partition("{")[0] == name)

    def child_pids(self) -> list[int]:
        """Process ids of its render workers, the spare one included (Linux)."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text(encoding="ascii")
        return [int(pid) for pid in children.split() if _runs(int(pid))]

    def rss_bytes(self) -> int:
        """Resident memory of the server's own process (Linux)."""
        pages = Path(f"/proc/{self.pid}/statm").read_text(encoding="ascii").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")

    def log_text(self) -> str:
        """What it has logged so far."""
        return self.log.read_text(encoding="utf-8")

    def stop(self) -> int:
        """SIGTERM; gives the exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(STOP_SECONDS)


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@contextlib.contextmanager
def running_server(
    folder: Path,
    *,
    settings: Mapping[str, Any] | None = None,
    limits: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
) -> Iterator[LiveServer]:
    """Starts a server and ends it afterwards.

    Args:
        folder: For its data and its log.
        settings: Fields of ``everjam.settings.Settings``; the engine is tone, and a slow machine refuses nobody,
            unless they say otherwise.
        limits: ``"module:NAME"`` to the value that this constant gets; ``"stall_seconds"`` for every jam's.
        environment: Added to this process's environment.

    Raises:
        RuntimeError: It did not come up; the message holds its log.
    """
    log = folder / "server.log"
    order = json.dumps({"folder": str(folder), "settings": dict(settings or {}), "limits": dict(limits or {})})
    with log.open("w", encoding="utf-8") as stderr:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.conformance.server", order],
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"the server did not start:\n{log.read_text(encoding='utf-8')}")
        ready = json.loads(line)
        yield LiveServer(process, ready["http_url"], ready["tls_url"], Path(ready["ca"]), Path(ready["bundle"]), log)
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        assert process.stdout is not None
        process.stdout.close()


def wait_until(condition: Any, seconds: float, what: str) -> None:
    """Polls until something holds; for what only the outside of another process shows."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.01)


def _main(order: dict[str, Any]) -> int:
    from everjam.live import guards, service  # noqa: PLC0415
    from everjam.live.jam import JamSettings  # noqa: PLC0415
    from everjam.live.serve import Endpoints, serve  # noqa: PLC0415
    from everjam.live.tls import ca_bundle, ensure_tls  # noqa: PLC0415
    from everjam.settings import Settings  # noqa: PLC0415

    logging.basicConfig(level=logging.DEBUG, format="%(levelname)s %(name)s %(message)s")
    for handler in logging.getLogger().handlers:
        handler.addFilter(guards.RedactSecrets())
    for name, value in order["limits"].items():
        if name == "stall_seconds":
            setattr(service, "JamSettings", functools.partial(JamSettings, stall_seconds=value))  # noqa: B010
        else:
            module, _, constant = name.partition(":")
            getattr(importlib.import_module(module), constant)
            setattr(importlib.import_module(module), constant, value)
    chosen = {"engine": "tone", "port": 0, "tls_port": 0, "max_sessions": 500, **order["settings"]}
    if "api_keys" in chosen:
        chosen["api_keys"] = frozenset(chosen["api_keys"])
    settings = Settings(**chosen, data_dir=Path(order["folder"]) / "data")

    def announce(endpoints: Endpoints) -> None:
        files = ensure_tls(settings)
        ready = {
            "http_url": endpoints.http_url,
            "tls_url": endpoints.tls_url,
            "ca": str(files.ca),
            "bundle": str(ca_bundle(settings, files)),
        }
        print(json.dumps(ready), flush=True)  # noqa: T201

    return serve(settings, announce)


if __name__ == "__main__":
    sys.exit(_main(json.loads(sys.argv[1])))
