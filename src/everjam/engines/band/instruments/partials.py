"""Partials of real strings and bars, measured from the FluidR3 General MIDI SoundFont (MIT licence, see NOTICE).

``data/partials.txt`` is written by ``tools/measure_partials.py``: numbers only, no recorded sound.
"""

from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Partials:
    """The partials of one note; all arrays have shape ``(partials,)``.

    Attributes:
        hz: Frequencies.
        amplitudes: At the start, loudest about 1: of what dies first.
        tau_seconds: Its time constants.
        late_amplitudes: Of what rings on.
        late_tau_seconds: Its time constants.
    """

    hz: Float64Array
    amplitudes: Float64Array
    tau_seconds: Float64Array
    late_amplitudes: Float64Array
    late_tau_seconds: Float64Array


@dataclass(frozen=True, slots=True)
class _Table:
    """Measured notes of one instrument, by rising key.

    Attributes:
        keys: MIDI keys ``(rows,)``.
        stiffness: ``(rows,)``.
        ratios: Of the partials to the fundamental, for each row, or () for those of a stiff string.
        levels: ``(rows, partials, 4)``: as in the file; rows with fewer partials go on falling.
    """

    keys: Float64Array
    stiffness: Float64Array
    ratios: tuple[Float64Array, ...]
    levels: Float64Array


@lru_cache(maxsize=1)
def _tables() -> dict[str, _Table]:
    lines: dict[str, list[list[str]]] = {}
    for line in files(__package__).joinpath("data", "partials.txt").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            name, *rest = line.split()
            lines.setdefault(name, []).append(rest)
    return {name: _table(rows) for name, rows in lines.items()}


def _table(rows: list[list[str]]) -> _Table:
    width = max(len(row[3]) for row in rows) // 8
    levels = np.empty((len(rows), width, 4))
    for into, row in zip(levels, rows, strict=True):
        known = np.frombuffer(bytes.fromhex(row[3]), np.uint8).reshape(-1, 4).astype(np.float64)
        into[: len(known)] = known
        into[len(known) :] = known[-1]
        into[len(known) :, (0, 2)] += 2.0 * np.arange(1, width - len(known) + 1)[:, None]
    ratios = tuple(np.array([float(ratio) for ratio in row[2].split(",")]) for row in rows if row[2] != "-")
    return _Table(np.array([float(row[0]) for row in rows]), np.array([float(row[1]) for row in rows]), ratios, levels)


def measured(name: str, hz: float) -> Partials:
    """Partials of a note at ``hz``.

    Those of strings are interpolated between the measured keys, in their logarithms; those of bars are the nearest
    measured note's.

    Raises:
        KeyError: The instrument was not measured.
    """
    table = _tables()[name]
    keys = table.keys
    key = 69.0 + 12.0 * float(np.log2(hz / 440.0))
    inside = float(np.clip(key, keys[0], keys[-1]))
    # Beyond the measured range the whole body of decays scales with pitch.
    scale = 2.0 ** ((inside - key) / 18.0)
    if table.ratios:
        nearest = int(np.argmin(np.abs(keys - inside)))
        ratios = table.ratios[nearest]
        return _partials(hz * ratios, table.levels[nearest, : ratios.size], scale)
    above = int(np.clip(np.searchsorted(keys, inside), 1, keys.size - 1))
    share = (inside - keys[above - 1]) / (keys[above] - keys[above - 1])
    row = table.levels[above - 1] * (1.0 - share) + table.levels[above] * share
    bend = float(np.interp(key, keys, table.stiffness))
    number = np.arange(1, len(row) + 1)
    return _partials(number * hz * np.sqrt((1.0 + bend * number**2) / (1.0 + bend)), row, scale)


def _partials(hz: Float64Array, row: Float64Array, scale: float) -> Partials:
    amplitude = 10.0 ** (-row[:, 0] / 20.0)
    late = np.minimum(10.0 ** (-row[:, 2] / 20.0), amplitude)
    neper_per_db = np.log(10.0) / 20.0
    return Partials(
        hz=hz,
        amplitudes=amplitude - late,
        tau_seconds=scale / (neper_per_db * 2.0 ** (row[:, 1] / 28.0)),
        late_amplitudes=late,
        late_tau_seconds=scale / (neper_per_db * 2.0 ** (row[:, 3] / 28.0)),
    )
