"""The one draw: its distribution, its limits, and that randomness is addressed."""

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from everjam.engines.band.sampling import Dice, Rng, choose, identity

LOGITS = st.lists(st.floats(-20, 20), min_size=1, max_size=12)


@given(LOGITS, st.floats(0, 3), st.integers(1, 40), st.integers())
def test_choose_takes_one_of_the_best_k(logits: list[float], temperature: float, top_k: int, key: int) -> None:
    index = choose(logits, temperature, top_k, Rng(key))
    assert 0 <= index < len(logits)
    assert sum(logit > logits[index] for logit in logits) < top_k


@given(LOGITS, st.integers())
def test_choose_at_temperature_zero_takes_the_best(logits: list[float], key: int) -> None:
    assert logits[choose(logits, 0.0, 40, Rng(key))] == max(logits)


@given(LOGITS, st.floats(0.1, 3), st.integers(1, 40), st.integers(), st.floats(-50, 50))
def test_choose_does_not_mind_a_constant(
    logits: list[float], temperature: float, top_k: int, key: int, constant: float
) -> None:
    rounded = [round(logit, 3) for logit in logits]
    shifted = [logit + round(constant) for logit in rounded]
    assert choose(rounded, temperature, top_k, Rng(key)) == choose(shifted, temperature, top_k, Rng(key))


def test_choose_needs_a_candidate() -> None:
    with pytest.raises(ValueError, match="nothing to choose"):
        choose([], 1.0, 40, Rng(1))


@pytest.mark.parametrize(("temperature", "logits"), [(1.0, (0.0, 1.0, 2.0)), (2.0, (0.0, 1.0, 2.0)), (0.5, (1.0, 0.0))])
def test_choose_draws_the_softmax(temperature: float, logits: tuple[float, ...]) -> None:
    draws = 4000
    counts = Counter(choose(logits, temperature, 40, Rng.seeded(seed)) for seed in range(draws))
    whole = sum(math.exp(logit / temperature) for logit in logits)
    for index, logit in enumerate(logits):
        assert counts[index] / draws == pytest.approx(math.exp(logit / temperature) / whole, abs=0.03)


def test_minus_infinity_is_never_drawn() -> None:
    assert {choose((-math.inf, 0.0, -math.inf), 3.0, 40, Rng.seeded(seed)) for seed in range(200)} == {1}


def test_a_candidate_keeps_its_luck_when_others_join() -> None:
    few, many = ("a", "b", "c"), ("z", "a", "y", "b", "c")
    for seed in range(300):
        rng = Rng.seeded(seed)
        one = few[choose((0.0,) * 3, 1.0, 40, rng, [identity(name) for name in few])]
        other = many[choose((0.0,) * 5, 1.0, 40, rng, [identity(name) for name in many])]
        assert other in {one, "z", "y"}


def test_noise_is_addressed_and_spread_out() -> None:
    rng = Rng.seeded(7)
    assert rng.at("bass", 3).uniform(2) == Rng.seeded(7).at("bass", 3).uniform(2)
    values = {
        rng.at(part, bar).uniform(index) for part in ("bass", "drums") for bar in range(50) for index in range(20)
    }
    assert len(values) == 2000
    assert sum(values) / len(values) == pytest.approx(0.5, abs=0.02)
    assert len({Rng.seeded(seed).uniform() for seed in range(-1000, 1000)}) == 2000


@pytest.mark.parametrize("probability", [0.1, 0.5, 0.8])
def test_happens_is_a_choice_between_yes_and_no(probability: float) -> None:
    dice = Dice(Rng.seeded(1), 1.0, 40)
    hits = sum(dice.happens(probability, Rng.seeded(seed)) for seed in range(4000))
    assert hits / 4000 == pytest.approx(probability, abs=0.03)
    assert dice.happens(1.0, Rng(1))
    assert not dice.happens(0.0, Rng(1))
    assert Dice(Rng(1), 1.0, 1).happens(probability, Rng(1)) is (probability > 0.5)
