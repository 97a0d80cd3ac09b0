"""TD2.1 and TD2.2: what is registered, what is refused and with which code, nothing stored by halves."""

from __future__ import annotations

import base64
import gzip
import hashlib
import random
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from norms.soap.mtom import join
from norms.soap.names import SOAP11, SOAP12
from norms.xds.check import NOT_PATIENT
from norms.xds.names import DEPRECATED
from norms.xds.query import GET_DOCUMENTS, REFERENCE
from tests.dmp_bench import DIRECT, INDIRECT, message
from tests.dmp_documents import ROOT, Documents, Lot, cda, counts, oid
from tests.vihf_kit import SECRETARY, Said


@pytest.fixture
def dmp(pki: Any) -> Documents:
    return Documents(pki)


def test_a_document_is_registered_with_what_the_dmp_adds(dmp: Documents) -> None:
    lot = dmp.lot()
    answered = dmp.deposit(lot)
    assert (answered.reply.status, answered.status, answered.codes) == (200, "Success", [])
    assert set(answered.rules) == {"XDS-HASH-03"}
    sent = lot.submission.entries[0]
    kept = dmp.listed(sent.unique_id)
    assert kept.lid == kept.id
    assert (kept.version, kept.repository) == ("1", "1.2.250.1.213.4.1.1.1.2")
    assert kept.size == str(len(lot.documents["Document01"]))
    assert len(kept.hash) == 40
    assert replace(kept, id=sent.id, lid="", version="", status="", hash="", size="", repository="") == sent
    exchange = answered.reply.exchange
    assert exchange.operation == exchange.facts["transaction"] == "TD2.1"
    assert exchange.outcome == "Success"
    assert exchange.validation == "pending"
    assert exchange.facts["documents"] == sent.unique_id


def test_hash_and_size_that_are_right_say_nothing(dmp: Documents) -> None:
    answered = dmp.deposit(
        lot_with(dmp, hash=lambda data: hashlib.sha1(data).hexdigest(), size=lambda data: str(len(data)))
    )
    assert answered.status == "Success"
    assert answered.rules == []


def lot_with(dmp: Documents, **computed: Callable[[bytes], str]) -> Lot:
    lot = dmp.lot()
    for id, data in lot.documents.items():
        lot = lot.entry(id, **{name: make(data) for name, make in computed.items()})
    return lot


def test_indirect_feeding_and_three_documents_in_one_set(dmp: Documents) -> None:
    ins = dmp.ins("pinson-leonie")
    lot = dmp.lot(cda(ins), cda(ins), cda(ins))
    answered = dmp.deposit(lot, said=INDIRECT)
    assert answered.status == "Success", answered.errors
    assert len(answered.reply.exchange.facts["entries"].split()) == 3


def test_a_secretary_s_card_is_td22(dmp: Documents) -> None:
    said = DIRECT.changed(user="3990000317/CPET00001", roles=SECRETARY)
    answered = dmp.deposit(said=said, client="cpe-auth")
    assert answered.reply.exchange.facts["transaction"] == "TD2.2"


def test_addressing_may_be_absent_altogether(dmp: Documents) -> None:
    assert dmp.deposit(addressed=False).status == "Success"


def test_replacing_makes_the_old_version_obsolete(dmp: Documents) -> None:
    first = dmp.lot()
    dmp.deposit(first)
    old = first.submission.entries[0].unique_id
    found = dmp.query(GET_DOCUMENTS, REFERENCE, UniqueId=(old,))
    assert found.reply.exchange.facts["transaction"] == "TD3.1b"
    target = found.ids[0]
    ins = dmp.ins("pinson-leonie")
    second = dmp.lot(cda(ins, replaces=old), replaced={"Document01": target})
    answered = dmp.deposit(second)
    assert (answered.status, answered.codes) == ("Success", [])
    assert answered.reply.exchange.facts["replaces"] == target
    fresh = dmp.listed(second.submission.entries[0].unique_id)
    assert fresh.lid != target
    assert old not in {entry.unique_id for entry in dmp.query().documents}
    assert old in {entry.unique_id for entry in dmp.query(Status=(DEPRECATED,)).documents}
    again = dmp.deposit(dmp.lot(cda(ins, replaces=old), replaced={"Document01": target}))
    assert again.codes == ["XDSRegistryDeprecatedDocumentError"]


def test_a_lost_answer_then_a_retry_is_told_as_a_duplicate(dmp: Documents) -> None:
    lot = dmp.lot()
    before = len(dmp.query().documents)
    dmp.session.switches.arm("dmp.lost_answer", True)
    with pytest.raises(IndexError):  # nothing came back
        dmp.deposit(lot)
    assert len(dmp.query().documents) == before + 1
    again = dmp.deposit(lot)
    assert set(again.codes) == {"XDSDuplicateUniqueIdInRegistry"}
    assert len(dmp.query().documents) == before + 1


def test_the_vaccination_history_has_its_own_repository(dmp: Documents) -> None:
    lot = dmp.lot(cda(dmp.ins("pinson-leonie"), code="11369-6"))
    dmp.deposit(lot)
    assert dmp.listed(lot.submission.entries[0].unique_id).repository.endswith(".4")


def test_a_document_signed_by_another_set_is_refused(shared: Documents) -> None:
    one, other = shared.lot(), shared.lot()
    stolen = replace(one, documents={**one.documents, "Signature01": other.documents["Signature01"]})
    answered = shared.deposit(stolen)
    assert "XDS-SIG-06" in answered.rules
    assert answered.status == "Failure"


def test_a_unique_id_used_again_with_other_content_is_refused(dmp: Documents) -> None:
    ins, own = dmp.ins("pinson-leonie"), oid()
    dmp.deposit(dmp.lot(cda(ins, own)))
    assert "XDSNonIdenticalHash" in dmp.deposit(dmp.lot(cda(ins, own, text="Autre"))).codes


def test_a_set_about_another_patient_than_the_vihf_is_a_fault(dmp: Documents) -> None:
    answered = dmp.deposit(dmp.lot(patient="mesange-julien"))
    assert answered.reply.status == 500
    assert "VIHF-INS-06" in answered.rules


@pytest.mark.parametrize(
    ("patient", "code"), [("corbeau-lucia", "XDSUnknownPatientId"), ("faucon-pascal", "DMPClosed")]
)
def test_no_dmp_and_a_closed_one_are_told_apart(dmp: Documents, patient: str, code: str) -> None:
    answered = dmp.deposit(dmp.lot(patient=patient), patient=patient)
    assert (answered.status, answered.codes) == ("Failure", [code])


def test_lenient_registers_what_can_be(dmp: Documents) -> None:
    dmp.switch(rules="lenient")
    lot = dmp.lot().entry("Document01", language="fr", mime_type="application/pdf")
    assert dmp.deposit(lot).status == "Success"
    assert dmp.deposit(dmp.lot().entry("Document01", hash="0" * 40)).codes == ["XDSNonIdenticalHash"]


def test_codes_that_the_user_knows_better_are_used(dmp: Documents) -> None:
    dmp.switch(codes="XDS-LANG-01=DMPInvalidData")
    assert dmp.deposit(dmp.lot().entry("Document01", language="fr")).codes[0] in (
        "DMPInvalidData",
        "XDSRegistryMetadataError",
    )
    assert "DMPInvalidData" in dmp.deposit(dmp.lot().entry("Document01", language="fr")).codes


BOMB = b'<!DOCTYPE l [<!ENTITY a "b">]>'
BROKEN: list[tuple[str, Callable[[bytes], bytes], str]] = [
    ("boundary", lambda b: b.replace(b"\r\n--", b"\r\n-"), "SOAP-MIME-07"),
    ("truncated", lambda b: b[: len(b) // 2], "SOAP-MIME-07"),
    ("case of the id", lambda b: b.replace(b"Content-ID: <Document01", b"Content-ID: <DOCUMENT01"), "SOAP-XOP-06"),
    ("missing part", lambda b: b.replace(b"Content-ID: <Document01", b"Content-ID: <Other"), "SOAP-XOP-01"),
    ("two roots", lambda b: b.replace(b"Content-Type: text/xml", b"Content-Type: application/xop+xml"), "SOAP-MIME-13"),
    ("document id", lambda b: b.replace(b'Document id="Document01"', b'Document id="document01"'), "XDS-DOC-01"),
    ("entity bomb", lambda b: b.replace(b"<s:Envelope", BOMB + b"<s:Envelope", 1), "SOAP-XML-02"),
    ("SOAP 1.1", lambda b: b.replace(SOAP12.encode(), SOAP11.encode()), "SOAP-ENV-02"),
]


@pytest.mark.parametrize(("change", "rule"), [row[1:] for row in BROKEN], ids=[row[0] for row in BROKEN])
def test_broken_messages_are_answered_and_leave_nothing(
    shared: Documents, change: Callable[[bytes], bytes], rule: str
) -> None:
    before = counts(shared)
    answered = shared.deposit(change=change)
    assert any(found.startswith(rule) for found in answered.rules), answered.rules
    assert answered.reply.status == 500 or answered.status == "Failure"
    assert counts(shared) == before


def test_what_was_sent_as_something_else_is_told_as_that(shared: Documents) -> None:
    before = counts(shared)
    squeezed = shared.deposit(change=gzip.compress, **{"content-encoding": "gzip"})
    assert squeezed.rules == ["DMP-REQ-02"]
    assert "gzip" in shared.deposit(change=gzip.compress, **{"content-encoding": "gzip"}).reply.body.decode()
    mixed = shared.deposit(**{"content-type": 'multipart/mixed; boundary="x"'})
    assert mixed.rules == ["SOAP-CT-01", "SOAP-XML-01"]
    assert b"multipart/mixed" in mixed.reply.body
    latin = shared.deposit(change=lambda body: body.replace(b"charset=UTF-8", b"charset=Cp1252"))
    assert "SOAP-CT-02" in latin.rules
    assert counts(shared)[:2] == tuple(n + m for n, m in zip(before[:2], (2, 1), strict=True))


def test_mutated_deposits_are_answered_and_stored_whole_or_not_at_all(shared: Documents) -> None:
    dice = random.Random(6)

    def mutated(body: bytes) -> bytes:
        at, length = dice.randrange(len(body)), dice.choice((1, 1, 7, 300))
        piece, other = body[at : at + length], dice.randrange(len(body))
        kind = dice.randrange(4)
        if kind == 0:
            return body[:at] + body[at + length :]
        if kind == 1:
            return body[:at] + piece + body[at:]
        if kind == 2:
            return body[:at] + dice.randbytes(length) + body[at + length :]
        return body[:other] + piece + body[other:]

    for _ in range(40):
        before = counts(shared)
        lot = shared.lot()
        answered = shared.deposit(lot, change=mutated)
        added = tuple(now - then for now, then in zip(counts(shared), before, strict=True))
        if answered.status == "Success":
            assert (added[:2], added[3:]) == ((2, 1), (1, 5, 2))
        else:
            assert not any(added)
            assert answered.reply.status in (200, 500)
            assert answered.rules


def _assertion(body: bytes) -> tuple[int, int]:
    end = b"</saml2:Assertion>"
    return body.index(b"<saml2:Assertion"), body.index(end) + len(end)


def _forged(signed: bytes) -> bytes:
    """The same assertion about another user, under another identifier, without signature."""
    bare = re.sub(rb"<ds:Signature.*</ds:Signature>", b"", signed, flags=re.S)
    return re.sub(rb' ID="[^"]*"', b' ID="_forged"', bare).replace(b"899700900014", b"899700900022")


def inside(body: bytes) -> bytes:
    """The signed assertion moved into a forged one."""
    start, end = _assertion(body)
    signed, close = body[start:end], b"</saml2:Assertion>"
    forged = _forged(signed).replace(close, b"<saml2:Advice>" + signed + b"</saml2:Advice>" + close)
    return body[:start] + forged + body[end:]


def carrying(body: bytes) -> bytes:
    """The forged one carries the signature, which refers to the signed one inside."""
    start, end = _assertion(body)
    signed = body[start:end]
    found = re.search(rb"<ds:Signature.*</ds:Signature>", signed, re.S)
    assert found
    bare, close = signed.replace(found[0], b""), b"</saml2:Assertion>"
    advice = found[0] + b"<saml2:Advice>" + bare + b"</saml2:Advice>" + close
    return body[:start] + _forged(signed).replace(close, advice) + body[end:]


def beside(body: bytes) -> bytes:
    """A forged one before the signed one."""
    start, end = _assertion(body)
    return body[:start] + _forged(body[start:end]) + body[start:]


@pytest.mark.parametrize(
    ("said", "change"),
    [
        (DIRECT.changed(issued=-8000), None),
        (DIRECT.changed(issued=8000), None),
        (DIRECT, lambda body: body.replace(b">899700900014<", b">899700900022<")),
        (DIRECT, inside),
        (DIRECT, carrying),
        (DIRECT, beside),
    ],
    ids=["expired", "future", "changed", "wrapped", "wrapped with its signature", "two"],
)
def test_an_assertion_that_does_not_hold_is_a_fault_and_leaves_nothing(
    shared: Documents, said: Said, change: Callable[[bytes], bytes] | None
) -> None:
    before = counts(shared)
    answered = shared.deposit(said=said, change=change)
    assert answered.reply.status == 500
    assert any(rule.startswith(("SAML-", "VIHF-")) for rule in answered.rules), answered.rules
    assert "DMPInvalid" in answered.reply.body.decode()
    assert counts(shared) == before


def test_partial_addressing_is_the_known_fault(dmp: Documents) -> None:
    def without_id(body: bytes) -> bytes:
        start = body.index(b"<w:MessageID")
        return body[:start] + body[body.index(b"</w:MessageID>") + len(b"</w:MessageID>") :]

    answered = dmp.deposit(change=without_id)
    assert "DMP-WSA-01" in answered.rules
    assert "required header" in answered.reply.body.decode()


def test_a_request_without_package_is_noted(dmp: Documents) -> None:
    lot = dmp.lot()
    body = lot.body()
    for id, data in lot.documents.items():
        body = re.sub(
            rf'(<xds:Document id="{id}">).*?(</xds:Document>)', rf"\g<1>{base64.b64encode(data).decode()}\g<2>", body
        )
    answered = dmp.send("repository", "ITI-41", body)
    assert answered.status == "Success"
    assert "DMP-REQ-01" in answered.rules


@pytest.mark.parametrize("code", ["DMPClosed", "XDSRepositoryBusy"])
def test_imposed_errors_keep_nothing(dmp: Documents, code: str) -> None:
    before = len(dmp.query().documents)
    dmp.session.switches.arm("dmp.error", code)
    assert dmp.deposit().codes == [code]
    assert len(dmp.query().documents) == before


def test_imposed_fault_comes_in_a_package(dmp: Documents) -> None:
    dmp.session.switches.arm("dmp.soap_fault", "DMPInvalidCertificate")
    answered = dmp.deposit()
    assert answered.reply.status == 500
    assert dict(answered.reply.exchange.response_headers)["content-type"].startswith("multipart/related")
    assert "soap:DMPInvalidCertificate" in answered.reply.body.decode()


def test_old_addresses_are_retired(dmp: Documents) -> None:
    reply = dmp.call("../../v1/services/repository", b"")
    assert reply.exchange.status in (404, 410)


def test_a_body_too_large_is_refused_with_bounded_memory(dmp: Documents) -> None:
    from mocks.dmp.routes import MAX_BODY

    dmp.service.max_body = 100_000
    try:
        reply = dmp.call("repository", b"x" * 200_000)
        assert reply.status == 413
        assert not reply.exchange.request_body
        assert reply.rules == ["HTTP-BODY-01"]
    finally:
        dmp.service.max_body = MAX_BODY


def test_another_action_is_told(dmp: Documents) -> None:
    lot = dmp.lot()
    data = message(lot.body(), None, action="urn:ihe:iti:2007:RegisterDocumentSet-b")
    kind, body = join(data, lot.parts())
    reply = dmp.call("repository", body, headers={"content-type": kind})
    assert "DMP-ACT-01" in reply.rules


def test_the_seeded_record_has_twelve_documents_of_eight_types(dmp: Documents) -> None:
    from norms.xds.names import ARCHIVED

    held = dmp.query(Status=("urn:oasis:names:tc:ebxml-regrep:StatusType:Approved", ARCHIVED, DEPRECATED)).documents
    assert len(held) == 12
    assert len({entry.type_code.code for entry in held if entry.type_code}) == 8
    assert any(NOT_PATIENT.code in entry.visibility for entry in held)
    assert all(ROOT not in entry.unique_id for entry in held)


def astray(body: bytes, scheme: bytes) -> bytes:
    """The Classification of that scheme says that it is of another object."""
    one = re.search(rb"<Classification[^>]*urn:uuid:" + scheme + rb"[^>]*>", body)
    assert one
    return body.replace(one[0], one[0].replace(b'classifiedObject="Document01"', b'classifiedObject="Other"'))


def test_one_cause_gives_one_finding_that_names_the_slot(shared: Documents) -> None:
    whole = shared.deposit()
    assert whole.rules.count("XDS-HASH-03") == 2  # the document and the signature
    lot = shared.lot()
    for gone in ("Document01", "Signature01"):
        parts = [part for part in lot.parts() if not part.id.startswith(gone)]
        answered = shared.send("repository", "ITI-41", lot.body(), parts)
        assert [error.code for error in answered.errors] == ["XDSMissingDocument"]
    other = shared.deposit(change=lambda body: astray(body, b"f0306f51"))
    assert [error.context.split(" : ")[0] for error in other.errors] == ["ExtrinsicObject[Document01]/typeCode"]


def test_the_association_that_replaces_in_vain_is_named(shared: Documents) -> None:
    unknown = "urn:uuid:00000000-0000-0000-0000-000000000000"
    answered = shared.deposit(shared.lot(replaced={"Document01": unknown}))
    assert answered.errors[0].context.startswith("Association[rplc1]")
    assert answered.errors[0].location


def test_a_title_without_end_is_told(shared: Documents) -> None:
    answered = shared.deposit(shared.lot().of_set(comments="x" * 2000))
    assert "XDS-SLOT-06" in answered.rules


def test_replacing_somebody_else_s_document_is_told(dmp: Documents) -> None:
    others = next(e for e in dmp.query().documents if e.authors[0].persons[0].startswith("899700900055"))
    lot = dmp.lot(cda(dmp.ins("pinson-leonie"), replaces=others.unique_id), replaced={"Document01": others.id})
    answered = dmp.deposit(lot)
    assert answered.status == "Success"
    told = next(f for f in answered.reply.exchange.findings if f.rule == "DMP-DOC-04")
    assert (told.found, told.where.path) == (others.unique_id, "Association[rplc1]")
