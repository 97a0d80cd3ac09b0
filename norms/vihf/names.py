"""Names of the VIHF of the DMP: attributes, value sets, modes (guide SEL-MP-037, transaction TD0.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

STRUCTURE: Final = "Identifiant_Structure"
SECTOR: Final = "Secteur_Activite"
SUBJECT: Final = "urn:oasis:names:tc:xspa:1.0:subject:subject-id"
ROLE: Final = "urn:oasis:names:tc:xacml:2.0:subject:role"
VERSION: Final = "VIHF_Version"
MODE: Final = "Authentification_Mode"
RESOURCE: Final = "urn:oasis:names:tc:xacml:2.0:resource:resource-id"
URN: Final = "Ressource_URN"
PURPOSE: Final = "urn:oasis:names:tc:xspa:1.0:subject:purposeofuse"
REASON: Final = "Mode_Acces_Raison"
CONFIDENTIALITY: Final = "urn:oasis:names:tc:xspa:1.0:resource:patient:hl7:confidentiality-code"
LPS_ID: Final = "LPS_ID"
LPS_NAME: Final = "LPS_Nom"
LPS_VERSION: Final = "LPS_Version"
HOMOLOGATION: Final = "LPS_ID_HOMOLOGATION_DMP"

REQUIRED: Final = (STRUCTURE, SECTOR, ROLE, VERSION, MODE, URN, PURPOSE, LPS_NAME, LPS_VERSION, HOMOLOGATION)
OPTIONAL: Final = (SUBJECT, RESOURCE, REASON, CONFIDENTIALITY, LPS_ID)
KNOWN: Mapping[str, str] = {name.lower(): name for name in (*REQUIRED, *OPTIONAL)}
BOTH_CASES: Final = (MODE,)  # message samples write it with a small m, the kit and the ANS with a capital one
OF_ROR: Final = ("vihf_profil", "profil_utilisateur")

DIRECT: Final = "DIRECTE"
INDIRECT: Final = "INDIRECTE"
AIR: Final = "INDIRECTE_RENFORCEE"
MODES: Final = (DIRECT, INDIRECT, AIR)

NORMAL: Final = "normal"
REGULATION: Final = "centre_15"
BREAK_GLASS: Final = "bris_de_glace"
PURPOSES: Final = (NORMAL, REGULATION, BREAK_GLASS)
PURPOSE_SYSTEM: Final = "1.2.250.1.213.1.1.4.248"

VERSIONS: Final = ("3.0", "4.0")
DMP_URN: Final = "urn:dmp"

PROFESSION: Final = "1.2.250.1.71.1.2.7"  # TRE_G15
STUDENT: Final = "1.2.250.1.71.1.2.8"  # TRE_G16
NOT_PROFESSIONAL: Final = "1.2.250.1.213.1.1.4.6"  # TRE_A00
SKILL: Final = "1.2.250.1.71.4.2.5"  # TRE_R01…R44: savoir-faire
PHARMACY_SECTION: Final = "1.2.250.1.71.4.2.6"  # TRE_G05
SECTOR_SYSTEM: Final = "1.2.250.1.71.4.2.4"
VISIBILITY_SYSTEM: Final = "1.2.250.1.213.1.1.4.13"
SECOND: Mapping[tuple[str, str], str] = {("10", PROFESSION): SKILL, ("21", PROFESSION): PHARMACY_SECTION}
OCCUPATIONAL: Final = frozenset({"SM25", "C41", "CAPA11", "SCH35"})  # specialties of a médecin du travail

CLASSES: Final = "urn:oasis:names:tc:SAML:2.0:ac:classes:"
COHERENT: Mapping[str, tuple[str, ...]] = {  # mode -> classes of local authentication seen with it
    DIRECT: ("SmartcardPKI", "Smartcard", "X509"),
    INDIRECT: (
        "Password",
        "PasswordProtectedTransport",
        "TLSClient",
        "X509",
        "SmartcardPKI",
        "Smartcard",
        "Kerberos",
        "unspecified",
        "MobileTwoFactorUnregistered",
        "TimeSyncToken",
    ),
    AIR: (
        "SmartcardPKI",
        "Smartcard",
        "X509",
        "TLSClient",
        "MobileTwoFactorUnregistered",
        "MobileTwoFactorContract",
        "TimeSyncToken",
        "Password",
        "PasswordProtectedTransport",
        "unspecified",
    ),
}
SIMPLIFIED: Final = "CONF_EXI_PGSSIS"  # the one value of AIR Simplifié (EX_AIR-050)
AIR_VALUES: Final = (SIMPLIFIED, "APP_BROWSER_AUTH", f"{CLASSES}SmartcardPKI")
AIR_LIFE: Final = 30.0  # seconds (EX_AIR-040)
