"""Slow validation: what is pending is judged and told, whatever becomes of the workers."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness import validation
from harness.validation import ValidationQueue
from mocks.journal import Exchange, Journal, Validation
from tests.validation_kit import obey


@pytest.fixture
def journal() -> Iterator[Journal]:
    journal = Journal()
    yield journal
    journal.close()


def put(journal: Journal, *bodies: str) -> list[int]:
    headers = [("content-type", "text/xml")]
    pending = Validation.PENDING
    return [
        journal.record(
            Exchange("s", "svc", 1.0, request_headers=headers, request_body=body.encode(), validation=pending)
        )
        for body in bodies
    ]


def judged(journal: Journal, *bodies: str, patience: float = 20.0, most: list[int] | None = None) -> list[str]:
    """Half of the bodies wait when the queue starts, the others come later; state and last finding of each."""
    ids = put(journal, *bodies[::2])

    async def run() -> None:
        queue = ValidationQueue(journal, patience=patience, judge=obey)
        queue.start()
        await asyncio.sleep(0)
        ids.extend(put(journal, *bodies[1::2]))
        deadline = time.monotonic() + 60
        while journal.database.run("SELECT 1 FROM exchange WHERE validation = 'pending'"):
            assert time.monotonic() < deadline
            if most is not None:
                most.append(len(queue._under_way))
            await asyncio.sleep(0.01)
        await queue.stop()

    asyncio.run(run())
    told = {}
    for id in ids:
        kept = journal.get(id)
        assert kept is not None
        told[kept.request_body.decode()] = f"{kept.validation.value}: {kept.findings[-1].found}"
    return [told[body] for body in bodies]


def test_what_waits_and_what_comes_is_judged_a_few_at_a_time(journal: Journal) -> None:
    journal.record(Exchange("s", "other", 1.0))  # not to be judged
    most: list[int] = []
    told = judged(journal, *(f"n{n}" for n in range(12)), "fall down", most=most)
    assert told == [*(f"done: svc text/xml n{n}" for n in range(12)), "failed: ValueError: down"]
    assert max(most) <= 2
    kept = journal.get(1)
    assert kept is not None
    assert kept.validation is Validation.NONE


def test_a_worker_that_dies_costs_its_neighbours_nothing(journal: Journal, tmp_path: Path) -> None:
    once = f"once {tmp_path / 'flag'}"
    told = judged(journal, "a", once, "die", "b", "c")
    assert told[:2] == ["done: svc text/xml a", f"done: svc text/xml {once}"]
    assert told[2].startswith("failed: BrokenProcessPool")
    assert told[3:] == ["done: svc text/xml b", "done: svc text/xml c"]


def test_a_worker_that_hangs_is_killed_and_told(journal: Journal) -> None:
    assert judged(journal, "hang", "a", patience=2.5) == ["failed: > 2.5 s", "done: svc text/xml a"]


def test_a_service_without_documents_to_judge_is_told_so(journal: Journal) -> None:
    with pytest.raises(KeyError):
        validation.judge("insi", "", b"")


def test_stopping_leaves_the_rest_to_the_next_bench(journal: Journal) -> None:
    put(journal, *(f"n{n}" for n in range(5)))

    async def run() -> None:
        queue = ValidationQueue(journal, judge=obey)
        queue.start()
        await asyncio.sleep(0)
        await queue.stop()

    asyncio.run(run())
    assert journal.database.run("SELECT count(*) FROM exchange WHERE validation = 'pending'") == [(5,)]
    assert set(judged(journal, "one more")) == {"done: svc text/xml one more"}
    assert not journal.database.run("SELECT 1 FROM exchange WHERE validation <> 'done'")


def test_the_documents_of_a_deposit_are_judged_each(pki: Any) -> None:
    from harness.validation import submission_findings
    from tests.dmp_documents import Documents

    dmp = Documents(pki)
    exchange = dmp.deposit(dmp.lot()).reply.exchange
    said = {"content-type": dict(exchange.request_headers)["content-type"]}
    found = submission_findings(said, exchange.request_body)
    assert found
    assert all(finding.where.path.startswith("Document01") for finding in found)
    assert {row["rule"] for row in validation.judge("dmp", said, exchange.request_body)} == {
        finding.rule for finding in found
    }
