"""The figures of the sound as tables: what is measured, its goal, the median and the worst."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from bench.music.clips import Clip
from bench.music.judges import level
from bench.sound import kinds

from bench import report as tables

Rows = Mapping[Clip, Mapping[str, Any]]
Value = Callable[[Clip, Mapping[str, Any]], float]
HEADS = ("what", "goal", "of", "reached", "median", "worst", "where")


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table.

    Attributes:
        what: In words.
        value: Of a clip; NaN where it does not apply.
        goal: In words, "" for information.
        badness: Of a value: 0 or less reaches the goal, and the largest is the worst.
    """

    what: str
    value: Value
    goal: str
    badness: Callable[[float], float]


def _key(name: str) -> Value:
    return lambda _, row: float(row[name])


def _rms(clip: Clip, row: Mapping[str, Any]) -> float:
    return kinds.rms_db(kinds.deviations_db(clip.prompt, row["octaves_db"]))


def _off_crest(clip: Clip, row: Mapping[str, Any]) -> float:
    return float(row["plr_db"]) - kinds.crest_db(clip.prompt)


def _furthest(clip: Clip, row: Mapping[str, Any]) -> float:
    deviations = kinds.deviations_db(clip.prompt, row["octaves_db"])[kinds.FROM_OCTAVE : kinds.TO_OCTAVE]
    return float(deviations[np.argmax(np.abs(deviations))])


def _clicks(clip: Clip, row: Mapping[str, Any]) -> float:
    return float("nan") if level._crackles(clip) else float(row["clicks"])  # noqa: SLF001 - the same judge


def _octave(band: int) -> Value:
    return lambda clip, row: float(kinds.deviations_db(clip.prompt, row["octaves_db"])[band])


def _stem(name: str) -> Value:
    return lambda _, row: float(row["balance_lu"].get(name, float("nan")))


def _off_balance(name: str) -> Value:
    return lambda clip, row: kinds.off_balance_lu(clip.prompt, row["balance_lu"]).get(name, float("nan"))


def _within(limit: float, centre: float = 0.0) -> Callable[[float], float]:
    return lambda value: abs(value - centre) - limit


def _below(limit: float) -> Callable[[float], float]:
    return lambda value: value - limit


def _above(limit: float) -> Callable[[float], float]:
    return lambda value: limit - value


FIGURES = (
    Figure("integrated loudness, LUFS", _key("lufs"), "-14 +- 1.5", _within(1.5, -14.0)),
    Figure("loudness of the first 3 s, LUFS", _key("first_lufs"), "", _within(0.0, -14.0)),
    Figure("largest rise of the short-term loudness (3 s), LU", _key("surge_db"), "", _below(0.0)),
    Figure("jump where nothing changes, 7 s to 7 s, LU", _key("jump_lu"), "+- 1", _within(1)),
    Figure("jump where nothing changes, 3 s to 3 s, LU", _key("short_jump_lu"), "", _within(0.0)),
    Figure("true peak, dBTP", _key("dbtp"), "<= -1", _below(-1.0)),
    Figure("true peak to loudness, dB", _key("plr_db"), "", _within(0.0, 12.0)),
    Figure("true peak to loudness less what the card's glue asks for, dB", _off_crest, "+- 2", _within(2.0)),
    Figure("DC, dBFS", _key("dc_db"), "<= -60", _below(-60.0)),
    Figure("correlation of the channels", _key("corr"), "> 0", _above(0.0)),
    Figure("correlation below 120 Hz", _key("low_corr"), ">= 0.9", _above(0.9)),
    Figure("sides against the middle, dB", _key("side_db"), "<= -3", _below(-3.0)),
    Figure("spectrum against its target, 63 Hz to 8 kHz, RMS dB", _rms, "<= 5", _below(5.0)),
    Figure("the octave furthest from its target, dB", _furthest, "", _within(0.0)),
    *(
        Figure(f"octave of {hz:g} Hz against its target, dB", _octave(band), "", _within(0.0))
        for band, hz in enumerate(kinds.records()["OCTAVES_HZ"])
        if kinds.FROM_OCTAVE <= band < kinds.TO_OCTAVE
    ),
    Figure("clicks away from notes' starts", _clicks, "0", _below(0.0)),
    Figure("seam between blocks", _key("seam"), "<= 3", _below(3.0)),
    Figure("notes that start in silence", _key("silent_notes"), "0", _below(0.0)),
    *(
        Figure(f"{name} against the mix less its target, LU", _off_balance(name), "+- 5", _within(5.0))
        for name in ("drums", "bass", "chords", "melody", "texture", "voice")
    ),
    Figure("effects (room, delay) against the mix, LU", _stem("effects"), "", _within(0.0, -15.0)),
    Figure("CPU time of a 2 s block with stems, ms", _key("block_ms"), "", _below(0.0)),
)
CHANGES = (
    Figure("jump when the prompt changes, 7 s before to 7 s after, LU", _key("jump_lu"), "+- 1", _within(1)),
    Figure("jump when the prompt changes, 3 s before to 3 s after, LU", _key("short_jump_lu"), "", _within(0.0)),
    Figure("seam where the prompt changes", _key("seam"), "<= 3", _below(3.0)),
    Figure("true peak when the prompt changes, dBTP", _key("dbtp"), "<= -1", _below(-1.0)),
)
CARD_HEADS = ("lufs", "first_lufs", "dbtp", "plr_db", "corr", "low_corr", "side_db", "clicks", "seam", "silent_notes")
MOST_MISSES = 60


def write(clips: Rows, changes: Rows, *, name: str, **origin: Any) -> None:
    """Prints the tables and keeps them in ``bench/results/NAME.jsonl``.

    Args:
        clips: Measures of clips of one prompt.
        changes: Measures of changes of prompt.
        name: Of the file.
        origin: What else belongs into the record.
    """
    (tables.RESULTS / name).parent.mkdir(parents=True, exist_ok=True)
    lines = [line for figures, rows in ((FIGURES, clips), (CHANGES, changes)) for line in _lines(figures, rows)]
    lines += _beyond(clips, changes)
    cards = [_card(clip, row) for clip, row in clips.items()]
    tables.report(name, HEADS, lines, clips=len(clips), changes=len(changes), cards=cards, **origin)
    print()
    misses = [miss for figures, rows in ((FIGURES, clips), (CHANGES, changes)) for miss in _misses(figures, rows)]
    for miss in sorted(misses, key=lambda miss: -miss[0])[:MOST_MISSES]:
        print(f"missed: {miss[1]}")


def _title(clip: Clip) -> str:
    return " -> ".join(ask.prompts[0][0] for ask in clip.asks)


def _values(figure: Figure, rows: Rows) -> list[tuple[float, str]]:
    values = [(figure.value(clip, row), _title(clip)) for clip, row in rows.items()]
    return [(value, where) for value, where in values if np.isfinite(value)]


def _lines(figures: Sequence[Figure], rows: Rows) -> list[tuple[Any, ...]]:
    lines = []
    for figure in figures:
        values = _values(figure, rows)
        if not values:
            continue
        worst, where = max(values, key=lambda pair: figure.badness(pair[0]))
        share = f"{np.mean([figure.badness(value) <= 1e-9 for value, _ in values]):.1%}" if figure.goal else ""
        median = round(float(np.median([value for value, _ in values])), 3)
        lines.append((figure.what, figure.goal, len(values), share, median, round(worst, 3), where))
    return lines


def _beyond(clips: Rows, changes: Rows) -> list[tuple[Any, ...]]:
    """What changes of prompt add to what the loudness varies by where nothing changes: roots of differences of squares.

    If a change only put one phrase after another, the jumps would be as wide as those of music that goes on.
    """
    lines = []
    for name, seconds in (("jump_lu", 7), ("short_jump_lu", 3)):
        changed, usual = (np.array([float(row[name]) for row in rows.values()]) for rows in (changes, clips))
        changed, usual = changed[np.isfinite(changed)], usual[np.isfinite(usual)]
        if changed.size and usual.size:
            rest = float(np.sqrt(max(np.square(changed).mean() - np.square(usual).mean(), 0.0)))
            goal, reached = ("<= 1", "100.0%" if rest <= 1 else "0.0%") if name == "jump_lu" else ("", "")
            what = f"RMS jump that a change of prompt adds to the usual, {seconds} s, LU"
            lines.append((what, goal, len(changed), reached, round(rest, 3), round(rest, 3), ""))
    return lines


def _misses(figures: Sequence[Figure], rows: Rows) -> list[tuple[float, str]]:
    return [
        (figure.badness(value), f"{where}: {figure.what} {value:.2f}")
        for figure in figures
        if figure.goal
        for value, where in _values(figure, rows)
        if figure.badness(value) > 1e-9
    ]


def _card(clip: Clip, row: Mapping[str, Any]) -> dict[str, Any]:
    deviations = kinds.deviations_db(clip.prompt, row["octaves_db"])
    return {
        "prompt": clip.prompt,
        "seed": clip.seed,
        "kind": kinds.kind(clip.prompt),
        **{name: round(row[name], 3) for name in CARD_HEADS},
        "spectrum_db": round(kinds.rms_db(deviations), 2),
        "octaves_db": [round(float(value), 1) for value in deviations],
        "balance_lu": row["balance_lu"],
    }
