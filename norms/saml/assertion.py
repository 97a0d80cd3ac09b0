"""A SAML 2.0 assertion as the AMO teleservices use it: who speaks, in which capacity, since when.

SAML 2.0 Core §2.3 for the shape; what the INSi teleservice puts in it is in `norms.saml.ps`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lxml import etree

from norms.finding import Finding, find
from norms.soap.names import local
from norms.soap.tree import elements, place, value

SAML: Final = "urn:oasis:names:tc:SAML:2.0:assertion"
ASSERTION: Final = f"{{{SAML}}}Assertion"
_ISSUER, _SUBJECT, _NAME_ID, _STATEMENT, _ATTRIBUTE, _VALUE = (
    f"{{{SAML}}}{name}" for name in ("Issuer", "Subject", "NameID", "AttributeStatement", "Attribute", "AttributeValue")
)


@dataclass(frozen=True, slots=True)
class Assertion:
    """An assertion as read; what is absent is empty. ``attributes`` keeps names as written, in order."""

    element: etree._Element
    id: str
    version: str
    issue_instant: str
    issuer: str
    issuer_format: str
    format_misnamed: bool  # the format stands in an attribute IssuerFormat, as the official C# kit writes it
    name_id: str
    qualifier: str
    attributes: tuple[tuple[str, str], ...]

    def attribute(self, name: str) -> str:
        """The first value of an attribute, its name compared without regard to case; empty when absent."""
        wanted = name.lower()
        return next((found for key, found in self.attributes if key.lower() == wanted), "")


def read_assertion(element: etree._Element) -> tuple[Assertion, list[Finding]]:
    """An ``Assertion`` element read, with SAML-XML-01 for a part that stands twice (which one counts is unclear)."""
    findings: list[Finding] = []
    parts = _parts(element, (_ISSUER, _SUBJECT), findings)
    issuer, subject = parts.get(_ISSUER), parts.get(_SUBJECT)
    name_id = _parts(subject, (_NAME_ID,), findings).get(_NAME_ID) if subject is not None else None
    misnamed = issuer is not None and issuer.get("Format") is None and issuer.get("IssuerFormat") is not None
    return (
        Assertion(
            element=element,
            id=element.get("ID", ""),
            version=element.get("Version", ""),
            issue_instant=element.get("IssueInstant", ""),
            issuer=value(issuer) if issuer is not None else "",
            issuer_format=issuer.get("IssuerFormat" if misnamed else "Format", "") if issuer is not None else "",
            format_misnamed=misnamed,
            name_id=value(name_id) if name_id is not None else "",
            qualifier=name_id.get("NameQualifier", "") if name_id is not None else "",
            attributes=tuple(
                (attribute.get("Name", ""), _first_value(attribute))
                for statement in elements(element)
                if statement.tag == _STATEMENT
                for attribute in elements(statement)
                if attribute.tag == _ATTRIBUTE
            ),
        ),
        findings,
    )


def _parts(parent: etree._Element, wanted: tuple[str, ...], findings: list[Finding]) -> dict[str, etree._Element]:
    found: dict[str, etree._Element] = {}
    for child in elements(parent):
        if child.tag in found:
            findings.append(find("SAML-XML-01", found=local(child.tag), where=place(child)))
            break
        if child.tag in wanted:
            found[child.tag] = child
    return found


def _first_value(attribute: etree._Element) -> str:
    return next((value(child) for child in elements(attribute) if child.tag == _VALUE), "")
