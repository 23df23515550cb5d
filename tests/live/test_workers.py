"""The pool of render processes (faults under load are in test_faults.py)."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from everjam.errors import EngineError
from everjam.live.metrics import Metrics
from everjam.live.worker import RenderCall, render
from everjam.live.workers import WorkerPool
from everjam.steering import Steering, WeightedPrompt

STEERING = Steering((WeightedPrompt("a"),))


def call(state: bytes | None = None, *, engine: str = "tone", frames: int = 1920) -> RenderCall:
    return RenderCall(engine, state, 1, reset=False, steering=STEERING, frames=frames)


@asynccontextmanager
async def pool(size: int = 2) -> AsyncIterator[WorkerPool]:
    made = WorkerPool(size, ["tone"], Metrics())
    await made.start()
    await made.wait_ready()
    try:
        yield made
    finally:
        await made.stop()


async def until_full(made: WorkerPool, size: int = 2) -> list[int]:
    async with asyncio.timeout(20):
        while len(made.pids()) < size:  # noqa: ASYNC110  the pool tells nobody when a slot is filled
            await asyncio.sleep(0.01)
    return made.pids()


async def test_state_travels_and_audio_is_that_of_the_engine() -> None:
    async with pool() as made:
        first = await made.render(call(), deadline_seconds=0, hedge_seconds=1)
        second = await made.render(call(first.state), deadline_seconds=0, hedge_seconds=1)
    engines: dict[str, object] = {}
    alone = render(engines, call())
    assert first.pcm16 == alone.pcm16
    assert second.pcm16 == render(engines, call(alone.state)).pcm16


async def test_the_most_urgent_call_goes_first() -> None:
    async with pool(1) as made:
        order: list[float] = []

        async def one(deadline: float) -> None:
            await made.render(call(frames=96_000), deadline_seconds=deadline, hedge_seconds=60)
            order.append(deadline)

        await asyncio.gather(*(one(deadline) for deadline in (5.0, 4.0, 3.0, 2.0, 1.0)))
    assert order[1:] == sorted(order[1:])


async def test_a_killed_worker_costs_no_call() -> None:
    async with pool() as made:
        reference = await made.render(call(frames=96_000), deadline_seconds=0, hedge_seconds=1)
        for _ in range(5):
            victims = await until_full(made)
            calls = [made.render(call(frames=96_000), deadline_seconds=0, hedge_seconds=1) for _ in range(4)]
            running = asyncio.gather(*calls)
            await asyncio.sleep(0)
            os.kill(victims[0], signal.SIGKILL)
            assert {rendered.pcm16 for rendered in await running} == {reference.pcm16}


async def test_a_frozen_worker_is_hedged() -> None:
    async with pool() as made:
        victim = (await until_full(made))[0]
        os.kill(victim, signal.SIGSTOP)
        try:
            calls = [made.render(call(), deadline_seconds=0, hedge_seconds=0.1) for _ in range(4)]
            async with asyncio.timeout(3):
                await asyncio.gather(*calls)
        finally:
            os.kill(victim, signal.SIGKILL)


async def test_an_engine_that_cannot_be_loaded_fails_its_call_only() -> None:
    async with pool() as made:
        with pytest.raises(EngineError):
            await made.render(call(engine="no such engine"), deadline_seconds=0, hedge_seconds=1)
        assert len((await made.render(call(), deadline_seconds=0, hedge_seconds=1)).pcm16) == 1920 * 4


async def test_frames_that_the_engine_refuses_are_an_engine_error() -> None:
    async with pool() as made:
        with pytest.raises(EngineError):
            await made.render(call(frames=7), deadline_seconds=0, hedge_seconds=1)


async def test_stop_leaves_no_process_behind() -> None:
    async with pool() as made:
        pids = await until_full(made)
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)
