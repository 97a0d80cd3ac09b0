"""The console shows what came last, however long the journal is."""

from __future__ import annotations

import time

import httpx

from harness.bench import Bench
from harness.client import BenchClient
from harness.console.guide_pages import SHOWN, _seen
from harness.console.pages import LIMIT
from mocks.journal import Exchange


def test_the_newest_exchanges_are_shown(live_bench: Bench, client: BenchClient) -> None:
    began, session = time.time(), client.open_session("long")["id"]
    last = 0
    for n in range(LIMIT + 1):
        one = Exchange(
            session=session, service="insi", listener="insi_ps", operation=f"op-{n}", started=began + n / 1e3
        )
        last = live_bench.journal.record(one)
    console = client.status()["console"]
    for page in ("/", "/exchanges", "/exchanges/rows", f"/exchanges?session={session}", "/exchanges?service=insi"):
        shown = httpx.get(f"{console}{page}", trust_env=False).text
        assert f"/exchanges/{last}" in shown, page
        assert f'/exchanges/{last - LIMIT}"' not in shown, page
    assert [row[0] for row in _seen(live_bench, session, began, "fr")] == [*range(last, last - SHOWN, -1)]
    client.close_session(session)
