"""What tests of INSi share: a small hierarchy of certificates, assertions signed by others' code, request envelopes."""

from __future__ import annotations

import base64
import datetime as dt
import time
import uuid
from dataclasses import dataclass, field
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from lxml import etree

from norms.instant import write_utc

DAY = dt.timedelta(days=1)
SAML = "urn:oasis:names:tc:SAML:2.0:assertion"
DS = "http://www.w3.org/2000/09/xmldsig#"
WSSE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
TRAITS_ACTION = "urn:ServiceIdentiteCertifiee:1.0.0:rechercherInsAvecTraitsIdentite"
CARD_ACTION = "urn:ServiceIdentiteCertifiee:1.0.0:rechercherInsAvecCarteVitale"
STRUCTURE = "10B0152872"
INSTANCE = "6a3b6f5e-6f2c-4a55-9d0c-0d3c7a6c1f10"


@cache
def key(name: str) -> rsa.RSAPrivateKey:
    """One private key per name and per process."""
    return rsa.generate_private_key(65537, 2048)


def _name(**parts: str) -> x509.Name:
    oids = {
        "C": NameOID.COUNTRY_NAME,
        "O": NameOID.ORGANIZATION_NAME,
        "OU": NameOID.ORGANIZATIONAL_UNIT_NAME,
        "T": NameOID.TITLE,
        "CN": NameOID.COMMON_NAME,
    }
    rdns = [x509.RelativeDistinguishedName([x509.NameAttribute(oids[k], v)]) for k, v in parts.items() if k in oids]
    if "SN" in parts:  # the multi-valued part of a real card: {GN + CN + SN}
        rdns[-1] = x509.RelativeDistinguishedName(
            [
                x509.NameAttribute(NameOID.GIVEN_NAME, parts["GN"]),
                x509.NameAttribute(NameOID.COMMON_NAME, parts["CN"]),
                x509.NameAttribute(NameOID.SURNAME, parts["SN"]),
            ]
        )
    return x509.Name(rdns)


@dataclass(frozen=True)
class Held:
    """A certificate with its private key."""

    cert: x509.Certificate
    key: rsa.RSAPrivateKey = field(repr=False)

    @property
    def pem(self) -> bytes:
        return self.cert.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    @property
    def dn(self) -> str:
        return self.cert.subject.rfc4514_string()

    @property
    def cn(self) -> str:
        return str(self.cert.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)


def _certificate(
    subject: x509.Name,
    held: rsa.RSAPrivateKey,
    issuer: Held | None,
    *,
    ca: bool,
    start: dt.timedelta,
    end: dt.timedelta,
) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.cert.subject if issuer else subject)
        .public_key(held.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + start)
        .not_valid_after(now + end)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=ca)
    )


@cache
def authority(name: str = "HARNESS TEST AC RACINE", above: str = "") -> Held:
    """A certification authority, self-signed or under another one."""
    issuer = authority(above) if above else None
    builder = _certificate(
        _name(C="FR", O="HARNESS", CN=name), key(name), issuer, ca=True, start=-400 * DAY, end=1000 * DAY
    )
    return Held(builder.sign(issuer.key if issuer else key(name), hashes.SHA256()), key(name))


def intermediate() -> Held:
    """The authority of persons, under the root."""
    return authority("HARNESS TEST AC FORT PERSONNES", "HARNESS TEST AC RACINE")


def bundle() -> bytes:
    """The trusted authorities, PEM."""
    return authority().pem + intermediate().pem


@cache
def card(
    cn: str = "899700000017",
    issuer: Held | None = None,
    card_type: int | None = 0,
    start: int = -10,
    end: int = 100,
    key_name: str = "card",
) -> Held:
    """A professional's card certificate; ``start`` and ``end`` in days from now."""
    issuer = issuer or intermediate()
    subject = _name(C="FR", T="Médecin", CN=cn, GN="AGNÈS", SN="DURAND, FILLE")
    builder = _certificate(subject, key(key_name), issuer, ca=False, start=start * DAY, end=end * DAY)
    if card_type is not None:
        raw = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.250.1.71.1.2.2"), bytes([2, 1, card_type]))
        builder = builder.add_extension(raw, critical=False)
    return Held(builder.sign(issuer.key, hashes.SHA256()), key(key_name))


def assertion(
    held: Held | None = None,
    *,
    id: str = "",
    issued: float | str | None = None,
    qualifier: str = "CPS",
    name_id: str | None = None,
    issuer: str | None = None,
    format_name: str = "Format",
    attributes: dict[str, str] | None = None,
) -> etree._Element:
    """An unsigned assertion of a professional."""
    held = held or card()
    instant = issued if isinstance(issued, str) else write_utc(time.time() if issued is None else issued)
    root = etree.Element(f"{{{SAML}}}Assertion", nsmap={None: SAML})
    root.set("ID", id or f"_{uuid.uuid4()}")
    root.set("IssueInstant", instant)
    root.set("Version", "2.0")
    made = etree.SubElement(root, f"{{{SAML}}}Issuer")
    made.set(format_name, "urn:oasis:names:tc:SAML:1.1:nameid-format:X509SubjectName")
    made.text = held.dn if issuer is None else issuer
    subject = etree.SubElement(root, f"{{{SAML}}}Subject")
    name = etree.SubElement(subject, f"{{{SAML}}}NameID")
    name.set("NameQualifier", qualifier)
    name.text = held.cn if name_id is None else name_id
    statement = etree.SubElement(root, f"{{{SAML}}}AttributeStatement")
    known = {"identifiantFacturation": "991234567", "codeSpecialite": "01", "secteurActivite": "SA07"}
    for key_, val in (known if attributes is None else attributes).items():
        attribute = etree.SubElement(statement, f"{{{SAML}}}Attribute", Name=key_)
        etree.SubElement(attribute, f"{{{SAML}}}AttributeValue").text = val
    return root


def sign(unsigned: etree._Element, held: Held | None = None, by: str = "signxml") -> etree._Element:
    """The assertion signed by somebody else's code, its signature right after the issuer."""
    held = held or card()
    return (_sign_signxml if by == "signxml" else _sign_xmlsec)(unsigned, held)


def _sign_signxml(unsigned: etree._Element, held: Held) -> etree._Element:
    from signxml import methods
    from signxml.algorithms import CanonicalizationMethod
    from signxml.signer import XMLSigner

    signer = XMLSigner(
        method=methods.enveloped,
        signature_algorithm="rsa-sha256",
        digest_algorithm="sha256",
        c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
    )
    with_place = etree.fromstring(etree.tostring(unsigned))
    with_place.insert(1, etree.Element(f"{{{DS}}}Signature", Id="placeholder", nsmap={"ds": DS}))
    return signer.sign(
        with_place, key=held.key, cert=[held.cert], reference_uri=unsigned.get("ID"), always_add_key_value=False
    )


def _sign_xmlsec(unsigned: etree._Element, held: Held) -> etree._Element:
    import xmlsec

    root = etree.fromstring(etree.tostring(unsigned))
    template = xmlsec.template.create(root, xmlsec.Transform.EXCL_C14N, xmlsec.Transform.RSA_SHA256, ns="ds")
    root.insert(1, template)
    reference = xmlsec.template.add_reference(template, xmlsec.Transform.SHA256, uri="#" + root.get("ID"))
    xmlsec.template.add_transform(reference, xmlsec.Transform.ENVELOPED)
    xmlsec.template.add_transform(reference, xmlsec.Transform.EXCL_C14N)
    key_info = xmlsec.template.ensure_key_info(template)
    xmlsec.template.add_x509_data(key_info)
    context = xmlsec.SignatureContext()
    xmlsec.tree.add_ids(root, ["ID"])
    context.key = xmlsec.Key.from_memory(held.key_pem, xmlsec.KeyFormat.PEM, None)
    context.key.load_cert_from_memory(held.pem, xmlsec.KeyFormat.PEM)
    context.sign(template)
    return root


def verified_by_others(signed: bytes, authorities: list[bytes] | None = None) -> dict[str, bool]:
    """What signxml and xmlsec think of an assertion's signature (signature only, certificate taken as it is)."""
    return {"signxml": _verified_signxml(signed), "xmlsec": _verified_xmlsec(signed)}


def _leaf(root: etree._Element) -> bytes:
    raw = root.findtext(f".//{{{DS}}}X509Certificate") or ""
    found = x509.load_der_x509_certificate(base64.b64decode(raw))
    return found.public_bytes(serialization.Encoding.PEM)


def _verified_signxml(signed: bytes) -> bool:
    from signxml.exceptions import InvalidInput, InvalidSignature
    from signxml.verifier import XMLVerifier

    root = etree.fromstring(signed)
    try:
        result = XMLVerifier().verify(root, x509_cert=_leaf(root).decode(), id_attribute="ID")
    except (InvalidSignature, InvalidInput, ValueError):
        return False
    return result.signed_xml is not None and result.signed_xml.get("ID") == root.get("ID")


def _verified_xmlsec(signed: bytes) -> bool:
    import xmlsec

    root = etree.fromstring(signed)
    node = xmlsec.tree.find_node(root, xmlsec.Node.SIGNATURE)
    if node is None:
        return False
    context = xmlsec.SignatureContext()
    try:
        xmlsec.tree.add_ids(root, ["ID"])
        context.key = xmlsec.Key.from_memory(_leaf(root), xmlsec.KeyFormat.CERT_PEM, None)
        context.verify(node)
    except (xmlsec.Error, ValueError):
        return False
    return True


# --- requests -------------------------------------------------------------------------------------------------------


def contexts(
    emetteur: str = STRUCTURE, *, now: float | None = None, idam: str = "CNDA-0001", cover: str = "<b:COUVERTURE/>"
) -> str:
    """The two contexts, as a correct client writes them."""
    at = write_utc(time.time() if now is None else now)
    return (
        f'<b:ContexteBAM xmlns:b="urn:siram:bam:ctxbam" Version="01_02"><b:Id>{uuid.uuid4()}</b:Id>'
        f"<b:Temps>{at}</b:Temps><b:Emetteur>{emetteur}</b:Emetteur>{cover}</b:ContexteBAM>"
        f'<l:ContexteLPS xmlns:l="urn:siram:lps:ctxlps" Nature="CTXLPS" Version="01_00"><l:Id>{uuid.uuid4()}</l:Id>'
        f'<l:Temps>{at}</l:Temps><l:Emetteur>{emetteur}</l:Emetteur><l:LPS><l:IDAM R="4">{idam}</l:IDAM>'
        f"<l:Version>1.0</l:Version><l:Instance>{INSTANCE}</l:Instance><l:Nom>urn:lps:essai:1.0</l:Nom></l:LPS></l:ContexteLPS>"
    )


def traits(
    name: str | None = "ADRUN",
    given: str | None = "ZOE",
    sex: str | None = "F",
    date: str | None = "1975-12-31",
    place: str = "",
) -> str:
    """The body of WS_INS2; None leaves an element out."""
    pairs = [
        ("NomNaissance", name),
        ("Prenom", given),
        ("Sexe", sex),
        ("DateNaissance", date),
        ("LieuNaissance", place or None),
    ]
    inner = "".join(f"<r:{tag}>{text}</r:{tag}>" for tag, text in pairs if text is not None)
    return f'<r:RECSANSVITALE xmlns:r="http://www.cnamts.fr/INSiRecSans">{inner}</r:RECSANSVITALE>'


def vitale(nir: str, birth_date: str, name: str = "", rank: str = "1", individual: str = "") -> str:
    """The body of WS_INS1."""
    own = (
        f"<r:MatriculeIndividu><r:NumIdentifiant>{individual}</r:NumIdentifiant></r:MatriculeIndividu>"
        if individual
        else ""
    )
    return (
        f'<r:RECVITALE xmlns:r="http://www.cnamts.fr/INSiRecVit">{own}'
        f"<r:MatriculeOD><r:NumIdentifiant>{nir}</r:NumIdentifiant></r:MatriculeOD>"
        + (f"<r:NomNaissance>{name}</r:NomNaissance>" if name else "")
        + f"<r:DateNaissance>{birth_date}</r:DateNaissance><r:RangNaissance>{rank}</r:RangNaissance></r:RECVITALE>"
    )


def message(
    body: str,
    action: str = TRAITS_ACTION,
    *,
    security: etree._Element | list[etree._Element] | None = None,
    header: str | None = None,
    message_id: str | None = None,
    extra: str = "",
) -> bytes:
    """A whole request; ``security`` puts assertions in WS-Security."""
    held = [] if security is None else security if isinstance(security, list) else [security]
    said = "".join(etree.tostring(one, encoding="unicode") for one in held)
    secured = f'<w:Security xmlns:w="{WSSE}">{said}</w:Security>' if held else ""
    identifier = f"uuid:{uuid.uuid4()}" if message_id is None else message_id
    return (
        '<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://www.w3.org/2005/08/addressing">'
        f"<s:Header><a:Action>{action}</a:Action><a:MessageID>{identifier}</a:MessageID>{secured}"
        f"{contexts() if header is None else header}{extra}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
    ).encode()
