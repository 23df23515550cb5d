"""Ten seconds of music through Google's own SDK: ``everjam run -- python examples/sdk_client.py techno.wav``."""

import asyncio
import sys
import wave

from google import genai
from google.genai import types


async def main(path: str, seconds: float = 10.0) -> None:
    client = genai.Client(http_options=types.HttpOptions(api_version="v1alpha"))  # the address: from the environment
    async with client.aio.live.music.connect(model="models/lyria-realtime-exp") as session:
        await session.set_weighted_prompts([types.WeightedPrompt(text="minimal techno", weight=1.0)])
        await session.set_music_generation_config(types.LiveMusicGenerationConfig(bpm=126))
        await session.play()
        with wave.open(path, "wb") as file:
            file.setparams((2, 2, 48_000, 0, "NONE", ""))
            async for message in session.receive():
                content = message.server_content
                for chunk in (content and content.audio_chunks) or ():
                    file.writeframes(chunk.data or b"")
                if file.getnframes() >= seconds * 48_000:
                    break


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1] if len(sys.argv) > 1 else "everjam.wav"))
