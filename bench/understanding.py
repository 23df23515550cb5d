"""How often the band understands what it has never read: prompts by somebody who knew the names of the cards only.

python -m bench.understanding

``unseen.toml`` has 60 texts, each with the cards that a musician would accept; who wrote it had seen neither the
lexicon nor the aliases of the cards. It must never be tuned for: whoever changes the lexicon does not read it.
"""

import time
import tomllib
from pathlib import Path
from typing import Final

from bench.report import report

from everjam.engines.band.prompts import interpret

UNSEEN: Final = Path(__file__).with_name("unseen.toml")
PLACES: Final = (1, 3, 5)


def shares() -> dict[int, float]:
    """Share of the prompts of which a right card is among the first so many."""
    prompts = tomllib.loads(UNSEEN.read_text(encoding="utf-8"))["prompt"]
    found = dict.fromkeys(PLACES, 0)
    for prompt in prompts:
        read = [card for card, weight, _ in interpret(prompt["text"]).cards if weight > 0]
        for place in PLACES:
            found[place] += bool(set(read[:place]) & set(prompt["cards"]))
    return {place: count / len(prompts) for place, count in found.items()}


def main() -> None:
    """Prints and keeps the shares, and what one new prompt costs."""
    interpret("warm up")
    prompts = tomllib.loads(UNSEEN.read_text(encoding="utf-8"))["prompt"]
    costs = []
    for prompt in prompts:
        begin = time.process_time()
        interpret(prompt["text"])
        costs.append(1000 * (time.process_time() - begin))
    found = shares()
    rows = [
        [*(round(found[place], 3) for place in PLACES), sorted(costs)[len(costs) // 2], max(costs)],
    ]
    columns = [*(f"a right card among the first {place}" for place in PLACES), "ms, median", "ms, worst"]
    report("understanding", columns, rows, prompts=len(prompts))


if __name__ == "__main__":
    main()
