"""The faults of the INSi teleservice: SOAP 1.2 with a ``siram`` subcode and, in the detail, a business code.

``insi_*`` codes come from the service, ``desir_*`` ones from the gateway in front of it. The complete table of
SEL-MP-043 is not public: `KNOWN` holds those that implementers saw or recorded. What is refused without a known code
gets ``insi_xx`` or ``desir_xx``, which no software can mistake for a real one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from lxml import etree

from norms.finding import Finding, Severity
from norms.insi.names import SIRAM
from norms.soap.fault import Fault, escape
from norms.soap.tree import value
from norms.texts import Lang, text


@dataclass(frozen=True, slots=True)
class Cause:
    """One fault. ``echoed``: the detail carries the request's MessageID, as every gateway fault seen does."""

    code: str  # insi_… or desir_…
    soap: str  # Sender | Receiver
    subcode: str  # siram_…
    severity: str  # information | avertissement | erreur | fatale
    echoed: bool = False
    prefix: str = "S"  # of the SOAP namespace, as recorded
    lang: Lang = "fr"
    provisional: bool = False
    words: str = ""  # key of its texts, the code unless said

    def named(self, code: str) -> Cause:
        """The same cause under another code, for those whose real code the user knows."""
        return replace(self, code=code, words=self.words or self.code)


_ALL: Final = (
    Cause("insi_19", "Sender", "siram_10", "erreur"),
    Cause("insi_24", "Sender", "siram_10", "erreur"),
    Cause("insi_101", "Receiver", "siram_40", "fatale", provisional=True),
    Cause("insi_102", "Receiver", "siram_40", "fatale"),
    Cause("insi_111", "Receiver", "siram_40", "fatale"),
    Cause("desir_550", "Sender", "siram_100", "erreur", echoed=True, lang="en"),
    Cause("desir_560", "Sender", "siram_100", "erreur", echoed=True, provisional=True),
    Cause("desir_1020", "Sender", "siram_40", "fatale", echoed=True, prefix="soap"),
    Cause("insi_xx", "Sender", "siram_10", "erreur", provisional=True),
    Cause("desir_xx", "Sender", "siram_10", "erreur", echoed=True, prefix="soap", provisional=True),
)
_AUTHENTICATION: Final = Cause(
    "desir_xx", "Sender", "siram_100", "erreur", echoed=True, prefix="soap", provisional=True, words="authentication"
)
KNOWN: Final = {cause.code: cause for cause in _ALL}

# The rules whose breach has a code that was seen.
_BY_RULE: Final = {
    "INSI-REQ-01": "insi_19",
    "INSI-REQ-02": "insi_24",
    "INSI-LPS-08": "desir_550",
    "INSI-TLS-01": "desir_560",
}
# Errors that the service is not known to refuse: kept as findings, never answered by a fault.
NEVER_REFUSED: Final = frozenset({"INSI-MID-04"})
# What no answer can be given without: refused even by a lenient service.
ESSENTIAL: Final = frozenset(
    {
        *_BY_RULE,
        *("INSI-ACT-01", "INSI-ACT-03", "INSI-REQ-03", "INSI-REQ-04", "INSI-REQ-09"),
        *("INSI-SEC-01", "INSI-SEC-05", "INSI-VER-02"),
    }
)


def refusal(findings: list[Finding], *, lenient: bool) -> Finding | None:
    """The first finding that the service answers with a fault; None when it goes on."""
    for finding in findings:
        if finding.severity is not Severity.ERROR or finding.rule in NEVER_REFUSED:
            continue
        if not lenient or finding.rule in ESSENTIAL:
            return finding
    return None


def cause_of(finding: Finding, business: bool) -> Cause:
    """The fault for a refused finding; ``business`` when the service, not the gateway, found it."""
    if code := _BY_RULE.get(finding.rule):
        return KNOWN[code]
    if finding.rule.startswith(("SAML-", "INSI-SEC-")):
        return _AUTHENTICATION
    return KNOWN["insi_xx" if business else "desir_xx"]


def write_fault(cause: Cause, message_id: str = "", severity: str = "", detail: str = "") -> Fault:
    """The SOAP fault of a cause; ``severity`` and ``detail`` stand in for the usual ones."""
    echo = f' messageID="{escape(message_id)}"' if cause.echoed and message_id else ""
    words = f"fault.{cause.words or cause.code}"
    said = detail or text("norms.insi", f"{words}.detail", cause.lang)
    error = (
        f'<siram:Erreur xmlns:siram="{SIRAM}" severite="{escape(severity or cause.severity)}"'
        f' code="{escape(cause.code)}"{echo}>{escape(said)}</siram:Erreur>'
    )
    return Fault(cause.soap, text("norms.insi", f"{words}.reason", cause.lang), cause.subcode, cause.lang, error)


@dataclass(frozen=True, slots=True)
class Error:
    """``siram:Erreur`` as read from a fault's detail; empty where absent."""

    code: str = ""
    severity: str = ""
    message_id: str = ""
    text: str = ""


def read_error(fault: etree._Element) -> Error:
    """The business error inside a ``Fault`` element, wherever its detail holds it."""
    found = next(fault.iter(f"{{{SIRAM}}}Erreur"), None)
    if found is None:
        return Error()
    return Error(found.get("code", ""), found.get("severite", ""), found.get("messageID", ""), value(found))
