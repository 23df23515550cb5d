"""Measures the harmonics of recorded instruments and writes the tables that our sustaining instruments sing with.

Needs ``fluidsynth`` and the FluidR3 General MIDI SoundFont (MIT licence; Debian: ``fluid-soundfont-gm``). Only numbers
are taken: for a few keys of each instrument the level of each harmonic in the steady part of a loud note, from the
energy in a band around it, so that vibrato and ensembles are measured too.

Run from the repository root: ``python tools/measure_spectra.py /usr/share/sounds/sf2/FluidR3_GM.sf2`` (rewrites
``data/spectra.txt``); with names of instruments behind it, the other instruments keep their lines.
"""

import argparse
import struct
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile

RATE_HZ = 48_000
HARMONICS = 48
STEADY_SECONDS = (0.5, 1.5)
HELD_SECONDS = 1.7
VELOCITY = 112
OUTPUT = Path(__file__).parent.parent / "src/everjam/engines/band/instruments/data/spectra.txt"
BANK = 128
"""Programs of the SoundFont's other banks: number of the bank times this, plus the program."""
INSTRUMENTS: dict[str, tuple[int, range]] = {
    "strings": (48, range(36, 97, 6)),
    "violin": (40, range(55, 101, 5)),
    "cello": (42, range(36, 79, 5)),
    "flute": (73, range(60, 97, 5)),
    "clarinet": (71, range(50, 92, 5)),
    "alto_sax": (65, range(49, 82, 4)),
    "harmonica": (22, range(60, 97, 6)),
    "ocarina": (79, range(60, 92, 6)),
    "trumpet": (56, range(52, 87, 4)),
    "brass_section": (61, range(36, 85, 6)),
    "accordion": (21, range(48, 90, 6)),
    "choir_ah": (52, range(40, 85, 5)),
    "choir_oo": (53, range(40, 85, 5)),
    "viola": (41, range(48, 86, 5)),
    "fiddle": (110, range(55, 95, 5)),
    "contrabass": (43, range(28, 56, 5)),
    "oboe": (68, range(58, 92, 4)),
    "english_horn": (69, range(52, 82, 4)),
    "bassoon": (70, range(34, 73, 5)),
    "piccolo": (72, range(74, 104, 5)),
    "recorder": (74, range(60, 92, 5)),
    "pan_flute": (75, range(55, 92, 6)),
    "shakuhachi": (77, range(55, 90, 5)),
    "bagpipe": (109, range(52, 84, 5)),
    "shehnai": (111, range(55, 86, 5)),
    "tenor_sax": (66, range(44, 77, 4)),
    "soprano_sax": (64, range(56, 89, 4)),
    "trombone": (57, range(40, 73, 4)),
    "tuba": (58, range(28, 61, 4)),
    "french_horn": (60, range(40, 78, 4)),
    "trumpet_muted": (59, range(54, 83, 4)),
    "reed_organ": (20, range(36, 91, 6)),
    "church_organ": (19, range(36, 97, 6)),
    "rock_organ": (18, range(36, 97, 6)),
    "bandoneon": (23, range(48, 91, 6)),
}


def midi_file(program: int, key: int, held_seconds: float, velocity: int) -> bytes:
    """One note as a Standard MIDI File, 1000 ticks a second."""

    def ticks(count: int) -> bytes:
        out = [count & 0x7F]
        while count := count >> 7:
            out.insert(0, (count & 0x7F) | 0x80)
        return bytes(out)

    events = b"".join(
        (
            b"\x00\xff\x51\x03" + (1_000_000).to_bytes(3, "big"),
            b"\x00" + bytes((0xB0, 0, program // BANK)),
            b"\x00" + bytes((0xC0, program % BANK)),
            ticks(10) + bytes((0x90, key, velocity)),
            ticks(int(held_seconds * 1000)) + bytes((0x80, key, 0)),
            ticks(1500) + b"\xff\x2f\x00",
        )
    )
    return b"MThd" + struct.pack(">IHHH", 6, 0, 1, 1000) + b"MTrk" + struct.pack(">I", len(events)) + events


def recorded(soundfont: Path, program: int, key: int, held_seconds: float, velocity: int) -> npt.NDArray[np.float64]:
    """A note of the SoundFont: mono, 48 kHz, without effects."""
    with tempfile.TemporaryDirectory() as folder:
        score, sound = Path(folder, "note.mid"), Path(folder, "note.wav")
        score.write_bytes(midi_file(program, key, held_seconds, velocity))
        command = ["fluidsynth", "-ni", "-R", "0", "-C", "0", "-g", "0.7", "-r", str(RATE_HZ), "-F", str(sound)]
        subprocess.run([*command, str(soundfont), str(score)], check=True, capture_output=True)
        samples, _ = soundfile.read(sound)
    mono: npt.NDArray[np.float64] = samples.mean(axis=1)
    return mono[480:]


def harmonic_levels_db(signal: npt.NDArray[np.float64], hz: float) -> list[int]:
    """Whole decibels below the loudest harmonic, at most 90."""
    first, last = (int(edge * RATE_HZ) for edge in STEADY_SECONDS)
    steady = signal[first:last] * np.blackman(last - first)
    power = np.abs(np.fft.rfft(steady)) ** 2
    bin_hz = RATE_HZ / (last - first)
    levels = []
    for number in range(1, min(HARMONICS, int(20_000 / hz)) + 1):
        half = min(0.03 * number * hz, 0.45 * hz)
        low, high = int((number * hz - half) / bin_hz), int((number * hz + half) / bin_hz) + 2
        levels.append(float(power[low:high].sum()))
    loudest = max(levels)
    return [round(min(90.0, -10.0 * np.log10(max(level / loudest, 1e-9)))) for level in levels]


def kept_lines(table: Path, names: list[str]) -> dict[str, list[str]]:
    """Lines of the instruments that are not in ``names``, by instrument; none if ``names`` is empty."""
    out: dict[str, list[str]] = {}
    for line in table.read_text(encoding="utf-8").splitlines() if names else ():
        name = line.split(maxsplit=1)[0]
        if name != "#" and name not in names:
            out.setdefault(name, []).append(line)
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("soundfont", type=Path)
    parser.add_argument("names", nargs="*", help="instruments to measure; none: all")
    arguments = parser.parse_args()
    kept = kept_lines(OUTPUT, arguments.names)
    lines = ["# instrument, MIDI key, a byte in hexadecimal for each harmonic: decibels below the loudest"]
    for name, (program, keys) in INSTRUMENTS.items():
        if name in kept:
            lines += kept[name]
            continue
        for key in keys:
            note = recorded(arguments.soundfont, program, key, HELD_SECONDS, VELOCITY)
            levels = harmonic_levels_db(note, 440.0 * 2.0 ** ((key - 69) / 12))
            lines.append(f"{name} {key} {bytes(levels).hex()}")
        print(name, flush=True)
    OUTPUT.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
