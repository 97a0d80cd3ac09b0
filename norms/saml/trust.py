"""Certificates of signers: read once, chained to a bundle of trusted authorities, checked at a given time.

Reading and chaining are cached by fingerprint: a software signs thousands of assertions with one certificate. What
changes with time (validity, revocation) is checked on each call.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509.oid import NameOID

from norms.finding import Finding, find
from norms.instant import write_utc
from norms.saml.dn import Parts, name_parts
from norms.tls.names import dn

CARD_TYPE = x509.ObjectIdentifier("1.2.250.1.71.1.2.2")  # INTEGER: 0 CPS, 1 CPF, 2 CDE-CPE, 3 CPA
_MAX_DEPTH = 6
_MAX_VERDICTS = 2048
_LONGEST = 20_000  # characters of base64


class BadCertificate(ValueError):
    """The bytes are not an X.509 certificate with an RSA key."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate and what the rules ask of it. Times are seconds since 1970; ``serial`` is lowercase hexadecimal."""

    x509: x509.Certificate = field(repr=False)
    key: RSAPublicKey = field(repr=False)
    fingerprint: str
    subject: Parts
    subject_text: str
    common_name: str
    serial: str
    not_before: float
    not_after: float
    card_type: int | None
    may_sign: bool


def _card_type(extensions: x509.Extensions) -> int | None:
    try:
        raw = extensions.get_extension_for_oid(CARD_TYPE).value
    except x509.ExtensionNotFound:
        return None
    der = raw.value if isinstance(raw, x509.UnrecognizedExtension) else b""
    return der[2] if len(der) == 3 and der[0] == 2 else None


def _may_sign(extensions: x509.Extensions) -> bool:
    try:
        usage = extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return True
    return usage.digital_signature or usage.content_commitment


def read_certificate(base64_text: str) -> Certificate:
    """The certificate in an ``X509Certificate`` element (base64 DER); raises BadCertificate."""
    if len(base64_text) > _LONGEST:
        raise BadCertificate(f"{len(base64_text)} characters")
    return _read(base64_text)


@lru_cache(maxsize=512)
def _read(base64_text: str) -> Certificate:
    try:
        der = base64.b64decode("".join(base64_text.split()), validate=True)
        return certificate(x509.load_der_x509_certificate(der))
    except (ValueError, binascii.Error, UnsupportedAlgorithm) as error:
        raise BadCertificate(str(error)) from None


def certificate(found: x509.Certificate) -> Certificate:
    """What the rules ask of a parsed certificate; raises BadCertificate when its key is not RSA."""
    key = found.public_key()
    if not isinstance(key, RSAPublicKey):
        raise BadCertificate(f"{type(key).__name__}, not RSA")
    names = found.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    extensions = found.extensions
    return Certificate(
        x509=found,
        key=key,
        fingerprint=found.fingerprint(hashes.SHA256()).hex(),
        subject=name_parts(found.subject),
        subject_text=dn(found.subject),
        common_name=str(names[0].value) if names else "",
        serial=f"{found.serial_number:x}",
        not_before=found.not_valid_before_utc.timestamp(),
        not_after=found.not_valid_after_utc.timestamp(),
        card_type=_card_type(extensions),
        may_sign=_may_sign(extensions),
    )


@dataclass(frozen=True, slots=True)
class Chain:
    """How a certificate leads to a trusted root: ``trusted``, and when all its authorities are valid."""

    trusted: bool
    not_before: float = 0.0
    not_after: float = float("inf")


class TrustStore:
    """A bundle of authorities. A chain must end at a self-signed certificate of the bundle."""

    def __init__(self, authorities: Iterable[x509.Certificate]) -> None:
        self._by_subject: dict[x509.Name, list[x509.Certificate]] = {}
        for authority in authorities:
            self._by_subject.setdefault(authority.subject, []).append(authority)
        self._chains: dict[str, Chain] = {}

    @classmethod
    def from_pem(cls, data: bytes) -> TrustStore:
        """The authorities of a PEM bundle; raises ValueError when it holds none."""
        return cls(x509.load_pem_x509_certificates(data))

    def chain(self, leaf: Certificate) -> Chain:
        """The chain of a certificate, found once per fingerprint."""
        known = self._chains.get(leaf.fingerprint)
        if known is None:
            if len(self._chains) >= _MAX_VERDICTS:
                self._chains.clear()
            known = self._chains[leaf.fingerprint] = self._climb(leaf.x509)
        return known

    def _climb(self, found: x509.Certificate) -> Chain:
        start, end = 0.0, float("inf")
        for _ in range(_MAX_DEPTH):
            above = next((a for a in self._by_subject.get(found.issuer, ()) if _issued(found, a)), None)
            if above is None:
                return Chain(False)
            start = max(start, above.not_valid_before_utc.timestamp())
            end = min(end, above.not_valid_after_utc.timestamp())
            if above.issuer == above.subject and _issued(above, above):
                return Chain(True, start, end)
            found = above
        return Chain(False)


def _issued(found: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        if not authority.extensions.get_extension_for_class(x509.BasicConstraints).value.ca:
            return False
        found.verify_directly_issued_by(authority)
    except (x509.ExtensionNotFound, InvalidSignature, ValueError, TypeError, UnsupportedAlgorithm):
        return False
    return True


def check_certificate(
    leaf: Certificate, store: TrustStore, now: float, revoked: Callable[[str], bool]
) -> list[Finding]:
    """SAML-CRT-02 to -05, -08 and -09: issuer, validity, revocation, key size and usage of a signer's certificate."""
    name, chain, findings = leaf.subject_text, store.chain(leaf), []
    start, end = max(leaf.not_before, chain.not_before), min(leaf.not_after, chain.not_after)
    if not chain.trusted:
        findings.append(find("SAML-CRT-02", found=dn(leaf.x509.issuer), name=name))
    if now > end:
        findings.append(find("SAML-CRT-03", found=write_utc(end), name=name))
    if now < start:
        findings.append(find("SAML-CRT-04", found=write_utc(start), name=name))
    if revoked(leaf.serial):
        findings.append(find("SAML-CRT-05", found=leaf.serial, name=name))
    if leaf.key.key_size < 2048:
        findings.append(find("SAML-CRT-08", expected=2048, found=leaf.key.key_size, name=name))
    if not leaf.may_sign:
        findings.append(find("SAML-CRT-09", name=name))
    return findings
