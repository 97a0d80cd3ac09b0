"""The journal alone: what one exchange of 5 kB costs, whether it stays flat to 200 000, what reading costs.

``share`` says how much of a running bench's median exchange goes to its journal.
"""

from __future__ import annotations

import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from mocks.journal import END, Exchange, Journal, Peer, Tls
from norms.finding import find

TOTAL = int(os.environ.get("SEGUR_BENCH_EXCHANGES", "200000"))
BLOCKS = 8
WANTED_US = 80
PEER = Peer(
    "CN=INSI-AUTO,O=Editeur", "INSI-AUTO", "OU", "CN=AC", "0a" * 8, "2030-01-01T00:00:00Z", "ab" * 32, "P" * 2000
)
TLS = Tls("TLSv1.3", "TLS_AES_256_GCM_SHA384", "qualiflps-services-ps-tlsm.ameli.fr")
HEADERS = [("host", "qualiflps-services-ps-tlsm.ameli.fr"), ("content-type", "application/soap+xml; charset=utf-8")]
HEADERS += [("content-length", "5000"), ("user-agent", "lgc/1.0"), ("accept", "*/*"), ("connection", "keep-alive")]
BODY = random.Random(1).randbytes(250_000).hex().encode()


def sample(number: int, size: int = 5000) -> Exchange:
    """An INSi exchange as the service would journal it, ``size`` bytes of bodies; one in twenty has a finding."""
    return Exchange(
        session=("default", "a1b2c3d4e5f6")[number % 2],
        service="insi",
        started=1_700_000_000 + number / 100,
        listener="insi_tlsm",
        operation="WS_INS2",
        outcome="00",
        thread=f"login-{number // 1000}" if number % 20 == 0 else "",
        duration_ms=0.51,
        client="127.0.0.1:50000",
        method="POST",
        target="/lps",
        request_headers=HEADERS,
        request_body=BODY[: size * 3 // 5],
        status=200,
        response_headers=[("content-type", "application/soap+xml; charset=utf-8"), ("x-request-id", str(number))],
        response_body=BODY[: size * 2 // 5],
        peer=PEER,
        tls=TLS,
        findings=[find("HTTP-ROUTE-01", expected="/lps", found="/lp")] if number % 20 == 0 else [],
        facts={"action": "rechercherInsAvecTraitsIdentite", "birth_name": "ADRUN", "given_name": "ZOE", "code": "00"},
    )


def main() -> None:
    """Fill a journal and print what each block cost, then reads and a purge; then the same with a small cap."""
    screen = Console(width=120, highlight=False)
    with tempfile.TemporaryDirectory(prefix="segur-journal-") as folder:
        journal = Journal(Path(folder) / "bench.db", cap_bytes=20_000_000_000)
        _fill(screen, journal, "Journal: exchanges of 5 kB, each committed before it is answered", TOTAL)
        _reads(screen, journal)
        for size in (1_000, 10_000, 100_000):
            screen.print(f"{size // 1000} kB: median {statistics.median(_times(journal.record, 500, size)):.0f} µs")
        journal.close()
    with tempfile.TemporaryDirectory(prefix="segur-journal-") as folder:
        journal = Journal(Path(folder) / "bench.db", cap_bytes=50_000_000)
        _fill(screen, journal, "The same under a cap of 50 MB: the oldest go as new ones come", TOTAL // 10)
        screen.print(f"size {journal.size() / 1e6:.0f} MB, {journal.count()} kept\n")
        journal.close()


def share(control: str) -> str:
    """How much of the median exchange of the bench at this control address goes to the journal (asked: ≤ 20 %)."""
    import httpx

    answer = httpx.get(f"{control}/exchanges", params={"service": "insi", "limit": 5000}, trust_env=False, timeout=30)
    served = statistics.median(x["duration_ms"] for x in answer.json()["exchanges"]) * 1000
    with tempfile.TemporaryDirectory(prefix="segur-journal-") as folder:
        journal = Journal(Path(folder) / "bench.db")
        kept = statistics.median(_times(journal.record, 3000))
        journal.close()
    return f"{kept:.0f} µs beside {served:.0f} µs of service: {kept / (kept + served):.0%} of the exchange (≤ 20 %)"


def _times(record: Callable[[Exchange], int], count: int, size: int = 5000) -> list[float]:
    times = []
    for number in range(count):
        exchange = sample(number, size)
        began = time.perf_counter()
        record(exchange)
        times.append((time.perf_counter() - began) * 1e6)
    return times


def _fill(screen: Console, journal: Journal, title: str, total: int) -> None:
    table = Table(title=title, box=None, pad_edge=False)
    for heading in ("exchanges", "mean µs", "median µs", "p99 µs", "max ms", "MB"):
        table.add_column(heading, justify="right")
    means, medians = [], []
    for block in range(BLOCKS):
        size = total // BLOCKS
        times = sorted(_times(journal.record, size))
        means.append(statistics.mean(times))
        middle, last = times[size // 2], times[size * 99 // 100]
        medians.append(middle)
        table.add_row(
            f"{(block + 1) * size}",
            f"{means[-1]:.0f}",
            f"{middle:.0f}",
            f"{last:.0f}",
            f"{times[-1] / 1000:.0f}",
            f"{journal.size() / 1e6:.0f}",
        )
    screen.print(table)
    early, late = statistics.mean(means[: BLOCKS // 2]), statistics.mean(means[BLOCKS // 2 :])
    screen.print(
        f"median {statistics.mean(medians):.0f} µs (≤ {WANTED_US}), mean {statistics.mean(means):.0f} µs with the"
        f" checkpoints; second half / first half {late / early:.2f} (flat: ≤ 1.2)\n"
    )


def _reads(screen: Console, journal: Journal) -> None:
    table = Table(title="Reading", box=None, pad_edge=False)
    table.add_column("what")
    table.add_column("ms", justify="right")
    last = journal.list(before=END, limit=1)[0].id
    for what, read in {
        "one exchange by id": lambda: journal.get(last // 2),
        "next 100 of a session after an id": lambda: journal.list(session="default", after=last // 2),
        "the newest 100, without bodies": lambda: journal.list(before=END, bodies=False),
        "the newest 100 of a service": lambda: journal.list(service="insi", before=END),
        "a thread (50 exchanges of 1000)": lambda: journal.list(thread="login-7"),
        "handshakes (none)": lambda: journal.list(kind="handshake"),
        "size": journal.size,
    }.items():
        times = []
        for _ in range(20):
            began = time.perf_counter()
            read()
            times.append((time.perf_counter() - began) * 1000)
        table.add_row(what, f"{statistics.median(times):.2f}")
    screen.print(table)
    began = time.perf_counter()
    gone = journal.purge("default")
    screen.print(f"purge of one session: {gone} exchanges in {time.perf_counter() - began:.1f} s\n")


if __name__ == "__main__":
    main()
