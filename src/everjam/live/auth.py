"""API keys: none by default; with keys set, a session without a good one is closed as Google's server does it."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping

from everjam.errors import InvalidKey
from everjam.live.lan import is_this_machine


class KeyRing:
    """Holds digests of keys, never the keys.

    Args:
        keys: Keys that clients may use; none = every client of this machine is let in.
        lan_token: One more key, for who comes from another machine; None = those need no other than these.
    """

    def __init__(self, keys: Iterable[str], *, lan_token: str | None = None) -> None:
        self._must_all = bool(keys := sorted(keys))
        self._must_strangers = self._must_all or lan_token is not None
        self._digests = tuple(_digest(key) for key in (*keys, *([lan_token] if lan_token else [])))

    def check(self, query: Mapping[str, str], headers: Mapping[str, str], peer: str | None = None) -> None:
        """Lets a client in by ``x-goog-api-key`` or ``?key=`` (both are in use, see the SDKs' releases).

        Args:
            query: Of the request.
            headers: Of the request, lower case.
            peer: Address that it comes from; None counts as another machine.

        Raises:
            InvalidKey: A key is needed, and neither place has a good one.
        """
        if not (self._must_all if is_this_machine(peer) else self._must_strangers):
            return
        offered = [_digest(key) for key in (headers.get("x-goog-api-key"), query.get("key")) if key]
        # Every pair is compared, so that the time tells nothing about which key was near.
        matches = [hmac.compare_digest(digest, known) for digest in offered for known in self._digests]
        if not any(matches):
            raise InvalidKey


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "replace")).digest()
