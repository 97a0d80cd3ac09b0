"""Namespaces, actions and constants of the INSi teleservice.

Service ``ICIR-v1`` (WSDL ``ServiceIdentiteCertifiee-v1`` of 06/11/2020), guide SEL-MP-043 v05.00.01. The recovery
operations are known; the verification ones (WS_INS3, WS_INS4, WS_INS5) are **provisional**: their names are inferred
from the recovery ones and from remains in the official kit, so everything about them can be changed by switches.
"""

from __future__ import annotations

from typing import Final

TARGET: Final = "http://www.cnamts.fr/webservice"
TRAITS: Final = "http://www.cnamts.fr/INSiRecSans"  # WS_INS2 request
CARD: Final = "http://www.cnamts.fr/INSiRecVit"  # WS_INS1 request
RESULT: Final = "http://www.cnamts.fr/INSiResultat"  # answer to both
SIRAM: Final = "urn:siram"  # fault detail
BAM: Final = "urn:siram:bam:ctxbam"
LPS: Final = "urn:siram:lps:ctxlps"

CONTEXT_BAM: Final = f"{{{BAM}}}ContexteBAM"
CONTEXT_LPS: Final = f"{{{LPS}}}ContexteLPS"
BAM_VERSION: Final = "01_02"
LPS_VERSION: Final = "01_00"

WS_INS1: Final = "WS_INS1"  # recovery by Vitale card
WS_INS2: Final = "WS_INS2"  # recovery by traits
WS_INS3: Final = "WS_INS3"  # unit verification
WS_INS4: Final = "WS_INS4"  # mass verification, deposit
WS_INS5: Final = "WS_INS5"  # mass verification, result

_PREFIX: Final = "urn:ServiceIdentiteCertifiee:1.0.0:"
ACTION_CARD: Final = _PREFIX + "rechercherInsAvecCarteVitale"
ACTION_TRAITS: Final = _PREFIX + "rechercherInsAvecTraitsIdentite"
ACTION_VERIFY: Final = _PREFIX + "verifierInsAvecTraitsIdentite"  # provisional
ACTION_DEPOSIT: Final = _PREFIX + "deposerVerificationEnMasse"  # provisional: nothing was ever seen
ACTION_FETCH: Final = _PREFIX + "recupererVerificationEnMasse"  # provisional: nothing was ever seen

VERIFY_REQUEST: Final = "http://www.cnamts.fr/INSiLot2/REQUnitaire"  # provisional
VERIFY_RESPONSE: Final = "http://www.cnamts.fr/INSiLot2/REPUnitaire"  # provisional
MASS_REQUEST: Final = "http://www.cnamts.fr/INSiLot2/REQMasse"  # provisional: nothing was ever seen
MASS_RESPONSE: Final = "http://www.cnamts.fr/INSiLot2/REPMasse"  # provisional: nothing was ever seen

FOUND: Final = "00"
NOT_FOUND: Final = "01"
SEVERAL: Final = "02"
LABELS: Final = {FOUND: "OK", NOT_FOUND: "Aucune identite trouvee", SEVERAL: "Plusieurs identites trouvees"}
VERIFIED: Final = ("00", "OK")  # CodeCR and LibelleCR of a verification: provisional
NOT_VERIFIED: Final = ("01", "KO")  # provisional

CERTIFICATE_NAMES: Final = ("INSI-AUTO", "INSI-MANU")  # CN of the software certificate, exact


def reply_action(action: str) -> str:
    """The action of the answer to a request."""
    return action + "Response"
