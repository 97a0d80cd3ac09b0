"""Messages that the bench sends into mailboxes: each case is what it says, and nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from mocks.igc.pki import Pki
from mocks.journal import Exchange
from mocks.mssante import incoming
from mocks.mssante.incoming import CASES, BadOrder, Order
from norms import xdm
from norms.finding import Severity
from norms.mail import Facts, check, mdn
from norms.mail.model import Mail
from norms.mail.parse import parse
from norms.xdm.actions import action_of
from tests.smtp_kit import DOCTOR_BOX, OTHER_BOX, Operated, letter, operating

PATIENT = "pinson-leonie"


@pytest.fixture(scope="module")
def operator(pki: Pki) -> Iterator[Operated]:
    with operating(pki) as made:
        yield made


def received(operator: Operated, case: str, **more: object) -> tuple[incoming.Written, Mail, Exchange]:
    order = Order(case, DOCTOR_BOX, **{"patient": PATIENT, **more})  # type: ignore[arg-type]
    written = incoming.send(operator.operator.post, operator.session, order)
    entry = operator.hub.journal.get(written.exchange)
    assert entry is not None
    return written, parse(entry.request_body), entry


def wrong(mail: Mail) -> set[str]:
    found = xdm.validate(mail.archives[0].content)
    return {one.rule for one in found if one.severity is Severity.ERROR}


def faults(mail: Mail) -> set[str]:
    """What is wrong in the whole message, warnings too."""
    return {one.rule for one in check(mail, Facts(kind="PER")) if one.severity is not Severity.INFO}


SOUND = [
    ("document", 1),
    ("three", 3),
    ("subject-lies", 1),
    ("two-sets", 2),
    ("biology", 1),
    ("encoded-subject", 1),
    ("signed", 1),
    ("other-ins", 1),
]


@pytest.mark.parametrize(("case", "count"), SOUND)
def test_sound_cases_are_sound(operator: Operated, case: str, count: int) -> None:
    written, mail, entry = received(operator, case)
    assert (len(written.documents), entry.operation, entry.outcome) == (count, "incoming", case)
    assert wrong(mail) == set()
    lies = {"MAIL-SUBJ-04", "MAIL-SUBJ-05"} if case == "subject-lies" else set()
    assert faults(mail) == lies
    assert len(mail.pdfs) == count


@pytest.mark.parametrize(("case", "rules"), [("wrong-hash", "XDM-DOC"), ("corrupt", "XDM-ZIP")])
def test_spoilt_archives_are_told_by_their_rule(operator: Operated, case: str, rules: str) -> None:
    _, mail, _ = received(operator, case)
    found = wrong(mail)
    assert found
    assert all(rule.startswith(rules) for rule in found)


def test_two_patients_in_one_archive(operator: Operated) -> None:
    _, mail, _ = received(operator, "two-patients")
    opened = xdm.open_archive(mail.archives[0].content)
    assert len({one.entry.patient_id for one in opened.documents}) == 2


@pytest.mark.parametrize(("case", "action"), [("replaces", "C"), ("deletes", "D")])
def test_replacing_and_deleting_name_the_document(operator: Operated, case: str, action: str) -> None:
    first, _, _ = received(operator, "document")
    written, mail, _ = received(operator, case, previous=first.documents[0])
    held = xdm.open_archive(mail.archives[0].content).documents[0]
    assert held.subset.submission is not None
    assert action_of(held.subset.submission, held.entry) == action
    assert (written.documents == first.documents) is (case == "deletes")
    assert faults(mail) == set()  # the text says it too


def test_receipts_of_both_generations_name_the_message(operator: Operated) -> None:
    for case in ("mdn", "mdn-error", "mdn-old-error"):
        receipt = mdn.read(received(operator, case, about="sent@reference.segur.test")[1])
        assert receipt is not None
        assert receipt.original_id == "sent@reference.segur.test"
        assert receipt.failed is (case != "mdn")


def test_a_patient_writes_with_or_without_a_name(operator: Operated) -> None:
    # The name in use, as when the patient is made to write or answer (mocks.mssante.patient).
    for case, name in (("patient", "Leonie Mesange"), ("patient-unnamed", "")):
        sender = received(operator, case)[1].sender
        assert sender.address.endswith("@patient.mssante.fr")
        assert sender.name == name


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"case": "unheard"}, "document, three"),
        ({"to": "nobody@nowhere.test"}, "mailbox"),
        ({"patient": "ghost"}, "ghost"),
        ({"sender": "ghost@nowhere.test"}, "ghost@nowhere"),
        ({"case": "replaces"}, "uniqueId"),
        ({"case": "deletes", "previous": "1.2\n"}, "uniqueId"),
        ({"case": "mdn"}, "about"),
        ({"case": "mdn", "about": "a@b\r\nBcc: c@d"}, "a@b"),
        ({"case": "text", "about": "a b"}, "a b"),
    ],
)
def test_an_order_that_cannot_be_done_says_why(operator: Operated, change: dict[str, str], said: str) -> None:
    order = Order(**{"case": "document", "to": DOCTOR_BOX, "patient": PATIENT, **change})  # type: ignore[arg-type]
    with pytest.raises(BadOrder, match=said):
        incoming.send(operator.operator.post, operator.session, order)


@pytest.mark.parametrize("odd", ["", "x" * 3000, "é\r\nBcc: a@b.fr", "\x00\ud800", "1.2.3"])
def test_whatever_is_asked_is_written_soundly_or_refused(operator: Operated, odd: str) -> None:
    """No case raises anything but BadOrder, and no value begins a field or a document of its own."""
    senders = ("luc.verveine@msp-chenes.formation.mssante.fr", "secretariat@ch-alisier.formation.mssante.fr")
    for case in CASES:
        order = Order(case, DOCTOR_BOX.upper(), PATIENT, senders[len(case) % 2], odd, odd, text=odd)
        try:
            written = incoming.send(operator.operator.post, operator.session, order)
        except BadOrder:
            continue
        entry = operator.hub.journal.get(written.exchange)
        assert entry is not None
        mail = parse(entry.request_body)
        assert mail.header("bcc") == ""
        assert mail.message_id == written.message_id


def test_documents_need_an_ins_unless_the_case_is_to_have_none(operator: Operated) -> None:
    stranger = next(one.id for one in operator.session.world.patients.values() if one.ins is None)
    assert received(operator, "no-ins", patient=stranger)[0].documents
    with pytest.raises(BadOrder, match="no INS"):
        received(operator, "document", patient=stranger)


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl is not installed")
def test_the_signed_wrapper_is_one_that_openssl_verifies(operator: Operated, pki: Pki, tmp_path: Path) -> None:
    (tmp_path / "m.eml").write_bytes(received(operator, "signed")[2].request_body)
    told = ["cms", "-verify", "-inform", "SMIME", "-purpose", "any"]
    run = ["openssl", *told, "-in", str(tmp_path / "m.eml"), "-CAfile", str(pki.folder / "ca.pem"), "-out", os.devnull]
    done = subprocess.run(run, capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stderr


def test_the_last_message_sent_is_found_by_itself(operator: Operated) -> None:
    with pytest.raises(BadOrder, match="no message left"):
        received(operator, "mdn", about="last")
    entry = Exchange(
        operator.session.id, "mssante", 1.0, listener="smtp", operation="submit", outcome="accepted",
        facts={"mailbox": DOCTOR_BOX, "message_id": "mine@reference.segur.test"},
    )  # fmt: skip
    operator.hub.journal.record(entry)
    receipt = mdn.read(received(operator, "mdn", about="last")[1])
    assert receipt is not None
    assert receipt.original_id == "mine@reference.segur.test"


def test_a_receipt_holds_the_message_that_the_software_sent(operator: Operated) -> None:
    with operator.opened() as client:
        client.sendmail(DOCTOR_BOX, OTHER_BOX, letter())
    told = received(operator, "mdn-error", about="last")[1]
    receipt = mdn.read(told)
    assert receipt is not None
    assert parse(receipt.original).message_id == "essai.1@cabinet.example"
    assert told.subject == "[KO Intégration système !][902] Essai"
    assert faults(told) == set()
