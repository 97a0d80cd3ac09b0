"""Who calls: a professional's signed assertion, a Pro Santé Connect assertion, or a software's certificate."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from lxml import etree

from mocks.anchor import Anchor
from mocks.grants import Grants
from mocks.http import Call
from mocks.insi.wire import Request
from norms.finding import Finding, find
from norms.insi.names import CERTIFICATE_NAMES, WS_INS1
from norms.saml import (
    ASSERTION,
    PSC,
    VITALE,
    Assertion,
    Trust,
    check_card,
    check_psc,
    check_vitale,
    read_assertion,
)
from norms.soap.names import SECURITY
from norms.soap.tree import elements, place

MUTUAL_TLS = "insi_tlsm"


@dataclass(frozen=True, slots=True)
class Access:
    """How the caller authenticated: ``mode`` ps | psc | tlsm, ``identity`` what Emetteur must be, ``card`` the serial
    number that a VITALE assertion gives."""

    mode: str
    identity: str = ""
    card: str = ""


def authenticate(
    call: Call, request: Request, operation: str, anchor: Anchor, now: float, tolerance: float
) -> tuple[Access, list[Finding]]:
    """Who calls and what is wrong with it (INSI-TLS-*, INSI-SEC-*, SAML-*, INSI-CTX-09)."""
    findings: list[Finding] = []
    people, cards = _assertions(request, operation, findings)

    def trust(word: str) -> Trust:
        return Trust(anchor.store(), now, float(call.switch(word)), tolerance, call.hub.revoked)

    for vitale in cards[:1]:
        findings += check_vitale(vitale, trust("vitale_life_s"))
    serial = cards[0].name_id if cards else ""
    if call.exchange.listener == MUTUAL_TLS:
        access = Access("tlsm", call.peer.organizational_unit if call.peer else "", serial)
        findings += _certificate(call, people)
    else:
        access = Access(*_person(call, request, people, trust, findings), card=serial)
    sender = request.headers.sender
    if sender and access.identity and sender != access.identity:
        where = place(request.envelope.root, "Header/ContexteBAM/Emetteur")
        findings.append(find("INSI-CTX-09", expected=access.identity, found=sender, where=where))
    return access, findings


def _assertions(request: Request, operation: str, findings: list[Finding]) -> tuple[list[Assertion], list[Assertion]]:
    count = request.envelope.count(SECURITY)
    block: etree._Element | None = request.envelope.header(SECURITY) if count else None
    if block is None:
        return [], []
    if count > 1:
        findings.append(find("INSI-SEC-07", found=count, where=place(block)))
    people: list[Assertion] = []
    cards: list[Assertion] = []
    for element in elements(block):
        if element.tag == ASSERTION:
            assertion, problems = read_assertion(element)
            findings += problems
            (cards if assertion.qualifier == VITALE else people).append(assertion)
    allowed = 1 if operation == WS_INS1 else 0
    if len(people) > 1 or len(cards) > allowed:
        seen = f"{len(people)} PS, {len(cards)} VITALE"
        findings.append(find("INSI-SEC-03", expected=f"1 PS, {allowed} VITALE", found=seen, where=place(block)))
    if operation == WS_INS1 and not cards:
        findings.append(find("INSI-SEC-04", where=place(block)))
    return people, cards


def _certificate(call: Call, people: list[Assertion]) -> list[Finding]:
    findings: list[Finding] = []
    name = call.peer.common_name if call.peer else ""
    if name not in CERTIFICATE_NAMES:
        findings.append(find("INSI-TLS-01", expected=" / ".join(CERTIFICATE_NAMES), found=name or "—"))
    if people:
        findings.append(find("INSI-SEC-02", where=place(people[0].element)))
    return findings


def _person(
    call: Call, request: Request, people: list[Assertion], trust: Callable[[str], Trust], findings: list[Finding]
) -> tuple[str, str]:
    if not people:
        findings.append(find("INSI-SEC-01", where=place(request.envelope.root, "Header/Security")))
        return "ps", ""
    person = people[0]
    call.exchange.facts["name_id"] = person.name_id
    if person.qualifier == PSC:
        if not call.switch("psc"):
            findings.append(find("INSI-SEC-05", where=place(person.element)))
        findings += check_psc(person, trust("assertion_life_s"))
        findings += _token(call, person)
        return "psc", person.name_id
    findings += check_card(person, trust("assertion_life_s"))
    return "ps", person.name_id


def _token(call: Call, person: Assertion) -> list[Finding]:
    """The PSC token that comes with the assertion: good now, and of the same person (transport provisional)."""
    wanted = str(call.switch("psc_token"))
    scheme, _, value = call.header("authorization").partition(" ")
    if wanted == "ignored" or (scheme.lower() != "bearer" and wanted == "optional"):
        return []
    if scheme.lower() != "bearer":
        return [find("INSI-SEC-08", where=place(person.element))]
    token, reason = call.session.state("grants", Grants).bearer(value.strip(), call.session.clock.now())
    if token is None:
        return [find("INSI-SEC-09", found=reason)]
    login = token.grant.login
    call.exchange.facts["psc_session"] = login.sid
    if login.national_id == person.name_id:
        return []
    return [find("INSI-SEC-10", expected=login.national_id, found=person.name_id, where=place(person.element))]


def authorised(idam: str, allowed: str) -> list[Finding]:
    """INSI-LPS-08 when the software's number is not among those allowed (blanks or commas between; none: all)."""
    numbers = [number for number in re.split(r"[\s,;]+", allowed) if number]
    if not numbers or idam in numbers:
        return []
    return [find("INSI-LPS-08", expected=", ".join(numbers), found=idam or "—")]
