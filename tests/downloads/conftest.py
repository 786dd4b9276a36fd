"""A server for every test that asks for one, and no waiting."""

from collections.abc import Iterator

import pytest

from segcli.downloads import transfer
from tests.downloads.server import Server, running


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(transfer, "PAUSE_S", 0.0)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with running() as served:
        yield served
