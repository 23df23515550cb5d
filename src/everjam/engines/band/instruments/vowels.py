"""Vowels as formants, and wavetables of a source that speaks them."""

from typing import Final

import numpy as np
import numpy.typing as npt

from everjam.audio import Float32Array
from everjam.engines.band.instruments.dsp.filters import Formants, peaks
from everjam.engines.band.instruments.dsp.wavetable import stack

AH: Final[Formants] = (
    (760.0, 130.0, 3.6), (1180.0, 160.0, 2.2), (2800.0, 300.0, 1.1), (3400.0, 380.0, 0.8), (4600.0, 500.0, 0.3),
)  # fmt: skip
OO: Final[Formants] = ((340.0, 110.0, 3.6), (760.0, 150.0, 1.6), (2500.0, 320.0, 0.35), (3300.0, 400.0, 0.2))
OH: Final[Formants] = ((480.0, 120.0, 3.4), (880.0, 140.0, 2.0), (2600.0, 300.0, 0.6), (3200.0, 380.0, 0.5))
EH: Final[Formants] = ((560.0, 120.0, 3.2), (1750.0, 200.0, 1.6), (2600.0, 300.0, 1.0), (3500.0, 400.0, 0.6))
EE: Final[Formants] = ((290.0, 90.0, 3.4), (2250.0, 220.0, 1.7), (2950.0, 300.0, 1.2), (3600.0, 400.0, 0.7))


def vowel_tables(
    source: npt.NDArray[np.floating],
    hz: float,
    vowels: tuple[Formants, ...],
    *,
    floor: float,
    sharpness: float = 1.0,
    phases: npt.ArrayLike | None = None,
) -> Float32Array:
    """Wavetables of a source through each of some vowels, equally loud.

    Args:
        source: Harmonic amplitudes, shape ``(harmonics,)``.
        hz: Fundamental.
        vowels: Formants of each table; two or more.
        floor: Gain beside the formants.
        sharpness: How much narrower than a voice's the formants are.
        phases: As of ``stack``.
    """
    at = (hz * np.arange(1, source.size + 1)).astype(np.float32)
    rows = []
    for formants in vowels:
        narrow = tuple((centre, width / sharpness, gain) for centre, width, gain in formants)
        row = source * peaks(narrow, floor)(at)
        rows.append(row / np.sqrt(np.sum(row**2)))
    return stack(np.array(rows), phases)
