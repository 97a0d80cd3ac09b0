"""Slow validation: documents that a service accepted are judged in worker processes; findings join the exchange.

A service marks an exchange ``validation = pending``; the journal's live feed tells this queue, which hands the workers
one exchange each and one more, and marks each ``done``, or ``failed`` with a finding (CDA-VAL-01) that says why.
Nothing starts until a first document is to be judged. What the feed lost, or an earlier bench left pending, is found
again in the journal: the queue is the journal, and only what is being judged is in memory.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from multiprocessing import get_context
from typing import Any

from mocks.journal import Journal, JournalError, Validation
from mocks.journal.feed import Feed, Missed
from norms.finding import Finding, Where, find, restored

log = logging.getLogger("segur.validation")
PATIENCE = 15.0  # seconds for one exchange, twice: less than the runner waits, which is then told why
_MOST = 100  # findings kept of one document
Said = Mapping[str, str]  # what the exchange says of its body: its facts, and "content-type"
Judge = Callable[[str, Said, bytes], list[dict[str, Any]]]  # service, what is said, body -> findings as stored


def judge(service: str, said: Said, body: bytes) -> list[dict[str, Any]]:
    """What is wrong in the documents of a request, in the form that the journal keeps; runs in a worker process."""
    return [finding.stored() for finding in JUDGES[service](said, body)]


@dataclass
class ValidationQueue:
    """The queue of one bench. `start` and `stop` bracket its life, on the bench's event loop."""

    journal: Journal
    workers: int = 1
    patience: float = PATIENCE
    judge: Judge = judge  # importable by name: the workers are other processes
    _pool: ProcessPoolExecutor | None = None
    _task: asyncio.Task[None] | None = None
    _under_way: dict[int, asyncio.Task[None]] = field(default_factory=dict)

    def start(self) -> None:
        """Begin to listen to the journal; no process is started yet."""
        self._room = asyncio.Semaphore(self.workers + 1)  # one waits while each worker is busy
        self._alone = asyncio.Lock()
        self._feed: Feed = self.journal.subscribe()
        self._task = asyncio.create_task(self._listen())

    async def stop(self) -> None:
        """Stop; what is not judged stays pending and is taken up by the next bench."""
        if self._task is None:
            return
        self._feed.close()
        for task in (self._task, *self._under_way.values()):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await task
        if self._pool is not None:
            _end(self._pool)

    async def _listen(self) -> None:
        await self._look(None)
        async for seen in self._feed:
            await self._look(None if isinstance(seen, Missed) else seen.id)

    async def _look(self, id: int | None) -> None:
        """Take up one exchange, or all that are pending."""
        try:
            await (self._catch_up() if id is None else self._take(id))
        except JournalError as error:  # the next look may do better
            log.error("%s", error)

    async def _catch_up(self) -> None:
        rows = self.journal.database.run("SELECT id FROM exchange WHERE validation = ? ORDER BY id", ["pending"])
        for (id,) in rows:
            await self._take(id)

    async def _take(self, id: int) -> None:
        pending = "SELECT 1 FROM exchange WHERE id = ? AND validation = ?"  # seen of every exchange: no body is read
        if id in self._under_way or not self.journal.database.run(pending, [id, Validation.PENDING.value]):
            return
        await self._room.acquire()
        self._under_way[id] = asyncio.create_task(self._settle(id))

    async def _settle(self, id: int) -> None:
        try:
            exchange = self.journal.get(id)
            if exchange is None:  # purged meanwhile
                return
            content_type = next((value for name, value in exchange.request_headers if name == "content-type"), "")
            try:
                said = {**exchange.facts, "content-type": content_type}
                stored = await self._judged(exchange.service, said, exchange.request_body)
                findings, state = [restored(one) for one in stored], Validation.DONE
            except Exception as error:  # whatever a worker meets must not stop the queue
                reason = self._said(error)
                log.error("validation of exchange %d: %s", id, reason)
                findings, state = [find("CDA-VAL-01", found=reason)], Validation.FAILED
            self.journal.update(id, findings=findings, validation=state)
        except JournalError as error:
            log.error("validation of exchange %d: %s", id, error)
        finally:
            del self._under_way[id]
            self._room.release()

    def _said(self, error: Exception) -> str:
        if isinstance(error, TimeoutError):
            return f"> {self.patience:g} s"
        return f"{type(error).__name__}: {error}"

    async def _judged(self, *what: str | Said | bytes) -> list[dict[str, Any]]:
        """What a worker says. When one dies or hangs, what it had in hand and what waited behind are judged again,
        alone: another may be to blame."""
        if self._pool is None:
            self._pool = ProcessPoolExecutor(self.workers, get_context("spawn"), _behind)
        pool = self._pool
        try:
            return await self._asked(pool, *what)
        except (BrokenProcessPool, TimeoutError):
            if self._pool is pool:
                self._pool = None
        async with self._alone:
            pool = ProcessPoolExecutor(1, get_context("spawn"), _behind)
            try:
                return await self._asked(pool, *what)
            finally:
                _end(pool)

    async def _asked(self, pool: ProcessPoolExecutor, *what: str | Said | bytes) -> list[dict[str, Any]]:
        """Raises TimeoutError, the worker being killed, and BrokenProcessPool."""
        try:
            running = asyncio.get_running_loop().run_in_executor(pool, self.judge, *what)  # type: ignore[arg-type]
            return await asyncio.wait_for(running, self.patience)
        except TimeoutError:
            _end(pool)
            raise


def _behind() -> None:
    """Judging yields to answering, where the system has a notion of it."""
    if hasattr(os, "nice"):
        os.nice(10)


def _end(pool: ProcessPoolExecutor) -> None:
    """Stop a pool at once, whatever its workers do: one that hangs would keep the bench from ending."""
    for process in list((getattr(pool, "_processes", None) or {}).values()):  # no public way before Python 3.14
        process.kill()
    pool.shutdown(wait=False, cancel_futures=True)


def submission_findings(said: Said, body: bytes) -> list[Finding]:
    """What is wrong in the CDA of a submission; the path of each finding begins with the document's id."""
    from norms.cda import validate
    from norms.soap import read
    from norms.soap.mtom import is_related, split
    from norms.xds.codes import is_signature
    from norms.xds.provide import read_provide

    content_type = said.get("content-type", "")
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


def mail_findings(said: Said, body: bytes) -> list[Finding]:
    """What is wrong in a message submitted, its archive and each CDA included; ``said``: the facts of the exchange."""
    from harness.validate.mail import submitted

    return submitted(said, body)[: 3 * _MOST]


def _within(finding: Finding, id: str) -> Finding:
    w = finding.where
    return replace(finding, where=Where(w.line, w.column, f"{id}/{w.path}" if w.path else id, w.xpath, w.excerpt))


def _tables() -> Any:
    from harness.validate.engine import tables_of

    return tables_of(())


JUDGES: Mapping[str, Callable[[Said, bytes], list[Finding]]] = {
    "dmp": submission_findings,
    "mssante": mail_findings,
}
