"""Simulated patients through the control API: they write, read, answer, acknowledge, go to the pharmacy."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from harness.client import BenchClient, BenchError
from norms.mail import Address, Draft, File, compose
from tests.smtp_kit import DOCTOR_BOX, seed

PHARMACY = "contact@pharmacie-frene.formation.mssante.fr"
WHEN = datetime(2026, 1, 15, 9, tzinfo=UTC)


def test_a_patient_acts(client: BenchClient) -> None:
    session = client.open_session("patient")["id"]
    patient = next(one for one in seed().patients.values() if one.ins and one.mes == "open")
    assert patient.ins
    address = f"{patient.ins.full}@patient.mssante.fr"
    draft = Draft(
        sender=Address(DOCTOR_BOX, "Dr_Claire_ROMARIN"),
        to=(Address(address),),
        subject="Ordonnance",
        text="Bonjour",
        date=WHEN,
        message_id="ordonnance.2@cabinet.example",
        files=(File("ordonnance.pdf", b"%PDF-1.4"),),
        ask_mdn=DOCTOR_BOX,
    )
    uid = client.put_message(session, address, compose(draft))
    assert client.patient_acts(session, patient.id, uid, "read", {"receipt": False})["exchange"] == 0
    assert client.patient_acts(session, patient.id, uid, "receipt")["to"] == DOCTOR_BOX
    assert client.patient_acts(session, address, uid, "reply", {"text": "Merci"})["outcome"] == "delivered"
    assert client.patient_acts(session, patient.id, uid, "forward")["to"] == PHARMACY
    client.patient_writes(session, patient.id, {"to": DOCTOR_BOX, "subject": "Question"})
    assert [row["subject"] for row in client.messages(session, DOCTOR_BOX)][1:] == ["Re: Ordonnance", "Question"]
    assert [row["subject"] for row in client.messages(session, PHARMACY)] == ["Ordonnance"]
    for refused, code in (
        (lambda: client.patient_acts(session, "personne", 1, "reply"), "404"),
        (lambda: client.patient_acts(session, patient.id, 9, "reply"), "404"),
        (lambda: client.patient_acts(session, patient.id, uid, "dance"), "404"),
        (lambda: client.patient_writes(session, patient.id, {"to": "a\r\nBcc: x@y.fr"}), "422"),
    ):
        with pytest.raises(BenchError, match=code):
            refused()
    ended = compose(
        Draft(
            sender=Address(DOCTOR_BOX),
            to=(Address(address),),
            subject="Fin",
            text="Bonjour",
            date=WHEN,
            message_id="fin.1@cabinet.example",
            end=True,
        )
    )
    uid = client.put_message(session, address, ended)
    with pytest.raises(BenchError, match="409 Le professionnel a mis fin"):
        client.patient_acts(session, patient.id, uid, "reply")
    client.close_session(session)
