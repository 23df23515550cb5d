"""How a server begins and ends (what it does meanwhile is in tests/conformance)."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from everjam.errors import EngineError
from everjam.live import workers
from everjam.live.child import Worker, WorkerLost
from everjam.live.serve import Endpoints, _serve
from everjam.live.worker import EngineOptions
from everjam.settings import Settings

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals itself")


def settings(folder: Path) -> Settings:
    return Settings(port=0, tls_port=0, data_dir=folder, engine="tone", workers=1)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
async def test_a_server_that_is_still_starting_can_be_stopped(
    number: signal.Signals, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spawning = asyncio.Event()

    async def spawn(_engine_names: list[str], _options: EngineOptions) -> Worker:
        spawning.set()
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(Worker, "spawn", spawn)
    ready: list[Endpoints] = []
    server = asyncio.create_task(_serve(settings(tmp_path), ready.append))
    await asyncio.wait_for(spawning.wait(), 10)
    os.kill(os.getpid(), number)
    assert await asyncio.wait_for(server, 10) == code
    assert ready == []


async def test_a_server_whose_workers_do_not_start_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def spawn(_engine_names: list[str], _options: EngineOptions) -> Worker:
        raise WorkerLost("it ended")

    monkeypatch.setattr(Worker, "spawn", spawn)
    monkeypatch.setattr(workers, "RESPAWN_PAUSE_SECONDS", 0.0)
    with pytest.raises(EngineError, match="tone"):
        await asyncio.wait_for(_serve(settings(tmp_path), lambda _endpoints: None), 10)
