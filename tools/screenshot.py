"""Makes ``docs/images/page.png``: the page while it plays, in a real browser, with a server of its own.

Usage: ``python tools/screenshot.py [FILE] [WIDTH] [HEIGHT]``
"""

import asyncio
import shutil
import struct
import sys
import tempfile
import zlib
from pathlib import Path

from playwright.async_api import Page, async_playwright

from everjam.live.serve import running
from everjam.settings import Settings

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync")
MAX_BYTES = 300_000
VISITS = 5
MIXED = {"Bossa Nova": "1.35", "Lush Strings": "0.8", "Sparkling Arpeggios": "0.55"}
LISTENING_SECONDS = 5.0
# Some seconds without a gap, and a moment in which something is to be seen.
LIVELY = """(seconds) => {
    const state = (globalThis.shot ??= { since: performance.now(), underruns: -1 });
    const { underruns, sounding } = everjam.player.stats();
    if (!sounding || underruns !== state.underruns) Object.assign(state, { since: performance.now(), underruns });
    const bins = new Uint8Array(64);
    everjam.player.analyser.getByteFrequencyData(bins);
    return performance.now() - state.since > 1000 * seconds && bins.reduce((sum, bin) => sum + bin) / 64 > 90;
}"""


def recompressed(png: bytes) -> bytes:
    """The same picture in fewer bytes: browsers compress in a hurry."""
    parts, data, at = [png[:8]], b"", 8
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at : at + 8])
        body = png[at + 8 : at + 8 + length]
        at += 12 + length
        if kind == b"IDAT":
            data += body
            continue
        if kind == b"IEND":
            packer = zlib.compressobj(9, memLevel=9, strategy=zlib.Z_FILTERED)
            parts.append(_chunk(b"IDAT", packer.compress(zlib.decompress(data)) + packer.flush()))
        parts.append(_chunk(kind, body))
    return b"".join(parts)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


async def play(page: Page, url: str) -> None:
    """Visits the page, mixes something and listens until there is something to be seen."""
    await page.goto(url)
    await page.wait_for_selector("body[data-ready]")
    for name, weight in MIXED.items():
        await page.get_by_role("slider", name=f"Weight of {name}").fill(weight)
    await page.get_by_role("slider", name="Brightness").fill("0.7")
    await page.get_by_role("button", name="Play", exact=True).click()
    await page.wait_for_selector('body[data-playback="playing"]')
    await page.wait_for_function(LIVELY, arg=LISTENING_SECONDS, timeout=120_000)


async def take(file: Path, width: int, height: int) -> None:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        sys.exit(f"None of {', '.join(BROWSERS)} is installed.")
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(port=0, tls_port=-1, data_dir=Path(folder))
        async with running(settings) as server, async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=found, args=list(FLAGS))
            page = await browser.new_page(viewport={"width": width, "height": height})
            for _ in range(VISITS):
                await play(page, server.http_url)
                if await page.evaluate("everjam.player.stats().underruns") == 0:
                    break
            else:
                print("This machine is busy: the picture shows gaps.")
            await page.mouse.move(0, 0)
            file.parent.mkdir(parents=True, exist_ok=True)
            await page.screenshot(path=file)
            await browser.close()


if __name__ == "__main__":
    arguments = sys.argv[1:]
    target = Path(arguments[0]) if arguments else Path(__file__).resolve().parents[1] / "docs" / "images" / "page.png"
    asyncio.run(take(target, *(int(text) for text in (arguments[1:3] or ("1000", "780")))))
    target.write_bytes(recompressed(target.read_bytes()))
    size = target.stat().st_size
    print(f"{target}: {size:,} bytes")
    if size > MAX_BYTES:
        sys.exit(f"More than {MAX_BYTES:,} bytes; take a smaller window.")
