"""A bench that was killed finds its sessions again; what no longer fits is left out, said, and harms nothing."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from mocks.control import Registry, Switch
from mocks.journal import Journal
from mocks.journal.database import Database
from mocks.session import Sessions
from mocks.sessions_store import SessionsStore
from mocks.world import World

SWITCHES = (Switch("s.flag", "bool", False, "f", "f"), Switch("s.count", "int", 0, "f", "f"))


@pytest.fixture(scope="module")
def world() -> World:
    return World.load()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    journal = Journal(tmp_path / "bench.db")
    yield journal.database
    journal.close()


def opened(database: Database, world: World, switches: tuple[Switch, ...] = SWITCHES) -> tuple[Sessions, SessionsStore]:
    sessions = Sessions(world, Registry(switches))
    return sessions, SessionsStore(database, sessions)


def test_sessions_come_back_as_they_were_saved(database: Database, world: World) -> None:
    sessions, store = opened(database, world)
    first = sessions.open("first", {"cert": ["ab"], "port": ["18540", "18541"]})
    second = sessions.open("second")
    patient = next(iter(world.patients))
    first.world.patch("patients", patient, {"used_name": "AUTREMENT"})
    first.switches.set({"s.flag": True, "s.count": 3})
    first.clock.offset = -3600.5
    sessions.default.switches.set({"s.count": 9})
    for session in sessions:
        store.save(session)
    store.save(first)

    again, restored = opened(database, world)
    assert restored.restore() == 3
    assert {s.id for s in again} == {"default", first.id, second.id}
    found = again.bind({"port": "18541"})
    assert (found.id, found.name, found.binding) == (first.id, first.name, first.binding)
    assert (found.created, found.clock.offset) == (first.created, -3600.5)
    assert found.switches.values == {"s.flag": True, "s.count": 3}
    assert found.world.patients[patient].used_name == "AUTREMENT"
    assert again.get(second.id).world.patients[patient] == world.patients[patient]
    assert again.default.switches.peek("s.count") == 9


def test_a_forgotten_session_does_not_come_back(database: Database, world: World) -> None:
    sessions, store = opened(database, world)
    session = sessions.open("a", {"cert": ["ab"]})
    store.save(session)
    store.forget(session.id)
    store.forget("never kept")
    again, restored = opened(database, world)
    assert restored.restore() == 0
    assert again.bind({"cert": "ab"}) is again.default


def test_what_no_longer_fits_is_left_out_and_said(
    database: Database, world: World, caplog: pytest.LogCaptureFixture
) -> None:
    sessions, store = opened(database, world)
    session = sessions.open("a", {"cert": ["ab"]})
    session.switches.set({"s.flag": True, "s.count": 3})
    store.save(session)
    other = sessions.open("b")
    store.save(other)
    database.run(
        'UPDATE session SET saved = replace(saved, \'"world": {}\', \'"world": {"patients": {"gone": {"sex": "F"}}}\')'
    )
    database.run("INSERT INTO session VALUES('x', 1, 'not json'), ('y', 2, '[]'), ('z', 3, '{\"name\": \"n\"}')")

    again, restored = opened(database, world, SWITCHES[:1])
    with caplog.at_level(logging.WARNING):
        assert restored.restore() == 2
    assert again.get(session.id).switches.values == {"s.flag": True}
    assert again.bind({"cert": "ab"}).id == session.id
    for word in ("s.count", "gone", "session x ", "session y ", "session z "):
        assert word in caplog.text
