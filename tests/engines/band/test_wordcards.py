"""Cards that single words make know one thing each."""

import pytest

from everjam.engines.band import theory
from everjam.engines.band.cards import default_deck
from everjam.engines.band.mixture import card_for, style_for
from everjam.engines.band.prompts import interpret
from everjam.engines.band.prompts.lexicon import parse_mixture, read_files
from everjam.engines.band.prompts.words import METERS
from everjam.engines.band.style import StyleKey
from everjam.engines.band.wordcards import word_card

WORDS = sorted({part for _, _, mixture in read_files() for part, _ in parse_mixture(mixture) if ":" in part})
EXAMPLES = ("bpm:140", "key:D minor", "key:F#", *(f"meter:{meter}" for meter in sorted(METERS)))


@pytest.mark.parametrize("name", [*WORDS, *EXAMPLES])
def test_every_word_says_one_thing_that_the_band_knows(name: str) -> None:
    card = word_card(name)
    assert card
    assert card.id == name
    assert card.name
    assert card.tables or card.numbers
    subjects = {said.partition(".")[0] for said in (*card.tables, *card.numbers)}
    assert len(subjects) == 1
    assert set(card.tables.get("harmony.modes", {})) <= set(theory.MODES)
    assert set(card.tables.get("harmony.tonics", {})) <= set(theory.SHARP_NAMES)
    prior = default_deck().prior
    for said in card.numbers:
        assert said in prior.numbers or said.startswith(("layers.", "tempo.scale"))
    for layer in card.removes:
        assert f"layers.{layer}" in prior.numbers


def test_other_names_are_no_words() -> None:
    assert word_card("harp") is None
    assert word_card("mood:blue") is None
    assert card_for(default_deck(), "harp").id == "harp"
    with pytest.raises(KeyError):
        card_for(default_deck(), "mood:blue")
    with pytest.raises(ValueError, match="could not convert"):
        word_card("bpm:fast")


def test_a_word_insists_beside_many_cards() -> None:
    deck = default_deck()
    key = StyleKey((("bpm:93", 0.03), ("house", 0.6), ("thrash", 0.37)), 4.0, "quality")
    style = style_for(deck, ((key, 1.0),))
    assert style.number("tempo.low") == pytest.approx(93, rel=0.1)
    assert style.number("tempo.high") == pytest.approx(93, rel=0.1)


def test_two_tempos_meet_in_the_middle() -> None:
    deck = default_deck()
    style = style_for(deck, ((StyleKey((("bpm:100", 0.5), ("bpm:121", 0.5)), 4.0, "quality"), 1.0),))
    assert style.number("tempo.low") == pytest.approx(110, abs=0.5)


def test_a_part_pushed_away_rests() -> None:
    deck = default_deck()
    parts = tuple(sorted((name, weight) for name, weight, _ in interpret("house, tuneless").cards))
    style = style_for(deck, ((StyleKey(parts, 4.0, "quality"), 1.0),))
    assert style.number("layers.melody") < -20
