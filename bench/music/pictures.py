"""Draws what twelve prompts sound like: ``python -m bench.music.pictures`` makes ``docs/images/quality``."""

# ruff: noqa: E402

import io
import os
from pathlib import Path
from typing import Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import librosa
import matplotlib as mpl
import numpy as np
from bench.music.clips import Heard, clip, play
from bench.music.guide import card_of
from bench.music.measures.sound import FRAME_HZ, RATE_HZ, to_mono
from matplotlib.figure import Figure
from PIL import Image

from everjam.audio import SAMPLE_RATE_HZ
from everjam.engines.band.cards import default_deck

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "images" / "quality"
PROMPTS = (
    "Bossa Nova",
    "Techno",
    "Baroque",
    "Irish Folk",
    "Heavy Metal",
    "Lo-Fi Hip Hop",
    "Drum & Bass",
    "Indian Classical",
    "Salsa",
    "Piano Ballad",
    "Orchestral Score",
    "Reggae",
)
SEED = 1
SKIP_SECONDS, SECONDS = 8.0, 10.0
MAX_BYTES = 150_000
_INCHES, _DPI, _COLOURS = (7.2, 2.7), 110, 96


def main() -> None:
    """Draws them all; prompts without a card are left out."""
    mpl.rcParams.update({"font.size": 8, "axes.titlesize": 9, "axes.titleweight": "bold"})
    FOLDER.mkdir(parents=True, exist_ok=True)
    for prompt in PROMPTS:
        card = card_of(prompt, default_deck())
        if not card:
            print(f"{prompt}: no card")
            continue
        path = FOLDER / f"{card}.png"
        path.write_bytes(draw(play(clip(prompt, SEED, SKIP_SECONDS + SECONDS))))
        print(f"{path.name}: {path.stat().st_size:,} bytes")
        if path.stat().st_size > MAX_BYTES:
            raise SystemExit(f"More than {MAX_BYTES:,} bytes; take fewer colours.")


def draw(heard: Heard) -> bytes:
    """A PNG of the mel spectrum with bar lines, beats and chords."""
    mono = to_mono(heard.audio[round(SKIP_SECONDS * SAMPLE_RATE_HZ) :], RATE_HZ)
    mel = librosa.feature.melspectrogram(y=mono, sr=RATE_HZ, n_mels=128, fmin=30, fmax=11_000)
    figure = Figure(figsize=_INCHES, dpi=_DPI, layout="constrained")
    axes: Any = figure.subplots()
    until = mel.shape[1] / FRAME_HZ
    axes.imshow(
        librosa.power_to_db(mel, ref=np.max, top_db=70),
        origin="lower",
        aspect="auto",
        extent=(0, until, 0, 128),
        cmap="magma",
        interpolation="bilinear",
    )
    marks = (100, 500, 1_000, 2_500, 6_000)
    centres = librosa.mel_frequencies(n_mels=128, fmin=30, fmax=11_000)
    axes.set_yticks(np.interp(marks, centres, np.arange(128)), [f"{hz:,}" for hz in marks])
    axes.set_ylabel("Hz")
    axes.set_xlabel("seconds")
    axes.set_title(_title(heard), loc="left", pad=14)
    chord = ""
    for beat in heard.beats:
        at = beat.frame / SAMPLE_RATE_HZ - SKIP_SECONDS
        if not 0 <= at < until:
            continue
        if beat.beat == 0:
            axes.axvline(at, color="white", linewidth=0.7, alpha=0.55)
        if beat.chord != chord:
            chord = beat.chord
            axes.text(at, 129.5, chord, fontsize=6.5, clip_on=False)
    axes.set_xlim(0, until)
    axes.set_xticks(range(0, int(SECONDS) + 1, 2))
    raw = io.BytesIO()
    figure.savefig(raw, format="png")
    small = io.BytesIO()
    Image.open(raw).convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE).save(small, "PNG", optimize=True)
    return small.getvalue()


def _title(heard: Heard) -> str:
    first = heard.beats[0]
    upper, lower = first.meter
    return f"{heard.clip.prompt}    {first.bpm:.0f} bpm, {upper}/{lower}, {first.key}, seed {heard.clip.seed}"


if __name__ == "__main__":
    main()
