"""Receipts and notices: written and read in both generations, and as others write them."""

from __future__ import annotations

import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from norms.mail import Address, Draft, File, bounce, compose, dsn, mdn, parse
from norms.mail.mdn import Error, Generation, Mdn

NOW = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
ORIGINAL = compose(
    Draft(
        sender=Address("a@x.mssante.fr", "Dr_Anne_EXEMPLE"), to=(Address("b@y.mssante.fr"),), date=NOW,
        subject="XDM/1.0/DDM+Compte rendu PINSON LÉONIE 12/05/1985", text="Voici.\n", message_id="1@x",
        archive=b"PK\x03\x04zip", files=(File("20261120_CR_PINSON_LÉONIE.pdf", b"%PDF-1.4"),), ask_mdn="a@x.mssante.fr",
    )
)  # fmt: skip
FROM, TO = Address("b@y.mssante.fr", "Accueil"), Address("a@x.mssante.fr")
RECEIPT = Mdn(final_recipient="b@y.mssante.fr", original_id="1@x", original=ORIGINAL)


def _sent(one: Mdn) -> bytes:
    return mdn.compose(one, sender=FROM, to=TO, date=NOW, message_id="r1@y", nil="NIL9")


def test_a_person_who_read_it() -> None:
    mail = parse(_sent(RECEIPT))
    read = mdn.read(mail)
    assert read is not None
    assert mail.problems == ()
    assert (read.type, read.mode, read.original_id) == ("displayed", mdn.MANUAL, "1@x")
    assert read.final_recipient == FROM.address
    assert (read.original, read.failed, read.generation) == (ORIGINAL, False, Generation.RFC)
    assert mail.in_reply_to == ["1@x"]
    assert len(mail.root.parts) == 3


@pytest.mark.parametrize("generation", [Generation.OLD, Generation.NEW])
def test_an_error_of_integration_in_both_generations(generation: Generation) -> None:
    one = replace(RECEIPT, mode=mdn.AUTOMATIC, type="processed", error=mdn.error("902"), generation=generation)
    mail = parse(_sent(one))
    read = mdn.read(mail)
    assert read is not None
    assert read.error == Error("902", "Patient inconnu")
    assert read.failed
    assert read.generation is generation
    assert "902" in read.words
    assert mail.subject == "[KO Intégration système !][902] XDM/1.0/DDM+Compte rendu PINSON LÉONIE 12/05/1985"
    if generation is Generation.OLD:
        assert read.repeated == ("IHE_XDM.zip", "20261120_CR_PINSON_LÉONIE.pdf")
        assert b"processed/Error:\r\n 902^" in bytes(mail.root.parts[1].body)
    else:
        assert len(mail.root.parts) == 3
        assert read.original == ORIGINAL
        assert b"processed/error\r\nError: 902^Patient inconnu\r\n" in bytes(mail.root.parts[1].body)


def test_the_standard_library_agrees_on_the_report() -> None:
    theirs = email.message_from_bytes(_sent(RECEIPT), policy=email.policy.default)
    assert theirs.get_content_type() == "multipart/report"
    assert theirs.get_param("report-type") == "disposition-notification"
    assert [part.get_content_type() for part in theirs.iter_parts()] == [  # type: ignore[union-attr]
        "text/plain", "message/disposition-notification", "message/rfc822"
    ]  # fmt: skip


def test_a_receipt_goes_by_itself_only_to_the_return_path() -> None:
    mail = parse(ORIGINAL)
    assert mdn.asked(mail) == "a@x.mssante.fr"
    assert mdn.may_be_automatic(mail)
    assert not mdn.may_be_automatic(parse(b"Return-Path: <other@z.fr>\r\n" + ORIGINAL))
    assert not mdn.may_be_automatic(parse(ORIGINAL.replace(b"Disposition-Notification-To", b"X-Nothing")))


def test_a_delivery_notice_reads_back() -> None:
    outcomes = (
        dsn.Outcome(final="b@y.fr", action="delivered", status="2.0.0", original="B@y.fr", remote="mx.y.fr"),
        dsn.Outcome(final="c@y.fr", action="failed", status="5.1.1", diagnostic="smtp; 550 5.1.1 inconnu"),
    )
    notice = dsn.Dsn(
        reporting="mx.x.fr", outcomes=outcomes, envid="E1", arrival=NOW, original=ORIGINAL, headers_only=False
    )
    mail = parse(dsn.compose(notice, to="a@x.mssante.fr", date=NOW, message_id="d1@mx"))
    read = dsn.read(mail)
    assert read is not None
    assert replace(read, words="") == notice
    assert "550 5.1.1 inconnu" in read.words
    assert (read.failed, read.original_id, dsn.reported_id(mail)) == (True, "1@x", "1@x")
    short = dsn.read(parse(dsn.compose(replace(notice, headers_only=True), to="a@x.fr", date=NOW, message_id="d@mx")))
    assert short is not None
    assert short.headers_only
    assert short.original_id == "1@x"
    assert b"PK" not in short.original


word = st.from_regex(r"[a-z0-9][a-z0-9.-]{0,12}", fullmatch=True)
outcome = st.builds(
    dsn.Outcome, final=word.map(lambda w: f"{w}@x.fr"), action=st.sampled_from(dsn.ACTIONS),
    status=st.sampled_from(["2.0.0", "4.4.1", "5.2.2"]), diagnostic=st.just("") | word, remote=word,
)  # fmt: skip


@given(st.lists(outcome, min_size=1, max_size=4).map(tuple), word)
@settings(max_examples=25)
def test_any_notice_reads_back(outcomes: tuple[dsn.Outcome, ...], envid: str) -> None:
    notice = dsn.Dsn(reporting="mx.x.fr", outcomes=outcomes, envid=envid, words="Voilà.")
    assert dsn.read(parse(dsn.compose(notice, to="a@x.fr", date=NOW, message_id="d@x"))) == notice


def test_a_notice_of_postfix_reads() -> None:
    raw = (
        b"From: MAILER-DAEMON@mx.fr (Mail Delivery System)\r\nTo: a@x.fr\r\nSubject: Undelivered\r\n"
        b'Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary="4F/1.2"\r\n\r\n'
        b"This is MIME.\r\n\r\n--4F/1.2\r\nContent-Description: Notification\r\n\r\nSorry.\r\n\r\n"
        b"--4F/1.2\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.fr\r\nX-Queue: 4F\r\n"
        b"Arrival-Date: Sun, 22 Nov 2026 10:00:00 +0000 (UTC)\r\n\r\nFinal-Recipient: rfc822; c@y.fr\r\n"
        b"Original-Recipient: rfc822;c@y.fr\r\nAction: failed\r\nStatus: 5.1.1\r\n"
        b"Diagnostic-Code: smtp; 550 5.1.1 <c@y.fr>:\r\n    Recipient address rejected\r\n\r\n--4F/1.2--\r\n"
    )
    read = dsn.read(parse(raw))
    assert read is not None
    assert (read.reporting, read.outcomes[0].final, read.outcomes[0].status) == ("mx.fr", "c@y.fr", "5.1.1")
    assert read.arrival == NOW
    assert read.outcomes[0].diagnostic.endswith("Recipient address rejected")


@pytest.mark.parametrize("cause", bounce.CAUSES)
def test_a_refusal_of_mon_espace_sante_is_tied_to_its_message(cause: str) -> None:
    raw = bounce.compose(cause, original=ORIGINAL, recipient="2@patient.mssante.fr", date=NOW, message_id="b@p")
    mail = parse(raw)
    assert mail.problems == ()
    assert mail.in_reply_to == mail.references == ["1@x"]
    assert "simulé" in mail.texts[0].text
    assert (dsn.read(mail) is not None) == (cause == "size")
    assert mail.header("x-segur-simulated") == "yes"


@given(st.binary(max_size=300))
@settings(max_examples=25)
def test_no_bytes_make_a_receipt_raise(raw: bytes) -> None:
    head = b"Content-Type: message/disposition-notification\r\n\r\n"
    assert mdn.read(parse(head + raw)) is not None
    assert dsn.read(parse(head.replace(b"disposition-notification", b"delivery-status") + raw)) is not None
    assert mdn.read(parse(raw)) is None or b"message/disposition" in raw
