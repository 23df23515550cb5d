"""Whether a change of prompt makes a block late at the speed of listening, on one core that is busy (Linux, macOS).

    python -m bench.changes [--seconds 120] [--every 4] [--chunk 0.2] [--idle]

A worker process, started as the server starts it, shares one core with a process that never rests (``--idle``: has it
for itself). Each chunk is asked for when the one before it begins to sound, and has to be there when that one ends;
every few seconds the prompt changes to a card that was not played before. Columns: chunks; those that came too late;
notes that were not ready and came in with the next chunk; how long a chunk takes to render, and those right after a
change.
"""

import argparse
import asyncio
import multiprocessing
import os
import random
import statistics
import sys
import time

from bench.report import report

from everjam.engines.band.cards import default_deck
from everjam.live.child import Worker
from everjam.live.worker import Failed, RenderCall
from everjam.steering import Steering, WeightedPrompt


def never_rest(core: int) -> None:
    _pin(0, core)
    number = 1
    while True:
        number = number * 48_271 % 2_147_483_647


def _pin(pid: int, core: int) -> None:
    if sys.platform == "linux":
        os.sched_setaffinity(pid, {core})


async def listen(seconds: float, every: float, chunk: float) -> list[tuple[object, ...]]:
    worker = await Worker.spawn(["band"], {})
    core = max(os.sched_getaffinity(0)) if sys.platform == "linux" else 0
    _pin(worker.pid, core)
    names = [card.name for card in default_deck().cards.values()]
    random.Random(7).shuffle(names)
    frames, state = round(chunk * 25) * 1_920, None
    took: list[float] = []
    after_change: list[float] = []
    late = late_notes = changes = 0
    prompt = names.pop()
    try:
        begin = time.perf_counter()
        for number in range(round(seconds / chunk)):
            due = begin + (number + 1) * chunk
            await asyncio.sleep(max(0.0, due - chunk - time.perf_counter()))
            changed = int(number * chunk / every) > changes
            if changed:
                changes += 1
                prompt = names.pop()
            asked = time.perf_counter()
            reply = await worker.call(RenderCall("band", state, 1, False, Steering((WeightedPrompt(prompt),)), frames))
            if isinstance(reply, Failed):
                sys.exit(reply.detail)
            state = reply.state
            took.append(1000 * (time.perf_counter() - asked))
            if changed:
                after_change.append(took[-1])
            late += number > 0 and time.perf_counter() > due
            late_notes += reply.late_notes
    finally:
        await worker.kill()
    return [
        (
            chunk,
            len(took),
            late,
            late_notes,
            round(statistics.median(took), 1),
            round(max(took[1:]), 1),
            changes,
            round(statistics.median(after_change), 1),
            round(max(after_change), 1),
        )
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=120.0)
    parser.add_argument("--every", type=float, default=4.0)
    parser.add_argument("--chunk", type=float, default=0.2)
    parser.add_argument("--idle", action="store_true")
    options = parser.parse_args()
    core = max(os.sched_getaffinity(0)) if sys.platform == "linux" else 0
    busy = multiprocessing.get_context("spawn").Process(target=never_rest, args=(core,), daemon=True)
    if not options.idle:
        busy.start()
    try:
        rows = asyncio.run(listen(options.seconds, options.every, options.chunk))
    finally:
        if not options.idle:
            busy.terminate()
    columns = ("chunk s", "chunks", "late chunks", "late notes", "median ms", "worst ms", "changes")
    report("changes", (*columns, "median after ms", "worst after ms"), rows, idle=options.idle, every=options.every)


if __name__ == "__main__":
    main()
