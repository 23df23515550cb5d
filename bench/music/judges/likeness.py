"""How much like real pop songs, dance tunes and chorales are our scores? Beside what is real and what is nonsense."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from bench.music import corpora, mgeval
from bench.music.clips import Clip, clip
from bench.music.judges.verdict import Figure, Scope, Verdict, at_least
from bench.music.mgeval import Piece
from bench.music.running import Job, Results

from everjam.engines.band.cards import default_deck

GOAL = 0.85
MOST_PIECES = 60
FIRST_BAR = 8
"""Ours begin with an introduction too."""
_LONGEST_BAR_SECONDS = 4.5


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of music to compare in.

    Attributes:
        name: For people.
        songs: Real ones.
        cards: Of ours that should be like them; those that exist are used.
        lines: ``lead`` or ``whole``.
        bars: Length of the pieces.
        first_bar: Where real ones are cut out.
    """

    name: str
    songs: Callable[[], list[corpora.Song]]
    cards: tuple[str, ...]
    lines: tuple[str, ...]
    bars: int
    first_bar: int


KINDS = (
    Kind(
        "pop (POP909)",
        corpora.pop909,
        ("pop", "acoustic_pop", "k_pop", "indie_pop", "piano_ballad", "power_ballad", "singer_songwriter", "synthpop"),
        ("lead", "whole"),
        32,
        8,
    ),
    Kind(
        "folk dance (Ryan's)",
        corpora.folk_tunes,
        ("irish_folk", "celtic_folk", "fiddle", "tin_whistle", "bluegrass", "polka"),
        ("lead",),
        16,
        0,
    ),
    Kind(
        "chorales (Bach)",
        corpora.chorales,
        ("chorale",),
        ("lead", "whole"),
        10,
        0,
    ),
)


def _clips(scope: Scope, kind: Kind) -> list[Clip]:
    cards = [name for name in kind.cards if name in default_deck().cards]
    pieces = scope.few(12, MOST_PIECES)
    seconds = (FIRST_BAR + kind.bars + 2) * _LONGEST_BAR_SECONDS
    names = [default_deck().cards[name].name for name in cards]
    return [
        clip(names[number % len(names)], 800 + number, seconds, "score") for number in range(pieces if names else 0)
    ]


def jobs(scope: Scope) -> list[Job]:
    """Scores of the cards that are to be like something real."""
    return [Job(one, "song") for kind in KINDS for one in _clips(scope, kind)]


def judge(scope: Scope, results: Results) -> Verdict:
    """The overlapped area of each feature, and its mean as a share of what two sets of real music reach."""
    figures: list[Figure] = []
    misses: list[str] = []
    facts: dict[str, Any] = {}
    for kind in KINDS:
        clips = _clips(scope, kind)
        if not clips:
            misses.append(f"{kind.name}: not measured, none of its cards exists")
            continue
        try:
            real = kind.songs()
        except corpora.CorpusMissing as error:
            misses.append(f"{kind.name}: not measured. {error}")
            continue
        ours = [results[Job(one, "song")] for one in clips]
        for line in kind.lines:
            _compare(kind, line, real, ours, figures, misses, facts)
    return Verdict(figures, {}, misses, facts)


def _compare(
    kind: Kind,
    line: str,
    real: Sequence[corpora.Song],
    ours: Sequence[corpora.Song],
    figures: list[Figure],
    misses: list[str],
    facts: dict[str, Any],
) -> None:
    pieces = _pieces(real, line, kind.bars, kind.first_bar)
    first, second = pieces[::2][:MOST_PIECES], pieces[1::2][:MOST_PIECES]
    sets = {
        "ours": _pieces(ours, line, kind.bars, FIRST_BAR),
        "real": second,
        "shuffled": [mgeval.shuffled(piece, number) for number, piece in enumerate(second)],
        "mingled": mgeval.mingled(second, 0),
        "random": [mgeval.random_notes(piece, number) for number, piece in enumerate(second)],
    }
    if min(map(len, (first, *sets.values()))) < 8:
        misses.append(
            f"{kind.name}, {line}: not measured, {len(pieces)} real and {len(sets['ours'])} pieces of ours fit"
        )
        return
    table: dict[str, dict[str, float]] = {}
    for name, feature in (mgeval.FEATURES | mgeval.SELF_SIMILARITY).items():
        found = {kind_of: mgeval.compare(first, pieces_of, feature) for kind_of, pieces_of in sets.items()}
        table[name] = {kind_of: overlap.area for kind_of, overlap in found.items()}
        table[name]["divergence"] = found["ours"].divergence
        if len(feature(first[0])) == 1:
            table[name]["mean_real"], table[name]["mean_ours"] = found["ours"].first, found["ours"].other
    means = {one: float(np.mean([table[name][one] for name in mgeval.FEATURES])) for one in sets}
    what = f"{kind.name}, {line}: mean overlap of ten features"
    ratio = means["ours"] / means["real"]
    figures += [
        at_least(f"{what}, as a share of real against real", ratio, GOAL, len(sets["ours"]))
        if line == "lead"
        # What is real here is one piano or four voices, and ours is a band.
        else Figure(f"{what}, as a share of real against real", ratio, of=len(sets["ours"])),
        Figure(f"{what}: real against real (ceiling)", means["real"], of=len(second)),
        Figure(
            f"{what}: real, notes out of order within each song, as a share",
            means["shuffled"] / means["real"],
            of=len(second),
        ),
        Figure(
            f"{what}: real, notes shuffled across songs (floor), as a share",
            means["mingled"] / means["real"],
            of=len(second),
        ),
        Figure(f"{what}: random notes, as a share", means["random"] / means["real"], of=len(second)),
    ]
    alike = {one: float(np.mean([table[name][one] for name in mgeval.SELF_SIMILARITY])) for one in sets}
    figures.append(
        Figure(
            f"{kind.name}, {line}: self-similarity at 1, 2, 4, 8 bars, as a share of real",
            alike["ours"] / alike["real"],
            of=len(sets["ours"]),
        )
    )
    facts[f"{kind.name}, {line}"] = table
    for name, row in sorted(table.items(), key=lambda item: item[1]["ours"] - item[1]["real"]):
        if row["ours"] < GOAL * row["real"]:
            means_said = f"; mean {row['mean_ours']:.2f}, real {row['mean_real']:.2f}" if "mean_real" in row else ""
            misses.append(f"{kind.name}, {line}: {name} {row['ours']:.2f}, real {row['real']:.2f}{means_said}")


def _pieces(songs: Sequence[corpora.Song], line: str, bars: int, first_bar: int) -> list[Piece]:
    cut = (corpora.excerpt(song, line, bars, first_bar) for song in songs if song["whole"])
    return [piece for piece in cut if piece is not None]
