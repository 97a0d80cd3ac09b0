"""A session of its own, on ports of its own, for each test."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from harness.client import BenchClient

KEY = "segur-demo-annuaire"


@dataclass
class Space:
    """One session of the live bench."""

    client: BenchClient
    id: str
    url: str
    ca: str

    def rows(self) -> list[dict[str, object]]:
        """The exchanges of the Annuaire."""
        return self.client.exchanges(self.id, service="annuaire", bodies=False)


@pytest.fixture
def space(client: BenchClient) -> Iterator[Space]:
    """A fresh session without the limit of calls per second."""
    opened = client.open_session("annuaire", own_ports=True)
    client.set_switches(opened["id"], {"annuaire.calls_per_second": 0})
    yield Space(client, opened["id"], opened["endpoints"]["annuaire"], client.status()["ca"])
    client.close_session(opened["id"])
