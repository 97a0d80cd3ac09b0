"""Rules of the assertions sent to the AMO teleservices: professional with a card, Pro Santé Connect, Vitale card.

The shapes are those of the INSi guide (SEL-MP-043) as its official kit, implementers and captures show them. Nothing
here says what a gateway answers: that is the service's affair.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from norms.finding import Finding, find
from norms.instant import read_utc, write_utc
from norms.saml.assertion import Assertion
from norms.saml.dn import read_dn
from norms.saml.signature import SIGNATURE, verify
from norms.saml.trust import Certificate, TrustStore, check_certificate
from norms.soap.tree import place

SUBJECT_NAME: Final = "urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName"
CARDS: Final = ("CPS", "CPF", "CDE", "CPE", "CDE-CPE", "CPA", "CPX")
PSC: Final = "PSC"
VITALE: Final = "VITALE"
_BY_CARD_TYPE: Final = {0: ("CPS",), 1: ("CPF",), 2: ("CPE", "CDE", "CDE-CPE"), 3: ("CPA",)}
_KNOWN: Final = {
    name.lower(): name
    for name in (
        "identifiantFacturation",
        "codeSpecialite",
        "secteurActivite",
        "codeSpecialiteAMO",
        "gipProfessionCode",
    )
}
_MOST_ATTRIBUTES: Final = 30
_SECTOR: Final = re.compile(r"SA\d\d", re.ASCII)


@dataclass(frozen=True, slots=True)
class Trust:
    """What an assertion is checked against. Times in seconds; ``revoked`` takes a serial in hexadecimal."""

    store: TrustStore
    now: float
    life: float = 3600.0
    tolerance: float = 300.0
    revoked: Callable[[str], bool] = lambda _serial: False


def check_form(assertion: Assertion, trust: Trust) -> list[Finding]:
    """What every kind of assertion must have: ID, version, instant in its window, issuer, subject, known attributes."""
    here, findings = assertion.element, []
    if not assertion.id:
        findings.append(find("SAML-XML-02", found="ID", where=place(here)))
    if assertion.version != "2.0":
        findings.append(find("SAML-VER-01", expected="2.0", found=assertion.version or "—", where=place(here)))
    issued = read_utc(assertion.issue_instant)
    if issued is None:
        findings.append(find("SAML-TIME-03", found=assertion.issue_instant or "—", where=place(here)))
    elif trust.now - issued > trust.life + trust.tolerance:
        age = f"{trust.now - issued:.0f}"
        findings.append(find("SAML-TIME-01", expected=f"{trust.life:.0f}", found=age, where=place(here)))
    elif issued - trust.now > trust.tolerance:
        findings.append(
            find("SAML-TIME-02", expected=write_utc(trust.now), found=assertion.issue_instant, where=place(here))
        )
    if not assertion.issuer:
        findings.append(find("SAML-ISS-01", where=place(here, "Issuer")))
    if not assertion.name_id:
        findings.append(find("SAML-NID-01", where=place(here, "Subject/NameID")))
    return findings


def check_card(assertion: Assertion, trust: Trust) -> list[Finding]:
    """A professional's assertion signed by a card (CPS, CPE…): form, signature, certificate, and what ties them."""
    findings = check_form(assertion, trust)
    here = assertion.element
    if assertion.qualifier not in CARDS:
        expected = ", ".join((*CARDS, PSC))
        findings.append(find("SAML-NID-02", expected=expected, found=assertion.qualifier or "—", where=place(here)))
    findings += _attributes(assertion)
    if assertion.format_misnamed:
        findings.append(find("SAML-ISS-03", where=place(here, "Issuer")))
    if assertion.issuer_format != SUBJECT_NAME:
        found = assertion.issuer_format or "—"
        findings.append(find("SAML-ISS-02", expected=SUBJECT_NAME, found=found, where=place(here, "Issuer")))
    signer, refused = verify(here)
    findings += refused
    if signer is not None:
        findings += check_certificate(signer, trust.store, trust.now, trust.revoked)
        findings += _tied(assertion, signer)
    return findings


def check_psc(assertion: Assertion, trust: Trust) -> list[Finding]:
    """The Pro Santé Connect variant: unsigned, NameQualifier ``PSC``."""
    findings = check_form(assertion, trust) + _attributes(assertion)
    if next(assertion.element.iter(SIGNATURE), None) is not None:
        findings.append(find("SAML-PSC-01", where=place(assertion.element, "Signature")))
    return findings


def check_vitale(assertion: Assertion, trust: Trust) -> list[Finding]:
    """The Vitale assertion that goes with WS_INS1: NameID is the card's serial number; a signature is optional."""
    findings = check_form(assertion, trust)
    if next(assertion.element.iter(SIGNATURE), None) is not None:
        findings += verify(assertion.element)[1]
    return findings


def _attributes(assertion: Assertion) -> list[Finding]:
    findings, here = [], assertion.element
    for name, _ in assertion.attributes[:_MOST_ATTRIBUTES]:
        known = _KNOWN.get(name.lower())
        if known is None:
            findings.append(find("SAML-ATT-02", expected=", ".join(_KNOWN.values()), found=name, where=place(here)))
        elif known != name:
            findings.append(find("SAML-ATT-01", expected=known, found=name, where=place(here)))
    sector = assertion.attribute("secteurActivite")
    if not sector and assertion.qualifier in CARDS:
        findings.append(find("SAML-ATT-03", expected="secteurActivite", where=place(here, "AttributeStatement")))
    if sector and not _SECTOR.fullmatch(sector):
        findings.append(find("SAML-ATT-04", expected="SAnn", found=sector, where=place(here, "AttributeStatement")))
    return findings


def _tied(assertion: Assertion, signer: Certificate) -> list[Finding]:
    """What the assertion says of its author against what the certificate says."""
    findings, here = [], assertion.element
    if assertion.name_id != signer.common_name:
        where = place(here, "Subject/NameID")
        findings.append(find("SAML-CRT-06", expected=signer.common_name, found=assertion.name_id, where=where))
    said = read_dn(assertion.issuer)
    if assertion.issuer and said != signer.subject:
        where = place(here, "Issuer")
        rule = "SAML-ISS-04" if said is None else "SAML-CRT-07"
        findings.append(find(rule, expected=signer.subject_text, found=assertion.issuer, where=where))
    cards = _BY_CARD_TYPE.get(signer.card_type) if signer.card_type is not None else None
    if cards and assertion.qualifier not in (*cards, "CPX"):
        where = place(here, "Subject/NameID")
        findings.append(find("SAML-CRT-10", expected=", ".join(cards), found=assertion.qualifier, where=where))
    return findings
