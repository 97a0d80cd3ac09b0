"""The TLS of a software's address: what it offers, which certificate, and whether a client would accept it."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from harness.doctor.model import Diagnosis, bad, ok, warn

TIMEOUT = 5.0


def probe(host: str, port: int, ca: Path | None) -> Iterator[Diagnosis]:
    """Look at one TLS address; ``ca`` is the test authorities' bundle, trusted beside the system's."""
    try:
        socket.create_connection((host, port), timeout=TIMEOUT).close()
    except OSError as error:
        yield bad("tls_connect", host=host, port=port, error=error)
        return
    yield ok("tls_connect", host=host, port=port)
    versions = [name for name, version in _versions() if _handshake(host, port, version) is None]
    if not versions:
        yield bad("tls_version", error=_handshake(host, port, None) or "")
        return
    modern = {"TLSv1.2", "TLSv1.3"} & set(versions)
    yield (ok if modern and len(modern) == len(versions) else warn if modern else bad)(
        "tls_version", found=", ".join(versions), error=""
    )
    yield from _certificate(host, port, ca)


def _versions() -> list[tuple[str, ssl.TLSVersion]]:
    named = [("TLSv1", "TLSv1"), ("TLSv1.1", "TLSv1_1"), ("TLSv1.2", "TLSv1_2"), ("TLSv1.3", "TLSv1_3")]
    return [(shown, getattr(ssl.TLSVersion, name)) for shown, name in named]


def _lenient(version: ssl.TLSVersion | None) -> ssl.SSLContext:
    """Accepts any certificate: this probe describes the peer, it exchanges nothing with it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if version:
        import warnings

        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # old versions are asked for on purpose
            context.minimum_version = context.maximum_version = version
    return context


def _handshake(host: str, port: int, version: ssl.TLSVersion | None) -> str | None:
    """None when the handshake succeeds, else why not."""
    try:
        with (
            socket.create_connection((host, port), timeout=TIMEOUT) as plain,
            _lenient(version).wrap_socket(plain, server_hostname=host),
        ):
            return None
    except (OSError, ValueError) as error:
        return str(error)


def _certificate(host: str, port: int, ca: Path | None) -> Iterator[Diagnosis]:
    from cryptography import x509

    with (
        socket.create_connection((host, port), timeout=TIMEOUT) as plain,
        _lenient(None).wrap_socket(plain, server_hostname=host) as stream,
    ):
        der = stream.getpeercert(binary_form=True)
    if der is None:
        yield bad("tls_certificate", subject="–", issuer="–", until="–")
        return
    leaf = x509.load_der_x509_certificate(der)
    facts = {
        "subject": leaf.subject.rfc4514_string(),
        "issuer": leaf.issuer.rfc4514_string(),
        "until": leaf.not_valid_after_utc.date(),
    }
    expired = leaf.not_valid_after_utc <= datetime.now(UTC)
    yield (bad if expired else ok)("tls_certificate", **facts)
    context = ssl.create_default_context()
    context.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)
    if ca and ca.exists():
        context.load_verify_locations(cafile=str(ca))
    try:
        with (
            socket.create_connection((host, port), timeout=TIMEOUT) as plain,
            context.wrap_socket(plain, server_hostname=host),
        ):
            yield ok("tls_trust", host=host)
    except ssl.SSLCertVerificationError as error:
        yield bad("tls_trust", host=host, error=error.verify_message)
    except OSError as error:
        yield warn("tls_trust", host=host, error=error)
