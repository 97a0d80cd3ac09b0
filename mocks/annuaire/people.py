"""Professionals and their activities as the public profiles as-dp-practitioner and as-dp-practitionerrole show them.

One Practitioner per profession exercised (exercice professionnel): who has two has two resources with one RPPS. Only
who has an RPPS is here: the profile requires it.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256

from mocks.annuaire.telecom import Json, Mailboxes, messaging
from mocks.world import Activity, Professional, World
from norms.annuaire import systems

INACTIVE = "inactive"  # tag of what the directory keeps as closed
_LIBERAL = {"SA05", "SA07", "SA08", "SA09", "SA33", "SA42"}


def number(key: str, digits: int = 10) -> str:
    """A technical number that stays the same for the same key."""
    return str(int.from_bytes(sha256(key.encode()).digest()[:8]) % 10**digits).zfill(digits)


def coded(system: str, code: str) -> Json:
    """A CodeableConcept of one coding."""
    return {"coding": [{"system": system, "code": code}]}


def identifier(kind: str, system: str, value: str) -> Json:
    """An official identifier with its FR Core type."""
    return {"use": "official", "type": coded(systems.IDENTIFIER_TYPE, kind), "system": system, "value": value}


def practitioner_id(who: Professional, profession: str) -> str:
    """The technical id of a professional's exercise of a profession."""
    return f"003-{number(who.id)}-{number(f'{who.id}/{profession}')}"


def organization_id(organisation: str) -> str:
    """The technical id of an organisation of the world."""
    return f"001-02-{number(organisation)}"


def professions(who: Professional) -> list[str]:
    """The professions that someone exercises, the main one first (an empty one when none is known)."""
    return list(dict.fromkeys([who.profession, *(a.profession for a in who.activities if a.profession)]))


def practitioners(world: World, boxes: Mailboxes) -> Iterator[Json]:
    """Every Practitioner of the world."""
    for who in world.professionals.values():
        if who.rpps:
            for profession in professions(who):
                yield _practitioner(who, profession, boxes)


def roles(world: World, boxes: Mailboxes) -> Iterator[Json]:
    """Every PractitionerRole of the world."""
    for who in world.professionals.values():
        if who.rpps:
            for rank, activity in enumerate(who.activities):
                yield _role(who, rank, activity, boxes)


def _practitioner(who: Professional, profession: str, boxes: Mailboxes) -> Json:
    found: Json = {"resourceType": "Practitioner", "id": practitioner_id(who, profession), "language": "fr"}
    if who.card_serial and profession == who.profession and INACTIVE not in who.tags:
        serial = {"url": "number", "valueString": who.card_serial}
        found["extension"] = [{"url": systems.SMARTCARD, "extension": [serial]}]
    found["identifier"] = [identifier("IDNPS", systems.PERSON, who.national_id)]
    if not boxes.shape.idnps_only:
        found["identifier"].append(identifier("RPPS", systems.RPPS, who.rpps))
    found["active"] = INACTIVE not in who.tags
    if not found["active"]:
        return found
    found["name"] = [_name(who)]
    found["telecom"] = boxes.of(who.id, "")
    found["qualification"] = _qualifications(who, profession)
    return found


def _name(who: Professional) -> Json:
    name: Json = {"use": "usual"}
    name["family"] = who.practice_family_name or who.family_name
    name["given"] = [given] if (given := who.practice_given_name or who.given_name) else []
    name["suffix" if who.civility == "DR" else "prefix"] = [who.civility] if who.civility else []
    return name


def _qualifications(who: Professional, profession: str) -> list[Json]:
    """Degree, profession with its category (C civil, E student), know-how."""
    found: list[Json] = []
    if profession == "10" and who.kind != "CPF":
        found.append({"code": {"coding": [_of(systems.DEGREE, "DE05"), _of(systems.DEGREE_TYPE, "DE")]}})
    if profession.isdigit():
        category = _of(systems.CATEGORY, "E" if who.kind == "CPF" else "C")
        found.append({"code": {"coding": [_of(systems.PROFESSION, profession), category]}})
    specialty = next((a.specialty for a in who.activities if a.profession == profession and a.specialty), "")
    specialty = specialty or (who.specialty if profession == who.profession else "")
    if specialty.startswith(("SM", "SCD", "SCH")):
        found.append({"code": {"coding": [_of(systems.SPECIALTY, specialty), _of(systems.SKILL_TYPE, "S")]}})
    return found


def _of(system: str, code: str) -> Json:
    return {"system": system, "code": code}


def _role(who: Professional, rank: int, activity: Activity, boxes: Mailboxes) -> Json:
    profession = activity.profession or who.profession
    key = f"{who.id}/{activity.organisation}/{rank}"
    found: Json = {"resourceType": "PractitionerRole", "id": f"005-{number(key)}-{number(key + '+')}", "language": "fr"}
    found["identifier"] = [{"use": "official", "system": systems.RPPS, "value": "10" + number(key, 8)}]
    found["active"] = INACTIVE not in who.tags
    found["practitioner"] = {"reference": f"Practitioner/{practitioner_id(who, profession)}"}
    found["organization"] = {"reference": f"Organization/{organization_id(activity.organisation)}"}
    if not found["active"]:
        return found
    found["code"] = _codes(who, activity)
    found["telecom"] = boxes.of(who.id, activity.organisation)
    if who.apicrypt and rank == 0:
        found["telecom"].append(messaging(who.apicrypt, "APICRYPT"))
    return found


def _codes(who: Professional, activity: Activity) -> list[Json]:
    """Kind of activity, mode of exercise (L liberal, S salaried), function, section of the pharmacists' order."""
    codes = [coded(systems.GENRE, activity.genre)] if activity.genre else []
    sector = activity.sector or who.sector
    codes.append(coded(systems.MODE, "L" if sector in _LIBERAL else "S"))
    if activity.role:
        codes.append(coded(systems.FUNCTION if activity.role.startswith("FON") else systems.CARE_ROLE, activity.role))
    section = activity.specialty or who.specialty
    if section and (activity.profession or who.profession) == "21":
        codes.append(coded(systems.PHARMACY_SECTION, section))
    return codes
