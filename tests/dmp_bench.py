"""The DMP's patient side in process: one call in, the answer and the kept exchange out, without a socket."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree

from mocks.control import Registry
from mocks.dmp.routes import service
from mocks.dmp.switches import SWITCHES
from mocks.hub import Hub
from mocks.igc.pki import Pki
from mocks.journal import Exchange, Journal, Peer, Statement
from mocks.session import Session, Sessions
from mocks.world import World
from norms.soap import Fault, read, read_fault
from tests.vihf_kit import AIR, DIRECT, INDIRECT, RESOURCE, Said, held

SOAP12 = "http://www.w3.org/2003/05/soap-envelope"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
WSA = "http://www.w3.org/2005/08/addressing"
BASE = "/si-dmp-server/v2/services/"
UNIT = "399999001300016"
MODES = {"DIRECTE": ("cps-auth", "cps-sign"), "INDIRECTE": ("org-auth-cli", "org-sign")}


@cache
def seed() -> World:
    return World.load()


def peer(pki: Pki, name: str) -> Peer:
    """The certificate of a credential, as the listener reads it."""
    cert = held(pki.folder, name)
    unit = [str(a.value) for a in cert.cert.subject if a.oid.dotted_string == "2.5.4.11"]
    return Peer(
        cert.dn, cert.cn, unit[0] if unit else "", "CN=AC", "0a", "2030-01-01T00:00:00Z", "cd" * 32, cert.pem.decode()
    )


def message(body: str, vihf: etree._Element | None = None, *, action: str = "", message_id: str = "") -> bytes:
    """An envelope; addressing headers when an action is given."""
    head = ""
    if vihf is not None:
        head += f'<wsse:Security xmlns:wsse="{WSSE}">{etree.tostring(vihf, encoding="unicode")}</wsse:Security>'
    if action:
        identifier = message_id or f"urn:uuid:{uuid.uuid4()}"
        head += f'<w:Action xmlns:w="{WSA}">{action}</w:Action><w:MessageID xmlns:w="{WSA}">{identifier}</w:MessageID>'
    return f'<s:Envelope xmlns:s="{SOAP12}"><s:Header>{head}</s:Header><s:Body>{body}</s:Body></s:Envelope>'.encode()


def get_demographics(ins: str = "275126322074974", oid: str = "1.2.250.1.213.1.4.10", reason: str = "TEST_EXST") -> str:
    """PRPA_IN201307UV02."""
    return (
        '<PRPA_IN201307UV02 xmlns="urn:hl7-org:v3" ITSVersion="XML_1.0"><id root="1.2.3.1" extension="m1"/>'
        '<creationTime value="20261122101500"/>'
        '<interactionId root="2.16.840.1.113883.1.6" extension="PRPA_IN201307UV02"/>'
        '<processingCode code="P"/><processingModeCode code="T"/><acceptAckCode code="AL"/>'
        '<receiver typeCode="RCV"><device classCode="DEV" determinerCode="INSTANCE">'
        '<id root="1.2.250.1.213.4.1.1.1"/><softwareName>DMP</softwareName></device></receiver>'
        '<sender typeCode="SND"><device classCode="DEV" determinerCode="INSTANCE"><id root="1.2.3"/>'
        "<softwareName>LPS</softwareName></device></sender>"
        f'<controlActProcess classCode="CACT" moodCode="EVN"><reasonCode code="{reason}" '
        'codeSystem="1.2.250.1.213.1.1.4.11"/><queryByParameter><queryId root="1.2.3.2" extension="q1"/>'
        f'<statusCode code="new"/><parameterList><patientIdentifier><value root="{oid}" extension="{ins}"/>'
        "<semanticsText>Patient.id</semanticsText></patientIdentifier></parameterList></queryByParameter>"
        "</controlActProcess></PRPA_IN201307UV02>"
    )


@dataclass
class Reply:
    """What came back, and what the journal kept."""

    status: int
    body: bytes
    exchange: Exchange
    kind: str = ""  # Content-Type

    @property
    def rules(self) -> list[str]:
        return [f.rule for f in self.exchange.findings if f.severity != "info"]

    @property
    def inside(self) -> etree._Element:
        return read(self.body).body

    @property
    def fault(self) -> Fault:
        return read_fault(self.inside)

    def codes(self, name: str) -> list[str]:
        """The ``code`` of every element of that name."""
        return [e.get("code", "") for e in self.inside.iter(f"{{urn:hl7-org:v3}}{name}")]

    def texts(self, name: str) -> list[str]:
        """The text of every element of that local name."""
        return [e.text or "" for e in self.inside.iter() if etree.QName(e).localname == name]


class _Last(Journal):
    last: Exchange | None = None

    def record(self, exchange: Exchange, also: Iterable[Statement] = ()) -> int:
        self.last = exchange
        return super().record(exchange, also)


class Dmp:
    """The patient side over the packaged world and the test PKI."""

    def __init__(self, pki: Pki, path: Path | None = None) -> None:
        self.pki = pki
        registry = Registry(SWITCHES)
        self.sessions = Sessions(seed(), registry)
        self.journal = _Last(path)
        self.hub = Hub(self.sessions, self.journal, registry, pki.folder, revoked=pki.revoked)
        self.service = service(self.hub)

    @property
    def session(self) -> Session:
        return self.sessions.default

    def switch(self, **values: object) -> None:
        self.session.switches.set({f"dmp.{word}": value for word, value in values.items()})

    def signed(self, said: Said, signer: str = "") -> etree._Element:
        """A VIHF signed as its mode asks."""
        mode = said.attributes.get("Authentification_mode") or "INDIRECTE"
        return said.signed(held(self.pki.folder, signer or MODES.get(mode, MODES["INDIRECTE"])[1]))

    def call(
        self, word: str, body: bytes, *, client: str = "org-auth-cli", headers: dict[str, str] | None = None
    ) -> Reply:
        """One HTTP call."""
        sent: list[dict[str, Any]] = []
        said = {"content-type": "application/soap+xml; charset=utf-8", **(headers or {})}
        scope = {
            "type": "http",
            "method": "POST",
            "path": BASE + word,
            "query_string": b"",
            "headers": [(k.encode(), v.encode()) for k, v in said.items()],
            "client": ("127.0.0.1", 4),
            "server": ("127.0.0.1", 18450),
            "extensions": {"tls": {"peer": peer(self.pki, client), "tls": None, "listener": "dmp"}},
        }

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(one: dict[str, Any]) -> None:
            sent.append(one)

        asyncio.run(self.service(scope, receive, send))
        kept = self.journal.last
        assert kept is not None
        assert "bench_error" not in kept.facts, kept.facts["bench_error"]
        kind = dict(sent[0]["headers"]).get(b"content-type", b"").decode()
        return Reply(sent[0]["status"], b"".join(m.get("body", b"") for m in sent), kept, kind)

    def ask(self, word: str, body: str, said: Said = INDIRECT, **kwargs: Any) -> Reply:
        """A call with a VIHF signed and sent as its mode asks."""
        mode = said.attributes.get("Authentification_mode") or "INDIRECTE"
        client = kwargs.pop("client", MODES.get(mode, MODES["INDIRECTE"])[0])
        return self.call(word, message(body, self.signed(said)), client=client, **kwargs)

    def status(self, patient: str, said: Said = DIRECT, reason: str = "TEST_EXST") -> Reply:
        """TD0.2 on a patient of the world."""
        ins, oid = self.ins(patient)
        return self.ask("patients", get_demographics(ins, oid, reason), about(said, ins, oid))

    def ins(self, patient: str) -> tuple[str, str]:
        """INS and OID as the DMP's test environment has them."""
        held_ = self.session.world.patients[patient].ins
        assert held_ is not None
        return held_.full, self.session.world.dmp_oid(held_)


def about(said: Said, ins: str, oid: str) -> Said:
    """The VIHF about that patient."""
    return said.changed(attributes={**said.attributes, RESOURCE: f"{ins}^^^&{oid}&ISO^NH"})


__all__ = ["AIR", "DIRECT", "INDIRECT", "Dmp", "Reply", "about", "get_demographics", "message"]
