"""Self-presentable and signed documents."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import xmlsec
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from lxml import etree

from norms.cda.build.wrap import self_presentable, signed
from norms.cda.document import XSI_TYPE, qname
from norms.xml import parse

DOCUMENT = b"""<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<title>Lettre</title><recordTarget><patientRole><patient><name><given>LEONIE</given>
<family qualifier="BR">PINSON</family></name></patient></patientRole></recordTarget>
<component><structuredBody><component><section><title>Motif</title><text>
<table><thead><tr><th>A</th></tr></thead><tbody><tr><td>B</td></tr></tbody></table></text>
<entry><observation><value xsi:type="CD" code="x"/></observation></entry></section></component></structuredBody>
</component></ClinicalDocument>"""


def test_a_self_presentable_document_shows_itself() -> None:
    data = self_presentable(parse(DOCUMENT))
    root = parse(data)
    shown = etree.tostring(etree.XSLT(root)(root), method="html").decode()
    for said in ("<h1>Lettre</h1>", "PINSON", "LEONIE", "<th>A</th>", "<td>B</td>"):
        assert said in shown
    inner = next(root.iter(qname("ClinicalDocument")))
    assert inner.prefix is None
    assert next(root.iter(qname("value"))).get(XSI_TYPE) == "CD"


@pytest.fixture(scope="module")
def identity() -> tuple[rsa.RSAPrivateKey, x509.Certificate]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "essai")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1)).sign(key, hashes.SHA256())
    )  # fmt: skip
    return key, certificate


def verified(data: bytes, pem: bytes) -> None:
    """Verify with another library than the one that signed; raises xmlsec.Error."""
    root = etree.fromstring(data)
    xmlsec.tree.add_ids(root, ["Id"])
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(pem, xmlsec.KeyFormat.CERT_PEM)
    context.verify(root)
    assert len(root.findall(".//{http://www.w3.org/2000/09/xmldsig#}Reference")) >= 2


def test_a_signed_document_verifies_and_a_touched_one_does_not(
    identity: tuple[rsa.RSAPrivateKey, x509.Certificate],
) -> None:
    key, certificate = identity
    data = signed(parse(DOCUMENT), key, certificate)
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    verified(data, pem)
    with pytest.raises(xmlsec.Error):
        verified(data.replace(b"Motif", b"Motis"), pem)
