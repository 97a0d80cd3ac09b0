"""A self-presentable document and a signed one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from harness.samples.biology import bio_2021
from harness.samples.core import SIGNED, sample
from harness.samples.letters import discharge
from harness.samples.people import People
from norms.cda.build.wrap import self_presentable, signed
from norms.xml import parse


@sample(
    "AUTOPRESENTABLE_BIO-CR-BIO_2021.01",
    "Document auto-présentable : la racine est la feuille de style XSLT qui contient le ClinicalDocument.",
    "Self-presentable document: the root is the XSLT style sheet that holds the ClinicalDocument.",
)
def presentable(people: People) -> bytes:
    return self_presentable(parse(bio_2021(people)))


@sample(
    "SIGNE_LDL-SES_2022.01",
    "Document signé : signature XAdES enveloppante, clé jetable créée pour l'occasion et détruite aussitôt.",
    "Signed document: enveloping XAdES signature, a throw-away key made for it and destroyed at once.",
)
def signature(people: People) -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "SIGNATAIRE D'ESSAI, CLE JETABLE")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=3650))
        .sign(key, hashes.SHA256())
    )
    return signed(parse(discharge(people)), key, certificate)


SIGNED.add("SIGNE_LDL-SES_2022.01")
