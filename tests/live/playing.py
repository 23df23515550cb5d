"""A jam without sockets, for tests of what is kept of it: renders chunk after chunk and puts them on a tape."""

import asyncio
from typing import Any

from everjam.live.stretch import Stretch
from everjam.live.tape import Tape, TapeLimits
from everjam.live.worker import RenderCall, Rendered, render
from everjam.steering import Controls, Steering, WeightedPrompt

CHUNK = 9_600


def steering(*texts: str, **controls: Any) -> Steering:
    return Steering(tuple(WeightedPrompt(text) for text in texts), Controls(**controls))


class Player:
    """Plays an engine onto a tape; ``pcm16`` is all that was sent since the last start."""

    def __init__(self, engine: str = "tone", *, chunk: int = CHUNK, limits: TapeLimits | None = None) -> None:
        self.tape = Tape(limits)
        self.engine = engine
        self.chunk = chunk
        self.asked = steering("a", bpm=120)
        self.seed = 5
        self.state: bytes | None = None
        self.pcm16 = b""
        self.engines: dict[str, Any] = {}
        self._reset = False

    def play(self, chunks: int) -> None:
        for _ in range(chunks):
            call = RenderCall(self.engine, self.state, self.seed, self._reset, self.asked, self.chunk, report=True)
            rendered, _ = render(self.engines, call)
            self.tape.add(call, rendered)
            self.state, self._reset = rendered.state, False
            self.pcm16 += rendered.pcm16

    def reset(self, seed: int) -> None:
        self.seed, self._reset = seed, True

    def stop(self) -> None:
        self.state, self.pcm16 = None, b""


class OneEngine:
    """Renders in this process, one call after the other, with caches of its own."""

    def __init__(self, engines: dict[str, Any] | None = None) -> None:
        self.engines: dict[str, Any] = {} if engines is None else engines
        self.calls: list[RenderCall] = []
        self.deadlines: list[float] = []

    async def render(self, call: RenderCall, *, deadline_seconds: float, hedge_seconds: float) -> Rendered:
        del hedge_seconds
        self.calls.append(call)
        self.deadlines.append(deadline_seconds)
        await asyncio.sleep(0)
        return render(self.engines, call)[0]


def replayed(stretch: Stretch, engines: dict[str, Any] | None = None) -> bytes:
    """The samples of a stretch, rendered again from what the tape has kept."""
    engines = {} if engines is None else engines
    state, pcm16 = stretch.state, b""
    for planned in stretch.plan():
        start = None if planned.fresh else state
        call = RenderCall(stretch.engine, start, planned.seed, planned.reset, planned.steering, planned.frames)
        rendered, _ = render(engines, call)
        state, pcm16 = rendered.state, pcm16 + rendered.pcm16
    begin = stretch.begin_frame - stretch.first_frame
    return pcm16[4 * begin : 4 * (begin + stretch.frames)]
