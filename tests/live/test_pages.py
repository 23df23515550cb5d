"""The pages by their names, and who may frame them."""

import httpx
import pytest

from everjam.live.app import create_app
from everjam.settings import Settings
from everjam.testing import InlineRenderer


@pytest.fixture
def client() -> httpx.AsyncClient:
    app = create_app(Settings(engine="tone"), renderer=InlineRenderer())
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test")


@pytest.mark.parametrize("path", ["/", "/obs", "/embed"])
async def test_pages_are_there_and_asked_for_again_only_if_they_changed(client: httpx.AsyncClient, path: str) -> None:
    page = await client.get(path)
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    assert page.headers["cache-control"] == "no-cache"
    again = await client.get(path, headers={"if-none-match": page.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(
    ("path", "who"),
    [("/embed", "*"), ("/", "'self'"), ("/obs", "'self'"), ("/embed.html", "'self'"), ("/api/schema", "'self'")],
)
async def test_strangers_may_frame_only_the_small_player(client: httpx.AsyncClient, path: str, who: str) -> None:
    policy = (await client.get(path)).headers["content-security-policy"]
    assert policy.split("; ")[-1] == f"frame-ancestors {who}"
    assert policy.startswith("default-src 'self'; ")


async def test_only_reading_is_allowed(client: httpx.AsyncClient) -> None:
    assert (await client.post("/obs")).status_code == 405
