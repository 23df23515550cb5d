"""Is it as loud as it should be, clean, and quick to make?"""

from bench.music.clips import Clip, clip
from bench.music.judges import identity
from bench.music.judges.verdict import Figure, Scope, Verdict, at_least, median, share
from bench.music.running import Job, Results

from everjam.engines.band.cards import default_deck
from everjam.engines.band.prompts import ingredients

LUFS, LUFS_RANGE = -14.0, 1.5
PEAK_DBTP = -1.0
SEAM = 3.0
CRACKLE = 0.08
"""Lo-fi of a card from which on its crackle is heard."""
BLOCK_SECONDS = 2.0


def clips(scope: Scope) -> list[Clip]:
    """As the identity judge hears them: two seeds of the guides' prompts, one of every other."""
    return [
        clip(one, 500 + seed, identity.SECONDS) for one in scope.prompts for seed in range(1 + (one in scope.guide))
    ]


def jobs(scope: Scope) -> list[Job]:
    """One measurement a clip."""
    return [Job(one, "level") for one in clips(scope)]


def judge(scope: Scope, results: Results) -> Verdict:
    """Shares of clips within the limits; the worst of each."""
    rows = {job.clip: results[job] for job in jobs(scope)}
    values = list(rows.values())
    loud = [abs(row["lufs"] - LUFS) <= LUFS_RANGE for row in values]
    peaks = [row["dbtp"] <= PEAK_DBTP for row in values]
    misses = [
        f"{one.prompt}: {row['lufs']:.1f} LUFS" for one, row in rows.items() if abs(row["lufs"] - LUFS) > LUFS_RANGE
    ]
    misses += [f"{one.prompt}: {row['dbtp']:.2f} dBTP" for one, row in rows.items() if row["dbtp"] > PEAK_DBTP]
    clicks = {one: row["clicks"] for one, row in rows.items() if not _crackles(one)}
    misses += [f"{one.prompt}: {count:.0f} clicks" for one, count in clicks.items() if count]
    misses += [f"{one.prompt}: seam {row['seam']:.1f}" for one, row in rows.items() if row["seam"] > SEAM]
    figures = [
        at_least("clips of -14 +- 1.5 LUFS", share(loud), 1.0, len(values)),
        at_least("clips with a true peak of -1 dBTP or less", share(peaks), 1.0, len(values)),
        Figure(
            "clips with a click away from every note's start (styles with crackle of tape left out)",
            share([count > 0 for count in clicks.values()]),
            "0",
            not any(clicks.values()),
            len(clicks),
        ),
        Figure(
            "worst seam between blocks, against the largest jumps inside",
            max(row["seam"] for row in values),
            "<= 3",
            max(row["seam"] for row in values) <= SEAM,
            len(values),
        ),
        Figure("median crest factor, dB", median([row["crest_db"] for row in values]), of=len(values)),
        Figure("median CPU time of a 2 s block, ms", median([row["block_ms"] for row in values]), of=len(values)),
    ]
    return Verdict(
        figures,
        {
            one.prompt: {"lufs": row["lufs"], "dbtp": row["dbtp"], "crest_db": row["crest_db"]}
            for one, row in rows.items()
        },
        misses,
    )


def _crackles(one: Clip) -> bool:
    """Whether the style asks for the crackle of old tape and vinyl, which is made of clicks."""
    cards = default_deck().cards
    meant = (name for name, _ in ingredients(one.asks[0].steering().prompts, default_deck()))
    return any(cards[name].numbers.get("mix.lofi", 0.0) >= CRACKLE for name in meant if name in cards)
