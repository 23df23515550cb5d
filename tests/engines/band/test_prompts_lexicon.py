"""The lexicon's files are whole, and read quickly."""

import re
import time
from collections import Counter

import pytest

from everjam.engines.band.cards import default_deck
from everjam.engines.band.prompts import interpret
from everjam.engines.band.prompts.lexicon import Names, parse_mixture, read_files
from everjam.engines.band.prompts.normalise import normalise
from everjam.engines.band.wordcards import word_card


def aliases() -> list[tuple[str, str]]:
    """Every alias of the files with its mixture."""
    return [(name.strip(), mixture) for _, names, mixture in read_files() for name in names.split(",")]


def test_there_are_thousands_of_names() -> None:
    own = {normalise(name) for name, _ in aliases()}
    assert len(own) >= 6000
    assert len(set(Names(default_deck()))) >= 8000


@pytest.mark.parametrize(
    ("script", "count"),
    [
        ("[а-я]", 250),  # noqa: RUF001
        ("[ぁ-ヿ]", 150),
        ("[가-힣]", 150),
        ("[一-龥]", 150),
        ("[ऀ-ॿ]", 120),
        ("[ء-ی]", 120),
        ("[ก-๛]", 20),
    ],
)
def test_names_in_many_scripts(script: str, count: int) -> None:
    assert sum(1 for name, _ in aliases() if re.search(script, name)) >= count


def test_every_part_is_a_card_or_a_word() -> None:
    deck = default_deck()
    strange = {
        (name, part)
        for name, mixture in aliases()
        for part, weight in parse_mixture(mixture)
        if weight == 0 or not (part in deck.cards or word_card(part))
    }
    assert not strange


def test_no_name_stands_twice() -> None:
    twice = [name for name, count in Counter(normalise(name) for name, _ in aliases()).items() if count > 1]
    assert not twice


def test_no_name_is_empty_and_saliences_are_shares() -> None:
    assert all(normalise(name) for name, _ in aliases())
    assert all(0 < salience <= 1 for salience, _, _ in read_files())


def test_every_name_of_a_card_leads_to_it() -> None:
    lost = [
        card.id
        for card in default_deck().cards.values()
        if interpret(card.name).cards[0][0] != card.id or interpret(card.id.replace("_", " ")).cards[0][0] != card.id
    ]
    assert not lost


@pytest.mark.parametrize("text", ["2 jazz", "jazz 2 3"])
def test_a_weight_needs_a_part(text: str) -> None:
    with pytest.raises(ValueError, match="weight of nothing"):
        parse_mixture(text)


def test_mixtures_are_read() -> None:
    assert parse_mixture("jazz 2 drums -1 meter:3/4 808_hip_hop_beat .5") == [
        ("jazz", 2.0),
        ("drums", -1.0),
        ("meter:3/4", 1.0),
        ("808_hip_hop_beat", 0.5),
    ]


def test_the_files_are_read_quickly() -> None:
    deck = default_deck()
    spent = []
    for _ in range(4):
        read_files.cache_clear()
        begin = time.process_time()
        Names(deck)
        spent.append(time.process_time() - begin)
    assert min(spent) < 0.06
