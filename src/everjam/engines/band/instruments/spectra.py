"""Harmonics of real instruments, measured from the FluidR3 General MIDI SoundFont (MIT licence, see NOTICE).

``data/spectra.txt`` is written by ``tools/measure_spectra.py``: numbers only, no recorded sound.
"""

from functools import lru_cache
from importlib.resources import files

import numpy as np

from everjam.audio import Float32Array
from everjam.engines.band.instruments.dsp.base import f32


@lru_cache(maxsize=1)
def _tables() -> dict[str, list[tuple[int, bytes]]]:
    """Instrument to ``(MIDI key, decibels below the loudest)`` by rising key."""
    out: dict[str, list[tuple[int, bytes]]] = {}
    for line in files(__package__).joinpath("data", "spectra.txt").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            name, key, levels = line.split()
            out.setdefault(name, []).append((int(key), bytes.fromhex(levels)))
    return out


def measured(name: str, hz: float, count: int) -> Float32Array:
    """Amplitudes of the first ``count`` harmonics of a note at ``hz``, loudest about 1.

    Between measured keys the levels are interpolated in decibels; beyond the measured harmonics they go on falling by
    12 dB an octave.

    Raises:
        KeyError: The instrument was not measured.
    """
    rows = _tables()[name]
    keys = np.array([key for key, _ in rows], np.float64)
    width = max(len(levels) for _, levels in rows)
    table = np.empty((len(rows), width))
    for row, (_, levels) in zip(table, rows, strict=True):
        known = np.frombuffer(levels, np.uint8)
        row[: known.size] = known
        row[known.size :] = known[-1] + 40.0 * np.log10(np.arange(known.size + 1, width + 1) / known.size)
    key = float(np.clip(69.0 + 12.0 * np.log2(hz / 440.0), keys[0], keys[-1]))
    above = int(np.clip(np.searchsorted(keys, key), 1, len(rows) - 1))
    share = (key - keys[above - 1]) / (keys[above] - keys[above - 1])
    levels_db = table[above - 1] * (1.0 - share) + table[above] * share
    if count > width:
        tail = levels_db[-1] + 40.0 * np.log10(np.arange(width + 1, count + 1) / width)
        levels_db = np.concatenate([levels_db, tail])
    return f32(10.0 ** (-levels_db[:count] / 20.0))
