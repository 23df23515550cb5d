"""The parent's end of one render worker: a child process and the private socket to it."""

import asyncio
import contextlib
import json
import os
import pickle
import socket
import subprocess
import sys
from typing import Any, Final

from everjam.live.worker import HEADER, MAX_FRAME_BYTES, EngineOptions, Failed, Ready, RenderCall, Rendered, pack

CALL_TIMEOUT_SECONDS: Final = 4.0
SPAWN_TIMEOUT_SECONDS: Final = 120.0
SINGLE_THREADED: Final = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
)


FRUGAL: Final = {
    "MALLOC_ARENA_MAX": "1",
    "MALLOC_MMAP_THRESHOLD_": "4194304",
    "MALLOC_TRIM_THRESHOLD_": "8388608",
}
"""glibc keeps the scratch of notes and blocks, which is asked for again and again, in one heap, and gives larger blocks
back when they are freed. Other C libraries do not know these names."""


def worker_environment() -> dict[str, str]:
    """This process's environment, as a render worker gets it."""
    return {**FRUGAL, **os.environ, **SINGLE_THREADED}


class WorkerLost(Exception):
    """A worker died, hung or sent something unreadable."""


class WorkerHung(WorkerLost):
    """A worker did not answer in time."""


class Worker:
    """One child process and the parent's end of its socket."""

    def __init__(
        self, process: subprocess.Popen[bytes], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._process = process
        self._reader = reader
        self._writer = writer

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the child still runs, as far as can be told without asking it."""
        return self._process.poll() is None and not self._reader.at_eof()

    @classmethod
    async def spawn(cls, engine_names: list[str], options: EngineOptions) -> "Worker":
        """Starts a child and waits until it has warmed its engines.

        Args:
            engine_names: Engines to warm.
            options: What engines take beside their names, by engine.

        Raises:
            WorkerLost: It did not come up.
        """
        try:
            ours, theirs = socket.socketpair()
        except OSError as error:
            raise WorkerLost(f"no worker can be started: {error}") from error
        ours.setblocking(False)
        # Not -m: the child's classes must be those of the module, or the parent could not unpickle them.
        arguments = [json.dumps(options, default=os.fspath), *engine_names]
        command = [sys.executable, "-c", "from everjam.live import worker; worker.run()", *arguments]
        try:
            process = _popen(command, theirs)
        except OSError as error:
            ours.close()
            raise WorkerLost(f"no worker can be started: {error}") from error
        finally:
            theirs.close()
        try:
            reader, writer = await asyncio.open_connection(sock=ours, limit=4 * 1024 * 1024)
        except BaseException:
            ours.close()
            process.kill()
            process.wait()
            raise
        worker = cls(process, reader, writer)
        try:
            async with asyncio.timeout(SPAWN_TIMEOUT_SECONDS):
                worker.expect_ready(await worker.receive())
        except BaseException as error:
            await worker.kill()
            if isinstance(error, TimeoutError):
                raise WorkerLost("a worker took too long to start") from error
            raise
        return worker

    def expect_ready(self, message: Any) -> None:
        """Checks the child's first message.

        Raises:
            WorkerLost: It is another one.
        """
        if not isinstance(message, Ready):
            raise WorkerLost(f"worker {self.pid} did not say that it is ready")

    async def call(self, call: RenderCall) -> Rendered | Failed:
        """Has one block rendered.

        Raises:
            WorkerLost: The worker died.
            WorkerHung: It did not answer in time.
        """
        try:
            async with asyncio.timeout(CALL_TIMEOUT_SECONDS):
                self._writer.write(pack(call))
                await self._writer.drain()
                reply = await self.receive()
        except TimeoutError as error:
            raise WorkerHung(f"worker {self.pid} did not answer within {CALL_TIMEOUT_SECONDS} s") from error
        except OSError as error:
            raise WorkerLost(f"worker {self.pid} is gone") from error
        if not isinstance(reply, Rendered | Failed):
            raise WorkerLost(f"worker {self.pid} answered out of turn")
        return reply

    async def receive(self) -> Any:
        """The next message of the child.

        Raises:
            WorkerLost: The child closed its socket, or what it sent is not a message.
        """
        try:
            (size,) = HEADER.unpack(await self._reader.readexactly(HEADER.size))
            if size > MAX_FRAME_BYTES:
                raise WorkerLost(f"worker {self.pid} announced {size} bytes")
            body = await self._reader.readexactly(size)
        except (asyncio.IncompleteReadError, OSError) as error:
            raise WorkerLost(f"worker {self.pid} is gone") from error
        try:
            return pickle.loads(body)  # noqa: S301  from our own children only
        except Exception as error:  # what is not a pickle can raise anything
            raise WorkerLost(f"worker {self.pid} sent something unreadable") from error

    async def kill(self) -> None:
        """Ends the child at once and reaps it."""
        self._writer.close()
        self._process.kill()
        await asyncio.to_thread(self._process.wait)
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()


def _popen(command: list[str], theirs: socket.socket) -> subprocess.Popen[bytes]:
    environment = worker_environment()
    if sys.platform == "win32":
        process = subprocess.Popen(command, stdin=subprocess.PIPE, env=environment)  # noqa: S603
        assert process.stdin is not None
        process.stdin.write(theirs.share(process.pid))
        process.stdin.close()
        return process
    return subprocess.Popen(command, stdin=theirs.fileno(), env=environment)  # noqa: S603
