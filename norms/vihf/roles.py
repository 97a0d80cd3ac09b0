"""Roles of the user in a VIHF: one or two values of JDV_J65, the second mandatory for doctors and pharmacists."""

from __future__ import annotations

from collections.abc import Iterator

from norms.codes import shipped
from norms.finding import Finding, find
from norms.soap.names import namespace
from norms.soap.tree import elements, place
from norms.vihf import names
from norms.vihf.read import HL7, Coded, Vihf

_FIRST = (names.PROFESSION, names.STUDENT, names.NOT_PROFESSIONAL)
_SKILLS = (names.SKILL, names.PHARMACY_SECTION)


def check_roles(vihf: Vihf) -> list[Finding]:
    """Form, number, value set, and the second role where the first asks for one."""
    if names.ROLE not in vihf.values:
        return []
    return [*_form(vihf), *_number(vihf), *(f for role in vihf.roles for f in _known(role))]


def _form(vihf: Vihf) -> Iterator[Finding]:
    for held in vihf.values[names.ROLE]:
        inside = elements(held)
        if len(inside) != 1:
            yield find("VIHF-ROLE-01", expected="1 Role", found=len(inside), where=place(held))
        for element in inside[:2]:
            if namespace(element.tag) != HL7:
                yield find("VIHF-ROLE-02", expected=HL7, found=namespace(element.tag) or "—", where=place(element))


def _number(vihf: Vihf) -> Iterator[Finding]:
    roles = vihf.roles
    if not roles:
        yield find("VIHF-ROLE-03", expected="1–2", found=0, where=vihf.where(names.ROLE))
        return
    first = roles[0]
    if len(roles) > 2:
        yield find("VIHF-ROLE-03", expected="1–2", found=len(roles), where=place(roles[2].element))
    if first.system in _SKILLS:
        yield find("VIHF-ROLE-04", found=f"{first.code}^{first.system}", where=place(first.element))
    wanted = names.SECOND.get(first.pair)
    second = roles[1] if len(roles) > 1 else None
    if wanted and (second is None or second.system != wanted):
        found = f"{second.code}^{second.system}" if second else "—"
        yield find("VIHF-ROLE-05", expected=wanted, found=found, where=place(first.element), profession=first.code)
    elif second is not None and not wanted and second.system == first.system:
        yield find("VIHF-ROLE-06", found=f"{second.code}^{second.system}", where=place(second.element))


def _known(role: Coded) -> Iterator[Finding]:
    table = shipped("J65")
    assert table is not None
    label = table.labels.get(role.pair)
    if label is None:
        expected = table.name
        systems = table.systems_of(role.code)
        rule = "VIHF-ROLE-08" if systems else "VIHF-ROLE-07"
        found = f"{role.code}^{role.system}"
        yield find(rule, expected=", ".join(systems) or expected, found=found, where=place(role.element))
    elif role.display and role.display.casefold() != label.casefold():
        yield find("VIHF-ROLE-09", expected=label, found=role.display, where=place(role.element))
