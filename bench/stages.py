"""Where the time of a block goes, stage by stage, and how far that is from what the memory allows.

    python -m bench.stages [--seconds 32] [PROMPT ...]

Milliseconds of CPU time for two seconds of music on one core, with the waveforms cached: the median over blocks, for
each stage alone (what it calls is not counted twice). The last rows: all of it; bytes of waveforms that are read and of
buses that are written once, at least, and how long that takes at the speed at which this machine copies memory.
"""

import argparse
import functools
import statistics
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from bench.conditions import become_like_a_worker
from bench.report import report

from everjam.audio import Float32Array
from everjam.engines.band import composer, engine, timeline
from everjam.engines.band.engine import BandEngine
from everjam.engines.band.instruments.contract import Recording
from everjam.engines.band.mixer import (
    balance,
    channels,
    clipper,
    controls,
    delay,
    desk,
    effects,
    limiter,
    lofi,
    loudness,
    resample,
    reverb,
    spectrum,
    tone,
    voices,
)
from everjam.engines.band.mixer.voices import Voice
from everjam.steering import Steering, WeightedPrompt

FRAMES = 96_000
DEFAULT = ("Bossa Nova", "House", "Indie Pop", "String Quartet", "Metal", "Synthpop")
STAGES: tuple[tuple[str, Any, str], ...] = (
    ("compose bars", composer.Composer, "compose"),
    ("lay notes on the grid", timeline, "lay"),
    ("find recordings", BandEngine, "_gather"),
    ("mix notes into buses", voices, "add"),
    ("follow controls", controls, "follow"),
    ("listen to parts, move faders", balance, "measure"),
    ("listen to parts, move faders", balance, "follow"),
    ("effects of the parts", channels, "_effects"),
    ("drive", channels, "_drive"),
    ("gains, duck, mutes, sends", channels, "process"),
    ("room", reverb, "process"),
    ("delay", delay, "process"),
    ("to the full rate", resample, "double"),
    ("listen to the mix", loudness, "bands"),
    ("listen to the mix", loudness, "course"),
    ("equaliser follows", spectrum, "follow"),
    ("tone and width", tone, "process"),
    ("tape", lofi, "process"),
    ("level and glue", loudness, "ride"),
    ("clipper", clipper, "process"),
    ("limiter", limiter, "process"),
    ("the desk itself", desk.Mixer, "render"),
    ("the engine itself", engine.BandEngine, "render"),
)


class Clock:
    """Own time of nested stages."""

    def __init__(self) -> None:
        self.own: dict[str, float] = {}
        self._inside: list[float] = []

    def timed(self, stage: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """``function``, whose time counts for ``stage``."""

        @functools.wraps(function)
        def wrapper(*args: Any, **kwargs: Any) -> Any:
            self._inside.append(0.0)
            begin = time.process_time()
            try:
                return function(*args, **kwargs)
            finally:
                took = time.process_time() - begin
                self.own[stage] = self.own.get(stage, 0.0) + took - self._inside.pop()
                if self._inside:
                    self._inside[-1] += took

        return wrapper


def copy_gb_a_second() -> float:
    """Speed of copying memory that no cache holds, read and write counted."""
    source, target = np.ones(32_000_000, np.float32), np.zeros(32_000_000, np.float32)
    times = []
    for _ in range(5):
        begin = time.process_time()
        np.copyto(target, source)
        times.append(time.process_time() - begin)
    return 2 * source.nbytes / min(times) / 1e9


def profile(prompt: str, seconds: float, clock: Clock, moved: list[int]) -> list[dict[str, float]]:
    """Own milliseconds of each stage, block by block."""
    band = BandEngine()
    band.warm()
    steering = Steering((WeightedPrompt(prompt),))
    blocks = []
    for is_warm in (False, True):
        # What a worker has composed ahead when it was idle counts here.
        composer.composed.cache_clear()
        state = band.start(1)
        for _ in range(max(2, round(seconds / 2))):
            clock.own.clear()
            moved[0] = 0
            _, state = band.render(state, steering, FRAMES)
            if is_warm:
                blocks.append({**{name: 1000 * own for name, own in clock.own.items()}, "bytes": float(moved[0])})
    return blocks


def main() -> None:
    become_like_a_worker()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("prompts", nargs="*", default=DEFAULT)
    parser.add_argument("--seconds", type=float, default=32.0)
    options = parser.parse_args()
    clock, moved = Clock(), [0]

    def counted(buses: Float32Array, voices: Sequence[tuple[Voice, Recording]], start_frame: int) -> set[int]:
        for voice, recording in voices:
            begin = max(voice.start_frame, start_frame)
            end = min(voice.start_frame + recording.frames, start_frame + buses.shape[2])
            moved[0] += max(0, end - begin) * 2 * recording.samples.shape[0]
        active = add(buses, voices, start_frame)
        moved[0] += (2 * len(active) + 4) * buses[0].nbytes
        return active

    for name, owner, function in STAGES:
        setattr(owner, function, clock.timed(name, getattr(owner, function)))
    add, voices.add = voices.add, counted
    effects.warm()
    measured = {prompt: profile(prompt, options.seconds, clock, moved) for prompt in options.prompts}
    speed = copy_gb_a_second()
    names = list(dict.fromkeys(name for name, _, _ in STAGES))

    def median(prompt: str, name: str) -> float:
        return statistics.median(block.get(name, 0.0) for block in measured[prompt])

    rows: list[tuple[object, ...]] = [(name, *(median(prompt, name) for prompt in measured)) for name in names]
    totals = [
        statistics.median(sum(ms for name, ms in block.items() if name != "bytes") for block in measured[prompt])
        for prompt in measured
    ]
    megabytes = [median(prompt, "bytes") / 1e6 for prompt in measured]
    rows.append(("all", *totals))
    rows.append(("times real time", *(2000 / total for total in totals)))
    rows.append(("MB that must move", *megabytes))
    rows.append((f"ms for that at {speed:.1f} GB/s", *(mb / speed for mb in megabytes)))
    report("stages", ("ms for 2 s", *measured), rows, copy_gb_a_second=speed)


if __name__ == "__main__":
    main()
