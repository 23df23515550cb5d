"""Makes the pictures of the page in ``docs/images``: while it plays, in a real browser, with a server of its own.

Usage: ``python tools/screenshot.py [NAME ...]``, with names from ``PICTURES``; all of them without one.
"""

import asyncio
import shutil
import struct
import sys
import tempfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from playwright.async_api import Browser, Page, ViewportSize, async_playwright

from everjam.live.serve import running
from everjam.settings import Settings

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync")
FOLDER = Path(__file__).resolve().parents[1] / "docs" / "images"
MAX_BYTES = 420_000
VISITS = 5
MIXED = {"Bossa Nova": "1.35", "Lush Strings": "0.8", "Sparkling Arpeggios": "0.55"}
LISTENING_SECONDS = 12.0


@dataclass(frozen=True, slots=True)
class Picture:
    """A window to take a picture of.

    Attributes:
        width: Of the window, px.
        height: Of the window, px.
        scheme: ``dark`` or ``light``.
        view: ``mixer`` or ``pad``.
    """

    width: int
    height: int
    scheme: Literal["dark", "light"] = "dark"
    view: str = "mixer"


PICTURES = {
    "page": Picture(1440, 900),
    "page-light": Picture(1440, 900, scheme="light"),
    "page-pad": Picture(1440, 900, view="pad"),
    "page-1024": Picture(1024, 768),
    "page-390": Picture(390, 844),
}
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
    await page.get_by_role("button", name="Play", exact=True).click()
    await page.wait_for_selector('body[data-playback="playing"]')
    await page.wait_for_function(LIVELY, arg=LISTENING_SECONDS, timeout=120_000)


async def take(names: list[str]) -> None:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        sys.exit(f"None of {', '.join(BROWSERS)} is installed.")
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(port=0, tls_port=-1, data_dir=Path(folder))
        async with running(settings) as server, async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=found, args=list(FLAGS))
            for name in names:
                keep(FOLDER / f"{name}.png", await photograph(browser, server.http_url, PICTURES[name]))
            await browser.close()


async def photograph(browser: Browser, url: str, picture: Picture) -> bytes:
    size: ViewportSize = {"width": picture.width, "height": picture.height}
    page = await browser.new_page(viewport=size, color_scheme=picture.scheme)
    for _ in range(VISITS):
        await play(page, url)
        if await page.evaluate("everjam.player.stats().underruns") == 0:
            break
    else:
        print("This machine is busy: the picture shows gaps.")
    await page.evaluate("(view) => everjam.store.setView(view)", picture.view)
    # Moving a fader has brought it into view, on a phone far down.
    await page.evaluate("scrollTo(0, 0)")
    await page.mouse.move(0, 0)
    await page.wait_for_timeout(1000)
    png = await page.screenshot()
    await page.close()
    return png


def keep(file: Path, png: bytes) -> None:
    """Puts a picture in its place."""
    small = recompressed(png)
    print(f"{file}: {len(small):,} bytes")
    if len(small) > MAX_BYTES:
        sys.exit(f"More than {MAX_BYTES:,} bytes; take a smaller window.")
    file.write_bytes(small)


if __name__ == "__main__":
    unknown = set(sys.argv[1:]) - set(PICTURES)
    if unknown:
        sys.exit(f"There is no picture {min(unknown)!r}. There are {', '.join(PICTURES)}.")
    asyncio.run(take(sys.argv[1:] or list(PICTURES)))
