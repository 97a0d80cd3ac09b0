"""The documents that are there before anybody sends any: real CDA, built from ``data/record.toml`` and the world."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from mocks import building
from mocks.dmp.registry import Registry, Stored
from mocks.world import Organisation, Patient, Professional, World
from norms.cda import build
from norms.cda.build.pdf import pdf
from norms.xds.check import MASKED, NOT_GUARDIANS, NOT_PATIENT
from norms.xds.datatypes import write_cx, write_dtm
from norms.xds.derive import entry_of
from norms.xds.model import Author, Code, DocumentEntry, Submission, SubmissionSet
from norms.xds.names import ARCHIVED
from norms.xds.provide import linked
from norms.xml import parse

ROOT = "1.2.250.1.213.99.9.2"  # documents and sets of the bench's imaginary earlier softwares
_PARIS = ZoneInfo("Europe/Paris")
_VISIBILITY = {code.code: code for code in (MASKED, NOT_PATIENT, NOT_GUARDIANS)}
Row = Mapping[str, Any]


@cache
def _rows() -> tuple[Row, ...]:
    raw = files("mocks.dmp").joinpath("data", "record.toml").read_text(encoding="utf-8")
    return tuple(tomllib.loads(raw)["document"])


def fill(registry: Registry, world: World) -> None:
    """Put the seeded documents into a registry; a document whose patient or author the world lacks is left out."""
    today = datetime.now(_PARIS).replace(hour=10, minute=0, second=0, microsecond=0)
    last: dict[str, tuple[str, str]] = {}  # lineage -> (entryUUID, uniqueId) of its latest document
    for number, row in enumerate(_rows(), 1):
        patient = world.patients.get(row["patient"])
        if patient is None or patient.ins is None:
            continue
        old = last.get(row.get("lineage", ""), ("", ""))
        place, person = world.organisations.get(row["place"]), world.professionals.get(row["author"])
        if place is None or (person is None and row["author"] != "patient"):
            continue
        when = today - timedelta(days=row["days"])
        entry, data = _document(number, patient, world.dmp_oid(patient.ins), place, person, when, old[1])
        submission = linked(Submission(submission_set(entry, number), (entry,)), {entry.id: old[0]} if old[0] else {})
        replaced = {entry.id: old[0]} if old[0] else {}
        content = Stored.of(data)
        change, given = registry.submission(submission, {entry.id: content}, replaced)
        registry.plant(patient.id, change, {entry.unique_id: content})
        if "lineage" in row:
            last[row["lineage"]] = given[entry.id], entry.unique_id
        if row.get("status") == "Archived":
            change, _ = registry.update(submission_set(entry, 1000 + number), {given[entry.id]: ARCHIVED}, ())
            registry.plant(patient.id, change, {})


@lru_cache(maxsize=64)  # sessions of a day share them
def _document(
    number: int,
    patient: Patient,
    oid: str,
    place: Organisation,
    person: Professional | None,
    when: datetime,
    replaces: str,
) -> tuple[DocumentEntry, bytes]:
    row = _rows()[number - 1]
    unique_id = f"{ROOT}.1.{number}"
    subject = building.patient(patient, oid)
    author = building.professional(person, place) if person else subject
    header = build.Header(
        template="",
        version="",
        id=build.Ident(unique_id),
        set_id=build.Ident(f"{ROOT}.2.{0 if 'lineage' in row else number}"),
        code=building.coded("J66", row["type"]),
        title=row["title"],
        time=when,
        patient=subject,
        authors=((author, when),),
        custodian=building.place(place),
        signer=author,
        acts=(build.Act(None, when - timedelta(hours=1), when, performer=author if person else None),),
        encounter=build.Encounter(
            build.Code("AMB", "2.16.840.1.113883.5.4", "Ambulatoire"), when - timedelta(hours=1),
            building.coded("J61", place.sector),
        ),
        version_number=2 if replaces else 1,
        replaces=build.Ident(replaces) if replaces else None,
    )  # fmt: skip
    body = build.Level1("application/pdf", pdf(row["title"], row["text"], created=when, author=place.name))
    data = build.document(header, body)
    entry = entry_of(
        parse(data), f"Document{number:02d}", local=write_cx(patient.ipp or patient.id, building.IPP, "PI")
    )
    setting = building.setting(place.sector)
    hidden = tuple(_VISIBILITY[code] for code in row.get("hidden", ()))
    changes: dict[str, Any] = {"practice": entry.practice or setting}
    changes["confidentiality"] = (*entry.confidentiality, *hidden)
    return replace(entry, **changes), data


def submission_set(entry: DocumentEntry, number: int) -> SubmissionSet:
    """The set in which one of the bench's own documents came."""
    return SubmissionSet(
        id="SubmissionSet01",
        unique_id=f"{ROOT}.3.{number}",
        source_id=ROOT,
        patient_id=entry.patient_id,
        submission_time=write_dtm(datetime.now(UTC)),
        title=entry.title,
        authors=(Author(entry.authors[0].persons, entry.authors[0].institutions),),
        content_type=Code("04", "1.2.250.1.213.2.2", "Hospitalisation de jour"),
    )
