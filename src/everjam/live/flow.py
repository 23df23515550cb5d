"""Whether the music of a jam flows, and waits that end as soon as it does not."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from everjam.live.clock import Clock


class Flow:
    """Music flows in stretches: each begins with a PLAY and ends with a PAUSE, a STOP or the end of the jam.

    Args:
        clock: Time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._flowing = asyncio.Event()
        self._wake = asyncio.Event()
        self._stretch = 0
        self._draining = False

    @property
    def stretch(self) -> int:
        """Number of the stretch; what belongs to an older one is nobody's."""
        return self._stretch

    @property
    def flowing(self) -> bool:
        """Whether music is wanted; also while draining, because the fade-out is music."""
        return self._flowing.is_set()

    @property
    def draining(self) -> bool:
        """Whether the jam is about to end."""
        return self._draining

    def begin(self) -> None:
        """A stretch begins."""
        self._flowing.set()

    def end(self) -> None:
        """The stretch is over, and so are all waits that belong to it."""
        if not self._draining:  # then the renderer must wake up to end the jam
            self._flowing.clear()
        self._stretch += 1
        self._wake.set()
        self._wake = asyncio.Event()

    def drain(self) -> None:
        """The jam is about to end: nothing waits any longer."""
        self._draining = True
        self._wake.set()
        self._flowing.set()

    async def begun(self) -> None:
        """Returns when music is wanted."""
        await self._flowing.wait()

    async def sleep_until(self, when_seconds: float, stretch: int) -> bool:
        """Sleeps until ``when_seconds``; False, and at once, if the stretch is over or the jam is about to end."""
        if stretch == self._stretch and not self._draining and when_seconds > self._clock.now_seconds():
            await self.first_of(self._clock.sleep_until(when_seconds))
        return stretch == self._stretch and not self._draining

    async def first_of(self, *waits: Coroutine[Any, Any, object]) -> None:
        """Returns when one of them is over, or the stretch, and ends the others."""
        tasks = [asyncio.ensure_future(wait) for wait in (*waits, self._wake.wait())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
