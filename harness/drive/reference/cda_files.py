"""Documents of the software as CDA files: a letter as PDF/A-1, its corrections as new versions.

A document carries the INS of a qualified identity only (RNIV); any other identity travels under the software's own
identifier. One document on several versions keeps its setId, counts its versions and names the one it replaces.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from harness.drive.reference.config import Professional, Structure
from harness.drive.reference.defects import Defects
from harness.drive.reference.model import Patient
from norms.cda import build
from norms.cda.build.model import PROFESSIONALS, STRUCTURES
from norms.cda.build.pdf import pdf
from norms.cda.document import Element, first, qname
from norms.codes import shipped
from norms.xml import parse

MEDIA_TYPE = "text/xml"
_LOCAL = "1.2.250.1.213.99.9.1"
_OTHER = "899700900048"
_LOINC = "2.16.840.1.113883.6.1"


def letter(
    patient: Patient, author: Professional, structure: Structure, title: str, text: str, defects: Defects, *,
    type: str = "", previous: bytes | None = None,
) -> bytes:  # fmt: skip
    """The CDA of a letter; ``type`` a LOINC code of JDV_J07, ``previous`` the version that it replaces."""
    when = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=1)
    who = _professional(author, structure)
    assert who.organisation is not None
    signer = replace(who, id=build.Ident(PROFESSIONALS, _OTHER)) if defects.on("cda-signed-by-another") else who
    kind = _code("J07", type or "11488-4", _LOINC)
    encounter = build.Encounter(
        build.Code("AMB", "2.16.840.1.113883.5.4", "Ambulatoire (hors établissement)"), when,
        _code("J02", author.sector or "SA07", "1.2.250.1.71.4.2.4"),
    )  # fmt: skip
    header = build.Header(
        template="", version="", id=_new(), set_id=_new(), code=kind, title=title, time=when,
        patient=_patient(patient, defects), authors=((who, when),), custodian=who.organisation, signer=signer,
        acts=(build.Act(kind, when, performer=who),), encounter=encounter,
    )  # fmt: skip
    if previous is not None:
        header = _next(header, parse(previous), defects)
    body = pdf(title, [title, text], created=when, author=author.shown)
    if defects.on("cda-body-not-pdf"):
        body = text.encode()
    data = build.document(header, build.Level1("application/pdf", body))
    if defects.on("cda-without-xds-sd"):
        data = data.replace(b'<templateId root="1.3.6.1.4.1.19376.1.2.20"/>', b"")
    return data


def _new() -> build.Ident:
    return build.Ident(f"2.25.{uuid4().int}")


def _code(table: str, code: str, system: str) -> build.Code:
    held = shipped(table)
    label = held.labels.get((code, system), "") if held else ""
    return build.Code(code, system, label or code)


def _patient(patient: Patient, defects: Defects) -> build.Patient:
    t = patient.traits
    ids = [build.Ident(_LOCAL, patient.id)]
    if patient.ins and (patient.status == "qualifiee" or defects.on("cda-ins-unqualified")):
        value = patient.ins.value if defects.on("cda-ins-without-key") else patient.ins.full
        ids.insert(0, build.Ident(patient.ins.oid, value))
    given = tuple(t.given_names.split()) or ("",)
    return build.Patient(
        tuple(ids), t.birth_name, given, t.sex or "U", t.birth_date, t.birth_place, used_name=t.used_name,
        used_given_name=t.used_given_name,
    )  # fmt: skip


def _professional(user: Professional, structure: Structure) -> build.Professional:
    profession = f"G15_{user.profession or '10'}" + (f"/{user.specialty}" if user.specialty else "")
    place = build.Organisation(
        build.Ident(STRUCTURES, f"1{structure.finess}"), structure.name,
        setting=_code("J04", "AMBULATOIRE", "1.2.250.1.213.1.1.4.9"),
    )  # fmt: skip
    return build.Professional(
        build.Ident(PROFESSIONALS, user.national_id), user.family_name, user.given_name,
        code=_code("J01", profession, "1.2.250.1.213.1.1.4.5"), organisation=place,
    )  # fmt: skip


def _next(header: build.Header, before: Element, defects: Defects) -> build.Header:
    """The header of the version that follows another."""
    old, series = first(before, "id"), first(before, "setId")
    number = before.find(qname("versionNumber"))
    assert old is not None
    assert series is not None
    assert number is not None
    replaced = None if defects.on("cda-version-alone") else build.Ident(old.get("root", ""), old.get("extension", ""))
    return replace(
        header, set_id=build.Ident(series.get("root", ""), series.get("extension", "")),
        version_number=int(number.get("value", "1")) + 1, replaces=replaced,
    )  # fmt: skip
