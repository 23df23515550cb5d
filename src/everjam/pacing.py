"""When is the next chunk due, and how far ahead of the listener are we: arithmetic over times that are handed in.

A listener starts to play when the first chunk arrives and then plays one second a second. With ``M`` seconds delivered
and ``P`` seconds played the lead is ``M - P``. A chunk is due when the lead has fallen to ``lead_seconds``: the lead
then never is less, and never more than ``lead_seconds`` plus one chunk. All due times follow from the one anchor and
the whole number of frames, so that nothing drifts.
"""

from collections import deque
from dataclasses import dataclass
from typing import Final

from everjam.audio import SAMPLE_RATE_HZ

COST_WINDOW: Final = 8
COST_MARGIN: Final = 1.25
COST_FLOOR_SECONDS: Final = 0.002


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of one chunk.

    Attributes:
        lead_seconds: How far ahead of the playhead the listener is after it.
        lateness_seconds: How much later than due it was delivered, at least 0.
        underrun_seconds: How long the listener heard nothing before it, 0 in a healthy jam.
    """

    lead_seconds: float
    lateness_seconds: float
    underrun_seconds: float


class Pacer:
    """Paces one jam. Knows no clock: every time is handed in, in seconds on one monotonic scale.

    Args:
        lead_seconds: The least lead to keep; ``None`` streams as fast as chunks are rendered and read.
    """

    def __init__(self, lead_seconds: float | None) -> None:
        self._lead_seconds = lead_seconds
        self._anchor_seconds: float | None = None
        self._scheduled_frames = 0
        self._delivered_frames = 0
        self._costs_seconds: deque[float] = deque([0.1], maxlen=COST_WINDOW)

    def restart(self) -> None:
        """The listener's buffer is gone (STOP, PAUSE): the next chunk is a first chunk again."""
        self._anchor_seconds = None
        self._scheduled_frames = self._delivered_frames = 0

    def due_seconds(self, now_seconds: float) -> float:
        """When the next chunk to be scheduled must be with the listener; ``now_seconds`` if at once."""
        if self._lead_seconds is None or self._anchor_seconds is None:
            return now_seconds
        return self._anchor_seconds + self._scheduled_frames / SAMPLE_RATE_HZ - self._lead_seconds

    def render_at_seconds(self, now_seconds: float) -> float:
        """The latest time to begin rendering the next chunk so that it is ready when due."""
        return self.due_seconds(now_seconds) - self.cost_seconds

    @property
    def cost_seconds(self) -> float:
        """How long rendering is expected to take, waiting for a worker included: the second worst of the last few.

        A single slow chunk is paid from the lead; to expect it every time would make all steering wait for it.
        """
        return sorted(self._costs_seconds)[-2:][0] * COST_MARGIN + COST_FLOOR_SECONDS

    def rendered(self, cost_seconds: float) -> None:
        """Takes note of how long a chunk took to render."""
        self._costs_seconds.append(cost_seconds)

    def schedule(self, frames: int) -> None:
        """A chunk of ``frames`` is on its way; the next one is due after it."""
        self._scheduled_frames += frames

    def delivered(self, frames: int, now_seconds: float, due_seconds: float) -> Delivery:
        """Takes note of a chunk that has been handed to the listener.

        Args:
            frames: Its length.
            now_seconds: When it was handed over.
            due_seconds: When it had been due.
        """
        if self._anchor_seconds is None:
            self._anchor_seconds = now_seconds
        ran_out_at = self._anchor_seconds + self._delivered_frames / SAMPLE_RATE_HZ
        underrun = max(0.0, now_seconds - ran_out_at) if self._lead_seconds is not None else 0.0
        self._anchor_seconds += underrun
        self._delivered_frames += frames
        return Delivery(
            lead_seconds=self.lead_seconds(now_seconds),
            lateness_seconds=max(0.0, now_seconds - due_seconds),
            underrun_seconds=underrun,
        )

    def lead_seconds(self, now_seconds: float) -> float:
        """How far ahead of the listener's playhead the delivered audio reaches; 0 before the first chunk."""
        if self._anchor_seconds is None:
            return 0.0
        return self._anchor_seconds + self._delivered_frames / SAMPLE_RATE_HZ - now_seconds
