"""How much memory a render worker takes with many sessions of different styles (Linux).

    python -m bench.memory [--sessions 20] [--minutes 1]

A worker process, started as the server starts it, renders two seconds of each session in turn. Columns: minutes of
music a session; resident memory of the worker, what of it is its own (not shared with other processes), and what the
process that makes notes beside it has of its own (the rest of it is the worker's).
"""

import argparse
import asyncio
import sys
from pathlib import Path

from bench.processes import children
from bench.report import report

from everjam.engines.band.cards import default_deck
from everjam.live.child import Worker
from everjam.live.worker import Failed, RenderCall
from everjam.steering import Steering, WeightedPrompt

BLOCK_SECONDS = 2
ROUNDS_A_ROW = 5


def resident_mb(pid: int) -> tuple[float, float, float]:
    """Resident memory, anonymous resident memory, and what its children have written to of theirs."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    fields = dict(line.split(":", maxsplit=1) for line in lines)
    return (
        int(fields["VmRSS"].split()[0]) / 1024,
        int(fields["RssAnon"].split()[0]) / 1024,
        sum(_private_mb(child) for child in children(pid)),
    )


def _private_mb(pid: int) -> float:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_Dirty:")) / 1024


def styles(count: int) -> list[str]:
    """Genres from all over the deck."""
    genres = [card.name for card in default_deck().cards.values() if card.kind == "genre"]
    return [genres[round(i * (len(genres) - 1) / max(1, count - 1))] for i in range(count)]


async def measure(sessions: int, minutes: float) -> list[tuple[object, ...]]:
    worker = await Worker.spawn(["band"], {})
    states: list[bytes | None] = [None] * sessions
    steerings = [Steering((WeightedPrompt(name),)) for name in styles(sessions)]
    rows: list[tuple[object, ...]] = [(0.0, *resident_mb(worker.pid))]
    rounds = max(1, round(minutes * 60 / BLOCK_SECONDS))
    try:
        for number in range(1, rounds + 1):
            for i, steering in enumerate(steerings):
                call = RenderCall("band", states[i], i, False, steering, BLOCK_SECONDS * 48_000)
                reply = await worker.call(call)
                if isinstance(reply, Failed):
                    sys.exit(reply.detail)
                states[i] = reply.state
            if number % ROUNDS_A_ROW == 0 or number == rounds:
                print(f"{number} of {rounds} ...", file=sys.stderr, flush=True)
                rows.append((number * BLOCK_SECONDS / 60, *resident_mb(worker.pid)))
    finally:
        await worker.kill()
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=20)
    parser.add_argument("--minutes", type=float, default=1.0)
    options = parser.parse_args()
    if not Path("/proc/self/status").exists():
        sys.exit("This reads /proc, which only Linux has.")
    rows = asyncio.run(measure(options.sessions, options.minutes))
    columns = ("minutes a session", "resident MB", "own MB", "note maker's own MB")
    report("memory", columns, rows, sessions=options.sessions)


if __name__ == "__main__":
    main()
