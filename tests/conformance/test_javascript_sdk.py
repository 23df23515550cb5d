"""Google's JavaScript SDK on node, unmodified, led here by nothing but environment variables."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from tests.conformance.sdks import javascript_sdk
from tests.conformance.server import LiveServer

pytestmark = pytest.mark.conformance

CLIENT = Path(__file__).parent / "clients" / "javascript_client.mjs"
CONFIG = {
    "temperature": 1.2,
    "topK": 41,
    "seed": 7,
    "guidance": 4.5,
    "bpm": 120,
    "density": 0.5,
    "brightness": 0.25,
    "scale": "C_MAJOR_A_MINOR",
    "muteBass": True,
    "muteDrums": False,
    "onlyBassAndDrums": False,
    "musicGenerationMode": "QUALITY",
}


def run_client(environment: dict[str, str], *arguments: str) -> dict[str, Any]:
    command = ["node", str(CLIENT), str(javascript_sdk()), *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return report


def assert_complete(report: dict[str, Any]) -> None:
    assert len(report["first"]) >= 5
    for chunk in report["first"]:
        assert chunk["bytes"] == 384_000
        assert chunk["mimeType"] == "audio/l16;rate=48000;channels=2"
        assert chunk["prompts"] == [{"text": "Bossa Nova é", "weight": 1.5}, {"text": "Dubstep", "weight": 0.5}]
        assert chunk["config"] == CONFIG
    assert report["later"]["prompts"] == [{"text": "harp", "weight": 2}]
    assert report["later"]["config"] == {"seed": 4, "bpm": 90}
    assert report["others"] == [{"setupComplete": {}}], "warnings would stop some clients"
    assert report["closed"] in ([], [1005])


def test_prompts_and_play_before_the_setup_is_answered(server: LiveServer, client_environment: dict[str, str]) -> None:
    environment = {**client_environment, "GEMINI_API_KEY": "any-key", "GOOGLE_GEMINI_BASE_URL": server.http_url}
    report = run_client(environment)
    assert report["answeredBefore"] == 0
    assert_complete(report)


def test_tls_with_an_extra_authority(server: LiveServer, client_environment: dict[str, str]) -> None:
    environment = {
        **client_environment,
        "GEMINI_API_KEY": "any-key",
        "GOOGLE_GEMINI_BASE_URL": f"{server.tls_url}/gw",
        "NODE_EXTRA_CA_CERTS": str(server.ca),
    }
    assert_complete(run_client(environment, "v1alpha"))
