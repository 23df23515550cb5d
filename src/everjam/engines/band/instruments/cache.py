"""Waveforms kept by the tones that made them, bounded in bytes."""

import os
from collections import OrderedDict
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Final

from everjam.engines.band.instruments import PATCHES
from everjam.engines.band.instruments.contract import Tone, Waveform

DEFAULT_LIMIT_BYTES: Final = 192 * 1024 * 1024
GLIDE_LIMIT: Final = 24
_FEWEST_AT_ONCE: Final = 3


class WaveformCache:
    """The least recently used waveforms go first. What a tone sounds like never depends on the order of calls.

    Called by one thread at a time; the sessions of a process share one.

    Args:
        limit_bytes: Most bytes of waveforms to keep; one that is larger than that is rendered each time.
    """

    def __init__(self, limit_bytes: int = DEFAULT_LIMIT_BYTES) -> None:
        self.limit_bytes = limit_bytes
        self.size_bytes = 0
        self.hits = 0
        self.misses = 0
        self._waveforms: OrderedDict[Tone, Waveform] = OrderedDict()

    def __len__(self) -> int:
        return len(self._waveforms)

    def __contains__(self, tone: Tone) -> bool:
        return canonical(tone) in self._waveforms

    def get(self, tone: Tone) -> Waveform:
        """The waveform of ``tone``.

        Returns:
            float32 ``(channels, frames)``, read-only.

        Raises:
            KeyError: There is no such patch.
        """
        key = canonical(tone)
        waveform = self._waveforms.get(key)
        if waveform is not None:
            self.hits += 1
            self._waveforms.move_to_end(key)
            return waveform
        waveform = _render(key)
        self._keep(key, waveform)
        return waveform

    def prefetch(self, tones: Iterable[Tone]) -> None:
        """Renders what is missing of several tones at once, on as many cores as there are.

        A first block needs dozens of waveforms, and numpy lets go of the interpreter while it works.

        Raises:
            KeyError: There is no such patch.
        """
        missing = [key for key in dict.fromkeys(map(canonical, tones)) if key not in self._waveforms]
        if len(missing) < _FEWEST_AT_ONCE:
            return
        for key, waveform in zip(missing, _threads().map(_render, missing), strict=True):
            self._keep(key, waveform)

    def _keep(self, key: Tone, waveform: Waveform) -> None:
        self.misses += 1
        self._waveforms[key] = waveform
        self.size_bytes += waveform.nbytes
        while self.size_bytes > self.limit_bytes:
            _, dropped = self._waveforms.popitem(last=False)
            self.size_bytes -= dropped.nbytes

    def clear(self) -> None:
        """Forgets everything."""
        self._waveforms.clear()
        self.size_bytes = 0


def _render(key: Tone) -> Waveform:
    return PATCHES[key.patch].render(key)


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(min(4, os.cpu_count() or 1), thread_name_prefix="instrument")


def canonical(tone: Tone) -> Tone:
    """The tone that stands for all that sound the same: struck patches ignore the length, takes wrap around.

    Raises:
        KeyError: There is no such patch.
    """
    patch = PATCHES[tone.patch]
    duration_ms = tone.duration_ms if patch.sustained else 0
    variant = tone.variant % patch.variants
    velocity = min(8, max(1, tone.velocity))
    brightness = min(10, max(0, tone.brightness))
    articulation = tone.articulation if tone.articulation in patch.articulations else "plain"
    glide = min(GLIDE_LIMIT, max(-GLIDE_LIMIT, tone.glide)) if patch.glides else 0
    key = Tone(tone.patch, tone.pitch, duration_ms, velocity, brightness, variant, articulation, glide)
    return tone if key == tone else key
