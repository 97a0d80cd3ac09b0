"""What PSC knows of a professional, as the userinfo claims write it (field names as seen in sandbox answers)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

SUB_PROVIDER = "550dc1c8-d97b-4b1e-ac8c-8eb4471cf9dd"
ROLE_SET = "1.2.250.1.213.1.1.5.5"  # JDV_J65-SubjectRole-DMP
SECTOR_SYSTEM = "1.2.250.1.71.4.2.4"  # TRE_R02-SecteurActivite
ACTIVITY_KEYS = (
    "codeModeExercice",
    "codeSecteurDactivite",
    "codeSectionPharmacien",
    "codeRole",
    "codeGenreActivite",
    "numeroSiretSite",
    "numeroSirenSite",
    "numeroFinessSite",
    "numeroFinessetablissementJuridique",
    "identifiantTechniqueDeLaStructure",
    "raisonSocialeSite",
    "enseigneCommercialeSite",
    "complementDestinataire",
    "complementPointGeographique",
    "numeroVoie",
    "indiceRepetitionVoie",
    "codeTypeDeVoie",
    "libelleVoie",
    "mentionDistribution",
    "bureauCedex",
    "codePostal",
    "codeCommune",
    "codePays",
    "telephone",
    "telephone2",
    "telecopie",
    "adresseEMail",
    "codeDepartement",
    "ancienIdentifiantDeLaStructure",
    "autoriteDenregistrement",
)


@dataclass(frozen=True, slots=True)
class Practice:
    """One profession exercised; ``activities`` hold values for some of `ACTIVITY_KEYS`."""

    profession: str = ""  # TRE_G15
    category: str = "C"  # C civil, E étudiant, M militaire
    civility: str = ""  # DR, PR
    family_name: str = ""
    given_name: str = ""
    skill_type: str = ""  # TRE_R04
    skill: str = ""  # SMxx
    activities: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Person:
    """A professional as an identity provider sees one; without `practices`, a person with no professional data."""

    national_id: str  # 8+RPPS, 0+ADELI, 3+FINESS/id, 5+SIRET/id, ANS+timestamp
    given_name: str
    family_name: str
    origin: str = "RPPS"  # RPPS, ADELI, FINESS, SIRET, EDIT
    civility: str = ""
    sector: str = ""
    practices: tuple[Practice, ...] = ()


def sub(national_id: str) -> str:
    """The technical identifier: ``f:<provider>:<national id>``."""
    return f"f:{SUB_PROVIDER}:{national_id}"


def other_ids(person: Person) -> list[dict[str, Any]]:
    """The ``otherIds`` claim: one identifier, its origin and its quality."""
    return [{"identifiant": person.national_id, "origine": person.origin, "qualite": 1}]


def userinfo(person: Person, auth_mode: str = "CARD") -> dict[str, Any]:
    """The userinfo claims of one professional, every key present and empty where PSC leaves it empty."""
    common: dict[str, Any] = {
        "sub": sub(person.national_id),
        "SubjectNameID": person.national_id,
        "preferred_username": person.national_id,
        "given_name": person.given_name,
        "family_name": person.family_name,
        "email_verified": False,
        "UITVersion": "1.0",
        "PSI_Locale": "1.2.250.1.213.1.3.1.1",
        "Palier_Authentification": "APPPRIP3^1.2.250.1.213.1.5.1.1.1",
        "authMode": auth_mode,
        "Mode_Acces_Raison": "",
        "Acces_Regulation_Medicale": "FAUX",
        "otherIds": other_ids(person),
    }
    if not person.practices:
        return common
    practices = [_practice(practice, person) for practice in person.practices]
    rows = [row for practice in practices for row in practice["activities"]]
    first = rows[0] if rows else dict.fromkeys(ACTIVITY_KEYS, "")
    professions = dict.fromkeys(practice.profession for practice in person.practices if practice.profession)
    return common | {
        "Secteur_Activite": f"{person.sector}^{SECTOR_SYSTEM}" if person.sector else "",
        "SubjectOrganization": first["raisonSocialeSite"],
        "SubjectOrganizationID": first["identifiantTechniqueDeLaStructure"],
        "SubjectRole": [f"{profession}^{ROLE_SET}" for profession in professions],
        "SubjectRefPro": {"codeCivilite": person.civility, "exercices": practices},
    }


def _practice(practice: Practice, person: Person) -> dict[str, Any]:
    return {
        "codeProfession": practice.profession,
        "codeCategorieProfessionnelle": practice.category,
        "codeCiviliteDexercice": practice.civility,
        "nomDexercice": practice.family_name or person.family_name,
        "prenomDexercice": practice.given_name or person.given_name,
        "codeTypeSavoirFaire": practice.skill_type,
        "codeSavoirFaire": practice.skill,
        "activities": [{key: row.get(key, "") for key in ACTIVITY_KEYS} for row in practice.activities],
    }
