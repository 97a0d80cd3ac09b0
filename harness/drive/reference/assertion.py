"""The professional's SAML 2.0 assertion of the AMO teleservices: signed by the card, unsigned with Pro Santé Connect.

It is not the VIHF of the DMP: an issuer, a signature, a NameID and three attributes, without conditions.
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import NameOID
from lxml import etree
from lxml.builder import ElementMaker
from signxml.algorithms import CanonicalizationMethod
from signxml.signer import XMLSigner

from harness.drive.reference.config import Professional
from harness.drive.reference.messages import Card, Element, stamp

DS = "http://www.w3.org/2000/09/xmldsig#"
SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
X509_SUBJECT = "urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName"
CARD_TYPE = x509.ObjectIdentifier("1.2.250.1.71.1.2.2")
QUALIFIERS = {0: "CPS", 1: "CPF", 2: "CPE", 3: "CPA"}


class SignatureCard:
    """A professional's card: here, its signature certificate and key as files. Raises ValueError on unreadable ones."""

    def __init__(self, cert: Path, key: Path) -> None:
        self.certificate = x509.load_pem_x509_certificates(cert.read_bytes())[0]
        private = load_pem_private_key(key.read_bytes(), None, unsafe_skip_rsa_key_validation=True)  # the bench's own
        if not isinstance(private, RSAPrivateKey):
            raise ValueError(f"{key}: an RSA key is expected")
        self._key = private

    @property
    def name_id(self) -> str:
        """National identifier of the holder: the common name of the certificate."""
        return str(self.certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)

    @property
    def subject(self) -> str:
        """Distinguished name of the holder."""
        return self.certificate.subject.rfc4514_string()

    @property
    def qualifier(self) -> str:
        """Kind of card (extension 1.2.250.1.71.1.2.2 of the certificate), ``CPX`` when it does not say."""
        try:
            extension = self.certificate.extensions.get_extension_for_oid(CARD_TYPE).value
        except x509.ExtensionNotFound:
            return "CPX"
        raw = extension.value if isinstance(extension, x509.UnrecognizedExtension) else b""
        return QUALIFIERS.get(raw[-1], "CPX") if raw else "CPX"

    def assertion(self, user: Professional, now: datetime | None = None) -> Element:
        """A fresh signed assertion: enveloped, exclusive canonicalisation, rsa-sha256."""
        attributes = _attributes(user, "codeSpecialite")
        ready = _assertion(self.subject, X509_SUBJECT, self.name_id, self.qualifier, attributes, now)
        ready.insert(1, etree.Element(f"{{{DS}}}Signature", Id="placeholder", nsmap={"ds": DS}))  # after the issuer
        signer = XMLSigner(c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0)
        return signer.sign(
            ready, key=self._key, cert=[self.certificate], reference_uri=f"#{ready.get('ID')}", id_attribute="ID"
        )


def connected(user: Professional, now: datetime | None = None) -> Element:
    """The unsigned assertion of a user logged in with Pro Santé Connect."""
    attributes = _attributes(user, "codeSpecialiteAMO")
    return _assertion(user.national_id, "", user.national_id, "PSC", attributes, now)


def vitale(card: Card, now: datetime | None = None) -> Element:
    """The second assertion of a search by card: the card's serial number under the qualifier VITALE, unsigned."""
    return _assertion(card.serial, "", card.serial, "VITALE", {}, now)


def _attributes(user: Professional, specialty: str) -> dict[str, str]:
    values = {"identifiantFacturation": user.billing_id, specialty: user.specialty, "secteurActivite": user.sector}
    return {name: value for name, value in values.items() if value}


def _assertion(
    issuer: str, issuer_format: str, name_id: str, qualifier: str, attributes: dict[str, str], now: datetime | None
) -> Element:
    make = ElementMaker(namespace=SAML, nsmap={None: SAML})
    statement = [
        make.AttributeStatement(
            *(make.Attribute(make.AttributeValue(value), Name=name) for name, value in attributes.items())
        )
    ]
    assertion: Element = make.Assertion(
        make.Issuer(issuer, **({"Format": issuer_format} if issuer_format else {})),
        make.Subject(make.NameID(name_id, NameQualifier=qualifier)),
        *(statement if attributes else []),
        ID=f"_{uuid.uuid4()}",
        IssueInstant=stamp(now or datetime.now(UTC)),
        Version="2.0",
    )
    return assertion
