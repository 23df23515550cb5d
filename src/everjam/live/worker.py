"""The child process that renders: takes calls from a private socket, one at a time, and keeps nothing but caches.

``run`` is called in a fresh interpreter with the socket as standard input (POSIX) or a shared socket's bytes on it
(Windows). It ends when the socket closes, so that no orphan outlives its server.
"""

import contextlib
import json
import os
import pickle
import select
import signal
import socket
import struct
import sys
import time
import traceback
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from everjam.memory import heap_trimmer
from everjam.steering import Steering

if TYPE_CHECKING:
    from everjam.audio import BeatEvent, Block, NoteEvent
    from everjam.engines.base import Engine, Meaning

HEADER: Final = struct.Struct(">Q")
TRIM_SECONDS: Final = 5.0
"""Notes come and go and leave holes in the heap, a sixth of it; closing them takes some milliseconds."""
MAX_FRAME_BYTES: Final = 256 * 1024 * 1024

EngineOptions = Mapping[str, Mapping[str, Any]]
"""Engine to the options that its constructor takes."""


@dataclass(frozen=True, slots=True)
class RenderCall:
    """One block to be rendered; it holds all that rendering depends on, so any worker can do it, and do it again.

    Attributes:
        engine: Name in the registry.
        state: The engine's pickled state; None starts from silence.
        seed: For a start or a reset.
        reset: Reset the musical context first.
        steering: What steers the block.
        frames: Length of the block.
        report: Whether to say what happens in the block.
        explain: Whether the report says what the prompts were taken for, too.
        stems: Whether to give the stems.
        bar: Where to start the piece, for a start with an engine that can (``everjam.engines.base.Seeks``).
    """

    engine: str
    state: bytes | None
    seed: int
    reset: bool
    steering: Steering
    frames: int
    report: bool = False
    explain: bool = False
    stems: bool = False
    bar: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """What happens in a block, as far as the engine says it.

    Attributes:
        start_frame: Frame in the piece of the first sample.
        beats: Beats in the block, in order.
        notes: Notes that begin in the block, in order of their start.
        why: What the prompts were taken for; empty if that was not asked.
    """

    start_frame: int
    beats: "tuple[BeatEvent, ...]" = ()
    notes: "tuple[NoteEvent, ...]" = ()
    why: "tuple[Meaning, ...]" = ()


@dataclass(frozen=True, slots=True)
class Rendered:
    """What a call gives.

    Attributes:
        pcm16: Little-endian interleaved 16-bit stereo PCM.
        state: The engine's pickled state after the block.
        render_seconds: Time that it took in the worker.
        late_notes: Notes that were not ready and come in with the next block.
        report: What happens in the block; None if that was not asked.
        stems: Stem to PCM as ``pcm16``, in the engine's order; empty if not asked for, or if it has none.
        programs: General MIDI programs of the instruments in the report, as far as the engine knows them; empty if
            stems were not asked for.
    """

    pcm16: bytes
    state: bytes
    render_seconds: float
    late_notes: int = 0
    report: Report | None = None
    stems: Mapping[str, bytes] = field(default_factory=dict)
    programs: Mapping[str, int | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Failed:
    """An engine raised, or gave something that is not audio.

    Attributes:
        detail: The traceback, for the log only.
    """

    detail: str


@dataclass(frozen=True, slots=True)
class Ready:
    """The first message of a worker: it has loaded and warmed its engines."""


def pack(message: object) -> bytes:
    """A message with its length in front."""
    body = pickle.dumps(message, protocol=5)
    return HEADER.pack(len(body)) + body


def render(
    engines: dict[str, Any], call: RenderCall, options: EngineOptions | None = None
) -> tuple[Rendered, Iterator[None]]:
    """Renders one block.

    Args:
        engines: Engines loaded so far, by name; grows by the engine that is called.
        call: What to render.
        options: What engines take beside their names, by engine.

    Returns:
        What the call gives, and the steps of what the engine may do until the next call.

    Raises:
        EngineError: What came out is not ``call.frames`` of finite audio.
    """
    import numpy as np  # noqa: PLC0415  heavy; the parent imports this module for its types only

    from everjam.audio import to_pcm16  # noqa: PLC0415
    from everjam.engines.base import LooksAhead, Seeks  # noqa: PLC0415
    from everjam.errors import EngineError  # noqa: PLC0415

    begin = time.perf_counter()
    engine = _engine(engines, call, (options or {}).get(call.engine, {}))
    if call.state is None:
        seeks = call.bar > 0 and isinstance(engine, Seeks)
        state = engine.seek(call.seed, call.bar, call.steering) if seeks else engine.start(call.seed)
    else:
        state = pickle.loads(call.state)  # noqa: S301  from our own children only
        if call.reset:
            state = engine.reset(state, call.seed)
    block, state = engine.render(state, call.steering, call.frames)
    if block.audio.shape != (call.frames, 2) or not np.isfinite(block.audio).all():
        raise EngineError(f"{call.engine} gave {block.audio.shape} or non-finite samples for {call.frames} frames")
    pcm16, after = to_pcm16(block.audio), pickle.dumps(state, protocol=5)
    ahead = engine.anticipate(state, call.steering) if isinstance(engine, LooksAhead) else iter(())
    report = _report(engine, call, block) if call.report else None
    stems = {name: to_pcm16(stem) for name, stem in block.stems.items()}
    program = getattr(engine, "gm_program", None) if call.stems and report is not None else None
    programs = {note.instrument: program(note.instrument) for note in block.notes} if program else {}
    return Rendered(pcm16, after, time.perf_counter() - begin, block.late_notes, report, stems, programs), ahead


def _engine(engines: dict[str, Any], call: RenderCall, options: Mapping[str, Any]) -> Any:
    """The engine that a call is for. One that gives stems is another instance: what is live does without their cost."""
    from everjam.engines import registry  # noqa: PLC0415
    from everjam.engines.base import GivesStems  # noqa: PLC0415

    if call.engine not in engines:
        engines[call.engine] = registry.load(call.engine, **options)
    engine = engines[call.engine]
    if not (call.stems and engine.info.stems):
        return engine
    name = f"{call.engine} with stems"
    if name not in engines:
        shares = isinstance(engine, GivesStems)
        engines[name] = engine.with_stems() if shares else registry.load(call.engine, stems=True, **options)
    return engines[name]


def _report(engine: "Engine", call: RenderCall, block: "Block") -> Report:
    """What is told about a block; an engine that cannot say what words mean says nothing about them."""
    from everjam.engines.base import Explains  # noqa: PLC0415

    why = engine.explain(call.steering) if call.explain and isinstance(engine, Explains) else ()
    return Report(block.start_frame, block.beats, block.notes, why)


def main(engine_names: list[str], options: EngineOptions) -> None:
    """Serves calls until the socket closes.

    Args:
        engine_names: Engines to load and warm before the first call.
        options: What engines take beside their names, by engine.
    """
    # Terminals and service managers signal whole groups; the server still needs its workers for the fade-out.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    channel = _inherited_socket()
    engines: dict[str, Any] = {}
    from everjam.engines import registry  # noqa: PLC0415  after the signal handler, so that Ctrl-C is quiet
    from everjam.engines.base import GetsHelp, LooksAhead  # noqa: PLC0415

    for name in engine_names:
        engines[name] = registry.load(name, **options.get(name, {}))
        if isinstance(engines[name], LooksAhead):
            engines[name].hurry()
        if isinstance(engines[name], GetsHelp):
            engines[name].get_help()
        engines[name].warm()
    trim_heap = heap_trimmer()
    trimmed_at = time.monotonic()
    with channel, channel.makefile("rb") as incoming:
        channel.sendall(pack(Ready()))
        while header := incoming.read(HEADER.size):
            if len(header) < HEADER.size:
                return
            (size,) = HEADER.unpack(header)
            call = pickle.loads(incoming.read(size))  # noqa: S301  from our own parent only
            ahead: Iterator[None] = iter(())
            try:
                reply: Rendered | Failed
                reply, ahead = render(engines, call, options)
            except Exception:  # noqa: BLE001  whatever an engine raises is reported, and the worker lives on
                reply = Failed(traceback.format_exc())
            channel.sendall(pack(reply))
            spend_idle_time(channel, ahead)
            if time.monotonic() - trimmed_at >= TRIM_SECONDS:
                trim_heap()
                trimmed_at = time.monotonic()


def spend_idle_time(channel: socket.socket, ahead: Iterator[None]) -> None:
    """Gets ready for what comes next until the next call comes in, or the socket closes.

    Args:
        channel: Where calls come in.
        ahead: Steps of some milliseconds.
    """
    # What fails here fails again when it is needed, and is told then.
    with contextlib.suppress(Exception):
        for _ in ahead:
            if select.select([channel], [], [], 0.0)[0]:
                return


def _inherited_socket() -> socket.socket:
    if sys.platform == "win32":
        return socket.fromshare(sys.stdin.buffer.read())
    channel = socket.socket(fileno=os.dup(0))
    # Whatever an engine or a program that it starts reads from its standard input must not be our calls.
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    return channel


def run() -> None:
    """Entry point of the child; the arguments are the options as JSON and the names of the engines to warm."""
    try:
        main(sys.argv[2:], json.loads(sys.argv[1]))
    except (BrokenPipeError, ConnectionResetError, EOFError, pickle.UnpicklingError):
        sys.exit(0)
