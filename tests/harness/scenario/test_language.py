"""References and matchers."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.scenario.match import KEYS, described, holds
from harness.scenario.values import Unset, at, fill, references

VALUES = {"patient": "P1", "n": 3, "traits": {"birth_name": "PINSON"}, "names": ["A", "B"]}


def look_up(name: str) -> Any:
    found = at(VALUES, name)
    if not found:
        raise Unset(name)
    return found[0]


def test_a_lone_reference_gives_the_value_itself() -> None:
    assert fill({"a": "${traits}", "b": ["${n}"]}, look_up) == {"a": {"birth_name": "PINSON"}, "b": [3]}


def test_a_reference_inside_a_text_gives_text() -> None:
    assert fill("${patient}/${n} ${traits.birth_name}", look_up) == "P1/3 PINSON"


def test_an_unknown_name_is_said() -> None:
    with pytest.raises(Unset) as caught:
        fill({"x": "${nobody.there}"}, look_up)
    assert caught.value.name == "nobody.there"


def test_references_are_found_with_their_place() -> None:
    found = list(references({"a": ["x ${one} ${two}"], "b": {"c": "${three}"}}))
    assert found == [(("a", 0), "one"), (("a", 0), "two"), (("b", "c"), "three")]


def test_paths() -> None:
    node = {"a": [{"b": 1}, {"b": 2}, {"c": 3}], "d": {"x": 4}}
    assert at(node, "a.*.b") == [1, 2]
    assert at(node, "a.-1.c") == [3]
    assert at(node, "a.7.b") == []
    assert at(node, "d.*") == [4]
    assert at(node, "d.x.y") == []


@pytest.mark.parametrize(
    ("matcher", "values", "expected"),
    [
        ("00", ["00"], True),
        ("00", ["01"], False),
        ("00", [], False),
        (4, ["4"], True),
        (True, [True], True),
        (True, ["true"], True),
        (None, [], True),
        (None, [None], True),
        (None, [""], True),
        (None, ["x"], False),
        ("A", ["A", "B"], False),
        ({"equals": "A"}, ["A", "A"], True),
        ({"equals": None}, [], True),
        ({"not": "A"}, ["B"], True),
        ({"not": "A"}, [], True),
        ({"not": None}, ["x"], True),
        ({"not": None}, [], False),
        ({"in": ["A", "B"]}, ["B"], True),
        ({"in": ["A", "B"]}, ["C"], False),
        ({"matches": "^A.C$"}, ["ABC"], True),
        ({"matches": "^B"}, ["ABC"], False),
        ({"contains": "B"}, ["ABC"], True),
        ({"contains": {"code": "00"}}, [[{"code": "01"}, {"code": "00", "x": 1}]], True),
        ({"contains": {"code": "02"}}, [[{"code": "01"}]], False),
        ({"contains": "a"}, [["a", "b"]], True),
        ({"lacks": "a"}, [["b"]], True),
        ({"lacks": "B"}, ["ABC"], False),
        ({"lacks": "x"}, [], True),
        ({"absent": True}, [None], True),
        ({"absent": False}, ["x"], True),
        ({"absent": False}, [], False),
        ({"at_least": 2}, [3], True),
        ({"at_most": 0}, [[]], True),
        ({"at_most": 2}, [[1, 2, 3]], False),
        ({"at_least": 1}, ["x"], False),
        ({"matches": "A", "lacks": "B"}, ["AC"], True),
        ({"matches": "A", "lacks": "C"}, ["AC"], False),
        ({"birth_name": "PINSON"}, [{"birth_name": "PINSON"}], True),  # a saved table to be equal to
        ({"birth_name": "PINSON"}, [{"birth_name": "PINSON", "sex": "F"}], False),
        (["a", 1], [["a", "1"]], True),
    ],
)
def test_matchers(matcher: Any, values: list[Any], expected: bool) -> None:
    assert holds(matcher, values) is expected
    assert described(matcher).fr
    assert described(matcher).en


@given(
    st.sampled_from(KEYS), st.lists(st.none() | st.text() | st.integers() | st.lists(st.text(), max_size=2), max_size=3)
)
def test_no_value_upsets_a_matcher(key: str, values: list[Any]) -> None:
    wanted: Any = {"in": ["a"], "absent": True, "at_least": 1, "at_most": 1}.get(key, "a")
    assert holds({key: wanted}, values) in (True, False)
