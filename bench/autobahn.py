"""Autobahn's fuzzing client against our WebSocket protocol with its guards: 247 cases, none may fail unexplained.

    python bench/autobahn.py [--python2 PATH]

The suite runs on Python 2.7 only. It is installed once, into ``.cache/autobahn``, with the Python 2.7 that is found
(``--python2``, ``python2.7`` on the path, or pyenv's). The server is a small echo application under exactly the
options that everjam's own server runs under (``everjam.live.guards.uvicorn_options``). Exit code 0: every case came out
as OK or INFORMATIONAL, or is one of ``EXPECTED``; 1: some did not; 3: there is no Python 2.7.
"""

import argparse
import asyncio
import collections
import contextlib
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import uvicorn

from everjam.live.guards import uvicorn_options

ROOT: Final = Path(__file__).resolve().parents[1]
CACHE: Final = ROOT / ".cache" / "autobahn"
EXCLUDED: Final = ["9.*", "12.*", "13.*"]
CASES: Final = 247
PASSED: Final = frozenset({"OK", "INFORMATIONAL"})
LENIENT: Final = "NON-STRICT"
NO_PYTHON2: Final = 3

UNSENT: Final = "a good message in the same TCP segment as the broken frame after it is not echoed before the close"
LATE: Final = "invalid UTF-8 is refused at the end of the message, not at its first wrong byte"
EXPECTED: Final[dict[str, tuple[str, str]]] = {
    **dict.fromkeys(
        ("3.2", "3.3", "3.4", "4.1.3", "4.1.4", "4.1.5", "4.2.3", "4.2.4", "4.2.5", "5.15"), (LENIENT, UNSENT)
    ),
    **dict.fromkeys(("6.4.1", "6.4.2", "6.4.3", "6.4.4"), (LENIENT, LATE)),
    "7.1.5": ("FAILED", "a close frame within a fragmented message is answered with 1002, where the suite wants 1000"),
}
"""Case to its outcome and why we live with it. What is lenient depends on how TCP cuts the data, and may be OK."""


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """Sends back what comes."""
    assert scope["type"] == "websocket"
    await receive()
    await send({"type": "websocket.accept"})
    while (message := await receive())["type"] == "websocket.receive":
        content = {"text": message["text"]} if message.get("text") is not None else {"bytes": message["bytes"]}
        await send({"type": "websocket.send", **content})


@contextlib.contextmanager
def echo_server() -> Iterator[int]:
    """The application under our options; gives its port."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(echo, lifespan="off", **uvicorn_options()))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve(sockets=[listening])))
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


def find_python2(given: str | None) -> str | None:
    """A Python 2.7, or None."""
    pyenv = sorted(Path.home().glob(".pyenv/versions/2.7.*/bin/python2.7"))
    for candidate in (given, shutil.which("python2.7"), *map(str, pyenv)):
        if candidate is None:
            continue
        # A shim of pyenv's may be there, and may not run.
        with contextlib.suppress(OSError):
            if subprocess.run([candidate, "-c", ""], capture_output=True, check=False).returncode == 0:
                return candidate
    return None


def install(python2: str) -> Path:
    """``wstest``, installed if it is not there yet."""
    wstest = CACHE / "py27" / "bin" / "wstest"
    if not wstest.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        tools = CACHE / "tools"
        # virtualenv 20.15 is the last one that makes environments for Python 2.7.
        for command in (
            [sys.executable, "-m", "venv", str(tools)],
            [str(tools / "bin" / "pip"), "install", "--quiet", "virtualenv==20.15.1"],
            [str(tools / "bin" / "virtualenv"), "--quiet", "--python", python2, str(CACHE / "py27")],
            [str(CACHE / "py27" / "bin" / "pip"), "install", "--quiet", "autobahntestsuite==25.10.1"],
        ):
            subprocess.run(command, check=True)
    return wstest


def fuzz(wstest: Path, port: int, folder: Path) -> dict[str, dict[str, Any]]:
    """Runs the cases; gives Autobahn's report: case to behavior, behaviorClose, and more."""
    specification = folder / "fuzzingclient.json"
    reports = folder / "reports"
    specification.write_text(
        json.dumps(
            {
                "outdir": str(reports),
                "servers": [{"agent": "everjam", "url": f"ws://127.0.0.1:{port}"}],
                "cases": ["*"],
                "exclude-cases": EXCLUDED,
                "exclude-agent-cases": {},
            }
        ),
        encoding="ascii",
    )
    command = [str(wstest), "--mode", "fuzzingclient", "--spec", str(specification)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder)
    index: dict[str, dict[str, Any]] = json.loads((reports / "index.json").read_text(encoding="utf-8"))["everjam"]
    return index


def judge(results: dict[str, dict[str, Any]]) -> list[str]:
    """Prints the table; gives what came out otherwise than expected, one line each."""
    counts = collections.Counter(result["behavior"] for result in results.values())
    print(f"{len(results)} cases: " + ", ".join(f"{count} {name}" for name, count in sorted(counts.items())))
    wrong = [] if len(results) == CASES else [f"{len(results)} cases were run instead of {CASES}"]
    for case, result in sorted(results.items(), key=lambda item: [int(part) for part in item[0].split(".")]):
        outcome = result["behavior"] if result["behavior"] not in PASSED else result["behaviorClose"]
        if outcome in PASSED:
            if EXPECTED.get(case, (LENIENT,))[0] != LENIENT:
                wrong.append(f"{case} passes now; take it out of EXPECTED")
            continue
        expected, reason = EXPECTED.get(case, ("", "not expected"))
        print(f"  {case:8} {outcome:12} {reason}")
        if outcome != expected:
            wrong.append(f"{case} is {outcome}")
    return wrong


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description="Run Autobahn's fuzzing client against our WebSocket protocol.")
    parser.add_argument("--python2", help="a Python 2.7")
    python2 = find_python2(parser.parse_args().python2)
    if python2 is None:
        print("Autobahn's test suite needs Python 2.7: install one (pyenv install 2.7.18), or give --python2 PATH.")
        return NO_PYTHON2
    wstest = install(python2)
    with tempfile.TemporaryDirectory() as folder, echo_server() as port:
        wrong = judge(fuzz(wstest, port, Path(folder)))
    for line in wrong:
        print(f"unexpected: {line}", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
