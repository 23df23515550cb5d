"""Measures the band's music and says how good it is.

    python -m bench.music [--sample] [--scores] [--only JUDGE ...] [--prompts TEXT ...] [--every N] [--seeds N]
        [--processes N]

What was measured is kept in ``.cache/bench-music`` by the source of the band, of the cards and of the measure, so that
a second run measures only what has changed. Tables are printed and kept in ``bench/results/music*.jsonl``;
``python tools/docs_tables.py`` publishes them in ``docs/quality.md``.
"""

# ruff: noqa: E402

import argparse
import importlib
import os
import shlex
import sys
import time

# BLAS reads its number of threads when it is loaded.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

from importlib.util import find_spec

from bench.music import report
from bench.music.guide import all_prompts, guide_prompts, missing_prompts
from bench.music.judges.verdict import Judge, Scope, Verdict
from bench.music.running import run

from everjam.engines.band.cards import default_deck

OF_SCORES = ("density", "form", "likeness")
JUDGES = ("tempo", "scale", *OF_SCORES, "brightness", "mutes", "identity", "morph", "level")
NEEDED = ("librosa", "essentia", "sklearn", "soxr", "pyloudnorm", "mido")
SAMPLE_PROMPTS = 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--sample", action="store_true", help="a few prompts, less than 3 minutes on two cores")
    parser.add_argument("--scores", action="store_true", help="only what is read from scores: no sound, a minute")
    parser.add_argument("--only", nargs="+", choices=JUDGES, default=JUDGES, help="judges to hear")
    parser.add_argument("--prompts", nargs="+", default=(), metavar="TEXT", help="measure these instead of all cards")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="every Nth prompt; all are told apart anyhow")
    parser.add_argument("--seeds", type=int, default=0, metavar="N", help="clips a prompt to tell it by (4, sample 3)")
    parser.add_argument("--processes", type=int, default=2, metavar="N", help="clips to work on at once")
    arguments = parser.parse_args()
    absent = [name for name in NEEDED if find_spec(name) is None]
    if absent and not arguments.scores:
        sys.exit(f"{', '.join(absent)}: not installed. `pip install -e '.[bench]'` brings all that listening needs.")
    names = [name for name in arguments.only if not arguments.scores or name in OF_SCORES]
    scope = _scope(arguments)
    judges = {name: _judge(name) for name in names}
    begin = time.monotonic()
    jobs = [job for judge in judges.values() for job in judge.jobs(scope)]
    print(f"{len(scope.prompts)} prompts, {len(set(jobs))} measurements", file=sys.stderr)
    results = run(jobs, arguments.processes)
    verdicts: dict[str, Verdict] = {name: judge.judge(scope, results) for name, judge in judges.items()}
    whole = len(names) == len(JUDGES) and not (arguments.prompts or arguments.sample)
    report.write(
        scope,
        verdicts,
        time.monotonic() - begin,
        missing_prompts(default_deck()),
        whole=whole,
        command=shlex.join(sys.argv[1:]),
    )


def _judge(name: str) -> Judge:
    judge: Judge = importlib.import_module(f"bench.music.judges.{name}")
    return judge


def _scope(arguments: argparse.Namespace) -> Scope:
    deck, sample = default_deck(), arguments.sample
    seeds = arguments.seeds or (3 if sample else 4)
    if arguments.prompts:
        return Scope(tuple(arguments.prompts), tuple(arguments.prompts), sample, seeds, 1)
    guide, everything = guide_prompts(deck), all_prompts(deck)
    if sample:
        step = max(1, len(guide) // SAMPLE_PROMPTS)
        guide = everything = guide[::step][:SAMPLE_PROMPTS]
    return Scope(tuple(guide), tuple(everything[:: arguments.every]), sample, seeds, arguments.every)


if __name__ == "__main__":
    main()
