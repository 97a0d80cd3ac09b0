"""The bodies of the recovery requests: RECSANSVITALE (WS_INS2, traits) and RECVITALE (WS_INS1, card).

The schema makes every element optional; what is really required is a business rule of the service, known by its code
for the birth name (insi_19) and the sex (insi_24), inferred for the others.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from lxml import etree

from norms.finding import Finding, find
from norms.ins import dates, lexical, matricule, traits
from norms.insi.names import CARD, TRAITS
from norms.insi.shape import Shape
from norms.soap.tree import place, value

LONGEST: Final = 200  # characters of a name looked at; no real one is longer
ROOT_TRAITS: Final = f"{{{TRAITS}}}RECSANSVITALE"
ROOT_CARD: Final = f"{{{CARD}}}RECVITALE"
_TRAITS: Final = Shape(TRAITS, "NomNaissance", "Prenom*", "Sexe", "DateNaissance", "LieuNaissance")
_CARD: Final = Shape(CARD, "MatriculeIndividu", "MatriculeOD", "NomNaissance", "DateNaissance", "RangNaissance")
_MATRICULE: Final = Shape(CARD, "NumIdentifiant", "Cle", "TypeMatricule")
_RANK: Final = re.compile(r"\d", re.ASCII)


@dataclass(frozen=True, slots=True)
class TraitsSearch:
    """What WS_INS2 asks for; empty where absent. ``birth_date`` AAAA-MM-JJ as sent."""

    birth_name: str = ""
    given_name: str = ""
    sex: str = ""
    birth_date: str = ""
    birth_place: str = ""


@dataclass(frozen=True, slots=True)
class CardSearch:
    """What WS_INS1 asks for. ``holder`` is the matricule of the opening-right holder, 13 characters as sent."""

    holder: str = ""
    individual: str = ""
    birth_name: str = ""
    birth_date: str = ""
    rank: str = ""


def read_traits(body: etree._Element) -> tuple[TraitsSearch, list[Finding]]:
    """A RECSANSVITALE element and its findings (INSI-REQ-*, INSI-XSD-*, INS-LEX-*)."""
    findings: list[Finding] = []
    fields = _TRAITS.read(body, findings)
    given = [value(e) for e in body.iterchildren(f"{{{TRAITS}}}Prenom")]
    if len(given) > 1:
        findings.append(find("INSI-REQ-08", found=len(given), where=place(fields["Prenom"])))
    asked = TraitsSearch(
        _text(fields, "NomNaissance"),
        " ".join(given),
        _text(fields, "Sexe"),
        _text(fields, "DateNaissance"),
        _text(fields, "LieuNaissance"),
    )
    if not asked.birth_name:
        findings.append(find("INSI-REQ-01", where=place(body, "NomNaissance")))
    if asked.sex not in ("M", "F"):
        findings.append(find("INSI-REQ-02", expected="M, F", found=asked.sex or "—", where=place(body, "Sexe")))
    if not asked.given_name:
        findings.append(find("INSI-REQ-03", where=place(body, "Prenom")))
    _birth_date(body, fields, findings)
    if asked.birth_place and not traits.place(asked.birth_place):
        where = place(fields["LieuNaissance"])
        findings.append(find("INSI-REQ-06", found=asked.birth_place, where=where))
    findings += _lexical(fields, "NomNaissance", asked.birth_name, "birth_name")
    findings += _lexical(fields, "Prenom", asked.given_name, "given_name")
    return asked, findings


def read_card(body: etree._Element) -> tuple[CardSearch, list[Finding]]:
    """A RECVITALE element and its findings (INSI-REQ-*, INSI-XSD-*, INS-LEX-*)."""
    findings: list[Finding] = []
    fields = _CARD.read(body, findings)
    asked = CardSearch(
        _number(fields.get("MatriculeOD"), findings),
        _number(fields.get("MatriculeIndividu"), findings),
        _text(fields, "NomNaissance"),
        _text(fields, "DateNaissance"),
        _text(fields, "RangNaissance"),
    )
    if not asked.holder:
        findings.append(find("INSI-REQ-09", where=place(body, "MatriculeOD/NumIdentifiant")))
    _birth_date(body, fields, findings)
    if asked.rank and not _RANK.fullmatch(asked.rank):
        findings.append(find("INSI-REQ-12", found=asked.rank, where=place(fields["RangNaissance"])))
    findings += _lexical(fields, "NomNaissance", asked.birth_name, "birth_name")
    return asked, findings


def _text(fields: dict[str, etree._Element], name: str) -> str:
    element = fields.get(name)
    return value(element) if element is not None else ""


def _lexical(fields: dict[str, etree._Element], name: str, text: str, kind: lexical.Kind) -> list[Finding]:
    return check_name(fields[name], text, kind) if text else []


def check_name(element: etree._Element, text: str, kind: lexical.Kind) -> list[Finding]:
    """INSI-REQ-13 and INS-LEX-* on a name, placed at its element; a few of them are enough."""
    findings = [replace(found, where=place(element)) for found in lexical.check(text[:LONGEST], kind)[:10]]
    if len(text) > LONGEST:
        findings.append(find("INSI-REQ-13", expected=LONGEST, found=len(text), where=place(element)))
    return findings


def _birth_date(body: etree._Element, fields: dict[str, etree._Element], findings: list[Finding]) -> None:
    sent = _text(fields, "DateNaissance")
    if not sent:
        findings.append(find("INSI-REQ-04", where=place(body, "DateNaissance")))
    elif not dates.written(sent):
        findings.append(find("INSI-REQ-05", expected="AAAA-MM-JJ", found=sent, where=place(fields["DateNaissance"])))
    elif not dates.exists(sent):
        findings.append(find("INSI-REQ-07", found=sent, where=place(fields["DateNaissance"])))


def _number(element: etree._Element | None, findings: list[Finding]) -> str:
    if element is None:
        return ""
    fields = _MATRICULE.read(element, findings)
    number, key = _text(fields, "NumIdentifiant"), _text(fields, "Cle")
    if number and not matricule.well_formed(number):
        findings.append(find("INSI-REQ-10", found=number, where=place(fields["NumIdentifiant"])))
    elif number and key and not matricule.valid(number, key):
        expected = matricule.key(number)
        findings.append(find("INSI-REQ-11", expected=expected, found=key, where=place(fields["Cle"])))
    return number
