"""The XAdES signature of a submission set: a manifest of its documents, signed by the author's card or the structure.

IHE Document Digital Signature; XML Signature (second edition) §3.2 and §4.4; XAdES 1.1.1; DMP guide: detached signature
``IHEManifest`` whose references are ``urn:oid:`` and a uniqueId. Written as the DMP's examples are.
"""

from __future__ import annotations

import base64
import hashlib
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from norms.soap import escape
from norms.xds import c14n
from norms.xml import parse

DS: Final = "http://www.w3.org/2000/09/xmldsig#"
XADES: Final = "http://uri.etsi.org/01903/v1.1.1#"
SHA1: Final = f"{DS}sha1"
SHA256: Final = "http://www.w3.org/2001/04/xmlenc#sha256"
DIGESTS: Final[dict[str, Callable[[bytes], bytes]]] = {
    SHA1: lambda data: hashlib.sha1(data, usedforsecurity=False).digest(),
    SHA256: lambda data: hashlib.sha256(data).digest(),
}
RSA_SHA1: Final = f"{DS}rsa-sha1"
RSA_SHA256: Final = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
METHODS: Final[dict[str, hashes.HashAlgorithm]] = {
    RSA_SHA1: hashes.SHA1(),  # noqa: S303
    RSA_SHA256: hashes.SHA256(),
}
MANIFEST_TYPE: Final = f"{DS}Manifest"
PROPERTIES_TYPE: Final = f"{XADES}SignedProperties"
MANIFEST_ID: Final = "IHEManifest"
PROPERTIES_ID: Final = "S0-SignedProperties"
SOURCE: Final = "1.2.840.10065.1.12.1.14"  # purpose of signature: source
OF_SET: Final = "AA=="  # the set has no bytes of its own: one zero byte


@dataclass(frozen=True, slots=True)
class Signed:
    """A document to list in the manifest: its uniqueId, its bytes, whether it is XML (signed in canonical form)."""

    unique_id: str
    content: bytes
    xml: bool = True


def sign(
    set_id: str,
    documents: Sequence[Signed],
    key: RSAPrivateKey,
    chain: Sequence[x509.Certificate],
    when: datetime,
    *,
    sha256: bool = False,
) -> bytes:
    """The signature document of a submission set; ``chain`` begins with the signer's certificate."""
    digest_uri, method_uri = (SHA256, RSA_SHA256) if sha256 else (SHA1, RSA_SHA1)
    digest, own = DIGESTS[digest_uri], f"S{uuid.uuid4()}"
    manifest = (
        f'<Object><Manifest Id="{MANIFEST_ID}">{_reference(f"urn:oid:{set_id}", digest_uri, OF_SET)}'
        + "".join(_listed(document, digest_uri) for document in documents)
        + "</Manifest></Object>"
    )
    purpose = (
        f'<Object><SignatureProperties><SignatureProperty Id="purposeOfSignature" Target="#{own}">{SOURCE}'
        "</SignatureProperty></SignatureProperties></Object>"
    )
    properties = (
        f'<Object><QualifyingProperties xmlns="{XADES}" Target="#{own}"><SignedProperties Id="{PROPERTIES_ID}">'
        f"<SignedSignatureProperties><SigningTime>{when.isoformat(timespec='seconds')}</SigningTime>"
        f"<SigningCertificate>{''.join(_certificate(held, digest_uri) for held in chain)}</SigningCertificate>"
        "<SignaturePolicyIdentifier><SignaturePolicyImplied/></SignaturePolicyIdentifier></SignedSignatureProperties>"
        "<SignedDataObjectProperties/></SignedProperties></QualifyingProperties></Object>"
    )
    certificate = _base64(chain[0].public_bytes(serialization.Encoding.DER))
    info = "<SignedInfo/>"
    frame = (
        f'<Signature xmlns="{DS}" Id="{own}">{{}}<SignatureValue>{{}}</SignatureValue><KeyInfo><X509Data>'
        f"<X509Certificate>{certificate}</X509Certificate></X509Data></KeyInfo>{manifest}{purpose}{properties}</Signature>"
    )
    root = parse(frame.format(info, "").encode())
    by_id = {element.get("Id"): element for element in root.iter() if element.get("Id")}
    info = (
        f'<SignedInfo><CanonicalizationMethod Algorithm="{c14n.WITH_COMMENTS}"/>'
        f'<SignatureMethod Algorithm="{method_uri}"/>'
        + "".join(
            _reference(f"#{id}", digest_uri, _base64(digest(c14n.part(by_id[id], comments=False))), f' Type="{kind}"')
            for id, kind in ((MANIFEST_ID, MANIFEST_TYPE), (PROPERTIES_ID, PROPERTIES_TYPE))
        )
        + "</SignedInfo>"
    )
    signed_info = parse(frame.format(info, "").encode())[0]
    value = key.sign(c14n.part(signed_info, comments=True), padding.PKCS1v15(), METHODS[method_uri])
    return frame.format(info, _base64(value)).encode()


def _listed(document: Signed, digest_uri: str) -> str:
    data = c14n.whole(parse(document.content)) if document.xml else document.content
    transform = f'<Transforms><Transform Algorithm="{c14n.WITH_COMMENTS}"/></Transforms>' if document.xml else ""
    uri = f"urn:oid:{document.unique_id}"
    return _reference(uri, digest_uri, _base64(DIGESTS[digest_uri](data)), transforms=transform)


def _reference(uri: str, method: str, digest: str, kind: str = "", transforms: str = "") -> str:
    return (
        f'<Reference{kind} URI="{escape(uri)}">{transforms}<DigestMethod Algorithm="{method}"/>'
        f"<DigestValue>{digest}</DigestValue></Reference>"
    )


def _certificate(held: x509.Certificate, digest_uri: str) -> str:
    der = held.public_bytes(serialization.Encoding.DER)
    return (
        f'<Cert><CertDigest><DigestMethod xmlns="{DS}" Algorithm="{digest_uri}"/><DigestValue xmlns="{DS}">'
        f"{_base64(DIGESTS[digest_uri](der))}</DigestValue></CertDigest><IssuerSerial>"
        f'<X509IssuerName xmlns="{DS}">{escape(held.issuer.rfc4514_string())}</X509IssuerName>'
        f'<X509SerialNumber xmlns="{DS}">{held.serial_number}</X509SerialNumber></IssuerSerial></Cert>'
    )


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()
