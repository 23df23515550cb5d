"""Our SoundFont reader against FluidSynth, note by note.

``python -m bench.sound.soundfont FONT.sf2`` plays presets of a font through both, without reverb and chorus, at a soft
and a loud velocity, and prints the log-mel distance (``logmel``), how much louder ours is, and the CPU time of ours.
Goals: mean distance <= 1 dB, every level within 1 dB of what is common to all, median time <= 15 ms. FluidSynth 2.3
puts out everything 0.35 dB softer than its own formulas say, so that much is common. Needs ``fluidsynth``.
"""

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from bench.sound.logmel import HELD_SECONDS, RATE_HZ, distance_db, log_mel
from tools.measuring.recording import Ask, record

from everjam.engines.band.instruments.soundfont import DRUM_BANK, Playing, SoundFont

MEAN_GOAL_DB: Final = 1.0
LEVEL_GOAL_DB: Final = 1.0
TIME_GOAL_MS: Final = 15.0
_VELOCITIES: Final = (60, 110)
_AFTER_SECONDS: Final = 0.5
_FLUIDSYNTH_GAIN_DB: Final = 20.0 * np.log10(0.5)
"""What ``tools.measuring.recording`` sets."""

_LOW: Final = frozenset({32, 33, 34, 35, 36, 37, 38, 39, 43, 58, 47})
_HIGH: Final = frozenset({8, 9, 10, 13, 72, 78})
_DRUM_KEYS: Final = (36, 38, 42, 46, 47, 49, 51, 56, 63, 70, 76)


@dataclass(frozen=True, slots=True)
class Compared:
    """What came out for a preset at one key.

    Attributes:
        name: Of the preset.
        key: MIDI key.
        distances_db: A velocity each.
        levels_db: Ours over FluidSynth's, a velocity each.
        times_ms: CPU time of ours, a velocity each.
    """

    name: str
    key: int
    distances_db: tuple[float, ...]
    levels_db: tuple[float, ...]
    times_ms: tuple[float, ...]


def notes_of(font: SoundFont) -> list[tuple[int, int, int]]:
    """Bank, program and key: all melodic presets of bank 0 and the drums of the first kit."""
    notes = []
    for bank, program in font.presets:
        if bank == 0:
            notes.append((bank, program, 36 if program in _LOW else 84 if program in _HIGH else 60))
        elif bank == DRUM_BANK and program == 0:
            notes += [(bank, program, key) for key in _DRUM_KEYS if font.has(bank, program, key)]
    return notes


def compare(font: SoundFont, bank: int, program: int, key: int) -> Compared | None:
    """Plays one preset through both; None where FluidSynth is silent."""
    asks = [Ask(key, velocity, HELD_SECONDS, _AFTER_SECONDS) for velocity in _VELOCITIES]
    distances, levels, times = [], [], []
    for ask, theirs in zip(asks, record(font.path, bank, program, asks), strict=True):
        playing = Playing(ask.held_seconds, ask.held_seconds + ask.after_seconds)
        font.regions(bank, program, key, ask.velocity)
        begin = time.process_time()
        ours = font.render(bank, program, key, ask.velocity, playing)
        times.append(1000.0 * (time.process_time() - begin))
        if not theirs.any() or not ours.any():
            return None
        distances.append(distance_db(log_mel(ours), log_mel(theirs)))
        levels.append(_level_db(ours) + _FLUIDSYNTH_GAIN_DB - _level_db(theirs))
    return Compared(font.presets[bank, program], key, tuple(distances), tuple(levels), tuple(times))


def _level_db(wave: npt.NDArray[np.float32]) -> float:
    held = wave[:, : round(HELD_SECONDS * RATE_HZ)].astype(np.float64)
    return float(10.0 * np.log10((held**2).sum()))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("font", type=Path, help="a .sf2 file")
    arguments = parser.parse_args()
    font = SoundFont(arguments.font)
    found = []
    for bank, program, key in notes_of(font):
        one = compare(font, bank, program, key)
        if one is None:
            print(f"{font.presets[bank, program]:24} {key:3}  silent")
            continue
        found.append(one)
        cells = "   ".join(
            f"{distance:5.2f} dB {level:+5.2f} dB {spent:5.1f} ms"
            for distance, level, spent in zip(one.distances_db, one.levels_db, one.times_ms, strict=True)
        )
        print(f"{one.name:24} {key:3}  {cells}", flush=True)
    distances = np.array([one.distances_db for one in found])
    levels = np.array([one.levels_db for one in found])
    strayed_db = float(np.abs(levels - np.median(levels)).max())
    spent_ms = float(np.median([one.times_ms for one in found]))
    print(
        f"{len(found)} presets and drums: distance mean {distances.mean():.2f} dB, worst {distances.max():.2f} dB; "
        f"level {np.median(levels):+.2f} dB, farthest from that {strayed_db:.2f} dB; median {spent_ms:.1f} ms a note"
    )
    return 1 if distances.mean() > MEAN_GOAL_DB or strayed_db > LEVEL_GOAL_DB or spent_ms > TIME_GOAL_MS else 0


if __name__ == "__main__":
    sys.exit(main())
