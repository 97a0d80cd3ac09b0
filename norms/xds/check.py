"""The French constraints on one submission set and its document entries (CI-SIS volet Partage, DMP guide)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from norms.codes import Tables
from norms.finding import Finding, Severity, find
from norms.ins import matricule
from norms.ins.oids import NIA, NIR, NIR_TEST, nature
from norms.xds.authors import check_authors, check_xcn
from norms.xds.codes import DMP, ValueSets, check_entry_codes, check_set_codes, is_signature
from norms.xds.datatypes import is_oid, read_cx, read_dtm, read_xcn
from norms.xds.model import Code, DocumentEntry, SubmissionSet, Thing

HL7_CONFIDENTIALITY: Final = ("N", "R", "V")
VISIBILITY: Final = "1.2.250.1.213.1.1.4.13"
MASKED: Final = Code("MASQUE_PS", VISIBILITY, "Masqué aux professionnels de santé")
NOT_PATIENT: Final = Code("INVISIBLE_PATIENT", VISIBILITY, "Non visible par le patient")
NOT_GUARDIANS: Final = Code(
    "INVISIBLE_REPRESENTANTS_LEGAUX", VISIBILITY, "Non visible par les représentants légaux du patient"
)
NORMAL: Final = Code("N", "2.16.840.1.113883.5.25", "Normal")
_MIME: Final = ("text/xml", "application/xslt+xml", "application/dicom")
_PID: Final = re.compile(r"PID-(?:3|5|7|8|11|13|14|15|16|18|21)\|.+", re.S)
_PID_DATE: Final = re.compile(r"PID-7\|\d{8}")
_PID_SEX: Final = re.compile(r"PID-8\|[MFU]")
_TIMES: Final = {
    "creationTime": "creation_time",
    "serviceStartTime": "service_start",
    "serviceStopTime": "service_stop",
}
_REQUIRED_SLOTS: Final = {
    "creationTime": ("creation_time", "AAAAMMJJhhmmss UTC"),
    "languageCode": ("language", "fr-FR"),
    "legalAuthenticator": ("legal_authenticator", "XCN"),
    "serviceStartTime": ("service_start", "AAAAMMJJhhmmss UTC"),
    "sourcePatientId": ("source_patient_id", "CX"),
    "title": ("title", "Name/LocalizedString"),
    "mimeType": ("mime_type", "text/xml"),
}
_REQUIRED_CODES: Final = {
    "classCode": "class_code",
    "typeCode": "type_code",
    "formatCode": "format_code",
    "healthcareFacilityTypeCode": "facility",
    "practiceSettingCode": "practice",
    "confidentialityCode": "confidentiality",
}
_SIGNATURE: Final = {
    "classCode": ("class_code", ("urn:oid:1.3.6.1.4.1.19376.1.2.1.1.1", "URN")),
    "typeCode": ("type_code", ("E1762", "ASTM")),
}


@dataclass(frozen=True, slots=True)
class Setting:
    """What metadata are judged with: value sets, the present time, the INS OIDs that the environment takes."""

    tables: Tables = field(default_factory=Tables)
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    tolerance: timedelta = timedelta(minutes=5)
    ins_oids: tuple[str, ...] = (NIR, NIA, NIR_TEST)
    sets: ValueSets = DMP


def check_entry(entry: DocumentEntry, setting: Setting) -> Iterator[Finding]:
    """Everything that one document entry must be, its content apart."""
    if not is_signature(entry):
        yield from _required(entry, setting.sets)
    else:
        yield from _check_signature_entry(entry)
    yield from _identified(entry, setting)
    yield from _times(entry, setting)
    yield from check_authors(entry, setting.tables, setting.sets)
    if entry.legal_authenticator:
        yield from check_xcn(entry.legal_authenticator, "legalAuthenticator", entry, "legalAuthenticator")
    yield from check_entry_codes(entry, setting.tables, setting.sets)
    yield from _confidentiality(entry)
    yield from _rest(entry, setting)


def check_set(one: SubmissionSet, setting: Setting) -> Iterator[Finding]:
    """Everything that a submission set must be."""
    if not one.submission_time:
        yield _missing(one, "submissionTime", "AAAAMMJJhhmmss UTC")
    else:
        yield from _time("submissionTime", one.submission_time, one, setting)
    for name, value in (("patientId", one.patient_id), ("uniqueId", one.unique_id), ("sourceId", one.source_id)):
        if not value:
            yield find(
                "XDS-ID-01",
                expected="CX" if name == "patientId" else "OID",
                where=one.where(),
                object=one.id,
                field=name,
            )
    if one.content_type is None:
        expected = f"JDV_{setting.sets.sets['contentTypeCode'][0]}"
        yield find("XDS-CLS-01", expected=expected, where=one.where(), object=one.id, field="contentTypeCode")
    if len(one.authors) > 1:
        yield find("XDS-SLOT-03", found=len(one.authors), where=one.where("author"), object=one.id, field="author")
    for name, value in (("uniqueId", one.unique_id), ("sourceId", one.source_id)):
        if value and not is_oid(value):
            yield find("XDS-OID-02", found=value, where=one.where(name), object=one.id, field=name)
    if one.patient_id:
        yield from check_patient_id(one.patient_id, one, setting)
    yield from check_authors(one, setting.tables, setting.sets)
    yield from check_set_codes(one, setting.tables, setting.sets)


def check_patient_id(text: str, thing: Thing, setting: Setting) -> Iterator[Finding]:
    """XDS-PID-02 and -04: an INS of 15 characters in CX form, its OID one of those taken, its key right."""
    read = read_cx(text)
    form = f"INS^^^&{setting.ins_oids[0]}&ISO^NH"
    if read is None or read.type != "NH" or read.oid not in setting.ins_oids:
        yield find("XDS-PID-02", expected=form, found=text, where=thing.where("patientId"), object=thing.id)
        return
    try:
        number, key = matricule.split(read.id)
    except matricule.BadMatricule:
        yield find("XDS-PID-02", expected=form, found=text, where=thing.where("patientId"), object=thing.id)
        return
    if not matricule.valid(number, key):
        yield find(
            "XDS-PID-04", expected=matricule.key(number), found=read.id, where=thing.where("patientId"), object=thing.id
        )


def _missing(thing: DocumentEntry | SubmissionSet, name: str, form: str) -> Finding:
    return find("XDS-SLOT-01", expected=form, where=thing.where(), object=thing.id, field=name)


def _required(entry: DocumentEntry, sets: ValueSets) -> Iterator[Finding]:
    for name, (attribute, form) in _REQUIRED_SLOTS.items():
        if not getattr(entry, attribute):
            yield _missing(entry, name, form)
    for name, attribute in _REQUIRED_CODES.items():
        if not getattr(entry, attribute):
            form = f"JDV_{sets.sets[name][0]}"
            yield find("XDS-CLS-01", expected=form, where=entry.where(), object=entry.id, field=name)
    if entry.mime_type and entry.mime_type not in _MIME:
        yield find(
            "XDS-MIME-01", expected=", ".join(_MIME), found=entry.mime_type, where=entry.where(), object=entry.id
        )
    if entry.language and entry.language != "fr-FR":
        yield find(
            "XDS-LANG-01", expected="fr-FR", found=entry.language, where=entry.where("languageCode"), object=entry.id
        )


def _check_signature_entry(entry: DocumentEntry) -> Iterator[Finding]:
    """XDS-SIG-03: the metadata of the signature are always the same."""
    wanted: list[tuple[str, object, object, Severity | None]] = [
        ("mimeType", entry.mime_type, "text/xml", None),
        ("languageCode", entry.language, "art", None),
        ("title", entry.title, "Source", Severity.WARNING),
    ]
    for name, (attribute, pair) in _SIGNATURE.items():
        code: Code | None = getattr(entry, attribute)
        wanted.append((name, code.pair if code else "", pair, None))
    hidden = {"N", MASKED.code, NOT_PATIENT.code}
    wanted.append(("confidentialityCode", sorted(entry.visibility), sorted(hidden), None))
    event = ("1.2.840.10065.1.12.1.14", "1.2.840.10065.1.12")
    wanted.append(("eventCodeList", entry.events[0].pair if entry.events else "", event, Severity.WARNING))
    for name, found, expected, severity in wanted:
        if found != expected:
            yield find(
                "XDS-SIG-03", expected=_said(expected), found=_said(found) or "—", where=entry.where(name),
                object=entry.id, field=name, severity=severity,
            )  # fmt: skip


def _said(value: object) -> str:
    return "^^".join(value) if isinstance(value, tuple) else ", ".join(value) if isinstance(value, list) else str(value)


def _identified(entry: DocumentEntry, setting: Setting) -> Iterator[Finding]:
    for name, value, form in (("patientId", entry.patient_id, "CX"), ("uniqueId", entry.unique_id, "OID")):
        if not value:
            yield find("XDS-ID-01", expected=form, where=entry.where(), object=entry.id, field=name)
    if entry.unique_id and not is_oid(entry.unique_id):
        yield find("XDS-OID-01", found=entry.unique_id, where=entry.where("uniqueId"), object=entry.id)
    if entry.patient_id:
        yield from check_patient_id(entry.patient_id, entry, setting)
    if entry.source_patient_id:
        read = read_cx(entry.source_patient_id)
        if read is None or read.type != ("NH" if nature(read.oid) else "PI"):
            form = "identifiant^^^&OID&ISO^PI"
            where = entry.where("sourcePatientId")
            yield find("XDS-PID-03", expected=form, found=entry.source_patient_id, where=where, object=entry.id)


def _times(entry: DocumentEntry, setting: Setting) -> Iterator[Finding]:
    for name, attribute in _TIMES.items():
        if text := getattr(entry, attribute):
            yield from _time(name, text, entry, setting)
    start, stop = read_dtm(entry.service_start), read_dtm(entry.service_stop)
    if start and stop and stop < start:
        yield find(
            "XDS-DTM-03", expected=entry.service_start, found=entry.service_stop, where=entry.where("serviceStopTime"),
            object=entry.id,
        )  # fmt: skip


def _time(name: str, text: str, thing: DocumentEntry | SubmissionSet, setting: Setting) -> Iterator[Finding]:
    read = read_dtm(text)
    if read is None:
        yield find("XDS-DTM-01", found=text, where=thing.where(name), object=thing.id, field=name)
        return
    if len(text) < 14:
        yield find("XDS-DTM-04", found=text, where=thing.where(name), object=thing.id, field=name)
    if read > setting.now + setting.tolerance and name not in ("serviceStartTime", "serviceStopTime"):
        now = setting.now.strftime("%Y%m%d%H%M%S")
        yield find("XDS-DTM-02", expected=now, found=text, where=thing.where(name), object=thing.id, field=name)


def _confidentiality(entry: DocumentEntry) -> Iterator[Finding]:
    codes = [code.code for code in entry.confidentiality]
    if not codes or is_signature(entry):
        return

    def told(rule: str, found: object) -> Finding:
        return find(rule, found=found, where=entry.where("confidentialityCode"), object=entry.id)

    level = [code for code in codes if code in HL7_CONFIDENTIALITY]
    if len(level) != 1:
        yield told("XDS-CONF-01", ", ".join(codes))
    elif level[0] != "N":
        yield told("XDS-CONF-02", level[0])
    repeated = max(codes.count(code) for code in codes)
    if repeated > 1 or len(codes) > 4:
        yield told("XDS-CONF-03", repeated)
    if {MASKED.code, NOT_PATIENT.code} <= set(codes):
        yield told("XDS-CONF-04", f"{MASKED.code} + {NOT_PATIENT.code}")


def _rest(entry: DocumentEntry, setting: Setting) -> Iterator[Finding]:
    types = setting.tables.table("J197")
    for text in entry.references:
        parts = text.split("^")
        known = types is None or any(code == parts[-1] for code, _ in types.labels)
        if len(parts) < 5 or not parts[0] or not known:
            form = "id^^^&OID&ISO^urn:ihe:iti:xds:2013:accession"
            yield find("XDS-REF-01", expected=form, found=text, where=entry.where("referenceIdList"), object=entry.id)
    if is_signature(entry):
        return
    if not entry.source_patient_info:
        yield find("XDS-SPI-01", where=entry.where(), object=entry.id)
    for text in entry.source_patient_info:
        wrong = not _PID.fullmatch(text)
        form = "PID-5|NOM^Prénom^^^^^L"
        if text.startswith("PID-7|"):
            wrong, form = not _PID_DATE.fullmatch(text), "PID-7|AAAAMMJJ"
        elif text.startswith("PID-8|"):
            wrong, form = not _PID_SEX.fullmatch(text), "PID-8|M"
        if wrong:
            where = entry.where("sourcePatientInfo")
            yield find("XDS-SPI-02", expected=form, found=text, where=where, object=entry.id)


def author_of(thing: DocumentEntry | SubmissionSet) -> tuple[str, str]:
    """National identifiers of the first author and of the first author's structure; empty when they cannot be read."""
    from norms.xds.datatypes import read_xon

    author = thing.authors[0] if thing.authors else None
    person = read_xcn(author.persons[0]) if author and author.persons else None
    place = read_xon(author.institutions[0]) if author and author.institutions else None
    return (person.id if person else "", place.id if place else "")
