"""Professionals of the world as the identity provider sees them."""

from __future__ import annotations

from collections.abc import Mapping

from mocks.world import Activity, Organisation, Professional, World
from norms.oidc.person import Person, Practice

_ORIGINS = {"8": "RPPS", "0": "ADELI", "3": "FINESS", "5": "SIRET", "A": "EDIT"}
_BOARDS = {"10": "CNOM", "21": "CNOP", "40": "CNOCD", "50": "CNOSF", "60": "CNOI", "70": "CNOMK", "80": "CNOPP"}
_LIBERAL = ("SA07", "SA08", "SA33", "SA52")  # sectors of practices held by the professionals themselves


def person_of(world: World, who: Professional) -> Person:
    """The identity of a professional; one without profession nor activity has no professional data at all."""
    titled = who.civility in ("DR", "PR")
    return Person(
        who.national_id,
        who.given_name,
        who.family_name,
        _ORIGINS.get(who.national_id[:1], ""),
        "" if titled else who.civility,
        who.sector,
        tuple(_practices(world, who)) if who.profession or who.activities else (),
    )


def by_national_id(world: World, national_id: str) -> Professional | None:
    """Who bears this identifier."""
    return next((who for who in world.professionals.values() if who.national_id == national_id), None)


def _practices(world: World, who: Professional) -> list[Practice]:
    """One practice per profession and specialty, the main one first."""
    own = (who.profession, who.specialty)
    groups: dict[tuple[str, str], list[Activity]] = {own: []}
    for row in who.activities:
        other = bool(row.profession) and row.profession != who.profession
        key = (row.profession, row.specialty) if other else (who.profession, row.specialty or who.specialty)
        groups.setdefault(key, []).append(row)
    return [
        Practice(
            profession if profession.isdigit() else "",  # a role that is no profession has no code of TRE_G15
            "E" if who.kind == "CPF" else "C",
            who.civility if who.civility in ("DR", "PR") else "",
            who.practice_family_name,
            who.practice_given_name,
            "S" if specialty.startswith("SM") else "",
            specialty if specialty.startswith("SM") else "",
            tuple(_activity(row, world.organisations[row.organisation], profession, specialty) for row in rows),
        )
        for (profession, specialty), rows in groups.items()
        if rows or (profession, specialty) == own
    ]


def _activity(row: Activity, place: Organisation, profession: str, specialty: str) -> Mapping[str, str]:
    sector = row.sector or place.sector
    board = _BOARDS.get(profession, "")
    return {
        "codeModeExercice": "L" if sector in _LIBERAL else "S",
        "codeSecteurDactivite": sector,
        "codeSectionPharmacien": specialty if profession == "21" else "",
        "codeRole": row.role,
        "codeGenreActivite": row.genre,
        "numeroSiretSite": place.siret,
        "numeroSirenSite": place.siret[:9],
        "numeroFinessSite": place.finess_geo,
        "numeroFinessetablissementJuridique": place.finess_ej,
        "identifiantTechniqueDeLaStructure": f"F{place.finess_geo}" if place.finess_geo else f"R{place.siret[-6:]}",
        "raisonSocialeSite": place.name,
        "numeroVoie": _number(place.street)[0],
        "libelleVoie": _number(place.street)[1],
        "codePostal": place.postal_code,
        "bureauCedex": place.city,
        "codePays": "99000",
        "telephone": place.phone,
        "codeDepartement": place.postal_code[:2],
        "ancienIdentifiantDeLaStructure": place.struct_id,
        "autoriteDenregistrement": "/".join([board] * 3) if board else "",
    }


def _number(street: str) -> tuple[str, str]:
    """House number and street."""
    first, _, rest = street.partition(" ")
    return (first, rest) if first.isdigit() else ("", street)
