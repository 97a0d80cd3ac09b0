"""Reading the HL7 v3 requests of the DMP: TD0.2 and TD1.3a (PRPA_IN201307UV02), TD0.5 (PRPA_IN201305UV02).

HL7 v3 Patient Administration; IHE PDQv3 (ITI-47); guide SEL-MP-037.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from lxml import etree

from norms.finding import Finding, find
from norms.hl7v3 import names
from norms.soap.names import local
from norms.soap.tree import place, value

_N: Final = {"h": names.V3}
_STAMP: Final = re.compile(r"\d{14}(?:\.\d+)?(?:[+-]\d{4})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Wrapper:
    """What every HL7 v3 message says of itself; ids are (root, extension)."""

    id: tuple[str, str]
    interaction: str
    sender: str  # OID of the sending software
    sender_name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Query:
    """A request about one patient: TD0.2 (reason TEST_EXST) or TD1.3a (CNSLT_DATA)."""

    wrapper: Wrapper
    query_id: tuple[str, str]
    oid: str
    ins: str


@dataclass(frozen=True, slots=True)
class Criteria:
    """A search by traits (TD0.5); empty where not asked. ``birth_date`` AAAAMMJJ or shorter."""

    wrapper: Wrapper
    query_id: tuple[str, str]
    family: str = ""
    given: str = ""
    sex: str = ""
    birth_date: str = ""
    postal_code: str = ""
    city: str = ""
    asked: tuple[str, ...] = field(default=())


def read_query(root: etree._Element) -> tuple[Query, list[Finding]]:
    """The request and what is wrong with it (HL7-*)."""
    wrapper, findings = _wrapper(root, (names.TEST_EXISTENCE, names.CONSULT))
    query_id = _id(_one(root, "h:controlActProcess/h:queryByParameter/h:queryId"))
    found = _one(root, "h:controlActProcess/h:queryByParameter/h:parameterList/h:patientIdentifier/h:value")
    oid, ins = _id(found)
    where = place(root, "controlActProcess/queryByParameter/parameterList/patientIdentifier/value")
    if not query_id[0]:
        findings.append(find("HL7-QRY-01", where=place(root, "controlActProcess/queryByParameter/queryId")))
    if not ins or not oid:
        findings.append(find("HL7-QRY-02", where=where))
    elif not re.fullmatch(r"\w{15}", ins, re.ASCII):
        findings.append(find("HL7-QRY-03", found=ins, where=where))
    return Query(wrapper, query_id, oid, ins), findings


def read_criteria(root: etree._Element) -> tuple[Criteria, list[Finding]]:
    """The search and what is wrong with it (HL7-*)."""
    wrapper, findings = _wrapper(root, ())
    at = "h:controlActProcess/h:queryByParameter"
    query_id = _id(_one(root, f"{at}/h:queryId"))
    if not query_id[0]:
        findings.append(find("HL7-QRY-01", where=place(root, "controlActProcess/queryByParameter/queryId")))
    found = _one(root, f"{at}/h:parameterList")
    held = {local(str(e.tag)): e for e in found if isinstance(e.tag, str)} if found is not None else {}
    name, address = held.get("livingSubjectName"), held.get("patientAddress")

    def text(parent: etree._Element | None, path: str) -> str:
        inside = _one(parent, path) if parent is not None else None
        return value(inside) if inside is not None else ""

    def coded(key: str, attribute: str) -> str:
        inside = _one(held[key], "h:value") if key in held else None
        return inside.get(attribute, "") if inside is not None else ""

    read = Criteria(
        wrapper,
        query_id,
        text(name, "h:value/h:family"),
        text(name, "h:value/h:given"),
        coded("livingSubjectAdministrativeGender", "code"),
        coded("livingSubjectBirthTime", "value"),
        text(address, "h:value/h:postalCode"),
        text(address, "h:value/h:city"),
        tuple(held),
    )
    if not (read.family or read.birth_date):
        findings.append(find("HL7-PDQ-01", where=place(root, "controlActProcess/queryByParameter/parameterList")))
    return read, findings


def read_wrapper(root: etree._Element) -> tuple[Wrapper, list[Finding]]:
    """What a message says of itself, whatever it asks (TD1.1, TD1.2, TD1.3b, TD1.4)."""
    return _wrapper(root, None)


def _wrapper(root: etree._Element, reasons: tuple[str, ...] | None) -> tuple[Wrapper, list[Finding]]:
    reason = _one(root, "h:controlActProcess/h:reasonCode")
    sender = _one(root, "h:sender/h:device")
    named = _one(sender, "h:softwareName") if sender is not None else None
    wrapper = Wrapper(
        _id(_one(root, "h:id")),
        _id(_one(root, "h:interactionId"))[1],
        _id(_one(sender, "h:id"))[0] if sender is not None else "",
        value(named) if named is not None else "",
        reason.get("code", "") if reason is not None else "",
    )
    return wrapper, [*_envelope(root, wrapper), *_reason(root, reason, reasons)]


def _envelope(root: etree._Element, wrapper: Wrapper) -> Iterator[Finding]:
    if not wrapper.id[0]:
        yield find("HL7-MSG-01", where=place(root, "id"))
    if wrapper.interaction != local(root.tag):
        found = wrapper.interaction or "—"
        yield find("HL7-MSG-02", expected=local(root.tag), found=found, where=place(root, "interactionId"))
    stamp = _one(root, "h:creationTime")
    written = stamp.get("value", "") if stamp is not None else ""
    if not _STAMP.fullmatch(written):
        yield find("HL7-MSG-03", found=written or "—", where=place(root, "creationTime"))
    for name, allowed in (
        ("processingCode", ("D", "P", "T")),
        ("processingModeCode", ("T",)),
        ("acceptAckCode", ("AL",)),
    ):
        coded = _one(root, f"h:{name}")
        found = coded.get("code", "") if coded is not None else ""
        if found not in allowed:
            yield find("HL7-MSG-04", expected=", ".join(allowed), found=found or "—", where=place(root, name))
    receiver = _id(_one(root, "h:receiver/h:device/h:id"))[0]
    if receiver != names.DMP_DEVICE:
        where = place(root, "receiver/device/id")
        yield find("HL7-MSG-05", expected=names.DMP_DEVICE, found=receiver or "—", where=where)
    if not wrapper.sender:
        yield find("HL7-MSG-06", where=place(root, "sender/device/id"))


def _reason(root: etree._Element, reason: etree._Element | None, allowed: tuple[str, ...] | None) -> Iterator[Finding]:
    if not allowed:
        return
    where = place(root, "controlActProcess/reasonCode")
    code = reason.get("code", "") if reason is not None else ""
    if code not in allowed:
        yield find("HL7-RSN-01", expected=", ".join(allowed), found=code or "—", where=where)
    elif reason is not None and reason.get("codeSystem") != names.REASONS:
        found = reason.get("codeSystem") or "—"
        yield find("HL7-RSN-02", expected=names.REASONS, found=found, where=where)


def _one(root: etree._Element, path: str) -> etree._Element | None:
    return root.find(path, _N)


def _id(element: etree._Element | None) -> tuple[str, str]:
    return (element.get("root", ""), element.get("extension", "")) if element is not None else ("", "")
