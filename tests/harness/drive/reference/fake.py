"""A reference software at hand, and the INSi it talks to: answers written from the contract, requests kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import httpx
from jsonschema import Draft202012Validator
from lxml import etree

from harness.drive.reference import openapi
from harness.drive.reference.app import perform
from harness.drive.reference.config import Config
from harness.drive.reference.defects import Defects
from harness.drive.reference.insi_client import InsiClient
from harness.drive.reference.software import Software

SOAP = "http://www.w3.org/2003/05/soap-envelope"
RESULT = "http://www.cnamts.fr/INSiResultat"
ADRUN = {
    "birth_name": "ADRUN",
    "first_given_name": "ZOE",
    "sex": "F",
    "birth_date": "1975-12-31",
    "birth_place": "63220",
}
INS, OID = "275126322074974", "1.2.250.1.213.1.4.8"


class FakeInsi:
    """Answers what a test says, the last one for ever; keeps what it received."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.answers: list[Callable[[httpx.Request], httpx.Response]] = []

    def will(self, *answers: httpx.Response | Exception | str) -> None:
        """Set the answers to come: a response, an exception, or the code of an outcome (00, 01, 02, OK, KO)."""
        self.requests.clear()
        self.answers = [_answer(answer) for answer in answers]

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return answer(request)

    @property
    def envelopes(self) -> list[etree._Element]:
        """The requests, parsed."""
        return [etree.fromstring(request.content) for request in self.requests]

    def sent(self, name: str) -> list[str]:
        """The text of that element (local name) in each request, empty where it is absent."""
        return [str(e.xpath(f"string(//*[local-name()='{name}'])")) for e in self.envelopes]

    outcome = staticmethod(lambda code: soap(_result(code)))
    found = staticmethod(lambda **changes: soap(found(**changes)))
    fault = staticmethod(lambda code, status=500: soap(fault(code), status))


def _answer(answer: httpx.Response | Exception | str) -> Callable[[httpx.Request], httpx.Response]:
    def give(request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, str):
            code = {"OK": "00", "KO": "01"}.get(answer, answer)
            return soap(found() if answer == "00" else _result(code))
        return httpx.Response(answer.status_code, content=answer.content)

    return give


def soap(body: str, status: int = 200) -> httpx.Response:
    """An envelope with that body."""
    return httpx.Response(status, text=f'<x:Envelope xmlns:x="{SOAP}"><x:Body>{body}</x:Body></x:Envelope>')


def _result(code: str) -> str:
    cr = f"<r:CR><r:CodeCR>{code}</r:CodeCR><r:LibelleCR>?</r:LibelleCR></r:CR>"
    return f'<r:RESULTAT xmlns:r="{RESULT}">{cr}</r:RESULTAT>'


def found(ins: str = INS, oid: str = OID, history: tuple[str, ...] = (), **traits: str) -> str:
    """A RESULTAT 00 with ADRUN ZOE, some traits changed (element names)."""
    tiq = {
        "NomNaissance": "ADRUN",
        "ListePrenom": "ZOE",
        "Sexe": "F",
        "DateNaissance": "1975-12-31",
        "LieuNaissance": "63220",
        **traits,
    }

    def one(tag: str, value: str) -> str:
        number = f"<NumIdentifiant>{value[:13]}</NumIdentifiant><Cle>{value[13:]}</Cle>"
        return f"<{tag}><IdIndividu>{number}</IdIndividu><OID>{oid}</OID></{tag}>"

    past = "".join(one("INSHISTO", value) for value in history)
    lines = "".join(f"<{name}>{value}</{name}>" for name, value in tiq.items())
    cr = "<CR><CodeCR>00</CodeCR><LibelleCR>OK</LibelleCR></CR>"
    return (
        f'<RESULTAT xmlns="{RESULT}">{cr}<INDIVIDU>{one("INSACTIF", ins)}{past}<TIQ>{lines}</TIQ></INDIVIDU></RESULTAT>'
    )


def fault(code: str) -> str:
    """A SOAP fault with a siram detail."""
    return (
        "<x:Fault><x:Code><x:Value>x:Receiver</x:Value><x:Subcode><x:Value>x:siram_40</x:Value></x:Subcode></x:Code>"
        '<x:Reason><x:Text xml:lang="fr">Service indisponible</x:Text></x:Reason>'
        f'<x:Detail><e:Erreur xmlns:e="urn:siram" severite="fatale" code="{code}">technique</e:Erreur></x:Detail>'
        "</x:Fault>"
    )


class Lps:
    """A software and a way to drive it; every answer is checked against the OpenAPI document."""

    def __init__(self, config: Config, insi: FakeInsi) -> None:
        self.insi = insi
        assert config.insi
        client = InsiClient(config.insi, Defects(config.defects), httpx.MockTransport(insi))
        self.software = Software(config, client)

    def act(self, name: str, /, **body: Any) -> dict[str, Any]:
        """The whole answer of an action."""
        assert openapi.wrong(name, body) == ""
        answer = perform(self.software, name, body)
        _conforms(name, answer)
        return answer

    def do(self, name: str, /, **body: Any) -> dict[str, Any]:
        """The result of an action that must not be refused."""
        answer = self.act(name, **body)
        assert answer["ok"], answer
        result: dict[str, Any] = answer["result"]
        return result

    def new(self, identity: Mapping[str, Any] | None = None, **traits: str) -> str:
        """A record of ADRUN ZOE, some traits changed."""
        more = {"identity": identity} if identity else {}
        return str(self.do("patient.create", traits={**ADRUN, **traits}, **more)["patient"])

    def known(self, status: str, **traits: str) -> str:
        """A record in that status, with the INS when it goes with one."""
        ins = {"ins": INS, "oid": OID} if status in ("recuperee", "qualifiee") else {}
        return self.new({"status": status, **ins}, **traits)

    def get(self, patient: str) -> dict[str, Any]:
        """The record."""
        return self.do("patient.get", patient=patient)


def _conforms(name: str, answer: dict[str, Any]) -> None:
    _schema(name if answer["ok"] else "").validate(answer)


@cache
def _schema(name: str) -> Draft202012Validator:
    whole = openapi.document("fr")
    schema: dict[str, Any] = {"$ref": "#/components/schemas/Answer"}
    if name:
        done = whole["paths"][f"/actions/{name}"]["post"]["responses"]["200"]
        schema = done["content"]["application/json"]["schema"]
    return Draft202012Validator({**schema, "components": whole["components"]})
