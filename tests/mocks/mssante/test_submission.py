"""A message from MAIL to its mailbox: what is accepted, kept and told, what is refused and why, faults."""

from __future__ import annotations

import smtplib
import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from mocks.igc.pki import Pki
from mocks.journal import Journal, JournalError
from norms.mail import dsn
from tests.smtp_kit import DOCTOR_BOX, OTHER_BOX, Operated, letter, operating, xoauth2

MB = 1_000_000


@pytest.fixture(scope="module")
def bench(pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operated]:
    with operating(pki, tmp_path_factory.mktemp("mss") / "bench.db") as operated:
        yield operated


@pytest.fixture
def op(bench: Operated) -> Operated:
    bench.session.reset()
    bench.hub.journal.purge()
    return bench


def test_delivered_kept_and_told(op: Operated) -> None:
    message = letter(body=".point\r\n..\r\nfin é", Return_Receipt_To=DOCTOR_BOX)
    with op.opened() as client:
        client.sendmail(
            DOCTOR_BOX,
            [OTHER_BOX, "x@clinique-ajonc.formation.mssante.fr"],
            message,
            mail_options=["BODY=8BITMIME", "RET=FULL", "ENVID=abc+2B1"],
            rcpt_options=["NOTIFY=SUCCESS,FAILURE", "ORCPT=rfc822;original@b.example"],
        )
    received = op.inbox(OTHER_BOX)[-1]
    assert received.raw.endswith(message)
    assert received.header("return-path") == f"<{DOCTOR_BOX}>"
    assert "ESMTPSA" in received.header("received")
    submitted = op.kept("submit")[0]
    assert submitted.request_body == message, "as it was sent, not as it travelled"
    options = f"FROM:<{DOCTOR_BOX}> size={len(message)} BODY=8BITMIME RET=FULL ENVID=abc+2B1"
    assert submitted.request_headers[0] == ("MAIL", options)
    assert (submitted.outcome, submitted.status, submitted.tls is not None) == ("accepted", 250, True)
    said = submitted.facts
    assert said["dsn"] == "ret=FULL envid=abc+1 notify=FAILURE,SUCCESS"
    assert (said["message_id"], said["mailbox"], said["auth"]) == ("essai.1@cabinet.example", DOCTOR_BOX, "xoauth2")
    assert (said["return_receipt_to"], said["routes"]) == (DOCTOR_BOX, "box, relay")
    notice = dsn.read(op.inbox(DOCTOR_BOX)[-1])
    assert notice is not None
    assert [one.action for one in notice.outcomes] == ["delivered", "relayed"]
    assert (notice.envid, notice.outcomes[0].original, notice.headers_only) == ("abc+1", "original@b.example", False)
    path = op.hub.journal.database.path
    assert path
    other = Journal.open_readonly(path)  # as another process sees the file: all of it is committed
    assert [one.operation for one in other.list(limit=0)] == ["starttls", "login", "submit", "dsn"]
    assert other.database.run("SELECT count(*) FROM mssante_message")[0][0] == 2
    other.close()
    assert op.kept("dsn")[0].thread == submitted.thread == said["connection"]


@pytest.mark.parametrize(
    ("commands", "codes", "rules"),
    [
        (["MAIL FROM:<>", "RCPT TO:<x@ailleurs.example>"], [250, 550], ["SMTP-RCPT-01"]),
        (["MAIL FROM:<>", "RCPT TO:<x@tilleuls.formation.mssante.fr>"], [250, 550], ["SMTP-RCPT-02"]),
        (
            ["MAIL FROM:<>", "RCPT TO:<claire.romarin@ancien-operateur.formation.mssante.fr>"],
            [250, 550],
            ["SMTP-RCPT-03"],
        ),
        ([f"MAIL FROM:<{OTHER_BOX}>"], [553], ["SMTP-FROM-01"]),
        (["MAIL FROM:<> SIZE=26000000"], [552], ["SMTP-DATA-01"]),
        (["RCPT TO:<a@b.example>"], [503], ["SMTP-CMD-03"]),
        (["DATA", "MAIL FROM:<>", "MAIL FROM:<>", "DATA"], [503, 250, 503, 503], ["SMTP-CMD-03"] * 3),
        (["MAIL FROM: <>"], [250], []),
        (["MAIL TO:<>"], [501], ["SMTP-CMD-02"]),
        (["MAIL FROM:<> X=1"], [555], ["SMTP-CMD-05"]),
        (["FOO secret", "STARTTLS", "STARTTLS x"], [500, 503, 501], ["SMTP-CMD-01", "SMTP-CMD-03", "SMTP-CMD-02"]),
        (["NOOP", "RSET", "HELP", "VRFY x", "HELO poste.cabinet.example"], [250, 250, 214, 252, 250], []),
        (["EHLO poste_42"], [250], ["SMTP-CMD-11"]),
        (["NOOP " + "x" * 3000, "x" * 1_000_000, "NOOP"], [500, 500, 250], ["SMTP-CMD-04", "SMTP-CMD-04"]),
    ],
)
def test_commands(op: Operated, commands: list[str], codes: list[int], rules: list[str]) -> None:
    with op.opened() as client:
        op.hub.journal.purge()
        assert [client.docmd(command)[0] for command in commands] == codes
    assert op.rules() == rules
    assert all(one.facts["mailbox"] == DOCTOR_BOX for one in op.kept("refused"))


def test_nothing_without_a_login(op: Operated) -> None:
    with op.smtp() as client:
        assert client.docmd(f"MAIL FROM:<{DOCTOR_BOX}>") == (530, b"5.7.0 Authentication required")
    assert op.rules() == ["SMTP-AUTH-01"]


def test_someone_elses_from_is_refused_or_noted(op: Operated) -> None:
    forged = letter(sender=f"Luc <{OTHER_BOX}>")
    with op.opened() as client:
        with pytest.raises(smtplib.SMTPDataError, match=r"5\.7\.1"):
            client.sendmail(DOCTOR_BOX, OTHER_BOX, forged)
        with pytest.raises(smtplib.SMTPDataError):
            client.sendmail(DOCTOR_BOX, OTHER_BOX, b"Subject: no From\r\n\r\n")
        op.session.switches.set({"mssante.sender": "note"})
        client.sendmail("x@other.example", OTHER_BOX, forged)
        client.sendmail("", OTHER_BOX, letter())
    rules = ["SMTP-FROM-02", "SMTP-DATA-05", "SMTP-FROM-01", "SMTP-FROM-02", "SMTP-FROM-03"]
    assert op.rules("submit") == rules
    assert [one.outcome for one in op.kept("submit")] == ["sender", "sender", "accepted", "accepted"]


def test_form_is_noted(op: Operated) -> None:
    with op.opened() as client:
        client.docmd(f"MAIL FROM:<{DOCTOR_BOX}> SIZE=3")
        client.docmd(f"RCPT TO:<{OTHER_BOX}>")
        assert client.data(letter(body="é" + "x" * 2000))[0] == 250
    assert op.rules("submit") == ["SMTP-DATA-03", "SMTP-DATA-04", "SMTP-DATA-06"]


def test_too_large_a_message_is_read_and_refused(op: Operated) -> None:
    with op.opened() as client:
        client.docmd("MAIL FROM:<>")
        client.docmd(f"RCPT TO:<{OTHER_BOX}>")
        line = b"x" * 998 + b"\r\n"
        assert client.data(line * 26_000)[0] == 552
        assert client.docmd("NOOP")[0] == 250
    assert op.rules("submit") == ["SMTP-DATA-01"]
    assert not op.kept("submit")[0].request_body


@pytest.mark.parametrize("body", [b"a\nb\r\n.\r\n", b"a\r\n.\nMAIL FROM:<x@y.example>\r\n.\r\n", b"a\rb\r\n.\r\n"])
def test_smuggling_is_refused(op: Operated, body: bytes) -> None:
    with op.opened() as client:
        client.docmd("MAIL FROM:<>")
        client.docmd(f"RCPT TO:<{OTHER_BOX}>")
        client.docmd("DATA")
        client.sock.sendall(letter() + body)
        assert client.getreply()[0] == 521
        with pytest.raises(smtplib.SMTPServerDisconnected):
            client.docmd("NOOP")
    assert op.rules("submit") == ["SMTP-DATA-02"]
    assert not op.inbox(OTHER_BOX)


def test_pipelined_commands_are_answered_in_order(op: Operated) -> None:
    with op.opened() as client:
        client.sock.sendall(
            f"MAIL FROM:<{DOCTOR_BOX}>\r\nRCPT TO:<{OTHER_BOX}>\r\nRCPT TO:<a@b.example>\r\nDATA\r\n".encode()
        )
        assert [client.getreply()[0] for _ in range(4)] == [250, 250, 550, 354]
        client.sock.sendall(letter() + b".\r\nQUIT\r\n")
        assert [client.getreply()[0] for _ in range(2)] == [250, 221]


def test_words_before_tls_are_thrown_away(op: Operated) -> None:
    with socket.create_connection(("localhost", op.ports["smtp"]), timeout=30) as plain:
        plain.recv(200)
        plain.sendall(b"STARTTLS\r\nRSET\r\nMAIL FROM:<x@y.example>\r\n")
        assert plain.recv(200).startswith(b"220")
        with op.context().wrap_socket(plain, server_hostname="localhost") as stream:
            stream.sendall(b"NOOP\r\n")
            assert stream.recv(200) == b"250 2.0.0 OK\r\n"
            stream.sendall(b"AUTH XOAUTH2\r\n")
            assert stream.recv(200).startswith(b"334")
    assert op.rules() == ["SMTP-TLS-01", "SMTP-TLS-03"]


def test_faults(op: Operated) -> None:
    switches = op.session.switches

    def send(client: smtplib.SMTP) -> None:
        client.sendmail(DOCTOR_BOX, OTHER_BOX, letter())

    switches.arm("mssante.smtp", "mail-451")
    with op.opened() as client:
        with pytest.raises(smtplib.SMTPSenderRefused, match="451"):
            send(client)
        switches.arm("mssante.smtp", "data-451")
        with pytest.raises(smtplib.SMTPDataError, match="451"):
            send(client)
        send(client)
        switches.arm("mssante.smtp", "drop-data")
        with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
            send(client)
    with op.opened() as client:
        switches.arm("mssante.smtp", "lost-250")
        with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
            send(client)
    switches.arm("mssante.smtp", "closed")
    with pytest.raises(smtplib.SMTPConnectError, match="421"):
        op.smtp()
    switches.arm("mssante.smtp", "drop-starttls")
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError, ssl.SSLError)):
        op.smtp()
    assert len(op.inbox(OTHER_BOX)) == 2, "what was accepted is delivered, its 250 lost or not"
    assert [one.outcome for one in op.kept("submit")] == ["data-451", "accepted", "dropped", "accepted"]


def test_a_message_cut_short(op: Operated) -> None:
    with op.opened() as client:
        client.docmd("MAIL FROM:<>")
        client.docmd(f"RCPT TO:<{OTHER_BOX}>")
        client.docmd("DATA")
        client.sock.sendall(letter())
        client.close()
    assert [finding.rule for finding in op.awaited("submit")[0].findings] == ["SMTP-DATA-07"]
    assert not op.inbox(OTHER_BOX)


def test_what_cannot_be_kept_is_not_accepted(op: Operated, monkeypatch: pytest.MonkeyPatch) -> None:
    with op.opened() as client:
        monkeypatch.setattr(op.hub.journal, "record", _full)
        with pytest.raises((smtplib.SMTPDataError, smtplib.SMTPServerDisconnected), match=r"451|closed"):
            client.sendmail(DOCTOR_BOX, OTHER_BOX, letter())
    assert not op.inbox(OTHER_BOX)


def _full(*_args: object, **_more: object) -> int:
    raise JournalError("write", Path("bench.db"), "disk full")


def test_too_many_errors_end_the_connection(op: Operated) -> None:
    with op.opened() as client:
        codes = [client.docmd("FOO")[0] for _ in range(19)]
        assert codes == [500] * 19
        client.putcmd("FOO")
        assert client.getreply()[0] == 500
        assert client.getreply()[0] == 421


def test_sessions_do_not_mix(op: Operated) -> None:
    other = op.hub.sessions.open("mailbox", {"mailbox": [OTHER_BOX]})
    with op.smtp() as client:
        assert xoauth2(client, DOCTOR_BOX, op.token())[0] == 235
        client.sendmail(DOCTOR_BOX, OTHER_BOX, letter())
    assert {one.session for one in op.kept("submit")} == {op.session.id}, "the port wins over the mailbox"
    assert op.inbox(OTHER_BOX)
    boxes = op.operator.boxes
    assert not boxes.messages(boxes.folder(other.id, OTHER_BOX, "INBOX"))
    op.hub.sessions.close(other.id)
