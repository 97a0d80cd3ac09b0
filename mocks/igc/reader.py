"""Any certificate file: PEM, DER, PKCS#7, PKCS#12, with or without keys, whatever its suffix."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key, pkcs7, pkcs12

from mocks.igc.errors import PkiError
from mocks.igc.files import PASSWORD
from mocks.igc.profiles import authorities, profiles
from norms.tls.certificate import Kind

LIMIT = 5_000_000  # bytes


@dataclass(frozen=True)
class Content:
    """What a file holds. ``form``: PEM, DER, PKCS#7, PKCS#12."""

    form: str
    certificates: Sequence[x509.Certificate]
    keys: Sequence[Any] = field(default=())


def kinds() -> Iterable[Kind]:
    """The profiles of `certs/profiles.toml` as kinds to compare a certificate with."""
    for profile in profiles().values():
        yield Kind(
            profile.name,
            authorities()[profile.issuer].cn,
            profile.key_usage,
            profile.extended,
            profile.card_type is not None,
            profile.subject == "organisation",
        )


def read(path: Path, password: str | None = None) -> Content:
    """The certificates and keys of a file; raises OSError, PkiError when it is no certificate file or locked."""
    with path.open("rb") as handle:
        data = handle.read(LIMIT)
    content = (_pem if b"-----BEGIN " in data else _der)(data, path, password)
    if not content.certificates:
        raise PkiError("file", path=path)
    return content


def _pem(data: bytes, path: Path, password: str | None) -> Content:
    certificates: list[x509.Certificate] = []
    keys: list[Any] = []
    for block in _blocks(data):
        kind = block.split(b"-----")[1].removeprefix(b"BEGIN ").decode("ascii", "replace")
        try:
            if kind in ("CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"):
                certificates.append(x509.load_pem_x509_certificate(block))
            elif kind == "PKCS7":
                certificates += pkcs7.load_pem_pkcs7_certificates(block)
            elif kind.endswith("PRIVATE KEY"):
                locked = b"ENCRYPTED" in block
                keys.append(load_pem_private_key(block, (password or PASSWORD).encode() if locked else None))
        except TypeError:
            raise PkiError("password", path=path) from None
        except ValueError:
            raise PkiError("password" if b"ENCRYPTED" in block else "file", path=path) from None
    return Content("PEM", certificates, keys)


def _blocks(data: bytes) -> Iterable[bytes]:
    """The PEM blocks of a file, whatever text stands between them."""
    start = 0
    while (begin := data.find(b"-----BEGIN ", start)) >= 0:
        label = data[begin + 11 : data.find(b"-----", begin + 11)]
        mark = b"-----END " + label + b"-----"
        end = data.find(mark, begin)
        if end < 0:
            return
        start = end + len(mark)
        yield data[begin:start] + b"\n"


def _der(data: bytes, path: Path, password: str | None) -> Content:
    with contextlib.suppress(ValueError):
        return Content("DER", [x509.load_der_x509_certificate(data)])
    with contextlib.suppress(ValueError):
        return Content("PKCS#7", pkcs7.load_der_pkcs7_certificates(data))
    if _is_pkcs12(data):
        return _pkcs12(data, path, password)
    raise PkiError("file", path=path)


def _is_pkcs12(data: bytes) -> bool:
    """A PFX is a sequence that starts with version 3 (RFC 7292 §4)."""
    if data[:1] != b"\x30" or len(data) < 8:
        return False
    start = 2 + (data[1] & 0x7F if data[1] & 0x80 else 0)
    return data[start : start + 3] == b"\x02\x01\x03"


def _pkcs12(data: bytes, path: Path, password: str | None) -> Content:
    for word in (password,) if password is not None else (PASSWORD, "", None):
        try:
            found = pkcs12.load_pkcs12(data, word.encode() if word is not None else None)
        except ValueError:
            continue
        bags = [found.cert] if found.cert else []
        certificates = [bag.certificate for bag in (*bags, *found.additional_certs)]
        return Content("PKCS#12", certificates, [found.key] if found.key else [])
    raise PkiError("password", path=path)
