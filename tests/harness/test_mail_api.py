"""Mailboxes through the control API: filed, listed, read, taken out, removed; and the document that leads to them."""

from __future__ import annotations

import imaplib
import io
import json
import ssl
import zipfile

import httpx
import pytest
from lxml import etree

from harness.bench import Bench
from harness.client import BenchClient, BenchError
from harness.console.views import measure
from tests.imap_kit import ADDRESS, TOKEN, give_token, xoauth2

HOSTILE = (
    b'From: "<script>alert(1)</script>" <a@b.fr>\r\nTo: ' + ADDRESS.encode() + b"\r\nSubject: =?utf-8?q?R=C3=A9sultat?="
    b" <img src=x onerror=alert(2)>\r\nMessage-ID: <h@b.fr>\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<script>alert(3)</script><p>Bonjour &lt;b&gt;</p>\r\n"
    b'--b\r\nContent-Type: application/zip; name="IHE_XDM.zip"\r\nContent-Disposition: attachment; '
    b'filename="../<b>.zip"\r\nContent-Transfer-Encoding: base64\r\n\r\nUEsFBg==\r\n--b--\r\n'
)


def test_a_mailbox_is_filled_read_taken_out_and_emptied(client: BenchClient, live_bench: Bench) -> None:
    session = client.open_session("mail")["id"]
    uid = client.put_message(session, ADDRESS, HOSTILE, flags=["\\Flagged"])
    assert uid == 1
    assert client.put_message(session, ADDRESS, b"Subject: nu\n\nligne\n", "Archive") == 1
    row = client.messages(session, ADDRESS)[0]
    assert (row["subject"], row["flags"]) == ("Résultat <img src=x onerror=alert(2)>", ["\\Flagged"])
    one = client.message(session, ADDRESS, uid)
    assert [part["name"] for part in one["attachments"]] == ["../<b>.zip"]
    assert one["texts"][0]["text"].strip() == "Bonjour <b>"
    assert client.message_raw(session, ADDRESS, uid) == HOSTILE
    assert client.message_raw(session, ADDRESS, 1, "Archive") == b"Subject: nu\r\n\r\nligne\r\n"
    held = {box["address"]: box["messages"] for box in client.mailboxes(session)}
    assert held[ADDRESS] == 2
    data = client.export_mailbox(session, ADDRESS)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert sorted(archive.namelist()) == ["Archive/000001.eml", "INBOX/000001.eml", "index.json"]
        assert json.loads(archive.read("index.json"))["address"] == ADDRESS
    client.empty_mailbox(session, ADDRESS)
    assert client.import_mailbox(session, ADDRESS, data) == 2
    assert [f["messages"] for f in client.folders(session, ADDRESS) if f["messages"]] == [1, 1]
    client.delete_message(session, ADDRESS, 2)
    assert client.messages(session, ADDRESS) == []
    assert [x["operation"] for x in client.exchanges(session) if x["kind"] == "event"] == ["put"] * 4
    client.reset_session(session)
    assert {box["messages"] for box in client.mailboxes(session)} == {0}
    client.close_session(session)
    assert live_bench.operator.boxes.addresses(session) == []


def test_what_cannot_be_is_refused_with_words(client: BenchClient) -> None:
    for call in (
        lambda: client.messages("default", "personne@nulle-part.fr"),
        lambda: client.messages("default", ADDRESS, "Absent"),
        lambda: client.message("default", ADDRESS, 99),
        lambda: client.put_message("default", ADDRESS, b" "),
        lambda: client.put_message("default", ADDRESS, b"Subject: x\n", flags=["a(b"]),
        lambda: client.message("default", ADDRESS, 10**20),
        lambda: client.message_raw("default", ADDRESS, 2**64),
        lambda: client.import_mailbox("default", ADDRESS, b"pas un zip"),
        lambda: client.import_mailbox("default", ADDRESS, _zip(("INBOX/1.eml", b"a: b\n"), ("\t/1.eml", b"a: b\n"))),
        lambda: client.import_mailbox("default", ADDRESS, _zip(("INBOX/1.eml", b"a: b\n"), ("2.eml", b""))),
    ):
        with pytest.raises(BenchError, match=r"404|422"):
            call()
    assert client.messages("default", ADDRESS) == []  # of a zip nothing was filed, or all


def _zip(*entries: tuple[str, bytes]) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, raw in entries:
            archive.writestr(name, raw)
    return held.getvalue()


def test_no_folder_leaves_the_zip_that_is_taken_out(client: BenchClient) -> None:
    session = client.open_session("zip")["id"]
    hostile = _zip(("../../etc/1.eml", b"a: b\n"), ("Envoyés/2.eml", b"a: d\n"))
    assert client.import_mailbox(session, ADDRESS, hostile) == 2
    with zipfile.ZipFile(io.BytesIO(client.export_mailbox(session, ADDRESS))) as archive:
        names = set(archive.namelist())
        folders = {row["folder"] for row in json.loads(archive.read("index.json"))["messages"]}
    assert names == {"Sent/000001.eml", "_/_/etc/000001.eml", "index.json"}
    assert folders == {"Sent", "../../etc"}
    client.close_session(session)


def test_pages_show_a_hostile_message_as_text(client: BenchClient, live_bench: Bench) -> None:
    uid = client.put_message("default", ADDRESS, HOSTILE)
    home = live_bench.status()["console"]
    for lang, word in (("fr", "Pièces jointes"), ("en", "Attachments")):
        listing = httpx.get(f"{home}/mailboxes/{ADDRESS}?lang={lang}")
        page = httpx.get(f"{home}/mailboxes/{ADDRESS}/{uid}?lang={lang}")
        assert (listing.status_code, page.status_code) == (200, 200)
        assert word in page.text
        for text in (listing.text, page.text):
            assert "<script>alert" not in text
            assert "<img src=x" not in text
            assert "Résultat" in text
    assert "CLAIRE ROMARIN" in httpx.get(f"{home}/mailboxes").text
    assert (measure(53_520, "fr"), measure(53_520, "en")) == ("53,5\u00a0ko", "53.5\u00a0kB")
    part = httpx.get(f"{home}/mailboxes/{ADDRESS}/{uid}/2")
    assert (part.content, part.headers["content-type"]) == (b"PK\x05\x06", "application/octet-stream")
    assert httpx.get(f"{home}/mailboxes/{ADDRESS}/999").status_code == 404
    assert httpx.get(f"{home}/mailboxes/personne@x.fr").status_code == 404


def test_autoconfiguration_leads_to_the_mailbox(live_bench: Bench) -> None:
    status = live_bench.status()
    domain = ADDRESS.partition("@")[2]
    context = ssl.create_default_context(cafile=status["ca"])
    proxy = status["endpoints"]["proxy"]
    with httpx.Client(verify=context, proxy=proxy, trust_env=False) as http:
        answer = http.get(f"https://autoconfig.{domain}/mail/config-v1.1.xml", params={"emailaddress": ADDRESS})
        assert http.get("https://autoconfig.ch-alisier.formation.mssante.fr/mail/config-v1.1.xml").status_code == 200
    server = etree.fromstring(answer.content).find("emailProvider/incomingServer[@type='imap']")
    assert server is not None
    words = {child.tag: child.text for child in server}
    assert (words["socketType"], words["authentication"]) == ("STARTTLS", "OAuth2")
    give_token(live_bench.sessions.default)
    imap = imaplib.IMAP4(words["hostname"] or "", int(words["port"] or 0), timeout=30)
    imap.starttls(context)
    imap.authenticate("XOAUTH2", lambda _challenge: xoauth2(token=TOKEN))
    assert imap.select()[0] == "OK"
    imap.logout()


def test_a_session_has_imap_ports_of_its_own(client: BenchClient, live_bench: Bench) -> None:
    opened = client.open_session("own", own_ports=True)
    session = live_bench.sessions.get(opened["id"])
    host, port = opened["endpoints"]["imap"].removeprefix("tcp://").split(":")
    assert opened["endpoints"]["imap"] != live_bench.status()["endpoints"]["imap"]
    give_token(session)
    client.put_message(session.id, ADDRESS, HOSTILE)
    client.set_switches(session.id, {"autoconfig.document": "real"})
    context = ssl.create_default_context(cafile=live_bench.status()["ca"])
    document = httpx.get(
        f"{opened['endpoints']['autoconfig']}/mail/config-v1.1.xml?emailaddress={ADDRESS}", verify=context
    )
    assert "<hostname>imap.tilleuls.formation.mssante.fr</hostname>" in document.text
    imap = imaplib.IMAP4(host, int(port), timeout=30)
    imap.starttls(context)
    imap.authenticate("XOAUTH2", lambda _challenge: xoauth2())
    assert imap.select()[1] == [b"1"]
    assert [x["operation"] for x in client.exchanges(session.id, service="mssante")][-1] == "select"
    client.reset_session(session.id)
    with pytest.raises(imaplib.IMAP4.abort, match="closed or reset"):
        imap.noop()
    client.set_switches(session.id, {"mssante.folders": "french"})
    assert [f["name"] for f in client.folders(session.id, ADDRESS)][1:3] == ["Envoyés", "Brouillons"]
    assert {x["session"] for x in client.exchanges(session.id, service="mssante")} == {session.id}
    client.close_session(session.id)
