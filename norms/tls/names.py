"""Names and numbers of certificates: extended key usages, extensions of the health professional cards, key usages."""

from __future__ import annotations

from collections.abc import Mapping

from cryptography import x509
from cryptography.x509.oid import NameOID

KEY_USAGES = (
    "digital_signature",
    "content_commitment",
    "key_encipherment",
    "data_encipherment",
    "key_agreement",
    "key_cert_sign",
    "crl_sign",
    "encipher_only",
    "decipher_only",
)

EXTENDED: Mapping[str, str] = {
    "serverAuth": "1.3.6.1.5.5.7.3.1",
    "clientAuth": "1.3.6.1.5.5.7.3.2",
    "emailProtection": "1.3.6.1.5.5.7.3.4",
    "smartcardLogon": "1.3.6.1.4.1.311.20.2.2",
}
"""Extended key usages by name."""

UPN = "1.3.6.1.4.1.311.20.2.3"  # otherName: user principal name
ANY_POLICY = "2.5.29.32.0"

CARD_TYPE = "1.2.250.1.71.1.2.2"  # INTEGER: TRE_G02, 0 on a CPS, 2 on a CPE
CARD_NUMBER = "1.2.250.1.71.1.2.3"  # PrintableString: issuer/number
MARKER = "1.2.250.1.71.1.2.5"  # OCTET STRING of one byte: bit 7 test, low bits software (inferred)
PROFESSION = "1.2.250.1.71.1.2.7"  # INTEGER: TRE_G15

VERSIONS: Mapping[int, str] = {
    0x0300: "SSLv3",
    0x0301: "TLSv1.0",
    0x0302: "TLSv1.1",
    0x0303: "TLSv1.2",
    0x0304: "TLSv1.3",
}
"""TLS versions by their number on the wire."""

ALERTS: Mapping[int, str] = {
    0: "close_notify",
    10: "unexpected_message",
    20: "bad_record_mac",
    22: "record_overflow",
    40: "handshake_failure",
    42: "bad_certificate",
    43: "unsupported_certificate",
    44: "certificate_revoked",
    45: "certificate_expired",
    46: "certificate_unknown",
    47: "illegal_parameter",
    48: "unknown_ca",
    49: "access_denied",
    50: "decode_error",
    51: "decrypt_error",
    70: "protocol_version",
    71: "insufficient_security",
    80: "internal_error",
    86: "inappropriate_fallback",
    90: "user_canceled",
    109: "missing_extension",
    110: "unsupported_extension",
    112: "unrecognized_name",
    113: "bad_certificate_status_response",
    115: "unknown_psk_identity",
    116: "certificate_required",
    120: "no_application_protocol",
}
"""TLS alerts by their number (RFC 8446 §6, RFC 5246 §7.2)."""

_SHORT = {NameOID.SURNAME: "SN", NameOID.GIVEN_NAME: "GN", NameOID.TITLE: "title", NameOID.PSEUDONYM: "pseudonym"}


def dn(name: x509.Name) -> str:
    """A distinguished name as RFC 4514 text, most specific part first, with the short names that people know."""
    return name.rfc4514_string(_SHORT)
