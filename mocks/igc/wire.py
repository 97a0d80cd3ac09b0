"""OCSP (RFC 6960): the request read, the answer signed by the authority that issued the certificate."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp

from mocks.igc.forge import Issuer, days

REQUEST = "application/ocsp-request"
RESPONSE = "application/ocsp-response"


class Status(StrEnum):
    """What the responder says of one certificate."""

    GOOD = "good"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Question:
    """One certificate asked about; ``issuer`` is None when no authority of ours issued it."""

    request: ocsp.OCSPRequest
    issuer: Issuer | None
    serial: int
    nonce: x509.OCSPNonce | None = None


class BadRequest(ValueError):
    """The bytes are no OCSP request that a responder must answer."""


def read_request(data: bytes, issuers: Iterable[Issuer]) -> Question:
    """The question of an OCSP request in DER; raises BadRequest."""
    try:
        request = ocsp.load_der_ocsp_request(data)
        algorithm, name, key = request.hash_algorithm, request.issuer_name_hash, request.issuer_key_hash
        found = next((who for who in issuers if _hashes(who.certificate, algorithm) == (name, key)), None)
        nonce = next((e.value for e in request.extensions if isinstance(e.value, x509.OCSPNonce)), None)
        return Question(request, found, request.serial_number, nonce)
    except (ValueError, NotImplementedError, UnsupportedAlgorithm, x509.DuplicateExtension) as error:
        raise BadRequest(str(error)) from None


def from_path(text: str) -> bytes:
    """The request that a GET carries in its path (base64, already percent-decoded); raises BadRequest."""
    try:
        return base64.b64decode(text.strip("/").replace(" ", "+"), validate=True)
    except binascii.Error as error:
        raise BadRequest(str(error)) from None


def answer(question: Question, status: Status, revoked: Mapping[str, Any], now: datetime, until: datetime) -> bytes:
    """A signed answer in DER, the request's nonce sent back. ``revoked``: {"at": datetime, "reason": RFC 5280 name}."""
    issuer = question.issuer
    if issuer is None:
        return refusal(ocsp.OCSPResponseStatus.UNAUTHORIZED)
    states = {
        Status.GOOD: ocsp.OCSPCertStatus.GOOD,
        Status.REVOKED: ocsp.OCSPCertStatus.REVOKED,
        Status.UNKNOWN: ocsp.OCSPCertStatus.UNKNOWN,
    }
    builder = ocsp.OCSPResponseBuilder().add_response_by_hash(
        issuer_name_hash=question.request.issuer_name_hash,
        issuer_key_hash=question.request.issuer_key_hash,
        serial_number=question.serial,
        algorithm=question.request.hash_algorithm,
        cert_status=states[status],
        this_update=now,
        next_update=until,
        revocation_time=revoked.get("at", now - days(1)) if status is Status.REVOKED else None,
        revocation_reason=x509.ReasonFlags(revoked.get("reason", "unspecified")) if status is Status.REVOKED else None,
    )
    builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, issuer.certificate)
    if question.nonce:
        builder = builder.add_extension(question.nonce, critical=False)
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(Encoding.DER)


def refusal(status: ocsp.OCSPResponseStatus) -> bytes:
    """An unsigned answer that says only why there is none."""
    return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)


def _hashes(certificate: x509.Certificate, algorithm: hashes.HashAlgorithm) -> tuple[bytes, bytes]:
    name = hashes.Hash(algorithm)
    name.update(certificate.subject.public_bytes())
    key = hashes.Hash(algorithm)
    key.update(certificate.public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1))
    return name.finalize(), key.finalize()
