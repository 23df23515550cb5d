"""``everjam doctor``: what is here, what is missing, what to do about it."""

import dataclasses
import datetime as dt
import errno
import http.client
import importlib.metadata
import json
import os
import platform
import re
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

import typer
from rich.text import Text

from everjam import __version__
from everjam.cli import console
from everjam.errors import UsageError
from everjam.settings import Settings, default_workers, load_settings

State = Literal["ok", "warn", "fail"]
_STYLES: Final = {"ok": "green", "warn": "yellow", "fail": "bold red"}
_PACKAGES: Final = ("starlette", "uvicorn", "websockets", "msgspec", "numpy", "scipy", "soundfile", "cryptography")


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        name: What.
        state: ``fail`` where ``everjam serve`` would not work, ``warn`` where something else would not.
        detail: What was found.
        remedy: What to do, "" where nothing is to be done.
    """

    name: str
    state: State
    detail: str
    remedy: str = ""


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> int:
    """Look whether everything is in place, and say what to do where it is not.

    Exit code 0 if `everjam serve` would work, else 1.
    """
    findings = examine()
    if as_json:
        print(json.dumps([dataclasses.asdict(finding) for finding in findings], indent=2, ensure_ascii=False))
    else:
        for finding in findings:
            line = Text.assemble(
                (f"{finding.state:<4}", _STYLES[finding.state]), f"  {finding.name:<10} {finding.detail}"
            )
            if finding.remedy:
                line.append(f"  -> {finding.remedy}")
            console.out().print(line)
    return 1 if any(finding.state == "fail" for finding in findings) else 0


def examine() -> list[Finding]:
    """Looks at everything; never raises."""
    try:
        settings = load_settings()
        findings = [_settings(settings)]
    except UsageError as error:
        findings = [Finding("settings", "fail", str(error.args[0]), error.remedy)]
        settings = Settings()
    checks: list[Callable[[Settings], Finding | list[Finding]]] = [
        _python,
        _packages,
        _engines,
        _ports,
        _tls,
        _workers,
        _audio,
    ]
    for check in checks:
        try:
            found = check(settings)
        except Exception as error:  # noqa: BLE001  (a doctor must not fall ill)
            found = Finding(check.__name__.strip("_"), "fail", f"{type(error).__name__}: {error}")
        findings += found if isinstance(found, list) else [found]
    return findings


def _settings(settings: Settings) -> Finding:
    given = [f"{name} from {origin}" for name, origin in settings.origins.items()]
    warnings = settings.warnings()
    detail = ", ".join(given) or "all at their defaults"
    return Finding("settings", "warn" if warnings else "ok", detail, " ".join(warnings))


def _python(_settings: Settings) -> Finding:
    detail = f"{platform.python_version()} on {platform.system()} {platform.machine()}, everjam {__version__}"
    return Finding("python", "ok", detail)


def _packages(_settings: Settings) -> Finding:
    missing: list[str] = []
    for requirement in importlib.metadata.requires("everjam") or []:
        name, _, marker = requirement.partition(";")
        package = re.split(r"[<>=!~\[ ]", name.strip(), maxsplit=1)[0]
        if marker:
            continue
        try:
            importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            missing.append(package)
    if missing:
        return Finding("packages", "fail", f"missing: {', '.join(missing)}", "pip install --force-reinstall everjam")
    return Finding("packages", "ok", ", ".join(f"{name} {importlib.metadata.version(name)}" for name in _PACKAGES))


def _engines(settings: Settings) -> list[Finding]:
    from everjam.engines import registry

    findings = []
    for name in registry.names():
        default = name == settings.engine
        try:
            registry.load(name)
        except UsageError as error:
            findings.append(Finding("engine", "fail" if default else "warn", f"{name}: {error.args[0]}"))
        else:
            title = registry.info(name).title
            findings.append(Finding("engine", "ok", f"{name}{' (default)' if default else ''}: {title}"))
    if settings.engine not in registry.names():
        remedy = f"Installed: {', '.join(registry.names())}."
        findings.append(Finding("engine", "fail", f"there is no engine {settings.engine!r}", remedy))
    return findings


def _ports(settings: Settings) -> list[Finding]:
    wanted = [("port", settings.port, "ws"), ("tls_port", settings.tls_port, "wss")]
    running = settings.port > 0 and _is_healthy(settings.host, settings.port)
    return [_port(settings.host, port, name, scheme, running=running) for name, port, scheme in wanted if port > 0]


def _port(host: str, port: int, name: str, scheme: str, *, running: bool) -> Finding:
    label = f"{port} for {scheme}"
    flag = name.replace("_", "-")
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except socket.gaierror:
        return Finding("port", "fail", f"{host} is not an address of this machine", "Try --host 127.0.0.1.")
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        if sys.platform != "win32":
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                return Finding("port", "fail", f"{host}:{label}: {error.strerror}", f"Try another --{flag}.")
            if running:
                return Finding("port", "ok", f"{label}: a server is running there")
            return Finding("port", "fail", f"{label} is in use", f"Stop what uses it, or try --{flag} 0.")
    return Finding("port", "ok", f"{label} is free")


def _is_healthy(host: str, port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1" if host == "0.0.0.0" else host, port, timeout=1.0)  # noqa: S104
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _tls(settings: Settings) -> Finding:
    from everjam.live.certificates import certificate_facts
    from everjam.live.tls import ensure_tls, tls_dir

    if not settings.tls:
        return Finding("tls", "warn", "off: Google's Python SDK cannot connect", "Leave --tls-port out.")
    if settings.tls_cert is not None:
        try:
            path = ensure_tls(settings).cert
        except UsageError as error:
            return Finding("tls", "fail", str(error.args[0]), error.remedy)
    else:
        path = tls_dir(settings) / "server.pem"
        if not path.exists():
            return _tls_folder(tls_dir(settings))
    facts = certificate_facts(path)
    days = facts.days_left(dt.datetime.now(dt.UTC))
    return Finding("tls", "ok", f"{path}: {days} days left, for {', '.join(facts.names)}")


def _tls_folder(folder: Path) -> Finding:
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    if os.access(existing, os.W_OK | os.X_OK) and existing.is_dir():
        return Finding("tls", "ok", f"will be made at the first start in {folder}")
    return Finding("tls", "fail", f"{existing} cannot be written", "Set EVERJAM_DATA_DIR to a folder that can.")


def _workers(settings: Settings) -> Finding:
    cores = default_workers() if os.cpu_count() != 1 else 1
    state: State = "warn" if settings.workers > 4 * cores else "ok"
    return Finding("workers", state, f"{settings.workers} processes on {cores} cores")


def _audio(_settings: Settings) -> Finding:
    remedy = "Only `everjam play` needs it: pip install 'everjam[speaker]'."
    try:
        import sounddevice
    except ImportError:
        return Finding("speaker", "warn", "the speaker extra is not installed", remedy)
    except OSError as error:
        return Finding("speaker", "warn", f"PortAudio is missing ({error})", "On Debian: apt install libportaudio2.")
    try:
        device = sounddevice.query_devices(kind="output")
    except (sounddevice.PortAudioError, ValueError) as error:
        return Finding("speaker", "warn", f"no audio output: {error}", "Only `everjam play` needs one.")
    return Finding("speaker", "ok", str(device["name"]))
