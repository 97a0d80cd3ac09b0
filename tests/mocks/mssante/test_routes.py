"""Patients' mailboxes and what becomes of a message sent there; notices, their delay; patients who act."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from mocks.igc.pki import Pki
from mocks.mssante.patient import PatientError
from mocks.mssante.routing import AUTOMATIC
from norms.mail import dsn, mdn
from norms.mail.address import Address
from norms.mail.bounce import SIMULATED
from norms.mail.compose import Draft, File, compose
from tests.smtp_kit import DOCTOR_BOX, OTHER_BOX, Operated, letter, operating

ARCHIVES = "archives@centre-orme.formation.mssante.fr"
PHARMACY = "contact@pharmacie-frene.formation.mssante.fr"


@pytest.fixture(scope="module")
def bench(pki: Pki) -> Iterator[Operated]:
    with operating(pki) as operated:
        yield operated


@pytest.fixture
def op(bench: Operated) -> Operated:
    bench.session.reset()
    bench.hub.journal.purge()
    return bench


def address(op: Operated, patient: str = "") -> str:
    """The address of a patient of the world."""
    world = op.session.world
    found = (
        world.patients[patient] if patient else next(p for p in world.patients.values() if p.ins and p.mes == "open")
    )
    assert found.ins
    return f"{found.ins.full}@patient.mssante.fr"


def send(op: Operated, to: str, message: bytes = b"", **more: list[str]) -> None:
    with op.opened() as client:
        client.sendmail(DOCTOR_BOX, to, message or letter(to=to), **more)


@pytest.mark.parametrize("state", ["closed", "not-activated", "absent"])
def test_a_patient_who_does_not_receive(op: Operated, state: str) -> None:
    to = address(op)
    patient = op.session.world.patient_box(to)[0]
    assert patient
    op.session.world.patch("patients", patient.id, {"mes": state})
    send(op, to)
    notice = op.inbox(DOCTOR_BOX)[-1]
    assert notice.header(SIMULATED) == "yes"
    assert notice.in_reply_to == ["essai.1@cabinet.example"]
    cause = {"absent": "unknown"}.get(state, state)
    assert op.kept("bounce")[0].outcome == cause
    assert op.rules("submit") == ["SMTP-RCPT-06"]
    send(op, to, rcpt_options=["NOTIFY=NEVER"])
    assert len(op.kept("bounce")) == 1


def test_addresses_that_are_no_patient(op: Operated) -> None:
    good = address(op)
    wrong_key = f"{good[:13]}{(int(good[13:15]) % 97) + 1:02d}{good[15:]}"
    for to in (wrong_key, "jeanne@patient.mssante.fr", "1234567890123@patient.mssante.fr"):
        send(op, to)
    assert [one.outcome for one in op.kept("bounce")] == ["invalid"] * 3
    assert set(op.rules("submit")) == {"SMTP-RCPT-05"}


def test_sizes_and_quota(op: Operated) -> None:
    op.session.switches.set({"mssante.patient_mb": 1})
    big = letter(body="x" * 900 + ("\r\n" + "x" * 900) * 1200)
    send(op, address(op), big)
    assert op.kept("bounce")[0].outcome == "size"
    report = dsn.read(op.inbox(DOCTOR_BOX)[-1])
    assert report is not None
    assert report.outcomes[0].status == "5.3.4"
    send(op, ARCHIVES, big)
    op.session.world.patch("mailboxes", ARCHIVES, {"max_mb": 10})
    send(op, ARCHIVES, big)
    assert [one.outcome for one in op.kept("dsn")] == ["size", "full"]


def test_bounces_instead_of_refusals_and_their_delay(op: Operated) -> None:
    op.session.switches.set(
        {"mssante.unknown_domain": "bounce", "mssante.unknown_box": "bounce", "mssante.notice_delay_s": 3600}
    )
    send(op, "x@ailleurs.example")
    send(op, "personne@tilleuls.formation.mssante.fr")
    assert not op.kept("dsn")
    op.session.clock.offset = 3601
    op.operator.post.run_due()
    assert [one.outcome for one in op.kept("dsn")] == ["domain", "unknown"]
    statuses = [report.outcomes[0].status for one in op.inbox(DOCTOR_BOX) if (report := dsn.read(one))]
    assert statuses == ["5.7.1", "5.1.1"]


def test_the_automatic_mailbox(op: Operated) -> None:
    send(op, AUTOMATIC, letter(to=AUTOMATIC, Reply_To=OTHER_BOX))
    assert op.inbox(OTHER_BOX)[-1].in_reply_to == ["essai.1@cabinet.example"]
    send(op, AUTOMATIC, letter(to=AUTOMATIC, X_MSS_MES="FIN"))
    assert len(op.kept("patient-automatic")) == 1
    op.session.switches.set({"mssante.auto_reply": "not-activated"})
    send(op, AUTOMATIC)
    assert op.kept("bounce")[0].outcome == "not-activated"


def prescription(op: Operated, to: str) -> bytes:
    return compose(
        Draft(
            sender=Address(DOCTOR_BOX, "Dr_Claire_ROMARIN"),
            to=(Address(to),),
            subject="XDM/1.0/DDM+Ordonnance",
            text="Bonjour",
            date=op.operator.post.now(op.session),
            message_id="ordonnance.1@cabinet.example",
            archive=b"PK\x03\x04 archive",
            files=(File("20260101_Ordonnance_NOM_Prénom.pdf", b"%PDF-1.4"),),
            ask_mdn=DOCTOR_BOX,
        )
    )


def test_a_patient_reads_answers_and_goes_to_the_pharmacy(op: Operated) -> None:
    to, patients, session = address(op), op.operator.patients, op.session
    send(op, to, prescription(op, to))
    who = session.world.patient_box(to)[0]
    assert who
    assert patients.read(session, who.id, 1) is not None
    receipt = mdn.read(op.inbox(DOCTOR_BOX)[-1])
    assert receipt is not None
    assert (receipt.type, receipt.original_id) == ("displayed", "ordonnance.1@cabinet.example")
    patients.reply(session, to, 1, "Merci docteur")
    answer = op.inbox(DOCTOR_BOX)[-1]
    assert (answer.sender.address, answer.in_reply_to) == (to, ["ordonnance.1@cabinet.example"])
    assert answer.sender.name.startswith(who.first_given_name.title())
    patients.forward(session, to, 1)
    passed = op.inbox(PHARMACY)[-1]
    assert [part.filename for part in passed.attachments] == ["IHE_XDM.zip", "20260101_Ordonnance_NOM_Prénom.pdf"]
    folder = op.operator.boxes.folder(session.id, to, "INBOX")
    message = op.operator.boxes.message(folder, 1)
    assert message is not None
    assert message.flags == {"\\Seen", "\\Answered", "$MDNSent", "$Forwarded"}
    send(op, to, letter(to=to, X_MSS_MES="FIN"))
    for act, reason in (
        (lambda: patients.reply(session, to, 2), "closed"),
        (lambda: patients.reply(session, to, 9), "no-message"),
        (lambda: patients.receipt(session, to, 2), "no-receipt"),
        (lambda: patients.forward(session, to, 2), "no-document"),
        (lambda: patients.reply(session, "nobody", 1), "no-patient"),
    ):
        with pytest.raises(PatientError) as refused:
            act()
        assert refused.value.reason == reason
    patients.write(session, to, DOCTOR_BOX, "Une question", "Bonjour", named=False)
    assert op.inbox(DOCTOR_BOX)[-1].header("from") == to
