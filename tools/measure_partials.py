"""Measures how the partials of recorded strings decay and writes the tables that our plucked and struck strings use.

Needs ``fluidsynth`` and the FluidR3 General MIDI SoundFont (MIT licence; Debian: ``fluid-soundfont-gm``). Only numbers
are taken: for a few keys of each instrument the inharmonicity, and for each partial its level, how fast it falls at
first, and the level and the fall of what rings on.

Run from the repository root: ``python tools/measure_partials.py /usr/share/sounds/sf2/FluidR3_GM.sf2`` (rewrites
``data/partials.txt``); with names of instruments behind it, the other instruments keep their lines.
"""

import argparse
from pathlib import Path

import numpy as np
import numpy.typing as npt
from measure_spectra import BANK, RATE_HZ, kept_lines, recorded

PARTIALS = 40
HELD_SECONDS = 2.6
VELOCITY = 112
HOP_SECONDS = 0.02
OUTPUT = Path(__file__).parent.parent / "src/everjam/engines/band/instruments/data/partials.txt"
STRINGS: dict[str, tuple[int, range]] = {
    "piano": (0, range(24, 104, 6)),
    "guitar_nylon": (24, range(40, 85, 5)),
    "guitar_steel": (25, range(40, 85, 5)),
    "guitar_clean": (27, range(40, 85, 5)),
    "harp": (46, range(28, 101, 8)),
    "koto": (107, range(48, 92, 6)),
    "harpsichord": (6, range(36, 90, 6)),
    "clavinet": (7, range(36, 90, 6)),
    "bass_finger": (33, range(26, 56, 5)),
    "bass_pick": (34, range(26, 56, 5)),
    "bass_slap": (36, range(26, 56, 5)),
    "bass_upright": (32, range(26, 56, 5)),
    "sitar": (104, range(48, 85, 6)),
    "pizzicato": (45, range(36, 97, 6)),
    "banjo": (105, range(48, 87, 6)),
    "shamisen": (106, range(50, 84, 6)),
    "mandolin": (16 * BANK + 25, range(55, 91, 5)),
    "ukulele": (8 * BANK + 24, range(55, 86, 5)),
    "hawaiian_guitar": (8 * BANK + 26, range(40, 86, 5)),
    "taisho_koto": (8 * BANK + 107, range(48, 91, 6)),
    "dulcimer": (15, range(48, 91, 6)),
    "piano_honkytonk": (3, range(24, 104, 6)),
}
BARS: dict[str, tuple[int, range]] = {
    "vibraphone": (11, range(53, 90, 6)),
    "marimba": (12, range(45, 97, 6)),
    "glockenspiel": (9, range(72, 109, 6)),
    "kalimba": (108, range(53, 92, 6)),
    "celesta": (8, range(60, 109, 6)),
    "music_box": (10, range(60, 104, 6)),
    "rhodes": (4, range(28, 97, 6)),
    "xylophone": (13, range(65, 109, 6)),
    "tubular_bells": (14, range(60, 78, 4)),
    "steel_drum": (114, range(52, 90, 4)),
    "timpani": (47, range(36, 61, 4)),
}
BAR_PARTIALS = 14
Float64Array = npt.NDArray[np.float64]


def inharmonicity(signal: Float64Array, hz: float) -> tuple[float, float]:
    """Fundamental and stiffness coefficient B from the frequencies of the loud partials."""
    piece = signal[: int(0.9 * RATE_HZ)] * np.hanning(int(0.9 * RATE_HZ))[: signal.size]
    size = 1 << 18
    power = np.abs(np.fft.rfft(piece, size))
    bin_hz = RATE_HZ / size

    def peak(centre: float, half: float) -> tuple[float, float]:
        low, high = int((centre - half) / bin_hz), int((centre + half) / bin_hz) + 1
        best = low + int(np.argmax(power[low:high]))
        return best * bin_hz, float(power[best])

    first, _ = peak(hz, 0.03 * hz)
    stiffness, found = 0.0, []
    for number in range(2, 26):
        centre = number * first * np.sqrt(1.0 + stiffness * number**2)
        if centre > 9000.0:
            break
        at, level = peak(centre, min(0.25 * hz, 0.012 * centre + 4.0))
        found.append((number, at, level))
        usable = [row for row in found if row[0] >= 4 and row[2] > 0.002 * power.max()]
        if len(usable) >= 3:
            numbers, freqs, _ = (np.array(column) for column in zip(*usable, strict=True))
            stiffness = float(
                np.clip(np.median(((freqs / (numbers * first)) ** 2 - 1.0) / (numbers**2 - 1.0)), 0.0, 0.004)
            )
    return first, stiffness


def envelope_db(signal: Float64Array, centre_hz: float, half_hz: float) -> Float64Array:
    """Level of one partial each ``HOP_SECONDS``, from its band of a short-time spectrum."""
    size = int(min(0.18, max(0.05, 2.2 / half_hz)) * RATE_HZ)
    hop = int(HOP_SECONDS * RATE_HZ)
    window = np.hanning(size)
    views = np.lib.stride_tricks.sliding_window_view(np.concatenate([np.zeros(size // 2), signal]), size)[::hop]
    turn = np.exp(-2j * np.pi * centre_hz * np.arange(size) / RATE_HZ)
    spectrum = np.abs((views * window) @ turn) / window.sum() * 2.0
    return 20.0 * np.log10(spectrum + 1e-7)


def two_slopes(level_db: Float64Array, floor_db: float) -> tuple[float, float, float, float]:
    """Start and fall (dB/s) of a partial, early and late, by two straight lines."""
    at = np.arange(level_db.size) * HOP_SECONDS
    start = int(np.argmax(level_db[:6]))
    usable = (level_db > floor_db) & (at < 2.4)
    end = int(np.argmin(usable)) if not usable.all() else level_db.size
    early = slice(start, max(start + 4, min(end, start + 13)))
    slope, level = np.polyfit(at[early], level_db[early], 1)
    early_fall = float(np.clip(-slope, 1.0, 400.0))
    if end > start + 30:
        late = slice(start + 20, end)
        slope, late_level = np.polyfit(at[late], level_db[late], 1)
        late_fall = float(np.clip(-slope, 0.8, early_fall))
        return float(level), early_fall, float(min(late_level, level)), late_fall
    return float(level), early_fall, float(level) - 40.0, early_fall


def encode(rows: list[tuple[float, float, float, float]]) -> str:
    """Four bytes a partial in hexadecimal: levels in dB below the loudest, falls as 32 log2(dB/s)."""
    loudest = max(row[0] for row in rows)
    out = bytearray()
    for level, fall, late_level, late_fall in rows:
        out.append(int(np.clip(round(loudest - level), 0, 120)))
        out.append(int(np.clip(round(28.0 * np.log2(fall)), 0, 255)))
        out.append(int(np.clip(round(loudest - late_level), 0, 140)))
        out.append(int(np.clip(round(28.0 * np.log2(max(1.0, late_fall))), 0, 255)))
    return out.hex()


def note_of(soundfont: Path, program: int, key: int) -> tuple[Float64Array, float]:
    """A held note from its onset, and its nominal frequency."""
    signal = recorded(soundfont, program, key, HELD_SECONDS, VELOCITY)
    onset = int(np.argmax(np.abs(signal) > 0.02 * np.abs(signal).max()))
    return signal[onset : onset + int(HELD_SECONDS * RATE_HZ)], 440.0 * 2.0 ** ((key - 69) / 12)


def analyse_bar(soundfont: Path, program: int, key: int) -> tuple[list[float], str]:
    """Ratios to the fundamental and encoded partials of the strongest peaks of one note."""
    signal, nominal = note_of(soundfont, program, key)
    piece = signal[: int(0.4 * RATE_HZ)]
    size = 1 << 18
    power = np.abs(np.fft.rfft(piece * np.blackman(piece.size), size))
    bin_hz = RATE_HZ / size
    power[: int(0.4 * nominal / bin_hz)] = 0.0
    power[int(18_000 / bin_hz) :] = 0.0
    peaks: list[float] = []
    loudest = power.max()
    while len(peaks) < BAR_PARTIALS:
        best = int(np.argmax(power))
        if power[best] < loudest * 10.0 ** (-56.0 / 20.0):
            break
        peaks.append(best * bin_hz)
        half = int(max(0.12 * nominal, 12.0) / bin_hz)
        power[max(0, best - half) : best + half] = 0.0
    fundamental = min(peaks, key=lambda hz: abs(np.log2(hz / nominal)))
    peaks.sort()
    rows = [two_slopes(envelope_db(signal, hz, max(0.3 * nominal, 25.0)), -82.0) for hz in peaks]
    return [hz / fundamental for hz in peaks], encode(rows)


def analyse_string(soundfont: Path, program: int, key: int) -> tuple[float, str]:
    """Stiffness and encoded partials of one note."""
    signal, nominal = note_of(soundfont, program, key)
    hz, stiffness = inharmonicity(signal, nominal)
    rows = []
    for number in range(1, PARTIALS + 1):
        centre = number * hz * np.sqrt((1.0 + stiffness * number**2) / (1.0 + stiffness))
        if centre > 17_000.0:
            break
        rows.append(two_slopes(envelope_db(signal, centre, 0.45 * nominal), -82.0))
    return stiffness, encode(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("soundfont", type=Path)
    parser.add_argument("names", nargs="*", help="instruments to measure; none: all")
    arguments = parser.parse_args()
    kept = kept_lines(OUTPUT, arguments.names)
    lines = [
        "# instrument, MIDI key, stiffness, ratios of the partials (- = those of a stiff string), and four bytes in",
        "# hexadecimal for each partial: level, and level of what rings on, in dB below the loudest, each followed by",
        "# its fall, 28 log2(dB a second)",
    ]
    for name, (program, keys) in (STRINGS | BARS).items():
        if name in kept:
            lines += kept[name]
            continue
        for key in keys:
            if name in STRINGS:
                stiffness, text = analyse_string(arguments.soundfont, program, key)
                lines.append(f"{name} {key} {stiffness:.2e} - {text}")
            else:
                ratios, text = analyse_bar(arguments.soundfont, program, key)
                lines.append(f"{name} {key} 0 {','.join(f'{ratio:.4f}' for ratio in ratios)} {text}")
        print(name, flush=True)
    OUTPUT.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
