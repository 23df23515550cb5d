"""How the composer's tests steer and listen."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from everjam.engines.band.cards import default_deck
from everjam.engines.band.composer import Composer
from everjam.engines.band.score import Bar
from everjam.steering import Controls, Steering, WeightedPrompt

CARDS = sorted(default_deck().cards)
COMPOSER = Composer()


def steer(*texts: str, **controls: object) -> Steering:
    """Steering from ``text:weight`` and config fields."""
    prompts = tuple(
        WeightedPrompt(text, float(weight or 1)) for text, _, weight in (one.partition(":") for one in texts)
    )
    return Steering(prompts, replace(Controls(), **controls))  # type: ignore[arg-type]


def jam(steering: Steering, seed: int = 1) -> Iterator[Bar]:
    """Bars for ever."""
    memory = COMPOSER.start()
    while True:
        bar, memory = COMPOSER.compose(memory, steering, seed)
        yield bar


def bars(steering: Steering, count: int, seed: int = 1) -> list[Bar]:
    """The first bars of a jam."""
    return list(islice(jam(steering, seed), count))
