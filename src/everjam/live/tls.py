"""TLS without tears: a certificate authority of this machine's own and a localhost certificate, made when needed.

Google's Python SDK speaks only ``wss``, so a server without TLS is closed to it. All files live in one folder, mode
0700::

    tls/ca.pem         our authority's certificate (what clients are told to trust)
    tls/ca-key.pem     its key, 0600
    tls/server.pem     the server's certificate and key in one file, 0600, so that both change in one step
    tls/bundle.pem     the system's authorities and ours (SSL_CERT_FILE replaces the default file)
    tls/lock           held while any of them is made
"""

import contextlib
import datetime as dt
import ssl
import sys
from pathlib import Path

import certifi

from everjam.errors import UsageError
from everjam.live.certificates import TlsFiles, certificate_facts, make_local, server_names
from everjam.live.files import write_atomically
from everjam.live.lan import tls_host
from everjam.settings import Settings


def tls_dir(settings: Settings) -> Path:
    """The folder of the files that are made here."""
    return settings.data_dir / "tls"


def ensure_tls(settings: Settings, *, now: dt.datetime | None = None) -> TlsFiles:
    """The server's certificate: the operator's own, or one made here, made or renewed if needed.

    Safe to be called by any number of processes at once.

    Args:
        settings: ``tls_cert`` and ``tls_key``, or ``data_dir`` and ``host``.
        now: The time, default the system's.

    Returns:
        The files; with the operator's own certificate, ``ca`` is that certificate's file.

    Raises:
        UsageError: The operator's files cannot be used, or the data folder cannot be written.
    """
    now = now or dt.datetime.now(dt.UTC)
    if settings.tls_cert is not None and settings.tls_key is not None:
        return _own_files(settings, settings.tls_cert, settings.tls_key, now)
    try:
        return make_local(tls_dir(settings), server_names(tls_host(settings)), now=now)
    except OSError as error:
        raise UsageError(
            f"Certificates cannot be written to {tls_dir(settings)}: {error.strerror or error}.",
            remedy="Choose a writable --data-dir, or --tls-port off.",
        ) from error


def server_context(files: TlsFiles) -> ssl.SSLContext:
    """A server's TLS context; only HTTP/1.1 is offered, because a WebSocket needs it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(files.cert, files.key)
    return context


def renew(settings: Settings, context: ssl.SSLContext, *, now: dt.datetime | None = None) -> TlsFiles:
    """Renews the certificate of a running server if it is time; connections from now on get the new one.

    Meant to be called once a day. The operator's own files are read again, so that what renews them need not restart
    the server.

    Raises:
        UsageError: As ``ensure_tls``; the context then keeps what it has.
    """
    files = ensure_tls(settings, now=now)
    context.load_cert_chain(files.cert, files.key)
    return files


def ca_bundle(settings: Settings, files: TlsFiles) -> Path:
    """Writes the system's authorities together with ours into one file.

    Clients replace their default file by the one that ``SSL_CERT_FILE`` names, so it must hold everything that they
    trusted before.

    Returns:
        ``bundle.pem`` in the data folder; it is rewritten only where its content changes.
    """
    folder = tls_dir(settings)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    ours = "".join(_pem_blocks(files.ca.read_text(encoding="ascii", errors="replace")))
    bundle = folder / "bundle.pem"
    blocks = [block for block in system_authorities(skip=bundle) if block not in ours]
    data = ("".join(blocks) + ours).encode("ascii")
    if not bundle.exists() or bundle.read_bytes() != data:
        write_atomically(bundle, data, 0o644)
    return bundle


def system_authorities(*, skip: Path | None = None) -> list[str]:
    """Certificates (PEM) that programs on this machine trust by default, without duplicates.

    The file or folder that OpenSSL or the environment names counts; on Windows the system's store; where there is
    none, certifi's list.

    Args:
        skip: A file that is not read even where SSL_CERT_FILE names it: our own bundle, seen from inside
            ``everjam run``.
    """
    paths = ssl.get_default_verify_paths()
    named = [path for path in (paths.cafile, paths.openssl_cafile) if path]
    blocks: list[str] = []
    for path in map(Path, dict.fromkeys(named)):
        if path.is_file() and not (skip and skip.exists() and path.samefile(skip)):
            blocks = _pem_blocks(path.read_text(encoding="utf-8", errors="replace"))
            break
    if not blocks and sys.platform == "win32":
        context = ssl.create_default_context()
        blocks = [ssl.DER_cert_to_PEM_cert(der) for der in context.get_ca_certs(binary_form=True)]
    if not blocks and paths.capath:
        blocks = _folder_blocks(Path(paths.capath))
    if not blocks:
        blocks = _pem_blocks(Path(certifi.where()).read_text(encoding="utf-8", errors="replace"))
    return list(dict.fromkeys(blocks))


def _own_files(settings: Settings, cert: Path, key: Path, now: dt.datetime) -> TlsFiles:
    files = TlsFiles(cert, key, cert)
    origin = settings.origin("tls_cert")
    try:
        server_context(files)
        facts = certificate_facts(cert)
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or getattr(error, "strerror", None) or str(error)
        raise UsageError(
            f"tls_cert '{cert}' and tls_key '{key}' (from {origin}) cannot be used: {reason}.",
            remedy="Give a PEM certificate chain and the key that goes with it, without a password.",
        ) from None
    if facts.not_after <= now:
        raise UsageError(
            f"tls_cert '{cert}' (from {origin}) ended on {facts.not_after:%Y-%m-%d}.",
            remedy="Renew it, or leave it out for a certificate made here.",
        )
    return files


def _pem_blocks(text: str) -> list[str]:
    """Certificates in a PEM text, each with a final line end; everything around them is dropped."""
    begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
    blocks = []
    for piece in text.split(begin)[1:]:
        body, found, _ = piece.partition(end)
        lines = [line.strip() for line in body.split()]
        if found and all(line.isascii() for line in lines):
            blocks.append("\n".join([begin, *lines, end, ""]))
    return blocks


def _folder_blocks(folder: Path) -> list[str]:
    blocks: list[str] = []
    with contextlib.suppress(OSError):
        for path in sorted(folder.iterdir()):
            if path.is_file() and path.suffix in {".pem", ".crt", ".0"}:
                with contextlib.suppress(OSError):
                    blocks += _pem_blocks(path.read_text(encoding="utf-8", errors="replace"))
    return blocks
