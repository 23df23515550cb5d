"""Is the tempo heard that was asked for?"""

from bench.music.clips import Clip, clip
from bench.music.judges.verdict import Figure, Scope, Verdict, at_least, share
from bench.music.measures.steering import FACTORS, SECONDS, asked_bpm
from bench.music.running import Job, Results

TOLERANCE = 0.04


def clips(scope: Scope) -> list[Clip]:
    """Tempos below and above the style's own, the twelve scales in turn."""
    count = scope.few(1, len(FACTORS))
    return [
        clip(
            prompt,
            100 + number,
            SECONDS,
            bpm=asked_bpm(prompt, FACTORS[number]),
            scale=1 + (5 * (at + 4 * number)) % 12,
        )
        for at, prompt in enumerate(scope.prompts)
        for number in range(count)
    ]


def jobs(scope: Scope) -> list[Job]:
    """One measurement a clip."""
    return [Job(one, "tempo") for one in clips(scope)]


def judge(scope: Scope, results: Results) -> Verdict:
    """Headline: the pulse, whose search is blind to which tempo was asked but not to its neighbourhood."""
    rows = {job: results[job] for job in jobs(scope)}
    pulse = {job.clip: _near(row["pulse"], row["asked"], fold=False) for job, row in rows.items()}
    trackers = {
        job.clip: any(_near(row[name], _beat(row), fold=True) for name in ("rhythm", "percival"))
        for job, row in rows.items()
    }
    decoys = [_near(row["decoy"], row["asked"] * 1.12, fold=False) for row in rows.values()]
    swapped = list(rows.values())
    wrong = [
        any(_near(one[name], _beat(other), fold=True) for name in ("rhythm", "percival"))
        for one, other in zip(swapped, swapped[len(swapped) // 3 :] + swapped[: len(swapped) // 3], strict=True)
        if not _near(one["asked"], other["asked"], fold=True)
    ]
    either = [pulse[one] or trackers[one] for one in pulse]
    misses = [
        f"{job.clip.prompt}: asked {row['asked']:.0f}, pulse {row['pulse']:.1f}, trackers {row['rhythm']:.1f} and "
        f"{row['percival']:.1f}"
        for job, row in rows.items()
        if not pulse[job.clip]
    ]
    return Verdict(
        [
            at_least(
                "tempo heard within 4 % (pulse near the tempo asked)", share(list(pulse.values())), 0.99, len(rows)
            ),
            Figure(
                "tempo heard by trackers that do not know it (either of two, octave folded)",
                share(list(trackers.values())),
                of=len(rows),
            ),
            Figure("tempo heard by pulse or tracker", share(either), of=len(rows)),
            Figure("a tempo 12 % away that nobody asked for passes the pulse judge", share(decoys), of=len(rows)),
            Figure("another clip's tempo passes the trackers", share(wrong), of=len(wrong)),
        ],
        {
            prompt: {
                "tempo": share([ok for one, ok in pulse.items() if one.prompt == prompt]),
                "trackers": share([ok for one, ok in trackers.items() if one.prompt == prompt]),
            }
            for prompt in scope.prompts
        },
        misses,
    )


def _beat(row: dict[str, float]) -> float:
    return row["asked"]


def _near(heard: float, asked: float, *, fold: bool) -> bool:
    octaves = (0.5, 1.0, 2.0) if fold else (1.0,)
    return any(abs(heard / (asked * octave) - 1) <= TOLERANCE for octave in octaves)
