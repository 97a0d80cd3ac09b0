"""What the DMP answers when it refuses: the code and the French text of each finding of `norms.vihf`.

The annex of codes of the guide is not public. Codes marked ``seen`` were met; the others are provisional, and the
switch ``dmp.codes`` (``RULE=code …``) gives those that the user knows better.
"""

from __future__ import annotations

from norms.finding import Finding
from norms.soap.fault import Fault

DENIED = "DMPAccessDeniedByRightsService"  # seen
CERTIFICATE = "DMPInvalidCertificate"  # seen
VIHF = "DMPInvalidVihf"
STRUCTURE = "DMPInvalidStructure"
EXPIRED = "DMPAuthorizationExpired"
CLOSED = "DMPClosed"  # seen
UNKNOWN = "XDSUnknownPatientId"  # IHE
INS = "DMPInvalidIns"

_CODES: dict[str, str] = {
    "VIHF-RIGHT-01": DENIED,
    "VIHF-RIGHT-02": DENIED,
    "VIHF-RIGHT-03": EXPIRED,
    "VIHF-RIGHT-04": DENIED,
    "VIHF-AIR-07": DENIED,
    "VIHF-CRT-01": CERTIFICATE,
    "VIHF-CRT-03": CERTIFICATE,
    "VIHF-STRUCT-02": STRUCTURE,
    "VIHF-STRUCT-03": STRUCTURE,
    "VIHF-STRUCT-04": STRUCTURE,
    "VIHF-INS-04": INS,
    "VIHF-INS-05": INS,
    "VIHF-INS-06": INS,
}
_REASONS: dict[str, str] = {  # texts known of the service, paraphrased; others are the finding's own
    "VIHF-STRUCT-02": "Erreur d'authentification de la personne morale",
    "VIHF-STRUCT-03": "Test d'existence impossible : structure introuvable ou inactive",
    "VIHF-STRUCT-04": "Le PS et la structure ne sont pas liés",
    "VIHF-ROLE-05": "Spécialité absente du VIHF alors qu'elle est obligatoire",
    "VIHF-CRT-01": "Le certificat qui a signé le VIHF n'est pas un certificat de signature",
    "VIHF-CRT-03": "Le certificat qui a signé le VIHF n'est pas un certificat de signature de structure",
}


class Refused(Exception):
    """The DMP refuses the call.

    ``registry``: answered by a RegistryResponse with this error code (ITI transactions), else by a SOAP fault.
    """

    def __init__(self, code: str, reason: str, *, registry: bool = False, context: str = "") -> None:
        super().__init__(code)
        self.code, self.reason, self.registry, self.context = code, reason, registry, context

    def fault(self) -> Fault:
        """The SOAP fault: code Sender, the DMP's code as subcode."""
        return Fault("Sender", self.reason, self.code)


def refused(finding: Finding, codes: str = "", *, registry: str = "") -> Refused:
    """The refusal for a finding; ``registry`` names the registry error to answer with instead of a fault."""
    code = known_codes(codes).get(finding.rule) or registry or _CODES.get(finding.rule) or _family(finding.rule)
    reason = _REASONS.get(finding.rule) or finding.message("fr")
    return Refused(code, reason, registry=bool(registry), context=finding.where.path or finding.rule)


def known_codes(codes: str) -> dict[str, str]:
    """The pairs of the switch ``dmp.codes``: rule → code that the user knows better."""
    return dict(pair.split("=", 1) for pair in codes.split() if "=" in pair)


def _family(rule: str) -> str:
    return CERTIFICATE if rule.startswith("SAML-CRT") else VIHF
