"""A part of a jam with all that it takes to render it again: an engine's state, and what was asked for from there."""

from array import array
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from everjam.steering import Controls, Steering, WeightedPrompt

_RUN_BYTES: Final = 200
_TEXT_BYTES: Final = 64
_CONTROLS_BYTES: Final = 300


@dataclass(frozen=True, slots=True)
class Line:
    """A bar line.

    Attributes:
        frame: Where it is heard.
        bar: Number of the bar that begins there.
    """

    frame: int
    bar: int


@dataclass(frozen=True, slots=True)
class Steered:
    """A ``Steering``, packed: a page that drifts sends a new one with every chunk."""

    texts: tuple[str, ...]
    weights: bytes
    controls: Controls

    def unpack(self) -> Steering:
        """The steering again."""
        weights = array("d", self.weights)
        return Steering(tuple(map(WeightedPrompt, self.texts, weights)), self.controls)


@dataclass(slots=True)
class Run:
    """Chunks of the same length and steering, one after the other.

    Attributes:
        frame: Frame of the first sample.
        frames: Length of each chunk.
        count: Number of chunks.
        steered: What steers them.
        seed: For a start or a reset.
        reset: Whether the first of them resets the context.
        fresh: Whether the first of them begins from nothing.
        bar: Where it then begins.
        cost_bytes: What it takes, roughly.
    """

    frame: int
    frames: int
    count: int
    steered: Steered
    seed: int
    reset: bool
    fresh: bool
    bar: int
    cost_bytes: int


@dataclass(frozen=True, slots=True)
class Planned:
    """A chunk that is to be rendered again.

    Attributes:
        frame: Frame of its first sample.
        frames: Length.
        steering: What steers it.
        seed: For a start or a reset.
        reset: Reset the context first.
        fresh: Begin from nothing, whatever went before.
        bar: Where it then begins.
    """

    frame: int
    frames: int
    steering: Steering
    seed: int
    reset: bool
    fresh: bool
    bar: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a jam, with all that it takes to render it again. It stays what it is while the jam goes on.

    Attributes:
        engine: Name of the engine.
        state: The engine's state before the first chunk.
        begin_frame: Where the stretch begins: in or after the first chunk.
        end_frame: Where it ends.
        lines: Bar lines from begin to end, both included where bars begin there.
        runs: What the chunks are made from.
    """

    engine: str
    state: bytes | None
    begin_frame: int
    end_frame: int
    lines: tuple[Line, ...]
    runs: tuple[Run, ...]

    @property
    def frames(self) -> int:
        """Length."""
        return self.end_frame - self.begin_frame

    @property
    def bars(self) -> int:
        """How many whole bars it is long; 0 where it does not begin and end with one."""
        at_lines = self.lines and (self.lines[0].frame, self.lines[-1].frame) == (self.begin_frame, self.end_frame)
        return len(self.lines) - 1 if at_lines else 0

    @property
    def first_frame(self) -> int:
        """Where rendering begins: at a checkpoint."""
        return self.runs[0].frame

    @property
    def chunks(self) -> int:
        """How many chunks are to be rendered."""
        return sum(run.count for run in self.runs)

    def steered(self) -> Iterator[tuple[int, int, Steering]]:
        """Frames from which on something else may be asked for, with the seed and what is asked, in order."""
        for run in self.runs:
            yield run.frame, run.seed, run.steered.unpack()

    def plan(self) -> Iterator[Planned]:
        """The chunks from the checkpoint to the end, in order."""
        for run in self.runs:
            steering = run.steered.unpack()
            for index in range(run.count):
                frame, first = run.frame + index * run.frames, index == 0
                yield Planned(frame, run.frames, steering, run.seed, run.reset and first, run.fresh and first, run.bar)


def trimmed(whole: Stretch, begin: int, end: int) -> Stretch:
    """A part of a stretch that begins no earlier; the runs are copies."""
    runs = []
    for run in whole.runs:
        if run.frame >= end:
            break
        runs.append(replace(run, count=min(run.count, -(-(end - run.frame) // run.frames))))
    lines = tuple(line for line in whole.lines if begin <= line.frame <= end)
    return Stretch(whole.engine, whole.state, begin, end, lines, tuple(runs))


def pack(steering: Steering, before: Steered | None) -> tuple[Steered, int]:
    """A steering packed, sharing what it can with the one before, and about how many bytes that takes."""
    texts = tuple(prompt.text for prompt in steering.prompts)
    weights = array("d", (prompt.weight for prompt in steering.prompts)).tobytes()
    controls, cost = steering.controls, _RUN_BYTES + len(weights)
    if before is not None and before.texts == texts:
        texts = before.texts
    else:
        cost += sum(_TEXT_BYTES + 4 * len(text) for text in texts)
    if before is not None and before.controls == controls:
        controls = before.controls
    else:
        cost += _CONTROLS_BYTES
    if before is not None and before.texts is texts and before.controls is controls and before.weights == weights:
        return before, _RUN_BYTES
    return Steered(texts, weights, controls), cost
