"""axe-core looks at every page and state that people meet, in both themes, and finds nothing serious."""

import sys
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page
from tests.browser.conftest import Visiting
from tests.browser.visiting import LiveServer

AXE = Path(sys.prefix) / "node" / "node_modules" / "axe-core" / "axe.min.js"
OPEN = {
    "mixer": "everjam.store.setView('mixer')",
    "pad": "everjam.store.setView('pad')",
    "presets": "document.querySelector('ej-presets button[aria-haspopup=dialog]').click()",
    "midi": "document.querySelector('ej-midi > button').click()",
    "keys": "document.querySelector('#help').click()",
    "many prompts": "for (let n = 0; n < 30; n++) everjam.store.addPrompt(`a rather long prompt, number ${n}`, 0.5)",
    "nothing": "everjam.store.replaceSteering({ prompts: [], config: {} })",
}


@pytest.fixture(scope="module")
def axe() -> str:
    if not AXE.is_file():
        pytest.skip("axe-core is not installed: install node and npm, then `make test`")
    return AXE.read_text(encoding="utf-8")


def findings(page: Page, axe: str) -> list[str]:
    """What axe-core calls serious or critical, one line each."""
    page.evaluate(axe)
    found: list[dict[str, Any]] = page.evaluate("axe.run().then((result) => result.violations)")
    serious = [rule for rule in found if rule["impact"] in {"serious", "critical"}]
    return [f"{rule['id']}: {node['target']} {node['failureSummary']}" for rule in serious for node in rule["nodes"]]


@pytest.mark.parametrize("scheme", ["dark", "light"])
@pytest.mark.parametrize("state", OPEN)
def test_the_page(server: LiveServer, visiting: Visiting, axe: str, state: str, scheme: str) -> None:
    with visiting(server.url, color_scheme=scheme, reduced_motion="reduce") as seen:
        seen.page.evaluate(OPEN[state])
        assert findings(seen.page, axe) == []


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_the_page_while_it_plays_on_a_phone(server: LiveServer, visiting: Visiting, axe: str, scheme: str) -> None:
    phone = {"width": 390, "height": 844}
    with visiting(server.url, color_scheme=scheme, viewport=phone, has_touch=True, reduced_motion="reduce") as seen:
        seen.play()
        assert findings(seen.page, axe) == []


@pytest.mark.parametrize("path", ["obs", "embed"])
def test_the_other_pages(server: LiveServer, visiting: Visiting, axe: str, path: str) -> None:
    with visiting(f"{server.url}{path}#p=1~Funk", reduced_motion="reduce") as seen:
        assert findings(seen.page, axe) == []
