"""How fast the band is, and how loud, card by card.

    python -m bench.speed [--seconds 16] [--every 1] [PROMPT ...]

Columns: real time over CPU time of one thread in 2 s blocks with the waveforms cached; time of the first block with
nothing cached, with the second process that a worker has; the dearest later block of the first pass; real time over CPU
time in blocks of 0.2 s; median and dearest block of 40 ms with the waveforms cached; size of the pickled state;
integrated loudness; true peak, four times oversampled; how far the sides lie below the middle, and the channels'
correlation.

Each card is played ``--passes`` times, and each block counts as often as it was quickest, as in ``timeit``: what other
programs on the machine take is none of the band's. Of the blocks, the median counts; of first blocks, that of all.
"""

import argparse
import pickle
import sys
import time
from collections.abc import Callable

import numpy as np
import pyloudnorm
from bench.conditions import become_like_a_worker
from bench.report import report
from scipy.signal import resample_poly

from everjam.audio import SAMPLE_RATE_HZ
from everjam.engines.band.cards import default_deck
from everjam.engines.band.composer import composed
from everjam.engines.band.engine import BandEngine, BandState
from everjam.engines.band.instruments.cache import WaveformCache
from everjam.steering import Steering, WeightedPrompt

LONG, FIFTH, SHORT = 96_000, 9_600, 1_920
LOW_IS_BAD = ("x", "x_short", "corr")
COLUMNS = (
    "x",
    "cold_ms",
    "worst_ms",
    "x_short",
    "short_ms",
    "short_max_ms",
    "state_kb",
    "cache_mb",
    "lufs",
    "dbtp",
    "side_db",
    "corr",
)


def timed(
    band: BandEngine, state: BandState, steering: Steering, frames: int, clock: Callable[[], float]
) -> tuple[np.ndarray, BandState, float]:
    begin = clock()
    block, after = band.render(state, steering, frames)
    return block.audio, after, 1000 * (clock() - begin)


def warm_ms(band: BandEngine, prompt: str, seed: int, frames: int, blocks: int, passes: int) -> np.ndarray:
    """CPU time of each block of a stretch whose waveforms are cached, the least of some passes."""
    rows = []
    for _ in range(passes):
        # What a worker has composed ahead when it was idle counts here.
        composed.cache_clear()
        state, row = band.start(seed), []
        for _ in range(blocks):
            _, state, ms = timed(band, state, Steering((WeightedPrompt(prompt),)), frames, time.process_time)
            row.append(ms)
        rows.append(row)
    best: np.ndarray = np.min(rows, axis=0)
    return best


def measure(waveforms: WaveformCache, prompt: str, seconds: float, seed: int, passes: int) -> dict[str, float]:
    band = BandEngine(waveforms=waveforms)
    steering = Steering((WeightedPrompt(prompt),))
    blocks = max(2, round(seconds / 2))
    firsts = []
    for _ in range(passes):
        waveforms.clear()
        composed.cache_clear()
        firsts.append(timed(band, band.start(seed), steering, LONG, time.perf_counter)[2])
    waveforms.clear()
    cold, pieces, state = [], [], band.start(seed)
    for _ in range(blocks):
        audio, state, ms = timed(band, state, steering, LONG, time.perf_counter)
        cold.append(ms)
        pieces.append(audio)
    state_kb = len(pickle.dumps(state, 5)) / 1000
    warm = warm_ms(band, prompt, seed, LONG, blocks, passes)
    fifths = warm_ms(band, prompt, seed, FIFTH, round(min(seconds, 8.0) * 5), passes)
    short = warm_ms(band, prompt, seed, SHORT, round(min(seconds, 4.0) * 25), 1)
    audio = np.concatenate(pieces).astype(np.float64)
    mid, side = audio.sum(axis=1), audio[:, 0] - audio[:, 1]
    over = np.abs(resample_poly(audio, 4, 1, axis=0)[4_000:-4_000]).max()
    return {
        "x": 2000 / float(np.median(warm)),
        "cold_ms": float(np.median([*firsts, cold[0]])),
        "worst_ms": max(cold[1:]),
        "x_short": 200 / float(np.median(fifths)),
        "short_ms": float(np.median(short)),
        "short_max_ms": float(short.max()),
        "state_kb": state_kb,
        "cache_mb": waveforms.size_bytes / 1e6,
        "lufs": float(pyloudnorm.Meter(SAMPLE_RATE_HZ).integrated_loudness(audio)),
        "dbtp": float(20 * np.log10(max(over, 1e-9))),
        "side_db": float(10 * np.log10((side**2).mean() / max((mid**2).mean(), 1e-12) + 1e-12)),
        "corr": float(np.corrcoef(audio.T)[0, 1]),
    }


def main() -> None:
    become_like_a_worker()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("prompts", nargs="*", help="default: every card")
    parser.add_argument("--seconds", type=float, default=16.0)
    parser.add_argument("--every", type=int, default=1, help="only every so many-th card")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--passes", type=int, default=3)
    options = parser.parse_args()
    prompts = options.prompts or [card.name for card in default_deck().cards.values()][:: options.every]
    measured = []
    waveforms = WaveformCache()
    like_a_worker = BandEngine(waveforms=waveforms)
    like_a_worker.get_help()
    like_a_worker.warm()
    for prompt in prompts:
        print(f"{prompt} ...", file=sys.stderr, flush=True)
        measured.append(measure(waveforms, prompt, options.seconds, options.seed, options.passes))
    waveforms.close()
    rows: list[tuple[object, ...]] = [
        (prompt, *(row[name] for name in COLUMNS)) for prompt, row in zip(prompts, measured, strict=True)
    ]
    of = {name: np.array([row[name] for row in measured]) for name in COLUMNS}
    rows.append(("median", *(float(np.median(of[name])) for name in COLUMNS)))
    rows.append(("worst", *(float(of[name].min() if name in LOW_IS_BAD else of[name].max()) for name in COLUMNS)))
    report("speed", ("prompt", *COLUMNS), rows, seconds=options.seconds, seed=options.seed, passes=options.passes)


if __name__ == "__main__":
    main()
