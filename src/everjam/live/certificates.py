"""A certificate authority of this machine's own, and the certificates that it issues.

They keep to what ``ssl.VERIFY_X509_STRICT`` (on by default from Python 3.13) and browsers ask for: key identifiers,
critical basic constraints and key usage, subject alternative names, at most 397 days.
"""

import contextlib
import datetime as dt
import ipaddress
import socket
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from everjam.live.files import locked, write_atomically

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
    with locked(folder / "lock"):
        authority = _load_pair(files.ca, folder / "ca-key.pem")
        leaf_life = dt.timedelta(days=LEAF_DAYS + RENEW_BEFORE_DAYS)
        if authority is None or authority[0].not_valid_after_utc - now < leaf_life:
            authority = _make_authority(now)
            write_atomically(folder / "ca-key.pem", _key_pem(authority[1]), 0o600)
            write_atomically(files.ca, _cert_pem(authority[0]), 0o644)
        leaf = _load_pair(files.cert, files.key)
        wanted = _normal_names(names)
        fresh = leaf is not None and leaf[0].not_valid_after_utc - now > dt.timedelta(days=RENEW_BEFORE_DAYS)
        if leaf is not None and fresh and _issued_by(leaf[0], authority[0]):
            known = certificate_names(leaf[0])
            if set(wanted) <= set(known):
                return files
            wanted = list(dict.fromkeys([*known, *wanted]))
        cert, key = _make_leaf(authority, wanted, now)
        write_atomically(files.cert, _cert_pem(cert) + _key_pem(key), 0o600)
    return files


def server_names(host: str) -> list[str]:
    """Names and addresses that a server bound to ``host`` is reached by, loopback first."""
    names = [*LOCAL_NAMES]
    own = socket.gethostname().lower()
    names += [own] if own.endswith(".local") or "." in own else [own, f"{own}.local"]
    if host in {"", "0.0.0.0", "::"}:  # noqa: S104  (compared, not bound)
        names += lan_addresses()
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


def lan_addresses() -> list[str]:
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
