"""Measures how loud each patch is and how it is let go of, and writes the tables that level and end its notes.

Loudness is the K-weighted energy (ITU-R BS.1770-4) of the first 400 ms, over the first two channels, at velocity 6 and
brightness 5, averaged in decibels over three keys around the middle of the range (drums: their own key) and the first
two takes. Notes are held for 400 ms.

The release is how much faster a note falls after it is let go of than the same note held on: the time after which it is
30 dB below that, read as a cubic fade (``mixer.voices``), which is there after 68 % of its length.

Run from the repository root: ``python tools/measure_patches.py`` (prints a table) and ``--write`` (rewrites
``levels.py``).
"""

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt
import scipy.signal

from everjam.engines.band.instruments import PATCHES
from everjam.engines.band.instruments.contract import Patch, Tone, Waveform
from everjam.engines.band.instruments.levels import RELEASES_MS

WINDOW_FRAMES = 19_200
TARGET_DB = -20.0
LIMITS_DB = (-24.0, 8.0)
HELD_MS, LONGER_MS = 400, 1_600
STEP_FRAMES = 480
FALL_DB = 30.0
FADED_AFTER = 1.0 - 10.0 ** (-FALL_DB / 60.0)
RELEASE_LIMITS_MS = (30, 900)
LEVELS_FILE = Path(__file__).parent.parent / "src/everjam/engines/band/instruments/levels.py"
# BS.1770-4, tables 1 and 2, 48 kHz.
SHELF = (
    np.array([1.53512485958697, -2.69169618940638, 1.19839281085285]),
    np.array([1.0, -1.69065929318241, 0.73248077421585]),
)
HIGHPASS = (np.array([1.0, -2.0, 1.0]), np.array([1.0, -1.99004745483398, 0.99007225036621]))
HEAD = '''"""How loud patches are and how long they take to fall silent; written by ``tools/measure_patches.py``."""

from typing import Final

'''


def loudness_db(wave: Waveform) -> float:
    """K-weighted level of the first 400 ms; both sides count, a mono wave as both."""
    padded = np.zeros((2, WINDOW_FRAMES))
    length = min(WINDOW_FRAMES, wave.shape[1])
    padded[:, :length] = wave[:, :length]
    for numerator, denominator in (SHELF, HIGHPASS):
        padded = scipy.signal.lfilter(numerator, denominator, padded, axis=-1)
    return float(10.0 * np.log10(np.mean(padded**2) + 1e-12))


def keys_of(patch: Patch) -> tuple[int, ...]:
    """Keys at which a patch is measured."""
    if patch.family in {"drums", "percussion"}:
        return (patch.gm_program,)
    centre = 36 if patch.family == "bass" else int(np.clip(60, patch.low + 5, patch.high - 5))
    return (centre - 5, centre, centre + 5)


def gain_db(patch: Patch) -> float:
    """What brings a patch to the level of all."""
    levels = [
        loudness_db(patch.render(Tone(patch.name, key, HELD_MS, 6, 5, take)))
        for key in keys_of(patch)
        for take in range(min(2, patch.variants))
    ]
    return round(float(np.clip(TARGET_DB - np.mean(levels), *LIMITS_DB)), 1) + 0.0


def course_db(wave: Waveform, steps: int) -> npt.NDArray[np.float64]:
    """Level in steps of 10 ms."""
    padded = np.zeros((wave.shape[0], steps * STEP_FRAMES))
    length = min(padded.shape[1], wave.shape[1])
    padded[:, :length] = wave[:, :length]
    power = np.square(padded).reshape(wave.shape[0], steps, STEP_FRAMES).mean(axis=(0, 2))
    level: npt.NDArray[np.float64] = 10.0 * np.log10(power + 1e-12)
    return level


def release_ms(patch: Patch) -> int:
    """How long the mixer's fade of a patch has to be."""
    times = []
    for key in keys_of(patch):
        held, longer = (
            course_db(patch.render(Tone(patch.name, key, ms, 6, 5, 0)), LONGER_MS // 10) for ms in (HELD_MS, LONGER_MS)
        )
        first = HELD_MS // 10
        # Both begin alike; where they do not, the shorter one is brought to the level of the longer one.
        below = (longer - held)[first:] - np.median((longer - held)[first // 2 : first])
        down = np.flatnonzero((below >= FALL_DB) | (held[first:] < held.max() - 60.0))
        times.append(10.0 * (float(down[0]) + 1.0 if down.size else below.size))
    return int(round(float(np.clip(np.median(times) / FADED_AFTER, *RELEASE_LIMITS_MS)), -1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--write", action="store_true", help="rewrite levels.py")
    arguments = parser.parse_args()
    gains, releases = {}, {}
    # Or notes would end where they were measured to end last time.
    RELEASES_MS.clear()
    for name, patch in PATCHES.items():
        gains[name] = gain_db(patch)
        if patch.sustained:
            releases[name] = release_ms(patch)
        print(
            f"{name:24s} {gains[name]:+6.1f} dB, now {patch.gain_db:+6.1f} dB   "
            f"{releases.get(name, 0):4d} ms, now {patch.release_ms:4d} ms",
            flush=True,
        )
    if arguments.write:
        tables = "\n".join(
            f"{title}: Final[dict[str, {kind}]] = {{\n"
            + "".join(f'    "{name}": {value},\n' for name, value in values.items())
            + "}\n"
            for title, kind, values in (("GAINS_DB", "float", gains), ("RELEASES_MS", "int", releases))
        )
        LEVELS_FILE.write_text(HEAD + tables, encoding="utf-8")


if __name__ == "__main__":
    main()
