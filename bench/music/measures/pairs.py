"""Pitch classes and the twelve pairs of a major key and its relative minor."""

import numpy as np
import numpy.typing as npt

MAJOR = (0, 2, 4, 5, 7, 9, 11)


def shares_in_pairs(weights: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Share of the weight of pitch classes that lies in each of the twelve pairs, float64 ``(12,)``."""
    values = np.asarray(weights, np.float64)
    whole = max(float(values.sum()), 1e-9)
    return np.array([sum(values[(pair + step) % 12] for step in MAJOR) / whole for pair in range(12)])
