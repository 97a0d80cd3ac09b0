"""The DMP: deposits of a 100 kB CDA on a running bench, searches in a large record and on a large bench in process.

In process there is no socket and no TLS: what is measured is the mock's own work, ``bench.db`` included, in CPU time
beside the clock's, since other programs may share the machine.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil

from benchmarks import load
from mocks.dmp.registry import Stored
from mocks.igc import pki as igc
from mocks.journal import Statement
from norms.soap.mtom import join
from norms.xds.model import Submission
from norms.xds.names import ACTIONS, APPROVED
from norms.xds.provide import linked
from norms.xds.query import FIND_DOCUMENTS, Query, write_query
from tests.dmp_bench import BASE, DIRECT, about, message, peer
from tests.dmp_documents import PATIENT, Documents, cda

DEPOSITS = int(os.environ.get("SEGUR_BENCH_DEPOSITS", "300"))
SEARCHES = 15
RECORD = 5_000
PATIENTS, EACH = int(os.environ.get("SEGUR_BENCH_PATIENTS", "1000")), 100
BASE_PORT = 23_000
PATIENCE = 60.0  # seconds, at most, for documents still to be validated
CONNECTIONS = 4
Sent = tuple[str, str, bytes]  # word of the address, Content-Type, body


def main() -> None:
    """Every figure, each with what is wanted."""
    with tempfile.TemporaryDirectory(prefix="segur-bench-", ignore_cleanup_errors=True) as folder:
        _running(Path(folder) / "home")
    with tempfile.TemporaryDirectory(prefix="segur-bench-", ignore_cleanup_errors=True) as folder:
        dmp = Documents(igc.init(Path(folder)), Path(folder) / "bench.db")
        wall, cpu = _measured(dmp, [deposit(dmp) for _ in range(30)])
        print(f"  the mock alone, in process: {_rate(wall)} by the clock, {_rate(cpu)} by CPU time")
        _grow(dmp, PATIENT, RECORD)
        print(f"TD3.1, record of {RECORD}:")
        _searches(dmp)
        before = psutil.Process().memory_info().rss
        for number in range(PATIENTS):
            _grow(dmp, f"patient-{number}", EACH)
        print(f"TD3.1, the same with {PATIENTS} patients × {EACH} documents beside:")
        _searches(dmp)
        _every_patient(dmp, before)
        dmp.journal.close()


def _running(home: Path) -> None:
    """Deposits over TLS to a bench of its own, until each document is validated."""
    command = [sys.executable, "-m", "harness", "up", "--json", "--home", str(home), "--base-port", str(BASE_PORT)]
    bench = subprocess.Popen(command, stdout=subprocess.PIPE)
    assert bench.stdout
    try:
        status = json.loads(bench.stdout.readline())
        card = status["credentials"]["cps-auth"]
        context = load.client_context(status["ca"], card["cert"], card["key"])
        dmp = Documents(igc.init(home / "pki"))
        port = int(status["endpoints"]["dmp"].rpartition(":")[2].partition("/")[0])
        ready = [load.post(BASE + word, body, kind) for word, kind, body in (deposit(dmp) for _ in range(DEPOSITS))]
        _send(port, context, ready[:4])  # the worker is started, caches are warm
        _validated(home, 4)
        server = psutil.Process(bench.pid)
        began, spent = time.perf_counter(), sum(server.cpu_times()[:2])
        _send(port, context, ready[4:])
        answered, spent = time.perf_counter() - began, sum(server.cpu_times()[:2]) - spent
        done = _validated(home, DEPOSITS) - 4
        judged = time.perf_counter() - began
        count = DEPOSITS - 4
        print(f"TD2.1, {len(ready[0]) // 1000} kB over TLS: {count / answered:.0f} answered/s (wanted ≥ 60),", end=" ")
        print(f"{done / judged:.0f} validated/s (wanted ≥ 40), {done} of {count} validated;", end=" ")
        print(f"{spent / count * 1000:.1f} ms of the bench's CPU each")
    finally:
        bench.terminate()
        bench.wait(timeout=20)


def deposit(dmp: Documents) -> Sent:
    """A TD2.1 of a signed 100 kB document, ready to send."""
    ins = dmp.ins(PATIENT)
    lot = dmp.lot(cda(ins, padding=66_000))
    vihf = dmp.signed(about(DIRECT, *ins))
    kind, body = join(message(lot.body(), vihf, action=ACTIONS["ITI-41"][0]), lot.parts(), ACTIONS["ITI-41"][0])
    return "repository", kind, body


def _send(port: int, context: Any, requests: list[bytes]) -> None:
    """Every request once, on a few kept connections."""
    source, refused = iter(requests), []

    def work() -> None:
        with load.connected(port, context) as ask:
            for data in source:  # the GIL hands each request to one thread
                if b" 200 " not in (said := ask(data)):
                    refused.append(said)

    threads = [threading.Thread(target=work, daemon=True) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not refused, refused[0]


def _validated(home: Path, wanted: int) -> int:
    """How many documents are validated, waiting for ``wanted`` of them."""
    deadline = time.monotonic() + PATIENCE
    while True:
        with sqlite3.connect(home / "bench.db") as database:
            sql = "SELECT count(*) FROM exchange WHERE validation = 'done'"
            done = int(database.execute(sql).fetchone()[0])
        database.close()
        if done >= wanted or time.monotonic() > deadline:
            return done
        time.sleep(0.05)


def _rate(times: list[float]) -> str:
    return f"{1 / statistics.median(times):.0f}/s"


def _grow(dmp: Documents, patient: str, count: int) -> None:
    """Keep documents as deposits are kept, without the calls; 20 of them have a type of their own."""
    registry = dmp.session.state("dmp", lambda: None).registry  # type: ignore[attr-defined]
    record = registry.record(PATIENT)
    model, one = next(iter(record.entries.values())), next(iter(record.sets.values()))
    assert model.type_code
    content = Stored.of(b"<a/>")
    statements: list[Statement] = []
    for code, numbers in (("TARGET", range(20)), (model.type_code.code, range(20, count))):
        mark = uuid.uuid4().hex
        entry = replace(model, id="D", unique_id=f"{mark}.1", type_code=replace(model.type_code, code=code))
        submission = linked(Submission(replace(one, id="S", unique_id=f"{mark}.2"), (entry,)))
        change, _ = registry.submission(submission, {"D": content}, {})
        template = [*registry.shelf.kept(patient, change, {entry.unique_id: content.data})]
        ids = {thing.id.rpartition("-")[2] for thing in (change.set, *change.entries, *change.links)}
        for number in numbers:
            own = f"{abs(hash((patient, number))) % 16**12:012x}"
            swaps = {mark: f"1.2.9.{own}", **{id: f"{(int(id, 16) ^ int(own, 16)):012x}" for id in ids}}
            statements += [(sql, [_swapped(value, swaps) for value in values]) for sql, values in template]
    dmp.journal.database.write(statements)
    registry.forget(patient)


def _swapped(value: Any, swaps: dict[str, str]) -> Any:
    if isinstance(value, str):
        for old, new in swaps.items():
            value = value.replace(old, new)
    return value


def _searches(dmp: Documents) -> None:
    status = {"$XDSDocumentEntryStatus": ((APPROVED,),)}
    few = {**status, "$XDSDocumentEntryTypeCode": (("TARGET^^2.16.840.1.113883.6.1",),)}
    for name, groups, wanted in (("20 entries", few, 15), ("all of them", status, 400)):
        wall, cpu = _measured(dmp, [_search(dmp, groups) for _ in range(SEARCHES)])
        found = dmp.journal.last.facts["results"] if dmp.journal.last else "?"
        shown = f"{statistics.median(wall) * 1000:.1f} ms by the clock, {statistics.median(cpu) * 1000:.1f} ms of CPU"
        print(f"  {name} ({found}): median {shown} (wanted ≤ {wanted} ms)")


def _every_patient(dmp: Documents, before: int) -> None:
    """Records read at random, most of them from the database: time, and the memory that all of it took."""
    registry = dmp.session.state("dmp", lambda: None).registry  # type: ignore[attr-defined]
    times = []
    for _ in range(min(400, PATIENTS)):
        patient = f"patient-{random.randrange(PATIENTS)}"
        start = time.perf_counter()
        record = registry.record(patient)
        b"".join(record.written(entry) for entry in [*record.entries.values()][:20])
        times.append((time.perf_counter() - start) * 1000)
    grown = (psutil.Process().memory_info().rss - before) / 1e6
    shown = f"median {statistics.median(times):.1f} ms; memory + {grown:.0f} MB since the record of {RECORD}"
    print(f"  a record at random, 20 of its {EACH} entries written: {shown}")


def _search(dmp: Documents, groups: dict[str, tuple[tuple[str, ...], ...]]) -> Sent:
    vihf = dmp.signed(about(DIRECT, *dmp.ins(PATIENT)))
    body = message(write_query(Query(FIND_DOCUMENTS, groups)), vihf, action=ACTIONS["ITI-18"][0])
    return "registry", "application/soap+xml; charset=utf-8", body


def _measured(dmp: Documents, sent: list[Sent]) -> tuple[list[float], list[float]]:
    """Seconds of each call by the clock and of CPU; the first is left out, it warms the caches."""
    caller = peer(dmp.pki, "cps-auth")
    wall, cpu = [], []

    async def run() -> None:
        for one in sent:
            start, spent = time.perf_counter(), time.process_time()
            await dmp.service(_scope(one, caller), _receive(one[2]), _drop)
            wall.append(time.perf_counter() - start)
            cpu.append(time.process_time() - spent)
            kept = dmp.journal.last
            assert kept is not None
            assert kept.outcome == "Success", kept.outcome

    asyncio.run(run())
    return wall[1:], cpu[1:]


def _scope(sent: Sent, caller: Any) -> dict[str, Any]:
    return {
        "type": "http", "method": "POST", "path": BASE + sent[0], "query_string": b"",
        "headers": [(b"content-type", sent[1].encode())], "client": ("127.0.0.1", 4), "server": ("127.0.0.1", 18449),
        "extensions": {"tls": {"peer": caller, "tls": None, "listener": "dmp"}},
    }  # fmt: skip


def _receive(body: bytes) -> Callable[[], Any]:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


async def _drop(_: dict[str, Any]) -> None:
    return None


if __name__ == "__main__":
    main()
