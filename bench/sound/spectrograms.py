"""Draws recorded notes beside ours: ``python -m bench.sound.spectrograms`` makes ``docs/images/orchestra``.

Pitches and velocities that were not analysed. Needs ``fluidsynth``, the SoundFont and the bench extra (see
``tools/measure_instruments.py``).
"""

import io
from pathlib import Path
from typing import Final

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from bench.sound.instruments import played, recorded
from bench.sound.logmel import RATE_HZ, distance_db, from_onset, log_mel
from matplotlib.figure import Figure
from PIL import Image
from tools.measuring.registry import INSTRUMENTS

FOLDER: Final = Path(__file__).resolve().parents[2] / "docs" / "images" / "orchestra"
SHOWN: Final = ("violin", "flute", "trumpet", "alto_sax", "choir_ah", "piano", "guitar_nylon", "marimba",
                "snare_acoustic", "ride")  # fmt: skip
_NOTE: Final = 1
_SIZE: Final = 2048
_HOP: Final = 240
_COLOURS: Final = 48


def spectrogram(signal: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Decibels below the loudest cell, ``(frames, bins)``, of both channels' mean power."""
    note = np.pad(from_onset(signal), ((0, 0), (_SIZE // 2, _SIZE // 2)))
    views = np.lib.stride_tricks.sliding_window_view(note, _SIZE, axis=1)[:, ::_HOP]
    power = (np.abs(np.fft.rfft(views * np.hanning(_SIZE))) ** 2).mean(axis=0)
    level = 10.0 * np.log10(power + 1e-20)
    return np.asarray(level - level.max(), np.float64)


def draw(name: str) -> Path:
    """One picture: the recording on the left, ours on the right."""
    note, recording = list(recorded(name, INSTRUMENTS[name]))[_NOTE]
    ours = played(note)
    apart = distance_db(log_mel(ours), log_mel(recording))
    figure = Figure(figsize=(7.4, 2.9), dpi=100)
    both = figure.subplots(1, 2, sharey=True)
    for axes, signal, title in zip(both, (recording, ours), ("recorded", f"ours, {apart:.1f} dB away"), strict=True):
        level = spectrogram(signal)
        seconds = np.arange(len(level)) * _HOP / RATE_HZ
        hz = np.fft.rfftfreq(_SIZE, 1.0 / RATE_HZ)
        axes.pcolormesh(seconds, hz[2:] / 1000.0, level[:, 2:].T, vmin=-75.0, vmax=0.0, cmap="magma", rasterized=True)
        axes.set_yscale("log")
        axes.set_ylim(0.06, 18.0)
        axes.set_yticks([0.1, 1.0, 10.0], ["100 Hz", "1 kHz", "10 kHz"])
        axes.set_title(f"{name.replace('_', ' ')}: {title}", fontsize=9)
        axes.tick_params(labelsize=8)
        axes.set_xlabel("seconds", fontsize=8)
    figure.tight_layout()
    memory = io.BytesIO()
    figure.savefig(memory, format="png")
    path = FOLDER / f"{name}.png"
    picture = Image.open(memory).convert("RGB").quantize(_COLOURS, method=Image.Quantize.MEDIANCUT)
    picture.save(path, optimize=True)
    return path


def main() -> None:
    mpl.use("Agg")
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in SHOWN:
        path = draw(name)
        print(path.name, path.stat().st_size, flush=True)


if __name__ == "__main__":
    main()
