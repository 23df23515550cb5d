"""What every judge gives, and the arithmetic that they share."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from bench.music.running import Job, Results
from scipy.stats import spearmanr


@dataclass(frozen=True, slots=True)
class Scope:
    """How much is measured.

    Attributes:
        guide: The guides' prompts that have a card.
        prompts: All prompts to measure, the guides' first.
        sample: Whether this is the small sample.
        seeds: Clips a prompt from which prompts are told apart.
        every: One of how many prompts is measured.
    """

    guide: tuple[str, ...]
    prompts: tuple[str, ...]
    sample: bool
    seeds: int = 4
    every: int = 1

    def few(self, sample: int, full: int) -> int:
        """A number of seeds, levels or pairs."""
        return sample if self.sample else full


@dataclass(frozen=True, slots=True)
class Figure:
    """A headline figure.

    Attributes:
        what: In words.
        value: As measured.
        goal: In words, "" for information.
        reached: Whether the goal is; None without a goal.
        of: How many clips, cards or pairs.
    """

    what: str
    value: float
    goal: str = ""
    reached: bool | None = None
    of: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a judge says.

    Attributes:
        figures: Headlines.
        by_prompt: Prompt to named values, for the table of cards.
        misses: What failed, worst first, with what can be said about why.
        facts: Whatever else belongs into the record.
    """

    figures: list[Figure]
    by_prompt: dict[str, dict[str, float]] = field(default_factory=dict)
    misses: list[str] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)


class Judge(Protocol):
    """A module of this package."""

    def jobs(self, scope: Scope) -> list[Job]:
        """What it needs to hear."""
        ...

    def judge(self, scope: Scope, results: Results) -> Verdict:
        """What it says."""
        ...


def share(values: Sequence[bool]) -> float:
    """Share of the true ones, 0 without any."""
    return sum(values) / len(values) if values else 0.0


def at_least(what: str, value: float, goal: float, of: int) -> Figure:
    """A figure that should be as large as its goal."""
    return Figure(what, value, f">= {goal:g}", value >= goal, of)


def rank_correlation(asked: Sequence[float], heard: Sequence[float]) -> float:
    """Spearman's; 0 where nothing changes."""
    if len(set(heard)) < 2:
        return 0.0
    return float(spearmanr(asked, heard).statistic)


def median(values: Sequence[float]) -> float:
    """0 without any."""
    return float(np.median(values)) if values else 0.0
