"""Does more density mean more notes and more players, style by style? Read from the scores."""

from bench.music.clips import Clip, clip
from bench.music.judges.verdict import Figure, Scope, Verdict, at_least, median, rank_correlation, share
from bench.music.running import Job, Results

GOAL = 0.95
LEVELS = tuple(level / 10 for level in range(11))
SECONDS = 48.0


def _clips(prompt: str) -> list[Clip]:
    return [clip(prompt, 300, SECONDS, "score", density=level) for level in LEVELS]


def jobs(scope: Scope) -> list[Job]:
    """Scores at eleven levels of density."""
    return [Job(one, "score_counts") for prompt in scope.prompts for one in _clips(prompt)]


def judge(scope: Scope, results: Results) -> Verdict:
    """Rank correlations over the levels, by prompt; and how long composing takes."""
    by_prompt: dict[str, dict[str, float]] = {}
    times: list[float] = []
    for prompt in scope.prompts:
        rows = [results[Job(one, "score_counts")] for one in _clips(prompt)]
        times.extend(row["block_ms"] for row in rows)
        by_prompt[prompt] = {
            **{f"{name}_rho": _follows(rows, name) for name in ("onsets", "layers", "moments")},
            "onsets_low": rows[0]["onsets"],
            "onsets_high": rows[-1]["onsets"],
            "layers_low": rows[0]["layers"],
            "layers_high": rows[-1]["layers"],
        }
    figures = []
    for name, what in (
        ("onsets_rho", "density against onsets a second in the score"),
        ("layers_rho", "density against the number of layers"),
    ):
        found = [row[name] for row in by_prompt.values()]
        figures += [
            at_least(f"{what}: median rank correlation of the styles", median(found), GOAL, len(found)),
            Figure(f"{what}: share of styles at 0.95 or more", share([x >= GOAL for x in found]), of=len(found)),
        ]
    middle = median(times)
    figures.append(Figure("composing 2 s of music: median CPU time, ms", middle, "< 2", middle < 2.0, len(times)))
    misses = [
        f"{prompt}: {name.removesuffix('_rho')} {row[name]:.2f}"
        for name in ("onsets_rho", "layers_rho")
        for prompt, row in sorted(by_prompt.items(), key=lambda item: item[1][name])
        if row[name] < GOAL
    ]
    return Verdict(figures, by_prompt, misses)


def _follows(rows: list[dict[str, float]], name: str) -> float:
    """Rank correlation of a count with the level."""
    return rank_correlation(LEVELS, [row[name] for row in rows])
