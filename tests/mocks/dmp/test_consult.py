"""TD3.1 and TD3.2: every query, who sees what, documents in packages, errors that name what to change."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from typing import Any

import pytest

from norms.soap import BadEnvelope
from norms.soap.mtom import BadPackage
from norms.xds.check import MASKED, NORMAL
from norms.xds.names import APPROVED, ARCHIVED, DELETED, DEPRECATED, HAS_MEMBER, XDS
from norms.xds.query import (
    FIND_BY_REFERENCE,
    FIND_DOCUMENTS,
    FIND_SETS,
    GET_ASSOCIATIONS,
    GET_DOCUMENTS,
    REFERENCE,
)
from tests.dmp_bench import AIR, DIRECT, INDIRECT
from tests.dmp_documents import PATIENT, Documents

LOINC = "2.16.840.1.113883.6.1"


@pytest.fixture(scope="module")
def dmp(pki: Any) -> Documents:
    return Documents(pki)


@pytest.fixture
def fresh(pki: Any) -> Documents:
    return Documents(pki)


def test_the_seeded_record_has_twelve_documents_of_eight_types(dmp: Documents) -> None:
    held = dmp.query(Status=(APPROVED, ARCHIVED, DEPRECATED)).documents
    assert len(held) == 12
    assert len({entry.type_code.code for entry in held if entry.type_code}) == 8
    by_status = {status: sum(entry.status == status for entry in held) for status in (APPROVED, ARCHIVED, DEPRECATED)}
    assert by_status == {APPROVED: 10, ARCHIVED: 1, DEPRECATED: 1}


@pytest.mark.parametrize(
    ("groups", "count"),
    [
        ({}, 10),
        ({"TypeCode": (f"11502-2^^{LOINC}",)}, 2),
        ({"TypeCode": (f"11502-2^^{LOINC}", f"18748-4^^{LOINC}")}, 3),
        ({"TypeCode": ("11502-2^^1.2.3",)}, 0),
        ({"ClassCode": ("42^^1.2.250.1.213.1.1.4.1",)}, 2),
        ({"ClassCode": ("90^^1.2.250.1.213.1.1.4.1",)}, 1),
        ({"FormatCode": ("urn:ihe:iti:xds-sd:pdf:2008^^1.3.6.1.4.1.19376.1.2.3",)}, 10),
        ({"HealthcareFacilityTypeCode": ("SA25^^1.2.250.1.71.4.2.4",)}, 2),
        ({"PracticeSettingCode": ("ETABLISSEMENT^^1.2.250.1.213.1.1.4.9",)}, 2),
        ({"ConfidentialityCode": ("MASQUE_PS^^1.2.250.1.213.1.1.4.13",)}, 1),
        ({"ConfidentialityCode": (("N^^2.16.840.1.113883.5.25",), ("INVISIBLE_PATIENT^^1.2.250.1.213.1.1.4.13",))}, 1),
        ({"EventCodeList": ("ABC^^1.2.250.1.213.2.5",)}, 0),
        ({"AuthorPerson": ("%ROMARIN%",)}, 3),
        ({"AuthorPerson": ("%ROMARI_^%", "%BOURRACHE%")}, 4),
        ({"CreationTimeFrom": ("20000101",), "CreationTimeTo": ("20010101",)}, 0),
        ({"ServiceStartTimeFrom": ("20000101",)}, 10),
        ({"ServiceStopTimeTo": ("20000101",)}, 0),
        ({"Type": ("urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1",)}, 10),
        ({"PatientId": ("285055503991010^^^&1.2.250.1.213.1.4.10&ISO^NH",)}, 10),
    ],
)
def test_each_parameter_of_find_documents(dmp: Documents, groups: dict[str, Any], count: int) -> None:
    answered = dmp.query(**groups)
    assert (answered.status, answered.rules) == ("Success", [])
    assert len(answered.documents) == count
    assert answered.root.get("totalResultCount") == str(count)


def test_who_sees_a_masked_document(dmp: Documents) -> None:
    own = DIRECT  # the treating doctor sees everything
    assert any(MASKED.code in entry.visibility for entry in dmp.query(said=own).documents)
    air = dmp.query(said=AIR)
    assert air.status == "Success"
    assert len(air.documents) == 10


def test_a_masked_document_is_hidden_from_others(fresh: Documents) -> None:
    fresh.session.world.patch("patients", PATIENT, {"dmp": {"treating": "", "rights": [{"who": "899700900014"}]}})
    held = fresh.query().documents
    assert len(held) == 9
    assert not any(MASKED.code in entry.visibility for entry in held)


def test_nothing_tells_of_a_masked_document(fresh: Documents) -> None:
    """One masked from the start and one masked since: no query, refusal or older version shows that they exist."""
    seen = fresh.query().documents
    since = next(e for e in seen if e.authors[0].persons[0].startswith("899700900030"))
    assert fresh.change_metadata(replace(since, confidentiality=(*since.confidentiality, MASKED))).status == "Success"
    now = fresh.listed(since.unique_id)
    masked = next(e for e in seen if MASKED.code in e.visibility)
    sets = len(fresh.query(FIND_SETS, Status=(APPROVED,)).ids)
    fresh.session.world.patch("patients", PATIENT, {"dmp": {"treating": "", "rights": [{"who": "899700900014"}]}})

    assert [e.lid for e in fresh.query(Status=(DEPRECATED,)).documents if e.unique_id == since.unique_id] == []
    assert fresh.query(GET_DOCUMENTS, EntryUUID=(since.id, now.id, masked.id)).ids == []
    assert fresh.query(GET_DOCUMENTS, REFERENCE, UniqueId=(since.unique_id, masked.unique_id)).ids == []
    assert len(fresh.query(FIND_SETS, Status=(APPROVED,)).ids) == sets - 3  # its set, its update's, the other's
    refused = fresh.retrieve((masked.repository, masked.unique_id))
    absent = fresh.retrieve((masked.repository, "1.2.3"))
    assert refused.errors[0].context.replace(masked.unique_id, "1.2.3") == absent.errors[0].context
    assert refused.rules == ["DMP-DOC-02"]  # the journal tells
    unknown = "urn:uuid:00000000-0000-0000-0000-000000000000"
    for kept in (
        lambda entry: fresh.change_status(entry, DELETED),
        lambda entry: fresh.change_metadata(replace(entry, confidentiality=(NORMAL,))),
    ):
        told, none = kept(masked), kept(replace(masked, id=unknown, lid=unknown))
        assert told.errors[0].context.replace(masked.id, unknown) == none.errors[0].context
        assert "DMP-DOC-02" in told.rules
    fresh.switch(codes="DMP-DOC-02=DMPDenied")
    assert fresh.retrieve((masked.repository, masked.unique_id)).codes == ["DMPDenied"]


def test_indirect_does_not_consult(dmp: Documents) -> None:
    answered = dmp.query(said=INDIRECT)
    assert answered.reply.status == 500
    assert "VIHF-RIGHT-01" in answered.rules


def test_submission_sets_then_associations_then_documents(dmp: Documents) -> None:
    """The search by date of submission, as the guide has it in three steps."""
    sets = dmp.query(FIND_SETS, Status=(APPROVED,), SubmissionTimeFrom=("20200101",))
    assert len(sets.ids) == 13
    links = dmp.query(GET_ASSOCIATIONS, uuid=tuple(sets.ids))
    members = [e.get("targetObject") for e in links._list() if e.get("associationType") == HAS_MEMBER]
    assert len(members) == 12
    documents = dmp.query(GET_DOCUMENTS, EntryUUID=tuple(members))
    assert len(documents.documents) == 12
    assert dmp.query(FIND_SETS, Status=(APPROVED,), AuthorPerson=("%CERFEUIL%",)).root.get("totalResultCount") == "2"


def test_entry_uuid_from_unique_id(dmp: Documents) -> None:
    one = dmp.query().documents[0]
    found = dmp.query(GET_DOCUMENTS, REFERENCE, UniqueId=(one.unique_id,))
    assert found.ids == [one.id]
    assert dmp.query(GET_DOCUMENTS, LogicalID=(one.lid,)).documents == [one]


def test_reference_ids(fresh: Documents) -> None:
    reference = "A1^^^&1.2.3&ISO^urn:ihe:iti:xds:2013:accession"
    lot = fresh.lot().entry("Document01", references=(reference,))
    fresh.deposit(lot)
    found = fresh.query(FIND_BY_REFERENCE, Status=(APPROVED,), ReferenceIdList=(reference,))
    assert [entry.references for entry in found.documents] == [(reference,)]
    assert fresh.query(FIND_BY_REFERENCE, Status=(APPROVED,), ReferenceIdList=("B",)).documents == []


QUERY = (
    '<query:AdhocQueryRequest xmlns:query="urn:oasis:names:tc:ebxml-regrep:xsd:query:3.0">'
    '<query:ResponseOption returnComposedObjects="true" returnType="{returns}"/>'
    '<AdhocQuery xmlns="urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0" id="{id}">{slots}</AdhocQuery>'
    "</query:AdhocQueryRequest>"
)
STATUS = f"('{APPROVED}')"


def raw(*slots: tuple[str, str], id: str = FIND_DOCUMENTS.id, returns: str = "LeafClass") -> str:
    written = "".join(
        f'<Slot name="{name}"><ValueList><Value>{value.replace("&", "&amp;")}</Value></ValueList></Slot>'
        for name, value in slots
    )
    return QUERY.format(id=id, returns=returns, slots=written)


@pytest.mark.parametrize(
    ("body", "rule", "code"),
    [
        (raw(id="urn:uuid:0"), "XDS-QRY-01", "XDSUnknownStoredQuery"),
        (raw(), "XDS-QRY-02", "XDSStoredQueryMissingParam"),
        (raw(("$XDSDocumentEntryStatus", APPROVED)), "XDS-QRY-03", "XDSStoredQueryParamNumber"),
        (raw(("$XDSDocumentEntryStatus", f"'{APPROVED}'")), "XDS-QRY-03", "XDSStoredQueryParamNumber"),
        (
            raw(("$XDSDocumentEntryStatus", STATUS), ("$XDSDocumentEntryCreationTimeFrom", "'2020'")),
            "XDS-QRY-03",
            "XDSStoredQueryParamNumber",
        ),
        (
            raw(("$XDSDocumentEntryStatus", STATUS), ("$XDSDocumentEntryTypeCode", "('11502-2')")),
            "XDS-QRY-05",
            "XDSStoredQueryParamNumber",
        ),
        (raw(("$XDSDocumentEntryStatus", STATUS), returns="All"), "XDS-QRY-06", "XDSRegistryError"),
        (
            raw(
                ("$XDSDocumentEntryStatus", STATUS),
                ("$XDSDocumentEntryPatientId", "('285055503991010^^^&1.2.250.1.213.1.4.10&ISO^NH')"),
            ),
            "XDS-QRY-08",
            "XDSStoredQueryParamNumber",
        ),
        (raw(id=GET_DOCUMENTS.id), "XDS-QRY-09", "XDSStoredQueryParamNumber"),
    ],
)
def test_queries_that_cannot_be_read(dmp: Documents, body: str, rule: str, code: str) -> None:
    answered = dmp.send("registry", "ITI-18", body)
    assert rule in answered.rules
    assert code in answered.codes
    assert answered.status == "Failure"


def test_an_unknown_parameter_is_ignored_and_said(dmp: Documents) -> None:
    answered = dmp.send("registry", "ITI-18", raw(("$XDSDocumentEntryStatus", STATUS), ("$Other", "'x'")))
    assert answered.rules == ["XDS-QRY-04"]
    assert len(answered.documents) == 10


def test_too_many_results(fresh: Documents) -> None:
    fresh.switch(max_results=5)
    assert fresh.query().codes == ["XDSTooManyResults"]


def test_stale_identifiers(fresh: Documents) -> None:
    fresh.session.switches.arm("dmp.stale_uuid", True)
    one = fresh.query().documents[0]
    assert fresh.change_status(one, ARCHIVED).codes == ["XDSMetadataUpdateError"]


def test_documents_come_back_in_a_package(dmp: Documents) -> None:
    asked = [(entry.repository, entry.unique_id) for entry in dmp.query().documents[:3]]
    answered = dmp.retrieve(*asked)
    assert [(one.repository, one.unique_id) for one in answered.retrieved] == asked
    assert all(one.part.data.startswith(b"<?xml") for one in answered.retrieved)
    assert b"urn%3Aihe%3Aiti%3Axds-b%3A2007" in answered.reply.body
    assert answered.reply.exchange.operation == "TD3.2"


def test_what_was_sent_is_what_comes_back(fresh: Documents) -> None:
    lot = fresh.lot()
    fresh.deposit(lot)
    one = fresh.listed(lot.submission.entries[0].unique_id)
    assert fresh.retrieve((one.repository, one.unique_id)).retrieved[0].part.data == lot.documents["Document01"]


def test_retrieval_errors(dmp: Documents) -> None:
    one = dmp.query().documents[0]
    assert dmp.retrieve((one.repository, one.id)).codes == ["XDSDocumentUniqueIdError"]
    assert dmp.retrieve((one.repository, "1.2.3.4")).codes == ["XDSDocumentUniqueIdError"]
    assert dmp.retrieve(("1.2.3", one.unique_id)).codes == ["XDSUnknownRepositoryId"]
    partial = dmp.retrieve((one.repository, one.unique_id), (one.repository, "1.2.3.4"))
    assert partial.status == "PartialSuccess"
    assert len(partial.retrieved) == 1
    empty = dmp.send("repository", "ITI-43", f'<x:RetrieveDocumentSetRequest xmlns:x="{XDS}"/>', [])
    assert "XDS-RET-04" in empty.rules


def test_a_fault_of_retrieval_comes_in_a_package_whatever_the_switch(fresh: Documents) -> None:
    fresh.switch(packed_answers=False)
    one = fresh.query().documents[0]
    answered = fresh.retrieve((one.repository, one.unique_id), said=INDIRECT)
    assert answered.reply.status == 500
    assert dict(answered.reply.exchange.response_headers)["content-type"].startswith("multipart/related")
    plain = fresh.deposit()
    assert dict(plain.reply.exchange.response_headers)["content-type"].startswith("application/soap+xml")


@pytest.mark.parametrize("kind", ["empty", "not_xml", "cut", "truncated_package", "missing_part"])
def test_malformed_answers_are_malformed(dmp: Documents, kind: str) -> None:
    one = dmp.query().documents[0]
    good = dmp.retrieve((one.repository, one.unique_id)).reply.body
    dmp.session.switches.arm("dmp.malformed", kind)
    with contextlib.suppress(BadPackage, BadEnvelope):  # what a reader says of it does not matter here
        dmp.retrieve((one.repository, one.unique_id))
    kept = dmp.journal.last
    assert kept is not None
    assert kept.facts["malformed"] == kind
    assert len(kept.response_body) < len(good)


def test_a_deleted_document_is_neither_listed_nor_given(fresh: Documents) -> None:
    from norms.xds.names import DELETED

    lot = fresh.lot()
    fresh.deposit(lot)
    one = fresh.listed(lot.submission.entries[0].unique_id)
    assert fresh.change_status(one, DELETED).status == "Success"
    assert one.unique_id not in {e.unique_id for e in fresh.query(Status=(APPROVED, DELETED)).documents}
    assert fresh.retrieve((one.repository, one.unique_id)).codes == ["XDSDocumentUniqueIdError"]
    assert replace(one, status=DELETED).status == DELETED


def test_a_status_that_nothing_has_is_told(dmp: Documents) -> None:
    answered = dmp.query(Status=("Approved",))
    assert (answered.status, answered.documents, answered.rules) == ("Success", [], ["XDS-QRY-10"])


def test_a_patient_id_without_type_is_shown_as_it_must_be(dmp: Documents) -> None:
    ins, oid = dmp.ins(PATIENT)
    answered = dmp.query(PatientId=(f"{ins}^^^&{oid}&ISO",))
    assert answered.codes == ["XDSStoredQueryParamNumber"]
    assert f"'{ins}^^^&{oid}&ISO^NH' :" in answered.errors[0].context
