"""Our instruments against recorded ones, at pitches and velocities that were not analysed.

``python -m bench.sound.instruments [NAMES]`` prints for each measured instrument the log-mel distance (``logmel``) of
the patch, as the band plays it (plain, brightness 5), to the notes of the SoundFont. Goal: median 4 dB, none above 6.
``--tables`` adds what the bare table would give, ``--before TREE`` what the patches of another checkout give. All
instruments ``--before`` are also a line in ``bench/results/orchestra.jsonl``, by family.
``--features`` writes the recorded notes, as small integers, for the tests, which have no SoundFont.
Needs ``fluidsynth`` and the SoundFont (see ``tools/measure_instruments.py``).
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from bench.report import report
from bench.sound.logmel import FLOOR_DB, HELD_SECONDS, RATE_HZ, distance_db, log_mel
from tools.measuring.recording import SOUNDFONT, Ask, record
from tools.measuring.registry import INSTRUMENTS
from tools.measuring.source import Source

from everjam.engines.band.instruments import PATCHES
from everjam.engines.band.instruments.contract import Tone
from everjam.engines.band.instruments.dsp.additive import additive
from everjam.engines.band.instruments.dsp.bands import band_noise
from everjam.engines.band.instruments.dsp.base import midi_to_hz
from everjam.engines.band.instruments.measured import measured, table_of

FEATURES: Final = Path(__file__).parents[2] / "tests" / "mix" / "instruments.npz"
EVERY: Final = 2
STEP_DB: Final = 0.5
_VELOCITIES: Final = ((5, 80), (7, 112))
"""Steps of the band's eight, and MIDI velocities."""
_AFTER_SECONDS: Final = 0.6


@dataclass(frozen=True, slots=True)
class Held:
    """A note that was not analysed.

    Attributes:
        table: Measured instrument.
        patch: Patch that plays it.
        key: MIDI key.
        velocity: 1 to 8.
        midi_velocity: The same in MIDI.
    """

    table: str
    patch: str
    key: int
    velocity: int
    midi_velocity: int


def held_out(name: str, source: Source) -> list[Held]:
    """Four notes of an instrument: three quarters of the range apart, away from the analysed keys; drums two."""
    patch = source.patch or name
    if source.kind == "drum":
        return [Held(name, patch, source.low, step, midi) for step, midi in _VELOCITIES]
    analysed = set(table_of(name).head["keys"])
    low, high = source.low, source.high
    if patch in PATCHES:
        low, high = max(low, PATCHES[patch].low), min(high, PATCHES[patch].high)
    free = [key for key in range(low, high + 1) if key not in analysed]
    keys = [free[round(share * (len(free) - 1))] for share in (0.2, 0.4, 0.6, 0.8)]
    return [Held(name, patch, key, *_VELOCITIES[number % 2]) for number, key in enumerate(keys)]


def recorded(name: str, source: Source, soundfont: Path = SOUNDFONT) -> Iterator[tuple[Held, npt.NDArray[np.float32]]]:
    """The held-out notes of an instrument and their recordings."""
    notes = held_out(name, source)
    held_seconds = max(HELD_SECONDS, source.held_seconds)
    asks = [Ask(note.key, note.midi_velocity, held_seconds, _AFTER_SECONDS) for note in notes]
    yield from zip(notes, record(soundfont, source.bank, source.program, asks), strict=True)


def played(note: Held) -> npt.NDArray[np.float32]:
    """The patch."""
    return PATCHES[note.patch].render(Tone(note.patch, note.key, round(1000 * HELD_SECONDS), note.velocity, 5, 0))


def bare(note: Held) -> npt.NDArray[np.float32]:
    """The table alone: partials and noise, let go after a second."""
    spectrum = measured(note.table, midi_to_hz(note.key), note.midi_velocity / 127.0)
    frames = round(1.5 * RATE_HZ)
    rng = np.random.default_rng(zlib.crc32(f"{note.table}/{note.key}".encode()))
    phases = rng.uniform(0.0, 2.0 * np.pi, spectrum.hz.size)
    out = additive(spectrum.hz, spectrum.seconds, spectrum.levels_db, frames, phases)
    out = out + band_noise(rng, spectrum.seconds, spectrum.noise_db, frames)
    let_go = np.maximum(0.0, np.arange(frames) / RATE_HZ - HELD_SECONDS)
    return np.asarray(out * 10.0 ** (-3.0 * let_go / spectrum.release_seconds), np.float32)[None, :]


def quantised(level_db: npt.NDArray[np.float64]) -> npt.NDArray[np.uint8]:
    """``log_mel`` in steps of ``STEP_DB`` below its loudest cell."""
    return np.asarray(np.rint(np.minimum(-level_db, FLOOR_DB) / STEP_DB), np.uint8)


_RENDER: Final = """
import json, sys
import numpy as np
from everjam.engines.band.instruments import PATCHES
from everjam.engines.band.instruments.contract import Tone
asked = json.load(sys.stdin)
notes = {str(at): PATCHES[one[0]].render(Tone(*one)) for at, one in enumerate(asked) if one[0] in PATCHES}
np.savez(sys.argv[1], **notes)
"""


def played_by(tree: Path, notes: list[Held]) -> list[npt.NDArray[np.float32] | None]:
    """The notes as the patches of another checkout play them; None where it has no such patch."""
    asked = json.dumps([(note.patch, note.key, round(1000 * HELD_SECONDS), note.velocity, 5, 0) for note in notes])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "notes.npz")
        environment = {**os.environ, "PYTHONPATH": str(tree / "src")}
        command = [sys.executable, "-c", _RENDER, str(path)]
        subprocess.run(command, input=asked, text=True, check=True, env=environment, cwd=folder)
        with np.load(path) as found:
            return [found.get(str(number), None) for number in range(len(notes))]


def _distances(notes: Iterable[npt.NDArray[np.float32] | None], targets: list[npt.NDArray[np.float64]]) -> list[float]:
    pairs = zip(notes, targets, strict=True)
    return [distance_db(log_mel(note), target) for note, target in pairs if note is not None]


def _compare(names: list[str], *, tables: bool, before: Path | None) -> list[tuple[str, str, list[list[float]]]]:
    """Prints a line an instrument: mean and notes, of the patch, then of what was asked for besides.

    Returns:
        Instrument, patch and the distances of each column.
    """
    rows = []
    for name in names:
        patch = INSTRUMENTS[name].patch or name
        if patch not in PATCHES:
            continue
        notes, targets = [], []
        for note, recording in recorded(name, INSTRUMENTS[name]):
            notes.append(note)
            targets.append(log_mel(recording))
        columns = [_distances(map(played, notes), targets)]
        if tables:
            columns.append(_distances(map(bare, notes), targets))
        if before:
            columns.append(_distances(played_by(before, notes), targets))
        text = "   ".join(
            f"{np.mean(column):5.1f} (" + " ".join(f"{figure:4.1f}" for figure in column) + ")" if column else "    -"
            for column in columns
        )
        print(f"{name:20} {patch:20} {text}", flush=True)
        rows.append((name, patch, columns))
    means = [float(np.mean(columns[0])) for _, _, columns in rows]
    print(f"{len(means)} instruments: median {np.median(means):.2f} dB, worst {max(means):.2f} dB")
    return rows


def _report(rows: list[tuple[str, str, list[list[float]]]]) -> None:
    """All instruments by family, with what they were before if that was measured."""
    families: dict[str, list[list[float]]] = {}
    for _, patch, columns in rows:
        means = [float(np.mean(column)) if column else float("nan") for column in (columns[0], columns[-1])]
        families.setdefault(PATCHES[patch].family, []).append(means)
    families["all"] = [row for family in families.values() for row in family]
    table: list[tuple[str, int, float, float, float]] = []
    for family, found in families.items():
        now, before = np.array(found).T
        table.append((family, len(found), float(np.median(now)), float(now.max()), float(np.nanmedian(before))))
    report("orchestra", ("family", "instruments", "median dB", "worst dB", "median dB before"), table)


def _write_features(names: list[str]) -> None:
    labels, levels = [], []
    for name in names:
        for note, recording in recorded(name, INSTRUMENTS[name]):
            if note.patch in PATCHES:
                labels.append(f"{note.table}/{note.patch}/{note.key}/{note.velocity}")
                levels.append(quantised(log_mel(recording, every=EVERY)))
    FEATURES.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(FEATURES, labels=np.array(labels), levels=np.array(levels))
    print(f"{len(labels)} notes, {FEATURES.stat().st_size} bytes")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("names", nargs="*", help="measured instruments; none: all")
    parser.add_argument("--tables", action="store_true", help="also the tables alone")
    parser.add_argument("--before", type=Path, help="also the patches of another checkout")
    parser.add_argument("--features", action="store_true", help="write the recorded notes for the tests")
    arguments = parser.parse_args()
    folder = Path(__file__).parents[2] / "src/everjam/engines/band/instruments/data/measured"
    names = arguments.names or [name for name in INSTRUMENTS if (folder / f"{name}.bin").exists()]
    if arguments.features:
        _write_features(names)
    else:
        rows = _compare(names, tables=arguments.tables, before=arguments.before)
        if arguments.before and not arguments.names:
            _report(rows)


if __name__ == "__main__":
    main()
