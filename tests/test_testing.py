"""The checker passes good engines and names what is wrong with bad ones."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from typing import Any

import numpy as np
import pytest

from everjam.audio import Block
from everjam.engines.base import Meaning
from everjam.engines.tone import PHASES_PER_BEAT, ToneEngine, ToneState
from everjam.steering import Steering
from everjam.testing import EngineCheckError, FakeClock, check_engine


def test_the_tone_engine_passes() -> None:
    check_engine("tone", seconds=1.0)


class Broken(ToneEngine):
    """A tone engine whose audio is spoilt by a function."""

    def __init__(self, spoil: Any) -> None:
        self._spoil = spoil

    def render(self, state: ToneState, steering: Steering, frames: int) -> tuple[Block, ToneState]:
        block, following = super().render(state, steering, frames)
        return self._spoil(block, following)  # type: ignore[no-any-return]


def spoil_audio(change: Any) -> Broken:
    return Broken(lambda block, state: (replace(block, audio=change(block.audio)), state))


def spoil_beats(change: Any) -> Broken:
    return Broken(lambda block, state: (replace(block, beats=tuple(map(change, block.beats))), state))


def spoil_notes(change: Any) -> Broken:
    return Broken(lambda block, state: (replace(block, notes=tuple(map(change, block.notes))), state))


random = np.random.default_rng(1)


@pytest.mark.parametrize(
    ("engine", "promise"),
    [
        (spoil_audio(lambda audio: audio.astype(np.float64)), "float32"),
        (spoil_audio(lambda audio: audio[:-1]), "must be"),
        (spoil_audio(lambda audio: audio * np.float32(np.nan)), "finite"),
        (spoil_audio(lambda audio: audio * np.float32(9)), r"\[-1, 1\]"),
        (spoil_audio(lambda audio: audio + np.float32(0.3)), "silence"),
        (spoil_audio(lambda audio: audio * np.float32(0)), "heard"),
        (spoil_audio(lambda audio: audio * np.float32(random.uniform(0.5, 1.0))), "same samples"),
        (spoil_audio(lambda audio: audio * np.linspace(0, 1, len(audio), dtype=np.float32)[:, None]), "40 ms"),
        (Broken(lambda block, state: (block, replace(state, seed=1 << 16_000_000))), "bytes"),
        (spoil_beats(lambda beat: replace(beat, frame=beat.frame + 19_200)), "beats must lie in their block"),
        (spoil_beats(lambda beat: replace(beat, bpm=float("nan"))), "plain finite numbers"),
        (spoil_beats(lambda beat: replace(beat, frame=np.int64(beat.frame))), "plain finite numbers"),
        (spoil_notes(lambda note: replace(note, start_frame=note.start_frame - 1)), "notes must lie in their block"),
        (spoil_notes(lambda note: replace(note, pitch=128)), "pitch, velocity or duration"),
    ],
)
def test_broken_promises_are_named(engine: Broken, promise: str) -> None:
    with pytest.raises(EngineCheckError, match=promise):
        check_engine(engine, seconds=0.8)


class Seeking(ToneEngine):
    """A tone engine that does not find the bar that it is asked for."""

    def __init__(self, find: Callable[[int, int], ToneState]) -> None:
        self._find = find

    def seek(self, seed: int, bar: int, steering: Steering) -> ToneState:
        return self._find(seed, bar)


draws = count()


@pytest.mark.parametrize(
    ("find", "promise"),
    [
        (lambda seed, _bar: ToneState(seed), "beat 0 of bar 2"),
        (lambda seed, bar: ToneState(seed, beat_phase=(4 * bar + 1) * PHASES_PER_BEAT), "beat 0 of bar 2, not 1"),
        (lambda seed, bar: ToneState(seed, beat_phase=4 * bar * PHASES_PER_BEAT - PHASES_PER_BEAT // 2), "at once"),
        (lambda seed, bar: ToneState(seed + next(draws), beat_phase=4 * bar * PHASES_PER_BEAT), "same samples"),
    ],
)
def test_seeking_is_held_to_the_piece(find: Callable[[int, int], ToneState], promise: str) -> None:
    with pytest.raises(EngineCheckError, match=promise):
        check_engine(Seeking(find), seconds=0.8)


class Forgetting(ToneEngine):
    """A tone engine that explains only the first of several prompts."""

    def explain(self, steering: Steering) -> tuple[Meaning, ...]:
        return super().explain(steering)[:1]


def test_explanations_are_held_to_the_prompts() -> None:
    with pytest.raises(EngineCheckError, match="one meaning a prompt"):
        check_engine(Forgetting(), seconds=0.8)


class Foreseeing(ToneEngine):
    """A tone engine that looks ahead, and plays something else once it has."""

    def __init__(self) -> None:
        self.has_looked = False

    def hurry(self) -> None:
        pass

    def anticipate(self, state: ToneState, steering: Steering) -> Iterator[None]:
        self.has_looked = True
        yield

    def render(self, state: ToneState, steering: Steering, frames: int) -> tuple[Block, ToneState]:
        block, following = super().render(state, steering, frames)
        return (replace(block, audio=block.audio * np.float32(0.5)) if self.has_looked else block), following


def test_looking_ahead_must_change_nothing() -> None:
    with pytest.raises(EngineCheckError, match="anticipate"):
        check_engine(Foreseeing(), seconds=0.8)


async def test_the_fake_clock_wakes_sleepers_in_order() -> None:
    clock, woken = FakeClock(0.0), []

    async def sleeper(at: float) -> None:
        await clock.sleep_until(at)
        woken.append((at, clock.now_seconds()))

    tasks = [asyncio.create_task(sleeper(at)) for at in (3.0, 1.0, 2.0)]
    await clock.advance(2.5)
    assert woken == [(1.0, 1.0), (2.0, 2.0)]
    await clock.advance(1.0)
    assert woken[-1] == (3.0, 3.0)
    await asyncio.gather(*tasks)
