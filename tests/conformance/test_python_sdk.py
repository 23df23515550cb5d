"""Google's Python SDK, unmodified, led here by nothing but environment variables."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.conformance.sdks import python_sdk
from tests.conformance.server import LiveServer

pytestmark = pytest.mark.conformance

CLIENT = Path(__file__).parent / "clients" / "python_client.py"
CHUNK = {"bytes": 384_000, "mime_type": "audio/l16;rate=48000;channels=2"}
PROMPTS = [["minimal techno", 1.0], ["Bossa nova é 日本", -0.5]]
CONFIG = {
    "temperature": 1.2,
    "top_k": 41,
    "seed": 7,
    "guidance": 4.5,
    "bpm": 120,
    "density": 0.5,
    "brightness": 0.25,
    "scale": "A_FLAT_MAJOR_F_MINOR",
    "mute_bass": True,
    "mute_drums": False,
    "only_bass_and_drums": False,
    "music_generation_mode": "DIVERSITY",
}


def run_client(command: list[str], environment: dict[str, str]) -> dict[str, Any]:
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return report


def pointed_at(
    server: LiveServer, environment: dict[str, str], base_url: str, key_name: str = "GEMINI_API_KEY"
) -> dict[str, str]:
    return {
        **environment,
        "GOOGLE_GEMINI_BASE_URL": base_url,
        key_name: "any-key",
        "SSL_CERT_FILE": str(server.bundle),
    }


def assert_complete(report: dict[str, Any]) -> None:
    assert len(report["first"]) == 5
    for chunk in report["first"]:
        assert chunk == {**CHUNK, "prompts": PROMPTS, "config": CONFIG}
    assert report["resumed"] == [{**CHUNK, "prompts": [["harp", 2.0]], "config": CONFIG}]
    assert report["reset"][-1] == {**CHUNK, "prompts": [["harp", 2.0]], "config": {"bpm": 90, "seed": 8}}
    (again,) = report["again"]
    assert again["prompts"] == [["harp", 2.0]]
    assert set(again["config"]) == {"seed"}, "an empty configuration leaves nothing but the seed in use"


@pytest.mark.parametrize("version", ["1.16.1", "2.0.1", "newest"])
def test_every_method(server: LiveServer, client_environment: dict[str, str], version: str) -> None:
    python = str(python_sdk(version))
    key_name = "GOOGLE_API_KEY" if version == "1.16.1" else "GEMINI_API_KEY"  # the only one that old releases read
    report = run_client([python, str(CLIENT)], pointed_at(server, client_environment, server.tls_url, key_name))
    if version != "newest":
        assert report["version"] == version
    assert_complete(report)


@pytest.mark.parametrize(
    ("form", "api_version"),
    [
        ("https://{}", "v1alpha"),
        ("http://{}", "v1beta"),
        ("http://{}/", "default"),
        ("https://{}/gw/x", "v1beta"),
        ("https://{}/gw/x/", "v1alpha"),
    ],
)
def test_base_urls(server: LiveServer, client_environment: dict[str, str], form: str, api_version: str) -> None:
    """The SDK makes ``wss`` of every scheme and ``//ws`` of a final slash."""
    python = str(python_sdk("newest"))
    environment = pointed_at(server, client_environment, form.format(server.tls_url.partition("//")[2]))
    report = run_client([python, str(CLIENT), api_version, "short"], environment)
    assert report["first"] == [{**CHUNK, "prompts": PROMPTS, "config": CONFIG}]


def test_everjam_run(server: LiveServer, client_environment: dict[str, str]) -> None:
    """The one command that people use for all of this."""
    everjam = str(Path(sys.executable).with_name("everjam"))
    environment = {**client_environment, "EVERJAM_DATA_DIR": str(server.ca.parents[1])}
    command = [
        everjam,
        "run",
        "--url",
        server.tls_url,
        "--",
        str(python_sdk("newest")),
        str(CLIENT),
        "default",
        "short",
    ]
    report = run_client(command, environment)
    assert report["first"] == [{**CHUNK, "prompts": PROMPTS, "config": CONFIG}]
