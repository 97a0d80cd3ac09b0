"""Authors and signers: XCN, XON, ``code^label^OID``, as the CI-SIS and the DMP want them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Final

from norms.codes import Tables
from norms.finding import Finding, find
from norms.ins.oids import nature
from norms.xds.codes import DMP, ValueSets, check_code
from norms.xds.datatypes import PERSONS, STRUCTURES, is_oid, read_xcn, read_xon
from norms.xds.model import Author, Code, DocumentEntry, SubmissionSet, Thing

_XCN_FORM: Final = f"identifiant^NOM^Prénom^^^^^^&{PERSONS}&ISO^D^^^IDNPS"
_XON_FORM: Final = f"Nom^^^^^&{STRUCTURES}&ISO^IDNST^^^identifiant"
_SPECIALTY_FORM: Final = "code^libellé^OID"
# National identifiers: prefix says what follows (0 ADELI, 1/6 cabinet, 3 FINESS, 4 SIREN, 5 SIRET, 8 RPPS).
_PERSON_ID: Final = re.compile(r"0[0-9AB]{8,9}\w?|[16]\w{8,}|[345]\w{9,14}/[^\s^]{1,}|8\d{11}|00B\w+|[0-9]\w*/\S+")
_STRUCTURE_ID: Final = re.compile(r"[01234]\w{8,20}")


def check_xcn(text: str, field: str, thing: Thing, place: str) -> Iterator[Finding]:
    """XDS-XCN-01 and -02: a professional (IDNPS), a device (RI), or the patient (NH)."""
    read = read_xcn(text)
    wrong = partial(_wrong, "XDS-XCN-01", _XCN_FORM, text, field, thing, place)
    if read is None:
        yield wrong("XCN.1-13, XCN.9 = &OID&ISO")
        return
    if not read.id:
        yield wrong("XCN.1")
    if not read.family:
        yield wrong("XCN.2")
    if read.id_type == "RI":
        if read.name_type != "U":
            yield wrong("XCN.10 = U")
        return
    if read.id_type == "NH" or nature(read.oid):
        if not (nature(read.oid) and read.id_type == "NH"):
            yield wrong("XCN.9 = INS, XCN.13 = NH")
        return
    if read.oid != PERSONS:
        yield wrong(f"XCN.9 = &{PERSONS}&ISO")
    elif read.id and not _PERSON_ID.fullmatch(read.id):
        yield wrong("XCN.1 (PS_IdNat)")
    if read.name_type != "D":
        yield wrong("XCN.10 = D")
    if not read.given:
        yield wrong("XCN.3")
    if read.id_type != "IDNPS":
        yield find(
            "XDS-XCN-02",
            expected="IDNPS",
            found=read.id_type or "—",
            where=thing.where(place),
            object=thing.id,
            field=field,
        )


def check_xon(text: str, field: str, thing: Thing, place: str) -> Iterator[Finding]:
    """XDS-XON-01: a structure (IDNST), or the publisher of a referenced digital service (SIREN)."""
    read = read_xon(text)
    wrong = partial(_wrong, "XDS-XON-01", _XON_FORM, text, field, thing, place)
    if read is None:
        yield wrong("XON.1-10, XON.6 = &OID&ISO")
        return
    if not read.name:
        yield wrong("XON.1")
    if read.id_type == "SIREN" and read.oid == "1.3.2":
        return
    if read.oid != STRUCTURES:
        yield wrong(f"XON.6 = &{STRUCTURES}&ISO")
    if read.id_type != "IDNST":
        yield wrong("XON.7 = IDNST")
    if not _STRUCTURE_ID.fullmatch(read.id):
        yield wrong("XON.10 (Struct_IdNat)")


def _wrong(rule: str, form: str, text: str, field: str, thing: Thing, place: str, name: str) -> Finding:
    where = thing.where(place)
    return find(rule, expected=form, found=text, where=where, object=thing.id, field=field, name=name)


def check_authors(thing: DocumentEntry | SubmissionSet, tables: Tables, sets: ValueSets = DMP) -> Iterator[Finding]:
    """XDS-AUT-*, -XCN-*, -XON-* and the specialties' value set, for a document's authors or a set's."""
    if not thing.authors:
        yield find("XDS-AUT-01", where=thing.where("author"), object=thing.id)
    for author in thing.authors:
        yield from _check_author(author, thing, tables, sets)


def _check_author(author: Author, thing: Thing, tables: Tables, sets: ValueSets) -> Iterator[Finding]:
    if not author.persons:
        yield find("XDS-AUT-01", where=thing.where("author"), object=thing.id)
    if len(author.persons) > 1:
        yield find("XDS-AUT-02", found=len(author.persons), where=thing.where("author"), object=thing.id)
    patient = False
    for person in author.persons:
        yield from check_xcn(person, "authorPerson", thing, "author")
        read = read_xcn(person)
        patient = patient or bool(read and nature(read.oid))
    if not author.institutions and not patient:
        yield find("XDS-AUT-03", found=", ".join(author.persons) or "—", where=thing.where("author"), object=thing.id)
    for institution in author.institutions:
        yield from check_xon(institution, "authorInstitution", thing, "author")
    for specialty in author.specialties:
        parts = specialty.split("^")
        if len(parts) != 3 or not parts[0] or not is_oid(parts[2]):
            yield find(
                "XDS-AUT-04", expected=_SPECIALTY_FORM, found=specialty, where=thing.where("author"), object=thing.id
            )
        else:
            code = Code(parts[0], parts[2], parts[1])
            yield from check_code(code, "authorSpecialty", thing, "author", tables, sets)
