# mypy: disable-error-code="union-attr,arg-type,no-untyped-def,type-arg,assignment,no-any-return"
"""A program as anybody writes it with google-genai; nothing in it knows that it does not talk to Google.

It is run by the tests with environment variables only. It does everything that a live music session can do, and prints
what it saw as one line of JSON.

Usage: python_client.py [API_VERSION] [short]
"""

import asyncio
import json
import sys
import warnings

from google import genai
from google.genai import types

warnings.simplefilter("ignore")

API_VERSION = sys.argv[1] if len(sys.argv) > 1 else "default"
SHORT = "short" in sys.argv


def client() -> genai.Client:
    if API_VERSION == "default":
        return genai.Client()
    return genai.Client(http_options={"api_version": API_VERSION})


def seen(chunk: types.AudioChunk) -> dict:
    source = chunk.source_metadata
    echo = source.music_generation_config.model_dump(mode="json", exclude_none=True)
    prompts = [[prompt.text, prompt.weight] for prompt in source.client_content.weighted_prompts]
    return {"bytes": len(chunk.data), "mime_type": chunk.mime_type, "prompts": prompts, "config": echo}


async def chunks(session, count: int) -> list[dict]:
    found = []
    async for message in session.receive():
        found.append(seen(message.server_content.audio_chunks[0]))
        if len(found) == count:
            break
    return found


async def main() -> None:
    report = {"version": genai.__version__}
    async with client().aio.live.music.connect(model="models/lyria-realtime-exp") as session:
        await session.set_weighted_prompts(
            prompts=[
                types.WeightedPrompt(text="minimal techno", weight=1.0),
                types.WeightedPrompt(text="Bossa nova é 日本", weight=-0.5),
            ]
        )
        await session.set_music_generation_config(
            config=types.LiveMusicGenerationConfig(
                temperature=1.2,
                top_k=41,
                seed=7,
                guidance=4.5,
                bpm=120,
                density=0.5,
                brightness=0.25,
                scale=types.Scale.A_FLAT_MAJOR_F_MINOR,
                mute_bass=True,
                mute_drums=False,
                only_bass_and_drums=False,
                music_generation_mode=types.MusicGenerationMode.DIVERSITY,
            )
        )
        await session.play()
        report["first"] = await chunks(session, 1 if SHORT else 5)
        if not SHORT:
            await session.pause()
            await session.set_weighted_prompts(prompts=[types.WeightedPrompt(text="harp", weight=2)])
            await session.play()
            report["resumed"] = await chunks(session, 1)
            await session.set_music_generation_config(config=types.LiveMusicGenerationConfig(bpm=90, seed=8))
            await session.reset_context()
            report["reset"] = await chunks(session, 3)
            await session.stop()
            await session.set_music_generation_config(config=types.LiveMusicGenerationConfig())
            await session.play()
            report["again"] = await chunks(session, 1)
            await session.stop()
    print(json.dumps(report))  # noqa: T201  the test reads it


asyncio.run(main())
