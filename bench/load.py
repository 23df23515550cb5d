"""How many live jams this machine carries: each row adds jams and says what they cost and whether anybody heard a gap.

python -m bench.load [--engine band] [--jams 5,10,20,40] [--seconds 20] [--faults kill|freeze]

With --faults a render worker is killed (SIGKILL) or frozen (SIGSTOP) every few seconds while all jams play (POSIX).
"""

import argparse
import asyncio
import contextlib
import os
import random
import signal
import statistics
import subprocess
from pathlib import Path

from bench.client import Listener, listening, server
from bench.processes import children, family
from bench.report import report

from everjam.live.service import OVERLOAD_SECONDS

PROMPTS = (
    "Bossa Nova",
    "Drum and Bass",
    "Funk",
    "Chiptune",
    "Dubstep",
    "Neo Soul",
    "Trip Hop",
    "Shoegaze",
    "Thrash",
    "Harp",
)

FAULTS = {"none": 0, "kill": getattr(signal, "SIGKILL", 0), "freeze": getattr(signal, "SIGSTOP", 0)}
FAULT_EVERY_SECONDS = 3.5
COLUMNS = ("jams", "faults", "gaps heard", "chunks", "first chunk, median ms", "worst ms", "cores used", "cores a jam")


async def jam(url: str, number: int, seconds: float, stack: contextlib.AsyncExitStack) -> Listener:
    listener = await stack.enter_async_context(listening(url))
    await listener.play(PROMPTS[number % len(PROMPTS)], seed=number)
    await listener.hear(seconds)
    return listener


def cpu_seconds(process: "subprocess.Popen[str]") -> float:
    """CPU time of the server and its workers so far (Linux)."""
    ticks = 0
    for pid in family(process.pid):
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            # Its own, and that of its children that have died.
            ticks += sum(int(field) for field in fields[11:15])
    return ticks / os.sysconf("SC_CLK_TCK")


async def harm(process: "subprocess.Popen[str]", number: int, seconds: float) -> int:
    """Sends a signal to a random worker every few seconds; gives how often."""
    times = int(max(0.0, seconds - 8.0) // FAULT_EVERY_SECONDS)
    await asyncio.sleep(6.0)
    for _ in range(times):
        os.kill(random.choice(children(process.pid)), number)
        await asyncio.sleep(FAULT_EVERY_SECONDS)
    return times


async def run(
    url: str, process: "subprocess.Popen[str]", count: int, seconds: float, fault: int = 0
) -> tuple[object, ...]:
    async with contextlib.AsyncExitStack() as stack:
        begin = cpu_seconds(process)
        tasks = []
        for number in range(count):
            tasks.append(asyncio.create_task(jam(url, number, seconds, stack)))
            await asyncio.sleep(random.random() * 2.0 / count)
        faults = await harm(process, fault, seconds) if fault else 0
        listeners = await asyncio.gather(*tasks)
        used = cpu_seconds(process) - begin
    firsts = [one.arrivals[0][0] - one.played_at for one in listeners if one.arrivals]
    return (
        count,
        faults,
        sum(one.underruns() for one in listeners),
        sum(len(one.arrivals) for one in listeners),
        round(1000 * statistics.median(firsts)),
        round(1000 * max(firsts)),
        used / seconds,
        used / seconds / count,
    )


async def main(engine: str, counts: list[int], seconds: float, faults: str) -> None:
    with server(engine) as (url, process):
        await run(url, process, 2, 6.0)
        rows = []
        for count in counts:
            # A server whose jams have run short takes no more of them for a while.
            await asyncio.sleep(OVERLOAD_SECONDS)
            rows.append(await run(url, process, count, seconds, FAULTS[faults]))
    report("load" if faults == "none" else f"faults-{faults}", COLUMNS, rows, engine=engine, seconds=seconds)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", default="band")
    parser.add_argument("--jams", default="5,10,20,40", type=lambda text: [int(part) for part in text.split(",")])
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--faults", choices=FAULTS, default="none")
    arguments = parser.parse_args()
    asyncio.run(main(arguments.engine, arguments.jams, arguments.seconds, arguments.faults))
