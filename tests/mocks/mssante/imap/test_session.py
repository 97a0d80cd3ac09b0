"""What a connection may do and when, what others see of it, faults, bad input, and what the journal keeps."""

from __future__ import annotations

import base64
import re
import time

import pytest

from tests.imap_kit import ADDRESS, APPLICATION, TOKEN, Raw, Served, xoauth2

PLAIN = b"From: a@b.fr\r\nTo: c@d.fr\r\nSubject: essai\r\nMessage-ID: <1@b.fr>\r\n\r\nBonjour\r\n"
MIXED = (
    b"From: a@b.fr\r\nMessage-ID: <2@b.fr>\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    b"r=E9sultat\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: dedans\r\nX: 1\r\n\r\ninterieur\r\n--b--\r\n"
)


def words(line: bytes) -> set[str]:
    return set(line.decode().split())


def test_nothing_to_log_in_with_before_tls(served: Served) -> None:
    client = served.raw(tls=False, login=False)
    assert b"STARTTLS LOGINDISABLED]" in client.greeting
    assert b"AUTH=" not in client.greeting
    secret = base64.b64encode(xoauth2())
    assert b"NO [PRIVACYREQUIRED]" in client.do(b"AUTHENTICATE XOAUTH2 " + secret)[-1]
    assert b"NO [PRIVACYREQUIRED]" in client.do(b"LOGIN a motdepasse")[-1]
    assert b"BAD" in client.do(b"SELECT INBOX")[-1]
    client.close()
    kept = served.exchanges()
    assert [[f.rule for f in x.findings] for x in kept] == [["SASL-TLS-01"], ["SASL-TLS-01"], ["IMAP-CMD-05"]]
    everything = b"".join(x.request_body + x.target.encode() + repr(x.facts).encode() for x in kept)
    assert secret not in everything
    assert b"motdepasse" not in everything


def test_capabilities_change_with_the_state(served: Served) -> None:
    client = served.raw(login=False)
    before = words(client.do(b"CAPABILITY")[0])
    assert {"AUTH=XOAUTH2", "AUTH=PLAIN", "SASL-IR", "LOGINDISABLED"} < before
    assert before.isdisjoint({"STARTTLS", "IDLE", "MOVE"})
    assert b"OK" in client.do(b"authenticate xoauth2 " + base64.b64encode(xoauth2()))[-1]
    after = words(client.do(b"CAPABILITY")[0])
    assert {"IDLE", "MOVE", "UIDPLUS", "SPECIAL-USE", "QUOTA", "LITERAL+", "APPENDLIMIT=10000000"} < after
    assert not any(word.startswith("AUTH=") for word in after)
    served.session.switches.set({"mssante.imap_without": "IDLE, move"})
    assert words(client.do(b"CAPABILITY")[0]).isdisjoint({"IDLE", "MOVE"})
    assert b"BAD" in client.do(b"IDLE")[-1]
    client.close()


def test_what_follows_starttls_in_clear_is_thrown_away(served: Served) -> None:
    client = served.raw(tls=False, login=False)
    client.socket.sendall(b"s STARTTLS\r\nx LOGOUT\r\n")
    assert client.until(b"s ")[-1].startswith(b"s OK")
    client.socket = served.context().wrap_socket(client.socket, server_hostname="localhost")
    client.file = client.socket.makefile("rb")
    assert client.do(b"NOOP")[-1].startswith(b"t OK")
    client.close()
    assert [f.rule for x in served.exchanges("starttls") for f in x.findings] == ["IMAP-TLS-01"]


@pytest.mark.parametrize("style", ["reply", "challenge", "close"])
def test_a_refused_token(served: Served, style: str) -> None:
    served.session.switches.set({"mssante.refusal": style})
    client = served.raw(login=False)
    client.say(b"t AUTHENTICATE XOAUTH2 " + base64.b64encode(xoauth2(token="faux-jeton")))
    line = client.file.readline()
    if style != "reply":
        assert b'"401"' in base64.b64decode(line.removeprefix(b"+ "))
        if style == "close":
            assert client.file.readline() == b""
            return
        client.say(b"")
        line = client.file.readline()
    assert line.startswith(b"t NO [AUTHENTICATIONFAILED]")
    client.close()
    kept = served.exchanges("authenticate")[0]
    assert (kept.outcome, kept.facts["mailbox"]) == ("unknown-token", ADDRESS)
    assert b"faux-jeton" not in base64.b64decode(kept.request_body.split()[-1] + b"==", validate=False)


def test_messages_are_told_to_whoever_looks_on(served: Served) -> None:
    one, other = served.raw(), served.raw()
    for client in (one, other):
        client.do(b"SELECT INBOX")
    served.put(PLAIN)
    assert b"* 1 EXISTS\r\n" in one.do(b"NOOP")
    assert b"* 1 EXISTS\r\n" in other.do(b"NOOP")
    one.do(b"STORE 1 +FLAGS (\\Flagged $MDNSent)")
    assert any(b"* 1 FETCH (UID 1 FLAGS ($MDNSent \\Flagged" in line for line in other.do(b"NOOP"))
    assert not any(b"FETCH" in line for line in one.do(b"NOOP"))
    one.do(b"STORE 1 +FLAGS.SILENT \\Deleted")
    assert one.do(b"EXPUNGE")[0] == b"* 1 EXPUNGE\r\n"
    assert not any(b"EXPUNGE" in line for line in other.do(b"FETCH 1 (UID)"))  # numbers may not move under FETCH
    assert b"* 1 EXPUNGE\r\n" in other.do(b"NOOP")
    for client in (one, other):
        client.close()


def test_idle_tells_at_once(served: Served) -> None:
    client = served.raw()
    client.do(b"SELECT INBOX")
    client.say(b"t IDLE")
    assert client.file.readline() == b"+ idling\r\n"
    served.put(PLAIN)
    assert client.file.readline() == b"* 1 EXISTS\r\n"
    client.file.readline()
    client.say(b"DONE")
    assert client.until(b"t ")[-1].startswith(b"t OK")
    client.say(b"t IDLE")
    client.file.readline()
    client.say(b"t NOOP")
    assert client.until(b"t ")[-1].startswith(b"t OK")
    client.close()
    assert [[f.rule for f in x.findings] for x in served.exchanges("idle")] == [[], ["IMAP-CMD-06"]]


def test_sections_of_a_message(served: Served) -> None:
    served.put(MIXED)
    client = served.client()
    client.select()
    wanted = {
        "BODY[1]": b"r=E9sultat",
        "BODY[1.MIME]": b"Content-Type: text/plain; charset=iso-8859-1\r\n"
        b"Content-Transfer-Encoding: quoted-printable\r\n\r\n",
        "BODY[2.HEADER]": b"Subject: dedans\r\nX: 1\r\n\r\n",
        "BODY[2.TEXT]": b"interieur",
        "BODY[2.1]": b"interieur",
        "BODY[2.HEADER.FIELDS (x)]": b"X: 1\r\n\r\n",
        "BODY[2]<9.6>": b"dedans",
        "BODY[HEADER.FIELDS.NOT (from content-type)]": b"Message-ID: <2@b.fr>\r\n\r\n",
        "BODY[]": MIXED,
        "RFC822.HEADER": MIXED[: MIXED.index(b"\r\n\r\n") + 4],
    }
    for item, expected in wanted.items():
        assert client.fetch("1", f"({item.replace('BODY[', 'BODY.PEEK[')})")[1][0][1] == expected, item
    for absent in ("BODY.PEEK[3]", "BODY.PEEK[1.HEADER]", "BODY.PEEK[2.2]"):
        assert client.fetch("1", f"({absent})")[1][0].endswith(b'"")')
    assert b"\\Seen" not in client.fetch("1", "(FLAGS)")[1][0]
    assert b"\\Seen" in client.fetch("1", "(BODY[1])")[1][0][0]
    client.logout()


SEARCHES = {
    "ALL": "1 2",
    "SUBJECT ESSAI": "1",
    "NOT SUBJECT essai": "2",
    "OR UID 1 UID 2": "1 2",
    "(FROM a@b) TO c@d": "1",
    'HEADER Message-ID "<2@"': "2",
    'HEADER X-MSS-NIL ""': "",
    "TEXT résultat": "2",
    "BODY Bonjour": "1",
    "KEYWORD $MDNSent": "2",
    "UNSEEN UNKEYWORD $MDNSent": "1",
    "SINCE 1-Jan-2020 SMALLER 200": "1",
    "SENTSINCE 1-Jan-2020": "",
    "1:* RECENT": "1 2",
    "NEW OLD": "",
}


def test_searches(served: Served) -> None:
    served.put(PLAIN)
    served.put(MIXED, flags=("$MDNSent",))
    client = served.raw()
    client.do(b"SELECT INBOX")
    for key, expected in SEARCHES.items():
        said = client.do(f"SEARCH CHARSET UTF-8 {key}".encode())
        assert said[0].decode().split()[2:] == expected.split(), key
    assert b"NO [BADCHARSET" in client.do(b"SEARCH CHARSET KLINGON ALL")[-1]
    assert b"BAD" in client.do(b"SEARCH SUBJECT")[-1]
    client.close()


def test_append_is_kept_with_its_exchange_and_refused_when_too_large_or_full(served: Served) -> None:
    client = served.raw()
    client.say(b"t APPEND Sent (\\Seen) {%d}" % len(PLAIN))
    assert client.file.readline().startswith(b"+ ")
    client.say(PLAIN)
    assert re.match(rb"t OK \[APPENDUID \d+ 1\]", client.until(b"t ")[-1])
    kept = served.exchanges("append")[0]
    assert (kept.facts["folder"], kept.facts["message_id"], kept.facts["uid"]) == ("Sent", "<1@b.fr>", "1")
    assert PLAIN in kept.request_body
    holed = PLAIN + b"\0"
    assert b"t NO" in client.do(b"APPEND Sent {%d+}\r\n%b" % (len(holed), holed))[-1]
    assert "IMAP-APPEND-04" in [found.rule for found in served.exchanges("append")[-1].findings]
    assert b"NO [TRYCREATE]" in client.do(b"APPEND Absent {%d+}\r\n%b" % (len(PLAIN), PLAIN))[-1]
    assert b"NO [TOOBIG]" in client.do(b"APPEND Sent {10000001}")[-1]
    assert b"NO [TOOBIG]" in client.do(b"APPEND Sent {10000001+}\r\n" + b"x" * 10_000_001)[-1]
    served.session.world.patch("mailboxes", ADDRESS, {"quota_mb": 0})
    assert b"NO [OVERQUOTA]" in client.do(b"APPEND Sent {%d+}\r\n%b" % (len(PLAIN), PLAIN))[-1]
    client.close()


def test_move_and_names(served: Served) -> None:
    served.put(PLAIN)
    served.put(PLAIN)
    client = served.raw()
    client.do(b"SELECT INBOX")
    served.session.switches.arm("mssante.imap_move", "internal-error")
    assert client.do(b"MOVE 1 Archive")[-1] == b"t NO [SERVERBUG] Internal error\r\n"
    said = client.do(b"UID MOVE 1 Archive")
    assert b"COPYUID" in said[0]
    assert said[1] == b"* 1 EXPUNGE\r\n"
    assert client.do(b"CREATE R&AOk-sultats")[-1].startswith(b"t OK")
    assert b'* LIST (\\HasNoChildren) "/" R&AOk-sultats\r\n' in client.do(b'LIST "" "R*"')
    special = client.do(b'LIST (SPECIAL-USE) "" "*" RETURN (STATUS (MESSAGES UNSEEN))')
    assert b"* STATUS Archive (MESSAGES 1 UNSEEN 1)\r\n" in special
    assert not any(b"INBOX" in line for line in special)
    assert b"Sent" in b"".join(client.do(b'LSUB "" "*"'))
    assert client.do(b'LIST "" ""')[0] == b'* LIST (\\Noselect) "/" ""\r\n'
    assert b"NO" in client.do(b"DELETE INBOX")[-1]
    client.close()


@pytest.mark.parametrize("fault", ["drop", "bye"])
def test_connections_that_break(served: Served, fault: str) -> None:
    client = served.raw()
    served.session.switches.arm(f"mssante.imap_{fault}", "FETCH, STORE")
    assert client.do(b"SELECT INBOX")[-1].startswith(b"t OK")
    client.say(b"t UID FETCH 1:* FLAGS")
    try:
        rest = client.file.read()
    except ConnectionResetError:
        rest = b""
    assert rest == (b"" if fault == "drop" else b"* BYE service temporarily unavailable\r\n")
    served.raw().do(b"NOOP")
    assert served.exchanges("uid fetch")[0].outcome == {"drop": "dropped", "bye": "bye"}[fault]


def test_bad_input_is_refused_and_the_service_goes_on(served: Served) -> None:
    client = served.raw()
    assert b"t BAD line of more" in client.do(b"LIST " + b"a" * 1_000_000)[-1]
    assert b"BAD" in client.do(b"CREATE {100000}")[-1]
    assert b"BAD" in client.do(b"CREATE {100000+}\r\n" + b"y" * 100_000)[-1]
    for line in (b"FROB", b"FETCH", b"FETCH 1 (", b"SELECT", b'SELECT "x', b"STORE 1 FLAGS (\\Nope)", b"\xff\x00"):
        assert b"BAD" in client.do(line)[-1]
    client.socket.sendall(b"u NOOP\n")  # a bare newline is understood, and noted
    assert client.until(b"u ")[-1].startswith(b"u OK")
    client.close()
    rules = {f.rule for x in served.exchanges() for f in x.findings}
    assert {"IMAP-CMD-01", "IMAP-CMD-02", "IMAP-CMD-03", "IMAP-CMD-04", "IMAP-CMD-05"} <= rules
    never = served.raw()
    never.say(b"t APPEND Sent {5000000+}")
    never.close()  # the literal never comes
    many = Raw(served, tls=True, login=True)
    for _ in range(25):
        many.say(b"t FROB")
    assert b"* BYE" in many.file.read()
    assert not [x for x in served.exchanges() if x.outcome == "bench-error"]


def test_an_application_opens_its_mailbox_with_its_certificate(served: Served) -> None:
    import imaplib

    for credential, expected in (("org-auth-cli", "OK"), ("", "NO")):
        client = imaplib.IMAP4("localhost", served.port, timeout=30)
        client.starttls(served.context(credential))
        try:
            client.authenticate("PLAIN", lambda _c: f"\0{APPLICATION}\0".encode())
            said = "OK"
        except imaplib.IMAP4.error:
            said = "NO"
        assert said == expected, [f for x in served.exchanges() for f in x.findings]
        client.shutdown()


def test_one_exchange_for_each_command(served: Served) -> None:
    client = served.client()
    client.select()
    client.logout()
    time.sleep(0.01)
    kept = served.exchanges()
    assert [x.operation for x in kept] == ["capability", "starttls", "capability", "authenticate", "select", "logout"]
    assert {x.listener for x in kept} == {"imap"}
    assert len({x.thread for x in kept}) == 1
    assert kept[3].facts["professional"] == "dr-romarin"
    assert TOKEN.encode() not in b"".join(x.request_body + x.response_body for x in kept)
