"""The reference software's mail: whose a document is, whom it may write to, what it reads of the Annuaire."""

from __future__ import annotations

import pytest

from harness.drive.reference.defects import Defects
from harness.drive.reference.model import Ins, Patient, Refused, Traits
from harness.drive.reference.mss import reading
from harness.drive.reference.mss.annuaire import addresses
from harness.drive.reference.mss.letter import Identity, Letter
from harness.drive.reference.mss.writing import patient_address

TRAITS = Traits("PINSON", "LEONIE MARIE", "LEONIE", "F", "1985-05-12", "63113")
INS = Ins("2850555039910", "10", "1.2.250.1.213.1.4.10")
WHO = Identity(INS.full, INS.oid, "PINSON", "LEONIE", "1985-05-12", "F")
OTHER = {"ins": "285055503991099", "birth_name": "PINCON", "birth_date": "1985-05-13", "sex": "M"}


def record(status: str = "qualifiee") -> Patient:
    return Patient("P1", TRAITS, status, INS)


@pytest.mark.parametrize(
    ("about", "status", "reason"),
    [
        (WHO, "qualifiee", ""),
        (WHO, "recuperee", "not-qualified"),
        (Identity(birth_name="PINSON", first_given_name="LEONIE"), "qualifiee", "no-ins"),
        (Identity(OTHER["ins"], INS.oid, "PINSON", "LEONIE", "1985-05-12", "F"), "qualifiee", "unknown"),
        (Identity(INS.full, INS.oid, OTHER["birth_name"], "LEONIE", "1985-05-12", "F"), "qualifiee", "traits-differ"),
        (Identity(INS.full, INS.oid, "PINSON", "LEONIE", OTHER["birth_date"], "F"), "qualifiee", "traits-differ"),
        (Identity(INS.full, INS.oid, "PINSON", "LEONIE", "1985-05-12", OTHER["sex"]), "qualifiee", "traits-differ"),
    ],
)
def test_a_document_files_itself_at_a_strict_match_only(about: Identity, status: str, reason: str) -> None:
    found, why = reading.match(about, [record(status)], Defects())
    assert (found is not None, why) == (not reason, reason)


def test_the_patients_address_needs_a_qualified_identity() -> None:
    assert patient_address(record(), Defects()) == f"{INS.full}@patient.mssante.fr"
    with pytest.raises(Refused):
        patient_address(record("recuperee"), Defects())
    assert (
        patient_address(record("recuperee"), Defects(["mss-writes-to-unqualified"])) == f"{INS.full}@patient.mssante.fr"
    )


def test_a_subject_is_shown_without_its_mark() -> None:
    subject = "XDM/1.0/DDM+Compte rendu PINSON LEONIE 12/05/1985"
    letter = Letter("M1", "a@b.test", "1@x", "c@d.test", "", (), subject, "", "received")
    assert letter.label == "Compte rendu PINSON LEONIE 12/05/1985"


def test_ordinary_addresses_of_the_annuaire_are_left_out() -> None:
    mailbox = {
        "system": "email", "value": "Claire@Tilleuls.mssante.fr",
        "extension": [{"url": "https://x/as-ext-mailbox-mss-metadata", "extension": [
            {"url": "type", "valueCodeableConcept": {"coding": [{"code": "PER"}]}}]}],
    }  # fmt: skip
    resource = {"telecom": [{"system": "email", "value": "accueil@exemple.test"}, mailbox]}
    assert list(addresses(resource)) == [("claire@tilleuls.mssante.fr", "PER")]
    assert len(list(addresses(resource, any_mail=True))) == 2
