"""A VIHF as read: the SAML assertion of the DMP (guide SEL-MP-037, TD0.1), its attributes taken apart."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from lxml import etree

from norms.finding import Finding, Where
from norms.saml.assertion import SAML, Assertion, read_assertion
from norms.soap.names import local
from norms.soap.tree import elements, place, value
from norms.vihf import names

HL7: Final = "urn:hl7-org:v3"
_ROLE, _PURPOSE = f"{{{HL7}}}Role", f"{{{HL7}}}PurposeOfUse"
_STATEMENT, _ATTRIBUTE, _VALUE, _AUTHN, _CONTEXT, _CONDITIONS, _AUDIENCE = (
    f"{{{SAML}}}{name}"
    for name in (
        "AttributeStatement",
        "Attribute",
        "AttributeValue",
        "AuthnStatement",
        "AuthnContext",
        "Conditions",
        "AudienceRestriction",
    )
)
_CX: Final = re.compile(r"(\w{15})\^\^\^&([\d.]+)&ISO\^NH(?:\^\^\d{8,14})?", re.ASCII)
_MOST: Final = 40  # attributes read: a VIHF has fifteen


@dataclass(frozen=True, slots=True)
class Coded:
    """A coded value as HL7 v3 writes it (CE)."""

    code: str
    system: str
    display: str
    element: etree._Element

    @property
    def pair(self) -> tuple[str, str]:
        """Code and code system, what tables are keyed by."""
        return self.code, self.system


@dataclass(frozen=True, slots=True)
class Vihf:
    """A VIHF; what is absent is empty. ``values`` holds the AttributeValue elements by the attribute's proper name."""

    assertion: Assertion
    names: tuple[str, ...]  # of the attributes, as written, in order
    values: Mapping[str, tuple[etree._Element, ...]]
    roles: tuple[Coded, ...]
    purpose: Coded | None
    authn_instant: str
    class_ref: str
    declaration: str
    conditions: etree._Element | None

    def text(self, name: str) -> str:
        """The first value of an attribute as text."""
        held = self.values.get(name)
        return value(held[0]) if held else ""

    def where(self, name: str = "") -> Where:
        """The place of an attribute, else the assertion with what is missing."""
        held = self.values.get(name)
        return place(held[0]) if held else place(self.assertion.element, name)

    @property
    def user(self) -> str:
        """Who acts: NameID."""
        return self.assertion.name_id

    @property
    def mode(self) -> str:
        """How the user was authenticated: DIRECTE, INDIRECTE, INDIRECTE_RENFORCEE."""
        return self.text(names.MODE)

    @property
    def structure(self) -> str:
        """The national identifier of the structure."""
        return self.text(names.STRUCTURE)

    @property
    def access(self) -> str:
        """The access mode: normal, centre_15, bris_de_glace."""
        return self.purpose.code if self.purpose else ""

    @property
    def ins(self) -> tuple[str, str]:
        """The patient's INS (15 characters) and its OID; empty when absent or not in the form of a CX."""
        return read_cx(self.text(names.RESOURCE))

    @property
    def secret(self) -> bool:
        """Whether the secret connection of a minor is asked for."""
        return bool(self.text(names.CONFIDENTIALITY))


def read_cx(text: str) -> tuple[str, str]:
    """INS (15 characters) and OID of ``{INS}^^^&{OID}&ISO^NH``, with or without the date of CX.7; empty otherwise."""
    match = _CX.fullmatch(text)
    return (match[1], match[2]) if match else ("", "")


def read_vihf(element: etree._Element) -> tuple[Vihf, list[Finding]]:
    """An ``Assertion`` element read as a VIHF, with SAML-XML-01 for a part that stands twice."""
    assertion, findings = read_assertion(element)
    written: list[str] = []
    held: dict[str, tuple[etree._Element, ...]] = {}
    attributes = [a for s in elements(element) if s.tag == _STATEMENT for a in elements(s) if a.tag == _ATTRIBUTE]
    for attribute in attributes[:_MOST]:
        name = attribute.get("Name", "")
        written.append(name)
        proper = names.KNOWN.get(name.lower(), name)
        held[proper] = (*held.get(proper, ()), *(v for v in elements(attribute) if v.tag == _VALUE))
    statement = element.find(_AUTHN)
    context = statement.find(_CONTEXT) if statement is not None else None
    purpose = [c for v in held.get(names.PURPOSE, ()) for c in _coded(v, _PURPOSE)]
    return (
        Vihf(
            assertion=assertion,
            names=tuple(written),
            values=held,
            roles=tuple(c for v in held.get(names.ROLE, ()) for c in _coded(v, _ROLE)),
            purpose=purpose[0] if purpose else None,
            authn_instant=statement.get("AuthnInstant", "") if statement is not None else "",
            class_ref=_said(context, "AuthnContextClassRef"),
            declaration=_said(context, "AuthnContextDecl"),
            conditions=element.find(_CONDITIONS),
        ),
        findings,
    )


def audience(vihf: Vihf) -> etree._Element | None:
    """The AudienceRestriction, which a VIHF must not have."""
    return None if vihf.conditions is None else vihf.conditions.find(_AUDIENCE)


def _coded(holder: etree._Element, tag: str) -> list[Coded]:
    return [
        Coded(e.get("code", ""), e.get("codeSystem", ""), e.get("displayName", ""), e)
        for e in elements(holder)
        if local(e.tag) == local(tag)
    ]


def _said(context: etree._Element | None, name: str) -> str:
    found = context.find(f"{{{SAML}}}{name}") if context is not None else None
    if found is None:
        return ""
    return value(found) or " ".join("".join(str(part) for part in found.itertext()).split())
