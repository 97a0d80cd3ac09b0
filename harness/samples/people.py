"""The people and places of the world, as the builder takes them."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from zoneinfo import ZoneInfo

from mocks.world import Organisation as WorldOrganisation
from mocks.world import Professional as WorldProfessional
from mocks.world import World
from norms.cda.build import Address, Code, Ident, Organisation, Party, Patient, Professional
from norms.cda.build.model import PROFESSIONALS, STRUCTURES
from norms.codes import Tables

PARIS = ZoneInfo("Europe/Paris")
IPP = "1.2.250.1.213.99.9.1"  # local identifiers of the bench's imaginary software
TEST_INS = "1.2.250.1.213.1.4.10"
_SPECIALTY = "1.2.250.1.213.1.1.4.5"
_SETTINGS = {
    "SA01": "ETABLISSEMENT",
    "SA02": "ETABLISSEMENT",
    "SA04": "ETABLISSEMENT",
    "SA05": "AMBULATOIRE",
    "SA07": "AMBULATOIRE",
    "SA08": "AMBULATOIRE",
    "SA09": "AMBULATOIRE",
    "SA17": "ESSMS",
    "SA25": "AMBULATOIRE",
    "SA33": "AMBULATOIRE",
    "SA52": "AMBULATOIRE",
}
_CITIES = {
    "55039": "BEAULIEU",
    "55050": "BELRUPT",
    "55189": "ETAIN",
    "2A021": "ARRO",
    "99128": "ETRANGER",
    "55139": "COMBRES",
}


def at(year: int, month: int, day: int, hour: int = 10, minute: int = 0) -> datetime:
    """A moment of French legal time."""
    return datetime(year, month, day, hour, minute, tzinfo=PARIS)


class People:
    """Patients, professionals and structures of a world, by their ids."""

    def __init__(self, world: World | None = None) -> None:
        self.world = world or World.load()

    @cached_property
    def _tables(self) -> Tables:
        return Tables()

    def label(self, table: str, code: str, system: str) -> Code:
        """A code of a value set, with its label; raises KeyError when the set does not hold it."""
        held = self._tables.table(table)
        if held is None or (code, system) not in held.labels:
            raise KeyError(f"{code} is not in {table}")
        return Code(code, system, held.labels[code, system])

    def place(self, key: str) -> Organisation:
        """A structure."""
        one: WorldOrganisation = self.world.organisations[key]
        setting = self.label("J04", _SETTINGS.get(one.sector, "AMBULATOIRE"), "1.2.250.1.213.1.1.4.9")
        address = Address(one.street, one.postal_code, one.city)
        return Organisation(Ident(STRUCTURES, one.struct_id), " ".join(one.name.split()), address, one.phone, setting)

    def facility(self, sector: str) -> Code:
        """The kind of place of care (JDV_J02)."""
        return self.label("J02", sector, "1.2.250.1.71.4.2.4")

    def pro(self, key: str, place: str = "") -> Professional:
        """A professional, in the first structure where they work or in another."""
        one: WorldProfessional = self.world.professionals[key]
        where = place or (one.activities[0].organisation if one.activities else "")
        code = f"G15_{one.profession}" + (f"/{one.specialty}" if one.specialty else "")
        return Professional(
            id=Ident(PROFESSIONALS, one.national_id),
            family=one.family_name,
            given=one.given_name.title(),
            prefix={"DR": "M" if one.given_name in ("LUC", "HUGUES") else "MME"}.get(one.civility, one.civility),
            suffix="DR" if one.civility == "DR" else "",
            code=self.label("J01", code, _SPECIALTY),
            organisation=self.place(where) if where else None,
            phone=one.phone,
            mail=one.mail,
        )

    def patient(self, key: str, **changes: object) -> Patient:
        """A patient, INS under the test root; ``changes`` replace fields of the built value."""
        one = self.world.patients[key]
        ids = [Ident(IPP, one.ipp)] if one.ipp else []
        if one.ins:
            root = one.ins.oid if one.ins.oid.endswith(".9") else TEST_INS
            ids.insert(0, Ident(root, one.ins.full))
        fields: dict[str, object] = {
            "ids": tuple(ids),
            "birth_name": one.birth_name,
            "given_names": one.given_names,
            "sex": one.sex or "U",
            "birth_date": one.birth_date,
            "birth_place": one.birth_place,
            "birth_city": _CITIES.get(one.birth_place, ""),
            "used_name": one.used_name,
            "used_given_name": one.used_given_name,
            "phone": one.phone,
            "address": Address(one.street, one.postal_code, one.city) if one.city else None,
        }
        return Patient(**{**fields, **changes})  # type: ignore[arg-type]

    def doctor_in_charge(self, key: str = "dr-romarin") -> Party:
        """The patient's own doctor (médecin traitant)."""
        return Party("INF", self.pro(key), function=Code("PCP", "2.16.840.1.113883.5.88", "Médecin Traitant"))
