"""Mixing cards into a style: the guidance formula, who speaks about what, and morphs."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from everjam.engines.band.cards import Card, Deck, default_deck, read_card
from everjam.engines.band.mixture import ABSENT_FROM_CARD, ABSENT_FROM_PRIOR, MixedStyle, style_for
from everjam.engines.band.style import StyleKey, move_towards

HEAD = 'about = "x"\n'
PRIOR = read_card(
    "prior.toml",
    'name = "P"\nkind = "prior"\n' + HEAD + "[tempo]\nbpm = [100, 100]\nscale = 1.0\n[bass]\nlength = 0.8\n"
    "[instruments]\nbass = { bass_finger = 2, bass_pick = 1 }\n[layers]\ndrums = 2\n",
)
FUNK = read_card(
    "funk.toml",
    'name = "F"\nkind = "genre"\n' + HEAD + "[tempo]\nbpm = [120, 120]\n[bass]\nlength = 0.4\n"
    "[instruments]\nbass = { bass_slap = 1, bass_finger = 0.5 }\n",
)
METAL = read_card(
    "metal.toml",
    'name = "M"\nkind = "genre"\n' + HEAD + "[tempo]\nbpm = [180, 180]\n[instruments]\nbass = { bass_pick = 1 }\n"
    "kick = { kick_punchy = 1 }\n[layers]\ndrums = 6\n",
)
HARP = read_card(
    "harp.toml",
    'name = "H"\nkind = "instrument"\nclaims = ["melody"]\n' + HEAD + "[instruments]\nmelody = { harp = 1 }\n"
    "kick = { kick_chip = 1 }\n",
)
DECK = Deck(cards={"funk": FUNK, "metal": METAL, "harp": HARP}, prior=PRIOR, grids={})


def mixed(guidance: float, *ingredients: tuple[str, float], mode: str = "vocalization") -> MixedStyle:
    return MixedStyle(DECK, StyleKey(ingredients, guidance, mode))


def logits(guidance: float, *ingredients: tuple[str, float], table: str = "instruments.bass") -> dict[str, float]:
    found = mixed(guidance, *ingredients).table(table)
    return dict(zip(found.candidates, found.logits, strict=True))


def shares(said: dict[str, float]) -> dict[str, float]:
    whole = sum(map(math.exp, said.values()))
    return {name: math.exp(logit) / whole for name, logit in said.items()}


def test_the_formula() -> None:
    guidance, weights = 3.0, {"funk": 0.75, "metal": 0.25}
    prior = {"bass_finger": 0.0, "bass_pick": math.log(0.5), "bass_slap": ABSENT_FROM_PRIOR}
    evidence = {
        "funk": {"bass_slap": 0.0, "bass_finger": math.log(0.5) / 4, "bass_pick": ABSENT_FROM_CARD},
        "metal": {"bass_slap": ABSENT_FROM_CARD, "bass_finger": ABSENT_FROM_CARD, "bass_pick": 0.0},
    }
    cards = {
        name: {candidate: prior[candidate] * 3 / 4 + said[candidate] for candidate in prior}
        for name, said in evidence.items()
    }
    for candidate, logit in logits(guidance, *weights.items()).items():
        wanted = prior[candidate] + guidance * sum(
            weight * (cards[name][candidate] - prior[candidate]) for name, weight in weights.items()
        )
        assert logit == pytest.approx(wanted)


def test_at_guidance_four_the_card_is_played_as_written() -> None:
    played = shares(logits(4.0, ("funk", 1.0)))
    assert played["bass_slap"] == pytest.approx(2 / 3, abs=0.01)
    assert played["bass_finger"] == pytest.approx(1 / 3, abs=0.01)


def test_at_guidance_zero_only_the_prior_speaks() -> None:
    assert logits(0.0, ("funk", 1.0)) == logits(4.0) == logits(2.0)
    assert mixed(0.0, ("funk", 1.0)).number("tempo.low") == pytest.approx(100)


def test_who_says_nothing_takes_nothing() -> None:
    assert logits(4.0, ("funk", 0.5), ("metal", 0.5), table="instruments.kick") == logits(
        4.0, ("metal", 1.0), table="instruments.kick"
    )
    assert mixed(4.0, ("funk", 0.5), ("metal", 0.5)).number("layers.drums") == pytest.approx(6)


def test_an_instrument_speaks_up_in_its_role_and_low_elsewhere() -> None:
    kick = shares(logits(4.0, ("harp", 0.5), ("metal", 0.5), table="instruments.kick"))
    assert kick["kick_punchy"] > 0.95
    assert HARP.strength("instruments.melody") > 1 > HARP.strength("tempo.low")
    assert HARP.strength("melody.rhythms") > 1 > HARP.strength("chords.figures")


def test_negative_weights_push_away() -> None:
    assert shares(logits(4.0, ("metal", -1.0)))["bass_pick"] < 0.01
    assert mixed(4.0, ("metal", -1.0)).number("layers.drums") < 0


@given(st.floats(0, 6), st.floats(0.01, 1))
def test_numbers_move_smoothly_and_stay_in_range(guidance: float, weight: float) -> None:
    style = mixed(guidance, ("funk", weight), ("metal", 1 - weight))
    assert 40 <= style.number("tempo.low") <= 220
    assert 0 <= style.number("bass.length") <= 1
    near = mixed(guidance, ("funk", min(1.0, weight + 0.001)), ("metal", max(0.0, 1 - weight - 0.001)))
    assert abs(near.number("tempo.low") - style.number("tempo.low")) < 1


def test_effects_fade_with_the_share_of_who_asks_for_them() -> None:
    def card(file: str, kind: str, chords: str) -> Card:
        return read_card(file, f'name = "{file}"\nkind = "{kind}"\n{HEAD}[mix]\nwidth = 1\n{chords}')

    flanger = "[mix.effects]\nflanger = { chords = %s }\n"
    cards = {"a": card("a.toml", "genre", flanger % 0.8), "b": card("b.toml", "genre", "")}
    deck = Deck(cards=cards, prior=card("prior.toml", "prior", flanger % 0), grids={})

    def depth(share: float) -> float:
        style = MixedStyle(deck, StyleKey((("a", share), ("b", 1.0 - share)), 4.0, "quality"))
        return style.number("mix.effects.flanger.chords")

    assert depth(1.0) == pytest.approx(0.8)
    assert depth(0.25) == pytest.approx(0.2)


def test_tempo_mixes_geometrically() -> None:
    assert mixed(4.0, ("funk", 0.5), ("metal", 0.5)).number("tempo.low") == pytest.approx(math.sqrt(120 * 180))


def test_a_moment_of_a_morph_lies_between() -> None:
    funk, metal = StyleKey((("funk", 1.0),), 4.0, "quality"), StyleKey((("metal", 1.0),), 4.0, "quality")
    tempos, picks = [], []
    for share in (0.0, 0.25, 0.5, 0.75, 1.0):
        mixture = (
            ((funk, 1.0),) if share == 0 else ((funk, 1 - share), (metal, share)) if share < 1 else ((metal, 1.0),)
        )
        style = style_for(DECK, mixture)
        tempos.append(style.number("tempo.low"))
        found = style.table("instruments.bass")
        picks.append(shares(dict(zip(found.candidates, found.logits, strict=True)))["bass_pick"])
    assert tempos == sorted(tempos)
    assert picks == sorted(picks)
    assert picks[0] < 0.01
    assert picks[-1] > 0.99


@given(st.lists(st.floats(0.05, 1), min_size=1, max_size=30))
def test_morphs_of_morphs_stay_whole(amounts: list[float]) -> None:
    now: tuple[tuple[StyleKey, float], ...] = ((StyleKey((), 4.0, "quality"), 1.0),)
    for number, amount in enumerate(amounts):
        now = move_towards(now, StyleKey((("funk", number / 100),), 4.0, "quality"), amount)
        assert len(now) <= 4
        assert sum(share for _, share in now) == pytest.approx(1, abs=1e-3)


def test_every_number_and_table_of_the_default_deck_can_be_mixed() -> None:
    deck = default_deck()
    everyone = tuple((name, 1 / len(deck.cards)) for name in sorted(deck.cards))
    style = style_for(deck, ((StyleKey(everyone, 4.0, "quality"), 1.0),))
    for name in deck.prior.tables:
        assert style.table(name).candidates
    for name in deck.prior.numbers:
        assert math.isfinite(style.number(name))
    production = style.production()
    assert set(production.gains_db) == {"drums", "bass", "chords", "melody", "texture", "voice"}
    assert all(0 <= level <= 1 for level in (*production.reverb.values(), *production.drive.values()))


@pytest.mark.parametrize("prompt", ["house", "lullaby", "sea_shanty", "reggae", "trance"])
def test_vocalization_prefers_soloists_to_choirs_and_choirs_to_chops(prompt: str) -> None:
    table = MixedStyle(default_deck(), StyleKey(((prompt, 1.0),), 4.0, "vocalization")).table("instruments.voice")
    said = dict(zip(table.candidates, table.logits, strict=True))
    solo = max(said.get(one, -99.0) for one in ("voice_solo", "voice_female", "voice_male"))
    choirs = [said[one] for one in ("choir_ah", "choir_oo", "choir_mm", "choir_low") if one in said]
    others = [logit for one, logit in said.items() if one in {"voice_chop", "vocoder"}]
    assert solo > max(choirs, default=-99.0) > max(others, default=-999.0)
