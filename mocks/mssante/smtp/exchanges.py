"""What the journal keeps of a submission connection: its login, its messages, what was refused. Secrets stay out."""

from __future__ import annotations

import time
from collections.abc import Iterable

from mocks.hub import Hub
from mocks.journal import Exchange
from mocks.journal.database import Statement
from mocks.lines import Conversation
from mocks.session import Session
from norms.finding import Finding
from norms.smtp import Reply


class Keeper:
    """The entries of one connection, joined by its id."""

    def __init__(self, hub: Hub, conversation: Conversation) -> None:
        self.hub, self.conversation = hub, conversation
        self.tls_profile = ""

    def entry(self, session: Session, operation: str, started: float, request: bytes = b"") -> Exchange:
        """An entry begun, to be completed and given to `keep`."""
        conversation = self.conversation
        return Exchange(
            session.id,
            "mssante",
            started,
            listener=conversation.listener,
            operation=operation,
            thread=conversation.id,
            client=conversation.client,
            method="SMTP",
            request_body=request,
            peer=conversation.peer,
            tls=conversation.tls,
            facts={"connection": conversation.id},
        )

    def keep(self, exchange: Exchange, reply: Reply | None, also: Iterable[Statement] = ()) -> None:
        """Complete with the reply (None: the client got none) and commit; raises JournalError."""
        if reply:
            exchange.status, exchange.response_body = reply.code, reply.bytes()
        exchange.duration_ms = (time.time() - exchange.started) * 1000
        self.hub.journal.record(exchange, also=also)

    def refused(
        self,
        session: Session,
        line: bytes,
        reply: Reply,
        findings: Iterable[Finding],
        *,
        code: str,
        mailbox: str = "",
        operation: str = "refused",
    ) -> None:
        """One refused command (``noted``: accepted, with something to say of it); raises JournalError."""
        exchange = self.entry(session, operation, time.time(), line[:1000])
        exchange.outcome, exchange.findings = code, list(findings)
        exchange.target = line[:200].decode("latin-1")
        if mailbox:
            exchange.facts["mailbox"] = mailbox
        self.keep(exchange, reply)
