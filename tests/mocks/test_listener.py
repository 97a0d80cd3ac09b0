"""The listener against real peers, on both event loops: what the application is told, and why a handshake is refused.

This is the contract test of the hooks that the listener takes in uvicorn, ssl, asyncio and uvloop.
"""

from __future__ import annotations

import shutil
import socket
import ssl
import subprocess

import httpx
import pytest
import trustme

from mocks.igc.pki import Pki
from tests.listener_kit import LOOPS, call, client_context, profile, serving


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
        done = subprocess.run(command, capture_output=True, input=b"", timeout=60)
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
