"""Envelopes and oscillators that move a note, read off at evenly spaced times (SoundFont 2.04, sections 8.1.2 and 9.1).

Envelopes cover 96 dB, as in FluidSynth.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from everjam.engines.band.instruments.soundfont.generators import Float64Array, Gen, hertz, seconds
from everjam.engines.band.instruments.soundfont.zones import Region

PEAK_DB: Final = 96.0
_LONGEST_HOLD: Final = 5_000.0
_SHORTEST_RELEASE: Final = -7_200.0
"""16 ms: FluidSynth lets go of no sound quicker, against clicks."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """Six stages.

    Attributes:
        delay: Seconds of nothing.
        attack: Seconds from nothing to full.
        hold: Seconds at full.
        decay: Seconds that it would take to fall to nothing.
        sustain: Where the fall ends, 0 to 1.
        release: Seconds that it would take to fall from full to nothing after the note is let go.
    """

    delay: float
    attack: float
    hold: float
    decay: float
    sustain: float
    release: float

    def held(self, times: Float64Array) -> Float64Array:
        """Progress while the note is held, 0 to 1 in the attack and 1 to ``sustain`` after it.

        Args:
            times: Seconds since the beginning of the note, float64 ``(n,)``.
        """
        begin, top = self.delay + self.attack, self.delay + self.attack + self.hold
        rising = (times - self.delay) / max(self.attack, 1e-4)
        falling = 1.0 - (times - top) / max(self.decay, 1e-4)
        return np.where(times < begin, np.clip(rising, 0.0, 1.0), np.clip(falling, self.sustain, 1.0))


def volume_envelope(region: Region) -> Envelope:
    """The volume envelope of a region at its key."""
    return _envelope(region, Gen.VOL_ENV_DELAY, Gen.KEY_TO_VOL_ENV_HOLD, _SHORTEST_RELEASE)


def modulation_envelope(region: Region) -> Envelope:
    """The modulation envelope of a region at its key."""
    return _envelope(region, Gen.MOD_ENV_DELAY, Gen.KEY_TO_MOD_ENV_HOLD, -12_000.0)


def _envelope(region: Region, first: Gen, keyed: Gen, shortest_release: float) -> Envelope:
    delay, attack, hold, decay, sustain, release = region.values[first : first + 6]
    below_middle = 60.0 - region.key
    return Envelope(
        delay=seconds(delay, most=_LONGEST_HOLD),
        attack=seconds(attack),
        hold=seconds(hold + region.values[keyed] * below_middle, most=_LONGEST_HOLD),
        decay=seconds(decay + region.values[keyed + 1] * below_middle),
        sustain=float(min(max(1.0 - 0.001 * sustain, 0.0), 1.0)),
        release=seconds(max(release, shortest_release), least=shortest_release),
    )


def amplitudes(envelope: Envelope, times: Float64Array, held_seconds: float) -> Float64Array:
    """Factors of a volume envelope: the attack is linear, all falls are so in decibels; below -96 dB there is nothing.

    Args:
        envelope: The envelope.
        times: Seconds since the beginning of the note, rising, float64 ``(n,)``.
        held_seconds: When the note is let go.
    """
    progress = envelope.held(np.minimum(times, held_seconds))
    rising = np.minimum(times, held_seconds) < envelope.delay + envelope.attack
    with np.errstate(divide="ignore"):
        level_db = np.where(rising, 20.0 * np.log10(progress), PEAK_DB * (progress - 1.0))
    falling = np.maximum(times - held_seconds, 0.0) * (PEAK_DB / max(envelope.release, 1e-3))
    level_db = level_db - falling
    return np.where(level_db > -PEAK_DB, 10.0 ** (np.maximum(level_db, -PEAK_DB) / 20.0), 0.0)


def movement(envelope: Envelope, times: Float64Array, held_seconds: float) -> Float64Array:
    """A modulation envelope, 0 to 1: a convex attack, linear falls."""
    at = np.minimum(times, held_seconds)
    progress = envelope.held(at)
    rising = at < envelope.delay + envelope.attack
    convex = np.clip(1.0 + 40.0 / PEAK_DB * np.log10(np.maximum(progress, 1e-9)), 0.0, 1.0)
    falling = np.maximum(times - held_seconds, 0.0) / max(envelope.release, 1e-3)
    return np.maximum(np.where(rising, convex, progress) - falling, 0.0)


def triangle(times: Float64Array, delay_timecents: float, cents: float) -> Float64Array:
    """A low-frequency oscillator, -1 to 1: nothing until its delay is over, then up first."""
    since = np.maximum(times - seconds(delay_timecents, most=_LONGEST_HOLD), 0.0)
    turn = since * hertz(min(max(cents, -16_000.0), 4_500.0)) + 0.25
    return 1.0 - 4.0 * np.abs(turn - np.floor(turn) - 0.5)
