"""The local authority and certificate, judged by Python's own ssl in its strict mode."""

import datetime as dt
import multiprocessing
import ssl
import stat
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import certifi
import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from everjam.errors import UsageError
from everjam.live.certificates import LOCAL_NAMES, TlsFiles, certificate_facts, make_local, server_names
from everjam.live.tls import ca_bundle, ensure_tls, renew, server_context, system_authorities, tls_dir
from everjam.settings import Settings

NOW = dt.datetime.now(dt.UTC).replace(microsecond=0)
DAY = dt.timedelta(days=1)


def handshake(server: ssl.SSLContext, client: ssl.SSLContext, name: str) -> ssl.SSLObject:
    """A whole handshake in memory; raises what the client raises."""
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    near = client.wrap_bio(to_client, to_server, server_hostname=name)
    far = server.wrap_bio(to_server, to_client, server_side=True)
    done: set[ssl.SSLObject] = set()
    for _ in range(10):
        for side in (near, far):
            if side in done:
                continue
            try:
                side.do_handshake()
                done.add(side)
            except ssl.SSLWantReadError:
                continue
        if len(done) == 2:
            return near
    raise AssertionError("the handshake did not end")


def strict_client(ca: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(ca))
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    return context


def load(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> TlsFiles:
    return make_local(tmp_path_factory.mktemp("data") / "tls", [*LOCAL_NAMES, "studio.lan", "192.168.7.4"], now=NOW)


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "::1", "studio.lan", "192.168.7.4"])
def test_a_strict_client_accepts_every_name(files: TlsFiles, name: str) -> None:
    near = handshake(server_context(files), strict_client(files.ca), name)
    assert near.version() in {"TLSv1.2", "TLSv1.3"}


def test_other_names_and_other_authorities_are_refused(files: TlsFiles) -> None:
    with pytest.raises(ssl.SSLCertVerificationError, match=r"(?i)hostname mismatch"):
        handshake(server_context(files), strict_client(files.ca), "example.com")
    with pytest.raises(ssl.SSLCertVerificationError, match=r"(?i)unable to get local issuer|self.signed"):
        handshake(server_context(files), strict_client(Path(certifi.where())), "localhost")


def test_the_certificates_hold_what_browsers_ask_for(files: TlsFiles) -> None:
    leaf, authority = load(files.cert), load(files.ca)
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc <= 397 * DAY
    assert leaf.not_valid_before_utc < NOW
    assert leaf.not_valid_after_utc < authority.not_valid_after_utc
    for cert, is_authority in ((leaf, False), (authority, True)):
        basic = cert.extensions.get_extension_for_class(x509.BasicConstraints)
        assert basic.critical
        assert basic.value.ca is is_authority
        usage = cert.extensions.get_extension_for_class(x509.KeyUsage)
        assert usage.critical
        assert usage.value.key_cert_sign is is_authority
        cert.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
        cert.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier)
    purposes = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(purposes) == [ExtendedKeyUsageOID.SERVER_AUTH]


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX modes")
def test_keys_are_for_the_owner_only(files: TlsFiles) -> None:
    folder = files.ca.parent
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    for name in ("server.pem", "ca-key.pem"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    assert b"PRIVATE" not in files.ca.read_bytes()
    assert not list(folder.glob(".*")), "no temporary file is left"


def test_a_good_certificate_is_kept(tmp_path: Path) -> None:
    first = make_local(tmp_path, LOCAL_NAMES, now=NOW)
    before = first.cert.read_bytes(), first.ca.read_bytes()
    make_local(tmp_path, LOCAL_NAMES, now=NOW + 300 * DAY)
    assert (first.cert.read_bytes(), first.ca.read_bytes()) == before


def test_the_certificate_is_renewed_sixty_days_early_by_the_same_authority(tmp_path: Path) -> None:
    files = make_local(tmp_path, LOCAL_NAMES, now=NOW)
    authority, old = files.ca.read_bytes(), load(files.cert)
    later = old.not_valid_after_utc - 59 * DAY
    make_local(tmp_path, LOCAL_NAMES, now=later)
    new = load(files.cert)
    assert new.serial_number != old.serial_number
    assert new.not_valid_after_utc > later + 390 * DAY
    assert files.ca.read_bytes() == authority


def test_the_authority_is_renewed_before_it_would_end_before_a_certificate(tmp_path: Path) -> None:
    files = make_local(tmp_path, LOCAL_NAMES, now=NOW)
    old = load(files.ca)
    make_local(tmp_path, LOCAL_NAMES, now=old.not_valid_after_utc - 400 * DAY)
    authority, leaf = load(files.ca), load(files.cert)
    assert authority.serial_number != old.serial_number
    assert leaf.not_valid_after_utc < authority.not_valid_after_utc
    leaf.verify_directly_issued_by(authority)


def test_new_names_are_added_to_the_old_ones(tmp_path: Path) -> None:
    make_local(tmp_path, [*LOCAL_NAMES, "one.lan"], now=NOW)
    files = make_local(tmp_path, ["two.lan", "0:0:0:0:0:0:0:1"], now=NOW)
    assert set(certificate_facts(files.cert).names) == {*LOCAL_NAMES, "one.lan", "two.lan"}
    serial = load(files.cert).serial_number
    make_local(tmp_path, ["one.lan", "::1"], now=NOW)
    assert load(files.cert).serial_number == serial


@pytest.mark.parametrize("damaged", ["server.pem", "ca.pem", "ca-key.pem"])
@pytest.mark.parametrize("content", [b"", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_damaged_files_are_made_anew(tmp_path: Path, damaged: str, content: bytes) -> None:
    make_local(tmp_path, LOCAL_NAMES, now=NOW)
    (tmp_path / damaged).write_bytes(content)
    files = make_local(tmp_path, LOCAL_NAMES, now=NOW)
    handshake(server_context(files), strict_client(files.ca), "localhost")


def _first_start(folder: Path) -> bytes:
    files = make_local(folder, LOCAL_NAMES, now=NOW)
    handshake(server_context(files), strict_client(files.ca), "localhost")
    return files.cert.read_bytes()


def test_first_starts_at_the_same_time_agree(tmp_path: Path) -> None:
    with ProcessPoolExecutor(4, mp_context=multiprocessing.get_context("spawn")) as pool:
        seen = set(pool.map(_first_start, [tmp_path / "tls"] * 8))
    assert len(seen) == 1


def test_the_bundle_holds_the_systems_authorities_and_ours(
    tmp_path: Path, files: TlsFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = tmp_path / "system.pem"
    system.write_text("# Some authority\n" + Path(certifi.where()).read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setenv("SSL_CERT_FILE", str(system))
    settings = Settings(data_dir=tmp_path)
    bundle = ca_bundle(settings, files)
    text = bundle.read_text(encoding="ascii")
    assert text.endswith(files.ca.read_text(encoding="ascii"))
    assert text.count("BEGIN CERTIFICATE") == len(system_authorities()) + 1 > 50
    handshake(server_context(files), strict_client(bundle), "localhost")

    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    changed = bundle.stat().st_mtime_ns
    assert ca_bundle(settings, files) == bundle
    again = bundle.read_text(encoding="ascii")
    assert again.count(files.ca.read_text(encoding="ascii")) == 1
    assert again != text or bundle.stat().st_mtime_ns == changed


def test_without_any_system_list_certifis_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nothing = str(tmp_path / "nothing")
    paths = ssl.DefaultVerifyPaths("", "", "SSL_CERT_FILE", nothing, "SSL_CERT_DIR", nothing)
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: paths)
    monkeypatch.setattr(sys, "platform", "linux")
    expected = Path(certifi.where()).read_text(encoding="utf-8").count("BEGIN CERTIFICATE")
    assert len(system_authorities()) == expected


def test_a_folder_of_authorities_counts(tmp_path: Path, files: TlsFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "0a1b2c3d.0").write_bytes(files.ca.read_bytes())
    (tmp_path / "same.pem").write_bytes(files.ca.read_bytes())
    (tmp_path / "notes.txt").write_bytes(files.cert.read_bytes())
    paths = ssl.DefaultVerifyPaths("", str(tmp_path), "SSL_CERT_FILE", "/absent", "SSL_CERT_DIR", str(tmp_path))
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: paths)
    monkeypatch.setattr(sys, "platform", "linux")
    assert system_authorities() == [files.ca.read_text(encoding="ascii")]


def test_ensure_makes_files_in_the_data_folder(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data", host="192.168.7.9")
    files = ensure_tls(settings, now=NOW)
    assert files.cert.parent == tls_dir(settings)
    facts = certificate_facts(files.cert)
    assert {"localhost", "127.0.0.1", "::1", "192.168.7.9"} <= set(facts.names)
    assert facts.days_left(NOW) == 396


def test_a_running_server_renews_its_certificate(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    files = ensure_tls(settings, now=NOW - 350 * DAY)
    context, client = server_context(files), strict_client(files.ca)

    def served() -> bytes | None:
        return handshake(context, client, "localhost").getpeercert(binary_form=True)

    first = served()
    assert renew(settings, context, now=NOW) == files
    assert served() != first
    second = served()
    renew(settings, context, now=NOW)
    assert served() == second


def test_names_of_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "Studio")
    assert server_names("127.0.0.1") == ["localhost", "127.0.0.1", "::1", "studio", "studio.local"]
    assert "fe80::2" in server_names("fe80::2%eth0")
    monkeypatch.setattr("everjam.live.certificates.lan_addresses", lambda: ["192.168.7.4"])
    assert "192.168.7.4" in server_names("0.0.0.0")
    assert "0.0.0.0" not in server_names("0.0.0.0")
    monkeypatch.setattr("socket.gethostname", lambda: "bad name!" + "x" * 70)
    assert server_names("127.0.0.1") == ["localhost", "127.0.0.1", "::1"]


def test_the_operators_own_certificate(tmp_path: Path, files: TlsFiles) -> None:
    own = ensure_tls(Settings(data_dir=tmp_path, tls_cert=files.cert, tls_key=files.key), now=NOW)
    assert own == TlsFiles(files.cert, files.key, files.cert)
    assert not tls_dir(Settings(data_dir=tmp_path)).exists()


def test_the_operators_own_certificate_is_checked(tmp_path: Path, files: TlsFiles) -> None:
    other = make_local(tmp_path / "other", LOCAL_NAMES, now=NOW)
    absent = tmp_path / "absent.pem"
    with pytest.raises(UsageError, match="No such file"):
        ensure_tls(Settings(tls_cert=absent, tls_key=absent), now=NOW)
    with pytest.raises(UsageError, match="cannot be used"):
        ensure_tls(Settings(tls_cert=files.ca, tls_key=other.key), now=NOW)
    with pytest.raises(UsageError, match="ended on"):
        ensure_tls(Settings(tls_cert=files.cert, tls_key=files.key), now=NOW + 500 * DAY)


def test_a_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with pytest.raises(UsageError, match=r"Choose a writable --data-dir"):
        ensure_tls(Settings(data_dir=blocked), now=NOW)
