"""What a jam keeps so that any stretch of it can be rendered again: not its sound, but what the sound was made from.

::

    checkpoint        checkpoint        checkpoint        end
    ──●─────────────────●─────────────────●────────────────┤
      calls calls calls   calls   (reset)   calls

A checkpoint is the engine's state before a chunk, the calls after it are a frame count and a steering each. Engines
are pure, so the calls from a checkpoint on give the very samples that were sent. A checkpoint takes as much as the
engine's state, a second of music some tens of bytes; all of it stays below ``TapeLimits``.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from operator import attrgetter
from typing import Final

from everjam.audio import SAMPLE_RATE_HZ
from everjam.errors import InvalidMessage
from everjam.live.stretch import Line, Run, Stretch, pack, trimmed
from everjam.live.worker import RenderCall, Rendered

_LINE_BYTES: Final = 120

_frame: Final = attrgetter("frame")


@dataclass(frozen=True, slots=True)
class TapeLimits:
    """How much a tape may keep.

    Attributes:
        window_seconds: How much of the latest music can always be rendered again.
        checkpoint_seconds: Distance of checkpoints: how much must be rendered at most before a stretch begins.
        held_seconds: Longest recording.
        state_bytes: Most bytes of checkpoints; larger states lie further apart.
        call_bytes: Most bytes of calls and bar lines, roughly; beyond it the oldest go.
    """

    window_seconds: float = 100.0
    checkpoint_seconds: float = 8.0
    held_seconds: float = 3600.0
    state_bytes: int = 24 * 1024 * 1024
    call_bytes: int = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Checkpoint:
    """The engine's state before the chunk that begins at ``frame``; None before the first."""

    frame: int
    state: bytes | None


class Tape:
    """What one jam keeps. Frames count as the engine counts them: from 0 at a start.

    A start from nothing after a stop begins a new tape: what was before it can be had no more, but for the stretches
    that have been cut out of it.

    Args:
        limits: How much to keep.
    """

    def __init__(self, limits: TapeLimits | None = None) -> None:
        self._limits = limits or TapeLimits()
        self._engine = ""
        self._runs: list[Run] = []
        self._checkpoints: list[_Checkpoint] = []
        self._lines: list[Line] = []
        self._end = 0
        self._held: int | None = None
        self._held_at = 0
        self._full: Stretch | None = None
        self._cost_bytes = 0

    @property
    def begin_frame(self) -> int:
        """The earliest frame that can be rendered again, recordings that are full not counted."""
        return self._runs[0].frame if self._runs else self._end

    @property
    def end_frame(self) -> int:
        """The end of what has been sent."""
        return self._end

    @property
    def held_frame(self) -> int | None:
        """From where on everything is kept, because it is being recorded; None if nothing is."""
        return self._held

    @property
    def full(self) -> bool:
        """Whether the recording is as long as one may be: what is sent now is no part of it."""
        return self._full is not None

    @property
    def size_bytes(self) -> int:
        """What is kept, roughly."""
        return self._cost_bytes + sum(len(mark.state or b"") for mark in self._checkpoints)

    # what is played ──────────────────────────────────────────────────────────────────────────────

    def add(self, call: RenderCall, rendered: Rendered) -> None:
        """Takes in a chunk that is being sent.

        Args:
            call: What it was rendered from.
            rendered: What came of it; its report, where it has one, says where it begins and where bars do.
        """
        report = rendered.report
        begin = report.start_frame if report is not None else 0 if call.state is None else self._end
        if begin != self._end or (call.state is None and self._runs):
            self._begin_anew(begin)
        self._engine = call.engine
        if report is not None:
            lines = [Line(beat.frame, beat.bar) for beat in report.beats if beat.beat == 0]
            self._lines.extend(lines)
            self._cost_bytes += _LINE_BYTES * len(lines)
        is_checkpoint = not self._checkpoints or begin - self._checkpoints[-1].frame >= self._spacing_frames(call)
        if is_checkpoint:
            self._checkpoints.append(_Checkpoint(begin, call.state))
        self._append(call, begin, extend=not is_checkpoint)
        self._end = begin + call.frames
        self._forget()

    def _begin_anew(self, frame: int) -> None:
        # A recording that was asked for after the stop begins with the new music.
        held = frame if self._held is not None and self._held_at == self._end else None
        self._runs, self._checkpoints, self._lines = [], [], []
        self._end, self._held, self._held_at, self._full, self._cost_bytes = frame, held, frame, None, 0

    def _spacing_frames(self, call: RenderCall) -> float:
        fitting = max(1, self._limits.state_bytes // max(1, len(call.state or b"")) - 2)
        return max(self._limits.checkpoint_seconds, self._limits.window_seconds / fitting) * SAMPLE_RATE_HZ

    def _append(self, call: RenderCall, frame: int, *, extend: bool) -> None:
        last = self._runs[-1] if self._runs else None
        steered, cost = pack(call.steering, last.steered if last else None)
        fresh = call.state is None
        if extend and last is not None and not (call.reset or fresh):
            same = (last.frames, last.steered, last.seed) == (call.frames, steered, call.seed)
            if same:
                last.count += 1
                return
        reset = call.reset and not fresh
        self._runs.append(Run(frame, call.frames, 1, steered, call.seed, reset, fresh, call.bar, cost))
        self._cost_bytes += cost

    def _forget(self) -> None:
        """Lets go of what is older than both the window and the recording, and of what there is no room for."""
        limits = self._limits
        if self._held is not None and self._full is None:
            is_over = self._end - self._held >= limits.held_seconds * SAMPLE_RATE_HZ
            if is_over or self._cost_bytes > limits.call_bytes:
                last = min(self._end, self._held + round(limits.held_seconds * SAMPLE_RATE_HZ))
                self._full = self._cut(self._held, last)
        window = self._end - round(limits.window_seconds * SAMPLE_RATE_HZ)
        held = self._held is not None and self._full is None
        needed = window if self._held is None or not held else min(window, self._held)
        marks = self._checkpoints
        first = max(0, bisect_right(marks, needed, key=_frame) - 1)
        # Of a recording that goes back beyond the window, only the state where it begins is needed.
        later = max(first + 1, bisect_right(marks, window, key=_frame) - 1)
        self._drop(marks[:first] + marks[first + 1 : later], marks[first].frame)
        while not held and self._cost_bytes > limits.call_bytes and len(marks := self._checkpoints) > 1:
            self._drop(marks[:1], marks[1].frame)

    def _drop(self, marks: list[_Checkpoint], begin: int) -> None:
        """Drops checkpoints, and everything before ``begin``."""
        if marks:
            gone = {mark.frame for mark in marks}
            self._checkpoints = [mark for mark in self._checkpoints if mark.frame not in gone]
        runs = bisect_left(self._runs, begin, key=_frame)
        lines = bisect_left(self._lines, begin, key=_frame)
        self._cost_bytes -= sum(run.cost_bytes for run in self._runs[:runs]) + _LINE_BYTES * lines
        del self._runs[:runs], self._lines[:lines]

    # recording ───────────────────────────────────────────────────────────────────────────────────

    def hold(self, frame: int | None = None) -> Line:
        """Keeps everything from the bar line at or before ``frame`` on, instead of what was held before.

        Args:
            frame: None is the end of what has been sent.

        Returns:
            Where the recording begins; the bar is -1 where no bar line is known.

        Raises:
            InvalidMessage: The frame is not on the tape.
        """
        asked = self._end if frame is None else frame
        self._check(asked, "begin")
        index = bisect_right(self._lines, asked, key=_frame) - 1
        line = self._lines[index] if index >= 0 else Line(max(self.begin_frame, 0) if self._lines else asked, -1)
        self._held, self._held_at, self._full = line.frame, self._end, None
        return line

    def release(self) -> None:
        """Keeps no more than the latest music again."""
        self._held = self._full = None
        if self._runs:
            self._forget()

    # stretches ───────────────────────────────────────────────────────────────────────────────────

    def grab(self, bars: int, until: int | None = None) -> Stretch:
        """The last whole bars before a frame, or as many as there are.

        Args:
            bars: How many, at least 1.
            until: The bar line that is nearest to it ends the stretch; None is the end of what has been sent.

        Raises:
            InvalidMessage: The frame is not on the tape, or no whole bar is.
        """
        self._check(until, "until")
        if not self._lines and self._runs:
            raise InvalidMessage(
                f"The engine {self._engine} does not say where bars begin.",
                field="bars",
                remedy="Give begin and end instead.",
            )
        last = self._nearest(self._lines, self._end if until is None else until)
        if last < 1:
            raise InvalidMessage("No whole bar has been played up to there.", field="bars", remedy="Wait for one.")
        return self._cut(self._lines[max(0, last - bars)].frame, self._lines[last].frame)

    def between(self, begin: int, end: int) -> Stretch:
        """The stretch between the bar lines that are nearest to two frames, at least one bar.

        Where no bar lines are known, the stretch is as asked.

        Raises:
            InvalidMessage: A frame is not on the tape, they are the wrong way round, or no whole bar lies there.
        """
        if begin >= end:
            raise InvalidMessage("It must be less than end.", field="begin")
        full = self._full
        if full is not None and full.begin_frame <= begin < full.end_frame:
            return self._within(full, begin, min(end, full.end_frame))
        self._check(begin, "begin")
        self._check(end, "end")
        lines = self._lines
        if not lines:
            return self._cut(begin, end)
        first, last = self._nearest(lines, begin), self._nearest(lines, end)
        if first >= last:
            last = first + 1
        if last >= len(lines):
            raise InvalidMessage("No whole bar lies there yet.", field="end", remedy="Wait for the end of the bar.")
        return self._cut(lines[first].frame, lines[last].frame)

    def _within(self, whole: Stretch, begin: int, end: int) -> Stretch:
        """Part of a recording that is full."""
        lines = list(whole.lines)
        if lines:
            first, last = self._nearest(lines, begin), self._nearest(lines, end)
            if first >= last:
                raise InvalidMessage("No whole bar lies there.", field="end")
            begin, end = lines[first].frame, lines[last].frame
        return trimmed(whole, begin, end)

    @staticmethod
    def _nearest(lines: list[Line], frame: int) -> int:
        """Index of the nearest line, -1 if there is none."""
        after = bisect_left(lines, frame, key=_frame)
        around = [index for index in (after - 1, after) if 0 <= index < len(lines)]
        return min(around, key=lambda index: abs(lines[index].frame - frame), default=-1)

    def _check(self, frame: int | None, field: str) -> None:
        if frame is not None and not self.begin_frame <= frame <= self._end:
            raise InvalidMessage(f"Only frames from {self.begin_frame} to {self._end} are kept.", field=field)

    def _cut(self, begin: int, end: int) -> Stretch:
        mark = self._checkpoints[max(0, bisect_right(self._checkpoints, begin, key=_frame) - 1)]
        first = bisect_left(self._runs, mark.frame, key=_frame)
        lines = self._lines[bisect_left(self._lines, begin, key=_frame) : bisect_right(self._lines, end, key=_frame)]
        whole = Stretch(self._engine, mark.state, begin, self._end, tuple(lines), tuple(self._runs[first:]))
        return trimmed(whole, begin, end)
