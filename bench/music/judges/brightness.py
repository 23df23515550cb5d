"""Does more brightness sound brighter, and more density busier? Heard in the sound."""

import math

from bench.music.clips import Clip, clip
from bench.music.judges.verdict import Figure, Scope, Verdict, at_least, median, rank_correlation, share
from bench.music.running import Job, Results

GOAL = 0.95
LEVELS = (0.0, 0.25, 0.5, 0.75, 1.0)
SECONDS = {"brightness": 12.0, "density": 16.0}


def _clips(prompt: str, control: str) -> list[Clip]:
    return [clip(prompt, 310, SECONDS[control], "sound", **{control: level}) for level in LEVELS]


def _heard(scope: Scope) -> tuple[str, ...]:
    """Every fourth prompt: onsets by ear are no more than a look at what the scores say exactly."""
    return scope.prompts[::4]


def jobs(scope: Scope) -> list[Job]:
    """Sound at five levels of brightness, and of density for some of the prompts."""
    bright = [one for prompt in scope.prompts for one in _clips(prompt, "brightness")]
    dense = [one for prompt in _heard(scope) for one in _clips(prompt, "density")]
    return [Job(one, "sound_counts") for one in (*bright, *dense)]


def judge(scope: Scope, results: Results) -> Verdict:
    """Rank correlations over the levels, by prompt."""
    by_prompt: dict[str, dict[str, float]] = {}
    for prompt in scope.prompts:
        bright = [results[Job(one, "sound_counts")]["centroid"] for one in _clips(prompt, "brightness")]
        by_prompt[prompt] = {
            "bright_rho": rank_correlation(LEVELS, bright),
            "bright_octaves": math.log2(max(bright[-1], 1.0) / max(bright[0], 1.0)),
        }
    for prompt in _heard(scope):
        dense = [results[Job(one, "sound_counts")]["heard"] for one in _clips(prompt, "density")]
        by_prompt[prompt]["heard_rho"] = rank_correlation(LEVELS, dense)
    rhos = [row["bright_rho"] for row in by_prompt.values()]
    heard = [row["heard_rho"] for row in by_prompt.values() if "heard_rho" in row]
    span = [row["bright_octaves"] for row in by_prompt.values()]
    misses = [
        f"{prompt}: brightness {row['bright_rho']:.2f}, {row['bright_octaves']:.1f} octaves"
        for prompt, row in sorted(by_prompt.items(), key=lambda item: item[1]["bright_rho"])
        if row["bright_rho"] < GOAL
    ]
    return Verdict(
        [
            at_least(
                "brightness against the spectral centroid: median rank correlation", median(rhos), GOAL, len(rhos)
            ),
            Figure("brightness: share of styles at 0.95 or more", share([x >= GOAL for x in rhos]), of=len(rhos)),
            Figure("brightness 0 to 1: median rise of the centroid, octaves", median(span), of=len(span)),
            Figure("density against onsets by ear: median rank correlation", median(heard), of=len(heard)),
        ],
        by_prompt,
        misses,
    )
