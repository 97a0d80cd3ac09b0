"""What every entry has: identifiers, templateIds, a text that points at the narrative, relations between entries."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from norms.cda.build.model import Code, Ident
from norms.cda.build.sections import template_ids
from norms.cda.build.xml import Child, E, coded, ident, quantity, reference
from norms.cda.document import Element

Time = datetime | str | None
LOINC = "2.16.840.1.113883.6.1"
SNOMED = "2.16.840.1.113883.6.96"
TA = "1.2.250.1.213.1.1.4.322"
ICD10 = "2.16.840.1.113883.6.3"
ATC = "2.16.840.1.113883.6.73"
CIS = "1.2.250.1.213.2.3.1"
CCAM = "1.2.250.1.215.300.1"
ROLE = "2.16.840.1.113883.5.111"
ACT = "2.16.840.1.113883.5.4"
EDQM = "0.4.0.127.0.16.1.1.2.1"
DICOM = "1.2.840.10008.2.16.4"
FR = "1.2.250.1.213.1.1.3."


def act(tag: str, template: str, *children: Child, kind: str, mood: str = "EVN", **attributes: Any) -> Element:
    """A clinical statement with the templateIds of a template (``48`` is 1.2.250.1.213.1.1.3.48)."""
    root = template if template.count(".") > 4 else FR + template
    return E(tag, template_ids(root), *children, classCode=kind, moodCode=mood, **attributes)


def related(kind: str, entry: Element, *, inverted: bool | None = None) -> Element:
    """An entryRelationship."""
    said = None if inverted is None else str(inverted).lower()
    return E("entryRelationship", entry, typeCode=kind, inversionInd=said)


def statement(
    template: str,
    id: Ident | None,
    code: Code,
    value: Child,
    *,
    anchor: str = "",
    time: Child = None,
    status: str = "completed",
    more: Child = None,
    negated: bool | None = None,
) -> Element:
    """An observation: code, value, when, and the narrative that words it."""
    said = None if negated is None else str(negated).lower()
    text = reference(anchor) if anchor else None
    return act(
        "observation",
        template,
        ident(id),
        coded("code", code),
        text,
        E("statusCode", code=status),
        time,
        value,
        more,
        kind="OBS",
        negationInd=said,
    )


def pq(value: str, unit: str = "1") -> Element:
    """A measured value."""
    return quantity("value", value, unit, kind="PQ")


def cd(code: Code | None, *, kind: str = "CD") -> Element:
    """A coded value."""
    return coded("value", code, kind=kind)


def boolean(value: bool) -> Element:
    """A BL value."""
    return E("value", xsi_type="BL", value=str(value).lower())


def string(value: str) -> Element:
    """An ST value."""
    return E("value", value, xsi_type="ST")


def integer(value: int) -> Element:
    """An INT value."""
    return E("value", xsi_type="INT", value=str(value))


def loinc(code: str, display: str, original: str = "") -> Code:
    """A LOINC code."""
    return Code(code, LOINC, display, original)


def snomed(code: str, display: str, original: str = "") -> Code:
    """A SNOMED CT code."""
    return Code(code, SNOMED, display, original)


def ta(code: str, display: str, original: str = "") -> Code:
    """A code of the ANS's terminology TA_ASIP."""
    return Code(code, TA, display, original)


def icd10(code: str, display: str, original: str = "") -> Code:
    """A CIM-10 code."""
    return Code(code, ICD10, display, original)
