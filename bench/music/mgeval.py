"""How alike two sets of pieces are: the features and distances of MGEval, and self-similarity of bars.

Source: Yang and Lerch, "On the evaluation of generative models in music", Neural Computing and Applications 2020
(online 2018). Each feature of each piece is compared with that of every other piece: within one set, and between two.
Where the two distributions of distances overlap, pieces of the other set might as well belong to the first.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.spatial.distance import cdist, pdist
from scipy.stats import gaussian_kde

Array = npt.NDArray[np.float64]
LENGTHS_BEATS = (0.25, 1 / 3, 0.5, 2 / 3, 0.75, 1.0, 1.5, 2.0, 3.0, 4.0)
"""Note lengths that are told apart; the nearest in proportion counts."""
LAGS_BARS = (1, 2, 4, 8)
_POINTS = 400


@dataclass(frozen=True, slots=True)
class Piece:
    """Some bars of one line, or of everything that has a pitch.

    Attributes:
        bars: How many.
        bar_beats: Length of one in quarter notes.
        notes: Start and length in quarter notes from the first bar, and MIDI key, in order of start; moved into the
            pair of C major and A minor.
    """

    bars: int
    bar_beats: float
    notes: tuple[tuple[float, float, int], ...]


def _pitches(piece: Piece) -> Array:
    return np.array([pitch for _, _, pitch in piece.notes])


def _starts(piece: Piece) -> Array:
    return np.array([start for start, _, _ in piece.notes])


def pitch_count(piece: Piece) -> Array:
    """Different pitches."""
    return np.array([len(set(_pitches(piece)))], float)


def pitch_count_per_bar(piece: Piece) -> Array:
    """Different pitches a bar, on average."""
    bars: dict[int, set[int]] = {}
    for start, _, pitch in piece.notes:
        bars.setdefault(int(start // piece.bar_beats), set()).add(pitch)
    return np.array([sum(map(len, bars.values())) / piece.bars])


def pitch_range(piece: Piece) -> Array:
    """Semitones from the lowest to the highest."""
    return np.array([np.ptp(_pitches(piece))], float)


def pitch_class_histogram(piece: Piece) -> Array:
    """Share of each pitch class."""
    return np.bincount(_pitches(piece).astype(int) % 12, minlength=12) / len(piece.notes)


def pitch_class_transitions(piece: Piece) -> Array:
    """Share of each pair of pitch classes that follow each other, flat ``(144,)``."""
    classes = _pitches(piece).astype(int) % 12
    pairs = classes[:-1] * 12 + classes[1:]
    return np.bincount(pairs, minlength=144) / max(len(pairs), 1)


def average_interval(piece: Piece) -> Array:
    """Mean size of the steps from note to note in semitones."""
    return np.array([np.abs(np.diff(_pitches(piece))).mean()])


def note_count_per_bar(piece: Piece) -> Array:
    """Notes a bar."""
    return np.array([len(piece.notes) / piece.bars])


def average_onset_interval(piece: Piece) -> Array:
    """Mean time between onsets in quarter notes; notes that begin together are one onset."""
    starts = np.unique(np.round(_starts(piece), 3))
    return np.array([np.diff(starts).mean() if len(starts) > 1 else 0.0])


def note_length_histogram(piece: Piece) -> Array:
    """Share of each length."""
    return np.bincount(_lengths(piece), minlength=len(LENGTHS_BEATS)) / len(piece.notes)


def note_length_transitions(piece: Piece) -> Array:
    """Share of each pair of lengths that follow each other, flat."""
    kinds = len(LENGTHS_BEATS)
    found = _lengths(piece)
    return np.bincount(found[:-1] * kinds + found[1:], minlength=kinds**2) / max(len(found) - 1, 1)


FEATURES: dict[str, Callable[[Piece], Array]] = {
    "pitch count": pitch_count,
    "pitch count a bar": pitch_count_per_bar,
    "pitch range": pitch_range,
    "pitch classes": pitch_class_histogram,
    "pitch-class transitions": pitch_class_transitions,
    "average interval": average_interval,
    "note count a bar": note_count_per_bar,
    "time between onsets": average_onset_interval,
    "note lengths": note_length_histogram,
    "note-length transitions": note_length_transitions,
}


def self_similarity(piece: Piece, lag_bars: int) -> Array:
    """How much bars share with the bar so many before: notes at the same sixteenth with the same pitch, as a share."""
    bars: list[set[tuple[int, int]]] = [set() for _ in range(piece.bars)]
    for start, _, pitch in piece.notes:
        bar = min(int(start // piece.bar_beats), piece.bars - 1)
        bars[bar].add((round((start - bar * piece.bar_beats) * 4), pitch))
    shares = [len(a & b) / len(a | b) for a, b in zip(bars, bars[lag_bars:], strict=False) if a | b]
    return np.array([float(np.mean(shares)) if shares else 0.0])


SELF_SIMILARITY: dict[str, Callable[[Piece], Array]] = {
    f"like {lag} bar{'s' if lag > 1 else ''} before": lambda piece, lag=lag: self_similarity(piece, lag)  # type: ignore[misc]
    for lag in LAGS_BARS
}


@dataclass(frozen=True, slots=True)
class Overlap:
    """How alike two sets are in one feature.

    Attributes:
        area: Overlap of the distributions of distances within the first set and between the sets, 0 to 1.
        divergence: Kullback-Leibler, from the one to the other, in nats.
        first: Mean of the feature over the first set; of its first component for histograms.
        other: The same over the other.
    """

    area: float
    divergence: float
    first: float
    other: float


def compare(first: Sequence[Piece], other: Sequence[Piece], feature: Callable[[Piece], Array]) -> Overlap:
    """Compares two sets in one feature."""
    a = np.array([feature(piece) for piece in first])
    b = np.array([feature(piece) for piece in other])
    within, between = pdist(a), cdist(a, b).ravel()
    low, high = min(within.min(), between.min()), max(within.max(), between.max())
    if high - low < 1e-12:
        return Overlap(1.0, 0.0, float(a[:, 0].mean()), float(b[:, 0].mean()))
    margin = 0.1 * (high - low)
    grid = np.linspace(low - margin, high + margin, _POINTS)
    one, two = (_density(values, grid, high - low) for values in (within, between))
    step = grid[1] - grid[0]
    floor = 1e-12
    divergence = float((one * np.log((one + floor) / (two + floor))).sum() * step)
    return Overlap(float(np.minimum(one, two).sum() * step), divergence, float(a[:, 0].mean()), float(b[:, 0].mean()))


def _density(values: Array, grid: Array, span: float) -> Array:
    """Kernel density, its area one on the grid; distances that are all alike become a narrow bump."""
    if values.std() < 1e-3 * span:
        density = np.exp(-0.5 * ((grid - values.mean()) / (0.01 * span)) ** 2)
    else:
        density = gaussian_kde(values)(grid)
    normal: Array = density / max(float(density.sum() * (grid[1] - grid[0])), 1e-12)
    return normal


def shuffled(piece: Piece, seed: int) -> Piece:
    """The same notes out of order: pitches go to other places, and so do lengths with their distances.

    Most features of MGEval count and do not listen, so that this floor is high.
    """
    return mingled([piece], seed)[0]


def mingled(pieces: Sequence[Piece], seed: int) -> list[Piece]:
    """Pieces of as many notes, whose pitches, and lengths with their distances, are dealt out from all of them."""
    rng = np.random.default_rng(seed)
    starts = [[start for start, _, _ in piece.notes] for piece in pieces]
    steps = [
        (b - a, note[1])
        for piece, times in zip(pieces, starts, strict=True)
        for (a, b), note in zip(pairwise(times), piece.notes, strict=False)
    ]
    pitches = [pitch for piece in pieces for _, _, pitch in piece.notes]
    steps = [steps[index] for index in rng.permutation(len(steps))]
    pitches = [pitches[index] for index in rng.permutation(len(pitches))]
    dealt = []
    for piece, times in zip(pieces, starts, strict=True):
        now, notes = times[0], []
        for _ in piece.notes[1:]:
            gap, length = steps.pop()
            notes.append((now, length, pitches.pop()))
            now += gap
        notes.append((now, piece.notes[-1][1], pitches.pop()))
        dealt.append(Piece(piece.bars, piece.bar_beats, tuple(notes)))
    return dealt


def random_notes(piece: Piece, seed: int) -> Piece:
    """As many notes in the same bars and register, all else by chance: sixteenths, lengths and chromatic pitches."""
    rng = np.random.default_rng(seed)
    count = len(piece.notes)
    pitches = [pitch for _, _, pitch in piece.notes]
    starts = np.sort(rng.integers(0, round(piece.bars * piece.bar_beats * 4), count)) / 4
    lengths = rng.choice(LENGTHS_BEATS, count)
    keys = rng.integers(min(pitches), max(pitches) + 1, count)
    return Piece(
        piece.bars,
        piece.bar_beats,
        tuple((float(s), float(d), int(p)) for s, d, p in zip(starts, lengths, keys, strict=True)),
    )


def _lengths(piece: Piece) -> npt.NDArray[np.int64]:
    """Kind of each note's length."""
    lengths = np.maximum([length for _, length, _ in piece.notes], 0.05)
    kinds: npt.NDArray[np.int64] = np.abs(np.log(lengths)[:, None] - np.log(LENGTHS_BEATS)[None, :]).argmin(axis=1)
    return kinds
