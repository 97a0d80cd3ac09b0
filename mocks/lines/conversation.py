"""One connection of a line protocol: bytes in a bounded buffer, read as lines, counts, messages; clear then TLS."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import ssl
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mocks.journal.model import Peer, Tls
from mocks.lines.crypto import Crypto, Negotiation
from mocks.lines.errors import BareNewline, Gone, Idle, Stopping, TooLarge, TooLong

if TYPE_CHECKING:
    from mocks.lines.server import LineServer

HIGH = 256 * 1024  # bytes held for a reader that is elsewhere; past it the network waits
HANDSHAKE = 10.0  # seconds
LINGER = 0.5  # seconds given to a client to read the last word
HEAD = 100  # bytes kept of a line that is too long
IMPLICIT_TLS = b"\x16\x03"  # how a ClientHello begins
_END = b"\r\n.\r\n"


class Conversation(asyncio.Protocol):
    """What a ``talk`` has in hand. Reading may be cancelled: nothing is lost before a whole line is there.

    ``id`` joins its exchanges in the journal, ``client`` is address:port, ``port`` the bench's, ``idle`` the seconds
    that a client may say nothing. `peer` and `tls` are None until `starttls` has succeeded.
    """

    def __init__(self, server: LineServer) -> None:
        self.server, self.id = server, secrets.token_hex(8)
        self.client, self.port, self.listener = "", server.port, server.name
        self.idle = server.idle
        self.peer: Peer | None = None
        self.tls: Tls | None = None
        self.spoke = False  # the client has said something since TLS was agreed
        self._transport: Any = None
        self._buffer = bytearray()
        self._crypto: Crypto | None = None
        self._agreed: asyncio.Future[bool] | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._room = asyncio.Event()
        self._room.set()
        self._paused = False
        self._end: Gone | None = None
        self._deaf = False  # the last word is said: what still comes is not listened to

    # -- for the talk --------------------------------------------------------------------------------------------

    @property
    def pending(self) -> int:
        """Bytes received and not read yet: what a client sends behind STARTTLS came before TLS, and is not to be
        trusted."""
        return len(self._buffer)

    async def line(self, limit: int = 4096) -> bytes:
        """The next line without its CR LF. Raises TooLong (the line is gone, the next one can be read), BareNewline
        (a line feed alone), Gone."""
        buffer, start = self._buffer, 0
        while (end := buffer.find(b"\n", start)) < 0:
            start = len(buffer)
            if start > limit:
                head = bytes(buffer[:HEAD])
                raise TooLong(await self._skip_line(), head)
            await self._more()
        found = bytes(memoryview(buffer)[: end + 1])
        del buffer[: end + 1]
        self.spoke = True
        if end > limit + 1:
            raise TooLong(end, found[:HEAD])
        if found[-2:] != b"\r\n":
            raise BareNewline(found[:-1])
        return found[:-2]

    async def exactly(self, count: int) -> bytes:
        """That many bytes; raises Gone."""
        while len(self._buffer) < count:
            await self._more()
        found = bytes(memoryview(self._buffer)[:count])
        del self._buffer[:count]
        return found

    async def skip(self, count: int) -> None:
        """Read that many bytes and throw them away; raises Gone."""
        while count > len(self._buffer):
            count -= len(self._buffer)
            self._buffer.clear()
            await self._more()
        del self._buffer[:count]

    async def data(self, limit: int) -> bytes:
        """An SMTP message up to CR LF . CR LF, its doubled dots undone (RFC 5321 §4.5.2).

        Raises TooLarge once the end has come, BareNewline at a line feed or carriage return alone (after the true end,
        or at once when the client ends its message with bare newlines and would wait for ever), Gone.
        """
        end = await self._find_end(limit)
        message = bytes(memoryview(self._buffer)[:end])
        del self._buffer[: end + 3]
        if len(message) > limit:
            raise TooLarge(len(message))
        pairs = message.count(b"\r\n")
        if message.count(b"\n") != pairs or message.count(b"\r") != pairs:
            raise BareNewline
        if message.startswith(b"."):
            message = message[1:]
        return message.replace(b"\r\n.", b"\r\n")

    def write(self, data: bytes) -> None:
        """Send bytes; what cannot leave at once is held (`drain` waits for it). Nothing once it has ended."""
        if self._transport is None or self._deaf or self._transport.is_closing():
            return
        if self._crypto is None:
            self._transport.write(data)
            return
        with contextlib.suppress(ssl.SSLError):
            self._crypto.write(data)

    async def drain(self) -> None:
        """Wait until the client has taken enough of what was written; raises Gone, Idle when it takes nothing."""
        if not self._room.is_set():
            try:
                async with asyncio.timeout(self.idle):
                    await self._room.wait()
            except TimeoutError:
                raise Idle(f"nothing taken for {self.idle:g} s") from None
        if self._transport.is_closing():
            raise self._end or Gone("connection lost")

    async def starttls(self) -> Tls | None:
        """Negotiate TLS now (the go-ahead having been written); None when it failed: told, and the connection closed.

        Bytes received before are forgotten (RFC 3207 §6: nothing said in clear counts).
        """
        self._buffer.clear()
        loop = asyncio.get_running_loop()
        attempt = Negotiation(self.client, self._send)
        try:
            self._crypto = Crypto(self.server.context(self.port), attempt, self._send)
        except (OSError, ValueError) as error:
            self.server.broken(error)
            self.abort()
            return None
        self._agreed = loop.create_future()
        self._resume()
        try:
            async with asyncio.timeout(HANDSHAKE):
                await self._agreed
        except (OSError, TimeoutError) as error:  # ssl.SSLError is an OSError
            said = TimeoutError("taking longer") if isinstance(error, TimeoutError) else error
            self.server.refused(attempt, said, self.port)
            self._end, self._crypto = self._end or Gone("TLS refused"), None
            self._linger(self._transport.abort)
            return None
        finally:
            self._agreed = None
        self.peer, self.tls = self._crypto.facts()
        self.spoke = False
        return self.tls

    def close(self) -> None:
        """End the connection once what was written has left and the client has closed too, or had time to read."""
        if self._transport is None or self._deaf or self._transport.is_closing():
            return
        if self._crypto and self._crypto.ready:
            with contextlib.suppress(OSError):
                self._crypto.finish()
        self._linger(self._transport.close)

    def abort(self) -> None:
        """End the connection at once."""
        if self._transport is not None:
            self._transport.abort()

    def end(self, reason: Gone) -> None:
        """Make the reading coroutine stop with this reason; what it writes then still leaves."""
        self._end = self._end or reason
        self._wake()

    # -- asyncio.Protocol ----------------------------------------------------------------------------------------

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        peer = transport.get_extra_info("peername") or ("", 0)
        self.client, self.port = f"{peer[0]}:{peer[1]}", self.server.port
        self.server.begin(self)

    def data_received(self, data: bytes) -> None:
        if self._deaf:
            return
        if self._crypto is not None:
            try:
                data = self._crypto.received(data)
            except OSError as error:
                self._broken(error)
                return
            if self._agreed is not None and self._crypto.ready and not self._agreed.done():
                self._agreed.set_result(True)
            if self._crypto.ended:
                self._end = self._end or Gone("closed by the client")
        elif not self._buffer and not self.spoke and data.startswith(IMPLICIT_TLS):
            self.server.implicit(self)
            self.abort()
            return
        self._buffer += data
        self._wake()
        if self._waiter is None and len(self._buffer) > HIGH and not self._paused:
            self._paused = True
            self._transport.pause_reading()

    def eof_received(self) -> bool:
        """Half closed: what was said is still answered."""
        self._ended(Gone("closed by the client"))
        return self._agreed is None and not self._deaf

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended(Gone("connection lost"))
        self._room.set()
        if self._crypto and self._crypto.ready and self.tls and not self.spoke:
            self.server.refused(self._crypto.attempt, None, self.port)
            self.spoke = True
        self.server.ended(self)

    def pause_writing(self) -> None:
        self._room.clear()

    def resume_writing(self) -> None:
        self._room.set()

    # -- inside --------------------------------------------------------------------------------------------------

    def _send(self, data: bytes) -> None:
        if not self._deaf and not self._transport.is_closing():
            self._transport.write(data)

    def _broken(self, error: OSError) -> None:
        """TLS failed: in the handshake `starttls` tells, later the client's alert says why it leaves."""
        if self._agreed is not None and not self._agreed.done():
            self._agreed.set_exception(error)
            return
        if self._agreed is None and self._crypto and not self.spoke:
            self.spoke = True
            self.server.refused(self._crypto.attempt, error, self.port)
        self._ended(Gone(str(error)))
        self.abort()

    def _ended(self, reason: Gone) -> None:
        self._end = self._end or reason
        if self._agreed is not None and not self._agreed.done():
            self._agreed.set_exception(ConnectionResetError("closed by the client"))
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _resume(self) -> None:
        if self._paused and not self._transport.is_closing():
            self._paused = False
            self._transport.resume_reading()

    async def _more(self) -> None:
        """Wait until more has come; raises Gone, Idle after `idle` seconds of silence."""
        if self._end:
            raise self._end
        before = len(self._buffer)
        self._resume()
        loop = asyncio.get_running_loop()
        waiter = self._waiter = loop.create_future()
        timer = loop.call_later(self.idle, self.end, Idle(f"nothing said for {self.idle:g} s"))
        try:
            await waiter
        finally:
            timer.cancel()
            self._waiter = None
        if self._end and (len(self._buffer) == before or isinstance(self._end, Idle | Stopping)):
            raise self._end

    async def _skip_line(self) -> int:
        """Throw the rest of a line away; the size of the whole. A client without measure is cut off."""
        size = 0
        while (end := self._buffer.find(b"\n")) < 0:
            size += len(self._buffer)
            self._buffer.clear()
            self._measure(size)
            await self._more()
        del self._buffer[: end + 1]
        return size + end

    async def _skip_message(self) -> int:
        size, buffer = 0, self._buffer
        while (end := buffer.find(_END)) < 0:
            if _ends_bare(buffer):
                buffer.clear()
                raise BareNewline
            gone = max(0, len(buffer) - len(_END) + 1)
            size += gone
            del buffer[:gone]
            self._measure(size)
            await self._more()
        del buffer[: end + len(_END)]
        return size + end

    async def _find_end(self, limit: int) -> int:
        """Where the message ends in the buffer, its last CR LF included; three more bytes follow it."""
        buffer, start = self._buffer, 0
        while not buffer.startswith(b".\r\n"):
            if (end := buffer.find(_END, start)) >= 0:
                return end + 2
            if _ends_bare(buffer):
                buffer.clear()
                raise BareNewline
            if len(buffer) > limit:
                raise TooLarge(await self._skip_message())
            start = max(0, len(buffer) - len(_END) + 1)
            await self._more()
        return 0

    def _measure(self, size: int) -> None:
        if size > self.server.endless:
            self._end = Gone(f"more than {self.server.endless} bytes without an end")
            self.abort()
            raise self._end

    def _linger(self, end: Callable[[], None]) -> None:
        """Let the client read the last word: closing on bytes that were not read would reset the connection."""
        self._deaf = True
        self._buffer.clear()
        self._resume()
        with contextlib.suppress(OSError, RuntimeError, NotImplementedError):
            if not self._transport.is_closing():
                self._transport.write_eof()
        asyncio.get_running_loop().call_later(LINGER, end)


def _ends_bare(buffer: bytearray) -> bool:
    """Whether a client that ends lines with bare newlines has just ended its message."""
    if not buffer.endswith(b".\n") and not buffer.endswith(b".\r\n"):
        return False
    tail = bytes(buffer[-5:])
    return tail.endswith((b"\n.\n", b"\r.\r\n")) or (tail.endswith(b"\n.\r\n") and not tail.endswith(_END))
