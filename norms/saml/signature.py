"""Verification of an enveloped XML signature on an assertion, strict profile.

Exclusive canonicalisation without comments, rsa-sha256, sha256 (SHA-1 where the caller allows it), one reference that
names the assertion itself, the two transforms in order, one certificate at least in KeyInfo and no ds:Object. Anything
else is refused rather than interpreted: that is what keeps signature wrapping out. XML Signature 1.1, §4.3 and §6.6.4;
SAML 2.0 Core, §5.4.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm
from lxml import etree

from norms.finding import Finding, find
from norms.saml.trust import BadCertificate, Certificate, read_certificate
from norms.soap.tree import elements, place, value

DS: Final = "http://www.w3.org/2000/09/xmldsig#"
SIGNATURE: Final = f"{{{DS}}}Signature"
EXCLUSIVE: Final = "http://www.w3.org/2001/10/xml-exc-c14n#"
ENVELOPED: Final = f"{DS}enveloped-signature"
RSA_SHA256: Final = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
SHA256_DIGEST: Final = "http://www.w3.org/2001/04/xmlenc#sha256"
RSA_SHA1: Final = f"{DS}rsa-sha1"
SHA1_DIGEST: Final = f"{DS}sha1"

_PREFIXES: Final = f"{{{EXCLUSIVE}}}InclusiveNamespaces"
_CERTIFICATE: Final = f"{{{DS}}}X509Data/{{{DS}}}X509Certificate"
_SAME_VALUE: Final = etree.XPath("count(//@*[. = $id])")
_PADDING = PKCS1v15()
_HASHES: Mapping[str, HashAlgorithm] = {RSA_SHA256: SHA256(), RSA_SHA1: SHA1()}  # noqa: S303 (old software still signs so)
_DIGESTS: Mapping[str, Callable[[bytes], Any]] = {SHA256_DIGEST: hashlib.sha256, SHA1_DIGEST: hashlib.sha1}


class _Refused(Exception):
    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.rule)
        self.finding = finding


def verify(assertion: etree._Element, *, sha1: bool = False) -> tuple[Certificate | None, list[Finding]]:
    """The certificate that signed this assertion, and why the signature is refused when it is.

    ``sha1``: rsa-sha1 and sha1 are read too.

    The element must still stand in its message: its ID is looked for in the whole document. Findings are SAML-SIG-*
    and SAML-CRT-01; the certificate is returned as soon as it could be read, so that more can be said about it.
    """
    held: list[Certificate] = []
    try:
        _verify(assertion, held, sha1)
    except _Refused as refused:
        return (held[0] if held else None), [refused.finding]
    return held[0], []


def _verify(assertion: etree._Element, held: list[Certificate], sha1: bool) -> None:
    signatures = list(assertion.iter(SIGNATURE))
    if not signatures:
        raise _Refused(find("SAML-SIG-01", where=place(assertion, "Signature")))
    signature = signatures[0]
    nested = next(assertion.iterdescendants(assertion.tag), None)
    if len(signatures) > 1 or signature.getparent() is not assertion or nested is not None:
        raise _Refused(find("SAML-SIG-05", where=place(assertion)))
    info, signature_value, key_info = _children(signature, "SignedInfo", "SignatureValue", "KeyInfo")
    method, signature_method, reference = _children(info, "CanonicalizationMethod", "SignatureMethod", "Reference")
    transforms, digest_method, digest_value = _children(reference, "Transforms", "DigestMethod", "DigestValue")
    _algorithm(method, EXCLUSIVE)
    hashed = _HASHES[_algorithm(signature_method, RSA_SHA256, *((RSA_SHA1,) if sha1 else ()))]
    digested = _DIGESTS[_algorithm(digest_method, SHA256_DIGEST, *((SHA1_DIGEST,) if sha1 else ()))]
    steps = _children(transforms, "Transform", "Transform")
    _algorithm(steps[0], ENVELOPED)
    _algorithm(steps[1], EXCLUSIVE)
    _reference(assertion, reference)

    signer = _certificate(key_info)
    held.append(signer)
    signed = _canonical(info, _inclusive(method))  # before the signature leaves the tree, which may move namespaces
    seen = digested(_unsigned(assertion, signature, _inclusive(steps[1]))).digest()
    if not hmac.compare_digest(seen, _decoded(digest_value)):
        raise _Refused(find("SAML-SIG-06", where=place(digest_value)))
    try:
        signer.key.verify(_decoded(signature_value), signed, _PADDING, hashed)
    except InvalidSignature:
        raise _Refused(find("SAML-SIG-07", where=place(signature_value))) from None


def _children(parent: etree._Element, *names: str) -> list[etree._Element]:
    found = elements(parent)
    if [child.tag for child in found] != [f"{{{DS}}}{name}" for name in names]:
        seen = ", ".join(str(etree.QName(child).localname) for child in found)
        raise _Refused(find("SAML-SIG-02", expected=", ".join(names), found=seen or "—", where=place(parent)))
    return found


def _algorithm(element: etree._Element, *wanted: str) -> str:
    found = element.get("Algorithm", "")
    if found not in wanted:
        raise _Refused(find("SAML-SIG-03", expected=wanted[0], found=found, where=place(element)))
    return found


def _reference(assertion: etree._Element, reference: etree._Element) -> None:
    own = assertion.get("ID", "")
    if not own or reference.get("URI") != f"#{own}":
        found = reference.get("URI") or "—"
        raise _Refused(find("SAML-SIG-04", expected=f"#{own}", found=found, where=place(reference)))
    if _SAME_VALUE(assertion, id=own) != 1:
        raise _Refused(find("SAML-SIG-08", found=own, where=place(assertion)))


def _certificate(key_info: etree._Element) -> Certificate:
    element = key_info.find(_CERTIFICATE)
    if element is None:
        raise _Refused(find("SAML-CRT-01", found="—", where=place(key_info, "X509Data/X509Certificate")))
    try:
        return read_certificate(value(element))
    except BadCertificate as error:
        raise _Refused(find("SAML-CRT-01", found=error, where=place(element))) from None


def _decoded(element: etree._Element) -> bytes:
    try:
        return base64.b64decode("".join(value(element).split()), validate=True)
    except (ValueError, binascii.Error):
        raise _Refused(find("SAML-SIG-02", expected="base64", found=value(element), where=place(element))) from None


def _inclusive(method: etree._Element) -> list[str]:
    prefixes = method.find(_PREFIXES)
    return prefixes.get("PrefixList", "").split() if prefixes is not None else []


def _canonical(element: etree._Element, prefixes: list[str]) -> bytes:
    return etree.tostring(
        element, method="c14n", exclusive=True, with_comments=False, inclusive_ns_prefixes=prefixes or None
    )


def _unsigned(assertion: etree._Element, signature: etree._Element, prefixes: list[str]) -> bytes:
    """The canonical form of the assertion without its signature, whose place in the tree is restored."""
    before, at = signature.getprevious(), assertion.index(signature)
    if signature.tail:
        if before is None:
            assertion.text = (assertion.text or "") + signature.tail
        else:
            before.tail = (before.tail or "") + signature.tail
        signature.tail = None
    assertion.remove(signature)
    try:
        return _canonical(assertion, prefixes)
    finally:
        assertion.insert(at, signature)
