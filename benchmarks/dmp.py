"""The DMP in process, ``bench.db`` included: deposits of a 100 kB CDA, searches in a large record and on a large bench.

No socket and no TLS: what is measured is the mock's own work, in CPU time beside the clock's, since other programs may
share the machine.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.validation import submission_findings
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

DEPOSITS = 40
SEARCHES = 15
RECORD = 5_000
PATIENTS, EACH = 1_000, 100
Sent = tuple[str, str, bytes]  # word of the address, Content-Type, body


def main() -> None:
    """Every figure, each with what is wanted."""
    with tempfile.TemporaryDirectory(prefix="segur-bench-", ignore_cleanup_errors=True) as folder:
        dmp = Documents(igc.init(Path(folder)), Path(folder) / "bench.db")
        _deposits(dmp)
        _grow(dmp, PATIENT, RECORD)
        print(f"TD3.1, record of {RECORD}:")
        _searches(dmp)
        for number in range(PATIENTS):
            _grow(dmp, f"patient-{number}", EACH)
        print(f"TD3.1, the same with {PATIENTS} patients × {EACH} documents beside:")
        _searches(dmp)


def _deposits(dmp: Documents) -> None:
    ins, sent = dmp.ins(PATIENT), []
    for _ in range(DEPOSITS):
        lot = dmp.lot(cda(ins, padding=66_000))
        vihf = dmp.signed(about(DIRECT, *ins))
        kind, body = join(message(lot.body(), vihf, action=ACTIONS["ITI-41"][0]), lot.parts(), ACTIONS["ITI-41"][0])
        sent.append(("repository", kind, body))
    wall, cpu = _measured(dmp, sent)
    size = len(sent[0][2]) // 1000
    print(f"TD2.1, {size} kB: {_rate(wall)} answered by the clock, {_rate(cpu)} by CPU time (wanted ≥ 60)")
    start = time.process_time()
    for _, kind, body in sent[:10]:
        submission_findings(kind, body)
    each = (time.process_time() - start) / 10
    print(f"validation of its document: {each * 1000:.1f} ms of CPU, {_rate([each])} in one worker (wanted ≥ 40)")


def _rate(times: list[float]) -> str:
    return f"{1 / statistics.median(times):.0f}/s"


def _grow(dmp: Documents, patient: str, count: int) -> None:
    """Keep documents as deposits are kept, without the calls; 20 of them have a type of their own."""
    registry = dmp.session.state("dmp", lambda: None).registry  # type: ignore[attr-defined]
    model = next(iter(registry.record(PATIENT).entries.values()))
    one = next(iter(registry.record(PATIENT).sets.values()))
    content = Stored.of(b"<a/>")
    statements: list[Statement] = []
    for number in range(count):
        hidden = replace(model.type_code, code="TARGET") if number < 20 and model.type_code else model.type_code
        entry = replace(model, id="D", unique_id=f"1.2.9.{patient}.{number}", type_code=hidden)
        submission = linked(Submission(replace(one, id="S", unique_id=f"1.2.8.{patient}.{number}"), (entry,)))
        change, _ = registry.submission(submission, {"D": content}, {})
        statements += registry.shelf.kept(patient, change, {entry.unique_id: content.data})
    dmp.journal.database.write(statements)
    registry.forget(patient)


def _searches(dmp: Documents) -> None:
    status = {"$XDSDocumentEntryStatus": ((APPROVED,),)}
    few = {**status, "$XDSDocumentEntryTypeCode": (("TARGET^^2.16.840.1.113883.6.1",),)}
    for name, groups, wanted in (("20 entries", few, 15), ("all of them", status, 400)):
        sent = []
        for _ in range(SEARCHES):
            vihf = dmp.signed(about(DIRECT, *dmp.ins(PATIENT)))
            body = message(write_query(Query(FIND_DOCUMENTS, groups)), vihf, action=ACTIONS["ITI-18"][0])
            sent.append(("registry", "application/soap+xml; charset=utf-8", body))
        wall, cpu = _measured(dmp, sent)
        found = dmp.journal.last.facts["results"] if dmp.journal.last else "?"
        shown = f"{statistics.median(wall) * 1000:.1f} ms by the clock, {statistics.median(cpu) * 1000:.1f} ms of CPU"
        print(f"  {name} ({found}): median {shown} (wanted ≤ {wanted} ms)")


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
