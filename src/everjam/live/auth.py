"""API keys: none by default; with keys set, a session without a good one is closed as Google's server does it."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping

from everjam.errors import InvalidKey


class KeyRing:
    """Holds digests of keys, never the keys.

    Args:
        keys: Keys that clients may use; none = every client is let in.
    """

    def __init__(self, keys: Iterable[str]) -> None:
        self._digests = tuple(_digest(key) for key in sorted(keys))

    @property
    def open(self) -> bool:
        """Whether no key is needed."""
        return not self._digests

    def check(self, query: Mapping[str, str], headers: Mapping[str, str]) -> None:
        """Lets a client in by ``x-goog-api-key`` or ``?key=`` (both are in use, see the SDKs' releases).

        Raises:
            InvalidKey: A key is needed, and neither place has a good one.
        """
        if self.open:
            return
        offered = [_digest(key) for key in (headers.get("x-goog-api-key"), query.get("key")) if key]
        # Every pair is compared, so that the time tells nothing about which key was near.
        matches = [hmac.compare_digest(digest, known) for digest in offered for known in self._digests]
        if not any(matches):
            raise InvalidKey


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "replace")).digest()
