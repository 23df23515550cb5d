"""Density is strictly monotone, in onsets and in layers."""

from itertools import pairwise

import pytest
from tests.engines.band.composing import bars, steer

from everjam.engines.band.cards import default_deck
from everjam.engines.band.score import Bar


def onsets_a_second(played: list[Bar]) -> float:
    return sum(len(bar.notes) for bar in played) / sum(bar.length_beats * 60 / bar.bpm for bar in played)


@pytest.mark.parametrize("card", ["bossa_nova", "dubstep", "meditation", "jazz", "rock", "emotional", "harp"])
def test_density_is_strictly_monotone(card: str) -> None:
    name = default_deck().cards[card].name
    steps = [number / 6 for number in range(7)]
    played = [bars(steer(name, density=density), 12) for density in steps]
    rates = [onsets_a_second(one) for one in played]
    assert all(low < high for low, high in pairwise(rates)), rates
    layers = [sum(len({(note.part, note.patch) for note in bar.notes}) for bar in one) for one in played]
    assert layers == sorted(layers)
    assert layers[0] < layers[-1]
    assert rates[-1] > 2 * rates[0]
    for sparse, dense in pairwise(played):
        for one, other in zip(sparse, dense, strict=True):
            assert {(note.patch, note.start_beats) for note in one.notes} <= {
                (note.patch, note.start_beats) for note in other.notes
            }


def test_density_does_not_move_tempo_key_or_form() -> None:
    def frame(density: float) -> list[tuple[object, ...]]:
        played = bars(steer("neo soul", density=density), 20)
        return [(bar.bpm, bar.key, bar.section, bar.chords, bar.meter) for bar in played]

    assert frame(0.0) == frame(0.5) == frame(1.0)
