"""The faults that a session sets, each seen by a client over mutual TLS; what they leave behind."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from mocks.igc.pki import Pki
from mocks.listener import Listener, TlsProfile
from norms.soap import BadEnvelope, read_fault
from norms.soap.mtom import BadPackage
from norms.xds.names import ARCHIVED
from norms.xds.retrieve import Asked
from tests.dmp_bench import BASE, Reply
from tests.dmp_documents import Documents


class Remote(Documents):
    """The DMP behind a listener of its own; calls go through TLS as the card's holder."""

    def __init__(self, pki: Pki) -> None:
        super().__init__(pki)
        self.port = 0
        context = ssl.create_default_context(cafile=str(pki.ca))
        card = pki.credential("cps-auth")
        context.load_cert_chain(card.chain, card.key)
        self.client = httpx.Client(verify=context, trust_env=False, timeout=20)

    def call(self, word: str, body: bytes, *, client: str = "", headers: dict[str, str] | None = None) -> Reply:
        address = f"https://localhost:{self.port}{BASE}{word}"
        answer = self.client.post(address, content=body, headers=headers)
        assert self.journal.last
        return Reply(answer.status_code, answer.content, self.journal.last, answer.headers.get("content-type", ""))

    def arm(self, word: str, value: object) -> None:
        self.session.switches.arm(f"dmp.{word}", value)


@pytest.fixture(scope="module")
def dmp(pki: Any) -> Iterator[Remote]:
    remote, ready, stop = Remote(pki), threading.Event(), list[Any]()

    async def live() -> None:
        server = pki.credential("server")
        profile = TlsProfile(server.chain, server.key, "required", pki.ca, crl=pki.crl)
        listener = Listener("dmp", remote.service, "127.0.0.1", 0, profile, lambda _: None)
        await listener.start()
        remote.port = listener.port
        stop.extend([asyncio.get_running_loop(), asyncio.Event()])
        ready.set()
        await stop[1].wait()
        await listener.stop()

    thread = threading.Thread(target=lambda: asyncio.run(live()), daemon=True)
    thread.start()
    assert ready.wait(20)
    yield remote
    remote.client.close()
    stop[0].call_soon_threadsafe(stop[1].set)
    thread.join(10)


def count(dmp: Remote) -> int:
    return len(dmp.query().documents)


@pytest.mark.parametrize("code", ["DMPClosed", "XDSRepositoryBusy", "XDSRegistryNotAvailable"])
def test_registry_errors(dmp: Remote, code: str) -> None:
    before = count(dmp)
    dmp.arm("error", code)
    answered = dmp.deposit()
    assert (answered.reply.status, answered.status, answered.codes) == (200, "Failure", [code])
    assert answered.reply.exchange.facts["imposed"] == code
    assert count(dmp) == before


def test_a_code_of_your_own(dmp: Remote) -> None:
    dmp.arm("error_code", "DMPSomethingElse")
    assert dmp.deposit().codes == ["DMPSomethingElse"]


def test_a_soap_fault_in_mtom(dmp: Remote) -> None:
    dmp.arm("soap_fault", "DMPInvalidCertificate")
    answered = dmp.deposit()
    assert answered.reply.status == 500
    assert answered.reply.kind.startswith("multipart/related")
    assert read_fault(answered.root).subcode == "DMPInvalidCertificate"


def test_latency_delays_the_answer_of_what_is_already_kept(dmp: Remote) -> None:
    dmp.arm("latency_ms", 150)
    answered = dmp.deposit()
    assert answered.status == "Success"
    assert answered.reply.exchange.duration_ms >= 150


def test_an_outage_lasts_until_it_is_lifted(dmp: Remote) -> None:
    before, lot = count(dmp), dmp.lot()
    dmp.switch(outage="503")
    try:
        assert [dmp.deposit(lot).reply.status for _ in range(3)] == [503, 503, 503]
        dmp.switch(outage="drop")
        with pytest.raises(httpx.TransportError):
            dmp.deposit(lot)
    finally:
        dmp.switch(outage="none")
    assert count(dmp) == before
    assert dmp.deposit(lot).status == "Success"
    assert count(dmp) == before + 1


def test_an_outage_of_ten_minutes_ends_by_itself(dmp: Remote) -> None:
    lot, clock = dmp.lot(), dmp.session.clock
    dmp.switch(outage="503", outage_s=600)
    statuses = []
    for seconds in (0, 599, 600):
        clock.offset = seconds
        statuses.append(dmp.deposit(lot).reply.status)
    clock.offset = 0
    assert statuses == [503, 503, 200]
    assert dmp.session.switches.peek("dmp.outage") == "none"


def test_a_lost_answer_then_the_retry_is_a_duplicate(dmp: Remote) -> None:
    before, lot = count(dmp), dmp.lot()
    dmp.arm("lost_answer", True)
    with pytest.raises(httpx.TransportError):
        dmp.deposit(lot)
    assert count(dmp) == before + 1
    assert set(dmp.deposit(lot).codes) == {"XDSDuplicateUniqueIdInRegistry"}
    assert count(dmp) == before + 1


@pytest.mark.parametrize("kind", ["truncated_package", "missing_part", "cut", "not_xml", "empty"])
def test_malformed_packages(dmp: Remote, kind: str) -> None:
    one = dmp.query().documents[0]
    dmp.arm("malformed", kind)
    try:
        answered = dmp.retrieve((one.repository, one.unique_id))
    except (BadPackage, BadEnvelope):
        return
    if kind == "missing_part":
        with pytest.raises(ValueError):  # the answer names a part that is not there
            answered.retrieved  # noqa: B018
    else:
        assert kind in ("not_xml", "empty")
        assert answered.root.tag == "nothing"


def test_a_truncated_connection(dmp: Remote) -> None:
    dmp.arm("outage", "truncate")
    with pytest.raises(httpx.TransportError):
        dmp.query()


def test_a_stale_entry_uuid(dmp: Remote) -> None:
    dmp.arm("stale_uuid", True)
    one = dmp.query().documents[0]
    assert dmp.change_status(one, ARCHIVED).codes == ["XDSMetadataUpdateError"]
    assert Asked(one.repository, one.unique_id)  # the document itself is still there under its uniqueId
    assert dmp.retrieve((one.repository, one.unique_id)).status == "Success"
