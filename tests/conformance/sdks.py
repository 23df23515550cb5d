"""Google's SDKs in every release that a test needs, each installed once into ``.cache/sdk`` at test time."""

import fcntl
import functools
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from tests.conformance.server import ROOT

CACHE: Final = ROOT / ".cache" / "sdk"
INSTALL_SECONDS: Final = 150
UNREACHABLE: Final = re.compile(
    r"(?i)could not find a version|no matching distribution|connection|timed? ?out|temporary failure|ENOTFOUND"
    r"|ETIMEDOUT|EAI_AGAIN|ECONNREFUSED|ECONNRESET|network|E404|proxy|certificate"
)


def _install(folder: Path, commands: list[list[str]], what: str) -> None:
    """Runs the commands once; a folder that has been finished has a mark. Safe for several test processes at once."""
    mark = folder / ".installed"
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / f".{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if mark.exists():
            return
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for command in commands:
            try:
                done = subprocess.run(
                    command, cwd=folder, capture_output=True, text=True, check=False, timeout=INSTALL_SECONDS
                )
            except subprocess.TimeoutExpired:
                pytest.skip(
                    f"{what} cannot be installed within {INSTALL_SECONDS} s; run the tests again on a faster line"
                )
            if done.returncode and UNREACHABLE.search(done.stderr):
                last = done.stderr.strip().splitlines()[-1]
                pytest.skip(f"{what} cannot be installed: {last} (needs a reachable package registry; then run again)")
            assert done.returncode == 0, done.stderr
        mark.touch()


@functools.cache
def python_sdk(version: str) -> Path:
    """The Python of a virtual environment that has this release of google-genai; ``newest`` is the newest there is."""
    folder = CACHE / f"google-genai-{version}"
    wanted = "google-genai" if version == "newest" else f"google-genai=={version}"
    python = folder / "bin" / "python"
    _install(
        folder,
        [
            [sys.executable, "-m", "venv", str(folder)],
            [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wanted],
        ],
        wanted,
    )
    return python


@functools.cache
def javascript_sdk() -> Path:
    """A folder whose node_modules has the newest @google/genai."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node and npm are not installed (apt install nodejs npm)")
    folder = CACHE / "google-genai-js"
    install = ["npm", "install", "--no-audit", "--no-fund", "--no-save", "--silent", "@google/genai@latest"]
    _install(folder, [["npm", "init", "--yes", "--silent"], install], "@google/genai")
    return folder
