"""How soon the first chunk comes, and how soon steering is heard: a real server, a real socket, the band.

python -m bench.latency [--engine band] [--rounds 12]
"""

import argparse
import asyncio
import random
import statistics

from bench.client import Listener, listening, server
from bench.report import report

CASES = (
    ("Google's clients (chunk 2 s, lead 2 s)", "", 2.0),
    ("low latency (chunk 0.04 s, lead 0.2 s)", "?chunk=0.04&lead=0.2", 0.04),
)


async def one_start(url: str, query: str) -> float:
    async with listening(url + query) as listener:
        await listener.play("Bossa Nova", seed=random.randrange(2**31))
        while not listener.arrivals:
            await listener.hear(0.005)
        return listener.arrivals[0][0] - listener.played_at


async def steer(url: str, query: str, rounds: int, chunk: float) -> list[float]:
    async with listening(url + query) as listener:
        await listener.play("Bossa Nova", seed=1)
        await listener.hear(3.0)
        delays = []
        for number in range(rounds):
            await listener.hear(0.5 + random.random() * chunk)
            text = f"Funk {number}"
            at = await listener.steer("Bossa Nova", text)
            await listener.hear(2.3 if chunk > 1 else 0.4)
            delays.append(listener.sounds_at(text) - at)
        assert_healthy(listener)
        return delays


def assert_healthy(listener: Listener) -> None:
    if listener.underruns():
        print(f"note: {listener.underruns()} underruns")


async def main(engine: str, rounds: int) -> None:
    rows = []
    with server(engine) as (url, _process):
        await one_start(url, "")
        for name, query, chunk in CASES:
            firsts = [await one_start(url, query) for _ in range(5)]
            delays = await steer(url, query, rounds, chunk)
            rows.append(
                (
                    name,
                    round(1000 * statistics.median(firsts)),
                    round(1000 * max(firsts)),
                    statistics.median(delays),
                    max(delays),
                )
            )
    columns = ("client", "PLAY to first chunk, median ms", "worst ms", "control to sound, median s", "worst s")
    report("latency", columns, rows, engine=engine, rounds=rounds)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", default="band")
    parser.add_argument("--rounds", type=int, default=12)
    arguments = parser.parse_args()
    asyncio.run(main(arguments.engine, arguments.rounds))
