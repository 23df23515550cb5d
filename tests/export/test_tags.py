"""Tags say what was steered, and what the engine chose where nothing was."""

import numpy as np

from everjam.audio import BeatEvent, Block
from everjam.export.tags import tags_of
from everjam.steering import Controls, Scale, Steering, WeightedPrompt

SILENCE = np.zeros((1_920, 2), np.float32)
FIRST = Block(SILENCE, 0, beats=(BeatEvent(0, 0, 0, 87.0, (4, 4), key="A minor"),))


def test_the_engines_choice_is_told() -> None:
    tags = tags_of(Steering((WeightedPrompt("rain"), WeightedPrompt("jazz", 0.5))), 9, "band", FIRST)
    assert (tags.title, tags.bpm, tags.key, tags.seed, tags.engine) == ("rain, jazz:0.5", 87.0, "A minor", 9, "band")


def test_what_was_steered_is_told() -> None:
    controls = Controls(bpm=140, scale=Scale.E_FLAT_MAJOR_C_MINOR)
    tags = tags_of(Steering((WeightedPrompt("rain"),), controls), 9, "band", Block(SILENCE, 0))
    assert (tags.bpm, tags.key) == (140, "E Flat Major C Minor")


def test_control_characters_do_not_end_a_tag() -> None:
    tags = tags_of(Steering((WeightedPrompt("rain\x00on\na roof\x1b[0m"),)), 9, "band", Block(SILENCE, 0))
    assert tags.title == "rain on a roof [0m"
    assert tags.bpm is None
    assert "bpm" not in tags.comment
    assert tags_of(Steering(), 9, "band", Block(SILENCE, 0)).title == "everjam"
