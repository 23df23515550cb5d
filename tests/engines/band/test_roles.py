"""Several instruments, each with a role of its own; what is pushed away is not heard."""

from collections import Counter

import pytest
from tests.engines.band.composing import COMPOSER, bars, steer

from everjam.engines.band.cards import Card, default_deck, read_card
from everjam.engines.band.roles import cast
from everjam.engines.band.score import Bar


def instrument(name: str, *claims: str, role: str = "melody") -> Card:
    head = f'name = "{name}"\nkind = "instrument"\nabout = "x"\nclaims = {list(claims)!r}\n'.replace("'", '"')
    return read_card(f"{name}.toml", head + f"[instruments]\n{role} = {{ {name} = 1 }}\n[layers]\n{role} = 6\n")


OBOE, HARP, LUTE = instrument("oboe", "melody"), instrument("harp", "melody", "arp"), instrument("lute", "melody")


def roles(*cards: tuple[Card, float]) -> dict[str, tuple[str, ...]]:
    return {card.id: card.claims for card, _ in cast(cards)}


def test_an_instrument_alone_keeps_what_it_claims() -> None:
    assert roles((HARP, 0.5)) == {"harp": ("melody", "arp")}


def test_the_weightiest_instrument_leads() -> None:
    assert roles((OBOE, 0.4), (HARP, 0.6)) == {"oboe": ("counter",), "harp": ("melody", "arp")}
    assert roles((OBOE, 0.6), (HARP, 0.4)) == {"oboe": ("melody",), "harp": ("arp",)}
    assert roles((OBOE, 0.5), (LUTE, 0.3), (HARP, 0.2)) == {
        "oboe": ("melody",), "lute": ("counter",), "harp": ("arp",)
    }  # fmt: skip


def test_tables_go_with_the_role() -> None:
    oboe = next(card for card, _ in cast([(OBOE, 0.4), (HARP, 0.6)]) if card.id == "oboe")
    assert oboe.tables["instruments.counter"] == {"oboe": 1}
    assert "instruments.melody" not in oboe.tables
    assert oboe.numbers["layers.counter"] == 6


def test_negative_weights_claim_nothing() -> None:
    assert roles((OBOE, -0.5), (LUTE, 0.5)) == {"oboe": ("melody",), "lute": ("melody",)}


def patches(played: list[Bar], part: str) -> Counter[str]:
    return Counter(note.patch for bar in played for note in bar.notes if note.part == part)


def test_the_harmonica_leads_the_metal_band() -> None:
    played = bars(steer("harmonica:2", "heavy metal:1"), 24, 7)
    assert patches(played, "melody").most_common(1)[0][0] == "harmonica"
    assert any("distorted" in patch for patch in patches(played, "chords"))
    assert min(bar.bpm for bar in played) > 100, "the band keeps the metal's tempo"


@pytest.mark.parametrize("style", ["minimal techno", "funk", "rock"])
def test_who_pushes_the_drums_away_has_none(style: str) -> None:
    assert patches(bars(steer(style), 16, 2), "drums")
    assert not patches(bars(steer(style, "drums:-1"), 16, 2), "drums")


def test_who_pushes_the_bass_away_has_none() -> None:
    assert not patches(bars(steer("funk", "bass:-1"), 16, 2), "bass")


def test_an_instrument_that_is_pushed_away_plays_nowhere() -> None:
    usual = bars(steer("jazz"), 48, 3)
    assert any("piano" in patches(usual, part) for part in ("chords", "melody"))
    without = bars(steer("jazz:1", "piano:-0.5"), 48, 3)
    assert not any("piano" in patches(without, part) for part in ("chords", "melody", "texture"))
    assert patches(without, "chords"), "somebody else comps"


def test_tempos_an_octave_apart_are_one_tempo() -> None:
    assert {"drum_and_bass", "lofi_hip_hop"} <= default_deck().cards.keys()
    tempo = bars(steer("drum and bass:0.6", "lofi hip hop:0.4"), 1, 3)[0].bpm
    assert tempo > 150
    assert bars(steer("drum and bass:0.4", "lofi hip hop:0.6"), 1, 3)[0].bpm < 95


def test_a_big_change_is_announced_and_a_small_one_is_not() -> None:
    def announced(after: str) -> bool:
        memory = COMPOSER.start()
        for _ in range(5):
            _, memory = COMPOSER.compose(memory, steer("house"), 11)
        memory = COMPOSER.compose(memory, steer(*after.split("+")), 11)[1]
        return memory.announced

    assert announced("reggae")
    assert not announced("house:1+reggae:0.1")
