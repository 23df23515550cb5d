"""Measures how the band's music is produced: level, peaks, stereo, spectrum, balance, clicks, seams.

    python -m bench.sound [--sample] [--every N] [--seeds N] [--seconds S] [--pairs N] [--processes N] [--into NAME]
        [PROMPT ...]

Clips are played and remembered as ``bench.music`` does it. With another source tree first on ``PYTHONPATH`` its band is
measured against this repository's targets, so that two states of the sound stand side by side:
``PYTHONPATH=OTHER/src:. python -m bench.sound --into sound-before``. A table is printed and kept in
``bench/results/NAME.jsonl``; what is measured in part only goes to ``bench/results/parts``.
"""

# ruff: noqa: E402

import argparse
import os
import shlex
import sys
import time

# BLAS reads its number of threads when it is loaded.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

from importlib.util import find_spec
from itertools import pairwise
from math import gcd

from bench.music.clips import Ask, Clip, clip
from bench.music.guide import all_prompts
from bench.music.running import Job, run
from bench.sound import report
from bench.sound.measure import CHANGE_SECONDS

from everjam.engines.band.cards import default_deck

NEEDED = ("librosa", "essentia", "soxr", "pyloudnorm")
SAMPLE_PROMPTS, SAMPLE_SECONDS, SAMPLE_PAIRS = 10, 21.0, 5
SECONDS, SEEDS, PAIRS = 30.0, 3, 128
PAIR_SECONDS = 21.0
"""Of a pair: the bar that follows the change, and a window, fit behind it."""
_FIRST_SEED = 700
_STRIDE = 0.381966
"""Of the list of prompts from a pair's first to its second: unlike neighbours."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("prompts", nargs="*", metavar="PROMPT", help="measure these instead of all cards")
    parser.add_argument("--sample", action="store_true", help="a few prompts, less than 3 minutes on two cores")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="every Nth card")
    parser.add_argument("--seeds", type=int, default=0, metavar="N", help=f"clips a card ({SEEDS}, sample 1)")
    parser.add_argument("--seconds", type=float, default=0.0, metavar="S", help=f"a clip's length ({SECONDS:g})")
    parser.add_argument("--pairs", type=int, default=-1, metavar="N", help=f"changes of prompt ({PAIRS})")
    parser.add_argument("--processes", type=int, default=2, metavar="N", help="clips to work on at once")
    parser.add_argument("--into", default="sound", metavar="NAME", help="where results are kept")
    arguments = parser.parse_args()
    absent = [name for name in NEEDED if find_spec(name) is None]
    if absent:
        sys.exit(f"{', '.join(absent)}: not installed. `pip install -e '.[bench]'` brings all that listening needs.")
    begin = time.monotonic()
    singles, changes = _clips(arguments)
    jobs = [Job(one, "produced") for one in singles] + [Job(one, "change") for one in changes]
    print(f"{len(singles)} clips, {len(changes)} changes of prompt", file=sys.stderr)
    results = run(jobs, arguments.processes)
    part = arguments.sample or arguments.prompts or arguments.every > 1
    report.write(
        {one: results[Job(one, "produced")] for one in singles},
        {one: results[Job(one, "change")] for one in changes},
        name=("parts/" if part and arguments.into == "sound" else "") + arguments.into,
        seconds=round(time.monotonic() - begin, 1),
        command=f"bench.sound {shlex.join(sys.argv[1:])}".strip(),
    )


def _clips(arguments: argparse.Namespace) -> tuple[list[Clip], list[Clip]]:
    """Clips of one prompt, with stems, and clips whose prompt changes."""
    sample = arguments.sample
    prompts = list(arguments.prompts) or all_prompts(default_deck())[:: arguments.every]
    if sample and not arguments.prompts:
        prompts = prompts[:: max(1, len(prompts) // SAMPLE_PROMPTS)][:SAMPLE_PROMPTS]
    seeds = arguments.seeds or (1 if sample else SEEDS)
    seconds = arguments.seconds or (SAMPLE_SECONDS if sample else SECONDS)
    pairs = arguments.pairs if arguments.pairs >= 0 else SAMPLE_PAIRS if sample else PAIRS
    singles = [clip(one, _FIRST_SEED + seed, seconds, "stems") for one in prompts for seed in range(seeds)]
    return singles, list(_changes(prompts, pairs)) if len(prompts) > 1 else []


def _changes(prompts: list[str], count: int) -> list[Clip]:
    stride = max(1, round(_STRIDE * len(prompts)))
    while gcd(stride, len(prompts)) > 1:
        stride += 1
    order = [prompts[number * stride % len(prompts)] for number in range(count + 1)]
    return [
        Clip((Ask(((one, 1.0),)), Ask(((two, 1.0),), from_seconds=CHANGE_SECONDS)), _FIRST_SEED + number, PAIR_SECONDS)
        for number, (one, two) in enumerate(pairwise(order))
        if one != two
    ]


if __name__ == "__main__":
    main()
