"""A certificate looked at: where it comes from, which profile of IGC-Santé it resembles, what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from norms.finding import Finding, find
from norms.tls.names import CARD_NUMBER, CARD_TYPE, EXTENDED, KEY_USAGES, MARKER, PROFESSION, dn

Origin = Literal["ours", "igc-test", "igc", "igc-cps", "other"]
STRUCTURE = re.compile(r"1[0-9A-Z]{9}|3\d{14}", re.ASCII)  # "1" + FINESS, "3" + SIRET
INSI_NAMES = ("INSI-AUTO", "INSI-MANU")
OURS = "SEGUR-HARNESS"
_USAGES = {oid: name for name, oid in EXTENDED.items()}
_WEAK_DIGESTS = {"md5", "sha1"}
_CARD = {CARD_TYPE: "card_type", CARD_NUMBER: "card_number", MARKER: "marker", PROFESSION: "profession"}


@dataclass(frozen=True, slots=True)
class Kind:
    """A certificate kind to compare with: common name of its authority, usages, whether it stands on a card."""

    name: str
    issuer: str
    key_usage: tuple[str, ...]
    extended: tuple[str, ...]
    on_card: bool
    of_organisation: bool


@dataclass(frozen=True, slots=True)
class Examined:
    """What a certificate says, as text; ``kind`` is the closest kind, empty when none is close."""

    subject: str
    issuer: str
    serial: str
    sha256: str
    not_before: str
    not_after: str
    key: str
    digest: str
    names: tuple[str, ...]
    key_usage: tuple[str, ...]
    extended: tuple[str, ...]
    origin: Origin
    authority: bool
    kind: str = ""
    card: dict[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()


def examine(
    certificate: x509.Certificate,
    kinds: Iterable[Kind],
    now: datetime,
    *,
    key: Any = None,
    others: Sequence[x509.Certificate] = (),
    shown: bool = False,
    revoked: bool = False,
) -> Examined:
    """Look at a certificate. ``key``: the private key beside it, if any; ``others``: the rest of the file.

    ``shown``: the file is meant to be shown to a server, so its intermediate authority should be in it.
    """
    extensions = _extensions(certificate)
    constraints = extensions.get(x509.BasicConstraints)
    authority = bool(constraints and constraints.ca)
    usage, extended = _key_usage(extensions), _extended(extensions)
    card = _card(certificate)
    origin = _origin(certificate)
    best, differences = (None, []) if authority else _closest(certificate, kinds, usage, extended, card)
    findings = [
        *_validity(certificate, now),
        *_strength(certificate),
        *_key_beside(certificate, key),
        *_provenance(certificate, origin, authority),
        *([find("TLS-IGC-11", found=f"{certificate.serial_number:x}")] if revoked else []),
    ]
    if not authority:
        findings += _leaf(certificate, extensions, best, differences, origin)
        if shown:
            findings += _chain(certificate, others)
    public = certificate.public_key()
    return Examined(
        dn(certificate.subject),
        dn(certificate.issuer),
        f"{certificate.serial_number:x}",
        certificate.fingerprint(hashes.SHA256()).hex(),
        certificate.not_valid_before_utc.isoformat(),
        certificate.not_valid_after_utc.isoformat(),
        f"{type(public).__name__.removesuffix('PublicKey').lstrip('_')} {getattr(public, 'key_size', '')}".strip(),
        _digest(certificate),
        _names(extensions),
        usage,
        extended,
        origin,
        authority,
        best.name if best else "",
        card,
        tuple(findings),
    )


# -- findings ----------------------------------------------------------------------------------------------------


def _validity(certificate: x509.Certificate, now: datetime) -> Iterable[Finding]:
    if certificate.not_valid_after_utc < now:
        yield find("TLS-IGC-03", found=certificate.not_valid_after_utc.date())
    if certificate.not_valid_before_utc > now:
        yield find("TLS-IGC-04", found=certificate.not_valid_before_utc.date())


def _strength(certificate: x509.Certificate) -> Iterable[Finding]:
    public = certificate.public_key()
    size = getattr(public, "key_size", 0)
    is_rsa = hasattr(public, "public_numbers") and hasattr(public, "encrypt")
    if is_rsa and size < 2048:
        yield find("TLS-IGC-05", found=f"RSA {size}")
    if _digest(certificate) in _WEAK_DIGESTS:
        yield find("TLS-IGC-05", found=_digest(certificate).upper())


def _key_beside(certificate: x509.Certificate, key: Any) -> Iterable[Finding]:
    if key is not None and _spki(key.public_key()) != _spki(certificate.public_key()):
        yield find("TLS-IGC-08")


def _provenance(certificate: x509.Certificate, origin: Origin, authority: bool) -> Iterable[Finding]:
    issuer = dn(certificate.issuer)
    if origin == "igc-cps":
        yield find("TLS-IGC-02", found=issuer)
    elif origin == "other":
        yield find("TLS-IGC-01", found=issuer)
    if authority:
        yield find("TLS-IGC-13", found=dn(certificate.subject))


def _leaf(
    certificate: x509.Certificate,
    extensions: dict[type, Any],
    best: Kind | None,
    differences: list[str],
    origin: Origin,
) -> Iterable[Finding]:
    if best and differences and origin not in ("other", "igc-cps"):
        yield find("TLS-IGC-10", expected=best.name, found="; ".join(differences))
    if best and best.of_organisation and origin not in ("other", "igc-cps"):
        unit = _last(certificate.subject, NameOID.ORGANIZATIONAL_UNIT_NAME)
        if not STRUCTURE.fullmatch(unit):
            yield find("TLS-IGC-06", found=unit)
        common_name = _last(certificate.subject, NameOID.COMMON_NAME)
        if best.extended == ("clientAuth",) and common_name not in INSI_NAMES:
            yield find("TLS-IGC-07", found=common_name)
    usages = extensions.get(x509.ExtendedKeyUsage)
    if usages and ExtendedKeyUsageOID.SERVER_AUTH in usages and x509.SubjectAlternativeName not in extensions:
        yield find("TLS-IGC-12")


def _chain(certificate: x509.Certificate, others: Sequence[x509.Certificate]) -> Iterable[Finding]:
    if certificate.issuer != certificate.subject and all(other.subject != certificate.issuer for other in others):
        yield find("TLS-IGC-09", found=dn(certificate.issuer))


# -- reading -----------------------------------------------------------------------------------------------------


def _closest(
    certificate: x509.Certificate,
    kinds: Iterable[Kind],
    usage: tuple[str, ...],
    extended: tuple[str, ...],
    card: dict[str, str],
) -> tuple[Kind | None, list[str]]:
    """The kind that the certificate resembles most, and how it differs from it."""
    issuer = _last(certificate.issuer, NameOID.COMMON_NAME)
    ranked = []
    for position, kind in enumerate(kinds):
        same = {
            "issuer": issuer.endswith(kind.issuer),
            "keyUsage": set(usage) == set(kind.key_usage),
            "extendedKeyUsage": set(extended) == set(kind.extended),
            "card": ("card_type" in card) == kind.on_card,
        }
        score = 3 * same["issuer"] + 3 * same["keyUsage"] + 3 * same["extendedKeyUsage"] + same["card"]
        found = {"issuer": issuer, "keyUsage": usage, "extendedKeyUsage": extended, "card": sorted(card) or "-"}
        ranked.append(
            (-score, position, kind, [f"{what} = {_said(found[what])}" for what, ok in same.items() if not ok])
        )
    if not ranked:
        return None, []
    score, _, kind, differences = min(ranked)
    return (kind, differences) if -score >= 6 else (None, [])


def _said(value: object) -> str:
    return ", ".join(value) or "-" if isinstance(value, tuple | list) else str(value)


def _origin(certificate: x509.Certificate) -> Origin:
    issuer = certificate.issuer
    units = [str(unit.value) for unit in issuer.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)]
    organisation = _last(issuer, NameOID.ORGANIZATION_NAME)
    if organisation == OURS:
        return "ours"
    if organisation.startswith("GIP-CPS"):
        return "igc-cps"
    if "IGC-SANTE TEST" in units:
        return "igc-test"
    return "igc" if "IGC-SANTE" in units else "other"


def _extensions(certificate: x509.Certificate) -> dict[type, Any]:
    try:
        return {type(extension.value): extension.value for extension in certificate.extensions}
    except (ValueError, x509.DuplicateExtension):
        return {}


def _key_usage(extensions: dict[type, Any]) -> tuple[str, ...]:
    usage = extensions.get(x509.KeyUsage)
    if usage is None:
        return ()
    words = KEY_USAGES if usage.key_agreement else KEY_USAGES[:-2]  # the last two mean nothing without it
    return tuple(word for word in words if getattr(usage, word))


def _extended(extensions: dict[type, Any]) -> tuple[str, ...]:
    usages = extensions.get(x509.ExtendedKeyUsage) or ()
    return tuple(_USAGES.get(usage.dotted_string, usage.dotted_string) for usage in usages)


def _names(extensions: dict[type, Any]) -> tuple[str, ...]:
    names = extensions.get(x509.SubjectAlternativeName) or ()
    return tuple(
        name.value[2:].decode("utf-8", "replace") if isinstance(name, x509.OtherName) else str(name.value)
        for name in names
    )


def _card(certificate: x509.Certificate) -> dict[str, str]:
    found = {}
    for extension in _extensions_of_card(certificate):
        raw = extension.value.value
        value = raw[2:]
        oid = extension.oid.dotted_string
        text = value.decode("ascii", "replace") if oid == CARD_NUMBER else str(int.from_bytes(value, "big"))
        found[_CARD[oid]] = f"0x{value.hex()}" if oid == MARKER else text
    return found


def _extensions_of_card(certificate: x509.Certificate) -> list[Any]:
    try:
        rows = list(certificate.extensions)
    except (ValueError, x509.DuplicateExtension):
        return []
    return [e for e in rows if e.oid.dotted_string in _CARD and isinstance(e.value, x509.UnrecognizedExtension)]


def _digest(certificate: x509.Certificate) -> str:
    algorithm = certificate.signature_hash_algorithm
    return algorithm.name if algorithm else ""


def _last(name: x509.Name, oid: x509.ObjectIdentifier) -> str:
    found = name.get_attributes_for_oid(oid)
    return str(found[-1].value) if found else ""


def _spki(public: Any) -> bytes:
    der: bytes = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return der
