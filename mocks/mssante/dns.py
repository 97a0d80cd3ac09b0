"""A small DNS on a high UDP port: SRV of IMAP and submission (RFC 2782, RFC 6186) for the domains of mailboxes.

One third party reads ECO.1.1.9 as DNS; no text gives labels. Off by default (``autoconfig.srv``): every question is
then refused. Names of the mailbox domains lead to the bench; nothing is asked of any other server.
"""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import struct
import time
from urllib.parse import urlsplit

from mocks.hub import Hub
from mocks.journal import Exchange, JournalError
from mocks.mssante.autoconfig import domains
from mocks.session import Session

log = logging.getLogger("segur.dns")
A, SRV, INTERNET = 1, 33, 1
NO_ERROR, FORMAT, NO_NAME, NOT_DONE, REFUSED = 0, 1, 3, 4, 5
TTL = 60  # seconds
LABELS = {"_imap._tcp": "imap", "_submission._tcp": "smtp"}
ABSENT = ("_imaps._tcp", "_submissions._tcp", "_pop3._tcp", "_pop3s._tcp")  # said not to be there: target "."
_OUTCOMES = {NO_ERROR: "answered", FORMAT: "malformed", NO_NAME: "no-name", NOT_DONE: "not-done", REFUSED: "refused"}


class BadQuestion(ValueError):
    """Bytes that are no question."""


def question(data: bytes) -> tuple[str, int, bytes]:
    """Name in lower case, type, and the question's own bytes; raises BadQuestion."""
    if len(data) < 12 or data[2] & 0xF8 or data[4:6] != b"\0\1":
        raise BadQuestion("one standard question expected")
    labels, at = list[str](), 12
    while at < len(data) and (size := data[at]):
        if size > 63 or at + size >= len(data) or len(labels) > 40:
            raise BadQuestion("a name cannot be read")
        labels.append(data[at + 1 : at + 1 + size].decode("ascii", "replace").lower())
        at += 1 + size
    if len(data) < at + 5:
        raise BadQuestion("cut short")
    kind, scope = struct.unpack_from("!HH", data, at + 1)
    if scope != INTERNET:
        raise BadQuestion("class IN expected")
    return ".".join(labels), kind, data[12 : at + 5]


def wire_name(name: str) -> bytes:
    """A name as DNS writes it."""
    parts = [label.encode("ascii", "replace")[:63] for label in name.split(".") if label]
    return b"".join(bytes([len(part)]) + part for part in parts) + b"\0"


def record(name: bytes, kind: int, data: bytes) -> bytes:
    """A resource record."""
    return name + struct.pack("!HHIH", kind, INTERNET, TTL, len(data)) + data


class DnsServer:
    """One UDP port, `start` to `stop`; ``port`` 0 takes a free one."""

    def __init__(self, name: str, hub: Hub, host: str, port: int) -> None:
        self.name, self.hub, self.host, self.port = name, hub, host, port
        self._transport: asyncio.DatagramTransport | None = None

    async def start(self) -> None:
        """Listen; raises OSError when the port is taken."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: _Protocol(self), local_addr=(self.host, self.port)
        )
        self.port = self._transport.get_extra_info("sockname")[1]

    async def stop(self) -> None:
        """Stop listening."""
        if self._transport:
            self._transport.close()
            self._transport = None

    def answer(self, data: bytes, client: str) -> bytes:
        """The answer to a datagram, kept in the journal; empty when none is owed."""
        started = time.time()
        if len(data) < 12 or data[2] & 0x80:  # not a question: answering could make two servers talk for ever
            return b""
        session = self.hub.sessions.bind({"port": str(self.port)})
        name, asked = "", b""
        try:
            name, kind, asked = question(data)
            code, answers, more = self._records(session, name, kind)
        except BadQuestion:
            code, answers, more = FORMAT, [], []
        flags = 0x8400 | (data[2] & 1) << 8 | code  # an answer, with authority
        head = data[:2] + struct.pack("!HHHHH", flags, bool(asked), len(answers), 0, len(more))
        sent = head + asked + b"".join([*answers, *more])
        exchange = Exchange(session.id, "autoconfig", started, listener=self.name, operation="srv", client=client)
        exchange.method, exchange.target, exchange.outcome = "DNS", name, _OUTCOMES[code]
        exchange.request_body, exchange.response_body, exchange.status = data, sent, 200
        exchange.duration_ms = (time.time() - started) * 1000
        try:
            self.hub.journal.record(exchange)
        except JournalError as error:
            log.error("%s", error)
        return sent

    def _records(self, session: Session, name: str, kind: int) -> tuple[int, list[bytes], list[bytes]]:
        if not session.switches.take("autoconfig.srv"):
            return REFUSED, [], []
        domain = next((one for one in domains(session.world) if name == one or name.endswith(f".{one}")), "")
        if not domain:
            return REFUSED, [], []
        label = name.removesuffix(domain).rstrip(".")
        own = b"\xc0\x0c"  # the name of the question
        urls = {name: urlsplit(url) for name, url in self.hub.urls(session).items()}
        if label in LABELS and kind == SRV:
            place = urls[LABELS[label]]
            target = f"{LABELS[label]}.{domain}" if _address(place.hostname) else place.hostname or ""
            data = struct.pack("!HHH", 0, 1, place.port or 0) + wire_name(target)
            address = _address(place.hostname)
            return NO_ERROR, [record(own, SRV, data)], [record(wire_name(target), A, address)] if address else []
        if label in ABSENT and kind == SRV:
            return NO_ERROR, [record(own, SRV, struct.pack("!HHH", 0, 0, 0) + b"\0")], []
        if label in ("imap", "smtp", "autoconfig"):
            address = _address(urls[label].hostname)
            return NO_ERROR, [record(own, A, address)] if address and kind == A else [], []
        known = label == "" or label in LABELS or label in ABSENT
        return (NO_ERROR if known else NO_NAME), [], []


def _address(host: str | None) -> bytes:
    """An IPv4 address as four bytes, empty when the host is a name."""
    try:
        return ipaddress.IPv4Address(host or "").packed
    except ValueError:
        return b""


class _Protocol(asyncio.DatagramProtocol):
    def __init__(self, server: DnsServer) -> None:
        self.server = server
        self.transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        answer = self.server.answer(data, f"{addr[0]}:{addr[1]}")
        if answer and self.transport:
            self.transport.sendto(answer, addr)
