"""A message handed over: MAIL, RCPT, DATA, and what becomes of it (accepted into mailboxes, or refused), kept whole."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mocks.journal.model import Exchange, Validation
from mocks.lines import BareNewline, Gone, TooLarge
from mocks.mssante.login import Identity
from mocks.mssante.post import Envelope
from mocks.mssante.routing import Route, route
from mocks.mssante.smtp import accept
from mocks.mssante.smtp.judge import at_once
from mocks.session import Session
from norms import smtp
from norms.finding import Finding, Severity, find
from norms.smtp import Mail, Reply

if TYPE_CHECKING:
    from mocks.mssante.smtp.session import Submission

RECIPIENTS = 100
BARE = Reply(521, "5.5.2", "Bare newline received")
BUSY = Reply(451, "4.3.0", "Try again later")


@dataclass(slots=True)
class Transaction:
    """A message being handed over."""

    envelope: Mail
    started: float
    routes: list[Route] = field(default_factory=list)
    commands: list[tuple[str, str]] = field(default_factory=list)  # as sent, for the evidence
    findings: list[Finding] = field(default_factory=list)


class Drop(Exception):
    """The connection is to be cut at once, as the session asked."""


class Handover:
    """The messages of one connection, one after the other."""

    def __init__(self, connection: Submission) -> None:
        self.connection = connection
        self.transaction: Transaction | None = None

    @property
    def session(self) -> Session:
        """The bench's session that the connection belongs to."""
        return self.connection.session

    @property
    def identity(self) -> Identity:
        """Whose mailbox is open."""
        assert self.connection.identity is not None
        return self.connection.identity

    async def rset(self, argument: str = "") -> Reply:
        """Forget the message under way."""
        self.transaction = None
        return Reply(250, "2.0.0", "OK")

    async def mail(self, argument: str) -> Reply:
        line = f"MAIL {argument}".encode()
        if refusal := self.connection.not_yet(line):
            return refusal
        if self.transaction:
            return self.connection.out_of_turn(line, "RSET")
        mailbox = self.identity.mailbox
        envelope = smtp.mail(argument)
        if self.connection.struck("mail-451"):
            return self.connection.refuse(line, BUSY, find("SASL-SIM-01", found="mssante.smtp"), code="mail-451")
        self.transaction = Transaction(envelope, time.time(), findings=list(envelope.findings))
        if envelope.address and envelope.address.lower() != mailbox.id:
            finding = find("SMTP-FROM-01", expected=mailbox.id, found=envelope.address)
            if self.session.switches.peek("mssante.sender") == "strict":
                self.transaction = None
                return self.connection.refuse(
                    line, Reply(553, "5.7.1", "Sender address not owned"), finding, code="sender"
                )
            self.transaction.findings.append(finding)
        limit = self.connection.limit()
        if envelope.size > limit:
            self.transaction = None
            finding = find("SMTP-DATA-01", expected=limit, found=envelope.size)
            return self.connection.refuse(line, Reply(552, "5.3.4", "Message too large"), finding, code="too-large")
        self.transaction.commands.append(("MAIL", argument))
        return Reply(250, "2.1.0", "Sender OK")

    async def rcpt(self, argument: str) -> Reply:
        line = f"RCPT {argument}".encode()
        if refusal := self.connection.not_yet(line):
            return refusal
        if self.transaction is None:
            return self.connection.out_of_turn(line, "MAIL")
        recipient = smtp.rcpt(argument)
        if len(self.transaction.routes) >= RECIPIENTS:
            return self.connection.refuse(
                line, Reply(452, "4.5.3", "Too many recipients"), find("SMTP-RCPT-04", expected=RECIPIENTS)
            )
        way = route(self.session, recipient)
        self.transaction.findings += recipient.findings
        if isinstance(way, tuple):
            reply, finding = way
            return self.connection.refuse(line, reply, finding, code=f"recipient-{way[0].status}")
        self.transaction.routes.append(way)
        self.transaction.findings += [way.finding] if way.finding else []
        self.transaction.commands.append(("RCPT", argument))
        return Reply(250, "2.1.5", "Recipient OK")

    async def data(self, argument: str) -> Reply | None:
        line = f"DATA {argument}".strip().encode()
        if refusal := self.connection.not_yet(line):
            return refusal
        transaction = self.transaction
        if transaction is None or not transaction.routes:
            return self.connection.out_of_turn(line, "RCPT" if transaction else "MAIL")
        if argument:
            return self.connection.refuse(
                line,
                Reply(501, "5.5.4", "No parameter allowed"),
                find("SMTP-CMD-02", expected="DATA", found=line.decode()),
            )
        await self.connection.say(Reply(354, "", "End with <CR><LF>.<CR><LF>"), flush=True)
        self.transaction = None
        if self.connection.struck("drop-data"):
            self._lost(transaction, b"", "dropped")
            raise Drop
        limit = self.connection.limit()
        try:
            raw = await self.connection.conversation.data(limit)
        except TooLarge as error:
            transaction.findings.append(find("SMTP-DATA-01", expected=limit, found=error.size))
            return self._answered(transaction, b"", Reply(552, "5.3.4", "Message too large"), "too-large")
        except BareNewline:
            transaction.findings.append(find("SMTP-DATA-02"))
            self.connection.ended = True
            return self._answered(transaction, b"", BARE, "bare-newline")
        except Gone:
            transaction.findings.append(find("SMTP-DATA-07"))
            self._lost(transaction, b"", "lost")
            raise
        return self._message(transaction, raw)

    def _message(self, transaction: Transaction, raw: bytes) -> Reply:
        """Judge a whole message; accept it into mailboxes, or refuse it."""
        envelope, read = transaction.envelope, accept.head(raw)
        refusing = list(accept.sender(read, envelope, self.identity))
        transaction.findings += [*refusing, *accept.form(raw, envelope)]
        if self.connection.struck("data-451"):
            return self._answered(transaction, raw, BUSY, "data-451", read)
        wrong = next((one for one in refusing if one.severity is Severity.ERROR), None)
        if wrong and (wrong.rule == "SMTP-DATA-05" or self.session.switches.peek("mssante.sender") == "strict"):
            reply = Reply(550, "5.7.1", "From is not the authenticated mailbox")
            return self._answered(transaction, raw, reply, "sender", read)
        routes = self.connection.post.fitted(self.session, transaction.routes, len(raw))
        accepted = Envelope(envelope.address, routes, envelope.ret, envelope.envid)
        deposit = self.connection.post.deposit(
            self.session,
            accepted,
            raw,
            accept.trace(self.connection.conversation, self.connection.greeted, envelope),
        )
        exchange = self._exchange(transaction, raw, "accepted", read, routes)
        found = at_once(exchange.facts, raw)
        exchange.findings = [*exchange.findings, *(found or ())]
        exchange.validation = Validation.PENDING if found is None else Validation.DONE
        reply = Reply(250, "2.0.0", f"Queued as {exchange.thread}-{int(exchange.started * 1000):x}")
        self.connection.keeper.keep(exchange, reply, also=deposit.statements if deposit else ())
        if deposit:
            self.connection.post.boxes.announce(deposit)
        self.connection.post.follow(self.session, accepted, raw, exchange.thread)
        if self.connection.struck("lost-250"):
            raise Drop
        return reply

    def _exchange(
        self,
        transaction: Transaction,
        raw: bytes,
        outcome: str,
        read: accept.Head | None = None,
        routes: tuple[Route, ...] = (),
    ) -> Exchange:
        exchange = self.connection.keeper.entry(self.session, "submit", transaction.started, raw)
        envelope, ways = transaction.envelope, routes or tuple(transaction.routes)
        addresses = [way.recipient.address for way in ways]
        exchange.outcome, exchange.findings = outcome, transaction.findings
        exchange.target = ", ".join(addresses)
        exchange.request_headers = transaction.commands
        dsn = [f"ret={envelope.ret}" if envelope.ret else "", f"envid={envelope.envid}" if envelope.envid else ""]
        dsn += [f"notify={','.join(sorted(way.recipient.notify))}" for way in ways if way.recipient.notify][:1]
        exchange.facts |= {
            "mailbox": self.identity.mailbox.id,
            "kind": self.identity.mailbox.kind,
            **self._owner(),
            "auth": self.identity.how,
            "mail_from": envelope.address,
            "rcpt": exchange.target,
            "size": str(len(raw)),
            "ehlo": self.connection.greeted,
            "dsn": " ".join(filter(None, dsn)),
            "routes": ", ".join(f"{way.kind}:{way.cause}" if way.cause else way.kind for way in ways),
            **({"professional": self.identity.professional} if self.identity.professional else {}),
            **(read.facts() if read else {}),
        }
        return exchange

    def _owner(self) -> dict[str, str]:
        """Whose personal mailbox it is: ``given|family``, as practised."""
        owner = self.session.world.professionals.get(self.identity.mailbox.professional)
        if owner is None:
            return {}
        given = owner.practice_given_name or owner.given_name
        return {"owner": f"{given}|{owner.practice_family_name or owner.family_name}"}

    def _answered(
        self, transaction: Transaction, raw: bytes, reply: Reply, outcome: str, read: accept.Head | None = None
    ) -> Reply:
        """Keep a message that was not accepted."""
        self.connection.keeper.keep(self._exchange(transaction, raw, outcome, read), reply)
        self.connection.bad += reply.code >= 500
        return reply

    def _lost(self, transaction: Transaction, raw: bytes, outcome: str) -> None:
        self.connection.keeper.keep(self._exchange(transaction, raw, outcome), None)
