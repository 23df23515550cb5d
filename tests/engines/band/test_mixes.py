"""How the cards are mixed: a genre says everything, offsets are taste, effects are few."""

from typing import Final

import pytest

from everjam.engines.band.cards import Card, default_deck
from everjam.engines.band.mixture import style_for
from everjam.engines.band.score import EFFECTS, PARTS
from everjam.engines.band.style import StyleKey

DEAR: Final = frozenset({"chorus", "flanger", "phaser", "wah", "amp"})
"""Effects that cost several times what a tremolo costs."""
MOST_OFFSET_DB: Final = 4.0
DECK: Final = default_deck()
GENRES: Final = sorted(card.id for card in DECK.cards.values() if card.kind == "genre")


def effects(card: Card) -> list[tuple[str, str]]:
    return [
        (effect, part)
        for effect in EFFECTS
        for part in PARTS
        if card.numbers.get(f"mix.effects.{effect}.{part}", 0.0) > 0.0
    ]


@pytest.mark.parametrize("name", GENRES)
def test_a_genre_says_what_its_records_are_like(name: str) -> None:
    card = DECK.cards[name]
    assert {"mix.room", "mix.spectrum"} <= card.tables.keys()
    assert {"mix.reverb_seconds", "mix.glue", "mix.width", "mix.tilt_db"} <= card.numbers.keys()


def test_the_balance_is_left_to_the_mixer_but_for_taste() -> None:
    offsets = {
        (card.id, part): offset
        for card in DECK.cards.values()
        for part in PARTS
        if abs(offset := card.numbers.get(f"mix.gains_db.{part}", 0.0)) > MOST_OFFSET_DB
    }
    assert not offsets


def test_effects_are_few() -> None:
    dear = {card.id: sum(effect in DEAR for effect, _ in effects(card)) for card in DECK.cards.values()}
    assert not {name: count for name, count in dear.items() if count > 2}


def test_the_prior_has_no_effects_and_knows_all_of_them() -> None:
    assert all(DECK.prior.numbers[f"mix.effects.{effect}.{part}"] == 0.0 for effect in EFFECTS for part in PARTS)


@pytest.mark.parametrize(
    ("name", "room", "spectrum", "effect"),
    [
        ("jamaican_dub", "spring", "hiphop", "phaser"),
        ("surf_rock", "spring", "rock", "tremolo"),
        ("gregorian_chant", "church", "orchestral", None),
        ("chiptune", "booth", "electronic", None),
        ("bebop", "club", "jazz", None),
        ("funk", "booth", "pop", "wah"),
        ("orchestral", "hall", "orchestral", None),
        ("synthpop", "plate", "electronic", "chorus"),
    ],
)
def test_records_that_everybody_knows(name: str, room: str, spectrum: str, effect: str | None) -> None:
    production = style_for(DECK, ((StyleKey(((name, 1.0),), 4.0, "quality"), 1.0),)).production()
    assert max(production.rooms, key=lambda one: production.rooms[one]) == room
    assert max(production.spectra, key=lambda one: production.spectra[one]) == spectrum
    assert set(production.effects) >= ({effect} if effect else set())
    assert bool(production.effects) == bool(effect)


def test_walls_are_denser_than_what_lives() -> None:
    def glue(name: str) -> float:
        return DECK.cards[name].numbers["mix.glue"]

    assert glue("string_quartet") < glue("jazz") < glue("soul") < glue("rock") < glue("edm") < glue("hyperpop")
