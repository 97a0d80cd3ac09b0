"""The patient: INS and its traits (RNIV), names, place of birth."""

from __future__ import annotations

import re
from collections.abc import Iterator

from norms.cda.document import Document, Element, each, first, inner, qname, words
from norms.finding import Finding, find
from norms.ins import matricule, oids

_PATIENT = "recordTarget/patientRole/patient"
_IDS = "recordTarget/patientRole/id"
# The arc of the INS: an id of it that is no known INS would pass for a local number.
_ARC = "1.2.250.1.213.1.4."
_COG = re.compile(r"(?:[01]\d|2[1-9AB]|[3-8]\d|9[0-5])\d{3}|9[789]\d{3}")


def check(document: Document) -> Iterator[Finding]:
    """Findings on the identity of the patient."""
    ids = each(document.root, _IDS)
    known = [one for one in ids if oids.nature(one.get("root", ""))]
    role = first(document.root, "recordTarget/patientRole")
    for one in ids:
        if document.sound(one):
            yield from _ins(document, one)
    if not known and ids and role is not None and not any(_near(one) for one in ids):
        yield _without(document, role)
    if len(known) > 1:
        yield find("CDA-PAT-05", found=", ".join(str(one.get("root")) for one in known), where=document.where(known[1]))
    patient = first(document.root, _PATIENT)
    if patient is not None and document.sound(patient):
        yield from _traits(document, patient, bool(known))
        yield from _names(document, patient)
        yield from _birthplace(document, patient)


def _without(document: Document, role: Element) -> Finding:
    """No INS. The document alone never tells whether it should have one: a qualified identity has the same traits."""
    name = first(role, "patient/name")
    if document.known is not None and name is not None:
        family = words(next(iter(_marked(each(name, "family"), "BR")), None))
        given = words(next(iter(_marked(each(name, "given"), "BR")), None))
        gender, born = first(role, "patient/administrativeGenderCode"), first(role, "patient/birthTime")
        traits = [one.get(at, "") if one is not None else "" for one, at in ((gender, "code"), (born, "value"))]
        if expected := document.known(family, given, traits[0], traits[1][:8]):
            return find("CDA-PAT-11", expected=expected, where=document.where(role), name=f"{given} {family}")
    return find("CDA-PAT-01", where=document.where(role))


def _near(one: Element) -> bool:
    return one.get("root", "").startswith(_ARC)


def _ins(document: Document, one: Element) -> Iterator[Finding]:
    root, extension = one.get("root", ""), one.get("extension", "")
    if not oids.nature(root):
        if _near(one):
            expected = ", ".join(oids.ALL)
            yield find("CDA-PAT-04", expected=expected, found=root, where=document.where(one, "root"))
        return
    try:
        number, key = matricule.split(extension)
    except matricule.BadMatricule:
        yield find("CDA-PAT-02", found=extension, where=document.where(one, "extension"), length=len(extension))
        return
    expected = matricule.key(number)
    if key != expected:
        yield find("CDA-PAT-03", expected=expected, found=key, where=document.where(one, "extension"), number=number)


def _traits(document: Document, patient: Element, with_ins: bool) -> Iterator[Finding]:
    """With an INS, all the strict traits of the RNIV; without, the birth name at least."""
    name = first(patient, "name")
    if name is None:
        return
    given = each(name, "given")
    gender = first(patient, "administrativeGenderCode")
    has = {
        "family[BR]": _marked(each(name, "family"), "BR"),
        "given[BR]": _marked(given, "BR"),
        "given": [one for one in given if one.get("qualifier") is None],
        "administrativeGenderCode/@code": gender is None or gender.get("code") is not None,
        "birthplace/place/addr/county": each(patient, "birthplace/place/addr/county"),
    }
    missing = [trait for trait, there in has.items() if not there]
    if missing and with_ins and document.whole(patient, "birthplace"):
        yield find("CDA-PAT-06", expected=", ".join(missing), where=document.where(patient))
    elif "family[BR]" in missing:
        yield find("CDA-PAT-07", where=document.where(name))


def _names(document: Document, patient: Element) -> Iterator[Finding]:
    for name in each(patient, "name"):
        for part in inner(name):
            mark = part.get("qualifier")
            if part.tag in _QUALIFIED and mark is not None and mark not in ("BR", "CL") and document.sound(part):
                yield find("CDA-PAT-08", expected="BR, CL", found=mark, where=document.where(part, "qualifier"))
            elif part.tag in _QUALIFIED and not words(part) and part.get("nullFlavor") is None and document.sound(part):
                yield find("CDA-DT-03", where=document.where(part), name=str(part.tag).rpartition("}")[2])
        every = [words(part) for part in each(name, "given") if part.get("qualifier") is None]
        leading = [words(part) for part in _marked(each(name, "given"), "BR")]
        if every and leading and leading[0] and not _fold(every[0]).startswith(_fold(leading[0])):
            yield find("CDA-PAT-09", expected=every[0], found=leading[0], where=document.where(name))


_QUALIFIED = (qname("family"), qname("given"))


def _birthplace(document: Document, patient: Element) -> Iterator[Finding]:
    for county in each(patient, "birthplace/place/addr/county"):
        code = words(county)
        if county.get("nullFlavor") is None and document.sound(county) and not _COG.fullmatch(code):
            yield find("CDA-PAT-10", found=code, where=document.where(county))


def _marked(parts: list[Element], mark: str) -> list[Element]:
    return [part for part in parts if part.get("qualifier") == mark]


def _fold(name: str) -> str:
    return " ".join(name.casefold().replace("-", " ").split())
