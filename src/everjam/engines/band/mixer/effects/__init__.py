"""Effects that a part's bus may go through: chorus, flanger, phaser, tremolo, wah, bit-crush, amplifier.

Each module has ``process(memory, bus, depth, frame)``, which works in place and returns the new memory, and ``MEMORY``,
the shape of it; zeros are a fresh start.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

from everjam.audio import Float32Array
from everjam.engines.band.mixer.effects import amp, chorus, crush, flanger, phaser, tremolo, wah
from everjam.engines.band.mixer.grid import Float64Array
from everjam.engines.band.score import Effect

Process = Callable[[Float32Array, Float32Array, Float64Array, int], Float32Array]

PROCESS: Final[Mapping[Effect, Process]] = MappingProxyType(
    {
        "chorus": chorus.process,
        "flanger": flanger.process,
        "phaser": phaser.process,
        "tremolo": tremolo.process,
        "wah": wah.process,
        "crush": crush.process,
        "amp": amp.process,
    }
)

MEMORY: Final[Mapping[Effect, tuple[int, ...]]] = MappingProxyType(
    {
        "chorus": chorus.MEMORY,
        "flanger": flanger.MEMORY,
        "phaser": phaser.MEMORY,
        "tremolo": tremolo.MEMORY,
        "wah": wah.MEMORY,
        "crush": crush.MEMORY,
        "amp": amp.MEMORY,
    }
)


def warm() -> None:
    """Makes all tables."""
    phaser.warm()
    amp.warm()
