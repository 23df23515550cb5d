"""Cards: every one loads, says only what is known, and errors tell the author what to do."""

from pathlib import Path

import pytest
from tests.engines.band import guide

from everjam.engines.band.cards import Deck, InvalidCard, default_deck, read_card, read_deck
from everjam.engines.band.composer import Composer
from everjam.engines.band.instruments import PATCHES
from everjam.engines.band.prompts import interpret
from everjam.steering import Steering, WeightedPrompt

GOOD = 'name = "X"\nkind = "genre"\nabout = "x"\n'


def test_the_deck_is_whole() -> None:
    deck = default_deck()
    assert len(deck.cards) >= 290
    assert deck.prior.kind == "prior"
    assert deck.patches() <= PATCHES.keys()
    for card in deck.cards.values():
        assert card.about.endswith("."), card.id
        assert card.tables or card.numbers
        assert card.kind != "instrument" or card.claims, card.id


def test_no_two_cards_share_an_alias() -> None:
    shared: dict[str, set[str]] = {}
    for card in default_deck().cards.values():
        for alias in {*card.aliases, card.name.lower()}:
            shared.setdefault(alias, set()).add(card.id)
    assert not {alias: ids for alias, ids in shared.items() if len(ids) > 1}


def test_every_prompt_of_the_guides_has_a_card_of_its_own() -> None:
    found = {name: interpret(name).cards for name in guide.ALL}
    assert not {name: cards for name, cards in found.items() if len(cards) != 1}
    owners: dict[str, set[str]] = {}
    for name, cards in found.items():
        owners.setdefault(cards[0][0], set()).add(name.lower().replace("-", " ").replace("&", "and"))
    assert not {card: names for card, names in owners.items() if len(names) > 1}


@pytest.mark.parametrize(
    ("text", "key", "remedy"),
    [
        ("name = ", "", "line"),
        (GOOD + "[tempo]\nspeed = 3\n", "tempo", "schema.py"),
        (GOOD + "[feel]\nswing = 3\n", "feel.swing", "schema.py"),
        (GOOD + "[tempo]\nbpm = [120, 90]\n", "tempo.bpm", "low, high"),
        (GOOD + '[bass.figures]\n"R..q" = 1\n', "bass.figures.'R..q'", "Use"),
        (GOOD + '[bass.figures]\n"R..R." = 1\n', "bass.figures.'R..R.'", "16"),
        (GOOD + '[harmony.charts]\n"I | H" = 1\n', "harmony.charts.'I | H'", "Imaj9"),
        (GOOD + "[harmony.modes]\nsuperlocrian = 1\n", "harmony.modes.'superlocrian'", "dorian"),
        (GOOD + '[melody.phrases]\n"a b" = 1\n', "melody.phrases.'a b'", "4 or 8"),
        (GOOD + '[form.cycles]\n"A B8" = 1\n', "form.cycles.'A B8'", "A8 B8"),
        (GOOD + '[drums.grids.x]\nkick = "Y..."\n', "drums.grids.x.kick", "Use"),
        (GOOD + "[harmony.modes]\nminor = 0\n", "harmony.modes[...]", "schema.py"),
        ('kind = "genre"\nabout = "x"\n', "", "schema.py"),
        ('name = "X"\nkind = "tune"\nabout = "x"\n', "kind", "schema.py"),
    ],
)
def test_errors_name_file_key_and_remedy(text: str, key: str, remedy: str) -> None:
    with pytest.raises(InvalidCard) as caught:
        read_card("x.toml", text)
    assert caught.value.file == "x.toml"
    assert caught.value.key == key
    assert str(caught.value).startswith("x.toml: ")
    assert remedy in caught.value.remedy


def test_a_folder_of_cards_joins_and_wins(tmp_path: Path) -> None:
    (tmp_path / "polka_dot.toml").write_text(GOOD.replace('"X"', '"Polka Dot"') + "[tempo]\nbpm = [110, 120]\n")
    (tmp_path / "funk.toml").write_text(GOOD.replace('"X"', '"My Funk"'))
    deck = read_deck([tmp_path])
    assert deck.cards["polka_dot"].numbers["tempo.high"] == 120
    assert deck.cards["funk"].name == "My Funk"
    assert len(deck.cards) == len(default_deck().cards) + 1


def test_the_prior_speaks_about_everything_that_a_style_asks(tmp_path: Path) -> None:
    prior = default_deck().prior
    bare = Deck(cards={"bare": read_card("bare.toml", GOOD)}, prior=prior, grids=prior.grids)
    composer = Composer(bare)
    bar, _ = composer.compose(composer.start(), Steering((WeightedPrompt("bare"),)), 1)
    assert {note.part for note in bar.notes} >= {"drums", "bass", "chords"}
