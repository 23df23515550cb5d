"""Instruments sound like the recorded ones: notes that were not analysed, in mel spectrograms.

``instruments.npz`` holds every other window of the recorded notes (``python -m bench.sound.instruments --features``).
"""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from bench.sound.logmel import HELD_SECONDS, distance_db, log_mel

from everjam.engines.band.instruments import PATCHES
from everjam.engines.band.instruments.contract import Tone

MEDIAN_DB = 4.0
WORST_DB = 6.0
STEP_DB = 0.5
EVERY = 2

with np.load(Path(__file__).with_name("instruments.npz")) as found:
    NOTES = dict(zip(found["labels"].tolist(), found["levels"], strict=True))
TABLES = sorted({label.split("/")[0] for label in NOTES})


@cache
def distance_of(table: str) -> float:
    """Mean distance of a patch from its recorded notes."""
    out = []
    for label, codes in NOTES.items():
        name, patch, key, velocity = label.split("/")
        if name == table:
            note = PATCHES[patch].render(Tone(patch, int(key), round(1000 * HELD_SECONDS), int(velocity), 5, 0))
            out.append(distance_db(log_mel(note, every=EVERY), codes * -STEP_DB))
    return float(np.mean(out))


@pytest.mark.parametrize("table", TABLES)
def test_no_instrument_is_far_from_its_recording(table: str) -> None:
    assert distance_of(table) < WORST_DB


def test_most_instruments_are_as_near_as_another_velocity_of_the_same() -> None:
    assert len(TABLES) > 90
    assert np.median([distance_of(table) for table in TABLES]) < MEDIAN_DB


def test_another_instrument_is_far() -> None:
    notes = {label: codes for label, codes in NOTES.items() if label.startswith(("trumpet/", "piano/", "violin/"))}
    for label, codes in notes.items():
        _, patch, key, velocity = label.split("/")
        other = "clarinet" if patch != "clarinet" else "flute"
        wrong = PATCHES[other].render(Tone(other, int(key), round(1000 * HELD_SECONDS), int(velocity), 5, 0))
        assert distance_db(log_mel(wrong, every=EVERY), codes * -STEP_DB) > WORST_DB
