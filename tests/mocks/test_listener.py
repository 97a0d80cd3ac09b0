"""The listener against real peers, on both event loops: what the application is told, and why a handshake is refused.

This is the contract test of the hooks that the listener takes in uvicorn, ssl, asyncio and uvloop.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme

from mocks.igc.pki import Pki
from mocks.journal.model import Kind
from mocks.listener import Listener, Refusal, TlsProfile, journal_entry

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

    def refusal(self, patience: float = 3.0) -> Refusal:
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
    assert ready.wait(10)
    try:
        yield served
    finally:
        stop[0].call_soon_threadsafe(stop[1].set)
        thread.join(10)
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


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=lambda v: v.name)
def test_contract_the_application_sees_the_peer(pki: Pki, loop: str, version: ssl.TLSVersion) -> None:
    with serving(profile(pki), loop) as served:
        context = client_context(pki, "insi-auto", newest=version)
        with httpx.Client(verify=context, trust_env=False) as client:  # two requests on one connection
            assert client.get(f"https://localhost:{served.port}/").text == "INSI-AUTO"
            assert client.get(f"https://localhost:{served.port}/a%20b?c=d").text == "INSI-AUTO"
    first, second = (scope["extensions"]["tls"] for scope in served.scopes)
    held = pki.credential("insi-auto")
    peer = first["peer"]
    assert (peer.sha256, peer.serial, peer.subject) == (held.sha256, held.serial, held.subject)
    assert peer.organizational_unit == "399999001300016"
    assert peer.pem == held.cert.read_text()
    assert first["client_cert_chain"] == [peer.pem]
    assert first["tls"].version == version.name.replace("_", ".")
    assert first["tls"].cipher
    assert first["tls"].sni == "localhost"
    assert first["listener"] == "insi_tlsm"
    assert second is first, "the facts of a connection are made once"
    assert served.scopes[1]["path"] == "/a b"
    assert not served.refusals


REFUSED = [
    ("expired", "expired", "TLS-CERT-03"),
    ("not-yet-valid", "not-yet-valid", "TLS-CERT-04"),
    ("revoked", "revoked", "TLS-CERT-05"),
    ("wrong-ca", "unknown-issuer", "TLS-CERT-02"),
    ("no-clientauth", "wrong-purpose", "TLS-CERT-06"),
    ("", "no-certificate", "TLS-CERT-01"),
]


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3], ids=lambda v: v.name)
@pytest.mark.parametrize(("name", "code", "rule"), REFUSED)
def test_contract_a_bad_client_certificate_is_refused_and_explained(
    pki: Pki, name: str, code: str, rule: str, version: ssl.TLSVersion, loop: str
) -> None:
    with serving(profile(pki), loop) as served, pytest.raises(httpx.TransportError) as failed:
        call(pki, served.port, name, newest=version)
    refusal = served.refusal()
    assert (refusal.code, refusal.finding.rule) == (code, rule)
    assert "alert" in str(failed.value).lower(), "the client must be told by an alert, as the real service does"
    assert refusal.tls.sni == "localhost"
    if name:
        assert refusal.peer.sha256 == pki.credential(name).sha256
        assert "INSI-AUTO" in refusal.finding.message("fr")
    assert not served.scopes, "nothing refused may reach the application"


@pytest.mark.parametrize("loop", LOOPS)
def test_a_foreign_authority_is_unknown(pki: Pki, loop: str) -> None:
    foreign = trustme.CA(organization_name="Une autre")
    context = client_context(pki)
    foreign.issue_cert("INSI-AUTO@exemple.test").configure_cert(context)
    with serving(profile(pki), loop) as served, httpx.Client(verify=context, trust_env=False) as client:
        with pytest.raises(httpx.TransportError):
            client.get(f"https://localhost:{served.port}/")
        assert served.refusal().code == "unknown-issuer"
        assert "Une autre" in served.refusal().finding.message("en")


@pytest.mark.parametrize("loop", LOOPS)
def test_a_client_that_does_not_know_the_authority_says_so(pki: Pki, loop: str) -> None:
    with serving(profile(pki, "none"), loop) as served:
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"https://localhost:{served.port}/", trust_env=False)
        refusal = served.refusal()
    assert (refusal.code, refusal.finding.rule) == ("client-alert", "TLS-CLIENT-01")
    assert refusal.facts["alert"] == "unknown_ca"


@pytest.mark.parametrize("loop", LOOPS)
def test_a_wrong_name_is_told_from_an_unknown_authority(pki: Pki, loop: str) -> None:
    with serving(profile(pki, "none"), loop) as served:
        with socket.create_connection(("127.0.0.1", served.port)) as raw, pytest.raises(ssl.SSLError):
            client_context(pki).wrap_socket(raw, server_hostname="autre.exemple.test")
        refusal = served.refusal()
    assert (refusal.code, refusal.finding.rule) == ("client-alert", "TLS-CLIENT-02")
    assert "autre.exemple.test" in refusal.finding.message("fr")


@pytest.mark.skipif(shutil.which("curl") is None, reason="no curl on this machine")
def test_curl_passes_and_its_silent_departure_is_explained(pki: Pki) -> None:
    held = pki.credential("insi-manu")
    with serving(profile(pki)) as served:
        base = [
            "curl",
            "-sS",
            "--noproxy",
            "*",
            "--cacert",
            str(pki.ca),
            "--cert",
            str(held.chain),
            "--key",
            str(held.key),
        ]
        good = subprocess.run([*base, f"https://localhost:{served.port}/"], capture_output=True, text=True)
        assert (good.returncode, good.stdout) == (0, "INSI-MANU")
        resolved = [*base, "--connect-to", f"::127.0.0.1:{served.port}", "https://autre.exemple.test/"]
        assert subprocess.run(resolved, capture_output=True).returncode == 60
        refusal = served.refusal()
    assert refusal.finding.rule == "TLS-CLIENT-02", refusal
    assert refusal.code in ("no-request", "client-alert", "closed")


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl on this machine")
@pytest.mark.parametrize(
    ("options", "code", "rule"),
    [
        (["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"], "protocol-too-old", "TLS-PROTO-01"),
        (["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"], "no-shared-cipher", "TLS-PROTO-02"),
    ],
)
def test_openssl_with_an_old_protocol_or_foreign_suites(pki: Pki, options: list[str], code: str, rule: str) -> None:
    with serving(profile(pki)) as served:
        command = ["openssl", "s_client", "-connect", f"127.0.0.1:{served.port}", *options]
        done = subprocess.run(command, capture_output=True, input=b"", timeout=20)
        if b"unsupported protocol" in done.stderr or b"no protocols available" in done.stderr:
            pytest.skip("this openssl cannot speak that protocol at all")
        refusal = served.refusal()
    assert (refusal.code, refusal.finding.rule) == (code, rule)
    assert b"alert" in done.stderr
    if code == "protocol-too-old":
        assert refusal.finding.found == "TLSv1.1"
        assert refusal.finding.expected == "TLSv1.2"
    else:
        assert "0xC02B" in refusal.finding.found


@pytest.mark.parametrize("loop", LOOPS)
def test_plain_http_on_a_tls_port_gets_an_answer_that_says_so(pki: Pki, loop: str) -> None:
    with serving(profile(pki), loop) as served:
        answer = httpx.get(f"http://localhost:{served.port}/", trust_env=False)
        refusal = served.refusal()
    assert answer.status_code == 400
    assert "https://" in answer.text
    assert (refusal.code, refusal.finding.rule) == ("not-tls", "TLS-PROTO-03")


def test_noise_on_a_tls_port_and_a_port_probe(pki: Pki) -> None:
    with serving(profile(pki)) as served:
        socket.create_connection(("127.0.0.1", served.port)).close()
        with socket.create_connection(("127.0.0.1", served.port)) as raw:
            raw.sendall(b"EHLO poste.exemple.test\r\n")
            raw.shutdown(socket.SHUT_WR)
            with contextlib.suppress(OSError):
                raw.recv(100)
        refusal = served.refusal()
        assert (refusal.code, refusal.finding.rule) == ("not-tls", "TLS-PROTO-04")
        assert len(served.refusals) == 1, "a port probe says nothing and is not told"


def test_tls_on_a_plain_port() -> None:
    with serving(None) as served:
        with pytest.raises(httpx.TransportError):
            httpx.get(f"https://localhost:{served.port}/", verify=False, trust_env=False)
        assert served.refusal().finding.rule == "TLS-PROTO-07"


def test_plain_http_has_the_same_scope() -> None:
    with serving(None) as served:
        assert httpx.get(f"http://localhost:{served.port}/", trust_env=False).text == "anonymous"
        tls = served.scopes[0]["extensions"]["tls"]
    assert (tls["peer"], tls["tls"], tls["client_cert_chain"]) == (None, None, [])
    assert callable(tls["abort"])


def test_an_optional_certificate(pki: Pki) -> None:
    with serving(profile(pki, "optional")) as served:
        assert call(pki, served.port).text == "anonymous"
        assert call(pki, served.port, "cps-auth").text == "899700900014"
        with pytest.raises(httpx.TransportError):
            call(pki, served.port, "expired")
        assert served.refusal().code == "expired"


@pytest.mark.parametrize("loop", LOOPS)
def test_abort_drops_the_connection(pki: Pki, loop: str, capfd: pytest.CaptureFixture[str]) -> None:
    with serving(profile(pki), loop) as served:
        with pytest.raises(httpx.TransportError):
            call(pki, served.port, "insi-auto", "/abort")
        assert call(pki, served.port, "insi-auto").text == "INSI-AUTO", "the listener lives on"
    assert capfd.readouterr().err == ""


def test_a_certificate_revoked_meanwhile_is_refused_at_the_next_connection(pki: Pki, tmp_path: Path) -> None:
    shutil.copytree(pki.folder, tmp_path / "pki")
    own = Pki(tmp_path / "pki")
    with serving(profile(own)) as served:
        assert call(own, served.port, "insi-manu").text == "INSI-MANU"
        own.revoke(own.credential("insi-manu").serial)
        with pytest.raises(httpx.TransportError):
            call(own, served.port, "insi-manu")
        assert served.refusal().code == "revoked"
        assert call(own, served.port, "insi-auto").text == "INSI-AUTO"


def test_certificate_files_vanishing_do_not_stop_the_listener(pki: Pki, tmp_path: Path) -> None:
    shutil.copytree(pki.folder, tmp_path / "pki")
    own = Pki(tmp_path / "pki")
    with serving(profile(own)) as served:
        shutil.rmtree(own.credential("server").folder)
        assert call(own, served.port, "insi-auto").text == "INSI-AUTO"


def test_a_head_without_end_is_cut(pki: Pki) -> None:
    with serving(None) as served, socket.create_connection(("127.0.0.1", served.port)) as raw:
        raw.settimeout(5)
        with contextlib.suppress(OSError):
            raw.sendall(b"GET / HTTP/1.1\r\nx: ")
            for _ in range(64):
                raw.sendall(b"a" * 4096)
            assert raw.recv(10) == b""
        assert served.refusal().finding.rule == "HTTP-HEAD-02"


def test_a_request_that_is_not_http_is_kept() -> None:
    with serving(None) as served, socket.create_connection(("127.0.0.1", served.port)) as raw:
        raw.sendall(b"\x00\x01\x02 nothing\r\n\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 400")
        entry = journal_entry(served.refusal(), "insi", "abc")
    assert (entry.kind, entry.outcome, entry.session) == (Kind.EXCHANGE, "not-http", "abc")


def test_a_large_body_is_not_taken_for_a_head() -> None:
    with serving(None) as served:
        assert (
            httpx.post(f"http://localhost:{served.port}/", content=b"a" * 300_000, trust_env=False).status_code == 200
        )
    assert not served.refusals


def test_pipelined_requests_and_a_stop_that_lets_them_end() -> None:
    with serving(None) as served:
        raw = socket.create_connection(("127.0.0.1", served.port))
        raw.sendall(b"GET /slow HTTP/1.1\r\nhost: a\r\n\r\n" * 2)
        while not served.scopes:
            time.sleep(0.005)
    with raw:
        received = raw.recv(4000)
    assert received.startswith(b"HTTP/1.1 200")


def test_the_entry_in_the_journal(pki: Pki) -> None:
    with serving(profile(pki)) as served:
        with pytest.raises(httpx.TransportError):
            call(pki, served.port, "expired")
        refusal = served.refusal()
    entry = journal_entry(refusal, "insi")
    assert (entry.kind, entry.service, entry.listener, entry.outcome) == (
        Kind.HANDSHAKE,
        "insi",
        "insi_tlsm",
        "expired",
    )
    assert entry.peer is refusal.peer
    assert entry.facts["subject"] == pki.credential("expired").subject
    assert refusal.port == served.port
    assert [finding.rule for finding in entry.findings] == ["TLS-CERT-03"]


def test_several_listeners_in_one_loop_and_a_port_taken(pki: Pki) -> None:
    async def both() -> None:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body"})

        first = Listener("a", app, "127.0.0.1", 0, None, lambda _: None)
        second = Listener("b", app, "127.0.0.1", 0, profile(pki, "none"), lambda _: None)
        await first.start()
        await second.start()
        third = Listener("c", app, "127.0.0.1", first.port, None, lambda _: None)
        with pytest.raises(OSError):
            await third.start()
        await third.stop()
        async with httpx.AsyncClient(verify=client_context(pki), trust_env=False) as client:
            assert (await client.get(f"http://localhost:{first.port}/")).status_code == 204
            answer = await client.get(f"https://localhost:{second.port}/")
        assert answer.status_code == 204
        assert "date" in answer.headers
        assert "server" not in answer.headers
        await first.stop()
        await second.stop()
        await second.stop()
        with pytest.raises(OSError):
            socket.create_connection(("127.0.0.1", first.port))

    asyncio.run(both())
