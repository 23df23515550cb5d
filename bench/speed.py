"""How fast the band is, and how loud, card by card.

    python bench/speed.py [--seconds 40] [PROMPT ...]

Columns: real time over CPU time of one thread in 2 s blocks with the waveforms cached; CPU time of the first block with
nothing cached; the dearest later block of the first pass; median and dearest block of 40 ms with the waveforms cached;
size of the pickled state; integrated loudness; true peak, four times oversampled; how far the sides lie
below the middle, and the channels' correlation.
"""

# ruff: noqa: E402

import argparse
import json
import os
import pickle
import platform
import subprocess
import time
from pathlib import Path

# BLAS reads its number of threads when it is loaded.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import numpy as np
import pyloudnorm
from scipy.signal import resample_poly

from everjam.audio import SAMPLE_RATE_HZ
from everjam.engines.band.cards import default_deck
from everjam.engines.band.engine import BandEngine, BandState
from everjam.engines.band.instruments.cache import WaveformCache
from everjam.steering import Steering, WeightedPrompt

LONG, SHORT = 96_000, 1_920
COLUMNS = (
    "x",
    "cold_ms",
    "worst_ms",
    "short_ms",
    "short_max_ms",
    "state_kb",
    "cache_mb",
    "lufs",
    "dbtp",
    "side_db",
    "corr",
)


def cpu_ms(band: BandEngine, state: BandState, steering: Steering, frames: int) -> tuple[np.ndarray, BandState, float]:
    begin = time.process_time()
    block, after = band.render(state, steering, frames)
    return block.audio, after, 1000 * (time.process_time() - begin)


def measure(prompt: str, seconds: float, seed: int) -> dict[str, float]:
    waveforms = WaveformCache()
    band = BandEngine(waveforms=waveforms)
    band.warm()
    waveforms.clear()
    steering = Steering((WeightedPrompt(prompt),))
    blocks = max(2, round(seconds / 2))
    cold, pieces, state = [], [], band.start(seed)
    for _ in range(blocks):
        audio, state, ms = cpu_ms(band, state, steering, LONG)
        cold.append(ms)
        pieces.append(audio)
    state, warm = band.start(seed), []
    for _ in range(blocks):
        _, state, ms = cpu_ms(band, state, steering, LONG)
        warm.append(ms)
    state_kb = len(pickle.dumps(state, 5)) / 1000
    state, short = band.start(seed), []
    for _ in range(round(min(seconds, 8.0) * 25)):
        _, state, ms = cpu_ms(band, state, steering, SHORT)
        short.append(ms)
    audio = np.concatenate(pieces).astype(np.float64)
    mid, side = audio.sum(axis=1), audio[:, 0] - audio[:, 1]
    over = np.abs(resample_poly(audio, 4, 1, axis=0)[4_000:-4_000]).max()
    return {
        "x": 2000 / float(np.median(warm)),
        "cold_ms": cold[0],
        "worst_ms": max(cold[1:]),
        "short_ms": float(np.median(short)),
        "short_max_ms": max(short),
        "state_kb": state_kb,
        "cache_mb": waveforms.size_bytes / 1e6,
        "lufs": float(pyloudnorm.Meter(SAMPLE_RATE_HZ).integrated_loudness(audio)),
        "dbtp": float(20 * np.log10(max(over, 1e-9))),
        "side_db": float(10 * np.log10((side**2).mean() / max((mid**2).mean(), 1e-12) + 1e-12)),
        "corr": float(np.corrcoef(audio.T)[0, 1]),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("prompts", nargs="*", help="default: every card")
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("bench/results/speed.jsonl"))
    options = parser.parse_args()
    prompts = options.prompts or [card.name for card in default_deck().cards.values()]
    print(f"{'prompt':24}" + "".join(f"{name:>13}" for name in COLUMNS))
    rows = {}
    for prompt in prompts:
        rows[prompt] = row = measure(prompt, options.seconds, options.seed)
        print(f"{prompt[:23]:24}" + "".join(f"{row[name]:13.2f}" for name in COLUMNS), flush=True)
    for name, pick in (("median", np.median), ("worst", None)):
        summary = [np.array([row[c] for row in rows.values()]) for c in COLUMNS]
        values = [
            pick(v) if pick else (v.min() if c == "x" else v.max()) for c, v in zip(COLUMNS, summary, strict=True)
        ]
        print(f"{name:24}" + "".join(f"{float(v):13.2f}" for v in values))
    revision = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False).stdout.strip()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    with options.out.open("a") as out:
        machine = {"cpu": platform.processor() or platform.machine(), "python": platform.python_version()}
        out.write(json.dumps({"revision": revision, "seconds": options.seconds, **machine, "rows": rows}) + "\n")


if __name__ == "__main__":
    main()
