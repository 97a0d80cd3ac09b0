"""CPU time of the INSi handler alone, without socket, TLS or journal: parse, rules, search, answer, signature."""

from __future__ import annotations

import gc
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.insi import _assertion, _name, requests
from mocks.control import Registry
from mocks.http import Call
from mocks.hub import Hub
from mocks.igc.pki import Pki, init
from mocks.insi.access import Anchor
from mocks.insi.routes import handle
from mocks.insi.switches import SWITCHES
from mocks.journal import Exchange, Journal, Peer
from mocks.session import Sessions
from mocks.world import World

CALLS = 2000
ROUNDS = 3
SOAP = [("content-type", "application/soap+xml; charset=utf-8")]
STRUCTURE = "10B0152872"


def _calls(hub: Hub, listener: str, peer: Peer | None, bodies: Iterator[bytes]) -> list[Call]:
    """Calls as the HTTP spine hands them over."""
    calls = []
    for body in islice(bodies, CALLS):
        exchange = Exchange("default", "insi", time.time(), listener=listener, request_headers=SOAP)
        calls.append(Call(hub, exchange, hub.sessions.default, {}, "POST", "/lps", "", body, peer))
    return calls


def _measured(make: Callable[[], list[Call]], anchor: Anchor) -> tuple[float, int]:
    """Microseconds of CPU per call, best round; and how many calls had no 00."""
    best, wrong = float("inf"), 0
    for _ in range(ROUNDS):
        calls = make()
        gc.collect()
        start = time.process_time()
        for call in calls:
            handle(call, anchor)
        best = min(best, time.process_time() - start)
        wrong += sum(call.exchange.outcome != "00" or bool(call.exchange.findings) for call in calls)
    return best / CALLS * 1e6, wrong


def _bodies(emetteur: str, assertion: bytes = b"") -> Iterator[bytes]:
    """The SOAP messages of the benchmark's HTTP requests."""
    return (request.partition(b"\r\n\r\n")[2] for request in requests(emetteur, assertion))


def main() -> None:
    """Measure both listeners and print a table."""
    with tempfile.TemporaryDirectory(prefix="segur-bench-") as folder:
        pki: Pki = init(Path(folder))
        registry = Registry(SWITCHES)
        hub = Hub(Sessions(World.load(), registry), Journal(None), registry, Path(folder), revoked=pki.revoked)
        anchor = Anchor(Path(folder) / "ca.pem")
        card = pki.credential("cps-auth")
        files: dict[str, Any] = {"cert": str(card.cert), "key": str(card.key)}
        assertion = _assertion(files)
        name = _name(files["cert"], "CN")
        peer = Peer("CN=INSI-AUTO", "INSI-AUTO", STRUCTURE, "", "1", "", "", "")
        rows = (
            ("mutual TLS", 350.0, lambda: _calls(hub, "insi_tlsm", peer, _bodies(STRUCTURE))),
            ("signed assertion", 900.0, lambda: _calls(hub, "insi_ps", None, _bodies(name, assertion))),
        )
        table = Table(title="INSi handler, WS_INS2", box=None, pad_edge=False)
        for heading in ("", "CPU µs per call", "wanted", "not 00"):
            table.add_column(heading, justify="left" if not heading else "right")
        for title, wanted, make in rows:
            took, wrong = _measured(make, anchor)
            table.add_row(title, f"{took:.0f}", f"≤ {wanted:.0f}", str(wrong))
        Console(width=100, highlight=False).print(table)


if __name__ == "__main__":
    main()
