"""Takes: stretches of a jam that are rendered again, to files that people can have.

::

    Tape ─▶ Stretch ─▶ renderer, chunk by chunk as it was sent ─▶ blocks ─▶ TakeWriter (in a thread) ─▶ file

One chunk of all takes is rendered at a time, with no deadline, so that whatever plays live goes first.
"""

import asyncio
import contextlib
import logging
import math
import secrets
import shutil
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal, ParamSpec, TypeVar

import soundfile

from everjam.audio import BYTES_PER_FRAME, SAMPLE_RATE_HZ, Block, from_pcm16
from everjam.engines import registry
from everjam.errors import EngineError, EverjamError, ServerBusy, log_line
from everjam.export.audiofile import FORMATS
from everjam.export.bundle import TakeOrder, TakeWriter
from everjam.live.clock import Clock
from everjam.live.jam import Renderer
from everjam.live.stretch import Planned, Stretch
from everjam.live.worker import RenderCall, Rendered
from everjam.steering import Steering

log = logging.getLogger(__name__)
P = ParamSpec("P")
T = TypeVar("T")

TakeState = Literal["rendering", "ready", "failed"]

KEEP_SECONDS: Final = 3600.0
"""How long a take that is ready or failed can be had."""
MAX_KEPT: Final = 64
MAX_RENDERING: Final = 16
MAX_RENDERING_A_JAM: Final = 4
MAX_BYTES: Final = 8 * 1024**3
"""Of all files of all takes."""
RESERVE_BYTES: Final = 256 * 1024**2
"""What takes leave free on the disk."""
HEDGE_SECONDS: Final = 3.0
_LATE_TRIES: Final = 20
_LATE_PAUSE_SECONDS: Final = 0.2
"""Time for a worker to finish notes for which it would not wait, before it is asked again."""
_BATCH_FRAMES: Final = 2 * SAMPLE_RATE_HZ
_STALE_SECONDS: Final = 86_400.0
_LOSSY_SHARE: Final = 0.2
_STOPPING: Final = "The server is stopping."
_NO_ROOM: Final = "There is no room on the server's disk for this take."
_NOT_WRITTEN: Final = "The file could not be written; the disk of the server may be full."
_NO_ROOM_REMEDY: Final = "Delete other takes, or take less."


class NoRoom(EverjamError):
    """The disk has no room for a take."""


@dataclass(frozen=True, slots=True)
class TakeInfo:
    """How a take is getting on.

    Attributes:
        id: What it is asked for by.
        state: ``rendering``, ``ready`` or ``failed``.
        progress: 0 to 1.
        name: Name for the file; tempo and key are in it once they are known.
        size_bytes: Of the file, 0 until it is ready.
        begin_frame: Where it begins in the jam.
        end_frame: Where it ends.
        bars: Whole bars, 0 where the engine knows none.
        message: Why it failed, or "".
    """

    id: str
    state: TakeState
    progress: float
    name: str
    size_bytes: int
    begin_frame: int
    end_frame: int
    bars: int
    message: str

    @property
    def seconds(self) -> float:
        """Length."""
        return (self.end_frame - self.begin_frame) / SAMPLE_RATE_HZ


class _Take:
    """One take, from its order to its removal."""

    def __init__(self, jam_id: str, stretch: Stretch, order: TakeOrder, folder: Path) -> None:
        self.jam_id = jam_id
        self.stretch: Stretch | None = stretch
        self.order = order
        self.folder = folder / (take_id := secrets.token_urlsafe(12))
        self.path: Path | None = None
        self.task: asyncio.Task[None] | None = None
        self.over_at_seconds = math.inf
        self.info = TakeInfo(
            take_id,
            "rendering",
            0.0,
            TakeWriter(self.folder, order).name,
            0,
            stretch.begin_frame,
            stretch.end_frame,
            stretch.bars,
            "",
        )

    @property
    def is_rendering(self) -> bool:
        return self.info.state == "rendering"

    @property
    def disk_bytes(self) -> int:
        """What it takes on the disk, or may take."""
        return estimated_bytes(self.order) if self.is_rendering else self.info.size_bytes


class Takes:
    """All takes of a server.

    Args:
        renderer: Renders blocks off the event loop; calls without a deadline must not hold up any other.
        clock: Time.
        folder: Where the files are kept while they can be had; made when it is needed.
    """

    def __init__(self, renderer: Renderer, clock: Clock, folder: Path) -> None:
        self._renderer = renderer
        self._clock = clock
        self._root = folder
        self._folder = folder / secrets.token_hex(8)
        self._takes: dict[str, _Take] = {}
        self._turn = asyncio.Lock()
        self._beginning = asyncio.Lock()
        self._janitor: asyncio.Task[None] | None = None
        self._closed = False

    async def begin(self, jam_id: str, stretch: Stretch, ending: str, *, bundle: bool) -> TakeInfo:
        """Begins to render a take.

        Args:
            jam_id: The jam that it is of.
            stretch: What to render.
            ending: Format, as in ``audiofile.FORMATS``.
            bundle: Whether to pack mix, stems and MIDI together.

        Raises:
            ServerBusy: So many are being rendered that there is no room for one more, or the server is stopping.
            NoRoom: The disk has no room.
        """
        async with self._beginning:
            self._check_limits(jam_id)
            order = await asyncio.to_thread(order_of, stretch, ending, bundle=bundle)
            await self._make_room(estimated_bytes(order))
            if self._closed:
                raise ServerBusy(_STOPPING)
            take = _Take(jam_id, stretch, order, self._folder)
            self._takes[take.info.id] = take
        take.task = asyncio.get_running_loop().create_task(self._render(take), name="take")
        if self._janitor is None or self._janitor.done():
            self._janitor = asyncio.get_running_loop().create_task(self._tidy(), name="tidying takes")
        return take.info

    def _check_limits(self, jam_id: str) -> None:
        if self._closed:
            raise ServerBusy(_STOPPING)
        rendering = [take for take in self._takes.values() if take.is_rendering]
        of_this_jam = sum(take.jam_id == jam_id for take in rendering)
        if len(rendering) >= MAX_RENDERING or of_this_jam >= MAX_RENDERING_A_JAM:
            raise ServerBusy(
                f"{of_this_jam} takes of this jam and {len(rendering)} in all are being rendered.",
                remedy="Wait for one of them, or delete one.",
            )

    def find(self, jam_id: str, take_id: str) -> TakeInfo | None:
        """How a take is getting on; None if there is no such take of that jam."""
        take = self._find(jam_id, take_id)
        return take.info if take else None

    def file(self, jam_id: str, take_id: str) -> Path | None:
        """The file of a take; None if it is not ready."""
        take = self._find(jam_id, take_id)
        return take.path if take else None

    async def remove(self, jam_id: str, take_id: str) -> bool:
        """Stops and deletes a take; False if there is none."""
        take = self._find(jam_id, take_id)
        if take is None:
            return False
        await self._remove(take)
        return True

    async def close(self) -> None:
        """Stops everything and deletes all files."""
        self._closed = True
        if self._janitor is not None:
            self._janitor.cancel()
            await asyncio.gather(self._janitor, return_exceptions=True)
        for take in list(self._takes.values()):
            await self._remove(take)
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    # rendering ───────────────────────────────────────────────────────────────────────────────────

    async def _render(self, take: _Take) -> None:
        """Renders a take to its file, and says in the take how that went."""
        try:
            path = await self._write(take)
            size = path.stat().st_size
        except Exception as error:  # noqa: BLE001  whatever it was, the client is told, and nothing is left behind
            message = await self._cause(error)
            await in_thread(shutil.rmtree, take.folder, ignore_errors=True)
            take.info = replace(take.info, state="failed", message=message)
        else:
            take.path = path
            take.info = replace(take.info, state="ready", progress=1.0, size_bytes=size)
        take.stretch = None  # with all the state that it holds
        take.over_at_seconds = self._clock.now_seconds() + KEEP_SECONDS

    async def _cause(self, error: Exception) -> str:
        """What the client is told about a take that has failed; the log is told more."""
        if isinstance(error, EngineError):
            log.error("take failed: %s", log_line(error))
            return "The engine could not play it again."
        if isinstance(error, EverjamError | OSError | soundfile.SoundFileError):
            log.error("take failed: %s", log_line(error))
            no_room = await asyncio.to_thread(self._free_bytes) < RESERVE_BYTES
            return f"{_NO_ROOM} {_NO_ROOM_REMEDY}" if no_room else _NOT_WRITTEN
        log.error("take failed", exc_info=error)
        return "Internal error encountered."

    async def _write(self, take: _Take) -> Path:
        stretch, order = take.stretch, take.order
        assert stretch is not None
        await in_thread(self._prepare, take.folder)
        with TakeWriter(take.folder, order) as writer:
            done, waiting = 0, list[tuple[Planned, Rendered]]()
            async for planned, rendered in self._replay(stretch, stems=order.bundle):
                done += 1
                if planned.frame + planned.frames > stretch.begin_frame:
                    waiting.append((planned, rendered))
                if sum(each.frames for each, _ in waiting) >= _BATCH_FRAMES or done == stretch.chunks:
                    await in_thread(_add_all, writer, stretch, waiting)
                    waiting = []
                    self._check_room()
                progress = 0.99 * done / stretch.chunks
                take.info = replace(take.info, progress=round(progress, 3), name=writer.name)
            return await in_thread(writer.finish)

    async def _replay(self, stretch: Stretch, *, stems: bool) -> AsyncIterator[tuple[Planned, Rendered]]:
        """All chunks of a stretch, as they were sent."""
        state = stretch.state
        for planned in stretch.plan():
            call = RenderCall(
                stretch.engine,
                None if planned.fresh else state,
                planned.seed,
                planned.reset,
                planned.steering,
                planned.frames,
                report=True,
                stems=stems,
                bar=planned.bar,
            )
            rendered = await self._render_chunk(call)
            state = rendered.state
            yield planned, rendered

    async def _render_chunk(self, call: RenderCall) -> Rendered:
        """One chunk with all its notes: a worker gives up waiting for them, but has them when it is asked again."""
        for _ in range(_LATE_TRIES):
            async with self._turn:
                rendered = await self._renderer.render(call, deadline_seconds=math.inf, hedge_seconds=HEDGE_SECONDS)
            if not rendered.late_notes:
                break
            await self._clock.sleep_until(self._clock.now_seconds() + _LATE_PAUSE_SECONDS)
        return rendered

    # room ────────────────────────────────────────────────────────────────────────────────────────

    async def _make_room(self, needed_bytes: int) -> None:
        """Removes the oldest takes that are over until a new one fits in.

        Raises:
            NoRoom: It does not even then.
        """
        over = sorted(
            (take for take in self._takes.values() if not take.is_rendering), key=lambda take: take.over_at_seconds
        )
        while True:
            used = sum(take.disk_bytes for take in self._takes.values())
            free = await asyncio.to_thread(self._free_bytes)
            fits = used + needed_bytes <= MAX_BYTES and needed_bytes + RESERVE_BYTES <= free
            if fits and len(self._takes) < MAX_KEPT:
                return
            if not over:
                raise NoRoom(_NO_ROOM, remedy=_NO_ROOM_REMEDY)
            await self._remove(over.pop(0))

    def _free_bytes(self) -> int:
        place = self._folder
        while not place.exists():
            place = place.parent
        return shutil.disk_usage(place).free

    def _check_room(self) -> None:
        if self._free_bytes() < RESERVE_BYTES // 2:
            raise NoRoom(_NO_ROOM, remedy=_NO_ROOM_REMEDY)

    def _prepare(self, folder: Path) -> None:
        """Makes the folder of a take; what servers have left behind that did not end in order is deleted."""
        self._root.mkdir(parents=True, exist_ok=True)
        for left in self._root.iterdir():
            with contextlib.suppress(OSError):
                if left != self._folder and time.time() - left.stat().st_mtime > _STALE_SECONDS:
                    shutil.rmtree(left, ignore_errors=True)
        folder.mkdir(parents=True)

    async def _tidy(self) -> None:
        """Removes takes whose time is over."""
        while self._takes:
            now = self._clock.now_seconds()
            for take in [take for take in self._takes.values() if take.over_at_seconds <= now]:
                await self._remove(take)
            await self._clock.sleep_until(now + KEEP_SECONDS / 60)

    async def _remove(self, take: _Take) -> None:
        self._takes.pop(take.info.id, None)
        take.path = None
        if take.task is not None:
            take.task.cancel()
            await asyncio.gather(take.task, return_exceptions=True)
        await in_thread(shutil.rmtree, take.folder, ignore_errors=True)

    def _find(self, jam_id: str, take_id: str) -> _Take | None:
        take = self._takes.get(take_id)
        return take if take is not None and take.jam_id == jam_id else None


def order_of(stretch: Stretch, ending: str, *, bundle: bool) -> TakeOrder:
    """What to write of a stretch."""
    steering: list[tuple[int, Steering]] = []
    seed = 0
    for frame, played_from, asked in stretch.steered():
        if frame <= stretch.begin_frame:
            steering, seed = [], played_from
        if not steering or steering[-1][1] != asked:
            steering.append((max(0, frame - stretch.begin_frame), asked))
    stems = registry.info(stretch.engine).stems if bundle else ()
    return TakeOrder(stretch.engine, seed, tuple(steering), stretch.frames, stretch.bars, ending, stems, bundle)


def estimated_bytes(order: TakeOrder) -> int:
    """What a take needs on the disk at most, or, where nobody can tell before, as good as surely."""
    pcm = order.frames * BYTES_PER_FRAME
    mix = pcm if FORMATS[order.ending].pcm else round(_LOSSY_SHARE * pcm)
    # A bundle is packed file by file, so that one file is there twice.
    return mix + (pcm * (len(order.stems) + 1) if order.bundle else 0)


def _add_all(writer: TakeWriter, stretch: Stretch, chunks: list[tuple[Planned, Rendered]]) -> None:
    for planned, rendered in chunks:
        writer.add(_block(stretch, planned, rendered), rendered.programs)


def _block(stretch: Stretch, planned: Planned, rendered: Rendered) -> Block:
    """What of a chunk lies in the stretch, in frames that count from the beginning of the stretch."""
    begin, end = stretch.begin_frame, stretch.end_frame
    inside = slice(max(0, begin - planned.frame), end - planned.frame)
    report = rendered.report
    return Block(
        from_pcm16(rendered.pcm16)[inside],
        max(begin, planned.frame) - begin,
        tuple(
            replace(beat, frame=beat.frame - begin)
            for beat in (report.beats if report else ())
            if begin <= beat.frame < end
        ),
        tuple(
            replace(note, start_frame=note.start_frame - begin)
            for note in (report.notes if report else ())
            if begin <= note.start_frame < end
        ),
        {name: from_pcm16(pcm16)[inside] for name, pcm16 in rendered.stems.items()},
    )


async def in_thread(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """``asyncio.to_thread`` that is over when the function is, even if whoever waits is cancelled."""
    task = asyncio.ensure_future(asyncio.to_thread(function, *args, **kwargs))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
