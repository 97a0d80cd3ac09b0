"""One IMAP connection: commands in their order, states (RFC 3501 §3), an exchange in the journal for each."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from mocks.hub import Hub
from mocks.journal import Exchange, JournalError, Statement
from mocks.lines import Conversation, Gone, Idle, Stopping
from mocks.mssante.boxes import BadFolder, Boxes, FolderExists, NoFolder
from mocks.mssante.imap import commands
from mocks.mssante.imap.capabilities import capabilities
from mocks.mssante.imap.grammar import BadCommand, UnknownVerb, Words, WrongState
from mocks.mssante.imap.replies import Bye, Refused, Reply
from mocks.mssante.imap.view import View
from mocks.mssante.login import MECHANISMS, Identity
from mocks.session import Session, UnknownSession
from mocks.world import Mailbox
from norms.finding import find

log = logging.getLogger("segur.imap")
BEFORE_LOGIN, AFTER_LOGIN = 60.0, 1800.0  # seconds of silence (RFC 3501 §5.4: at least 30 min)
BAD_LIMIT = 20  # commands in a row that cannot be read, after which a client is let go
MEGABYTE = 1_000_000

State = Literal["any", "stranger", "known", "selected"]


@dataclass(slots=True)
class Command:
    """A command being done. Handlers read ``words``, add to ``reply``, and give the words after OK."""

    tag: str
    verb: str
    words: Words
    uid: bool
    exchange: Exchange
    reply: Reply
    also: list[Statement] = field(default_factory=list)  # kept in the exchange's transaction
    kept: list[Callable[[], None]] = field(default_factory=list)  # called once that is committed

    def note(self, **facts: object) -> None:
        """Facts of the exchange."""
        self.exchange.facts.update({name: str(value)[:1000] for name, value in facts.items() if value != ""})


Handler = Callable[["ImapSession", Command], Awaitable[str]]


@dataclass(frozen=True, slots=True)
class Verb:
    """A verb: who does it, in which state it may be said, the capability that it needs."""

    handler: Handler
    state: State = "known"
    needs: str = ""


class ImapSession:
    """The state of one connection; `run` is its whole life."""

    def __init__(
        self,
        hub: Hub,
        boxes: Boxes,
        verbs: Mapping[str, Verb],
        conversation: Conversation,
        profile: Callable[[int], str] = lambda _port: "",
    ) -> None:
        self.hub, self.boxes, self.verbs, self.conversation, self._profile = hub, boxes, verbs, conversation, profile
        self.session: Session = hub.sessions.bind({"port": str(conversation.port)})
        self.identity: Identity | None = None
        self.view: View | None = None
        self.ended = False
        self.secures = False  # TLS begins once the command under way is answered
        self._tls_profile = ""
        self._bad = 0

    # -- what handlers ask -----------------------------------------------------------------------------------------

    @property
    def address(self) -> str:
        """The mailbox that is open."""
        assert self.identity is not None
        return self.identity.mailbox.id

    @property
    def box(self) -> Mailbox:
        """What the world says of the open mailbox."""
        assert self.identity is not None
        return self.session.world.mailboxes.get(self.address) or self.identity.mailbox

    @property
    def selected(self) -> View:
        """The selected folder."""
        assert self.view is not None
        return self.view

    def switch(self, word: str) -> str | int | float | bool:
        """The value of a switch of the operator; an armed one is used up."""
        return self.session.switches.take(f"mssante.{word}")

    def struck(self, word: str, verb: str) -> bool:
        """Whether the fault of that switch, which names verbs, strikes this one; an armed one is then used up."""
        name = f"mssante.{word}"
        queue = self.session.switches.once.get(name)
        wanted = str(queue[0] if queue else self.session.switches.peek(name)).upper().replace(",", " ").split()
        if verb.upper().removeprefix("UID ") not in wanted:
            return False
        self.session.switches.take(name)
        return True

    async def slow(self, word: str) -> None:
        """Wait as long as that switch says, in milliseconds."""
        if delay := float(self.switch(word)):
            await asyncio.sleep(delay / 1000)

    def offered(self) -> list[str]:
        """The capabilities of this moment."""
        return capabilities(self)

    def mechanisms(self) -> list[str]:
        """The SASL mechanisms that are offered."""
        return list(MECHANISMS)

    def tls_profile(self) -> str:
        """The name of the profile with which TLS was negotiated."""
        return self._tls_profile

    def leave(self) -> None:
        """Close the selected folder."""
        if self.view:
            self.view.close()
            self.view = None

    # -- the dialogue ----------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Greet, then do commands until either side ends."""
        conversation = self.conversation
        conversation.idle = BEFORE_LOGIN
        conversation.write(f"* OK [CAPABILITY {' '.join(self.offered())}] MSSante IMAP4rev1\r\n".encode())
        try:
            while not self.ended:
                raw = await commands.read(conversation, self.box.max_mb * MEGABYTE if self.identity else 0)
                await self._do(raw)
        except (Idle, Stopping) as error:
            words = "autologout" if isinstance(error, Idle) else "server shutting down"
            conversation.write(f"* BYE {words}\r\n".encode())
        except Gone:
            pass
        finally:
            self.leave()

    async def _do(self, raw: commands.Raw) -> None:
        clock = time.perf_counter()
        verb = commands.verb(raw.data)
        command = self._command(raw, verb)
        exchange, reply = command.exchange, command.reply
        if self.struck("imap_drop", verb):
            exchange.outcome = "dropped"
            self._keep(command, clock)
            self.conversation.abort()
            self.ended = True
            return
        try:
            status = await self._status(raw, command)
        except Gone:
            exchange.outcome = "gone"
            self._keep(command, clock)
            raise
        if status:
            reply.add(f"{command.tag} {status}\r\n".encode("utf-8", "replace"))
        exchange.outcome = exchange.outcome or status.partition(" ")[0].lower() or "bye"
        if not self._keep(command, clock):
            reply = Reply(self.conversation)
            reply.add(f"{command.tag} NO [SERVERBUG] the bench cannot write its journal\r\n".encode())
        reply.send()
        if self.ended:
            self.conversation.close()
        elif self.secures:
            await self._secured()
        else:
            await self.conversation.drain()

    async def _secured(self) -> None:
        self.secures = False
        self._tls_profile = self._profile(self.conversation.port)
        if await self.conversation.starttls() is None:
            self.ended = True
            return
        peer = self.conversation.peer
        self.session = self.hub.sessions.bind(
            {"port": str(self.conversation.port), "cert": peer.sha256 if peer else ""}
        )

    async def _status(self, raw: commands.Raw, command: Command) -> str:
        """The tagged line without its tag; empty when the connection ends without one. What changed is told."""
        reply = command.reply
        try:
            self._alive()
            if self.struck("imap_bye", command.verb):
                raise Bye("service temporarily unavailable")
            status = await self._tried(raw, command)
            if self.view:
                numbers_move = command.uid or command.verb not in ("fetch", "store", "search")
                self.view.tell(reply, expunges=numbers_move)
        except Bye as bye:
            if str(bye):
                reply.untagged(f"BYE {bye}".encode())
            self.ended = True
            return ""
        self._bad = self._bad + 1 if status.startswith("BAD") else 0
        if raw.fatal or self._bad >= BAD_LIMIT:
            reply.untagged(b"BYE too many commands that cannot be read")
            self.ended = True
        return status

    def _alive(self) -> None:
        """The session and the folder are still there: a person may have closed or reset the session; raises Bye."""
        try:
            if self.hub.sessions.get(self.session.id) is self.session:
                if self.view:
                    self.boxes.refreshed(self.view.folder)
                return
        except (UnknownSession, NoFolder):
            pass
        raise Bye("the session of the bench was closed or reset")

    async def _tried(self, raw: commands.Raw, command: Command) -> str:
        verb, note = command.verb, command.exchange.findings.extend
        try:
            if raw.error:
                return f"NO [{raw.code}] {raw.error}" if raw.code else f"BAD {raw.error}"
            return f"OK {await self._handled(command)}"
        except BadCommand as error:
            note([find(error.rule, found=str(error))])
            return f"BAD {error}"
        except Refused as refusal:
            note(refusal.findings)
            return f"NO [{refusal.code}] {refusal.words}" if refusal.code else f"NO {refusal.words}"
        except NoFolder:
            return f"NO [{'TRYCREATE' if verb in ('append', 'copy', 'move') else 'NONEXISTENT'}] no such folder"
        except FolderExists:
            return "NO [ALREADYEXISTS] a folder has this name"
        except BadFolder as error:
            return f"NO [CANNOT] not possible for {error}"
        except (Bye, Gone, JournalError):
            raise
        except Exception as error:
            log.error("%s: %s: %s", verb, type(error).__name__, error, exc_info=log.isEnabledFor(logging.DEBUG))
            command.exchange.outcome = "bench-error"
            command.note(bench_error=f"{type(error).__name__}: {error}")
            command.also.clear()
            command.kept.clear()
            return "NO [SERVERBUG] internal error of the bench"

    async def _handled(self, command: Command) -> str:
        said = command.verb.upper()
        verb = self.verbs.get(command.verb)
        if verb is None or (verb.needs and verb.needs not in self.offered()):
            raise UnknownVerb(f"{said or 'no verb'} is not offered")
        state: State = "selected" if self.view else "known" if self.identity else "stranger"
        if verb.state not in ("any", state) and not (verb.state == "known" and state == "selected"):
            raise WrongState(f"{said} not in this state")
        return await verb.handler(self, command)

    def _command(self, raw: commands.Raw, verb: str) -> Command:
        conversation = self.conversation
        exchange = Exchange(
            self.session.id,
            "mssante",
            time.time(),
            listener="imap",
            operation=verb or "unknown",
            thread=conversation.id,
            client=conversation.client,
            method="IMAP",
            target=_line_shown(raw.data),
            request_body=raw.data + b"\r\n",
            peer=conversation.peer,
            tls=conversation.tls,
            findings=raw.findings,
        )
        words = Words(raw.data)
        uid = verb.startswith("uid ")
        if verb:
            words.tag()
            while words.take(b" "):
                pass
            for word in verb.split():
                words.take(word.encode())
                if uid and word == "uid":
                    while words.take(b" "):
                        pass
        command = Command(raw.tag, verb, words, uid, exchange, Reply(conversation))
        if self.identity:
            command.note(mailbox=self.address, auth=self.identity.how)
        if self.view:
            command.note(folder=self.view.folder.name)
        return command

    def _keep(self, command: Command, clock: float) -> bool:
        """Write the exchange, and what goes with it; False when the journal refuses."""
        exchange, reply = command.exchange, command.reply
        exchange.session = self.session.id
        exchange.response_body = bytes(reply.kept)
        if reply.total > len(reply.kept):
            command.note(response_bytes=reply.total)
        exchange.duration_ms = (time.perf_counter() - clock) * 1000
        try:
            self.hub.journal.record(exchange, command.also)
        except JournalError as error:
            log.error("%s", error)
            return False
        for done in command.kept:
            done()
        return True


def _line_shown(data: bytes) -> str:
    return data.split(b"\r\n", 1)[0][:500].decode("utf-8", "replace")
