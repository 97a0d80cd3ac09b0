"""Names that the Annuaire's resources carry: profiles, extensions, identifier and code systems.

Sources: implementation guide « Annuaire Santé » 1.1 and 1.2 (ANS), FR Core 2.1 and 2.2 (Interop'Santé), documentation
of the API FHIR Annuaire Santé v2.
"""

from __future__ import annotations

BASE = "/fhir/v2"
SOURCE = "https://annuaire.esante.gouv.fr"
_AS = "https://interop.esante.gouv.fr/ig/fhir/annuaire/StructureDefinition/"
_FR = "https://hl7.fr/ig/fhir/core/StructureDefinition/"

PROFILES = {  # resource -> the two profiles that it claims
    "Practitioner": (_FR + "fr-core-practitioner", _AS + "as-dp-practitioner"),
    "PractitionerRole": (_FR + "fr-core-practitioner-role", _AS + "as-dp-practitionerrole"),
    "Organization": (_FR + "fr-core-organization", _AS + "as-dp-organization"),
    "HealthcareService": (_FR + "fr-core-healthcare-service", _AS + "as-dp-healthcareservice-healthcare-activity"),
    "Device": (_AS + "as-dp-device",),
}

EMAIL_TYPE = _FR + "fr-core-contact-point-email-type"
MAILBOX = _AS + "as-ext-mailbox-mss-metadata"
SMARTCARD = _AS + "as-ext-smartcard"
ORGANIZATION_TYPES = _AS + "as-ext-organization-types"
DATA_TRACE = _AS + "as-ext-data-trace"

IDENTIFIER_TYPE = "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-0203"
ORGANIZATION_TYPE = "https://hl7.fr/ig/fhir/core/CodeSystem/fr-core-cs-v2-3307"
PERSON = "urn:oid:1.2.250.1.71.4.2.1"
STRUCTURE = "urn:oid:1.2.250.1.71.4.2.2"
RPPS = "https://rpps.esante.gouv.fr"
FINESS = "https://finess.esante.gouv.fr"
SIRENE = "https://sirene.fr"


def tre(name: str) -> str:
    """The system of a table of the NOS: ``TRE_R38-SpecialiteOrdinale``."""
    return f"https://mos.esante.gouv.fr/NOS/{name}/FHIR/{name.replace('_', '-')}"


MESSAGING = tre("TRE_R256-TypeMessagerie")
MAILBOX_TYPE = tre("TRE_R257-TypeBAL")
PROFESSION = tre("TRE_G15-ProfessionSante")
CATEGORY = tre("TRE_R09-CategorieProfessionnelle")
SPECIALTY = tre("TRE_R38-SpecialiteOrdinale")
SKILL_TYPE = tre("TRE_R04-TypeSavoirFaire")
DEGREE = tre("TRE_R48-DiplomeEtatFrancais")
DEGREE_TYPE = tre("TRE_R14-TypeDiplome")
FUNCTION = tre("TRE_R21-Fonction")
CARE_ROLE = tre("TRE_R85-RolePriseCharge")
GENRE = tre("TRE_R22-GenreActivite")
MODE = tre("TRE_R23-ModeExercice")
PHARMACY_SECTION = tre("TRE_R06-SectionTableauCNOP")
SECTOR = tre("TRE_R02-SecteurActivite")
ESTABLISHMENT = tre("TRE_R66-CategorieEtablissement")
HEAVY_EQUIPMENT = tre("TRE_R272-EquipementMaterielLourd")
REGULATED_ACTIVITY = tre("TRE_R277-ActiviteSanitaireRegulee")
