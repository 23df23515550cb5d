"""Does the music avoid repeating itself exactly, and yet bring its motifs back?"""

from bench.music.clips import Clip, clip
from bench.music.judges.verdict import Figure, Scope, Verdict, at_least
from bench.music.running import Job, Results

MINUTES = 10


def _clip(prompt: str) -> Clip:
    return clip(prompt, 700, 60.0 * MINUTES, "score")


def jobs(scope: Scope) -> list[Job]:
    """Ten minutes of score a prompt."""
    return [Job(_clip(prompt), "form") for prompt in scope.prompts]


def judge(scope: Scope, results: Results) -> Verdict:
    """Sums over all scores, and by prompt."""
    by_prompt: dict[str, dict[str, float]] = {}
    whole: dict[str, float] = {}
    for prompt in scope.prompts:
        row = results[Job(_clip(prompt), "form")]
        sums = {name: float(value) for name, value in row.items() if name != "same_parts"}
        for name, value in sums.items():
            whole[name] = whole.get(name, 0.0) + value
        by_prompt[prompt] = {"repeats": sums["exact"] / max(sums["windows"], 1), "sections": sums["sections"]}
        if sums["sections_with_lead"]:
            by_prompt[prompt]["motifs"] = sums["sections_recurring"] / sums["sections_with_lead"]
    repeats = whole["exact"] / max(whole["windows"], 1)
    led = max(whole["sections_with_lead"], 1)
    worst = sorted(by_prompt.items(), key=lambda item: -item[1]["repeats"])
    forgetful = sorted((item for item in by_prompt.items() if "motifs" in item[1]), key=lambda item: item[1]["motifs"])
    return Verdict(
        [
            Figure(
                "four bars that are note for note four earlier ones, within ten minutes",
                repeats,
                "< 0.1",
                repeats < 0.1,
                int(whole["windows"]),
            ),
            Figure(
                "prompts with a tenth or more of such windows",
                sum(row["repeats"] >= 0.1 for row in by_prompt.values()),
                of=len(by_prompt),
            ),
            at_least(
                "sections whose lead brings back an earlier section's motif",
                whole["sections_recurring"] / led,
                0.5,
                int(led),
            ),
            Figure(
                "the same if the earlier leads are scrambled (chance)",
                whole["sections_recurring_by_chance"] / led,
                of=int(led),
            ),
        ],
        by_prompt,
        [
            f"{prompt}: {row['repeats']:.0%} of four-bar windows repeat exactly"
            for prompt, row in worst
            if row["repeats"] >= 0.1
        ]
        + [
            f"{prompt}: motifs come back in {row['motifs']:.0%} of sections"
            for prompt, row in forgetful
            if row["motifs"] < 0.5
        ],
    )
