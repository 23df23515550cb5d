"""Does cross-fading two prompts by hand go from one to the other, step by step?"""

import zlib

import numpy as np
from bench.music.clips import Ask, Clip
from bench.music.judges import identity
from bench.music.judges.verdict import Figure, Scope, Verdict, at_least, share
from bench.music.running import Job, Results

STEPS = 6
SECONDS = 60.0
TOLERANCE = 0.1
"""How far a step may fall back, as a share of the way between the two prompts: what a section's change alone does."""
SHRINKAGE = 0.5


def pairs(scope: Scope) -> list[tuple[str, str]]:
    """Pairs of the guides' prompts, in an order that depends on nothing but their names."""
    found = [(a, b) for a in scope.guide for b in scope.guide if a != b]
    found.sort(key=lambda pair: zlib.crc32("/".join(pair).encode()))
    return found[: scope.few(3, max(8, 128 // scope.every))]


def _clip(one: str, other: str) -> Clip:
    asks = tuple(
        Ask(((one, round(1 - at / (STEPS - 1), 3)), (other, round(at / (STEPS - 1), 3))), (), at * SECONDS / STEPS)
        for at in range(STEPS)
    )
    return Clip(asks, 600, SECONDS)


def jobs(scope: Scope) -> list[Job]:
    """The morphs, and the clips that say what the two ends sound like."""
    return [*(Job(_clip(*pair), "path") for pair in pairs(scope)), *identity.jobs(scope)]


def judge(scope: Scope, results: Results) -> Verdict:
    """Paths, projected on the line between the prompts' mean features, whitened by how clips of one prompt vary."""
    plain = identity.clips(scope)
    features = np.array([results[Job(one, "timbre")]["features"] for one in plain])
    owners = np.array([one.prompt for one in plain])
    means = {prompt: features[owners == prompt].mean(axis=0) for prompt in scope.guide}
    inner = features - np.array([means[owner] for owner in owners])
    spread = np.maximum(inner.std(axis=0), 1e-6)
    covariance = np.corrcoef((inner / spread).T + 1e-9 * np.arange(len(inner)))
    covariance = (1 - SHRINKAGE) * np.nan_to_num(covariance) + SHRINKAGE * np.eye(len(spread))
    monotone, strict, spans, misses = [], [], [], []
    for one, other in pairs(scope):
        path = np.array(results[Job(_clip(one, other), "path")]["path"]) / spread
        begin, end = means[one] / spread, means[other] / spread
        axis = np.linalg.solve(covariance, end - begin)
        places = (path - begin) @ axis / max(float((end - begin) @ axis), 1e-9)
        steps = np.diff(places)
        ok = bool((steps >= -TOLERANCE).all() and places[-1] - places[0] > 0.5)
        monotone.append(ok)
        strict.append(bool((steps >= 0).all()))
        spans.append(float(places[-1] - places[0]))
        if not ok:
            misses.append(f"{one} -> {other}: " + " ".join(f"{place:.2f}" for place in places))
    return Verdict(
        [
            at_least(
                "morphs by hand go one way (no step falls back by more than 0.1 of the way)",
                share(monotone),
                0.95,
                len(monotone),
            ),
            Figure("morphs without any step back", share(strict), of=len(strict)),
            Figure(
                "median length of the way gone, 1 = from prompt to prompt",
                float(np.median(spans or [0.0])),
                of=len(spans),
            ),
        ],
        {},
        misses,
    )
