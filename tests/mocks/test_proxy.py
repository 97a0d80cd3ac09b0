"""The name proxy with real clients: httpx, curl, raw sockets."""

from __future__ import annotations

import asyncio
import shutil
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from mocks.control import Registry
from mocks.hub import Hub
from mocks.igc.pki import Pki
from mocks.journal import Journal
from mocks.journal.model import Exchange, Kind
from mocks.listener import Listener, TlsProfile
from mocks.proxy import HEAD_LIMIT, NameProxy
from mocks.session import Sessions
from mocks.world import World

REAL = "services-ps-tlsm.ameli.fr"
PLAIN = "igc-sante.esante.gouv.fr"


@asynccontextmanager
async def bench(pki: Pki) -> AsyncIterator[tuple[NameProxy, Any]]:
    """A proxy before one TLS listener and one plain listener; the second value lists the proxy's events."""

    async def app(scope: Any, receive: Any, send: Any) -> None:
        body = b""
        while (message := await receive()).get("more_body") or message.get("body"):
            body += message["body"]
            if not message["more_body"]:
                break
        peer = scope["extensions"]["tls"]["peer"]
        words = f"{scope['method']} {scope['path']} {peer.common_name if peer else '-'} {len(body)}"
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": words.encode()})

    server = pki.credential("server")
    pki_for_names = TlsProfile(server.chain, server.key, "required", pki.ca)
    tls = Listener("insi_tlsm", app, "127.0.0.1", 0, pki_for_names, lambda _: None)
    plain = Listener("igc", app, "127.0.0.1", 0, None, lambda _: None)
    await tls.start()
    await plain.start()
    registry = Registry()
    journal = Journal(None)
    hub = Hub(Sessions(World.load(), registry), journal, registry, pki.folder)
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        targets = {REAL: tls.port, PLAIN: plain.port, "eteint.exemple.test": unused.getsockname()[1]}
        proxy = NameProxy(hub, "127.0.0.1", 0, targets)
        await proxy.start()
        try:
            yield proxy, lambda: journal.list(service="proxy", kind=Kind.EVENT)
        finally:
            await proxy.stop()
            await tls.stop()
            await plain.stop()
            journal.close()


@pytest.fixture(scope="module")
def named(pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Pki:
    """A PKI whose server certificate carries the real names."""
    from mocks.igc import pki as igc

    folder = tmp_path_factory.mktemp("named") / "pki"
    shutil.copytree(pki.folder, folder)
    return igc.init(folder, hosts=[REAL])


async def raw(proxy: NameProxy, data: bytes) -> bytes:
    """What the proxy answers to these bytes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    writer.write(data)
    writer.write_eof()
    answer = await asyncio.wait_for(reader.read(), 30)
    writer.close()
    return answer


def test_a_client_keeps_the_real_address(named: Pki) -> None:
    async def main() -> None:
        async with bench(named) as (proxy, events):
            held = named.credential("insi-auto")
            context = ssl.create_default_context(cafile=str(named.ca))
            context.load_cert_chain(held.chain, held.key)
            address = f"http://127.0.0.1:{proxy.port}"
            async with httpx.AsyncClient(proxy=address, verify=context, trust_env=False) as client:
                answer = await client.post(f"https://{REAL}/lps", content=b"a" * 300_000)
                assert answer.text == "POST /lps INSI-AUTO 300000"
                assert (await client.get(f"http://{PLAIN}/CRL/a.crl?b=c")).text == "GET /CRL/a.crl - 0"
            mapped, plain = sorted(events(), key=lambda event: event.id)
            assert (mapped.method, mapped.target, mapped.outcome) == ("CONNECT", f"{REAL}:443", "mapped")
            assert mapped.facts["host"] == REAL
            assert (plain.method, plain.outcome, plain.session) == ("GET", "mapped", "default")

    asyncio.run(main())


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl on this machine")
def test_curl_through_the_proxy(named: Pki) -> None:
    async def main() -> None:
        async with bench(named) as (proxy, events):
            held = named.credential("insi-manu")
            command = ["curl", "-sS", "--proxy", f"http://moi:secret@127.0.0.1:{proxy.port}", "--cacert", str(named.ca)]
            command += ["--cert", str(held.chain), "--key", str(held.key)]
            process = await asyncio.create_subprocess_exec(*command, f"https://{REAL}/lps", stdout=subprocess.PIPE)
            out, _ = await process.communicate()
            assert out == b"GET /lps INSI-MANU 0"
            other = await asyncio.create_subprocess_exec(
                *command, "https://www.exemple.test/", stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
            _, err = await other.communicate()
            assert b"403" in err
            refused = next(event for event in events() if event.outcome == "refused")
            assert refused.findings[0].rule == "TLS-PROXY-01"
            assert "www.exemple.test" in refused.findings[0].message("fr")
            assert "secret" not in str(refused.request_headers)

    asyncio.run(main())


CASES = [
    (b"CONNECT www.exemple.test:443 HTTP/1.1\r\n\r\n", 403, "TLS-PROXY-01"),
    (b"CONNECT 127.0.0.1:22 HTTP/1.1\r\n\r\n", 403, "TLS-PROXY-01"),
    (b"CONNECT [::1]:22 HTTP/1.1\r\n\r\n", 403, "TLS-PROXY-01"),
    (b"GET http://www.exemple.test/ HTTP/1.1\r\nhost: igc-sante.esante.gouv.fr\r\n\r\n", 403, "TLS-PROXY-01"),
    (f"GET http://moi@{PLAIN}@www.exemple.test/ HTTP/1.1\r\n\r\n".encode(), 403, "TLS-PROXY-01"),
    (f"GET http://{REAL}/lps HTTP/1.1\r\n\r\n".encode(), 403, "TLS-PROXY-03"),
    (f"CONNECT {PLAIN}:443 HTTP/1.1\r\n\r\n".encode(), 403, "TLS-PROXY-03"),
    (b"CONNECT eteint.exemple.test:443 HTTP/1.1\r\n\r\n", 502, "TLS-PROXY-04"),
    (b"GET /lps HTTP/1.1\r\n\r\n", 400, "TLS-PROXY-02"),
    (b"GET ftp://x/ HTTP/1.1\r\n\r\n", 400, "TLS-PROXY-02"),
    (b"CONNECT services-ps-tlsm.ameli.fr HTTP/1.1\r\n\r\n", 400, "TLS-PROXY-02"),
    (b"CONNECT a:b:c HTTP/1.1\r\n\r\n", 400, "TLS-PROXY-02"),
    (b"GET http://[/ HTTP/1.1\r\n\r\n", 400, "TLS-PROXY-02"),
    (b"\x16\x03\x01\x00\xa5\x01\r\n\r\n", 400, "TLS-PROXY-02"),
    (b"CONNECT a:1 HTTP/1.1\r\n folded: x\r\n\r\n", 400, "TLS-PROXY-02"),
    (b"half a request", 400, "TLS-PROXY-02"),
    (b"GET http://a/ HTTP/1.1\r\nx: " + b"a" * (2 * HEAD_LIMIT) + b"\r\n\r\n", 431, "TLS-PROXY-02"),
]


def test_what_is_not_served_is_refused_and_kept(named: Pki) -> None:
    async def main() -> None:
        async with bench(named) as (proxy, events):
            seen: list[Exchange] = []
            for data, status, rule in CASES:
                answer = await raw(proxy, data)
                assert answer.startswith(b"HTTP/1.1 %d " % status), (data[:60], answer[:60])
                fresh = [event for event in events() if event.id not in {old.id for old in seen}]
                assert [event.findings[0].rule for event in fresh] == [rule], data[:60]
                seen += fresh
            assert await raw(proxy, b"") == b""
            assert len(events()) == len(CASES), "a port probe is not told"

    asyncio.run(main())


def test_a_port_taken_and_a_stop_that_cuts_tunnels(named: Pki) -> None:
    async def main() -> None:
        async with bench(named) as (proxy, _):
            other = NameProxy(proxy.hub, "127.0.0.1", proxy.port, {})
            with pytest.raises(OSError):
                await other.start()
            await other.stop()
            reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
            writer.write(f"CONNECT {REAL}:443 HTTP/1.1\r\n\r\n".encode())
            assert b"200" in await reader.readuntil(b"\r\n\r\n")
            await proxy.stop()
            assert await asyncio.wait_for(reader.read(), 30) == b""
            writer.close()

    asyncio.run(main())
