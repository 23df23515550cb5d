"""What a listener counts to tell styles apart: figures taken from composed bars.

Places are in beats from the bar line, 0 the first. A place counts as struck within ``NEAR`` beats of it: played time
is late and loose, and swung offbeats are late by as much as a sixth of a beat.
"""

import itertools
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from statistics import median

from everjam.engines.band.kit import DRUM_VOICES
from everjam.engines.band.score import Bar, ChordSpan, Note, Part
from everjam.engines.band.theory import FLAT_NAMES, MODES, SHARP_NAMES

Take = Sequence[Bar]
"""Bars in a row of one jam."""
Takes = Sequence[Take]
Measure = Callable[[Takes], float]

NEAR = 0.13
_ROLES = {voice.pitch: name for name, voice in DRUM_VOICES.items() if voice.is_role}


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that makes a style what it is.

    Attributes:
        says: In a musician's words.
        measure: Takes to a figure.
        low: Smallest figure that will do.
        high: Largest one.
    """

    says: str
    measure: Measure
    low: float
    high: float = float("inf")

    def holds(self, takes: Takes) -> bool:
        """Whether it is heard in the takes."""
        return self.low <= self.measure(takes) <= self.high


def mean(values: Iterable[float]) -> float:
    """The mean, 0 of nothing: what never happens cannot be heard."""
    listed = [float(value) for value in values]
    return sum(listed) / len(listed) if listed else 0.0


def drum(note: Note) -> str:
    """Name of a drum in a grid."""
    if note.patch in DRUM_VOICES and DRUM_VOICES[note.patch].pitch == note.pitch:
        return note.patch
    return _ROLES.get(note.pitch, "tom")


def _every(takes: Takes) -> list[Bar]:
    return [bar for take in takes for bar in take]


def _part(bar: Bar, part: Part) -> list[Note]:
    return [note for note in bar.notes if note.part == part]


def _with(takes: Takes, part: Part) -> list[tuple[Bar, list[Note]]]:
    """Bars in which a part plays, and its notes."""
    return [(bar, notes) for bar in _every(takes) if (notes := _part(bar, part))]


def _near(notes: Iterable[Note], place: float) -> bool:
    return any(abs(note.start_beats - place) < NEAR for note in notes)


def _tonic(bar: Bar) -> int:
    name = bar.key.partition(" ")[0]
    return (FLAT_NAMES if name in FLAT_NAMES else SHARP_NAMES).index(name)


def _mode(bar: Bar) -> str:
    return bar.key.partition(" ")[2].replace(" ", "_")


def tempo(takes: Takes) -> float:
    """Beats a minute."""
    return median(bar.bpm for bar in _every(takes))


def meter(*names: str) -> Measure:
    """Share of bars in one of these metres."""
    return lambda takes: mean(str(bar.meter) in names for bar in _every(takes))


def mode(*names: str) -> Measure:
    """Share of bars in one of these modes."""
    return lambda takes: mean(_mode(bar) in names for bar in _every(takes))


def minor(takes: Takes) -> float:
    """Share of bars in a mode with a minor third."""
    return mean(3 in MODES[_mode(bar)].steps for bar in _every(takes))


def present(part: Part) -> Measure:
    """Share of bars in which a part plays."""
    return lambda takes: mean(bool(_part(bar, part)) for bar in _every(takes))


def sounds_like(*words: str, part: str = "") -> Measure:
    """Share of bars in which a patch sounds whose name has one of these words in it.

    Args:
        words: Parts of names.
        part: Only in bars in which this part plays at all.
    """
    return lambda takes: mean(
        any(word in patch for patch in {note.patch for note in bar.notes} for word in words)
        for bar in _every(takes)
        if not part or any(note.part == part for note in bar.notes)
    )


def struck(drums: str, *places: float, of: str = "") -> Measure:
    """How often these places are struck by one of these drums (``snare clap``), in bars with drums.

    Args:
        drums: Names.
        places: In beats.
        of: Only in bars in which this drum plays at all.
    """
    names = drums.split()
    return lambda takes: mean(
        _near((note for note in notes if drum(note) in names), place)
        for _, notes in _with(takes, "drums")
        if not of or any(drum(note) == of for note in notes)
        for place in places
    )


def strokes(drums: str) -> Measure:
    """Strokes of these drums in a bar, of the bars with drums."""
    names = drums.split()
    return lambda takes: mean(sum(drum(note) in names for note in notes) for _, notes in _with(takes, "drums"))


def hardness(drums: str, place: float, against: float) -> Measure:
    """How much harder a place is struck than another one: a ratio of velocities, over the bars with drums."""
    names = drums.split()

    def weight(takes: Takes, at: float) -> float:
        return mean(
            max((n.velocity for n in notes if drum(n) in names and abs(n.start_beats - at) < NEAR), default=0.0)
            for _, notes in _with(takes, "drums")
        )

    return lambda takes: weight(takes, place) / max(0.01, weight(takes, against))


def clave(drums: str, figure: Sequence[int]) -> Measure:
    """Share of bars, or of pairs of bars, whose strokes are spaced as a clave's, from wherever it begins.

    Args:
        drums: What beats it.
        figure: Spacing of the strokes in sixteenths of its cycle.
    """
    names, turns = drums.split(), {tuple(figure[at:]) + tuple(figure[:at]) for at in range(len(figure))}

    def share(takes: Takes, bars: int) -> float:
        cycles = []
        for take in takes:
            for first in range(0, len(take) - bars + 1, bars):
                length = take[first].length_beats
                struck_at = sorted(
                    length * at + note.start_beats
                    for at in range(bars)
                    for note in take[first + at].notes
                    if note.part == "drums" and drum(note) in names
                )
                if struck_at:
                    cycle = length * bars
                    gaps = [b - a for a, b in itertools.pairwise([*struck_at, struck_at[0] + cycle])]
                    cycles.append(tuple(round(gap / cycle * sum(figure)) for gap in gaps) in turns)
        return mean(cycles)

    return lambda takes: max(share(takes, 1), share(takes, 2))


def begins(part: Part, *places: float) -> Measure:
    """How often a note of a part begins at these places, in the bars where it plays."""
    return lambda takes: mean(_near(notes, place) for _, notes in _with(takes, part) for place in places)


def begins_of(part: Part, words: str, *places: float) -> Measure:
    """As ``begins``, of the patches that have one of these words in their names."""

    def share(takes: Takes) -> float:
        lines = [[n for n in notes if any(w in n.patch for w in words.split())] for _, notes in _with(takes, part)]
        return mean(_near(line, place) for line in lines if line for place in places)

    return share


def off_the_beat(part: Part) -> Measure:
    """Share of a part's notes that do not begin on a beat."""
    return lambda takes: mean(
        all(abs(note.start_beats - beat) >= NEAR for beat in (*bar.meter.beat_starts, bar.length_beats))
        for bar, notes in _with(takes, part)
        for note in notes
    )


def offbeat_place(part: Part) -> Measure:
    """Where in the beat the offbeat eighths of a part lie: 0.5 straight, 0.67 in triplets."""

    def place(takes: Takes) -> float:
        inside = [note.start_beats % 1.0 for _, notes in _with(takes, part) for note in notes]
        late = [at for at in inside if 0.4 < at < 0.74]
        return median(late) if late else 0.0

    return place


def length(part: Part) -> Measure:
    """How long a note of a part is held, in beats."""
    return lambda takes: median([note.duration_beats for _, notes in _with(takes, part) for note in notes] or [0.0])


def notes_a_bar(part: Part) -> Measure:
    """Onsets of a part in a bar, of the bars where it plays."""
    return lambda takes: mean(len({round(n.start_beats, 1) for n in notes}) for _, notes in _with(takes, part))


def notes_a_second(part: Part) -> Measure:
    """Onsets of a part a second, of the bars where it plays."""
    return lambda takes: mean(
        len({round(n.start_beats, 1) for n in notes}) / bar.length_beats * bar.bpm / 60
        for bar, notes in _with(takes, part)
    )


def _spans(takes: Takes) -> list[tuple[Bar, ChordSpan]]:
    return [(bar, chord) for bar in _every(takes) for chord in bar.chords]


def _intervals(chord: ChordSpan) -> set[int]:
    return {(tone - chord.pitch_classes[0]) % 12 for tone in chord.pitch_classes}


def chords_with(*intervals: int) -> Measure:
    """Share of chords that have one of these semitones above their roots."""
    return lambda takes: mean(bool(_intervals(chord) & set(intervals)) for _, chord in _spans(takes))


def chords_on(*semitones: int) -> Measure:
    """Share of chords whose root is one of these semitones above the tonic."""
    return lambda takes: mean((chord.pitch_classes[0] - _tonic(bar)) % 12 in semitones for bar, chord in _spans(takes))


def _roots(take: Take) -> list[int]:
    """Roots one after the other, as long as they change."""
    return [root for root, _ in itertools.groupby(chord.pitch_classes[0] for bar in take for chord in bar.chords)]


def root_moves(*semitones: int) -> Measure:
    """Share of the changes of root that go up by these semitones."""
    return lambda takes: mean((b - a) % 12 in semitones for take in takes for a, b in itertools.pairwise(_roots(take)))


def changes_a_bar(takes: Takes) -> float:
    """How often the root changes."""
    return sum(max(0, len(_roots(take)) - 1) for take in takes) / max(1, sum(map(len, takes)))


def roots(takes: Takes) -> float:
    """How many roots there are in a take."""
    return mean(len(set(_roots(take))) for take in takes)


def two_fives(takes: Takes) -> float:
    """Minor sevenths that go to the dominant seventh a fourth above, in eight bars."""
    count = 0
    for take in takes:
        chords = [chord for bar in take for chord in bar.chords]
        for a, b in itertools.pairwise(chords):
            dominant = {4, 10} <= _intervals(b) and (b.pitch_classes[0] - a.pitch_classes[0]) % 12 == 5
            count += dominant and {3, 10} <= _intervals(a)
    return 8 * count / max(1, sum(map(len, takes)))


def dominant_tonic(takes: Takes) -> float:
    """Major chords on the fifth degree that go to the tonic, in eight bars."""
    count = 0
    for take in takes:
        for (bar, a), (_, b) in itertools.pairwise(_spans([take])):
            home, root = _tonic(bar), a.pitch_classes[0]
            count += (root - home) % 12 == 7 and 4 in _intervals(a) and b.pitch_classes[0] == home
    return 8 * count / max(1, sum(map(len, takes)))


def _chord_at(bar: Bar, start_beats: float) -> ChordSpan:
    return [chord for chord in bar.chords if chord.start_beats <= start_beats + NEAR or chord is bar.chords[0]][-1]


def bass_tones(*semitones: int) -> Measure:
    """Share of the bass notes that lie these semitones above the chord's root."""
    return lambda takes: mean(
        (note.pitch - _chord_at(bar, note.start_beats).pitch_classes[0]) % 12 in semitones
        for bar, notes in _with(takes, "bass")
        for note in notes
    )


def bass_leads(*semitones: int) -> Measure:
    """Share of bar lines that the bass crosses by one of these semitones, up or down."""
    return lambda takes: mean(
        abs(before[-1].pitch - after[0].pitch) in semitones
        for take in takes
        for before, after in itertools.pairwise(_part(bar, "bass") for bar in take)
        if before and after
    )


def pattern_repeats(part: Part) -> Measure:
    """Share of bars whose rhythm in a part is that of the bar before or of the one before that."""

    def rhythm(bar: Bar) -> frozenset[int]:
        return frozenset(round(note.start_beats * 12) // 3 for note in _part(bar, part))

    return lambda takes: mean(
        rhythm(bar) in {rhythm(take[at - 1]), rhythm(take[at - 2])}
        for take in takes
        for at, bar in enumerate(take)
        if at > 1 and _part(bar, part)
    )


def _lead(bar: Bar) -> list[Note]:
    """The melody's own line: the highest of what begins together."""
    top: dict[float, Note] = {}
    for note in _part(bar, "melody"):
        at = round(note.start_beats * 6) / 6
        if at not in top or note.pitch > top[at].pitch:
            top[at] = note
    return [top[at] for at in sorted(top)]


def melody_steps(takes: Takes) -> float:
    """Share of the melody's intervals inside a bar that are a tone or less."""
    lines = [_lead(bar) for bar in _every(takes)]
    return mean(abs(a.pitch - b.pitch) <= 2 for line in lines for a, b in itertools.pairwise(line))


def melody_gap(*beats: float) -> Measure:
    """Share of the melody's notes that follow the one before after one of these times."""
    return lambda takes: mean(
        any(abs(b.start_beats - a.start_beats - gap) < 0.09 for gap in beats)
        for bar in _every(takes)
        for a, b in itertools.pairwise(_lead(bar))
    )


def melody_tones(*semitones: int) -> Measure:
    """Share of the melody's notes that lie these semitones above the tonic."""
    return lambda takes: mean(
        (note.pitch - _tonic(bar)) % 12 in semitones for bar in _every(takes) for note in _lead(bar)
    )


def returns(bars: int) -> Measure:
    """Share of melody bars whose rhythm is that of the bar so many bars before: AABB, refrains."""

    def rhythm(bar: Bar) -> frozenset[int]:
        return frozenset(round(note.start_beats * 6) for note in _lead(bar))

    return lambda takes: mean(
        len(rhythm(a) & rhythm(b)) >= 0.6 * len(rhythm(a) | rhythm(b))
        for take in takes
        for a, b in zip(take, take[bars:], strict=False)
        if _lead(a) and _lead(b)
    )


def sections_of(bars: int) -> Measure:
    """Share of changes of section that come after whole multiples of so many bars."""

    def changes(take: Take) -> list[int]:
        return [at for at, (a, b) in enumerate(itertools.pairwise(take), 1) if a.section != b.section]

    return lambda takes: mean(at % bars == 0 for take in takes for at in changes(take))


def patterns(drums: str, *figures: Collection[float], every: int = 1) -> Measure:
    """Share of bars in which these drums strike all places of one of the figures.

    Args:
        drums: Names.
        figures: Places.
        every: Only bars whose number is a multiple of it, the cycle's first bars.
    """
    names = drums.split()

    def heard(bar: Bar) -> bool:
        notes = [note for note in _part(bar, "drums") if drum(note) in names]
        return any(all(_near(notes, place) for place in figure) for figure in figures)

    return lambda takes: mean(heard(bar) for bar in _every(takes) if bar.index % every == 0 and _part(bar, "drums"))


def interlocks(*words: str) -> Measure:
    """Share of onsets of the two busiest such instruments that only one of them has, in the bars where both play."""

    def share(bar: Bar) -> float | None:
        lines: dict[tuple[str, float], set[int]] = {}
        for note in bar.notes:
            if note.part in ("chords", "texture") and any(word in note.patch for word in words):
                lines.setdefault((note.patch, note.pan), set()).add(round(note.start_beats * 4))
        first, second = sorted([*lines.values(), set(), set()], key=len)[:-3:-1]
        return len(first ^ second) / len(first | second) if second else None

    return lambda takes: mean(found for bar in _every(takes) if (found := share(bar)) is not None)


def open_fifths(takes: Takes) -> float:
    """Share of comped chords that are a root and its fifth, without third."""

    def struck_tones(bar: Bar) -> dict[tuple[str, int], set[int]]:
        found: dict[tuple[str, int], set[int]] = {}
        for note in _part(bar, "chords"):
            found.setdefault((note.patch, round(note.start_beats * 4)), set()).add(note.pitch % 12)
        return found

    return mean(
        len(tones) == 2 and (max(tones) - min(tones)) in (5, 7)
        for bar in _every(takes)
        for tones in struck_tones(bar).values()
        if len(tones) > 1
    )


def cycles(drums: str, bars: int) -> Measure:
    """Share of bars in which these drums strike what they struck so many bars before: a tala, a gong cycle."""
    names = drums.split()

    def figure(bar: Bar) -> frozenset[int]:
        return frozenset(round(4 * note.start_beats) for note in _part(bar, "drums") if drum(note) in names)

    return lambda takes: mean(
        len(figure(a) ^ figure(b)) <= 1 for take in takes for a, b in zip(take, take[bars:], strict=False) if figure(b)
    )
