"""CRL, OCSP and authorities over HTTP, asked by openssl and by hand."""

from __future__ import annotations

import base64
import contextlib
import shutil
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509 import ocsp
from hypothesis import given, settings
from hypothesis import strategies as st

from mocks.control import Registry
from mocks.hub import Hub
from mocks.igc import files, wire
from mocks.igc.pki import Pki
from mocks.igc.routes import CHAIN, service
from mocks.igc.switches import SWITCHES
from mocks.journal import Journal
from mocks.listener import Listener
from mocks.session import Sessions
from mocks.world import World


class Live:
    """The igc service on a real port, over a PKI of its own."""

    def __init__(self, folder: Path, url: str) -> None:
        self.pki = Pki(folder)
        registry = Registry(SWITCHES)
        self.hub = Hub(Sessions(World.load(), registry), Journal(None), registry, folder)
        self.url = url

    def switch(self, **values: object) -> None:
        self.hub.sessions.default.switches.set({f"igc.{name}": value for name, value in values.items()})

    def last(self) -> Any:
        return max(self.hub.journal.list(service="igc"), key=lambda exchange: exchange.id)

    def question(self, name: str, *, nonce: bytes = b"", issuer: str = "") -> bytes:
        held = self.pki.credential(name)
        above = files.read_certificate(self.pki.folder / "authorities" / f"{issuer or held.order.issuer}.pem")
        builder = ocsp.OCSPRequestBuilder().add_certificate(files.read_certificate(held.cert), above, hashes.SHA1())
        if nonce:
            builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
        return builder.build().public_bytes(Encoding.DER)

    def post(self, data: bytes, path: str = "/ocsp") -> ocsp.OCSPResponse:
        headers = {"content-type": wire.REQUEST}
        answer = httpx.post(self.url + path, content=data, headers=headers, trust_env=False)
        assert answer.headers["content-type"] == wire.RESPONSE
        return ocsp.load_der_ocsp_response(answer.content)


@pytest.fixture(scope="module")
def live(pki: Pki, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    import asyncio

    folder = tmp_path_factory.mktemp("igc") / "pki"
    shutil.copytree(pki.folder, folder)
    ready, stop, made = threading.Event(), [], []

    async def main() -> None:
        served = Live(folder, "")
        listener = Listener("igc", service(served.hub), "127.0.0.1", 0, None, lambda _: None)
        await listener.start()
        served.url = f"http://127.0.0.1:{listener.port}"
        end = asyncio.Event()
        made.append(served)
        stop.extend([asyncio.get_running_loop(), end])
        ready.set()
        await end.wait()
        await listener.stop()

    thread = threading.Thread(target=lambda: asyncio.run(main()))
    thread.start()
    assert ready.wait(10)
    yield made[0]
    stop[0].call_soon_threadsafe(stop[1].set)
    thread.join(10)


@pytest.fixture(autouse=True)
def calm(live: Live) -> None:
    live.hub.sessions.default.switches.clear()


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("insi-auto", ocsp.OCSPCertStatus.GOOD),
        ("cps-auth", ocsp.OCSPCertStatus.GOOD),
        ("revoked", ocsp.OCSPCertStatus.REVOKED),
        ("cps-sign-revoked", ocsp.OCSPCertStatus.REVOKED),
    ],
)
@pytest.mark.parametrize("way", ["post", "post-root", "get", "get-root"])
def test_ocsp_says_the_state_of_a_certificate(live: Live, name: str, status: object, way: str) -> None:
    question = live.question(name, nonce=b"0123456789abcdef")
    if way.startswith("post"):
        answer = live.post(question, "/" if way == "post-root" else "/ocsp")
    else:
        path = "/" if way == "get-root" else "/ocsp/"
        text = quote(base64.b64encode(question).decode(), safe="")
        answer = ocsp.load_der_ocsp_response(httpx.get(live.url + path + text, trust_env=False).content)
    assert answer.response_status is ocsp.OCSPResponseStatus.SUCCESSFUL
    assert answer.certificate_status is status
    assert answer.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == b"0123456789abcdef"
    issuer = files.read_certificate(live.pki.folder / "authorities" / f"{live.pki.credential(name).order.issuer}.pem")
    issuer.public_key().verify(  # type: ignore[union-attr,call-arg]
        answer.signature,
        answer.tbs_response_bytes,
        PKCS1v15(),
        answer.signature_hash_algorithm,
    )
    assert (live.last().operation, live.last().outcome) == ("OCSP", status.name.lower())  # type: ignore[attr-defined]


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl on this machine")
@pytest.mark.parametrize(("name", "words"), [("insi-manu", ": good"), ("revoked", ": revoked")])
def test_openssl_asks_and_verifies(live: Live, name: str, words: str) -> None:
    held = live.pki.credential(name)
    issuer = live.pki.folder / "authorities" / f"{held.order.issuer}.pem"
    command = ["openssl", "ocsp", "-issuer", str(issuer), "-cert", str(held.cert), "-url", f"{live.url}/ocsp"]
    done = subprocess.run([*command, "-CAfile", str(live.pki.ca)], capture_output=True, text=True, timeout=60)
    assert "Response verify OK" in done.stderr
    assert words in done.stdout


def test_a_certificate_revoked_now_and_one_unknown(live: Live) -> None:
    question = live.question("org-auth-cli")
    assert live.post(question).certificate_status is ocsp.OCSPCertStatus.GOOD
    live.pki.revoke(live.pki.credential("org-auth-cli").serial, "cessationOfOperation")
    answer = live.post(question)
    assert answer.certificate_status is ocsp.OCSPCertStatus.REVOKED
    assert answer.revocation_reason is x509.ReasonFlags.cessation_of_operation
    other = ocsp.OCSPRequestBuilder().add_certificate_by_hash(
        ocsp.load_der_ocsp_request(question).issuer_name_hash,
        ocsp.load_der_ocsp_request(question).issuer_key_hash,
        12345,
        hashes.SHA1(),
    )
    assert live.post(other.build().public_bytes(Encoding.DER)).certificate_status is ocsp.OCSPCertStatus.UNKNOWN


def test_a_question_about_another_authority(live: Live) -> None:
    answer = live.post(live.question("wrong-ca", issuer="ETRANGERE"))
    assert answer.response_status is ocsp.OCSPResponseStatus.UNAUTHORIZED
    assert [finding.rule for finding in live.last().findings] == ["TLS-OCSP-02"]


def test_switches(live: Live) -> None:
    question = live.question("insi-auto")
    for mode, status in (("revoked", "REVOKED"), ("unknown", "UNKNOWN"), ("good", "GOOD")):
        live.switch(ocsp=mode)
        assert live.post(question).certificate_status.name == status
    live.switch(ocsp="try-later")
    assert live.post(question).response_status is ocsp.OCSPResponseStatus.TRY_LATER
    live.switch(crl="expired")
    address = f"{live.url}/CRL/ACI-EL-ORG-TEST.crl"
    crl = x509.load_der_x509_crl(httpx.get(address, trust_env=False).content)
    assert crl.next_update_utc < datetime.now(UTC)
    live.switch(crl="missing")
    assert httpx.get(address, trust_env=False).status_code == 404


def test_a_session_takes_the_lists_down_for_whoever_asks(live: Live) -> None:
    """Who asks for a list gives no name: a session's fault would never be met otherwise."""
    session = live.hub.sessions.open("crl", binding={"port": ["1"]})
    try:
        session.switches.set({"igc.crl": "missing"})
        assert httpx.get(f"{live.url}/CRL/ACI-EL-ORG-TEST.crl", trust_env=False).status_code == 404
    finally:
        live.hub.sessions.close(session.id)
    assert httpx.get(f"{live.url}/CRL/ACI-EL-ORG-TEST.crl", trust_env=False).status_code == 200


@given(st.binary(max_size=200))
@settings(deadline=None, max_examples=60)
def test_noise_is_malformed(data: bytes) -> None:
    with pytest.raises(wire.BadRequest):
        wire.read_request(data, [])


@given(st.data())
@settings(deadline=None, max_examples=200)
def test_a_request_altered_never_breaks(live: Live, data: st.DataObject) -> None:
    question = bytearray(live.question("insi-auto"))
    at = data.draw(st.integers(0, len(question) - 1))
    question[at] = data.draw(st.integers(0, 255))
    with contextlib.suppress(wire.BadRequest):
        assert wire.read_request(bytes(question), []).issuer is None


def test_malformed_requests_over_http(live: Live) -> None:
    assert live.post(b"\x30\x03abc").response_status is ocsp.OCSPResponseStatus.MALFORMED_REQUEST
    answer = httpx.get(f"{live.url}/ocsp/%%%", trust_env=False)
    assert ocsp.load_der_ocsp_response(answer.content).response_status is ocsp.OCSPResponseStatus.MALFORMED_REQUEST
    assert [finding.rule for finding in live.last().findings] == ["TLS-OCSP-01"]
    assert httpx.get(f"{live.url}/rien", trust_env=False).status_code == 404


def test_every_address_of_the_certificates_answers(live: Live) -> None:
    held = files.read_certificate(live.pki.credential("insi-auto").cert)
    access = held.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    points = held.extensions.get_extension_for_class(x509.CRLDistributionPoints).value
    policies = held.extensions.get_extension_for_class(x509.CertificatePolicies).value
    addresses = [row.access_location.value for row in access] + [points[0].full_name[0].value]  # type: ignore[index]
    addresses += list(policies[0].policy_qualifiers or [])
    for address in addresses:
        assert address.startswith("http://127.0.0.1:18443/")
        path = address.removeprefix("http://127.0.0.1:18443")
        if path != "/ocsp":
            assert httpx.get(live.url + path, trust_env=False).status_code == 200, path
    crl = httpx.get(live.url + "/CRL/ACI-EL-ORG-TEST.crl", trust_env=False)
    assert crl.headers["content-type"] == "application/pkix-crl"
    serial = int(live.pki.credential("revoked").serial, 16)
    assert x509.load_der_x509_crl(crl.content).get_revoked_certificate_by_serial_number(serial)
    authority = httpx.get(live.url + "/AC%20TEST/ACI-EL-ORG-TEST.cer", trust_env=False).content
    held.verify_directly_issued_by(x509.load_der_x509_certificate(authority))
    assert pkcs7.load_der_pkcs7_certificates(httpx.get(live.url + CHAIN, trust_env=False).content)
    assert httpx.get(live.url + "/ca.pem", trust_env=False).content == live.pki.ca.read_bytes()
    assert httpx.get(live.url + "/truststore.p12", trust_env=False).content == live.pki.truststore.read_bytes()
