"""Professionals, structures and devices of the header: the form and the check digits of their national identifiers."""

from __future__ import annotations

from collections.abc import Iterator

from norms.cda.document import Document, Element, each, first, qname, shown
from norms.finding import Finding, find
from norms.ins import identifiers, oids

PERSONS = "1.2.250.1.71.4.2.1"  # IdNat_PS
STRUCTURES = "1.2.250.1.71.4.2.2"  # IdNat_Struct
PATIENT_MADE = "1.2.250.1.213.4.1"  # the body that hosts documents made by patients

_LENGTHS = {PERSONS: {"0": 10, "8": 12}, STRUCTURES: {"1": 10, "2": 10, "3": 15}}
_INS_ARC = "1.2.250.1.213.1.4."
_CUSTODIAN = "custodian/assignedCustodian/representedCustodianOrganization"


def check(document: Document) -> Iterator[Finding]:
    """Findings on the actors' identifiers, one for each wrong one however often it is repeated."""
    judged: set[tuple[str, str]] = set()
    for part in document.root:
        if part.tag == _BODY:
            break
        for one in part.iter(_ID):
            pair = (one.get("root", ""), one.get("extension", ""))
            if pair[1] and pair[0] in _LENGTHS and pair not in judged and document.sound(one):
                judged.add(pair)
                yield from _identifier(document, one, *pair)
    yield from _authors(document)
    yield from _custodian(document)


_ID = qname("id")
_BODY = qname("component")


def _identifier(document: Document, one: Element, root: str, extension: str) -> Iterator[Finding]:
    kind, number = extension[:1], extension[1:]
    right = identifiers.person(extension) if root == PERSONS else identifiers.structure(extension)
    if right:
        return
    where = document.where(one, "extension")
    wanted = _LENGTHS[root].get(kind)
    persons = root == PERSONS
    known = "0 3 4 5 8" if persons else "0 1 2 3 4"
    if kind not in known.split():
        yield find("CDA-ID-01" if persons else "CDA-ID-04", expected=known, found=extension, where=where)
    elif wanted is not None and (len(extension) != wanted or not number.isalnum()):
        rule = "CDA-ID-02" if persons else "CDA-ID-05"
        yield find(rule, expected=wanted, found=extension, where=where, length=len(extension), kind=kind)
    elif wanted is not None:
        yield find("CDA-ID-03" if persons else "CDA-ID-06", found=extension, where=where, kind=kind)


def _authors(document: Document) -> Iterator[Finding]:
    """A person who wrote or answers for the document goes by a national identifier, or is the patient."""
    for path in ("author/assignedAuthor", "legalAuthenticator/assignedEntity"):
        for actor in each(document.root, path):
            ids = [one.get("root", "") for one in each(actor, "id") if one.get("nullFlavor") is None]
            if first(actor, "assignedPerson") is None or not ids or not document.sound(actor):
                continue
            if not any(root == PERSONS or oids.nature(root) or root.startswith(_INS_ARC) for root in ids):
                place = document.where(each(actor, "id")[0], "root")
                yield find("CDA-ID-07", expected=PERSONS, found=", ".join(ids), where=place, name=shown(actor.tag))


def _custodian(document: Document) -> Iterator[Finding]:
    for organization in each(document.root, _CUSTODIAN):
        one = first(organization, "id")
        if one is not None and document.sound(one) and one.get("root") == STRUCTURES and not one.get("extension"):
            yield find("CDA-ID-08", where=document.where(one))
        if first(organization, "name") is None and document.whole(organization, "name"):
            yield find("CDA-ID-09", where=document.where(organization))
