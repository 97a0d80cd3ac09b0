"""Switches take what they declare, armed values are used up in order, the clock moves only itself."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mocks.control import BadSwitch, Clock, Registry, Switch, Switches

DECLARED = (
    Switch("s.flag", "bool", False, "f", "f"),
    Switch("s.word", "choice", "a", "f", "f", choices=("a", "b")),
    Switch("s.count", "int", 0, "f", "f"),
    Switch("s.share", "float", 0.0, "f", "f"),
    Switch("s.text", "text", "", "f", "f"),
)


@pytest.fixture
def switches() -> Switches:
    return Switches(Registry(DECLARED))


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("s.flag", [True, False], [1, "true", None]),
        ("s.word", ["a", "b"], ["c", "", 1, None]),
        ("s.count", [0, -3], [True, 1.5, "1"]),
        ("s.share", [0.5, 2], [True, "0.5"]),
        ("s.text", ["", "é"], [1, None, ["a"]]),
    ],
)
def test_each_kind_takes_its_own_values(switches: Switches, name: str, good: list[object], bad: list[object]) -> None:
    for value in good:
        switches.set({name: value})
        assert switches.peek(name) == value
    for value in bad:
        with pytest.raises(BadSwitch, match=name):
            switches.set({name: value})
        with pytest.raises(BadSwitch):
            switches.arm(name, value)


def test_set_is_all_or_none(switches: Switches) -> None:
    with pytest.raises(BadSwitch):
        switches.set({"s.flag": True, "s.word": "nonsense"})
    with pytest.raises(BadSwitch, match=r"no switch 's\.flaf'"):
        switches.set({"s.flag": True, "s.flaf": True})
    assert switches.peek("s.flag") is False


def test_armed_values_go_first_in_first_out_then_the_lasting_one(switches: Switches) -> None:
    switches.set({"s.word": "b"})
    switches.arm("s.count", 7)
    switches.arm("s.word", "a", times=2)
    switches.arm("s.word", "b")
    assert switches.peek("s.word") == "b"
    assert [switches.take("s.word") for _ in range(4)] == ["a", "a", "b", "b"]
    assert [switches.take("s.count") for _ in range(2)] == [7, 0]
    switches.arm("s.word", "a")
    switches.clear()
    assert switches.take("s.word") == "a"  # the default


@given(st.lists(st.integers(), max_size=20))
def test_every_armed_value_comes_out_once(values: list[int]) -> None:
    switches = Switches(Registry(DECLARED))
    for value in values:
        switches.arm("s.count", value)
    assert [switches.take("s.count") for _ in values] == values
    assert switches.take("s.count") == 0


def test_registry_lists_what_every_service_added() -> None:
    registry = Registry(DECLARED[:2])
    registry.add(DECLARED[2:])
    assert [s.name for s in registry] == [s.name for s in DECLARED]


def test_the_clock_is_the_wall_clock_moved() -> None:
    before = time.time()
    assert before <= Clock().now() <= time.time()
    assert Clock(offset=-86400).now() < before - 86000
