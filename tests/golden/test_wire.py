"""Wire exchanges, printed: what a client says, what the server answers, byte by byte.

Each file in ``tests/golden/wire`` is one session. Lines that begin with ``C->S`` and ``@`` are played against the
server (in memory, with a clock that the test moves and the tone engine), and the ``S->C`` and ``CLOSED`` lines must
come out as they stand in the file; audio is cut to its length, and the same message again and again is counted. To
write them anew after a wanted change, and read the difference::

    EVERJAM_WRITE_GOLDEN=1 pytest tests/golden; git diff tests/golden

A file begins with comment lines (#), then options (``! strict``, ``! chunk=0.04``). Lines are::

    C->S TEXT        the client sends a text message; one that begins with ' is read as a Python string
    C->S [binary] T  the same as a binary message
    S->C JSON        the server sends a binary message; S->C [50 times] JSON, 50 that are the same
    @ SECONDS        the clock moves on
    CLOSED CODE R    the server closes
"""

import ast
import asyncio
import itertools
import os
import re
from pathlib import Path

import pytest

from everjam.engines import registry
from everjam.live.jam import Jam, JamSettings
from everjam.live.metrics import Metrics
from everjam.policy import load_policy
from everjam.protocol.session import Session
from everjam.testing import FakeClock, InlineRenderer, MemoryTransport

FOLDER = Path(__file__).parent / "wire"
FILES = sorted(FOLDER.glob("*.txt"))
WRITE = bool(os.environ.get("EVERJAM_WRITE_GOLDEN"))
SEED = -1902028014
DATA = re.compile(rb'"data": "([A-Za-z0-9+/=]*)"')


class Played:
    """A session in memory, and its transcript."""

    def __init__(self, options: list[str]) -> None:
        settings = dict(option.partition("=")[::2] for option in options)
        chunk_seconds = float(settings.pop("chunk", "2"))
        fast = settings.pop("pace", "live") == "fast"
        strict = settings.pop("strict", None) is not None
        assert not settings, f"unknown options {settings}"
        self.clock = FakeClock()
        self.transport = MemoryTransport()
        session = Session(
            lambda model: registry.engine_for_model(model, "tone"), load_policy(), lambda: SEED, strict=strict
        )
        jam = Jam(
            session,
            self.transport,
            InlineRenderer(),
            JamSettings(round(chunk_seconds * 48_000), None if fast else 2.0),
            self.clock,
            Metrics(),
        )
        self.task = asyncio.create_task(jam.run())
        self.seen = 0
        self.told = False

    def heard(self) -> list[str]:
        """What the server has said since the last call."""
        new, self.seen = self.transport.frames[self.seen :], len(self.transport.frames)
        lines = []
        for message, same in itertools.groupby(DATA.sub(cut, frame).decode("ascii") for frame in new):
            count = len(list(same))
            lines.append(f"S->C [{count} times] {message}" if count > 2 else "\n".join([f"S->C {message}"] * count))
        lines = "\n".join(lines).splitlines()
        if self.transport.closed is not None and not self.told:
            self.told = True
            code, reason = self.transport.closed
            lines.append(f"CLOSED {code} {reason}")
        return lines

    async def play(self, line: str) -> None:
        kind, _, text = line.partition(" ")
        if kind == "@":
            await self.clock.advance(float(text))
            await self.until_quiet()
            return
        assert kind == "C->S", line
        binary = text.startswith("[binary] ")
        text = text.removeprefix("[binary] ")
        said = ast.literal_eval(text) if text.startswith("'") else text
        self.transport.say(said.encode("utf-8", "surrogatepass") if binary else said)
        await self.until_quiet()

    async def until_quiet(self) -> None:
        count = -1
        while count != len(self.transport.frames):
            count = len(self.transport.frames)
            await self.clock.settle()

    async def end(self) -> None:
        self.transport.hang_up()
        await self.clock.settle()
        await asyncio.wait_for(self.task, 5)


def cut(match: re.Match[bytes]) -> bytes:
    return b'"data": "<%d characters>"' % len(match[1])


async def transcript(lines: list[str]) -> list[str]:
    """The file as it comes out when its lines are played."""
    options = [line.removeprefix("! ") for line in lines if line.startswith("! ")]
    played = Played(options)
    await played.clock.settle()
    out = []
    for line in lines:
        if line.startswith(("S->C ", "CLOSED ")):
            continue
        out.append(line)
        if line.startswith(("C->S ", "@ ")):
            await played.play(line)
            out += played.heard()
    await played.end()
    return out


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_exchange(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    got = asyncio.run(transcript(lines))
    if WRITE:
        path.write_text("\n".join(got) + "\n", encoding="utf-8")
    assert got == (got if WRITE else lines)


def test_there_are_enough_of_them() -> None:
    assert len(FILES) >= 20
    for path in FILES:
        text = path.read_text(encoding="utf-8")
        assert text.startswith("# ")
        assert "S->C " in text or "CLOSED " in text
