"""One patient by message; patients' addresses from qualified identities (ECO.2.1.1, ECO.2.2.6): MAIL-PAT-*."""

from __future__ import annotations

from collections.abc import Iterator

from norms.finding import Finding, Where, find
from norms.ins import matricule
from norms.mail.address import Address
from norms.mail.check.seen import Seen


def check(seen: Seen) -> Iterator[Finding]:
    """The findings on the patients of a message."""
    where = seen.mail.where("to")
    people = {one.person: f"{one.birth_name} {one.given} {one.ins or one.birth_date}" for one in seen.documents}
    if len(people) > 1:
        yield find("MAIL-PAT-01", found=" ; ".join(people.values()), where=seen.where(seen.archives[0][0]))
    elif len({one.key for one in seen.to_patients}) > 1:
        yield find("MAIL-PAT-01", found=" ; ".join(one.address for one in seen.to_patients), where=where)
    for one in seen.to_patients:
        yield from _patient(one, seen, where)
    size, limit = len(seen.mail.raw), seen.facts.patient_limit
    if seen.to_patients and size > limit:
        yield find("MAIL-PAT-07", expected=limit, found=size, where=seen.mail.where())
    for one in seen.recipients:
        if one.key in seen.facts.opposed:
            yield find("MAIL-PAT-08", found=one.address, where=where)


def _patient(one: Address, seen: Seen, where: Where) -> Iterator[Finding]:
    local = one.local
    try:
        number, key = matricule.split(local)
    except matricule.BadMatricule:
        yield find("MAIL-PAT-02", found=one.address, where=where)
        return
    if len(local) != 15:
        yield find("MAIL-PAT-02", found=one.address, where=where)
        return
    if not matricule.valid(number, key):
        yield find("MAIL-PAT-03", expected=matricule.key(number), found=one.address, where=where)
        return
    bearers = {document.ins for document in seen.documents if document.ins}
    if bearers and local not in bearers:
        yield find("MAIL-PAT-04", expected=", ".join(sorted(bearers)), found=one.address, where=where)
    elif seen.facts.qualified is not None and not seen.facts.qualified.get(local, False):
        yield find("MAIL-PAT-05", found=one.address, where=where)
    elif any(not document.qualified for document in seen.documents):
        yield find("MAIL-PAT-06", found=one.address, where=where)
