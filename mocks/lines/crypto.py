"""The TLS side of one connection that began in clear: an `ssl.SSLObject` on memory buffers, driven by the connection.

Driving it here rather than through the loop's ``start_tls`` keeps what a test bench is for: why a handshake failed, the
alert sent and received, and the same behaviour on asyncio and uvloop.
"""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import Callable
from typing import Any

from mocks.journal.model import Peer, Tls
from mocks.listener.peer import peer_of
from mocks.listener.watch import ATTEMPT, Attempt, WatchedContext, WatchedObject

_WANT = (ssl.SSLWantReadError, ssl.SSLWantWriteError)
RECORD = 16384  # bytes of a TLS record: what one read gives at most


class Negotiation(Attempt):
    """One handshake over a connection that the bench keeps in hand: last words go through its own transport."""

    def __init__(self, client: str, send: Callable[[bytes], None]) -> None:
        self._send = send
        super().__init__(_Named(client))  # type: ignore[arg-type]

    def answer(self, data: bytes) -> None:
        """The alert which says why."""
        self._send(data)


class _Named:
    """Stands for the socket, of which an attempt only asks the peer's name."""

    def __init__(self, client: str) -> None:
        host, _, port = client.rpartition(":")
        self._name = (host, int(port or 0))

    def getpeername(self) -> tuple[str, int]:
        """Address and port of the client."""
        return self._name


class Crypto:
    """TLS between a connection's bytes and its words; ``send`` writes to the network."""

    def __init__(self, context: WatchedContext, attempt: Attempt, send: Callable[[bytes], None]) -> None:
        self.attempt, self._send = attempt, send
        self._in, self._out = ssl.MemoryBIO(), ssl.MemoryBIO()
        token = ATTEMPT.set(attempt)
        try:
            self._tls: WatchedObject | Any = context.wrap_bio(self._in, self._out, server_side=True)
        finally:
            ATTEMPT.reset(token)
        self.ready = False
        self.ended = False  # the client said that it has finished (close_notify)

    def received(self, data: bytes) -> bytes:
        """Take what the network brought, go on with the handshake or give the words in it; raises ssl.SSLError."""
        self._in.write(data)
        words: list[bytes] = []
        try:
            if not self.ready:
                self._tls.do_handshake()
                self.ready, self._tls.attempt = True, None
            while part := self._tls.read(RECORD):
                words.append(part)
            self.ended = True
        except _WANT:
            pass
        except ssl.SSLZeroReturnError:
            self.ended = True
        finally:
            if self._out.pending:
                self._send(self._out.read())
        return words[0] if len(words) == 1 else b"".join(words)

    def write(self, data: bytes) -> None:
        """Send words."""
        self._tls.write(data)
        self._send(self._out.read())

    def finish(self) -> None:
        """Say that nothing follows."""
        with contextlib.suppress(ssl.SSLError):  # the client need not answer
            self._tls.unwrap()
        if self._out.pending:
            self._send(self._out.read())

    def facts(self) -> tuple[Peer | None, Tls]:
        """The client's certificate and what was agreed."""
        der, cipher, hello = self._tls.getpeercert(True), self._tls.cipher(), self.attempt.hello
        tls = Tls(self._tls.version() or "", cipher[0] if cipher else "", hello.server_name if hello else "")
        return (peer_of(der) if der else None), tls
