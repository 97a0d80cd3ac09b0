"""The composed bench: sessions apart, refusals explained, the name proxy, restart on the same home."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from benchmarks.insi import organisation, requests
from benchmarks.load import client_context
from harness.bench import Bench, Options, started
from harness.client import BenchClient, BenchError
from harness.home import Home
from harness.ports import PortTaken


def context(bench: Bench, name: str = "insi-auto") -> ssl.SSLContext:
    credential = bench.status()["credentials"][name]
    return client_context(bench.status()["ca"], credential["cert"], credential["key"])


def search(bench: Bench, url: str, name: str = "insi-auto", **kwargs: Any) -> httpx.Response:
    credential = bench.status()["credentials"][name]
    _, _, body = next(requests(organisation(credential["cert"]))).partition(b"\r\n\r\n")
    headers = {"content-type": "application/soap+xml"}
    return httpx.post(url, content=body, headers=headers, verify=context(bench, name), trust_env=False, **kwargs)


def test_a_call_is_answered_and_kept(live_bench: Bench, client: BenchClient) -> None:
    session = client.open_session("one", own_ports=True)
    answer = search(live_bench, session["endpoints"]["insi_tlsm"])
    assert answer.status_code == 200
    assert b"<CodeCR>00" in answer.content
    (kept,) = client.exchanges(session["id"])
    assert kept["response_body"] == answer.content
    assert (kept["operation"], kept["outcome"], kept["facts"]["auth"]) == ("WS_INS2", "00", "tlsm")
    assert kept["peer"]["common_name"] == "INSI-AUTO"
    client.close_session(session["id"])


def test_sessions_never_see_one_another(live_bench: Bench, client: BenchClient) -> None:
    one, two = (client.open_session(name, own_ports=True) for name in ("one", "two"))
    client.set_switches(one["id"], {"insi.fault": "insi_111"})
    client.patch_world(two["id"], "patients", "adrun-zoe", {"known": "false"})
    assert search(live_bench, one["endpoints"]["insi_tlsm"]).status_code == 500
    assert b"<CodeCR>01" in search(live_bench, two["endpoints"]["insi_tlsm"]).content
    assert [x["session"] for x in client.exchanges(one["id"])] == [one["id"]]
    assert [x["outcome"] for x in client.exchanges(two["id"])] == ["01"]
    both = [two["id"], one["id"]]
    assert [x["session"] for x in client.exchanges(both, after=0)] == [one["id"], two["id"]]  # in order of arrival
    assert [x["session"] for x in client.exchanges(both, after=0, limit=1)] == [one["id"]]
    assert [x["session"] for x in client.exchanges(both, limit=1)] == [two["id"]]  # the newest
    for session in (one, two):
        client.close_session(session["id"])


def test_a_session_is_bound_by_certificate(live_bench: Bench, client: BenchClient) -> None:
    manual = live_bench.status()["credentials"]["insi-manu"]["sha256"]
    session = client.open_session("card", {"cert": [manual]})
    with pytest.raises(BenchError, match="409"):
        client.open_session("again", {"cert": [manual]})
    search(live_bench, live_bench.status()["endpoints"]["insi_tlsm"], "insi-manu")
    assert len(client.exchanges(session["id"])) == 1
    client.close_session(session["id"])


@pytest.mark.parametrize(("name", "outcome"), [("expired", "expired"), ("wrong-ca", "unknown-issuer")])
def test_a_refused_handshake_is_explained(live_bench: Bench, client: BenchClient, name: str, outcome: str) -> None:
    session = client.open_session(name, own_ports=True)
    with pytest.raises(httpx.HTTPError):
        search(live_bench, session["endpoints"]["insi_tlsm"], name)
    (kept,) = client.exchanges(session["id"], kind="handshake")
    assert kept["outcome"] == outcome
    assert kept["findings"][0]["fix"]
    client.close_session(session["id"])


def test_a_wrong_name_is_refused_by_the_service(live_bench: Bench) -> None:
    answer = search(live_bench, live_bench.status()["endpoints"]["insi_tlsm"], "wrong-cn")
    assert answer.status_code == 500
    assert b"desir_560" in answer.content


def test_the_real_address_through_the_name_proxy(live_bench: Bench) -> None:
    answer = search(
        live_bench,
        "https://qualiflps-services-ps-tlsm.ameli.fr:443/lps",
        proxy=live_bench.status()["endpoints"]["proxy"],
    )
    assert b"<CodeCR>00" in answer.content


def test_a_taken_port_is_named(live_bench: Bench, new_home: Callable[[], Path]) -> None:
    with (
        pytest.raises(PortTaken) as caught,
        started(Options(Home.at(new_home()), base_port=live_bench.options.base_port)),
    ):
        pass
    assert caught.value.port >= live_bench.options.base_port


def test_a_restart_finds_sessions_and_exchanges_again(new_home: Callable[[], Path]) -> None:
    from tests.harness.conftest import free_base

    options = Options(Home.at(new_home()), base_port=free_base() + 5000)
    with started(options) as bench:
        client = BenchClient(bench.status()["console"])
        session = client.open_session("kept", own_ports=True)
        client.set_switches(session["id"], {"insi.unknown": "insi_102"})
        search(bench, session["endpoints"]["insi_tlsm"])
    with started(options) as bench:
        client = BenchClient(bench.status()["console"])
        again = client.session(session["id"])
        assert again["switches"] == {"insi.unknown": "insi_102"}
        assert again["endpoints"] == session["endpoints"]
        assert search(bench, again["endpoints"]["insi_tlsm"]).status_code == 200
        assert len(client.exchanges(session["id"])) == 2


def test_a_kept_session_whose_ports_are_taken_does_not_stop_the_bench(new_home: Callable[[], Path]) -> None:
    import socket

    from tests.harness.conftest import free_base

    options = Options(Home.at(new_home()), base_port=free_base() + 7000)
    with started(options) as bench:
        client = BenchClient(bench.status()["console"])
        kept = client.open_session("kept", own_ports=True)
        left = client.open_session("run 20260101-000000-abcd", own_ports=True)
    port = int(kept["binding"]["port"][0])
    with socket.create_server(("127.0.0.1", port)), started(options) as bench:
        client = BenchClient(bench.status()["console"])
        assert client.session(kept["id"])["name"] == "kept"
        with pytest.raises(BenchError, match="404"):
            client.session(left["id"])


def test_an_address_that_is_not_ours_is_no_taken_port(tmp_path: Path) -> None:
    with (
        pytest.raises(OSError, match=r"port \d+") as caught,
        started(Options(Home.at(tmp_path), 47000, host="192.0.2.1")),
    ):
        pass
    assert not isinstance(caught.value, PortTaken)


def test_the_journal_is_purged_through_the_api(live_bench: Bench, client: BenchClient) -> None:
    session = client.open_session("purged", own_ports=True)
    search(live_bench, session["endpoints"]["insi_tlsm"])
    assert client.purge(session["id"], keep_bytes=10**9) == 0
    assert client.purge(session["id"]) == 1
    assert client.exchanges(session["id"], after=0) == []
    client.close_session(session["id"])
