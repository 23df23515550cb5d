"""Controls that follow the music slowly: decided every 0.4 s, moved along straight lines in between.

The windows are counted from the first quantum of the jam, so that how a jam is cut into blocks does not matter.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from everjam.engines.band.mixer.grid import Float64Array

WINDOW_QUANTA: Final = 10
Decide = Callable[[Float64Array, Float64Array, Float64Array, Float64Array], tuple[Float64Array, Float64Array]]
"""From the memory, the mean powers of the window, what is asked for at its end and the present values, to the values at
the end of the next window and the new memory."""


@dataclass(frozen=True, slots=True, eq=False)
class SlowState:
    """Where the controls are, and what is being gathered.

    Attributes:
        count: Quanta of the window that have passed.
        gathered: Sum of their powers, float64 ``(n,)``.
        origin: Values at the window's start.
        target: Values at its end.
        memory: What decides remembers, float64, any shape.
    """

    count: int
    gathered: Float64Array
    origin: Float64Array
    target: Float64Array
    memory: Float64Array


def start(powers: int, values: Float64Array, memory: Float64Array) -> SlowState:
    """At rest at some values."""
    return SlowState(0, np.zeros(powers), values, values, memory)


def follow(
    state: SlowState, powers: Float64Array, asked: Float64Array, decide: Decide
) -> tuple[Float64Array, SlowState]:
    """Values over a stretch of time.

    Args:
        state: Where they are.
        powers: In each quantum, float64 ``(n, q)``.
        asked: What is asked for in each quantum, float64 ``(q, m)``.
        decide: Called at the end of each window.

    Returns:
        Values at quantum borders, float64 ``(v, q + 1)``, which depend on earlier quanta only; and the new state.
    """
    quanta = powers.shape[1]
    out = np.empty((state.origin.shape[0], quanta + 1))
    count, gathered = state.count, state.gathered
    origin, target, memory = state.origin, state.target, state.memory
    at = 0
    while at < quanta:
        until = min(quanta, at + WINDOW_QUANTA - count)
        places = np.arange(count, count + until - at) / WINDOW_QUANTA
        out[:, at:until] = origin[:, None] + (target - origin)[:, None] * places
        gathered = gathered + powers[:, at:until].sum(axis=1)
        count += until - at
        at = until
        if count == WINDOW_QUANTA:
            origin = target
            target, memory = decide(memory, gathered / WINDOW_QUANTA, asked[at - 1], origin)
            count, gathered = 0, np.zeros_like(gathered)
    out[:, quanta] = origin + (target - origin) * (count / WINDOW_QUANTA)
    return out, SlowState(count, gathered, origin, target, memory)
