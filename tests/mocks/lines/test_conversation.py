"""A line server against real sockets on both event loops: lines, messages, STARTTLS, and clients that misbehave."""

from __future__ import annotations

import asyncio
import contextlib
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from mocks.igc.pki import Pki
from mocks.lines import BareNewline, Conversation, Gone, Idle, LineServer, Stopping, TooLarge, TooLong
from mocks.listener import Refusal, TlsProfile

try:
    import uvloop
except ImportError:  # Windows
    uvloop = None

LOOPS = ["asyncio", pytest.param("uvloop", marks=pytest.mark.skipif(uvloop is None, reason="no uvloop here"))]
both_loops = pytest.mark.parametrize("loop", LOOPS)


@dataclass
class Served:
    """A line server running in a thread of its own."""

    port: int = 0
    refusals: list[Refusal] = field(default_factory=list)
    said: list[Any] = field(default_factory=list)

    def wait(self, what: list[Any]) -> Any:
        deadline = time.monotonic() + 30
        while not what and time.monotonic() < deadline:
            time.sleep(0.005)
        assert what, "nothing was told"
        return what[0]


@contextlib.contextmanager
def serving(
    talk: Callable[[Served, Conversation], Awaitable[None]], tls: TlsProfile, loop: str = "asyncio", **more: Any
) -> Iterator[Served]:
    """A server on a free port, with the loop asked for."""
    served, ready, stop = Served(), threading.Event(), []

    async def live() -> None:
        async def one(conversation: Conversation) -> None:
            await talk(served, conversation)

        server = LineServer("smtp", one, "127.0.0.1", 0, tls, served.refusals.append, **more)
        await server.start()
        served.port, end = server.port, asyncio.Event()
        stop.extend([asyncio.get_running_loop(), end])
        ready.set()
        await end.wait()
        await server.stop()

    def run() -> None:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop if loop == "uvloop" else None) as runner:
            runner.run(live())

    thread = threading.Thread(target=run)
    thread.start()
    assert ready.wait(10)
    try:
        yield served
    finally:
        stop[0].call_soon_threadsafe(stop[1].set)
        thread.join(10)
        assert not thread.is_alive()


async def echo(served: Served, conversation: Conversation) -> None:
    """A toy SMTP: STARTTLS, DATA, and every other line told back."""
    conversation.write(b"220 here\r\n")
    while True:
        try:
            line = (await conversation.line(100)).replace(b"data", b"DATA")
            if line == b"STARTTLS":
                conversation.write(b"220 go\r\n")
                if await conversation.starttls() is None:
                    return
            elif line == b"DATA":
                conversation.write(b"354 go\r\n")
                message = await conversation.data(200_000)
                served.said.append(message)
                conversation.write(b"250 %d\r\n" % len(message))
            elif line == b"COUNT":
                conversation.write(b"250 %r\r\n" % await conversation.exactly(5))
            elif line == b"QUIT":
                conversation.write(b"221 bye\r\n")
                return
            else:
                name = conversation.peer.common_name if conversation.peer else "-"
                cipher = conversation.tls.cipher if conversation.tls else "clear"
                conversation.write(f"250 {line.decode('latin-1')} {name} {cipher}\r\n".encode())
        except TooLarge as error:
            conversation.write(f"552 {error.size}\r\n".encode())
        except TooLong as error:
            conversation.write(f"500 {error.size}\r\n".encode())
        except BareNewline:
            conversation.write(b"521 bare newline\r\n")
            return
        except (Idle, Stopping) as reason:
            conversation.write(b"421 " + type(reason).__name__.encode() + b"\r\n")
            return
        except Gone:
            served.said.append("gone")
            return


@pytest.fixture
def profile(pki: Pki) -> TlsProfile:
    server = pki.credential("server")
    return TlsProfile(server.chain, server.key, "optional", pki.ca, crl=pki.crl)


def client_context(pki: Pki, name: str = "") -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(pki.ca))
    if name:
        held = pki.credential(name)
        context.load_cert_chain(held.chain, held.key)
    return context


def ask(port: int, sent: bytes, *, half_close: bool = True) -> bytes:
    """Send all at once in clear; everything that came back until the end."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as stream:
        stream.sendall(sent)
        if half_close:
            stream.shutdown(socket.SHUT_WR)
        back = b""
        with contextlib.suppress(ConnectionError):
            while part := stream.recv(65536):
                back += part
        return back


@both_loops
def test_starttls_with_a_client_certificate_and_large_messages(pki: Pki, profile: TlsProfile, loop: str) -> None:
    with serving(echo, profile, loop) as served, smtplib.SMTP("localhost", served.port, timeout=30) as client:
        assert client.docmd("HELO") == (250, b"HELO - clear")
        client.ehlo_resp, client.esmtp_features = b"", {"starttls": ""}
        client.starttls(context=client_context(pki, "org-auth-cli"))
        code, said = client.docmd("HELO")
        assert code == 250
        assert b"LOGICIEL DE TEST" in said
        assert b"GCM" in said
        message = b"".join(b".%06d dots\r\n" % n for n in range(12_000))
        assert client.data(message)[0] == 250
        assert served.said[-1] == message
        assert client.data(message + message)[0] == 552
        assert client.docmd("NOOP")[0] == 250, "the connection goes on after a message too large"
    assert not served.refusals


@both_loops
def test_a_refused_handshake_is_told_with_its_reason(pki: Pki, profile: TlsProfile, loop: str) -> None:
    with serving(echo, profile, loop) as served:
        with smtplib.SMTP("localhost", served.port, timeout=30) as client:
            client.ehlo_resp, client.esmtp_features = b"", {"starttls": ""}
            client.starttls(context=client_context(pki, "expired"))  # TLS 1.3: the client learns it afterwards
            with pytest.raises((ssl.SSLError, smtplib.SMTPServerDisconnected), match=r"(?i)expired"):
                client.docmd("NOOP")
        refusal = served.wait(served.refusals)
        assert (refusal.code, refusal.finding.rule, refusal.peer.common_name) == ("expired", "TLS-CERT-03", "INSI-AUTO")
        served.refusals.clear()
        with smtplib.SMTP("127.0.0.1", served.port, timeout=30) as client:  # a client that does not know our authority
            client.ehlo_resp, client.esmtp_features = b"", {"starttls": ""}
            with pytest.raises(ssl.SSLCertVerificationError):
                client.starttls(context=ssl.create_default_context())
        refusal = served.wait(served.refusals)
        assert (refusal.code, refusal.finding.rule) == ("client-alert", "TLS-CLIENT-01")


@pytest.mark.parametrize(
    ("sent", "back"),
    [
        (b"A\r\nB\r\nQUIT\r\n", b"220 here\r\n250 A - clear\r\n250 B - clear\r\n221 bye\r\n"),
        (b"x" * 1_000_000 + b"\r\nQUIT\r\n", b"220 here\r\n500 1000001\r\n221 bye\r\n"),
        (b"A\n", b"220 here\r\n521 bare newline\r\n"),
        (b"DATA\r\n.\r\nQUIT\r\n", b"220 here\r\n354 go\r\n250 0\r\n221 bye\r\n"),
        (b"DATA\r\n..a\r\n.b\r\n.\r\nQUIT\r\n", b"220 here\r\n354 go\r\n250 7\r\n221 bye\r\n"),
        (b"DATA\r\na\n.\r\nMAIL\r\n.\r\n", b"220 here\r\n354 go\r\n521 bare newline\r\n"),
        (b"DATA\r\na\r\n.\nMAIL\r\n.\r\n", b"220 here\r\n354 go\r\n521 bare newline\r\n"),
        (b"DATA\r\na\r.\r\nMAIL\r\n.\r\n", b"220 here\r\n354 go\r\n521 bare newline\r\n"),
        (b"COUNT\r\n12\r\n3QUIT\r\n", b"220 here\r\n250 b'12\\r\\n3'\r\n221 bye\r\n"),
        (b"STARTTLS\r\nEHLO smuggled\r\n", b"220 here\r\n220 go\r\n"),
    ],
)
def test_lines_and_messages(profile: TlsProfile, sent: bytes, back: bytes) -> None:
    with serving(echo, profile) as served:
        assert ask(served.port, sent) == back


@pytest.mark.parametrize("ending", [b"\n.\n", b"\n.\r\n", b"\r\n.\n"])
def test_a_message_that_ends_in_bare_newlines_is_told_at_once(profile: TlsProfile, ending: bytes) -> None:
    with serving(echo, profile) as served:
        assert ask(served.port, b"DATA\r\nhello" + ending, half_close=False).endswith(b"521 bare newline\r\n")


def test_silence_endless_lines_and_a_stop(profile: TlsProfile) -> None:
    with serving(echo, profile, idle=0.05) as served:
        assert ask(served.port, b"", half_close=False) == b"220 here\r\n421 Idle\r\n"
    with serving(echo, profile, endless=100_000) as served:
        assert ask(served.port, b"x" * 400_000) in (b"220 here\r\n", b"")
        assert served.wait(served.said) == "gone"
    with serving(echo, profile) as served:
        stream = socket.create_connection(("127.0.0.1", served.port), timeout=30)
        assert stream.recv(100) == b"220 here\r\n"
    assert stream.recv(100) == b"421 Stopping\r\n"
    stream.close()


def test_implicit_tls_and_http_are_explained(pki: Pki, profile: TlsProfile) -> None:
    with serving(echo, profile) as served:
        with pytest.raises((ssl.SSLError, ConnectionError)):
            smtplib.SMTP_SSL("localhost", served.port, timeout=30, context=client_context(pki))
        assert served.wait(served.refusals).finding.rule == "TLS-PROTO-08"
        served.refusals.clear()
        ask(served.port, b"STARTTLS\r\n")  # leaves without a word: a probe, nothing to tell
        with socket.create_connection(("127.0.0.1", served.port), timeout=30) as stream:
            stream.sendall(b"STARTTLS\r\n")
            while not stream.recv(100).endswith(b"go\r\n"):
                pass
            stream.sendall(b"EHLO still in clear\r\n")
            stream.recv(100)
        assert served.wait(served.refusals).code == "not-tls"
