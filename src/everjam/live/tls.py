"""TLS without tears: a certificate authority of this machine's own and a localhost certificate, made when needed.

Google's Python SDK speaks only ``wss``, so a server without TLS is closed to it. All files live in one folder, mode
0700::

    tls/ca.pem         our authority's certificate (what clients are told to trust)
    tls/ca-key.pem     its key, 0600
    tls/server.pem     the server's certificate and key in one file, 0600, so that both change in one step
    tls/bundle.pem     the system's authorities and ours (SSL_CERT_FILE replaces the default file)
    tls/lock           held while any of them is made

Certificates keep to what ``ssl.VERIFY_X509_STRICT`` (on by default from Python 3.13) and browsers ask for: key
identifiers, critical basic constraints and key usage, subject alternative names, at most 397 days.
"""

import contextlib
import datetime as dt
import ipaddress
import os
import socket
import ssl
import sys
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import certifi
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from everjam.errors import UsageError
from everjam.settings import Settings

CA_DAYS: Final = 3650
LEAF_DAYS: Final = 397
"""The longest life that browsers accept."""
RENEW_BEFORE_DAYS: Final = 60
BACKDATE: Final = dt.timedelta(days=1)
"""Clocks of other machines may be slow."""

LOCAL_NAMES: Final = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Where the certificates lie.

    Attributes:
        cert: The server's certificate chain (PEM).
        key: Its key; the same file as ``cert`` where it was made here.
        ca: What a client must trust (PEM).
    """

    cert: Path
    key: Path
    ca: Path


@dataclass(frozen=True, slots=True)
class CertificateFacts:
    """What ``everjam doctor`` tells about a certificate.

    Attributes:
        names: DNS names and addresses that it is good for.
        not_after: When it ends, UTC.
    """

    names: tuple[str, ...]
    not_after: dt.datetime

    def days_left(self, now: dt.datetime) -> int:
        """Whole days until it ends; negative if it has ended."""
        return (self.not_after - now).days


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
        return make_local(tls_dir(settings), server_names(settings.host), now=now)
    except OSError as error:
        raise UsageError(
            f"Certificates cannot be written to {tls_dir(settings)}: {error.strerror or error}.",
            remedy="Choose a writable --data-dir, or --tls-port off.",
        ) from error


def make_local(folder: Path, names: Sequence[str], *, now: dt.datetime) -> TlsFiles:
    """Makes or renews the local authority and the server's certificate in a folder.

    Args:
        folder: Made if missing.
        names: DNS names and addresses that the certificate must be good for. Those of an older one that is still
            good are kept, so that two servers with different names do not undo each other's work.
        now: The time, aware.

    Returns:
        The files.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    files = TlsFiles(folder / "server.pem", folder / "server.pem", folder / "ca.pem")
    with _locked(folder / "lock"):
        authority = _load_pair(files.ca, folder / "ca-key.pem")
        leaf_life = dt.timedelta(days=LEAF_DAYS + RENEW_BEFORE_DAYS)
        if authority is None or authority[0].not_valid_after_utc - now < leaf_life:
            authority = _make_authority(now)
            _write_atomically(folder / "ca-key.pem", _key_pem(authority[1]), 0o600)
            _write_atomically(files.ca, _cert_pem(authority[0]), 0o644)
        leaf = _load_pair(files.cert, files.key)
        wanted = _normal_names(names)
        fresh = leaf is not None and leaf[0].not_valid_after_utc - now > dt.timedelta(days=RENEW_BEFORE_DAYS)
        if leaf is not None and fresh and _issued_by(leaf[0], authority[0]):
            known = certificate_names(leaf[0])
            if set(wanted) <= set(known):
                return files
            wanted = list(dict.fromkeys([*known, *wanted]))
        cert, key = _make_leaf(authority, wanted, now)
        _write_atomically(files.cert, _cert_pem(cert) + _key_pem(key), 0o600)
    return files


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
        _write_atomically(bundle, data, 0o644)
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


def server_names(host: str) -> list[str]:
    """Names and addresses that a server bound to ``host`` is reached by, loopback first."""
    names = [*LOCAL_NAMES]
    own = socket.gethostname().lower()
    names += [own] if own.endswith(".local") or "." in own else [own, f"{own}.local"]
    if host in {"", "0.0.0.0", "::"}:  # noqa: S104  (compared, not bound)
        names += _lan_addresses()
    else:
        names.append(host.strip("[]").partition("%")[0].lower())
    return _normal_names(names)


def certificate_facts(path: Path) -> CertificateFacts:
    """Names and end of the first certificate in a PEM file.

    Raises:
        OSError: The file cannot be read.
        ValueError: It holds no certificate.
    """
    cert = x509.load_pem_x509_certificate(path.read_bytes())
    return CertificateFacts(tuple(certificate_names(cert)), cert.not_valid_after_utc)


def certificate_names(cert: x509.Certificate) -> list[str]:
    """Subject alternative names of a certificate, as text."""
    try:
        names = cert.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return []
    return [str(name.value) for name in names]


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


def _make_authority(now: dt.datetime) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(f"everjam local authority of {socket.gethostname()}"[:64])
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    cert = (
        _builder(name, name, key.public_key(), now, CA_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(authority=True), critical=True)
        .add_extension(identifier, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
        .sign(key, hashes.SHA256())
    )
    return cert, key


def _make_leaf(
    authority: tuple[x509.Certificate, ec.EllipticCurvePrivateKey], names: Iterable[str], now: dt.datetime
) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    ca_cert, ca_key = authority
    key = ec.generate_private_key(ec.SECP256R1())
    alternatives = [name for name in map(_general_name, names) if name is not None]
    identifier = ca_cert.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    cert = (
        _builder(_name("everjam"), ca_cert.subject, key.public_key(), now, LEAF_DAYS)
        .add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(authority=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
        .sign(ca_key, hashes.SHA256())
    )
    return cert, key


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: dt.datetime, days: int
) -> x509.CertificateBuilder:
    begin = now.astimezone(dt.UTC) - BACKDATE
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + dt.timedelta(days=days))
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "everjam"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _key_usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _general_name(name: str) -> x509.GeneralName | None:
    """A name or address as certificates hold it; None for what no certificate can hold."""
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        pass
    try:
        ascii_name = name.encode("idna").decode("ascii")
    except UnicodeError:
        return None
    labels = ascii_name.split(".")
    good = all(label and label.replace("-", "").replace("_", "").isalnum() for label in labels)
    return x509.DNSName(ascii_name) if good else None


def _normal_names(names: Iterable[str]) -> list[str]:
    found = [_general_name(name) for name in names]
    return list(dict.fromkeys(str(name.value) for name in found if name is not None))


def _lan_addresses() -> list[str]:
    """This machine's addresses as other machines see them; sends nothing."""
    found: list[str] = []
    for family, target in ((socket.AF_INET, "192.0.2.1"), (socket.AF_INET6, "2001:db8::1")):
        with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((target, 9))
            found.append(str(probe.getsockname()[0]).partition("%")[0])
    return found


def _issued_by(leaf: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        leaf.verify_directly_issued_by(authority)
    except Exception:  # noqa: BLE001  (a leaf that cannot be verified for any reason is made anew)
        return False
    return True


def _load_pair(cert: Path, key: Path) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None:
    """A certificate and its key; None where they are missing, damaged or do not belong together."""
    try:
        certificate = x509.load_pem_x509_certificate(cert.read_bytes())
        private = serialization.load_pem_private_key(key.read_bytes(), password=None)
    except (FileNotFoundError, ValueError, TypeError, UnsupportedAlgorithm):
        return None
    if not isinstance(private, ec.EllipticCurvePrivateKey) or private.public_key() != certificate.public_key():
        return None
    return certificate, private


def _cert_pem(cert: x509.Certificate) -> bytes:
    return cert.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


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


def _write_atomically(path: Path, data: bytes, mode: int) -> None:
    """Puts a file in place in one step; it has its mode before it has its content."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            temporary.chmod(mode)
            file.write(data)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Holds a lock between processes; the system frees it when its holder ends in any way."""
    with path.open("a+b") as file:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415  (Windows only)

            msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
            try:
                yield
            finally:
                file.seek(0)
                msvcrt.locking(file.fileno(), msvcrt.LK_UNLCK, 1)
        else:
            import fcntl  # noqa: PLC0415  (POSIX only)

            fcntl.flock(file.fileno(), fcntl.LOCK_EX)
            yield
