"""The listener: accepts, negotiates TLS, hands over to uvicorn's protocol; several live in one event loop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable
from typing import Any

from mocks.listener.profile import Contexts, TlsProfile
from mocks.listener.protocol import Connection, Shared, configuration
from mocks.listener.refusal import Refusal, explain
from mocks.listener.watch import ATTEMPT, Attempt, WatchedContext

log = logging.getLogger("segur.listener")
HANDSHAKE = 10.0  # seconds a handshake may take
GRACE = 2.0  # seconds that requests under way have to end when the listener stops


class Listener:
    """One port serving one ASGI application (no lifespan events), with TLS when a profile is given.

    ``port`` 0 takes a free one; `port` holds it after `start`. ``on_refused`` is called for each connection that never
    became a request. Signals are left alone.
    """

    def __init__(
        self,
        name: str,
        app: Any,
        host: str,
        port: int,
        tls: TlsProfile | None,
        on_refused: Callable[[Refusal], None],
    ) -> None:
        self.name, self.app, self.host, self.port, self.tls = name, app, host, port, tls
        self.on_refused = on_refused
        self._contexts = Contexts(tls) if tls else None
        self._shared = Shared()
        self._socket: socket.socket | None = None
        self._accepting: asyncio.Task[None] | None = None
        self._negotiating: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen; raises OSError when the port is taken or a certificate file is absent or wrong."""
        if self._contexts:
            self._contexts.current()
        self._config = configuration(self.app)
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        self._socket = socket.create_server((self.host, self.port), family=family, backlog=1024)
        self._socket.setblocking(False)
        self.port = self._socket.getsockname()[1]
        self._accepting = asyncio.create_task(self._accept(self._socket), name=f"listener {self.name}")

    async def stop(self) -> None:
        """Stop listening, let requests under way end (`GRACE` seconds), close every connection."""
        if self._accepting is None or self._socket is None:
            return
        for task in (self._accepting, *self._negotiating):
            task.cancel()
        await asyncio.gather(self._accepting, *self._negotiating, return_exceptions=True)
        self._socket.close()
        self._accepting = None
        for connection in list(self._shared.connections):
            connection.shutdown()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GRACE):
                while self._shared.connections or self._shared.tasks:
                    await asyncio.sleep(0.01)
        for connection in list(self._shared.connections):
            connection.abort()
        for task in list(self._shared.tasks):
            task.cancel()

    async def _accept(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connected, _ = await loop.sock_accept(listening)
            except OSError as error:  # no more file descriptors, or a client already gone
                log.warning("%s: %s", self.name, error)
                await asyncio.sleep(0.05)
                continue
            task = loop.create_task(self._negotiate(loop, connected))
            self._negotiating.add(task)
            task.add_done_callback(self._negotiating.discard)

    async def _negotiate(self, loop: asyncio.AbstractEventLoop, connected: socket.socket) -> None:
        attempt = Attempt(connected)
        try:
            if self._contexts is None:
                await loop.connect_accepted_socket(lambda: self._connection(loop), connected)
                return
            ATTEMPT.set(attempt)
            context: WatchedContext = self._contexts.current()
            await loop.connect_accepted_socket(
                lambda: self._connection(loop),
                connected,
                ssl=context,
                ssl_handshake_timeout=HANDSHAKE,
                ssl_shutdown_timeout=1.0,
            )
        except (OSError, TimeoutError) as error:  # ssl.SSLError is an OSError
            refusal = explain(attempt, error, self.name, self.port, self._names())
            if refusal:
                self._tell(refusal)
            await attempt.linger()

    def _connection(self, loop: asyncio.AbstractEventLoop) -> Connection:
        return Connection(self._config, self._shared, loop, self.name, self.port, self._names(), self._tell)

    def _names(self) -> tuple[str, ...]:
        return self._contexts.names if self._contexts else ()

    def _tell(self, refusal: Refusal) -> None:
        try:
            self.on_refused(refusal)
        except Exception:  # the journal's trouble must not become the client's
            log.exception("%s: a refusal could not be kept", self.name)
