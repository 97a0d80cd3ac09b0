"""The reference software in front of one Pro Santé Connect provider, without sockets."""

from __future__ import annotations

from typing import Any

import httpx

from harness.drive.reference.app import perform
from harness.drive.reference.config import Config, Professional, Psc
from harness.drive.reference.defects import Defects
from harness.drive.reference.psc_session import ProSanteConnect
from harness.drive.reference.software import Software
from norms.oidc.discovery import DISCOVERY
from tests.psc_kit import PEER, PORTS, Provider

PEOPLE = tuple(
    Professional(who.id, who.national_id, who.family_name, who.given_name)
    for who in Provider().session.world.professionals.values()
)
LISTENERS = {port: name for name, port in PORTS.items()}
CLIENT_CERTIFICATE = ("psc", "psc_api")


class Wire(httpx.BaseTransport):
    """The provider behind httpx, without a socket; the software shows its certificate where one is asked for."""

    def __init__(self, psc: Provider) -> None:
        self.psc = psc

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        listener = LISTENERS[request.url.port or 0]
        reply = self.psc.call(
            listener,
            request.method,
            request.url.raw_path.decode(),
            body=request.read(),
            headers={k: v for k, v in request.headers.items() if k != "host"},
            peer=PEER if listener in CLIENT_CERTIFICATE else None,
        )
        return httpx.Response(reply.status, headers=list(reply.headers.items()), content=reply.body)


class Settings(Psc):
    """The certificate is the one that `Wire` shows."""

    def fingerprint(self) -> str:
        return PEER.sha256


class Desk:
    """One software in front of one provider."""

    last: Desk

    def __init__(self, *names: str) -> None:
        Desk.last, self.psc = self, Provider()
        base, api = (f"https://127.0.0.1:{PORTS[name]}" for name in ("psc", "psc_api"))
        token_url = f"{api}/realms/signsessiondata/protocol/openid-connect/token"
        settings = Settings(base + DISCOVERY, "segur-reference", api=api, api_token_url=token_url)
        made = ProSanteConnect(settings, PEOPLE, Defects(names), Wire(self.psc))
        self.software = Software(Config(None, PEOPLE, settings, defects=names), psc=made)

    def act(self, name: str, **body: Any) -> dict[str, Any]:
        return perform(self.software, name, body)

    def login(self, who: str = "dr-romarin", **more: Any) -> dict[str, Any]:
        return self.act("login", professional=who, mode="psc", **more)

    @property
    def session(self) -> dict[str, Any]:
        return dict(self.act("session.get")["result"])

    def operations(self) -> list[str]:
        return [x.operation for x in self.psc.hub.journal.list(limit=0)]


def code(answer: dict[str, Any]) -> str:
    """Why the software refused; empty when it did not."""
    return str(answer.get("error", {}).get("code", ""))
