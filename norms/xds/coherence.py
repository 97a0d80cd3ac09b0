"""Whether a CDA, its metadata and the VIHF tell the same story (DMP guide; CI-SIS volet Partage): plain values only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lxml import etree

from norms.cda.document import HL7
from norms.finding import Finding, find
from norms.xds.check import HL7_CONFIDENTIALITY, author_of
from norms.xds.datatypes import read_cx, read_xcn, read_xon
from norms.xds.derive import Header, entry_of, header_of
from norms.xds.model import Author, Code, DocumentEntry, SubmissionSet
from norms.xml import BadXml

CDA_ROOT = f"{{{HL7}}}ClinicalDocument"


def check_document(
    entry: DocumentEntry,
    root: etree._Element | BadXml,
    replaced: DocumentEntry | None = None,
    before: etree._Element | None = None,
) -> list[Finding]:
    """XDS-COH-01 to -15 and -18 to -22: the metadata of a document against its CDA header.

    ``replaced``: the entry that this one replaces, when that is known; ``before``: its CDA.
    """
    where = entry.where()
    if isinstance(root, BadXml):
        said = "<!DOCTYPE…>" if root.reason == "dtd" else root.detail
        return [find("XDS-COH-21", found=f"{said} ({root.line}:{root.column})", where=where, object=entry.id)]
    if root.tag != CDA_ROOT:
        return [find("XDS-COH-21", found=etree.QName(root).localname, where=where, object=entry.id)]
    found = list(_compare(entry, entry_of(root, entry.id), header_of(root), replaced))
    return found if before is None else [*found, *_lineage(entry, header_of(root), header_of(before))]


def _compare(
    entry: DocumentEntry, cda: DocumentEntry, header: Header, replaced: DocumentEntry | None
) -> Iterator[Finding]:
    def differ(rule: str, field: str, found: object, expected: object) -> Iterator[Finding]:
        if found != expected:
            yield find(
                rule,
                expected=_said(expected),
                found=_said(found),
                where=entry.where(field),
                object=entry.id,
                field=field,
            )

    yield from differ("XDS-COH-01", "patientId", _ins(cda.patient_id), _ins(entry.patient_id))
    yield from differ("XDS-COH-02", "uniqueId", entry.unique_id, cda.unique_id)
    yield from differ("XDS-COH-03", "typeCode", _pair(entry.type_code), _pair(cda.type_code))
    yield from differ("XDS-COH-04", "title", " ".join(entry.title.split()), cda.title)
    yield from differ("XDS-COH-05", "languageCode", entry.language, cda.language)
    level = next((c.code for c in entry.confidentiality if c.code in HL7_CONFIDENTIALITY), "")
    yield from differ("XDS-COH-06", "confidentialityCode", level, next((c.code for c in cda.confidentiality), ""))
    for field, found, expected in (
        ("serviceStartTime", entry.service_start, cda.service_start),
        ("serviceStopTime", entry.service_stop, cda.service_stop),
    ):
        if expected and not (field == "serviceStopTime" and not found):
            yield from differ("XDS-COH-08", field, _same(found, expected), expected)
    yield from differ("XDS-COH-07", "creationTime", _same(entry.creation_time, cda.creation_time), cda.creation_time)
    if cda.legal_authenticator:
        signers = (_person(entry.legal_authenticator), _person(cda.legal_authenticator))
        yield from differ("XDS-COH-09", "legalAuthenticator", *signers)
    yield from _authors(entry, cda)
    if cda.facility:
        yield from differ("XDS-COH-13", "healthcareFacilityTypeCode", _pair(entry.facility), _pair(cda.facility))
    if cda.practice:
        yield from differ("XDS-COH-14", "practiceSettingCode", _pair(entry.practice), _pair(cda.practice))
    if header.formats and entry.format_code and entry.format_code.code not in {code.code for code in header.formats}:
        expected = " / ".join(code.code for code in header.formats)
        yield from differ("XDS-COH-15", "formatCode", entry.format_code.code, expected)
    if replaced is not None and header.replaces != replaced.unique_id:
        yield from differ("XDS-COH-18", "uniqueId", header.replaces or "—", replaced.unique_id)
    yield from _traits(entry, cda)
    if header.stylesheet:
        yield find("XDS-COH-22", found=header.stylesheet, where=entry.where(), object=entry.id)


def _lineage(entry: DocumentEntry, own: Header, before: Header) -> Iterator[Finding]:
    """XDS-COH-19: a new version keeps setId, and its versionNumber is greater."""
    numbers = own.version, before.version
    later = all(text.isdecimal() for text in numbers) and int(numbers[0]) > int(numbers[1])
    if own.set_id != before.set_id or not later:
        expected, found = (f"{one.set_id or '—'} / {one.version or '—'}" for one in (before, own))
        yield find("XDS-COH-19", expected=expected, found=found, where=entry.where("uniqueId"), object=entry.id)


def _authors(entry: DocumentEntry, cda: DocumentEntry) -> Iterator[Finding]:
    """XDS-COH-10, -11 and -12: each author of the metadata is one of the document's, with specialty and structure."""
    held = {_person(person): author for author in cda.authors for person in author.persons}
    where = entry.where("author")
    for author in entry.authors:
        own = next((_person(person) for person in author.persons), "")
        if own not in held:
            known = ", ".join(held) or "—"
            yield find("XDS-COH-10", expected=known, found=own or "—", where=where, object=entry.id)
            continue
        for rule, field, said, expected in (
            ("XDS-COH-11", "authorSpecialty", _specialty(author), _specialty(held[own])),
            ("XDS-COH-12", "authorInstitution", _place(author), _place(held[own])),
        ):
            if expected and said != expected:
                yield find(rule, expected=expected, found=said or "—", where=where, object=entry.id, field=field)


def _traits(entry: DocumentEntry, cda: DocumentEntry) -> Iterator[Finding]:
    told, expected = (dict(text.partition("|")[::2] for text in one.source_patient_info) for one in (entry, cda))
    for name in ("PID-5", "PID-7", "PID-8"):
        if name in told and name in expected and _name(told[name]) != _name(expected[name]):
            yield find(
                "XDS-COH-20", expected=expected[name], found=told[name], where=entry.where("sourcePatientInfo"),
                object=entry.id,
            )  # fmt: skip


def check_access(one: SubmissionSet, ins: str, user: str, structure: str, *, nominative: bool = True) -> list[Finding]:
    """XDS-COH-16 and -17: the submission set against the VIHF that brought it.

    ``ins`` 15 characters, ``user`` NameID and ``structure`` Identifiant_Structure of the VIHF; ``nominative`` False:
    the call is imputed to the structure, whoever the author is.
    """
    found: list[Finding] = []
    of_set = _ins(one.patient_id)
    if ins and of_set and of_set != ins:
        found.append(find("XDS-COH-16", expected=of_set, found=ins, where=one.where("patientId")))
    person, _ = author_of(one)
    structures = [read.id for author in one.authors for text in author.institutions if (read := read_xon(text))]
    if structure and structures and structure not in structures:
        where = one.where("author")
        found.append(find("XDS-COH-17", expected=structure, found=", ".join(structures), where=where))
    elif nominative and user and person and person != user:
        found.append(find("XDS-COH-17", expected=user, found=person, where=one.where("author")))
    return found


def _ins(cx: str) -> str:
    read = read_cx(cx)
    return read.id if read else cx


def _pair(code: Code | None) -> str:
    return f"{code.code}^^{code.system}" if code else ""


def _person(xcn: str) -> str:
    read = read_xcn(xcn)
    return read.id if read else xcn


def _place(author: Author) -> str:
    return _first(read.id for text in author.institutions if (read := read_xon(text)))


def _specialty(author: Author) -> str:
    return _first(text.partition("^")[0] for text in author.specialties)


def _first(texts: Iterable[str]) -> str:
    return next(iter(texts), "")


def _name(text: str) -> str:
    """Names compared without regard to case, and up to the given name."""
    return "^".join(text.split("^")[:2]).casefold()


def _same(found: str, expected: str) -> str:
    """A time counts as the expected one when one is the beginning of the other (a date against a time)."""
    return expected if found and (found.startswith(expected) or expected.startswith(found)) else found


def _said(value: object) -> str:
    return str(value) or "—"
