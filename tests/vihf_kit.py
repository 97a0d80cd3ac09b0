"""VIHFs for tests: built here, signed by signxml with the certificates of the test PKI."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from lxml import etree

from norms.instant import write_utc
from tests.insi_kit import Held, sign

SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
HL7 = "urn:hl7-org:v3"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
CLASSES = "urn:oasis:names:tc:SAML:2.0:ac:classes:"
ROLE = "urn:oasis:names:tc:xacml:2.0:subject:role"
PURPOSE = "urn:oasis:names:tc:xspa:1.0:subject:purposeofuse"
RESOURCE = "urn:oasis:names:tc:xacml:2.0:resource:resource-id"
SUBJECT = "urn:oasis:names:tc:xspa:1.0:subject:subject-id"
CONFIDENTIALITY = "urn:oasis:names:tc:xspa:1.0:resource:patient:hl7:confidentiality-code"
ZOE = "275126322074974^^^&1.2.250.1.213.1.4.10&ISO^NH"
DOCTOR = (("10", "1.2.250.1.71.1.2.7", "Médecin"), ("SM54", "1.2.250.1.71.4.2.5", "Médecine générale (SM)"))
NURSE = (("60", "1.2.250.1.71.1.2.7", "Infirmier"),)
SECRETARY = (("SECRETARIAT_MEDICAL", "1.2.250.1.213.1.1.4.6", "Secrétariat médical"),)


@cache
def held(folder: Path, name: str) -> Held:
    """A credential of the test PKI."""
    place = folder / "credentials" / name
    cert = x509.load_pem_x509_certificate((place / "cert.pem").read_bytes())
    key: Any = load_pem_private_key((place / "key.pem").read_bytes(), None, unsafe_skip_rsa_key_validation=True)
    return Held(cert, key)


@dataclass(frozen=True)
class Said:
    """What a VIHF says; `changed` gives a copy that says something else."""

    user: str = "899700900014"
    issuer: str = ""
    roles: tuple[tuple[str, str, str], ...] = DOCTOR
    purpose: str = "normal"
    class_ref: str = f"{CLASSES}Password"
    declaration: str = ""
    issued: float = 0.0  # seconds from now
    attributes: Mapping[str, str | None] = field(default_factory=dict)
    id: str = ""
    role_ns: str = HL7

    def changed(self, **changes: Any) -> Said:
        return replace(self, **changes)

    def element(self) -> etree._Element:
        """The assertion, unsigned."""
        now = time.time() + self.issued
        root = etree.Element(f"{{{SAML}}}Assertion", nsmap={"saml2": SAML})
        root.set("Version", "2.0")
        root.set("ID", self.id or f"_{uuid.uuid4()}")
        root.set("IssueInstant", write_utc(now))
        issuer = etree.SubElement(root, f"{{{SAML}}}Issuer")
        issuer.set("Format", "urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName")
        issuer.text = self.issuer
        etree.SubElement(etree.SubElement(root, f"{{{SAML}}}Subject"), f"{{{SAML}}}NameID").text = self.user
        statement = etree.SubElement(root, f"{{{SAML}}}AuthnStatement", AuthnInstant=write_utc(now))
        context = etree.SubElement(statement, f"{{{SAML}}}AuthnContext")
        etree.SubElement(context, f"{{{SAML}}}AuthnContextClassRef").text = self.class_ref
        if self.declaration:
            etree.SubElement(context, f"{{{SAML}}}AuthnContextDecl").text = self.declaration
        attributes = etree.SubElement(root, f"{{{SAML}}}AttributeStatement")
        for name, text in ({**PLAIN, **self.attributes}).items():
            if text is not None:
                made = etree.SubElement(attributes, f"{{{SAML}}}Attribute", Name=name)
                etree.SubElement(made, f"{{{SAML}}}AttributeValue").text = text
        roles = etree.SubElement(attributes, f"{{{SAML}}}Attribute", Name=ROLE)
        for code, system, label in self.roles:
            place = etree.SubElement(roles, f"{{{SAML}}}AttributeValue")
            _coded(place, f"{{{self.role_ns}}}Role", code, system, label)
        purpose = etree.SubElement(attributes, f"{{{SAML}}}Attribute", Name=PURPOSE)
        place = etree.SubElement(purpose, f"{{{SAML}}}AttributeValue")
        _coded(place, f"{{{HL7}}}PurposeOfUse", self.purpose, "1.2.250.1.213.1.1.4.248", self.purpose)
        return root

    def signed(self, signer: Held) -> etree._Element:
        """The assertion signed, its issuer the signer unless said otherwise."""
        return sign(self.changed(issuer=self.issuer or signer.dn).element(), signer)


PLAIN: Mapping[str, str] = {
    "Identifiant_Structure": "399999001300016",
    "Secteur_Activite": "SA07^1.2.250.1.71.4.2.4",
    SUBJECT: "CLAIRE ROMARIN",
    "VIHF_Version": "3.0",
    "Authentification_mode": "INDIRECTE",
    RESOURCE: ZOE,
    "Ressource_URN": "urn:dmp",
    "LPS_Nom": "LOGICIEL DE TEST",
    "LPS_Version": "1.0",
    "LPS_ID_HOMOLOGATION_DMP": "TST-2026-00000001",
}
INDIRECT = Said()
DIRECT = Said(class_ref=f"{CLASSES}SmartcardPKI", attributes={"Authentification_mode": "DIRECTE"})
AIR = Said(
    class_ref=f"{CLASSES}MobileTwoFactorUnregistered",
    declaration="CONF_EXI_PGSSIS",
    attributes={"Authentification_mode": "INDIRECTE_RENFORCEE"},
)


def _coded(parent: etree._Element, tag: str, code: str, system: str, label: str) -> None:
    made = etree.SubElement(parent, tag, nsmap={None: etree.QName(tag).namespace, "xsi": XSI})
    made.set("code", code)
    made.set("codeSystem", system)
    made.set("displayName", label)
    made.set(f"{{{XSI}}}type", "CE")
