"""The packaged world is what its headers promise."""

from __future__ import annotations

from collections import Counter

import pytest

from mocks.world import Patient, World
from norms.ins import identifiers, lexical, matricule, oids, traits

WORLD = World.load()
PATIENTS = list(WORLD.patients.values())

CASES = [
    "cnda",
    "metropole",
    "corsica-2a",
    "corsica-2b",
    "overseas",
    "abroad",
    "nia",
    "compound-given-name",
    "several-given-names",
    "apostrophe",
    "hyphen",
    "long-54",
    "long-100",
    "homonym",
    "homonym-cog",
    "homonym-given-name",
    "homonym-always",
    "unknown",
    "date-00-month-day",
    "date-00-day",
    "date-00-month",
    "empty-name",
    "empty-given-names",
    "empty-sex",
    "history-one",
    "history-many",
    "history-ten",
    "duplicate-history",
    "invalid-key",
    "twin",
    "newborn",
    "minor",
    "used-name",
    "used-given-name",
    "vitale",
    "verify-ko",
    "second-given-name",
    "ligature",
    "main",
]


@pytest.mark.parametrize("tag", CASES)
def test_every_case_has_a_patient(tag: str) -> None:
    assert [p.id for p in PATIENTS if tag in p.tags]


@pytest.mark.parametrize("patient", PATIENTS, ids=lambda p: p.id)
def test_keys_and_traits_are_sound_unless_tagged(patient: Patient) -> None:
    for ins in (*([patient.ins] if patient.ins else []), *patient.history):
        assert matricule.valid(ins.value, ins.key) == ("invalid-key" not in patient.tags)
        assert oids.nature(ins.oid) == ("NIA" if ins.oid == WORLD.insi_oid_nia else "NIR")
    assert not lexical.check(patient.birth_name, "birth_name")
    assert not lexical.check(patient.given_list, "given_name")
    assert patient.birth_place == "" or traits.place(patient.birth_place)
    assert patient.note_fr
    assert patient.note_en
    if patient.vitale:
        assert matricule.valid(patient.vitale.nir, patient.vitale.key)


def test_our_matricules_are_out_of_anyones_reach() -> None:
    for patient in PATIENTS:
        if "cnda" in patient.tags and "own-matricule" not in patient.tags:
            continue
        for ins in (*([patient.ins] if patient.ins else []), *patient.history):
            assert int(ins.value[10:13]) >= 900, patient.id
            assert 1 <= int(ins.value[3:5]) <= 12 or "date-00" in patient.tags
            birthplace = ins.value[5:10]
            assert patient.birth_place == birthplace or ins in patient.history


def test_no_two_patients_share_an_identifier() -> None:
    for kept in (
        [p.ins.value for p in PATIENTS if p.ins],
        [p.ipp for p in PATIENTS],
        [p.rpps for p in WORLD.professionals.values() if p.rpps],
        [p.national_id for p in WORLD.professionals.values()],
        [o.finess_geo for o in WORLD.organisations.values() if o.finess_geo],
        [o.struct_id for o in WORLD.organisations.values()],
    ):
        assert max(Counter(kept).values()) == 1


def test_about_forty_patients_and_a_man_for_each_woman() -> None:
    sexes = Counter(p.sex for p in PATIENTS)
    assert len(PATIENTS) >= 40
    assert abs(sexes["M"] - sexes["F"]) <= 2


def test_lengths_of_the_long_names() -> None:
    assert len(WORLD.patients["long-54"].birth_name) == 54
    assert len(WORLD.patients["long-100"].birth_name) == 100
    assert len(WORLD.patients["long-100"].given_list) == 100


def test_twins_share_a_card_and_differ_by_rank() -> None:
    father = WORLD.patients["mesange-julien"]
    assert father.ins
    assert [p.id for p in WORLD.by_nir(father.ins.value, "2016-05-09")] == ["mesange-ada", "mesange-eve"]
    assert [p.id for p in WORLD.by_nir(father.ins.value, "2016-05-09", 2)] == ["mesange-eve"]
    assert [p.id for p in WORLD.by_nir(father.ins.value, father.birth_date)] == ["mesange-julien"]


def test_professionals_and_organisations_have_valid_test_numbers() -> None:
    for who in WORLD.professionals.values():
        assert identifiers.person(who.national_id) or (who.national_id[:3] == "ANS" and "edit" in who.tags), who.id
        if who.rpps:
            assert identifiers.rpps(who.rpps)
            assert who.rpps.startswith("99700")
            assert who.national_id == "8" + who.rpps
        if who.adeli:
            assert identifiers.adeli(who.adeli)
            assert who.national_id == "0" + who.adeli
    for place in WORLD.organisations.values():
        assert identifiers.structure(place.struct_id), place.id
        assert place.struct_id[1:] in (place.finess_ej, place.finess_geo, place.siret)
        for number in filter(None, (place.finess_ej, place.finess_geo)):
            assert identifiers.finess(number)
        assert not place.siret or identifiers.siret(place.siret)


@pytest.mark.parametrize(
    "tag", ["main", "rpps", "adeli", "rpps-plus", "secretary", "several-activities", "no-activity", "cpe"]
)
def test_every_kind_of_professional_is_there(tag: str) -> None:
    assert [p.id for p in WORLD.professionals.values() if tag in p.tags]


# What the qualification environment and the CNDA tests document (13 characters, key).
DOCUMENTED = {
    "adrun-zoe": "2751263220749 74",
    "adrdeux-laurent": "1810163220751 40",
    "adrtrois-dominique": "297022A020778 78",
    "adrtrois-toussaint": "160012B020777 13",
    "d-artagnan-pierre-alain": "1010663220754 60",
    "ecetinsi-pierre-alain": "1090763220834 89",
    "provisoire-matricule": "1090763220888 35",
    "tchitchi-catarina": "2360663220836 56",
    "corse-anthony": "180032B020401 23",
    "hermann-gatien": "1810363220456 60",
    "nessi-michelangelo": "1100863220830 60",
}


@pytest.mark.parametrize(("id", "ins"), DOCUMENTED.items())
def test_documented_matricules(id: str, ins: str) -> None:
    held = WORLD.patients[id].ins
    assert held
    assert f"{held.value} {held.key}" == ins


ANSWERS = [
    (("ADRUN", "ZOE", "F", "1975-12-31"), ["adrun-zoe"]),
    (("D'ARTAGNAN DE L'HERAULT", "PIERRE-ALAIN", "M", "2001-06-17"), ["d-artagnan-pierre-alain"]),
    (("D'ARTAGNAN DE L'HERAULT", "PIERRE ALAIN", "M", "2001-06-17"), []),
    (("PATB QUATRE", "LAURENCE", "F", "1907-05-25"), []),  # the hyphen of a birth name counts
    (("ECETINSI", "PIERRE-ALAIN MURIEL FLORIANT", "M", "2009-07-14"), ["ecetinsi-pierre-alain"]),
    (("ECETINSI", "PIERRE-ALAIN MURIEL", "M", "2009-07-14"), []),
    (("D'AEION", "COEUR", "M", "1987-01-01"), []),
    (("DE VINCI", "LEONARDO", "M", "2014-02-01"), ["de-vinci-leonardo", "de-vinci-leonardo-bis"]),
    (("DE VINCI", "LEONARDO", "M", "2014-02-01", "63220"), ["de-vinci-leonardo"]),
    (("TCHITCHI", "OLA", "F", "1936-06-21"), []),
    (("TCHITCHI", "CATARINA", "F", "1936-06-21"), ["tchitchi-catarina"]),
    (("HOUILLES", "PIERRE", "M", "1993-01-27"), []),
    (("MESANGE", "LEONIE", "F", "1985-05-12"), []),  # a used name finds nobody
    (("ROITELET", "ALIX", "F", "1981-10-10"), ["roitelet-alix-a", "roitelet-alix-b"]),
    (("ROITELET", "ALIX JADE", "F", "1981-10-10"), ["roitelet-alix-b"]),
    (("VANNEAU", "ODETTE", "F", "1950-12-31"), ["vanneau-date-00"]),
    (("VANNEAU", "ODETTE", "F", "1950-00-00"), ["vanneau-date-00"]),
    (("ANY NAME", "GASTON", "M", "1971-02-03"), ["sans-nom"]),
    (("GREBE", "ANYTHING", "F", "1973-04-05"), ["sans-prenom"]),
    (("BUTOR", "CLAUDE", "F", "1969-06-07"), ["sans-sexe"]),
]


@pytest.mark.parametrize(("query", "ids"), ANSWERS)
def test_documented_answers(query: tuple[str, ...], ids: list[str]) -> None:
    assert [p.id for p in WORLD.search(*query)] == ids


def test_mailboxes_agree_with_who_holds_them() -> None:
    kinds = {box.kind for box in WORLD.mailboxes.values()}
    assert kinds == {"PER", "ORG", "APP", "CAB"}
    for who in WORLD.professionals.values():
        box = WORLD.mailbox(who.mail) if who.mail else None
        assert not who.mail or (box and box.kind == "PER" and box.professional == who.id), who.id
    for place in WORLD.organisations.values():
        box = WORLD.mailbox(place.mail) if place.mail else None
        assert not place.mail or (box and box.organisation == place.id), place.id
    for box in WORLD.mailboxes.values():
        assert box.id.endswith(".formation.mssante.fr")
    assert [box.id for box in WORLD.mailboxes.values() if box.red_list]
    assert [box.id for box in WORLD.mailboxes.values() if not box.active]
    assert {p.mes for p in PATIENTS} == {"open", "closed", "not-activated", "absent"}
