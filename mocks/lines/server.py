"""The server of a line protocol: accepts connections, gives each to ``talk``, explains the handshakes that fail."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
import time
from collections.abc import Awaitable, Callable

from mocks.lines.conversation import Conversation
from mocks.lines.errors import Gone, Stopping
from mocks.listener.profile import Contexts, TlsProfile
from mocks.listener.refusal import Refusal, explain
from mocks.listener.watch import Attempt, WatchedContext
from norms.finding import find

log = logging.getLogger("segur.lines")
Talk = Callable[[Conversation], Awaitable[None]]
GRACE = 2.0  # seconds that conversations have to end when the server stops
IDLE = 300.0  # seconds (RFC 5321 §4.5.3.2.7)
ENDLESS = 64_000_000  # bytes of one line or message after which a client is cut off


class LineServer:
    """One port. ``tls``: how STARTTLS negotiates, or a function of the port that says it anew for each connection.

    ``port`` 0 takes a free one; `port` holds it after `start`. ``on_refused`` is called for each handshake refused by
    either side. ``talk`` is a coroutine for each connection, closed when it returns.
    """

    def __init__(
        self,
        name: str,
        talk: Talk,
        host: str,
        port: int,
        tls: TlsProfile | Callable[[int], TlsProfile],
        on_refused: Callable[[Refusal], None],
        *,
        idle: float = IDLE,
        endless: int = ENDLESS,
    ) -> None:
        self.name, self.talk, self.host, self.port = name, talk, host, port
        self.on_refused, self.idle, self.endless = on_refused, idle, endless
        self._tls = tls if callable(tls) else lambda _port: tls
        self._contexts: dict[TlsProfile, Contexts] = {}
        self._last: tuple[TlsProfile, Contexts] | None = None
        self._server: asyncio.Server | None = None
        self._talking: dict[Conversation, asyncio.Task[None]] = {}

    async def start(self) -> None:
        """Listen; raises OSError when the port is taken or a certificate file is absent or wrong."""
        self.context(self.port)
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        listening = socket.create_server((self.host, self.port), family=family, backlog=1024)
        self.port = listening.getsockname()[1]
        self._server = await asyncio.get_running_loop().create_server(lambda: Conversation(self), sock=listening)

    async def stop(self) -> None:
        """Stop listening, end every conversation (`GRACE` seconds to say a last word)."""
        if self._server is None:
            return
        self._server.close()
        self._server = None
        for conversation in list(self._talking):
            conversation.end(Stopping("the bench stops"))
        if tasks := list(self._talking.values()):
            await asyncio.wait(tasks, timeout=GRACE)
        for conversation, task in list(self._talking.items()):
            conversation.abort()
            task.cancel()

    # -- for the conversations -----------------------------------------------------------------------------------

    def context(self, port: int) -> WatchedContext:
        """The TLS context for a new connection on that port; raises OSError, ValueError."""
        return self._held(port).current()

    def begin(self, conversation: Conversation) -> None:
        """A client is there: talk to it."""
        task = asyncio.get_running_loop().create_task(self._run(conversation), name=f"{self.name} {conversation.id}")
        self._talking[conversation] = task
        task.add_done_callback(lambda _task: self._talking.pop(conversation, None))

    def ended(self, conversation: Conversation) -> None:
        """The connection of a conversation is no more; its coroutine finds out at its next reading."""

    def refused(self, attempt: Attempt, error: Exception | None, port: int) -> None:
        """A handshake failed, or the client left right after one."""
        held = self._held(port)
        if refusal := explain(attempt, error, self.name, port, held.names):
            self._tell(refusal)

    def implicit(self, conversation: Conversation) -> None:
        """The client begins with TLS on a port that begins in clear."""
        finding = find("TLS-PROTO-08", found=str(conversation.port))
        self._tell(Refusal("implicit-tls", finding, self.name, conversation.port, conversation.client, time.time()))

    def broken(self, error: Exception) -> None:
        """The bench's own certificate files cannot serve."""
        log.error("%s: TLS cannot begin: %s", self.name, error)

    def _held(self, port: int) -> Contexts:
        profile = self._tls(port)
        if self._last is None or profile is not self._last[0]:  # hashing paths is slow
            if profile not in self._contexts:
                self._contexts[profile] = Contexts(profile)
            self._last = profile, self._contexts[profile]
        return self._last[1]

    async def _run(self, conversation: Conversation) -> None:
        try:
            await self.talk(conversation)
        except Gone:
            pass
        except asyncio.CancelledError:
            conversation.abort()
            raise
        except Exception as error:
            log.error("%s: %s: %s", self.name, type(error).__name__, error, exc_info=log.isEnabledFor(logging.DEBUG))
        conversation.close()

    def _tell(self, refusal: Refusal) -> None:
        with contextlib.suppress(asyncio.CancelledError):
            try:
                self.on_refused(refusal)
            except Exception:  # the journal's trouble must not become the client's
                log.exception("%s: a refusal could not be kept", self.name)
