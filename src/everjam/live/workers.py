"""Rendering off the event loop: child processes over private socket pairs, earliest deadline first.

A worker that dies, hangs or garbles a call costs nothing but time: the call holds all that it depends on and is given
to another worker. Two spare workers are kept warm: a call that hangs needs one at once to be tried again, and its slot
another.

A call that hangs must not take the others' workers with it: once it is overdue, its slot counts as stuck and another
one serves in its place, and from then on the call is tried only in quarantine, where suspects wait for each other.
"""

import asyncio
import contextlib
import heapq
import itertools
import logging
import math
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Final

from everjam.errors import EngineError
from everjam.live.child import Worker, WorkerHung, WorkerLost
from everjam.live.metrics import Metrics
from everjam.live.worker import EngineOptions, RenderCall, Rendered

log = logging.getLogger(__name__)

RESPAWN_PAUSE_SECONDS: Final = 0.5
MAX_START_FAILURES: Final = 3
MAX_ENGINE_FAILURES: Final = 3
MAX_HUNG_WORKERS: Final = 3
MAX_LOST_WORKERS: Final = 6
MAX_SLOTS_FACTOR: Final = 3
STOPPING: Final = "the server is stopping"


@dataclass(order=True, slots=True)
class _Job:
    """A call on its way: ordered by deadline, then by arrival."""

    deadline_seconds: float
    number: int
    call: RenderCall = field(compare=False)
    result: "asyncio.Future[Rendered]" = field(compare=False)
    hedge_seconds: float = field(compare=False)
    engine_failures: int = field(compare=False, default=0)
    hung_workers: int = field(compare=False, default=0)
    lost_workers: int = field(compare=False, default=0)

    @property
    def done(self) -> bool:
        """Whether there is nothing left to do: rendered, given up, or wanted by nobody."""
        return self.result.done()

    @property
    def is_background(self) -> bool:
        """Whether nobody listens to it live."""
        return math.isinf(self.deadline_seconds)


class _Jobs:
    """Jobs that wait, the most urgent first.

    Of those who wait for a job the last to come is the first to get one: when few jams play, each stays with a worker
    whose caches know it. What has no deadline goes to who has waited longest, and keeps to that worker, so that it
    takes none from a jam.
    """

    def __init__(self) -> None:
        self._heap: list[_Job] = []
        self._waiting: list[asyncio.Future[None]] = []

    def __len__(self) -> int:
        return len(self._heap)

    def put(self, job: _Job) -> None:
        heapq.heappush(self._heap, job)
        self._wake_one(longest_waiting=job.is_background)

    def pop(self) -> _Job | None:
        """The most urgent job that somebody still wants."""
        while self._heap:
            job = heapq.heappop(self._heap)
            if not job.done:
                return job
        return None

    async def take(self, *, before_others: bool = False) -> _Job:
        """``pop``, as soon as there is one.

        Args:
            before_others: Wait as if this had waited longest.
        """
        while (job := self.pop()) is None:
            waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.insert(0 if before_others else len(self._waiting), waiting)
            try:
                await waiting
            except asyncio.CancelledError:
                # Woken and cancelled at once: the job is another's now.
                if waiting in self._waiting:
                    self._waiting.remove(waiting)
                elif self._heap:
                    self._wake_one()
                raise
        return job

    def _wake_one(self, *, longest_waiting: bool = False) -> None:
        while self._waiting:
            waiting = self._waiting.pop(0 if longest_waiting else -1)
            if not waiting.done():
                waiting.set_result(None)
                return


class WorkerPool:
    """A number of workers that render the most urgent call first.

    Args:
        size: Workers that render at the same time, those not counted that are stuck or in quarantine.
        engine_names: Engines that every worker loads and warms before it takes calls.
        metrics: Where to count.
        options: What engines take beside their names, by engine.
    """

    def __init__(
        self, size: int, engine_names: list[str], metrics: Metrics, options: EngineOptions | None = None
    ) -> None:
        self._size = size
        self._engine_names = engine_names
        self._options = options or {}
        self._metrics = metrics
        self._jobs = _Jobs()
        self._suspects = _Jobs()
        self._numbers = itertools.count()
        self._spares: asyncio.Queue[Worker] = asyncio.Queue(1)
        self._busy: set[Worker] = set()
        self._slots: set[asyncio.Task[None]] = set()
        self._serving_slots = 0
        self._stuck = 0
        self._start_failures = 0
        self._stopped = False
        self._tasks: list[asyncio.Task[None]] = []
        self._first_ready = asyncio.Event()

    async def start(self) -> None:
        """Begins to start workers; calls wait until the first one is up."""
        loop = asyncio.get_running_loop()
        self._tasks = [
            loop.create_task(self._keep_spare(), name="spare worker"),
            loop.create_task(self._quarantine(), name="worker in quarantine"),
        ]
        for _ in range(self._size):
            self._add_slot()

    async def wait_ready(self) -> None:
        """Returns when at least one worker takes calls.

        Raises:
            EngineError: No worker came up in several attempts; later ones may.
        """
        await self._first_ready.wait()
        if self._start_failures >= MAX_START_FAILURES and not self.ready:
            raise EngineError(
                f"No worker for the engine {', '.join(self._engine_names)} could be started.",
                remedy="What the workers said is above; `everjam doctor` may know more.",
            )

    async def stop(self) -> None:
        """Ends all workers; calls that wait fail, and so does every later one."""
        self._stopped = True
        tasks = [*self._tasks, *self._slots]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._tasks = []
        workers = list(self._busy)
        while not self._spares.empty():
            workers.append(self._spares.get_nowait())
        await asyncio.gather(*(worker.kill() for worker in workers))
        self._busy.clear()
        for jobs in (self._jobs, self._suspects):
            while (job := jobs.pop()) is not None:
                job.result.set_exception(EngineError(STOPPING))

    @property
    def ready(self) -> bool:
        """Whether at least one worker takes calls."""
        return any(worker.alive for worker in self._busy)

    def pids(self) -> list[int]:
        """Process ids of the workers that take calls."""
        return [worker.pid for worker in self._busy if worker.alive]

    async def render(self, call: RenderCall, *, deadline_seconds: float, hedge_seconds: float) -> Rendered:
        """Has one block rendered by whichever worker is free.

        Args:
            call: What to render.
            deadline_seconds: When it is needed, on any monotonic scale that all callers share; infinite for what nobody
                listens to live: that is rendered when nothing else waits, and not counted.
            hedge_seconds: After this long without an answer a second worker is asked as well.

        Raises:
            EngineError: The engine failed three times, or three workers hung or six died over the call, or the pool
                has been stopped.
        """
        if self._stopped:
            raise EngineError(STOPPING)
        result: asyncio.Future[Rendered] = asyncio.get_running_loop().create_future()
        job = _Job(deadline_seconds, next(self._numbers), call, result, hedge_seconds)
        begin = time.perf_counter()
        self._jobs.put(job)
        self._note_depth()
        try:
            rendered = await result
        except EngineError:
            self._metrics.render_calls.labels("failed").inc()
            raise
        if not job.is_background:
            self._metrics.render_calls.labels("ok").inc()
            self._metrics.render_seconds.observe(time.perf_counter() - begin)
        return rendered

    async def _keep_spare(self) -> None:
        while True:
            try:
                worker = await Worker.spawn(self._engine_names, self._options)
            except Exception as error:  # without workers there is no music: never give up
                # The cause is in the worker's own output.
                log.error("%s; trying again", error, exc_info=not isinstance(error, WorkerLost))  # noqa: TRY400
                self._metrics.worker_restarts.inc()
                await asyncio.sleep(RESPAWN_PAUSE_SECONDS if self._start_failures else 0.0)
                self._start_failures += 1
                if self._start_failures >= MAX_START_FAILURES:
                    self._first_ready.set()
                continue
            self._start_failures = 0
            try:
                await self._spares.put(worker)
            except asyncio.CancelledError:
                await worker.kill()
                raise

    def _note_depth(self) -> None:
        self._metrics.queue_depth.set(len(self._jobs) + len(self._suspects))

    def _add_slot(self) -> None:
        task = asyncio.get_running_loop().create_task(self._slot(), name="worker slot")
        self._serving_slots += 1
        self._slots.add(task)
        task.add_done_callback(self._slots.discard)

    def _retire(self) -> bool:
        """Whether the slot that asks is one too many; it must then end, because it is counted no more."""
        # Slots that still wait for a worker serve nobody: until they do, no worker may go.
        if self._serving_slots <= self._size + self._stuck or len(self._busy) <= self._size:
            return False
        self._serving_slots -= 1
        return True

    async def _slot(self) -> None:
        """Serves with one worker after the other, until those that were stuck are back."""
        retired = self._retire()
        while not retired:
            async with self._worker() as worker:
                retired = await self._serve(worker)
            retired = retired or self._retire()

    async def _quarantine(self) -> None:
        """Tries suspects again, one at a time, with workers that nobody else waits for."""
        while True:
            job = await self._suspects.take()
            self._note_depth()
            async with self._worker() as worker:
                following: _Job | None = job
                while following is not None and await self._try(worker, following):
                    following = self._suspects.pop()
                    self._note_depth()
                if following is None and worker.alive and self._spares.empty():
                    self._busy.discard(worker)
                    self._spares.put_nowait(worker)

    @contextlib.asynccontextmanager
    async def _worker(self) -> AsyncIterator[Worker]:
        """A worker that takes calls; ended afterwards, unless it has been put back among the spares."""
        worker = await self._spares.get()
        while not worker.alive:
            self._metrics.worker_restarts.inc()
            await worker.kill()
            worker = await self._spares.get()
        self._busy.add(worker)
        self._metrics.workers_ready.set(len(self._busy))
        self._first_ready.set()
        try:
            yield worker
        finally:
            if worker in self._busy:
                self._busy.discard(worker)
                await worker.kill()
            self._metrics.workers_ready.set(len(self._busy))

    async def _serve(self, worker: Worker) -> bool:
        """Gives jobs to one worker until it is lost (False), or its slot has retired (True)."""
        loop = asyncio.get_running_loop()
        was_background = False
        while not self._retire():
            job = await self._jobs.take(before_others=was_background)
            was_background = job.is_background
            self._note_depth()
            if not worker.alive:
                self._jobs.put(job)
                self._metrics.worker_restarts.inc()
                return False
            overdue = False

            def call_is_overdue(job: _Job = job) -> None:
                nonlocal overdue
                overdue = True
                self._stuck += 1
                self._suspects.put(job)
                self._note_depth()
                if self._serving_slots < min(self._size + self._stuck, MAX_SLOTS_FACTOR * self._size):
                    self._add_slot()

            hedge = loop.call_later(job.hedge_seconds, call_is_overdue)
            try:
                if not await self._try(worker, job):
                    return False
            finally:
                hedge.cancel()
                self._stuck -= overdue
        return True

    async def _try(self, worker: Worker, job: _Job) -> bool:
        """Has one job rendered; False if the worker was lost over it."""
        try:
            reply = await worker.call(job.call)
        except Exception as error:  # whatever it was, the slot must live and the caller be answered
            log.warning("%s", error, exc_info=not isinstance(error, WorkerLost))
            self._metrics.worker_restarts.inc()
            job.lost_workers += 1
            job.hung_workers += isinstance(error, WorkerHung)
            give_up = job.lost_workers >= MAX_LOST_WORKERS or job.hung_workers >= MAX_HUNG_WORKERS
            # Being on a worker that dies happens to anybody once; to hang, or to lose two, makes a suspect.
            suspect = job.hung_workers > 0 or job.lost_workers > 1
            self._retry(job, self._suspects if suspect else self._jobs, str(error), give_up=give_up)
            return False
        except asyncio.CancelledError:
            if not job.done:
                job.result.set_exception(EngineError(STOPPING))
            raise
        if isinstance(reply, Rendered):
            if not job.done:
                job.result.set_result(reply)
                if not job.is_background:
                    self._metrics.late_notes.inc(reply.late_notes)
        else:
            log.error("engine %s failed:\n%s", job.call.engine, reply.detail)
            job.engine_failures += 1
            give_up = job.engine_failures >= MAX_ENGINE_FAILURES
            self._retry(job, self._jobs, "the engine failed", give_up=give_up)
        return True

    def _retry(self, job: _Job, jobs: _Jobs, why: str, *, give_up: bool) -> None:
        if job.done:
            return
        if give_up:
            job.result.set_exception(EngineError(f"{job.call.engine}: {why}, {job.engine_failures} failures"))
        else:
            self._metrics.render_calls.labels("retried").inc()
            jobs.put(job)
            self._note_depth()
