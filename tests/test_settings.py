"""Settings: precedence, reading, checks, secrets."""

import contextlib
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from everjam.errors import UsageError
from everjam.settings import (
    SPEC_BY_NAME,
    SPECS,
    Settings,
    coerce,
    is_loopback,
    load_settings,
    settings_table,
)


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    here, config = tmp_path / "here", tmp_path / "config"
    here.mkdir()
    config.mkdir()
    return here, config


def load(
    folders: tuple[Path, Path], flags: dict[str, object] | None = None, env: dict[str, str] | None = None
) -> Settings:
    return load_settings(flags, env=env or {}, cwd=folders[0], config_dir=folders[1])


def test_defaults_need_nothing(folders: tuple[Path, Path]) -> None:
    settings = load(folders)
    assert (settings.host, settings.port, settings.tls_port) == ("127.0.0.1", 8460, 8461)
    assert settings.engine == "band"
    assert settings.lead_seconds == settings.chunk_seconds == 2.0
    assert settings.workers >= 2
    assert settings.tls
    assert settings.api_keys == frozenset()
    assert settings.warnings() == ()
    assert settings.origin("port") == "the default"


def test_the_stronger_source_wins(folders: tuple[Path, Path]) -> None:
    here, config = folders
    (config / "everjam.toml").write_text("port = 1001\ntls_port = 1002\nlead_seconds = 3\nengine = 'tone'\n")
    (here / "everjam.toml").write_text("port = 2001\ntls-port = 2002\nlead_seconds = 4.5\n")
    settings = load(folders, {"port": "4001", "strict": None}, {"EVERJAM_PORT": "3001", "EVERJAM_TLS_PORT": "3002"})
    assert (settings.port, settings.tls_port) == (4001, 3002)
    assert settings.lead_seconds == 4.5
    assert settings.engine == "tone"
    assert settings.strict is False
    assert settings.origin("port") == "--port"
    assert settings.origin("tls_port") == "EVERJAM_TLS_PORT"
    assert settings.origin("lead_seconds") == str(here / "everjam.toml")
    assert settings.origin("engine") == str(config / "everjam.toml")


def test_an_empty_variable_counts_as_unset(folders: tuple[Path, Path]) -> None:
    assert load(folders, env={"EVERJAM_PORT": ""}).port == 8460


def test_tls_can_be_switched_off_everywhere(folders: tuple[Path, Path]) -> None:
    assert not load(folders, {"tls_port": "off"}).tls
    assert not load(folders, {"tls_port": "-1"}).tls
    assert not load(folders, env={"EVERJAM_TLS_PORT": "OFF"}).tls
    (folders[0] / "everjam.toml").write_text("tls_port = 'off'")
    assert not load(folders).tls


def test_paths_in_a_file_start_at_the_file(folders: tuple[Path, Path]) -> None:
    _, config = folders
    (config / "everjam.toml").write_text("policy_file = 'mine'\ndata_dir = '~/music'\n")
    settings = load(folders)
    assert settings.policy_file == config / "mine"
    assert settings.data_dir == Path.home() / "music"
    assert load(folders, {"policy_file": "other"}).policy_file == Path("other")


@pytest.mark.parametrize(
    ("name", "text", "remedy"),
    [
        ("port", "http", "whole number from 0 to 65535"),
        ("port", "70000", "0 to 65535"),
        ("port", "84.5", "whole number"),
        ("tls_port", "-2", "or off"),
        ("lead_seconds", "nan", "number from 0.1"),
        ("lead_seconds", "1e999", "number from 0.1"),
        ("chunk_seconds", "0.05", "steps of 0.04"),
        ("chunk_seconds", "2.04", "from 0.04 to 2"),
        ("workers", "0", "from 1"),
        ("strict", "maybe", "true or false"),
        ("log_format", "xml", "text or json"),
        ("log_level", "loud", "debug or info"),
        ("engine", "the band", "one word"),
        ("host", "a\tb", "one word"),
        ("max_sessions", "-1", "from 0 to 1000000"),
    ],
)
def test_errors_name_setting_source_and_remedy(folders: tuple[Path, Path], name: str, text: str, remedy: str) -> None:
    variable = SPEC_BY_NAME[name].env_name
    with pytest.raises(UsageError) as caught:
        load(folders, env={variable: text})
    message = str(caught.value)
    assert message.startswith(f"{name} = ")
    assert f"(from {variable})" in message
    assert remedy in caught.value.remedy
    assert "\n" not in message


def test_an_error_in_a_file_names_the_file(folders: tuple[Path, Path]) -> None:
    path = folders[0] / "everjam.toml"
    path.write_text("port = true")
    with pytest.raises(UsageError, match="port = 'True'") as caught:
        load(folders)
    assert str(path) in str(caught.value)
    path.write_text("prot = 8460")
    with pytest.raises(UsageError, match="Did you mean port"):
        load(folders)
    path.write_text("port 8460")
    with pytest.raises(UsageError, match="is not TOML"):
        load(folders)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="is not TOML"):
        load(folders)
    path.write_text("api_keys = 'a,b'")
    with pytest.raises(UsageError, match="EVERJAM_API_KEYS"):
        load(folders)


def test_settings_check_themselves_without_sources() -> None:
    with pytest.raises(UsageError, match="from the program"):
        Settings(port=-1)
    with pytest.raises(UsageError, match=r"tls_cert .* needs tls_key"):
        Settings(tls_cert=Path("a.pem"))
    with pytest.raises(UsageError, match=r"tls_key .* needs tls_cert"):
        Settings(tls_key=Path("a.pem"))
    with pytest.raises(UsageError, match="both 8461"):
        Settings(port=8461)
    assert Settings(port=0, tls_port=0).port == 0


def test_keys_come_from_both_places_and_are_never_shown(folders: tuple[Path, Path], tmp_path: Path) -> None:
    path = tmp_path / "keys.txt"
    path.write_text("# for the band room\nalpha-secret\n\nbeta-secret  # guests\n")
    settings = load(folders, {"api_key_file": str(path)}, {"EVERJAM_API_KEYS": "gamma-secret, ,delta-secret"})
    assert settings.api_keys == {"alpha-secret", "beta-secret", "gamma-secret", "delta-secret"}
    assert "secret" not in repr(settings).replace(str(path), "")
    assert "secret" not in str(settings.origins).replace(str(path), "")


def test_a_key_file_without_keys_does_not_open_the_server(folders: tuple[Path, Path], tmp_path: Path) -> None:
    path = tmp_path / "keys.txt"
    path.write_text("# nothing yet\n")
    with pytest.raises(UsageError, match="holds no key"):
        load(folders, {"api_key_file": str(path)})
    with pytest.raises(UsageError, match="cannot be read"):
        load(folders, {"api_key_file": str(tmp_path / "absent")})


def test_an_open_door_is_announced() -> None:
    (warning,) = Settings(host="0.0.0.0").warnings()
    assert "Anybody on the network" in warning
    assert Settings(host="0.0.0.0", api_keys=frozenset({"k"})).warnings() == ()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "[::1]", "localhost", "LOCALHOST", "app.localhost"])
def test_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "music.lan", "localhost.example.com", ""])
def test_not_loopback(host: str) -> None:
    assert not is_loopback(host)


def test_one_table_feeds_all() -> None:
    names = [spec.name for spec in SPECS]
    assert [field.name for field in fields(Settings)] == [*names, "origins"]
    flags = [spec.flag for spec in SPECS if spec.flag]
    assert len(set(flags)) == len(flags) == len(SPECS) - 1
    table = settings_table()
    assert all(spec.env_name in table for spec in SPECS)
    assert all(len(line.replace("\\|", "").split("|")) == 7 for line in table.splitlines())


def test_a_soundfont_is_a_file_or_the_word_auto(folders: tuple[Path, Path]) -> None:
    here = folders[0]
    assert load(folders).soundfont is None
    assert load(folders, {"soundfont": "auto"}).soundfont == "auto"
    assert load(folders, {"soundfont": "a/b.sf2"}).soundfont == Path("a/b.sf2")
    (here / "everjam.toml").write_text("soundfont = 'auto'\n")
    assert load(folders).soundfont == "auto"
    (here / "everjam.toml").write_text("soundfont = 'b.sf2'\n")
    assert load(folders).soundfont == here / "b.sf2"


@given(st.sampled_from(SPECS), st.one_of(st.text(), st.integers(), st.floats(), st.booleans(), st.none()))
def test_reading_any_value_gives_a_value_or_a_usage_error(spec: object, value: object) -> None:
    assert isinstance(spec, type(SPECS[0]))
    with contextlib.suppress(UsageError):
        coerce(spec, value, "test")


def test_an_unknown_home_is_an_error_of_the_setting(folders: tuple[Path, Path]) -> None:
    with pytest.raises(UsageError, match="policy_file"):
        load(folders, {"policy_file": "~nobody-of-this-name/cards"})
