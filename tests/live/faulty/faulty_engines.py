"""Engines that play like the tone engine for four seconds and then fail, each in its own way.

They are installed by the metadata beside this file, as any engine is: put this folder on the path.
"""

import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from everjam.audio import SAMPLE_RATE_HZ, Block
from everjam.engines.base import EngineInfo
from everjam.engines.tone import ToneEngine, ToneState
from everjam.steering import Steering

GOOD_FRAMES = 4 * SAMPLE_RATE_HZ


def _info(name: str) -> EngineInfo:
    return replace(ToneEngine.info, name=name, title=f"Fails: {name}", models=(f"models/test-{name}",))


class _Faulty(ToneEngine):
    def render(self, state: ToneState, steering: Steering, frames: int) -> tuple[Block, ToneState]:
        block, following = super().render(state, steering, frames)
        return (block, following) if state.frame < GOOD_FRAMES else self.fail(block, following)

    def fail(self, block: Block, state: ToneState) -> tuple[Block, Any]:
        raise NotImplementedError


class Raises(_Faulty):
    """Raises."""

    info: ClassVar[EngineInfo] = _info("raises")

    def fail(self, block: Block, state: ToneState) -> tuple[Block, Any]:
        raise ZeroDivisionError("the drummer has left")


class NotANumber(_Faulty):
    """Gives one sample that is not a number."""

    info: ClassVar[EngineInfo] = _info("nan")

    def fail(self, block: Block, state: ToneState) -> tuple[Block, Any]:
        block.audio[block.frames // 2, 1] = np.nan
        return block, state


class WrongSize(_Faulty):
    """Gives a frame too few."""

    info: ClassVar[EngineInfo] = _info("wrong-size")

    def fail(self, block: Block, state: ToneState) -> tuple[Block, Any]:
        return Block(block.audio[:-1], block.start_frame), state


class Loops(_Faulty):
    """Never returns."""

    info: ClassVar[EngineInfo] = _info("loops")

    def fail(self, block: Block, state: ToneState) -> tuple[Block, Any]:
        while True:
            pass


class Dies(_Faulty):
    """Takes its process with it."""

    info: ClassVar[EngineInfo] = _info("dies")

    def fail(self, block: Block, state: ToneState) -> tuple[Block, Any]:
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError


class UnpicklableState(_Faulty):
    """Gives a state that cannot leave the process."""

    info: ClassVar[EngineInfo] = _info("state")

    def fail(self, block: Block, state: ToneState) -> tuple[Block, Any]:
        return block, lambda: state


class Flaky(_Faulty):
    """Raises twice over every block, then plays it; it counts in the folder that EVERJAM_TEST_FLAKY names."""

    info: ClassVar[EngineInfo] = _info("flaky")

    def fail(self, block: Block, state: ToneState) -> tuple[Block, Any]:
        tries = Path(os.environ["EVERJAM_TEST_FLAKY"]) / str(block.start_frame)
        count = len(tries.read_text(encoding="ascii")) if tries.exists() else 0
        tries.write_text("x" * (count + 1), encoding="ascii")
        if count < 2:
            raise OSError("out of tune")
        return block, state
