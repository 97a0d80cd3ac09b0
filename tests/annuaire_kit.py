"""The Annuaire Santé in process: one call in, the answer and the kept exchange out, without a socket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from mocks.annuaire.routes import service
from mocks.annuaire.switches import SWITCHES
from mocks.control import Registry
from mocks.hub import Hub
from mocks.journal import Exchange, Journal, Statement
from mocks.session import Session, Sessions
from mocks.world import World

KEY = "segur-demo-annuaire"
BASE = "/fhir/v2"
FORM = "application/x-www-form-urlencoded"
Json = dict[str, Any]


@cache
def seed() -> World:
    """The packaged world, read once per process."""
    return World.load()


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
    def json(self) -> Json:
        return dict(json.loads(self.body))

    @property
    def resources(self) -> list[Json]:
        return [entry["resource"] for entry in self.json.get("entry", [])]

    @property
    def ids(self) -> list[str]:
        return [f"{one['resourceType']}/{one['id']}" for one in self.resources]

    @property
    def said(self) -> str:
        """The diagnostics of an OperationOutcome."""
        return str(self.json["issue"][0]["diagnostics"])

    def link(self, relation: str) -> str:
        """Path and query of a link, empty when there is none."""
        url = next((one["url"] for one in self.json["link"] if one["relation"] == relation), "")
        split = urlsplit(url)
        return f"{split.path}?{split.query}" if url else ""


class _LastKept(Journal):
    """A journal in memory that shows what it kept last."""

    last: Exchange

    def record(self, exchange: Exchange, also: Iterable[Statement] = ()) -> int:
        self.last = exchange
        return super().record(exchange, also)


class Annuaire:
    """One Annuaire with its own sessions; no limit on calls unless a test sets one."""

    def __init__(self, *, world: World | None = None) -> None:
        registry = Registry(SWITCHES)
        self.sessions = Sessions(world or seed(), registry)
        self.journal = _LastKept(None)
        urls = {"annuaire": "https://127.0.0.1:18454/fhir/v2"}
        self.hub = Hub(self.sessions, self.journal, registry, Path("nowhere"), urls)
        self.service = service(self.hub)
        self.switch(calls_per_second=0)

    @property
    def session(self) -> Session:
        return self.sessions.default

    def switch(self, **values: object) -> None:
        """Set switches by their word."""
        self.session.switches.set({f"annuaire.{word}": value for word, value in values.items()})

    def get(self, target: str, *, key: str | None = KEY, **headers: str) -> Reply:
        """GET below the API's base (an absolute path when it begins with ``/fhir``)."""
        return self.call("GET", target, key=key, **headers)

    def find(self, resource: str, **criteria: str | list[str]) -> Reply:
        """A search; ``__`` in a name stands for the colon of a modifier, ``_`` for a hyphen but at the beginning."""
        pairs = []
        for name, given in criteria.items():
            start = "_" if name.startswith("_") else ""
            shown = start + name.removeprefix("_").replace("__", ":").replace("_", "-")
            pairs += [f"{shown}={quote(one)}" for one in ([given] if isinstance(given, str) else given)]
        return self.get(f"/{resource}?" + "&".join(pairs))

    def call(self, method: str, target: str, body: bytes = b"", *, key: str | None = KEY, **headers: str) -> Reply:
        """One call; header names take ``_`` for a hyphen."""
        path, _, query = target.partition("?")
        path = path if path.startswith(("/fhir", "/annuaire")) else BASE + path
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        if key is not None:
            given["esante-api-key"] = key
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode("utf-8", "surrogateescape"),
            "headers": [(name.encode(), value.encode()) for name, value in given.items()],
            "client": ("127.0.0.1", 50000),
            "server": ("127.0.0.1", 18454),
            "extensions": {"tls": {"listener": "annuaire"}},
        }
        sent: list[Json] = []

        async def receive() -> Json:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Json) -> None:
            sent.append(message)

        asyncio.run(self.service(scope, receive, send))
        headers_back = {k.decode(): v.decode() for k, v in sent[0]["headers"]} if sent else {}
        back = b"".join(message.get("body", b"") for message in sent)
        return Reply(sent[0]["status"] if sent else 0, headers_back, back, self.journal.last)
