"""The scale is exact, for every card and every scale."""

from itertools import islice

import pytest
from tests.engines.band.composing import CARDS, COMPOSER, jam, steer

from everjam.engines.band.cards import default_deck
from everjam.steering import Scale

TEXTURE_NOISES = {"vinyl", "wind_noise", "riser", "downlifter", "impact", "boom"}


@pytest.mark.parametrize("scale", [one for one in Scale if one])
def test_scale_is_exact(scale: Scale) -> None:
    wanted = {(scale.major_tonic + step) % 12 for step in (0, 2, 4, 5, 7, 9, 11)}
    for card in CARDS:
        for bar in islice(jam(steer(default_deck().cards[card].name, scale=scale), int(scale)), 2):
            assert {tone for chord in bar.chords for tone in chord.pitch_classes} <= wanted, (card, bar.chords)
            heard = {note.pitch % 12 for note in bar.notes if note.part != "drums" and note.patch not in TEXTURE_NOISES}
            assert heard <= wanted, (card, bar)


def test_a_new_scale_counts_at_the_next_bar_and_arrives_by_its_dominant() -> None:
    memory = COMPOSER.start()
    for _ in range(3):
        bar, memory = COMPOSER.compose(memory, steer("rock", scale=Scale.C_MAJOR_A_MINOR), 2)
    bar, memory = COMPOSER.compose(memory, steer("rock", scale=Scale.E_MAJOR_D_FLAT_MINOR), 2)
    wanted = {(4 + step) % 12 for step in (0, 2, 4, 5, 7, 9, 11)}
    assert {note.pitch % 12 for note in bar.notes if note.part in {"bass", "chords", "melody"}} <= wanted
    assert len(bar.chords) == 2
