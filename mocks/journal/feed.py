"""The live feed: what was just recorded, for readers that may be slower than the bench.

Each subscriber has a bounded queue; when it is full the oldest entries are dropped and the reader is told how many.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import NamedTuple

QUEUE = 1000


class Seen(NamedTuple):
    """An exchange was recorded, or updated by its slow validation."""

    id: int
    session: str


@dataclass(frozen=True, slots=True)
class Missed:
    """The reader was too slow: ``count`` entries were dropped here (read them with ``Journal.list``)."""

    count: int


class Feed:
    """One subscription: an asynchronous iterator of `Seen` and `Missed`, oldest first, ended by `close`."""

    def __init__(self, leave: Callable[[Feed], None], session: str | None = None, queue: int = QUEUE) -> None:
        self._leave, self._session = leave, session
        self._waiting: deque[Seen] = deque(maxlen=queue)
        self._missed = 0
        self._closed = False
        self._ready = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None  # of the reader, while it waits

    def put(self, seen: Seen) -> None:
        """Called by the journal, from any thread; never blocks."""
        if self._session not in (None, seen.session):
            return
        if len(self._waiting) == self._waiting.maxlen:
            self._missed += 1
        self._waiting.append(seen)
        self._wake()

    def take(self) -> Seen | Missed | None:
        """The next entry without waiting, None when there is none."""
        if self._missed:
            count, self._missed = self._missed, 0
            return Missed(count)
        return self._waiting.popleft() if self._waiting else None

    def close(self) -> None:
        """Leave the journal; a reader that waits stops once it has read what is left. Closing twice is harmless."""
        if not self._closed:
            self._closed = True
            self._leave(self)
            self._wake()

    def __aiter__(self) -> Feed:
        return self

    async def __anext__(self) -> Seen | Missed:
        while (entry := self.take()) is None:
            if self._closed:
                raise StopAsyncIteration
            self._ready.clear()
            self._loop = asyncio.get_running_loop()
            if self._waiting or self._closed:  # put() came from another thread meanwhile
                continue
            await self._ready.wait()
            self._loop = None
        return entry

    def _wake(self) -> None:
        if self._loop is not None:
            with suppress(RuntimeError):  # the reader's loop is closed
                self._loop.call_soon_threadsafe(self._ready.set)
