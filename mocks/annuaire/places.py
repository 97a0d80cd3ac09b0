"""Organisations as the public profile as-dp-organization shows them; the care activities and equipment of some.

The world holds neither activities nor equipment: a hospital is given one authorised activity, an imaging centre one
scanner, so that a software that follows these links finds something.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from mocks.annuaire.people import INACTIVE, coded, identifier, number, organization_id
from mocks.annuaire.telecom import Json, Mailboxes
from mocks.world import Organisation, World
from norms.annuaire import systems


def organizations(world: World, boxes: Mailboxes) -> Iterator[Json]:
    """Every Organization of the world."""
    entities = {
        place.finess_ej: place.id
        for place in world.organisations.values()
        if place.finess_ej and not place.finess_geo  # legal entities that have an entry of their own
    }
    for place in world.organisations.values():
        yield _organization(place, boxes, entities)


def services(world: World) -> Iterator[Json]:
    """One care activity for each site of a hospital."""
    for place in world.organisations.values():
        if "hospital" in place.tags and place.finess_geo:
            yield {
                "resourceType": "HealthcareService",
                "id": f"004-{number(place.id)}-01",
                "language": "fr",
                "identifier": [{"use": "official", "system": "https://arhgos.esante.gouv.fr", "value": _arhgos(place)}],
                "active": INACTIVE not in place.tags,
                "providedBy": {"reference": f"Organization/{organization_id(place.id)}"},
                "type": [coded(systems.REGULATED_ACTIVITY, "01")],
            }


def devices(world: World) -> Iterator[Json]:
    """One scanner for each imaging centre."""
    for place in world.organisations.values():
        if "imaging" in place.tags:
            yield {
                "resourceType": "Device",
                "id": f"002-{number(place.id)}",
                "language": "fr",
                "identifier": [{"use": "official", "system": "https://arhgos.esante.gouv.fr", "value": _arhgos(place)}],
                "status": "inactive" if INACTIVE in place.tags else "active",
                "manufacturer": "ESSAI",
                "deviceName": [{"name": "SCANNER DE TEST", "type": "model-name"}],
                "type": coded(systems.HEAVY_EQUIPMENT, "05602"),
                "owner": {"reference": f"Organization/{organization_id(place.id)}"},
            }


def _arhgos(place: Organisation) -> str:
    return f"{place.postal_code[:2]}-{place.postal_code[:2]}-{number(place.id, 5)}"


def _organization(place: Organisation, boxes: Mailboxes, entities: Mapping[str, str]) -> Json:
    found: Json = {"resourceType": "Organization", "id": organization_id(place.id), "language": "fr"}
    found["identifier"] = list(_identifiers(place))
    found["active"] = INACTIVE not in place.tags
    found["name"] = place.name
    if not found["active"]:
        return found
    geographic = bool(place.finess_geo or not place.finess_ej)
    found["type"] = list(_types(place, geographic))
    found["telecom"] = _contacts(place) + boxes.of("", place.id)
    if place.city:
        line = [place.street] if place.street else []
        found["address"] = [{"line": line, "city": place.city, "postalCode": place.postal_code}]
    if place.finess_geo and (entity := entities.get(place.finess_ej)):
        found["partOf"] = {"reference": f"Organization/{organization_id(entity)}"}
    return found


def _identifiers(place: Organisation) -> Iterator[Json]:
    if place.struct_id:
        yield identifier("IDNST", systems.STRUCTURE, place.struct_id)
    if place.finess_geo:
        yield identifier("FINEG", systems.FINESS, place.finess_geo)
    elif place.finess_ej:
        yield identifier("FINEJ", systems.FINESS, place.finess_ej)
    if place.siret:
        yield identifier("SIRET", systems.SIRENE, place.siret)
        yield identifier("SIREN", systems.SIRENE, place.siret[:9])


def _types(place: Organisation, geographic: bool) -> Iterator[Json]:
    kind = "GEOGRAPHICAL-ENTITY" if geographic else "LEGAL-ENTITY"
    yield _typed("organizationType", systems.ORGANIZATION_TYPE, kind)
    if place.sector:
        yield _typed("secteurActiviteRASS", systems.SECTOR, place.sector)
    if place.type_code:
        yield coded(systems.ESTABLISHMENT, place.type_code)


def _typed(kind: str, system: str, code: str) -> Json:
    return {"extension": [{"url": systems.ORGANIZATION_TYPES, "valueCode": kind}], **coded(system, code)}


def _contacts(place: Organisation) -> list[Json]:
    """Telephone and ordinary address: neither is a MSSanté mailbox, yet both are among the contact points."""
    found: list[Json] = [{"system": "phone", "value": place.phone, "rank": 1}] if place.phone else []
    return found + ([{"system": "email", "value": place.contact_mail}] if place.contact_mail else [])
