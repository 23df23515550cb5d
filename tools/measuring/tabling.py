"""Analysed notes of an instrument to its table."""

import itertools
import zlib
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from everjam.engines.band.instruments.dsp.base import midi_to_hz
from everjam.engines.band.instruments.measured import SILENT_CODE, Head, Table

from .analysis import HELD_SECONDS, RINGING_SECONDS, Analysed, analyse, frequencies, from_onset
from .recording import Ask, record
from .source import Source
from .zones import zones

_SINGLE_HARMONICS: Final = 28
_STEP: Final = 1.06
_HIGHEST_HZ: Final = 19_500.0
_RANGE_DB: Final = 96.0

Float64Array = npt.NDArray[np.float64]


def harmonic_numbers(lowest_hz: float) -> list[int]:
    """Numbers of the harmonics that are kept: all of the first, then ever fewer."""
    last = int(_HIGHEST_HZ / lowest_hz)
    out = list(range(1, min(last, _SINGLE_HARMONICS) + 1))
    while out[-1] < last:
        out.append(min(last, max(out[-1] + 1, round(out[-1] * _STEP))))
    return out


def keys_of(source: Source, soundfont: Path) -> list[tuple[int, int]]:
    """Keys to be recorded and the last key that each stands for."""
    found = zones(soundfont, source.bank, source.program, source.low, source.high)
    while len(found) > source.most_keys:
        widths = [after[1] - before[0] for before, after in itertools.pairwise(found)]
        narrow = int(np.argmin(widths))
        found[narrow : narrow + 2] = [(found[narrow][0], found[narrow + 1][1])]
    return [((first + last) // 2, last) for first, last in found]


def held_seconds_of(source: Source) -> float:
    """How long notes are held for the analysis."""
    return source.held_seconds or (2.6 if source.kind == "held" else 4.4)


def measure(name: str, source: Source, soundfont: Path) -> Table:
    """Records and analyses an instrument."""
    keys = keys_of(source, soundfont)
    held_seconds = held_seconds_of(source)
    asks = [Ask(key, velocity, held_seconds, 1.0) for key, _ in keys for velocity in source.velocities]
    notes = iter(record(soundfont, source.bank, source.program, asks))
    seconds = HELD_SECONDS if source.kind == "held" else RINGING_SECONDS
    anywhere = source.kind in {"bar", "drum"}
    numbers = [] if anywhere else harmonic_numbers(midi_to_hz(keys[0][0]) / source.below)
    count = source.partials if anywhere else len(numbers)
    rows: list[list[Analysed]] = []
    ratios = np.zeros((len(keys), count if anywhere else 0), np.float32)
    stiffness: list[float] = []
    for row, (key, _) in enumerate(keys):
        signals = [from_onset(next(notes)) for _ in source.velocities]
        wanted = np.asarray(_whole_numbers(numbers, midi_to_hz(key) / source.below), np.float64)
        hz, first, stiff, spacing = frequencies(source, signals[-1], midi_to_hz(key), wanted)
        seed = zlib.crc32(f"{name}/{key}".encode())
        analysed = [analyse(one, hz, spacing, np.asarray(seconds), held_seconds, seed) for one in signals]
        if anywhere:
            ratios[row, : hz.size] = hz / first
        else:
            analysed = [_grouped(one, numbers) for one in analysed]
        rows.append(analysed)
        stiffness.append(round(stiff, 8))
    reference = max(float(max(one.levels_db.max(), one.noise_db.max())) for analysed in rows for one in analysed)
    head = Head(
        held=source.kind == "held",
        keys=[key for key, _ in keys],
        tops=[top for _, top in keys],
        velocities=list(source.velocities),
        seconds=list(seconds),
        numbers=numbers,
        partials=count,
        below=source.below,
        stiffness=stiffness,
        release_seconds=[round(analysed[-1].release_seconds, 3) for analysed in rows],
        reference_db=round(reference, 2),
    )
    codes = [
        np.array([[_codes(levels, reference, width) for levels in taken] for taken in instrument], np.uint8)
        for width, instrument in (
            (count, [[one.levels_db for one in analysed] for analysed in rows]),
            (rows[0][0].noise_db.shape[1], [[one.noise_db for one in analysed] for analysed in rows]),
        )
    ]
    return Table(head, codes[0], codes[1], ratios)


def _whole_numbers(numbers: list[int], hz: float) -> list[int]:
    """Every harmonic up to the last one that is kept."""
    return list(range(1, min(numbers[-1], int(_HIGHEST_HZ / hz)) + 1)) if numbers else []


def _grouped(analysed: Analysed, numbers: list[int]) -> Analysed:
    """Levels of all harmonics to those of the kept numbers: mean powers of the groups around them."""
    levels = analysed.levels_db
    edges = np.sqrt(np.asarray(numbers[:-1]) * np.asarray(numbers[1:], np.float64))
    groups = np.searchsorted(edges, np.arange(1, levels.shape[1] + 1))
    used = int(groups[-1]) + 1
    power = 10.0 ** (levels / 10.0)
    out = 10.0 * np.log10(np.stack([power[:, groups == group].mean(axis=1) for group in range(used)], axis=1))
    return Analysed(out, analysed.noise_db, analysed.release_seconds)


def _codes(levels_db: Float64Array, reference_db: float, width: int) -> npt.NDArray[np.uint8]:
    """Half decibels below the reference; what is missing or too soft is silent."""
    below = reference_db - levels_db
    codes = np.clip(np.rint(2.0 * below), 0, SILENT_CODE - 1)
    codes[below > _RANGE_DB] = SILENT_CODE
    out = np.full((len(codes), width), SILENT_CODE, np.uint8)
    out[:, : codes.shape[1]] = codes
    return out
