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


def write(scope: Scope, verdicts: Mapping[str, Verdict], seconds: float, missing: Sequence[str]) -> None:
    """Prints and records everything: headlines, cards, misses."""
    suffix = "-sample" if scope.sample else ""
    rows = [
        (judge, figure.what, figure.value, figure.goal, _mark(figure.reached), figure.of)
        for judge, verdict in verdicts.items()
        for figure in verdict.figures
    ]
    facts = {judge: verdict.facts for judge, verdict in verdicts.items() if verdict.facts}
    tables.report(
        f"music{suffix}",
        ("judge", "what", "measured", "goal", "reached", "of"),
        rows,
        seconds=round(seconds, 1),
        prompts=len(scope.prompts),
        guide=len(scope.guide),
        missing=list(missing),
        facts=facts,
    )
    print()
    cards = {prompt: _values(prompt, verdicts) for prompt in scope.prompts}
    heads = [name for name in CARD_COLUMNS if any(name in values for values in cards.values())]
    if heads:
        tables.report(
            f"music-cards{suffix}",
            ("prompt", *heads),
            [(prompt, *(values.get(name, "") for name in heads)) for prompt, values in cards.items()],
        )
        print()
    misses = [(judge, miss) for judge, verdict in verdicts.items() for miss in verdict.misses[:MOST_MISSES]]
    if misses:
        tables.report(f"music-misses{suffix}", ("judge", "miss"), misses)


def _mark(reached: bool | None) -> str:  # noqa: FBT001 - three states
    return "" if reached is None else "yes" if reached else "NO"


def _values(prompt: str, verdicts: Mapping[str, Verdict]) -> dict[str, float]:
    merged: dict[str, float] = {}
    for verdict in verdicts.values():
        merged.update(verdict.by_prompt.get(prompt, {}))
    return merged
