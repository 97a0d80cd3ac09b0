"""The DMP's own messages: authorisation (TD0.3), list of authorised DMPs (TD0.4), list of professionals (TD1.6)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from lxml import etree

from norms.finding import Finding, find
from norms.hl7v3 import names
from norms.soap.fault import escape
from norms.soap.names import local, namespace
from norms.soap.tree import elements, place, value

ADD, DELETE = "AJOUT", "SUPPRESSION"
TREATING: Final = "MEDECIN_TRAITANT"
MODES: Final = ("ACTIVE", "INTERDITE", "TOUTE")
DATE_TYPES: Final = ("LASTAUTORIZATION", "LASTDOC")  # the first is spelt so in the official schema
_STAMP: Final = re.compile(r"\d{14}", re.ASCII)


@dataclass(frozen=True, slots=True)
class SetRight:
    """TD0.3: ``action`` AJOUT or SUPPRESSION; ``treating`` when it is about the role of treating doctor."""

    action: str
    treating: bool


@dataclass(frozen=True, slots=True)
class ListPatients:
    """TD0.4: since when (AAAAMMJJhhmmss), by which date, whose."""

    start: str
    date_type: str
    owner: str


def read_set_right(body: etree._Element) -> tuple[SetRight, list[Finding]]:
    """TD0.3 and what is wrong with it."""
    said, findings = _fields(body, ("action", "role"))
    action, role = said.get("action", ""), said.get("role", "")
    if action not in (ADD, DELETE):
        expected = f"{ADD}, {DELETE}"
        findings.append(find("HL7-HAB-01", expected=expected, found=action or "—", where=place(body, "action")))
    if role and role != TREATING:
        findings.append(find("HL7-HAB-02", expected=TREATING, found=role, where=place(body, "role")))
    return SetRight(action, role == TREATING), findings


def read_list_rights(body: etree._Element) -> tuple[str, list[Finding]]:
    """TD1.6: the mode asked for (ACTIVE, INTERDITE, TOUTE) and what is wrong."""
    said, findings = _fields(body, ("mode",))
    mode = said.get("mode", "")
    if mode not in MODES:
        findings.append(find("HL7-HAB-04", expected=", ".join(MODES), found=mode or "—", where=place(body, "mode")))
    return mode, findings


def read_list_patients(body: etree._Element) -> tuple[ListPatients, list[Finding]]:
    """TD0.4 and what is wrong with it."""
    said, findings = _fields(body, ("startDate", "dateType", "psOwnerId"))
    start, kind = said.get("startDate", ""), said.get("dateType", "")
    if not _STAMP.fullmatch(start):
        findings.append(find("HL7-LST-01", found=start or "—", where=place(body, "startDate")))
    if kind not in DATE_TYPES:
        expected = ", ".join(DATE_TYPES)
        findings.append(find("HL7-LST-02", expected=expected, found=kind or "—", where=place(body, "dateType")))
    return ListPatients(start, kind, said.get("psOwnerId", "")), findings


def _fields(body: etree._Element, known: tuple[str, ...]) -> tuple[dict[str, str], list[Finding]]:
    """The children by name; HL7-HAB-03 for one that is unknown, twice or in another namespace."""
    said: dict[str, str] = {}
    findings = []
    for child in elements(body):
        name = local(child.tag)
        if namespace(child.tag) != namespace(body.tag) or name not in known or name in said:
            findings.append(find("HL7-HAB-03", expected=", ".join(known), found=child.tag, where=place(child)))
        said.setdefault(name, value(child))
    return said, findings


Row = Sequence[tuple[str, "str | Row"]]


def answer(request: str, rows: Sequence[Row] = (), status: str = names.OK, context: str = "") -> str:
    """The response to a custom request (its root in Clark notation): ``output`` with rows, status and context."""
    rooms: Mapping[str, str] = {
        names.LIST_RIGHTS: "listOfAuthorizationByPatient",
        names.PATIENT_LIST: "patientlistData",
    }
    held = "".join(f"<{rooms[request]}>{''.join(_written(row))}</{rooms[request]}>" for row in rows)
    said = f"<status>{escape(status)}</status><context>{escape(context)}</context>"
    name = f"{local(request)}Response"
    return f'<{name} xmlns="{namespace(request)}"><output>{held}{said}</output></{name}>'


def _written(row: Row) -> Iterator[str]:
    for name, held in row:
        inside = escape(held) if isinstance(held, str) else "".join(_written(held))
        yield f"<{name}>{inside}</{name}>"
