"""The VIHF that goes with each call to the DMP, sealed by the structure: INDIRECTE to feed, AIR to consult."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml.algorithms import CanonicalizationMethod
from signxml.signer import XMLSigner

from harness.drive.reference.assertion import DS, SAML, X509_SUBJECT
from harness.drive.reference.config import NAME, VERSION, Professional
from harness.drive.reference.defects import Defects
from harness.drive.reference.messages import Element, stamp
from norms.codes import shipped
from norms.vihf import names
from norms.xds.check import NOT_GUARDIANS

XSI = "http://www.w3.org/2001/XMLSchema-instance"
HL7 = "urn:hl7-org:v3"
HOMOLOGATION = "TST-2026-REFERENCE"
_SECRET = f"{NOT_GUARDIANS.code}^{NOT_GUARDIANS.system}"
_CLASS = {names.INDIRECT: "Password", names.AIR: "MobileTwoFactorUnregistered"}


class Seal:
    """The structure's signing certificate (ORG SIGN) and key. Raises ValueError on files that cannot be used."""

    def __init__(self, cert: Path, key: Path) -> None:
        self.certificate = x509.load_pem_x509_certificates(cert.read_bytes())[0]
        private = load_pem_private_key(key.read_bytes(), None, unsafe_skip_rsa_key_validation=True)  # the bench's own
        if not isinstance(private, RSAPrivateKey):
            raise ValueError(f"{key}: an RSA key is expected")
        self.key = private

    @property
    def structure(self) -> str:
        """National identifier of the structure: the unit (OU) of the certificate."""
        units = self.certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATIONAL_UNIT_NAME)
        return str(units[-1].value) if units else ""

    def sign(self, assertion: Element) -> Element:
        """The assertion with its enveloped signature right after the issuer."""
        assertion.insert(1, etree.Element(f"{{{DS}}}Signature", Id="placeholder", nsmap={"ds": DS}))
        signer = XMLSigner(c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0)
        return signer.sign(
            assertion, key=self.key, cert=[self.certificate], reference_uri=f"#{assertion.get('ID')}", id_attribute="ID"
        )


def vihf(seal: Seal, user: Professional, mode: str, patient: str, defects: Defects, *, secret: bool = False) -> Element:
    """A fresh VIHF; ``patient`` is the INS as CX, empty when the call concerns none; ``secret``: a minor's secret."""
    instant = stamp(datetime.now(UTC))
    root = etree.Element(f"{{{SAML}}}Assertion", nsmap={"saml2": SAML})
    for key, said in (("Version", "2.0"), ("ID", f"_{uuid.uuid4()}"), ("IssueInstant", instant)):
        root.set(key, said)
    issuer = _child(root, "Issuer", seal.certificate.subject.rfc4514_string())
    issuer.set("Format", X509_SUBJECT)
    generic = defects.on("generic-user-in-vihf")
    _child(_child(root, "Subject"), "NameID", "899700900139" if generic else user.national_id)
    statement = _child(root, "AuthnStatement")
    statement.set("AuthnInstant", instant)
    context = _child(statement, "AuthnContext")
    _child(context, "AuthnContextClassRef", names.CLASSES + _CLASS[mode])
    if mode == names.AIR:
        _child(context, "AuthnContextDecl", names.SIMPLIFIED)
    attributes = _child(root, "AttributeStatement")
    for name, said in (
        (names.STRUCTURE, seal.structure),
        (names.SECTOR, f"{user.sector or 'SA07'}^{names.SECTOR_SYSTEM}"),
        (names.SUBJECT, user.shown),
        (names.VERSION, "3.0"),
        (names.MODE, mode),
        (names.RESOURCE, patient),
        (names.URN, names.DMP_URN),
        (names.LPS_NAME, NAME),
        (names.LPS_VERSION, VERSION),
        (names.CONFIDENTIALITY, _SECRET if secret and not defects.on("forgets-secret-connection") else ""),
        (names.HOMOLOGATION, "" if defects.on("no-homologation-number") else HOMOLOGATION),
    ):
        if said:
            _child(_attribute(attributes, name), "AttributeValue", said)
    held = _attribute(attributes, names.ROLE)
    for code, system in roles(user, defects):
        _coded(_child(held, "AttributeValue"), "Role", code, system)
    purpose = _child(_attribute(attributes, names.PURPOSE), "AttributeValue")
    _coded(purpose, "PurposeOfUse", names.NORMAL, names.PURPOSE_SYSTEM)
    return seal.sign(root)


def roles(user: Professional, defects: Defects) -> Iterable[tuple[str, str]]:
    """Profession, then the specialty of a doctor or the section of a pharmacist."""
    profession = user.profession or "10"
    yield profession, names.PROFESSION if profession.isdigit() else names.NOT_PROFESSIONAL
    second = names.SECOND.get((profession, names.PROFESSION))
    if second and not defects.on("no-specialty-in-vihf"):
        yield user.specialty or "SM54", second


def _child(parent: Element, name: str, text: str = "") -> Element:
    made = etree.SubElement(parent, f"{{{SAML}}}{name}")
    made.text = text or None
    return made


def _attribute(parent: Element, name: str) -> Element:
    made = _child(parent, "Attribute")
    made.set("Name", name)
    return made


def _coded(parent: Element, name: str, code: str, system: str) -> None:
    nsmap: Any = {None: HL7, "xsi": XSI}
    made = etree.SubElement(parent, f"{{{HL7}}}{name}", nsmap=nsmap)
    table = shipped("J65")
    label = table.labels.get((code, system), code) if table else code
    for key, said in (("code", code), ("codeSystem", system), ("displayName", label), (f"{{{XSI}}}type", "CE")):
        made.set(key, said)
