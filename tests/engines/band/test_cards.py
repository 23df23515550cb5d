"""Cards: every one loads, says only what is known, and errors tell the author what to do."""

from pathlib import Path

import pytest

from everjam.engines.band import instruments
from everjam.engines.band.cards import Deck, InvalidCard, default_deck, read_card, read_deck
from everjam.engines.band.composer import Composer
from everjam.engines.band.instruments.contract import Patch
from everjam.engines.band.prompts import interpret
from everjam.steering import Steering, WeightedPrompt

GOOD = 'name = "X"\nkind = "genre"\nabout = "x"\n'
AGREED_NAMES = (
    "kick_808 kick_909 kick_acoustic kick_punchy kick_chip snare_808 snare_909 snare_acoustic snare_brush snare_chip "
    "clap rim hat_closed hat_open hat_closed_acoustic hat_open_acoustic hat_chip ride crash tom_acoustic "
    "tom_electronic shaker tambourine cowbell conga bongo triangle surdo cabasa woodblock bass_finger bass_pick "
    "bass_slap bass_upright bass_saw bass_reese bass_wobble bass_sub bass_acid bass_fm bass_chip guitar_nylon "
    "guitar_steel guitar_clean guitar_muted guitar_chorus guitar_distorted guitar_distorted_muted harp sitar koto "
    "tanpura piano rhodes organ clavinet harpsichord accordion vibraphone marimba glockenspiel kalimba celesta "
    "music_box hang strings strings_staccato violin cello pizzicato flute clarinet alto_sax harmonica ocarina trumpet "
    "brass_section supersaw pad_warm pad_glass pad_dark lead_saw lead_square lead_chip arp_chip pluck_synth arp_glass "
    "fm_bell stab_rave guitar_shimmer synth_strings choir_ah choir_oo voice_solo voice_chop vinyl riser impact "
    "drone_dark wind_noise shimmer "
)
AGREED = frozenset(AGREED_NAMES.split())
"""What composing and sounding agreed on; the real table is checked too where it exists."""


DEFAULT_PROMPTS = (
    "Bossa Nova", "Chillwave", "Drum and Bass", "Post Punk", "Shoegaze", "Funk", "Chiptune", "Lush Strings",
    "Sparkling Arpeggios", "Staccato Rhythms", "Punchy Kick", "Dubstep", "K Pop", "Neo Soul", "Trip Hop", "Thrash",
    "eurodance", "Heavy Metal", "Harmonica", "Emotional", "minimal techno", "meditation", "eerie", "harp",
)  # fmt: skip


def real_patches() -> frozenset[str]:
    patches: dict[str, Patch] = getattr(instruments, "PATCHES", {})
    return frozenset(patches) or AGREED


def test_the_deck_is_whole() -> None:
    deck = default_deck()
    assert len(deck.cards) >= 28
    assert deck.prior.kind == "prior"
    assert deck.patches() <= AGREED
    assert deck.patches() <= real_patches()
    for card in deck.cards.values():
        assert card.about.endswith(".")
        assert card.tables or card.numbers


def test_no_two_cards_share_an_alias() -> None:
    seen: dict[str, str] = {}
    for card in default_deck().cards.values():
        for alias in {*card.aliases, card.name.lower()}:
            assert seen.setdefault(alias, card.id) == card.id, alias


def test_every_default_prompt_of_the_clients_has_its_own_card() -> None:
    found = [interpret(name).cards for name in DEFAULT_PROMPTS]
    assert all(len(cards) == 1 for cards in found)
    assert len({cards[0][0] for cards in found}) == len(DEFAULT_PROMPTS)


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
    (tmp_path / "polka.toml").write_text(GOOD.replace('"X"', '"Polka"') + "[tempo]\nbpm = [110, 120]\n")
    (tmp_path / "funk.toml").write_text(GOOD.replace('"X"', '"My Funk"'))
    deck = read_deck([tmp_path])
    assert deck.cards["polka"].numbers["tempo.high"] == 120
    assert deck.cards["funk"].name == "My Funk"
    assert len(deck.cards) == len(default_deck().cards) + 1


def test_the_prior_speaks_about_everything_that_a_style_asks(tmp_path: Path) -> None:
    prior = default_deck().prior
    bare = Deck(cards={"bare": read_card("bare.toml", GOOD)}, prior=prior, grids=prior.grids)
    composer = Composer(bare)
    bar, _ = composer.compose(composer.start(), Steering((WeightedPrompt("bare"),)), 1)
    assert {note.part for note in bar.notes} >= {"drums", "bass", "chords"}
