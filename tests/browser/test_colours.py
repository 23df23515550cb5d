"""Browsers without `light-dark()` (Safari before 17.5) show the dark theme, whatever the system wants."""

import re
from collections.abc import Iterator
from importlib.resources import files

import pytest
from playwright.sync_api import Page, Route
from tests.browser.conftest import Visiting
from tests.browser.visiting import LiveServer

WEB = files("everjam") / "web"
SHEETS = sorted(file.name for file in WEB.iterdir() if file.name.endswith(".css"))
WITHOUT = "@supports not (color: light-dark(#000, #fff))"
LOOKS = """() => [...document.querySelectorAll("html, body, body *:not(noscript)")].flatMap((element) => {
    const looks = ["color", "background-color", "background-image", "border-top-color", "box-shadow", "outline-color",
        "accent-color", "color-scheme", "opacity"];
    return [null, "::before", "::after"].map((part) => {
        const style = getComputedStyle(element, part);
        const name = [element.tagName, element.id, element.getAttribute("class"), part].join(" ");
        return [name, ...looks.map((look) => style.getPropertyValue(look))].join(" | ");
    });
})"""


def declarations(css: str) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """Where it stands (the preludes of all blocks around it), property and value of each declaration."""
    around: list[str] = []
    for text, end in re.findall(r"([^{};]*)([{};])", re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)):
        words = " ".join(text.split())
        if end == "{":
            around.append(words)
            continue
        name, colon, value = words.partition(":")
        if colon:
            yield tuple(around), name.strip(), value.strip()
        if end == "}":
            around.pop()


def pairs(value: str) -> Iterator[tuple[str, str]]:
    """Each `light-dark()` of a value, and its second argument."""
    for found in re.finditer(r"light-dark\(", value):
        depth, comma, at = 0, 0, found.end()
        while depth or value[at] != ")":
            depth += {"(": 1, ")": -1}.get(value[at], 0)
            if value[at] == "," and not depth:
                comma = at
            at += 1
        yield value[found.start() : at + 1], value[comma + 1 : at].strip()


def dark(value: str) -> str:
    """The value as it is in the dark theme."""
    for pair, second in pairs(value):
        value = value.replace(pair, second)
    return value


def test_the_dark_half_is_found() -> None:
    assert dark("1px light-dark(rgb(1 2 3 / 0.5), mix(#fff, red)) x") == "1px mix(#fff, red) x"
    css = "a { b: c; /* x: y; */ d:hover { e: f } } @media (g: h) { i { j: k; } }"
    assert list(declarations(css)) == [
        (("a",), "b", "c"),
        (("a", "d:hover"), "e", "f"),
        (("@media (g: h)", "i"), "j", "k"),
    ]


@pytest.mark.parametrize("sheet", SHEETS)
def test_every_colour_of_two_themes_has_its_dark_half_for_browsers_that_know_one(sheet: str) -> None:
    found = list(declarations((WEB / sheet).read_text(encoding="utf-8")))
    fallbacks = {(around[1:], name): value for around, name, value in found if around[0] == WITHOUT}
    wanted = {(around, name): dark(value) for around, name, value in found if "light-dark(" in value}
    assert fallbacks.items() >= wanted.items()


def test_what_has_a_half_for_each_theme_is_a_colour(server: LiveServer, visiting: Visiting) -> None:
    values = [value for sheet in SHEETS for _, _, value in declarations((WEB / sheet).read_text(encoding="utf-8"))]
    found = [pair for value in values for pair, _ in pairs(value)]
    assert found
    # Whatever holds a variable looks right before it is used.
    plain = [re.sub(r"var\([^)]*\)", "red", pair) for pair in found]
    with visiting(server.url + "embed") as visit:
        wrong = visit.page.evaluate("(all) => all.filter((value) => !CSS.supports('color', value))", plain)
    assert wrong == []


def forget_light_dark(page: Page) -> None:
    """Makes of this browser one that does not know it."""

    def older(route: Route) -> None:
        name = route.request.url.rpartition("/")[2]
        css = (WEB / name).read_text(encoding="utf-8").replace("light-dark(", "not-known-here(")
        route.fulfill(body=css, content_type="text/css")

    page.route("**/*.css", older)


def looks_of(page: Page, theme: str | None) -> list[str]:
    """Of a page that stands still, and then as if it played."""
    page.reload()
    page.wait_for_selector("body[data-ready]")
    page.evaluate("(theme) => theme && (document.documentElement.dataset.theme = theme)", theme)
    resting: list[str] = page.evaluate(LOOKS)
    page.evaluate("document.body.dataset.playback = 'playing'")
    playing: list[str] = page.evaluate(LOOKS)
    return resting + playing


@pytest.mark.parametrize("theme", [None, "light"])
@pytest.mark.parametrize("path", ["", "embed", "obs"])
def test_an_old_browser_looks_dark(server: LiveServer, visiting: Visiting, path: str, theme: str | None) -> None:
    fragment = "#p=1~Funk&p=-1~Rain&p=0.5m~Snow&p=0~Off"
    with visiting(f"{server.url}{path}{fragment}", color_scheme="dark") as new:
        looks = looks_of(new.page, "dark")
    with visiting(f"{server.url}{path}{fragment}", color_scheme="light") as old:
        forget_light_dark(old.page)
        assert looks_of(old.page, theme) == looks
    assert old.complaints == []
