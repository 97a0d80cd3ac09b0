"""What is seen of a handshake while it happens: the client's offer, its certificate, the alerts.

asyncio and uvloop drive TLS through `ssl.SSLContext.wrap_bio`, an `ssl.SSLObject` and memory BIOs. Two subclasses look
on: the context hands each object its outgoing BIO, the object knows (by a context variable) which connection it serves.
They also mend an omission of both loops: after a handshake that we refuse, neither sends the TLS alert which OpenSSL
wrote, and a client would see a closed connection where the real service says why.

`ssl.SSLContext._msg_callback` is not public; without it a refusal is still explained, but names no certificate. The
contract test of the listener guards all of this on both loops.
"""

from __future__ import annotations

import _ssl
import asyncio
import contextlib
import socket
import ssl
import time
from contextvars import ContextVar
from typing import Any

from norms.tls.hello import CERTIFICATE, CLIENT_HELLO, ClientHello, certificates, client_hello

_ALERT, _HANDSHAKE, _HEADER = 21, 22, 256  # content types of OpenSSL's message callback
_RETRY = (ssl.SSLWantReadError, ssl.SSLWantWriteError)
_LINGER = 0.5  # seconds given to a refused client to read why

PLAIN_HTTP = (
    b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\nconnection: close\r\n\r\n"
    b"TLS port: use https://\nPort TLS : utiliser https://\n"
)


class Attempt:
    """One connection while it negotiates."""

    __slots__ = ("_kept", "alert", "client", "hello", "leaf", "opening", "socket", "started")

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self.started = time.time()
        self.hello: ClientHello | None = None
        self.leaf = b""  # DER of the client's certificate
        self.alert: int | None = None  # the last alert that the client sent
        self.opening = b""
        self._kept: socket.socket | None = None
        try:
            host, port = sock.getpeername()[:2]
            self.client = f"{host}:{port}"
        except OSError:
            self.client = ""

    def answer(self, data: bytes) -> None:
        """Send last words on the socket itself and hold the connection open until `linger` ends it."""
        with contextlib.suppress(OSError):
            self._kept = self.socket.dup()
            self._kept.setblocking(False)
            self._kept.send(data)
            self._kept.shutdown(socket.SHUT_WR)

    async def linger(self) -> None:
        """Read for a moment what the client still sends: closing now would reset the connection, alert lost."""
        if self._kept is None:
            return
        with contextlib.suppress(OSError, TimeoutError), self._kept as kept:
            async with asyncio.timeout(_LINGER):
                while await asyncio.get_running_loop().sock_recv(kept, 4096):
                    pass


ATTEMPT: ContextVar[Attempt | None] = ContextVar("attempt", default=None)


class WatchedObject(ssl.SSLObject):
    """The TLS side of one connection; forgets its attempt once the handshake is done."""

    attempt: Attempt | None
    outgoing: ssl.MemoryBIO

    def __new__(cls, *args: Any, **kwargs: Any) -> WatchedObject:
        self = super().__new__(cls)
        self.attempt = ATTEMPT.get()
        return self

    def do_handshake(self) -> None:
        try:
            super().do_handshake()
        except _RETRY:
            raise
        except ssl.SSLError as error:
            if self.attempt:
                self.attempt.answer(PLAIN_HTTP if error.reason == "HTTP_REQUEST" else self.outgoing.read())
            raise


class WatchedContext(ssl.SSLContext):
    """A context whose connections can be explained."""

    def __new__(cls, protocol: int) -> WatchedContext:
        self: WatchedContext = super().__new__(cls, protocol)
        self.sslobject_class = WatchedObject
        with contextlib.suppress(AttributeError):  # set below ssl's own property, which builds enums at each record
            _ssl._SSLContext._msg_callback.__set__(self, _seen)  # type: ignore[attr-defined]
        return self

    def wrap_bio(self, incoming: Any, outgoing: Any, *args: Any, **kwargs: Any) -> Any:
        watched: Any = super().wrap_bio(incoming, outgoing, *args, **kwargs)
        watched.outgoing = outgoing
        return watched


def _seen(connection: Any, direction: str, version: int, content: int, kind: int, data: bytes) -> None:
    """OpenSSL's message callback, called at each message and record: it leaves at once when nothing is to keep."""
    if direction == "write":
        return
    attempt = connection.attempt
    if attempt is None:
        return
    if content == _HANDSHAKE:
        if kind == CLIENT_HELLO:
            attempt.hello = client_hello(data)
        elif kind == CERTIFICATE:
            attempt.leaf = next(iter(certificates(data)), b"")
    elif content == _ALERT and len(data) == 2:
        attempt.alert = data[1]
    elif content == _HEADER and not attempt.opening:
        attempt.opening = bytes(data)
