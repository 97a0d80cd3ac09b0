"""A session of its own, on ports of its own, for each test."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from harness.client import BenchClient
from norms.oidc.discovery import DISCOVERY


@dataclass
class Space:
    """One session of the live bench."""

    client: BenchClient
    id: str
    endpoints: dict[str, str]
    ca: str
    credentials: dict[str, Any]

    @property
    def discovery(self) -> str:
        """The address of the discovery document."""
        return self.endpoints["psc"] + DISCOVERY

    def switch(self, **values: object) -> None:
        """Switches of PSC."""
        self.client.set_switches(self.id, {f"psc.{word}": value for word, value in values.items()})

    def operations(self) -> list[tuple[str, str]]:
        """Operation and outcome of each exchange, pages left out."""
        rows = self.client.exchanges(self.id, service="psc", bodies=False)
        return [(row["operation"], row["outcome"]) for row in rows if row["operation"] != "page"]

    def http(self, name: str = "") -> httpx.Client:
        """An HTTP client that trusts the bench, with the certificate of that name."""
        context = ssl.create_default_context(cafile=self.ca)
        if name:
            context.load_cert_chain(self.credentials[name]["cert"], self.credentials[name]["key"])
        return httpx.Client(verify=context, trust_env=False)


@pytest.fixture
def space(client: BenchClient) -> Iterator[Space]:
    """A fresh session."""
    status = client.status()
    opened = client.open_session("psc", own_ports=True)
    yield Space(client, opened["id"], opened["endpoints"], status["ca"], status["credentials"])
    client.close_session(opened["id"])
