"""uvicorn's HTTP protocol with the connection's TLS facts in the scope, and bounds on what a client may send first.

The hooks lean on attributes that uvicorn does not promise (``app``, ``cycle``, ``send_400_response``): the contract
test of the listener guards them, and pyproject.toml bounds uvicorn's version.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from email.utils import formatdate
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from mocks.journal.model import Peer, Tls
from mocks.listener.peer import peer_of
from mocks.listener.refusal import Refusal, explain, unreadable
from mocks.listener.watch import Attempt

HEAD_LIMIT = 64 * 1024  # bytes of request line and headers
KEEP_ALIVE = 75  # seconds an idle connection is kept, as most servers do


class Shared:
    """What the connections of one listener share; stands in for uvicorn's ServerState, its Date header included."""

    def __init__(self) -> None:
        self.total_requests = 0
        self.connections: set[Any] = set()
        self.tasks: set[asyncio.Task[None]] = set()
        self._second = 0
        self._headers: list[tuple[bytes, bytes]] = []

    @property
    def default_headers(self) -> list[tuple[bytes, bytes]]:
        """The Date header, made once a second."""
        now = int(time.time())
        if now != self._second:
            self._second, self._headers = now, [(b"date", formatdate(now, usegmt=True).encode())]
        return self._headers


def configuration(app: Any) -> Config:
    """uvicorn's configuration for an application, with nothing of its own set up: no logs, no lifespan, no signals."""
    config = Config(
        lambda: app,
        factory=True,
        http=Connection,
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE,
    )
    config.load()
    return config


class Connection(HttpToolsProtocol):
    """One connection of a listener."""

    def __init__(
        self,
        config: Config,
        shared: Shared,
        loop: asyncio.AbstractEventLoop,
        listener: str,
        port: int,
        names: Sequence[str],
        on_refused: Callable[[Refusal], None],
    ) -> None:
        super().__init__(config, shared, {}, loop)  # type: ignore[arg-type]
        self.listener, self.port, self.names, self.on_refused = listener, port, names, on_refused
        self.head: float = 0  # bytes of the head being read; infinitely below zero while a body is
        self.attempt: Attempt | None = None
        self.closed_by_us = False

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        connection = transport.get_extra_info("ssl_object")
        peer: Peer | None = None
        tls: Tls | None = None
        if connection is not None:
            der = connection.getpeercert(True)
            peer = peer_of(der) if der else None
            self.attempt, connection.attempt = connection.attempt, None
            hello = self.attempt.hello if self.attempt else None
            cipher = connection.cipher()
            tls = Tls(connection.version() or "", cipher[0] if cipher else "", hello.server_name if hello else "")
        extensions = {
            "tls": {
                "peer": peer,
                "tls": tls,
                "listener": self.listener,
                "abort": self.abort,
                "client_cert_chain": [peer.pem] if peer else [],
            }
        }
        inner = self.app

        def app(scope: Any, receive: Any, send: Any) -> Any:
            scope["extensions"] = extensions
            return inner(scope, receive, send)

        self.app = app
        self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)

    def abort(self) -> None:
        """Close the TCP connection at once, whatever is under way."""
        self.closed_by_us = True
        if self.cycle is not None:
            self.cycle.disconnected = True
        self.transport.abort()

    def data_received(self, data: bytes) -> None:
        if self.cycle is None and self.scheme == "http" and data[:2] == b"\x16\x03":
            self._refuse("TLS-PROTO-07", "tls-on-http", "")
            return
        self.head += len(data)
        super().data_received(data)
        if self.head > HEAD_LIMIT:
            self._refuse("HTTP-HEAD-02", "head-too-large", str(HEAD_LIMIT))

    def on_message_begin(self) -> None:
        self.head = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self.head = float("-inf")
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self.head = 0
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        super().send_400_response(msg)
        self.on_refused(self._unreadable("HTTP-HEAD-01", "not-http", msg))

    def shutdown(self) -> None:
        self.closed_by_us = True
        super().shutdown()

    def timeout_keep_alive_handler(self) -> None:
        self.closed_by_us = True
        super().timeout_keep_alive_handler()

    def connection_lost(self, exc: Exception | None) -> None:
        if self.attempt is not None and self.cycle is None and self.head == 0 and not self.closed_by_us:
            refusal = explain(self.attempt, None, self.listener, self.port, self.names)
            if refusal:
                self.on_refused(refusal)
        super().connection_lost(exc)

    def _refuse(self, rule: str, code: str, found: str) -> None:
        self.on_refused(self._unreadable(rule, code, found))
        self.abort()

    def _unreadable(self, rule: str, code: str, found: str) -> Refusal:
        host, port = self.client or ("", 0)
        return unreadable(rule, code, found, self.listener, self.port, f"{host}:{port}")
