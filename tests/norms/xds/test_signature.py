"""The signature of a submission set: ours is verified by another library, others' by us, each forgery is named."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
import xmlsec
from lxml import etree

from norms.finding import NOWHERE
from norms.xds import c14n
from norms.xds.manifest import DS, MANIFEST_ID, PROPERTIES_ID, Signed, sign
from norms.xds.signature import Content, check_signature
from norms.xml import parse
from tests.vihf_kit import held

SET, ONE, TWO = "1.2.3.1", "1.2.3.2", "1.2.3.3"
XML, BINARY = b'<?xml-stylesheet href="a"?><a xmlns="urn:x" b="1"><!-- c -->t</a>', b"%PDF"
DOCUMENTS = {ONE: Content(XML), TWO: Content(BINARY)}


@pytest.fixture(scope="module", params=[False, True], ids=["sha1", "sha256"])
def signature(request: Any, pki: Any) -> bytes:
    signer = held(pki.folder, "cps-sign")
    listed = [Signed(ONE, XML), Signed(TWO, BINARY, xml=False)]
    return sign(SET, listed, signer.key, [signer.cert], datetime.now(UTC), sha256=request.param)


def rules(data: bytes, documents: dict[str, Content] = DOCUMENTS, set_id: str = SET) -> list[str]:
    return [f.rule for f in check_signature(data, "Signature01", set_id, documents, NOWHERE)[1] if f.severity != "info"]


def test_ours_is_good(signature: bytes) -> None:
    signer, findings = check_signature(signature, "Signature01", SET, DOCUMENTS, NOWHERE)
    assert signer is not None
    assert not [f for f in findings if f.severity != "info"]


def test_another_library_verifies_ours(signature: bytes, pki: Any) -> None:
    """xmlsec, which also looks up what the manifest lists: the documents are served to it by their URN."""
    served = {f"urn:oid:{oid}": content.data for oid, content in DOCUMENTS.items()} | {f"urn:oid:{SET}": b"\0"}
    asked: list[str] = []

    def opened(uri: bytes) -> io.BytesIO:
        asked.append(uri.decode())
        return io.BytesIO(served[uri.decode()])

    def read(stream: io.BytesIO, buffer: Any) -> int:
        data = stream.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    xmlsec.cleanup_callbacks()  # those of files would be asked first
    xmlsec.register_callbacks(lambda uri: uri.startswith(b"urn:oid:"), opened, read, lambda stream: stream.close())
    try:
        xmlsec_verify(signature, pki)
        with pytest.raises(xmlsec.Error):
            xmlsec_verify(signature.replace(b"urn:oid:1.2.3.2", b"urn:oid:1.2.3.3", 1), pki)
    finally:
        xmlsec.cleanup_callbacks()
        xmlsec.register_default_callbacks()
    assert set(asked) >= served.keys()


def xmlsec_verify(signature: bytes, pki: Any) -> None:
    root = etree.fromstring(signature)
    context = xmlsec.SignatureContext()
    cert = (pki.folder / "credentials" / "cps-sign" / "cert.pem").read_bytes()
    context.key = xmlsec.Key.from_memory(cert, xmlsec.constants.KeyDataFormatCertPem)
    for element in root.iter():
        if element.get("Id") in (MANIFEST_ID, PROPERTIES_ID):
            context.register_id(element, "Id")
    context.verify(root)


FORGED: list[tuple[Callable[[bytes], bytes], str]] = [
    (lambda s: s.replace(b"urn:oid:1.2.3.2", b"urn:oid:1.2.3.9"), "XDS-SIG-08"),
    (lambda s: s.replace(b"<SigningTime>20", b"<SigningTime>19"), "XDS-SIG-08"),
    (lambda s: s.replace(b"<SignatureValue>", b"<SignatureValue>AAAA"), "XDS-SIG-08"),
    (lambda s: s.replace(b'Id="S0-SignedProperties"', b'Id="IHEManifest"'), "XDS-SIG-05"),
    (lambda s: s.replace(b'URI="#IHEManifest"', b'URI="#Other"'), "XDS-SIG-05"),
    (lambda s: s.replace(b"<X509Certificate>", b"<X509Certificate>AAAA"), "XDS-SIG-05"),
    (lambda s: s.replace(b"xml-c14n-20010315#WithComments", b"other", 1), "XDS-SIG-11"),
    (lambda s: s.replace(b"rsa-sha", b"hmac-sha"), "XDS-SIG-11"),
    (lambda s: s[: len(s) // 2], "XDS-SIG-05"),
    (lambda s: b"<a/>", "XDS-SIG-05"),
]


@pytest.mark.parametrize(("forge", "rule"), FORGED)
def test_each_forgery_is_named(signature: bytes, forge: Callable[[bytes], bytes], rule: str) -> None:
    assert rule in rules(forge(signature))


def test_the_manifest_lists_the_documents_and_nothing_else(signature: bytes) -> None:
    assert rules(signature, {ONE: Content(XML)}) == ["XDS-SIG-06"]
    assert rules(signature, {**DOCUMENTS, "1.2.3.4": Content(b"x")}) == ["XDS-SIG-06"]
    assert "XDS-SIG-06" in rules(signature, set_id="1.2.3.8")
    assert rules(signature, {ONE: Content(XML), TWO: Content(b"other")}) == ["XDS-SIG-07"]
    assert rules(signature, {ONE: Content(XML + b"<!-- -->"), TWO: Content(BINARY)}) == ["XDS-SIG-07"]


def test_a_manifest_wrapped_beside_the_signed_one_is_not_believed(signature: bytes) -> None:
    """Signature wrapping: the manifest that is read is the one that the signature covers."""
    root = etree.fromstring(signature)
    forged = etree.SubElement(root, f"{{{DS}}}Object")
    etree.SubElement(forged, f"{{{DS}}}Manifest", Id="Other")
    assert rules(etree.tostring(root)) == []
    forged[0].set("Id", MANIFEST_ID)
    assert rules(etree.tostring(root)) == ["XDS-SIG-05"]


def test_canonical_form_of_a_part_keeps_what_it_inherits() -> None:
    root = parse(b'<a xmlns="urn:a" xmlns:p="urn:p" xml:lang="fr"><b c="1"><p:d/></b></a>')
    assert c14n.part(root[0], comments=True) == (
        b'<b xmlns="urn:a" xmlns:p="urn:p" c="1" xml:lang="fr"><p:d></p:d></b>'
    )
