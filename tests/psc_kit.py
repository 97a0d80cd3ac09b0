"""Pro Santé Connect in process: one call in, the answer and the kept exchange out, without a socket."""

from __future__ import annotations

import asyncio
import base64
import json
import re
import secrets
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from mocks.control import Registry
from mocks.hub import Hub
from mocks.journal import END, Exchange, Journal, Peer
from mocks.psc.routes import Psc, service
from mocks.psc.switches import SWITCHES
from mocks.session import Session, Sessions
from mocks.world import World
from norms.oidc import discovery, jws

CLIENT, SECRET, BACK = "segur-demo", "segur-demo-secret", "http://localhost:8080/callback"
PORTS = {"psc": 18445, "psc_auth": 18446, "psc_wallet": 18447, "psc_api": 18448}
FORM = "application/x-www-form-urlencoded"
PEER = Peer(
    "CN=LOGICIEL DE TEST,OU=1990000309,O=ESSAI,C=FR",
    "LOGICIEL DE TEST",
    "1990000309",
    "CN=AC",
    "0a",
    "2030-01-01T00:00:00Z",
    "ab" * 32,
    "",
)


@cache
def seed() -> World:
    """The packaged world, read once per process."""
    return World.load()


_KEPT = tempfile.TemporaryDirectory(prefix="psc")  # goes with the process


@cache
def folder() -> Path:
    """Where the signing keys of the tests are kept: making RSA keys is slow."""
    return Path(_KEPT.name)


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
    def json(self) -> dict[str, Any]:
        return dict(json.loads(self.body))

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def error(self) -> str:
        """The OAuth error, wherever it is."""
        return self.back.get("error", "") if "location" in self.headers else str(self.json.get("error", ""))

    @property
    def back(self) -> dict[str, str]:
        """What the redirect carries."""
        return {k: v[0] for k, v in parse_qs(urlsplit(self.headers["location"]).query).items()}

    @property
    def request(self) -> str:
        """The id of the request that the picker answers."""
        found = re.search(r'name="request" value="([^"]+)"', self.text)
        assert found, self.text[:300]
        return found[1]


class Provider:
    """PSC over the packaged world."""

    def __init__(self, **hub: Any) -> None:
        registry = Registry(SWITCHES)
        self.sessions = Sessions(seed(), registry)
        addresses = {name: f"https://127.0.0.1:{port}" for name, port in PORTS.items()}
        self.hub = Hub(self.sessions, Journal(None), registry, folder(), addresses, **hub)
        self.app: Psc = service(self.hub)

    @property
    def session(self) -> Session:
        return self.sessions.default

    def switch(self, **values: object) -> None:
        self.session.switches.set({f"psc.{word}": value for word, value in values.items()})

    def later(self, seconds: float) -> None:
        """The session's clock moves on; the wall clock does not."""
        self.session.clock.offset += seconds

    def call(
        self,
        listener: str,
        method: str,
        target: str,
        *,
        form: Any = None,
        body: bytes = b"",
        auth: tuple[str, str] | None = None,
        token: str = "",
        peer: Peer | None = None,
        host: str = "",
        port: int = 0,
        headers: dict[str, str] | None = None,
    ) -> Reply:
        """One HTTP call; ``form`` is encoded, ``auth`` is Basic, ``token`` is Bearer."""
        path, _, query = target.partition("?")
        said = {"host": host or f"127.0.0.1:{port or PORTS[listener]}"}
        if form is not None:
            body, said["content-type"] = urlencode(form).encode(), FORM
        if auth:
            said["authorization"] = "Basic " + base64.b64encode(":".join(auth).encode()).decode()
        if token:
            said["authorization"] = f"Bearer {token}"
        said |= headers or {}
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query.encode(),
            "headers": [(k.encode(), v.encode()) for k, v in said.items()],
            "client": ("127.0.0.1", 4),
            "server": ("127.0.0.1", port or PORTS[listener]),
            "extensions": {"tls": {"peer": peer, "tls": None, "listener": listener, "abort": lambda: None}},
        }
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        asyncio.run(self.app(scope, receive, send))
        kept = self.hub.journal.list(before=END, limit=1)[0]
        assert kept.outcome != "bench-error", kept.facts
        start = next((m for m in sent if m["type"] == "http.response.start"), {"status": 0, "headers": []})
        answered = {k.decode(): v.decode() for k, v in start["headers"]}
        return Reply(start["status"], answered, b"".join(m.get("body", b"") for m in sent), kept)

    # ── the steps of a login ──

    def asked(self, **changes: str | None) -> dict[str, str]:
        """A sound authorization request; None takes a parameter away."""
        request: dict[str, str | None] = {
            "client_id": CLIENT,
            "redirect_uri": BACK,
            "response_type": "code",
            "scope": "openid scope_all",
            "acr_values": "eidas1",
            "state": secrets.token_urlsafe(16),
            "nonce": secrets.token_urlsafe(16),
        }
        return {name: value for name, value in (request | changes).items() if value is not None}

    def authorize(self, *, cookie: str = "", headers: dict[str, str] | None = None, **changes: str | None) -> Reply:
        """``GET /auth``."""
        more = {"cookie": cookie} if cookie else {}
        return self.call("psc_auth", "GET", "/auth?" + urlencode(self.asked(**changes)), headers=more | (headers or {}))

    def choose(self, page: Reply, who: str = "dr-romarin", **fields: str) -> Reply:
        """``POST /auth/login``."""
        client = page.exchange.facts.get("client_id", CLIENT)
        form = {"request": page.request, "client_id": client, "professional": who, **fields}
        return self.call("psc_auth", "POST", "/auth/login", form=form)

    def code(self, who: str = "dr-romarin", **changes: str | None) -> str:
        """An authorization code."""
        return self.choose(self.authorize(**changes), who).back["code"]

    def token(self, *, auth: tuple[str, str] | None = (CLIENT, SECRET), peer: Peer | None = None, **form: str) -> Reply:
        """``POST …/token``."""
        return self.call("psc", "POST", discovery.TOKEN, form=form, auth=auth, peer=peer)

    def exchange(self, code: str, /, **form: str) -> Reply:
        """A code exchanged."""
        return self.token(**{"grant_type": "authorization_code", "code": code, "redirect_uri": BACK} | form)

    def login(self, who: str = "dr-romarin", **changes: str | None) -> dict[str, Any]:
        """A whole login: the token response."""
        return self.exchange(self.code(who, **changes)).json

    def refresh(self, tokens: dict[str, Any]) -> Reply:
        """A refresh token used."""
        return self.token(grant_type="refresh_token", refresh_token=tokens["refresh_token"])

    def userinfo(self, tokens: dict[str, Any]) -> Reply:
        """``GET …/userinfo``."""
        return self.call("psc", "GET", discovery.USERINFO, token=tokens["access_token"])

    def introspect(self, value: str) -> dict[str, Any]:
        """What PSC says of a token."""
        form = {"token": value}
        return self.call("psc", "POST", discovery.INTROSPECTION, form=form, auth=(CLIENT, SECRET)).json

    def logout(self, **query: str) -> Reply:
        """``GET …/logout``."""
        return self.call("psc", "GET", f"{discovery.LOGOUT}?{urlencode(query)}")


def claims(token: str) -> dict[str, Any]:
    """What a token says, its signature not checked."""
    return jws.read(token).claims
