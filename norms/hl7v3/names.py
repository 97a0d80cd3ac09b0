"""Names of the DMP's messages about patients and authorisations: interactions, actions, codes, namespaces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

V3: Final = "urn:hl7-org:v3"
RIGHTS: Final = "urn:si-dmp-habilitations"
PATIENTS: Final = "urn:si-dmp-patients"


def v3(name: str) -> str:
    """A name of HL7 v3 in Clark notation."""
    return f"{{{V3}}}{name}"


GET: Final = v3("PRPA_IN201307UV02")  # TD0.2, TD1.3a
GOT: Final = v3("PRPA_IN201308UV02")
FIND: Final = v3("PRPA_IN201305UV02")  # TD0.5
FOUND: Final = v3("PRPA_IN201306UV02")
CREATE: Final = v3("PRPA_IN201311UV02")  # TD1.1, over
REVISE: Final = v3("PRPA_IN201314UV02")  # TD1.2, TD1.3b, TD1.4
SET_RIGHT: Final = f"{{{RIGHTS}}}setAuthorization"  # TD0.3
LIST_RIGHTS: Final = f"{{{RIGHTS}}}listAuthorizationByPatient"  # TD1.6
PATIENT_LIST: Final = f"{{{PATIENTS}}}patientList"  # TD0.4
CERTIFY: Final = f"{{{PATIENTS}}}identityCertification"  # TD0.0, over

_RIGHTS_POINT: Final = f"{RIGHTS}:HabilitationsEndPoint:"
_PATIENTS_POINT: Final = f"{PATIENTS}:PatientSpecificEndPoint:"
ACTIONS: Mapping[str, tuple[str, str]] = {  # root of the body -> action of the request, of the answer
    GET: (f"{V3}:PRPA_IN201307UV02", f"{V3}:PRPA_IN201308UV02"),
    FIND: (f"{V3}:PRPA_IN201305UV02", f"{V3}:PRPA_IN201306UV02"),
    CREATE: (f"{V3}:PRPA_IN201311UV02", f"{V3}:PRPA_IN201311ResponseUV02"),
    REVISE: (f"{V3}:PRPA_IN201314UV02", f"{V3}:PRPA_IN201314ResponseUV02"),
    SET_RIGHT: (f"{_RIGHTS_POINT}setAuthorization", f"{_RIGHTS_POINT}setAuthorizationResponse"),
    LIST_RIGHTS: (f"{_RIGHTS_POINT}listAuthorizationByPatient", f"{_RIGHTS_POINT}listAuthorizationByPatientResponse"),
    PATIENT_LIST: (f"{_PATIENTS_POINT}patientList", f"{_PATIENTS_POINT}patientListResponse"),
}

REASONS: Final = "1.2.250.1.213.1.1.4.11"
TEST_EXISTENCE, CONSULT, MODIFY, CLOSE, REACTIVATE, CREATE_REASON = (
    "TEST_EXST",
    "CNSLT_DATA",
    "MODIF_DATA",
    "FERM",
    "REAC",
    "CREA_RD",
)
DMP_DEVICE: Final = "1.2.250.1.213.4.1.1.1"
DMP_MESSAGES: Final = "1.2.250.1.213.4.1.1.1.1"
INTERACTIONS: Final = "2.16.840.1.113883.1.6"
INS_C: Final = "1.2.250.1.213.1.4.2"
PROFESSIONALS: Final = "1.2.250.1.71.4.2.1"
MISSING_NAME: Final = "NON RENSEIGNE"  # usage name when there is none (REC_0.2-1020)
OK: Final = "DMPOk"
