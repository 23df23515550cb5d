"""Is the scale heard that was asked for?"""

from collections import Counter

import numpy as np
from bench.music.judges import tempo
from bench.music.judges.verdict import Figure, Scope, Verdict, at_least, share
from bench.music.measures.pairs import shares_in_pairs
from bench.music.running import Job, Results

TIE = 0.01
"""Music that leaves out some notes of its scale fits more than one pair: a pair that fits as well is as right."""
INSIDE = 0.97
FIFTHS = (5, 7)


def jobs(scope: Scope) -> list[Job]:
    """One measurement a clip; the clips are those of the tempo judge."""
    return [Job(one, "scale") for one in tempo.clips(scope)]


def judge(scope: Scope, results: Results) -> Verdict:
    """Headlines: the transcriber's ear, and the score itself, which needs no ear."""
    rows = {job.clip: results[job] for job in jobs(scope)}
    asked = {one: int(one.asked["scale"]) - 1 for one in rows}
    pitched = {one: row for one, row in rows.items() if sum(row["played"]) > 1.0}
    inside = {one: float(shares_in_pairs(row["played"])[asked[one]]) for one, row in pitched.items()}
    figures = [
        at_least(
            "scale played: share of clips with >= 97 % of the notes' time in the pair (from the score)",
            share([x >= INSIDE for x in inside.values()]),
            0.97,
            len(inside),
        ),
        Figure(
            "scale played: mean share of the notes' time in the pair (from the score)",
            float(np.mean(list(inside.values()) or [0.0])),
            of=len(inside),
        ),
    ]
    heard = {one: shares_in_pairs(row["heard"]) for one, row in pitched.items() if "heard" in row}
    fits = {one: _fits(shares, asked[one]) for one, shares in heard.items()}
    if heard:
        decoys = [_fits(shares, asked[one] + fifth) for one, shares in heard.items() for fifth in FIFTHS]
        figures[:0] = [
            at_least(
                "scale heard: the pair fits best what is transcribed from the sound (1 % ties)",
                share(list(fits.values())),
                0.97,
                len(fits),
            ),
        ]
        figures.append(
            Figure("a pair a fifth away that nobody asked for passes the transcriber", share(decoys), of=len(decoys))
        )
    votes = {one: _vote(row["votes"].values()) == asked[one] for one, row in pitched.items()}
    figures.append(
        Figure(
            "scale heard by key finders alone (majority of four profiles)", share(list(votes.values())), of=len(votes)
        )
    )
    bad = sorted(
        (one for one in pitched if not fits.get(one, True) or inside[one] < INSIDE), key=lambda one: inside[one]
    )
    return Verdict(
        figures,
        {
            prompt: {
                "scale": share([ok for one, ok in (fits or votes).items() if one.prompt == prompt]),
                "in_scale": float(np.mean([x for one, x in inside.items() if one.prompt == prompt] or [1.0])),
            }
            for prompt in scope.prompts
        },
        [
            f"{one.prompt}: {inside[one]:.0%} of the notes' time in the pair asked"
            + ("" if fits.get(one, True) else f"; by ear pair {int(heard[one].argmax())} fits better than {asked[one]}")
            for one in bad
        ],
        {"clips_without_pitch": len(rows) - len(pitched)},
    )


def _fits(shares: "np.ndarray[tuple[int], np.dtype[np.float64]]", pair: int) -> bool:
    return bool(shares[pair % 12] >= shares.max() - TIE)


def _vote(pairs: "object") -> int:
    counted = Counter(int(pair) for pair in pairs)  # type: ignore[attr-defined]
    return max(counted, key=lambda pair: (counted[pair], -pair))
