"""Certificates and revocation lists in the shape of IGC-Santé: pure building, nothing read or written.

Shapes come from public certificates of IGC-Santé: names, serial lengths (18 bytes for an authority, 16 for a leaf),
critical flags, policies, distribution points, the card extensions 1.2.250.1.71.1.2.x. Delta lists and LDAP addresses
are left out: nothing could answer them offline.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from urllib.parse import quote

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID, ObjectIdentifier

from mocks.igc.holder import EMAIL_DOMAIN, Holder
from mocks.igc.profiles import AuthorityPlan, Profile, naming
from norms.tls.names import ANY_POLICY, CARD_NUMBER, CARD_TYPE, EXTENDED, KEY_USAGES, MARKER, PROFESSION, UPN

CARD_PREFIX = "8025000001/"
UPN_DOMAIN = "carte-cps.fr"


@dataclass(frozen=True, slots=True)
class Issuer:
    """An authority that signs: its plan, certificate and key."""

    plan: AuthorityPlan
    certificate: x509.Certificate
    key: RSAPrivateKey


@dataclass(frozen=True, slots=True)
class Revoked:
    """One entry of a revocation list."""

    serial: int
    at: datetime
    reason: str = "keyCompromise"


def serial_number(length: int) -> int:
    """A random positive serial number of exactly that many bytes."""
    return int.from_bytes(bytes([0x40 | secrets.randbits(6)]) + secrets.token_bytes(length - 1), "big")


def authority(
    plan: AuthorityPlan, key: RSAPrivateKey, parent: Issuer | None, igc_url: str, start: datetime, end: datetime
) -> Issuer:
    """Make the certificate of an authority, self-signed when it has no parent."""
    subject = _authority_name(plan)
    issuer = parent.certificate.subject if parent else subject
    builder = _base(subject, issuer, key, start, end, 18)
    builder = builder.add_extension(x509.BasicConstraints(True, 0 if parent else None), critical=True)
    builder = builder.add_extension(_key_usage(("key_cert_sign", "crl_sign")), critical=True)
    builder = builder.add_extension(_policies(ANY_POLICY, igc_url), critical=False)
    if parent:
        builder = _locations(builder, parent, igc_url)
    signer = parent.key if parent else key
    return Issuer(plan, builder.sign(signer, hashes.SHA256()), key)


def leaf(
    profile: Profile,
    holder: Holder,
    key: RSAPrivateKey,
    issuer: Issuer,
    igc_url: str,
    start: datetime,
    end: datetime,
    *,
    names: Sequence[str] = (),
    extended: Sequence[str] = (),
) -> x509.Certificate:
    """Make a leaf certificate. ``names`` (host names or addresses) and ``extended`` add to or replace the profile's."""
    builder = _base(_subject(profile, holder), issuer.certificate.subject, key, start, end, 16)
    builder = builder.add_extension(x509.BasicConstraints(False, None), critical=False)
    builder = builder.add_extension(_key_usage(profile.key_usage), critical=True)
    usages = [ObjectIdentifier(EXTENDED[word]) for word in extended or profile.extended]
    builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
    builder = builder.add_extension(_policies(profile.policy, igc_url), critical=False)
    builder = _locations(builder, issuer, igc_url)
    if alternatives := _alternatives(profile, holder, names):
        builder = builder.add_extension(x509.SubjectAlternativeName(alternatives), critical=False)
    if profile.usage_period:
        builder = builder.add_extension(x509.PrivateKeyUsagePeriod(start, end), critical=False)
    for oid, value in _card_extensions(profile, holder):
        builder = builder.add_extension(x509.UnrecognizedExtension(ObjectIdentifier(oid), value), critical=False)
    return builder.sign(issuer.key, hashes.SHA256())


def revocation_list(
    issuer: Issuer, revoked: Iterable[Revoked], number: int, now: datetime, until: datetime
) -> x509.CertificateRevocationList:
    """Make the full revocation list of an authority."""
    builder = x509.CertificateRevocationListBuilder(issuer.certificate.subject, now, until)
    builder = builder.add_extension(_key_identifier(issuer), critical=False)
    builder = builder.add_extension(x509.CRLNumber(number), critical=False)
    for row in revoked:
        entry = x509.RevokedCertificateBuilder(row.serial, row.at)
        entry = entry.add_extension(x509.CRLReason(x509.ReasonFlags(row.reason)), critical=False)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(issuer.key, hashes.SHA256())


# -- parts -------------------------------------------------------------------------------------------------------


def _base(
    subject: x509.Name, issuer: x509.Name, key: RSAPrivateKey, start: datetime, end: datetime, length: int
) -> x509.CertificateBuilder:
    return x509.CertificateBuilder(
        issuer_name=issuer,
        subject_name=subject,
        public_key=key.public_key(),
        serial_number=serial_number(length),
        not_valid_before=start,
        not_valid_after=end,
    ).add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)


def _authority_name(plan: AuthorityPlan) -> x509.Name:
    words = naming()
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, words["country"]),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, words["organization"]),
            *(x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit) for unit in words["units"]),
            x509.NameAttribute(NameOID.COMMON_NAME, words["prefix"] + plan.cn),
        ]
    )


def _subject(profile: Profile, holder: Holder) -> x509.Name:
    place = [
        (NameOID.STATE_OR_PROVINCE_NAME, holder.department),
        (NameOID.ORGANIZATION_NAME, holder.organisation),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, holder.unit),
    ]
    title = [(NameOID.TITLE, holder.title)]
    person = [
        x509.NameAttribute(oid, value)
        for oid, value in (
            (NameOID.GIVEN_NAME, holder.given_name),
            (NameOID.COMMON_NAME, holder.common_name),
            (NameOID.SURNAME, holder.surname),
        )
        if value
    ]
    single = {
        "organisation": [*place, (NameOID.COMMON_NAME, holder.common_name)],
        "professional": title,
        "employee": [*place, *title],
    }[profile.subject]
    parts = [x509.RelativeDistinguishedName([x509.NameAttribute(oid, value)]) for oid, value in single if value]
    if profile.subject != "organisation":
        parts.append(x509.RelativeDistinguishedName(person))  # one RDN of several values, as on the real cards
    country = x509.RelativeDistinguishedName([x509.NameAttribute(NameOID.COUNTRY_NAME, naming()["country"])])
    return x509.Name([country, *parts])


def _key_usage(wanted: Iterable[str]) -> x509.KeyUsage:
    return x509.KeyUsage(**{word: word in wanted for word in KEY_USAGES})


def _policies(oid: str, igc_url: str) -> x509.CertificatePolicies:
    return x509.CertificatePolicies([x509.PolicyInformation(ObjectIdentifier(oid), [f"{igc_url}/PC%20TEST"])])


def _key_identifier(issuer: Issuer) -> x509.AuthorityKeyIdentifier:
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(
        issuer.certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    )


def _locations(builder: x509.CertificateBuilder, issuer: Issuer, igc_url: str) -> x509.CertificateBuilder:
    """Authority key identifier, distribution point and authority information, all answered by the bench."""
    point = x509.DistributionPoint([_uri(f"{igc_url}/CRL/{issuer.plan.file}.crl")], None, None, None)
    access = x509.AuthorityInformationAccess(
        [
            x509.AccessDescription(AuthorityInformationAccessOID.OCSP, _uri(f"{igc_url}/ocsp")),
            x509.AccessDescription(
                AuthorityInformationAccessOID.CA_ISSUERS, _uri(f"{igc_url}/{quote(f'AC TEST/{issuer.plan.file}.cer')}")
            ),
        ]
    )
    return (
        builder.add_extension(_key_identifier(issuer), critical=False)
        .add_extension(x509.CRLDistributionPoints([point]), critical=False)
        .add_extension(access, critical=False)
    )


def _uri(value: str) -> x509.UniformResourceIdentifier:
    return x509.UniformResourceIdentifier(value)


def _alternatives(profile: Profile, holder: Holder, names: Sequence[str]) -> list[x509.GeneralName]:
    given = [general_name(name) for name in dict.fromkeys(names)]
    if profile.san == "dns":
        own = general_name(holder.common_name)
        return [own, *(name for name in given if name != own)]
    if profile.san == "upn":
        upn = f"{holder.common_name}@{UPN_DOMAIN}"
        given.insert(0, x509.OtherName(ObjectIdentifier(UPN), der(0x0C, upn.encode())))
    if profile.san == "email":
        given.insert(0, x509.RFC822Name(f"{holder.common_name}@{EMAIL_DOMAIN}"))
    return given


def general_name(name: str) -> x509.GeneralName:
    """A host name, an address (IPv4, IPv6) or a mail address as an alternative name."""
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.RFC822Name(name) if "@" in name else x509.DNSName(name)


def _card_extensions(profile: Profile, holder: Holder) -> list[tuple[str, bytes]]:
    rows = []
    if profile.card_type is not None:
        rows.append((CARD_TYPE, der(0x02, bytes([profile.card_type]))))
    if profile.card_type is not None and holder.card:
        rows.append((CARD_NUMBER, der(0x13, f"{CARD_PREFIX}{holder.card}".encode())))
    if profile.marker is not None:
        rows.append((MARKER, der(0x04, bytes([profile.marker]))))
        if holder.profession is not None:
            rows.append((PROFESSION, der(0x02, bytes([holder.profession]))))
    return rows


def der(tag: int, value: bytes) -> bytes:
    """A short DER value (less than 128 bytes)."""
    return bytes([tag, len(value)]) + value


def days(count: float) -> timedelta:
    """That many days."""
    return timedelta(days=count)
