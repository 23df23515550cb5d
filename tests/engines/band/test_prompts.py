"""Any text becomes music, with a reason."""

import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from everjam.engines.band.cards import default_deck
from everjam.engines.band.prompts import Lexicon, explain, ingredients, interpret
from everjam.steering import WeightedPrompt


@pytest.mark.parametrize(
    ("text", "card"),
    [
        ("Bossa Nova", "bossa_nova"),
        ("bossanova", "bossa_nova"),
        ("BOSSA  NOVA!", "bossa_nova"),
        ("Drum & Bass", "drum_and_bass"),
        ("drum'n'bass", "drum_and_bass"),
        ("dnb", "drum_and_bass"),
        ("K-Pop", "k_pop"),
        ("Post-Punk", "post_punk"),
        ("lo-fi hip hop", "lofi_hip_hop"),
        ("Lofi", "lofi_hip_hop"),
        ("R&B", "neo_soul"),
        ("arpeggios", "sparkling_arpeggios"),
        ("dubstepp", "dubstep"),
        ("shoegase", "shoegaze"),
        ("some really emotional music, please", "emotional"),
        ("8-bit video game", "chiptune"),
    ],
)
def test_names_and_spellings(text: str, card: str) -> None:
    assert interpret(text).cards[0][0] == card


def test_several_names_share_the_text() -> None:
    cards = {name: weight for name, weight, _ in interpret("slow bossa nova with harmonica").cards}
    assert set(cards) == {"slow", "bossa_nova", "harmonica"}
    assert sum(cards.values()) == pytest.approx(1)


def test_negation_pushes_away() -> None:
    cards = {name: weight for name, weight, _ in interpret("house, no drums").cards}
    assert cards["house"] > 0 > cards["drums"]


def test_a_tempo_is_a_card() -> None:
    assert tuple(sorted(name for name, _, _ in interpret("dubstep at 140 bpm").cards)) == ("bpm:140", "dubstep")


def test_unknown_text_says_so_and_is_stable() -> None:
    first = interpret("xqzt wvvk")
    assert first == interpret("xqzt wvvk")
    assert first.cards[0][0] == "prior"
    assert "no card is named" in first.cards[0][2]
    assert len({interpret(f"qq{n}zz{n}").cards[1][0] for n in range(40)}) > 8


@given(st.text(max_size=120))
def test_any_text_becomes_weights(text: str) -> None:
    cards = interpret(text).cards
    assert cards
    assert sum(abs(weight) for _, weight, _ in cards) == pytest.approx(1)
    assert all(reason for _, _, reason in cards)
    known = {*default_deck().cards, "prior"}
    assert all(name in known or name.startswith("bpm:") for name, _, _ in cards)


@given(st.lists(st.tuples(st.sampled_from(["funk", "house", "no such thing", "harp"]), st.floats(-3, 3)), max_size=6))
def test_ingredients_are_normalised(pairs: list[tuple[str, float]]) -> None:
    prompts = [WeightedPrompt(text, weight) for text, weight in pairs]
    found = ingredients(prompts, default_deck())
    assert list(found) == sorted(found)
    if found:
        assert sum(abs(weight) for _, weight in found) == pytest.approx(1, abs=1e-3)


def test_cold_interpretation_is_fast() -> None:
    deck = default_deck()
    begin = time.process_time()
    lexicon = Lexicon(deck)
    lexicon.interpret("a rainy night in tokyo with an ocarina and some dusty old drums far away")
    assert time.process_time() - begin < 0.06


def test_long_and_strange_texts_are_bounded() -> None:
    lexicon = Lexicon(default_deck())
    begin = time.process_time()
    lexicon.interpret("wibble " * 100_000)
    assert time.process_time() - begin < 0.1


def test_explain_gives_a_line_a_card() -> None:
    lines = explain([WeightedPrompt("funk", 2.0), WeightedPrompt("no drums please", 1.0)])
    assert lines[0].startswith("'funk' x 2: Funk +100%")
    assert any("Drums" in line and "keeps it out" in line for line in lines)


def test_the_same_in_another_process() -> None:
    texts = ["zorblax", "slow harp", "käse über alles", "雨の夜"]
    code = f"from everjam.engines.band.prompts import interpret\nprint([interpret(text).cards for text in {texts!r}])"
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONUTF8": "1"},
            capture_output=True,
            check=True,
        ).stdout.decode()
        for seed in ("1", "2")
    }
    assert outputs == {f"{[interpret(text).cards for text in texts]}\n"}
