"""The handshake doctor: from what is known of a TLS handshake that failed to a code and a finding that says why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from norms.finding import Finding, find
from norms.tls.hello import ClientHello
from norms.tls.names import ALERTS

_VERIFY: Mapping[int, tuple[str, str]] = {
    # X509_V_ERR_* numbers, fixed in OpenSSL's public header
    2: ("unknown-issuer", "TLS-CERT-02"),
    18: ("unknown-issuer", "TLS-CERT-02"),
    19: ("unknown-issuer", "TLS-CERT-02"),
    20: ("unknown-issuer", "TLS-CERT-02"),
    21: ("unknown-issuer", "TLS-CERT-02"),
    10: ("expired", "TLS-CERT-03"),
    9: ("not-yet-valid", "TLS-CERT-04"),
    23: ("revoked", "TLS-CERT-05"),
    26: ("wrong-purpose", "TLS-CERT-06"),
    66: ("weak-certificate", "TLS-CERT-07"),
    67: ("weak-certificate", "TLS-CERT-07"),
    68: ("weak-certificate", "TLS-CERT-07"),
    7: ("bad-signature", "TLS-CERT-08"),
}
_TOO_OLD = {"UNSUPPORTED_PROTOCOL", "VERSION_TOO_LOW", "WRONG_SSL_VERSION", "TLSV1_ALERT_PROTOCOL_VERSION"}
_NOTHING_SHARED = {
    "NO_SHARED_CIPHER",
    "NO_SHARED_GROUP",
    "NO_SUITABLE_KEY_SHARE",
    "NO_SHARED_SIGNATURE_ALGORITHMS",
    "NO_SUITABLE_SIGNATURE_ALGORITHM",
}
_UNPROVEN = {"BAD_SIGNATURE", "DECRYPT_ERROR", "WRONG_SIGNATURE_TYPE"}  # the client does not hold the key it shows


@dataclass(frozen=True, slots=True)
class Refused:
    """The client certificate that was refused, as text: subject, issuer, dates (ISO 8601), extended usages."""

    subject: str = ""
    issuer: str = ""
    not_before: str = ""
    not_after: str = ""
    usages: str = ""
    key: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """What is known of a handshake that did not end well, on the server's side."""

    reason: str = ""  # OpenSSL's name of the error: NO_SHARED_CIPHER…
    detail: str = ""  # its words
    verify_code: int = 0  # X509_V_ERR_*
    alert: int | None = None  # the alert that the client sent
    opening: bytes = b""  # the first bytes received
    hello: ClientHello | None = None
    certificate: Refused = Refused()
    server_names: Sequence[str] = ()  # the names in the server's certificate
    minimum: str = "TLSv1.2"
    timed_out: bool = False
    completed: bool = False  # the handshake ended well, then the client left without a request


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Why: one word (the outcome in the journal) and the finding that explains it."""

    code: str
    finding: Finding


def diagnose(failure: Failure) -> Diagnosis:
    """Say why a handshake failed."""
    hello, seen = failure.hello, failure.certificate
    if failure.completed:
        return _left(failure)
    if hello is None:
        return _not_tls(failure)
    if failure.alert:
        return _alert(failure)
    if failure.verify_code:
        code, rule = _VERIFY.get(failure.verify_code, ("bad-certificate", "TLS-CERT-09"))
        found = {
            "expired": seen.not_after,
            "not-yet-valid": seen.not_before,
            "wrong-purpose": seen.usages,
            "unknown-issuer": seen.issuer,
            "weak-certificate": seen.key,
        }.get(code, failure.detail)
        return Diagnosis(code, find(rule, found=found, subject=seen.subject, detail=failure.detail))
    if failure.reason == "PEER_DID_NOT_RETURN_A_CERTIFICATE":
        return Diagnosis("no-certificate", find("TLS-CERT-01", found=hello.server_name))
    if failure.reason in _TOO_OLD:
        return Diagnosis("protocol-too-old", find("TLS-PROTO-01", expected=failure.minimum, found=hello.newest))
    if failure.reason in _NOTHING_SHARED:
        offered = " ".join(f"0x{suite:04X}" for suite in hello.suites)
        return Diagnosis("no-shared-cipher", find("TLS-PROTO-02", found=offered))
    if failure.reason in _UNPROVEN:
        return Diagnosis("bad-signature", find("TLS-CERT-08", found=failure.detail, subject=seen.subject))
    if failure.timed_out:
        return Diagnosis("timeout", find("TLS-PROTO-05", found=hello.server_name))
    if not failure.reason:  # the connection just ended
        rule = "TLS-CLIENT-02" if _elsewhere(failure) else "TLS-CLIENT-05"
        return Diagnosis("closed", _named(rule, failure))
    return Diagnosis("failed", find("TLS-PROTO-06", found=failure.detail or failure.reason))


def covers(names: Sequence[str], host: str) -> bool:
    """Whether a certificate with these names is one for this host (RFC 6125: one wildcard, leftmost label only)."""
    host = host.lower().rstrip(".")
    try:
        return str(ip_address(host)) in names
    except ValueError:
        parent = host.partition(".")[2]
        return any(name.lower() in (host, f"*.{parent}") for name in names)


def _not_tls(failure: Failure) -> Diagnosis:
    text = failure.opening.decode("latin-1")
    if failure.reason == "HTTP_REQUEST" or text.split(" ")[0] in ("GET", "POST", "PUT", "HEAD", "CONNE"):
        return Diagnosis("not-tls", find("TLS-PROTO-03", found=text))
    if failure.timed_out:
        return Diagnosis("timeout", find("TLS-PROTO-05"))
    return Diagnosis("not-tls", find("TLS-PROTO-04", found=failure.opening.hex(" ") or failure.detail))


def _alert(failure: Failure) -> Diagnosis:
    name = ALERTS.get(failure.alert or 0, str(failure.alert))
    rule = {
        "unknown_ca": "TLS-CLIENT-01",
        "bad_certificate": "TLS-CLIENT-03",
        "certificate_unknown": "TLS-CLIENT-03",
        "unrecognized_name": "TLS-CLIENT-02",
        "certificate_expired": "TLS-CLIENT-04",
        "certificate_revoked": "TLS-CLIENT-04",
    }.get(name, "TLS-CLIENT-06")
    if rule == "TLS-CLIENT-03" and _elsewhere(failure):
        rule = "TLS-CLIENT-02"
    return Diagnosis("client-alert", _named(rule, failure, name))


def _left(failure: Failure) -> Diagnosis:
    """A client that checks the name after the handshake leaves like this: no alert, no request."""
    return Diagnosis("no-request", _named("TLS-CLIENT-02" if _elsewhere(failure) else "TLS-CLIENT-07", failure))


def _elsewhere(failure: Failure) -> bool:
    """The client asked for a name that the server's certificate does not carry."""
    asked = failure.hello.server_name if failure.hello else ""
    return bool(asked and failure.server_names and not covers(failure.server_names, asked))


def _named(rule: str, failure: Failure, alert: str = "") -> Finding:
    asked = failure.hello.server_name if failure.hello else ""
    return find(rule, expected=", ".join(failure.server_names), found=asked or "-", alert=alert or "-")
