"""A second process that makes recordings beside this one.

Threads are of little use here: numpy's calls on a note are so short that two threads wait for each other most of the
time. A copy of the process (``fork``) has all tables without reading them again, and shares their memory.
"""

import gc
import multiprocessing
import os
import select
import signal
import sys
import threading
import warnings
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, Final

from everjam.engines.band.instruments.contract import Recording, Tone
from everjam.memory import heap_trimmer

_LONGEST_SECONDS: Final = 5.0
"""Who takes longer for a note has died or been stopped."""
_REST_SECONDS: Final = 1.0
"""After so much time without a note, the memory that notes took goes back to the system."""


def can_help() -> bool:
    """Whether the system can copy a process, and has a core for the copy."""
    return sys.platform == "linux" and len(os.sched_getaffinity(0)) > 1


class Helper:
    """The other process, which ends with this one.

    Args:
        make: Makes a recording of a tone; whatever it needs is there when the process is copied.

    Raises:
        OSError: The system has no room for one more process.
    """

    def __init__(self, make: Callable[[Tone], Recording]) -> None:
        self._busy = threading.Lock()
        self._connection, theirs = multiprocessing.Pipe()
        # What lives on is not looked at by the garbage collector, or the copy's memory would no longer be shared.
        gc.collect()
        gc.freeze()
        context: Any = multiprocessing.get_context("fork")
        self._process = context.Process(target=_serve, args=(theirs, make), name="everjam notes", daemon=True)
        with warnings.catch_warnings():
            # That the copy of a process with threads may wait for ever for what they held: it does nothing but numbers.
            warnings.simplefilter("ignore", DeprecationWarning)
            self._process.start()
        theirs.close()

    @property
    def pid(self) -> int:
        """Process id."""
        return int(self._process.pid)

    def make(self, tone: Tone) -> Recording | None:
        """A recording from the other process; None where it is busy, cannot make it, or is no more."""
        if self._connection.closed or not self._busy.acquire(blocking=False):
            return None
        try:
            recording = self._ask(tone)
        except (EOFError, OSError):
            self.close()
            return None
        finally:
            self._busy.release()
        if recording is not None:
            recording.samples.setflags(write=False)
        return recording

    def _ask(self, tone: Tone) -> Recording | None:
        self._connection.send(tone)
        if not self._connection.poll(_LONGEST_SECONDS):
            raise TimeoutError
        recording: Recording | None = self._connection.recv()
        return recording

    def close(self) -> None:
        """Ends the other process."""
        self._connection.close()
        self._process.kill()
        self._process.join()


def _serve(connection: Connection, make: Callable[[Tone], Recording]) -> None:
    """The other process: a recording for each tone, None where it cannot be made; ends when nobody can ask any more."""
    # Ctrl-C is meant for the original. SIGTERM, which that may ignore, is how it ends its children.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    _close_all_but(connection.fileno())
    gc.disable()
    trim_heap = heap_trimmer()
    try:
        while True:
            if not select.select([connection], [], [], _REST_SECONDS)[0]:
                trim_heap()
                select.select([connection], [], [])
            tone = connection.recv()
            try:
                recording = make(tone)
            except Exception:  # noqa: BLE001  who asked makes it again, and sees for himself
                recording = None
            connection.send(recording)
    except (EOFError, OSError):
        return


def _close_all_but(kept: int) -> None:
    """Closes the files of the process that this is a copy of, so that their other ends see when it dies."""
    os.closerange(3, kept)
    os.closerange(kept + 1, os.sysconf("SC_OPEN_MAX"))
