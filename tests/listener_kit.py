"""A listener in a thread of its own, on either event loop, and clients that know the test PKI."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from mocks.igc.pki import Pki
from mocks.listener import Listener, Refusal, TlsProfile

try:
    import uvloop
except ImportError:  # Windows
    uvloop = None

LOOPS = ["asyncio", pytest.param("uvloop", marks=pytest.mark.skipif(uvloop is None, reason="no uvloop here"))]


@dataclass
class Served:
    """A listener running in a thread of its own."""

    port: int = 0
    refusals: list[Refusal] = field(default_factory=list)
    scopes: list[dict[str, Any]] = field(default_factory=list)
    listener: Listener | None = None

    def refusal(self, patience: float = 30.0) -> Refusal:
        """The first refusal, waited for."""
        deadline = time.monotonic() + patience
        while not self.refusals and time.monotonic() < deadline:
            time.sleep(0.005)
        assert self.refusals, "no refusal was told"
        return self.refusals[0]


async def _app(served: Served, scope: dict[str, Any], receive: Any, send: Any) -> None:
    served.scopes.append(scope)
    tls = scope["extensions"]["tls"]
    body = b""
    while (message := await receive()).get("more_body"):
        body += message["body"]
    if scope["path"] == "/abort":
        tls["abort"]()
        return
    if scope["path"] == "/slow":
        await asyncio.sleep(0.3)
    name = tls["peer"].common_name if tls["peer"] else "anonymous"
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": name.encode()})


@contextlib.contextmanager
def serving(tls: TlsProfile | None, loop: str = "asyncio") -> Iterator[Served]:
    """A listener on a free port, with the loop asked for."""
    served, ready = Served(), threading.Event()
    stop: list[Any] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await _app(served, scope, receive, send)

    async def live() -> None:
        served.listener = Listener("insi_tlsm", app, "127.0.0.1", 0, tls, served.refusals.append)
        await served.listener.start()
        served.port = served.listener.port
        end = asyncio.Event()
        stop.extend([asyncio.get_running_loop(), end])
        ready.set()
        await end.wait()
        await served.listener.stop()

    factory = uvloop.new_event_loop if loop == "uvloop" else None

    def run() -> None:
        with asyncio.Runner(loop_factory=factory) as runner:
            runner.run(live())

    thread = threading.Thread(target=run)
    thread.start()
    assert ready.wait(30)
    try:
        yield served
    finally:
        stop[0].call_soon_threadsafe(stop[1].set)
        thread.join(30)
        assert not thread.is_alive()


def profile(pki: Pki, client: Any = "required", **more: Any) -> TlsProfile:
    """The server certificate of the PKI, its authorities and revocation lists."""
    server = pki.credential("server")
    return TlsProfile(server.chain, server.key, client, pki.ca, **{"crl": pki.crl, **more})


def client_context(pki: Pki, name: str = "", *, newest: ssl.TLSVersion | None = None) -> ssl.SSLContext:
    """A client that trusts the test authorities and shows that credential."""
    context = ssl.create_default_context(cafile=str(pki.ca))
    if newest:
        context.maximum_version = newest
    if name:
        held = pki.credential(name)
        context.load_cert_chain(held.chain, held.key)
    return context


def call(pki: Pki, port: int, name: str = "", path: str = "/", host: str = "localhost", **more: Any) -> httpx.Response:
    """One request."""
    with httpx.Client(verify=client_context(pki, name, **more), trust_env=False) as client:
        return client.get(f"https://{host}:{port}{path}")
