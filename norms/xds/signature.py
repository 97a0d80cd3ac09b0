"""Checking the signature of a submission set: its form, its manifest against the set, its value, its certificate."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding
from lxml import etree

from norms.finding import Finding, Where, find
from norms.saml import BadCertificate, Certificate
from norms.saml.trust import read_certificate
from norms.soap.tree import elements, value
from norms.xds import c14n
from norms.xds.manifest import DIGESTS, DS, MANIFEST_TYPE, METHODS, OF_SET, PROPERTIES_TYPE, SHA1, XADES
from norms.xml import BadXml, parse

_MOST_REFERENCES = 200


def _ds(name: str) -> str:
    return f"{{{DS}}}{name}"


@dataclass(frozen=True, slots=True)
class Content:
    """A document of the set: its bytes, and its tree when it is XML that was already read."""

    data: bytes | memoryview = field(repr=False)
    root: etree._Element | None = field(default=None, repr=False)


class _Bad(Exception):
    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.rule)
        self.finding = finding


def check_signature(
    data: bytes | memoryview, object: str, set_id: str, documents: Mapping[str, Content], where: Where
) -> tuple[Certificate | None, list[Finding]]:
    """Who signed (when the signature holds), and what is wrong (XDS-SIG-05 to -12).

    ``documents`` are those of the set by uniqueId, the signature itself apart. The certificate's own worth (chain,
    validity, revocation) is `norms.saml.check_certificate`'s affair.
    """
    findings: list[Finding] = []
    try:
        return _Checker(object, where, findings).run(data, set_id, documents), findings
    except _Bad as bad:
        return None, [*findings, bad.finding]


class _Checker:
    def __init__(self, object: str, where: Where, findings: list[Finding]) -> None:
        self.object, self.where, self.findings = object, where, findings

    def bad(self, rule: str, found: object, expected: object = "") -> _Bad:
        return _Bad(find(rule, expected=expected, found=found, where=self.where, object=self.object))

    def say(self, rule: str, found: object = "", expected: object = "", **args: object) -> None:
        said = {"object": self.object, **args}
        self.findings.append(find(rule, expected=expected, found=found, where=self.where, **said))  # type: ignore[arg-type]

    def run(self, data: bytes | memoryview, set_id: str, documents: Mapping[str, Content]) -> Certificate | None:
        try:
            root = parse(bytes(data))
        except BadXml as error:
            raise self.bad("XDS-SIG-05", error) from None
        signature = root if root.tag == _ds("Signature") else root.find(_ds("Signature"))
        if signature is None:
            raise self.bad("XDS-SIG-05", etree.QName(root).localname)
        info, shown = self.one(signature, "SignedInfo"), self.one(signature, "SignatureValue")
        by_id = self.ids(root)
        manifest, qualified = self.covered(info, by_id)
        self.manifest(manifest, set_id, documents)
        signer = self.signer(signature)
        self.value(info, shown, signer)
        self.signing_certificate(qualified, signer)
        return signer

    def one(self, parent: etree._Element, name: str) -> etree._Element:
        found = [child for child in elements(parent) if child.tag == _ds(name)]
        if len(found) != 1:
            raise self.bad("XDS-SIG-05", f"{len(found)} {name}")
        return found[0]

    def ids(self, root: etree._Element) -> dict[str, etree._Element]:
        """Elements by Id; one Id for two elements would let a signature cover another than the one that is read."""
        by_id: dict[str, etree._Element] = {}
        for element in root.iter(etree.Element):
            for name in ("Id", "ID", "id"):
                if (id := element.get(name)) is not None:
                    if id in by_id:
                        raise self.bad("XDS-SIG-05", f"Id {id} × 2")
                    by_id[id] = element
        return by_id

    def covered(
        self, info: etree._Element, by_id: Mapping[str, etree._Element]
    ) -> tuple[etree._Element, etree._Element]:
        """The manifest and the signed properties that SignedInfo refers to, their digests right."""
        found: dict[str, etree._Element] = {}
        for reference in info.findall(_ds("Reference")):
            uri, kind = reference.get("URI", ""), reference.get("Type", "")
            element = by_id.get(uri.removeprefix("#")) if uri.startswith("#") else None
            if element is None:
                raise self.bad("XDS-SIG-05", f"Reference {uri or '—'}")
            digest, wanted = self.digest_of(reference)
            comments = self.transform(reference) == c14n.WITH_COMMENTS
            if not hmac.compare_digest(digest(c14n.part(element, comments=comments)), wanted):
                raise self.bad("XDS-SIG-08", f"DigestValue {uri}")
            found[kind] = element
        if not {MANIFEST_TYPE, PROPERTIES_TYPE} <= found.keys():
            raise self.bad("XDS-SIG-05", ", ".join(found) or "—", f"{MANIFEST_TYPE}, {PROPERTIES_TYPE}")
        if found[MANIFEST_TYPE].tag != _ds("Manifest"):
            raise self.bad("XDS-SIG-05", etree.QName(found[MANIFEST_TYPE]).localname)
        return found[MANIFEST_TYPE], found[PROPERTIES_TYPE]

    def digest_of(self, reference: etree._Element):  # type: ignore[no-untyped-def]
        method, shown = reference.find(_ds("DigestMethod")), reference.find(_ds("DigestValue"))
        algorithm = method.get("Algorithm", "") if method is not None else ""
        if algorithm not in DIGESTS:
            raise self.bad("XDS-SIG-11", algorithm or "—", " / ".join(DIGESTS))
        return DIGESTS[algorithm], self.decoded(shown)

    def transform(self, reference: etree._Element) -> str:
        """The one transform of a reference, empty when it has none."""
        steps = reference.findall(f"{_ds('Transforms')}/{_ds('Transform')}")
        names = [step.get("Algorithm", "") for step in steps]
        if len(names) > 1 or (names and names[0] not in (c14n.C14N, c14n.WITH_COMMENTS)):
            raise self.bad("XDS-SIG-11", ", ".join(names), c14n.WITH_COMMENTS)
        return names[0] if names else ""

    def decoded(self, element: etree._Element | None) -> bytes:
        try:
            return base64.b64decode("".join(value(element).split()), validate=True) if element is not None else b""
        except (ValueError, binascii.Error):
            raise self.bad("XDS-SIG-05", "base64") from None

    def manifest(self, manifest: etree._Element, set_id: str, documents: Mapping[str, Content]) -> None:
        """XDS-SIG-06, -07 and -12: exactly the documents of the set, and their digests."""
        references = manifest.findall(_ds("Reference"))
        listed = [reference.get("URI", "") for reference in references]
        expected = sorted({f"urn:oid:{set_id}", *(f"urn:oid:{oid}" for oid in documents)})
        if sorted(listed) != expected or len(listed) > _MOST_REFERENCES:
            self.say("XDS-SIG-06", ", ".join(listed[:20]), ", ".join(expected))
        for uri, reference in zip(listed, references, strict=True):
            oid = uri.removeprefix("urn:oid:")
            if oid == set_id:
                shown = reference.find(_ds("DigestValue"))
                if shown is None or value(shown) != OF_SET:
                    self.say("XDS-SIG-12", value(shown) if shown is not None else "—", OF_SET)
            elif oid in documents and not self.matches(reference, documents[oid]):
                self.say("XDS-SIG-07", object=oid)

    def matches(self, reference: etree._Element, content: Content) -> bool:
        digest, wanted = self.digest_of(reference)
        step = self.transform(reference)
        data: bytes | memoryview = content.data
        if step:
            try:
                root = content.root if content.root is not None else parse(bytes(data))
            except BadXml:
                return False
            data = c14n.whole(root, comments=step == c14n.WITH_COMMENTS)
        return hmac.compare_digest(digest(data), wanted)  # type: ignore[arg-type]

    def signer(self, signature: etree._Element) -> Certificate:
        shown = signature.find(f"{_ds('KeyInfo')}/{_ds('X509Data')}/{_ds('X509Certificate')}")
        try:
            return read_certificate(value(shown) if shown is not None else "")
        except BadCertificate as error:
            raise self.bad("XDS-SIG-05", f"X509Certificate: {error}") from None

    def value(self, info: etree._Element, shown: etree._Element, signer: Certificate) -> None:
        method, canonical = info.find(_ds("SignatureMethod")), info.find(_ds("CanonicalizationMethod"))
        algorithm = method.get("Algorithm", "") if method is not None else ""
        form = canonical.get("Algorithm", "") if canonical is not None else ""
        if algorithm not in METHODS:
            raise self.bad("XDS-SIG-11", algorithm or "—", " / ".join(METHODS))
        if form not in (c14n.C14N, c14n.WITH_COMMENTS):
            raise self.bad("XDS-SIG-11", form or "—", c14n.WITH_COMMENTS)
        signed = c14n.part(info, comments=form == c14n.WITH_COMMENTS)
        try:
            signer.key.verify(self.decoded(shown), signed, padding.PKCS1v15(), METHODS[algorithm])
        except InvalidSignature:
            raise self.bad("XDS-SIG-08", "SignatureValue") from None
        if algorithm.endswith("sha1"):
            self.say("XDS-SIG-10", algorithm)

    def signing_certificate(self, qualified: etree._Element, signer: Certificate) -> None:
        """XDS-SIG-09: the first certificate of SigningCertificate is the signer's."""
        der = signer.x509.public_bytes(serialization.Encoding.DER)
        for digest in self.certificate_digests(qualified):
            if digest in (DIGESTS[algorithm](der) for algorithm in DIGESTS):
                return
        self.say("XDS-SIG-09")

    def certificate_digests(self, qualified: etree._Element) -> Iterator[bytes]:
        for cert in qualified.iter(f"{{{XADES}}}CertDigest"):
            for child in elements(cert):  # the examples write DigestValue in either namespace
                if etree.QName(child).localname == "DigestValue":
                    yield self.decoded(child)


__all__ = ["SHA1", "Content", "check_signature"]
