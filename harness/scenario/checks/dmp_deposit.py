"""Checks on what a software deposits in the DMP."""

from __future__ import annotations

from harness.scenario.checks import Context, Traffic, check
from harness.scenario.checks.dmp import calls, xml
from harness.scenario.verdict import Failed, Inconclusive, Seen
from harness.words import Words, words
from norms.xds.datatypes import read_xcn, read_xon
from norms.xds.model import Association, Author, DocumentEntry
from norms.xds.names import APND, XFRM, rim
from norms.xds.read import read_objects

_P = "harness.scenario"
_VISIBILITY = frozenset(("MASQUE_PS", "INVISIBLE_PATIENT", "INVISIBLE_REPRESENTANTS_LEGAUX"))
_SIGNATURE = "art"  # language of the signature document
_PDF = "urn:ihe:iti:xds-sd:pdf:2008"


def _objects(call: Traffic) -> tuple[list[DocumentEntry], list[Association]]:
    """The documents of a deposit, its signature apart, and its associations."""
    objects = next(iter(xml(call, "request").iter(rim("RegistryObjectList"))), None)
    _, entries, links = read_objects(objects) if objects is not None else ([], [], [])
    return [entry for entry in entries if entry.language != _SIGNATURE], links


def _deposited(on: list[Traffic]) -> list[tuple[Traffic, DocumentEntry]]:
    return [(call, entry) for call in calls(on, "TD2.1") for entry in _objects(call)[0]]


@check(
    "dmp.visibility",
    fr="Les codes de visibilité du document déposé sont ceux demandés, et eux seuls.",
    en="The visibility codes of the document deposited are those asked for, and only these.",
)
def visibility(context: Context, on: list[Traffic], *, codes: list[str]) -> Seen:
    """confidentialityCode of every entry but the signature, in each deposit of the step."""
    expected = Words.of(", ".join(sorted(codes)) or "—")
    for call, entry in (deposited := _deposited(on)):
        found = entry.visibility & _VISIBILITY
        if found != set(codes):
            shown = ", ".join(sorted(found)) or "—"
            message = words(_P, "dmp.visibility", expected=expected.fr, found=shown)
            raise Failed(message, Seen(expected, Words.of(shown), call.id))
    return Seen(expected, expected, deposited[0][0].id if deposited else 0)


@check(
    "dmp.business-date",
    fr="creationTime et serviceStartTime sont à la date métier du document, non à celle de l'envoi.",
    en="creationTime and serviceStartTime are of the document's business date, not of the sending.",
)
def business_date(context: Context, on: list[Traffic], *, date: str) -> Seen:
    """``date`` AAAA-MM-JJ; every entry but the signature, in each deposit of the step."""
    expected = Words.of(date)
    for call, entry in (deposited := _deposited(on)):
        for name, time in (("creationTime", entry.creation_time), ("serviceStartTime", entry.service_start)):
            if time[:8] != date.replace("-", ""):
                message = words(_P, "dmp.business_date", field=name, found=time or "—", expected=date)
                raise Failed(message, Seen(expected, Words.of(time or "—"), call.id))
    return Seen(expected, expected, deposited[0][0].id if deposited else 0)


@check(
    "dmp.legal-author",
    fr="La structure est auteur du document (personne morale), avec son identifiant.",
    en="The structure is an author of the document (legal person), with its identifier.",
)
def legal_author(context: Context, on: list[Traffic]) -> Seen:
    """Every entry but the signature, in each deposit of the step."""
    expected = words(_P, "dmp.legal_expected")
    for call, entry in (deposited := _deposited(on)):
        if not any(map(_is_structure, entry.authors)):
            shown = "; ".join(person for author in entry.authors for person in author.persons) or "—"
            raise Failed(words(_P, "dmp.no_legal", found=shown), Seen(expected, Words.of(shown), call.id))
    return Seen(expected, expected, deposited[0][0].id if deposited else 0)


def _is_structure(author: Author) -> bool:
    """A system of the structure (RI), or somebody who bears its very name; with the structure's identifier."""
    places = [place for text in author.institutions if (place := read_xon(text)) and place.id]
    people = [person for text in author.persons if (person := read_xcn(text))]
    names = {place.name.casefold() for place in places}
    return bool(places) and any(one.id_type == "RI" or one.family.casefold() in names for one in people)


@check(
    "dmp.both-forms",
    fr="La forme structurée (N3) et le PDF (N1) sont dans un même lot, ou liés par une association.",
    en="The structured form (N3) and the PDF (N1) are in one set, or linked by an association.",
)
def both_forms(context: Context, on: list[Traffic]) -> Seen:
    """One of each, for one patient, of one type, neither without the other."""
    expected = words(_P, "dmp.forms_expected")
    deposits = [(call, *_objects(call)) for call in calls(on, "TD2.1")]
    entries = [entry for _, found, _ in deposits for entry in found]
    formats = [entry.format_code.code if entry.format_code else "" for entry in entries]
    seen = Seen(expected, Words.of(", ".join(formats) or "—"), deposits[0][0].id)
    flat = [entry for entry, code in zip(entries, formats, strict=True) if code == _PDF]
    if not entries:
        raise Inconclusive(words(_P, "dmp.no_call"), seen)
    if not flat or len(flat) == len(entries):
        raise Failed(words(_P, "dmp.one_form", found=seen.seen), seen)
    same = {(one.patient_id, one.type_code.code if one.type_code else "") for one in entries}
    linked = any(link.type in (XFRM, APND) for _, _, links in deposits for link in links)
    if len(same) > 1 or (len(deposits) > 1 and not linked):
        raise Failed(words(_P, "dmp.apart"), seen)
    return seen
