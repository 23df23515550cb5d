"""From bars to frames: composes bars as they are needed and lays their notes, beats and productions on the grid."""

from bisect import bisect_left
from dataclasses import dataclass, replace
from fractions import Fraction
from operator import attrgetter
from typing import Any, Final, Protocol

from everjam.audio import SAMPLE_RATE_HZ, BeatEvent
from everjam.engines.band.mixer import Cue, delay
from everjam.engines.band.score import Bar, Note
from everjam.engines.band.tempo import MAX_BPM, MIN_BPM, Grid, Step, frames_per_beat
from everjam.engines.base import Meaning
from everjam.steering import Steering

LONGEST_ENDING_BARS: Final = 4
"""No ending takes more; before that nobody needs to be asked."""
MAX_ANTICIPATION_BEATS: Final = 0.125
"""How long before its bar line a note may start."""
_ANTICIPATION: Final = Fraction(MAX_ANTICIPATION_BEATS)
_start_frame: Final = attrgetter("start_frame")
_start_beats: Final = attrgetter("start_beats")


class Composing(Protocol):
    """What the engine asks of a composer: a pure function from memory and steering to the next bar."""

    def start(self) -> Any:
        """Memory before the first bar."""
        ...

    def explain(self, steering: Steering) -> tuple[Meaning, ...]:
        """What each prompt is taken for."""
        ...

    def seek(self, steering: Steering, seed: int, bar: int) -> Any:
        """Memory before any bar of a piece that has been steered like this from its start."""
        ...

    def compose(self, memory: Any, steering: Steering, seed: int) -> tuple[Bar, Any]:
        """The next bar, and the memory after it."""
        ...

    def ending_bars(self, memory: Any, steering: Steering, seed: int) -> int:
        """How many bars an ending would take from here on, the last chord's included; 0 for none."""
        ...

    def conclude(self, memory: Any, steering: Steering, seed: int, step: int) -> tuple[Bar, Any]:
        """A bar of the ending, and the memory after it; silence when the ending is over."""
        ...


@dataclass(frozen=True, slots=True)
class Timeline:
    """How far the score has been laid out.

    Attributes:
        memory: The composer's.
        seed: Fixes all musical choices.
        grid: End of the tempo grid.
        bar: The bar being laid, None before the first.
        beat: The next beat of it to lay; equal to its number of beats when it is done.
        cue: Production and period that were cued last, so that only changes are cued.
        ends: Frame by which the piece has to be over, None for never.
        concluded: Bars of the ending that were laid.
    """

    memory: Any
    seed: int
    grid: Grid
    bar: Bar | None = None
    beat: int = 0
    cue: Cue | None = None
    ends: int | None = None
    concluded: int = 0


@dataclass(frozen=True, slots=True)
class Placed:
    """A note on the grid.

    Attributes:
        note: As written.
        start_frame: Where it starts, in the mixer's frames.
        duration_frames: Its written length.
        take: Counts notes within the jam's bars, so that repeated notes do not sound identical.
    """

    note: Note
    start_frame: int
    duration_frames: int
    take: int


@dataclass(frozen=True, slots=True)
class Laid:
    """What one call of ``lay`` laid out, in order of time, in the mixer's frames."""

    notes: tuple[Placed, ...]
    beats: tuple[BeatEvent, ...]
    cues: tuple[Cue, ...]


def start(memory: Any, seed: int, frame: int) -> Timeline:
    """A timeline whose first bar begins at ``frame``."""
    return Timeline(memory, seed, Grid.start(frame))


def lay(timeline: Timeline, composer: Composing, steering: Steering, until_frame: int) -> tuple[Laid, Timeline]:
    """Lays out the score, beat by beat, until no unlaid note can start before a frame.

    What has been laid stands: a tempo asked for now is reached by the end of the first beat that has not.

    Args:
        timeline: Where to go on from.
        composer: Who writes the bars.
        steering: What the listener asks for now.
        until_frame: Frame in the mixer's time.

    Returns:
        What was laid, and the timeline after it.
    """
    notes: list[Placed] = []
    beats: list[BeatEvent] = []
    cues: list[Cue] = []
    while _earliest(timeline.grid) < until_frame:
        if timeline.bar is None or timeline.beat >= len(timeline.bar.meter.groups):
            timeline = _next_bar(timeline, composer, steering)
        assert timeline.bar is not None
        timeline = _lay_beat(timeline, timeline.bar, steering, notes, beats, cues)
    notes.sort(key=_start_frame)
    return Laid(tuple(notes), tuple(beats), tuple(cues)), timeline


def _next_bar(timeline: Timeline, composer: Composing, steering: Steering) -> Timeline:
    memory, seed = timeline.memory, timeline.seed
    if timeline.ends is not None and (timeline.concluded or _is_time_to_end(timeline, composer, steering)):
        bar, memory = composer.conclude(memory, steering, seed, timeline.concluded)
        return replace(timeline, bar=bar, memory=memory, beat=0, concluded=timeline.concluded + 1)
    bar, memory = composer.compose(memory, steering, seed)
    return replace(timeline, bar=bar, memory=memory, beat=0)


def _is_time_to_end(timeline: Timeline, composer: Composing, steering: Steering) -> bool:
    """Whether the ending, begun one bar later, would come too late. A piece too short for one has none."""
    grid, bar = timeline.grid, timeline.bar
    if grid.period is None or bar is None or timeline.ends is None:
        return False
    left = float((timeline.ends - grid.frame) / grid.period) / bar.length_beats
    if left >= LONGEST_ENDING_BARS + 1:
        return False
    bars = composer.ending_bars(timeline.memory, steering, timeline.seed)
    return 0 < bars <= left < bars + 1


def _earliest(grid: Grid) -> Fraction:
    """Where the earliest note that has not been laid may start."""
    if grid.period is None:
        return grid.frame
    return grid.frame - _ANTICIPATION * grid.period


def _lay_beat(
    timeline: Timeline,
    bar: Bar,
    steering: Steering,
    notes: list[Placed],
    beats: list[BeatEvent],
    cues: list[Cue],
) -> Timeline:
    meter = bar.meter
    length = meter.beat_lengths[timeline.beat]
    bpm = float(min(max((steering.controls.bpm or bar.bpm) * bar.tempo_scale, MIN_BPM), MAX_BPM))
    step, grid = timeline.grid.advance(length, bpm)
    frame = step.frame_at(0)
    from_beats = meter.beat_starts[timeline.beat]
    beats.append(
        BeatEvent(
            frame,
            bar.index,
            timeline.beat,
            _bpm_at(step),
            (meter.count, meter.unit),
            _chord_at(bar, from_beats),
            bar.section,
            bar.key,
            float(length) * meter.quarters_per_beat,
            meter.quarters_per_beat,
        )
    )
    cue = Cue(frame, bar.production, delay.samples_for(bar.production.delay_beats * float(frames_per_beat(bpm))))
    last = timeline.cue
    if last is None or (cue.production, cue.delay_samples) != (last.production, last.delay_samples):
        cues.append(cue)
        last = cue
    written = bar.notes
    begin = bisect_left(written, from_beats, key=_start_beats) if timeline.beat else 0
    is_last = timeline.beat == len(meter.groups) - 1
    end = len(written) if is_last else bisect_left(written, from_beats + float(length), key=_start_beats)
    for i in range(begin, end):
        note = written[i]
        start = max(0, step.frame_at(max(note.start_beats, -MAX_ANTICIPATION_BEATS) - from_beats))
        duration = max(1, round(note.duration_beats * step.last_frames))
        notes.append(Placed(note, start, duration, _take(bar.index, i)))
    return replace(timeline, grid=grid, beat=timeline.beat + 1, cue=last)


def _take(bar: int, number: int) -> int:
    """Takes unfold bar by bar, so that a first block needs few waveforms: one in bar 0, two in bar 1, and so on."""
    return (bar * 7 + number) % min(1 + bar, 12)


def _bpm_at(step: Step) -> float:
    return round(float(60 * SAMPLE_RATE_HZ / step.first_period), 3)


def _chord_at(bar: Bar, beats: float) -> str:
    symbol = ""
    for chord in bar.chords:
        if chord.start_beats <= beats:
            symbol = chord.symbol
    return symbol
