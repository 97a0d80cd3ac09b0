"""TD3.3 a to d: versions, statuses, who may, all or nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from norms.xds.check import MASKED, NORMAL, NOT_PATIENT
from norms.xds.model import DocumentEntry, Submission
from norms.xds.names import APPROVED, ARCHIVED, DELETED, DEPRECATED
from norms.xds.update import status_change, write_update
from tests.dmp_bench import DIRECT, INDIRECT
from tests.dmp_documents import PATIENT, Documents, cda


@pytest.fixture
def dmp(pki: Any) -> Documents:
    return Documents(pki)


def own(dmp: Documents) -> DocumentEntry:
    """A document of the default doctor, just deposited."""
    lot = dmp.lot()
    assert dmp.deposit(lot).status == "Success"
    return dmp.listed(lot.submission.entries[0].unique_id)


def test_masking_makes_a_new_version_of_the_same_document(dmp: Documents) -> None:
    before = own(dmp)
    answered = dmp.change_metadata(replace(before, confidentiality=(NORMAL, MASKED)))
    assert (answered.status, answered.reply.exchange.operation) == ("Success", "TD3.3a")
    after = dmp.listed(before.unique_id)
    assert after.id != before.id
    assert (after.lid, after.version) == (before.lid, "2")
    assert after.visibility == {"N", "MASQUE_PS"}
    assert before.id in {entry.id for entry in dmp.query(Status=(DEPRECATED,)).documents}
    assert dmp.change_metadata(replace(after, confidentiality=(NORMAL,))).status == "Success"
    assert dmp.listed(before.unique_id).version == "3"


def test_making_visible_to_the_patient(dmp: Documents) -> None:
    lot = dmp.lot().entry("Document01", confidentiality=(NORMAL, NOT_PATIENT))
    dmp.deposit(lot)
    hidden = dmp.listed(lot.submission.entries[0].unique_id)
    answered = dmp.change_metadata(replace(hidden, confidentiality=(NORMAL,)))
    assert (answered.status, answered.reply.exchange.operation) == ("Success", "TD3.3b")
    seen = dmp.listed(hidden.unique_id)
    assert seen.visibility == {"N"}
    back = dmp.change_metadata(replace(seen, confidentiality=(NORMAL, NOT_PATIENT)))
    assert "XDS-UPD-08" in back.rules
    assert back.codes == ["LocalPolicyRestrictionError"]


def test_archive_take_out_delete(dmp: Documents) -> None:
    one = own(dmp)
    assert dmp.change_status(one, ARCHIVED).status == "Success"
    assert dmp.listed(one.unique_id, Status=(ARCHIVED,)).id == one.id
    assert dmp.change_status(one, APPROVED, ARCHIVED).status == "Success"
    gone = dmp.change_status(one, DELETED)
    assert (gone.status, gone.reply.exchange.operation) == ("Success", "TD3.3c")
    again = dmp.change_status(one, DELETED)
    assert again.codes == ["XDSMetadataUpdateError"]


@pytest.mark.parametrize(
    ("original", "new", "code"),
    [
        (ARCHIVED, DELETED, "XDSMetadataUpdateError"),
        (APPROVED, DEPRECATED, "XDSMetadataUpdateOperationError"),
        (APPROVED, "x", "XDSMetadataUpdateOperationError"),
    ],
)
def test_statuses_that_do_not_follow(dmp: Documents, original: str, new: str, code: str) -> None:
    one = own(dmp)
    assert dmp.change_status(one, new, original).codes == [code]
    assert dmp.listed(one.unique_id) == one


def test_a_wrong_version_or_other_metadata_are_refused(dmp: Documents) -> None:
    one = own(dmp)
    masked = replace(one, confidentiality=(NORMAL, MASKED))
    assert dmp.change_metadata(masked, previous="7").codes == ["XDSMetadataVersionError"]
    renamed = dmp.change_metadata(replace(masked, title="Autre titre"))
    assert renamed.codes == ["XDSMetadataUpdateError"]
    assert "title" in renamed.errors[0].context
    unknown = dmp.change_metadata(replace(masked, lid="urn:uuid:00000000-0000-0000-0000-000000000000"))
    assert "XDS-UPD-01" in unknown.rules
    assert dmp.listed(one.unique_id) == one


def test_a_replaced_or_deleted_document_is_not_updated(dmp: Documents) -> None:
    one = own(dmp)
    lot = dmp.lot(cda(dmp.ins(PATIENT), replaces=one.unique_id), replaced={"Document01": one.id})
    assert dmp.deposit(lot).status == "Success"
    masked = replace(one, confidentiality=(NORMAL, MASKED))
    assert dmp.change_metadata(masked).rules == ["XDS-UPD-09"]
    new = dmp.listed(lot.submission.entries[0].unique_id)
    assert dmp.change_status(new, DELETED).status == "Success"
    assert dmp.change_metadata(replace(new, confidentiality=(NORMAL, MASKED))).rules == ["XDS-UPD-01"]


def test_only_the_author_deletes(dmp: Documents) -> None:
    others = next(e for e in dmp.query().documents if e.authors[0].persons[0].startswith("899700900030"))
    refused = dmp.change_status(others, DELETED)
    assert refused.codes == ["DMPAccessDeniedByRightsService"]
    assert "DMP-DOC-01" in refused.rules


def test_a_structure_deletes_what_it_sent(dmp: Documents) -> None:
    one = own(dmp)
    assert dmp.change_status(one, DELETED, said=INDIRECT).status == "Success"


def test_a_patient_s_document_is_for_the_treating_doctor(dmp: Documents) -> None:
    patients = next(e for e in dmp.query().documents if e.class_code and e.class_code.code == "90")
    assert dmp.change_status(patients, ARCHIVED).status == "Success"
    dmp.session.world.patch("patients", PATIENT, {"dmp": {"treating": "", "rights": [{"who": "899700900014"}]}})
    assert "DMP-DOC-03" in dmp.change_status(patients, APPROVED, ARCHIVED).rules


def test_indirect_may_not_mask(dmp: Documents) -> None:
    one = own(dmp)
    answered = dmp.change_metadata(replace(one, confidentiality=(NORMAL, MASKED)), said=INDIRECT)
    assert answered.reply.status == 500
    assert dmp.listed(one.unique_id) == one


def test_several_updates_are_made_together_or_not_at_all(dmp: Documents) -> None:
    one, two = own(dmp), own(dmp)
    whole = dmp.managing_set()
    first = status_change(whole, one.id, APPROVED, ARCHIVED).associations[0]
    bad = replace(status_change(whole, two.id, ARCHIVED, DELETED).associations[0], id="as2")
    answered = dmp.send("registry", "ITI-57", write_update(Submission(whole, (), (first, bad))))
    assert answered.status == "Failure"
    assert dmp.listed(one.unique_id) == one
    good = replace(bad, slots=(("OriginalStatus", (APPROVED,)), ("NewStatus", (ARCHIVED,))))
    answered = dmp.send("registry", "ITI-57", write_update(Submission(dmp.managing_set(), (), (first, good))))
    assert answered.status == "Success"
    assert {e.unique_id for e in dmp.query(Status=(ARCHIVED,)).documents} >= {one.unique_id, two.unique_id}


def test_an_empty_request_is_told(dmp: Documents) -> None:
    answered = dmp.send("registry", "ITI-57", write_update(Submission(dmp.managing_set())), said=DIRECT)
    assert "XDS-UPD-07" in answered.rules
