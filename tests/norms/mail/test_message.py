"""Messages composed and read back, by us and by the standard library; headers that hold anything; broken messages."""

from __future__ import annotations

import email
import email.policy
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from norms.mail import Address, Draft, File, compose, parse, reply
from norms.mail.address import read_addresses, write_address
from norms.mail.words import decode, encode, parameter, parameters, plain

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
DRAFT = Draft(
    sender=Address("claire.romarin@medecin.mssante.fr", "Dr_Claire_ROMARIN_Cabinet des Tilleuls"),
    to=(Address("radio@hopital-sapins.mssante.fr", "Radiologie (Hôpital des Sapins), accueil"),),
    cc=(Address("b@x.fr", 'Guillemets "doubles"'),),
    subject="XDM/1.0/DDM+Compte rendu d'hospitalisation à domicile MARTIN-L'ÉVÊQUE Léonie 12/05/1985",
    text="Bonjour,\nvoici le compte rendu demandé.\n.\nFrom ici\n",
    html="<p>Bonjour,</p><p>voici le compte rendu demandé.</p>",
    date=NOW,
    message_id="20261122093000.1@lgc.test",
    archive=b"PK\x03\x04" + bytes(range(256)) * 40,
    files=(File("20261120_Compte rendu d'hospitalisation à do_L'ÉVÊQUE_Léonie_12.pdf", b"%PDF-1.4\n" + b"x" * 900),),
    nil="NIL123",
    codes=("34112-3", "PRESC-BIO"),
    ins="O",
    end=True,
    ask_mdn="claire.romarin@medecin.mssante.fr",
)
line = st.text(st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp", "Zs")), min_size=1, max_size=60)
texts = st.lists(line, min_size=1, max_size=6).map(" ".join)


def test_what_is_composed_reads_back() -> None:
    mail = parse(compose(DRAFT))
    assert mail.problems == ()
    assert (mail.subject, mail.message_id, mail.date) == (DRAFT.subject, DRAFT.message_id, NOW)
    assert (mail.sender, mail.addresses("to"), mail.addresses("cc")) == (DRAFT.sender, [*DRAFT.to], [*DRAFT.cc])
    assert [part.type for part in mail.texts] == ["text/plain", "text/html"]
    assert mail.texts[0].text.replace("\r\n", "\n") == DRAFT.text
    assert [part.content for part in mail.archives] == [DRAFT.archive]
    assert [(part.filename, part.content) for part in mail.pdfs] == [(f.name, f.data) for f in DRAFT.files]
    assert mail.header("x-mss-codecda") == "34112-3,PRESC-BIO"
    assert mail.raw.isascii()
    assert max(map(len, mail.raw.split(b"\r\n"))) <= 120
    assert compose(DRAFT) == mail.raw


def test_the_standard_library_reads_the_same() -> None:
    theirs = email.message_from_bytes(compose(DRAFT), policy=email.policy.SMTP)
    assert isinstance(theirs, EmailMessage)
    assert not [defect for part in theirs.walk() for defect in part.defects]
    assert theirs["subject"] == DRAFT.subject
    assert theirs["from"].addresses[0].display_name == DRAFT.sender.name
    assert [a.display_name for a in theirs["to"].addresses] == [a.name for a in DRAFT.to]
    assert theirs["date"].datetime == NOW
    files = list(theirs.iter_attachments())
    assert [f.get_filename() for f in files] == ["IHE_XDM.zip", DRAFT.files[0].name]
    assert [f.get_content() for f in files] == [DRAFT.archive, DRAFT.files[0].data]
    body = theirs.get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n") == DRAFT.text


@given(texts, texts, texts, st.binary(max_size=300), texts)
@settings(max_examples=25)
def test_any_words_survive(subject: str, name: str, file: str, data: bytes, body: str) -> None:
    draft = replace(
        DRAFT, subject=subject, sender=Address("a@b.fr", name), files=(File(file, b"%PDF-" + data),), text=body
    )
    mail = parse(compose(draft))
    assert (mail.subject, mail.sender.name) == (subject, name)
    pdf = mail.attachments[-1]
    assert (pdf.filename, pdf.content) == (file, b"%PDF-" + data)
    assert mail.texts[0].text.rstrip("\r\n") == body.rstrip("\r\n")
    theirs = email.message_from_bytes(mail.raw, policy=email.policy.default)
    assert " ".join(str(theirs["subject"]).split()) == " ".join(subject.split())


@given(st.text(max_size=80))
@settings(max_examples=25)
def test_no_text_begins_a_field(text: str) -> None:
    draft = replace(DRAFT, subject=text, sender=Address("a@b.fr", text), files=(File(text or "x", b"%PDF-"),))
    mail = parse(compose(draft))
    expected = {one.name for one in parse(compose(DRAFT)).root.fields}
    assert {one.name for one in mail.root.fields} <= expected


@given(st.text(max_size=60))
@settings(max_examples=25)
def test_parameters_and_addresses_round_trip(text: str) -> None:
    one_line = plain(text)
    assert parameters("a/b" + parameter("name", one_line)) == ("a/b", {"name": one_line}, True)
    assert decode(encode(one_line))[0] == one_line
    (read,) = read_addresses(write_address(Address("a@b.fr", one_line)))
    assert read.address == "a@b.fr"


@pytest.mark.parametrize("bad", ["a@b.fr\r\nBcc: c@d.fr", "a b@c.fr", "é@b.fr"])
def test_an_address_that_would_break_the_header_is_refused(bad: str) -> None:
    with pytest.raises(ValueError):
        compose(replace(DRAFT, sender=Address(bad)))
    with pytest.raises(ValueError):
        compose(replace(DRAFT, message_id=bad))


def test_a_reply_carries_the_thread_on() -> None:
    answer = parse(compose(reply(replace(DRAFT, message_id="2@x"), "1@x", ("0@x",))))
    assert (answer.in_reply_to, answer.references) == (["1@x"], ["0@x", "1@x"])


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("=?iso-8859-1?q?R=E9sultats?= =?iso-8859-1?Q?_biologie?=", "Résultats biologie"),
        ("=?UTF-8?B?w6k=?= =?UTF-8?B?w6k=?=", "éé"),
        ("=?utf-8?b?w4k=?=VIDENT", "ÉVIDENT"),
        ("=?UTF-8?Q?=C3?= =?UTF-8?Q?=A9?=", "é"),  # one character cut in two words
        ("Re: =?x-unknown?q?abc?=", "Re: abc"),
    ],
)
def test_encoded_words_of_others(written: str, read: str) -> None:
    assert decode(written)[0] == read


def test_addresses_of_others() -> None:
    text = 'Equipe: "Dupont, Anne (Dr)" <a@x.fr>, b@x.fr (un commentaire); =?utf-8?q?L=C3=A9a?= <c@x.fr>,, <d@x.fr>'
    assert [str(one) for one in read_addresses(text)] == [
        "Dupont, Anne (Dr) <a@x.fr>", "b@x.fr", "Léa <c@x.fr>", "d@x.fr"
    ]  # fmt: skip


def _rules(raw: bytes) -> dict[str, int | None]:
    return {finding.rule: finding.where.line for finding in parse(raw).problems}


def _mixed(part: str) -> bytes:
    head = "From: a@b.fr\r\nSubject: s\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=B\r\n\r\n"
    return (head + "--B\r\n" + part + "\r\n--B--\r\n").encode("latin-1")


_PDF_HEAD = "Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"


@pytest.mark.parametrize(
    ("raw", "rule", "line"),
    [
        (b"From: a@b.fr\nSubject: s\r\n\r\nx", "MAIL-FORM-01", 1),
        (b"From: a@b.fr\r\n\r\na\r\nb\rc\r\n", "MAIL-FORM-01", 4),
        (b"From: a@b.fr\r\nnot a field\r\n\r\nx", "MAIL-FORM-02", 2),
        (b"From: a@b.fr\r\nSubject: " + b"x" * 1200 + b"\r\n\r\n", "MAIL-FORM-03", 2),
        (b"From: a@b.fr\r\n\r\n" + b"x" * 998 + b"\r\n" + b"x" * 999 + b"\r\n", "MAIL-FORM-03", 4),
        (b"From: a@b.fr\r\n\r\n" + b"x" * 999, "MAIL-FORM-03", 3),
        (b"From: a@b.fr\r\n\r\nx\r\n\0", "MAIL-FORM-14", 4),
        (b"Subject: =?utf-8?q?a=0A?=\r\n\r\n", "MAIL-FORM-16", 1),
        ("From: a@b.fr\r\nX: 1\r\nSubject: été\r\n\r\n".encode(), "MAIL-FORM-04", 3),
        (_mixed(_PDF_HEAD + "JVBERi0xLjQK\r\nJVB*Ri0xLjQK"), "MAIL-FORM-06", 11),
        (_mixed(_PDF_HEAD + "JVBERi0xLjQKJVB"), "MAIL-FORM-06", 10),
        (_mixed("\r\nx")[:-7], "MAIL-FORM-07", 6),
        (b"Content-Type: multipart/mixed\r\n\r\nx", "MAIL-FORM-07", 3),
        (b"From: a@b.fr\r\nTo: c@d.fr\r\nFrom: e@f.fr\r\n\r\n", "MAIL-FORM-08", 3),
        (b"X: 1\r\n" * 100_000, "MAIL-FORM-09", 1),
        (_mixed('Content-Type: application/pdf; name="=?utf-8?q?=C3=A9?="\r\n\r\nx'), "MAIL-FORM-10", 7),
        (b"Subject: =?utf-8?b?w?=\r\n\r\n", "MAIL-FORM-11", 1),
        (_mixed("\r\nx\r\n--B\r\n" * 600), "MAIL-FORM-12", 6),
        (_mixed("Content-Transfer-Encoding: uuencode\r\n\r\nx"), "MAIL-FORM-13", 7),
    ],
)
def test_what_is_broken_is_said_with_its_line(raw: bytes, rule: str, line: int) -> None:
    assert _rules(raw) == {rule: line}


def test_a_thousand_nested_parts_cost_nothing() -> None:
    nested = b"".join(b"Content-Type: multipart/mixed; boundary=B%d\r\n\r\n--B%d\r\n" % (n, n) for n in range(1000))
    began = process_time()
    assert "MAIL-FORM-05" in _rules(b"From: a@b.fr\r\n" + nested)
    same = b"Content-Type: multipart/mixed; boundary=B\r\n\r\n--B\r\n" * 1000
    assert parse(same).problems
    assert process_time() - began < 2  # not a timing: a bound against what grows with the square


@given(st.binary(max_size=400))
@settings(max_examples=25)
def test_no_bytes_raise(raw: bytes) -> None:
    mail = parse(raw)
    assert mail.problems is not None
    for part in mail.leaves:
        assert isinstance(part.text, str)
    assert isinstance((mail.subject, mail.sender, mail.date, mail.recipients, mail.attachments), tuple)


@given(st.data())
@settings(max_examples=25)
def test_no_mutation_of_a_message_raises(data: st.DataObject) -> None:
    raw = bytearray(compose(DRAFT))
    for _ in range(data.draw(st.integers(1, 12))):
        at = data.draw(st.integers(0, len(raw) - 1))
        raw[at : at + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=8))
    mail = parse(bytes(raw))
    assert isinstance([part.content for part in mail.leaves], list)
    assert mail.problems is not None
