"""People and places of the synthetic world as `norms.cda.build` takes them, for the documents that the mocks write."""

from __future__ import annotations

from mocks.world import Organisation, Patient, Professional
from norms.cda import build
from norms.cda.build.model import PROFESSIONALS, STRUCTURES
from norms.codes import shipped

IPP = "1.2.250.1.213.99.9.1"  # identification domain of the world's softwares
_SETTINGS = {"SA01": "ETABLISSEMENT", "SA02": "ETABLISSEMENT", "SA04": "ETABLISSEMENT"}


def coded(table: str, code: str) -> build.Code:
    """A code of a shipped table, with its system and label; raises LookupError."""
    held = shipped(table)
    pairs = held.labels.items() if held else ()
    for (known, system), label in pairs:
        if known == code:
            return build.Code(known, system, label)
    raise LookupError(f"{table}: {code}")


def setting(sector: str) -> build.Code:
    """How care is given in a sector of activity: in a hospital or not (J62)."""
    return coded("J62", _SETTINGS.get(sector, "AMBULATOIRE"))


def place(one: Organisation) -> build.Organisation:
    """An organisation."""
    address = build.Address(one.street, one.postal_code, one.city)
    return build.Organisation(build.Ident(STRUCTURES, one.struct_id), one.name, address, one.phone, setting(one.sector))


def professional(one: Professional, organisation: Organisation) -> build.Professional:
    """A professional at work in an organisation."""
    code = f"G15_{one.profession}" + (f"/{one.specialty}" if one.specialty else "")
    return build.Professional(
        build.Ident(PROFESSIONALS, one.national_id),
        one.family_name,
        one.given_name,
        suffix="DR" if one.civility == "DR" else "",
        code=coded("J56", code),
        organisation=place(organisation),
        phone=one.phone,
        mail=one.mail,
    )


def patient(one: Patient, oid: str) -> build.Patient:
    """A patient, with the INS under this OID (none when it is empty) and the local identifier."""
    ids = [build.Ident(oid, one.ins.full)] if one.ins and oid else []
    if one.ipp or not ids:
        ids.append(build.Ident(IPP, one.ipp or one.id))
    return build.Patient(
        tuple(ids),
        one.birth_name,
        one.given_names,
        one.sex or "U",
        one.birth_date,
        one.birth_place,
        used_name=one.used_name,
        used_given_name=one.used_given_name,
    )
