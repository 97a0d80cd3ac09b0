"""RegistryResponse and RegistryErrorList: which error code a finding gives, written and read (ITI TF-3 §4.2.4)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from lxml import etree

from norms.finding import Finding, Severity
from norms.texts import Lang
from norms.xds.names import ERROR, FAILURE, RS, SUCCESS, WARNING
from norms.xds.write import attribute

_CODES: Final = {  # rule, or the beginning of its id -> code; the longest that fits counts
    "XDS-PID-01": "XDSPatientIdDoesNotMatch",
    "XDS-DOC-01": "XDSMissingDocumentMetadata",
    "XDS-DOC": "XDSMissingDocument",
    "XDS-DOC-03": "XDSRepositoryMetadataError",
    "SOAP-XOP": "XDSMissingDocument",
    "XDS-HASH-01": "XDSNonIdenticalHash",
    "XDS-HASH-02": "XDSNonIdenticalSize",
    "XDS-DUP-01": "XDSNonIdenticalHash",
    "XDS-DUP-02": "XDSRegistryDuplicateUniqueIdInMessage",
    "XDS-DUP-03": "XDSDuplicateUniqueIdInRegistry",
    "XDS-RPL-01": "XDSRegistryDeprecatedDocumentError",
    "XDS-SLOT-04": "XDSExtraMetadataNotSaved",
    "XDS-QRY-01": "XDSUnknownStoredQuery",
    "XDS-QRY-02": "XDSStoredQueryMissingParam",
    "XDS-QRY": "XDSStoredQueryParamNumber",
    "XDS-QRY-06": "XDSRegistryError",
    "XDS-RET": "XDSDocumentUniqueIdError",
    "XDS-RET-02": "XDSUnknownRepositoryId",
    "XDS-UPD": "XDSMetadataUpdateError",
    "XDS-UPD-02": "XDSMetadataVersionError",
    "XDS-UPD-05": "XDSMetadataUpdateOperationError",
    "XDS-UPD-07": "XDSMetadataUpdateOperationError",
    "XDS-UPD-08": "LocalPolicyRestrictionError",
    "XDS-REQ": "XDSRepositoryMetadataError",
    "XDS-COH-16": "XDSPatientIdDoesNotMatch",
    "XDS-": "XDSRegistryMetadataError",
    "SAML-": "XDSRepositoryMetadataError",
    "DMP-DOC": "DMPAccessDeniedByRightsService",
}


@dataclass(frozen=True, slots=True)
class RegistryError:
    """One error of a RegistryErrorList; ``context`` names the slot and says what to change."""

    code: str
    context: str
    location: str = ""
    warning: bool = False


def code_of(rule: str) -> str:
    """The error code that a rule gives; empty when it has none of its own."""
    near = max((start for start in _CODES if rule.startswith(start)), key=len, default="")
    return _CODES.get(near, "")


def error_of(finding: Finding, lang: Lang = "fr", code: str = "") -> RegistryError:
    """The error that tells a finding: its place, what is wrong, what to change, the rule."""
    at = finding.where.path
    context = f"{at} : {finding.message(lang)}" if at else finding.message(lang)
    context = f"{context} {finding.fix(lang)} [{finding.rule}]"
    return RegistryError(
        code or code_of(finding.rule), context, finding.where.xpath, finding.severity is not Severity.ERROR
    )


def write_errors(errors: Sequence[RegistryError]) -> str:
    """A RegistryErrorList, nothing when there is no error."""
    if not errors:
        return ""
    highest = WARNING if all(error.warning for error in errors) else ERROR
    held = "".join(
        f'<rs:RegistryError errorCode="{attribute(error.code)}" codeContext="{attribute(error.context)}"'
        f' location="{attribute(error.location)}" severity="{WARNING if error.warning else ERROR}"/>'
        for error in errors
    )
    return f'<rs:RegistryErrorList xmlns:rs="{RS}" highestSeverity="{highest}">{held}</rs:RegistryErrorList>'


def write_response(errors: Sequence[RegistryError] = (), status: str = "") -> str:
    """A RegistryResponse: Success unless an error (not a warning) is among these."""
    said = status or (FAILURE if any(not error.warning for error in errors) else SUCCESS)
    return f'<rs:RegistryResponse xmlns:rs="{RS}" status="{said}">{write_errors(errors)}</rs:RegistryResponse>'


def read_response(element: etree._Element) -> tuple[str, list[RegistryError]]:
    """Status and errors of a RegistryResponse, or of any answer that holds a RegistryErrorList."""
    errors = [
        RegistryError(
            error.get("errorCode", ""),
            error.get("codeContext", ""),
            error.get("location", ""),
            error.get("severity", "").endswith("Warning"),
        )
        for error in element.iter(f"{{{RS}}}RegistryError")
    ]
    shown = element if element.get("status") else element.find(f"{{{RS}}}RegistryResponse")
    return (shown.get("status", "") if shown is not None else ""), errors


def refused(findings: Iterable[Finding]) -> list[Finding]:
    """The findings for which a registry refuses a request: errors that have a code."""
    return [finding for finding in findings if finding.severity is Severity.ERROR and code_of(finding.rule)]
