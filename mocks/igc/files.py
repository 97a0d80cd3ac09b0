"""How the PKI reaches the disk: whole folders or nothing, private keys for their owner only, one writer at a time."""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs7,
    pkcs12,
)

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

PASSWORD = "segur"  # noqa: S105 - a public password: these keys protect nothing


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold the lock of that file while the block runs; the system frees it if the process dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as handle:
        if fcntl:
            fcntl.flock(handle, fcntl.LOCK_EX)
        else:
            import msvcrt

            handle.seek(0)
            msvcrt.locking(handle.fileno(), msvcrt.LK_LOCK, 1)  # type: ignore[attr-defined]
        try:
            yield
        finally:
            if not fcntl:
                handle.seek(0)
                msvcrt.locking(handle.fileno(), msvcrt.LK_UNLCK, 1)  # type: ignore[attr-defined]


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """A new folder to fill, which takes the place of ``target`` at the end; after a failure nothing has changed."""
    token = secrets.token_hex(4)
    fresh, old = (target.with_name(f".{target.name}-{token}.{word}") for word in ("new", "old"))
    fresh.mkdir(parents=True)
    try:
        yield fresh
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    if target.exists():
        target.rename(old)
    fresh.rename(target)
    shutil.rmtree(old, ignore_errors=True)


def mend(parent: Path) -> None:
    """Undo what a crash in the middle of `whole_folder` left: an old folder goes back when nothing took its place."""
    for left in parent.glob(".*-????????.old"):
        target = parent / left.name[1:-13]
        if not target.exists():
            left.rename(target)
    for left in [*parent.glob(".*-????????.old"), *parent.glob(".*-????????.new")]:
        shutil.rmtree(left, ignore_errors=True)


def write(path: Path, data: bytes | str) -> None:
    """Write a file whole: a reader sees the old content or the new one."""
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    fresh.write_bytes(data.encode() if isinstance(data, str) else data)
    fresh.replace(path)


def write_private(path: Path, data: bytes) -> None:
    """Write a new file that only its owner may read, where the system knows that."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), 0o600)
    with os.fdopen(handle, "wb") as out:
        out.write(data)


def write_json(path: Path, value: Any) -> None:
    """Write JSON whole."""
    write(path, json.dumps(value, ensure_ascii=False, indent=1) + "\n")


def pem(*certificates: x509.Certificate) -> bytes:
    """Certificates one after the other, PEM."""
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in certificates)


def write_key(path: Path, key: RSAPrivateKey) -> None:
    """Write a private key: PKCS#8, PEM, not encrypted."""
    write_private(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def read_key(path: Path) -> RSAPrivateKey:
    """The private key that `write_key` wrote."""
    key = load_pem_private_key(path.read_bytes(), None, unsafe_skip_rsa_key_validation=True)  # our own
    if not isinstance(key, RSAPrivateKey):
        raise ValueError(f"{path}: not an RSA key")
    return key


def read_certificate(path: Path) -> x509.Certificate:
    """The first certificate of a PEM file."""
    return x509.load_pem_x509_certificate(path.read_bytes())


def write_credential(
    folder: Path, name: str, key: RSAPrivateKey, certificate: x509.Certificate, above: Sequence[x509.Certificate]
) -> None:
    """Fill the folder of one credential. ``above``: its authorities, the issuer first, the root last."""
    sent = [authority for authority in above if authority.issuer != authority.subject]  # a root is never sent
    write(folder / "cert.pem", pem(certificate))
    write(folder / "chain.pem", pem(certificate, *sent))
    write_key(folder / "key.pem", key)
    bundle = pkcs12.serialize_key_and_certificates(name.encode(), key, certificate, list(above), _everywhere())
    write_private(folder / "bundle.p12", bundle)
    write(folder / "password.txt", PASSWORD + "\n")


def write_trust(folder: Path, authorities: Sequence[x509.Certificate]) -> None:
    """The trust stores: PEM for most, PKCS#12 with Java's trust attribute, PKCS#7 for Windows."""
    write(folder / "ca.pem", pem(*authorities))
    write(folder / "ca.p7b", pkcs7.serialize_certificates(list(authorities), Encoding.DER))
    named = [pkcs12.PKCS12Certificate(cert, _alias(cert).encode()) for cert in authorities]
    write(folder / "truststore.p12", pkcs12.serialize_java_truststore(named, _everywhere()))


def _alias(certificate: x509.Certificate) -> str:
    (name,) = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return str(name.value).lower().replace(" ", "-")


def _everywhere() -> KeySerializationEncryption:
    """The PKCS#12 protection that old Java, old Windows and macOS read as well as new ones: 3DES and SHA-1."""
    return (
        PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(2048)
        .key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC)
        .hmac_hash(hashes.SHA1())  # noqa: S303
        .build(PASSWORD.encode())
    )
