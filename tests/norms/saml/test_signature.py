"""Our verification against signxml and libxmlsec: what they sign passes, what they refuse is refused."""

from __future__ import annotations

import copy
import re

import pytest
from lxml import etree

from norms.saml import verify
from tests import insi_kit as kit

pytest.importorskip("xmlsec")


def _in_envelope(signed: etree._Element) -> etree._Element:
    """The assertion inside a message that binds other prefixes around it, as it travels."""
    root = etree.fromstring(kit.message(kit.traits(), security=signed))
    return root.find(f".//{{{kit.SAML}}}Assertion")


def rules(element: etree._Element) -> list[str]:
    return [f.rule for f in verify(element)[1]]


@pytest.mark.parametrize("by", ["signxml", "xmlsec"])
def test_signed_by_others_passes_alone_and_in_a_message(by: str) -> None:
    signed = kit.sign(kit.assertion(), by=by)
    assert kit.verified_by_others(etree.tostring(signed)) == {"signxml": True, "xmlsec": True}
    assert rules(signed) == []
    assert rules(_in_envelope(signed)) == []
    signer, _ = verify(signed)
    assert signer is not None
    assert signer.common_name == kit.card().cn


def test_verification_leaves_the_tree_as_it_was() -> None:
    signed = _in_envelope(kit.sign(kit.assertion()))
    before = etree.tostring(signed.getroottree(), method="c14n")
    assert rules(signed) == rules(signed) == []
    assert etree.tostring(signed.getroottree(), method="c14n") == before


@pytest.mark.parametrize("by", ["signxml", "xmlsec"])
def test_white_space_and_comments_in_the_assertion(by: str) -> None:
    unsigned = kit.assertion()
    unsigned.text, unsigned[0].tail, unsigned[-1].tail = "\n  ", "\n <!-- not kept -->\t", "\n é &amp; "
    unsigned.insert(2, etree.Comment("a comment"))
    signed = etree.fromstring(etree.tostring(kit.sign(unsigned, by=by)))
    assert kit.verified_by_others(etree.tostring(signed)) == {"signxml": True, "xmlsec": True}
    assert rules(signed) == []


def test_inclusive_prefixes_are_honoured() -> None:
    """A prefix list changes the canonical form: libxmlsec signs with one, we verify."""
    import xmlsec

    root = etree.fromstring(
        f'<w:Security xmlns:w="{kit.WSSE}" xmlns:x="urn:x" xmlns:y="urn:y">'.encode()
        + etree.tostring(kit.assertion())
        + b"</w:Security>"
    )
    unsigned = root[0]
    template = xmlsec.template.create(unsigned, xmlsec.Transform.EXCL_C14N, xmlsec.Transform.RSA_SHA256, ns="ds")
    unsigned.insert(1, template)
    reference = xmlsec.template.add_reference(template, xmlsec.Transform.SHA256, uri="#" + unsigned.get("ID"))
    xmlsec.template.add_transform(reference, xmlsec.Transform.ENVELOPED)
    prefixed = xmlsec.template.add_transform(reference, xmlsec.Transform.EXCL_C14N)
    xmlsec.template.transform_add_c14n_inclusive_namespaces(prefixed, ["x", "w"])
    xmlsec.template.add_x509_data(xmlsec.template.ensure_key_info(template))
    xmlsec.tree.add_ids(root, ["ID"])
    context = xmlsec.SignatureContext()
    context.key = xmlsec.Key.from_memory(kit.card().key_pem, xmlsec.KeyFormat.PEM, None)
    context.key.load_cert_from_memory(kit.card().pem, xmlsec.KeyFormat.PEM)
    context.sign(template)
    assert template.find(".//{http://www.w3.org/2001/10/xml-exc-c14n#}InclusiveNamespaces") is not None
    assert rules(unsigned) == []
    moved = copy.deepcopy(unsigned)  # away from the element that binds x and w, the canonical form is another
    for_good = etree.fromstring(re.sub(rb' xmlns:[xw]="[^"]*"', b"", etree.tostring(moved)))
    assert rules(for_good) == ["SAML-SIG-06"]


MUTATIONS = {
    "name": (rb">899700000017</NameID>", b">899700000018</NameID>"),
    "sector": (rb"SA07", b"SA01"),
    "qualifier": (rb'NameQualifier="CPS"', b'NameQualifier="CPE"'),
    "instant": (rb'IssueInstant="(\d{3})\d', rb'IssueInstant="\g<1>0'),
    "space": (rb"</Subject>", b"</Subject> "),
    "attribute added": (rb"<Subject>", b'<Subject x="1">'),
    "element added": (
        rb"</AttributeStatement>",
        b'<Attribute Name="x"><AttributeValue>y</AttributeValue></Attribute></AttributeStatement>',
    ),
    "element removed": (rb"<Subject>.*</Subject>", b""),
    "digest": (rb"(<ds:DigestValue>)....", rb"\g<1>AAAA"),
    "signature value": (rb"(<ds:SignatureValue>\s*)....", rb"\g<1>AAAA"),
}


@pytest.mark.parametrize("by", ["signxml", "xmlsec"])
@pytest.mark.parametrize("mutation", MUTATIONS)
def test_mutations_are_refused_by_all(by: str, mutation: str) -> None:
    before = etree.tostring(kit.sign(kit.assertion(), by=by))
    pattern, into = MUTATIONS[mutation]
    after, count = re.subn(pattern, into, before, flags=re.S)
    assert count == 1
    assert kit.verified_by_others(after) == {"signxml": False, "xmlsec": False}
    assert rules(etree.fromstring(after))[0] in ("SAML-SIG-06", "SAML-SIG-07")


def _changed(signed: etree._Element, pattern: bytes, into: bytes) -> etree._Element:
    after, count = re.subn(pattern, into, etree.tostring(signed), flags=re.S)
    assert count >= 1
    return etree.fromstring(after)


@pytest.mark.parametrize(
    ("pattern", "into", "rule"),
    [
        (rb"xmldsig-more#rsa-sha256", b"xmldsig-more#rsa-sha1", "SAML-SIG-03"),
        (rb"xmldsig-more#rsa-sha256", b"xmldsig-more#hmac-sha256", "SAML-SIG-03"),
        (rb"xmlenc#sha256", b"xmldsig#sha1", "SAML-SIG-03"),
        (
            rb'Method Algorithm="[^"]*exc-c14n#"',
            b'Method Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#WithComments"',
            "SAML-SIG-03",
        ),
        (rb'URI="#', b'URI="#x', "SAML-SIG-04"),
        (rb'URI="#[^"]*"', b'URI=""', "SAML-SIG-04"),
        (rb'URI="#[^"]*"', b'URI="http://example.invalid/"', "SAML-SIG-04"),
        (rb"(<ds:Reference.*</ds:Reference>)", rb"\g<1>\g<1>", "SAML-SIG-02"),
        (rb"<ds:Transforms>.*</ds:Transforms>", b"<ds:Transforms/>", "SAML-SIG-02"),
        (rb"<ds:KeyInfo>.*</ds:KeyInfo>", b"", "SAML-SIG-02"),
        (rb"</ds:Signature>", b"<ds:Object/></ds:Signature>", "SAML-SIG-02"),
        (rb"(X509Certificate>).*(</ds:X509Certificate>)", rb"\g<1>AAAA\g<2>", "SAML-CRT-01"),
        (rb"<ds:X509Data>.*</ds:X509Data>", b"<ds:KeyValue/>", "SAML-CRT-01"),
        (rb"(<ds:SignatureValue>).*?(</)", rb"\g<1>*not base64*\g<2>", "SAML-SIG-02"),
        (rb"(<ds:Signature .*</ds:Signature>)", rb"\g<1>\g<1>", "SAML-SIG-05"),
        (rb"(<Subject>)(.*?)(</Subject>)(.*)", rb"\g<1>\g<2>\g<3>\g<4>", ""),
    ],
)
def test_strict_profile(pattern: bytes, into: bytes, rule: str) -> None:
    signed = kit.sign(kit.assertion(), by="xmlsec")
    assert rules(_changed(signed, pattern, into)) == ([rule] if rule else [])


def test_unsigned() -> None:
    assert rules(kit.assertion()) == ["SAML-SIG-01"]


def test_another_key_than_the_certificate_says() -> None:
    other = kit.card(key_name="someone else")
    signed = kit.sign(kit.assertion(), by="xmlsec")
    theirs = etree.tostring(kit.sign(kit.assertion(other), other, by="xmlsec"))
    certificate = re.search(rb"<ds:X509Certificate>.*?</ds:X509Certificate>", theirs, re.S)
    assert certificate is not None
    swapped = _changed(signed, rb"<ds:X509Certificate>.*?</ds:X509Certificate>", certificate[0])
    assert rules(swapped) == ["SAML-SIG-07"]


class TestWrapping:
    """The classical attacks: the signed assertion is hidden somewhere, a forged one is shown."""

    def forged(self, **changes: str) -> etree._Element:
        return kit.assertion(name_id="899700000099", **changes)

    def test_signature_moved_to_a_forged_assertion(self) -> None:
        signed = kit.sign(kit.assertion())
        forged = self.forged()
        forged.insert(1, copy.deepcopy(signed[1]))
        forged.append(copy.deepcopy(signed))
        assert rules(forged) == ["SAML-SIG-05"]

    def test_original_kept_inside_the_signature_object(self) -> None:
        signed = kit.sign(kit.assertion())
        forged = self.forged(id="_forged")
        signature = copy.deepcopy(signed[1])
        holder = etree.SubElement(signature, f"{{{kit.DS}}}Object")
        holder.append(copy.deepcopy(signed))
        forged.insert(1, signature)
        assert rules(forged) == ["SAML-SIG-05"]

    def test_same_id_on_a_forged_assertion_elsewhere(self) -> None:
        signed = kit.sign(kit.assertion())
        root = etree.fromstring(kit.message(kit.traits(), security=[self.forged(id=signed.get("ID")), signed]))
        first, second = root.iter(f"{{{kit.SAML}}}Assertion")
        assert rules(first) == ["SAML-SIG-01"]
        assert rules(second) == ["SAML-SIG-08"]

    def test_same_id_under_another_attribute_name(self) -> None:
        signed = kit.sign(kit.assertion())
        root = etree.fromstring(kit.message(kit.traits(), security=signed, extra=f'<x Id="{signed.get("ID")}"/>'))
        assert rules(root.find(f".//{{{kit.SAML}}}Assertion")) == ["SAML-SIG-08"]

    def test_reference_to_the_other_assertion(self) -> None:
        signed = kit.sign(kit.assertion())
        forged = self.forged()
        forged.insert(1, copy.deepcopy(signed[1]))
        root = etree.fromstring(
            kit.message(kit.traits(), security=[forged], extra=etree.tostring(signed, encoding="unicode"))
        )
        assert rules(root.find(f".//{{{kit.WSSE}}}Security")[0]) == ["SAML-SIG-04"]


def test_comment_cannot_cut_a_value() -> None:
    """A comment inside NameID leaves the signature valid; the value must still be read whole."""
    from norms.saml import read_assertion

    signed = kit.sign(kit.assertion(name_id="899700000017.evil"))
    split = _changed(signed, rb"899700000017\.evil", b"899700000017<!-- -->.evil")
    assert rules(split) == []
    assert read_assertion(split)[0].name_id == "899700000017.evil"
