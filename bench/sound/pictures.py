"""Draws the sound: ``python -m bench.sound.pictures`` makes ``docs/images/sound``.

One spectrogram for each kind of record, and the long-term spectra of all cards against their targets from the newest
lines of ``bench/results/sound.jsonl`` and ``sound-before.jsonl``.
"""

# ruff: noqa: E402

import io
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import matplotlib as mpl
import numpy as np
from bench.music import pictures
from bench.music.clips import clip, play
from bench.report import RESULTS
from bench.sound import kinds
from matplotlib.figure import Figure
from PIL import Image

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "images" / "sound"
PROMPTS = {
    "pop": "K-Pop",
    "electronic": "House",
    "hiphop": "Boom-Bap",
    "rock": "Heavy Metal",
    "jazz": "Cool Jazz",
    "acoustic": "Irish Folk",
    "orchestral": "Orchestral Score",
    "ambient": "Ambient",
}
_SHOWN = slice(1, 10)
"""63 Hz to 16 kHz."""
_COLOURS = 48


def main() -> None:
    """Draws them all."""
    mpl.rcParams.update({"font.size": 7, "axes.titlesize": 8, "axes.titleweight": "bold"})
    FOLDER.mkdir(parents=True, exist_ok=True)
    for kind, prompt in PROMPTS.items():
        heard = play(clip(prompt, pictures.SEED, pictures.SKIP_SECONDS + pictures.SECONDS))
        _keep(FOLDER / f"{kind}.png", pictures.draw(heard))
    now, before = (_cards(RESULTS / f"{name}.jsonl") for name in ("sound", "sound-before"))
    if now:
        _keep(FOLDER / "spectra.png", draw_spectra(now, before))


def _keep(path: Path, picture: bytes) -> None:
    few = Image.open(io.BytesIO(picture)).convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
    few.save(path, "PNG", optimize=True)
    print(f"{path.name}: {path.stat().st_size:,} bytes")


def _cards(path: Path) -> list[dict[str, Any]]:
    """The cards of the newest line of a file of results."""
    if not path.exists():
        return []
    cards: list[dict[str, Any]] = json.loads(path.read_text("utf-8").splitlines()[-1])["cards"]
    return cards


def draw_spectra(now: Sequence[dict[str, Any]], before: Sequence[dict[str, Any]]) -> bytes:
    """A PNG with a panel for each kind of record: its target, our median and the middle 80 %, and the median before.

    Args:
        now: Cards of a record of ``bench.sound``.
        before: The same of another state of the sound; may be empty.
    """
    figure = Figure(figsize=(7.6, 3.8), dpi=110, layout="constrained")
    panels: Any = figure.subplots(2, 4, sharex=True, sharey=True)
    centres = np.log2(np.array(kinds.records()["OCTAVES_HZ"])[_SHOWN])
    for axes, kind in zip(panels.flat, PROMPTS, strict=True):
        target = np.array(kinds.records()["SPECTRA_DB"][kind])[_SHOWN]
        ours, old = (
            np.array([card["octaves_db"] for card in cards if card["kind"] == kind]).reshape(-1, 10)[:, _SHOWN]
            for cards in (now, before)
        )
        axes.plot(centres, target, color="black", linewidth=1.0, label="target")
        if len(ours):
            low, middle, high = np.percentile(ours, (10, 50, 90), axis=0)
            axes.fill_between(centres, target + low, target + high, color="tab:blue", alpha=0.2, linewidth=0)
            axes.plot(centres, target + middle, color="tab:blue", label="now")
        if len(old):
            axes.plot(centres, target + np.median(old, axis=0), color="tab:red", linestyle=":", label="before")
        axes.set_title(f"{kind}, {len(ours)} clips", loc="left")
        axes.set_xticks(centres[::2], ["63", "250", "1k", "4k", "16k"])
        axes.set_ylim(-32, 12)
        axes.grid(alpha=0.3)
    panels.flat[0].legend(loc="lower left", fontsize=6)
    figure.supylabel("dB in octave bands")
    raw = io.BytesIO()
    figure.savefig(raw, format="png")
    return raw.getvalue()


if __name__ == "__main__":
    main()
