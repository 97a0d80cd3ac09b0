"""Who a certificate is for: what stands in its subject, read from the synthetic world or given by the user."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from mocks.igc.profiles import CredentialPlan, Profile, defaults
from mocks.world import Organisation, Professional, World
from norms.codes.tables import shipped

PROFESSIONS = "1.2.250.1.71.1.2.7"  # TRE_G15, and the extension that carries it
EMPLOYEE_TITLE = "Personnel santé ou social"
EMAIL_DOMAIN = "carte-cps.exemple.test"


@dataclass(frozen=True, slots=True)
class Holder:
    """The words of a subject. ``unit`` is the structure id ("1" + FINESS or "3" + SIRET)."""

    common_name: str
    organisation: str = ""
    unit: str = ""
    department: str = ""
    given_name: str = ""
    surname: str = ""
    title: str = ""
    card: str = ""
    profession: int | None = None

    def stored(self) -> dict[str, Any]:
        """JSON-ready; `restored` reads it back."""
        return {key: value for key, value in asdict(self).items() if value not in ("", None)}


def restored(raw: Mapping[str, Any]) -> Holder:
    """The holder that `Holder.stored` wrote."""
    return Holder(**raw)


def planned(plan: CredentialPlan, profile: Profile, world: World) -> Holder:
    """The holder of a credential of `certs/credentials.toml`."""
    if profile.subject == "organisation":
        structure = world.organisations[defaults()["organisation"]]
        return of_organisation(structure, plan.cn, plan.unit)
    person = world.professionals[defaults()["professional" if profile.subject == "professional" else "employee"]]
    structures = [world.organisations[a.organisation] for a in person.activities]
    return of_professional(person, structures[0] if structures else None)


def of_organisation(structure: Organisation, common_name: str, unit: str = "") -> Holder:
    """A structure of the world under a common name."""
    return Holder(common_name, structure.name, unit or structure.struct_id, defaults()["department"])


def of_professional(person: Professional, structure: Organisation | None) -> Holder:
    """A card holder of the world; an employee's structure is part of the subject."""
    table = shipped("G15")
    label = table.labels.get((person.profession, PROFESSIONS), "") if table else ""
    return Holder(
        person.national_id,
        structure.name if structure else "",
        structure.struct_id if structure else "",
        defaults()["department"],
        person.given_name,
        person.family_name,
        label or EMPLOYEE_TITLE,
        person.card_serial,
        int(person.profession) if person.profession.isdigit() else None,
    )
