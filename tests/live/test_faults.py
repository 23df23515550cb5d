"""Workers killed, frozen and poisoned under live jams: nobody hears anything, and no sample differs.

What every chunk must have sounded like is rendered again, in this process, from the seed and the steering that the
chunk itself echoes.
"""

import asyncio
import contextlib
import itertools
import os
import random
import signal
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.conformance.listening import PLAY, Chunk, Listener, assert_unharmed, config, prompts, reference
from tests.conformance.server import LiveServer, running_server

from everjam.audio import from_pcm16

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="finds and stops processes through /proc"),
]

JAMS = 20
WORDS = ("amber", "bassoon", "cello", "dub", "echo", "funk", "gamelan", "harp", "ice", "jazz")
INTERNAL_ERROR = (1011, "Internal error encountered.")
FAULTY = Path(__file__).parent / "faulty"
CALL_TIMEOUT_SECONDS = 1.0


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[LiveServer]:
    """A server with every limit as users have it."""
    with running_server(tmp_path) as running:
        yield running


async def play_a_while(server: LiveServer, number: int, seconds: float, query: str = "") -> Listener:
    """One of many listeners: its own seed, prompts and chunk length, steered now and then."""
    rng = random.Random(number)
    await asyncio.sleep(number * 0.1)  # people do not begin all at once
    listener = await Listener.set_up(server, (query, f"chunk=1&{query}")[number % 2])
    await listener.say(prompts(*rng.sample(WORDS, 2)), config(seed=number, bpm=rng.randint(60, 200)), PLAY)
    played = 0.0
    while played < seconds:
        chunk = await listener.next_chunk()
        played += chunk.seconds
        if rng.random() < 0.2:
            await listener.say(prompts(*rng.sample(WORDS, 3)))
        if rng.random() < 0.1:
            await listener.say(config(seed=number, bpm=rng.randint(60, 200), brightness=round(rng.random(), 2)))
    await listener.close()
    return listener


async def band_plays_on(server: LiveServer, seconds: float, sabotage: AsyncIterator[None], query: str = "") -> None:
    """Twenty jams while something happens to the workers."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(play_a_while(server, number, seconds, query)) for number in range(JAMS)]
        await asyncio.sleep(3.0)
        async for _ in sabotage:
            pass
    listeners = [task.result() for task in tasks]
    assert server.metric("everjam_underruns_total") == 0
    for listener in listeners:
        assert_unharmed(listener)
        assert listener.others == [{"setupComplete": {}}]


async def test_killed_workers_cost_no_session_and_no_sample(stage: LiveServer) -> None:
    killed: list[int] = []

    async def kill() -> AsyncIterator[None]:
        rng = random.Random(9)
        for _ in range(8):
            while len(workers := stage.child_pids()) < 2:  # noqa: ASYNC110  another process's doing
                await asyncio.sleep(0.02)
            killed.append(rng.choice(workers))
            os.kill(killed[-1], signal.SIGKILL)
            await asyncio.sleep(rng.uniform(0.2, 0.5))
            yield

    await band_plays_on(stage, 9.0, kill())
    assert len(killed) == 8
    assert not set(killed) & set(stage.child_pids())
    assert stage.metric("everjam_worker_restarts_total") >= 3


async def test_all_workers_killed_at_once(stage: LiveServer) -> None:
    """New ones must be up, and have caught up, before the lead is used up; a busy machine takes a second for that."""

    everyone: list[int] = []

    async def kill() -> AsyncIterator[None]:
        everyone.extend(stage.child_pids())
        for pid in everyone:
            os.kill(pid, signal.SIGKILL)
        yield

    await band_plays_on(stage, 9.0, kill(), "lead=4")
    assert len(everyone) >= 3
    assert not set(everyone) & set(stage.child_pids())


async def test_frozen_workers_cost_no_session_and_no_sample(stage: LiveServer) -> None:
    async def freeze() -> AsyncIterator[None]:
        for _ in range(2):
            frozen = stage.child_pids()[0]
            os.kill(frozen, signal.SIGSTOP)
            begin = time.monotonic()
            while frozen in stage.child_pids():
                assert time.monotonic() - begin < 10.0, "a frozen worker must be replaced"
                await asyncio.sleep(0.05)
            yield

    await band_plays_on(stage, 11.0, freeze())
    assert stage.metric("everjam_worker_restarts_total") >= 2


# Engines ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def poisoned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server that has engines that fail, and less patience with them."""
    folder = tmp_path_factory.mktemp("poisoned")
    path = os.pathsep.join(filter(None, (str(FAULTY), os.environ.get("PYTHONPATH"))))
    limits = {"everjam.live.child:CALL_TIMEOUT_SECONDS": CALL_TIMEOUT_SECONDS}
    environment = {"PYTHONPATH": path, "EVERJAM_TEST_FLAKY": str(folder)}
    with running_server(folder, limits=limits, environment=environment) as running:
        yield running
        assert running.process.poll() is None, "the server must live"


@contextlib.asynccontextmanager
async def neighbours(server: LiveServer, query: str = "chunk=0.4") -> AsyncIterator[None]:
    """Four jams that play meanwhile, and must not notice."""
    over = asyncio.Event()

    async def play(number: int) -> Listener:
        listener = await Listener.set_up(server, query)
        await listener.say(prompts(WORDS[number]), config(seed=number), PLAY)
        while not over.is_set():
            await listener.next_chunk()
        await listener.close()
        return listener

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(play(number)) for number in range(4)]
        yield
        await asyncio.sleep(1.0)  # what the fault has done to the lead shows within it
        over.set()
    for task in tasks:
        assert_unharmed(task.result())


@pytest.mark.parametrize(
    ("engines", "seconds"),
    [(("raises", "nan", "wrong-size", "state"), 5.0), (("dies",), 15.0), (("loops",), 15.0)],
    ids=["fails", "dies", "loops"],
)
async def test_engine_that_always_fails_ends_its_own_session_only(
    poisoned: LiveServer, engines: tuple[str, ...], seconds: float
) -> None:
    async def end(engine: str) -> None:
        listener = await Listener.set_up(poisoned, "pace=fast", model=f"models/test-{engine}")
        await listener.say(config(seed=1), PLAY)
        await listener.listen(2)
        assert await listener.until_closed(seconds) == INTERNAL_ERROR
        assert [chunk.pcm16 for chunk in listener.chunks] == reference(listener.chunks)

    async with neighbours(poisoned):
        await asyncio.gather(*map(end, engines))


async def test_several_engines_that_loop_at_once(poisoned: LiveServer) -> None:
    """More of them than there are workers."""
    async with neighbours(poisoned, "lead=4"):
        listeners = [await Listener.set_up(poisoned, "pace=fast", model="models/test-loops") for _ in range(3)]
        for listener in listeners:
            await listener.say(PLAY)
        for listener in listeners:
            assert await listener.until_closed(30.0) == INTERNAL_ERROR


async def test_engine_that_fails_twice_over_each_block_is_not_noticed(poisoned: LiveServer) -> None:
    async with neighbours(poisoned):
        listener = await Listener.set_up(poisoned, model="models/test-flaky")
        await listener.say(prompts("slippery"), config(seed=5), PLAY)
        await listener.listen(4)
    assert_unharmed(listener)
    await listener.close()


# The end ─────────────────────────────────────────────────────────────────────────────────────────────


async def test_sigterm_fades_out_and_says_so(stage: LiveServer) -> None:
    listeners = [await Listener.set_up(stage) for _ in range(10)]
    for number, listener in enumerate(listeners):
        await listener.say(prompts(WORDS[number]), config(seed=number), PLAY)
    await asyncio.gather(*(listener.listen(2) for listener in listeners))
    silent = await Listener.set_up(stage)

    begin = time.monotonic()
    stage.process.send_signal(signal.SIGTERM)
    closes = await asyncio.gather(*(listener.until_closed(5.0) for listener in (*listeners, silent)))
    assert stage.process.wait(5.0) == 0
    assert time.monotonic() - begin < 5.0

    assert closes == [(1001, "The server is going away.")] * 11
    assert not silent.chunks
    for listener in listeners:
        *before, last = listener.chunks
        assert [chunk.pcm16 for chunk in before] == reference(before)
        assert_fade_out(last, reference(listener.chunks)[-1])
        assert listener.gap_seconds() <= 0.0
    with pytest.raises(ConnectionRefusedError):
        await Listener.open(stage)


def assert_fade_out(chunk: Chunk, unfaded: bytes) -> None:
    """It begins where the music was, loses level steadily, and ends in silence."""
    faded, full = from_pcm16(chunk.pcm16), from_pcm16(unfaded)
    assert chunk.seconds < 1.0
    parts = [float(np.sqrt(np.mean(part**2))) for part in np.array_split(faded, 6)]
    assert all(later < earlier for earlier, later in itertools.pairwise(parts))
    assert np.abs(faded[:100] - full[:100]).max() < 0.01
    assert not faded[-1].any()
