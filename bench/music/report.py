"""What the judges say, as tables for people and lines for comparing."""

from collections.abc import Mapping, Sequence

from bench.music.judges.verdict import Scope, Verdict

from bench import report as tables

MOST_MISSES = 25
CARD_COLUMNS = (
    "told_apart",
    "top5",
    "tempo",
    "trackers",
    "scale",
    "in_scale",
    "onsets_rho",
    "layers_rho",
    "heard_rho",
    "bright_rho",
    "bright_octaves",
    "repeats",
    "motifs",
    "lufs",
    "dbtp",
    "crest_db",
)


LIKENESS_COLUMNS = ("ours", "real", "shuffled", "mingled", "random", "divergence")


def write(
    scope: Scope, verdicts: Mapping[str, Verdict], seconds: float, missing: Sequence[str], *, whole: bool, command: str
) -> None:
    """Prints and records everything: headlines, cards, misses.

    What is measured in part only is recorded in a folder beside, so that it is never published for the whole.
    """
    folder = "" if whole else "parts/"
    origin = {"command": f"bench.music {command}".strip()}
    (tables.RESULTS / folder).mkdir(parents=True, exist_ok=True)
    rows = [
        (judge, figure.what, figure.value, figure.goal, _mark(figure.reached), figure.of)
        for judge, verdict in verdicts.items()
        for figure in verdict.figures
    ]
    tables.report(
        f"{folder}music",
        ("judge", "what", "measured", "goal", "reached", "of"),
        rows,
        seconds=round(seconds, 1),
        prompts=len(scope.prompts),
        guide=len(scope.guide),
        missing=list(missing),
        **origin,
    )
    print()
    cards = {prompt: _values(prompt, verdicts) for prompt in scope.prompts}
    heads = [name for name in CARD_COLUMNS if any(name in values for values in cards.values())]
    if heads:
        tables.report(
            f"{folder}music-cards",
            ("prompt", *heads),
            [(prompt, *(values.get(name, "") for name in heads)) for prompt, values in cards.items()],
            **origin,
        )
        print()
    likeness = verdicts["likeness"].facts if "likeness" in verdicts else {}
    if likeness:
        lines = [
            (
                kind,
                feature,
                *(row[name] for name in LIKENESS_COLUMNS),
                row.get("mean_real", ""),
                row.get("mean_ours", ""),
            )
            for kind, table in likeness.items()
            for feature, row in table.items()
        ]
        columns = ("music", "feature", *LIKENESS_COLUMNS, "mean, real", "mean, ours")
        tables.report(f"{folder}music-likeness", columns, lines, **origin)
        print()
    confused = verdicts["identity"].facts.get("confused", []) if "identity" in verdicts else []
    if confused:
        tables.report(f"{folder}music-confused", ("prompt", "taken for", "times"), confused, **origin)
        print()
    misses = [(judge, miss) for judge, verdict in verdicts.items() for miss in verdict.misses[:MOST_MISSES]]
    if misses:
        tables.report(f"{folder}music-misses", ("judge", "miss"), misses, **origin)


def _mark(reached: bool | None) -> str:  # noqa: FBT001 - three states
    return "" if reached is None else "yes" if reached else "NO"


def _values(prompt: str, verdicts: Mapping[str, Verdict]) -> dict[str, float]:
    merged: dict[str, float] = {}
    for verdict in verdicts.values():
        merged.update(verdict.by_prompt.get(prompt, {}))
    return merged
