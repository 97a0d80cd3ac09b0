"""Stage 5: codes looked up in their own code system, and units in UCUM, where the user's rule pack has them.

Value sets are the header's and the volets' business (`norms.cda.coded`). A code system that is not loaded leaves its
codes *not checked*: `unchecked` says which.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from norms.cda import coded as held
from norms.cda.document import XSI_TYPE, Document, Element, each, first, qname, shown
from norms.codes.forms import FORMS, well_formed
from norms.finding import Finding, find

_UCUM = "2.16.840.1.113883.6.8"
_ANNOTATION = re.compile(r"\{[^{}]*\}")
_QUANTITIES = ("doseQuantity", "rateQuantity", "maxDoseQuantity")
_VALUE, _CODE = qname("value"), qname("code")


def check(document: Document) -> Iterator[Finding]:
    """Findings on codes that their code system does not hold, and on units that UCUM does not."""
    yield from _bound(document)
    systems: dict[str, object] = {}
    for element in coded(document):
        code, oid = element.get("code"), element.get("codeSystem")
        if code is None or not oid:
            continue
        if oid not in systems:
            systems[oid] = document.tables.system(oid)
        system = systems[oid]
        if system is not None and code not in system and document.sound(element):  # type: ignore[operator]
            where = document.where(element, "code")
            yield find("CDA-TRM-04", expected=oid, found=code, where=where, name=shown(element.tag))
    yield from _misshapen(document)
    ucum = document.tables.system(_UCUM)
    if ucum is not None:
        for element in _measured(document):
            unit = _ANNOTATION.sub("", element.get("unit", ""))
            if unit and unit not in ucum and document.sound(element):
                where = document.where(element, "unit")
                yield find("CDA-TRM-05", found=element.get("unit"), where=where, name=shown(element.tag))


def _misshapen(document: Document) -> Iterator[Finding]:
    """Codes that cannot exist in their code system, wherever they stand: wrong check digit, wrong alphabet."""
    tables = document.tables
    pairs = {(code, oid) for _, code, oid in document.codes}
    wrong = {pair for pair in pairs if well_formed(*pair) is False and not tables.seen(*pair)}
    for element, code, oid in document.codes:
        if (code, oid) not in wrong:
            continue
        looked_up = tables.system(oid) is not None and element.tag in (_CODE, _VALUE)
        if not looked_up and document.sound(element):
            where = document.where(element, "code")
            yield find("CDA-TRM-07", expected=FORMS[oid][0], found=code, where=where, name=shown(element.tag))


def _bound(document: Document) -> Iterator[Finding]:
    """Value sets that hold wherever the element stands: professions of authors, genders."""
    for author in document.every("assignedAuthor"):
        participation = author.getparent()
        if participation is not None and participation.getparent() is not document.root:
            for code in each(author, "code"):
                if document.sound(code):
                    yield from held.check(document, code, "J01")
    for gender in document.every("administrativeGenderCode"):
        if gender.getparent() is not first(document.root, "recordTarget/patientRole/patient") and document.sound(
            gender
        ):
            yield from held.check(document, gender, "J143")


def coded(document: Document) -> Iterator[Element]:
    """The elements whose code is looked up: every ``code``, and coded ``value``."""
    yield from document.every("code")
    for value in document.every("value"):
        if value.get(XSI_TYPE, "").rpartition(":")[2] in ("CD", "CE"):
            yield value


def _measured(document: Document) -> Iterator[Element]:
    for value in document.every("value"):
        kind = value.get(XSI_TYPE, "").rpartition(":")[2]
        if kind == "PQ":
            yield value
        elif kind == "IVL_PQ":
            yield from each(value, "low") + each(value, "high")
    for name in _QUANTITIES:
        for quantity in document.every(name):
            yield from each(quantity, "low") + each(quantity, "high")


# Names of code systems that documents use and that no table of ours holds.
NAMES = {
    "2.16.840.1.113883.6.1": "LOINC", "2.16.840.1.113883.6.96": "SNOMED CT", "2.16.840.1.113883.6.3": "CIM-10",
    "2.16.840.1.113883.6.347": "CIM-11", "2.16.840.1.113883.6.73": "ATC", "1.2.250.1.213.2.5": "CCAM",
    "1.2.250.1.213.2.61": "CIS", "1.2.250.1.213.2.62": "UCD", "1.2.250.1.213.2.58": "CIP",
    "0.4.0.127.0.16.1.1.2.1": "EDQM",
    "1.2.250.1.213.1.1.4.322": "TA ASIP", "1.2.250.1.213.2.11": "ADICAP", "1.2.250.1.213.2.59": "Medicabase",
    "1.2.250.1.215.300.1": "CCAM", "2.16.840.1.113883.5.4": "HL7 ActCode", "2.16.840.1.113883.5.111": "HL7 RoleCode",
    "2.16.840.1.113883.5.110": "HL7 RoleClass", "1.2.250.1.213.2.3.1": "CIS", "1.2.250.1.213.2.7": "NABM",
    "1.2.250.1.213.2.49.1": "Orphanet", "1.3.6.1.4.1.19376.1.5.3.2": "IHE ActCode",
    "1.3.5.1.4.1.19376.1.5.3.2": "IHE ActCode",
    "1.2.250.1.213.2.65": "CLADIMED", "1.2.250.1.213.2.68": "EMDN", "1.2.840.10008.2.16.4": "DICOM",
}  # fmt: skip


def unchecked(document: Document) -> dict[str, int]:
    """Code systems that are not loaded: OID → how many codes of the document neither they nor a value set judged."""
    tables = document.tables
    missing: Counter[str] = Counter()
    pairs = Counter((element.get("code", ""), element.get("codeSystem", "")) for element in coded(document))
    for (code, oid), count in pairs.items():
        if code and oid and tables.system(oid) is None and not tables.seen(code, oid):
            missing[oid] += count
    return dict(sorted(missing.items()))
