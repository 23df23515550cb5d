"""Clients without an SDK: our example, the notebook, the sample script, The Infinite Crate's order of messages."""

import json
import subprocess
import sys
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.conformance.listening import PAUSE, PLAY, RESET, SETUP, STOP, Listener, assert_unharmed, config, prompts
from tests.conformance.server import ROOT, LiveServer, running_server
from websockets.asyncio.client import connect

EXAMPLE = ROOT / "examples" / "raw_websocket.py"


def echoed(listener: Listener) -> dict[str, Any]:
    fields: dict[str, Any] = listener.chunks[-1].metadata["musicGenerationConfig"]
    return fields


def run_example(server: LiveServer, environment: dict[str, str], output: Path, *arguments: str) -> None:
    url = f"ws://127.0.0.1:{server.port}"
    command = [sys.executable, str(EXAMPLE), "eurodance:2, harp, rain:-0.5", "--url", url, "--output", str(output)]
    done = subprocess.run(
        [*command, *arguments], env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{output}: ")


def assert_music(path: Path, seconds: float) -> None:
    with wave.open(str(path), "rb") as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (48_000, 2, 2)
        assert file.getnframes() == round(seconds * 48_000)
        pcm = np.frombuffer(file.readframes(file.getnframes()), dtype="<i2")
    assert np.abs(pcm[:32]).max() < 328, "it fades in from silence"
    halves = np.array_split(pcm.astype(np.float64), 2)
    assert all(np.sqrt(np.mean(half**2)) > 300 for half in halves)


def test_our_example_writes_a_wav(server: LiveServer, client_environment: dict[str, str], tmp_path: Path) -> None:
    run_example(server, client_environment, tmp_path / "tone.wav", "--seconds", "5.5", "--bpm", "90", "--seed", "3")
    assert_music(tmp_path / "tone.wav", 5.5)


@pytest.mark.slow
def test_our_example_with_the_house_band(client_environment: dict[str, str], tmp_path: Path) -> None:
    with running_server(tmp_path, settings={"engine": "band"}) as server:
        run_example(server, client_environment, tmp_path / "band.wav", "--seconds", "4", "--bpm", "120", "--seed", "3")
    assert_music(tmp_path / "band.wav", 4.0)


async def test_the_notebook_as_written(server: LiveServer) -> None:
    """snake_case, a tempo in a string, the answer decoded as ASCII, five chunks, close."""
    path = "/ws/google.ai.generativelanguage.v1alpha.GenerativeService.BidiGenerateMusic"
    headers = {"Content-Type": "application/json"}
    listener = Listener(await connect(server.ws_url("key=K", path=path), proxy=None, additional_headers=headers))
    await listener.say(SETUP)
    raw = await listener.socket.recv(decode=False)
    assert json.loads(raw.decode("ascii")) == {"setupComplete": {}}
    await listener.say(
        '{"client_content": {"weighted_prompts": [{"text": "eurodance", "weight": 1.0}]}}',
        '{"music_generation_config": {"bpm": "120"}}',
        '{"playback_control": "PLAY"}',
    )
    for _ in range(5):
        assert "serverContent" in await listener.next_message()
    await listener.close()
    for chunk in listener.chunks:
        assert len(chunk.pcm16) == 384_000
        assert chunk.metadata["clientContent"] == {"weightedPrompts": [{"text": "eurodance", "weight": 1}]}
        assert chunk.metadata["musicGenerationConfig"]["bpm"] == 120
    assert_unharmed(listener)


async def test_the_sample_script_leaves_out_what_is_to_be_automatic(server: LiveServer) -> None:
    """``bpm=AUTO`` deletes the field and sends the rest; then it resets the context."""
    listener = await Listener.set_up(server, "chunk=0.4&lead=0.4")
    await listener.say(prompts("Piano"), config(bpm=120, scale="A_FLAT_MAJOR_F_MINOR"), PLAY)
    await listener.listen(3)
    seed = echoed(listener)["seed"]
    assert echoed(listener) == {"seed": seed, "bpm": 120, "scale": "A_FLAT_MAJOR_F_MINOR"}
    await listener.say(config(bpm=140, scale="A_FLAT_MAJOR_F_MINOR"), RESET)
    while echoed(listener).get("bpm") != 140:
        await listener.next_chunk()
    await listener.say(config(scale="A_FLAT_MAJOR_F_MINOR"), RESET)
    while "bpm" in echoed(listener):
        await listener.next_chunk()
    assert set(echoed(listener)) == {"seed", "scale"}
    await listener.say(config(scale="A_FLAT_MAJOR_F_MINOR", top_k=7), RESET, PAUSE, PLAY, prompts(Viola=2, Harp=-1.5))
    while echoed(listener).get("topK") != 7:
        await listener.next_chunk()
    await listener.say(STOP)
    assert listener.others == [{"setupComplete": {}}]
    assert listener.gap_seconds() <= 1.0
    await listener.close()


async def test_transport_and_configuration_before_the_prompts(server: LiveServer) -> None:
    """The Infinite Crate sends PLAY first, and camelCase inside of snake_case."""
    listener = await Listener.set_up(server)
    await listener.say(
        '{"playback_control": "PLAY"}',
        '{"music_generation_config": {"topK": 40, "muteBass": true, "guidance": 4.0}}',
        '{"client_content": {"weightedPrompts": [{"text": "Chillwave", "weight": 0.8}]}}',
    )
    await listener.next_chunk()
    seed = echoed(listener).pop("seed")
    assert listener.chunks[0].metadata == {
        "clientContent": {"weightedPrompts": [{"text": "Chillwave", "weight": 0.8}]},
        "musicGenerationConfig": {"topK": 40, "guidance": 4, "muteBass": True},
    }
    assert -(2**31) <= seed < 2**31
    await listener.close()


async def test_prompt_dj_and_the_docs_sample_send_fields_that_nobody_knows(server: LiveServer) -> None:
    listener = await Listener.set_up(server)
    dj = [
        {"promptId": f"prompt-{n}", "text": f"Style {n}", "weight": n / 2, "cc": n, "color": "#9900ff"} for n in (1, 2)
    ]
    await listener.say(
        {"clientContent": {"weightedPrompts": dj}},
        config(bpm=90, temperature=1.0, audioFormat="pcm16", sampleRateHz=44100, scale="SCALE_UNSPECIFIED"),
        PLAY,
    )
    await listener.next_chunk()
    assert listener.others == [{"setupComplete": {}}], "a warning would stop the notebook"
    echo = listener.chunks[0].metadata["clientContent"]["weightedPrompts"]
    assert echo == [{"text": "Style 1", "weight": 0.5}, {"text": "Style 2", "weight": 1}]
    assert "audioFormat" not in echoed(listener)
    await listener.close()


async def test_a_message_of_binary_frames_and_the_largest_chunk_stay_below_what_clients_take(
    server: LiveServer,
) -> None:
    """32,000 characters outside of the basic plane are echoed in ASCII with every chunk."""
    listener = await Listener.open(server)
    texts = ["\U0001f3b7" * 2_000] * 16
    await listener.say(*(json.dumps(message).encode() for message in (SETUP, prompts(*texts), PLAY)))
    assert await listener.next_message() == {"setupComplete": {}}
    await listener.next_chunk()
    assert len(listener.chunks[0].metadata["clientContent"]["weightedPrompts"]) == 16
    await listener.close()


async def test_prompt_dj_midi_plays_beside_a_page(server: LiveServer) -> None:
    """Sixteen knobs with keys of their own, sent with every chunk; STOP, then a new socket beside the old one."""
    page = await Listener.set_up(server, "?events=1&chunk=0.2&lead=0.5")
    await page.say(prompts("Funk"), PLAY)
    await page.next_chunk()

    def knobs(turn: int) -> dict[str, object]:
        found = [
            {"promptId": f"prompt-{n}", "text": f"Style {n}", "weight": (n + turn) % 4 / 2, "cc": n, "color": "#9900ff"}
            for n in range(16)
        ]
        # The app itself leaves out what is turned down.
        return {"clientContent": {"weightedPrompts": [knob for knob in found if knob["weight"]]}}

    orphan = await Listener.set_up(server)
    await orphan.say(knobs(0), PLAY)
    for turn in range(1, 4):
        assert set(await orphan.next_message()) == {"serverContent"}
        await orphan.say(knobs(turn))
    assert orphan.others == [{"setupComplete": {}}]
    await orphan.say(STOP)

    again = await Listener.set_up(server)
    await again.say(knobs(5), PLAY)
    await again.next_chunk()
    assert len(again.chunks[0].metadata["clientContent"]["weightedPrompts"]) == 12
    heard = len(page.chunks)
    await page.next_chunk()
    assert len(page.chunks) > heard
    for listener in (again, orphan, page):
        await listener.close()
