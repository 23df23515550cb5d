"""The one place where musical decisions are drawn: guidance, temperature, top-k, addressed randomness.

Every decision is one draw from ``choose``, over logits that are mixed as classifier-free guidance mixes them
(``style.mix``). Randomness is addressed, never consumed: the same address gives the same noise whatever else was
drawn, so that changing one part never disturbs another.
"""

import math
import zlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, Self

_MASK: Final = (1 << 64) - 1
_GOLDEN: Final = 0x9E3779B97F4A7C15
_FIRST: Final = 0xBF58476D1CE4E5B9
_SECOND: Final = 0x94D049BB133111EB
_TO_UNIT: Final = 1.0 / (1 << 53)

HOPELESS: Final = 14.0
"""Nats (at temperature 1) below the best candidate from which on luck is not asked: less than one in a million."""

Address = int | str


def _mix(value: int) -> int:
    """Finaliser of SplitMix64 (Steele, Lea and Flood 2014)."""
    value = ((value ^ (value >> 30)) * _FIRST) & _MASK
    value = ((value ^ (value >> 27)) * _SECOND) & _MASK
    return value ^ (value >> 31)


@lru_cache(maxsize=16384)
def _word(part: str) -> int:
    return _mix(zlib.crc32(part.encode()) * _GOLDEN & _MASK)


class Rng:
    """Noise at an address: a counter-based generator that holds nothing but its key."""

    __slots__ = ("key",)

    def __init__(self, key: int) -> None:
        self.key = key & _MASK

    @classmethod
    def seeded(cls, seed: int) -> Self:
        """The root of all addresses of a seed."""
        return cls(_mix((seed + 1) * _GOLDEN & _MASK))

    def at(self, *address: Address) -> "Rng":
        """The noise at an address below this one."""
        key = self.key
        for part in address:
            # ``_mix`` written out, as in ``uniform``.
            key = (key ^ (_word(part) if isinstance(part, str) else part * _SECOND)) + _GOLDEN & _MASK
            key = ((key ^ (key >> 30)) * _FIRST) & _MASK
            key = ((key ^ (key >> 27)) * _SECOND) & _MASK
            key ^= key >> 31
        return Rng(key)

    def uniform(self, index: int = 0) -> float:
        """A number in (0, 1); the same ``index`` always gives the same one."""
        # ``_mix`` written out: this is called some hundred times a bar.
        value = (self.key + (index + 1) * _GOLDEN) & _MASK
        value = ((value ^ (value >> 30)) * _FIRST) & _MASK
        value = ((value ^ (value >> 27)) * _SECOND) & _MASK
        return (((value ^ (value >> 31)) >> 11) + 0.5) * _TO_UNIT

    def gumbel(self, index: int = 0) -> float:
        """A draw from the standard Gumbel distribution."""
        return -math.log(-math.log(self.uniform(index)))

    def normal(self, index: int = 0) -> float:
        """A draw from the standard normal distribution (Box and Muller 1958)."""
        radius = math.sqrt(-2 * math.log(self.uniform(2 * index)))
        return radius * math.cos(math.tau * self.uniform(2 * index + 1))


@lru_cache(maxsize=16384)
def identity(candidate: str) -> int:
    """A candidate's own noise index: it keeps its luck when others join or leave the table."""
    return zlib.crc32(candidate.encode())


def choose(
    logits: Sequence[float], temperature: float, top_k: int, rng: Rng, identities: Sequence[int] | None = None
) -> int:
    """Draws one candidate (Gumbel-max: softmax sampling whose winner moves as little as the logits do).

    Args:
        logits: Unnormalised log-probabilities, at least one; ``-inf`` is never drawn unless all are.
        temperature: 0 takes the best; 1 draws as it stands; above 1 flattens.
        top_k: Only the best so many are candidates, at least 1.
        rng: Noise at the decision's address.
        identities: Noise index of each candidate; its place by default.

    Returns:
        Index into ``logits``. Of equal candidates at temperature 0 the first.

    Raises:
        ValueError: There is no candidate.
    """
    count = len(logits)
    if count == 0:
        raise ValueError("there is nothing to choose from")
    if count == 1:
        return 0
    if temperature <= 0 or top_k <= 1:
        return max(range(count), key=logits.__getitem__)
    candidates: Sequence[int] = range(count)
    if top_k < count:
        candidates = sorted(candidates, key=lambda index: (-logits[index], index))[:top_k]
    best, best_score = candidates[0], -math.inf
    hopeless = max(logits) - HOPELESS * temperature
    for index in candidates:
        logit = logits[index]
        if logit < hopeless or logit == -math.inf:
            continue
        score = logit / temperature + rng.gumbel(index if identities is None else identities[index])
        if score > best_score:
            best, best_score = index, score
    return best


class Dice:
    """All draws of one bar: the noise, and the temperature and top-k that the listener set.

    Attributes:
        rng: Root of the addresses.
        temperature: As in ``choose``.
        top_k: As in ``choose``.
    """

    __slots__ = ("rng", "temperature", "top_k")

    def __init__(self, rng: Rng, temperature: float, top_k: int) -> None:
        self.rng = rng
        self.temperature = temperature
        self.top_k = top_k

    def index(self, logits: Sequence[float], *address: Address, identities: Sequence[int] | None = None) -> int:
        """Draws from plain logits at an address."""
        return choose(logits, self.temperature, self.top_k, self.rng.at(*address), identities)

    def happens(self, probability: float, rng: Rng, index: int = 0) -> bool:
        """Draws whether something happens: ``choose`` between yes and no, with one noise of their difference."""
        if probability >= 1:
            return True
        if probability <= 0:
            return False
        logit = math.log(probability / (1 - probability))
        if self.temperature <= 0 or self.top_k <= 1:
            return logit > 0
        uniform = rng.uniform(index)
        return logit / self.temperature + math.log(uniform / (1 - uniform)) > 0

    def uniform(self, *address: Address) -> float:
        """A plain number in (0, 1) for what is a matter of touch and not of choice."""
        return self.rng.at(*address).uniform()
