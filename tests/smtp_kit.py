"""An MSSanté operator on free ports in a thread of its own, and what a test needs to meet it as a software would."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import smtplib
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from mocks.control import Registry
from mocks.grants import Grant, Grants, Login, Token
from mocks.hub import Hub
from mocks.igc.pki import Pki
from mocks.journal import Exchange, Journal
from mocks.mssante.operator import Operator
from mocks.mssante.switches import SWITCHES
from mocks.session import Session, Sessions
from mocks.world import World
from norms.mail import Mail, parse

DOCTOR, DOCTOR_BOX = "dr-romarin", "claire.romarin@tilleuls.formation.mssante.fr"
OTHER_BOX = "luc.verveine@msp-chenes.formation.mssante.fr"
APP_BOX = "logiciel@tilleuls.formation.mssante.fr"
LAB_BOX = "resultats@labo-sorbier.formation.mssante.fr"


@cache
def seed() -> World:
    """The packaged world, read once per process."""
    return World.load()


@dataclass
class Operated:
    """A running operator. Its session is bound to the port, so that TLS faults are its own."""

    pki: Pki
    hub: Hub
    operator: Operator
    session: Session
    ports: dict[str, int] = field(default_factory=dict)

    def token(self, professional: str = DOCTOR, *, value: str = "", life: float = 120, **more: Any) -> str:
        """An access token as PSC would have given it, in the session."""
        now = self.session.clock.now()
        who = self.session.world.professionals[professional]
        login = Login("sid", professional, who.national_id, "CARD", now, now)
        grant = Grant("g", "segur-demo", login, "openid scope_all", "", "eidas1")
        held = Token(value or f"token-{time.monotonic_ns()}", "access", grant, now, now + life, **more)
        return self.session.state("grants", Grants).add(held)

    def smtp(self, certificate: str = "", *, tls: bool = True) -> smtplib.SMTP:
        """A client connected, in TLS unless said otherwise."""
        client = smtplib.SMTP("localhost", self.ports["smtp"], timeout=30)
        if tls:
            client.starttls(context=self.context(certificate))
            client.ehlo()
        return client

    def opened(self, box: str = DOCTOR_BOX, professional: str = DOCTOR) -> smtplib.SMTP:
        """A client that has opened a professional's mailbox."""
        client = self.smtp()
        assert xoauth2(client, box, self.token(professional)) == (235, b"2.7.0 Authentication successful")
        return client

    def context(self, certificate: str = "") -> ssl.SSLContext:
        """A client context that trusts the test authorities."""
        context = ssl.create_default_context(cafile=str(self.pki.ca))
        if certificate:
            held = self.pki.credential(certificate)
            context.load_cert_chain(held.chain, held.key)
        return context

    def inbox(self, address: str) -> list[Mail]:
        """What a mailbox received, oldest first."""
        boxes = self.operator.boxes
        folder = boxes.folder(self.session.id, address, "INBOX")
        return [parse(boxes.content(message.content).raw) for message in boxes.messages(folder)]

    def kept(self, operation: str = "") -> list[Exchange]:
        """The journal's entries, of one operation or all."""
        return [one for one in self.hub.journal.list(limit=0) if not operation or one.operation == operation]

    def awaited(self, operation: str) -> list[Exchange]:
        """The same, once there is one: a client may leave before its last word is kept."""
        deadline = time.monotonic() + 30
        while not (found := self.kept(operation)) and time.monotonic() < deadline:
            time.sleep(0.005)
        return found

    def rules(self, operation: str = "") -> list[str]:
        """The rules of their findings, those on what messages hold apart (`norms.mail`)."""
        found = [finding.rule for one in self.kept(operation) for finding in one.findings]
        return [rule for rule in found if not rule.startswith("MAIL-")]


@contextlib.contextmanager
def operating(pki: Pki, path: Path | None = None) -> Iterator[Operated]:
    """An operator with a submission port, on the loop that a bench uses."""
    registry = Registry(SWITCHES)
    hub = Hub(Sessions(seed(), registry), Journal(path), registry, pki.folder)
    ready, stop = threading.Event(), []
    held: list[Operated] = []

    async def live() -> None:
        operator = Operator(hub)
        ports, servers = {}, []
        for name in operator.talks:
            server = operator.server(name, "127.0.0.1", 0)
            await server.start()
            servers.append(server)
            ports[name] = server.port
        session = hub.sessions.open("test", {"port": [str(port) for port in ports.values()]})
        held.append(Operated(pki, hub, operator, session, ports))
        end = asyncio.Event()
        stop.extend([asyncio.get_running_loop(), end])
        ready.set()
        await end.wait()
        for server in servers:
            await server.stop()

    def run() -> None:
        try:
            import uvloop
        except ImportError:
            asyncio.run(live())
            return
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(live())

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(30)
    try:
        yield held[0]
    finally:
        stop[0].call_soon_threadsafe(stop[1].set)
        thread.join(30)
        hub.journal.close()


def sasl(box: str, token: str) -> str:
    """The initial response of XOAUTH2."""
    return base64.b64encode(f"user={box}\1auth=Bearer {token}\1\1".encode()).decode()


def xoauth2(client: smtplib.SMTP, box: str, token: str, word: str = "XOAUTH2") -> tuple[int, bytes]:
    """Log in with an initial response."""
    return client.docmd("AUTH", f"{word} {sasl(box, token)}")


def plain(client: smtplib.SMTP, box: str, password: str = "x", acting: str = "") -> tuple[int, bytes]:
    """Log in with PLAIN."""
    return client.docmd("AUTH", "PLAIN " + base64.b64encode(f"{acting}\0{box}\0{password}".encode()).decode())


def letter(
    sender: str = DOCTOR_BOX, to: str = OTHER_BOX, subject: str = "Essai", body: str = "Bonjour", **more: str
) -> bytes:
    """A plain message; ``more``: header fields, underscores for hyphens."""
    fields = {"From": sender, "To": to, "Subject": subject, "Message-ID": "<essai.1@cabinet.example>"}
    fields |= {name.replace("_", "-"): value for name, value in more.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{head}\r\n{body}\r\n".encode()
