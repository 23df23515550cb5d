"""Generators: the numbered parameters of a zone (SoundFont 2.04, section 8.1)."""

from enum import IntEnum
from typing import Final

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]

GENERATORS: Final = 61


class Gen(IntEnum):
    """Generator operators that a note depends on."""

    START_OFFSET = 0
    END_OFFSET = 1
    LOOP_START_OFFSET = 2
    LOOP_END_OFFSET = 3
    START_COARSE = 4
    MOD_LFO_TO_PITCH = 5
    VIB_LFO_TO_PITCH = 6
    MOD_ENV_TO_PITCH = 7
    FILTER_CUTOFF = 8
    FILTER_Q = 9
    MOD_LFO_TO_FILTER = 10
    MOD_ENV_TO_FILTER = 11
    END_COARSE = 12
    MOD_LFO_TO_VOLUME = 13
    PAN = 17
    MOD_LFO_DELAY = 21
    MOD_LFO_FREQUENCY = 22
    VIB_LFO_DELAY = 23
    VIB_LFO_FREQUENCY = 24
    MOD_ENV_DELAY = 25
    MOD_ENV_ATTACK = 26
    MOD_ENV_HOLD = 27
    MOD_ENV_DECAY = 28
    MOD_ENV_SUSTAIN = 29
    MOD_ENV_RELEASE = 30
    KEY_TO_MOD_ENV_HOLD = 31
    KEY_TO_MOD_ENV_DECAY = 32
    VOL_ENV_DELAY = 33
    VOL_ENV_ATTACK = 34
    VOL_ENV_HOLD = 35
    VOL_ENV_DECAY = 36
    VOL_ENV_SUSTAIN = 37
    VOL_ENV_RELEASE = 38
    KEY_TO_VOL_ENV_HOLD = 39
    KEY_TO_VOL_ENV_DECAY = 40
    INSTRUMENT = 41
    KEY_RANGE = 43
    VELOCITY_RANGE = 44
    LOOP_START_COARSE = 45
    KEY = 46
    VELOCITY = 47
    ATTENUATION = 48
    LOOP_END_COARSE = 50
    COARSE_TUNE = 51
    FINE_TUNE = 52
    SAMPLE = 53
    SAMPLE_MODES = 54
    SCALE_TUNING = 56
    EXCLUSIVE_CLASS = 57
    ROOT_KEY = 58


INSTRUMENT_ONLY: Final = frozenset(
    {
        Gen.START_OFFSET,
        Gen.END_OFFSET,
        Gen.LOOP_START_OFFSET,
        Gen.LOOP_END_OFFSET,
        Gen.START_COARSE,
        Gen.END_COARSE,
        Gen.LOOP_START_COARSE,
        Gen.LOOP_END_COARSE,
        Gen.KEY,
        Gen.VELOCITY,
        Gen.SAMPLE,
        Gen.SAMPLE_MODES,
        Gen.EXCLUSIVE_CLASS,
        Gen.ROOT_KEY,
        Gen.INSTRUMENT,
        Gen.KEY_RANGE,
        Gen.VELOCITY_RANGE,
    }
)
"""What a preset's zone cannot add to: it has no meaning there, or another one."""


def _defaults() -> Float64Array:
    values = np.zeros(GENERATORS)
    values[[Gen.MOD_LFO_DELAY, Gen.VIB_LFO_DELAY]] = -12_000.0
    for first in (Gen.MOD_ENV_DELAY, Gen.VOL_ENV_DELAY):
        values[first : first + 4] = -12_000.0
        values[first + 5] = -12_000.0
    values[Gen.FILTER_CUTOFF] = 13_500.0
    values[Gen.SCALE_TUNING] = 100.0
    values[[Gen.KEY, Gen.VELOCITY, Gen.ROOT_KEY]] = -1.0
    values.setflags(write=False)
    return values


DEFAULTS: Final = _defaults()
"""float64 ``(61,)``: what a generator is where no zone says anything."""


def seconds(timecents: float, *, least: float = -12_000.0, most: float = 8_000.0) -> float:
    """Seconds of timecents, within what the format allows; -32768 means none."""
    if timecents <= -32_768.0:
        return 0.0
    return float(2.0 ** (min(max(timecents, least), most) / 1200.0))


def hertz(cents: float) -> float:
    """Frequency of absolute cents: 0 is 8.176 Hz, MIDI key 0."""
    return float(8.175798915643707 * 2.0 ** (cents / 1200.0))
