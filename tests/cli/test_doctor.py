"""``everjam doctor``: finds what is wrong, and fails only where the server would."""

import json
import socket
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from everjam.cli import doctor
from everjam.live.tls import ensure_tls
from everjam.settings import Settings

Everjam = Callable[..., Any]


@pytest.fixture(autouse=True)
def free_ports(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ports that nothing uses, whatever else runs on the machine that tests."""
    for name in ("EVERJAM_PORT", "EVERJAM_TLS_PORT"):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            monkeypatch.setenv(name, str(probe.getsockname()[1]))


def found(everjam: Everjam, name: str) -> list[dict[str, str]]:
    return [finding for finding in json.loads(everjam("doctor", "--json").out) if finding["name"] == name]


def test_all_is_well(everjam: Everjam) -> None:
    ended = everjam("doctor")
    assert (ended.code, ended.err) == (0, "")
    names = [line.split()[1] for line in ended.out.splitlines()]
    assert [*dict.fromkeys(names)] == ["settings", "python", "packages", "engine", "port", "tls", "workers", "speaker"]
    assert not [line for line in ended.out.splitlines() if line.startswith("fail")]


def test_json_says_the_same(everjam: Everjam) -> None:
    findings = json.loads(everjam("doctor", "--json").out)
    assert all(set(finding) == {"name", "state", "detail", "remedy"} for finding in findings)
    assert any("tone" in finding["detail"] for finding in findings if finding["name"] == "engine")


def test_a_port_in_use_is_found(everjam: Everjam, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        other.settimeout(0.01)
        port = other.getsockname()[1]
        monkeypatch.setenv("EVERJAM_PORT", str(port))
        monkeypatch.setattr(doctor, "_is_healthy", lambda *_: False)
        assert everjam("doctor").code == 1
        (first, _) = found(everjam, "port")
        assert (first["state"], first["detail"]) == ("fail", f"{port} for ws is in use")
        assert "--port 0" in first["remedy"]
        monkeypatch.setattr(doctor, "_is_healthy", lambda *_: True)
        assert everjam("doctor").code == 0


def test_the_certificate_is_told(everjam: Everjam, tmp_path: Path) -> None:
    assert found(everjam, "tls")[0]["detail"].startswith("will be made at the first start")
    assert not (tmp_path / "data").exists()
    ensure_tls(Settings(data_dir=tmp_path / "data"))
    (finding,) = found(everjam, "tls")
    assert finding["state"] == "ok"
    assert "days left, for localhost, 127.0.0.1, ::1" in finding["detail"]


def test_broken_settings_are_a_finding(everjam: Everjam, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVERJAM_LEAD_SECONDS", "soon")
    assert everjam("doctor").code == 1
    (finding,) = found(everjam, "settings")
    assert finding["state"] == "fail"
    assert "EVERJAM_LEAD_SECONDS" in finding["detail"]
    assert "number from 0.1" in finding["remedy"]


def test_settings_show_where_they_come_from(everjam: Everjam, tmp_path: Path) -> None:
    (tmp_path / "everjam.toml").write_text("lead_seconds = 1\n")
    (finding,) = found(everjam, "settings")
    assert f"lead_seconds from {tmp_path / 'everjam.toml'}" in finding["detail"]


def test_an_absent_engine_is_a_failure(everjam: Everjam, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVERJAM_ENGINE", "orchestra")
    assert everjam("doctor").code == 1
    assert any("no engine 'orchestra'" in finding["detail"] for finding in found(everjam, "engine"))


def test_an_open_door_is_a_warning(everjam: Everjam, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVERJAM_HOST", "0.0.0.0")
    (finding,) = found(everjam, "settings")
    assert finding["state"] == "warn"
    assert "Anybody on the network" in finding["remedy"]


def test_without_the_speaker_extra_the_server_still_works(everjam: Everjam, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    assert everjam("doctor").code == 0
    (finding,) = found(everjam, "speaker")
    assert finding["state"] == "warn"
    assert "everjam[speaker]" in finding["remedy"]


def test_a_check_that_falls_ill_is_a_finding(everjam: Everjam, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_is_healthy", lambda *_: True)
    monkeypatch.setattr("everjam.engines.registry.names", lambda: 1 / 0)
    assert everjam("doctor").code == 1
    assert any("ZeroDivisionError" in finding["detail"] for finding in found(everjam, "engines"))
