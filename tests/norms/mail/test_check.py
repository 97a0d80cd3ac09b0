"""Good messages break no rule; each faulty one breaks its own rule and no other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from time import process_time
from typing import Any

import pytest

from norms import xdm
from norms.mail import Address, Draft, Facts, File, check, compose, mdn, parse, reply, same_message
from norms.mail.mdn import Generation, Mdn
from norms.xdm.actions import with_action
from tests.mail_kit import (
    FACTS,
    LIGHT,
    N1,
    N3,
    NOW,
    OTHER,
    SENDER,
    THREE,
    TO,
    archive,
    described,
    drafted,
    good,
    printed,
    rules,
    sample,
)

INS = described(sample(N1)).ins
PATIENT = Address(f"{INS}@patient.mssante.fr", "Léonie PINSON")
TO_PATIENT = replace(LIGHT, recipients=(PATIENT.address,), qualified={INS: True})
PLAIN = Draft(sender=SENDER, to=(TO,), subject="Bonjour", text="Bonjour.\n", date=NOW, message_id="1@x", nil="NIL1")
FIRST = parse(compose(replace(PLAIN, message_id="1@x", references=("0@x",))))


@pytest.mark.parametrize("names", [(N1,), (N3,), THREE])
def test_good_documents(names: tuple[str, ...]) -> None:
    assert rules(good(*names), FACTS) == set()


def test_good_replies_patient_messages_and_automatic_ones() -> None:
    answer = reply(replace(PLAIN, message_id="2@x", subject="Re: Bonjour"), "1@x", ("0@x",))
    assert rules(compose(answer), replace(FACTS, answers=FIRST)) == set()
    assert rules(good(N1, to=(PATIENT,), end=True), replace(TO_PATIENT, ends=True)) == set()
    box = Address("labo@sgl.mssante.fr", "Laboratoire du Sorbier")
    facts = replace(FACTS, kind="APP", mailbox=box.address, mail_from=box.address)
    text = f"Message automatique, ne pas y répondre. Contact : {SENDER.address}\n"
    assert rules(good(N1, sender=box, reply_to=(SENDER,), text=text), facts) == set()
    assert rules(good(N1, sender=box, reply_to=(SENDER,)), facts) == {"MAIL-APP-02"}
    both = replace(PLAIN, html="<html><head><style>p{}</style></head><p>Bonjour<b>.</b></p>", text="Bonjour\u00a0.\n")
    assert rules(compose(both)) == set()
    assert (
        rules(good(N1, ask_mdn=SENDER.address), replace(FACTS, wants_mdn=True, wants_dsn=True, notify=("SUCCESS",)))
        == set()
    )


def test_what_no_software_wrote_needs_no_header_of_a_product() -> None:
    patient = replace(PLAIN, sender=Address(PATIENT.address), nil="")
    assert rules(compose(patient), Facts()) == set()
    assert rules(compose(patient), replace(FACTS, mailbox=PATIENT.address, mail_from=PATIENT.address)) == {
        "MAIL-XMSS-01", "MAIL-FROM-01"
    }  # fmt: skip


Change = Callable[[bytes], bytes]


def _swap(old: str, new: str) -> Change:
    def change(raw: bytes) -> bytes:
        assert old.encode() in raw
        return raw.replace(old.encode(), new.encode(), 1)

    return change


def _without(name: str) -> Change:
    def change(raw: bytes) -> bytes:
        head, body = raw.split(b"\r\n\r\n", 1)
        kept = [row for row in head.split(b"\r\n") if not row.startswith(name.encode())]
        assert len(kept) < head.count(b"\r\n") + 1
        return b"\r\n".join(kept) + b"\r\n\r\n" + body

    return change


_TEXT = "Content-Type: text/plain; charset=UTF-8"
_ONE = described(sample(N1))
_PDF = drafted([sample(N1)]).files[0]
_XDM = drafted([sample(N1)]).archive


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("MAIL-HDR-01", _swap("<claire.romarin@medecin.mssante.fr>", "<claire>")),
        ("MAIL-HDR-02", _without("Date:")),
        ("MAIL-HDR-02", _swap("09:30:00 +0000", "09:30:00")),
        ("MAIL-HDR-03", _without("Message-ID:")),
        ("MAIL-HDR-04", _swap("<20261122.1@lgc.test>", "20261122")),
        ("MAIL-HDR-06", _without("To:")),
        ("MAIL-HDR-07", _swap("Sun, 22 Nov 2026 09:30", "Sat, 21 Nov 2026 09:30")),
        ("MAIL-HDR-10", _without("MIME-Version:")),
        ("MAIL-HDR-12", _swap("X-MSS-NIL", f"Bcc: {TO.address}\r\nX-MSS-NIL")),
        ("MAIL-FORM-03", _swap("Bonjour,", "Bonjour" * 200 + ",")),
        ("MAIL-FORM-14", _swap("Bonjour,", "Bon\0jour,")),
        ("MAIL-FORM-16", _swap("X-MSS-NIL", "X-Mailer: =?utf-8?q?LGC=0D=0ABcc:_c@d.fr?=\r\nX-MSS-NIL")),
        ("MAIL-THR-03", _swap("X-MSS-NIL", "In-Reply-To: abc\r\nX-MSS-NIL")),
        ("MAIL-SUBJ-01", _swap("XDM/1.0/DDM+", "")),
        ("MAIL-SUBJ-02", _swap("XDM/1.0/DDM+", "XDM/1.0/DDM ")),
        ("MAIL-SUBJ-03", _swap("CR ou fiche de consultation ou de visite", "Ordonnance de lunettes")),
        ("MAIL-SUBJ-04", _swap("PINSON LEONIE", "MERLE ROBERT")),
        ("MAIL-SUBJ-05", _swap("12/05/1985", "12/05/1986")),
        ("MAIL-SUBJ-08", _swap("LEONIE\r\n 12/05/1985", "LEONIE")),
        ("MAIL-XMSS-01", _without("X-MSS-NIL")),
        ("MAIL-XMSS-02", _swap("X-MSS-NIL: NIL1", "X-MSS-NIL: NIL2")),
        ("MAIL-XMSS-03", _without("X-MSS-CODECDA")),
        ("MAIL-XMSS-04", _swap("X-MSS-CODECDA: 11488-4", "X-MSS-CODECDA: 11488-4,34112-3")),
        ("MAIL-XMSS-06", _without("X-MSS-INS")),
        ("MAIL-XMSS-07", _swap("X-MSS-INS: O", "X-MSS-INS: OUI")),
        ("MAIL-XMSS-08", _swap("X-MSS-INS: O", "X-MSS-INS: N")),
        ("MAIL-XMSS-10", _swap("X-MSS-INS", "X-MSS-MES: Fin\r\nX-MSS-INS")),
        ("MAIL-XMSS-11", _swap("X-MSS-INS", "X-MSS-MES: FIN\r\nX-MSS-INS")),
        ("MAIL-XMSS-13", _swap("X-MSS-INS", "X-MSS-NIL: NIL1\r\nX-MSS-INS")),
        ("MAIL-TEXT-02", _swap(_TEXT, "Content-Type: text/plain; charset=iso-8859-1")),
        ("MAIL-TEXT-03", _swap("Bonjour,", "Journ=E9e,")),
        ("MAIL-TEXT-04", _swap(_TEXT, "Content-Type: text/html; charset=UTF-8")),
        ("MAIL-PART-10", _swap("multipart/mixed", "multipart/related")),
        ("MAIL-PART-12", _swap("application/zip", "application/octet-stream")),
        ("MAIL-RCPT-04", _swap("X-MSS-NIL", "Disposition-Notification-To: a@b.fr\r\nX-MSS-NIL")),
        ("MAIL-RCPT-05", _swap("X-MSS-NIL", "Disposition-Notification-To: oui\r\nX-MSS-NIL")),
    ],
)  # fmt: skip
def test_a_faulty_message_is_told_by_its_rule_alone(rule: str, change: Change) -> None:
    raw = good(N1)
    if rule == "MAIL-TEXT-03":
        raw = raw.replace(b"Encoding: 7bit", b"Encoding: quoted-printable", 1)
    assert rules(change(raw)) == {rule}


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        ("MAIL-SUBJ-06", {"archive": b"", "files": (), "codes": (), "ins": ""}),
        ("MAIL-TEXT-01", {"text": ""}),
        ("MAIL-TEXT-05", {"html": "<p>Bonjour,</p><p>voici autre chose.</p>"}),
        ("MAIL-PART-03", {"archive_name": "documents.zip"}),
        ("MAIL-PART-04", {"files": ()}),
        ("MAIL-PART-05", {"files": (File("20261120_x.pdf", b"%PDF-1.4\n%%EOF"),)}),
        ("MAIL-PART-06", {"files": (replace(_PDF, name="document.pdf"),)}),
        ("MAIL-PART-07", {"files": (replace(_PDF, name=_PDF.name.replace("PINSON", "MERLE")),)}),
        ("MAIL-PART-08", {"files": (replace(_PDF, data=printed("autre")),)}),
        ("MAIL-PART-09", {"files": (_PDF, File("scan.docx", b"PK\x03\x04x", "application/msword"))}),
        ("MAIL-PART-11", {"files": (replace(_PDF, data=b"%PDF-1.4 truncated"),)}),
        ("MAIL-FROM-01", {"sender": replace(SENDER, name="")}),
        ("MAIL-FROM-02", {"sender": replace(SENDER, name="Docteur Romarin")}),
        ("MAIL-FROM-04", {"sender": replace(SENDER, name=SENDER.address)}),
        ("MAIL-FROM-05", {"sender": replace(SENDER, name="Dr_Jean_ROMARIN")}),
    ],
)
def test_a_faulty_draft_is_told_by_its_rule_alone(rule: str, changes: dict[str, Any]) -> None:
    found = rules(good(N1, **changes))
    # A PDF that is not the document's own, nor named after it, has more than one fault.
    assert found - {"MAIL-PART-05": {"MAIL-PART-06", "MAIL-PART-08"}, "MAIL-PART-11": {"MAIL-PART-08"}}.get(
        rule, set()
    ) == {rule}


PLAIN_RAW = compose(PLAIN)
AUTOMATIC = replace(PLAIN, sender=Address(SENDER.address, "Labo"), text="Envoi automatique ; écrire à a@b.fr")


@pytest.mark.parametrize(
    ("rule", "raw", "known"),
    [
        ("MAIL-HDR-05", PLAIN_RAW, {"used": lambda one: one == "1@x"}),
        ("MAIL-HDR-08", PLAIN_RAW, {"mailbox": "other@x.fr"}),
        ("MAIL-HDR-09", PLAIN_RAW, {"mail_from": "other@x.fr"}),
        ("MAIL-HDR-11", PLAIN_RAW, {"recipients": ("other@x.fr",)}),
        ("MAIL-THR-01", compose(replace(PLAIN, message_id="2@x", references=("0@x", "1@x"))), {"answers": FIRST}),
        ("MAIL-THR-02", compose(reply(replace(PLAIN, message_id="2@x"), "1@x")), {"answers": FIRST}),
        ("MAIL-FROM-03", PLAIN_RAW, {"kind": "ORG"}),
        ("MAIL-APP-01", compose(AUTOMATIC), {"kind": "APP"}),
        ("MAIL-XMSS-05", compose(replace(PLAIN, codes=("11488-4",))), {}),
        ("MAIL-XMSS-09", compose(replace(PLAIN, ins="N")), {}),
        ("MAIL-SUBJ-07", compose(replace(PLAIN, subject="")), {}),
        ("MAIL-PART-01", PLAIN_RAW, {"documents": True}),
        ("MAIL-RCPT-01", PLAIN_RAW, {"wants_dsn": True, "notify": ("FAILURE",)}),
        ("MAIL-RCPT-03", PLAIN_RAW, {"wants_mdn": True}),
        ("MAIL-PAT-08", PLAIN_RAW, {"opposed": frozenset({TO.address})}),
    ],
)
def test_what_is_known_around_it_is_judged(rule: str, raw: bytes, known: dict[str, Any]) -> None:
    assert rules(raw, replace(LIGHT, **known)) == {rule}
    assert rules(PLAIN_RAW, Facts()) == set()  # nothing known, nothing said


@pytest.mark.parametrize(
    ("rule", "to", "known"),
    [
        ("MAIL-PAT-02", "leonie.pinson", {}),
        ("MAIL-PAT-03", INS[:13] + "99", {}),
        ("MAIL-PAT-04", described(sample(OTHER)).ins, {}),
        ("MAIL-PAT-05", INS, {"qualified": {INS: False}}),
        ("MAIL-PAT-07", INS, {"patient_limit": 1000}),
        ("MAIL-XMSS-12", INS, {"ends": True}),
    ],
)
def test_messages_to_patients(rule: str, to: str, known: dict[str, Any]) -> None:
    one = Address(f"{to}@patient.mssante.fr")
    facts = replace(TO_PATIENT, recipients=(one.address,), **known)
    assert rules(good(N1, to=(one,)), facts) == {rule}


def test_a_document_without_ins_says_n_and_does_not_go_to_a_patient() -> None:
    local = sample(N1).replace(b'root="1.2.250.1.213.1.4.10"', b'root="1.2.250.1.999.9"', 1)
    assert "MAIL-XMSS-08" not in rules(compose(drafted([local])))
    assert drafted([local]).ins == "N"
    assert "MAIL-PAT-06" in rules(compose(drafted([local], to=(PATIENT,))), TO_PATIENT)
    assert "MAIL-XMSS-08" in rules(compose(drafted([local], ins="O")))


def test_a_replacement_or_a_deletion_is_said_in_the_text() -> None:
    v2 = sample("REMPLACE_v2")
    whole = archive([v2])
    (subset,) = whole.subsets
    assert subset.submission is not None
    for action, text in (("C", "Ce document annule et remplace le précédent."), ("D", "Document à supprimer.")):
        asked = replace(subset, submission=with_action(subset.submission, action))
        data = xdm.write(replace(whole, subsets=(asked,)))
        said = f"{text} Il remplace." if action == "D" else text
        assert rules(compose(drafted([v2], archive=data, text=said))) - {"XDM-ACT-03"} == set()
        assert rules(compose(drafted([v2], archive=data))) - {"XDM-ACT-03"} == {"MAIL-TEXT-06"}


def test_two_patients_in_one_message() -> None:
    assert rules(good(N1, OTHER)) == {"MAIL-PAT-01", "XDS-PID-01"}


def test_two_archives_and_archives_that_cannot_be_opened() -> None:
    second = File("IHE_XDM.zip", _XDM, "application/zip")
    assert "MAIL-PART-02" in rules(good(N1, files=(second, _PDF)))
    assert rules(good(N1, archive=_XDM[:-30])) == {"XDM-ZIP-01"}


def test_order_and_repetition_of_codes_are_free() -> None:
    raw = good(*THREE)
    codes = [described(sample(name)).code for name in THREE]
    assert rules(_swap(",".join(codes), ", ".join(reversed(codes)))(raw)) == set()


def test_places_go_from_the_message_to_the_element() -> None:
    broken = sample(N1).replace(b"<title>Compte rendu de consultation</title>", b"<title></title>")
    findings = check(parse(compose(drafted([broken]))), FACTS)
    (path,) = {one.where.path for one in findings if one.rule.startswith("CDA-") and one.severity == "error"}
    assert path.startswith("IHE_XDM.zip › IHE_XDM/SUBSET01/DOC0001.XML › ")


def test_the_copy_filed_is_the_message_that_left() -> None:
    raw = good(N1)
    assert same_message(raw, raw) == []
    assert [one.rule for one in same_message(raw, b"Bcc: b@x.fr\r\n" + raw)] == ["MAIL-SENT-02"]
    assert [one.rule for one in same_message(raw, raw.replace(b"\r\n", b"\n"))] == ["MAIL-SENT-02"]
    for changed in (_swap("Bonjour", "Bonsoir"), _without("X-MSS-NIL"), _swap("Subject: X", "Subject: Y")):
        assert [one.rule for one in same_message(raw, changed(raw))] == ["MAIL-SENT-01"]


def _receipt(**changes: Any) -> bytes:
    original = compose(replace(PLAIN, sender=TO, to=(SENDER,), ask_mdn=TO.address, message_id="9@x"))
    fields: dict[str, Any] = {"final_recipient": SENDER.address, "original_id": "9@x", "original": original, **changes}
    return mdn.compose(Mdn(**fields), sender=SENDER, to=TO, date=NOW, message_id="r@x", nil="NIL1")


@pytest.mark.parametrize(
    ("expected", "changes"),
    [
        (set(), {}),
        (set(), {"type": "processed", "mode": mdn.AUTOMATIC, "error": mdn.error("904"), "generation": Generation.NEW}),
        ({"MAIL-MDN-05"}, {"type": "processed", "error": mdn.error("904"), "generation": Generation.OLD}),
        ({"MAIL-MDN-06"}, {"type": "processed", "error": mdn.Error("999", "x")}),
        ({"MAIL-MDN-07"}, {"type": "processed", "error": mdn.error("904"), "original": b""}),
        ({"MAIL-MDN-08"}, {"type": "processed", "error": mdn.error("904"), "words": "Erreur."}),
        ({"MAIL-MDN-02"}, {"original_id": ""}),
        ({"MAIL-MDN-03"}, {"original_id": "8@x"}),
    ],
)
def test_receipts_returned(expected: set[str], changes: dict[str, Any]) -> None:
    received = {"9@x": parse(_receipt()).root.parts[2].message}
    assert rules(_receipt(**changes), replace(FACTS, received=received.get)) == expected


def test_a_receipt_nobody_asked_for() -> None:
    facts = replace(FACTS, received={"9@x": FIRST}.get)
    assert rules(_receipt(), facts) == {"MAIL-MDN-04"}


HOSTILE = {
    "comments": ("html", "<!--" * 100_000),
    "tags": ("html", "<head" * 100_000 + "<style>" * 50_000),
    "signs": ("html", "<" * 300_000),
    "images": ("text", "[image" * 50_000),
    "subject": ("subject", "XDM/1.0/DDM+" + "a " * 100_000),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_nothing_grows_with_the_square_of_a_text(case: str) -> None:
    field, value = HOSTILE[case]
    began = process_time()
    assert rules(good(N1, **{"html": "<p>x</p>", field: value}))
    assert process_time() - began < 4  # not a timing: the square would take minutes


def test_a_report_or_a_header_of_a_million_lines_is_read_in_part() -> None:
    began = process_time()
    report = b"Content-Type: multipart/report; boundary=B\r\n\r\n--B\r\nContent-Type: message/delivery-status\r\n\r\n"
    assert "MAIL-DSN-01" in rules(report + b"a:b\r\n\r\n" * 300_000 + b"--B--\r\n")
    assert len(check(parse(b"x\r\n" * 100_000), Facts())) < 300
    assert process_time() - began < 4
