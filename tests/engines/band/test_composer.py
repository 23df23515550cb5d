"""The composer is pure, its memory small, its morphs smooth."""

import pickle
import subprocess
import sys

import pytest
from tests.engines.band.composing import COMPOSER, bars, steer

from everjam.engines.band import composer, harmony, style
from everjam.engines.band.composer import Composer, Memory
from everjam.steering import Steering


def test_the_same_in_another_process_and_after_a_pickle() -> None:
    steering = steer("bossa nova", "dubstep:0.7", "zorblax")
    code = (
        "from tests.engines.band.composing import bars, steer\n"
        "print(bars(steer('bossa nova', 'dubstep:0.7', 'zorblax'), 12, -5))"
    )
    other = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONHASHSEED": "77", "PYTHONPATH": "."}, capture_output=True, check=True
    )
    assert other.stdout.decode() == f"{bars(steering, 12, -5)}\n"
    memory = COMPOSER.start()
    for _ in range(12):
        bar, memory = COMPOSER.compose(memory, steering, -5)
        revived: Memory = pickle.loads(pickle.dumps(memory))
        assert revived == memory
        memory = revived
    assert bar == bars(steering, 12, -5)[-1]
    assert len(pickle.dumps(memory)) < 30_000


def test_compose_does_not_change_its_memory_and_gives_the_same_again() -> None:
    steering = steer("funk")
    memory = COMPOSER.start()
    for _ in range(5):
        _, memory = COMPOSER.compose(memory, steering, 9)
    first = COMPOSER.compose(memory, steering, 9)
    assert COMPOSER.compose(memory, steering, 9) is first, "who looks ahead asks for a bar several times"
    composer.composed.cache_clear()
    COMPOSER.compose(memory, steer("thrash"), 4)
    assert COMPOSER.compose(memory, steering, 9) == first
    assert Composer().compose(memory, steering, 9) == first


def test_draws_that_are_remembered_are_the_same_as_new_ones() -> None:
    steering, memory, fresh = steer("funk", "metal:0.5"), COMPOSER.start(), []
    whole = bars(steering, 10, 3)
    for _ in range(10):
        for remembering in (style._drawn, harmony.bar_chords, composer._layer_needs, composer._dice, composer.composed):
            remembering.cache_clear()
        bar, memory = COMPOSER.compose(memory, steering, 3)
        fresh.append(bar)
    assert fresh == whole


def test_seeds_differ() -> None:
    played = [bars(steer("jazz"), 4, seed) for seed in range(6)]
    assert len({repr(one) for one in played}) == 6


def test_mutes_and_brightness_do_not_reach_the_score() -> None:
    plain = bars(steer("house"), 8)
    assert bars(steer("house", mute_drums=True, mute_bass=True, only_bass_and_drums=True), 8) == plain


@pytest.mark.parametrize(("guidance", "length"), [(0.1, 8), (4.0, 3), (6.0, 1)])
def test_a_morph_takes_as_long_as_guidance_says(guidance: float, length: int) -> None:
    memory = COMPOSER.start()
    _, memory = COMPOSER.compose(memory, steer("ambient", guidance=guidance), 1)
    shares = []
    for _ in range(10):
        _, memory = COMPOSER.compose(memory, steer("thrash", guidance=guidance), 1)
        shares.append(dict(memory.shares).get(memory.target, 0.0))  # type: ignore[arg-type]
    assert shares == sorted(shares)
    assert shares.index(1.0) == length - 1
    assert shares[0] >= 0.2


def test_a_morph_moves_numbers_smoothly_and_ends_in_the_new_style() -> None:
    memory = COMPOSER.start()
    for _ in range(4):
        bar, memory = COMPOSER.compose(memory, steer("trip hop", guidance=3.0), 1)
    tempos = [bar.bpm]
    for _ in range(8):
        bar, memory = COMPOSER.compose(memory, steer("thrash", guidance=3.0), 1)
        tempos.append(bar.bpm)
    assert tempos == sorted(tempos)
    assert tempos[-1] > 180
    assert all(patch in {note.patch for note in bar.notes} for patch in ("kick_punchy", "bass_pick"))


def test_turning_knobs_all_the_time_stays_bounded() -> None:
    memory = COMPOSER.start()
    for step in range(40):
        weight = 0.1 + step * 0.05
        _, memory = COMPOSER.compose(memory, steer("funk", f"house:{weight}", f"eerie:{2.2 - weight}"), 1)
    assert len(memory.shares) <= 4
    assert sum(share for _, share in memory.shares) == pytest.approx(1, abs=1e-3)
    assert len(pickle.dumps(memory)) < 30_000


def test_an_empty_style_still_plays() -> None:
    assert bars(Steering(), 2)[0].notes
    assert bars(steer("drums:-3", "bass:-2", "piano:-1"), 4)[-1].notes


def test_turning_knobs_does_not_change_the_key_within_a_movement() -> None:
    memory = COMPOSER.start()
    keys = set()
    for step in range(24):
        bar, memory = COMPOSER.compose(
            memory, steer("funk:2", f"house:{0.1 + step * 0.05}", f"eerie:{1.4 - step * 0.05}"), 4
        )
        keys.add(bar.key)
    assert len(keys) == 1
