"""Who and whom a VIHF names: the user, the structure, the patient, against the certificate that brought it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from norms.finding import Finding, find
from norms.ins import matricule, oids
from norms.soap.tree import place
from norms.vihf import names
from norms.vihf.expected import Caller, Expected
from norms.vihf.read import Vihf

# PS_IdNat: 8 RPPS, 0 ADELI, 1 and 6 practice; 3 FINESS, 4 SIREN, 5 SIRET, each with "/" and an internal id
_PERSON: Final = re.compile(r"8\d{11}|0\w{9}|[16]\w{8,14}(/\S+)?|3\w{9}/\S+|4\d{9}/\S+|5\d{14}/\S+|ANS\d{14}", re.ASCII)
# Struct_IdNat: 0 practice of an ADELI, 1 FINESS, 2 SIREN, 3 SIRET, 4 RPPS and rank; 10B… are the test structures
_STRUCTURE: Final = re.compile(r"0\w{9,11}|1\w{9}|2\d{9}|3\d{14}|4\d{13,14}", re.ASCII)


def check_identity(vihf: Vihf, expected: Expected) -> list[Finding]:
    """NameID, structure, patient, and their coherence with the TLS certificate."""
    findings = [*_person(vihf), *_structure(vihf), *_patient(vihf, expected)]
    return findings + list(_caller(vihf, expected.caller, expected.units)) if expected.caller else findings


def _person(vihf: Vihf) -> Iterator[Finding]:
    where = place(vihf.assertion.element, "Subject/NameID")
    if not vihf.user:
        yield find("VIHF-NID-01", where=where)
    elif not _PERSON.fullmatch(vihf.user) and not _automatic(vihf):
        yield find("VIHF-NID-02", expected="8 + RPPS, 0 + ADELI, 3 + FINESS/…", found=vihf.user, where=where)


def _automatic(vihf: Vihf) -> bool:
    return bool(vihf.roles) and vihf.roles[0].code in ("AUTOMATE", "DISPOSITIF")


def _structure(vihf: Vihf) -> Iterator[Finding]:
    if vihf.structure and not _STRUCTURE.fullmatch(vihf.structure):
        expected = "1 + FINESS, 3 + SIRET, 4 + RPPS + rang"
        yield find("VIHF-STRUCT-01", expected=expected, found=vihf.structure, where=vihf.where(names.STRUCTURE))


def _patient(vihf: Vihf, expected: Expected) -> Iterator[Finding]:
    written, where = vihf.text(names.RESOURCE), vihf.where(names.RESOURCE)
    if not written:
        if expected.patient:
            yield find("VIHF-INS-01", expected=names.RESOURCE, where=where)
        return
    ins, oid = vihf.ins
    if not ins:
        yield find("VIHF-INS-02", expected="INS^^^&OID&ISO^NH", found=written, where=where)
        return
    if not oids.nature(oid):
        yield find("VIHF-INS-03", expected=", ".join(oids.ALL), found=oid, where=where)
    elif oid not in expected.oids:
        yield find("VIHF-INS-04", expected=", ".join(expected.oids), found=oid, where=where)
    if not matricule.well_formed(ins[:13]) or not matricule.valid(ins[:13], ins[13:]):
        right = matricule.key(ins[:13]) if matricule.well_formed(ins[:13]) else "—"
        yield find("VIHF-INS-05", expected=right, found=ins, where=where)


def _caller(vihf: Vihf, caller: Caller, units: frozenset[str]) -> Iterator[Finding]:
    card = vihf.mode == names.DIRECT
    if vihf.mode in names.MODES and card != caller.card:
        found = caller.common_name or "—"
        where = vihf.where(names.MODE)
        yield find("VIHF-MODE-02" if card else "VIHF-MODE-03", expected=vihf.mode, found=found, where=where)
    elif card and vihf.user != caller.common_name:
        where = place(vihf.assertion.element, "Subject/NameID")
        yield find("VIHF-NID-03", expected=caller.common_name, found=vihf.user or "—", where=where)
    elif not card and vihf.structure and vihf.structure not in {caller.unit, *units}:
        where = vihf.where(names.STRUCTURE)
        yield find("VIHF-STRUCT-02", expected=caller.unit or "—", found=vihf.structure, where=where)
