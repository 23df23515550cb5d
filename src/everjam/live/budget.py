"""How much a client may say: enough for any instrument, too little to keep the event loop busy."""

from collections import deque
from typing import Final

from everjam.errors import TooManyMessages

MAX_MESSAGES_A_SECOND: Final = 1_000
# Reading 32,000 characters of prompts, with the policy's patterns, keeps the event loop busy for up to 30 ms.
MAX_BYTES_A_SECOND: Final = 256 * 1024
BURST_BYTES: Final = 2 * 1024 * 1024


class MessageBudget:
    """Counts the messages of one client; every time is handed in, in seconds on one monotonic scale."""

    def __init__(self, now_seconds: float) -> None:
        self._last_seconds = now_seconds
        self._unpaid_bytes = 0.0
        self._times_seconds: deque[float] = deque(maxlen=MAX_MESSAGES_A_SECOND)

    def spend(self, now_seconds: float, size_bytes: int) -> None:
        """Takes note of one message.

        Raises:
            TooManyMessages: They are too many, or too large, for the time that has passed.
        """
        paid = (now_seconds - self._last_seconds) * MAX_BYTES_A_SECOND
        self._last_seconds = now_seconds
        self._unpaid_bytes = max(0.0, self._unpaid_bytes - paid) + size_bytes
        if self._unpaid_bytes > BURST_BYTES:
            raise TooManyMessages(f"More than {MAX_BYTES_A_SECOND // 1024} KiB of messages a second.")
        times = self._times_seconds
        if len(times) == MAX_MESSAGES_A_SECOND and now_seconds - times[0] < 1.0:
            raise TooManyMessages(f"More than {MAX_MESSAGES_A_SECOND} messages in a second.")
        times.append(now_seconds)
