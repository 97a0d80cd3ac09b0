"""INSi in process: one call in, the answer and the kept exchange out, without a socket."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree

from mocks.control import Registry
from mocks.http import Service
from mocks.hub import Hub
from mocks.insi.routes import service
from mocks.insi.switches import SWITCHES
from mocks.journal import Exchange, Journal, Peer, Statement
from mocks.session import Session, Sessions
from mocks.world import World
from norms.insi.faults import Error, read_error
from norms.insi.result import Result, read_result
from norms.soap import Fault, read, read_fault
from tests import insi_kit as kit

SOAP = "application/soap+xml; charset=utf-8"


@cache
def seed() -> World:
    """The packaged world, read once per process."""
    return World.load()


def peer(common_name: str = "INSI-AUTO", unit: str = kit.STRUCTURE) -> Peer:
    """The certificate of a software, as the listener reads it."""
    dn = f"CN={common_name},OU={unit},O=ESSAI,C=FR"
    return Peer(dn, common_name, unit, "CN=AC", "0a", "2030-01-01T00:00:00Z", "ab" * 32, "")


@dataclass
class Reply:
    """What came back, and what the journal kept."""

    status: int
    headers: dict[str, str]
    body: bytes
    exchange: Exchange

    @property
    def rules(self) -> list[str]:
        return [finding.rule for finding in self.exchange.findings]

    @property
    def inside(self) -> etree._Element:
        return read(self.body).body

    @property
    def result(self) -> Result:
        return read_result(self.inside)[0]

    @property
    def fault(self) -> Fault:
        return read_fault(self.inside)

    @property
    def error(self) -> Error:
        return read_error(self.inside)


class _LastKept(Journal):
    """A journal that also shows the last exchange kept."""

    last: Exchange | None = None

    def record(self, exchange: Exchange, also: Iterable[Statement] = ()) -> int:
        self.last = exchange
        return super().record(exchange, also)


class Bench:
    """INSi over the packaged world, trusting the authorities of the tests."""

    def __init__(self, trust: bytes | None = None, **hub: Any) -> None:
        self._kept = tempfile.TemporaryDirectory(prefix="insi")  # goes with the bench
        self.folder = Path(self._kept.name)
        (self.folder / "ca.pem").write_bytes(kit.bundle() if trust is None else trust)
        registry = Registry(SWITCHES)
        self.sessions = Sessions(seed(), registry)
        self.journal = _LastKept(None)
        self.hub = Hub(self.sessions, self.journal, registry, self.folder, **hub)
        self.service: Service = service(self.hub)

    @classmethod
    @cache
    def shared(cls) -> Bench:
        """One for property tests, which change nothing in it."""
        return cls()

    @property
    def session(self) -> Session:
        return self.sessions.default

    def switch(self, **values: object) -> None:
        self.session.switches.set({f"insi.{word}": value for word, value in values.items()})

    def call(
        self,
        body: bytes,
        *,
        listener: str = "insi_tlsm",
        client: Peer | bool | None = True,
        content_type: str = SOAP,
        method: str = "POST",
        target: str = "/lps",
        headers: dict[str, str] | None = None,
    ) -> Reply:
        """One HTTP call; ``client`` True is the usual certificate on the mutual TLS listener, None is none."""
        shown = (peer() if listener == "insi_tlsm" else None) if client is True else client or None
        path, _, query = target.partition("?")
        sent: list[dict[str, Any]] = []
        said = {"content-type": content_type, "host": "localhost:18442", **(headers or {})}
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query.encode(),
            "headers": [(k.encode(), v.encode()) for k, v in said.items()],
            "client": ("127.0.0.1", 4),
            "server": ("127.0.0.1", 18442),
            "extensions": {"tls": {"peer": shown, "tls": None, "listener": listener, "abort": lambda: None}},
        }

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        asyncio.run(self.service(scope, receive, send))
        kept = self.journal.last
        assert kept is not None
        assert kept.id
        start = next((m for m in sent if m["type"] == "http.response.start"), {"status": 0, "headers": []})
        answered = {k.decode(): v.decode() for k, v in start["headers"]}
        return Reply(start["status"], answered, b"".join(m.get("body", b"") for m in sent), kept)

    def traits(self, *args: str | None, **kwargs: Any) -> Reply:
        """WS_INS2 with a software certificate."""
        return self.call(kit.message(kit.traits(*args, **kwargs)))

    def signed(self, assertion: etree._Element | list[etree._Element] | None, **kwargs: Any) -> Reply:
        """WS_INS2 with a professional's assertion."""
        kwargs.setdefault("header", kit.contexts(kit.card().cn))
        return self.call(kit.message(kit.traits(), security=assertion, **kwargs), listener="insi_ps")
