"""Sessions: what a call is bound by, and that nothing passes from one to another."""

from __future__ import annotations

import pytest

from mocks.control import Registry, Switch
from mocks.session import KEYS, BindingTaken, Sessions, UnknownSession
from mocks.world import World

SWITCH = Switch("svc.mode", "choice", "none", "Mode", "Mode", choices=("none", "down"))


@pytest.fixture(scope="module")
def world() -> World:
    return World.load()


@pytest.fixture
def sessions(world: World) -> Sessions:
    return Sessions(world, Registry([SWITCH]))


def test_the_default_session_takes_what_nobody_claims(sessions: Sessions) -> None:
    sessions.open("a", {"cert": ["ab"]})
    assert sessions.bind({}) is sessions.default
    assert sessions.bind({"cert": "cd", "port": "1"}) is sessions.default
    assert sessions.get("default") is sessions.default


def test_the_first_key_in_order_of_precedence_wins(sessions: Sessions) -> None:
    opened = {key: sessions.open(key, {key: ["x"]}) for key in KEYS}
    facts = dict.fromkeys(KEYS, "x")
    for key in KEYS:
        assert sessions.bind(facts) is opened[key]
        del facts[key]


def test_one_key_holds_several_values(sessions: Sessions) -> None:
    session = sessions.open("two ports", {"port": ["18540", "18541"], "mailbox": []})
    assert sessions.bind({"port": "18541"}) is session
    assert session.binding == {"port": ["18540", "18541"]}


def test_a_key_is_bound_once_and_free_after_close(sessions: Sessions) -> None:
    first = sessions.open("first", {"cert": ["ab"], "instance": ["i"]})
    with pytest.raises(BindingTaken, match="first"):
        sessions.open("second", {"client_id": ["c"], "cert": ["ab"]})
    assert sessions.bind({"client_id": "c"}) is sessions.default  # nothing of the refused one is left
    sessions.close(first.id)
    assert sessions.bind({"instance": "i"}) is sessions.default
    second = sessions.open("second", {"cert": ["ab"]})
    assert sessions.bind({"cert": "ab"}) is second


def test_unknown_keys_and_ids_are_refused(sessions: Sessions) -> None:
    with pytest.raises(ValueError, match="known: port, cert"):
        sessions.open("x", {"colour": ["red"]})
    with pytest.raises(UnknownSession):
        sessions.get("nobody")
    with pytest.raises(UnknownSession):
        sessions.close("nobody")


def test_what_one_session_changes_the_others_do_not_see(sessions: Sessions) -> None:
    a, b = sessions.open("a"), sessions.open("b")
    patient = next(iter(a.world.patients))
    before = b.world.patients[patient]
    a.world.patch("patients", patient, {"used_name": "AUTREMENT"})
    a.switches.set({"svc.mode": "down"})
    a.switches.arm("svc.mode", "down")
    a.clock.offset = 3600
    a.state("svc", list).append("seen")
    assert b.world.patients[patient] == before
    assert b.switches.take("svc.mode") == "none"
    assert b.clock.offset == 0
    assert b.state("svc", list) == []
    assert a.state("svc", list) == ["seen"]


def test_reset_forgets_everything_but_the_binding(sessions: Sessions) -> None:
    session = sessions.open("a", {"cert": ["ab"]})
    patient = next(iter(session.world.patients))
    before = session.world.patients[patient]
    session.world.patch("patients", patient, {"used_name": "AUTREMENT"})
    session.switches.arm("svc.mode", "down", 3)
    session.state("svc", list).append("seen")
    session.clock.offset = -5
    session.reset()
    assert session.world.patients[patient] == before
    assert session.switches.take("svc.mode") == "none"
    assert (session.clock.offset, session.state("svc", list)) == (0, [])
    assert sessions.bind({"cert": "ab"}) is session


def test_closing_the_default_session_resets_it(sessions: Sessions) -> None:
    sessions.default.switches.set({"svc.mode": "down"})
    sessions.close("default")
    assert sessions.get("default").switches.peek("svc.mode") == "none"
