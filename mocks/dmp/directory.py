"""What the directory says of who a VIHF names: structure known, professional linked to it, sector, place in RASS."""

from __future__ import annotations

from collections.abc import Iterator

from mocks.http import Call
from mocks.world import Organisation, Professional, World
from norms.finding import Finding, find
from norms.soap.tree import place
from norms.vihf import Vihf, names


def professional(world: World, national_id: str) -> Professional | None:
    """The professional of that national identifier."""
    return next((p for p in world.professionals.values() if p.national_id == national_id), None)


def organisation(world: World, struct_id: str) -> Organisation | None:
    """The structure of that national identifier: its own, or that of its geographic site or legal entity."""
    for one in world.organisations.values():
        finess = {f"1{number}" for number in (one.finess_geo, one.finess_ej) if number}
        if struct_id == one.struct_id or struct_id in finess or (one.siret and struct_id == f"3{one.siret}"):
            return one
    return None


def units_of(world: World, unit: str) -> frozenset[str]:
    """The structures that stand under the same legal entity as the one of a certificate."""
    own = organisation(world, unit)
    if own is None or not own.finess_ej:
        return frozenset()
    return frozenset(one.struct_id for one in world.organisations.values() if one.finess_ej == own.finess_ej)


def check_directory(call: Call, vihf: Vihf, actor: str) -> Iterator[Finding]:
    """VIHF-STRUCT-03, VIHF-STRUCT-04, VIHF-SECT-03, VIHF-AIR-07."""
    world = call.session.world
    person, structure = professional(world, vihf.user), organisation(world, vihf.structure)
    where = vihf.where(names.STRUCTURE)
    if vihf.structure and structure is None and call.switch("structures") == "known":
        yield find("VIHF-STRUCT-03", found=vihf.structure, where=where)
    sectors = {structure.sector} if structure else set()
    if person is not None and structure is not None and vihf.mode in (names.DIRECT, names.AIR):
        mine = [a for a in person.activities if world.organisations[a.organisation] is structure]
        sectors |= {activity.sector for activity in mine}
        if not mine:
            yield find("VIHF-STRUCT-04", expected=vihf.structure, found=vihf.user, where=where)
    sector = vihf.text(names.SECTOR).partition("^")[0]
    if sector and sectors and sector not in sectors:
        expected = ", ".join(sorted(filter(None, sectors)))
        yield find("VIHF-SECT-03", expected=expected, found=sector, where=vihf.where(names.SECTOR))
    listed = person is not None and bool(person.rpps)
    if vihf.mode == names.AIR and (actor == "AIR_OTHER" or not listed) and not call.switch("air_others"):
        where = place(vihf.assertion.element, "Subject/NameID")
        yield find("VIHF-AIR-07", found=vihf.user or "—", where=where)
