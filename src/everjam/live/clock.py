"""Time for a jam: monotonic, never the wall clock, and replaceable by a fake in tests."""

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """Seconds on a monotonic scale that every jam of a process shares."""

    def now_seconds(self) -> float:
        """The time."""
        ...

    async def sleep_until(self, when_seconds: float) -> None:
        """Returns at ``when_seconds`` or at once if that has passed."""
        ...


class SystemClock:
    """The machine's monotonic clock: NTP steps and daylight saving do not exist in it."""

    def now_seconds(self) -> float:
        """``time.monotonic``."""
        return time.monotonic()

    async def sleep_until(self, when_seconds: float) -> None:
        """See ``Clock.sleep_until``."""
        delay = when_seconds - time.monotonic()
        if delay > 0:
            await asyncio.sleep(delay)
