"""One submission connection: commands in their order, a reply to each, an exchange for each message."""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable

from mocks.journal import Exchange, JournalError
from mocks.lines import BareNewline, Conversation, Gone, Idle, Stopping, TooLong
from mocks.mssante.login import Identity
from mocks.mssante.post import HOST, Post
from mocks.mssante.routing import MEGABYTE
from mocks.mssante.smtp.auth import LINE, auth
from mocks.mssante.smtp.exchanges import Keeper
from mocks.mssante.smtp.handover import BARE, BUSY, Drop, Handover
from mocks.mssante.tls import Negotiations, accepted
from mocks.session import Session
from norms.finding import Finding, find
from norms.sasl import hidden
from norms.smtp import BadCommand, Reply

log = logging.getLogger("segur.smtp")
COMMAND = 2048  # bytes of a command line (RFC 5321 asks for 512 at least; AUTH has its own measure)
BAD_LIMIT = 20  # refused commands after which a client is let go
OK = Reply(250, "2.0.0", "OK")
BYE = Reply(221, "2.0.0", f"{HOST} closing connection")
FIRST_TLS = Reply(530, "5.7.0", "Must issue a STARTTLS command first")
FIRST_LOGIN = Reply(530, "5.7.0", "Authentication required")
_NAME = re.compile(r"(?=.*[.\d])[A-Za-z0-9.-]+|\[[0-9A-Fa-f.:IPv]+\]|localhost", re.ASCII)


class Submission:
    """The state of one connection; `run` is its whole life."""

    def __init__(self, post: Post, negotiations: Negotiations, conversation: Conversation) -> None:
        self.post, self.negotiations, self.conversation = post, negotiations, conversation
        self.hub = post.hub
        self.keeper = Keeper(self.hub, conversation)
        self.session: Session = self.hub.sessions.bind({"port": str(conversation.port)})
        self.identity: Identity | None = None
        self.greeted = ""  # the name given to EHLO
        self.handover = Handover(self)
        self.ended = False
        self.bad = 0
        self._negotiated: Exchange | None = None  # kept at the first command within TLS
        self._asked = False  # AUTH was said
        self._out = bytearray()
        self._verbs: dict[str, Callable[[str], Awaitable[Reply | None]]] = {
            "EHLO": self._ehlo,
            "HELO": self._helo,
            "STARTTLS": self._starttls,
            "AUTH": self._auth,
            "MAIL": self.handover.mail,
            "RCPT": self.handover.rcpt,
            "DATA": self.handover.data,
            "RSET": self.handover.rset,
            "NOOP": self._noop,
            "VRFY": self._vrfy,
            "HELP": self._help,
            "QUIT": self._quit,
        }

    async def run(self) -> None:
        """Greet, then do commands until either side ends."""
        try:
            if self.struck("closed"):
                await self.say(Reply(421, "4.3.2", f"{HOST} service not available"))
                return
            await self.say(Reply(220, "", f"{HOST} ESMTP MSSante"))
            while not self.ended:
                await self._next()
        except (Idle, Stopping) as error:
            words = "timeout" if isinstance(error, Idle) else "service closing"
            self.conversation.write(Reply(421, "4.4.2", f"{HOST} {words}").bytes())
        except Drop:
            self.conversation.abort()
        except JournalError as error:  # what cannot be kept is not accepted
            log.error("%s", error)
            self.conversation.write(BUSY.bytes())
        except Gone:
            self._keep_negotiation(spoke=False)

    async def _next(self) -> None:
        """Read one command and answer it."""
        line = b""
        try:
            line = await self.conversation.line(LINE)
            self._keep_negotiation(spoke=True)
            reply = await self._do(line)
        except TooLong as error:
            reply = self.refuse(
                line[:20], Reply(500, "5.5.2", "Line too long"), find("SMTP-CMD-04", expected=COMMAND, found=error.size)
            )
        except BareNewline as error:
            reply = self.refuse(self._outline(error.line), BARE, find("SMTP-CMD-08"))
            self.ended = True
        if reply is not None:
            await self.say(reply)
        if self.bad >= BAD_LIMIT and not self.ended:
            await self.say(
                self.refuse(b"", Reply(421, "4.7.0", "Too many errors"), find("SMTP-CMD-10", found=self.bad))
            )
            self.ended = True

    async def _do(self, line: bytes) -> Reply | None:
        word, _, argument = line.decode("latin-1").partition(" ")
        verb = word.upper()
        if verb != "AUTH" and len(line) > COMMAND:
            raise TooLong(len(line))
        if b"\r" in line:
            raise BareNewline(line)
        if not line.isascii():
            return self.refuse(self._outline(line), Reply(500, "5.5.2", "ASCII only"), find("SMTP-CMD-09"))
        handler = self._verbs.get(verb)
        if handler is None:
            shown = self._outline(line)
            return self.refuse(shown, Reply(500, "5.5.1", "Command unknown"), find("SMTP-CMD-01", found=shown.decode()))
        try:
            return await handler(argument.strip(" "))
        except BadCommand as bad:
            return self.refuse(line, bad.reply, bad.finding)

    # -- greeting and security -----------------------------------------------------------------------------------

    async def _ehlo(self, argument: str) -> Reply:
        self._greet("EHLO", argument)
        self.handover.transaction = None
        size = int(self.session.switches.peek("mssante.size_mb")) * MEGABYTE
        offered = [f"SIZE {size}", "8BITMIME", "DSN", "PIPELINING", "ENHANCEDSTATUSCODES"]
        offered.append("AUTH XOAUTH2 PLAIN" if self.conversation.tls else "STARTTLS")
        return Reply(250, "", HOST, tuple(offered))

    async def _helo(self, argument: str) -> Reply:
        self._greet("HELO", argument)
        self.handover.transaction = None
        return Reply(250, "", HOST)

    def _greet(self, verb: str, argument: str) -> None:
        self.greeted = argument[:255]
        if not _NAME.fullmatch(argument):
            line = f"{verb} {argument}".encode()
            finding = find("SMTP-CMD-11", found=argument[:100] or "-")
            self.keeper.refused(self.session, line, OK, [finding], code="odd-name", operation="noted")

    async def _starttls(self, argument: str) -> Reply | None:
        conversation = self.conversation
        if argument:
            return self.refuse(
                b"STARTTLS " + argument.encode(),
                Reply(501, "5.5.4", "No parameter allowed"),
                find("SMTP-CMD-02", expected="STARTTLS", found=f"STARTTLS {argument}"),
            )
        if conversation.tls:
            return self.refuse(
                b"STARTTLS",
                Reply(503, "5.5.1", "TLS is active already"),
                find("SMTP-CMD-03", expected="EHLO", found="STARTTLS"),
            )
        started, early = time.time(), conversation.pending
        name = self.negotiations.name(conversation.port)
        await self.say(Reply(220, "2.0.0", "Ready to start TLS"), flush=True)
        tls = await conversation.starttls()
        if tls is None:  # told by the line server
            self.ended = True
            return None
        self.session = self._bound()
        exchange = self.keeper.entry(self.session, "starttls", started, b"STARTTLS")
        exchange.outcome, exchange.facts["tls_profile"] = tls.version, name
        if early:
            exchange.findings.append(find("SMTP-TLS-01", found=early))
        self.keeper.tls_profile = name
        self._negotiated = exchange
        self.greeted, self.handover.transaction = "", None
        if self.struck("drop-starttls"):
            raise Drop
        return None

    def _keep_negotiation(self, *, spoke: bool) -> None:
        """Keep the negotiation once it is known whether the client goes on: some judge the certificate after it."""
        exchange, self._negotiated = self._negotiated, None
        if exchange is None or exchange.tls is None:
            return
        if spoke:
            exchange.findings += accepted(self.keeper.tls_profile, f"{exchange.tls.version} {exchange.tls.cipher}")
        self.keeper.keep(exchange, Reply(220, "2.0.0", "Ready to start TLS"))

    async def _auth(self, argument: str) -> Reply | None:
        self._asked = True
        shown = f"AUTH {argument.partition(' ')[0][:40]}"
        rest = argument.partition(" ")[2]
        line = f"{shown} {hidden(rest)}".encode() if rest else shown.encode()
        if not self.conversation.tls:
            return self.refuse(line, FIRST_TLS, find("SASL-TLS-01", found=shown), code="before-tls")
        if self.identity or self.handover.transaction:
            return self.refuse(
                line, Reply(503, "5.5.1", "AUTH not allowed now"), find("SMTP-AUTH-02", found=shown), code="again"
            )
        self._note_greeting("AUTH")
        self._flush()
        identity, reply = await auth(self.keeper, self.session, argument)
        if identity:
            self.identity, self.session = identity, identity.session
        elif reply is None:
            self.ended = True
        else:
            self.bad += 1
        return reply

    # -- the small ones ------------------------------------------------------------------------------------------

    async def _noop(self, argument: str) -> Reply:
        return OK

    async def _vrfy(self, argument: str) -> Reply:
        return self.not_yet(b"VRFY") or Reply(252, "2.5.0", "Cannot verify; send and see")

    async def _help(self, argument: str) -> Reply:
        return Reply(214, "2.0.0", " ".join(self._verbs))

    async def _quit(self, argument: str) -> Reply:
        self.ended = True
        return BYE

    # -- inside --------------------------------------------------------------------------------------------------

    def not_yet(self, line: bytes) -> Reply | None:
        """The refusal of a command that needs TLS, then a login."""
        verb = line.split(b" ")[0].decode()
        if not self.conversation.tls:
            return self.refuse(line, FIRST_TLS, find("SMTP-TLS-02", found=verb), code="before-tls")
        if self.identity is None:
            return self.refuse(line, FIRST_LOGIN, find("SMTP-AUTH-01", found=verb), code="before-login")
        return None

    def out_of_turn(self, line: bytes, expected: str) -> Reply:
        """The refusal of a command that comes before the one expected."""
        finding = find("SMTP-CMD-03", expected=expected, found=line[:100].decode())
        return self.refuse(line, Reply(503, "5.5.1", f"Send {expected} first"), finding, code="out-of-turn")

    def _note_greeting(self, verb: str) -> None:
        if not self.greeted:
            finding = find("SMTP-TLS-03", found=verb)
            self.keeper.refused(self.session, verb.encode(), OK, [finding], code="no-ehlo", operation="noted")

    def refuse(self, line: bytes, reply: Reply, finding: Finding, code: str = "") -> Reply:
        """Keep a refused command and give its reply back."""
        self.bad += reply.code >= 500
        mailbox = self.identity.mailbox.id if self.identity else ""
        self.keeper.refused(self.session, line, reply, [finding], code=code or str(reply.code), mailbox=mailbox)
        return reply

    def limit(self) -> int:
        """Bytes of a message: the operator's measure, and the mailbox's own."""
        assert self.identity is not None
        own = self.identity.mailbox.max_mb
        return min(int(self.session.switches.peek("mssante.size_mb")), own) * MEGABYTE

    def _bound(self) -> Session:
        """The session once the certificate is known."""
        conversation = self.conversation
        cert = conversation.peer.sha256 if conversation.peer else ""
        return self.hub.sessions.bind({"port": str(conversation.port), "cert": cert})

    def struck(self, fault: str) -> bool:
        """Whether the session's fault is this one; an armed one is then used up."""
        switches = self.session.switches
        queue = switches.once.get("mssante.smtp")
        if (queue[0] if queue else switches.peek("mssante.smtp")) != fault:
            return False
        switches.take("mssante.smtp")
        return True

    async def say(self, reply: Reply, *, flush: bool = False) -> None:
        """Send a reply; those to pipelined commands leave together."""
        if delay := int(self.session.switches.take("mssante.latency_ms")):
            await asyncio.sleep(delay / 1000)
        self._out += reply.bytes()
        if flush or self.ended or not self.conversation.pending or len(self._out) > LINE:
            self._flush()
            await self.conversation.drain()

    def _flush(self) -> None:
        if self._out:
            self.conversation.write(bytes(self._out))
            self._out.clear()

    def _outline(self, line: bytes) -> bytes:
        """What may be kept of a line that was not understood: after an AUTH it may be a secret sent too late."""
        word, _, rest = (b"", b"", line) if self._asked else line.partition(b" ")
        shown = ascii(word[:16].decode("latin-1"))[1:-1].encode()
        return b" ".join(filter(None, (shown, hidden(rest).encode() if rest else b"")))
