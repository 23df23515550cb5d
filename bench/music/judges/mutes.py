"""Do the mutes silence what they name?"""

from bench.music.clips import Clip, clip
from bench.music.judges.verdict import Figure, Scope, Verdict, at_least, median, share
from bench.music.running import Job, Results

GOAL_DB = 20.0
AUDIBLE_DB = -50.0
"""A part that is quieter than this without the mute cannot be judged."""
SECONDS = 10.0
VARIANTS: dict[str, dict[str, bool]] = {
    "all": {},
    "no_drums": {"mute_drums": True},
    "no_bass": {"mute_bass": True},
    "only": {"only_bass_and_drums": True},
    "neither": {"mute_drums": True, "mute_bass": True},
    "bass": {"only_bass_and_drums": True, "mute_drums": True},
}


def _clip(prompt: str, variant: str) -> Clip:
    return clip(prompt, 400, SECONDS, "stems", density=0.7, **VARIANTS[variant])


def _prompts(scope: Scope) -> tuple[str, ...]:
    return scope.prompts[:: scope.few(3, 2)]


def jobs(scope: Scope) -> list[Job]:
    """Every other prompt with each combination of mutes, rather dense, so that there is something to mute."""
    return [Job(_clip(prompt, variant), "mutes") for prompt in _prompts(scope) for variant in VARIANTS]


def judge(scope: Scope, results: Results) -> Verdict:
    """Drops in decibels, by stem and by ear; styles that lack a part have no say about it."""
    found: dict[str, list[float]] = {name: [] for name in ("drums", "bass", "rest", "percussive", "low")}
    by_prompt: dict[str, dict[str, float]] = {}
    misses = []
    for prompt in _prompts(scope):
        rows = {variant: results[Job(_clip(prompt, variant), "mutes")] for variant in VARIANTS}
        drops = {
            "drums": (rows["all"]["stem_drums"], rows["no_drums"]["stem_drums"]),
            "bass": (rows["all"]["stem_bass_low"], rows["no_bass"]["stem_bass_low"]),
            "rest": (rows["all"]["stem_rest"], rows["only"]["stem_rest"]),
            # By ear a mute can only be told where nothing else makes the same kind of sound.
            "percussive": (rows["only"]["attacks"], rows["bass"]["attacks"]),
            "low": (rows["no_drums"]["low"], rows["neither"]["low"]),
        }
        audible = {
            "drums": rows["all"]["stem_drums"],
            "bass": rows["all"]["stem_bass_low"],
            "rest": rows["all"]["stem_rest"],
            "percussive": rows["all"]["stem_drums"],
            "low": rows["all"]["stem_bass_low"],
        }
        by_prompt[prompt] = {}
        for name, (before, after) in drops.items():
            if audible[name] <= AUDIBLE_DB:
                continue
            found[name].append(before - after)
            by_prompt[prompt][f"mute_{name}_db"] = before - after
            if before - after < GOAL_DB and name in {"drums", "bass", "rest"}:
                misses.append(f"{prompt}: {name} falls by {before - after:.0f} dB only")
    whats = {
        "drums": "muteDrums: the drums' stem falls by 20 dB",
        "bass": "muteBass: the bass stem below 150 Hz falls by 20 dB",
        "rest": "onlyBassAndDrums: the rest falls by 20 dB",
        "percussive": "muteDrums by ear: median fall of percussive onsets beside the bass, dB",
        "low": "muteBass by ear: median fall below 150 Hz in the mix without drums, dB",
    }
    figures = [
        at_least(whats[name], share([x >= GOAL_DB for x in values]), 1.0, len(values))
        if name in {"drums", "bass", "rest"}
        else Figure(whats[name], median(values), of=len(values))
        for name, values in found.items()
    ]
    return Verdict(figures, by_prompt, misses)
