"""The post office behind SMTP: puts accepted messages into mailboxes, tells senders what became of them, sends what the
bench itself writes (notices, patients' messages), at once or later on the session's clock.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from mocks.hub import Hub
from mocks.journal import Exchange, JournalError
from mocks.journal.model import Kind
from mocks.mssante.box_model import Deposit
from mocks.mssante.boxes import Boxes
from mocks.mssante.routing import Route, local
from mocks.session import Session
from norms.mail import bounce, dsn
from norms.mail.parse import parse

log = logging.getLogger("segur.mssante")
HOST = "smtp.operateur.formation.mssante.fr"  # what the simulated operator calls itself
COUNTED, FAR = 1.0, 50_000_000  # seconds that a count serves, bytes below the quota
TICK = 0.25  # seconds between two looks at what is due


@dataclass(frozen=True, slots=True)
class Envelope:
    """A message accepted from a mailbox, with what DSN was asked."""

    sender: str  # empty: the null one
    routes: tuple[Route, ...]
    ret: str = ""
    envid: str = ""
    arrival: float = field(default_factory=time.time)


@dataclass(slots=True)
class Waiting:
    """What a session is to receive later: when, on its clock, and what to do then. A reset forgets it."""

    acts: list[tuple[float, Callable[[], None]]] = field(default_factory=list)


class Post:
    """One per bench. What waits for its hour is forgotten when the bench stops."""

    def __init__(self, hub: Hub, boxes: Boxes) -> None:
        self.hub, self.boxes = hub, boxes
        self.automatic: Callable[[Session, bytes], None] = lambda _session, _raw: None  # see `Patients`
        self._counted: dict[tuple[str, str], tuple[int, float]] = {}  # bytes of a mailbox, and when they were counted
        self._task: asyncio.Task[None] | None = None

    # -- what SMTP brings ----------------------------------------------------------------------------------------

    def fitted(self, session: Session, routes: Sequence[Route], size: int) -> tuple[Route, ...]:
        """The routes once the size is known: a message too large for a box, or for what is left in it, is lost."""
        return tuple(self._fitted(session, route, size) for route in routes)

    def deposit(self, session: Session, envelope: Envelope, raw: bytes, trace: bytes) -> Deposit | None:
        """The message for every mailbox that takes it, as statements for the exchange's transaction."""
        places = dict.fromkeys((route.recipient.key, "INBOX") for route in envelope.routes if route.delivered)
        if not places:
            return None
        return self.boxes.deposit(session.id, places, trace + raw, date=session.clock.now())

    def follow(self, session: Session, envelope: Envelope, raw: bytes, thread: str) -> None:
        """After acceptance: notices to the sender, the automatic answer, each when its delay has passed."""
        for route in envelope.routes:
            if route.kind == "automatic":
                self._when_due(session, lambda: self.automatic(session, raw))
        if not envelope.sender:  # a notice about a notice would never end (RFC 5321 §4.5.5)
            return
        told = [r for r in envelope.routes if r.cause and r.recipient.wants_failure]
        patients = [route for route in told if route.patient]
        rest = [r for r in told if not r.patient]
        done = [r for r in envelope.routes if not r.cause and r.recipient.wants_success]
        for route in patients:
            self._when_due(session, lambda route=route: self._bounce(session, envelope, raw, route, thread))  # type: ignore[misc]
        if rest or done:
            self._when_due(session, lambda: self._dsn(session, envelope, raw, (*rest, *done), thread))

    # -- what the bench writes -----------------------------------------------------------------------------------

    def send(
        self,
        session: Session,
        operation: str,
        raw: bytes,
        recipients: Iterable[str],
        *,
        sender: str = "",
        outcome: str = "",
        facts: Mapping[str, str] | None = None,
        thread: str = "",
    ) -> Exchange:
        """Put a message of the bench's own into mailboxes and the journal (an event), in one transaction.

        Recipients without a mailbox here are left out. Raises JournalError.
        """
        to = [one.lower() for one in recipients]
        known = [one for one in dict.fromkeys(to) if self._held(session, one)]
        trace = f"Return-Path: <{sender}>\r\n".encode("ascii", "replace")
        entry = Exchange(
            session.id,
            "mssante",
            time.time(),
            Kind.EVENT,
            listener="smtp",
            operation=operation,
            outcome=outcome or ("delivered" if known else "no-mailbox"),
            thread=thread,
            method="SMTP",
            target=", ".join(to),
            request_body=raw,
            facts={"mail_from": sender, "rcpt": ", ".join(to), "size": str(len(raw)), **(facts or {})},
        )
        deposit = None
        if known:
            places = [(one, "INBOX") for one in known]
            deposit = self.boxes.deposit(session.id, places, trace + raw, date=session.clock.now())
        self.hub.journal.record(entry, also=deposit.statements if deposit else ())
        if deposit:
            self.boxes.announce(deposit)
        return entry

    def now(self, session: Session) -> datetime:
        """The session's time, for the dates of what the bench writes."""
        return datetime.fromtimestamp(session.clock.now(), UTC)

    # -- inside --------------------------------------------------------------------------------------------------

    def _fitted(self, session: Session, route: Route, size: int) -> Route:
        if not route.delivered and route.kind != "automatic":
            return route
        cause = ""
        if route.max_bytes and size > route.max_bytes:
            cause = "size"
        elif route.quota and self._used(session, route, size) > route.quota:
            cause = "full"
        return replace(route, kind="lost", cause=cause) if cause else route

    def _used(self, session: Session, route: Route, size: int) -> int:
        """Bytes of a mailbox with this message: counting a large one takes milliseconds, so one that is far from its
        quota is counted once a second."""
        key, now = (session.id, route.recipient.key), time.monotonic()
        used, since = self._counted.get(key, (0, 0.0))
        if now - since > COUNTED or used + size > route.quota - FAR:
            used, since = self.boxes.used(*key), now
            self._counted = {held: kept for held, kept in self._counted.items() if now - kept[1] <= COUNTED}
        self._counted[key] = used + size, since
        return used + size

    def _held(self, session: Session, address: str) -> bool:
        mailbox = session.world.mailboxes.get(address)
        return mailbox.active if mailbox else session.world.patient_box(address)[1] == "open"

    def _bounce(self, session: Session, envelope: Envelope, raw: bytes, route: Route, thread: str) -> None:
        recipient = route.recipient.address
        notice = bounce.compose(
            route.cause, original=raw, recipient=recipient, date=self.now(session), message_id=fresh_id()
        )
        self._tell(session, "bounce", envelope, notice, (route,), thread, raw)

    def _dsn(self, session: Session, envelope: Envelope, raw: bytes, routes: Sequence[Route], thread: str) -> None:
        notice = dsn.Dsn(
            reporting=HOST,
            envid=envelope.envid,
            arrival=datetime.fromtimestamp(envelope.arrival + session.clock.offset, UTC),
            outcomes=tuple(map(_outcome, routes)),
            original=raw,
            headers_only=envelope.ret != "FULL",
        )
        written = dsn.compose(notice, to=envelope.sender, date=self.now(session), message_id=fresh_id())
        self._tell(session, "dsn", envelope, written, routes, thread, raw)

    def _tell(
        self,
        session: Session,
        operation: str,
        envelope: Envelope,
        notice: bytes,
        routes: Sequence[Route],
        thread: str,
        raw: bytes,
    ) -> None:
        facts = {
            "about": ", ".join(route.recipient.address for route in routes),
            "original": parse(raw).message_id,
            "envid": envelope.envid,
        }
        outcome = ",".join(dict.fromkeys(route.cause or "delivered" for route in routes))
        self.send(session, operation, notice, [envelope.sender], outcome=outcome, facts=facts, thread=thread)

    def _when_due(self, session: Session, act: Callable[[], None]) -> None:
        delay = int(session.switches.peek("mssante.notice_delay_s"))
        if delay <= 0:
            act()
        else:
            session.state("mssante.later", Waiting).acts.append((session.clock.now() + delay, act))
            if self._task is None or self._task.done():
                self._task = asyncio.get_running_loop().create_task(self._tick(), name="mssante post")

    async def _tick(self) -> None:
        while any(session.state("mssante.later", Waiting).acts for session in self.hub.sessions):
            await asyncio.sleep(TICK)
            self.run_due()

    def run_due(self) -> None:
        """Do what has come due on its session's clock."""
        for session in list(self.hub.sessions):
            waiting, now = session.state("mssante.later", Waiting), session.clock.now()
            ready = [act for due, act in waiting.acts if due <= now]
            waiting.acts = [held for held in waiting.acts if held[0] > now]
            for act in ready:
                try:
                    act()
                except (JournalError, ValueError) as error:
                    log.error("%s", error)


def fresh_id() -> str:
    """A Message-ID, without its brackets."""
    return f"{secrets.token_hex(12)}@{HOST}"


def is_local(session: Session, address: str) -> bool:
    """Whether the operator serves the domain of this address."""
    return address.rpartition("@")[2].lower() in local(session)


def _outcome(route: Route) -> dsn.Outcome:
    action = "failed" if route.cause else "relayed" if route.kind == "relay" else "delivered"
    return dsn.Outcome(
        final=route.recipient.address,
        action=action,
        status=route.status,
        original=route.recipient.orcpt.partition(";")[2],
        diagnostic=f"smtp; {'550' if route.cause else '250'} {route.status} {route.words}".strip(),
    )
