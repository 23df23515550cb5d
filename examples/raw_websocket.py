"""Music over a bare WebSocket: no SDK, three messages, one WAV file.

    pip install websockets
    everjam serve &
    python examples/raw_websocket.py "eurodance:2, harp" --seconds 20 --bpm 120 --output eurodance.wav

What goes over the wire is the Live Music API of Lyria RealTime: the same messages, field by field, that Google's
notebook sends. Both spellings of a name (``weighted_prompts``, ``weightedPrompts``) will do.
"""

import argparse
import asyncio
import base64
import json
import wave
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect

PATH = "/ws/google.ai.generativelanguage.v1alpha.GenerativeService.BidiGenerateMusic"
SAMPLE_RATE_HZ, CHANNELS, SAMPLE_BYTES = 48_000, 2, 2


def weighted_prompts(line: str) -> list[dict[str, Any]]:
    """``"eurodance:2, harp"`` as the API wants it; a prompt without a weight weighs 1, a negative one pushes away."""
    prompts = []
    for item in line.split(","):
        text, colon, weight = item.rpartition(":")
        prompts.append({"text": (text if colon else item).strip(), "weight": float(weight) if colon else 1.0})
    return prompts


def config(options: argparse.Namespace) -> dict[str, Any]:
    """Only what was asked for: a field that is left out is the server's choice."""
    names = ("bpm", "scale", "density", "brightness", "guidance", "temperature", "top_k", "seed")
    return {name: getattr(options, name) for name in names if getattr(options, name) is not None}


async def start(socket: ClientConnection, prompts: list[dict[str, Any]], settings: dict[str, Any]) -> None:
    """Opens the session and starts the music."""
    # The first message names the model; its answer is the first message back. Messages come as binary JSON.
    await socket.send(json.dumps({"setup": {"model": "models/lyria-realtime-exp"}}))
    assert json.loads(await socket.recv()) == {"setupComplete": {}}
    await socket.send(json.dumps({"client_content": {"weighted_prompts": prompts}}))
    await socket.send(json.dumps({"music_generation_config": settings}))
    # PAUSE holds, STOP forgets the music, RESET_CONTEXT begins anew without a gap. Prompts and configuration may be
    # sent again at any time; the configuration replaces all of the old one.
    await socket.send(json.dumps({"playback_control": "PLAY"}))


async def record(options: argparse.Namespace) -> float:
    """Writes the WAV file; gives its length in seconds."""
    url = f"{options.url.rstrip('/')}{PATH}?key={options.key}"
    with wave.open(str(options.output), "wb") as file:
        file.setnchannels(CHANNELS)
        file.setsampwidth(SAMPLE_BYTES)
        file.setframerate(SAMPLE_RATE_HZ)
        frames_left = round(options.seconds * SAMPLE_RATE_HZ)
        async with connect(url, compression=None) as socket:
            await start(socket, weighted_prompts(options.prompts), config(options))
            while frames_left > 0:
                message = json.loads(await socket.recv())
                if "serverContent" not in message:
                    print(message)  # a warning, or a prompt that was left out: the music goes on
                    continue
                # One chunk of 2 s a message: interleaved stereo, 16 bit, little-endian, 48 kHz.
                pcm = base64.b64decode(message["serverContent"]["audioChunks"][0]["data"])
                pcm = pcm[: frames_left * CHANNELS * SAMPLE_BYTES]
                file.writeframes(pcm)
                frames_left -= len(pcm) // (CHANNELS * SAMPLE_BYTES)
        return file.getnframes() / SAMPLE_RATE_HZ


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description="Record music from a Live Music API server.")
    parser.add_argument("prompts", help='"TEXT[:WEIGHT], TEXT[:WEIGHT], ..."')
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--output", type=Path, default=Path("music.wav"))
    parser.add_argument("--url", default="ws://localhost:8460", help="base URL of the server")
    parser.add_argument("--key", default="any", help="API key, if the server asks for one")
    for name, kind in (("bpm", int), ("top-k", int), ("seed", int), ("scale", str)):
        parser.add_argument(f"--{name}", type=kind)
    for name in ("density", "brightness", "guidance", "temperature"):
        parser.add_argument(f"--{name}", type=float)
    options = parser.parse_args()
    seconds = asyncio.run(record(options))
    print(f"{options.output}: {seconds:g} s")


if __name__ == "__main__":
    main()
