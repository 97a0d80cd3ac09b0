"""The live feed: in order, bounded, and honest about what a slow reader missed."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable

from mocks.journal import Exchange, Journal, Missed, Seen, Validation

Make = Callable[..., Exchange]


def test_entries_come_in_order_and_end_with_close(make: Make) -> None:
    async def run() -> list[Seen | Missed]:
        journal = Journal()
        feed = journal.subscribe()
        for session in ("a", "b"):
            journal.record(make(session=session))
        journal.update(1, validation=Validation.DONE)
        feed.close()
        feed.close()
        journal.record(make())
        return [entry async for entry in feed]

    assert asyncio.run(run()) == [Seen(1, "a"), Seen(2, "b"), Seen(1, "a")]


def test_a_session_sees_only_its_own(make: Make) -> None:
    journal = Journal()
    feed = journal.subscribe("b", queue=2)
    for session in "abaaab":
        journal.record(make(session=session))
    assert [feed.take(), feed.take(), feed.take()] == [Seen(2, "b"), Seen(6, "b"), None]


def test_a_slow_reader_loses_the_oldest_and_is_told_how_many(make: Make) -> None:
    journal = Journal()
    slow, quick = journal.subscribe(queue=3), journal.subscribe(queue=100)
    for _ in range(10):
        journal.record(make())
    assert slow.take() == Missed(7)
    assert [slow.take(), slow.take(), slow.take(), slow.take()] == [*(Seen(n, "default") for n in (8, 9, 10)), None]
    assert [quick.take() for _ in range(10)] == [Seen(n, "default") for n in range(1, 11)]


def test_a_reader_that_waits_wakes_even_when_another_thread_records(make: Make) -> None:
    async def run() -> Seen | Missed:
        journal = Journal()
        feed = journal.subscribe()
        waiting = asyncio.ensure_future(anext(feed))
        await asyncio.sleep(0)
        other = threading.Thread(target=lambda: journal.record(make()))
        other.start()
        return await asyncio.wait_for(waiting, 30)

    assert asyncio.run(run()) == Seen(1, "default")


def test_a_wait_given_up_loses_nothing(make: Make) -> None:
    async def run() -> Seen | Missed:
        journal = Journal()
        feed = journal.subscribe()
        try:
            await asyncio.wait_for(anext(feed), 0.01)
        except TimeoutError:
            journal.record(make())
        return await asyncio.wait_for(anext(feed), 30)

    assert asyncio.run(run()) == Seen(1, "default")


def test_a_reader_whose_loop_is_gone_does_not_disturb_the_journal(make: Make) -> None:
    journal = Journal()
    feed = journal.subscribe()

    async def give_up() -> None:
        await asyncio.wait_for(anext(feed), 0.01)

    try:
        asyncio.run(give_up())
    except TimeoutError:
        assert journal.record(make()) == 1
    assert feed.take() == Seen(1, "default")
