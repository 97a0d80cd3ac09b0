"""An operator's IMAP service on a free port, in a thread of its own, and what a test needs to open a mailbox there."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import imaplib
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mocks.control import Registry
from mocks.grants import Grant, Grants, Login, Token
from mocks.hub import Hub
from mocks.igc.pki import Pki
from mocks.journal import Exchange, Journal
from mocks.lines import LineServer
from mocks.listener import TlsProfile
from mocks.mssante.boxes import Boxes
from mocks.mssante.imap.service import Imap
from mocks.mssante.switches import SWITCHES
from mocks.session import Session, Sessions
from mocks.world import World

DOCTOR = "dr-romarin"
ADDRESS = "claire.romarin@tilleuls.formation.mssante.fr"
APPLICATION = "logiciel@tilleuls.formation.mssante.fr"
TOKEN = "token-of-dr-romarin"


@dataclass
class Served:
    """The service as a test sees it. Boxes and journal are used from the test's thread too: their lock allows it."""

    hub: Hub
    boxes: Boxes
    pki: Pki
    loop: asyncio.AbstractEventLoop
    port: int

    @property
    def session(self) -> Session:
        return self.hub.sessions.default

    def run(self, do: Any) -> Any:
        """Call in the service's thread, as other parts of the bench do."""
        done = threading.Event()
        kept: list[Any] = []

        def call() -> None:
            kept.append(do())
            done.set()

        self.loop.call_soon_threadsafe(call)
        assert done.wait(30)
        return kept[0]

    def put(self, raw: bytes, folder: str = "INBOX", flags: tuple[str, ...] = (), address: str = ADDRESS) -> int:
        return int(self.run(lambda: self.boxes.append(self.session.id, address, folder, raw, flags)))

    def context(self, credential: str = "") -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=str(self.pki.ca))
        if credential:
            held = self.pki.credential(credential)
            context.load_cert_chain(held.chain, held.key)
        return context

    def client(self, *, login: bool = True) -> imaplib.IMAP4:
        client = imaplib.IMAP4("localhost", self.port, timeout=30)
        client.starttls(self.context())
        if login:
            client.authenticate("XOAUTH2", lambda _challenge: xoauth2())
        return client

    def raw(self, *, tls: bool = True, login: bool = True) -> Raw:
        return Raw(self, tls=tls, login=login)

    def exchanges(self, operation: str = "") -> list[Exchange]:
        found = self.hub.journal.list(limit=0)
        return [x for x in found if not operation or x.operation == operation]


class Raw:
    """A client that says exactly what it is told."""

    def __init__(self, served: Served, *, tls: bool, login: bool) -> None:
        import socket

        self.socket: Any = socket.create_connection(("127.0.0.1", served.port), timeout=30)
        self.file = self.socket.makefile("rb")
        self.greeting = self.file.readline()
        if tls:
            self.say(b"s STARTTLS")
            self.until(b"s ")
            self.socket = served.context().wrap_socket(self.socket, server_hostname="localhost")
            self.file = self.socket.makefile("rb")
        if login:
            self.say(b"l AUTHENTICATE XOAUTH2 " + base64.b64encode(xoauth2()))
            assert b"OK" in self.until(b"l ")[-1]

    def say(self, line: bytes) -> None:
        self.socket.sendall(line + b"\r\n")

    def until(self, prefix: bytes) -> list[bytes]:
        """Lines up to the one that begins so, or to the end of the connection."""
        lines = []
        while line := self.file.readline():
            lines.append(line)
            if line.startswith(prefix):
                break
        return lines

    def do(self, line: bytes) -> list[bytes]:
        """Say a command (a tag is put before it) and read its whole answer."""
        self.say(b"t " + line)
        return self.until(b"t ")

    def close(self) -> None:
        self.socket.close()


def xoauth2(address: str = ADDRESS, token: str = TOKEN) -> bytes:
    return f"user={address}\x01auth=Bearer {token}\x01\x01".encode()


def give_token(session: Session, professional: str = DOCTOR, value: str = TOKEN) -> None:
    now = time.time()
    held = session.world.professionals[professional]
    login = Login("sid", professional, held.national_id, "CARD", now, now)
    grant = Grant("g", "client", login, "openid", "", "eidas1")
    session.state("grants", Grants).add(Token(value, "access", grant, now, now + 3600))


@contextlib.contextmanager
def serving(pki: Pki, database: Path | None = None) -> Iterator[Served]:
    """The service on a free port."""
    journal = Journal(database)
    registry = Registry(SWITCHES)
    sessions = Sessions(World.load(), registry)
    hub = Hub(sessions, journal, registry, pki.folder)
    boxes = Boxes(journal.database)
    give_token(sessions.default)
    ready, held = threading.Event(), list[Any]()

    async def live() -> None:
        credential = pki.credential("server")
        tls = TlsProfile(credential.chain, credential.key, "optional", pki.ca, crl=pki.crl)
        server = LineServer("imap", Imap(hub, boxes).talk, "127.0.0.1", 0, tls, lambda _refusal: None)
        await server.start()
        end = asyncio.Event()
        held.extend([server.port, asyncio.get_running_loop(), end])
        ready.set()
        await end.wait()
        await server.stop()

    thread = threading.Thread(target=lambda: asyncio.run(live()), daemon=True)
    thread.start()
    assert ready.wait(30)
    try:
        yield Served(hub, boxes, pki, held[1], held[0])
    finally:
        held[1].call_soon_threadsafe(held[2].set)
        thread.join(30)
        journal.close()
