"""Jams that have a name: what stays of them when a connection is lost, for those who come back in time."""

import asyncio
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from everjam.errors import InvalidMessage
from everjam.live import extension
from everjam.live.clock import Clock
from everjam.live.events import Channel
from everjam.live.jam import Jam, Left
from everjam.live.tape import Tape

KEEP_SECONDS: Final = 60.0
MAX_KEPT: Final = 64
MAX_KEPT_BYTES: Final = 256 * 1024 * 1024
MAX_BAR: Final = 200_000
"""More than four days; who comes back later begins there."""
_MAX_BAR_DIGITS: Final = 9
_ID_BYTES: Final = 16
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


@dataclass(slots=True, eq=False)
class NamedJam:
    """A jam under its name, whoever is connected to it.

    Attributes:
        id: What it is asked for by; cannot be guessed.
        channel: Where third parties read what happens in it.
        tape: What it was made from, so that any stretch can be rendered again.
        jam: The connection that plays it; None while nobody is connected.
        left: Where the last connection was, for the next one.
    """

    id: str = field(default_factory=lambda: secrets.token_urlsafe(_ID_BYTES))
    channel: Channel = field(default_factory=Channel)
    tape: Tape = field(default_factory=Tape)
    jam: Jam | None = None
    left: Left | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """What a client asks for in its query.

    Attributes:
        resume: Name of the jam that it was in, "" for none.
        bar: Where the piece is to begin if that jam is gone.
    """

    resume: str = ""
    bar: int = 0


def read_entry(query: Mapping[str, str]) -> Entry | None:
    """Reads ``events``, ``resume`` and ``bar``.

    Returns:
        None for a client that does not ask for the extension.

    Raises:
        InvalidMessage: A value is none of those allowed, or ``resume`` or ``bar`` come without ``events=1``.
    """
    events, resume, bar = query.get("events", "0"), query.get("resume"), query.get("bar")
    if events not in ("0", "1"):
        raise InvalidMessage(f"{events[:20]!r} is neither 0 nor 1", field="events")
    if events == "0":
        for name, given in (("resume", resume), ("bar", bar)):
            if given is not None:
                raise InvalidMessage("needs events=1", field=name)
        return None
    if resume is not None and not _ID.fullmatch(resume):
        raise InvalidMessage(f"{resume[:20]!r} is not the name of a jam", field="resume")
    if bar is not None and not (bar.isascii() and bar.isdecimal() and len(bar) <= _MAX_BAR_DIGITS):
        raise InvalidMessage(f"{bar[:20]!r} is not the number of a bar", field="bar")
    return Entry(resume or "", min(int(bar or 0), MAX_BAR))


class NamedJams:
    """All named jams of a server: those that are being played, and for a while those whose connection is lost.

    Args:
        clock: Time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._jams: dict[str, NamedJam] = {}
        self._forgetting: dict[str, asyncio.Task[None]] = {}

    def find(self, jam_id: str) -> NamedJam | None:
        """The jam of that name, None if there is none any more."""
        return self._jams.get(jam_id)

    def is_played(self, jam_id: str) -> bool:
        """Whether a connection plays the jam of that name: who enters it takes it over."""
        named = self._jams.get(jam_id)
        return named is not None and named.jam is not None

    def tape(self, jam_id: str) -> Tape | None:
        """What the jam of that name was made from, None if there is none any more."""
        named = self._jams.get(jam_id)
        return named.tape if named else None

    def enter(self, jam_id: str) -> NamedJam:
        """The jam that a new connection plays.

        Of two connections that ask for the same jam the later one has it; the earlier one is closed.

        Args:
            jam_id: Of the jam that the client was in; a new one is made if it is gone.
        """
        named = self._jams.get(jam_id)
        if named is None:
            named = NamedJam()
            self._jams[named.id] = named
            return named
        self._keep(named.id)
        if named.jam is not None:
            named.left = named.jam.hand_over()
            named.jam = None
        return named

    def leave(self, named: NamedJam, jam: Jam) -> None:
        """A connection has ended: what it leaves is kept for a while, unless another one has taken over."""
        if named.jam is not jam:
            return
        named.jam, named.left = None, jam.leave()
        if self._jams.get(named.id) is not named:
            return
        named.channel.publish("playback", extension.playback_object("paused" if named.left else "stopped"))
        task = asyncio.get_running_loop().create_task(self._forget_later(named), name="forgetting a jam")
        self._forgetting[named.id] = task
        self._make_room()

    def _make_room(self) -> None:
        """Forgets those that have been gone for longest, first of all those that have never played."""
        kept = [self._jams[jam_id] for jam_id in self._forgetting]
        kept.sort(key=lambda named: named.tape.end_frame > 0)
        size_bytes = sum(named.tape.size_bytes for named in kept)
        while len(kept) > MAX_KEPT or (size_bytes > MAX_KEPT_BYTES and len(kept) > 1):
            named = kept.pop(0)
            size_bytes -= named.tape.size_bytes
            self._forget(named)

    def close(self) -> None:
        """Forgets all jams; whoever reads their events is told no more."""
        for named in list(self._jams.values()):
            self._forget(named)

    async def _forget_later(self, named: NamedJam) -> None:
        await self._clock.sleep_until(self._clock.now_seconds() + KEEP_SECONDS)
        self._forgetting.pop(named.id, None)
        self._forget(named)

    def _forget(self, named: NamedJam) -> None:
        self._keep(named.id)
        self._jams.pop(named.id, None)
        named.channel.close()

    def _keep(self, jam_id: str) -> None:
        """Stops waiting for the end of the time for which a jam is kept."""
        task = self._forgetting.pop(jam_id, None)
        if task is not None:
            task.cancel()
