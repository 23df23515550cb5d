"""Settings as the rest of the program takes them: complete and checked."""

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

import platformdirs

from everjam.errors import UsageError
from everjam.settings.specs import SPEC_BY_NAME, SPECS, TLS_OFF, check


def default_workers() -> int:
    """As many processes as this process may use cores, at least 2 so that one can die."""
    affinity = getattr(os, "sched_getaffinity", None)
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    return max(2, cores)


def default_data_dir() -> Path:
    """The user's data folder for everjam, as the operating system wants it."""
    return platformdirs.user_data_path("everjam", appauthor=False)


@dataclass(frozen=True, slots=True)
class Settings:
    """All that a server is told at its start; checks itself.

    Attributes:
        host: Address to listen on.
        port: Port for http and ws, 0 = any free one.
        tls_port: Port for https and wss, 0 = any free one, -1 = none.
        lan: Whether the TLS port is open to the network, for who has the token.
        engine: Name of the engine that answers to ``lyria-realtime`` models.
        cards_dir: Folder of the operator's own style cards.
        soundfont: File of recorded instruments, or ``auto`` for one that is installed; None = all are synthesised.
        lead_seconds: Least distance ahead of the listener's playhead.
        chunk_seconds: Audio in one message, a multiple of 0.04.
        strict: Whether to refuse what Google refuses.
        open_page: Whether to open the page in the browser; None = as the command that starts the server sees fit.
        api_key_file: Where ``api_keys`` also come from.
        api_keys: Keys that clients may use, file included; empty = no key needed. Never printed.
        tls_cert: The operator's own certificate chain.
        tls_key: The key that goes with it.
        workers: Render processes.
        idle_minutes: How long a session may hold nothing but a socket.
        max_sessions: Most sessions at once, 0 = as measured.
        policy_file: The operator's additions to the prompt policy.
        artist_policy: Whether prompts that ask for an artist's style are refused.
        log_format: ``text`` or ``json``.
        log_level: ``debug``, ``info``, ``warning`` or ``error``.
        data_dir: Where certificates and recordings are kept.
        origins: Setting name to where its value came from; settings at their default are left out.
    """

    host: str = "127.0.0.1"
    port: int = 8460
    tls_port: int = 8461
    lan: bool = False
    engine: str = "band"
    cards_dir: Path | None = None
    soundfont: Path | str | None = None
    lead_seconds: float = 2.0
    chunk_seconds: float = 2.0
    strict: bool = False
    open_page: bool | None = None
    api_key_file: Path | None = None
    api_keys: frozenset[str] = field(default=frozenset(), repr=False)
    tls_cert: Path | None = None
    tls_key: Path | None = None
    workers: int = field(default_factory=default_workers)
    idle_minutes: float = 30.0
    max_sessions: int = 0
    policy_file: Path | None = None
    artist_policy: bool = False
    log_format: str = "text"
    log_level: str = "info"
    data_dir: Path = field(default_factory=default_data_dir)
    origins: Mapping[str, str] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        for spec in SPECS:
            check(spec, getattr(self, spec.name), self.origins.get(spec.name, "the program"))
        if (self.tls_cert is None) != (self.tls_key is None):
            given, missing = ("tls_cert", "tls_key") if self.tls_cert else ("tls_key", "tls_cert")
            raise UsageError(
                f"{given} (from {self.origin(given)}) needs {missing} as well.",
                remedy=f"Add --{SPEC_BY_NAME[missing].flag} FILE, or leave both out for a certificate made here.",
            )
        if self.lan and not self.tls:
            raise UsageError(
                f"lan (from {self.origin('lan')}) needs TLS, and tls_port is off (from {self.origin('tls_port')}).",
                remedy="Leave out --tls-port off; --host 0.0.0.0 opens the plain port, at your own risk.",
            )
        if self.port == self.tls_port != 0:
            raise UsageError(
                f"port and tls_port are both {self.port} (from {self.origin('port')} and {self.origin('tls_port')}).",
                remedy="Give them different ports, or --tls-port off.",
            )

    def origin(self, name: str) -> str:
        """Where a setting's value came from, for people: ``--port``, ``EVERJAM_PORT``, a file, or ``the default``."""
        return self.origins.get(name, "the default")

    @property
    def tls(self) -> bool:
        """Whether there is a port for https and wss."""
        return self.tls_port != TLS_OFF

    @property
    def loopback_only(self) -> bool:
        """Whether nobody but this machine can connect."""
        return is_loopback(self.host)

    def warnings(self) -> tuple[str, ...]:
        """What the operator should be told loudly before the server starts, one sentence each."""
        if self.loopback_only or self.api_keys or self.lan:
            return ()
        who = (
            f"Anybody on the network who can reach {self.host} can use this server: no API key is asked for. "
            "Set --api-key-file FILE or EVERJAM_API_KEYS, or listen on --host 127.0.0.1."
        )
        return (who,)


assert tuple(f.name for f in fields(Settings))[:-1] == tuple(spec.name for spec in SPECS)


def is_loopback(host: str) -> bool:
    """Whether an address or name means this machine only."""
    name = host.strip("[]").lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        return False
