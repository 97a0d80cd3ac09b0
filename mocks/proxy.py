"""The name proxy: a software keeps the real addresses and needs one proxy setting, no hosts file.

An HTTP proxy (RFC 9110 §9.3.6) that knows only the names of the bench: ``CONNECT host:port`` is joined to the local
listener that stands for that host, whatever the port asked for; a plain ``GET http://host/…`` goes to listeners that
speak plain HTTP. Any other name gets 403: nothing ever leaves this machine. Each request is an event of the journal.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import Mapping
from urllib.parse import urlsplit

from mocks.addresses import ADDRESSES
from mocks.hub import Hub
from mocks.journal.model import Exchange, Headers, Kind
from norms.finding import Finding, find

HEAD_LIMIT = 16 * 1024  # bytes
HEAD_TIMEOUT = 10.0  # seconds to send the head
CONNECT_TIMEOUT = 5.0
IDLE_TIMEOUT = 600.0  # a tunnel in which nothing passes
_CHUNK = 64 * 1024
_AUTHORITY = re.compile(r"(?P<host>\[[0-9a-fA-F:]+\]|[^\s:/@?#]+):(?P<port>\d{1,5})")
_HOP = {"connection", "proxy-connection", "keep-alive", "proxy-authorization", "te", "trailer", "upgrade"}
_SCHEMES = {host: row.scheme for row in ADDRESSES for host in row.hosts}


class _Refused(Exception):
    """A request that the proxy does not serve."""

    def __init__(self, status: int, outcome: str, finding: Finding) -> None:
        super().__init__(outcome)
        self.status, self.outcome, self.finding = status, outcome, finding


class NameProxy:
    """The proxy of one bench. ``targets``: real host name -> local port, at the address that listeners are bound to;
    ``schemes``: what each of these hosts speaks."""

    def __init__(
        self,
        hub: Hub,
        host: str,
        port: int,
        targets: Mapping[str, int],
        schemes: Mapping[str, str] = _SCHEMES,
    ) -> None:
        self.hub, self.host, self.port, self.schemes = hub, host, port, schemes
        self.targets = {name.lower(): local for name, local in targets.items()}
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen; raises OSError when the port is taken. Port 0 takes a free one."""
        self._server = await asyncio.start_server(self._serve, self.host, self.port, limit=HEAD_LIMIT)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Stop listening and close every tunnel."""
        if self._server is None:
            return
        self._server.close()
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)
        self._server = None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            await self._one(reader, writer)
        except (OSError, EOFError, TimeoutError, asyncio.CancelledError):
            pass  # a client gone, a tunnel cut: its event is already in the journal
        finally:
            self._open.discard(task)
            writer.transport.abort() if task.cancelling() else writer.close()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        started = time.time()
        session = self.hub.sessions.bind({"port": str(self.port)})
        event = Exchange(session.id, "proxy", started, Kind.EVENT, listener="proxy")
        with contextlib.suppress(TypeError, IndexError):
            event.client = "{}:{}".format(*writer.get_extra_info("peername")[:2])
        try:
            head = await _head(reader)
            if head is None:
                return  # a port probe
            host, local, onward = self._route(head, event)
            inner_reader, inner_writer = await self._joined(host, local)
        except _Refused as refusal:
            event.status, event.outcome = refusal.status, refusal.outcome
            event.findings.append(refusal.finding)
            self._keep(event)
            writer.write(_sorry(refusal))
            await writer.drain()
            return
        event.status, event.outcome = 200, "mapped"
        event.facts = {"host": host, "local_port": str(local)}
        self._keep(event)
        with contextlib.closing(inner_writer):
            if onward:
                inner_writer.write(onward)
            else:
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            await asyncio.gather(_pump(reader, inner_writer), _pump(inner_reader, writer))

    def _route(self, head: bytes, event: Exchange) -> tuple[str, int, bytes]:
        """Host, local port, and what to send first (nothing for a tunnel); raises _Refused."""
        method, target, headers = _parsed(head)
        event.method = event.operation = method
        event.target, event.request_headers = target, headers
        if method == "CONNECT":
            match = _AUTHORITY.fullmatch(target)
            if match is None:
                raise _unreadable(target)
            host, scheme, onward = match["host"].lower(), "https", b""
        else:
            try:
                url = urlsplit(target)
            except ValueError:  # half an IPv6 address
                raise _unreadable(target) from None
            if url.scheme != "http" or not url.hostname:
                raise _unreadable(target)
            host, scheme = url.hostname, "http"
            path = (url.path or "/") + (f"?{url.query}" if url.query else "")
            kept = [f"{name}: {value}" for name, value in headers if name.lower() not in _HOP]
            onward = "\r\n".join([f"{method} {path} HTTP/1.1", *kept, "connection: close", "", ""]).encode("latin-1")
        local = self.targets.get(host)
        if local is None:
            raise _Refused(403, "refused", find("TLS-PROXY-01", expected=", ".join(sorted(self.targets)), found=host))
        served = self.schemes.get(host, scheme)
        if served != scheme and not (served == "tcp" and scheme == "https"):  # CONNECT carries any protocol
            raise _Refused(403, "wrong-scheme", find("TLS-PROXY-03", expected=served, found=host))
        return host, local, onward

    async def _joined(self, host: str, local: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        here = "127.0.0.1" if self.host in ("0.0.0.0", "") else "::1" if self.host == "::" else self.host  # noqa: S104
        try:
            return await asyncio.wait_for(asyncio.open_connection(here, local), CONNECT_TIMEOUT)
        except (OSError, TimeoutError):
            raise _Refused(502, "unreachable", find("TLS-PROXY-04", found=host)) from None

    def _keep(self, event: Exchange) -> None:
        event.duration_ms = (time.time() - event.started) * 1000
        self.hub.journal.record(event)


async def _head(reader: asyncio.StreamReader) -> bytes | None:
    """The request line and headers; None when the client said nothing. Raises _Refused when they are no head."""
    try:
        return await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), HEAD_TIMEOUT)
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise _unreadable(error.partial[:60].decode("latin-1")) from None
        return None
    except asyncio.LimitOverrunError:
        raise _Refused(431, "head-too-large", find("TLS-PROXY-02", found=f"> {HEAD_LIMIT} B")) from None
    except TimeoutError:
        raise _Refused(408, "timeout", find("TLS-PROXY-02", found=f"> {HEAD_TIMEOUT:.0f} s")) from None


def _parsed(head: bytes) -> tuple[str, str, Headers]:
    line, *rows = head.decode("latin-1").split("\r\n")[:-2]
    words = line.split(" ")
    if len(words) != 3 or not words[0].isalpha() or not words[2].startswith("HTTP/1."):
        raise _unreadable(line)
    headers = []
    for row in rows:
        name, colon, value = row.partition(":")
        if not colon or not name or name != name.strip():
            raise _unreadable(row)
        secret = name.lower() == "proxy-authorization"  # a password of the site's own proxy, none of our business
        headers.append((name.lower(), "***" if secret else value.strip()))
    return words[0].upper(), words[1], headers


def _unreadable(found: str) -> _Refused:
    return _Refused(400, "bad-request", find("TLS-PROXY-02", found=found))


def _sorry(refusal: _Refused) -> bytes:
    finding = refusal.finding
    body = "\n".join(f"{finding.message(lang)} {finding.fix(lang)}" for lang in ("fr", "en")).encode() + b"\n"
    head = f"HTTP/1.1 {refusal.status} {refusal.outcome}\r\ncontent-type: text/plain; charset=utf-8\r\n"
    return f"{head}content-length: {len(body)}\r\nconnection: close\r\n\r\n".encode() + body


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Carry bytes one way until the sender ends, then end that way only."""
    try:
        while data := await asyncio.wait_for(reader.read(_CHUNK), IDLE_TIMEOUT):
            writer.write(data)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
    except (OSError, TimeoutError):
        writer.transport.abort()
