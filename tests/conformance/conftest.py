import os
from collections.abc import Iterator

import pytest
from tests.conformance.server import LiveServer, running_server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """A server as anybody starts it, but with the tone engine."""
    with running_server(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="session")
def client_environment() -> dict[str, str]:
    """This process's environment without what would lead a client elsewhere."""
    foreign = ("GOOGLE_", "GEMINI_", "EVERJAM_", "SSL_CERT", "NODE_EXTRA", "PYTHONPATH", "VIRTUAL_ENV")
    proxies = {"http_proxy", "https_proxy", "all_proxy", "no_proxy"}
    kept = {key: value for key, value in os.environ.items() if not key.startswith(foreign)}
    return {key: value for key, value in kept.items() if key.lower() not in proxies}
