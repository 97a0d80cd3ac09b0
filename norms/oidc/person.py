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
class Person:
    """A professional as an identity provider sees one; ``activities`` hold values for some of `ACTIVITY_KEYS`."""

    national_id: str  # 8+RPPS, 0+ADELI, 3+FINESS/id, 5+SIRET/id, ANS+timestamp
    given_name: str
    family_name: str
    origin: str = "RPPS"  # RPPS, ADELI, EDIT
    civility: str = ""
    practice_civility: str = ""
    practice_given_name: str = ""
    practice_family_name: str = ""
    profession: str = ""
    category: str = "C"
    skill_type: str = ""
    skill: str = ""
    sector: str = ""
    activities: tuple[Mapping[str, str], ...] = ()
    pro_data: bool = True  # False: no SubjectRefPro, no SubjectRole at all


def sub(national_id: str) -> str:
    """The technical identifier: ``f:<provider>:<national id>``."""
    return f"f:{SUB_PROVIDER}:{national_id}"


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
        "otherIds": [{"identifiant": person.national_id, "origine": person.origin, "qualite": 1}],
    }
    if not person.pro_data:
        return common
    activities = [{key: row.get(key, "") for key in ACTIVITY_KEYS} for row in person.activities]
    first = activities[0] if activities else dict.fromkeys(ACTIVITY_KEYS, "")
    return common | {
        "Secteur_Activite": f"{person.sector}^{SECTOR_SYSTEM}" if person.sector else "",
        "SubjectOrganization": first["raisonSocialeSite"],
        "SubjectOrganizationID": first["identifiantTechniqueDeLaStructure"],
        "SubjectRole": [f"{person.profession}^{ROLE_SET}"] if person.profession else [],
        "SubjectRefPro": {
            "codeCivilite": person.civility,
            "exercices": [
                {
                    "codeProfession": person.profession,
                    "codeCategorieProfessionnelle": person.category,
                    "codeCiviliteDexercice": person.practice_civility,
                    "nomDexercice": person.practice_family_name or person.family_name,
                    "prenomDexercice": person.practice_given_name or person.given_name,
                    "codeTypeSavoirFaire": person.skill_type,
                    "codeSavoirFaire": person.skill,
                    "activities": activities,
                }
            ],
        },
    }
