"""From a CDA document to its metadata: what each metadata must be, taken from the header (CI-SIS, volet Partage).

Serves to make the metadata of a document, and to judge those that came with one (`norms.xds.coherence`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from lxml import etree

from norms.cda.document import each, first, words
from norms.codes import mapping
from norms.ins.oids import nature
from norms.xds.codes import CLASS_SYSTEM, class_of
from norms.xds.datatypes import PERSONS, write_cx, write_dtm, write_xcn, write_xon
from norms.xds.model import Author, Code, DocumentEntry

Element = etree._Element


@dataclass(frozen=True, slots=True)
class Header:
    """What the header of a CDA says beyond one document's metadata."""

    set_id: str
    version: str
    formats: tuple[Code, ...]  # formatCodes that fit; the first is the nearest
    replaces: str  # uniqueId of the document that this one replaces
    stylesheet: str  # address of a separate style sheet


def header_of(root: Element) -> Header:
    """The rest of a header: lineage, format, style sheet."""
    sheet = next((n for n in root.itersiblings(preceding=True) if getattr(n, "target", "") == "xml-stylesheet"), None)
    parent = next((r for r in each(root, "relatedDocument") if r.get("typeCode") == "RPLC"), None)
    return Header(
        _ident(first(root, "setId")),
        _attribute(root, "versionNumber", "value"),
        tuple(_formats(root)),
        _ident(first(parent, "parentDocument/id")) if parent is not None else "",
        str(sheet.text) if sheet is not None else "",
    )


def entry_of(root: Element, id: str, *, local: str = "") -> DocumentEntry:
    """The metadata of a ClinicalDocument; ``id`` names the entry, ``local`` is sourcePatientId when it is known."""
    patient = first(root, "recordTarget/patientRole")
    ids = [(e.get("root", ""), e.get("extension", "")) for e in each(patient, "id")] if patient is not None else []
    ins = next((write_cx(ext, oid, "NH") for oid, ext in ids if nature(oid)), "")
    own = next((write_cx(ext, oid, "PI") for oid, ext in ids if not nature(oid) and ext), "")
    event = _main_event(root)
    type_code = _code(first(root, "code"))
    klass = (class_of(type_code) or class_of(type_code, "X04")) if type_code else ""
    level = _attribute(root, "confidentialityCode", "code")
    formats = list(_formats(root))
    stop = _time(event, "effectiveTime/high")
    return DocumentEntry(
        id=id,
        mime_type="text/xml",
        unique_id=_ident(first(root, "id")),
        patient_id=ins,
        source_patient_id=local or own or ins,
        source_patient_info=tuple(_patient_info(patient)),
        title=words(first(root, "title")),
        creation_time=_time(root, "effectiveTime"),
        service_start=_time(event, "effectiveTime/low") or _time(event, "effectiveTime"),
        service_stop=stop,
        language=_attribute(root, "languageCode", "code"),
        legal_authenticator=_xcn(first(root, "legalAuthenticator/assignedEntity")),
        authors=tuple(_author(author) for author in each(root, "author")),
        class_code=Code(klass, CLASS_SYSTEM, _label("A03", klass)) if klass else None,
        type_code=type_code,
        format_code=formats[0] if formats else None,
        facility=_code(first(root, "componentOf/encompassingEncounter/location/healthCareFacility/code")),
        practice=_code(
            first(event, "performer/assignedEntity/representedOrganization/standardIndustryClassCode")
            if event is not None
            else None
        ),
        confidentiality=(Code(level, "2.16.840.1.113883.5.25", {"N": "Normal"}.get(level, level)),) if level else (),
        events=tuple(code for e in each(root, "documentationOf/serviceEvent/code") if (code := _code(e))),
    )


def _main_event(root: Element) -> Element | None:
    events = each(root, "documentationOf/serviceEvent")
    return next((event for event in events if first(event, "performer") is not None), events[0] if events else None)


def _formats(root: Element) -> Iterator[Code]:
    """The formatCodes that fit a document: by the type of its unstructured body, else by its templates."""
    text = first(root, "component/nonXMLBody/text")
    if text is not None:
        yield from (_format(link.target, link.system) for link in mapping("A12").links(text.get("mediaType", "")))
        return
    for template in reversed([e.get("root", "") for e in each(root, "templateId")]):
        yield from (_format(link.target, link.system) for link in mapping("A11").links(template))


def _format(code: str, system: str) -> Code:
    return Code(code, system, _label("J60", code) or _label("J10", code))


def _label(table: str, code: str) -> str:
    from norms.codes import shipped

    held = shipped(table)
    return next((label for (known, _), label in held.labels.items() if known == code), "") if held else ""


def _author(author: Element) -> Author:
    assigned = first(author, "assignedAuthor")
    if assigned is None:
        return Author()
    function = first(author, "functionCode")
    code = _code(first(assigned, "code"))
    organisation = first(assigned, "representedOrganization")
    return Author(
        persons=(_xcn(assigned),),
        institutions=(_xon(organisation),) if organisation is not None else (),
        roles=(function.get("displayName", ""),) if function is not None and function.get("displayName") else (),
        specialties=(f"{code.code}^{code.display}^{code.system}",) if code else (),
    )


def _xcn(assigned: Element | None) -> str:
    if assigned is None:
        return ""
    found = [(e.get("root", ""), e.get("extension", "")) for e in each(assigned, "id")]
    root, extension = next((pair for pair in found if pair[1]), ("", ""))
    device = first(assigned, "assignedAuthoringDevice")
    if device is not None:
        names = [words(first(device, name)) for name in ("softwareName", "manufacturerModelName")]
        return f"{extension}^{names[0] or names[1]}^{names[1]}^^^^^^&{root}&ISO^U^^^RI"
    person = first(assigned, "assignedPerson/name")
    family, given = (words(first(person, name)) if person is not None else "" for name in ("family", "given"))
    if nature(root):
        return f"{extension}^{family}^{given}^^^^^^&{root}&ISO^D^^^NH"
    return (
        write_xcn(extension, family, given)
        if root == PERSONS
        else (f"{extension}^{family}^{given}^^^^^^&{root}&ISO^D^^^IDNPS")
    )


def _xon(organisation: Element) -> str:
    return write_xon(words(first(organisation, "name")), _attribute(organisation, "id", "extension"))


def _patient_info(patient: Element | None) -> Iterator[str]:
    person = first(patient, "patient") if patient is not None else None
    if person is None:
        return
    name = first(person, "name")
    if name is not None:
        families = {e.get("qualifier", ""): words(e) for e in each(name, "family")}
        givens = {e.get("qualifier", ""): words(e) for e in each(name, "given")}
        family = families.get("BR") or next(iter(families.values()), "")
        given = givens.get("BR") or givens.get("") or next(iter(givens.values()), "")
        yield f"PID-5|{family}^{given}^^^^^L"
    birth = _attribute(person, "birthTime", "value")
    if birth:
        yield f"PID-7|{birth[:8]}"
    sex = _attribute(person, "administrativeGenderCode", "code")
    if sex:
        yield f"PID-8|{sex if sex in ('M', 'F') else 'U'}"


def _ident(element: Element | None) -> str:
    """An II as one text: the OID alone, or OID^extension."""
    if element is None:
        return ""
    root, extension = element.get("root", ""), element.get("extension", "")
    return f"{root}^{extension}" if extension else root


def _code(element: Element | None) -> Code | None:
    if element is None or not element.get("code"):
        return None
    return Code(element.get("code", ""), element.get("codeSystem", ""), element.get("displayName", ""))


def _attribute(parent: Element, path: str, name: str) -> str:
    element = first(parent, path)
    return element.get(name, "") if element is not None else ""


def _time(parent: Element | None, path: str) -> str:
    return to_utc(_attribute(parent, path, "value")) if parent is not None else ""


def to_utc(text: str) -> str:
    """A CDA time (``AAAAMMJJhhmm[ss]±zzzz``) as a DTM in UTC; a date, or what cannot be read, as it stands."""
    sign = max(text.find("+"), text.find("-"))
    stem, offset = (text[:sign], text[sign:]) if sign > 0 else (text, "")
    stem = stem.partition(".")[0]
    if not offset or len(stem) not in (12, 14) or len(offset) != 5:
        return stem
    try:
        zone = timezone((1 if offset[0] == "+" else -1) * timedelta(hours=int(offset[1:3]), minutes=int(offset[3:])))
        when = datetime.strptime(stem, "%Y%m%d%H%M%S" if len(stem) == 14 else "%Y%m%d%H%M").replace(tzinfo=zone)
        return write_dtm(when.astimezone(UTC))
    except ValueError:
        return stem
