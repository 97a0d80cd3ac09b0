"""Clients that nobody here wrote: aioimaplib, curl, mutt, mbsync (isync), unmodified. imaplib is met elsewhere."""

from __future__ import annotations

import asyncio
import contextlib
import mailbox
import os
import re
import shutil
import subprocess
import threading
from pathlib import Path

import aioimaplib
import pytest

from tests.imap_kit import ADDRESS, APPLICATION, TOKEN, Served

RAW = b"From: a@b.fr\r\nTo: c@d.fr\r\nSubject: essai %d\r\nMessage-ID: <%d@b.fr>\r\n\r\nBonjour\r\n"

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
needs_mutt = pytest.mark.skipif(shutil.which("mutt") is None, reason="mutt is not installed")
needs_mbsync = pytest.mark.skipif(shutil.which("mbsync") is None, reason="mbsync (isync) is not installed")


async def starttls_for(served: Served, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """aioimaplib knows no STARTTLS: this stands before it and does that for it, nothing else."""
    far_reader, far = await asyncio.open_connection("localhost", served.port)
    greeting = await far_reader.readline()
    far.write(b"s STARTTLS\r\n")
    await far_reader.readline()
    await far.start_tls(served.context(), server_hostname="localhost")
    writer.write(greeting)

    async def carry(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):
            while data := await source.read(65536):
                target.write(data)
        target.close()

    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.gather(carry(reader, far), carry(far_reader, writer))


def test_aioimaplib_waits_and_is_told(served: Served) -> None:
    async def talk() -> list[bytes]:
        relay = await asyncio.start_server(lambda r, w: starttls_for(served, r, w), "127.0.0.1", 0)
        async with relay:
            return await asyncio.wait_for(listen(relay.sockets[0].getsockname()[1]), 30)

    async def listen(port: int) -> list[bytes]:
        client = aioimaplib.IMAP4(host="127.0.0.1", port=port, timeout=30)
        await client.wait_hello_from_server()
        assert (await client.xoauth2(ADDRESS, TOKEN)).result == "OK"
        await client.protocol.capability()
        await client.select("INBOX")
        assert client.has_capability("IDLE")
        waiting = await client.idle_start(timeout=30)
        await asyncio.to_thread(served.put, RAW % (1, 1))
        told: list[bytes] = await client.wait_server_push()
        client.idle_done()
        await asyncio.wait_for(waiting, 30)
        fetched = await client.uid("fetch", "1:*", "(FLAGS ENVELOPE BODY.PEEK[])")
        assert b"Bonjour\r\n" in b"".join(bytes(line) for line in fetched.lines)
        moved = await client.uid("move", "1", "Archive")
        assert moved.result == "OK"
        await client.logout()
        return told

    assert b"1 EXISTS" in asyncio.run(talk())


@needs_curl
def test_curl_lists_and_reads(served: Served) -> None:
    served.put(RAW % (1, 1))

    def curl(path: str, *more: str) -> str:
        argv = ["curl", "-sS", "--ssl-reqd", "--cacert", str(served.pki.ca), "--user", f"{ADDRESS}:"]
        argv += ["--oauth2-bearer", TOKEN, "--max-time", "10", f"imap://localhost:{served.port}/{path}", *more]
        return subprocess.run(argv, check=True, capture_output=True, text=True).stdout

    assert '* LIST (\\HasNoChildren \\Sent) "/" Sent' in curl("")
    assert "Subject: essai 1" in curl("INBOX;UID=1")
    assert "* SEARCH 1" in curl("INBOX?SUBJECT%20essai")


@needs_mutt
def test_mutt_opens_the_inbox_as_the_page_says(served: Served, tmp_path: Path) -> None:
    served.put(RAW % (1, 1))
    page = (Path(__file__).parents[4] / "docs" / "mssante.md").read_text(encoding="utf-8")
    (settings,) = re.findall(r"```\n(set folder.*?)```", page, re.S)
    given = {"address": ADDRESS, "imap port": served.port, "ca": served.pki.ca, "file of the token": tmp_path / "token"}
    for name, value in given.items():
        settings = settings.replace(f"<{name}>", str(value))
    (tmp_path / "muttrc").write_text(settings)
    (tmp_path / "token").write_text(TOKEN)
    argv = ["mutt", "-n", "-F", str(tmp_path / "muttrc"), "-e", "push <display-message><exit><quit>"]
    screen, terminal = os.openpty()

    def look() -> None:
        with contextlib.suppress(OSError):
            while os.read(screen, 65536):
                pass

    threading.Thread(target=look, daemon=True).start()
    try:
        done = subprocess.run(
            argv, stdin=terminal, stdout=terminal, stderr=terminal, timeout=60, check=False,
            env={**os.environ, "TERM": "xterm", "HOME": str(tmp_path), "PAGER": "cat"},
        )  # fmt: skip
    finally:
        os.close(terminal)
        os.close(screen)
    assert done.returncode == 0
    said = [x.operation for x in served.exchanges()]
    assert {"authenticate", "select", "fetch"} <= set(said), said
    assert not [x for x in served.exchanges() if x.outcome in ("bad", "bench-error")]


def synchronised(served: Served, folder: Path) -> None:
    held = served.pki.credential("org-auth-cli")
    (folder / "mail").mkdir(exist_ok=True)
    (folder / "mbsyncrc").write_text(
        f"""
IMAPStore far
Host localhost
Port {served.port}
User {APPLICATION}
Pass aucun
SSLType STARTTLS
SSLVersions TLSv1.2
CertificateFile {served.pki.ca}
ClientCertificate {held.chain}
ClientKey {held.key}
AuthMechs PLAIN

MaildirStore near
Path {folder}/mail/
Inbox {folder}/mail/INBOX
SubFolders Verbatim

Channel all
Far :far:
Near :near:
Patterns *
Create Both
Expunge Both
SyncState *
"""
    )
    done = subprocess.run(
        ["mbsync", "-c", str(folder / "mbsyncrc"), "-a"], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr


@needs_mbsync
def test_mbsync_brings_a_mailbox_home_and_back(served: Served, tmp_path: Path) -> None:
    for number in range(5):
        served.put(RAW % (number, number), address=APPLICATION)
    synchronised(served, tmp_path)
    inbox = mailbox.Maildir(tmp_path / "mail" / "INBOX")
    assert sorted(message["Subject"] for message in inbox) == [f"essai {n}" for n in range(5)]
    inbox.add(mailbox.MaildirMessage(RAW % (9, 9)))
    gone = next(key for key, message in inbox.items() if message["Subject"] == "essai 0")
    message = inbox.get_message(gone)
    message.add_flag("T")
    inbox[gone] = message
    synchronised(served, tmp_path)
    boxes, session = served.boxes, served.session.id
    held = served.run(lambda: boxes.messages(boxes.folder(session, APPLICATION, "INBOX")))
    subjects = [served.run(lambda m=m: boxes.content(m.content).subject) for m in held]
    assert subjects == ["essai 1", "essai 2", "essai 3", "essai 4", "essai 9"]
    assert not [x for x in served.exchanges() if x.outcome in ("bad", "bench-error")]
