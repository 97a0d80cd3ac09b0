"""What comes through a listener once connected, or instead of a handshake: noise, plain HTTP, large or cut requests."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import socket
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from mocks.igc.pki import Pki
from mocks.journal.model import Kind
from mocks.listener import Listener, journal_entry
from tests.listener_kit import LOOPS, call, client_context, profile, serving


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
