"""Live music is as punctual while takes are rendered as without them: a whole server in virtual time."""

import asyncio
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from everjam.live import child
from everjam.live.service import Service
from everjam.live.worker import EngineOptions, RenderCall, Rendered, Report
from everjam.settings import Settings
from everjam.testing import FakeClock, MemoryTransport

PATH = "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateMusic"
LIVE_SECONDS = 0.010
TAKE_SECONDS = (0.025, 0.025, 0.150)
"""Stems cost twice as much, and now and then a worker waits for notes."""


class TimedWorker:
    """A worker whose calls take a known time and give silence."""

    def __init__(self, clock: FakeClock, number: int, log: list[tuple[int, bool]]) -> None:
        self.pid = number
        self.alive = True
        self._clock = clock
        self._log = log
        self._costs = itertools.cycle(TAKE_SECONDS)

    async def call(self, call: RenderCall) -> Rendered:
        self._log.append((self.pid, call.stems))
        cost = next(self._costs) if call.stems else LIVE_SECONDS
        await self._clock.sleep_until(self._clock.now_seconds() + cost)
        frame = int(call.state or 0)
        return Rendered(bytes(4 * call.frames), b"%d" % (frame + call.frames), cost, report=Report(frame))

    async def kill(self) -> None:
        self.alive = False


@pytest.mark.parametrize(("workers", "jams"), [(2, 1), (1, 1), (2, 3)])
async def test_nothing_is_late_because_of_a_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, workers: int, jams: int
) -> None:
    clock, calls = FakeClock(), list[tuple[int, bool]]()
    numbers = itertools.count(1)

    async def spawn(_engines: list[str], _options: EngineOptions) -> TimedWorker:
        return TimedWorker(clock, next(numbers), calls)

    async def at_once(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    monkeypatch.setattr(child.Worker, "spawn", spawn)
    # Files are written in no time: threads would take real time, in which virtual time went on.
    monkeypatch.setattr(asyncio, "to_thread", at_once)
    service = Service(Settings(engine="tone", workers=workers, data_dir=tmp_path), clock=clock)
    await service.start()
    await clock.settle()
    query = {"chunk": "0.2", "lead": "0.4", "events": "1"}
    players = [MemoryTransport() for _ in range(jams)]
    tasks = [asyncio.create_task(service.serve_session(PATH, query, {}, player)) for player in players]
    for player in players:
        player.say({"setup": {"model": "models/lyria-realtime-exp"}})
        player.say({"clientContent": {"weightedPrompts": [{"text": "a", "weight": 1}]}})
        player.say({"playbackControl": "PLAY"})
        await clock.advance(0.03)
    await clock.advance(30)

    def sample(name: str, **labels: str) -> float:
        return service.metrics.registry.get_sample_value(name, labels) or 0.0

    calls.clear()
    before = sample("everjam_chunk_lateness_seconds_sum")
    stretch = next(iter(service.named._jams.values())).tape.between(0, 30 * 48_000)
    take = await service.takes.begin("jam", stretch, "wav", bundle=True)
    rendering = True
    for _ in range(200):
        await clock.advance(0.2)
        info = service.takes.find("jam", take.id)
        rendering = info is not None and info.state == "rendering"
        if not rendering:
            break
    assert not rendering
    assert sample("everjam_underruns_total") == 0
    late = sample("everjam_chunk_lateness_seconds_sum") - before
    live = {worker for worker, is_take in calls if not is_take}
    taken = {worker for worker, is_take in calls if is_take}
    assert len([is_take for _, is_take in calls if is_take]) == stretch.chunks
    if workers > jams:
        assert late == 0
        assert live.isdisjoint(taken)
    else:
        on_time = sample("everjam_chunk_lateness_seconds_bucket", le="0.25")
        assert on_time == sample("everjam_chunk_lateness_seconds_bucket", le="+Inf")
    for player in players:
        player.hang_up()
    await clock.advance(61)
    await asyncio.gather(*tasks)
    await service.stop()
