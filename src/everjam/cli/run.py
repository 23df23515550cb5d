"""``everjam run`` and ``everjam env``: Google's SDKs, unmodified, against this server."""

import http.client
import os
import shlex
import signal
import ssl
import subprocess
import sys
from collections.abc import Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final
from urllib.parse import SplitResult, urlsplit

import typer

from everjam.cli import console
from everjam.errors import EverjamError, UsageError
from everjam.settings import Settings, is_loopback, load_settings

PROBE_SECONDS: Final = 3.0
DUMMY_KEY: Final = "local"
EXIT_NOT_EXECUTABLE: Final = 126
EXIT_NOT_FOUND: Final = 127
_LOCAL: Final = ("localhost", "127.0.0.1", "::1")


class Shell(StrEnum):
    """Shells whose syntax ``everjam env`` writes."""

    SH = "sh"
    FISH = "fish"
    POWERSHELL = "powershell"


class ServerUnreachable(EverjamError):
    """Nothing answers where the program would look for its server."""


Url = Annotated[
    str | None,
    typer.Option("--url", metavar="URL", help="Server to use, if not the one on this machine."),
]


def run(
    command: Annotated[list[str], typer.Argument(help="Program and its arguments.", metavar="-- CMD...")],
    url: Url = None,
    check: Annotated[bool, typer.Option("--check/--no-check", help="First see whether the server answers.")] = True,
) -> int:
    """Run a program written for Lyria RealTime against this server, unmodified.

    The program gets GOOGLE_GEMINI_BASE_URL, a key if it has none, and this server's certificate authority beside the
    system's. Its exit code is passed on.
    """
    settings = load_settings()
    base = base_url(settings, url)
    changes = client_environment(settings, base, os.environ)
    if base.scheme == "http":
        console.warn("Google's Python SDK needs TLS and cannot use this server over http; the JavaScript SDK can.")
    if check:
        probe(base, changes.get("SSL_CERT_FILE"))
    return execute(command, {**os.environ, **changes})


def env(
    url: Url = None,
    shell: Annotated[Shell, typer.Option("--shell", help="Whose syntax to write.")] = Shell.SH,
) -> int:
    """Print what `everjam run` sets, for a shell to evaluate."""
    settings = load_settings()
    changes = client_environment(settings, base_url(settings, url), os.environ)
    for line in shell_lines(changes, shell):
        print(line)
    return 0


def base_url(settings: Settings, url: str | None) -> SplitResult:
    """Where the server is: the given URL, or this machine's by the settings.

    Raises:
        UsageError: The URL is none, or the settings do not say the port.
    """
    if url is None:
        port, scheme = (settings.tls_port, "https") if settings.tls else (settings.port, "http")
        if port == 0:
            raise UsageError(
                "The server takes any free port, so it cannot be found by its settings.",
                remedy="Give the address that it printed: --url https://localhost:PORT.",
            )
        host = settings.host if not settings.loopback_only and settings.host not in {"0.0.0.0", "::"} else "localhost"  # noqa: S104
        url = f"{scheme}://[{host}]:{port}" if ":" in host else f"{scheme}://{host}:{port}"
    parts = urlsplit(url)
    try:
        good = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        good = False
    if not good or parts.query or parts.fragment:
        raise UsageError(f"{url!r} is not the address of a server.", remedy="Write --url https://HOST:PORT.")
    return parts


def client_environment(settings: Settings, base: SplitResult, environ: Mapping[str, str]) -> dict[str, str]:
    """The variables that point Google's SDKs at a server.

    Args:
        settings: Where our certificates lie, and which key the server asks for.
        base: The server.
        environ: The environment as it is; what it already says about keys and proxies is kept.

    Returns:
        Only what has to change.
    """
    changes = {"GOOGLE_GEMINI_BASE_URL": base.geturl().rstrip("/")}
    if not environ.get("GEMINI_API_KEY") and not environ.get("GOOGLE_API_KEY"):
        key = min(settings.api_keys, default=DUMMY_KEY)
        # Google's sample script and early releases of the Python SDK read only the second name.
        changes["GEMINI_API_KEY"] = changes["GOOGLE_API_KEY"] = key
    if environ.get("GOOGLE_GENAI_USE_VERTEXAI", "").lower() in {"1", "true"}:
        changes["GOOGLE_GENAI_USE_VERTEXAI"] = "false"
    if base.scheme == "https":
        from everjam.live.tls import ca_bundle, ensure_tls

        files = ensure_tls(settings)
        changes["SSL_CERT_FILE"] = str(ca_bundle(settings, files).absolute())
        changes["NODE_EXTRA_CA_CERTS"] = str(files.ca.absolute())
    if is_loopback(base.hostname or ""):
        for name in ("NO_PROXY", "no_proxy"):
            listed = [entry.strip() for entry in environ.get(name, "").split(",") if entry.strip()]
            changes[name] = ",".join([*listed, *(host for host in _LOCAL if host not in listed)])
    return changes


def probe(base: SplitResult, bundle: str | None) -> None:
    """Sees whether anything answers at a server's address.

    Raises:
        ServerUnreachable: Nothing does; says what to do.
    """
    host, timeout = base.hostname or "", PROBE_SECONDS
    connection: http.client.HTTPConnection
    if base.scheme == "https":
        context = ssl.create_default_context(cafile=bundle)
        connection = http.client.HTTPSConnection(host, base.port or 443, timeout=timeout, context=context)
    else:
        connection = http.client.HTTPConnection(host, base.port or 80, timeout=timeout)
    try:
        connection.request("GET", f"{base.path.rstrip('/')}/healthz")
        connection.getresponse().read(1)
    except ssl.SSLCertVerificationError as error:
        raise ServerUnreachable(
            f"The certificate of {base.geturl()} is not trusted: {error.verify_message}.",
            remedy="Is it another everjam's? Then name its ca.pem in SSL_CERT_FILE.",
        ) from None
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise ServerUnreachable(
            f"No server answers at {base.geturl()} ({reason}).",
            remedy="Start one with `everjam` in another terminal, or name yours with --url.",
        ) from None
    finally:
        connection.close()


def execute(command: Sequence[str], environ: dict[str, str]) -> int:
    """Becomes the program (POSIX) or runs it (Windows); returns its exit code where it returns at all."""
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        if os.name == "posix":
            # Python ignores SIGPIPE, and an ignored signal stays ignored in the program.
            signal.signal(signal.SIGPIPE, signal.SIG_DFL)
            os.execvpe(command[0], list(command), environ)  # noqa: S606
        return subprocess.run(list(command), env=environ, check=False).returncode  # noqa: S603
    except FileNotFoundError:
        console.complain(f"There is no program {command[0]!r}.", "Check its name, or give its path.")
        return EXIT_NOT_FOUND
    except OSError as error:
        console.complain(f"{Path(command[0])} cannot be run: {error.strerror}.", "Is it executable?")
        return EXIT_NOT_EXECUTABLE


def shell_lines(changes: Mapping[str, Any], shell: Shell) -> list[str]:
    """The variables in a shell's syntax, one a line."""
    match shell:
        case Shell.FISH:
            escaped = {name: value.replace("\\", "\\\\").replace("'", "\\'") for name, value in changes.items()}
            return [f"set -gx {name} '{value}';" for name, value in escaped.items()]
        case Shell.POWERSHELL:
            return [f"$env:{name} = '{value.replace(chr(39), chr(39) * 2)}'" for name, value in changes.items()]
        case _:
            return [f"export {name}={shlex.quote(value)}" for name, value in changes.items()]
