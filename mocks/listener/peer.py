"""A certificate (DER) as the values that the journal keeps, read once however often it comes back."""

from __future__ import annotations

import hashlib
import ssl
from functools import lru_cache

from cryptography import x509
from cryptography.x509.oid import NameOID

from mocks.journal.model import Peer
from norms.tls.handshake import Refused
from norms.tls.names import EXTENDED, dn

_USAGES = {oid: name for name, oid in EXTENDED.items()}


def peer_of(der: bytes) -> Peer:
    """The certificate as a Peer; raises ValueError when the bytes are no certificate."""
    return _read(hashlib.sha256(der).hexdigest(), der)[0]


def refused_of(der: bytes) -> Refused:
    """What the handshake doctor tells of a certificate; raises ValueError when the bytes are none."""
    return _read(hashlib.sha256(der).hexdigest(), der)[1]


@lru_cache(maxsize=512)
def _read(sha256: str, der: bytes) -> tuple[Peer, Refused]:
    certificate = x509.load_der_x509_certificate(der)
    after = certificate.not_valid_after_utc.isoformat()
    subject, issuer = dn(certificate.subject), dn(certificate.issuer)
    peer = Peer(
        subject,
        _last(certificate.subject, NameOID.COMMON_NAME),
        _last(certificate.subject, NameOID.ORGANIZATIONAL_UNIT_NAME),
        issuer,
        f"{certificate.serial_number:x}",
        after,
        sha256,
        ssl.DER_cert_to_PEM_cert(der),
    )
    digest = certificate.signature_hash_algorithm
    key = f"{getattr(certificate.public_key(), 'key_size', '?')} bits, {digest.name if digest else '?'}"
    before = certificate.not_valid_before_utc.isoformat()
    return peer, Refused(subject, issuer, before, after, _usages(certificate), key)


def _last(name: x509.Name, oid: x509.ObjectIdentifier) -> str:
    found = name.get_attributes_for_oid(oid)
    return str(found[-1].value) if found else ""


def _usages(certificate: x509.Certificate) -> str:
    try:
        usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (x509.ExtensionNotFound, ValueError):
        return "-"
    return ", ".join(_USAGES.get(usage.dotted_string, usage.dotted_string) for usage in usages)
