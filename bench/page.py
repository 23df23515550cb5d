"""The page in a real Chromium, with a server of its own: first sound, gaps, and what it holds after a long time.

    python -m bench.page [--visits 5] [--minutes 1] [--engine band]

Each visit is a fresh browser context: from the click on Play to the first sample that sounds. Then one page plays for
the minutes asked for while its sliders move, and is weighed every so often after a collection of garbage: heap, nodes
and listeners have to stay where they are.
"""

import argparse
import asyncio
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.report import report
from playwright.async_api import Browser, CDPSession, Page, async_playwright

from everjam.live.serve import running
from everjam.settings import Settings

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync")
WEIGHINGS = 6
MOVE_MS = 250
FIRST_SOUND = """() => new Promise((resolve) => {
    const begin = performance.now();
    const samples = new Float32Array(1024);
    document.querySelector("#play").click();
    const look = () => {
        everjam.player.analyser?.getFloatTimeDomainData(samples);
        if (samples.some((x) => Math.abs(x) > 1e-3)) resolve(performance.now() - begin);
        else setTimeout(look, 5);
    };
    look();
})"""
MOVE = """(step) => {
    const { store } = everjam;
    const { prompts } = store.state;
    const prompt = prompts[step % prompts.length];
    store.changePrompt(prompt.id, { weight: ((step * 37) % 200) / 100 });
    if (step % 8 === 0) store.setConfig("density", ((step * 13) % 100) / 100);
}"""


async def visit(browser: Browser, url: str) -> tuple[Page, CDPSession]:
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(url)
    await page.wait_for_selector("body[data-ready]")
    return page, await context.new_cdp_session(page)


async def weigh(page: Page, devtools: CDPSession, minutes: float) -> dict[str, Any]:
    await devtools.send("HeapProfiler.collectGarbage")
    found = await devtools.send("Performance.getMetrics")
    metrics = {metric["name"]: metric["value"] for metric in found["metrics"]}
    stats = await page.evaluate("everjam.player.stats()")
    return {
        "minutes": minutes,
        "heap MB": metrics["JSHeapUsedSize"] / 1e6,
        "nodes": int(metrics["Nodes"]),
        "listeners": int(metrics["JSEventListeners"]),
        "underruns": stats["underruns"],
        "trims": stats["trims"],
        "buffer ms": stats["bufferedSeconds"] * 1000,
        "control to ear ms": await page.evaluate("everjam.transport.latencyMs") or 0.0,
    }


async def measure(visits: int, minutes: float, engine: str) -> None:
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        sys.exit(f"None of {', '.join(BROWSERS)} is installed.")
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(port=0, tls_port=-1, data_dir=Path(folder), engine=engine)
        async with running(settings) as server, async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=found, args=list(FLAGS))
            first = []
            for _ in range(visits):
                page, _devtools = await visit(browser, server.http_url)
                first.append(await page.evaluate(FIRST_SOUND))
                await page.context.close()
            rows = [(visits, statistics.median(first), max(first))]
            report("page-first", ("visits", "click to sound ms", "worst ms"), rows, engine=engine)
            weighed = await play_long(browser, server.http_url, minutes)
            report("page", tuple(weighed[0]), [tuple(row.values()) for row in weighed], engine=engine)
            await browser.close()


async def play_long(browser: Browser, url: str, minutes: float) -> list[dict[str, Any]]:
    page, devtools = await visit(browser, url)
    await devtools.send("Performance.enable")
    await page.locator("#play").click()
    await page.wait_for_selector('body[data-playback="playing"]')
    weighed, step = [await weigh(page, devtools, 0.0)], 0
    begin = asyncio.get_running_loop().time()
    for part in range(1, WEIGHINGS + 1):
        until = begin + 60 * minutes * part / WEIGHINGS
        while asyncio.get_running_loop().time() < until:
            await page.evaluate(MOVE, step)
            step += 1
            await page.wait_for_timeout(MOVE_MS)
        weighed.append(await weigh(page, devtools, minutes * part / WEIGHINGS))
    return weighed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visits", type=int, default=5)
    parser.add_argument("--minutes", type=float, default=1.0)
    parser.add_argument("--engine", default="band")
    arguments = parser.parse_args()
    asyncio.run(measure(arguments.visits, arguments.minutes, arguments.engine))


if __name__ == "__main__":
    main()
