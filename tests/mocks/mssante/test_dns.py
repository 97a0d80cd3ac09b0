"""SRV answers met by dnspython; questions that are none."""

from __future__ import annotations

import dns.message
import dns.rcode
import dns.rdatatype
from hypothesis import given, settings
from hypothesis import strategies as st

from mocks.control import Registry
from mocks.hub import Hub
from mocks.journal import Journal
from mocks.mssante.dns import DnsServer
from mocks.mssante.switches import SWITCHES
from mocks.session import Sessions
from mocks.world import World
from tests.imap_kit import ADDRESS

DOMAIN = ADDRESS.partition("@")[2]
URLS = {"imap": "tcp://127.0.0.1:18452", "smtp": "tcp://127.0.0.1:18451", "autoconfig": "https://127.0.0.1:18453"}


def server(pki_folder, *, on: bool = True) -> DnsServer:  # type: ignore[no-untyped-def]
    registry = Registry(SWITCHES)
    hub = Hub(Sessions(World.load(), registry), Journal(), registry, pki_folder, URLS)
    hub.sessions.default.switches.set({"autoconfig.srv": on})
    return DnsServer("dns", hub, "127.0.0.1", 0)


def asked(one: DnsServer, name: str, kind: str = "SRV") -> dns.message.Message:
    query = dns.message.make_query(name, kind)
    answer = dns.message.from_wire(one.answer(query.to_wire(), "127.0.0.1:1"))
    assert query.is_response(answer)
    return answer


def test_srv_leads_to_the_bench(tmp_path) -> None:  # type: ignore[no-untyped-def]
    one = server(tmp_path)
    for label, listener, port in (("_imap", "imap", 18452), ("_submission", "smtp", 18451)):
        answer = asked(one, f"{label}._tcp.{DOMAIN}")
        (found,) = answer.answer[0]
        assert (str(found.target), found.port) == (f"{listener}.{DOMAIN}.", port)
        assert str(answer.additional[0][0]) == "127.0.0.1"
    assert str(asked(one, f"_imaps._tcp.{DOMAIN}").answer[0][0].target) == "."
    assert str(asked(one, f"autoconfig.{DOMAIN}", "A").answer[0][0]) == "127.0.0.1"
    assert asked(one, f"imap.{DOMAIN}", "AAAA").answer == []
    assert asked(one, f"www.{DOMAIN}", "A").rcode() == dns.rcode.NXDOMAIN
    assert asked(one, "example.org", "A").rcode() == dns.rcode.REFUSED
    kept = one.hub.journal.list()
    assert kept[0].target == f"_imap._tcp.{DOMAIN}"
    assert {x.outcome for x in kept} == {"answered", "no-name", "refused"}


def test_off_by_default(tmp_path) -> None:  # type: ignore[no-untyped-def]
    assert asked(server(tmp_path, on=False), f"_imap._tcp.{DOMAIN}").rcode() == dns.rcode.REFUSED


@settings(max_examples=60)
@given(st.binary(max_size=80), st.integers(0, 60))
def test_any_datagram(data: bytes, cut: int) -> None:
    one = server(None)
    query = dns.message.make_query(f"_imap._tcp.{DOMAIN}", "SRV").to_wire()
    for given_ in (data, query[:cut], query[:12] + data, query[:cut] + data):
        answer = one.answer(given_, "")
        assert len(answer) < 400
        if answer:
            assert answer[:2] == given_[:2]
