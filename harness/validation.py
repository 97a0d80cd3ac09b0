"""Slow validation: documents that a service accepted are judged in worker processes; findings join the exchange.

A service marks an exchange ``validation = pending``; the journal's live feed tells this queue, which keeps a bounded
number under way, and marks each ``done`` or ``failed``. Nothing starts until a first document is to be judged. What the
feed lost, or an earlier bench left pending, is found again in the journal.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from multiprocessing import get_context
from typing import Any

from mocks.journal import Exchange, Journal, Validation
from mocks.journal.feed import Feed, Missed
from norms.finding import Finding, Where, restored

log = logging.getLogger("segur.validation")
UNDER_WAY = 64  # exchanges read and handed to the workers at once: bounds memory, the journal keeps the others
_MOST = 100  # findings kept of one document


@dataclass
class ValidationQueue:
    """The queue of one bench. `start` and `stop` bracket its life, on the bench's event loop."""

    journal: Journal
    workers: int = 1
    _pool: Executor | None = None
    _task: asyncio.Task[None] | None = None
    _under_way: set[asyncio.Task[None]] = field(default_factory=set)
    _known: set[int] = field(default_factory=set)

    def start(self) -> None:
        """Begin to listen to the journal; no process is started yet."""
        self._room = asyncio.Semaphore(UNDER_WAY)
        self._feed: Feed = self.journal.subscribe()
        self._task = asyncio.create_task(self._listen())

    async def stop(self) -> None:
        """Stop; what is not judged stays pending and is taken up by the next bench."""
        if self._task is None:
            return
        self._feed.close()
        for task in (self._task, *self._under_way):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await task
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    async def _listen(self) -> None:
        await self._catch_up()
        async for seen in self._feed:
            if isinstance(seen, Missed):
                await self._catch_up()
            else:
                await self._take(seen.id)

    async def _catch_up(self) -> None:
        rows = self.journal.database.run("SELECT id FROM exchange WHERE validation = ? ORDER BY id", ["pending"])
        for (id,) in rows:
            await self._take(id)

    async def _take(self, id: int) -> None:
        exchange = None if id in self._known else self.journal.get(id)
        if exchange is None or exchange.validation is not Validation.PENDING:
            return
        await self._room.acquire()
        self._known.add(id)
        task = asyncio.create_task(self._judge(exchange))
        self._under_way.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._under_way.discard(task)
        self._room.release()

    async def _judge(self, exchange: Exchange) -> None:
        content_type = next((value for name, value in exchange.request_headers if name == "content-type"), "")
        try:
            stored = await self._run(content_type, exchange.request_body)
            state = Validation.DONE
        except asyncio.CancelledError:
            raise
        except Exception as error:  # whatever a worker meets must not stop the queue
            log.error("validation of exchange %d: %s: %s", exchange.id, type(error).__name__, error)
            if isinstance(error, BrokenProcessPool):
                self._pool = None
            stored, state = [], Validation.FAILED
        self.journal.update(exchange.id, findings=[restored(one) for one in stored], validation=state)
        self._known.discard(exchange.id)

    def _run(self, content_type: str, body: bytes) -> Awaitable[list[dict[str, Any]]]:
        if self._pool is None:
            self._pool = ProcessPoolExecutor(self.workers, get_context("spawn"))
        return asyncio.get_running_loop().run_in_executor(self._pool, judge_submission, content_type, body)


def judge_submission(content_type: str, body: bytes) -> list[dict[str, Any]]:
    """What is wrong in the CDA of a submission, in the form that the journal keeps; runs in a worker process."""
    return [finding.stored() for finding in submission_findings(content_type, body)]


def submission_findings(content_type: str, body: bytes) -> list[Finding]:
    """What is wrong in the CDA of a submission; the path of each finding begins with the document's id."""
    from norms.cda import validate
    from norms.soap import read
    from norms.soap.mtom import is_related, split
    from norms.xds.codes import is_signature
    from norms.xds.provide import read_provide

    parts, data = {}, body
    if is_related(content_type):
        package = split(content_type, body)
        parts, data = dict(package.parts), package.root.data
    found: list[Finding] = []
    for one in read_provide(read(data).body, parts).documents:
        if not is_signature(one.entry):
            report = validate(one.part.data, tables=_tables(), today=datetime.now(UTC))
            found += [_within(finding, one.entry.id) for finding in report.findings[:_MOST]]
    return found


def _within(finding: Finding, id: str) -> Finding:
    w = finding.where
    return replace(finding, where=Where(w.line, w.column, f"{id}/{w.path}" if w.path else id, w.xpath, w.excerpt))


def _tables() -> Any:
    from harness.validate.engine import tables_of

    return tables_of(())
