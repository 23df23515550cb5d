"""Recordings of tones, kept as long as there is room.

Sessions take turns, so what was used least recently is what will be needed next: of what does not sound just now, the
recording goes that was asked for least often for its size, ageing as others go (L. Cherkasova, "Improving WWW proxies
performance with Greedy-Dual-Size-Frequency caching policy", HP Laboratories, 1998).
"""

import contextlib
import os
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Final

from everjam.engines.band.instruments import PATCHES
from everjam.engines.band.instruments.contract import Patch, Recording, Tone
from everjam.engines.band.instruments.helper import Helper, can_help

DEFAULT_LIMIT_BYTES: Final = 38 * 1024 * 1024
GLIDE_LIMIT: Final = 24
_FEWEST_AT_ONCE: Final = 3
_SOUNDING: Final = 32
"""What one of so many last blocks has used is likely to sound still: as many as there may be sessions."""


@dataclass(slots=True)
class _Kept:
    """A recording with what speaks for keeping it: how often it was asked for, in which block last, and its worth."""

    recording: Recording
    uses: int
    block: int
    worth: float


class WaveformCache:
    """What a tone sounds like never depends on what is kept, nor on the order of calls.

    Called by one thread at a time; the sessions of a process share one.

    Args:
        limit_bytes: Most bytes of samples to keep; a recording that is larger than that is made each time.
        patches: What tones may name.
        clock: Seconds, for ``gather``'s deadline.
    """

    def __init__(
        self,
        limit_bytes: int = DEFAULT_LIMIT_BYTES,
        *,
        patches: Mapping[str, Patch] = PATCHES,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limit_bytes = limit_bytes
        self.patches = patches
        self.clock = clock
        self.size_bytes = 0
        self.hits = 0
        self.misses = 0
        self._kept: dict[Tone, _Kept] = {}
        self._block = 0
        self._age = 0.0
        self._under_way: dict[Tone, Future[Recording]] = {}
        self._helper: Helper | None = None

    def __len__(self) -> int:
        return len(self._kept)

    def __contains__(self, tone: Tone) -> bool:
        return self.canonical(tone) in self._kept

    def get(self, tone: Tone) -> Recording:
        """The recording of ``tone``.

        Raises:
            KeyError: There is no such patch.
        """
        return self._take(self.canonical(tone))

    def _take(self, key: Tone) -> Recording:
        kept = self._kept.get(key)
        if kept is not None:
            return self._use(kept)
        under_way = self._under_way.pop(key, None)
        recording = under_way.result() if under_way else self._make(key)
        self._keep(key, recording)
        return recording

    def _use(self, kept: _Kept) -> Recording:
        self.hits += 1
        kept.uses += 1
        kept.block = self._block
        kept.worth = self._worth(kept)
        return kept.recording

    def ready(self, tones: Iterable[Tone]) -> dict[Tone, Recording] | None:
        """The recordings of canonical tones if all are there, as in most blocks; None where ``gather`` is needed."""
        kept = {tone: self._kept.get(tone) for tone in tones}
        found = {tone: one for tone, one in kept.items() if one is not None}
        if len(found) < len(kept):
            return None
        self._block += 1
        self._collect()
        return {tone: self._use(one) for tone, one in found.items()}

    def gather(self, tones: Iterable[Tone], deadline: float | None = None) -> dict[Tone, Recording]:
        """The recordings of several tones; what is missing is made side by side.

        A first block needs dozens of them.

        Args:
            tones: The most important first.
            deadline: Reading of the clock after which nothing is waited for; None waits for everything.

        Returns:
            Tone to recording. After the deadline some may be missing: those are on their way, and there when they are
            asked for again.

        Raises:
            KeyError: There is no such patch.
        """
        self._block += 1
        self._collect()
        wanted = {tone: tone if tone in self._kept else self.canonical(tone) for tone in tones}
        missing = [key for key in dict.fromkeys(wanted.values()) if key not in self._kept]
        made: dict[Tone, Recording] = {}
        if len(missing) >= _FEWEST_AT_ONCE or deadline is not None:
            for key in missing:
                if key not in self._under_way:
                    self._under_way[key] = self._threads().submit(self._make_or_have_made, key)
            for key in missing:
                if deadline is not None and not self._is_ready(key, deadline):
                    continue
                made[key] = self._under_way.pop(key).result()
                self._keep(key, made[key])
        late = {key for key in missing if key not in made} if deadline is not None else set()
        return {tone: made[key] if key in made else self._take(key) for tone, key in wanted.items() if key not in late}

    def _collect(self) -> None:
        """Takes in what has become ready since it was given up on; what failed will fail again when it is needed."""
        for key in [key for key, future in self._under_way.items() if future.done()]:
            future = self._under_way.pop(key)
            if future.exception() is None:
                self._keep(key, future.result())

    def _is_ready(self, key: Tone, deadline: float) -> bool:
        try:
            self._under_way[key].exception(timeout=max(0.0, deadline - self.clock()))
        except TimeoutError:
            return False
        return True

    def _make(self, key: Tone) -> Recording:
        return Recording.of(self.patches[key.patch].render(key))

    def _make_or_have_made(self, key: Tone) -> Recording:
        """A recording from the helper where it has nothing else to do."""
        made = None if self._helper is None else self._helper.make(key)
        return self._make(key) if made is None else made

    def get_help(self) -> None:
        """Starts a second process that makes recordings beside this one, where the system allows it and has room."""
        if self._helper is None and can_help():
            with contextlib.suppress(OSError):
                self._helper = Helper(self._make)

    def close(self) -> None:
        """Ends that process."""
        if self._helper is not None:
            self._helper.close()
            self._helper = None

    def _threads(self) -> ThreadPoolExecutor:
        """One for the helper and one for what is made here; without a helper, threads are better than nothing."""
        return _pool(min(4, os.cpu_count() or 1) if self._helper is None else 2)

    def _keep(self, key: Tone, recording: Recording) -> None:
        self.misses += 1
        kept = self._kept[key] = _Kept(recording, 1, self._block, 0.0)
        kept.worth = self._worth(kept)
        self.size_bytes += recording.nbytes
        while self.size_bytes > self.limit_bytes:
            resting = [one for one, other in self._kept.items() if other.block <= self._block - _SOUNDING]
            least = min(resting or self._kept, key=lambda one: self._kept[one].worth)
            dropped = self._kept.pop(least)
            self._age = max(self._age, dropped.worth)
            self.size_bytes -= dropped.recording.nbytes

    def _worth(self, kept: _Kept) -> float:
        return self._age + kept.uses / max(1, kept.recording.nbytes)

    def clear(self) -> None:
        """Forgets everything."""
        self._kept.clear()
        self.size_bytes = 0

    def canonical(self, tone: Tone) -> Tone:
        """The tone that stands for all that sound the same: struck patches ignore the length, takes wrap around.

        Raises:
            KeyError: There is no such patch.
        """
        patch = self.patches[tone.patch]
        key = Tone(
            patch=tone.patch,
            pitch=tone.pitch,
            duration_ms=tone.duration_ms if patch.lasts(tone.articulation) else 0,
            velocity=min(8, max(1, tone.velocity)),
            brightness=min(10, max(0, tone.brightness)),
            variant=tone.variant % patch.variants,
            articulation=tone.articulation if tone.articulation in patch.articulations else "plain",
            glide=min(GLIDE_LIMIT, max(-GLIDE_LIMIT, tone.glide)) if patch.glides else 0,
        )
        return tone if key == tone else key


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="instrument")
