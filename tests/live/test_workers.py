"""The pool of render processes (faults under load are in test_faults.py)."""

import asyncio
import itertools
import math
import os
import pickle
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from everjam.engines.band.instruments.helper import can_help
from everjam.errors import EngineError
from everjam.live import workers
from everjam.live.child import Worker, WorkerHung, WorkerLost
from everjam.live.metrics import Metrics
from everjam.live.worker import HEADER, EngineOptions, RenderCall, Rendered, render, spend_idle_time
from everjam.live.workers import WorkerPool, _Job, _Jobs
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
    alone, _ = render(engines, call())
    assert first.pcm16 == alone.pcm16
    assert second.pcm16 == render(engines, call(alone.state))[0].pcm16


def test_stems_come_from_a_second_engine_that_renders_the_same_from_the_same_states() -> None:
    engines: dict[str, object] = {}
    first, _ = render(engines, call(engine="band", frames=9600))
    asked = call(first.state, engine="band", frames=9600)
    plain, _ = render(engines, asked)
    mixed, _ = render(engines, replace(asked, stems=True, report=True))
    assert plain.pcm16 == mixed.pcm16
    assert not plain.stems
    assert set(mixed.stems) == {"drums", "bass", "chords", "melody", "texture", "voice", "effects"}
    assert {len(stem) for stem in mixed.stems.values()} == {len(mixed.pcm16)}
    assert len(engines) == 2
    goes_on, _ = render(engines, replace(asked, state=mixed.state))
    assert goes_on.pcm16 == render(engines, replace(asked, state=plain.state))[0].pcm16
    without, _ = render(engines, replace(call(), stems=True, report=True))
    assert not without.stems
    assert without.programs == {"sine": 79}


def test_idle_time_is_spent_until_a_call_comes_in() -> None:
    ours, theirs = socket.socketpair()
    done: list[int] = []

    def steps() -> Iterator[None]:
        for number in range(5):
            done.append(number)
            if number == 3:
                ours.sendall(b"call")
            yield

    with ours, theirs:
        spend_idle_time(theirs, steps())
        assert done == [0, 1, 2, 3]
        assert theirs.recv(4) == b"call"

        def broken() -> Iterator[None]:
            yield
            raise ArithmeticError

        spend_idle_time(theirs, broken())
        spend_idle_time(theirs, iter(()))


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


@pytest.mark.parametrize("body", [b"xyz", b"cnot_a_module\nx\n.", b"I1\n", b"", pickle.dumps(1)[:-1]])
async def test_whatever_a_worker_garbles_loses_that_worker_only(body: bytes) -> None:
    reader = asyncio.StreamReader()
    reader.feed_data(HEADER.pack(len(body)) + body)
    worker = Worker(FakeProcess(), reader, None)  # type: ignore[arg-type]
    with pytest.raises(WorkerLost):
        await worker.receive()


class FakeProcess:
    pid = 1


async def test_stop_answers_the_call_that_is_being_rendered_and_every_later_one() -> None:
    async with pool(1) as made:
        os.kill((await until_full(made, 1))[0], signal.SIGSTOP)
        running = asyncio.create_task(made.render(call(), deadline_seconds=0, hedge_seconds=60))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    for waiting in (running, made.render(call(), deadline_seconds=0, hedge_seconds=1)):
        with pytest.raises(EngineError):
            async with asyncio.timeout(3):
                await waiting


async def test_signals_to_the_whole_group_do_not_end_workers() -> None:
    async with pool(1) as made:
        before = await until_full(made, 1)
        for number in (signal.SIGTERM, signal.SIGINT):
            os.kill(before[0], number)
        await made.render(call(), deadline_seconds=0, hedge_seconds=1)
        assert made.pids() == before


@pytest.mark.skipif(not can_help(), reason="only Linux with a second core gives workers a second process")
async def test_the_process_that_makes_notes_ends_with_its_worker_and_is_not_missed() -> None:
    worker = await Worker.spawn(["band"], {})
    process = worker._process
    try:
        (maker,) = Path(f"/proc/{worker.pid}/task/{worker.pid}/children").read_text("ascii").split()  # noqa: ASYNC240
        calm, pop = (Steering((WeightedPrompt(text),)) for text in ("Ambient", "Indie Pop"))
        assert isinstance(await worker.call(replace(call(engine="band"), steering=calm)), Rendered)
        os.kill(int(maker), signal.SIGKILL)
        assert isinstance(await worker.call(replace(call(engine="band"), steering=pop, frames=96_000)), Rendered)
    finally:
        worker._writer.close()
        # A worker whose server has gone away ends by itself, here with no such process and below with one.
        assert await asyncio.to_thread(process.wait, 20) == 0
    other = await Worker.spawn(["band"], {})
    (maker,) = Path(f"/proc/{other.pid}/task/{other.pid}/children").read_text("ascii").split()  # noqa: ASYNC240
    other._writer.close()
    assert await asyncio.to_thread(other._process.wait, 20) == 0
    assert not Path(f"/proc/{maker}").exists()  # noqa: ASYNC240


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
async def test_standard_input_of_a_worker_is_not_its_socket() -> None:
    async with pool(1) as made:
        (pid,) = await until_full(made, 1)
        assert str(Path(f"/proc/{pid}/fd/0").readlink()) == os.devnull  # noqa: ASYNC240


class FakeWorker:
    """Renders and dies when the test says so."""

    pids = itertools.count(1)

    def __init__(self) -> None:
        self.pid = next(self.pids)
        self.alive = True
        self.answers = asyncio.Event()
        self.may_die = asyncio.Event()
        self.error: Exception | None = None

    async def call(self, _call: RenderCall) -> Rendered:
        await self.answers.wait()
        if self.error is not None:
            raise self.error
        return Rendered(b"", b"", 0.0)

    async def kill(self) -> None:
        self.alive = False
        await self.may_die.wait()


@asynccontextmanager
async def fake_pool(
    monkeypatch: pytest.MonkeyPatch, size: int = 1
) -> AsyncIterator[tuple[WorkerPool, list[FakeWorker], Metrics]]:
    spawned: list[FakeWorker] = []

    async def spawn(_engine_names: list[str], _options: EngineOptions) -> FakeWorker:
        spawned.append(FakeWorker())
        return spawned[-1]

    monkeypatch.setattr(Worker, "spawn", spawn)
    metrics = Metrics()
    made = WorkerPool(size, ["tone"], metrics)
    await made.start()
    await made.wait_ready()
    try:
        yield made, spawned, metrics
    finally:
        for worker in spawned:
            worker.may_die.set()
        await made.stop()


async def settle() -> None:
    for _ in range(50):
        await asyncio.sleep(0)


async def test_slots_that_end_at_the_same_time_leave_enough_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    async with fake_pool(monkeypatch) as (made, spawned, _metrics):
        slow = asyncio.create_task(made.render(call(), deadline_seconds=0, hedge_seconds=0.0))
        while len(made.pids()) < 3:  # noqa: ASYNC110  the hedge: another slot, and one worker in quarantine
            await asyncio.sleep(0)
        second = asyncio.create_task(made.render(call(), deadline_seconds=0, hedge_seconds=60.0))
        await settle()
        for worker in spawned:
            worker.answers.set()
        await asyncio.gather(slow, second)
        await settle()
        for worker in spawned:
            worker.may_die.set()
        for _ in range(3):
            await settle()
            for worker in spawned:
                worker.answers.set()
                worker.may_die.set()
        third = asyncio.create_task(made.render(call(), deadline_seconds=0, hedge_seconds=60.0))
        await settle()
        for worker in spawned:
            worker.answers.set()
        await asyncio.wait_for(third, 3)


async def test_the_only_worker_that_is_up_serves_on_after_a_slow_call(monkeypatch: pytest.MonkeyPatch) -> None:
    others = asyncio.Event()
    spawned: list[FakeWorker] = []

    async def spawn(_engine_names: list[str], _options: EngineOptions) -> FakeWorker:
        if spawned:
            await others.wait()
        spawned.append(FakeWorker())
        spawned[-1].may_die.set()
        return spawned[-1]

    monkeypatch.setattr(Worker, "spawn", spawn)
    made = WorkerPool(2, ["tone"], Metrics())
    await made.start()
    await made.wait_ready()
    slow = asyncio.create_task(made.render(call(), deadline_seconds=0, hedge_seconds=0.0))
    await asyncio.sleep(0.01)  # the call is overdue, and no other worker is up that could be asked
    spawned[0].answers.set()
    await asyncio.wait_for(slow, 3)
    await asyncio.wait_for(made.render(call(), deadline_seconds=0, hedge_seconds=60.0), 3)
    assert spawned[0].alive
    others.set()
    await until_full(made)
    await made.stop()


async def test_an_error_that_nobody_foresaw_costs_a_worker_and_no_call(monkeypatch: pytest.MonkeyPatch) -> None:
    async with fake_pool(monkeypatch) as (made, spawned, metrics):
        spawned[0].error = MemoryError()
        for worker in spawned:
            worker.may_die.set()
        running = asyncio.create_task(made.render(call(), deadline_seconds=0, hedge_seconds=60.0))
        for _ in range(5):
            await settle()
            for worker in spawned:
                worker.answers.set()
                worker.may_die.set()
        assert isinstance(await asyncio.wait_for(running, 3), Rendered)
        assert metrics.registry.get_sample_value("everjam_worker_restarts_total") == 1


async def test_the_depth_of_the_queue_is_that_of_the_queue(monkeypatch: pytest.MonkeyPatch) -> None:
    async with fake_pool(monkeypatch) as (made, spawned, metrics):
        spawned[0].error = WorkerHung()  # so that the call is tried again in quarantine
        running = asyncio.create_task(made.render(call(), deadline_seconds=0, hedge_seconds=60.0))
        for _ in range(5):
            await settle()
            for worker in spawned:
                worker.answers.set()
                worker.may_die.set()
        await asyncio.wait_for(running, 3)
        assert metrics.registry.get_sample_value("everjam_render_queue_depth") == 0


async def test_a_server_that_cannot_start_workers_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_process(*_args: object) -> None:
        raise OSError("too many open files")

    for name in ("_popen", "socket.socketpair"):
        with monkeypatch.context() as patch:
            patch.setattr(f"everjam.live.child.{name}", no_process)
            patch.setattr(workers, "RESPAWN_PAUSE_SECONDS", 0.0)
            made = WorkerPool(1, ["tone"], Metrics())
            await made.start()
            with pytest.raises(EngineError, match="tone"):
                await asyncio.wait_for(made.wait_ready(), 5)
            await made.stop()


async def test_who_came_last_is_served_first_and_no_job_is_lost_with_a_cancelled_waiter() -> None:
    jobs, order = _Jobs(), []

    async def waiter(name: str) -> None:
        await jobs.take()
        order.append(name)

    tasks = {name: asyncio.create_task(waiter(name)) for name in ("zeroth", "first", "second", "fourth", "third")}
    await asyncio.sleep(0)
    jobs.put(new_job(1))
    tasks["third"].cancel()
    tasks["fourth"].cancel()
    jobs.put(new_job(2))
    jobs.put(new_job(3))
    await asyncio.gather(*tasks.values(), return_exceptions=True)
    assert sorted(order) == ["first", "second", "zeroth"]
    assert len(jobs) == 0


async def test_what_nobody_listens_to_waits_and_takes_no_worker_that_a_jam_is_used_to() -> None:
    jobs, served = _Jobs(), list[tuple[str, float]]()

    async def worker(name: str) -> None:
        was_background = False
        while True:
            job = await jobs.take(before_others=was_background)
            was_background = job.is_background
            served.append((name, job.deadline_seconds))

    tasks = [asyncio.create_task(worker(name)) for name in ("first", "second")]
    await asyncio.sleep(0)
    for number in range(6):
        for deadline in (math.inf, float(number)) if number % 2 else (float(number), math.inf):
            jobs.put(new_job(number, deadline))
            await asyncio.sleep(0)
            await asyncio.sleep(0)
    assert {name for name, deadline in served if deadline < math.inf} == {"second"}
    assert [name for name, deadline in served if deadline == math.inf] == ["first"] * 6
    served.clear()
    for number, deadline in enumerate((math.inf, math.inf, 7.0, 5.0)):
        jobs.put(new_job(number, deadline))
    await asyncio.sleep(0)
    assert [deadline for _, deadline in served][:2] == [5.0, 7.0]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_what_nobody_listens_to_is_not_counted_as_live() -> None:
    metrics = Metrics()
    made = WorkerPool(1, ["tone"], metrics)
    await made.start()
    try:
        await made.render(call(), deadline_seconds=math.inf, hedge_seconds=5)
        assert metrics.registry.get_sample_value("everjam_render_seconds_count") == 0
        await made.render(call(), deadline_seconds=0, hedge_seconds=5)
        assert metrics.registry.get_sample_value("everjam_render_seconds_count") == 1
    finally:
        await made.stop()


def new_job(number: int, deadline_seconds: float = 0.0) -> _Job:
    return _Job(deadline_seconds, number, call(), asyncio.get_running_loop().create_future(), 1.0)


async def test_engines_get_their_options_in_the_workers(tmp_path: Path) -> None:
    (tmp_path / "broken.toml").write_text("name = 3\n", encoding="utf-8")
    with pytest.raises(WorkerLost):
        await Worker.spawn(["band"], {"band": {"cards_dir": tmp_path}})
    (tmp_path / "broken.toml").unlink()
    worker = await Worker.spawn(["band"], {"band": {"cards_dir": tmp_path}, "tone": {}})
    try:
        assert isinstance(await worker.call(call(engine="band")), Rendered)
    finally:
        await worker.kill()
