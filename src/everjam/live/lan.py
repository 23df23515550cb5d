"""``--lan``: the network may listen too, by TLS only, and only with a token that stands in the address.

The token is an API key that this server has made for itself: pages send it as such. It stands after the ``#`` of an
address, so that browsers send it to nobody, and it is kept in the data folder, so that yesterday's bookmark works.
"""

import ipaddress
import secrets
from typing import Final

from everjam.errors import UsageError
from everjam.live.certificates import lan_addresses
from everjam.live.files import locked, write_atomically
from everjam.settings import Settings

EVERYWHERE: Final = "0.0.0.0"  # noqa: S104  that is what --lan asks for, and what is reached needs the token
_TOKEN_BYTES: Final = 15
"""120 bits, in twenty characters that a person could still type."""


def token(settings: Settings) -> str | None:
    """The token that clients of the network must show; None where the network is not let in.

    Raises:
        UsageError: The data folder cannot be written.
    """
    if not settings.lan:
        return None
    path = settings.data_dir / "lan-token"
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        with locked(settings.data_dir / "lan-token.lock"):
            known = path.read_text(encoding="ascii", errors="replace").strip() if path.is_file() else ""
            if len(known) < _TOKEN_BYTES or not known.isascii() or not known.isprintable():
                known = secrets.token_urlsafe(_TOKEN_BYTES)
                write_atomically(path, f"{known}\n".encode("ascii"), 0o600)
    except OSError as error:
        raise UsageError(
            f"The token for --lan cannot be written to {path}: {error.strerror or error}.",
            remedy="Choose a writable --data-dir.",
        ) from error
    return known


def tls_host(settings: Settings) -> str:
    """The address that the TLS port listens on: every one with ``--lan``; the plain port stays where it is."""
    return EVERYWHERE if settings.lan and settings.loopback_only else settings.host


def page_url(host: str, port: int, known_token: str) -> str:
    """The page's address as other machines reach it, with the token.

    Args:
        host: What the TLS port listens on.
        port: The TLS port.
        known_token: From ``token``.
    """
    name = host.strip("[]")
    if name in {"", EVERYWHERE, "::"}:
        name = next(iter(lan_addresses()), "localhost")
    shown = f"[{name}]" if ":" in name else name
    return f"https://{shown}:{port}/#key={known_token}"


def is_this_machine(peer: str | None) -> bool:
    """Whether a connection comes from this machine, by its peer's address; None counts as a stranger."""
    try:
        address = ipaddress.ip_address((peer or "").partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return bool((mapped or address).is_loopback)
