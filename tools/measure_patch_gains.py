"""Measures how loud each patch is and writes the gains that make all of them equally loud.

Loudness is the K-weighted energy (ITU-R BS.1770-4) of the first 400 ms, over the first two channels, at velocity 6 and
brightness 5, averaged in decibels over three keys around the middle of the range (drums: their own key) and the first
two takes. Notes are held for 400 ms.

Run from the repository root: ``python tools/measure_patch_gains.py`` (prints a table) and ``--write`` (rewrites
``gains.py``).
"""

import argparse
from pathlib import Path

import numpy as np
import scipy.signal

from everjam.engines.band.instruments import PATCHES
from everjam.engines.band.instruments.contract import Patch, Tone, Waveform

WINDOW_FRAMES = 19_200
TARGET_DB = -20.0
LIMITS_DB = (-24.0, 4.0)
GAINS_FILE = Path(__file__).parent.parent / "src/everjam/engines/band/instruments/gains.py"
# BS.1770-4, tables 1 and 2, 48 kHz.
SHELF = (
    np.array([1.53512485958697, -2.69169618940638, 1.19839281085285]),
    np.array([1.0, -1.69065929318241, 0.73248077421585]),
)
HIGHPASS = (np.array([1.0, -2.0, 1.0]), np.array([1.0, -1.99004745483398, 0.99007225036621]))


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


def measure(patch: Patch) -> float:
    """Mean loudness of a patch without its gain."""
    levels = [
        loudness_db(patch.render(Tone(patch.name, key, 400, 6, 5, take)))
        for key in keys_of(patch)
        for take in range(min(2, patch.variants))
    ]
    return float(np.mean(levels))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--write", action="store_true", help="rewrite gains.py")
    arguments = parser.parse_args()
    gains = {
        name: round(float(np.clip(TARGET_DB - measure(patch), *LIMITS_DB)), 1) + 0.0 for name, patch in PATCHES.items()
    }
    for name, gain_db in gains.items():
        print(f"{name:24s} {gain_db:+6.1f} dB  now {PATCHES[name].gain_db:+6.1f} dB")
    if arguments.write:
        lines = "".join(f'    "{name}": {gain_db},\n' for name, gain_db in gains.items())
        text = GAINS_FILE.read_text(encoding="utf-8")
        head = text[: text.index("GAINS_DB")]
        GAINS_FILE.write_text(f"{head}GAINS_DB: Final[dict[str, float]] = {{\n{lines}}}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
